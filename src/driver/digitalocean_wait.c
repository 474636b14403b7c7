/* Waiting for a deployment: through its phases, with its steps shown as they come, until it has ended
 * or the time is over.
 *
 * Looks that fail are repeated until then: that the API is away says nothing about the deployment.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "digitalocean.h"

/* What was just made may not be found everywhere at once. */
#define SHOWS_UP_MS 30000
/* While something is being taken back somebody is waiting. */
#define STOP_POLL_MS 1000

struct watch {
	struct site *site;
	const char *id;
	int64_t begun_ms; /* monotonic */
	bool found;
	json_t *seen; /* step → status that was shown */
};

static void show_step(struct watch *watch, const json_t *step)
{
	const char *name = json_get_string(step, "name", "step");
	const char *status = json_get_string(step, "status", "");
	if (str_equal(json_get_string(watch->seen, name, ""), status))
		return;
	json_object_set_new(watch->seen, name, json_string(status));
	const struct driver_job *job = watch->site->job;
	if (str_equal(status, "SUCCESS"))
		progress_report(job->progress, PROGRESS_NOTE, job->service->name,
				"%s: done", name);
	else if (str_equal(status, "ERROR"))
		progress_report(job->progress, PROGRESS_NOTE, job->service->name,
				"%s: failed", name);
}

static void show(struct watch *watch, const json_t *deployment)
{
	const json_t *progress = json_object_get(deployment, "progress");
	const json_t *steps = json_object_get(progress, "summary_steps");
	const struct driver_job *job = watch->site->job;
	_cleanup_str_ struct str took = STR_INIT;
	size_t i;
	json_t *step;
	json_array_foreach(steps ? steps : json_object_get(progress, "steps"), i, step)
		show_step(watch, step);
	duration_add(&took, effects_mono_ms(watch->site->fx) - watch->begun_ms);
	progress_report(job->progress, PROGRESS_WAIT, job->service->name,
			"deployment %s: %s, %lld of %lld steps done, %s", watch->id,
			json_get_string(deployment, "phase", "?"),
			(long long)json_get_int(progress, "success_steps", 0),
			(long long)json_get_int(progress, "total_steps", 0),
			str_text(&took));
}

static bool may_pass(const struct watch *watch, const struct err *err)
{
	if (err->code == ERR_NOT_FOUND)
		return !watch->found &&
		       effects_mono_ms(watch->site->fx) - watch->begun_ms < SHOWS_UP_MS;
	return err->code == ERR_NET || err->code == ERR_TIMEOUT || err->code == ERR_LIMIT;
}

/* *ret_deployment stays NULL when the look failed and may be repeated. */
static int look(struct watch *watch, json_t **ret_deployment, struct err *err)
{
	struct site *site = watch->site;
	struct err failure = {0};
	if (digitalocean_deployment(&site->api, site->fx, site->app, watch->id,
				    ret_deployment, &failure) == 0) {
		watch->found = true;
		show(watch, *ret_deployment);
		return 0;
	}
	if (may_pass(watch, &failure)) {
		progress_report(site->job->progress, PROGRESS_WAIT,
				site->job->service->name, "%s", failure.message);
		return 0;
	}
	*err = failure;
	return -1;
}

static int time_is_over(const struct watch *watch, struct err *err)
{
	_cleanup_str_ struct str limit = STR_INIT;
	duration_add(&limit, watch->site->timeout_ms);
	err_set(err, ERR_TIMEOUT, "%s: the deployment %s has not ended after %s",
		watch->site->job->service->name, watch->id, str_text(&limit));
	return err_hint(err,
			"raise 'timeout:' of service '%s' if that is how long it takes",
			watch->site->job->service->name);
}

static int watch_until_ended(struct watch *watch, int64_t poll_ms,
			     json_t **ret_deployment, struct err *err)
{
	struct site *site = watch->site;
	const struct driver_job *job = site->job;
	for (;;) {
		_cleanup_json_ json_t *deployment = NULL;
		if (look(watch, &deployment, err) < 0)
			return -1;
		if (deployment &&
		    (answer_is_assumed(deployment) ||
		     digitalocean_phase_of(deployment) != DEPLOYMENT_RUNNING)) {
			*ret_deployment = TAKE_PTR(deployment);
			return 0;
		}
		if (effects_mono_ms(site->fx) - watch->begun_ms >= site->timeout_ms)
			return time_is_over(watch, err);
		if ((job->renew && job->renew(job, err) < 0) ||
		    effects_sleep(site->fx, poll_ms, err) < 0)
			return -1;
	}
}

