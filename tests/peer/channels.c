/* Channels against the services they speak to: the vendors of tests/peers/vendors, which hold every request
 * against the published shape; Exim; a Pushgateway that Prometheus scrapes.
 *
 * Where they are comes from the environment (tests/peers/world.sh: sinks, exim, metrics). A test whose
 * server is not there skips what follows it, so the mail and the metrics come last. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "belay/channel.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define NOW_MS INT64_C(1795267203000)
#define PAGERDUTY_KEY "0123456789abcdef0123456789abcdef"
#define JIRA_TOKEN "jira-Token-0123456789"
#define GRAFANA_TOKEN "glsa_0123456789abcdef"
#define GITHUB_TOKEN "ghs_C0ckpitC0ckpitC0ckpitC0ckpit00"

/* What strangers may have put into a reason. */
#define HOSTILE                                                                          \
	"</td><script>alert(1)</script> {code} [~ops] !x.png! @everyone <!channel> "     \
	"<!-- belay:page end -->\\r\\nBcc: a@b.c\\n.\\n| a | b | 日本語 🚀"

struct desk {
	struct effects *fx;
	struct config config;
	struct config_notification notification;
	json_t *settings;
	json_t *link; /* as the journal would have it */
};

static const char *from_environment(const char *name)
{
	const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
	if (!value)
		test_skip("%s is not set: that service is not installed or not started",
			  name);
	return value;
}

static json_t *json_of(const char *quoted)
{
	_cleanup_free_ char *copy = mem_strdup(quoted);
	for (char *at = copy; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
	CHECK(value != NULL);
	return value;
}

/* Takes settings. */
static void desk_open(struct desk *desk, const char *channel, json_t *settings)
{
	static const struct {
		const char *name, *value;
	} secrets[] = {{"PAGERDUTY_KEY", PAGERDUTY_KEY},
		       {"JIRA_TOKEN", JIRA_TOKEN},
		       {"GRAFANA_TOKEN", GRAFANA_TOKEN},
		       {"GITHUB_TOKEN", GITHUB_TOKEN},
		       {"WRONG_TOKEN", "wrong-Token-0123456789abcdef0000"}};
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		setenv(secrets[i].name, secrets[i].value, 1);
	*desk = (struct desk){
		.fx = effects_new(effects_redact_new(effects_live_new())),
		.settings = settings,
		.notification = {.name = "ops", .channel = channel, .settings = settings},
		.config.incidents.close = true,
	};
}

static void desk_close(struct desk *desk)
{
	effects_free(desk->fx);
	json_decref(desk->settings);
	json_decref(desk->link);
}

/* A message about incident ID with this topic and status; `id` of the message. */
static json_t *message_new(const char *id, const char *topic, const char *status)
{
	_cleanup_free_ char *text = str_format(
		"{'id': '%s', 'notification': 'ops', 'topic': '%s', 'severity': 'P1',"
		" 'environment': 'production', 'incident': '20261121T095203Z-3fa2',"
		" 'key': 'incident/20261121T095203Z-3fa2', 'at': '2026-11-21T09:52:03Z',"
		" 'attempts': 0, 'content': {'title': '[production rollback] v1.2.4 → v1.2.3',"
		" 'text': 'gate api-health failed: " HOSTILE "', 'version': 'v1.2.4',"
		" 'previous': 'v1.2.3', 'deployment': '20261121T095100Z-77aa',"
		" 'duration_ms': 92345, 'services': ['api', 'web'],"
		" 'url': 'https://ci.example.test/run/1', 'actor': 'ada',"
		" 'at': '2026-11-21T09:52:03Z',"
		" 'fields': [{'name': 'api-health', 'value': '" HOSTILE "'}],"
		" 'incident': {'id': '20261121T095203Z-3fa2', 'kind': 'rollback',"
		" 'severity': 'P1', 'title': 'v1.2.4 → v1.2.3', 'status': '%s',"
		" 'opened_at': '2026-11-21T09:52:03Z', 'by': 'ada', 'version': 'v1.2.4',"
		" 'previous': 'v1.2.3', 'occurrences': 1, 'reason': '" HOSTILE "',"
		" 'services': ['api', 'web'], 'timeline': [], 'evidence': [],"
		" 'todo': ['look at the logs', 'tell the team'], 'links': {},"
		" 'post_mortem': {'status': 'due', 'due_at': '2026-11-23T09:52:03Z'}}}}",
		id, topic, status);
	return json_of(text);
}

static int send_message(struct desk *desk, const json_t *message,
			int64_t *ret_retry_after_ms, struct err *err)
{
	const struct channel *channel = channel_find(desk->notification.channel);
	const struct channel_job job = {.config = &desk->config,
					.notification = &desk->notification,
					.message = message,
					.link = desk->link,
					.now_ms = NOW_MS};
	json_t *link = NULL;
	int64_t ignored = 0;
	if (!CHECK(channel != NULL))
		return -1;
	int status =
		channel->send(desk->fx, &job, &link,
			      ret_retry_after_ms ? ret_retry_after_ms : &ignored, err);
	if (link) {
		json_decref(desk->link);
		desk->link = link;
	}
	return status;
}

static void tell(struct desk *desk, const char *id, const char *topic, const char *status)
{
	struct err err = {0};
	_cleanup_json_ json_t *message = message_new(id, topic, status);
	test_row("%s %s", id, topic);
	CHECK_OK(send_message(desk, message, NULL, &err), &err);
	test_at_row(NULL);
}

/* As after a run that died before the journal knew. */
static void forget_link(struct desk *desk)
{
	json_decref(desk->link);
	desk->link = NULL;
}

/* A look at what a service has. New reference. */
static json_t *look(struct desk *desk, const char *url, const char *authorization)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:s, s:{s:s}}", "method", "GET", "url", url, "headers",
			  "Authorization", authorization);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	const struct effect effect = {
		.kind = "http", .mode = EFFECT_OBSERVE, .args = args};
	CHECK_OK(effects_perform(desk->fx, &effect, &answer, &err), &err);
	CHECK_INT_EQ(json_get_int(answer, "status", 0), 200);
	return json_incref(json_object_get(answer, "body"));
}

