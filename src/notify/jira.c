/* jira: an issue in Jira for each incident, or comments on one issue. REST API version 2, whose texts are
 * plain wiki markup (version 3 wants a document tree): Jira Cloud and Jira Data Center both speak it.
 *
 *   GET  /rest/api/2/search/jql?jql=…&fields=…        found again by label belay-ID (Cloud)
 *   GET  /rest/api/2/search?jql=…&fields=…            the same before Cloud's change of 2025, and Data Center
 *   POST /rest/api/2/issue                            {fields: {project, issuetype, summary, …}}
 *   POST /rest/api/2/issue/KEY/comment                {body}
 *   GET, POST /rest/api/2/issue/KEY/transitions       by name, as the workflow of the project has it
 *
 * user + token: Basic (Cloud); token alone: Bearer (Data Center). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "jira_text.h"
#include "said.h"
#include "table.h"

#define SUMMARY_MAX_CHARS 250
#define LABEL_MAX_BYTES 200
#define COMMENTS_LOOKED_AT "100"

struct jira_job {
	struct effects *fx;
	const struct channel_job *job;
	struct api api;
	char *key; /* owned; "OPS-12", or NULL */
	bool is_new;
};

static const json_t *settings_of(const struct jira_job *to)
{
	return to->job->notification->settings;
}

static int act(struct jira_job *to, const char *path, const json_t *body,
	       const char *summary, json_t **ret, enum api_sent *ret_sent,
	       struct err *err)
{
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = body,
					    .summary = summary,
					    .subject = to->job->notification->name};
	return api_request(&to->api, to->fx, &request, ret, ret_sent, err);
}

static int look(struct jira_job *to, const char *path, json_t **ret, struct err *err)
{
	const struct api_request request = {.method = "GET", .path = path};
	return api_request(&to->api, to->fx, &request, ret, NULL, err);
}

/* --- finding ------------------------------------------------------------------------------- */

/* "belay-20261121T095203Z-3fa2": labels have no spaces, and quotes would end the query's text. Fresh. */
static char *label_of(const struct channel_job *job)
{
	const char *incident = said_incident(job);
	_cleanup_free_ char *id =
		str_format("%.*s", LABEL_MAX_BYTES, incident ? incident : "test");
	for (char *at = id; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
			*at = '-';
	return str_format("belay-%s", id);
}

/* Cloud's new search, and where there is none (404) the old one. *ret_key NULL: no issue yet. */
static int find(struct jira_job *to, char **ret_key, struct err *err)
{
	static const char *const searches[] = {"search/jql", "search"};
	_cleanup_free_ char *label = label_of(to->job);
	_cleanup_free_ char *jql =
		str_format("project = \"%s\" AND labels = \"%s\" ORDER BY created ASC",
			   json_get_string(settings_of(to), "project", ""), label);
	_cleanup_free_ char *escaped = api_escape(jql);
	_cleanup_json_ json_t *found = NULL;
	int status = -1;
	for (size_t i = 0; i < ARRAY_SIZE(searches) && status < 0; i++) {
		_cleanup_free_ char *path =
			str_format("/rest/api/2/%s?jql=%s&fields=key&maxResults=1",
				   searches[i], escaped);
		struct err failure = {0};
		status = look(to, path, &found, &failure);
		if (status < 0 && (failure.code != ERR_NOT_FOUND || i == 1)) {
			*err = failure;
			return -1;
		}
	}
	const json_t *issue = json_array_get(json_object_get(found, "issues"), 0);
	/* An id serves wherever a key does. */
	str_assign(ret_key,
		   json_get_string(issue, "key", json_get_string(issue, "id", NULL)));
	return 0;
}

/* --- creating ------------------------------------------------------------------------------ */

static json_t *fields_new(const struct jira_job *to)
{
	const struct channel_job *job = to->job;
	_cleanup_free_ char *line = said_line(said_title(job));
	_cleanup_free_ char *summary = said_cut(line, SUMMARY_MAX_CHARS);
	_cleanup_free_ char *text = jira_text(job);
	_cleanup_free_ char *label = label_of(job);
	json_t *labels = json_object_get(settings_of(to), "labels");
	labels = labels ? json_copy(labels) : json_array();
	json_array_append_new(labels, json_string(label));
	return json_pack("{s:{s:s}, s:{s:s}, s:s, s:s, s:o}", "project", "key",
			 json_get_string(settings_of(to), "project", ""), "issuetype",
			 "name",
			 json_get_string(settings_of(to), "issue_type", "Incident"),
			 "summary", summary, "description", text, "labels", labels);
}

/* When the answer never came, the next run finds the issue by its label. */
static int create(struct jira_job *to, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:o}", "fields", fields_new(to));
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *summary =
		str_format("create an issue in Jira: %s", said_title(to->job));
	if (act(to, "/rest/api/2/issue", body, summary, &answer, NULL, err) < 0)
		return -1;
	to->is_new = true;
	str_assign(&to->key, json_get_string(answer, "key", NULL));
	return 0;
}

