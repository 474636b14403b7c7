/* Members, pointers and parsing. */
#include "belay/json.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "test.h"

static json_t *parsed(const char *text)
{
	struct err err = {0};
	json_t *value = NULL;
	CHECK_OK(json_parse(text, strlen(text), "test", &value, &err), &err);
	return value;
}

TEST(members_fall_back_when_absent_or_of_another_type)
{
	_cleanup_json_ json_t *o =
		parsed("{\"s\":\"x\",\"i\":3,\"r\":1.5,\"w\":4.0,\"b\":true,\"n\":null}");
	CHECK_STR_EQ(json_get_string(o, "s", "-"), "x");
	CHECK_STR_EQ(json_get_string(o, "i", "-"), "-");
	CHECK_STR_EQ(json_get_string(o, "absent", NULL), NULL);
	CHECK_INT_EQ(json_get_int(o, "i", -1), 3);
	CHECK_INT_EQ(json_get_int(o, "w", -1), 4);
	CHECK_INT_EQ(json_get_int(o, "r", -1), -1);
	CHECK_INT_EQ(json_get_int(o, "n", -1), -1);
	CHECK_NEAR(json_get_number(o, "r", 0), 1.5, 0);
	CHECK_NEAR(json_get_number(o, "i", 0), 3, 0);
	CHECK_NEAR(json_get_number(o, "s", 7), 7, 0);
	CHECK(json_get_bool(o, "b", false));
	CHECK(json_get_bool(o, "s", true));
	CHECK_INT_EQ(json_get_int(NULL, "i", -1), -1);
	CHECK_STR_EQ(json_get_string(NULL, "s", "-"), "-");
}

/* The examples of RFC 6901, section 5, and what is wrong. */
TEST(strings_of_an_array)
{
	_cleanup_json_ json_t *array = json_pack("[s, i, s]", "a", 1, "");
	CHECK(json_has_string(array, "a"));
	CHECK(json_has_string(array, ""));
	CHECK(!json_has_string(array, "1"));
	CHECK(!json_has_string(NULL, "a"));
	CHECK(!json_has_string(array, "ab"));
}

TEST(pointers_of_rfc_6901)
{
	_cleanup_json_ json_t *root = parsed(
		"{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"m~n\":8}");
	static const struct row {
		const char *name;
		const char *pointer;
		const char *want; /* NULL: nothing there */
	} rows[] = {
		{"array", "/foo", "['bar','baz']"},
		{"element", "/foo/0", "'bar'"},
		{"empty key", "/", "0"},
		{"slash", "/a~1b", "1"},
		{"percent", "/c%d", "2"},
		{"tilde", "/m~0n", "8"},
		{"past the end", "/foo/2", NULL},
		{"leading zero", "/foo/00", NULL},
		{"minus", "/foo/-", NULL},
		{"not a number", "/foo/x", NULL},
		{"into a scalar", "/a~1b/x", NULL},
		{"no slash", "foo", NULL},
		{"bad escape", "/m~2n", NULL},
		{"escape cut short", "/m~", NULL},
	};
	CHECK(json_at(root, "") == root);
	FOR_ROWS(row, rows) {
		const json_t *got = json_at(root, row->pointer);
		if (row->want)
			CHECK_JSON_EQ(got, row->want);
		else
			CHECK_NULL(got);
	}
}

TEST(tokens_are_escaped)
{
	_cleanup_str_ struct str pointer = STR_INIT;
	json_pointer_add(&pointer, "a/b");
	json_pointer_add(&pointer, "~");
	CHECK_STR_EQ(str_text(&pointer), "/a~1b/~0");
}

TEST(refuses_with_a_place)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *part;
	} rows[] = {
		{"cut short", "{\"a\": 1,\n \"b\": ", "state.json:2:"},
		{"duplicate key", "{\"a\":1,\"a\":2}", "duplicate"},
		{"rest", "1 2", "state.json:1:"},
		{"empty", "", "not valid JSON"},
		{"too large a number", "99999999999999999999", "integer"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		json_t *value = NULL;
		CHECK_FAILS(json_parse(row->text, strlen(row->text), "state.json", &value,
				       &err),
			    &err, ERR_CONFIG, row->part);
		CHECK_NULL(value);
	}
}

TEST(deep_nesting_is_refused_not_survived_by_luck)
{
	struct err err = {0};
	json_t *value = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	str_pad(&text, '[', 100000);
	CHECK_FAILS(json_parse(str_text(&text), text.len, "x", &value, &err), &err,
		    ERR_CONFIG, "depth");
}
