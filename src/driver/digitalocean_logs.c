/* What the platform wrote about a deployment of ours: the logs of its building and deploying, and what
 * its components said themselves once they ran.
 *
 * Somebody waits for the undo meanwhile, so little time is given to it and few components are asked.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean.h"

#define LOG_MAX_BYTES ((size_t)16 * 1024)
#define COMPONENTS_MAX 4
#define PATIENCE_MS 3000

/* Names of the components that failed, else of all. New array. */
static json_t *components_of(const json_t *deployment)
{
	static const char *const kinds[] = {"services", "workers", "jobs",
					    "static_sites"};
	_cleanup_json_ json_t *all = json_object();
	_cleanup_json_ json_t *failed = json_object();
	size_t at;
	json_t *row;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		json_array_foreach(json_object_get(deployment, kinds[i]), at, row)
			json_object_set_new(all, json_get_string(row, "name", ""),
					    json_true());
	json_array_foreach(json_at(deployment, "/progress/steps"), at, row) {
		const char *name = json_get_string(row, "component_name", "");
		if (str_equal(json_get_string(row, "status", ""), "ERROR") && *name)
			json_object_set_new(failed, name, json_true());
	}
	const json_t *chosen = json_object_size(failed) ? failed : all;
	json_t *names = json_array();
	const char *name;
	json_object_foreach((json_t *)chosen, name, row) {
		if (*name && json_array_size(names) < COMPONENTS_MAX)
			json_array_append_new(names, json_string(name));
	}
	return names;
}

static int add_log(struct site *site, const char *id, const char *component,
		   const char *kind, const char *word, json_t *logs, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	if (digitalocean_logs(&site->api, site->fx, site->app, id, component, kind,
			      LOG_MAX_BYTES, &text, err) < 0)
		return -1;
	if (str_is_blank(text))
		return 0;
	_cleanup_free_ char *title = str_format("%s: %s log", component, word);
	json_array_append_new(logs,
			      json_pack("{s:s, s:s}", "title", title, "text", text));
	return 0;
}

static int add_logs(struct site *site, const json_t *deployment, json_t *logs,
		    struct err *err)
{
	static const struct {
		const char *kind, *word;
		bool live; /* of one that went live, else of one that did not */
	} kinds[] = {
		{"BUILD", "build", false},
		{"DEPLOY", "deploy", false},
		{"RUN", "run", true},
	};
	_cleanup_json_ json_t *names = components_of(deployment);
	enum digitalocean_phase phase = digitalocean_phase_of(deployment);
	bool live = phase == DEPLOYMENT_ACTIVE || phase == DEPLOYMENT_SUPERSEDED;
	size_t at;
	json_t *name;
	json_array_foreach(names, at, name) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (kinds[i].live == live &&
			    add_log(site, deployment_id(deployment),
				    json_string_value(name), kinds[i].kind, kinds[i].word,
				    logs, err) < 0)
				return -1;
	}
	return 0;
}

int digitalocean_read_logs(struct effects *fx, const struct driver_job *job, json_t **ret,
			   struct err *err)
{
	_cleanup_site_ struct site site = {0};
	_cleanup_json_ json_t *deployment = NULL;
	const char *key = job->going_back ? "rollback" : "deployment";
	const char *id = json_get_string(job->notes, key, NULL);
	*ret = json_array();
	if (!id)
		return 0;
	if (site_open(&site, fx, job, err) < 0)
		return -1;
	site.api.timeout_ms = PATIENCE_MS;
	site.api.patience_ms = PATIENCE_MS;
	if (digitalocean_deployment(&site.api, fx, site.app, id, &deployment, err) < 0)
		return -1;
	return answer_is_assumed(deployment) ? 0 : add_logs(&site, deployment, *ret, err);
}
