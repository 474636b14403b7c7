/* engine_backup_drill: proof that a backup comes back. The newest copy is restored into a scratch place, commands
 * look at it, and the clock says how long people would have waited (RTO) and how much they would have
 * lost (RPO). The scratch place is removed whatever happens.
 */
#include <stdlib.h>
#include <string.h>

#include "backup_source.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/verdict.h"

#define CHECK_OUTPUT_MAX_BYTES (256 << 10)

struct drill {
	struct backup_desk *desk;
	const struct config_backup *backup;
	struct backup_source source;
	char *scratch;  /* its path, or NULL */
	json_t *to;     /* TO of backup.read */
	json_t *answer; /* of it, or NULL */
	json_t *checks; /* rows of the result */
	struct err failure;
	int64_t begun_ms, begun_mono_ms;
	int64_t restore_ms, rto_ms, rpo_ms; /* -1: not measured */
};

static struct effects *fx_of(const struct drill *drill)
{
	return drill->desk->engine.fx;
}

static int64_t elapsed_ms(const struct drill *drill)
{
	return effects_mono_ms(fx_of(drill)) - drill->begun_mono_ms;
}

static bool has_failed(const struct drill *drill)
{
	return drill->failure.code != ERR_NONE;
}

/* Nothing of what a dry run says about time and data is true. */
static bool is_assumed(const struct drill *drill)
{
	return answer_is_assumed(drill->answer);
}

/* --- the scratch place ------------------------------------------------------------------------ */

static int make_scratch(struct drill *drill, struct err *err)
{
	const char *directory = drill->backup->drill.directory;
	_cleanup_json_ json_t *args = json_pack("{s:s*}", "directory", directory);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {
		.kind = "scratch.make",
		.mode = EFFECT_ACT,
		.args = args,
		.subject = drill->backup->name,
		.summary = "make a scratch directory",
	};
	if (effects_perform(fx_of(drill), &effect, &answer, err) < 0)
		return -1;
	drill->scratch = mem_strdup(json_get_string(answer, "path", ""));
	return 0;
}

static void remove_scratch(struct drill *drill)
{
	struct err failure = {0};
	if (!drill->scratch)
		return;
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", drill->scratch);
	const struct effect effect = {
		.kind = "scratch.remove",
		.mode = EFFECT_ACT,
		.args = args,
		.subject = drill->backup->name,
		.summary = "remove the scratch directory",
	};
	if (effects_perform(fx_of(drill), &effect, NULL, &failure) < 0)
		backup_source_warn(&drill->source, "restored data is left in '%s': %s",
				   drill->scratch, failure.message);
}

/* Below the scratch directory, so that what is in the archive says nothing about who may look into it. */
static int choose_target(struct drill *drill, struct err *err)
{
	const json_t *manifest = drill->source.read.manifest;
	if (drill->backup->drill.to) {
		drill->to = json_deep_copy(drill->backup->drill.to);
		return 0;
	}
	if (make_scratch(drill, err) < 0)
		return -1;
	if (backup_source_is_stream(&drill->source))
		return backup_source_file_in(drill->scratch, manifest, &drill->to, err);
	_cleanup_free_ char *path = str_format("%s/restored", drill->scratch);
	drill->to = json_pack("{s:s}", "directory", path);
	return 0;
}

/* --- checks ----------------------------------------------------------------------------------- */

/* They run among what was restored: in the directory, or beside the file. NULL: where belay runs. */
static const char *directory_of(const struct drill *drill)
{
	return json_get_string(drill->to, "directory", drill->scratch);
}

static json_t *check_args(const struct drill *drill,
			  const struct config_drill_check *check)
{
	bool command = json_get_string(drill->to, "run", NULL);
	return json_pack("{s:s, s:s*, s:{s:s, s:s, s:s}, s:I, s:i}", "shell", check->run,
			 "directory", directory_of(drill), "env", "BELAY_RESTORED",
			 command ? "" : backup_source_target(drill->to), "BELAY_BACKUP",
			 drill->source.name, "BELAY_BACKUP_ID", drill->source.id,
			 "timeout_ms", (json_int_t)drill->backup->timeout_ms,
			 "max_output_bytes", CHECK_OUTPUT_MAX_BYTES);
}

static int run_check(const struct drill *drill, const struct config_drill_check *check,
		     json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *args = check_args(drill, check);
	_cleanup_free_ char *summary = str_format("check '%s' of the restored %s",
						  check->name, drill->backup->name);
	const struct effect effect = {
		.kind = "run",
		.mode = EFFECT_ACT,
		.args = args,
		.subject = check->name,
		.summary = summary,
	};
	return effects_perform(fx_of(drill), &effect, ret_answer, err);
}

/* By its exit status, or by its predicates as those of any check. *ret_text: what it printed last, or what did
 * not hold; fresh. */
