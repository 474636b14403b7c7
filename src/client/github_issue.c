/* Issues: found again by a line in their body that no reader sees, never by their title, which people
 * change. GitHub API: issues/create, update, list-for-repo, create-comment, create-label.
 *
 * Anybody may open an issue in a public repository and copy a marker into it. So of several issues with
 * the marker the oldest counts, and a label, which strangers cannot set, narrows the search.
 */
#include <inttypes.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "github_parts.h"

#define ISSUES_MAX 500    /* that a search looks at, newest first */
#define COMMENTS_MAX 1000 /* of one issue */
#define TITLE_MAX 250     /* characters; GitHub takes 256 … */
#define BODY_MAX 65000    /* … and 65536 of a body */
#define LABEL_COLOR "b60205"
#define LABEL_DESCRIPTION "Set by belay"

char *github_marker(const char *incident)
{
	return str_format("<!-- belay:incident %s -->", incident);
}

/* --- finding --------------------------------------------------------------------------------- */

static int find_by_marker(struct github *github, struct effects *fx, const char *marker,
			  const char *label, int64_t *ret_number, char **ret_url,
			  struct err *err)
{
	_cleanup_free_ char *escaped = label ? api_escape(label) : NULL;
	_cleanup_free_ char *path = github_path(
		github, "/issues?state=all&sort=created&direction=desc&per_page=100%s%s",
		label ? "&labels=" : "", label ? escaped : "");
	_cleanup_json_ json_t *rows = NULL;
	const json_t *found = NULL;
	size_t i;
	const json_t *row;
	*ret_number = 0;
	if (api_list(&github->api, fx, path, NULL, ISSUES_MAX, &rows, err) < 0)
		return -1;
	json_array_foreach(rows, i, row) {
		if (!json_object_get(row, "pull_request") &&
		    strstr(json_get_string(row, "body", ""), marker))
			found = row; /* the last one is the oldest */
	}
	*ret_number = json_get_int(found, "number", 0);
	if (found && ret_url)
		*ret_url = mem_strdup(json_get_string(found, "html_url", ""));
	return 0;
}

int github_issue_find(struct github *github, struct effects *fx, const char *incident,
		      const char *label, int64_t *ret_number, char **ret_url,
		      struct err *err)
{
	_cleanup_free_ char *marker = github_marker(incident);
	return find_by_marker(github, fx, marker, label, ret_number, ret_url, err);
}

/* The marker's line in a body, or NULL. Fresh. */
static char *marker_in(const char *body)
{
	const char *begin = body ? strstr(body, "<!-- belay:incident ") : NULL;
	const char *end = begin ? strstr(begin, "-->") : NULL;
	return end ? mem_strndup(begin, (size_t)(end + 3 - begin)) : NULL;
}

/* --- labels ---------------------------------------------------------------------------------- */

static int create_label(struct github *github, struct effects *fx, const char *name,
			struct err *err)
{
	_cleanup_free_ char *path = github_path(github, "/labels");
	_cleanup_free_ char *summary = str_format("create the label %s", name);
	_cleanup_json_ json_t *body =
		json_pack("{s:s, s:s, s:s}", "name", name, "color", LABEL_COLOR,
			  "description", LABEL_DESCRIPTION);
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = body,
					    .summary = summary,
					    .subject = github->repository,
					    .repeatable = true};
	struct err failure = {0};
	if (api_request(&github->api, fx, &request, NULL, NULL, &failure) == 0 ||
	    failure.code == ERR_CONFIG) /* somebody was faster: it is there */
		return 0;
	*err = failure;
	return -1;
}

static int need_labels(struct github *github, struct effects *fx, const json_t *labels,
		       struct err *err)
{
	size_t i;
	const json_t *label;
	json_array_foreach(labels, i, label) {
		const char *name = json_string_value(label);
		_cleanup_free_ char *escaped = api_escape(name ? name : "");
		_cleanup_free_ char *path = github_path(github, "/labels/%s", escaped);
		const struct api_request request = {.method = "GET", .path = path};
		struct err failure = {0};
		if (api_request(&github->api, fx, &request, NULL, NULL, &failure) == 0)
			continue;
		if (failure.code != ERR_NOT_FOUND) {
			*err = failure;
			return -1;
		}
		if (create_label(github, fx, name, err) < 0)
			return -1;
	}
	return 0;
}

