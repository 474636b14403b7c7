/* github-issue: one issue for each incident. It is known by the link on the journal, else by the hidden
 * marker in its body; opened, kept up to date, commented on, closed with the incident when that is
 * wanted, opened again when the trouble comes back. */
#include <inttypes.h>
#include <string.h>

#include "belay/github.h"
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "issue_page.h"
#include "said.h"
#include "table.h"

/* One message on its way into one issue. */
struct issue_job {
	struct effects *fx;
	const struct channel_job *job;
	struct github github;
	struct incident_page page;
	char *tracker; /* owned; of page */
	int64_t number;
	char *url;  /* owned */
	char *body; /* owned; NULL: not known */
	bool is_closed, is_new;
};

static void issue_job_release(struct issue_job *to)
{
	github_release(&to->github);
	mem_freep(&to->tracker);
	mem_freep(&to->url);
	mem_freep(&to->body);
}

static const json_t *settings_of(const struct issue_job *to)
{
	return to->job->notification->settings;
}

/* --- which issue --------------------------------------------------------------------------- */

/* *ret false: it is gone. */
static int look_at(struct issue_job *to, int64_t number, bool *ret, struct err *err)
{
	_cleanup_json_ json_t *issue = NULL;
	struct err failure = {0};
	*ret = false;
	if (github_issue_get(&to->github, to->fx, number, &issue, &failure) < 0) {
		if (failure.code == ERR_NOT_FOUND)
			return 0;
		*err = failure;
		return -1;
	}
	to->number = number;
	to->is_closed = str_equal(json_get_string(issue, "state", NULL), "closed");
	str_assign(&to->url, json_get_string(issue, "html_url", ""));
	str_assign(&to->body, json_get_string(issue, "body", ""));
	*ret = true;
	return 0;
}

static int64_t linked_number(const struct channel_job *job)
{
	long long number = 0;
	const char *ref = json_get_string(job->link, "ref", "");
	return str_to_int64(ref, 1, INT64_MAX, &number) < 0 ? 0 : number;
}

/* to->number stays 0 when there is none yet. */
static int find(struct issue_job *to, struct err *err)
{
	bool there = false;
	int64_t number = linked_number(to->job);
	if (number && look_at(to, number, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	const char *label = json_string_value(
		json_array_get(json_object_get(settings_of(to), "labels"), 0));
	_cleanup_free_ char *url = NULL;
	number = 0;
	if (github_issue_find(&to->github, to->fx,
			      json_get_string(to->page.incident, "id", ""), label,
			      &number, &url, err) < 0)
		return -1;
	return number ? look_at(to, number, &there, err) : 0;
}

/* --- what becomes of it -------------------------------------------------------------------- */

static char *page_of(const struct issue_job *to)
{
	struct str page = STR_INIT;
	incident_add_page(&page, &to->page);
	return str_take(&page);
}

static int open_issue(struct issue_job *to, struct err *err)
{
	_cleanup_free_ char *page = page_of(to);
	_cleanup_free_ char *marker =
		github_marker(json_get_string(to->page.incident, "id", ""));
	_cleanup_free_ char *body = issue_page_new(page, marker);
	_cleanup_free_ char *title =
		incident_title(to->page.incident, to->page.environment);
	const struct github_issue issue = {
		.title = title,
		.body = body,
		.labels = json_object_get(settings_of(to), "labels"),
		.assignees = json_object_get(settings_of(to), "assignees"),
	};
	to->is_new = true;
	return github_issue_create(&to->github, to->fx, &issue, &to->number, &to->url,
				   err);
}

static bool wants_close(const struct issue_job *to)
{
	return str_equal(said_topic(to->job), "test") ||
	       json_get_bool(settings_of(to), "close", to->job->config->incidents.close);
}

/* The state that the issue has to be in, or NULL when it may stay as it is. */
static const char *wanted_state(const struct issue_job *to)
{
	bool over =
		str_equal(json_get_string(to->page.incident, "status", NULL), "resolved");
	if (over && !to->is_closed && wants_close(to))
		return "closed";
	if (!over && to->is_closed && said_change(to->job) == SAID_BAD)
		return "open";
	return NULL;
}

static int renew(struct issue_job *to, struct err *err)
{
	_cleanup_free_ char *page = page_of(to);
	_cleanup_free_ char *body = to->body ? issue_page_renew(to->body, page) : NULL;
	const struct github_issue change = {.body = body};
	const char *state = wanted_state(to);
	if (!body && !state)
		return 0;
	return github_issue_update(&to->github, to->fx, to->number, &change, state, err);
}

/* The journal's name for what the message tells, or NULL when the page says it all. */
static const char *event_of(const struct channel_job *job)
{
	static const struct {
		const char *topic, *event;
	} rows[] = {
		{"incident-updated", "incident.updated"},
		{"incident-resolved", "incident.resolved"},
		{"post-mortem-due", "post-mortem.reminded"},
		{"post-mortem-overdue", "post-mortem.reminded"},
	};
	if (said_change(job) == SAID_SEEN)
		return "incident.acknowledged";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_equal(said_topic(job), rows[i].topic))
			return rows[i].event;
	return NULL;
}

static int comment(struct issue_job *to, struct err *err)
{
	const char *event = event_of(to->job);
	if (!event)
		return 0;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_json_ json_t *change = json_pack("{s:s}", "text", said_text(to->job));
	incident_add_change(&text, &to->page, event, change);
	return github_issue_comment(&to->github, to->fx, to->number, str_text(&text),
				    json_get_string(to->job->message, "id", ""), err);
}

static int tell(struct issue_job *to, struct err *err)
{
	if (find(to, err) < 0 || (!to->number && open_issue(to, err) < 0))
		return -1;
	if (!to->number) /* a dry run */
		return 0;
	/* The comment comes before the end, as people write it. */
	if (comment(to, err) < 0)
		return -1;
	return to->is_new && !wanted_state(to) ? 0 : renew(to, err);
}

/* --- the channel --------------------------------------------------------------------------- */

/* An incident for a test, the same one every time: its issue is opened once, and closed. */
static json_t *test_incident(const struct channel_job *job)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:i}", "id", "test", "kind",
			 "manual", "severity", "P3", "title", "a test of belay", "status",
			 "resolved", "reason", said(job, "text"), "occurrences", 1);
}

