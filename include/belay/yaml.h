/* room: data
 * YAML 1.2 (core schema) as a JSON value that remembers where everything stood.
 *
 * One document per file. Refused with a place: duplicate keys, non-string keys, tags, more than
 * one document, aliases that expand without bound, input over the size limit, NUL or invalid
 * UTF-8. Anchors, aliases and merge keys (`<<`) work. Unquoted on/off/yes/no stay strings, as in
 * YAML 1.2. Pure: takes text, returns values.
 */
#ifndef BELAY_YAML_H
#define BELAY_YAML_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"

struct yaml_place {
	unsigned line;   /* from 1 */
	unsigned column; /* from 1, in characters */
};

struct yaml; /* opaque: the value and its places */

#define YAML_MAX_BYTES ((size_t)4 << 20)

/* Parses `text`. `file` names it in messages ("file:line:column: …"). Errors: ERR_CONFIG. */
int yaml_parse(const char *text, size_t len, const char *file, struct yaml **ret,
	       struct err *err);
/* Not yaml_free: libyaml has a function of that name inside, and a static program has one namespace. */
void yaml_tree_free(struct yaml *yaml);
void yaml_freep(struct yaml **yaml);

const char *yaml_file(const struct yaml *yaml);
const json_t *yaml_value(const struct yaml *yaml); /* borrowed */

/* Where the value (or, with key = true, the key) at a JSON pointer stands; the nearest existing
 * parent when the pointer itself is absent. */
struct yaml_place yaml_place(const struct yaml *yaml, const char *pointer, bool key);

#endif
