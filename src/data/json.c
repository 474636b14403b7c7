/* JSON helpers over Jansson: members with a fallback, pointers (RFC 6901), parsing with places.
 * How values become text is in json_text.c. */
#include "belay/json.h"

#include <math.h>
#include <string.h>

#include "belay/mem.h"
#include "pointer.h"

/* What we parse is configuration, state and answers of servers; nobody needs more, and Jansson
 * holds a value in several times its text. Jansson itself stops at a depth of 2048. */
#define JSON_MAX_BYTES ((size_t)256 << 20)

const char *json_get_string(const json_t *object, const char *key, const char *fallback)
{
	const json_t *value = json_object_get(object, key);
	return json_is_string(value) ? json_string_value(value) : fallback;
}

int64_t json_get_int(const json_t *object, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(object, key);
	if (json_is_integer(value))
		return json_integer_value(value);
	/* 3.0 is the integer 3 in JSON Schema, so it has to be one here too. */
	double real = json_real_value(value);
	if (json_is_real(value) && real == trunc(real) && fabs(real) < 9.2e18)
		return (int64_t)real;
	return fallback;
}

double json_get_number(const json_t *object, const char *key, double fallback)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : fallback;
}

bool json_get_bool(const json_t *object, const char *key, bool fallback)
{
	const json_t *value = json_object_get(object, key);
	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

bool json_has_string(const json_t *array, const char *text)
{
	size_t i;
	const json_t *item;
	json_array_foreach(array, i, item) {
		if (str_equal(json_string_value(item), text))
			return true;
	}
	return false;
}

char *pointer_take(const char **at)
{
	if (**at != '/')
		return NULL;
	const char *in = *at + 1;
	const char *end = in + strcspn(in, "/");
	_cleanup_free_ char *token = mem_alloc((size_t)(end - in) + 1);
	for (char *out = token; in < end; in++) {
		bool escaped = *in == '~';
		in += escaped;
		if (escaped && *in != '0' && *in != '1')
			return NULL;
		*out++ = !escaped ? *in : *in == '0' ? '~' : '/';
	}
	*at = end;
	return TAKE_PTR(token);
}

bool pointer_index(const char *token, size_t *ret_index)
{
	long long index;
	bool leading_zero = token[0] == '0' && token[1];
	if (leading_zero || str_to_int64(token, 0, INT32_MAX, &index) < 0)
		return false;
	*ret_index = (size_t)index;
	return true;
}

json_t *json_at(const json_t *root, const char *pointer)
{
	const json_t *value = root;
	while (value && *pointer) {
		size_t index;
		_cleanup_free_ char *token = pointer_take(&pointer);
		if (!token)
			return NULL;
		if (!json_is_array(value))
			value = json_object_get(value, token);
		else if (pointer_index(token, &index))
			value = json_array_get(value, index);
		else
			return NULL;
	}
	return (json_t *)value;
}

void json_pointer_add(struct str *pointer, const char *token)
{
	str_add_char(pointer, '/');
	for (; *token; token++) {
		if (*token == '~')
			str_add(pointer, "~0");
		else if (*token == '/')
			str_add(pointer, "~1");
		else
			str_add_char(pointer, *token);
	}
}

int json_parse(const char *text, size_t len, const char *name, json_t **ret,
	       struct err *err)
{
	if (len > JSON_MAX_BYTES)
		return err_set(err, ERR_CONFIG, "'%s' is larger than %zu bytes", name,
			       JSON_MAX_BYTES);
	json_error_t error;
	json_t *value = json_loadb(text ? text : "", len,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value)
		return err_set(err, ERR_CONFIG, "%s:%d:%d: not valid JSON: %s", name,
			       error.line, error.column, error.text);
	*ret = value;
	return 0;
}
