/* Keywords about one value: its type, its number, its text, its being one of a few. */
#include <math.h>
#include <string.h>

#include "belay/mem.h"
#include "schema_format.h"
#include "schema_validation.h"

static bool is_whole(const json_t *instance)
{
	double real = json_real_value(instance);
	return json_is_integer(instance) ||
	       (json_is_real(instance) && real == trunc(real));
}

static bool has_type_name(const json_t *instance, const char *type)
{
	if (strcmp(type, "integer") == 0)
		return is_whole(instance);
	switch (json_typeof(instance)) {
	case JSON_NULL:
		return strcmp(type, "null") == 0;
	case JSON_TRUE:
	case JSON_FALSE:
		return strcmp(type, "boolean") == 0;
	case JSON_INTEGER:
	case JSON_REAL:
		return strcmp(type, "number") == 0;
	case JSON_STRING:
		return strcmp(type, "string") == 0;
	case JSON_ARRAY:
		return strcmp(type, "array") == 0;
	case JSON_OBJECT:
		return strcmp(type, "object") == 0;
	}
	return false;
}

bool schema_has_type(const json_t *instance, const json_t *types)
{
	if (json_is_string(types))
		return has_type_name(instance, json_string_value(types));
	for (size_t i = 0; i < json_array_size(types); i++)
		if (has_type_name(instance, json_string_value(json_array_get(types, i))))
			return true;
	return false;
}

static bool is_type(const json_t *types, const char *type)
{
	return str_equal(json_string_value(types), type);
}

/* How YAML made another type of what was meant. */
static bool hint_type(struct validation *v, const json_t *types, const json_t *found)
{
	bool scalar =
		!json_is_array(found) && !json_is_object(found) && !json_is_null(found);
	const char *text = json_string_value(found);
	if (is_type(types, "string") && scalar)
		return schema_fault_hint(v, "put it in quotes");
	if (is_type(types, "array") && scalar)
		return schema_fault_hint(v, "write it as a list, even with one element");
	if (!text)
		return false;
	bool number = *text && !text[strspn(text, "0123456789.-")];
	if (number && (is_type(types, "integer") || is_type(types, "number")))
		return schema_fault_hint(v, "remove the quotes");
	bool boolean = str_equal(text, "true") || str_equal(text, "false");
	if (boolean && is_type(types, "boolean"))
		return schema_fault_hint(v, "remove the quotes");
	static const char *const yaml_1_1[] = {"yes", "no", "on", "off"};
	for (size_t i = 0; is_type(types, "boolean") && i < ARRAY_SIZE(yaml_1_1); i++)
		if (strcmp(text, yaml_1_1[i]) == 0)
			return schema_fault_hint(v, "write %s", i % 2 ? "false" : "true");
	return false;
}

bool schema_check_type(struct validation *v, const json_t *subschema, const json_t *value,
		       const json_t *instance)
{
	(void)subschema;
	if (schema_has_type(instance, value))
		return true;
	if (!v->faults)
		return false;
	_cleanup_str_ struct str expected = STR_INIT;
	schema_add_types(&expected, value);
	schema_fault_expected(v, str_text(&expected), instance);
	return hint_type(v, value, instance);
}

bool schema_check_enum(struct validation *v, const json_t *subschema, const json_t *value,
		       const json_t *instance)
{
	(void)subschema;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (schema_values_equal(json_array_get(value, i), instance))
			return true;
	return schema_fault_choice(v, value, instance);
}

bool schema_check_const(struct validation *v, const json_t *subschema,
			const json_t *value, const json_t *instance)
{
	(void)subschema;
	if (schema_values_equal(value, instance))
		return true;
	_cleanup_json_ json_t *allowed = json_pack("[O]", value);
	return schema_fault_choice(v, allowed, instance);
}

/* --- numbers --------------------------------------------------------------------------------- */

/* -1, 0 or 1. Integers are compared as integers: doubles are exact up to 2^53 only. */
static int compare_numbers(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t left = json_integer_value(a);
		json_int_t right = json_integer_value(b);
		return (left > right) - (left < right);
	}
	double left = json_number_value(a);
	double right = json_number_value(b);
	return (left > right) - (left < right);
}

static bool fault_bound(struct validation *v, const char *relation, const json_t *bound,
			const json_t *instance)
{
	if (!v->faults)
		return false;
	_cleanup_str_ struct str text = STR_INIT;
	str_addf(&text, "must be %s ", relation);
	json_add_brief(&text, bound, 32);
	str_add(&text, ", found ");
	json_add_brief(&text, instance, 32);
	return schema_fault(v, "%s", str_text(&text));
}

