/* jq programs: values, variables, what is switched off, and where errors are. */
#include "belay/jq.h"

#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static json_t *loose(const char *text)
{
	_cleanup_free_ char *strict = mem_strdup(text);
	for (char *c = strict; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *value = json_loads(strict, JSON_DECODE_ANY, NULL);
	CHECK(value != NULL);
	return value;
}

/* All outputs, or NULL with err filled. */
static json_t *run(const char *text, const char *input, const char *variables,
		   struct err *err)
{
	static const char *const names[] = {"limit", "now", NULL};
	_cleanup_(jq_program_freep) struct jq_program *program = NULL;
	_cleanup_json_ json_t *in = loose(input);
	_cleanup_json_ json_t *bound = variables ? loose(variables) : NULL;
	json_t *outputs = NULL;
	if (jq_compile_text(text, names, &program, err) < 0 ||
	    jq_run(program, in, bound, &outputs, err) < 0)
		return NULL;
	return outputs;
}

TEST(gives_all_outputs)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *input;
		const char *want;
	} rows[] = {
		{"one", ".a", "{'a': 1}", "[1]"},
		{"several", ".[]", "[1, 'x', null]", "[1, 'x', null]"},
		{"none", "empty", "null", "[]"},
		{"whole numbers stay whole", ".a + 1", "{'a': 1.0}", "[2]"},
		{"fractions", ".a / 2", "{'a': 1}", "[0.5]"},
		{"large integers survive", ".", "9223372036854775807",
		 "[9223372036854775807]"},
		{"large integers inside", ".a", "{'a': -9007199254740993}",
		 "[-9007199254740993]"},
		{"not a number is null", "nan", "null", "[null]"},
		{"infinity is the largest", "infinite | . > 1e308", "null", "[true]"},
		{"unicode", ".a | length", "{'a': 'é日'}", "[2]"},
		{"objects", "{b: .a}", "{'a': [1]}", "[{'b': [1]}]"},
		{"comment at the end", ".a # the value", "{'a': 1}", "[1]"},
		{"several lines", ".a\n| .b\n", "{'a': {'b': 2}}", "[2]"},
		{"own functions", "def f: . * 2; .a | f", "{'a': 4}", "[8]"},
		{"regex", ".a | test('^v[0-9]')", "{'a': 'v1'}", "[true]"},
		{"dates", ".a | fromdate", "{'a': '1970-01-01T00:00:10Z'}", "[10]"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_free_ char *text = mem_strdup(row->text);
		for (char *c = text; *c; c++)
			if (*c == '\'')
				*c = '"';
		_cleanup_json_ json_t *outputs = run(text, row->input, NULL, &err);
		CHECK_OK(outputs ? 0 : -1, &err);
		if (outputs)
			CHECK_JSON_EQ(outputs, row->want);
	}
}

TEST(variables_are_bound_at_each_run)
{
	struct err err = {0};
	_cleanup_(jq_program_freep) struct jq_program *program = NULL;
	static const char *const names[] = {"limit", "version", NULL};
	if (!CHECK_OK(jq_compile_text("[$version, $limit, $service]", names, &program,
				      &err),
		      &err))
		return;
	for (int i = 0; i < 3; i++) {
		_cleanup_json_ json_t *variables =
			json_pack("{s:i, s:s}", "limit", i, "version", "v1");
		_cleanup_json_ json_t *outputs = NULL;
		CHECK_OK(jq_run(program, NULL, variables, &outputs, &err), &err);
		const json_t *row = json_array_get(outputs, 0);
		CHECK_STR_EQ(json_string_value(json_array_get(row, 0)), "v1");
		CHECK_INT_EQ(json_integer_value(json_array_get(row, 1)), i);
		CHECK(json_is_null(json_array_get(row, 2)));
	}
}

TEST(a_program_can_run_again_after_an_error)
{
	struct err err = {0};
	_cleanup_(jq_program_freep) struct jq_program *program = NULL;
	_cleanup_json_ json_t *bad = json_string("text");
	_cleanup_json_ json_t *good = json_pack("{s:i}", "a", 1);
	json_t *outputs = NULL;
	if (!CHECK_OK(jq_compile_text(".a", NULL, &program, &err), &err))
		return;
	CHECK_FAILS(jq_run(program, bad, NULL, &outputs, &err), &err, ERR_FAIL,
		    "Cannot index");
	CHECK_OK(jq_run(program, good, NULL, &outputs, &err), &err);
	CHECK_JSON_EQ(outputs, "[1]");
	json_decref(outputs);
}

