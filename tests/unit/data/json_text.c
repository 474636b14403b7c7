/* The canonical forms, and the brief one for people. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

TEST(keys_are_sorted_and_layout_is_fixed)
{
	_cleanup_json_ json_t *value = json_pack("{s:i, s:[i,s,{}], s:{s:n, s:[]}}", "z",
						 1, "b", 2, "x", "a", "d", "c");
	_cleanup_free_ char *compact = json_text_compact(value);
	_cleanup_free_ char *pretty = json_text_pretty(value);
	CHECK_STR_EQ(compact, "{\"a\":{\"c\":[],\"d\":null},\"b\":[2,\"x\",{}],\"z\":1}");
	CHECK_STR_EQ(pretty, "{\n"
			     "  \"a\": {\n"
			     "    \"c\": [],\n"
			     "    \"d\": null\n"
			     "  },\n"
			     "  \"b\": [\n"
			     "    2,\n"
			     "    \"x\",\n"
			     "    {}\n"
			     "  ],\n"
			     "  \"z\": 1\n"
			     "}\n");
}

TEST(reals_are_short_and_come_back_exactly)
{
	static const struct row {
		const char *name;
		double value;
		const char *want;
	} rows[] = {
		{"tenth", 0.1, "0.1"},
		{"five hundredths", 0.05, "0.05"},
		{"third", 1.0 / 3, "0.3333333333333333"},
		{"whole", 2, "2.0"},
		{"sum", 0.1 + 0.2, "0.30000000000000004"},
		{"large", 1e300, "1e+300"},
		{"largest", DBL_MAX, "1.7976931348623157e+308"},
		{"negative zero", -0.0, "-0.0"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_json_ json_t *value = json_real(row->value);
		_cleanup_free_ char *text = json_text_compact(value);
		CHECK_STR_EQ(text, row->want);
		CHECK(strtod(text, NULL) == row->value);
	}
}

TEST(strings_are_escaped_for_json_and_for_terminals)
{
	_cleanup_json_ json_t *value = json_string("\"\\\n\t\x01\x7f\xc2\x9b\xc3\xa9");
	_cleanup_free_ char *text = json_text_compact(value);
	CHECK_STR_EQ(text, "\"\\\"\\\\\\n\\t\\u0001\\u007f\\u009b\xc3\xa9\"");
	_cleanup_json_ json_t *with_nul = json_stringn("a\0b", 3);
	_cleanup_free_ char *nul_text = json_text_compact(with_nul);
	CHECK_STR_EQ(nul_text, "\"a\\u0000b\"");
}

static json_t *row_new(int number)
{
	return json_pack("{s:i, s:{s:s}}", "n", number, "in", "a", "x");
}

/* Rows are taken away, put in the middle, replaced and added; what stays is the same object. */
TEST(a_text_written_from_the_last_one_is_the_same_text)
{
	static const struct row {
		const char *name;
		size_t remove, insert, replace; /* places; SIZE_MAX: none */
	} steps[] = {
		{"as it was", SIZE_MAX, SIZE_MAX, SIZE_MAX},
		{"the first leaves, one comes", 0, 19, SIZE_MAX},
		{"the last is another", SIZE_MAX, SIZE_MAX, 19},
		{"in the middle", 10, 12, 3},
	};
	_cleanup_json_ json_t *rows = json_array();
	_cleanup_json_ json_t *other = row_new(-1);
	struct json_memo memo = {0};
	for (int i = 0; i < 20; i++)
		json_array_append_new(rows, row_new(i));
	FOR_ROWS(step, steps) {
		if (step->remove != SIZE_MAX)
			json_array_remove(rows, step->remove);
		if (step->insert != SIZE_MAX)
			json_array_insert_new(rows, step->insert, row_new(100));
		if (step->replace != SIZE_MAX)
			json_array_set_new(rows, step->replace, row_new(200));
		_cleanup_json_ json_t *document =
			json_pack("{s:o, s:O, s:i, s:{}}", "rows", json_copy(rows),
				  "other", other, "count", 7, "empty");
		_cleanup_free_ char *want = json_text_pretty(document);
		CHECK_STR_EQ(json_text_again(document, &memo), want);
		CHECK_INT_EQ(memo.parts.count, json_array_size(rows) + 2);
	}
	json_array_clear(rows);
	for (int i = 0; i < 20; i++)
		json_array_append_new(rows, row_new(i));
	_cleanup_free_ char *want = json_text_pretty(rows);
	CHECK_STR_EQ(json_text_again(rows, &memo), want);
	json_memo_release(&memo);
}

TEST(brief_fits_into_its_columns)
{
	static const struct row {
		const char *name;
		const char *json;
		size_t columns;
		const char *want;
	} rows[] = {
		{"fits", "{\"b\":1,\"a\":[true,null]}", 40,
		 "{\"a\": [true, null], \"b\": 1}"},
		{"string", "\"abcdefghij\"", 8, "\"abcde…\""},
		{"exactly", "\"abcdef\"", 8, "\"abcdef\""},
		{"array", "[1,2,3,4,5]", 8, "[1, 2,…]"},
		{"object", "{\"abc\":12345}", 8, "{\"abc\"…}"},
		{"wide characters", "\"日本日本\"", 8, "\"日本…\""},
		{"number", "123456789", 6, "1234…"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_json_ json_t *value =
			json_loads(row->json, JSON_DECODE_ANY, NULL);
		_cleanup_str_ struct str out = STR_INIT;
		json_add_brief(&out, value, row->columns);
		CHECK_STR_EQ(str_text(&out), row->want);
		CHECK(str_width(str_text(&out)) <= row->columns);
	}
}

TEST(brief_of_nothing_says_so)
{
	_cleanup_str_ struct str out = STR_INIT;
	json_add_brief(&out, NULL, 10);
	CHECK_STR_EQ(str_text(&out), "nothing");
}