/* Answers that go before the vendor's; "[]" for none. */
static void script(const char *rules)
{
	_cleanup_free_ char *path =
		str_format("%s/script.json", from_environment("SINKS"));
	_cleanup_json_ json_t *value = json_of(rules);
	CHECK_INT_EQ(json_dump_file(value, path, 0), 0);
}

static char *sink(const char *path)
{
	return str_format("%s%s", from_environment("SINKS_HTTP"), path);
}

/* --- PagerDuty ----------------------------------------------------------------------------- */

static json_t *pagerduty_settings(const char *variable)
{
	_cleanup_free_ char *url = sink("/pagerduty");
	return json_pack("{s:{s:{s:s}}, s:s, s:s}", "routing_key", "$secret", "env",
			 variable, "urgency", "by-severity", "api_url", url);
}

TEST(pagerduty_follows_the_incident)
{
	struct desk desk;
	_cleanup_free_ char *url = sink("/pagerduty/alerts");
	desk_open(&desk, "pagerduty", pagerduty_settings("PAGERDUTY_KEY"));
	static const struct {
		const char *id, *topic, *status, *want;
	} steps[] = {
		{"m1", "incident-opened", "open", "triggered"},
		{"m1", "incident-opened", "open", "triggered"}, /* sent twice */
		{"m2", "incident-updated", "open", "triggered"},
		{"m3", "incident-updated", "acknowledged", "acknowledged"},
		{"m4", "incident-resolved", "resolved", "resolved"},
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		tell(&desk, steps[i].id, steps[i].topic, steps[i].status);
		_cleanup_json_ json_t *alerts = look(&desk, url, "none");
		const json_t *alert =
			json_object_get(alerts, "belay/incident/20261121T095203Z-3fa2");
		CHECK_STR_EQ(json_get_string(alert, "status", NULL), steps[i].want);
		CHECK_STR_EQ(json_get_string(alert, "severity", NULL), "error");
		CHECK_INT_EQ(json_object_size(alerts), 1);
	}
	_cleanup_json_ json_t *test = message_new("m5", "test", "open");
	struct err err = {0};
	json_object_del(test, "incident");
	json_object_set_new(test, "key", json_string("test/m5"));
	CHECK_OK(send_message(&desk, test, NULL, &err), &err);
	_cleanup_json_ json_t *alerts = look(&desk, url, "none");
	CHECK_STR_EQ(json_get_string(json_object_get(alerts, "belay/production/test/m5"),
				     "status", NULL),
		     "resolved");
	desk_close(&desk);
}

