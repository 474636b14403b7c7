/* App Platform: rollbacks, and the conditions that the service names when one cannot be made.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean_parts.h"

static json_t *target_json(const char *deployment, bool skip_pin)
{
	return json_pack("{s:s, s:b}", "deployment_id", deployment, "skip_pin", skip_pin);
}

int digitalocean_rollback_validate(struct api *api, struct effects *fx, const char *app,
				   const char *deployment, bool skip_pin, json_t **ret,
				   struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/rollback/validate");
	_cleanup_json_ json_t *json = target_json(deployment, skip_pin);
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = json,
					    .summary =
						    "ask whether a rollback is possible",
					    .is_look = true};
	return digitalocean_act(api, fx, &request, NULL, ret, NULL, err);
}

int digitalocean_rollback(struct api *api, struct effects *fx, const char *app,
			  const char *deployment, bool skip_pin, json_t **ret_deployment,
			  enum api_sent *ret_sent, struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/rollback");
	_cleanup_free_ char *summary =
		str_format("roll the app %s back to %s%s", app, deployment,
			   skip_pin ? "" : " and pin it there");
	_cleanup_json_ json_t *json = target_json(deployment, skip_pin);
	const struct api_request request = {
		.method = "POST", .path = path, .json = json, .summary = summary};
	return digitalocean_act(api, fx, &request, "deployment", ret_deployment, ret_sent,
				err);
}

int digitalocean_rollback_commit(struct api *api, struct effects *fx, const char *app,
				 struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/rollback/commit");
	_cleanup_free_ char *summary =
		str_format("commit the rollback of the app %s: it is unpinned", app);
	const struct api_request request = {
		.method = "POST", .path = path, .summary = summary};
	return api_request(api, fx, &request, NULL, NULL, err);
}

int digitalocean_rollback_revert(struct api *api, struct effects *fx, const char *app,
				 json_t **ret_deployment, struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/rollback/revert");
	_cleanup_free_ char *summary =
		str_format("revert the rollback of the app %s", app);
	const struct api_request request = {
		.method = "POST", .path = path, .summary = summary};
	return digitalocean_act(api, fx, &request, "deployment", ret_deployment, NULL,
				err);
}

const char *digitalocean_condition(const char *code)
{
	static const struct {
		const char *code, *words;
	} rows[] = {
		{"incompatible_phase",
		 "that deployment is not one that was replaced after being live"},
		{"incompatible_result", "that deployment did not end well"},
		{"exceeded_revision_limit",
		 "it is more revisions back than the app keeps"},
		{"app_pinned",
		 "the app is pinned to a rollback that was neither committed nor reverted"},
		{"database_config_conflict",
		 "the app's databases are configured differently since then"},
		{"region_conflict", "the app was in another region then"},
		{"static_site_requires_rebuild",
		 "a static site has to be built again, which takes longer and may give "
		 "something else"},
		{"image_source_missing_digest",
		 "the image was deployed by its tag, and the tag may point to another "
		 "image by now"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(code, rows[i].code) == 0)
			return rows[i].words;
	return code;
}
