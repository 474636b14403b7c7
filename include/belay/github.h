/* room: client
 * GitHub's REST API as far as belay uses it: deployments and their statuses, commit statuses, check
 * runs, issues with labels and comments, contents, branches and pull requests, workflow runs.
 *
 * Source of formats: GitHub's OpenAPI description (2022-11-28). The same client speaks to GitHub
 * Enterprise Server (GITHUB_API_URL). A 403 names the `permissions:` line that is missing
 * (github_permission()); primary and secondary rate limits are waited for as api.h says; answers to
 * looks are remembered with their ETags, so that asking again costs nothing of the hourly limit.
 */
#ifndef BELAY_GITHUB_H
#define BELAY_GITHUB_H

#include "belay/api.h"
#include "belay/config.h"

struct github {
	struct api api;
	char *repository; /* "acme/shop" */
	char *server_url; /* "https://github.com": for links */
};

/* From the configuration's `github:` and the variables of a workflow (GITHUB_API_URL,
 * GITHUB_REPOSITORY, GITHUB_SERVER_URL; the token from INPUT_TOKEN, the action's, GITHUB_TOKEN or
 * GH_TOKEN). *ret is false when there is no GitHub to talk to (no token or no repository): not an
 * error. */
int github_init(struct github *github, struct effects *fx, const struct config *config,
		bool *ret, struct err *err);
void github_release(struct github *github);

/* "deployments: write" for a method and path; NULL when none is needed. Documented per verb. */
const char *github_permission(const char *method, const char *path);

/* --- deployments --------------------------------------------------------------------------- */

struct github_deployment {
	const char *ref;         /* commit or branch */
	const char *environment; /* "production" */
	const char *description; /* <= 140 characters are sent */
	const json_t *payload;   /* belay's own: {deployment, version}; or NULL */
	bool production;
};
/* Creates one without auto-merge and required contexts. Repeated after an unknown outcome it finds
 * the one with the same payload first. */
int github_deployment_create(struct github *github, struct effects *fx,
			     const struct github_deployment *deployment, int64_t *ret_id,
			     struct err *err);
/* state: queued in_progress success failure error inactive. */
int github_deployment_status(struct github *github, struct effects *fx, int64_t id,
			     const char *state, const char *description,
			     const char *environment_url, const char *log_url,
			     struct err *err);
/* The deployment of `environment` whose payload names `deployment`, among the newest 30; 0: none. */
int github_deployment_find(struct github *github, struct effects *fx,
			   const char *environment, const char *deployment,
			   int64_t *ret_id, struct err *err);
/* The state of its newest status, "pending" when it has none. Fresh string. */
int github_deployment_state(struct github *github, struct effects *fx, int64_t id,
			    char **ret_state, struct err *err);

/* --- commits ------------------------------------------------------------------------------- */

/* state: pending success failure error. */
int github_commit_status(struct github *github, struct effects *fx, const char *sha,
			 const char *context, const char *state, const char *description,
			 const char *target_url, struct err *err);
/* conclusion NULL: in progress. `id` 0 creates (*ret_id), else updates. */
int github_check_run(struct github *github, struct effects *fx, int64_t id,
		     const char *name, const char *sha, const char *conclusion,
		     const char *title, const char *summary, int64_t *ret_id,
		     struct err *err);

/* --- workflow runs ------------------------------------------------------------------------- */

enum github_run { GITHUB_RUN_UNKNOWN, GITHUB_RUN_GOING_ON, GITHUB_RUN_OVER };
/* Is the run still going on? UNKNOWN when nobody can say (no permission, no such run). */
enum github_run github_run_state(struct github *github, struct effects *fx,
				 int64_t run_id, int attempt);

/* --- issues -------------------------------------------------------------------------------- */

struct github_issue {
	const char *title, *body;
	const json_t *labels;    /* array of names */
	const json_t *assignees; /* array of logins */
};
/* The hidden marker's line: "<!-- belay:incident 20261121T095203Z-3fa2 -->". Fresh string. */
char *github_marker(const char *incident);
/* The oldest issue whose body holds the incident's marker, also a closed one; 0 when there is none.
 * `label` (may be NULL) narrows the list. Never by title. */
int github_issue_find(struct github *github, struct effects *fx, const char *incident,
		      const char *label, int64_t *ret_number, char **ret_url,
		      struct err *err);
/* Creates missing labels first; assignees that GitHub refuses are left out and named at the end of the
 * issue, never a reason to fail. An answer that never came is looked for by the marker in the body. */
int github_issue_create(struct github *github, struct effects *fx,
			const struct github_issue *issue, int64_t *ret_number,
			char **ret_url, struct err *err);
/* Members that are NULL stay as they are. state: open, closed. */
int github_issue_update(struct github *github, struct effects *fx, int64_t number,
			const struct github_issue *issue, const char *state,
			struct err *err);
int github_issue_get(struct github *github, struct effects *fx, int64_t number,
		     json_t **ret, struct err *err);
/* `marker`, a word such as a message's id (may be NULL), is hidden in the comment: an issue that has a
 * comment with it already is left alone. */
int github_issue_comment(struct github *github, struct effects *fx, int64_t number,
			 const char *body, const char *marker, struct err *err);

/* --- files and pull requests --------------------------------------------------------------- */

/* Is `path` on `ref` (NULL: the default branch)? *ret_text NULL when it is not there. */
int github_file_get(struct github *github, struct effects *fx, const char *path,
		    const char *ref, char **ret_text, struct err *err);
/* Creates `branch` from the default branch when it is missing, writes the file, opens a pull request
 * (or finds the open one). *ret_url: of the pull request. */
int github_file_propose(struct github *github, struct effects *fx, const char *branch,
			const char *path, const char *text, const char *title,
			const char *body, char **ret_url, struct err *err);

#endif
