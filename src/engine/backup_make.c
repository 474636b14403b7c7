/* Making a backup:
 *
 *     claim → tidy up → one read of the source into all stores → manifest in each → look at each → record
 *
 * Only the claim keeps others off, so the journal hears of the attempt before anything is written. A backup is one
 * from the moment its manifest lies in a store: when the journal cannot be told in the end, it is there all the
 * same, and the next run or a verification makes it known, as the journal has heard of its id.
 */
#include <stdlib.h>

#include "backup_make.h"
#include "belay/github.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define CLOCKS_DIFFER_MS ((int64_t)10 * 60 * 1000)

/* Writing and reading again are bounded each; what is between them is not worth counting. */
int64_t backup_attempt_ms(const struct config_backup *backup)
{
	return 2 * backup->timeout_ms + CLOCKS_DIFFER_MS;
}

static void making_init(struct backup_making *making, struct backup_desk *desk,
			const struct config_backup *backup)
{
	struct effects *fx = desk->engine.fx;
	*making = (struct backup_making){.desk = desk, .backup = backup};
	making->begun_ms = effects_now_ms(fx);
	making->begun_mono_ms = effects_mono_ms(fx);
	making->id = identity_new_id(fx, making->begun_ms);
	making->warnings = json_array();
	backup_targets_init(making);
}

static void making_release(struct backup_making *making)
{
	backup_targets_release(making);
	free(making->id);
	free(making->mark);
	free(making->dead);
	json_decref(making->begun);
	free(making->manifest);
	free(making->page);
	free(making->signature);
	free(making->signing_certificate);
	json_decref(making->words);
	json_decref(making->asked);
	json_decref(making->written);
	json_decref(making->warnings);
}

static const json_t *known_of(const struct backup_making *making)
{
	return state_backup(backup_desk_state(making->desk), making->backup->name);
}

/* --- the claim -------------------------------------------------------------------------------- */

/* GitHub knows whether a workflow run is still going on. */
static bool is_over(const struct backup_making *making, const json_t *holder)
{
	struct engine *engine = &making->desk->engine;
	struct github github;
	struct err ignored = {0};
	bool there = false;
	if (cockpit_github(engine, &github, &there, &ignored) < 0 || !there)
		return false;
	enum github_run run = holder_run(&github, engine->fx, making->desk->run, holder);
	github_release(&github);
	return run == GITHUB_RUN_OVER;
}

/* The later one of `last_ms` and the time in an id, unless that is from the future. */
static int64_t later(int64_t last_ms, const json_t *attempt, int64_t now_ms)
{
	int64_t at_ms = 0;
	if (!backup_id_time(json_get_string(attempt, "id", ""), &at_ms) ||
	    backup_is_ahead(at_ms, now_ms))
		return last_ms;
	return at_ms > last_ms ? at_ms : last_ms;
}

/* Ids of one backup grow, so that everybody who sorts by them sees the same order: a second that is taken, or a clock that
 * was set back a little, is stepped over. What a wrong clock made is not followed. */
static void take_id(struct backup_making *making, const json_t *known)
{
	int64_t now_ms = making->begun_ms;
	int64_t last_ms = later(0, json_object_get(known, "running"), now_ms);
	size_t i;
	const json_t *copy;
	json_array_foreach(json_object_get(known, "copies"), i, copy)
		last_ms = later(last_ms, copy, now_ms);
	if (last_ms < now_ms / 1000 * 1000)
		return;
	free(making->id);
	making->id = identity_new_id(making->desk->engine.fx, last_ms + 1000);
}

static int refuse_claim(const struct backup_making *making, const json_t *running,
			int64_t now_ms, struct err *err)
{
	const json_t *run = json_object_get(running, "run");
	_cleanup_str_ struct str times = STR_INIT;
	int64_t since_ms = now_ms, until_ms = now_ms;
	time_parse(json_get_string(running, "since", ""), &since_ms);
	time_parse(json_get_string(running, "until", ""), &until_ms);
	str_add(&times, "begun ");
	time_add_relative(&times, since_ms, now_ms);
	str_add(&times, ", over at the latest ");
	time_add_relative(&times, until_ms, now_ms);
	err_set(err, ERR_LOCKED, "the backup '%s' is being made by %s@%s (run %s), %s",
		making->backup->name, json_get_string(run, "actor", "?"),
		json_get_string(run, "host", "?"), json_get_string(run, "id", "?"),
		str_text(&times));
	return err_hint(err, "wait for it; when its run is gone for certain, run again "
			     "with --take-lock");
}

/* Whose place it takes, and what others before it may have left whole. */
static void note_attempts(struct backup_making *making, const json_t *state)
{
	const char *name = making->backup->name;
	const json_t *running = json_object_get(state_backup(state, name), "running");
	str_assign(&making->dead, json_get_string(running, "id", NULL));
	json_decref(making->begun);
	making->begun = backup_begun(state, name);
}

