/* The documentation of keys: everything the schema has can be found, described and written down. */
#include "command/guide.h"

#include <string.h>

#include "belay/channel.h"
#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static const struct row {
	const char *name, *path;
	int forms;
	const char *type, *preset, *example; /* of the first form; NULL: not checked */
} rows[] = {
	{"top", "", 1, "object", NULL, NULL},
	{"duration", "defaults.timeout", 1, "duration (30s, 15m, 7d)", "30s",
	 "timeout: 30s"},
	{"enum", "checks.*.severity", 1, "one of critical, warning", "critical", NULL},
	{"secret", "hosts.*.key", 1, "reference to a secret", NULL,
	 "key: {env: DEPLOY_KEY}"},
	{"list", "checks.*.expect", 4, "list of jq expression", NULL, NULL},
	{"variable", "environments.*.services.*.app", 1, "text or {env: NAME}", NULL,
	 "app: {env: DIGITALOCEAN_APP_ID}"},
	{"list of words", "notify.*.severities", 1, "list of P0, P1, P2, P3", NULL, NULL},
	{"a key that YAML 1.1 took for true", "notify", 1, NULL, NULL,
	 "notify: {ops-slack: {slack: {webhook: {env: SLACK_WEBHOOK_URL}}, on: [deployed, "
	 "rolled-back]}}"},
	{"two meanings", "checks.*.tls", 2, NULL, NULL, NULL},
	{"a chosen name", "environments.production.lock.lease", 1, NULL, "15m", NULL},
	{"by driver", "environments.*.services.*.keep", 1, "whole number", "5", NULL},
	{"unknown", "environments.*.lokc", 0, NULL, NULL, NULL},
	{"below a leaf", "version.x", 0, NULL, NULL, NULL},
};

TEST(paths_lead_to_forms)
{
	_cleanup_json_ json_t *root = config_schema();
	FOR_ROWS(row, rows) {
		_cleanup_json_ json_t *forms = guide_forms(root, row->path);
		const json_t *form = json_array_get(forms, 0);
		CHECK_INT_EQ(json_array_size(forms), row->forms);
		if (row->type)
			CHECK_STR_EQ(json_get_string(form, "type", NULL), row->type);
		if (row->preset)
			CHECK_STR_EQ(json_get_string(form, "default", NULL), row->preset);
		if (row->example)
			CHECK_STR_EQ(json_string_value(json_at(form, "/examples/0")),
				     row->example);
	}
}

TEST(every_path_is_found_and_described)
{
	_cleanup_json_ json_t *root = config_schema();
	_cleanup_json_ json_t *paths = guide_paths(root);
	size_t i, k;
	json_t *path, *form;
	CHECK(json_array_size(paths) > 100);
	json_array_foreach(paths, i, path) {
		_cleanup_json_ json_t *forms = guide_forms(root, json_string_value(path));
		test_row("%s", json_string_value(path));
		CHECK(json_array_size(forms) > 0);
		json_array_foreach(forms, k, form) {
			/* Names that users choose need no words of their own. */
			if (!str_has_suffix(json_string_value(path), "*"))
				CHECK(*json_get_string(form, "description", ""));
			CHECK(*json_get_string(form, "type", ""));
		}
	}
	test_at_row(NULL);
}

TEST(channels_say_what_they_hear)
{
	_cleanup_json_ json_t *root = config_schema();
	for (const struct channel *const *channel = channels; *channel; channel++) {
		_cleanup_free_ char *path = str_format("notify.*.%s", (*channel)->name);
		_cleanup_json_ json_t *forms = guide_forms(root, path);
		const char *text =
			json_get_string(json_array_get(forms, 0), "description", "");
		test_row("%s", path);
		CHECK_STR_HAS(text, "Hears by default: ");
		CHECK_STR_HAS(text, (*channel)->topics[0]);
		CHECK_STR_HAS(text, (*channel)->once);
	}
	test_at_row(NULL);
}

TEST(variants_are_groups)
{
	_cleanup_json_ json_t *root = config_schema();
	_cleanup_json_ json_t *forms = guide_forms(root, "environments.*.services.*");
	const json_t *groups = json_object_get(json_array_get(forms, 0), "groups");
	CHECK_INT_EQ(json_array_size(groups), 3);
	CHECK_STR_EQ(json_string_value(json_at(groups, "/0/title")),
		     "driver 'ssh-release'");
	CHECK_STR_EQ(json_string_value(json_at(groups, "/1/title")), "driver 'command'");
	CHECK_STR_EQ(json_string_value(json_at(groups, "/2/title")),
		     "driver 'digitalocean'");
}

TEST(the_reference_is_markdown)
{
	_cleanup_json_ json_t *root = config_schema();
	_cleanup_str_ struct str text = STR_INIT;
	guide_markdown(&text, root);
	CHECK_STR_HAS(str_text(&text), "## `environments.*.lock`\n");
	CHECK_STR_HAS(str_text(&text), "| `lease` | duration (30s, 15m, 7d) | `15m` | ");
	CHECK_STR_HAS(str_text(&text), "### driver 'command'\n");
	/* How a secret is written stands there once, and so does what is the same in several places. */
	CHECK_STR_HAS(str_text(&text), "## `notify.*.email.tls`\n\n"
				       "The same as `checks.*.tls`.\n");
	CHECK(!strstr(str_text(&text), "## `hosts.*.key`"));
	CHECK_STR_HAS(str_text(&text), "## References to secrets\n");
	CHECK(str_has_suffix(str_text(&text), "|\n") &&
	      !str_has_suffix(str_text(&text), "\n\n"));
}
