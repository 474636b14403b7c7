/* Faults in words. They are what a user sees of a schema, so they speak of what was written, not
 * of keywords: "expected a whole number, found \"x\"". */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "pointer.h"
#include "schema_validation.h"

/* More than a person reads; a broken generator should not fill a log. */
#define MAX_FAULTS 100

#define BRIEF_COLUMNS 48

static bool is_known(const struct schema_faults *faults, const char *pointer,
		     const char *message)
{
	for (size_t i = 0; i < faults->count; i++)
		if (strcmp(faults->items[i].pointer, pointer) == 0 &&
		    strcmp(faults->items[i].message, message) == 0)
			return true;
	return false;
}

ATTR_PRINTF(3, 0)
static void add_fault(struct validation *v, bool at_key, const char *format, va_list args)
{
	v->added = false;
	if (!v->faults || v->faults->count >= MAX_FAULTS)
		return;
	_cleanup_str_ struct str message = STR_INIT;
	str_addv(&message, format, args);
	/* Two branches of a schema may say the same about one value. */
	if (is_known(v->faults, str_text(&v->pointer), str_text(&message)))
		return;
	*vec_push(v->faults) = (struct schema_fault){
		.pointer = mem_strdup(str_text(&v->pointer)),
		.at_key = at_key,
		.message = str_take(&message),
	};
	v->added = true;
}

bool schema_fault(struct validation *v, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_fault(v, v->at_key, format, args);
	va_end(args);
	return false;
}

bool schema_fault_key(struct validation *v, const char *key, const char *format, ...)
{
	if (!v->faults)
		return false;
	size_t len = v->pointer.len;
	json_pointer_add(&v->pointer, key);
	va_list args;
	va_start(args, format);
	add_fault(v, true, format, args);
	va_end(args);
	v->pointer.len = len;
	v->pointer.data[len] = '\0';
	return false;
}

bool schema_fault_hint(struct validation *v, const char *format, ...)
{
	if (!v->faults || !v->added)
		return false;
	struct schema_fault *fault = &v->faults->items[v->faults->count - 1];
	if (fault->hint)
		return false;
	struct str hint = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&hint, format, args);
	va_end(args);
	fault->hint = str_take(&hint);
	return false;
}

static void add_found(struct str *out, const json_t *found)
{
	if (json_is_null(found))
		str_add(out, "nothing");
	else if (json_is_object(found))
		str_add(out, json_object_size(found) ? "a mapping" : "an empty mapping");
	else if (json_is_array(found))
		str_add(out, json_array_size(found) ? "a list" : "an empty list");
	else
		json_add_brief(out, found, BRIEF_COLUMNS);
}

bool schema_fault_expected(struct validation *v, const char *expected,
			   const json_t *found)
{
	if (!v->faults)
		return false;
	_cleanup_str_ struct str text = STR_INIT;
	add_found(&text, found);
	return schema_fault(v, "expected %s, found %s", expected, str_text(&text));
}

static const char *type_noun(const char *type)
{
	static const struct {
		const char *type;
		const char *noun;
	} nouns[] = {
		{"null", "nothing"},     {"boolean", "true or false"},
		{"object", "a mapping"}, {"array", "a list"},
		{"number", "a number"},  {"integer", "a whole number"},
		{"string", "a string"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++)
		if (str_equal(nouns[i].type, type))
			return nouns[i].noun;
	return "something else";
}

void schema_add_types(struct str *out, const json_t *types)
{
	if (json_is_string(types)) {
		str_add(out, type_noun(json_string_value(types)));
		return;
	}
	size_t count = json_array_size(types);
	for (size_t i = 0; i < count; i++) {
		if (i)
			str_add(out, i + 1 < count ? ", " : " or ");
		str_add(out, type_noun(json_string_value(json_array_get(types, i))));
	}
}

void schema_add_choice(struct str *out, const json_t *value)
{
	if (json_is_string(value) && !str_is_blank(json_string_value(value)))
		str_add(out, json_string_value(value));
	else
		json_add_brief(out, value, BRIEF_COLUMNS);
}

static const char *nearest_choice(const json_t *allowed, const json_t *found)
{
	size_t count = 0;
	_cleanup_free_ const char **words =
		mem_array(const char *, json_array_size(allowed));
	for (size_t i = 0; i < json_array_size(allowed); i++)
		if (json_is_string(json_array_get(allowed, i)))
			words[count++] = json_string_value(json_array_get(allowed, i));
	return json_is_string(found) ? str_nearest(json_string_value(found), words, count)
				     : NULL;
}

bool schema_fault_choice(struct validation *v, const json_t *allowed, const json_t *found)
{
	if (!v->faults)
		return false;
	_cleanup_str_ struct str expected = STR_INIT;
	if (json_array_size(allowed) > 1)
		str_add(&expected, "one of ");
	for (size_t i = 0; i < json_array_size(allowed); i++) {
		str_add(&expected, i ? ", " : "");
		schema_add_choice(&expected, json_array_get(allowed, i));
	}
	schema_fault_expected(v, str_text(&expected), found);
	const char *nearest = nearest_choice(allowed, found);
	return nearest ? schema_fault_hint(v, "did you mean '%s'?", nearest) : false;
}

/* --- order ----------------------------------------------------------------------------------- */

/* The position of a member among its siblings; keys that are absent come last. */
static size_t position(const json_t *parent, const char *token)
{
	size_t at = 0;
	if (json_is_array(parent))
		return pointer_index(token, &at) ? at : json_array_size(parent);
	const char *key;
	json_t *ignored;
	json_object_foreach((json_t *)parent, key, ignored) {
		if (strcmp(key, token) == 0)
			return at;
		at++;
	}
	return at;
}

static const json_t *child(const json_t *parent, const char *token)
{
	size_t index;
	if (json_is_array(parent))
		return pointer_index(token, &index) ? json_array_get(parent, index)
						    : NULL;
	return json_object_get(parent, token);
}

/* Does `a` stand behind `b` in the document? What is about a parent comes before its members. */
static bool stands_behind(const char *a, const char *b, const json_t *instance)
{
	for (;;) {
		_cleanup_free_ char *a_token = pointer_take(&a);
		_cleanup_free_ char *b_token = pointer_take(&b);
		if (!a_token || !b_token)
			return a_token && !b_token;
		if (strcmp(a_token, b_token) != 0)
			return position(instance, a_token) > position(instance, b_token);
		instance = child(instance, a_token);
	}
}

/* Insertion sort: stable, and there are few. */
void schema_faults_sort(struct schema_faults *faults, size_t from, const json_t *instance)
{
	for (size_t i = from + 1; i < faults->count; i++) {
		struct schema_fault fault = faults->items[i];
		size_t at = i;
		for (; at > from; at--) {
			const char *before = faults->items[at - 1].pointer;
			if (!stands_behind(before, fault.pointer, instance))
				break;
			faults->items[at] = faults->items[at - 1];
		}
		faults->items[at] = fault;
	}
}
