/* Taking back, and making final.
 *
 * A deployment that failed before it went live needs nothing but a look: the old one is still active.
 * One that went live is answered with a rollback, pinned until the gates have passed for the old
 * version too. A rollback that failed is reverted. What somebody else brought out stays.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean.h"

static const char *captured_text(const struct site *site, const char *key)
{
	_cleanup_free_ char *pointer = str_format("/app/%s", key);
	return json_string_value(json_at(site->job->captured, pointer));
}

/* What the journal calls live, when it is a deployment here: the service may have had another driver
 * before, whose releases have names of another shape. */
static const char *release_of(const struct driver_job *job)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"; /* UUID */
	const char *release = job->previous_release;
	if (!release || strlen(release) != strlen(shape))
		return NULL;
	for (size_t i = 0; shape[i]; i++)
		if ((shape[i] == '-') != (release[i] == '-'))
			return NULL;
	return release;
}

/* Which deployment to go back to: the release that the journal calls live, in the copy that the app has
 * of it when there is one; without a journal what was active when we came. */
static const char *target_of(const struct site *site)
{
	const char *release = release_of(site->job);
	const char *active = captured_text(site, "active");
	const char *origin = captured_text(site, "active_from");
	if (deployment_is_ours(site, active) || !active)
		return release;
	bool same = str_equal(active, release) || str_equal(origin, release);
	return same || !release ? active : release;
}

/* Is what the app runs what it is to go back to? */
static bool is_back(const struct site *site, const json_t *active)
{
	const char *id = deployment_id(active);
	if (deployment_is(active, site->job->previous_release))
		return true;
	return str_equal(id, captured_text(site, "active")) &&
	       !deployment_is_ours(site, id);
}

static int theirs(const struct site *site, const json_t *active, struct err *err)
{
	_cleanup_free_ char *name = deployment_name(active);
	err_set(err, ERR_FAIL,
		"%s: somebody else's deployment %s is live now; belay leaves it alone",
		site->job->service->name, name);
	return err_hint(err,
			"look at it, then 'belay deploy' or 'belay rollback' decides "
			"what shall be live");
}

/* --- ours that are on their way ---------------------------------------------------------------- */

/* Stops the deployments that this transaction, and the one before, asked for. */
static int stop_ours(struct site *site, const char *lost, struct err *err)
{
	const json_t *notes = site->job->notes;
	const json_t *before = json_object_get(notes, "before");
	const char *const ids[] = {
		json_get_string(notes, "deployment", NULL),
		json_get_string(before, "deployment", NULL),
		lost,
	};
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i] && site_stop(site, ids[i], err) < 0)
			return -1;
	return 0;
}

/* A request whose answer we never saw, because we were interrupted just then. */
static int find_unheard(struct site *site, char **ret_id, struct err *err)
{
	const json_t *notes = site->job->notes;
	const json_t *before = json_object_get(notes, "before");
	const json_t *last = json_object_get(notes, "newest") ? notes : before;
	const char *newest = json_get_string(last, "newest", NULL);
	const char *target = json_get_string(last, "target", NULL);
	if (!newest || json_get_string(last, "refused", NULL) ||
	    json_get_string(last, target ? "rollback" : "deployment", NULL))
		return 0;
	return site_find(site, newest, target, ret_id, err);
}

/* --- a deployment ------------------------------------------------------------------------------ */

static int go_back(struct site *site, struct err *err)
{
	const char *target = target_of(site);
	if (!target) {
		err_set(err, ERR_FAIL,
			"%s: nothing to go back to: no deployment was live before",
			site->job->service->name);
		return err_hint(err, "deploy a version that is good");
	}
	return site_roll_back(site, target, NULL, err);
}

static int undo_deployment(struct site *site, bool *ret_unchanged, struct err *err)
{
	_cleanup_json_ json_t *app = NULL;
	_cleanup_free_ char *lost = NULL;
	const char *rollback = json_get_string(site->job->notes, "rollback", NULL);
	if (rollback) /* asked for already */
		return site_wait_active(site, rollback, NULL, err);
	if (find_unheard(site, &lost, err) < 0 || stop_ours(site, lost, err) < 0 ||
	    site_look(site, &app, err) < 0)
		return -1;
	if (answer_is_assumed(app))
		return go_back(site, err);
	const json_t *active = json_object_get(app, "active_deployment");
	const char *id = deployment_id(active);
	if (!id || is_back(site, active)) {
		*ret_unchanged = true;
		return 0;
	}
	/* A run that died while it went back: then what was before that is good. */
	const char *pinned = deployment_id(json_object_get(app, "pinned_deployment"));
	if (deployment_is_ours(site, pinned))
		return site_revert(site, pinned, err);
	if (deployment_is_ours(site, id) || str_equal(id, lost))
		return go_back(site, err);
	return theirs(site, active, err);
}

