/* Results as JSON, whole or through jq. */
#include "golden.h"

static const struct {
	const char *name, *value, *jq, *want;
} rows[] = {
	{"whole, sorted", "{'b': 1, 'a': [true]}", NULL,
	 "{\n  \"a\": [\n    true\n  ],\n  \"b\": 1\n}\n"},
	{"strings raw", "{'a': 'x y'}", ".a", "x y\n"},
	{"one output a line", "[1, 'a', null, {'b': 2}]", ".[]",
	 "1\na\nnull\n{\"b\":2}\n"},
	{"no output", "[]", ".[]", ""},
};

TEST(json_and_jq)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_str_ struct str out = STR_INIT;
		_cleanup_json_ json_t *value = golden_json(row->value);
		CHECK_OK(render_add_json(&out, value, row->jq, &err), &err);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

TEST(an_expression_is_looked_at_before_anything_is_done)
{
	struct err err = {0};
	CHECK_OK(render_check_jq(".a | length", &err), &err);
	CHECK_FAILS(render_check_jq(".a[", &err), &err, ERR_USAGE, "--jq: invalid jq");
}

TEST(an_expression_that_fails_is_an_error)
{
	struct err err = {0};
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_json_ json_t *value = golden_json("{'a': 1}");
	CHECK_FAILS(render_add_json(&out, value, ".a.b", &err), &err, ERR_FAIL, "--jq");
}