/* --- creating and changing ------------------------------------------------------------------- */

/* As much of a body as GitHub takes, with its marker. */
static json_t *fitting(const char *text)
{
	_cleanup_free_ char *marker = marker_in(text);
	_cleanup_free_ char *cut = github_clip(text, BODY_MAX);
	if (!marker || strstr(cut, marker))
		return json_string(cut);
	_cleanup_free_ char *marked = str_format("%s\n\n%s\n", cut, marker);
	return json_string(marked);
}

static json_t *issue_body(const struct github_issue *issue)
{
	json_t *body = json_object();
	if (issue->title) {
		_cleanup_free_ char *title = github_clip(issue->title, TITLE_MAX);
		json_object_set_new(body, "title", json_string(title));
	}
	if (issue->body)
		json_object_set_new(body, "body", fitting(issue->body));
	if (issue->labels)
		json_object_set(body, "labels", (json_t *)issue->labels);
	if (issue->assignees)
		json_object_set(body, "assignees", (json_t *)issue->assignees);
	return body;
}

static int post_issue(struct github *github, struct effects *fx, const json_t *body,
		      json_t **ret, enum api_sent *ret_sent, struct err *err)
{
	_cleanup_free_ char *path = github_path(github, "/issues");
	_cleanup_free_ char *summary =
		str_format("open an issue: %s", json_get_string(body, "title", ""));
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = body,
					    .summary = summary,
					    .subject = github->repository};
	return api_request(&github->api, fx, &request, ret, ret_sent, err);
}

/* One login that nobody has makes GitHub refuse the whole issue. Assigns one by one and says in the
 * issue who could not be. */
static int assign(struct github *github, struct effects *fx, int64_t number,
		  const struct github_issue *issue, struct err *err)
{
	_cleanup_free_ char *path =
		github_path(github, "/issues/%" PRId64 "/assignees", number);
	_cleanup_str_ struct str text = STR_INIT;
	size_t i;
	json_t *login;
	bool all = true;
	str_addf(&text, "%s\n\nNot assigned, GitHub refuses it:",
		 issue->body ? issue->body : "");
	json_array_foreach(issue->assignees, i, login) {
		_cleanup_json_ json_t *body = json_pack("{s:[O]}", "assignees", login);
		_cleanup_json_ json_t *answer = NULL;
		struct err failure = {0};
		const struct api_request request = {.method = "POST",
						    .path = path,
						    .json = body,
						    .summary = "assign the issue",
						    .subject = github->repository,
						    .repeatable = true};
		if (api_request(&github->api, fx, &request, &answer, NULL, &failure) == 0)
			continue;
		str_addf(&text, " `%s`", json_string_value(login));
		all = false;
	}
	if (all)
		return 0;
	const struct github_issue noted = {.body = str_text(&text)};
	return github_issue_update(github, fx, number, &noted, NULL, err);
}

/* After an answer that never came. *ret_number 0: it was not created. */
static int find_created(struct github *github, struct effects *fx, const char *body,
			int64_t *ret_number, char **ret_url, struct err *err)
{
	_cleanup_free_ char *marker = marker_in(body);
	*ret_number = 0;
	if (!marker)
		return 0;
	return find_by_marker(github, fx, marker, NULL, ret_number, ret_url, err);
}

