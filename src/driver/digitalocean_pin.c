/* Rollbacks of the platform: validate, roll back and pin, then commit or revert; and apps that are found
 * pinned.
 *
 * A pinned app takes no new deployments, so a pin never stays behind without a word: whoever set it
 * commits or reverts it, or says that a person has to.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "digitalocean.h"

#define TRIES_MAX 3

/* --- validate -------------------------------------------------------------------------------- */

/* "image_source_missing_digest: the image was deployed by its tag … (web)". */
static void add_condition(struct str *text, const json_t *condition)
{
	const char *code = json_get_string(condition, "code", "");
	const char *words = digitalocean_condition(code);
	const char *message = json_get_string(condition, "message", "");
	const json_t *components = json_object_get(condition, "components");
	size_t i;
	json_t *name;
	str_addf(text, "%s", *code ? words : message);
	if (*code && str_equal(words, code) && *message)
		str_addf(text, ": %s", message);
	json_array_foreach(components, i, name) {
		str_addf(text, "%s%s", i ? ", " : " (", json_string_value(name));
	}
	str_add(text, json_array_size(components) ? ")" : "");
	if (*code && !str_equal(words, code))
		str_addf(text, " [%s]", code);
}

int site_validate(struct site *site, const char *target, struct err *err)
{
	const struct driver_job *job = site->job;
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	size_t i;
	json_t *warning;
	if (digitalocean_rollback_validate(&site->api, site->fx, site->app, target,
					   site->skip_pin, &answer, err) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "warnings"), i, warning) {
		_cleanup_str_ struct str line = STR_INIT;
		add_condition(&line, warning);
		progress_report(job->progress, PROGRESS_NOTE, job->service->name,
				"warning about the rollback: %s", str_text(&line));
	}
	if (answer_is_assumed(answer) || json_get_bool(answer, "valid", false))
		return 0;
	add_condition(&text, json_object_get(answer, "error"));
	err_set(err, ERR_FAIL,
		"%s: the app cannot be rolled back to the deployment %s: %s",
		job->service->name, target, str_text(&text));
	return err_hint(err, "deploy that version again, or choose another one with "
			     "'belay rollback --list'");
}

/* --- roll back ------------------------------------------------------------------------------- */

/* Asks until there is an answer, or its effect is seen. *ret_id: of the copy; fresh. */
static int ask_rollback(struct site *site, const char *target, char **ret_id,
			struct err *err)
{
	_cleanup_json_ json_t *newest = NULL;
	if (digitalocean_deployments(&site->api, site->fx, site->app, 1, &newest, err) <
	    0)
		return -1;
	const char *mark = deployment_id(json_array_get(newest, 0));
	for (int tries = 1; !*ret_id; tries++) {
		_cleanup_json_ json_t *deployment = NULL;
		enum api_sent sent = API_NOT_TAKEN;
		struct err failure = {0};
		if (digitalocean_rollback(&site->api, site->fx, site->app, target,
					  site->skip_pin, &deployment, &sent,
					  &failure) == 0) {
			const char *id = deployment_id(deployment);
			*ret_id = mem_strdup(id ? id : target);
			return 0;
		}
		if (tries == 1 && sent == API_NOT_TAKEN)
			site_note_refused(site, &failure);
		/* Refused after an answer was lost: perhaps because that one was taken. */
		if ((tries > 1 || sent != API_NOT_TAKEN) &&
		    (effects_sleep(site->fx, site->poll_ms, err) < 0 ||
		     site_find(site, mark, target, ret_id, err) < 0))
			return -1;
		if (!*ret_id && (sent == API_NOT_TAKEN || tries == TRIES_MAX)) {
			*err = failure;
			return -1;
		}
	}
	return 0;
}

int site_roll_back(struct site *site, const char *target, json_t **ret_deployment,
		   struct err *err)
{
	_cleanup_free_ char *id = NULL;
	struct err unnoted = {0};
	if (site_validate(site, target, err) < 0 ||
	    ask_rollback(site, target, &id, err) < 0)
		return -1;
	/* It has begun: a journal that cannot be reached must not end it half way. */
	if (site_note(site, "rollback", id, &unnoted) < 0 && unnoted.code == ERR_LOCKED) {
		*err = unnoted;
		return -1;
	}
	return site_wait_active(site, id, ret_deployment, err);
}

/* --- commit and revert ------------------------------------------------------------------------- */

