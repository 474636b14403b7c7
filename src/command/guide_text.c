/* Words for a subschema: its type in the language of people, its values as YAML in one line. */
#include "guide_text.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "guide.h"

json_t *guide_view(const json_t *root, const json_t *schema)
{
	const char *ref = json_get_string(schema, "$ref", NULL);
	if (!ref || ref[0] != '#')
		return json_is_object(schema) ? json_copy((json_t *)schema)
					      : json_object();
	json_t *view = guide_view(root, json_at(root, ref + 1));
	json_object_update(view, (json_t *)schema);
	json_object_del(view, "$ref");
	return view;
}

static void add_alternatives(struct str *out, const json_t *root, const json_t *branches)
{
	size_t i;
	json_t *branch;
	json_array_foreach(branches, i, branch) {
		_cleanup_json_ json_t *view = guide_view(root, branch);
		str_add(out, i ? " or " : "");
		guide_add_type(out, root, view);
	}
}

static void add_words(struct str *out, const json_t *values)
{
	size_t i;
	json_t *value;
	json_array_foreach(values, i, value) {
		str_add(out, i ? ", " : "");
		guide_add_value(out, value);
	}
}

static void add_container(struct str *out, const json_t *root, const json_t *view,
			  const char *type)
{
	bool is_list = str_equal(type, "array");
	const json_t *inner =
		json_object_get(view, is_list ? "items" : "additionalProperties");
	_cleanup_json_ json_t *inner_view = guide_view(root, inner);
	if (!json_is_object(inner)) {
		str_add(out, is_list ? "list" : "object");
		return;
	}
	str_add(out, is_list ? "list of " : "by name: ");
	if (is_list && json_object_get(inner_view, "enum"))
		add_words(out, json_object_get(inner_view, "enum"));
	else
		guide_add_type(out, root, inner_view);
}

/* "type" as one word; of a list of types the first. */
static const char *type_of(const json_t *view)
{
	const json_t *type = json_object_get(view, "type");
	return json_string_value(json_is_array(type) ? json_array_get(type, 0) : type);
}

static const char *plain_word(const json_t *view, const char *type)
{
	static const struct {
		const char *keyword, *value, *words;
	} rows[] = {
		{"format", "duration", "duration (30s, 15m, 7d)"},
		{"format", "size", "size (512B, 64KiB, 1MiB)"},
		{"format", "jq", "jq expression"},
		{"type", "string", "text"},
		{"type", "integer", "whole number"},
		{"type", "number", "number"},
		{"type", "boolean", "true or false"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value =
			str_equal(rows[i].keyword, "type")
				? type
				: json_get_string(view, rows[i].keyword, NULL);
		if (str_equal(value, rows[i].value))
			return rows[i].words;
	}
	return "any value";
}

void guide_add_type(struct str *out, const json_t *root, const json_t *view)
{
	const char *type = type_of(view);
	if (json_object_get(view, "x-secret")) {
		str_add(out, GUIDE_SECRET);
	} else if (json_object_get(view, "x-variable")) {
		str_add(out, GUIDE_VARIABLE);
	} else if (json_object_get(view, "anyOf")) {
		add_alternatives(out, root, json_object_get(view, "anyOf"));
	} else if (json_object_get(view, "enum")) {
		str_add(out, "one of ");
		add_words(out, json_object_get(view, "enum"));
	} else if (json_object_get(view, "const")) {
		guide_add_value(out, json_object_get(view, "const"));
	} else if (str_equal(type, "array") || str_equal(type, "object")) {
		add_container(out, root, view, type);
	} else {
		str_add(out, plain_word(view, type));
	}
}

void guide_add_range(struct str *out, const json_t *view)
{
	const json_t *low = json_object_get(view, "minimum");
	const json_t *high = json_object_get(view, "maximum");
	if (low && high)
		str_addf(out, "%g to %g", json_number_value(low),
			 json_number_value(high));
	else if (low)
		str_addf(out, "at least %g", json_number_value(low));
	else if (high)
		str_addf(out, "at most %g", json_number_value(high));
}

/* Plain in YAML's flow style: no character that would end or change the scalar. */
static bool is_plain(const char *text)
{
	static const char *const taken[] = {"true", "false", "null", "~",
					    "yes",  "no",    "on",   "off"};
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		if (strcasecmp(text, taken[i]) == 0)
			return false;
	}
	if (!*text || strchr("-?:,[]{}#&*!|>'\"%@` ", *text) ||
	    strspn(text, "0123456789.") == strlen(text))
		return false;
	return !strpbrk(text, ",[]{}\n\r\t\"'") && !strstr(text, ": ") &&
	       !strstr(text, " #") && !str_has_suffix(text, ":") &&
	       !str_has_suffix(text, " ");
}

static void add_text(struct str *out, const char *text)
{
	if (is_plain(text)) {
		str_add(out, text);
	} else if (strpbrk(text, "\n\r\t")) {
		_cleanup_json_ json_t *value = json_string(text);
		_cleanup_free_ char *quoted = json_dumps(value, JSON_ENCODE_ANY);
		str_add(out, quoted);
	} else {
		str_add_char(out, '\'');
		for (; *text; text++)
			str_addf(out, *text == '\'' ? "''" : "%c", *text);
		str_add_char(out, '\'');
	}
}

/* Words such as "on" are keys like any other in YAML 1.2. */
static void add_key(struct str *out, const char *key)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	if (*key && *key != '-' && strspn(key, letters) == strlen(key))
		str_add(out, key);
	else
		add_text(out, key);
}

void guide_add_value(struct str *out, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i, count = 0;
	if (json_is_object(value)) {
		str_add_char(out, '{');
		json_object_foreach((json_t *)value, key, member) {
			str_add(out, count++ ? ", " : "");
			add_key(out, key);
			str_add(out, ": ");
			guide_add_value(out, member);
		}
		str_add_char(out, '}');
	} else if (json_is_array(value)) {
		str_add_char(out, '[');
		json_array_foreach(value, i, member) {
			str_add(out, i ? ", " : "");
			guide_add_value(out, member);
		}
		str_add_char(out, ']');
	} else if (json_is_string(value)) {
		add_text(out, json_string_value(value));
	} else if (json_is_real(value)) {
		str_addf(out, "%g", json_real_value(value));
	} else {
		_cleanup_free_ char *text =
			json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		str_add(out, text);
	}
}
