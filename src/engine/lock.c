/* Taking and keeping the lock. Acquiring is one push with the lock and everything that is about to be
 * done, so that whoever finds a dead run knows what it was at.
 *
 * Two machines' clocks may disagree by minutes, so a lease that looks over is not enough to take a
 * lock from its holder: either it has been over for longer than clocks differ, or the lock has been
 * watched for a whole lease, by our own monotonic clock, without a renewal. Where GitHub can be asked, a
 * holder whose workflow run is still going on keeps its lock, and one whose run is over has lost it with
 * its lease.
 */
#include "aftermath.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define POLL_MS 5000
#define CLOCKS_DIFFER_MS (10 * 60 * 1000)

static json_t *lock_data(const struct transaction *t, const json_t *state, int64_t now_ms,
			 const char *reason)
{
	char expires[TIME_TEXT_BYTES];
	int64_t lease_ms = t->engine->environment->lease_ms;
	return json_pack("{s:O, s:I, s:I, s:s, s:s}", "holder", t->run, "generation",
			 (json_int_t)(state_generation(state) + 1), "lease_ms",
			 (json_int_t)lease_ms, "expires_at",
			 time_format(now_ms + lease_ms, expires), "reason", reason);
}

static int refuse(const json_t *state, enum lock_answer answer, enum github_run run,
		  int64_t now_ms, struct err *err)
{
	_cleanup_free_ char *who = lock_describe(state, now_ms);
	const json_t *holder = json_object_get(json_object_get(state, "lock"), "holder");
	err_set(err, ERR_LOCKED, "the lock is %s", who);
	if (run == GITHUB_RUN_GOING_ON) {
		err_set(err, ERR_LOCKED,
			"the lock is %s, and GitHub says that its run is still going on: "
			"%s",
			who, json_get_string(holder, "url", ""));
		return err_hint(err,
				"wait for that run or cancel it; when its job is gone "
				"for certain, run again with --take-lock");
	}
	if (answer == LOCK_KEPT)
		return err_hint(
			err, "make sure the hosts are as they should be, then run again "
			     "with --take-lock");
	return err_hint(
		err, "wait for it with 'lock: {wait: 30m}', or, when its holder is gone "
		     "for certain, run again with --take-lock");
}

/* A transaction that nobody will finish: the run that opened it lost its lock. Its services may be
 * anywhere between old and new, so from here on they count as touched. */
static int stage_abandoned(struct transaction *t,
			   const struct journal_documents *documents, json_t *events,
			   int64_t now_ms, struct err *err)
{
	const json_t *open = state_transaction(documents->state);
	json_decref(t->inherited);
	t->inherited = json_incref((json_t *)open);
	if (!open)
		return 0;
	const char *deployment = json_get_string(open, "deployment", "");
	const char *restore = json_get_string(open, "restore", NULL);
	_cleanup_free_ char *reason = str_format(
		"the run that began it ended without a word%s%s",
		restore ? "; look at the data, which it may have been restoring from "
			: "",
		restore ? restore : "");
	if (restore)
		progress_report(t->engine->progress, PROGRESS_NOTE, deployment, "%s",
				reason);
	json_t *data =
		json_pack("{s:s, s:s}", "deployment", deployment, "reason", reason);
	return store_stage(documents, events, "deployment.abandoned", now_ms, t->run,
			   deployment, data, err);
}

static int stage_begun(struct transaction *t, const struct journal_documents *documents,
		       json_t *events, int64_t now_ms, struct err *err)
{
	json_t *data =
		json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:o}", "kind",
			  t->going_back ? "rollback" : "deploy", "deployment", t->id,
			  "version", t->version, "previous", t->previous, "reason",
			  t->request->reason, "commit", t->commit, "restore",
			  restore_name(t), "services", parts_to_json(t));
	return store_stage(documents, events, "deployment.begun", now_ms, t->run, t->id,
			   data, err);
}