/* Is the app still pinned to that? A pin to something else is an error. */
static int is_still_pinned(struct site *site, const char *pinned, bool *ret,
			   struct err *err)
{
	_cleanup_json_ json_t *app = NULL;
	if (site_look(site, &app, err) < 0)
		return -1;
	const char *id = deployment_id(json_object_get(app, "pinned_deployment"));
	*ret = answer_is_assumed(app) || str_equal(id, pinned);
	if (*ret || !id)
		return 0;
	return err_set(err, ERR_FAIL, "%s: the app is pinned to %s by somebody else",
		       site->job->service->name, id);
}

/* Both are repeated only after a look: committing twice is refused, reverting twice would be worse. */
static int unpin(struct site *site, const char *pinned, bool revert,
		 json_t **ret_deployment, struct err *err)
{
	for (int tries = 1;; tries++) {
		struct err failure = {0};
		bool still = false;
		if (is_still_pinned(site, pinned, &still, err) < 0)
			return -1;
		if (!still)
			return 0;
		int result = revert ? digitalocean_rollback_revert(
					      &site->api, site->fx, site->app,
					      ret_deployment, &failure)
				    : digitalocean_rollback_commit(&site->api, site->fx,
								   site->app, &failure);
		if (result == 0)
			return 0;
		bool lost = failure.code == ERR_NET || failure.code == ERR_TIMEOUT;
		if (!lost || tries == TRIES_MAX) {
			*err = failure;
			return -1;
		}
		if (effects_sleep(site->fx, site->poll_ms, err) < 0)
			return -1;
	}
}

int site_commit(struct site *site, const char *pinned, struct err *err)
{
	struct err failure = {0};
	if (unpin(site, pinned, false, NULL, &failure) == 0)
		return 0;
	*err = failure;
	return err_hint(
		err,
		"the app is pinned to %s and takes no deployments: commit or revert "
		"the rollback in the control panel",
		pinned);
}

/* The deployment that a revert led to, when its answer was lost. */
static int find_reverted(struct site *site, char **ret_id, struct err *err)
{
	_cleanup_json_ json_t *app = NULL;
	static const char *const places[] = {"in_progress_deployment",
					     "pending_deployment", "active_deployment"};
	if (site_look(site, &app, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(places) && !*ret_id; i++) {
		const char *id = deployment_id(json_object_get(app, places[i]));
		if (id)
			*ret_id = mem_strdup(id);
	}
	return 0;
}

int site_revert(struct site *site, const char *pinned, struct err *err)
{
	_cleanup_json_ json_t *deployment = NULL;
	_cleanup_free_ char *id = NULL;
	struct err failure = {0};
	if (unpin(site, pinned, true, &deployment, &failure) < 0) {
		*err = failure;
		return err_hint(
			err,
			"the app is pinned to %s and takes no deployments: revert "
			"the rollback in the control panel",
			pinned);
	}
	if (deployment_id(deployment))
		id = mem_strdup(deployment_id(deployment));
	else if (find_reverted(site, &id, err) < 0)
		return -1;
	if (!id)
		return 0;
	struct err unnoted = {0};
	if (site_note(site, "reverted", id, &unnoted) < 0 && unnoted.code == ERR_LOCKED) {
		*err = unnoted;
		return -1;
	}
	return site_wait_active(site, id, NULL, err);
}

/* --- found pinned ------------------------------------------------------------------------------ */

static const char *found_pinned(const struct site *site)
{
	return json_string_value(json_at(site->job->captured, "/app/pinned"));
}

/* Set by a run that died, or by this one: then it is ours to bring to an end. */
static bool is_our_pin(const struct site *site, const char *pinned)
{
	const char *origin =
		json_string_value(json_at(site->job->captured, "/app/pinned_from"));
	const json_t *before = json_object_get(site->job->notes, "before");
	/* Its answer never came, but what it had asked for is there. */
	return deployment_is_ours(site, pinned) ||
	       (before && origin && str_equal(origin, site_noted(site, "target")));
}

int pin_refuse(struct site *site, struct err *err)
{
	const char *pinned = found_pinned(site);
	if (!pinned || is_our_pin(site, pinned) ||
	    !str_equal(site_setting(site, "pinned"), "report"))
		return 0;
	err_set(err, ERR_FAIL,
		"%s: the app is pinned to the deployment %s: a rollback that was neither "
		"committed nor reverted",
		site->job->service->name, pinned);
	return err_hint(err, "commit or revert it in the control panel, or set 'pinned: "
			     "finish' or 'pinned: revert' for the service");
}

int pin_settle(struct site *site, struct err *err)
{
	const char *pinned = found_pinned(site);
	const char *setting = site_setting(site, "pinned");
	if (!pinned)
		return 0;
	if (is_our_pin(site, pinned) || str_equal(setting, "finish"))
		return site_commit(site, pinned, err);
	if (str_equal(setting, "revert"))
		return site_revert(site, pinned, err);
	return 0;
}
