/* JSON as text. Own code rather than json_dumps, for two reasons: the branch holds this text, so
 * its bytes must not depend on the version of a library, and Jansson 2.14 writes 0.05 as
 * 0.050000000000000003. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"

/* A look-up goes no further than this beyond the last hit: rows come and go at the ends. */
#define MEMO_WINDOW 8

/* An object and where its text is. */
struct json_memo_part {
	json_t *value;
	size_t from, len;
};

/* A text written with the help of the last one. */
struct rewrite {
	const struct json_memo *last;
	size_t at; /* in last->parts: those before have been passed */
	struct json_memo now;
};

/* Where the spaces go. */
struct layout {
	const char *after_colon;
	const char *after_comma;
	bool indent;
	struct rewrite *rewrite; /* or NULL */
};

static const struct layout compact = {"", "", false, NULL};
static const struct layout brief = {" ", " ", false, NULL};
static const struct layout pretty = {" ", "", true, NULL};

static void add_value(struct str *out, const json_t *value, const struct layout *layout,
		      size_t depth);

static void add_escape(struct str *out, unsigned code)
{
	static const struct {
		unsigned code;
		const char *text;
	} shorts[] = {
		{'"', "\\\""}, {'\\', "\\\\"}, {'\b', "\\b"}, {'\f', "\\f"},
		{'\n', "\\n"}, {'\r', "\\r"},  {'\t', "\\t"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(shorts); i++) {
		if (shorts[i].code != code)
			continue;
		str_add(out, shorts[i].text);
		return;
	}
	str_addf(out, "\\u%04x", code);
}

/* Besides what JSON demands, DEL and the C1 controls (0xc2 0x80 to 0xc2 0x9f) are escaped: this
 * text is printed to terminals, where they could act. */
static void add_string(struct str *out, const char *text, size_t len)
{
	size_t plain_from = 0;
	str_add_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned char next = i + 1 < len ? (unsigned char)text[i + 1] : 0;
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
		if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f && !c1)
			continue;
		str_add_bytes(out, text + plain_from, i - plain_from);
		add_escape(out, c1 ? next : c);
		i += c1;
		plain_from = i + 1;
	}
	str_add_bytes(out, text + plain_from, len - plain_from);
	str_add_char(out, '"');
}

/* The shortest digits that read back as the same double; always with '.' or 'e', so that a real
 * stays a real. */
static void add_real(struct str *out, double value)
{
	char text[40];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	str_add(out, text);
	if (!strpbrk(text, ".en"))
		str_add(out, ".0");
}

static void add_break(struct str *out, const struct layout *layout, size_t depth)
{
	if (!layout->indent)
		return;
	str_add_char(out, '\n');
	str_pad(out, ' ', 2 * depth);
}

static void add_separator(struct str *out, const struct layout *layout, size_t depth,
			  bool first)
{
	if (!first) {
		str_add_char(out, ',');
		str_add(out, layout->after_comma);
	}
	add_break(out, layout, depth);
}

static void add_array(struct str *out, const json_t *array, const struct layout *layout,
		      size_t depth)
{
	size_t count = json_array_size(array);
	str_add_char(out, '[');
	for (size_t i = 0; i < count && !out->truncated; i++) {
		add_separator(out, layout, depth + 1, i == 0);
		add_value(out, json_array_get(array, i), layout, depth + 1);
	}
	if (count)
		add_break(out, layout, depth);
	str_add_char(out, ']');
}

struct member {
	const char *key;
	const json_t *value;
};

