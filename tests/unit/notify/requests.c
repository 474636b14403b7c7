/* What channels ask the world for, where no server is needed to see that it is right: metrics and their
 * groups, severities and keys of pages, and what each does when it cannot. */
#include "belay/json.h"
#include "belay/str.h"
#include "check/world.h"
#include "message.h"
#include "test.h"

#define OK "{'ops': [{'status': 200, 'headers': {}, 'body': ''}]}"

/* What the channel sent, in order: [args, …]. New reference. */
static json_t *sent(struct told *told, const char *script, int *ret_status,
		    struct err *err)
{
	struct world *world;
	_cleanup_(effects_freep) struct effects *fx = world_new(script, &world);
	const struct channel *channel = channel_find(told->notification.channel);
	json_t *link = NULL, *args = json_array(), *row;
	int64_t retry_after_ms = 0;
	size_t i;
	*ret_status = channel->send(fx, &told->job, &link, &retry_after_ms, err);
	json_decref(link);
	json_array_foreach(world->asked, i, row)
		json_array_append(args, json_object_get(row, "args"));
	return args;
}

static const struct push_row {
	const char *name, *settings, *message;
	const char *method, *url, *body; /* of the first request */
} pushes[] = {
	{"deployed", "{'url': 'http://p:9091/', 'job': 'belay'}",
	 "{'topic': 'deployed', 'environment': 'production', 'at': '2026-11-21T09:52:03Z',"
	 " 'content': {'version': 'v1', 'duration_ms': 1005}}",
	 "PUT", "http://p:9091/metrics/job/belay/environment/production",
	 "# HELP belay_deployment_result The last deployment: 1 when it passed, 0 otherwise.\n"
	 "# TYPE belay_deployment_result gauge\n"
	 "belay_deployment_result{result=\"deployed\",version=\"v1\"} 1\n"
	 "# HELP belay_deployment_timestamp_seconds When the last deployment ended.\n"
	 "# TYPE belay_deployment_timestamp_seconds gauge\n"
	 "belay_deployment_timestamp_seconds 1795254723.000\n"
	 "# HELP belay_deployment_duration_seconds How long the last deployment took.\n"
	 "# TYPE belay_deployment_duration_seconds gauge\n"
	 "belay_deployment_duration_seconds 1.005\n"},
	{"failed, hostile version", "{'url': 'http://p'}",
	 "{'topic': 'failed', 'environment': 'e', 'at': '2026-11-21T09:52:03Z',"
	 " 'content': {'version': 'a\\\"} 1\\nx{b=\\\\'}}",
	 "PUT", "http://p/metrics/job/belay/environment/e",
	 "# HELP belay_deployment_result The last deployment: 1 when it passed, 0 otherwise.\n"
	 "# TYPE belay_deployment_result gauge\n"
	 "belay_deployment_result{result=\"failed\",version=\"a\\\"} 1\\nx{b=\\\\\"} 0\n"
	 "# HELP belay_deployment_timestamp_seconds When the last deployment ended.\n"
	 "# TYPE belay_deployment_timestamp_seconds gauge\n"
	 "belay_deployment_timestamp_seconds 1795254723.000\n"},
	{"groups that paths cannot hold",
	 "{'url': 'http://p', 'job': 'a/b', 'labels': {'t': '', 'u': '..', 'v': 'ä?>'}}",
	 "{'topic': 'incident-resolved', 'incident': 'i1', 'environment': 'e'}", "DELETE",
	 "http://p/metrics/job@base64/YS9i/environment/e/t@base64/=/u@base64/Li4=/"
	 "v@base64/w6Q_Pg==/incident/i1",
	 NULL},
	{"an open incident", "{'url': 'http://p'}",
	 "{'topic': 'incident-opened', 'incident': 'i1', 'environment': 'e', 'content':"
	 " {'incident': {'kind': 'watch', 'severity': 'P2', 'status': 'acknowledged',"
	 " 'opened_at': '2026-11-21T09:52:03Z'}}}",
	 "PUT", "http://p/metrics/job/belay/environment/e/incident/i1",
	 "# HELP belay_incident_open An incident that is not resolved yet.\n"
	 "# TYPE belay_incident_open gauge\n"
	 "belay_incident_open{kind=\"watch\",severity=\"P2\"} 1\n"
	 "# HELP belay_incident_acknowledged Whether somebody takes care of it.\n"
	 "# TYPE belay_incident_acknowledged gauge\n"
	 "belay_incident_acknowledged 1\n"
	 "# HELP belay_incident_opened_timestamp_seconds When the incident was opened.\n"
	 "# TYPE belay_incident_opened_timestamp_seconds gauge\n"
	 "belay_incident_opened_timestamp_seconds 1795254723.000\n"},
};

TEST(metrics_are_pushed)
{
	FOR_ROWS(row, pushes) {
		struct told told;
		struct err err = {0};
		int status;
		told_open(&told, "pushgateway", row->settings, row->message);
		_cleanup_json_ json_t *requests = sent(&told, OK, &status, &err);
		const json_t *args = json_array_get(requests, 0);
		CHECK_OK(status, &err);
		CHECK_INT_EQ(json_array_size(requests), 1);
		CHECK_STR_EQ(json_get_string(args, "method", NULL), row->method);
		CHECK_STR_EQ(json_get_string(args, "url", NULL), row->url);
		CHECK_STR_EQ(json_get_string(args, "body", NULL), row->body);
		told_close(&told);
	}
}