int github_issue_create(struct github *github, struct effects *fx,
			const struct github_issue *issue, int64_t *ret_number,
			char **ret_url, struct err *err)
{
	_cleanup_json_ json_t *body = issue_body(issue);
	bool assigns = json_array_size(issue->assignees) > 0;
	bool looked = false, alone = false; /* alone: without assignees */
	*ret_number = 0;
	if (need_labels(github, fx, issue->labels, err) < 0)
		return -1;
	for (;;) {
		_cleanup_json_ json_t *answer = NULL;
		struct err failure = {0};
		enum api_sent sent = API_NOT_TAKEN;
		if (post_issue(github, fx, body, &answer, &sent, &failure) == 0) {
			*ret_number = json_get_int(answer, "number", 0);
			if (ret_url)
				*ret_url = mem_strdup(
					json_get_string(answer, "html_url", ""));
			break;
		}
		if (failure.code == ERR_CONFIG && assigns && !alone) {
			json_object_del(body, "assignees");
			alone = true;
			continue;
		}
		if (sent != API_UNKNOWN || looked) {
			*err = failure;
			return -1;
		}
		looked = true;
		if (find_created(github, fx, issue->body, ret_number, ret_url, err) < 0)
			return -1;
		if (*ret_number)
			break;
	}
	return alone && *ret_number ? assign(github, fx, *ret_number, issue, err) : 0;
}

int github_issue_update(struct github *github, struct effects *fx, int64_t number,
			const struct github_issue *issue, const char *state,
			struct err *err)
{
	_cleanup_free_ char *path = github_path(github, "/issues/%" PRId64, number);
	_cleanup_free_ char *summary =
		str_format("%s issue #%" PRId64,
			   str_equal(state, "closed") ? "close" : "update", number);
	_cleanup_json_ json_t *body = issue_body(issue);
	if (state)
		json_object_set_new(body, "state", json_string(state));
	if (need_labels(github, fx, issue->labels, err) < 0)
		return -1;
	return github_set(github, fx, "PATCH", path, body, summary, err);
}

int github_issue_get(struct github *github, struct effects *fx, int64_t number,
		     json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = github_path(github, "/issues/%" PRId64, number);
	const struct api_request request = {.method = "GET", .path = path};
	return api_request(&github->api, fx, &request, ret, NULL, err);
}

/* --- comments -------------------------------------------------------------------------------- */

static int has_comment(struct github *github, struct effects *fx, int64_t number,
		       const char *marker, bool *ret, struct err *err)
{
	_cleanup_free_ char *path =
		github_path(github, "/issues/%" PRId64 "/comments?per_page=100", number);
	_cleanup_json_ json_t *rows = NULL;
	size_t i;
	const json_t *row;
	*ret = false;
	if (api_list(&github->api, fx, path, NULL, COMMENTS_MAX, &rows, err) < 0)
		return -1;
	json_array_foreach(rows, i, row)
		*ret = *ret || strstr(json_get_string(row, "body", ""), marker);
	return 0;
}

int github_issue_comment(struct github *github, struct effects *fx, int64_t number,
			 const char *body, const char *marker, struct err *err)
{
	_cleanup_free_ char *path =
		github_path(github, "/issues/%" PRId64 "/comments", number);
	_cleanup_free_ char *summary = str_format("comment on issue #%" PRId64, number);
	_cleanup_free_ char *hidden =
		marker ? str_format("<!-- belay:comment %s -->", marker) : NULL;
	_cleanup_free_ char *cut = github_clip(body, BODY_MAX);
	_cleanup_free_ char *text =
		str_format("%s%s%s", cut, hidden ? "\n\n" : "", hidden ? hidden : "");
	_cleanup_json_ json_t *json = json_pack("{s:s}", "body", text);
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = json,
					    .summary = summary,
					    .subject = github->repository};
	for (bool again = false;; again = true) {
		bool there = false;
		struct err failure = {0};
		enum api_sent sent = API_NOT_TAKEN;
		if (hidden && has_comment(github, fx, number, hidden, &there, err) < 0)
			return -1;
		if (there ||
		    api_request(&github->api, fx, &request, NULL, &sent, &failure) == 0)
			return 0;
		if (sent == API_UNKNOWN && hidden && !again)
			continue;
		*err = failure;
		return -1;
	}
}
