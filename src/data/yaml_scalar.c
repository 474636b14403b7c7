/* The core schema of YAML 1.2: null, booleans, integers, floats; everything else is a string.
 * No yes/no/on/off, no sexagesimal numbers, no timestamps: those are YAML 1.1. */
#include "yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"

#define DECIMAL "0123456789"

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+; the base, or 0 when it is something else. */
static int integer_base(const char *text)
{
	if (str_has_prefix(text, "0o"))
		return text[2] && !text[2 + strspn(text + 2, "01234567")] ? 8 : 0;
	if (str_has_prefix(text, "0x"))
		return text[2] && !text[2 + strspn(text + 2, DECIMAL "abcdefABCDEF")] ? 16
										      : 0;
	text += *text == '-' || *text == '+';
	return text[0] && !text[strspn(text, DECIMAL)] ? 10 : 0;
}

/* [-+]? ( . [0-9]+ | [0-9]+ ( . [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *text)
{
	text += *text == '-' || *text == '+';
	size_t whole = strspn(text, DECIMAL);
	size_t fraction = 0;
	text += whole;
	if (*text == '.') {
		fraction = strspn(++text, DECIMAL);
		text += fraction;
	}
	if (!whole && !fraction)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		size_t exponent = strspn(text, DECIMAL);
		if (!exponent)
			return false;
		text += exponent;
	}
	return *text == '\0';
}

static bool is_not_finite(const char *text)
{
	static const char *const names[] = {".inf", ".Inf", ".INF"};
	static const char *const not_numbers[] = {".nan", ".NaN", ".NAN"};
	if (is_one_of(text, not_numbers, ARRAY_SIZE(not_numbers)))
		return true;
	text += *text == '-' || *text == '+';
	return is_one_of(text, names, ARRAY_SIZE(names));
}

static int integer(const char *text, int base, json_t **ret, const char **ret_problem)
{
	errno = 0;
	long long value = strtoll(base == 10 ? text : text + 2, NULL, base);
	if (errno) {
		*ret_problem = "this whole number does not fit into 64 bits";
		return -1;
	}
	*ret = json_integer(value);
	return 0;
}

int yaml_scalar(const char *text, json_t **ret, const char **ret_problem)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	static const char *const trues[] = {"true", "True", "TRUE"};
	static const char *const falses[] = {"false", "False", "FALSE"};
	int base = integer_base(text);
	if (base)
		return integer(text, base, ret, ret_problem);
	double real = is_float(text) ? strtod(text, NULL) : 0;
	if (isinf(real) || is_not_finite(text)) {
		*ret_problem = "JSON has no such number";
		return -1;
	}
	if (is_one_of(text, nulls, ARRAY_SIZE(nulls)))
		*ret = json_null();
	else if (is_one_of(text, trues, ARRAY_SIZE(trues)))
		*ret = json_true();
	else if (is_one_of(text, falses, ARRAY_SIZE(falses)))
		*ret = json_false();
	else if (is_float(text))
		*ret = json_real(real);
	else
		*ret = json_string_nocheck(text);
	return 0;
}