/* --- comments ------------------------------------------------------------------------------ */

static int has_comment(struct jira_job *to, const char *mark, bool *ret, struct err *err)
{
	_cleanup_free_ char *path = str_format(
		"/rest/api/2/issue/%s/comment?orderBy=-created&maxResults=" COMMENTS_LOOKED_AT,
		to->key);
	_cleanup_json_ json_t *answer = NULL;
	size_t i;
	const json_t *comment;
	*ret = false;
	if (look(to, path, &answer, err) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "comments"), i, comment)
		*ret = *ret || strstr(json_get_string(comment, "body", ""), mark);
	return 0;
}

static int comment(struct jira_job *to, struct err *err)
{
	_cleanup_free_ char *path = str_format("/rest/api/2/issue/%s/comment", to->key);
	_cleanup_free_ char *text = jira_text(to->job);
	_cleanup_free_ char *mark = jira_mark(to->job);
	_cleanup_free_ char *summary = str_format("comment on %s in Jira", to->key);
	_cleanup_json_ json_t *body = json_pack("{s:s}", "body", text);
	bool there = false;
	if (has_comment(to, mark, &there, err) < 0)
		return -1;
	return there ? 0 : act(to, path, body, summary, NULL, NULL, err);
}

/* --- transitions --------------------------------------------------------------------------- */

static const char *transition_of(const struct jira_job *to)
{
	const json_t *transitions = json_object_get(settings_of(to), "transitions");
	switch (said_change(to->job)) {
	case SAID_SEEN:
		return json_get_string(transitions, "acknowledged", NULL);
	case SAID_OVER:
		return json_get_string(transitions, "resolved", NULL);
	case SAID_BAD:
	case SAID_OTHER:
		break;
	}
	/* A test must not leave an issue behind that somebody has to close. */
	return str_equal(said_topic(to->job), "test")
		       ? json_get_string(transitions, "resolved", NULL)
		       : NULL;
}

/* By the name of the transition, or of the status that it leads to. */
static const json_t *transition_named(const json_t *answer, const char *name)
{
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(answer, "transitions"), i, row) {
		const json_t *status = json_object_get(row, "to");
		if (strcasecmp(json_get_string(row, "name", ""), name) == 0 ||
		    strcasecmp(json_get_string(status, "name", ""), name) == 0)
			return row;
	}
	return NULL;
}

static int unknown_transition(const json_t *answer, const char *key, const char *name,
			      struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT_MAX(300);
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(answer, "transitions"), i, row)
		str_addf(&names, "%s%s", i ? ", " : "", json_get_string(row, "name", ""));
	err_set(err, ERR_CONFIG, "Jira has no transition '%s' for %s as it is now", name,
		key);
	return err_hint(err, "it has: %s", names.len ? str_text(&names) : "none");
}

static int is_there_already(struct jira_job *to, const char *name, bool *ret,
			    struct err *err)
{
	_cleanup_free_ char *path =
		str_format("/rest/api/2/issue/%s?fields=status", to->key);
	_cleanup_json_ json_t *issue = NULL;
	*ret = false;
	if (look(to, path, &issue, err) < 0)
		return -1;
	const json_t *status = json_at(issue, "/fields/status");
	*ret = strcasecmp(json_get_string(status, "name", ""), name) == 0 ||
	       str_equal(json_string_value(json_at(status, "/statusCategory/key")),
			 "done");
	return 0;
}

