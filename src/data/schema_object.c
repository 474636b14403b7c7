/* Keywords about objects and arrays: members, names, elements, and how many there are. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "schema_validation.h"

/* --- members --------------------------------------------------------------------------------- */

/* Hints list known keys only when they can be taken in at a glance. */
#define MAX_LISTED_KEYS 12

static bool hint_known_keys(struct validation *v, const json_t *properties)
{
	_cleanup_str_ struct str keys = STR_INIT;
	const char *key;
	json_t *ignored;
	json_object_foreach((json_t *)properties, key, ignored) {
		str_addf(&keys, "%s%s", keys.len ? ", " : "", key);
	}
	if (!keys.len || json_object_size(properties) > MAX_LISTED_KEYS)
		return false;
	return schema_fault_hint(v, "known keys are: %s", str_text(&keys));
}

static bool fault_unknown_key(struct validation *v, const json_t *subschema,
			      const char *key)
{
	if (!v->faults)
		return false;
	const json_t *properties = json_object_get(subschema, "properties");
	size_t count = 0;
	_cleanup_free_ const char **known =
		mem_array(const char *, json_object_size(properties));
	const char *name;
	json_t *ignored;
	json_object_foreach((json_t *)properties, name, ignored) {
		known[count++] = name;
	}
	schema_fault_key(v, key, "unknown key '%s'", key);
	const char *nearest = str_nearest(key, known, count);
	if (nearest)
		return schema_fault_hint(v, "did you mean '%s'?", nearest);
	return hint_known_keys(v, properties);
}

static bool check_member_value(struct validation *v, const json_t *property,
			       const json_t *value, const char *key)
{
	if (json_is_false(property))
		return schema_fault_key(v, key, "key '%s' is not allowed here", key);
	return schema_apply_at_key(v, property, value, key);
}

static bool check_patterns(struct validation *v, const json_t *patterns,
			   const json_t *value, const char *key, bool *matched)
{
	bool valid = true;
	const char *pattern;
	json_t *property;
	json_object_foreach((json_t *)patterns, pattern, property) {
		if (!schema_matches_name(v->schema, pattern, key))
			continue;
		*matched = true;
		if (!check_member_value(v, property, value, key))
			valid = false;
	}
	return valid;
}

static bool check_member(struct validation *v, const json_t *subschema,
			 const json_t *value, const char *key)
{
	const json_t *property =
		json_object_get(json_object_get(subschema, "properties"), key);
	const json_t *additional = json_object_get(subschema, "additionalProperties");
	bool valid = !property || check_member_value(v, property, value, key);
	bool matched = property != NULL;
	const json_t *patterns = json_object_get(subschema, "patternProperties");
	if (!check_patterns(v, patterns, value, key, &matched))
		valid = false;
	if (matched || !additional)
		return valid;
	if (json_is_false(additional))
		return fault_unknown_key(v, subschema, key);
	return schema_apply_at_key(v, additional, value, key);
}

bool schema_check_members(struct validation *v, const json_t *subschema,
			  const json_t *value, const json_t *instance)
{
	(void)value;
	bool valid = true;
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)instance, key, member) {
		if (!check_member(v, subschema, member, key))
			valid = false;
		if (!valid && !v->faults)
			break;
	}
	return valid;
}

bool schema_check_property_names(struct validation *v, const json_t *subschema,
				 const json_t *value, const json_t *instance)
{
	(void)subschema;
	bool valid = true;
	bool outer_at_key = v->at_key;
	const char *key;
	json_t *ignored;
	v->at_key = true;
	json_object_foreach((json_t *)instance, key, ignored) {
		_cleanup_json_ json_t *name = json_string_nocheck(key);
		if (!schema_apply_at_key(v, value, name, key))
			valid = false;
	}
	v->at_key = outer_at_key;
	return valid;
}

bool schema_check_required(struct validation *v, const json_t *subschema,
			   const json_t *value, const json_t *instance)
{
	(void)subschema;
	bool valid = true;
	if (!json_is_object(instance))
		return true;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *key = json_string_value(json_array_get(value, i));
		if (!json_object_get(instance, key))
			valid = schema_fault(v, "missing required key '%s'", key);
	}
	return valid;
}

bool schema_check_dependent_required(struct validation *v, const json_t *subschema,
				     const json_t *value, const json_t *instance)
{
	(void)subschema;
	bool valid = true;
	const char *key;
	json_t *needed;
	json_object_foreach((json_t *)value, key, needed) {
		if (!json_object_get(instance, key))
			continue;
		for (size_t i = 0; i < json_array_size(needed); i++) {
			const char *other = json_string_value(json_array_get(needed, i));
			if (!json_object_get(instance, other))
				valid = schema_fault_key(
					v, key, "'%s' needs '%s' beside it", key, other);
		}
	}
	return valid;
}

/* --- counts ---------------------------------------------------------------------------------- */

