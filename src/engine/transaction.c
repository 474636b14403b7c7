/* The transaction: phases in order, and what follows from the first one that does not get through.
 *
 * Every phase either succeeds or gives an error; its code says what kind of failure it was:
 * ERR_INCONCLUSIVE (no basis for a decision), ERR_CANCELLED (a signal), ERR_LOCKED (the lock was lost:
 * nothing may be touched any more), anything else a plain failure.
 */
#include <stdlib.h>
#include <string.h>

#include "aftermath.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* --- endings ------------------------------------------------------------------------------- */

static void release_lock(struct transaction *t)
{
	record_event(t, "lock.released",
		     json_pack("{s:I}", "generation", (json_int_t)t->generation));
}

int64_t transaction_age_ms(const struct transaction *t)
{
	int64_t age_ms = effects_now_ms(t->engine->fx) - t->begun_ms;
	return age_ms > 0 ? age_ms : 0;
}

static json_t *protected_releases(const struct transaction *t, const struct part *part)
{
	const json_t *state = store_documents(t->store)->state;
	const json_t *good = state_last_good(state, part->service->name);
	const char *names[] = {part->release, part->previous_release,
			       json_get_string(good, "release", NULL)};
	json_t *list = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && *names[i])
			json_array_append_new(list, json_string(names[i]));
	return list;
}

/* Tidying up can fail without making a good deployment a bad one. */
static void finish_parts(struct transaction *t)
{
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		struct err failure = {0};
		if (!part->driver->finish)
			continue;
		_cleanup_json_ json_t *protect = protected_releases(t, part);
		const struct driver_job job = part_job(t, part, protect);
		if (part->driver->finish(t->engine->fx, &job, &failure) < 0)
			record_line(t, "finish", part->service->name, "warning", 0,
				    "old releases were not pruned: %s", failure.message);
	}
}

static enum engine_end end_committed(struct transaction *t)
{
	finish_parts(t);
	record_event(t, "deployment.committed",
		     json_pack("{s:s, s:I, s:I}", "deployment", t->id, "duration_ms",
			       (json_int_t)transaction_age_ms(t), "switch_ms",
			       (json_int_t)t->switch_ms));
	release_lock(t);
	return END_PASSED;
}

static json_t *why(const struct transaction *t, const struct err *cause)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "deployment", t->id, "reason",
			 cause->message, "step", t->step, "duration_ms",
			 (json_int_t)transaction_age_ms(t));
}

static enum engine_end end_untouched(struct transaction *t, const struct err *cause)
{
	record_event(t, "deployment.failed", why(t, cause));
	release_lock(t);
	if (cause->code == ERR_CANCELLED)
		return END_CANCELLED;
	return cause->code == ERR_INCONCLUSIVE ? END_INCONCLUSIVE : END_FAILED;
}

/* Neither promoted nor taken back: a person decides. */
static enum engine_end end_unproven(struct transaction *t, const struct err *cause,
				    json_t *todo)
{
	_cleanup_free_ char *line = str_format(
		t->proven
			? "%s is live and passed its gates, but is not final: look at it, then "
			  "'belay deploy' or 'belay rollback' again"
			: "%s is live and unproven: look at it, then 'belay deploy' again or "
			  "'belay rollback'",
		t->version);
	json_array_append_new(todo, json_string(line));
	if (!t->proven)
		restore_offer(t, true, todo);
	record_event(t, "deployment.unproven", why(t, cause));
	release_lock(t);
	return cause->code == ERR_INCONCLUSIVE ? END_INCONCLUSIVE : END_FAILED;
}

static enum engine_end end_stuck(struct transaction *t, const struct err *cause,
				 const struct err *undo, json_t *todo)
{
	restore_offer(t, false, todo);
	json_array_append_new(
		todo, json_string("when it is as it should be, run 'belay deploy' or "
				  "'belay rollback' with --take-lock"));
	json_t *data = why(t, cause);
	json_object_set_new(data, "undo_error", json_string(undo->message));
	json_object_set(data, "todo", todo);
	record_event(t, "deployment.stuck", data);
	record_event(t, "lock.kept",
		     json_pack("{s:I, s:s}", "generation", (json_int_t)t->generation,
			       "reason", undo->message));
	return END_STUCK;
}

static json_t *restored(const struct transaction *t)
{
	json_t *services = json_object();
	for (size_t i = 0; i < t->part_count; i++) {
		const struct part *part = &t->parts[i];
		json_t *row = part->previous ? json_pack("{s:s, s:s*}", "version",
							 part->previous, "release",
							 part->previous_release)
					     : json_null();
		json_object_set_new(services, part->service->name, row);
	}
	return services;
}

/* After going back the same gates have to hold for the old version; where nothing was live before
 * there is nothing to hold, and a cancelled run has no time left for it. */
static int judge_again(struct transaction *t, const struct err *cause, json_t *todo,
		       struct err *err)
{
	if (!t->previous || cause->code == ERR_CANCELLED)
		return 0;
	if (gates_settle(t, err) == 0 &&
	    gates_judge(t, "after-undo", &t->engine->environment->gates, t->previous,
			t->version, err) == 0)
		return 0;
	_cleanup_free_ char *line =
		str_format(err->code == ERR_FAIL
				   ? "%s is back and does not pass its gates either: %s"
				   : "%s is back, and its gates could not be judged: %s",
			   t->previous, err->message);
	json_array_append_new(todo, json_string(line));
	return -1;
}

