/* Filling in defaults. */
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

TEST(fills_what_is_absent)
{
	static const struct row {
		const char *name;
		const char *schema;
		const char *instance;
		const char *want;
	} rows[] = {
		{"absent member", "{'properties': {'a': {'default': 1}}}", "{}",
		 "{'a': 1}"},
		{"present member", "{'properties': {'a': {'default': 1}}}", "{'a': 2}",
		 "{'a': 2}"},
		{"null is present", "{'properties': {'a': {'default': 1}}}",
		 "{'a': null}", "{'a': null}"},
		{"inside a member",
		 "{'properties': {'a': {'properties': {'b': {'default': 1}}}}}",
		 "{'a': {}}", "{'a': {'b': 1}}"},
		{"absent parents stay absent",
		 "{'properties': {'a': {'properties': {'b': {'default': 1}}}}}", "{}",
		 "{}"},
		{"inside a default",
		 "{'properties': {'a': {'default': {}, 'properties': {'b': {'default': 1}}}}}",
		 "{}", "{'a': {'b': 1}}"},
		{"additional",
		 "{'additionalProperties': {'properties': {'a': {'default': 1}}}}",
		 "{'x': {}, 'y': {'a': 2}}", "{'x': {'a': 1}, 'y': {'a': 2}}"},
		{"patterns",
		 "{'patternProperties': {'^p': {'properties': {'a': {'default': 1}}}}}",
		 "{'p': {}, 'q': {}}", "{'p': {'a': 1}, 'q': {}}"},
		{"elements", "{'items': {'properties': {'a': {'default': 1}}}}",
		 "[{}, 1]", "[{'a': 1}, 1]"},
		{"first elements",
		 "{'prefixItems': [{'properties': {'a': {'default': 1}}}]}", "[{}, {}]",
		 "[{'a': 1}, {}]"},
		{"reference",
		 "{'properties': {'a': {'$ref': '#/$defs/t'}}, '$defs': {'t': {'default': '30s'}}}",
		 "{}", "{'a': '30s'}"},
		{"beside a reference counts more",
		 "{'properties': {'a': {'$ref': '#/$defs/t', 'default': '5s'}}, '$defs': {'t': "
		 "{'default': '30s'}}}",
		 "{}", "{'a': '5s'}"},
		{"all of",
		 "{'allOf': [{'properties': {'a': {'default': 1}}}, {'properties': {'b': "
		 "{'default': 2}}}]}",
		 "{}", "{'a': 1, 'b': 2}"},
		{"the branch that fits",
		 "{'oneOf': [{'required': ['x'], 'properties': {'a': {'default': 1}}}, {'required': "
		 "['y'], 'properties': {'a': {'default': 2}}}]}",
		 "{'y': 0}", "{'y': 0, 'a': 2}"},
		{"condition",
		 "{'if': {'properties': {'k': {'const': 1}}}, 'then': {'properties': {'a': {'default': "
		 "1}}}, 'else': {'properties': {'a': {'default': 2}}}}",
		 "{'k': 2}", "{'k': 2, 'a': 2}"},
		{"a default does not choose a branch",
		 "{'properties': {'k': {'default': 1}}, 'anyOf': [{'required': ['k'], 'properties': "
		 "{'a': {'default': 1}}}, true]}",
		 "{}", "{'k': 1}"},
		{"recursion",
		 "{'properties': {'n': {'default': 0}, 'next': {'$ref': '#'}}}",
		 "{'next': {'next': {}}}",
		 "{'n': 0, 'next': {'n': 0, 'next': {'n': 0}}}"},
		{"other types", "{'properties': {'a': {'default': 1}}}", "[1]", "[1]"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_(schema_freep) struct schema *schema = NULL;
		_cleanup_json_ json_t *document = loose(row->schema);
		_cleanup_json_ json_t *instance = loose(row->instance);
		_cleanup_json_ json_t *untouched = json_deep_copy(instance);
		if (!CHECK_OK(schema_compile(document, &schema, &err), &err))
			continue;
		_cleanup_json_ json_t *filled = schema_with_defaults(schema, instance);
		CHECK_JSON_EQ(filled, row->want);
		CHECK(json_equal(instance, untouched));
	}
}

TEST(a_default_that_contains_itself_ends)
{
	struct err err = {0};
	_cleanup_(schema_freep) struct schema *schema = NULL;
	_cleanup_json_ json_t *document =
		loose("{'properties': {'a': {'$ref': '#', 'default': {}}}}");
	_cleanup_json_ json_t *instance = json_object();
	if (!CHECK_OK(schema_compile(document, &schema, &err), &err))
		return;
	_cleanup_json_ json_t *filled = schema_with_defaults(schema, instance);
	CHECK(json_at(filled, "/a/a/a") != NULL);
}