static bool check_least(struct validation *v, size_t count, const json_t *bound,
			const char *what)
{
	double wanted = json_number_value(bound);
	if ((double)count >= wanted)
		return true;
	if (count == 0)
		return schema_fault(v, "must not be empty");
	return schema_fault(v, "must have at least %.0f %ss, has %zu", wanted, what,
			    count);
}

static bool check_most(struct validation *v, size_t count, const json_t *bound,
		       const char *what)
{
	double wanted = json_number_value(bound);
	if ((double)count <= wanted)
		return true;
	return schema_fault(v, "must have at most %.0f %s%s, has %zu", wanted, what,
			    wanted == 1 ? "" : "s", count);
}

bool schema_check_min_properties(struct validation *v, const json_t *subschema,
				 const json_t *value, const json_t *instance)
{
	(void)subschema;
	return !json_is_object(instance) ||
	       check_least(v, json_object_size(instance), value, "key");
}

bool schema_check_max_properties(struct validation *v, const json_t *subschema,
				 const json_t *value, const json_t *instance)
{
	(void)subschema;
	return !json_is_object(instance) ||
	       check_most(v, json_object_size(instance), value, "key");
}

bool schema_check_min_items(struct validation *v, const json_t *subschema,
			    const json_t *value, const json_t *instance)
{
	(void)subschema;
	return !json_is_array(instance) ||
	       check_least(v, json_array_size(instance), value, "element");
}

bool schema_check_max_items(struct validation *v, const json_t *subschema,
			    const json_t *value, const json_t *instance)
{
	(void)subschema;
	return !json_is_array(instance) ||
	       check_most(v, json_array_size(instance), value, "element");
}

/* --- elements -------------------------------------------------------------------------------- */

bool schema_check_elements(struct validation *v, const json_t *subschema,
			   const json_t *value, const json_t *instance)
{
	(void)value;
	const json_t *prefix = json_object_get(subschema, "prefixItems");
	const json_t *rest = json_object_get(subschema, "items");
	bool valid = true;
	for (size_t i = 0; i < json_array_size(instance) && (valid || v->faults); i++) {
		const json_t *schema =
			i < json_array_size(prefix) ? json_array_get(prefix, i) : rest;
		if (schema &&
		    !schema_apply_at_index(v, schema, json_array_get(instance, i), i))
			valid = false;
	}
	return valid;
}

bool schema_check_contains(struct validation *v, const json_t *subschema,
			   const json_t *value, const json_t *instance)
{
	if (!json_is_array(instance))
		return true;
	const json_t *min = json_object_get(subschema, "minContains");
	const json_t *max = json_object_get(subschema, "maxContains");
	double least = min ? json_number_value(min) : 1;
	size_t fitting = 0;
	for (size_t i = 0; i < json_array_size(instance); i++)
		fitting += schema_fits(v, value, json_array_get(instance, i));
	if ((double)fitting < least)
		return schema_fault(
			v, "must contain at least %.0f fitting element%s, has %zu", least,
			least == 1 ? "" : "s", fitting);
	if (max && (double)fitting > json_number_value(max))
		return schema_fault(v,
				    "must contain at most %.0f fitting elements, has %zu",
				    json_number_value(max), fitting);
	return true;
}

/* Makes numbers that are equal have one text: 1.0 becomes 1. Works in place. */
static json_t *normalized(json_t *value)
{
	double real = json_real_value(value);
	const char *key;
	json_t *member;
	size_t index;
	void *next;
	if (json_is_real(value) && real > -9e18 && real < 9e18 &&
	    real == (double)(int64_t)real) {
		json_decref(value);
		return json_integer((int64_t)real);
	}
	json_array_foreach(value, index, member) {
		json_array_set_new(value, index, normalized(json_incref(member)));
	}
	json_object_foreach_safe(value, next, key, member) {
		json_object_set_new_nocheck(value, key, normalized(json_incref(member)));
	}
	return value;
}

/* Comparing texts by a hash table, as pairs would take time with the square of the size. */
bool schema_check_unique_items(struct validation *v, const json_t *subschema,
			       const json_t *value, const json_t *instance)
{
	(void)subschema;
	_cleanup_json_ json_t *seen = json_object();
	bool valid = true;
	if (!json_is_array(instance) || !json_is_true(value))
		return true;
	for (size_t i = 0; i < json_array_size(instance) && (valid || v->faults); i++) {
		_cleanup_json_ json_t *element =
			normalized(json_deep_copy(json_array_get(instance, i)));
		_cleanup_free_ char *text = json_text_compact(element);
		const json_t *first = json_object_get(seen, text);
		if (!first) {
			json_object_set_new_nocheck(seen, text,
						    json_integer((json_int_t)i + 1));
			continue;
		}
		char token[24];
		snprintf(token, sizeof token, "%zu", i);
		valid = schema_fault_key(v, token,
					 "repeats element %" JSON_INTEGER_FORMAT,
					 json_integer_value(first));
	}
	return valid;
}
