/* Asking for a deployment: of the app's sources, or of images that the spec names by the version.
 *
 * The API takes no name from us that would mark a deployment as ours. So before the first act the
 * newest deployment there is gets noted, and an answer that never came is looked for among those that
 * are newer.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean.h"

#define ASKS_MAX 3
#define LOOKS 2
#define NEWER_MAX 20

bool site_takes_images(const struct site *site)
{
	return str_equal(site_setting(site, "mode"), "image");
}

/* --- images ---------------------------------------------------------------------------------- */

static bool is_named(const json_t *names, const char *name)
{
	size_t i;
	json_t *item;
	json_array_foreach(names, i, item) {
		if (str_equal(json_string_value(item), name))
			return true;
	}
	return json_array_size(names) == 0;
}

/* "sha256:…" is a digest, anything else a tag. */
static const char *image_member(const char *version)
{
	return str_has_prefix(version, "sha256:") ? "digest" : "tag";
}

/* Calls `each` for the image of every component that gets the version; counts them. */
static size_t walk_images(const struct site *site, const json_t *spec,
			  bool (*each)(json_t *image, const char *version))
{
	static const char *const kinds[] = {"services", "workers", "jobs"};
	const json_t *names = json_object_get(site->job->service->settings, "components");
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t at;
		json_t *component;
		json_array_foreach(json_object_get(spec, kinds[i]), at, component) {
			json_t *image = json_object_get(component, "image");
			const char *name = json_get_string(component, "name", "");
			if (image && is_named(names, name) &&
			    each(image, site->job->version))
				count++;
		}
	}
	return count;
}

static bool set_image(json_t *image, const char *version)
{
	json_object_del(image, "tag");
	json_object_del(image, "digest");
	json_object_set_new(image, image_member(version), json_string(version));
	return true;
}

static bool has_image(json_t *image, const char *version)
{
	return str_equal(json_get_string(image, image_member(version), ""), version);
}

/* The app's spec with our version in it. New reference. */
static int spec_with_version(struct site *site, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *app = NULL;
	if (site_look(site, &app, err) < 0)
		return -1;
	if (answer_is_assumed(app)) {
		*ret = json_object();
		return 0;
	}
	_cleanup_json_ json_t *spec = json_deep_copy(json_object_get(app, "spec"));
	if (walk_images(site, spec, set_image) > 0) {
		*ret = TAKE_PTR(spec);
		return 0;
	}
	err_set(err, ERR_CONFIG,
		"%s: no component of the app runs an image that could get the version",
		site->job->service->name);
	return err_hint(err,
			"name components that have 'image:' in the app's spec, or use "
			"'mode: deployment'");
}

/* --- looking for a lost answer ------------------------------------------------------------------- */

/* Whoever pushes to a branch, or a database that is maintained, makes deployments too. */
static bool is_by_hand(const json_t *deployment)
{
	const char *cause = json_get_string(deployment, "cause", "");
	return !strcasestr(cause, "commit") && !strcasestr(cause, "push") &&
	       !strcasestr(cause, "maintenance") && !strcasestr(cause, "autoscal");
}

static bool may_be_ours(struct site *site, const json_t *deployment, const char *target)
{
	const char *origin = json_get_string(deployment, "cloned_from", "");
	if (deployment_is_ours(site, deployment_id(deployment)))
		return false; /* known already: not the one whose answer was lost */
	if (target)
		return str_equal(origin, target);
	if (site_takes_images(site))
		return walk_images(site, json_object_get(deployment, "spec"), has_image) >
		       0;
	return !*origin && is_by_hand(deployment);
}

int site_find(struct site *site, const char *newest, const char *target, char **ret_id,
	      struct err *err)
{
	_cleanup_json_ json_t *list = NULL;
	const char *found = NULL;
	size_t i, count = 0;
	json_t *deployment;
	if (digitalocean_deployments(&site->api, site->fx, site->app, NEWER_MAX, &list,
				     err) < 0)
		return -1;
	json_array_foreach(list, i, deployment) {
		const char *id = deployment_id(deployment);
		if (str_equal(id, newest))
			break;
		if (!id || !may_be_ours(site, deployment, target))
			continue;
		found = id;
		count++;
	}
	if (count > 1) {
		err_set(err, ERR_FAIL,
			"%s: DigitalOcean's answer was lost, and %zu deployments since then "
			"could be ours",
			site->job->service->name, count);
		return err_hint(err,
				"cancel those that are not wanted, then run it again");
	}
	if (found)
		*ret_id = mem_strdup(found);
	return 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

static int ask_sources(struct site *site, char **ret_id, enum api_sent *ret_sent,
		       struct err *err)
{
	_cleanup_json_ json_t *deployment = NULL;
	bool force = json_get_bool(site->job->service->settings, "force_build", false);
	if (digitalocean_deploy(&site->api, site->fx, site->app, force, &deployment,
				ret_sent, err) < 0)
		return -1;
	const char *id = deployment_id(deployment);
	*ret_id = id ? mem_strdup(id) : NULL;
	return 0;
}

/* The answer's pending deployment is the one that the new spec led to; a spec that was the same before
 * leads to none. */
static int ask_images(struct site *site, char **ret_id, enum api_sent *ret_sent,
		      struct err *err)
{
	_cleanup_json_ json_t *spec = NULL;
	_cleanup_json_ json_t *app = NULL;
	*ret_sent = API_NOT_TAKEN;
	if (spec_with_version(site, &spec, err) < 0 ||
	    digitalocean_app_update(&site->api, site->fx, site->app, spec, &app, ret_sent,
				    err) < 0)
		return -1;
	const json_t *made =
		answer_is_assumed(app) ? app : json_object_get(app, "pending_deployment");
	const char *id = deployment_id(made);
	if (!id)
		return ask_sources(site, ret_id, ret_sent, err);
	*ret_id = mem_strdup(id);
	return 0;
}

/* The service may still be working on what it did not answer: so it is looked for more than once. */
static int find_lost(struct site *site, char **ret_id, struct err *err)
{
	const char *newest =
		json_string_value(json_at(site->job->captured, "/app/newest"));
	for (int i = 0; i < LOOKS && !*ret_id; i++)
		if (effects_sleep(site->fx, site->poll_ms, err) < 0 ||
		    site_find(site, newest, NULL, ret_id, err) < 0)
			return -1;
	return 0;
}

void site_note_refused(struct site *site, const struct err *failure)
{
	struct err ignored = {0};
	if (failure->code != ERR_CANCELLED)
		site_note(site, "refused", failure->message, &ignored);
}

int site_ask(struct site *site, char **ret_id, struct err *err)
{
	for (int asked = 1;; asked++) {
		enum api_sent sent = API_NOT_TAKEN;
		struct err failure = {0};
		int result = site_takes_images(site)
				     ? ask_images(site, ret_id, &sent, &failure)
				     : ask_sources(site, ret_id, &sent, &failure);
		if (result == 0 && *ret_id)
			return 0;
		if (result < 0 && (sent == API_NOT_TAKEN || asked == ASKS_MAX)) {
			if (asked == 1 && sent == API_NOT_TAKEN)
				site_note_refused(site, &failure);
			*err = failure;
			return -1;
		}
		progress_report(site->job->progress, PROGRESS_NOTE,
				site->job->service->name,
				"the answer was lost: looking whether it was taken");
		if (find_lost(site, ret_id, err) < 0)
			return -1;
		if (*ret_id)
			return 0;
		if (asked == ASKS_MAX)
			return err_set(err, ERR_FAIL,
				       "%s: DigitalOcean names no deployment",
				       site->job->service->name);
	}
}
