/* Predicates: the answer, both sides of a comparison, and that cutting changes no answer. */
#include <stdlib.h>
#include <string.h>

#include "belay/jq.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static const char *const inputs[] = {
	"{\"a\":1,\"b\":{\"c\":2},\"l\":[1,2,3],\"s\":\"UP\",\"t\":true,\"n\":null}",
	"{\"a\":2,\"b\":{\"c\":1},\"l\":[],\"s\":\"a | b == c\",\"t\":false}",
	"{\"a\":[1],\"b\":[],\"l\":[7],\"s\":\"\"}",
	"\"text\"",
	"null",
};

TEST(shows_what_was_seen_beside_the_bound)
{
	static const struct row {
		const char *name;
		const char *text;
		bool holds;
		const char *actual; /* NULL: none */
		const char *bound;
	} rows[] = {
		{"equal", ".s == \"UP\"", true, "'UP'", "'UP'"},
		{"not equal", ".a == 3", false, "1", "3"},
		{"less", ".a < 0.5", false, "1", "0.5"},
		{"at least", ".l | length >= 3", true, "3", "3"},
		{"behind a pipe", ".b | .c != 2", false, "2", "2"},
		{"both sides behind a pipe", ".b | .c == (.c + 1)", false, "2", "3"},
		{"arithmetic", ".a + 1 == 2 * 1", true, "2", "2"},
		{"a comment", ".a == 1 # first\n", true, "1", "1"},
		{"operators in text", ".s == \"a | b == c\"", false, "'UP'",
		 "'a | b == c'"},
		{"operators in brackets", "(.a == 1) == (.t and true)", true, "true",
		 "true"},
		{"interpolation", "\"\\(.a | . == 1)\" == \"true\"", true, "'true'",
		 "'true'"},
		{"variable", ".a == $version", false, "1", "'v1'"},
		{"the truth of anything", ".a", true, "1", NULL},
		{"null is not true", ".n", false, "null", NULL},
		{"zero is true in jq", "0", true, "0", NULL},
		{"and is not cut", ".a == 1 and .t", true, "true", NULL},
		{"or is not cut", ".a == 2 or .t == false", false, "false", NULL},
		{"default is not cut", ".x // 0 == 0", true, "true", NULL},
		{"binding is not cut", ".a as $x | $x == 1", true, "true", NULL},
		{"condition is not cut", "if .t then .a == 1 else false end", true,
		 "true", NULL},
		{"function is not cut", "def f: .a | . == 1; f", true, "true", NULL},
		{"all of a list", "[.l[] | . > 0] | all", true, "true", NULL},
	};
	_cleanup_json_ json_t *input = json_loads(inputs[0], 0, NULL);
	_cleanup_json_ json_t *variables = json_pack("{s:s}", "version", "v1");
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_(jq_predicate_freep) struct jq_predicate *predicate = NULL;
		if (!CHECK_OK(jq_predicate_compile(row->text, NULL, &predicate, &err),
			      &err))
			continue;
		struct jq_answer answer;
		jq_predicate_ask(predicate, input, variables, &answer);
		CHECK_STR_EQ(answer.why, NULL);
		CHECK_INT_EQ(answer.holds, row->holds);
		CHECK_JSON_EQ(answer.actual, row->actual);
		if (row->bound)
			CHECK_JSON_EQ(answer.bound, row->bound);
		else
			CHECK_NULL(answer.bound);
		CHECK_STR_EQ(jq_predicate_text(predicate), row->text);
		jq_answer_release(&answer);
	}
}

TEST(anything_but_one_value_does_not_hold)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *why;
	} rows[] = {
		{"none", "empty", "no value"},
		{"none on the left", "empty == 1", "no value"},
		{"several", ".l[] > 0", "more than one value"},
		{"several on the right", ".a == (1, 2)", "more than one value"},
		{"several in front", ".l[] | . > 0", "more than one value"},
		{"several, not cut", "true, true", "more than one value"},
		{"endless", "repeat(1) > 0", "more than one value"},
		{"endless, not cut", "repeat(1)", "more than one value"},
		{"error", ".a.x == 1", "Cannot index number"},
		{"error on the right", ".a == (1 | error)", "1"},
	};
	_cleanup_json_ json_t *input = json_loads(inputs[0], 0, NULL);
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_(jq_predicate_freep) struct jq_predicate *predicate = NULL;
		if (!CHECK_OK(jq_predicate_compile(row->text, NULL, &predicate, &err),
			      &err))
			continue;
		struct jq_answer answer;
		jq_predicate_ask(predicate, input, NULL, &answer);
		CHECK(!answer.holds);
		CHECK_STR_HAS(answer.why, row->why);
		CHECK_NULL(answer.actual);
		CHECK_NULL(answer.bound);
		jq_answer_release(&answer);
	}
}

