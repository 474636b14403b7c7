/* pushgateway: what happened last, as metrics for Prometheus (text format 0.0.4). One PUT replaces a group:
 *
 *   job/JOB/environment/NAME                 the last deployment
 *   job/JOB/environment/NAME/incident/ID     an incident, as long as it is open; then the group is deleted
 *
 * So sum(belay_incident_open) is the number of open ones, and nothing piles up. Pushing twice is pushing
 * once. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "said.h"
#include "table.h"

#define LABEL_MAX_CHARS 200

/* --- the group ----------------------------------------------------------------------------- */

static bool is_plain(const char *value)
{
	for (const char *at = value; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
			return false;
	/* "." and ".." would be taken for directories. */
	return *value && strspn(value, ".") != strlen(value);
}

/* A value that a path cannot hold is given in base64 of RFC 4648, 5; an empty one as "=". */
static void add_label(struct str *path, const char *name, const char *value)
{
	if (is_plain(value)) {
		str_addf(path, "/%s/%s", name, value);
		return;
	}
	_cleanup_free_ char *encoded = str_base64(value, strlen(value));
	for (char *at = encoded; *at; at++)
		*at = (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at);
	str_addf(path, "/%s@base64/%s", name, *encoded ? encoded : "=");
}

static char *group_new(const struct channel_job *job, const char *name, const char *value)
{
	struct str path = STR_INIT;
	const json_t *settings = job->notification->settings;
	const char *label;
	json_t *text;
	str_add(&path, "/metrics");
	add_label(&path, "job", json_get_string(settings, "job", "belay"));
	add_label(&path, "environment", said_environment(job));
	json_object_foreach(json_object_get(settings, "labels"), label, text)
		if (!str_equal(label, "environment") && json_is_string(text))
			add_label(&path, label, json_string_value(text));
	if (name)
		add_label(&path, name, value);
	return str_take(&path);
}

/* --- metrics ------------------------------------------------------------------------------- */

static void add_head(struct str *out, const char *name, const char *help)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void add_seconds(struct str *out, const char *name, const char *help, int64_t ms)
{
	add_head(out, name, help);
	str_addf(out, "%s %" PRId64 ".%03d\n", name, ms / 1000, (int)(ms % 1000));
}

/* name="value", with what would end the value or the line escaped. */
static void add_pair(struct str *out, const char *name, const char *value)
{
	_cleanup_free_ char *cut = said_cut(value ? value : "", LABEL_MAX_CHARS);
	str_addf(out, "%s=\"", name);
	for (const char *at = cut; *at; at++) {
		if (*at == '\n')
			str_add(out, "\\n");
		else
			str_addf(out, "%s%c", *at == '"' || *at == '\\' ? "\\" : "", *at);
	}
	str_add_char(out, '"');
}

static char *deployment_new(const struct channel_job *job)
{
	struct str out = STR_INIT;
	int64_t duration_ms =
		json_get_int(json_object_get(job->message, "content"), "duration_ms", -1);
	add_head(&out, "belay_deployment_result",
		 "The last deployment: 1 when it passed, 0 otherwise.");
	str_add(&out, "belay_deployment_result{");
	add_pair(&out, "result", said_topic(job));
	str_add_char(&out, ',');
	add_pair(&out, "version", said(job, "version"));
	str_addf(&out, "} %d\n", str_equal(said_topic(job), "deployed"));
	add_seconds(&out, "belay_deployment_timestamp_seconds",
		    "When the last deployment ended.", said_at_ms(job));
	if (duration_ms >= 0)
		add_seconds(&out, "belay_deployment_duration_seconds",
			    "How long the last deployment took.", duration_ms);
	return str_take(&out);
}

static char *incident_new(const struct channel_job *job)
{
	struct str out = STR_INIT;
	const json_t *incident = said_whole_incident(job);
	int64_t opened_ms = 0;
	add_head(&out, "belay_incident_open", "An incident that is not resolved yet.");
	str_add(&out, "belay_incident_open{");
	add_pair(&out, "kind", json_get_string(incident, "kind", NULL));
	str_add_char(&out, ',');
	add_pair(&out, "severity", json_get_string(incident, "severity", NULL));
	str_add(&out, "} 1\n");
	add_head(&out, "belay_incident_acknowledged",
		 "Whether somebody takes care of it.");
	str_addf(&out, "belay_incident_acknowledged %d\n",
		 str_equal(json_get_string(incident, "status", ""), "acknowledged"));
	if (time_parse(json_get_string(incident, "opened_at", ""), &opened_ms) == 0)
		add_seconds(&out, "belay_incident_opened_timestamp_seconds",
			    "When the incident was opened.", opened_ms);
	return str_take(&out);
}

/* --- pushing ------------------------------------------------------------------------------- */

static int push(struct api *api, struct effects *fx, const struct channel_job *job,
		const char *group, const char *metrics, struct err *err)
{
	const struct api_request request = {.method = metrics ? "PUT" : "DELETE",
					    .path = group,
					    .text = metrics,
					    .subject = job->notification->name,
					    .summary = metrics ? "push metrics"
							       : "delete metrics",
					    .repeatable = true};
	return api_request(api, fx, &request, NULL, NULL, err);
}

static int push_deployment(struct api *api, struct effects *fx,
			   const struct channel_job *job, struct err *err)
{
	_cleanup_free_ char *group = group_new(job, NULL, NULL);
	_cleanup_free_ char *metrics = deployment_new(job);
	return push(api, fx, job, group, metrics, err);
}

static int push_incident(struct api *api, struct effects *fx,
			 const struct channel_job *job, struct err *err)
{
	const char *status = json_get_string(said_whole_incident(job), "status", "open");
	_cleanup_free_ char *group = group_new(job, "incident", said_incident(job));
	bool over = str_equal(status, "resolved") || said_change(job) == SAID_OVER;
	_cleanup_free_ char *metrics = over ? NULL : incident_new(job);
	return push(api, fx, job, group, metrics, err);
}

/* Leaves nothing behind. */
static int push_test(struct api *api, struct effects *fx, const struct channel_job *job,
		     struct err *err)
{
	_cleanup_free_ char *group = group_new(job, "test", "belay");
	_cleanup_str_ struct str metrics = STR_INIT;
	add_seconds(&metrics, "belay_test_timestamp_seconds", "A test of belay.",
		    job->now_ms);
	if (push(api, fx, job, group, str_text(&metrics), err) < 0)
		return -1;
	return push(api, fx, job, group, NULL, err);
}

static int tell(struct api *api, struct effects *fx, const struct channel_job *job,
		struct err *err)
{
	static const char *const endings[] = {"deployed", "failed", "rolled-back",
					      "rollback-failed", "unproven"};
	const char *topic = said_topic(job);
	if (str_equal(topic, "test"))
		return push_test(api, fx, job, err);
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (str_equal(topic, endings[i]))
			return push_deployment(api, fx, job, err);
	if (said_incident(job) && str_has_prefix(topic, "incident-"))
		return push_incident(api, fx, job, err);
	return err_set(err, ERR_CONFIG, "there are no metrics for '%s'", topic);
}

static int send_metrics(struct effects *fx, const struct channel_job *job,
			json_t **ret_link, int64_t *ret_retry_after_ms, struct err *err)
{
	struct api api;
	const json_t *settings = job->notification->settings;
	(void)ret_link;
	said_api(&api, "Pushgateway", json_get_string(settings, "url", ""));
	api.basic = json_incref(json_object_get(settings, "basic"));
	api.tls = json_incref(json_object_get(settings, "tls"));
	json_object_set_new(api.headers, "Content-Type",
			    json_string("text/plain; version=0.0.4"));
	int status = tell(&api, fx, job, err);
	if (status < 0)
		*ret_retry_after_ms = err->retry_after_ms;
	api_release(&api);
	return status;
}

static const char *const topics[] = {
	"deployed", "failed",          "rolled-back",      "rollback-failed",
	"unproven", "incident-opened", "incident-updated", "incident-resolved",
	NULL,
};

const struct channel channel_pushgateway = {
	.name = "pushgateway",
	.summary = "the last deployment as metrics on a Prometheus Pushgateway",
	.topics = topics,
	.once = "pushing twice is pushing once",
	.counts = true,
	.send = send_metrics,
};
