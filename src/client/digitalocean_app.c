/* App Platform: apps, their health and alerts, deployments and what they wrote.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean_parts.h"

#define PAGE_MAX 50
#define LOG_TIMEOUT_MS 20000

/* --- looking --------------------------------------------------------------------------------- */

int digitalocean_app(struct api *api, struct effects *fx, const char *app, json_t **ret,
		     struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "%s", "");
	return digitalocean_look(api, fx, path, "app", ret, err);
}

int digitalocean_app_health(struct api *api, struct effects *fx, const char *app,
			    json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/health");
	return digitalocean_look(api, fx, path, "app_health", ret, err);
}

int digitalocean_app_alerts(struct api *api, struct effects *fx, const char *app,
			    json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/alerts");
	return digitalocean_look(api, fx, path, "alerts", ret, err);
}

int digitalocean_deployments(struct api *api, struct effects *fx, const char *app,
			     size_t limit, json_t **ret, struct err *err)
{
	size_t page = limit < PAGE_MAX ? limit : PAGE_MAX;
	_cleanup_free_ char *path =
		digitalocean_app_path(app, "/deployments?per_page=%zu", page ? page : 1);
	return api_list(api, fx, path, "deployments", limit, ret, err);
}

int digitalocean_deployment(struct api *api, struct effects *fx, const char *app,
			    const char *deployment, json_t **ret, struct err *err)
{
	_cleanup_free_ char *id = api_escape(deployment);
	_cleanup_free_ char *path = digitalocean_app_path(app, "/deployments/%s", id);
	return digitalocean_look(api, fx, path, "deployment", ret, err);
}

/* --- changing -------------------------------------------------------------------------------- */

int digitalocean_app_update(struct api *api, struct effects *fx, const char *app,
			    const json_t *spec, json_t **ret_app, enum api_sent *ret_sent,
			    struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "%s", "");
	_cleanup_free_ char *summary = str_format("give the app %s a new spec", app);
	_cleanup_json_ json_t *json = json_pack("{s:O}", "spec", spec);
	const struct api_request request = {
		.method = "PUT", .path = path, .json = json, .summary = summary};
	return digitalocean_act(api, fx, &request, "app", ret_app, ret_sent, err);
}

int digitalocean_deploy(struct api *api, struct effects *fx, const char *app,
			bool force_build, json_t **ret_deployment,
			enum api_sent *ret_sent, struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/deployments");
	_cleanup_free_ char *summary = str_format("deploy the app %s", app);
	_cleanup_json_ json_t *json = json_pack("{s:b}", "force_build", force_build);
	const struct api_request request = {
		.method = "POST", .path = path, .json = json, .summary = summary};
	return digitalocean_act(api, fx, &request, "deployment", ret_deployment, ret_sent,
				err);
}

/* Twice cancelled is cancelled once; of a deployment that has ended already the service says no. */
int digitalocean_cancel(struct api *api, struct effects *fx, const char *app,
			const char *deployment, struct err *err)
{
	_cleanup_free_ char *id = api_escape(deployment);
	_cleanup_free_ char *path =
		digitalocean_app_path(app, "/deployments/%s/cancel", id);
	_cleanup_free_ char *summary = str_format("cancel the deployment %s", deployment);
	const struct api_request request = {
		.method = "POST", .path = path, .summary = summary, .repeatable = true};
	return api_request(api, fx, &request, NULL, NULL, err);
}

int digitalocean_restart(struct api *api, struct effects *fx, const char *app,
			 const json_t *components, json_t **ret_deployment,
			 struct err *err)
{
	_cleanup_free_ char *path = digitalocean_app_path(app, "/restart");
	_cleanup_free_ char *summary = str_format("restart the app %s", app);
	_cleanup_json_ json_t *json = json_object();
	if (components)
		json_object_set(json, "components", (json_t *)components);
	const struct api_request request = {
		.method = "POST", .path = path, .json = json, .summary = summary};
	return digitalocean_act(api, fx, &request, "deployment", ret_deployment, NULL,
				err);
}

/* --- logs ------------------------------------------------------------------------------------ */

/* The end of a text, from the beginning of a line where there is one. Fresh. */
static char *tail_of(const char *text, size_t max_bytes)
{
	size_t len = strlen(text);
	if (len <= max_bytes)
		return mem_strdup(text);
	const char *at = text + len - max_bytes;
	const char *line = strchr(at, '\n');
	while (!line && (*at & 0xc0) == 0x80)
		at++;
	return mem_strdup(line && line[1] ? line + 1 : at);
}

/* The address is one of a store of files and carries its own permission: the token is not sent. */
static int read_log(struct api *api, struct effects *fx, const char *url, char **ret_text,
		    size_t max_bytes, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack(
		"{s:s, s:s, s:i, s:i, s:i}", "method", "GET", "url", url, "timeout_ms",
		LOG_TIMEOUT_MS, "max_redirects", 3, "max_body_bytes", 4 << 20);
	if (api->tls)
		json_object_set(args, "tls", api->tls);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "http",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = "DigitalOcean's logs"};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	int64_t status = json_get_int(answer, "status", 0);
	const char *text = status == 200 ? json_get_string(answer, "body", "") : "";
	*ret_text = tail_of(text, max_bytes);
	return 0;
}

int digitalocean_logs(struct api *api, struct effects *fx, const char *app,
		      const char *deployment, const char *component, const char *kind,
		      size_t max_bytes, char **ret_text, struct err *err)
{
	_cleanup_json_ json_t *places = NULL;
	_cleanup_free_ char *id = api_escape(deployment);
	_cleanup_free_ char *name = api_escape(component);
	_cleanup_free_ char *path = digitalocean_app_path(
		app, "/deployments/%s/components/%s/logs?type=%s&follow=false", id, name,
		kind);
	struct err failure = {0};
	if (digitalocean_look(api, fx, path, NULL, &places, &failure) < 0 &&
	    failure.code != ERR_NOT_FOUND) {
		*err = failure;
		return -1;
	}
	const char *url = json_string_value(json_at(places, "/historic_urls/0"));
	if (!url)
		url = json_get_string(places, "live_url", NULL);
	if (!url || !*url) {
		*ret_text = mem_strdup("");
		return 0;
	}
	return read_log(api, fx, url, ret_text, max_bytes, err);
}

/* --- phases ---------------------------------------------------------------------------------- */

enum digitalocean_phase digitalocean_phase_of(const json_t *deployment)
{
	static const struct {
		const char *name;
		enum digitalocean_phase phase;
	} rows[] = {
		{"ACTIVE", DEPLOYMENT_ACTIVE},
		{"SUPERSEDED", DEPLOYMENT_SUPERSEDED},
		{"ERROR", DEPLOYMENT_FAILED},
		{"CANCELED", DEPLOYMENT_CANCELLED},
	};
	const char *name = json_get_string(deployment, "phase", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(name, rows[i].name) == 0)
			return rows[i].phase;
	return DEPLOYMENT_RUNNING; /* UNKNOWN as well: it is looked at again */
}
