/* YAML as values with places. */
#include "belay/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static struct yaml *parsed(const char *text)
{
	struct err err = {0};
	struct yaml *yaml = NULL;
	CHECK_OK(yaml_parse(text, strlen(text), "a.yml", &yaml, &err), &err);
	return yaml;
}

TEST(scalars_of_the_core_schema)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *want;
	} rows[] = {
		{"null word", "a: null", "{'a': null}"},
		{"null tilde", "a: ~", "{'a': null}"},
		{"null by nothing", "a:", "{'a': null}"},
		{"true", "a: true", "{'a': true}"},
		{"True", "a: True", "{'a': true}"},
		{"FALSE", "a: FALSE", "{'a': false}"},
		{"on stays text", "on: off", "{'on': 'off'}"},
		{"yes stays text", "a: yes", "{'a': 'yes'}"},
		{"y stays text", "a: y", "{'a': 'y'}"},
		{"decimal", "a: 42", "{'a': 42}"},
		{"signed", "a: +7", "{'a': 7}"},
		{"zeros in front", "a: 010", "{'a': 10}"},
		{"octal", "a: 0o17", "{'a': 15}"},
		{"hexadecimal", "a: 0xFf", "{'a': 255}"},
		{"largest", "a: 9223372036854775807", "{'a': 9223372036854775807}"},
		{"smallest", "a: -9223372036854775808", "{'a': -9223372036854775808}"},
		{"float", "a: 1.5", "{'a': 1.5}"},
		{"float without whole part", "a: .5", "{'a': 0.5}"},
		{"exponent", "a: 1e3", "{'a': 1000.0}"},
		{"version of three parts", "a: 1.2.3", "{'a': '1.2.3'}"},
		{"date", "a: 2026-11-21", "{'a': '2026-11-21'}"},
		{"time", "a: 12:30:45", "{'a': '12:30:45'}"},
		{"underscores", "a: 1_000", "{'a': '1_000'}"},
		{"binary", "a: 0b11", "{'a': '0b11'}"},
		{"incomplete hexadecimal", "a: 0x", "{'a': '0x'}"},
		{"lonely dot", "a: .", "{'a': '.'}"},
		{"quoted number", "a: '42'", "{'a': '42'}"},
		{"quoted null", "a: \"null\"", "{'a': 'null'}"},
		{"quoted nothing", "a: ''", "{'a': ''}"},
		{"literal block", "a: |\n  x\n  y\n", "{'a': 'x\\ny\\n'}"},
		{"folded block", "a: >-\n  x\n  y\n", "{'a': 'x y'}"},
		{"unicode escape", "a: \"\\u00e9\"", "{'a': 'é'}"},
		{"root scalar", "hello", "'hello'"},
		{"root list", "- 1\n- b", "[1, 'b']"},
		{"empty file", "", "null"},
		{"only a comment", "# nothing\n", "null"},
		{"byte order mark",
		 "\xef\xbb\xbf"
		 "a: 1",
		 "{'a': 1}"},
		{"document marks", "---\na: 1\n...\n", "{'a': 1}"},
		{"flow", "{a: [1, {b: c}], 'd': e}", "{'a': [1, {'b': 'c'}], 'd': 'e'}"},
		{"windows line ends", "a: 1\r\nb: 2\r\n", "{'a': 1, 'b': 2}"},
		{"quoted numeric key", "'1': x", "{'1': 'x'}"},
		{"version directive", "%YAML 1.2\n---\na: 1", "{'a': 1}"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_(yaml_freep) struct yaml *yaml = parsed(row->text);
		if (yaml)
			CHECK_JSON_EQ(yaml_value(yaml), row->want);
	}
}