static int judge_check(const struct config_drill_check *check, const json_t *answer,
		       char **ret_text, struct err *err)
{
	const struct config_check rules = {
		.name = check->name, .type = "run", .expect = check->expect};
	_cleanup_(judge_freep) struct judge *judge = NULL;
	if (check->expect.count == 0) {
		*ret_text = str_last_line(json_get_string(answer, "stdout", ""));
		return backup_source_judge_run(answer, err);
	}
	if (judge_new(&rules, &judge, err) < 0)
		return -1;
	_cleanup_json_ json_t *verdict = judge_observation(judge, answer, NULL, NULL);
	const char *reason = json_get_string(verdict, "reason", "");
	*ret_text = mem_strdup(reason);
	if (verdict_outcome(verdict) == OUTCOME_PASS)
		return 0;
	return err_set(err, ERR_FAIL, "%s", reason);
}

static void add_check(struct drill *drill, const struct config_drill_check *check,
		      const char *outcome, const char *text, int64_t duration_ms)
{
	json_array_append_new(drill->checks,
			      json_pack("{s:s, s:s, s:s, s:I}", "name", check->name,
					"outcome", outcome, "text", text, "duration_ms",
					(json_int_t)duration_ms));
}

static int perform_check(struct drill *drill, const struct config_drill_check *check,
			 struct err *err)
{
	const struct progress *progress = drill->desk->engine.progress;
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *text = NULL;
	struct err failure = {0};
	int64_t begin_ms = effects_mono_ms(fx_of(drill));
	progress_report(progress, PROGRESS_STEP_BEGIN, check->name, "checking");
	int result = run_check(drill, check, &answer, &failure);
	if (result == 0)
		result = judge_check(check, answer, &text, &failure);
	int64_t took_ms = effects_mono_ms(fx_of(drill)) - begin_ms;
	if (result == 0) {
		add_check(drill, check, "pass", text, took_ms);
		progress_report(progress, PROGRESS_STEP_DONE, check->name, "%s",
				*text ? text : "passed");
		return 0;
	}
	add_check(drill, check, "fail", failure.message, took_ms);
	progress_report(progress, PROGRESS_STEP_FAILED, check->name, "%s",
			failure.message);
	*err = failure;
	return err_wrap(err, "check '%s'", check->name);
}

/* All of them, also after one that failed; the first failure is the reason. */
static void perform_checks(struct drill *drill)
{
	for (size_t i = 0; i < drill->backup->drill.check_count; i++) {
		const struct config_drill_check *check = &drill->backup->drill.checks[i];
		struct err failure = {0};
		if (drill->restore_ms < 0 || drill->failure.code == ERR_CANCELLED)
			add_check(drill, check, "skipped", "", 0);
		else if (perform_check(drill, check, &failure) < 0 &&
			 (!has_failed(drill) || failure.code == ERR_CANCELLED))
			drill->failure = failure;
	}
}

/* --- the drill -------------------------------------------------------------------------------- */

static void restore(struct drill *drill)
{
	struct backup_source *source = &drill->source;
	const struct progress *progress = drill->desk->engine.progress;
	int64_t begin_ms = effects_mono_ms(fx_of(drill));
	progress_report(progress, PROGRESS_STEP_BEGIN, source->name,
			"restoring %s from %s, as a drill", source->id, source->place);
	if (choose_target(drill, &drill->failure) < 0 ||
	    backup_source_read(source, drill->to, "restore", &drill->answer,
			       &drill->failure) < 0) {
		progress_report(progress, PROGRESS_STEP_FAILED, source->name, "%s",
				drill->failure.message);
		return;
	}
	drill->restore_ms = effects_mono_ms(fx_of(drill)) - begin_ms;
	progress_report(progress, PROGRESS_STEP_DONE, source->name, "restored");
}

static void judge_rto(struct drill *drill)
{
	int64_t promised_ms = drill->backup->drill.rto_ms;
	_cleanup_str_ struct str text = STR_INIT;
	if (drill->restore_ms < 0 || is_assumed(drill))
		return;
	drill->rto_ms = elapsed_ms(drill);
	if (has_failed(drill) || promised_ms <= 0 || drill->rto_ms <= promised_ms)
		return;
	str_add(&text, "it took ");
	duration_add(&text, drill->rto_ms);
	str_add(&text, ", promised are ");
	duration_add(&text, promised_ms);
	err_set(&drill->failure, ERR_FAIL, "%s", str_text(&text));
}

/* An old copy is the fault of whoever makes them, not of the restore. */
static void judge_rpo(struct drill *drill)
{
	int64_t promised_ms = drill->backup->every_ms;
	int64_t made_ms = backup_source_at_ms(&drill->source);
	_cleanup_str_ struct str text = STR_INIT;
	drill->rpo_ms = drill->begun_ms > made_ms ? drill->begun_ms - made_ms : 0;
	if (promised_ms <= 0 || drill->rpo_ms <= promised_ms)
		return;
	str_add(&text, "the copy is ");
	duration_add(&text, drill->rpo_ms);
	str_add(&text, " old, promised is one every ");
	duration_add(&text, promised_ms);
	backup_source_warn(&drill->source, "%s", str_text(&text));
}

