/* What users see: where, what, and what to do. That the answers themselves are right is proven by
 * the official suite (tests/suite/schema_suite.c). */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"
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

/* All faults as lines "POINTER[ (key)]: MESSAGE[ | HINT]". */
static char *faults_text(const char *schema_text, const char *instance_text)
{
	struct err err = {0};
	struct str lines = STR_INIT;
	_cleanup_(schema_freep) struct schema *schema = NULL;
	_cleanup_json_ json_t *document = loose(schema_text);
	_cleanup_json_ json_t *instance = loose(instance_text);
	if (!CHECK_OK(schema_compile(document, &schema, &err), &err))
		return str_take(&lines);
	struct schema_faults faults = {0};
	bool valid = schema_validate(schema, instance, &faults);
	CHECK_INT_EQ(valid, faults.count == 0);
	CHECK_INT_EQ(schema_validate(schema, instance, NULL), valid);
	for (size_t i = 0; i < faults.count; i++)
		str_addf(&lines, "%s%s%s: %s%s%s", i ? "\n" : "", faults.items[i].pointer,
			 faults.items[i].at_key ? " (key)" : "", faults.items[i].message,
			 faults.items[i].hint ? " | " : "",
			 faults.items[i].hint ? faults.items[i].hint : "");
	schema_faults_release(&faults);
	return str_take(&lines);
}