/* --- a rollback -------------------------------------------------------------------------------- */

static int undo_rollback(struct site *site, bool *ret_unchanged, struct err *err)
{
	_cleanup_json_ json_t *app = NULL;
	_cleanup_free_ char *lost = NULL;
	if (find_unheard(site, &lost, err) < 0)
		return -1;
	const char *copy = lost ? lost : site_noted(site, "rollback");
	if ((copy && site_stop(site, copy, err) < 0) || stop_ours(site, NULL, err) < 0 ||
	    site_look(site, &app, err) < 0)
		return -1;
	const json_t *active = json_object_get(app, "active_deployment");
	const char *id = deployment_id(active);
	const char *pinned = deployment_id(json_object_get(app, "pinned_deployment"));
	if (copy && (answer_is_assumed(app) || str_equal(pinned, copy)))
		return site_revert(site, copy, err);
	if (!id || is_back(site, active)) {
		*ret_unchanged = true;
		return 0;
	}
	if (str_equal(id, copy) || deployment_is_ours(site, id))
		return go_back(site, err);
	return theirs(site, active, err);
}

int digitalocean_undo(struct effects *fx, const struct driver_job *job, json_t **ret,
		      struct err *err)
{
	_cleanup_site_ struct site site = {0};
	int64_t begin_ms = effects_mono_ms(fx);
	bool unchanged = false;
	struct err failure = {0};
	int result = site_open(&site, fx, job, &failure);
	if (result == 0)
		result = job->going_back ? undo_rollback(&site, &unchanged, &failure)
					 : undo_deployment(&site, &unchanged, &failure);
	json_t *row = json_pack("{s:b, s:I}", "switched", result == 0, "ms",
				(json_int_t)(effects_mono_ms(fx) - begin_ms));
	if (unchanged)
		json_object_set_new(row, "unchanged", json_true());
	if (result < 0) {
		json_object_set_new(row, "error", json_string(failure.message));
		*err = failure;
	}
	*ret = json_pack("{s:{s:o}}", "hosts", site_label(job), row);
	return result;
}

/* --- and then ---------------------------------------------------------------------------------- */

/* The pin that this run left, or the one that the run before left and nobody has dealt with. */
static const char *our_pin(const struct driver_job *job)
{
	const json_t *notes = job->notes;
	if (!json_object_get(notes, "rollback"))
		notes = json_object_get(notes, "before");
	if (json_object_get(notes, "reverted"))
		return NULL;
	return json_get_string(notes, "rollback", NULL);
}

int digitalocean_confirm(struct effects *fx, const struct driver_job *job,
			 struct err *err)
{
	_cleanup_site_ struct site site = {0};
	const char *pinned = our_pin(job);
	if (!pinned)
		return 0;
	if (site_open(&site, fx, job, err) < 0)
		return -1;
	return site.skip_pin ? 0 : site_commit(&site, pinned, err);
}

int digitalocean_reconsider(struct effects *fx, const struct driver_job *job,
			    char **ret_words, struct err *err)
{
	_cleanup_site_ struct site site = {0};
	const char *pinned = our_pin(job);
	if (!pinned)
		return 0;
	if (site_open(&site, fx, job, err) < 0)
		return -1;
	if (site.skip_pin)
		return 0;
	if (!str_equal(site_setting(&site, "when_both_fail"), "revert")) {
		*ret_words = str_format(
			"the app stays pinned to %s (%s): commit or revert the rollback in "
			"the control panel",
			pinned, job->previous ? job->previous : "what was live before");
		return 0;
	}
	if (site_revert(&site, pinned, err) < 0)
		return -1;
	*ret_words = str_format("the rollback was reverted: %s is live", job->version);
	return 0;
}
