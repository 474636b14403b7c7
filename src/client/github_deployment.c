/* Deployments and their statuses (GitHub API: repos/create-deployment, create-deployment-status): what
 * people see under a repository's environments. belay's own id is in the payload, so that a deployment
 * whose answer was lost, or whose run died, is found again.
 */
#include <inttypes.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "github_parts.h"

#define DESCRIPTION_MAX 140
#define LOOK_BACK "30" /* deployments of an environment that a search looks at */

/* GitHub gives a payload back as it got it, or as text. */
static bool payload_is_of(const json_t *payload, const char *deployment)
{
	_cleanup_json_ json_t *parsed =
		json_is_string(payload) ? json_loads(json_string_value(payload), 0, NULL)
					: json_incref((json_t *)payload);
	return str_equal(json_get_string(parsed, "deployment", NULL), deployment);
}

int github_deployment_find(struct github *github, struct effects *fx,
			   const char *environment, const char *deployment,
			   int64_t *ret_id, struct err *err)
{
	_cleanup_free_ char *name = api_escape(environment);
	_cleanup_free_ char *path = github_path(
		github, "/deployments?environment=%s&per_page=" LOOK_BACK, name);
	_cleanup_json_ json_t *rows = NULL;
	const struct api_request request = {.method = "GET", .path = path};
	size_t i;
	const json_t *row;
	*ret_id = 0;
	if (api_request(&github->api, fx, &request, &rows, NULL, err) < 0)
		return -1;
	json_array_foreach(rows, i, row) {
		if (!payload_is_of(json_object_get(row, "payload"), deployment))
			continue;
		*ret_id = json_get_int(row, "id", 0);
		return 0;
	}
	return 0;
}

static json_t *create_body(const struct github_deployment *deployment)
{
	_cleanup_free_ char *description = github_clip(
		deployment->description ? deployment->description : "", DESCRIPTION_MAX);
	json_t *body =
		json_pack("{s:s, s:s, s:s, s:b, s:[], s:b}", "ref", deployment->ref,
			  "environment", deployment->environment, "description",
			  description, "auto_merge", 0, "required_contexts",
			  "production_environment", (int)deployment->production);
	if (deployment->payload)
		json_object_set(body, "payload", (json_t *)deployment->payload);
	return body;
}

int github_deployment_create(struct github *github, struct effects *fx,
			     const struct github_deployment *deployment, int64_t *ret_id,
			     struct err *err)
{
	const char *ours = json_get_string(deployment->payload, "deployment", NULL);
	_cleanup_free_ char *path = github_path(github, "/deployments");
	_cleanup_free_ char *summary =
		str_format("show a deployment of %s on GitHub", deployment->environment);
	_cleanup_json_ json_t *body = create_body(deployment);
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = body,
					    .summary = summary,
					    .subject = github->repository};
	*ret_id = 0;
	for (bool again = false;; again = true) {
		_cleanup_json_ json_t *answer = NULL;
		struct err failure = {0};
		enum api_sent sent = API_NOT_TAKEN;
		if (api_request(&github->api, fx, &request, &answer, &sent, &failure) ==
		    0) {
			*ret_id = json_get_int(answer, "id", 0);
			return 0;
		}
		if (sent != API_UNKNOWN || again || !ours) {
			*err = failure;
			return -1;
		}
		if (github_deployment_find(github, fx, deployment->environment, ours,
					   ret_id, err) < 0)
			return -1;
		if (*ret_id)
			return 0;
	}
}

int github_deployment_status(struct github *github, struct effects *fx, int64_t id,
			     const char *state, const char *description,
			     const char *environment_url, const char *log_url,
			     struct err *err)
{
	_cleanup_free_ char *path =
		github_path(github, "/deployments/%" PRId64 "/statuses", id);
	_cleanup_free_ char *summary =
		str_format("show the deployment on GitHub as %s", state);
	_cleanup_free_ char *words =
		github_clip(description ? description : "", DESCRIPTION_MAX);
	_cleanup_json_ json_t *body =
		json_pack("{s:s, s:s, s:s*, s:s*}", "state", state, "description", words,
			  "environment_url", environment_url, "log_url", log_url);
	return github_set(github, fx, "POST", path, body, summary, err);
}

int github_deployment_state(struct github *github, struct effects *fx, int64_t id,
			    char **ret_state, struct err *err)
{
	_cleanup_free_ char *path =
		github_path(github, "/deployments/%" PRId64 "/statuses?per_page=1", id);
	_cleanup_json_ json_t *rows = NULL;
	const struct api_request request = {.method = "GET", .path = path};
	if (api_request(&github->api, fx, &request, &rows, NULL, err) < 0)
		return -1;
	const json_t *newest = json_array_get(rows, 0);
	*ret_state = mem_strdup(json_get_string(newest, "state", "pending"));
	return 0;
}