bool schema_check_minimum(struct validation *v, const json_t *subschema,
			  const json_t *value, const json_t *instance)
{
	(void)subschema;
	if (!json_is_number(instance) || compare_numbers(instance, value) >= 0)
		return true;
	return fault_bound(v, "at least", value, instance);
}

bool schema_check_maximum(struct validation *v, const json_t *subschema,
			  const json_t *value, const json_t *instance)
{
	(void)subschema;
	if (!json_is_number(instance) || compare_numbers(instance, value) <= 0)
		return true;
	return fault_bound(v, "at most", value, instance);
}

bool schema_check_exclusive_minimum(struct validation *v, const json_t *subschema,
				    const json_t *value, const json_t *instance)
{
	(void)subschema;
	if (!json_is_number(instance) || compare_numbers(instance, value) > 0)
		return true;
	return fault_bound(v, "more than", value, instance);
}

bool schema_check_exclusive_maximum(struct validation *v, const json_t *subschema,
				    const json_t *value, const json_t *instance)
{
	(void)subschema;
	if (!json_is_number(instance) || compare_numbers(instance, value) < 0)
		return true;
	return fault_bound(v, "less than", value, instance);
}

static bool is_multiple(const json_t *instance, const json_t *of)
{
	if (json_is_integer(instance) && json_is_integer(of))
		return json_integer_value(instance) % json_integer_value(of) == 0;
	double number = json_number_value(instance);
	double quotient = number / json_number_value(of);
	if (isinf(quotient))
		return fmod(number, json_number_value(of)) == 0;
	/* 0.0075 is a multiple of 0.0001, although no double is exactly either of them. */
	return fabs(quotient - nearbyint(quotient)) <= 1e-12 * fmax(1, fabs(quotient));
}

bool schema_check_multiple_of(struct validation *v, const json_t *subschema,
			      const json_t *value, const json_t *instance)
{
	(void)subschema;
	if (!json_is_number(instance) || is_multiple(instance, value))
		return true;
	return fault_bound(v, "a multiple of", value, instance);
}

/* --- text ------------------------------------------------------------------------------------ */

static size_t count_characters(const json_t *text)
{
	const char *bytes = json_string_value(text);
	size_t count = 0;
	for (size_t i = 0; i < json_string_length(text); i++)
		count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return count;
}

bool schema_check_min_length(struct validation *v, const json_t *subschema,
			     const json_t *value, const json_t *instance)
{
	(void)subschema;
	double wanted = json_number_value(value);
	if (!json_is_string(instance) || (double)count_characters(instance) >= wanted)
		return true;
	if (json_string_length(instance) == 0)
		return schema_fault(v, "must not be empty");
	return schema_fault(v, "must have at least %.0f characters, has %zu", wanted,
			    count_characters(instance));
}

bool schema_check_max_length(struct validation *v, const json_t *subschema,
			     const json_t *value, const json_t *instance)
{
	(void)subschema;
	double wanted = json_number_value(value);
	if (!json_is_string(instance) || (double)count_characters(instance) <= wanted)
		return true;
	return schema_fault(v, "must have at most %.0f character%s, has %zu", wanted,
			    wanted == 1 ? "" : "s", count_characters(instance));
}

bool schema_check_pattern(struct validation *v, const json_t *subschema,
			  const json_t *value, const json_t *instance)
{
	const char *pattern = json_string_value(value);
	if (!json_is_string(instance) || schema_matches(v->schema, pattern, instance))
		return true;
	_cleanup_free_ char *fallback = str_format("text that matches %s", pattern);
	const char *expected = json_get_string(subschema, "x-expected", fallback);
	return schema_fault_expected(v, expected, instance);
}

/* On the first pass the text is only noted; see schema_validate. */
static bool check_jq(struct validation *v, const char *text)
{
	if (!v->jq)
		return true;
	const json_t *problem = json_object_get(v->jq, text);
	if (!problem)
		json_object_set_new_nocheck(v->jq, text, json_null());
	if (!json_is_array(problem))
		return true;
	schema_fault(v, "%s", json_string_value(json_array_get(problem, 0)));
	const char *hint = json_string_value(json_array_get(problem, 1));
	return !str_is_blank(hint) ? schema_fault_hint(v, "%s", hint) : false;
}

bool schema_check_format(struct validation *v, const json_t *subschema,
			 const json_t *value, const json_t *instance)
{
	(void)subschema;
	const char *format = json_string_value(value);
	const char *text = json_string_value(instance);
	if (!text)
		return true;
	if (strcmp(format, "jq") == 0)
		return check_jq(v, text);
	if (schema_format_holds(format, text))
		return true;
	schema_fault_expected(v, schema_format_expected(format), instance);
	bool digits = *text && !text[strspn(text, "0123456789")];
	return digits && strcmp(format, "url") != 0 ? schema_fault_hint(v, "add the unit")
						    : false;
}
