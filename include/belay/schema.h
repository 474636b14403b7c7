/* room: data
 * JSON Schema, draft 2020-12: the subset that belay's own schemas use, and nothing silently.
 *
 * schema_compile() refuses a keyword it does not implement (ERR_CONFIG naming it), so a schema
 * never promises what is not checked. Supported: $schema $id $defs $ref (within the document)
 * $comment type enum const properties patternProperties additionalProperties propertyNames required
 * minProperties maxProperties dependentRequired items prefixItems minItems maxItems uniqueItems
 * contains minContains maxContains minLength maxLength pattern minimum maximum exclusiveMinimum
 * exclusiveMaximum multipleOf allOf anyOf oneOf not if then else, and the annotations title
 * description default examples deprecated. Proven against the official JSON-Schema-Test-Suite for
 * each of them. `pattern` is evaluated by Oniguruma, in ECMA-like syntax.
 *
 * Annotations with the prefix "x-" (for example "x-unit": "duration") are allowed anywhere.
 * "format": "duration" | "size" | "jq" | "url" are *asserted*; other formats are refused.
 *
 * Two annotations make faults clearer: "x-expected": "a name of letters, digits and '-'" says what a
 * `pattern` or `not` beside it wants; "x-one-of-keys": ["http", "tcp"] beside a oneOf names the keys
 * to choose from ("needs exactly one of: http, tcp"), where the branches' own `required` do not.
 */
#ifndef BELAY_SCHEMA_H
#define BELAY_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"

struct schema;

/* Compiles; keeps its own reference to `document`. */
int schema_compile(const json_t *document, struct schema **ret, struct err *err);
void schema_free(struct schema *schema);
void schema_freep(struct schema **schema);

/* One thing that is wrong with an instance. Strings live until schema_faults_release(). */
struct schema_fault {
	char *pointer; /* RFC 6901, where in the instance */
	bool at_key;   /* the key itself is wrong (unknown, badly named), not its value */
	char *message; /* "unknown key 'hots'", "expected a whole number, found \"x\"" */
	char *hint;    /* "did you mean 'hosts'?", or NULL */
};
struct schema_faults {
	struct schema_fault *items;
	size_t count, capacity;
};
void schema_faults_release(struct schema_faults *faults);

/* Validates; true when valid. Faults (at most 100, in document order, the most specific ones for
 * anyOf/oneOf: those of the branch that got furthest) are appended when `faults` is not NULL. */
bool schema_validate(const struct schema *schema, const json_t *instance,
		     struct schema_faults *faults);

/* A deep copy of `instance` with `default` values filled in for absent members, descending through
 * properties, patternProperties, additionalProperties, items, $ref, allOf and the branch of
 * oneOf/anyOf/if that the instance satisfies. New reference. */
json_t *schema_with_defaults(const struct schema *schema, const json_t *instance);

/* The subschema (with $ref resolved) that describes a dotted key path such as "checks.*.expect" or
 * "environments.production.lock.lease"; a name under additionalProperties/patternProperties matches
 * any word or "*". NULL when there is none. Borrowed from the compiled document. */
const json_t *schema_lookup(const struct schema *schema, const char *dotted_path);

#endif