TEST(faults_in_words)
{
	static const struct row {
		const char *name;
		const char *schema;
		const char *instance;
		const char *want;
	} rows[] = {
		{"unknown key, near",
		 "{'properties': {'hosts': {}}, 'additionalProperties': false}",
		 "{'hots': 1}",
		 "/hots (key): unknown key 'hots' | did you mean 'hosts'?"},
		{"unknown key, far",
		 "{'properties': {'hosts': {}, 'state': {}}, 'additionalProperties': false}",
		 "{'x/y': 1}",
		 "/x~1y (key): unknown key 'x/y' | known keys are: hosts, state"},
		{"unknown key, nothing known", "{'additionalProperties': false}",
		 "{'a': 1}", "/a (key): unknown key 'a'"},
		{"missing key", "{'required': ['version']}", "{}",
		 ": missing required key 'version'"},
		{"forbidden key", "{'properties': {'a': false}}", "{'a': 1}",
		 "/a (key): key 'a' is not allowed here"},
		{"forbidden by not", "{'not': {'required': ['a']}}", "{'a': 1}",
		 "/a (key): key 'a' is not allowed here"},
		{"whole number", "{'type': 'integer'}", "'x'",
		 ": expected a whole number, found \"x\""},
		{"quoted number", "{'type': 'integer'}", "'3'",
		 ": expected a whole number, found \"3\" | remove the quotes"},
		{"fraction", "{'type': 'integer'}", "1.5",
		 ": expected a whole number, found 1.5"},
		{"number where text is due", "{'type': 'string'}", "1.1",
		 ": expected a string, found 1.1 | put it in quotes"},
		{"nothing", "{'type': 'object'}", "null",
		 ": expected a mapping, found nothing"},
		{"mapping", "{'type': 'array'}", "{'a': 1}",
		 ": expected a list, found a mapping"},
		{"one instead of a list", "{'type': 'array'}", "'a'",
		 ": expected a list, found \"a\" | write it as a list, even with one element"},
		{"yes", "{'type': 'boolean'}", "'yes'",
		 ": expected true or false, found \"yes\" | write true"},
		{"off", "{'type': 'boolean'}", "'off'",
		 ": expected true or false, found \"off\" | write false"},
		{"several types", "{'type': ['string', 'array', 'null']}", "3",
		 ": expected a string, a list or nothing, found 3"},
		{"only one fault for a wrong type",
		 "{'type': 'string', 'enum': ['a'], 'minLength': 3}", "3",
		 ": expected a string, found 3 | put it in quotes"},
		{"enum, near", "{'enum': ['pass', 'fail', 'inconclusive']}", "'pas'",
		 ": expected one of pass, fail, inconclusive, found \"pas\" | did you mean 'pass'?"},
		{"enum, far", "{'enum': ['pass', 1, null, '']}", "'x'",
		 ": expected one of pass, 1, null, \"\", found \"x\""},
		{"const", "{'const': 1}", "2", ": expected 1, found 2"},
		{"minimum", "{'minimum': 1}", "0", ": must be at least 1, found 0"},
		{"maximum", "{'maximum': 1.5}", "2", ": must be at most 1.5, found 2"},
		{"exclusive", "{'exclusiveMinimum': 0, 'exclusiveMaximum': 0}", "0",
		 ": must be more than 0, found 0\n: must be less than 0, found 0"},
		{"multiple", "{'multipleOf': 5}", "7",
		 ": must be a multiple of 5, found 7"},
		{"empty text", "{'minLength': 1}", "''", ": must not be empty"},
		{"short text", "{'minLength': 3}", "'é'",
		 ": must have at least 3 characters, has 1"},
		{"long text", "{'maxLength': 1}", "'éé'",
		 ": must have at most 1 character, has 2"},
		{"empty list", "{'minItems': 1}", "[]", ": must not be empty"},
		{"long list", "{'maxItems': 1}", "[1, 2]",
		 ": must have at most 1 element, has 2"},
		{"empty mapping", "{'minProperties': 1}", "{}", ": must not be empty"},
		{"large mapping", "{'maxProperties': 0}", "{'a': 1}",
		 ": must have at most 0 keys, has 1"},
		{"repeated", "{'uniqueItems': true}", "['a', 1, 'a', 1.0]",
		 "/2 (key): repeats element 1\n/3 (key): repeats element 2"},
		{"pattern", "{'pattern': '^[a-z]+$'}", "'A'",
		 ": expected text that matches ^[a-z]+$, found \"A\""},
		{"pattern with words",
		 "{'pattern': '^[a-z]+$', 'x-expected': 'a lowercase name'}", "'A'",
		 ": expected a lowercase name, found \"A\""},
		{"name of a key",
		 "{'propertyNames': {'pattern': '^[a-z]+$', 'x-expected': 'a lowercase name'}}",
		 "{'a': 1, 'B': 2}", "/B (key): expected a lowercase name, found \"B\""},
		{"needs a companion", "{'dependentRequired': {'a': ['b']}}", "{'a': 1}",
		 "/a (key): 'a' needs 'b' beside it"},
		{"contains", "{'contains': {'type': 'string'}}", "[1]",
		 ": must contain at least 1 fitting element, has 0"},
		{"not", "{'not': {'type': 'string'}, 'x-expected': 'anything but text'}",
		 "'a'", ": expected anything but text, found \"a\""},
		{"duration", "{'format': 'duration'}", "'30'",
		 ": expected a duration such as 30s, 15m or 1h30m, found \"30\" | add the unit"},
		{"size", "{'format': 'size'}", "'1 GB'",
		 ": expected a size such as 64MiB or 2GB, found \"1 GB\""},
		{"url", "{'format': 'url'}", "'example.com'",
		 ": expected a URL such as https://example.com/health, found \"example.com\""},
		{"formats are about text", "{'format': 'url'}", "3", ""},
		{"condition", "{'if': {'required': ['a']}, 'then': {'required': ['b']}}",
		 "{'a': 1}", ": missing required key 'b'"},
		{"long values are cut", "{'type': 'integer'}",
		 "'0123456789012345678901234567890123456789012345678901234567890'",
		 ": expected a whole number, found "
		 "\"012345678901234567890123456789012345678901234…\" | remove the quotes"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *text = faults_text(row->schema, row->instance);
		CHECK_STR_EQ(text, row->want);
	}
}

/* The shapes that configuration uses to say "one of these". */
TEST(choices_are_explained_by_the_branch_that_was_meant)
{
	static const char by_key[] =
		"{'type': 'object', 'properties': {'http': {'type': 'string'}, 'tcp': {'type': "
		"'string'}, 'for': {}}, 'additionalProperties': false, 'oneOf': [{'required': "
		"['http']}, {'required': ['tcp']}]}";
	static const char by_value[] =
		"{'type': 'object', 'oneOf': [{'properties': {'driver': {'const': 'command'}, 'run': "
		"{'type': 'string'}}, 'required': ['driver', 'run']}, {'properties': {'driver': "
		"{'const': 'ssh-release'}, 'hosts': {'type': 'array'}}, 'required': ['driver', "
		"'hosts']}]}";
	static const char by_type[] =
		"{'oneOf': [{'type': 'string'}, {'type': 'array', 'items': {'type': 'string'}}]}";
	static const char by_annotation[] =
		"{'type': 'object', 'x-one-of-keys': ['a', 'b'], 'anyOf': [{'properties': {'a': "
		"{'type': 'string'}}, 'required': ['a', 'k']}, {'properties': {'b': {'type': "
		"'integer'}}, 'required': ['b', 'k']}]}";
	static const char by_enum[] =
		"{'oneOf': [{'const': 'relaxed', 'title': 'x'}, {'enum': "
		"['strict', 'none']}]}";
	static const char nested[] =
		"{'properties': {'store': {'anyOf': [{'$ref': '#/$defs/one'}, {'type': 'array', "
		"'items': {'$ref': '#/$defs/one'}}]}}, '$defs': {'one': {'type': 'object', "
		"'required': ['path'], 'properties': {'path': {'type': 'string'}}}}}";
	static const struct row {
		const char *name;
		const char *schema;
		const char *instance;
		const char *want;
	} rows[] = {
		{"no key", by_key, "{'for': 1}", ": needs exactly one of: http, tcp"},
		{"misspelt key", by_key, "{'htpt': 'x'}",
		 ": needs exactly one of: http, tcp | is 'htpt' meant to be 'http'?\n"
		 "/htpt (key): unknown key 'htpt' | did you mean 'http'?"},
		{"two keys", by_key, "{'tcp': 'x', 'http': 'y'}",
		 "/http (key): 'http' cannot stand beside 'tcp' | exactly one is needed of: http, tcp"},
		{"right key, wrong value", by_key, "{'tcp': 1}",
		 "/tcp: expected a string, found 1 | put it in quotes"},
		{"value picks the branch", by_value, "{'driver': 'command', 'run': 1}",
		 "/run: expected a string, found 1 | put it in quotes"},
		{"value picks the other", by_value, "{'driver': 'ssh-release'}",
		 ": missing required key 'hosts'"},
		{"unknown value", by_value, "{'driver': 'comand'}",
		 "/driver: expected one of command, ssh-release, found \"comand\" | did you mean "
		 "'command'?"},
		{"no value", by_value, "{'x': 1}", ": missing required key 'driver'"},
		{"no type fits", by_type, "3", ": expected a string or a list, found 3"},
		{"the type picks the branch", by_type, "['a', 3]",
		 "/1: expected a string, found 3 | put it in quotes"},
		{"named keys", by_annotation, "{}", ": needs at least one of: a, b"},
		{"named key picks the branch", by_annotation, "{'b': 'x', 'k': 1}",
		 "/b: expected a whole number, found \"x\""},
		{"fixed values", by_enum, "'stict'",
		 ": expected one of relaxed, strict, none, found \"stict\" | did you mean 'strict'?"},
		{"through references", nested, "{'store': {'path': 1}}",
		 "/store/path: expected a string, found 1 | put it in quotes"},
		{"through references, list", nested, "{'store': [{'path': 'a'}, {}]}",
		 "/store/1: missing required key 'path'"},
		{"several fit", "{'oneOf': [{'type': 'integer'}, {'minimum': 2}]}", "3",
		 ": fits more than one of the forms that exclude each other"},
		{"nearest branch",
		 "{'anyOf': [{'required': ['a', 'b', 'c']}, {'required': ['a', 'd']}]}",
		 "{'a': 1}", ": needs at least one of: b, d"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *text = faults_text(row->schema, row->instance);
		CHECK_STR_EQ(text, row->want);
	}
}

TEST(jq_expressions_are_compiled_together_and_blamed_alone)
{
	static const char schema[] = "{'type': 'array', 'items': {'format': 'jq'}}";
	_cleanup_free_ char *good =
		faults_text(schema, "['.a == 1', '.b', '.a == 1', '# c\\n.c']");
	CHECK_STR_EQ(good, "");
	_cleanup_free_ char *bad =
		faults_text(schema, "['.a == 1', '.a b', '), (', '.c']");
	CHECK_STR_EQ(bad, "/1: invalid jq: unexpected 'b' at character 4 | see here:\n"
			  "  .a b\n"
			  "     ^\n"
			  "/2: invalid jq: unexpected ')' at character 1 | see here:\n"
			  "  ), (\n"
			  "  ^");
	/* A branch that is not taken because of its jq makes the other one fit. */
	_cleanup_free_ char *other = faults_text(
		"{'oneOf': [{'type': 'string', 'format': 'jq'}, {'type': 'string', 'pattern': 'b'}]}",
		"'.a b'");
	CHECK_STR_EQ(other, "");
}

TEST(faults_come_in_document_order_and_once)
{
	static const char schema[] =
		"{'required': ['z'], 'allOf': [{'properties': {'b': {'type': 'string'}}}, "
		"{'properties': {'b': {'type': 'string'}, 'a': {'items': {'type': 'string'}}}}], "
		"'properties': {'c': {'type': 'string'}}}";
	_cleanup_free_ char *text =
		faults_text(schema, "{'c': 1, 'a': ['x', 2, 3], 'b': 4}");
	CHECK_STR_EQ(text, ": missing required key 'z'\n"
			   "/c: expected a string, found 1 | put it in quotes\n"
			   "/a/1: expected a string, found 2 | put it in quotes\n"
			   "/a/2: expected a string, found 3 | put it in quotes\n"
			   "/b: expected a string, found 4 | put it in quotes");
}

TEST(at_most_a_hundred_faults)
{
	struct err err = {0};
	struct schema *schema;
	_cleanup_json_ json_t *document = loose("{'items': {'type': 'string'}}");
	_cleanup_json_ json_t *instance = json_array();
	for (int i = 0; i < 500; i++)
		json_array_append_new(instance, json_integer(i));
	if (!CHECK_OK(schema_compile(document, &schema, &err), &err))
		return;
	struct schema_faults faults = {0};
	CHECK(!schema_validate(schema, instance, &faults));
	CHECK_INT_EQ(faults.count, 100);
	schema_faults_release(&faults);
	schema_free(schema);
}

TEST(work_and_depth_are_bounded)
{
	/* Every level is tried twice: 2^60 without a bound. */
	static const char schema[] =
		"{'anyOf': [{'properties': {'a': {'$ref': '#'}}, 'required': "
		"['x']}, {'properties': {'a': {'$ref': '#'}}, 'required': "
		"['y']}]}";
	struct err err = {0};
	_cleanup_(schema_freep) struct schema *compiled = NULL;
	_cleanup_json_ json_t *document = loose(schema);
	if (!CHECK_OK(schema_compile(document, &compiled, &err), &err))
		return;
	json_t *instance = json_object();
	for (int i = 0; i < 60; i++)
		instance = json_pack("{s:o,s:i,s:i}", "a", instance, "x", 1, "y", 1);
	CHECK(!schema_validate(compiled, instance, NULL));
	for (int i = 0; i < 1000; i++)
		instance = json_pack("{s:o}", "a", instance);
	CHECK(!schema_validate(compiled, instance, NULL));
	json_decref(instance);
}

TEST(a_pattern_means_what_it_means_in_ecma)
{
	static const struct row {
		const char *name;
		const char *pattern;
		const char *text;
		bool want;
	} rows[] = {
		{"end is the end", "^a$", "\"a\\n\"", false},
		{"dollar in a class", "^[$]$", "\"$\"", true},
		{"escaped dollar", "^\\\\$$", "\"$\"", true},
		{"digits are ASCII", "^\\\\d$", "\"\xd9\xa3\"", false},
		{"unicode escape", "^\\\\u00e9$", "\"é\"", true},
		{"not anchored", "b", "\"abc\"", true},
		{"a character is a scalar", "^.$", "\"🚀\"", true},
	};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *schema =
			str_format("{\"pattern\": \"%s\"}", row->pattern);
		_cleanup_free_ char *text = faults_text(schema, row->text);
		CHECK_INT_EQ(text[0] == '\0', row->want);
	}
}
