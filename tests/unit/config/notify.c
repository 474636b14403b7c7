/* Who hears of what: notifications, GitHub, incidents and their defaults, bound; whose secrets are asked
 * for. */
#include <string.h>

#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

static const char shop[] =
	"version: 1\n"
	"github: {token: {env: GH}, api_url: 'https://ghe/api/v3', repository: acme/shop,\n"
	"         deployments: false, status: check-run}\n"
	"incidents: {close: false, tracker: 'https://t/{{id}}',\n"
	"            post_mortem: {due: 1d, template: t.md, write: file, remind: 2h}}\n"
	"notify:\n"
	"  x-shared: {a: 1}\n"
	"  ops: {slack: {webhook: {env: SLACK}}, on: [deployed, failed], severities: [P0, P3],\n"
	"        environments: [production], digest: daily, floor: 10m,\n"
	"        escalate: {after: 15m, to: [pager]}}\n"
	"  pager: {pagerduty: {routing_key: {file: key}}, escalate: {after: 1h, to: [boss]}}\n"
	"  boss: {email: {server: 'm:25', from: a@b, to: [c@d], user: u, password: {env: MAIL}}}\n"
	"  hook: {webhook: {url: {env: HOOK}, sign: {secret: {env: SIGN}}}}\n"
	"  other: {teams: {webhook: {env: TEAMS}}}\n"
	"environments:\n"
	"  production:\n"
	"    url: https://shop\n"
	"    settle: 45s\n"
	"    notify: [ops, hook]\n"
	"    watch: {fail_after: 5}\n"
	"  staging:\n";

static struct config *parse(const char *text)
{
	struct err err = {0};
	struct config *config = NULL;
	CHECK_OK(config_parse(text, strlen(text), "shop.yml", &config, NULL, &err), &err);
	return config;
}

TEST(notifications_are_bound)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	CHECK_INT_EQ(config->notification_count, 5);
	CHECK_NULL(config_notification(config, "x-shared"));
	const struct config_notification *ops = config_notification(config, "ops");
	CHECK_STR_EQ(ops->channel, "slack");
	CHECK_JSON_EQ(ops->settings, "{'webhook': {'$secret': {'env': 'SLACK'}},"
				     " 'api_url': 'https://slack.com/api'}");
	CHECK_INT_EQ(ops->on.count, 2);
	CHECK_INT_EQ(ops->severities.count, 2);
	CHECK_INT_EQ(ops->environments.count, 1);
	CHECK(ops->digest);
	CHECK_INT_EQ(ops->floor_ms, 10 * 60 * 1000);
	CHECK_INT_EQ(ops->escalate_after_ms, 15 * 60 * 1000);
	CHECK_STR_EQ(ops->escalate_to.count ? ops->escalate_to.items[0] : NULL, "pager");
	const struct config_notification *hook = config_notification(config, "hook");
	CHECK_INT_EQ(hook->on.count + hook->severities.count + hook->environments.count,
		     0);
	CHECK(!hook->digest);
	CHECK_INT_EQ(hook->escalate_after_ms, 0);
	CHECK_JSON_EQ(hook->settings,
		      "{'url': {'$secret': {'env': 'HOOK'}}, 'method': 'POST',"
		      " 'sign': {'secret': {'$secret': {'env': 'SIGN'}},"
		      " 'header': 'X-Belay-Signature-256', 'prefix': 'sha256='}}");
}

static const struct channel_row {
	const char *name, *settings, *want; /* settings as bound, with defaults */
} channel_rows[] = {
	{"github-issue", "{post_mortem: {due: 1h}}",
	 "{'labels': ['incident'], 'assignees': [], 'post_mortem': {'due': '1h'}}"},
	{"slack", "{token: {env: A}, channel: C1}",
	 "{'token': {'$secret': {'env': 'A'}}, 'channel': 'C1',"
	 " 'api_url': 'https://slack.com/api'}"},
	{"pagerduty", "{routing_key: {env: A}}",
	 "{'routing_key': {'$secret': {'env': 'A'}}, 'urgency': 'by-severity',"
	 " 'api_url': 'https://events.pagerduty.com'}"},
	{"email", "{server: 'a:25', from: a@b, to: [c@d]}",
	 "{'server': 'a:25', 'from': 'a@b', 'to': ['c@d'], 'cc': [],"
	 " 'security': 'starttls'}"},
	{"webhook", "{url: 'http://a'}", "{'url': 'http://a', 'method': 'POST'}"},
	{"teams", "{webhook: {env: A}}", "{'webhook': {'$secret': {'env': 'A'}}}"},
	{"discord", "{webhook: {env: A}}", "{'webhook': {'$secret': {'env': 'A'}}}"},
	{"jira", "{url: 'http://a', token: {env: A}, issue: OPS-1}",
	 "{'url': 'http://a', 'token': {'$secret': {'env': 'A'}}, 'issue': 'OPS-1',"
	 " 'issue_type': 'Incident', 'labels': [], 'transitions': {}}"},
	{"grafana", "{url: 'http://a', token: {env: A}}",
	 "{'url': 'http://a', 'token': {'$secret': {'env': 'A'}}, 'tags': ['belay']}"},
	{"pushgateway", "{url: 'http://a'}",
	 "{'url': 'http://a', 'job': 'belay', 'labels': {}}"},
};

