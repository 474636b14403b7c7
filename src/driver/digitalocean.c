/* Driver `digitalocean`: an app on App Platform.
 *
 * Forward: a deployment of the app's sources, or (`mode: image`) of images that carry the version as tag
 * or digest; the one that we asked for is waited for by its id. Back: the platform's own rollback,
 * validated first, pinned while the gates are judged, then committed.
 *
 * A release is the id of the deployment that first brought the version out. The platform gives a copy
 * of it an id of its own and says in `cloned_from` what it is a copy of.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean.h"
#include "table.h"

#define COMMIT_ID_LEN 40

/* --- plan ------------------------------------------------------------------------------------ */

static json_t *digitalocean_plan(const struct driver_job *job)
{
	json_t *plan = json_array();
	bool images =
		str_equal(json_get_string(job->service->settings, "mode", ""), "image");
	bool skip_pin = json_get_bool(job->service->settings, "skip_pin", false);
	if (job->going_back) {
		plan_add(plan, "prepare", "app", "ask whether %s can be gone back to",
			 job->version);
		plan_add(plan, "switch", "app", "roll back to %s (deployment %s)%s",
			 job->version, job->release,
			 skip_pin ? "" : ", pinned until the gates have passed");
	} else if (images) {
		plan_add(plan, "switch", "app",
			 "write %s into the images of the app's spec, wait until it is "
			 "active",
			 job->version);
	} else {
		plan_add(
			plan, "switch", "app",
			"build and deploy the app's sources as %s, wait until it is active",
			job->version);
	}
	return plan;
}

/* --- capture --------------------------------------------------------------------------------- */

/* {component: tag or digest}. New. */
static json_t *images_of(const json_t *deployment)
{
	static const char *const kinds[] = {"services", "workers", "jobs"};
	json_t *images = json_object();
	const json_t *spec = json_object_get(deployment, "spec");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t at;
		json_t *row;
		json_array_foreach(json_object_get(spec, kinds[i]), at, row) {
			const json_t *image = json_object_get(row, "image");
			const char *tag = json_get_string(image, "tag", NULL);
			const char *version = json_get_string(image, "digest", tag);
			if (version)
				json_object_set_new(images,
						    json_get_string(row, "name", ""),
						    json_string(version));
		}
	}
	return images;
}

static const char *origin_of(const json_t *deployment)
{
	const char *origin = json_get_string(deployment, "cloned_from", "");
	return *origin ? origin : NULL;
}

static json_t *captured_new(const struct driver_job *job, const json_t *app,
			    const json_t *newest)
{
	const json_t *active = json_object_get(app, "active_deployment");
	const json_t *pinned = json_object_get(app, "pinned_deployment");
	bool known = deployment_is(active, job->previous_release);
	const char *name = json_get_string(json_object_get(app, "spec"), "name", "app");
	return json_pack(
		"{s:{s:{s:s*, s:s*}}, s:{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:o}}",
		"hosts", name, "version", known ? job->previous : NULL, "release",
		deployment_id(active), "app", "active", deployment_id(active),
		"active_from", origin_of(active), "in_progress",
		deployment_id(json_object_get(app, "in_progress_deployment")), "pinned",
		deployment_id(pinned), "pinned_from", origin_of(pinned), "newest",
		deployment_id(json_array_get(newest, 0)), "images", images_of(active));
}

/* What is live is not always what belay brought out. */
static void say_what_is_strange(const struct driver_job *job, const json_t *app)
{
	const json_t *active = json_object_get(app, "active_deployment");
	if (!job->previous_release || !*job->previous_release || !deployment_id(active) ||
	    deployment_is(active, job->previous_release))
		return;
	_cleanup_free_ char *name = deployment_name(active);
	progress_report(
		job->progress, PROGRESS_NOTE, job->service->name,
		"the app runs %s, which belay did not bring out; by the journal %s "
		"is live",
		name, job->previous ? job->previous : "?");
}

static int digitalocean_capture(struct effects *fx, const struct driver_job *job,
				json_t **ret, struct err *err)
{
	_cleanup_site_ struct site site = {0};
	_cleanup_json_ json_t *app = NULL;
	_cleanup_json_ json_t *newest = NULL;
	if (site_open(&site, fx, job, err) < 0 || site_look(&site, &app, err) < 0 ||
	    digitalocean_deployments(&site.api, fx, site.app, 1, &newest, err) < 0)
		return err_wrap(err, "%s", job->service->name);
	if (job->note) /* once, not at the look before the lock */
		say_what_is_strange(job, app);
	*ret = captured_new(job, app, newest);
	return 0;
}

/* --- prepare --------------------------------------------------------------------------------- */

static bool is_live(const struct driver_job *job, const char *release)
{
	const json_t *app = json_object_get(job->captured, "app");
	return str_equal(json_get_string(app, "active", NULL), release) ||
	       str_equal(json_get_string(app, "active_from", NULL), release);
}

/* Only looks: what cannot work is refused before anything is touched. Of an app that is pinned now and
 * will not be when it is rolled back, the platform cannot say yet whether it could be. */
static int digitalocean_prepare(struct effects *fx, const struct driver_job *job,
				struct err *err)
{
	_cleanup_site_ struct site site = {0};
	if (site_open(&site, fx, job, err) < 0 || pin_refuse(&site, err) < 0)
		return -1;
	bool pinned = json_string_value(json_at(job->captured, "/app/pinned")) != NULL;
	if (!job->going_back || pinned || is_live(job, job->release))
		return 0;
	return site_validate(&site, job->release, err);
}

