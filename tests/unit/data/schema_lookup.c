/* Finding the description of a dotted path. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"
#include "test.h"

static const char schema_text[] =
	"{'properties': {"
	"  'checks': {'additionalProperties': {'$ref': '#/$defs/check'},"
	"             'patternProperties': {'^x-': true}},"
	"  'lock': {'$ref': '#/$defs/lock', 'description': 'the lock here'},"
	"  'store': {'anyOf': [{'$ref': '#/$defs/store'},"
	"                      {'type': 'array', 'items': {'$ref': '#/$defs/store'}}]}},"
	" 'patternProperties': {'^p[0-9]$': {'title': 'numbered'}},"
	" '$defs': {"
	"  'check': {'title': 'check', 'properties': {'expect': {'type': 'array', 'items': "
	"{'title': 'predicate'}}},"
	"            'oneOf': [{'properties': {'http': {'title': 'http url'}}}]},"
	"  'lock': {'title': 'lock', 'description': 'any lock', 'properties': {'lease': {'$ref': "
	"'#/$defs/span'}}},"
	"  'store': {'properties': {'directory': {'title': 'directory'}}},"
	"  'span': {'$ref': '#/$defs/text', 'title': 'span'}, 'text': {'type': 'string', 'title': "
	"'text'}}}";

TEST(finds_the_subschema)
{
	static const struct row {
		const char *name;
		const char *path;
		const char *pointer; /* into what was found */
		const char *want;    /* NULL: nothing is found */
	} rows[] = {
		{"member through a reference", "checks.*", "/title", "check"},
		{"any name", "checks.api", "/title", "check"},
		{"deeper", "checks.*.expect", "/type", "array"},
		{"element", "checks.*.expect.*", "/title", "predicate"},
		{"numbered element", "checks.api.expect.0", "/title", "predicate"},
		{"within a branch", "checks.*.http", "/title", "http url"},
		{"what stands beside a reference", "lock", "/description",
		 "the lock here"},
		{"together with its target", "lock", "/title", "lock"},
		{"chain of references", "lock.lease", "/title", "span"},
		{"its end", "lock.lease", "/type", "string"},
		{"one of a choice", "store.directory", "/title", "directory"},
		{"elements of a choice", "store.*.directory", "/title", "directory"},
		{"pattern", "p1", "/title", "numbered"},
		{"any name by a pattern", "*", "/title", "numbered"},
		{"unknown member", "check", NULL, NULL},
		{"unknown deeper", "lock.lease.x", NULL, NULL},
		{"pattern does not match", "p10", NULL, NULL},
	};
	struct err err = {0};
	_cleanup_free_ char *strict = mem_strdup(schema_text);
	for (char *c = strict; *c; c++)
		if (*c == '\'')
			*c = '"';
	_cleanup_json_ json_t *document = json_loads(strict, 0, NULL);
	_cleanup_(schema_freep) struct schema *schema = NULL;
	if (!CHECK_OK(schema_compile(document, &schema, &err), &err))
		return;
	FOR_ROWS(row, rows) {
		const json_t *found = schema_lookup(schema, row->path);
		if (row->want)
			CHECK_STR_EQ(json_string_value(json_at(found, row->pointer)),
				     row->want);
		else
			CHECK_NULL(found);
	}
	CHECK(schema_lookup(schema, "") == document);
}