TEST(anchors_aliases_and_merge_keys)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *want;
	} rows[] = {
		{"alias", "a: &x [1]\nb: *x", "{'a': [1], 'b': [1]}"},
		{"anchor set again", "a: &x 1\nb: &x 2\nc: *x",
		 "{'a': 1, 'b': 2, 'c': 2}"},
		{"merge", "a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}",
		 "{'a': {'k': 1, 'l': 2}, 'b': {'k': 1, 'l': 3}}"},
		{"written keys win wherever", "a: &x {k: 1}\nb:\n  k: 2\n  <<: *x",
		 "{'a': {'k': 1}, 'b': {'k': 2}}"},
		{"earlier merge wins",
		 "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}",
		 "{'a': {'k': 1}, 'b': {'k': 2, 'l': 2}, 'c': {'k': 1, 'l': 2}}"},
		{"merge of a merge", "a: &x {k: 1}\nb: &y {<<: *x}\nc: {<<: *y}",
		 "{'a': {'k': 1}, 'b': {'k': 1}, 'c': {'k': 1}}"},
		{"quoted it is a key", "'<<': 1", "{'<<': 1}"},
		{"inline merge", "b: {<<: {k: 1}}", "{'b': {'k': 1}}"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_(yaml_freep) struct yaml *yaml = parsed(row->text);
		if (yaml)
			CHECK_JSON_EQ(yaml_value(yaml), row->want);
	}
}

TEST(refuses_with_file_line_and_column)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *part;
	} rows[] = {
		{"duplicate key", "a: 1\nb: 2\na: 3", "a.yml:3:1: duplicate key 'a'"},
		{"duplicate key's hint", "a: 1\na: 3", "it is already on line 1"},
		{"duplicate inside", "x:\n  a: 1\n  a: 2",
		 "a.yml:3:3: duplicate key 'a'"},
		{"duplicate merge", "a: &x {}\nb: {<<: *x, <<: *x}",
		 "duplicate key '<<'"},
		{"number as key", "1: a",
		 "a.yml:1:1: a key must be text, but '1' is not"},
		{"true as key", "x:\n  true: a", "a.yml:2:3: a key must be text"},
		{"list as key", "? [a]\n: b", "a.yml:1:3: a key must be text"},
		{"alias as key", "a: &x b\n*x : c", "a key must be text"},
		{"tag", "a: !!int '3'",
		 "a.yml:1:4: tags such as 'tag:yaml.org,2002:int'"},
		{"local tag", "a: !secret x", "tags such as '!secret'"},
		{"tagged mapping", "a: !t {b: c}", "tags such as '!t'"},
		{"second document", "a: 1\n---\nb: 2",
		 "a.yml:2:1: more than one document"},
		{"unknown alias", "a: *x", "a.yml:1:4: unknown alias '*x'"},
		{"alias within itself", "a: &x [*x]", "unknown alias '*x'"},
		{"integer too large", "a: 9223372036854775808",
		 "does not fit into 64 bits"},
		{"hexadecimal too large", "a: 0xffffffffffffffff",
		 "does not fit into 64 bits"},
		{"infinity", "a: .inf", "JSON has no such number"},
		{"not a number", "a: .NaN", "JSON has no such number"},
		{"float too large", "a: 1e999", "JSON has no such number"},
		{"tab", "a:\n\tb: 1", "a.yml:2:1: "},
		{"tab's hint", "a:\n\tb: 1", "spaces, not with tabs"},
		{"tab behind umlauts", "ä: ü\nb:\n\tc: 1", "spaces, not with tabs"},
		{"colon in text", "a: b: c", "a.yml:1:5: mapping values are not allowed"},
		{"colon's hint", "a: b: c", "needs quotes"},
		{"at sign", "a: @b", "put the text in quotes"},
		{"open quote", "a: 'b", "a quote is not closed"},
		{"open bracket", "a: [1, 2\nb: 3", "a.yml:2:"},
		{"wrong indentation", "a: 1\n b: 2", "a.yml:2:"},
		{"merge of a scalar", "a: {<<: 1}", "'<<' takes a mapping"},
		{"merge of a list of scalars", "a: {<<: [1]}", "'<<' takes a mapping"},
		{"latin-1", "a: ok\nb: caf\xe9", "a.yml:2:7: not valid UTF-8"},
		{"escaped NUL", "a: \"\\0\"", "NUL"},
		{"escaped NUL in a key", "\"\\0\": 1", "NUL"},
		{"control character", "a: b\nc: \x01", "a.yml:2:4: control characters"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct yaml *yaml = NULL;
		CHECK_FAILS(
			yaml_parse(row->text, strlen(row->text), "a.yml", &yaml, &err),
			&err, ERR_CONFIG, row->part);
		CHECK_NULL(yaml);
	}
}