/* What a dead run's drivers noted is noted again: this run may die as well. */
static int stage_notes(struct transaction *t, const struct journal_documents *documents,
		       json_t *events, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		const char *name = part->service->name;
		json_t *notes = parts_notes_of(t->inherited, name);
		json_object_clear(part->notes);
		if (!notes)
			continue;
		json_object_update(part->notes, notes);
		json_t *data = json_pack("{s:s, s:o}", "service", name, "notes", notes);
		if (store_stage(documents, events, "deployment.noted", now_ms, t->run,
				t->id, data, err) < 0)
			return -1;
	}
	return 0;
}

/* Has the lock not moved for a whole lease since we first saw it like this? */
static bool is_silent(struct transaction *t, const json_t *lock)
{
	int64_t now_ms = effects_mono_ms(t->engine->fx);
	_cleanup_free_ char *looks =
		str_format("%lld %s", (long long)json_get_int(lock, "generation", 0),
			   json_get_string(lock, "expires_at", ""));
	if (!str_equal(t->watched, looks)) {
		str_assign(&t->watched, looks);
		t->watched_since_mono_ms = now_ms;
	}
	t->watch_until_mono_ms =
		t->watched_since_mono_ms + json_get_int(lock, "lease_ms", 0);
	return now_ms >= t->watch_until_mono_ms;
}

/* A lease that is over, or looks over. */
struct lapse {
	bool looks; /* by the clock on the wall */
	bool is;    /* for certain, whatever the clocks say */
};

static struct lapse lapse_of(struct transaction *t, const json_t *lock,
			     enum lock_answer answer, int64_t now_ms)
{
	int64_t expires_ms = now_ms;
	struct lapse lapse = {.is = is_silent(t, lock), .looks = answer == LOCK_EXPIRED};
	if (!lapse.looks) {
		t->watch_until_mono_ms =
			0; /* whoever waits, waits as long as configured */
		return lapse;
	}
	time_parse(json_get_string(lock, "expires_at", ""), &expires_ms);
	lapse.is = lapse.is || now_ms - expires_ms >= CLOCKS_DIFFER_MS;
	return lapse;
}

/* *ret_run: what GitHub says about the holder, when it was asked. */
static bool may_take(struct transaction *t, const json_t *state, enum lock_answer answer,
		     int64_t now_ms, enum github_run *ret_run)
{
	const json_t *lock = json_object_get(state, "lock");
	struct lapse lapse;
	*ret_run = GITHUB_RUN_UNKNOWN;
	switch (answer) {
	case LOCK_FREE:
	case LOCK_OURS:
		return true;
	case LOCK_KEPT:
		return t->request->take_lock;
	case LOCK_BUSY:
	case LOCK_EXPIRED:
		lapse = lapse_of(t, lock, answer, now_ms);
		if (t->request->take_lock)
			return true;
		if (!lapse.looks && !lapse.is)
			return false;
		*ret_run = cockpit_holder(t, json_object_get(lock, "holder"));
		if (*ret_run == GITHUB_RUN_GOING_ON)
			t->watch_until_mono_ms = 0; /* its silence ends nothing */
		return *ret_run == GITHUB_RUN_OVER ||
		       (*ret_run == GITHUB_RUN_UNKNOWN && lapse.is);
	}
	return false;
}

/* What is between two versions is not helped by a restart. */
static int refuse_restart(const json_t *state, struct err *err)
{
	err_set(err, ERR_LOCKED, "the deployment %s is open",
		json_get_string(state_transaction(state), "deployment", "?"));
	return err_hint(err, "'belay deploy' or 'belay rollback' brings it to an end; "
			     "restart after that");
}