static int begin(struct issue_job *to, struct err *err)
{
	bool there = false;
	if (github_init(&to->github, to->fx, to->job->config, &there, err) < 0)
		return -1;
	if (!there) {
		err_set(err, ERR_NET, "this run has no GitHub to talk to");
		return err_hint(err,
				"in a workflow: env: {GITHUB_TOKEN: ${{ github.token "
				"}}} and permissions: {issues: write}");
	}
	to->github.api.timeout_ms = SAID_TRY_MS;
	to->github.api.patience_ms = SAID_PATIENCE_MS;
	return 0;
}

static int send_with(struct issue_job *to, const json_t *incident, json_t **ret_link,
		     struct err *err)
{
	const struct channel_job *job = to->job;
	to->tracker = incident_fill_id(job->config->incidents.tracker,
				       json_get_string(incident, "id", ""));
	to->page = (struct incident_page){
		.incident = incident,
		.environment = said_environment(job),
		.run_url = said(job, "url"),
		.tracker = to->tracker,
		.now_ms = job->now_ms,
	};
	int status = begin(to, err) < 0 ? -1 : tell(to, err);
	if (to->number) {
		_cleanup_free_ char *ref = str_format("%" PRId64, to->number);
		*ret_link = said_link(ref, to->url);
	}
	return status;
}

static int send_issue(struct effects *fx, const struct channel_job *job,
		      json_t **ret_link, int64_t *ret_retry_after_ms, struct err *err)
{
	struct issue_job to = {.fx = fx, .job = job};
	bool test = str_equal(said_topic(job), "test");
	_cleanup_json_ json_t *incident =
		test ? test_incident(job) : json_incref(said_whole_incident(job));
	if (!incident) {
		err_set(err, ERR_CONFIG, "'%s' is about no incident, so it has no issue",
			said_topic(job));
		return err_hint(err, "leave 'on' out, or name incident-opened, "
				     "incident-updated and incident-resolved");
	}
	int status = send_with(&to, incident, ret_link, err);
	if (status < 0)
		*ret_retry_after_ms = err->retry_after_ms;
	issue_job_release(&to);
	return status;
}

static const char *const topics[] = {
	"incident-opened", "incident-updated",    "incident-resolved",
	"post-mortem-due", "post-mortem-overdue", NULL,
};

const struct channel channel_github_issue = {
	.name = "github-issue",
	.summary = "one issue on GitHub for each incident",
	.topics = topics,
	.once = "issues and comments carry hidden marks: what is there already is left "
		"alone",
	.send = send_issue,
};