static const struct refusal {
	const char *name, *variable, *rules;
	enum err_code code; /* ERR_NONE: it arrives in the end */
	const char *part;
	int64_t retry_after_ms;
} refusals[] = {
	{"wrong key", "WRONG_TOKEN", "[]", ERR_CONFIG, "Invalid routing key", 0},
	{"no such variable", "NO_SUCH_TOKEN", "[]", ERR_CONFIG, "NO_SUCH_TOKEN", 0},
	{"too many", "PAGERDUTY_KEY",
	 "[{'path': 'enqueue', 'status': 429, 'headers': {'Retry-After': '120'}}]",
	 ERR_LIMIT, "429", 120000},
	{"away for a moment", "PAGERDUTY_KEY", "[{'path': 'enqueue', 'status': 503}]",
	 ERR_NONE, "", 0},
	{"the answer is lost", "PAGERDUTY_KEY",
	 "[{'path': 'enqueue', 'cut': 'answer', 'n': 2}]", ERR_NONE, "", 0},
	{"the key comes back", "PAGERDUTY_KEY",
	 "[{'path': 'enqueue', 'status': 400, 'body': {'message': 'bad " PAGERDUTY_KEY
	 "'}}]",
	 ERR_CONFIG, "bad ***", 0},
};

TEST(pagerduty_may_refuse)
{
	FOR_ROWS(row, refusals) {
		struct desk desk;
		struct err err = {0};
		int64_t retry_after_ms = 0;
		desk_open(&desk, "pagerduty", pagerduty_settings(row->variable));
		script(row->rules);
		_cleanup_json_ json_t *message =
			message_new("m1", "incident-opened", "open");
		int status = send_message(&desk, message, &retry_after_ms, &err);
		if (row->code == ERR_NONE)
			CHECK_OK(status, &err);
		else
			CHECK_FAILS(status, &err, row->code, row->part);
		CHECK_INT_EQ(retry_after_ms, row->retry_after_ms);
		CHECK_NULL(strstr(err.message, PAGERDUTY_KEY));
		desk_close(&desk);
	}
	script("[]");
}

/* --- Jira ---------------------------------------------------------------------------------- */

static json_t *jira_settings(const char *place, const char *user, const char *variable)
{
	_cleanup_free_ char *path = str_format("/jira/%s", place);
	_cleanup_free_ char *url = sink(path);
	return json_pack("{s:s, s:s*, s:{s:{s:s}}, s:s, s:s, s:[s], s:{s:s, s:s}}", "url",
			 url, "user", user, "token", "$secret", "env", variable,
			 "project", "OPS", "issue_type", "Incident", "labels", "belay",
			 "transitions", "acknowledged", "In Progress", "resolved",
			 "Done");
}

static json_t *jira_issue(struct desk *desk, const char *place, const char *key)
{
	_cleanup_free_ char *path = str_format("/jira/%s/rest/api/2/everything", place);
	_cleanup_free_ char *url = sink(path);
	_cleanup_json_ json_t *issues = look(desk, url, "Bearer " JIRA_TOKEN);
	return json_incref(json_object_get(issues, key));
}