static const struct page_row {
	const char *name, *settings, *message, *action, *severity, *key;
} pages[] = {
	{"P0", "{'urgency': 'by-severity'}",
	 "{'topic': 'incident-opened', 'incident': 'i', 'severity': 'P0'}", "trigger",
	 "critical", "belay/incident/i"},
	{"P2", "{'urgency': 'by-severity'}",
	 "{'topic': 'rolled-back', 'incident': 'i', 'severity': 'P2'}", "trigger",
	 "warning", "belay/incident/i"},
	{"P3, high", "{'urgency': 'high'}",
	 "{'topic': 'degraded', 'key': 'alert/a', 'environment': 'e', 'severity': 'P3'}",
	 "trigger", "error", "belay/e/alert/a"},
	{"P0, low", "{'urgency': 'low'}",
	 "{'topic': 'degraded', 'key': 'alert/a', 'environment': 'e', 'severity': 'P0'}",
	 "trigger", "warning", "belay/e/alert/a"},
	{"acknowledged", "{}",
	 "{'topic': 'incident-updated', 'incident': 'i', 'severity': 'P1',"
	 " 'content': {'incident': {'status': 'acknowledged'}}}",
	 "acknowledge", NULL, "belay/incident/i"},
	{"recovered", "{}",
	 "{'topic': 'recovered', 'key': 'alert/a', 'environment': 'e'}", "resolve", NULL,
	 "belay/e/alert/a"},
};

TEST(pages_are_of_the_right_weight)
{
	FOR_ROWS(row, pages) {
		struct told told;
		struct err err = {0};
		int status;
		told_open(&told, "pagerduty", row->settings, row->message);
		json_object_set_new(told.settings, "routing_key",
				    message_json("{'$secret': {'env': 'KEY'}}"));
		_cleanup_json_ json_t *requests = sent(&told, OK, &status, &err);
		const json_t *args = json_array_get(requests, 0);
		const json_t *event = json_object_get(args, "json");
		const json_t *payload = json_object_get(event, "payload");
		CHECK_OK(status, &err);
		CHECK_STR_EQ(json_get_string(args, "url", NULL),
			     "https://events.pagerduty.com/v2/enqueue");
		CHECK_STR_EQ(json_get_string(event, "event_action", NULL), row->action);
		CHECK_STR_EQ(json_get_string(event, "dedup_key", NULL), row->key);
		CHECK_STR_EQ(json_get_string(payload, "severity", NULL), row->severity);
		CHECK_JSON_EQ(json_object_get(args, "json_secrets"),
			      "{'routing_key': {'$secret': {'env': 'KEY'}}}");
		told_close(&told);
	}
}

/* What a channel cannot tell is said, and nothing is sent. */
static const struct useless {
	const char *name, *channel, *settings, *message, *part;
} useless[] = {
	{"metrics of a reminder", "pushgateway", "{'url': 'http://p'}",
	 "{'topic': 'post-mortem-due', 'incident': 'i'}",
	 "no metrics for 'post-mortem-due'"},
	{"a page for one check of several", "pagerduty", "{'routing_key': 'k'}",
	 "{'topic': 'recovered', 'incident': 'i',"
	 " 'content': {'incident': {'status': 'open'}}}",
	 "the incident goes on"},
	{"an issue for a deployment", "github-issue", "{}", "{'topic': 'deployed'}",
	 "about no incident"},
	{"an issue in Jira for a deployment", "jira",
	 "{'url': 'http://j', 'project': 'OPS'}", "{'topic': 'deployed'}",
	 "about no incident"},
	{"a mail without a port", "email",
	 "{'server': 'mail', 'from': 'a@b', 'to': ['c@d']}", "{'topic': 'deployed'}",
	 "'mail' is not HOST:PORT"},
};

TEST(what_cannot_be_told)
{
	FOR_ROWS(row, useless) {
		struct told told;
		struct err err = {0};
		int status;
		told_open(&told, row->channel, row->settings, row->message);
		_cleanup_json_ json_t *requests = sent(&told, OK, &status, &err);
		CHECK_FAILS(status, &err, ERR_CONFIG, row->part);
		CHECK_INT_EQ(json_array_size(requests), 0);
		told_close(&told);
	}
}

/* A dry run: acts are assumed, looks find nothing. */
TEST(assumed_answers_are_success)
{
	static const struct assumed {
		const char *name, *settings;
	} rows[] = {
		{"pagerduty", "{'routing_key': {'$secret': {'env': 'K'}}}"},
		{"email", "{'server': 'm:25', 'from': 'a@b', 'to': ['c@d']}"},
		{"jira", "{'url': 'http://j', 'project': 'OPS', 'token': {},"
			 " 'transitions': {'resolved': 'Done'}}"},
		{"grafana", "{'url': 'http://g', 'token': {}}"},
		{"pushgateway", "{'url': 'http://p'}"},
		{"github-issue", "{'labels': ['incident']}"},
	};
	FOR_ROWS(row, rows) {
		struct told told;
		struct err err = {0};
		int status;
		told_open(&told, row->name, row->settings,
			  "{'topic': 'incident-resolved', 'incident': 'i', 'id': 'm',"
			  " 'environment': 'e', 'content': {'incident': {'id': 'i',"
			  " 'status': 'resolved'}}}");
		told.config.github.api_url = "http://h";
		told.config.github.repository = "acme/shop";
		json_decref(sent(
			&told,
			"{'ops': [{'assumed': true}], 'Jira': [{'assumed': true}],"
			" 'Grafana': [{'assumed': true}],"
			" 'GitHub': [{'present': true}, {'assumed': true}],"
			" 'acme/shop': [{'assumed': true}], 'GITHUB_SERVER_URL': [{'value': null}]}",
			&status, &err));
		CHECK_OK(status, &err);
		told_close(&told);
	}
}
