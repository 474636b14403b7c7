/* The configuration that environment variables make: valid whatever they hold, and what it comes to. */
#include <string.h>

#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static struct config *parse_variables(const struct config_variables *variables)
{
	struct err err = {0};
	struct config *config = NULL;
	_cleanup_free_ char *text = NULL;
	if (CHECK_OK(config_from_variables(variables, &text, &err), &err))
		CHECK_OK(config_parse(text, strlen(text), "v", &config, NULL, &err),
			 &err);
	return config;
}

TEST(it_is_an_app_with_three_gates)
{
	const struct config_variables variables = {.app_url = "https://shop.example.com/",
						   .auto_rollback = "true",
						   .slack = true};
	_cleanup_(config_freep) struct config *config = parse_variables(&variables);
	const struct config_environment *environment = NULL;
	struct err err = {0};
	if (!config ||
	    !CHECK_OK(config_choose_environment(config, NULL, &environment, &err), &err))
		return;
	CHECK_STR_EQ(environment->name, "production");
	CHECK_STR_EQ(environment->url, "https://shop.example.com");
	CHECK_INT_EQ(environment->settle_ms, 30000);
	CHECK(environment->rollback_auto);
	CHECK_INT_EQ(environment->service_count, 1);
	CHECK_STR_EQ(environment->services[0].name, "app");
	CHECK_STR_EQ(environment->services[0].driver, "digitalocean");
	CHECK_JSON_EQ(json_object_get(environment->services[0].settings, "app"),
		      "{'env': 'DIGITALOCEAN_APP_ID'}");
	CHECK_JSON_EQ(json_object_get(environment->services[0].settings, "token"),
		      "{'$secret': {'env': 'DIGITALOCEAN_TOKEN'}}");
	static const char *const urls[] = {"https://shop.example.com/health",
					   "https://shop.example.com/health/live",
					   "https://shop.example.com/health/ready"};
	if (!CHECK_INT_EQ(environment->gates.count, ARRAY_SIZE(urls)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		const struct config_check *check = environment->gates.items[i];
		CHECK_STR_EQ(json_get_string(check->settings, "http", NULL), urls[i]);
		CHECK_INT_EQ(check->retry.attempts, 5);
		CHECK_INT_EQ(check->retry.delay_ms, 5000);
		CHECK_NEAR(check->retry.backoff, 1, 0);
		CHECK_NEAR(check->retry.jitter, 0, 0);
	}
	if (CHECK_INT_EQ(environment->notify_count, 1))
		CHECK_STR_EQ(environment->notify[0]->channel, "slack");
}

static const struct row {
	const char *name, *url, *automatic;
	bool slack;
	const char *want; /* URL of the environment */
	bool undoes;
} rows[] = {
	{"nothing but the URL", "http://x", NULL, false, "http://x", false},
	{"switched off", "http://x", "false", false, "http://x", false},
	{"an unset variable of a workflow", "http://x", "", false, "http://x", false},
	{"other capitals", "HTTP://X", "TRUE", true, "HTTP://X", true},
	{"port, path and slashes", "https://x:8443/a/b///", NULL, true,
	 "https://x:8443/a/b", false},
	{"an address", "http://[2001:db8::1]:80", NULL, false, "http://[2001:db8::1]:80",
	 false},
	{"what YAML would take for something else", "http://x/*&!%:-,~", NULL, false,
	 "http://x/*&!%:-,~", false},
};

TEST(values_become_settings)
{
	FOR_ROWS(row, rows) {
		const struct config_variables variables = {.app_url = row->url,
							   .auto_rollback =
								   row->automatic,
							   .slack = row->slack};
		_cleanup_(config_freep) struct config *config =
			parse_variables(&variables);
		if (!config)
			continue;
		CHECK_STR_EQ(config->environments[0].url, row->want);
		CHECK_INT_EQ(config->environments[0].rollback_auto, row->undoes);
		CHECK_INT_EQ(config->environments[0].notify_count, row->slack);
	}
}

static const struct wrong_row {
	const char *name, *url, *automatic, *message;
} wrong[] = {
	{"no scheme", "shop.example.com", NULL, "APP_URL: expected"},
	{"another scheme", "ftp://shop.example.com", NULL, "APP_URL: expected"},
	{"no host", "https:///x", NULL, "APP_URL: expected"},
	{"nothing behind the scheme", "https://", NULL, "APP_URL: expected"},
	{"password", "https://u:hunter2@x", NULL, "APP_URL: expected"},
	{"query", "https://x/?a", NULL, "APP_URL: expected"},
	{"fragment", "https://x/#a", NULL, "APP_URL: expected"},
	{"space", "https://x/ a", NULL, "APP_URL: expected"},
	{"two lines", "https://x/\na", NULL, "APP_URL: expected"},
	{"a quote", "https://x/'", NULL, "APP_URL: expected"},
	{"no UTF-8", "https://x/\xff", NULL, "APP_URL: expected"},
	{"a path alone", "/x", NULL, "APP_URL: expected"},
	{"a control character", "https://x/\x01", NULL, "APP_URL: expected"},
	{"yes", "https://x", "yes", "ENABLE_AUTO_ROLLBACK: expected true or false"},
	{"1", "https://x", "1", "ENABLE_AUTO_ROLLBACK: expected true or false"},
};

TEST(the_api_may_be_elsewhere)
{
	struct config_variables variables = {.app_url = "http://x",
					     .api_url = "http://127.0.0.1:8080/"};
	struct err err = {0};
	char *text = NULL;
	_cleanup_(config_freep) struct config *config = parse_variables(&variables);
	if (config)
		CHECK_STR_EQ(json_get_string(config->environments[0].services[0].settings,
					     "api_url", NULL),
			     "http://127.0.0.1:8080");
	variables.api_url = "127.0.0.1";
	CHECK_FAILS(config_from_variables(&variables, &text, &err), &err, ERR_CONFIG,
		    "DIGITALOCEAN_API_URL: expected");
}

TEST(a_wrong_value_is_named_and_not_repeated)
{
	FOR_ROWS(row, wrong) {
		struct err err = {0};
		char *text = NULL;
		const struct config_variables variables = {
			.app_url = row->url, .auto_rollback = row->automatic};
		CHECK_FAILS(config_from_variables(&variables, &text, &err), &err,
			    ERR_CONFIG, row->message);
		CHECK(!strstr(err.message, "hunter2"));
		CHECK_NULL(text);
	}
}
