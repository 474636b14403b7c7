/* What is shown beside a commit (commit statuses, check runs), and the workflow runs that a commit leads
 * to. GitHub API: repos/create-commit-status, checks/create, checks/update, actions/get-workflow-run.
 */
#include <inttypes.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "github_parts.h"

#define DESCRIPTION_MAX 140
#define TITLE_MAX 200
#define OUTPUT_MAX 60000 /* characters; GitHub takes 65535 */

int github_commit_status(struct github *github, struct effects *fx, const char *sha,
			 const char *context, const char *state, const char *description,
			 const char *target_url, struct err *err)
{
	_cleanup_free_ char *commit = api_escape(sha);
	_cleanup_free_ char *path = github_path(github, "/statuses/%s", commit);
	_cleanup_free_ char *summary =
		str_format("set the commit status %s to %s", context, state);
	_cleanup_free_ char *words =
		github_clip(description ? description : "", DESCRIPTION_MAX);
	_cleanup_json_ json_t *body =
		json_pack("{s:s, s:s, s:s, s:s*}", "state", state, "context", context,
			  "description", words, "target_url", target_url);
	return github_set(github, fx, "POST", path, body, summary, err);
}

/* --- check runs ------------------------------------------------------------------------------ */

static json_t *check_run_body(const char *name, const char *sha, const char *conclusion,
			      const char *title, const char *summary)
{
	_cleanup_free_ char *text = github_clip(summary ? summary : "", OUTPUT_MAX);
	_cleanup_free_ char *line = github_clip(title ? title : name, TITLE_MAX);
	json_t *body = json_pack("{s:s, s:s, s:{s:s, s:s}}", "name", name, "status",
				 conclusion ? "completed" : "in_progress", "output",
				 "title", line, "summary", text);
	if (conclusion)
		json_object_set_new(body, "conclusion", json_string(conclusion));
	if (sha)
		json_object_set_new(body, "head_sha", json_string(sha));
	return body;
}

int github_check_run(struct github *github, struct effects *fx, int64_t id,
		     const char *name, const char *sha, const char *conclusion,
		     const char *title, const char *summary, int64_t *ret_id,
		     struct err *err)
{
	_cleanup_free_ char *path = id ? github_path(github, "/check-runs/%" PRId64, id)
				       : github_path(github, "/check-runs");
	_cleanup_free_ char *words =
		str_format("%s the check run %s%s%s", id ? "update" : "create", name,
			   conclusion ? " as " : "", conclusion ? conclusion : "");
	_cleanup_json_ json_t *body =
		check_run_body(name, id ? NULL : sha, conclusion, title, summary);
	_cleanup_json_ json_t *answer = NULL;
	const struct api_request request = {.method = id ? "PATCH" : "POST",
					    .path = path,
					    .json = body,
					    .summary = words,
					    .subject = github->repository,
					    .repeatable = id != 0};
	if (api_request(&github->api, fx, &request, &answer, NULL, err) < 0)
		return -1;
	if (ret_id)
		*ret_id = json_get_int(answer, "id", id);
	return 0;
}

/* --- workflow runs --------------------------------------------------------------------------- */

enum github_run github_run_state(struct github *github, struct effects *fx,
				 int64_t run_id, int attempt)
{
	_cleanup_free_ char *path = github_path(github, "/actions/runs/%" PRId64, run_id);
	_cleanup_json_ json_t *run = NULL;
	struct err ignored = {0};
	const struct api_request request = {.method = "GET", .path = path};
	if (api_request(&github->api, fx, &request, &run, NULL, &ignored) < 0)
		return GITHUB_RUN_UNKNOWN;
	const char *status = json_get_string(run, "status", NULL);
	if (!status)
		return GITHUB_RUN_UNKNOWN;
	/* A run can be started again only when it is over. */
	if (json_get_int(run, "run_attempt", attempt) > attempt ||
	    strcmp(status, "completed") == 0)
		return GITHUB_RUN_OVER;
	return GITHUB_RUN_GOING_ON;
}