TEST(a_nul_byte_is_refused)
{
	struct err err = {0};
	struct yaml *yaml = NULL;
	CHECK_FAILS(yaml_parse("a: 1\n\0b: 2", 10, "a.yml", &yaml, &err), &err,
		    ERR_CONFIG, "a.yml:2:1: a NUL character");
}

TEST(limits)
{
	struct err err = {0};
	struct yaml *yaml = NULL;
	_cleanup_str_ struct str deep = STR_INIT;
	str_pad(&deep, '[', 101);
	CHECK_FAILS(yaml_parse(str_text(&deep), deep.len, "a.yml", &yaml, &err), &err,
		    ERR_CONFIG, "a.yml:1:101: nested deeper than 100 levels");

	_cleanup_str_ struct str large = STR_INIT;
	str_pad(&large, '#', YAML_MAX_BYTES + 1);
	CHECK_FAILS(yaml_parse(str_text(&large), large.len, "a.yml", &yaml, &err), &err,
		    ERR_CONFIG, "larger than");

	/* Ten levels, each ten times the one before. */
	_cleanup_str_ struct str bomb = STR_INIT;
	str_add(&bomb, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		str_addf(&bomb, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			str_addf(&bomb, "%s*a%d", k ? "," : "", i - 1);
		str_add(&bomb, "]\n");
	}
	CHECK_FAILS(yaml_parse(str_text(&bomb), bomb.len, "a.yml", &yaml, &err), &err,
		    ERR_CONFIG, "aliases expand to more than 100000 values");
}

TEST(exactly_the_allowed_depth_works)
{
	_cleanup_str_ struct str deep = STR_INIT;
	str_pad(&deep, '[', 99);
	str_pad(&deep, '1', 1);
	str_pad(&deep, ']', 99);
	_cleanup_(yaml_freep) struct yaml *yaml = parsed(str_text(&deep));
	CHECK(yaml != NULL);
}

TEST(places_of_keys_and_values)
{
	static const char text[] = "# comment\n"
				   "hosts:\n"
				   "  web1: {address: a, 'né/w': b}\n"
				   "base: &base\n"
				   "  timeout: 30s\n"
				   "checks:\n"
				   "  - <<: *base\n"
				   "    http: x\n"
				   "  -   second\n"
				   "again: *base\n";
	_cleanup_(yaml_freep) struct yaml *yaml = parsed(text);
	static const struct row {
		const char *name;
		const char *pointer;
		bool key;
		unsigned line, column;
	} rows[] = {
		{"root", "", false, 2, 1},
		{"key", "/hosts", true, 2, 1},
		{"value", "/hosts", false, 3, 3},
		{"key in flow", "/hosts/web1/address", true, 3, 10},
		{"value in flow", "/hosts/web1/address", false, 3, 19},
		{"escaped key", "/hosts/web1/né~1w", true, 3, 22},
		{"value behind it, in characters", "/hosts/web1/né~1w", false, 3, 30},
		{"element", "/checks/1", false, 9, 7},
		{"element as key", "/checks/1", true, 9, 7},
		{"merged key stands where it was written", "/checks/0/timeout", true, 5,
		 3},
		{"merged value", "/checks/0/timeout", false, 5, 12},
		{"own key beside a merge", "/checks/0/http", true, 8, 5},
		{"alias stands where it is used", "/again", false, 10, 8},
		{"inside an alias", "/again/timeout", false, 5, 12},
		{"absent key: its parent", "/hosts/web1/absent", true, 3, 9},
		{"absent, deeper: nearest parent", "/hosts/web2/x/y", false, 3, 3},
		{"index past the end", "/checks/7", false, 7, 3},
		{"malformed pointer", "hosts", false, 2, 1},
	};
	FOR_ROWS(row, rows) {
		struct yaml_place place = yaml_place(yaml, row->pointer, row->key);
		CHECK_INT_EQ(place.line, row->line);
		CHECK_INT_EQ(place.column, row->column);
	}
	CHECK_STR_EQ(yaml_file(yaml), "a.yml");
}

TEST(an_empty_file_has_a_place)
{
	_cleanup_(yaml_freep) struct yaml *yaml = parsed("");
	struct yaml_place place = yaml_place(yaml, "/a", true);
	CHECK_INT_EQ(place.line, 1);
	CHECK_INT_EQ(place.column, 1);
}
