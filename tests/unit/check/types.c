/* Check types: the effect that each makes of its settings; table and schema agree. */
#include "belay/check.h"

#include "test.h"
#include "world.h"

static const struct row {
	const char *name, *check; /* the check's settings in YAML */
	const char *kind, *args;  /* the effect it makes */
	const char *words;        /* describe() */
} rows[] = {
	{"http, plain", "{http: 'https://a/x'}", "http",
	 "{'url': 'https://a/x', 'method': 'GET', 'timeout_ms': 30000, 'max_redirects': 5,"
	 " 'max_body_bytes': 1048576, 'max_header_bytes': 65536}",
	 "GET https://a/x"},
	{"http, everything",
	 "{http: 'https://a/x', method: POST, headers: {A: b, C: {env: D}}, json: {q: 1},"
	 " redirects: 0, basic: {user: u, password: {file: p}}, resolve: {'a:443': 127.0.0.1},"
	 " tls: {verify: false, server_name: s}, max_body: 1KiB, max_header: 2KiB, timeout: 5s}",
	 "http",
	 "{'url': 'https://a/x', 'method': 'POST', 'timeout_ms': 5000, 'max_redirects': 0,"
	 " 'headers': {'A': 'b', 'C': {'$secret': {'env': 'D'}}}, 'json': {'q': 1},"
	 " 'basic': {'user': 'u', 'password': {'$secret': {'file': 'p'}}},"
	 " 'resolve': {'a:443': '127.0.0.1'},"
	 " 'tls': {'verify': false, 'server_name': 's', 'min_version': '1.2'},"
	 " 'max_body_bytes': 1024, 'max_header_bytes': 2048}",
	 "POST https://a/x"},
	{"tcp", "{tcp: '[::1]:22', send: hi, read: 64B}", "tcp",
	 "{'host': '::1', 'port': 22, 'timeout_ms': 30000, 'send': 'hi', 'read_bytes': 64}",
	 "connect to [::1]:22"},
	{"tls", "{tls: 'a:443', server_name: b, ca: {env: CA}}", "tls",
	 "{'host': 'a', 'port': 443, 'timeout_ms': 30000, 'server_name': 'b',"
	 " 'ca': {'$secret': {'env': 'CA'}}}",
	 "certificate of a:443"},
};

TEST(settings_become_effects)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct world *world;
		_cleanup_(config_freep) struct config *config = NULL;
		_cleanup_(effects_freep) struct effects *fx = world_new("{}", &world);
		_cleanup_json_ json_t *answer = NULL;
		_cleanup_free_ char *text =
			str_format("version: 1\nchecks:\n  x: %s\n", row->check);
		if (!CHECK_OK(config_parse(text, strlen(text), "t", &config, NULL, &err),
			      &err))
			continue;
		const struct check_type *type = check_type_find(config->checks[0].type);
		/* The world has no answer; what counts is what it was asked. */
		CHECK_INT_EQ(type->observe(fx, &config->checks[0], &answer, &err), -1);
		const json_t *asked = json_array_get(world->asked, 0);
		CHECK_STR_EQ(json_get_string(asked, "kind", NULL), row->kind);
		CHECK_JSON_EQ(json_object_get(asked, "args"), row->args);
		_cleanup_free_ char *words = type->describe(&config->checks[0]);
		CHECK_STR_EQ(words, row->words);
	}
}

/* Each type of the table is a key of checks in the schema, and the other way round. */
TEST(table_and_schema_agree)
{
	_cleanup_json_ json_t *schema = config_schema();
	const json_t *branches = json_at(schema, "/$defs/check/oneOf");
	size_t i, count = 0;
	json_t *branch;
	json_array_foreach(branches, i, branch) {
		const char *key = json_string_value(json_at(branch, "/required/0"));
		CHECK(check_type_find(key) != NULL);
	}
	for (const struct check_type *const *type = check_types; *type; type++) {
		_cleanup_free_ char *pointer =
			str_format("/$defs/check-%s/description", (*type)->name);
		const char *description = json_string_value(json_at(schema, pointer));
		_cleanup_free_ char *fields = mem_strdup((*type)->fields);
		test_row("%s", (*type)->name);
		count++;
		/* The description names every field of the observation. */
		for (char *rest = fields, *field; (field = strsep(&rest, " "));)
			CHECK_STR_HAS(description, field);
		CHECK((*type)->summary && *(*type)->summary);
	}
	test_at_row(NULL);
	CHECK_INT_EQ(count, json_array_size(branches));
	CHECK_NULL(check_type_find("ftp"));
}