static int wait_polling(struct site *site, const char *id, int64_t poll_ms,
			json_t **ret_deployment, struct err *err)
{
	struct watch watch = {
		.site = site,
		.id = id,
		.begun_ms = effects_mono_ms(site->fx),
		.seen = json_object(),
	};
	int result = watch_until_ended(&watch, poll_ms, ret_deployment, err);
	json_decref(watch.seen);
	return result;
}

int site_wait(struct site *site, const char *id, json_t **ret_deployment, struct err *err)
{
	return wait_polling(site, id, site->poll_ms, ret_deployment, err);
}

/* Says by whom it was replaced, when that can be seen. */
static int superseded(struct site *site, const char *id, struct err *err)
{
	_cleanup_json_ json_t *app = NULL;
	_cleanup_free_ char *name = NULL;
	struct err ignored = {0};
	if (site_look(site, &app, &ignored) == 0) {
		json_t *other = json_object_get(app, "in_progress_deployment");
		if (!deployment_id(other))
			other = json_object_get(app, "active_deployment");
		if (deployment_id(other) && !str_equal(deployment_id(other), id))
			name = deployment_name(other);
	}
	err_set(err, ERR_FAIL,
		"%s: our deployment %s was replaced by %s, which is not ours",
		site->job->service->name, id, name ? name : "another one");
	return err_hint(
		err,
		"somebody deploys beside belay: turn off 'deploy on push' of the app, "
		"or let all deployments go through belay");
}

int site_wait_active(struct site *site, const char *id, json_t **ret_deployment,
		     struct err *err)
{
	_cleanup_json_ json_t *deployment = NULL;
	const char *service = site->job->service->name;
	if (site_wait(site, id, &deployment, err) < 0)
		return -1;
	_cleanup_free_ char *fault = deployment_fault(deployment);
	switch (answer_is_assumed(deployment) ? DEPLOYMENT_ACTIVE
					      : digitalocean_phase_of(deployment)) {
	case DEPLOYMENT_RUNNING:
	case DEPLOYMENT_ACTIVE:
		break;
	case DEPLOYMENT_SUPERSEDED:
		return superseded(site, id, err);
	case DEPLOYMENT_FAILED:
		return err_set(err, ERR_FAIL, "%s: the deployment %s failed%s%s", service,
			       id, fault ? ": " : "", fault ? fault : "");
	case DEPLOYMENT_CANCELLED:
		return err_set(err, ERR_FAIL,
			       "%s: the deployment %s was cancelled by somebody", service,
			       id);
	}
	if (ret_deployment)
		*ret_deployment = TAKE_PTR(deployment);
	return 0;
}

int site_stop(struct site *site, const char *id, struct err *err)
{
	_cleanup_json_ json_t *deployment = NULL;
	_cleanup_json_ json_t *ended = NULL;
	struct err refusal = {0};
	if (digitalocean_deployment(&site->api, site->fx, site->app, id, &deployment,
				    err) < 0)
		return -1;
	if (answer_is_assumed(deployment) ||
	    digitalocean_phase_of(deployment) != DEPLOYMENT_RUNNING)
		return 0;
	progress_report(site->job->progress, PROGRESS_NOTE, site->job->service->name,
			"cancelling the deployment %s", id);
	/* It may have ended meanwhile: then cancelling is refused, and all is well. */
	if (digitalocean_cancel(&site->api, site->fx, site->app, id, &refusal) < 0 &&
	    (refusal.code == ERR_AUTH || refusal.code == ERR_CANCELLED)) {
		*err = refusal;
		return -1;
	}
	int64_t poll_ms = site->poll_ms < STOP_POLL_MS ? site->poll_ms : STOP_POLL_MS;
	return wait_polling(site, id, poll_ms, &ended, err);
}
