/* Words for a subschema. Private to src/command. */
#ifndef BELAY_COMMAND_GUIDE_TEXT_H
#define BELAY_COMMAND_GUIDE_TEXT_H

#include <jansson.h>

#include "belay/str.h"

/* A subschema with its $ref followed: annotations beside the $ref win. New reference. */
json_t *guide_view(const json_t *root, const json_t *schema);

/* "list of names", "duration (30s, 15m, 7d)", "one of critical, warning". */
void guide_add_type(struct str *out, const json_t *root, const json_t *view);
/* "1 to 100", or nothing. */
void guide_add_range(struct str *out, const json_t *view);
/* A value as one would write it in the file, in one line: {env: DEPLOY_KEY}. */
void guide_add_value(struct str *out, const json_t *value);

#endif