TEST(says_where_an_expression_is_wrong)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *message;
		const char *hint;
	} rows[] = {
		{"two terms", ".a b", "invalid jq: unexpected 'b' at character 4",
		 "  .a b\n     ^"},
		{"unknown function", ".a | foo", "foo/0 is not defined at character 6",
		 "  .a | foo\n       ^"},
		{"unknown variable", ".a == $verson",
		 "$verson is not defined at character 7", "  .a == $verson\n        ^"},
		{"incomplete", ".a ==", "the expression is not complete at character 6",
		 "  .a ==\n       ^"},
		{"open bracket", ".a | (.b", "'(' that is never closed at character 6",
		 "  .a | (.b\n       ^"},
		{"open string", ".a == \"x", "a string that never ends at character 7",
		 "  .a == \"x\n        ^"},
		{"open interpolation", ".a == \"\\(.b",
		 "a string that never ends at character 7", NULL},
		{"wrong bracket", "[.a)", "unexpected ')' at character 4", NULL},
		{"cannot close our bracket", ".a) | (.b", "unexpected ')' at character 3",
		 NULL},
		{"second line", ".a |\n  .b c", "unexpected 'c' at character 11",
		 "    .b c\n       ^"},
		{"characters, not bytes", ".[\"日本\"] x",
		 "unexpected 'x' at character 9", "  .[\"日本\"] x\n            ^"},
		{"empty", "  ", "the expression is empty", NULL},
		{"only a comment", "# x", "the expression is empty", NULL},
		{"modules", "import \"a\" as a; .", "unexpected 'import' at character 1",
		 NULL},
		{"in an interpolation", "\"\\(foo)\"",
		 "foo/0 is not defined at character 4", NULL},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct jq_program *program = NULL;
		CHECK_FAILS(jq_compile_text(row->text, NULL, &program, &err), &err,
			    ERR_CONFIG, row->message);
		CHECK_NULL(program);
		if (row->hint)
			CHECK_STR_HAS(err.hint, row->hint);
	}
}

TEST(nothing_reaches_outside)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *want; /* outputs, or NULL when it must fail */
	} rows[] = {
		{"environment", "$ENV", "[{}]"},
		{"environment function", "env", "[{}]"},
		{"environment in a path", "$ENV.PATH", "[null]"},
		{"input file name", "input_filename", "[null]"},
		{"line number", "input_line_number", "[0]"},
		{"search list", "get_search_list", "[[]]"},
		{"debug", "1 | debug", "[1]"},
		{"debug message", "1 | debug(\"x\")", "[1]"},
		{"stderr", "1 | stderr", "[1]"},
		{"clock", "now", NULL},
		{"input", "input", NULL},
		{"inputs", "[inputs]", NULL},
		{"module", "\"a\" | modulemeta", NULL},
		{"halt", "halt", NULL},
		{"halt with a message", "\"x\" | halt_error", NULL},
		{"halt with a status", "\"x\" | halt_error(1)", NULL},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_json_ json_t *outputs = run(row->text, "null", NULL, &err);
		if (row->want)
			CHECK_JSON_EQ(outputs, row->want);
		else
			CHECK_FAILS(outputs ? 0 : -1, &err, ERR_FAIL, "is not available");
	}
}

TEST(local_time_is_utc)
{
	struct err err = {0};
	_cleanup_json_ json_t *outputs =
		run("(0 | localtime | mktime), (0 | strflocaltime(\"%H\"))", "null", NULL,
		    &err);
	CHECK_JSON_EQ(outputs, "[0, \"00\"]");
}

TEST(outputs_are_limited)
{
	struct err err = {0};
	json_t *outputs = run("range(10001)", "null", NULL, &err);
	CHECK_FAILS(outputs ? 0 : -1, &err, ERR_LIMIT, "more than 10000");
	err = (struct err){0};
	outputs = run("repeat(1)", "null", NULL, &err);
	CHECK_FAILS(outputs ? 0 : -1, &err, ERR_LIMIT, "more than 10000");
	_cleanup_json_ json_t *exactly = run("range(10000)", "null", NULL, &err);
	CHECK_INT_EQ(json_array_size(exactly), 10000);
}

TEST(results_too_deep_to_walk_are_refused)
{
	struct err err = {0};
	json_t *outputs = run("reduce range(3000) as $i (1; [.])", "null", NULL, &err);
	CHECK_FAILS(outputs ? 0 : -1, &err, ERR_LIMIT, "nested");
}

TEST(errors_that_are_not_text_are_shown_as_json)
{
	struct err err = {0};
	json_t *outputs = run("error({a: 1})", "null", NULL, &err);
	CHECK_FAILS(outputs ? 0 : -1, &err, ERR_FAIL, "{\"a\":1}");
}
