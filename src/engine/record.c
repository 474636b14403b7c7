/* What a transaction writes down: events that wait for the next push, the timeline for people.
 */
#include <stdarg.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "transaction.h"

void record_event(struct transaction *t, const char *type, json_t *data)
{
	json_array_append_new(t->pending,
			      json_pack("{s:s, s:I, s:o}", "type", type, "at_ms",
					(json_int_t)effects_now_ms(t->engine->fx), "data",
					data));
}

/* A lost race re-reads the branch: our events only fit while the lock is still ours. */
static int still_ours(const struct transaction *t, const json_t *state, struct err *err)
{
	const json_t *lock = json_object_get(state, "lock");
	const char *holder = json_get_string(json_object_get(lock, "holder"), "id", "");
	if (state_generation(state) == t->generation &&
	    str_equal(holder, json_get_string(t->run, "id", NULL)))
		return 0;
	err_set(err, ERR_LOCKED,
		"the lock of '%s' is not ours any more: generation %lld, ours was %lld",
		t->engine->environment->name, (long long)state_generation(state),
		(long long)t->generation);
	return err_hint(err, "another run took over when the lease had expired; look at "
			     "'belay status' and 'belay history'");
}

static int decide_pending(const struct journal_documents *documents, json_t *events,
			  void *context, struct err *err)
{
	struct transaction *t = context;
	size_t i;
	json_t *row;
	if (still_ours(t, documents->state, err) < 0)
		return -1;
	json_array_foreach(t->pending, i, row) {
		const char *type = json_get_string(row, "type", "");
		bool alone = t->restarting || str_has_prefix(type, "lock.");
		const char *transaction = alone ? NULL : t->id;
		json_t *data = json_deep_copy(json_object_get(row, "data"));
		if (store_stage(documents, events, type, json_get_int(row, "at_ms", 0),
				t->run, transaction, data, err) < 0)
			return -1;
	}
	return 0;
}

int record_flush(struct transaction *t, struct err *err)
{
	if (json_array_size(t->pending) == 0)
		return 0;
	if (store_append(t->store, decide_pending, t, err) < 0)
		return -1;
	json_array_clear(t->pending);
	t->pushed_mono_ms = effects_mono_ms(t->engine->fx);
	return 0;
}

/* What a person would see who looked at the hosts. Fresh. */
static char *what_is_live(const struct transaction *t, enum engine_end end)
{
	bool touched = t->switch_ms >= 0;
	switch (end) {
	case END_PASSED:
		return str_format(touched ? "%s is live" : "%s is under way", t->version);
	case END_INCONCLUSIVE:
	case END_FAILED:
		return touched ? str_format("%s is live and unproven", t->version)
			       : str_format("%s was not switched to", t->version);
	case END_ROLLED_BACK:
	case END_CANCELLED:
		if (!t->undone)
			return str_format("%s was not switched to", t->version);
		return t->previous ? str_format("%s is live again", t->previous)
				   : str_format("%s was taken back", t->version);
	case END_STUCK:
		return str_format("%s could not be taken back", t->version);
	}
	return mem_strdup("");
}

int record_lost(const struct transaction *t, enum engine_end end, struct err *err)
{
	_cleanup_free_ char *live = what_is_live(t, end);
	_cleanup_free_ char *more =
		err->hint[0] ? str_format("; %s", err->hint) : mem_strdup("");
	size_t count = json_array_size(t->pending);
	err_wrap(err,
		 "%s (%s ended: %s), but its last %zu event%s may be missing on the "
		 "journal",
		 live, t->id, end_name(end), count, count == 1 ? "" : "s");
	err->hint[0] = '\0';
	return err_hint(
		err,
		"'belay status' shows what the journal knows, 'belay verify' whether it "
		"is sound; when the transaction is still open there, run the same "
		"command: it takes over when the lease has expired%s",
		more);
}

static enum progress_kind kind_of(const char *outcome)
{
	if (strcmp(outcome, "ok") == 0)
		return PROGRESS_STEP_DONE;
	if (strcmp(outcome, "failed") == 0)
		return PROGRESS_STEP_FAILED;
	return PROGRESS_NOTE;
}

void record_line(struct transaction *t, const char *step, const char *service,
		 const char *outcome, int64_t duration_ms, const char *format, ...)
{
	_cleanup_str_ struct str text = STR_INIT;
	char at[TIME_TEXT_BYTES];
	va_list args;
	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);

	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:I}", "at",
				time_format(effects_now_ms(t->engine->fx), at), "step",
				step, "outcome", outcome, "text", str_text(&text), "ms",
				(json_int_t)duration_ms);
	if (service)
		json_object_set_new(row, "service", json_string(service));
	json_array_append_new(t->timeline, row);
	progress_report(t->engine->progress, kind_of(outcome), service ? service : step,
			"%s", str_text(&text));
}