TEST(jira_follows_the_incident)
{
	struct desk desk;
	desk_open(&desk, "jira",
		  jira_settings("cloud", "belay@example.test", "JIRA_TOKEN"));
	tell(&desk, "m1", "incident-opened", "open");
	CHECK_STR_EQ(json_get_string(desk.link, "ref", NULL), "OPS-1");
	CHECK_STR_HAS(json_get_string(desk.link, "url", NULL), "/browse/OPS-1");
	forget_link(&desk);
	tell(&desk, "m1", "incident-opened", "open"); /* found, not created again */
	CHECK_STR_EQ(json_get_string(desk.link, "ref", NULL), "OPS-1");
	tell(&desk, "m2", "incident-updated", "open");
	tell(&desk, "m2", "incident-updated", "open"); /* sent twice, said once */
	tell(&desk, "m3", "incident-updated", "acknowledged");
	_cleanup_json_ json_t *seen = jira_issue(&desk, "cloud", "OPS-1");
	CHECK_STR_EQ(json_get_string(seen, "status", NULL), "In Progress");
	tell(&desk, "m4", "incident-resolved", "resolved");
	tell(&desk, "m4", "incident-resolved", "resolved"); /* it is there already */
	_cleanup_json_ json_t *issue = jira_issue(&desk, "cloud", "OPS-1");
	const json_t *fields = json_object_get(issue, "fields");
	CHECK_STR_EQ(json_get_string(issue, "status", NULL), "Closed");
	CHECK_INT_EQ(json_array_size(json_object_get(issue, "comments")), 3);
	CHECK_JSON_EQ(json_object_get(fields, "labels"),
		      "['belay', 'belay-20261121T095203Z-3fa2']");
	CHECK_STR_EQ(json_get_string(fields, "summary", NULL),
		     "[production rollback] v1.2.4 → v1.2.3");
	CHECK_STR_HAS(json_get_string(fields, "description", NULL),
		      "\\{code\\} \\[\\~ops\\]");
	desk_close(&desk);
}

static const struct jira_row {
	const char *name, *incident, *place, *user, *variable, *transition, *issue;
	enum err_code code;
	const char *part, *hint;
} jira_rows[] = {
	{"a server, by bearer token", "20261121T095203Z-3fa2", "server", NULL,
	 "JIRA_TOKEN", "Done", NULL, ERR_NONE, "OPS-1", NULL},
	{"comments on one issue", "20261121T095203Z-3fa2", "cloud", "belay@example.test",
	 "JIRA_TOKEN", "Done", "OPS-1", ERR_NONE, "OPS-1", NULL},
	{"wrong token", "20261121T095203Z-3fa2", "cloud", "belay@example.test",
	 "WRONG_TOKEN", "Done", NULL, ERR_AUTH, "You are not authenticated", NULL},
	{"no such issue", "20261121T095203Z-3fa2", "cloud", "belay@example.test",
	 "JIRA_TOKEN", "Done", "OPS-99", ERR_NOT_FOUND, "does not exist", NULL},
	{"no such transition", "20261121T110000Z-0001", "server", NULL, "JIRA_TOKEN",
	 "Dismiss", NULL, ERR_CONFIG, "no transition 'Dismiss' for OPS-2",
	 "it has: Start work, Done"},
};

TEST(jira_has_its_ways)
{
	FOR_ROWS(row, jira_rows) {
		struct desk desk;
		struct err err = {0};
		json_t *settings = jira_settings(row->place, row->user, row->variable);
		json_object_set_new(json_object_get(settings, "transitions"), "resolved",
				    json_string(row->transition));
		if (row->issue)
			json_object_set_new(settings, "issue", json_string(row->issue));
		desk_open(&desk, "jira", settings);
		_cleanup_json_ json_t *message =
			message_new("m9", "incident-resolved", "resolved");
		json_object_set_new(message, "incident", json_string(row->incident));
		int status = send_message(&desk, message, NULL, &err);
		if (row->code == ERR_NONE && CHECK_OK(status, &err))
			CHECK_STR_EQ(json_get_string(desk.link, "ref", NULL), row->part);
		else if (row->code != ERR_NONE)
			CHECK_FAILS(status, &err, row->code, row->part);
		if (row->hint)
			CHECK_STR_EQ(err.hint, row->hint);
		CHECK_NULL(strstr(err.message, "Token-0123456789"));
		desk_close(&desk);
	}
}