static int decide_claim(const struct journal_documents *documents, json_t *events,
			void *context, struct err *err)
{
	struct backup_making *making = context;
	struct backup_desk *desk = making->desk;
	const char *name = making->backup->name;
	int64_t now_ms = effects_now_ms(desk->engine.fx);
	const json_t *running =
		json_object_get(state_backup(documents->state, name), "running");
	char until[TIME_TEXT_BYTES];
	if (backup_ask(documents->state, name, now_ms) == BACKUP_BUSY &&
	    !desk->asked->take_lock && !is_over(making, json_object_get(running, "run")))
		return refuse_claim(making, running, now_ms, err);
	note_attempts(making, documents->state);
	take_id(making, state_backup(documents->state, name));
	json_t *data = json_pack(
		"{s:s, s:s, s:s, s:o, s:s*}", "backup", name, "id", making->id, "until",
		time_format(now_ms + backup_attempt_ms(making->backup), until), "stores",
		making_stores(making, false), "abandoned", making->dead);
	return store_stage(documents, events, "backup.begun", now_ms, desk->run, NULL,
			   data, err);
}

/* By ids that this run does not follow: whoever wonders later which copy is the newest finds it in this run, too. */
static void warn_of_ahead(struct backup_making *making)
{
	size_t i;
	const json_t *copy;
	json_array_foreach(json_object_get(known_of(making), "copies"), i, copy) {
		const char *id = json_get_string(copy, "id", "");
		int64_t at_ms = 0;
		if (!backup_id_time(id, &at_ms) ||
		    !backup_is_ahead(at_ms, making->begun_ms))
			continue;
		_cleanup_free_ char *text = str_format(
			"copy %s is from the future by this machine's clock: one of the "
			"clocks is wrong",
			id);
		json_array_append_new(making->warnings, json_string(text));
		progress_report(making->desk->engine.progress, PROGRESS_NOTE,
				making->backup->name, "%s", text);
		return;
	}
}

/* --- the data --------------------------------------------------------------------------------- */

static void add_warnings(struct backup_making *making)
{
	size_t i;
	json_t *warning;
	json_array_foreach(json_object_get(making->written, "warnings"), i, warning)
		json_array_append(making->warnings, warning);
}

/* What became of each store, in the order in which they were asked. */
static void take_failures(struct backup_making *making)
{
	const json_t *rows = json_object_get(making->written, "stores");
	size_t asked = 0;
	for (size_t i = 0; i < making->target_count; i++) {
		struct err *err = &making->targets[i].err;
		if (err->code)
			continue;
		const json_t *row = json_array_get(rows, asked++);
		const json_t *error = json_object_get(row, "error");
		if (!row || json_get_bool(row, "ok", false))
			continue;
		err_set(err, err_code_parse(json_get_string(error, "code", "fail")), "%s",
			json_get_string(error, "message", "not written"));
		const char *hint = json_get_string(error, "hint", NULL);
		if (hint && *hint)
			err_hint(err, "%s", hint);
	}
}

/* As large as the last one, as long as nobody knows better. */
static int64_t expected_bytes(const struct backup_making *making)
{
	const json_t *copies = json_object_get(known_of(making), "copies");
	return json_get_int(json_array_get(copies, 0), "open_bytes", 0);
}

static int write_data(struct backup_making *making, struct err *err)
{
	const struct config_backup *backup = making->backup;
	const struct engine *engine = &making->desk->engine;
	_cleanup_free_ char *object =
		backup_object(backup->name, making->id, BACKUP_DATA_FILE);
	_cleanup_str_ struct str summary = STR_INIT;
	json_t *stores = json_array();
	str_addf(&summary, "back up %s to ", backup->name);
	for (size_t i = 0; i < making->target_count; i++) {
		if (making->targets[i].err.code)
			continue;
		str_addf(&summary, "%s%s", json_array_size(stores) ? ", " : "",
			 making->targets[i].store->name);
		json_array_append(stores, making->targets[i].args);
	}
	json_object_set_new(making->asked, "stores", stores);
	json_object_set_new(making->asked, "object", json_string(object));
	json_object_set_new(making->asked, "mark", json_string(making->mark));
	json_object_set_new(making->asked, "timeout_ms",
			    json_integer(backup->timeout_ms));
	struct backup_watch watch = {
		.progress = engine->progress,
		.subject = backup->name,
		.verb = "backing up",
		.expected_bytes = expected_bytes(making),
	};
	const struct effect effect = {.kind = "backup.write",
				      .mode = EFFECT_ACT,
				      .args = making->asked,
				      .subject = backup->name,
				      .summary = str_text(&summary),
				      .moved = backup_watch_moved,
				      .watcher = &watch};
	progress_report(engine->progress, PROGRESS_STEP_BEGIN, backup->name, "%s",
			str_text(&summary));
	if (effects_perform(engine->fx, &effect, &making->written, err) < 0)
		return -1;
	add_warnings(making);
	take_failures(making);
	return 0;
}

/* --- the course ------------------------------------------------------------------------------- */