/* What has nothing to do with the backup says nothing about it. */
static bool proves_nothing(const struct err *err)
{
	return err->code == ERR_CONFIG || err->code == ERR_USAGE ||
	       err->code == ERR_CANCELLED;
}

static int perform(struct drill *drill, struct err *err)
{
	const char *id = drill->desk->asked->id;
	if (backup_source_find(drill->desk, drill->backup, id, &drill->source,
			       &drill->failure) == 0) {
		judge_rpo(drill);
		restore(drill);
		perform_checks(drill);
		judge_rto(drill);
		remove_scratch(drill);
	}
	if (!proves_nothing(&drill->failure))
		return 0;
	*err = drill->failure;
	return -1;
}

/* --- what is left of it ----------------------------------------------------------------------- */

static json_t *measured(int64_t value_ms)
{
	return value_ms >= 0 ? json_integer(value_ms) : json_null();
}

static json_t *promised(int64_t value_ms)
{
	return value_ms > 0 ? json_integer(value_ms) : json_null();
}

static const char *reason_of(const struct drill *drill)
{
	return has_failed(drill) ? drill->failure.message : NULL;
}

/* With what was found bad on the way. Without a copy there is nothing else to record, but people hear of it. New. */
static json_t *events_of(const struct drill *drill)
{
	const struct backup_source *source = &drill->source;
	json_t *rows = source->damage ? json_copy(source->damage) : json_array();
	if (source->place)
		json_array_append_new(
			rows,
			json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:O}}",
				  "type", "backup.drilled", "data", "backup",
				  source->name, "id", source->id, "store", source->place,
				  "outcome", has_failed(drill) ? "fail" : "pass",
				  "reason", reason_of(drill), "rto_ms",
				  measured(drill->rto_ms), "rpo_ms",
				  measured(drill->rpo_ms), "checks", drill->checks));
	return rows;
}

static int record(struct drill *drill, struct err *err)
{
	_cleanup_json_ json_t *rows = events_of(drill);
	const struct backup_word word = {
		.good = !has_failed(drill),
		.event = "failed its drill",
		.id = drill->source.id,
		.store = drill->source.place,
		.reason = reason_of(drill),
		.duration_ms = elapsed_ms(drill),
	};
	return backup_record_told(drill->desk, drill->backup, rows, &word, err);
}

static json_t *number_of(const struct drill *drill, const char *member)
{
	json_t *number = json_object_get(drill->answer, member);
	return json_is_integer(number) ? json_incref(number) : json_null();
}

static json_t *result_of_drill(const struct drill *drill)
{
	const struct backup_source *source = &drill->source;
	const struct config_backup *backup = drill->backup;
	char at[TIME_TEXT_BYTES];
	json_t *result = json_pack(
		"{s:s, s:s, s:s?, s:s?, s:s?, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:I, s:O, s:O}",
		"name", backup->name, "environment", backup->environment, "id",
		source->id, "at",
		source->place ? time_format(backup_source_at_ms(source), at) : NULL,
		"store", source->place, "outcome", has_failed(drill) ? "fail" : "pass",
		"reason", reason_of(drill), "to", backup_source_target(drill->to),
		"rto_ms", measured(drill->rto_ms), "rto_promised_ms",
		promised(backup->drill.rto_ms), "rpo_ms", measured(drill->rpo_ms),
		"rpo_promised_ms", promised(backup->every_ms), "bytes",
		number_of(drill, "open_bytes"), "entries", number_of(drill, "entries"),
		"restore_ms", measured(is_assumed(drill) ? -1 : drill->restore_ms),
		"duration_ms", (json_int_t)elapsed_ms(drill), "checks", drill->checks,
		"warnings", source->warnings);
	if (has_failed(drill) && drill->failure.hint[0])
		json_object_set_new(result, "hint", json_string(drill->failure.hint));
	return result;
}

static void drill_init(struct drill *drill, struct backup_desk *desk)
{
	*drill = (struct drill){
		.desk = desk,
		.checks = json_array(),
		.restore_ms = -1,
		.rto_ms = -1,
		.rpo_ms = -1,
	};
	drill->begun_ms = effects_now_ms(fx_of(drill));
	drill->begun_mono_ms = effects_mono_ms(fx_of(drill));
}

static void drill_release(struct drill *drill)
{
	backup_source_release(&drill->source);
	free(drill->scratch);
	json_decref(drill->to);
	json_decref(drill->answer);
	json_decref(drill->checks);
}

int engine_backup_drill(const struct engine *engine, const struct engine_backup *asked,
			enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(backup_desk_release))) struct backup_desk desk;
	__attribute__((cleanup(drill_release))) struct drill drill;
	backup_desk_init(&desk, engine, asked);
	drill_init(&drill, &desk);
	if (backup_choose_one(&desk, &drill.backup, err) < 0 ||
	    backup_desk_turn(&desk, drill.backup, err) < 0 || perform(&drill, err) < 0 ||
	    record(&drill, err) < 0)
		return -1;
	*ret_end = has_failed(&drill) ? END_FAILED : END_PASSED;
	*ret_result = result_of_drill(&drill);
	return 0;
}