/* --- Grafana ------------------------------------------------------------------------------- */

static json_t *annotation(struct desk *desk, const char *id)
{
	_cleanup_free_ char *url = sink("/grafana/everything");
	_cleanup_json_ json_t *rows = look(desk, url, "Bearer " GRAFANA_TOKEN);
	return json_incref(json_object_get(rows, id));
}

TEST(grafana_shows_from_when_to_when)
{
	struct desk desk;
	_cleanup_free_ char *url = sink("/grafana");
	desk_open(&desk, "grafana",
		  json_pack("{s:s, s:{s:{s:s}}, s:[s], s:s, s:i}", "url", url, "token",
			    "$secret", "env", "GRAFANA_TOKEN", "tags", "belay",
			    "dashboard_uid", "jcIIG-07z", "panel_id", 2));
	tell(&desk, "m1", "incident-opened", "open");
	CHECK_STR_EQ(json_get_string(desk.link, "ref", NULL), "1");
	_cleanup_json_ json_t *begun = annotation(&desk, "1");
	CHECK_INT_EQ(json_get_int(begun, "time", 0), INT64_C(1795254723000));
	CHECK_INT_EQ(json_get_int(begun, "timeEnd", 0), 0);
	CHECK_STR_EQ(json_get_string(begun, "dashboardUID", NULL), "jcIIG-07z");
	CHECK_JSON_EQ(json_object_get(begun, "tags"),
		      "['belay', 'production', 'belay:incident/20261121T095203Z-3fa2']");
	CHECK_STR_HAS(json_get_string(begun, "text", NULL), "&lt;script&gt;");
	forget_link(&desk);
	tell(&desk, "m4", "incident-resolved", "resolved");
	_cleanup_json_ json_t *ended = annotation(&desk, "1");
	CHECK_INT_EQ(json_get_int(ended, "timeEnd", 0), INT64_C(1795254723000));
	CHECK_STR_HAS(json_get_string(ended, "text", NULL), "Incident resolved");
	_cleanup_json_ json_t *none = annotation(&desk, "2");
	CHECK_NULL(none);
	/* Somebody has deleted it: there is a new one. */
	json_object_set_new(desk.link, "ref", json_string("77"));
	tell(&desk, "m5", "incident-updated", "open");
	CHECK_STR_EQ(json_get_string(desk.link, "ref", NULL), "2");
	desk_close(&desk);
}

/* --- GitHub -------------------------------------------------------------------------------- */

static json_t *github_state(struct desk *desk, const char *what)
{
	_cleanup_free_ char *url = sink("/github/_state");
	_cleanup_json_ json_t *state = look(desk, url, "none");
	return json_incref(json_object_get(state, what));
}

static json_t *github_first_issue(struct desk *desk)
{
	_cleanup_json_ json_t *issues = github_state(desk, "issues");
	CHECK_INT_EQ(json_array_size(issues), 1);
	return json_incref(json_array_get(issues, 0));
}

/* As a person does, in the browser. */
static void edit_issue(struct desk *desk, const char *number, const char *body,
		       const char *state)
{
	_cleanup_free_ char *path =
		str_format("/github/repos/acme/shop/issues/%s", number);
	_cleanup_free_ char *url = sink(path);
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:s, s:{s:s}, s:{s:s*, s:s*}}", "method", "PATCH", "url",
			  url, "headers", "Authorization", "Bearer " GITHUB_TOKEN, "json",
			  "body", body, "state", state);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	const struct effect effect = {
		.kind = "http", .mode = EFFECT_ACT, .args = args, .summary = "edit"};
	CHECK_OK(effects_perform(desk->fx, &effect, &answer, &err), &err);
	CHECK_INT_EQ(json_get_int(answer, "status", 0), 200);
}

