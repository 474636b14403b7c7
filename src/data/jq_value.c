/* Values between Jansson and libjq, copied in depth: the two never share memory. */
#include "jq_value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "belay/str.h"

/* jq can build values of any depth in a loop, and we walk them by recursion. Its own parser stops
 * at 10 000, Jansson's at 2048. */
#define MAX_DEPTH 2000

/* Integers up to here are exact in a double. */
#define EXACT_DOUBLE (INT64_C(1) << 53)

static jv number_from_integer(json_int_t value)
{
	char text[32];
	if (value <= EXACT_DOUBLE && value >= -EXACT_DOUBLE)
		return jv_number((double)value);
	/* As a literal the digits survive as long as nobody calculates with them. */
	snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, value);
	return jv_number_with_literal(text);
}

static jv object_from_json(const json_t *object)
{
	jv result = jv_object();
	json_t *iterable =
		(json_t *)object; /* Jansson's iterators are not const-correct */
	for (void *at = json_object_iter(iterable); at;
	     at = json_object_iter_next(iterable, at))
		result = jv_object_set(result, jv_string(json_object_iter_key(at)),
				       jq_value_from_json(json_object_iter_value(at)));
	return result;
}

static jv array_from_json(const json_t *array)
{
	jv result = jv_array_sized((int)json_array_size(array));
	for (size_t i = 0; i < json_array_size(array); i++)
		result = jv_array_append(result,
					 jq_value_from_json(json_array_get(array, i)));
	return result;
}

jv jq_value_from_json(const json_t *value)
{
	if (!value)
		return jv_null();
	switch (json_typeof(value)) {
	case JSON_NULL:
		return jv_null();
	case JSON_TRUE:
		return jv_true();
	case JSON_FALSE:
		return jv_false();
	case JSON_INTEGER:
		return number_from_integer(json_integer_value(value));
	case JSON_REAL:
		return jv_number(json_real_value(value));
	case JSON_STRING:
		return jv_string_sized(json_string_value(value),
				       (int)json_string_length(value));
	case JSON_ARRAY:
		return array_from_json(value);
	case JSON_OBJECT:
		return object_from_json(value);
	}
	return jv_null();
}

static json_t *number_to_json(jv value)
{
	double number = jv_number_value(value);
	long long exact;
	if (fabs(number) >= (double)EXACT_DOUBLE && jv_number_has_literal(value) &&
	    str_to_int64(jv_number_get_literal(value), INT64_MIN, INT64_MAX, &exact) == 0)
		return json_integer(exact);
	if (isnan(number))
		return json_null();
	if (isinf(number))
		return json_real(number > 0 ? DBL_MAX : -DBL_MAX);
	if (number == trunc(number) && fabs(number) <= (double)EXACT_DOUBLE)
		return json_integer((json_int_t)number);
	return json_real(number);
}

static json_t *to_json(jv value, unsigned depth);

static json_t *array_to_json(jv array, unsigned depth)
{
	json_t *result = json_array();
	int count = jv_array_length(jv_copy(array));
	for (int i = 0; i < count; i++) {
		json_t *element = to_json(jv_array_get(jv_copy(array), i), depth + 1);
		if (!element) {
			json_decref(result);
			return NULL;
		}
		json_array_append_new(result, element);
	}
	return result;
}

/* Keys in jq's order (sorted), so that output does not depend on its hash table. */
static json_t *object_to_json(jv object, unsigned depth)
{
	json_t *result = json_object();
	jv keys = jv_keys(jv_copy(object));
	int count = jv_array_length(jv_copy(keys));
	for (int i = 0; i < count && result; i++) {
		jv key = jv_array_get(jv_copy(keys), i);
		json_t *member =
			to_json(jv_object_get(jv_copy(object), jv_copy(key)), depth + 1);
		if (member) {
			json_object_set_new_nocheck(result, jv_string_value(key), member);
		} else {
			json_decref(result);
			result = NULL;
		}
		jv_free(key);
	}
	jv_free(keys);
	return result;
}

/* Borrows `value`. */
static json_t *borrowed_to_json(jv value, unsigned depth)
{
	switch (jv_get_kind(value)) {
	case JV_KIND_INVALID:
	case JV_KIND_NULL:
		return json_null();
	case JV_KIND_TRUE:
		return json_true();
	case JV_KIND_FALSE:
		return json_false();
	case JV_KIND_NUMBER:
		return number_to_json(value);
	case JV_KIND_STRING:
		return json_stringn_nocheck(
			jv_string_value(value),
			(size_t)jv_string_length_bytes(jv_copy(value)));
	case JV_KIND_ARRAY:
		return depth < MAX_DEPTH ? array_to_json(value, depth) : NULL;
	case JV_KIND_OBJECT:
		return depth < MAX_DEPTH ? object_to_json(value, depth) : NULL;
	}
	return NULL;
}

static json_t *to_json(jv value, unsigned depth)
{
	json_t *result = borrowed_to_json(value, depth);
	jv_free(value);
	return result;
}

json_t *jq_value_to_json(jv value)
{
	return to_json(value, 0);
}
