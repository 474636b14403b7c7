/* One app during one step: how it is reached, what is known of it, what is noted about it.
 */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "digitalocean.h"

#define POLL_MS 5000
#define TIMEOUT_MS (15 * 60 * 1000)
#define NEW_ID "NEW"

/* TEXT, or {env: NAME}: an id is no secret, it may be read and shown. */
static int read_app(struct effects *fx, const struct driver_job *job, char **ret,
		    struct err *err)
{
	const json_t *app = json_object_get(job->service->settings, "app");
	const json_t *source = json_object_get(app, "$secret");
	const char *variable = json_get_string(source ? source : app, "env", NULL);
	if (json_is_string(app)) {
		*ret = mem_strdup(json_string_value(app));
		return 0;
	}
	if (variable && effects_env(fx, variable, ret, err) < 0)
		return -1;
	if (*ret && **ret)
		return 0;
	mem_freep(ret);
	err_set(err, ERR_CONFIG, "%s: the variable %s with the app's id is not set",
		job->service->name, variable ? variable : "?");
	return err_hint(err, "the id stands in the app's URL in the control panel");
}

static int64_t setting_ms(const struct driver_job *job, const char *key, int64_t fallback)
{
	int64_t ms = fallback;
	duration_parse(json_get_string(job->service->settings, key, ""), &ms);
	return ms;
}

int site_open(struct site *site, struct effects *fx, const struct driver_job *job,
	      struct err *err)
{
	const json_t *settings = job->service->settings;
	*site = (struct site){
		.fx = fx,
		.job = job,
		.poll_ms = setting_ms(job, "poll", POLL_MS),
		.timeout_ms = setting_ms(job, "timeout", TIMEOUT_MS),
		.skip_pin = json_get_bool(settings, "skip_pin", false),
	};
	if (read_app(fx, job, &site->app, err) < 0)
		return -1;
	digitalocean_init(&site->api, json_get_string(settings, "api_url", NULL),
			  json_object_get(settings, "token"));
	return 0;
}

void site_release(struct site *site)
{
	if (site->app)
		api_release(&site->api);
	free(site->app);
	site->app = NULL;
}

const char *site_label(const struct driver_job *job)
{
	const char *name;
	json_t *row;
	json_object_foreach(json_object_get(job->captured, "hosts"), name, row)
		return name;
	return "app";
}

const char *site_setting(const struct site *site, const char *key)
{
	return json_get_string(site->job->service->settings, key, "");
}

int site_note(const struct site *site, const char *key, const char *value,
	      struct err *err)
{
	const struct driver_job *job = site->job;
	if (!job->note || !value)
		return 0;
	return job->note(job, json_pack("{s:s}", key, value), err);
}

const char *site_noted(const struct site *site, const char *key)
{
	const json_t *notes = site->job->notes;
	const char *before = json_get_string(json_object_get(notes, "before"), key, NULL);
	return json_get_string(notes, key, before);
}

int site_look(struct site *site, json_t **ret_app, struct err *err)
{
	return digitalocean_app(&site->api, site->fx, site->app, ret_app, err);
}

/* --- deployments ----------------------------------------------------------------------------- */

const char *deployment_id(const json_t *deployment)
{
	const char *id = json_get_string(deployment, "id", NULL);
	if (!id && answer_is_assumed(deployment))
		return NEW_ID;
	return id && *id ? id : NULL;
}

bool deployment_is(const json_t *deployment, const char *release)
{
	const char *id = deployment_id(deployment);
	return id && release && *release &&
	       (str_equal(id, release) ||
		str_equal(json_get_string(deployment, "cloned_from", ""), release));
}

bool deployment_is_ours(const struct site *site, const char *id)
{
	static const char *const keys[] = {"deployment", "rollback", "reverted"};
	const json_t *notes = site->job->notes;
	const json_t *before = json_object_get(notes, "before");
	for (size_t i = 0; id && i < ARRAY_SIZE(keys); i++)
		if (str_equal(json_get_string(notes, keys[i], NULL), id) ||
		    str_equal(json_get_string(before, keys[i], NULL), id))
			return true;
	return false;
}

char *deployment_name(const json_t *deployment)
{
	const char *id = deployment_id(deployment);
	const char *cause = json_get_string(deployment, "cause", "");
	return str_format("%s%s%s%s", id ? id : "?", *cause ? " (" : "", cause,
			  *cause ? ")" : "");
}

/* The deepest step that failed is the one that knows why. */
static const json_t *failed_step(const json_t *steps)
{
	size_t i;
	json_t *step;
	json_array_foreach(steps, i, step) {
		const json_t *deeper = failed_step(json_object_get(step, "steps"));
		if (deeper)
			return deeper;
		if (str_equal(json_get_string(step, "status", ""), "ERROR"))
			return step;
	}
	return NULL;
}

char *deployment_fault(const json_t *deployment)
{
	const json_t *step = failed_step(json_at(deployment, "/progress/steps"));
	if (!step)
		step = failed_step(json_at(deployment, "/progress/summary_steps"));
	if (!step)
		return NULL;
	const json_t *reason = json_object_get(step, "reason");
	const char *component = json_get_string(step, "component_name", "");
	const char *words = json_get_string(reason, "message", NULL);
	if (!words || !*words)
		words = json_get_string(reason, "code", "no reason is given");
	return str_format("%s%s%s failed: %s", component, *component ? ": " : "",
			  json_get_string(step, "name", "a step"), words);
}
