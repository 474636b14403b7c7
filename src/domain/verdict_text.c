/* How a verdict reads and how much of an observation it keeps: enough for a person to see why, never
 * a whole page. */
#include "verdict_parts.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

enum {
	KEEP_TEXT_BYTES = 400,
	KEEP_ELEMENTS = 20,
	KEEP_MEMBERS = 40,
	KEEP_DEPTH = 6,
	SHOW_COLUMNS = 80,
};

/* Does the text show the bound already, as in ".status == 200"? */
static bool shows(const char *text, const json_t *bound)
{
	_cleanup_free_ char *value = json_dumps(bound, JSON_ENCODE_ANY | JSON_COMPACT);
	return value && strstr(text, value);
}

static void add_predicate(struct str *out, const json_t *predicate)
{
	const char *text = json_get_string(predicate, "text", "");
	const char *why = json_get_string(predicate, "why", NULL);
	const json_t *actual = json_object_get(predicate, "actual");
	const json_t *bound = json_object_get(predicate, "bound");
	str_addf(out, "expected %s", text);
	if (bound && !shows(text, bound)) {
		str_add(out, " (");
		json_add_brief(out, bound, SHOW_COLUMNS);
		str_add(out, ")");
	}
	if (why) {
		str_addf(out, ": %s", why);
	} else if (actual) {
		str_add(out, ", got ");
		json_add_brief(out, actual, SHOW_COLUMNS);
	}
}

char *reason_from_predicates(const json_t *predicates, const char *role)
{
	struct str reason = STR_INIT;
	size_t i, missed = 0;
	json_t *predicate;
	json_array_foreach(predicates, i, predicate) {
		if (!str_equal(json_get_string(predicate, "role", NULL), role) ||
		    json_get_bool(predicate, "holds", false))
			continue;
		if (missed++ == 0)
			add_predicate(&reason, predicate);
	}
	if (missed > 1)
		str_addf(&reason, " (and %zu more)", missed - 1);
	return missed ? str_take(&reason) : NULL;
}

static json_t *cut_text(const json_t *value)
{
	size_t len = json_string_length(value);
	const char *text = json_string_value(value);
	if (len <= KEEP_TEXT_BYTES)
		return json_stringn(text, len);
	len = KEEP_TEXT_BYTES;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	_cleanup_str_ struct str cut = STR_INIT;
	str_add_bytes(&cut, text, len);
	str_add(&cut, "…");
	return json_stringn(str_text(&cut), cut.len);
}

static json_t *cut(const json_t *value, int depth);

static json_t *cut_array(const json_t *value, int depth)
{
	json_t *copy = json_array(), *element;
	size_t i;
	json_array_foreach(value, i, element) {
		if (i == KEEP_ELEMENTS) {
			json_array_append_new(copy, json_string("…"));
			break;
		}
		json_array_append_new(copy, cut(element, depth + 1));
	}
	return copy;
}

static json_t *cut_object(const json_t *value, int depth)
{
	json_t *copy = json_object(), *member;
	const char *key;
	size_t count = 0;
	json_object_foreach((json_t *)value, key, member) {
		if (count++ == KEEP_MEMBERS) {
			json_object_set_new(copy, "…", json_true());
			break;
		}
		json_object_set_new(copy, key, cut(member, depth + 1));
	}
	return copy;
}

static json_t *cut(const json_t *value, int depth)
{
	if (json_is_string(value))
		return cut_text(value);
	if (depth >= KEEP_DEPTH && (json_is_array(value) || json_is_object(value)))
		return json_string("…");
	if (json_is_array(value))
		return cut_array(value, depth);
	if (json_is_object(value))
		return cut_object(value, depth);
	return json_deep_copy(value);
}

json_t *observation_cut(const json_t *observation)
{
	return cut(observation, 0);
}
