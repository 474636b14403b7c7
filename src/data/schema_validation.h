/* room: data
 * One validation in progress, shared by the keywords (schema_object.c, schema_scalar.c,
 * schema_choice.c), the walk (schema_validate.c) and the words (schema_fault.c).
 *
 * A check returns whether the instance is valid. With `faults` NULL nobody wants reasons, and
 * checks stop at the first one. */
#ifndef BELAY_DATA_SCHEMA_VALIDATION_H
#define BELAY_DATA_SCHEMA_VALIDATION_H

#include "belay/json.h"
#include "schema_tree.h"

struct validation {
	const struct schema *schema;
	struct str pointer; /* where in the instance */
	bool at_key;        /* the key at `pointer` is being checked, not its value */
	struct schema_faults *faults;
	bool added; /* whether the latest fault was stored */
	size_t depth;
	size_t steps;
	json_t *jq; /* jq texts met so far → null, or what is wrong with them; NULL: not checked */
};

/* Applies a subschema to an instance at the current pointer. */
bool schema_apply(struct validation *v, const json_t *subschema, const json_t *instance);

/* The same for a member or an element, whose token is appended to the pointer meanwhile. */
bool schema_apply_at_key(struct validation *v, const json_t *subschema,
			 const json_t *instance, const char *key);
bool schema_apply_at_index(struct validation *v, const json_t *subschema,
			   const json_t *instance, size_t index);

/* The same without faults. */
bool schema_fits(struct validation *v, const json_t *subschema, const json_t *instance);

/* A keyword: `value` is what the schema says, `subschema` is where it says it. */
typedef bool schema_keyword_fn(struct validation *v, const json_t *subschema,
			       const json_t *value, const json_t *instance);

schema_keyword_fn schema_check_type, schema_check_enum, schema_check_const,
	schema_check_minimum, schema_check_maximum, schema_check_exclusive_minimum,
	schema_check_exclusive_maximum, schema_check_multiple_of, schema_check_min_length,
	schema_check_max_length, schema_check_pattern, schema_check_format;
schema_keyword_fn schema_check_members, schema_check_property_names,
	schema_check_required, schema_check_dependent_required,
	schema_check_min_properties, schema_check_max_properties;
schema_keyword_fn schema_check_elements, schema_check_contains, schema_check_min_items,
	schema_check_max_items, schema_check_unique_items;
schema_keyword_fn schema_check_ref, schema_check_all_of, schema_check_any_of,
	schema_check_one_of, schema_check_not, schema_check_if;

/* --- faults ---------------------------------------------------------------------------------- */

/* Adds a fault at the current pointer. Returns false, for `return schema_fault(…)`. */
ATTR_PRINTF(2, 3) bool schema_fault(struct validation *v, const char *format, ...);

/* The same about a key below the current pointer. */
ATTR_PRINTF(3, 4)
bool schema_fault_key(struct validation *v, const char *key, const char *format, ...);

/* Gives the fault just added a hint. Returns false. */
ATTR_PRINTF(2, 3) bool schema_fault_hint(struct validation *v, const char *format, ...);

/* "expected WHAT, found VALUE" */
bool schema_fault_expected(struct validation *v, const char *expected,
			   const json_t *found);

/* Sorts by the position in the document, which is not the order in which keywords look. */
void schema_faults_sort(struct schema_faults *faults, size_t from,
			const json_t *instance);

/* "a string", "a list or a mapping" for the value of a "type" keyword. */
void schema_add_types(struct str *out, const json_t *types);

/* Does the instance have one of the types? */
bool schema_has_type(const json_t *instance, const json_t *types);

/* Adds a value to a list of allowed ones: strings bare, anything else as JSON. */
void schema_add_choice(struct str *out, const json_t *value);

/* Fault and hint for a value that is none of `allowed` (a JSON array). */
bool schema_fault_choice(struct validation *v, const json_t *allowed,
			 const json_t *found);

#endif