static void tick_a_box(struct desk *desk)
{
	_cleanup_json_ json_t *issue = github_first_issue(desk);
	_cleanup_free_ char *body = mem_strdup(json_get_string(issue, "body", ""));
	char *box = strstr(body, "- [ ] tell the team");
	if (!CHECK(box != NULL))
		return;
	box[3] = 'x';
	_cleanup_free_ char *edited = str_format("I look at it. Ada\n\n%s", body);
	edit_issue(desk, json_get_string(desk->link, "ref", ""), edited, NULL);
}

TEST(github_issue_follows_the_incident)
{
	struct desk desk;
	_cleanup_free_ char *url = sink("/github");
	setenv("GITHUB_REPOSITORY", "acme/shop", 1);
	desk_open(&desk, "github-issue",
		  json_pack("{s:[s,s], s:[s]}", "labels", "incident", "production",
			    "assignees", "ada"));
	desk.config.github.api_url = url;
	tell(&desk, "m1", "incident-opened", "open");
	forget_link(&desk);
	tell(&desk, "m1", "incident-opened", "open"); /* found by its marker */
	CHECK(json_get_string(desk.link, "ref", NULL) != NULL);
	tick_a_box(&desk);
	tell(&desk, "m2", "incident-updated", "acknowledged");
	tell(&desk, "m2", "incident-updated", "acknowledged"); /* said once */
	_cleanup_json_ json_t *comments = github_state(&desk, "comments");
	CHECK_INT_EQ(json_array_size(comments), 1);
	_cleanup_json_ json_t *renewed = github_first_issue(&desk);
	const char *body = json_get_string(renewed, "body", "");
	CHECK_STR_EQ(json_get_string(renewed, "title", NULL),
		     "[production rollback] v1.2.4 → v1.2.3");
	CHECK_STR_HAS(body, "I look at it. Ada");
	CHECK_STR_HAS(body, "- [x] tell the team");
	CHECK_STR_HAS(body, "- [ ] look at the logs");
	CHECK_STR_HAS(body, "**P1**, acknowledged");
	CHECK_NULL(strstr(body, "<script>"));
	tell(&desk, "m3", "incident-resolved", "resolved");
	_cleanup_json_ json_t *closed = github_first_issue(&desk);
	CHECK_STR_EQ(json_get_string(closed, "state", NULL), "closed");
	tell(&desk, "m4", "incident-updated", "open"); /* the trouble is back */
	_cleanup_json_ json_t *again = github_first_issue(&desk);
	CHECK_STR_EQ(json_get_string(again, "state", NULL), "open");
	json_object_set_new(desk.settings, "close", json_false());
	tell(&desk, "m5", "incident-resolved", "resolved");
	_cleanup_json_ json_t *kept = github_first_issue(&desk);
	CHECK_STR_EQ(json_get_string(kept, "state", NULL), "open");
	desk_close(&desk);
}

/* --- mail ---------------------------------------------------------------------------------- */

static json_t *email_settings(const char *to)
{
	_cleanup_free_ char *server =
		str_format("%s:21587", from_environment("MAIL_HOST"));
	return json_pack("{s:s, s:s, s:s, s:{s:{s:s}}, s:s, s:[s, s], s:{s:s}}", "server",
			 server, "security", "starttls", "user", "ci", "password",
			 "$secret", "env", "MAIL_PASSWORD", "from", "belay@example.test",
			 "to", "ops@example.test", to, "tls", "ca_file",
			 from_environment("CA_PEM"));
}