TEST(errors_are_about_the_users_text)
{
	struct err err = {0};
	struct jq_predicate *predicate = NULL;
	CHECK_FAILS(jq_predicate_compile(".a | .b == foo", NULL, &predicate, &err), &err,
		    ERR_CONFIG, "foo/0 is not defined at character 12");
	CHECK_FAILS(jq_predicate_compile(".a == == 1", NULL, &predicate, &err), &err,
		    ERR_CONFIG, "unexpected '==' at character 7");
	CHECK_FAILS(jq_predicate_compile(".a == 1 == 2", NULL, &predicate, &err), &err,
		    ERR_CONFIG, "unexpected '==' at character 9");
}

/* What jq says of the whole text: 1 one true value, 0 anything else. */
static bool whole_holds(const char *text, const json_t *input)
{
	struct err err = {0};
	_cleanup_(jq_program_freep) struct jq_program *program = NULL;
	_cleanup_json_ json_t *outputs = NULL;
	if (!CHECK_OK(jq_compile_text(text, NULL, &program, &err), &err))
		return false;
	if (jq_run(program, input, NULL, &outputs, &err) < 0 ||
	    json_array_size(outputs) != 1)
		return false;
	const json_t *output = json_array_get(outputs, 0);
	return !json_is_null(output) && !json_is_false(output);
}

TEST(cutting_never_changes_the_answer)
{
	static const char *const texts[] = {
		".a == 1",
		".a | . == 1",
		".l[] == 1",
		".l[] | . == 7",
		".l | .[] | . > 6",
		".a + 1 == 2",
		"-1 == -.a",
		"- .a | . == -1",
		".a == 1 and .t",
		".t and .a == 1",
		".a == 1 | not",
		".a // 0 == 1",
		".a == .a // 1",
		"(.a // 0) == 1",
		".x | . == null",
		".a as $x | $x == 1",
		"1 + . as $x | $x == 1",
		"1 + (.a as $x | $x) == 2",
		"reduce .l[] as $x (0; . + $x) > 5",
		"reduce .l[] as $x (0; . + $x) | . > 5",
		"1 + reduce .l[] as $x (0; . + $x) | . == 7",
		"foreach .l[] as $x (0; . + $x) | . == 1",
		"if .t then .a == 1 else .a == 2 end",
		"if .t then .a else .b end | . == 1",
		"def f: .a | . == 1; f",
		"def f: .a; f == 1",
		"def f: .a; .b | .c == 1",
		"1 + def f: 3; f | . == 4",
		"try .a == 1 catch false",
		"try .a.x catch 1 | . == 1",
		"try error(\"x\") catch . == \"x\"",
		".a? == 1",
		".a.b? == 1",
		"label $out | .l[] | . == 1, break $out",
		"1, 2 | . == 1",
		"empty, 1 | . == 1",
		"1 == 1, 2",
		"[1 == 1, 2 == 3] | any",
		"{a: 1 == 1} | .a",
		"{a: .a} == {a: 1}",
		".s == \"a | b == c\"",
		".s | test(\"^U\") == true",
		"\"\\(.a)\" == \"1\"",
		"\"\\(.a == 1)\" == \"true\"",
		"\"\\(\"\\(.a)\")\" == \"1\"",
		".a |= 1 | .a == 1",
		".a = 1 == 1",
		".a += 1 | .a == 2",
		". as [$x] ?// $x | $x == .",
		/* Not on an object: libjq 1.7 leaks a key when an iteration over one is broken off. */
		"[.a] | .. == 1",
		"[..] | length == 1",
		".a < 2 | . == true",
		".a <= 1",
		".a >= 1",
		".a != null",
		"@base64 \"\\(.a)\" == \"MQ==\"",
		"@json == @text",
		".\"a\" == 1",
		".[\"a\"] == 1",
		".a == 1 # == 2",
		".a # | .b\n == 1",
		".b.c * 2 - 1 == 3 % 2 + 2",
		"$__loc__ | .file | . == \"<top-level>\"",
		".l | length == 3",
		".l | map(. > 0) | all == true",
		"[.l[] | select(. > 1)] | length > 1",
		".n == null",
		"error == 1",
		"null | error == 1",
		".a == (.b | error)",
		"1 as $x | 2 as $y | $x < $y",
		".l[0] < .l[1]",
		".l[0:1] == [1]",
		"..a == 1",
		"(.a, .a) == 1",
		"limit(1; .l[]) == 1",
		"first(.l[]) == 1",
		". == . | not",
		"not == false",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err = {0};
		_cleanup_(jq_predicate_freep) struct jq_predicate *predicate = NULL;
		if (jq_predicate_compile(texts[i], NULL, &predicate, &err) < 0) {
			/* Then the whole must not compile either, which the message shows. */
			struct jq_program *program = NULL;
			CHECK_INT_EQ(jq_compile_text(texts[i], NULL, &program, &err), -1);
			continue;
		}
		for (size_t k = 0; k < ARRAY_SIZE(inputs); k++) {
			test_row("%s on %s", texts[i], inputs[k]);
			_cleanup_json_ json_t *input =
				json_loads(inputs[k], JSON_DECODE_ANY, NULL);
			struct jq_answer answer;
			jq_predicate_ask(predicate, input, NULL, &answer);
			CHECK_INT_EQ(answer.holds, whole_holds(texts[i], input));
			jq_answer_release(&answer);
		}
	}
}