static int decide_acquire(const struct journal_documents *documents, json_t *events,
			  void *context, struct err *err)
{
	struct transaction *t = context;
	const json_t *state = documents->state;
	int64_t now_ms = effects_now_ms(t->engine->fx);
	enum lock_answer answer =
		lock_ask(state, json_get_string(t->run, "id", ""), now_ms);
	enum github_run run;
	if (!may_take(t, state, answer, now_ms, &run))
		return refuse(state, answer, run, now_ms, err);
	if (parts_bind(t, documents, err) < 0)
		return -1;

	if (t->restarting && state_transaction(state))
		return refuse_restart(state, err);

	const char *what = t->restarting   ? "restart"
			   : t->going_back ? "rollback to"
					   : "deploy";
	_cleanup_free_ char *reason = str_format("%s %s", what, t->version);
	json_t *data = lock_data(t, state, now_ms, reason);
	t->generation = json_get_int(data, "generation", 0);
	if (answer != LOCK_FREE)
		json_object_set(
			data, "taken_over",
			json_object_get(json_object_get(state, "lock"), "holder"));
	if (store_stage(documents, events, "lock.acquired", now_ms, t->run, NULL, data,
			err) < 0)
		return -1;
	if (t->restarting)
		return 0;
	if (stage_abandoned(t, documents, events, now_ms, err) < 0)
		return -1;
	if (stage_begun(t, documents, events, now_ms, err) < 0)
		return -1;
	return stage_notes(t, documents, events, now_ms, err);
}

/* Waits a little and looks again; -1 with the lock's error when time is up. */
static int wait_for_lock(struct transaction *t, int64_t deadline_ms, struct err *err)
{
	struct effects *fx = t->engine->fx;
	if (deadline_ms < t->watch_until_mono_ms)
		deadline_ms =
			t->watch_until_mono_ms; /* a dead holder is worth the wait */
	int64_t left_ms = deadline_ms - effects_mono_ms(fx);
	if (left_ms <= 0)
		return -1;
	int64_t nap_ms = POLL_MS / 2 + (int64_t)(effects_random(fx) % POLL_MS);
	progress_report(t->engine->progress, PROGRESS_WAIT, t->engine->environment->name,
			"%s", err->message);
	if (effects_sleep(fx, nap_ms < left_ms ? nap_ms : left_ms, err) < 0)
		return -1;
	return store_refresh(t->store, err);
}

int lock_acquire(struct transaction *t, struct err *err)
{
	int64_t deadline_ms =
		effects_mono_ms(t->engine->fx) + t->engine->environment->wait_ms;
	for (;;) {
		struct err attempt = {0};
		if (store_append(t->store, decide_acquire, t, &attempt) == 0)
			break;
		if (attempt.code != ERR_LOCKED ||
		    wait_for_lock(t, deadline_ms, &attempt) < 0) {
			*err = attempt;
			return -1;
		}
	}
	t->pushed_mono_ms = effects_mono_ms(t->engine->fx);
	return 0;
}

static void record_renewal(struct transaction *t, int64_t lease_ms)
{
	char expires[TIME_TEXT_BYTES];
	int64_t now_ms = effects_now_ms(t->engine->fx);
	int64_t usual_ms = t->engine->environment->lease_ms;
	json_t *data = json_pack("{s:I, s:s}", "generation", (json_int_t)t->generation,
				 "expires_at", time_format(now_ms + lease_ms, expires));
	if (lease_ms != (t->lease_ms ? t->lease_ms : usual_ms))
		json_object_set_new(data, "lease_ms", json_integer(lease_ms));
	t->lease_ms = lease_ms;
	record_event(t, "lock.renewed", data);
}

int lock_renew_for(struct transaction *t, int64_t work_ms, struct err *err)
{
	record_renewal(t, t->engine->environment->lease_ms + work_ms);
	return record_flush(t, err);
}

int lock_renew(struct transaction *t, struct err *err)
{
	int64_t lease_ms = t->engine->environment->lease_ms;
	int64_t silent_ms = effects_mono_ms(t->engine->fx) - t->pushed_mono_ms;
	bool longer = t->lease_ms > lease_ms; /* by lock_renew_for() */
	if (silent_ms < lease_ms / 3 && !longer)
		return 0;
	record_renewal(t, lease_ms);
	struct err failure = {0};
	if (record_flush(t, &failure) == 0)
		return 0;
	bool transient = failure.code == ERR_NET || failure.code == ERR_TIMEOUT;
	if (transient && silent_ms < lease_ms * 2 / 3) {
		progress_report(t->engine->progress, PROGRESS_NOTE, "lock",
				"not renewed, trying again at the next step: %s",
				failure.message);
		return 0;
	}
	*err = failure;
	return -1;
}