static void report_end(const struct backup_making *making, const char *outcome,
		       const char *trouble)
{
	const struct progress *progress = making->desk->engine.progress;
	_cleanup_str_ struct str text = STR_INIT;
	if (trouble) {
		progress_report(progress, PROGRESS_STEP_FAILED, making->backup->name,
				"%s: %s", outcome, trouble);
		return;
	}
	str_addf(&text, "%s: ", making->id);
	size_add(&text, json_get_int(making->written, "open_bytes", 0));
	str_add(&text, " as ");
	size_add(&text, json_get_int(making->written, "sealed_bytes", 0));
	progress_report(progress, PROGRESS_STEP_DONE, making->backup->name, "%s",
			str_text(&text));
}

/* Nothing that looks finished is left by the effect; what does not look finished goes now. */
static int end_failed(struct backup_making *making, const struct err *cause,
		      json_t **ret_row, struct err *err)
{
	effects_acknowledge_cancel(making->desk->engine.fx);
	backup_targets_tidy(making);
	report_end(making, "failed", cause->message);
	if (making_record(making, cause->message, err) < 0)
		return err_wrap(err,
				"the backup '%s' failed (%s), which the journal does "
				"not know",
				making->backup->name, cause->message);
	if (cause->code == ERR_CANCELLED) {
		*err = *cause;
		return err_wrap(err, "backup '%s'", making->backup->name);
	}
	*ret_row = making_row(making, "failed", cause);
	return 0;
}

static bool was_cancelled(const struct backup_making *making)
{
	for (size_t i = 0; i < making->target_count; i++)
		if (making->targets[i].err.code == ERR_CANCELLED)
			return true;
	return false;
}

/* The hint is that of the store that the trouble is about: the first one that has any. */
static void take_cause(const struct backup_making *making, enum err_code code,
		       const char *trouble, struct err *ret)
{
	err_set(ret, code, "%s", trouble);
	for (size_t i = 0; i < making->target_count; i++) {
		const struct err *err = &making->targets[i].err;
		if (!err->code)
			continue;
		if (err->hint[0])
			err_hint(ret, "%s", err->hint);
		return;
	}
}

static int end_placed(struct backup_making *making, json_t **ret_row, struct err *err)
{
	_cleanup_free_ char *trouble = making_trouble(making);
	const char *outcome = trouble ? "partial" : "made";
	struct err cause = {0};
	report_end(making, outcome, trouble);
	int recorded = making_record(making, trouble, err);
	backup_targets_tidy(making);
	if (recorded < 0)
		return -1;
	if (was_cancelled(making))
		return err_set(err, ERR_CANCELLED,
			       "backup '%s': cancelled by a signal; what was made is on "
			       "the journal",
			       making->backup->name);
	if (trouble)
		take_cause(making, ERR_FAIL, trouble, &cause);
	*ret_row = making_row(making, outcome, &cause);
	return 0;
}

/* Without a store that has it there is no backup. */
static int end_nowhere(struct backup_making *making, json_t **ret_row, struct err *err)
{
	struct err cause = {0};
	_cleanup_free_ char *trouble = making_trouble(making);
	for (size_t i = 0; i < making->target_count; i++)
		if (!cause.code || making->targets[i].err.code == ERR_CANCELLED)
			cause = making->targets[i].err;
	if (cause.code != ERR_CANCELLED)
		take_cause(making, cause.code, trouble, &cause);
	return end_failed(making, &cause, ret_row, err);
}

/* What would be made. */
static int end_assumed(struct backup_making *making, json_t **ret_row)
{
	struct err cause = {0};
	if (backup_look_at_sources(making, &cause) < 0) {
		*ret_row = making_row(making, "failed", &cause);
		return 0;
	}
	for (size_t i = 0; i < making->target_count; i++)
		making->targets[i].placed = !making->targets[i].err.code;
	_cleanup_free_ char *trouble = making_trouble(making);
	if (trouble)
		take_cause(making, ERR_FAIL, trouble, &cause);
	*ret_row = making_row(making, trouble ? "partial" : "made", &cause);
	return 0;
}

static int make(struct backup_making *making, json_t **ret_row, struct err *err)
{
	struct err cause = {0};
	if (backup_secrets_present(making->desk, making->backup, true, err) < 0 ||
	    backup_write_args(making, err) < 0 ||
	    store_append(making->desk->store, decide_claim, making, err) < 0)
		return -1;
	backup_targets_sweep(making, making->dead);
	backup_targets_adopt(making);
	warn_of_ahead(making);
	if (!backup_targets_check(making))
		return end_nowhere(making, ret_row, err);
	if (write_data(making, &cause) < 0)
		return end_failed(making, &cause, ret_row, err);
	if (answer_is_assumed(making->written))
		return end_assumed(making, ret_row);
	if (backup_words(making, &cause) < 0)
		return end_failed(making, &cause, ret_row, err);
	backup_targets_fill(making);
	return making_is_placed(making) ? end_placed(making, ret_row, err)
					: end_nowhere(making, ret_row, err);
}

int backup_make(struct backup_desk *desk, const struct config_backup *backup,
		json_t **ret_row, struct err *err)
{
	if (backup_check_store(desk, backup, err) < 0)
		return -1;
	__attribute__((cleanup(making_release))) struct backup_making making;
	making_init(&making, desk, backup);
	return make(&making, ret_row, err);
}
