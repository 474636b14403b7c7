/* room: data
 * A compiled schema, as the schema_*.c files see it: the document itself, and beside it what took
 * work to find out. Keywords are interpreted straight from the document. */
#ifndef BELAY_DATA_SCHEMA_TREE_H
#define BELAY_DATA_SCHEMA_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "belay/schema.h"

/* Text → pointer, sorted by text. */
struct schema_names {
	struct schema_name {
		char *name;
		void *value;
	} * items;
	size_t count, capacity;
};

struct schema {
	json_t *document;
	struct schema_names refs; /* text of a "$ref" → const json_t *, its target */
	struct schema_names patterns; /* text of a pattern → struct pattern * */
	struct {
		struct schema_view {
			const json_t *from; /* a schema with "$ref" and more beside it */
			json_t *merged; /* the target's members, overridden by those beside */
		} * items;
		size_t count, capacity;
	} views; /* for schema_lookup */
};

void *schema_names_get(const struct schema_names *names, const char *name);
/* Does nothing when the name is there already. */
void schema_names_put(struct schema_names *names, const char *name, void *value);

/* The target of the schema's "$ref", or NULL when it has none. */
const json_t *schema_ref_target(const struct schema *schema, const json_t *subschema);

/* The subschema itself, or where its chain of "$ref" ends. */
const json_t *schema_resolve(const struct schema *schema, const json_t *subschema);

/* Does the text (a value, or a name for patternProperties) match a compiled pattern? */
bool schema_matches(const struct schema *schema, const char *pattern, const json_t *text);
bool schema_matches_name(const struct schema *schema, const char *pattern,
			 const char *name);

/* Equality of JSON Schema: 1 and 1.0 are the same number. */
bool schema_values_equal(const json_t *a, const json_t *b);

#endif
