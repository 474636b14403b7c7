/* The configuration's keys as documentation, from the schema and, for what a channel does when nothing is
 * said, the table of channels. Private to src/command.
 *
 * A key is a dotted path; "*" stands for a name that the user chooses ("checks.*.expect"). Where the
 * schema has variants (drivers, kinds of checks) a path may lead to several places. */
#ifndef BELAY_COMMAND_GUIDE_H
#define BELAY_COMMAND_GUIDE_H

#include <jansson.h>

#include "belay/str.h"

/* What stands at `path` ("" for the whole file), one form for each distinct place:
 *   [{key, type, description?, default?, range?, examples: [text], groups: [{title?, description?,
 *     keys: [{key, type, description?, default?, required}]}]}]
 * Types, defaults and examples are texts, written as one would in the file. New reference. */
json_t *guide_forms(const json_t *root, const char *path);

/* The form of a definition that many keys share ("secret"), as if it were a key. New reference. */
json_t *guide_definition(const json_t *root, const char *name);

/* The type of a form that is a reference to a secret. */
#define GUIDE_SECRET "reference to a secret"
/* And of one to a variable that holds no secret. */
#define GUIDE_VARIABLE "{env: NAME}"

/* Every path there is, in the order of the schema. New array of strings. */
json_t *guide_paths(const json_t *root);

/* All of it as Markdown. */
void guide_markdown(struct str *out, const json_t *root);

#endif