TEST(each_channel_has_its_defaults)
{
	FOR_ROWS(row, channel_rows) {
		_cleanup_free_ char *text = str_format(
			"version: 1\nnotify:\n  n: {%s: %s}\n", row->name, row->settings);
		_cleanup_(config_freep) struct config *config = parse(text);
		if (!config)
			continue;
		CHECK_STR_EQ(config->notifications[0].channel, row->name);
		CHECK_JSON_EQ(config->notifications[0].settings, row->want);
	}
	/* The schema has no channel besides. */
	_cleanup_json_ json_t *schema = config_schema();
	CHECK_INT_EQ(json_array_size(json_at(schema, "/$defs/notification/oneOf")),
		     ARRAY_SIZE(channel_rows));
}

TEST(environments_say_who_hears_of_them)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	const struct config_environment *production =
		config_environment(config, "production");
	CHECK_STR_EQ(production->url, "https://shop");
	CHECK_INT_EQ(production->settle_ms, 45000);
	CHECK_INT_EQ(production->notify_count, 2);
	CHECK(production->notify[1] == config_notification(config, "hook"));
	CHECK_INT_EQ(production->watch.fail_after, 5);
	CHECK_INT_EQ(production->watch.recover_after, 2);
	CHECK_INT_EQ(production->watch.flaps, 6);
	const struct config_environment *staging = config_environment(config, "staging");
	CHECK_NULL(staging->url);
	CHECK_INT_EQ(staging->settle_ms, 0);
	CHECK_INT_EQ(staging->notify_count, 0);
	CHECK_INT_EQ(staging->watch.fail_after, 3);
}

TEST(github_and_incidents_are_bound)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	CHECK_JSON_EQ(config->github.token, "{'$secret': {'env': 'GH'}}");
	CHECK_STR_EQ(config->github.api_url, "https://ghe/api/v3");
	CHECK_STR_EQ(config->github.repository, "acme/shop");
	CHECK(!config->github.deployments);
	CHECK_STR_EQ(config->github.status, "check-run");
	CHECK(!config->incidents.close);
	CHECK_STR_EQ(config->incidents.tracker, "https://t/{{id}}");
	const struct config_post_mortem *page = &config->incidents.post_mortem;
	CHECK_INT_EQ(page->due_ms, 24 * 3600 * 1000);
	CHECK_STR_EQ(page->template, "t.md");
	CHECK_STR_EQ(page->write, "file");
	CHECK_STR_EQ(page->path, "docs/post-mortems/{{id}}.md");
	CHECK_INT_EQ(page->remind_ms, 2 * 3600 * 1000);
}

TEST(nothing_said_is_the_documented_default)
{
	_cleanup_(config_freep) struct config *config = parse("version: 1\n");
	if (!config)
		return;
	CHECK_NULL(config->github.token);
	CHECK_NULL(config->github.api_url);
	CHECK_NULL(config->github.repository);
	CHECK(config->github.deployments);
	CHECK_STR_EQ(config->github.status, "none");
	CHECK(config->incidents.close);
	CHECK_NULL(config->incidents.tracker);
	CHECK_INT_EQ(config->incidents.post_mortem.due_ms, 48 * 3600 * 1000);
	CHECK_NULL(config->incidents.post_mortem.template);
	CHECK_STR_EQ(config->incidents.post_mortem.write, "none");
	CHECK_INT_EQ(config->incidents.post_mortem.remind_ms, 24 * 3600 * 1000);
	CHECK_INT_EQ(config->notification_count, 0);
}

/* "notify.ops.slack.webhook?" for a secret that nobody waits for. */
static char *secret_places(const struct config *config, const char *environment)
{
	struct str text = STR_INIT;
	_cleanup_json_ json_t *rows =
		config_secrets(config, config_environment(config, environment));
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row)
		str_addf(&text, "%s%s ", json_get_string(row, "where", ""),
			 json_get_bool(row, "needed", true) ? "" : "?");
	return str_take(&text);
}

/* With those who are told next, and their next; not those whom nobody named. */
TEST(secrets_that_only_tell_people_are_not_needed)
{
	_cleanup_(config_freep) struct config *config = parse(shop);
	if (!config)
		return;
	_cleanup_free_ char *production = secret_places(config, "production");
	CHECK_STR_EQ(production,
		     "github.token? notify.ops.slack.webhook? "
		     "notify.pager.pagerduty.routing_key? notify.boss.email.password? "
		     "notify.hook.webhook.url? notify.hook.webhook.sign.secret? ");
	_cleanup_free_ char *staging = secret_places(config, "staging");
	CHECK_STR_EQ(staging, "github.token? ");
}

TEST(secrets_of_services_and_their_checks_are_needed)
{
	_cleanup_(config_freep) struct config *config = parse(
		"version: 1\n"
		"checks:\n"
		"  app: {digitalocean: {app: a, token: {env: T}}, expect: [.phase]}\n"
		"environments:\n"
		"  e:\n"
		"    services:\n"
		"      web: {driver: digitalocean, app: {env: APP}, token: {env: T}}\n"
		"    gates: [app]\n");
	if (!config)
		return;
	CHECK_STR_EQ(config->checks[0].type, "digitalocean");
	CHECK_INT_EQ(config->environments[0].services[0].timeout_ms, 15 * 60 * 1000);
	CHECK_JSON_EQ(config->environments[0].services[0].settings,
		      "{'driver': 'digitalocean', 'app': {'env': 'APP'},"
		      " 'token': {'$secret': {'env': 'T'}},"
		      " 'api_url': 'https://api.digitalocean.com', 'mode': 'deployment',"
		      " 'force_build': false, 'poll': '5s', 'timeout': '15m',"
		      " 'skip_pin': false, 'pinned': 'report', 'when_both_fail': 'stay',"
		      " 'needs': []}");
	_cleanup_free_ char *places = secret_places(config, "e");
	CHECK_STR_EQ(places,
		     "environments.e.services.web.token checks.app.digitalocean.token ");
}
