/* What a schema may say, and what is refused. */
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

TEST(refuses_what_it_would_not_check)
{
	static const struct row {
		const char *name;
		const char *schema;
		const char *part;
	} rows[] = {
		{"unknown keyword", "{'properties': {'a': {'typo': 1}}}",
		 "schema at '#/properties/a': keyword 'typo' is not supported"},
		{"unclaimed keyword", "{'unevaluatedProperties': false}",
		 "keyword 'unevaluatedProperties'"},
		{"anchors", "{'$anchor': 'a'}", "keyword '$anchor'"},
		{"another dialect",
		 "{'$schema': 'http://json-schema.org/draft-07/schema#'}",
		 "only the dialect"},
		{"inner id", "{'items': {'$id': 'a'}}", "at the root only"},
		{"another document", "{'$ref': 'other.json'}", "not a reference within"},
		{"reference to nowhere", "{'$ref': '#/$defs/a'}",
		 "'#/$defs/a' leads nowhere"},
		{"reference to no schema",
		 "{'$ref': '#/const', 'const': {'type': 'string'}}",
		 "does not lead to a schema"},
		{"reference to itself", "{'$ref': '#'}", "leads back to itself"},
		{"reference round a corner",
		 "{'$defs': {'a': {'allOf': [{'$ref': '#/$defs/b'}]}, 'b': {'not': {'$ref': "
		 "'#/$defs/a'}}}}",
		 "leads back to itself"},
		{"malformed escape", "{'$ref': '#/a%2'}", "leads nowhere"},
		{"type", "{'type': 'text'}", "unknown type"},
		{"type list", "{'type': []}", "must be a type"},
		{"format", "{'format': 'email'}", "format 'email' is not supported"},
		{"pattern", "{'pattern': '['}", "invalid pattern '['"},
		{"pattern of names", "{'patternProperties': {'(': {}}}",
		 "invalid pattern '('"},
		{"count", "{'minItems': -1}", "must be a whole number"},
		{"fractional count", "{'minItems': 1.5}", "must be a whole number"},
		{"zero multiple", "{'multipleOf': 0}", "above 0"},
		{"number", "{'minimum': '1'}", "must be a number"},
		{"names", "{'required': 'a'}", "must be a list of names"},
		{"names within", "{'dependentRequired': {'a': [1]}}",
		 "must be a list of names"},
		{"list of schemas", "{'anyOf': []}", "must be a list of schemas"},
		{"map of schemas", "{'properties': []}", "must map names to schemas"},
		{"boolean", "{'uniqueItems': 1}", "must be true or false"},
		{"enum", "{'enum': 1}", "must be a list"},
		{"title", "{'title': 1}", "must be a string"},
		{"no schema at all", "[]", "a schema is an object, true or false"},
		{"no schema inside", "{'items': 1}",
		 "schema at '#/items': a schema is an object"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct schema *schema = NULL;
		_cleanup_json_ json_t *document = loose(row->schema);
		CHECK_FAILS(schema_compile(document, &schema, &err), &err, ERR_CONFIG,
			    row->part);
		CHECK_NULL(schema);
	}
}

TEST(accepts_what_it_checks)
{
	static const struct row {
		const char *name;
		const char *schema;
	} rows[] = {
		{"true", "true"},
		{"false", "false"},
		{"empty", "{}"},
		{"annotations of our own", "{'x-unit': 'duration', 'x-any': [1]}"},
		{"dialect",
		 "{'$schema': 'https://json-schema.org/draft/2020-12/schema'}"},
		{"id and references by it",
		 "{'$id': 'https://e.org/s', '$defs': {'a': true}, 'items': {'$ref': "
		 "'https://e.org/s#/$defs/a'}, 'contains': {'$ref': 'https://e.org/s'}}"},
		{"a tree", "{'properties': {'next': {'$ref': '#'}}}"},
		{"escapes in references",
		 "{'$defs': {'a/b': {}, 'c%d': {}, 'e f': {}}, 'items': {'$ref': '#/$defs/a~1b'}, "
		 "'contains': {'$ref': '#/$defs/c%25d'}, 'not': {'$ref': '#/$defs/e%20f'}}"},
		{"properties with names of keywords",
		 "{'properties': {'$ref': {'type': 'string'}, 'typo': {}}}"},
		{"values are not schemas",
		 "{'const': {'typo': 1}, 'enum': [{'typo': 1}], "
		 "'default': {'typo': 1}, 'examples': [{'typo': 1}]}"},
		{"whole numbers with a point", "{'maxItems': 2.0}"},
	};
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_(schema_freep) struct schema *schema = NULL;
		_cleanup_json_ json_t *document = loose(row->schema);
		CHECK_OK(schema_compile(document, &schema, &err), &err);
	}
}

TEST(a_schema_nested_without_end_is_refused)
{
	struct err err = {0};
	struct schema *schema = NULL;
	json_t *document = json_object();
	for (int i = 0; i < 1000; i++)
		document = json_pack("{s:o}", "items", document);
	CHECK_FAILS(schema_compile(document, &schema, &err), &err, ERR_CONFIG,
		    "nested too deeply");
	json_decref(document);
}