static int move(struct jira_job *to, const char *name, struct err *err)
{
	_cleanup_free_ char *path =
		str_format("/rest/api/2/issue/%s/transitions", to->key);
	_cleanup_free_ char *summary = str_format("move %s in Jira: %s", to->key, name);
	_cleanup_json_ json_t *answer = NULL;
	if (look(to, path, &answer, err) < 0)
		return -1;
	if (answer_is_assumed(answer))
		return 0;
	const json_t *transition = transition_named(answer, name);
	bool there = false;
	if (!transition) {
		if (is_there_already(to, name, &there, err) < 0)
			return -1;
		return there ? 0 : unknown_transition(answer, to->key, name, err);
	}
	_cleanup_json_ json_t *body = json_pack("{s:{s:s}}", "transition", "id",
						json_get_string(transition, "id", ""));
	return act(to, path, body, summary, NULL, NULL, err);
}

/* --- the channel --------------------------------------------------------------------------- */

static int choose_issue(struct jira_job *to, struct err *err)
{
	const char *fixed = json_get_string(settings_of(to), "issue", NULL);
	const char *linked = json_get_string(to->job->link, "ref", NULL);
	str_assign(&to->key, fixed ? fixed : linked);
	if (to->key)
		return 0;
	if (find(to, &to->key, err) < 0)
		return -1;
	return to->key ? 0 : create(to, err);
}

static int tell(struct jira_job *to, struct err *err)
{
	if (choose_issue(to, err) < 0)
		return -1;
	if (!to->key) /* a dry run */
		return 0;
	/* The issue itself says what its first message says. */
	bool opening = str_equal(said_topic(to->job), "incident-opened");
	bool says_it = to->is_new ||
		       (opening && !json_get_string(settings_of(to), "issue", NULL));
	if (!says_it && comment(to, err) < 0)
		return -1;
	const char *name = transition_of(to);
	if (name && !json_get_string(settings_of(to), "issue", NULL))
		return move(to, name, err);
	return 0;
}

/* {errorMessages: [..], errors: {field: text}} */
static void explain(const struct api *api, const char *method, const char *path,
		    const json_t *answer, struct err *err)
{
	const json_t *body = json_object_get(answer, "body");
	_cleanup_str_ struct str words = STR_INIT_MAX(500);
	size_t i;
	const char *field;
	const json_t *text;
	(void)method;
	(void)path;
	json_array_foreach(json_object_get(body, "errorMessages"), i, text)
		str_addf(&words, "%s%s", words.len ? "; " : "",
			 json_is_string(text) ? json_string_value(text) : "");
	json_object_foreach(json_object_get(body, "errors"), field, text)
		str_addf(&words, "%s%s: %s", words.len ? "; " : "", field,
			 json_is_string(text) ? json_string_value(text) : "");
	if (words.len)
		err_set(err, err->code, "%s answered %lld: %s", api->name,
			(long long)json_get_int(answer, "status", 0), str_text(&words));
}

static void log_in(struct api *api, const json_t *settings)
{
	const char *user = json_get_string(settings, "user", NULL);
	json_t *token = json_object_get(settings, "token");
	if (user)
		api->basic = json_pack("{s:s, s:O?}", "user", user, "password", token);
	else if (token)
		api_bearer(api, token);
}

static int send_issue(struct effects *fx, const struct channel_job *job,
		      json_t **ret_link, int64_t *ret_retry_after_ms, struct err *err)
{
	struct jira_job to = {.fx = fx, .job = job};
	said_api(&to.api, "Jira", json_get_string(settings_of(&to), "url", ""));
	to.api.explain = explain;
	log_in(&to.api, settings_of(&to));
	int status = 0;
	if (!said_incident(job) && !str_equal(said_topic(job), "test") &&
	    !json_get_string(settings_of(&to), "issue", NULL)) {
		err_set(err, ERR_CONFIG, "'%s' is about no incident, so it has no issue",
			said_topic(job));
		status = err_hint(err, "with 'issue: KEY' everything becomes a comment "
				       "there");
	} else {
		status = tell(&to, err);
	}
	if (status < 0)
		*ret_retry_after_ms = err->retry_after_ms;
	if (to.key) {
		_cleanup_free_ char *url =
			str_format("%s/browse/%s", to.api.base_url, to.key);
		*ret_link = said_link(to.key, url);
	}
	api_release(&to.api);
	mem_freep(&to.key);
	return status;
}

static const char *const topics[] = {
	"incident-opened", "incident-updated",    "incident-resolved",
	"post-mortem-due", "post-mortem-overdue", NULL,
};

const struct channel channel_jira = {
	.name = "jira",
	.summary = "one issue in Jira for each incident, or comments on one",
	.topics = topics,
	.once = "issues are found by their label, comments by a line at their end: what is "
		"there already is left alone",
	.send = send_issue,
};