/* The mail, once it has been delivered. New reference. */
static json_t *mail_with(const char *message_id)
{
	_cleanup_free_ char *command = str_format(
		"file=$(grep -lsF 'Message-ID: %s' %s/mail/*.eml | head -n 1); "
		"[ -n \"$file\" ] && /usr/bin/python3 tests/peer/mail_read.py \"$file\"",
		message_id, from_environment("MAIL_DIR"));
	for (int i = 0; i < 500; i++) {
		FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
		json_t *mail = json_loadf(pipe, 0, NULL);
		if (pclose(pipe) == 0)
			return mail;
		json_decref(mail);
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	return NULL;
}

TEST(mails_make_a_thread)
{
	struct desk desk;
	from_environment("MAIL_HOST");
	desk_open(&desk, "email", email_settings("dev@example.test"));
	static const struct {
		const char *id, *topic, *status, *subject;
	} steps[] = {
		{"m1", "incident-opened", "open",
		 "[belay P1] [production rollback] v1.2.4 → v1.2.3"},
		{"m2", "incident-updated", "acknowledged",
		 "Re: [belay P1] [production rollback] v1.2.4 → v1.2.3"},
		{"m3", "incident-resolved", "resolved",
		 "Resolved: [belay P1] [production rollback] v1.2.4 → v1.2.3"},
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		tell(&desk, steps[i].id, steps[i].topic, steps[i].status);
		_cleanup_free_ char *id =
			str_format("<belay.message.%s@example.test>", steps[i].id);
		_cleanup_json_ json_t *mail = mail_with(id);
		const json_t *headers = json_object_get(mail, "headers");
		const json_t *page = json_array_get(json_object_get(mail, "parts"), 1);
		CHECK_STR_EQ(json_get_string(headers, "subject", NULL), steps[i].subject);
		CHECK_STR_EQ(json_get_string(headers, "references", NULL),
			     "<belay.about.incident.20261121T095203Z-3fa2@example.test>");
		CHECK_STR_EQ(json_get_string(headers, "envelope-to", NULL),
			     "ops@example.test, dev@example.test");
		CHECK_NULL(json_object_get(headers, "bcc"));
		CHECK_JSON_EQ(json_object_get(mail, "defects"), "[]");
		CHECK_STR_HAS(json_get_string(page, "text", ""), "&lt;script&gt;");
		CHECK_NULL(strstr(json_get_string(page, "text", ""), "<script"));
		CHECK_NULL(strstr(json_get_string(page, "text", ""), "src="));
	}
	desk_close(&desk);
}

TEST(mail_that_some_refuse)
{
	struct desk desk;
	struct err err = {0};
	from_environment("MAIL_HOST");
	desk_open(&desk, "email", email_settings("nosuch@example.test"));
	_cleanup_json_ json_t *message = message_new("m7", "incident-opened", "open");
	CHECK_FAILS(send_message(&desk, message, NULL, &err), &err, ERR_FAIL,
		    "the mail went to 1 of 2; refused: nosuch@example.test (550");
	desk_close(&desk);
	/* Greylisted: again, but not for ever, because the others have it. */
	_cleanup_free_ char *sign = str_format("%s/grey", from_environment("MAIL_DIR"));
	fclose(fopen(sign, "we"));
	desk_open(&desk, "email", email_settings("grey@example.test"));
	CHECK_FAILS(send_message(&desk, message, NULL, &err), &err, ERR_NET, "1 of 2");
	json_object_set_new(message, "attempts", json_integer(2));
	CHECK_FAILS(send_message(&desk, message, NULL, &err), &err, ERR_FAIL, "1 of 2");
	unlink(sign);
	CHECK_OK(send_message(&desk, message, NULL, &err), &err);
	CHECK_NULL(strstr(err.message, from_environment("MAIL_PASSWORD")));
	desk_close(&desk);
}

/* --- Pushgateway --------------------------------------------------------------------------- */

/* The value of the query's only result once Prometheus has it; "none" when it has none. Fresh. */
static char *queried(struct desk *desk, const char *query)
{
	_cleanup_free_ char *url = str_format("%s/api/v1/query?query=%s",
					      from_environment("PROMETHEUS"), query);
	_cleanup_json_ json_t *body = look(desk, url, "none");
	const char *value = json_string_value(json_at(body, "/data/result/0/value/1"));
	return mem_strdup(value ? value : "none");
}

static void wait_for(struct desk *desk, const char *query, const char *want)
{
	for (int i = 0; i < 300; i++) {
		_cleanup_free_ char *value = queried(desk, query);
		if (str_equal(value, want))
			break;
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	_cleanup_free_ char *value = queried(desk, query);
	test_row("%s", query);
	CHECK_STR_EQ(value, want);
	test_at_row(NULL);
}

static void judge_by_promtool(void)
{
	_cleanup_free_ char *command = str_format(
		"curl -sf %s/metrics | grep '[ {]*belay_' | promtool check metrics",
		from_environment("PUSHGATEWAY"));
	FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
	char words[1000] = "";
	size_t len = fread(words, 1, sizeof words - 1, pipe);
	words[len] = '\0';
	CHECK_INT_EQ(pclose(pipe), 0);
	CHECK_STR_EQ(words, "");
}

TEST(prometheus_gets_to_know)
{
	struct desk desk;
	desk_open(&desk, "pushgateway",
		  json_pack("{s:s, s:s, s:{s:s, s:s}}", "url",
			    from_environment("PUSHGATEWAY"), "job", "belay", "labels",
			    "team", "shop/a b", "empty", ""));
	tell(&desk, "m1", "rolled-back", "open");
	tell(&desk, "m2", "incident-opened", "open");
	wait_for(
		&desk,
		"belay_deployment_result%7Bjob%3D%22belay%22,environment%3D%22production%22,"
		"team%3D%22shop/a%20b%22,version%3D%22v1.2.4%22,result%3D%22rolled-back%22%7D",
		"0");
	wait_for(&desk, "belay_deployment_duration_seconds", "92.345");
	wait_for(&desk, "belay_deployment_timestamp_seconds", "1795254723");
	wait_for(&desk, "sum(belay_incident_open%7Bseverity%3D%22P1%22%7D)", "1");
	judge_by_promtool();
	tell(&desk, "m3", "deployed", "open");
	tell(&desk, "m4", "incident-resolved", "resolved");
	tell(&desk, "m4", "incident-resolved", "resolved");
	wait_for(&desk, "belay_deployment_result%7Bresult%3D%22deployed%22%7D", "1");
	wait_for(&desk, "sum(belay_incident_open)", "none");
	wait_for(&desk, "count(belay_deployment_result)", "1");
	desk_close(&desk);
}

TEST(pushgateway_behind_tls_and_a_password)
{
	static const struct push_row {
		const char *name, *variable;
		bool trusted;
		enum err_code code;
		const char *part;
	} rows[] = {
		{"right", "PUSH_PASSWORD", true, ERR_NONE, ""},
		{"wrong password", "WRONG_TOKEN", true, ERR_AUTH, "401"},
		{"not trusted", "PUSH_PASSWORD", false, ERR_NET, "certificate"},
	};
	FOR_ROWS(row, rows) {
		struct desk desk;
		struct err err = {0};
		json_t *settings = json_pack("{s:s, s:s, s:{s:s, s:{s:{s:s}}}}", "url",
					     from_environment("PUSHGATEWAY_TLS"), "job",
					     "belay", "basic", "user", "ci", "password",
					     "$secret", "env", row->variable);
		if (row->trusted)
			json_object_set_new(settings, "tls",
					    json_pack("{s:s}", "ca_file",
						      from_environment("CA_PEM")));
		desk_open(&desk, "pushgateway", settings);
		_cleanup_json_ json_t *message = message_new("m1", "test", "open");
		int status = send_message(&desk, message, NULL, &err);
		if (row->code == ERR_NONE)
			CHECK_OK(status, &err);
		else
			CHECK_FAILS(status, &err, row->code, row->part);
		desk_close(&desk);
	}
}