static int member_compare(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static struct member *sorted_members(const json_t *object, size_t count)
{
	struct member *members = mem_array(struct member, count);
	json_t *iterable =
		(json_t *)object; /* Jansson's iterators are not const-correct */
	size_t i = 0;
	for (void *at = json_object_iter(iterable); at;
	     at = json_object_iter_next(iterable, at))
		members[i++] = (struct member){json_object_iter_key(at),
					       json_object_iter_value(at)};
	qsort(members, count, sizeof *members, member_compare);
	return members;
}

static void add_members(struct str *out, const json_t *object,
			const struct layout *layout, size_t depth)
{
	size_t count = json_object_size(object);
	_cleanup_free_ struct member *members = sorted_members(object, count);
	str_add_char(out, '{');
	for (size_t i = 0; i < count && !out->truncated; i++) {
		add_separator(out, layout, depth + 1, i == 0);
		add_string(out, members[i].key, strlen(members[i].key));
		str_add_char(out, ':');
		str_add(out, layout->after_colon);
		add_value(out, members[i].value, layout, depth + 1);
	}
	if (count)
		add_break(out, layout, depth);
	str_add_char(out, '}');
}

static bool add_from_last(struct str *out, const json_t *object, struct rewrite *rewrite)
{
	const struct json_memo *last = rewrite->last;
	size_t end = rewrite->at + MEMO_WINDOW;
	for (size_t i = rewrite->at; i < last->parts.count && i < end; i++) {
		const struct json_memo_part *part = &last->parts.items[i];
		if (part->value != object)
			continue;
		str_add_bytes(out, last->text + part->from, part->len);
		rewrite->at = i + 1;
		return true;
	}
	return false;
}

/* Below the root an object is looked up in the last text, and noted for the next one. */
static void add_object(struct str *out, const json_t *object, const struct layout *layout,
		       size_t depth)
{
	struct rewrite *rewrite = layout->rewrite;
	size_t from = out->len;
	if (!rewrite || depth == 0) {
		add_members(out, object, layout, depth);
		return;
	}
	if (!add_from_last(out, object, rewrite))
		add_members(out, object, &pretty, depth);
	*vec_push(&rewrite->now.parts) = (struct json_memo_part){
		.value = json_incref((json_t *)object),
		.from = from,
		.len = out->len - from,
	};
}

static void add_value(struct str *out, const json_t *value, const struct layout *layout,
		      size_t depth)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		str_add(out, "null");
		break;
	case JSON_TRUE:
		str_add(out, "true");
		break;
	case JSON_FALSE:
		str_add(out, "false");
		break;
	case JSON_INTEGER:
		str_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		add_real(out, json_real_value(value));
		break;
	case JSON_STRING:
		add_string(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_ARRAY:
		add_array(out, value, layout, depth);
		break;
	case JSON_OBJECT:
		add_object(out, value, layout, depth);
		break;
	}
}

char *json_text_pretty(const json_t *value)
{
	struct str out = STR_INIT_MAX(SIZE_MAX / 4);
	add_value(&out, value, &pretty, 0);
	str_add_char(&out, '\n');
	return str_take(&out);
}

void json_memo_release(struct json_memo *memo)
{
	for (size_t i = 0; i < memo->parts.count; i++)
		json_decref(memo->parts.items[i].value);
	free(memo->parts.items);
	free(memo->text);
	*memo = (struct json_memo){0};
}

const char *json_text_again(const json_t *value, struct json_memo *memo)
{
	struct str out = STR_INIT_MAX(SIZE_MAX / 4);
	struct rewrite rewrite = {.last = memo};
	struct layout layout = pretty;
	layout.rewrite = &rewrite;
	add_value(&out, value, &layout, 0);
	str_add_char(&out, '\n');
	json_memo_release(memo);
	*memo = rewrite.now;
	memo->text = str_take(&out);
	return memo->text;
}

char *json_text_compact(const json_t *value)
{
	struct str out = STR_INIT_MAX(SIZE_MAX / 4);
	add_value(&out, value, &compact, 0);
	return str_take(&out);
}

/* How many bytes of `text` fit into `columns`, never cutting a character. */
static size_t bytes_for_columns(const char *text, size_t columns)
{
	size_t fits = 0;
	for (size_t i = 1;; i++) {
		bool boundary = ((unsigned char)text[i] & 0xc0) != 0x80;
		if (!boundary)
			continue;
		_cleanup_free_ char *head = mem_strndup(text, i);
		if (str_width(head) > columns || !str_is_utf8(head, i))
			return fits;
		fits = i;
		if (!text[i])
			return fits;
	}
}

void json_add_brief(struct str *out, const json_t *value, size_t max_columns)
{
	/* Four bytes for each column and one more column to see that it is too long. Rendering stops
	 * there, so a huge value costs no more than a small one. */
	_cleanup_str_ struct str whole = STR_INIT_MAX(4 * max_columns + 8);
	if (!value) {
		str_add(out, "nothing");
		return;
	}
	add_value(&whole, value, &brief, 0);
	if (!whole.truncated && str_width(str_text(&whole)) <= max_columns) {
		str_add(out, str_text(&whole));
		return;
	}
	const char *close = json_is_string(value)   ? "\""
			    : json_is_array(value)  ? "]"
			    : json_is_object(value) ? "}"
						    : "";
	size_t kept_columns = max_columns > 2 ? max_columns - 2 : 1;
	str_add_bytes(out, str_text(&whole),
		      bytes_for_columns(str_text(&whole), kept_columns));
	str_addf(out, "…%s", close);
}