static enum engine_end end_undone(struct transaction *t, const struct err *cause,
				  json_t *todo)
{
	struct err failure = {0};
	if (undo_all(t, todo, &failure) < 0)
		return end_stuck(t, cause, &failure, todo);
	if (judge_again(t, cause, todo, &failure) < 0) {
		if (failure.code == ERR_FAIL) /* both are bad, for certain */
			undo_reconsider(t, todo);
		return end_stuck(t, cause, &failure, todo);
	}
	undo_confirm(t, todo);
	restore_offer(t, false, todo);
	json_t *data = why(t, cause);
	json_object_set_new(data, "undo_ms", json_integer(t->undo_ms));
	json_object_set_new(data, "restored", restored(t));
	record_event(t, "deployment.rolled-back", data);
	release_lock(t);
	return cause->code == ERR_CANCELLED ? END_CANCELLED : END_ROLLED_BACK;
}

static bool is_touched(const struct transaction *t)
{
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].touched)
			return true;
	return false;
}

/* A gate that failed has its line already. */
static void record_failure(struct transaction *t, const struct err *cause)
{
	size_t count = json_array_size(t->timeline);
	const json_t *last = count ? json_array_get(t->timeline, count - 1) : NULL;
	if (str_equal(json_get_string(last, "step", ""), t->step) &&
	    str_equal(json_get_string(last, "outcome", ""), "failed"))
		return;
	record_line(t, t->step, NULL, "failed", 0, "%s", cause->message);
}

static enum engine_end settle(struct transaction *t, const struct err *cause,
			      json_t *todo)
{
	bool switched_all = t->switch_ms >= 0;
	effects_acknowledge_cancel(t->engine->fx);
	record_failure(t, cause);
	if (!is_touched(t) && !restore_was_begun(t))
		return end_untouched(t, cause);
	if (t->proven)
		return end_unproven(t, cause, todo);
	if (cause->code != ERR_CANCELLED)
		undo_ask_why(t);
	if (switched_all && cause->code == ERR_INCONCLUSIVE)
		return end_unproven(t, cause, todo);
	if (switched_all && !t->engine->environment->rollback_auto &&
	    cause->code != ERR_CANCELLED)
		return end_unproven(t, cause, todo);
	if (restore_was_begun(t)) {
		restore_add_todo(t, todo);
		return end_stuck(t, cause, cause, todo);
	}
	return end_undone(t, cause, todo);
}

/* What the phases came to; END_PASSED for a transaction that stays open, too. */
static enum engine_end conclude(struct transaction *t, unsigned stages,
				const struct err *cause, json_t *todo)
{
	if (cause->code != ERR_NONE)
		return settle(t, cause, todo);
	return stages & STAGE_PROVE ? end_committed(t) : END_PASSED;
}

/* The result; a transaction that goes on in another process has no end yet. */
static json_t *result_now(struct transaction *t, bool over, enum engine_end end,
			  const struct err *cause, json_t *todo)
{
	json_t *result = result_of(t, end, cause, todo);
	if (!over)
		json_object_set_new(result, "end", json_string("open"));
	return result;
}

int transaction_run(struct transaction *t, unsigned stages, enum engine_end *ret_end,
		    json_t **ret_result, struct err *err)
{
	_cleanup_json_ json_t *todo = json_array();
	struct err cause = {0};
	if (stages & STAGE_OPEN && lock_acquire(t, err) < 0)
		return -1;
	if (stages & STAGE_OPEN)
		cockpit_begin(t);
	if (t->request->failed) {
		t->step = "steps"; /* those between begin and finish */
		err_set(&cause, ERR_FAIL, "%s",
			t->request->reason ? t->request->reason
					   : "the steps in between failed");
	} else {
		phases_run(t, stages, &cause);
	}
	if (cause.code == ERR_LOCKED) {
		*err = cause;
		return -1;
	}
	*ret_end = conclude(t, stages, &cause, todo);
	bool over = stages & STAGE_PROVE || *ret_end != END_PASSED;
	effects_acknowledge_cancel(t->engine->fx); /* the last push is worth finishing */
	_cleanup_json_ json_t *so_far = result_now(t, over, *ret_end, &cause, todo);
	aftermath_stage(t, so_far);
	if (record_flush(t, err) < 0) {
		if (over)
			cockpit_end(t,
				    so_far); /* people may know more than the journal */
		return record_lost(t, *ret_end, err);
	}
	*ret_result = result_now(t, over, *ret_end, &cause, todo);
	aftermath_tell(t, *ret_result);
	return 0;
}

void transaction_release(struct transaction *t)
{
	parts_release(t);
	cockpit_free(t->cockpit);
	restore_free(t->restoring);
	free(t->id);
	free(t->version);
	free(t->previous);
	free(t->commit);
	free(t->watched);
	json_decref(t->run);
	json_decref(t->inherited);
	json_decref(t->pending);
	json_decref(t->gates);
	json_decref(t->timeline);
	json_decref(t->logs);
	store_freep(&t->store);
}
