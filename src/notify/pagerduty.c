/* pagerduty: pages whoever is on call. PagerDuty Events API v2: POST /v2/enqueue answers 202; trigger,
 * acknowledge and resolve find the same alert by dedup_key (at most 255 characters).
 *
 * Events have no urgency of their own: a service whose urgency follows the alert's severity takes
 * critical and error as high, warning and info as low. `urgency` moves severities accordingly. */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "said.h"
#include "table.h"

#define SUMMARY_MAX_CHARS 1024
#define KEY_MAX_CHARS 255
#define DETAIL_MAX_CHARS 4000

static const char *severity_of(const struct channel_job *job)
{
	static const struct {
		const char *severity, *by_severity, *high, *low;
	} rows[] = {
		{"P0", "critical", "critical", "warning"},
		{"P1", "error", "error", "warning"},
		{"P2", "warning", "error", "warning"},
		{"P3", "info", "error", "info"},
	};
	const char *urgency = json_get_string(job->notification->settings, "urgency", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!str_equal(rows[i].severity, said_severity(job)))
			continue;
		return str_equal(urgency, "high")  ? rows[i].high
		       : str_equal(urgency, "low") ? rows[i].low
						   : rows[i].by_severity;
	}
	return "error";
}

static const char *action_of(enum said_change change)
{
	switch (change) {
	case SAID_SEEN:
		return "acknowledge";
	case SAID_OVER:
		return "resolve";
	case SAID_BAD:
	case SAID_OTHER:
		break;
	}
	return "trigger";
}

static json_t *details_new(const struct channel_job *job)
{
	json_t *details = json_object();
	_cleanup_json_ json_t *facts = said_facts(job);
	size_t i;
	json_t *fact;
	json_array_foreach(facts, i, fact) {
		_cleanup_free_ char *value =
			said_cut(json_get_string(fact, "value", ""), DETAIL_MAX_CHARS);
		json_object_set_new(details, json_get_string(fact, "name", ""),
				    json_string(value));
	}
	_cleanup_free_ char *cut = said_cut(said_text(job), DETAIL_MAX_CHARS);
	if (*cut)
		json_object_set_new(details, "Text", json_string(cut));
	return details;
}

static json_t *payload_new(const struct channel_job *job)
{
	char at[TIME_TEXT_BYTES];
	_cleanup_free_ char *line = said_line(said_title(job));
	_cleanup_free_ char *summary = said_cut(line, SUMMARY_MAX_CHARS);
	const char *environment = said_environment(job);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "summary", summary,
			 "source", *environment ? environment : "belay", "severity",
			 severity_of(job), "timestamp", time_format(said_at_ms(job), at),
			 "group", environment, "class", said_topic(job), "custom_details",
			 details_new(job));
}

static void add_href(json_t *links, const char *href, const char *text)
{
	if (href)
		json_array_append_new(
			links, json_pack("{s:s, s:s}", "href", href, "text", text));
}

static json_t *event_new(const struct channel_job *job, const char *action,
			 const char *key)
{
	json_t *event = json_pack("{s:s, s:s}", "event_action", action, "dedup_key", key);
	if (!str_equal(action, "trigger"))
		return event;
	const char *run = said(job, "url");
	json_t *links = json_array();
	add_href(links, said(job, "incident_url"), "Incident");
	add_href(links, run, "Log of the run");
	json_object_set_new(event, "payload", payload_new(job));
	json_object_set_new(event, "links", links);
	json_object_set_new(event, "client", json_string("belay"));
	if (run)
		json_object_set_new(event, "client_url", json_string(run));
	return event;
}

static int enqueue(struct api *api, struct effects *fx, const struct channel_job *job,
		   const char *action, struct err *err)
{
	_cleanup_free_ char *subject = said_subject(job);
	_cleanup_free_ char *whole = str_format("belay/%s", subject);
	_cleanup_free_ char *key = said_cut(whole, KEY_MAX_CHARS);
	_cleanup_free_ char *summary = str_format("%s: %s", action, said_title(job));
	_cleanup_json_ json_t *event = event_new(job, action, key);
	_cleanup_json_ json_t *secrets =
		json_pack("{s:O?}", "routing_key",
			  json_object_get(job->notification->settings, "routing_key"));
	const struct api_request request = {.method = "POST",
					    .path = "/v2/enqueue",
					    .json = event,
					    .secrets = secrets,
					    .subject = job->notification->name,
					    .summary = summary,
					    .repeatable = true};
	enum api_sent sent = API_NOT_TAKEN;
	return api_request(api, fx, &request, NULL, &sent, err);
}

/* One check of several is well again: that must neither end the alert nor ring anybody. */
static bool is_no_news(const struct channel_job *job)
{
	return said_change(job) == SAID_OTHER && str_equal(said_topic(job), "recovered");
}

static int send_event(struct effects *fx, const struct channel_job *job,
		      json_t **ret_link, int64_t *ret_retry_after_ms, struct err *err)
{
	struct api api;
	const char *action = action_of(said_change(job));
	(void)ret_link;
	if (is_no_news(job))
		return err_set(err, ERR_CONFIG,
			       "the incident goes on; its alert ends with it");
	said_api(&api, "PagerDuty",
		 json_get_string(job->notification->settings, "api_url",
				 "https://events.pagerduty.com"));
	int status = enqueue(&api, fx, job, action, err);
	/* A test must not leave an alert behind that somebody has to close. */
	if (status == 0 && str_equal(said_topic(job), "test"))
		status = enqueue(&api, fx, job, "resolve", err);
	if (status < 0)
		*ret_retry_after_ms = err->retry_after_ms;
	api_release(&api);
	return status;
}

static const char *const topics[] = {"incident-opened",   "incident-updated",
				     "incident-resolved", "backup-failed",
				     "backup-recovered",  NULL};

const struct channel channel_pagerduty = {
	.name = "pagerduty",
	.summary = "page whoever is on call (PagerDuty Events v2)",
	.topics = topics,
	.once = "PagerDuty counts events of the same key once",
	.send = send_event,
};