/* --- activate -------------------------------------------------------------------------------- */

/* A run that died may have left a deployment on its way. */
static int settle_before(struct site *site, struct err *err)
{
	const json_t *before = json_object_get(site->job->notes, "before");
	const char *id = json_get_string(before, "deployment", NULL);
	if (id && site_stop(site, id, err) < 0)
		return -1;
	return pin_settle(site, err);
}

/* Before the first act, so that a later run can find what this one did: see digitalocean_ask.c. */
static int note_start(struct site *site, struct err *err)
{
	const struct driver_job *job = site->job;
	const char *newest = json_string_value(json_at(job->captured, "/app/newest"));
	const char *target = job->going_back ? job->release : NULL;
	if (!job->note)
		return 0;
	return job->note(job,
			 json_pack("{s:s, s:s*}", "newest", newest ? newest : "",
				   "target", target),
			 err);
}

/* A version that is a commit id says what has to be in it. */
static int check_commit(const struct site *site, const json_t *deployment,
			struct err *err)
{
	static const char *const kinds[] = {"services", "workers", "jobs", "static_sites",
					    "functions"};
	const char *version = site->job->version;
	const char *other = NULL;
	if (site_takes_images(site) || strlen(version) != COMMIT_ID_LEN ||
	    strspn(version, "0123456789abcdef") != COMMIT_ID_LEN)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t at;
		json_t *row;
		json_array_foreach(json_object_get(deployment, kinds[i]), at, row) {
			const char *commit =
				json_get_string(row, "source_commit_hash", "");
			if (str_equal(commit, version))
				return 0;
			other = *commit ? commit : other;
		}
	}
	if (!other)
		return 0;
	err_set(err, ERR_FAIL, "%s: the app was built from commit %s, not from %s",
		site->job->service->name, other, version);
	return err_hint(err, "the branch has moved on: deploy its newest commit");
}

static int go_forward(struct site *site, char **ret_id, struct err *err)
{
	_cleanup_json_ json_t *deployment = NULL;
	_cleanup_free_ char *id = NULL;
	if (site_ask(site, &id, err) < 0)
		return -1;
	if (site_note(site, "deployment", id, err) < 0 ||
	    site_wait_active(site, id, &deployment, err) < 0 ||
	    check_commit(site, deployment, err) < 0)
		return -1;
	*ret_id = TAKE_PTR(id);
	return 0;
}

static int bring(struct site *site, char **ret_id, struct err *err)
{
	const struct driver_job *job = site->job;
	bool pinned = json_string_value(json_at(job->captured, "/app/pinned")) != NULL;
	if (settle_before(site, err) < 0 || note_start(site, err) < 0)
		return -1;
	if (!job->going_back)
		return go_forward(site, ret_id, err);
	/* Reverting a pin may have moved what is live since then. */
	if (!pinned && is_live(job, job->release))
		return 0;
	return site_roll_back(site, job->release, NULL, err);
}

static int digitalocean_activate(struct effects *fx, const struct driver_job *job,
				 json_t **ret, struct err *err)
{
	_cleanup_site_ struct site site = {0};
	_cleanup_free_ char *id = NULL;
	struct err failure = {0};
	int64_t begin_ms = effects_mono_ms(fx);
	int result = site_open(&site, fx, job, &failure);
	if (result == 0)
		result = bring(&site, &id, &failure);
	json_t *row = json_pack("{s:b, s:I}", "switched", result == 0, "ms",
				(json_int_t)(effects_mono_ms(fx) - begin_ms));
	if (result < 0) {
		json_object_set_new(row, "error", json_string(failure.message));
		*err = failure;
	}
	*ret = json_pack("{s:{s:o}, s:s*}", "hosts", site_label(job), row, "release", id);
	return result;
}

/* --- restart --------------------------------------------------------------------------------- */

static int digitalocean_restarts(struct effects *fx, const struct driver_job *job,
				 const json_t *components, json_t **ret, struct err *err)
{
	_cleanup_site_ struct site site = {0};
	_cleanup_json_ json_t *deployment = NULL;
	int64_t begin_ms = effects_mono_ms(fx);
	if (site_open(&site, fx, job, err) < 0 ||
	    digitalocean_restart(&site.api, fx, site.app, components, &deployment, err) <
		    0)
		return -1;
	const char *id = deployment_id(deployment);
	if (!id)
		return err_set(err, ERR_FAIL, "%s: DigitalOcean names no deployment",
			       job->service->name);
	if (site_wait_active(&site, id, NULL, err) < 0)
		return -1;
	*ret = json_pack("{s:{s:{s:I}}}", "hosts", "app", "ms",
			 (json_int_t)(effects_mono_ms(fx) - begin_ms));
	return 0;
}

const struct driver driver_digitalocean = {
	.name = "digitalocean",
	.summary =
		"an app on DigitalOcean's App Platform, taken back by its own rollback",
	.names_releases = true,
	.plan = digitalocean_plan,
	.capture = digitalocean_capture,
	.prepare = digitalocean_prepare,
	.activate = digitalocean_activate,
	.undo = digitalocean_undo,
	.confirm = digitalocean_confirm,
	.reconsider = digitalocean_reconsider,
	.logs = digitalocean_read_logs,
	.restart = digitalocean_restarts,
};
