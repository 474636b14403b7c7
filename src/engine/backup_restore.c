/* engine_backup_restore: a copy back to where it is asked for. What is wrong before anything was moved is an
 * error; what goes wrong from then on is a result, and on the journal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backup_source.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

struct restore {
	const struct engine_backup *asked;
	struct backup_source source;
	json_t *to;     /* TO of backup.read */
	json_t *answer; /* of it, or NULL */
	struct err failure;
	int64_t duration_ms;
};

/* --- where to --------------------------------------------------------------------------------- */

static int check_words(const struct engine_backup *asked, struct err *err)
{
	int targets = (asked->to_directory != NULL) + (asked->to_file != NULL) +
		      (asked->to_command != NULL) + asked->in_place;
	if (targets != 1) {
		err_set(err, ERR_USAGE,
			targets ? "a backup is restored to one place"
				: "where is it restored to?");
		return err_hint(err, "--to DIRECTORY, --to-file PATH, --to-command "
				     "COMMAND or --in-place");
	}
	if (!asked->folder || !asked->in_place)
		return 0;
	err_set(err, ERR_USAGE, "a folder does not say where it is restored in place");
	return err_hint(err, "--to DIRECTORY, --to-file PATH or --to-command COMMAND");
}

static int target_in_place(const struct restore *restore, json_t **ret, struct err *err)
{
	const struct config_backup *backup = restore->source.backup;
	if (!backup->restore) {
		err_set(err, ERR_CONFIG, "backup '%s' does not say how it comes back",
			backup->name);
		return err_hint(err, "add 'restore:' to it, or give --to");
	}
	*ret = json_deep_copy(backup->restore);
	return 0;
}

static int choose_target(const struct restore *restore, json_t **ret, struct err *err)
{
	const struct engine_backup *asked = restore->asked;
	const json_t *manifest = restore->source.read.manifest;
	bool stream = backup_source_is_stream(&restore->source);
	if (asked->in_place)
		return target_in_place(restore, ret, err);
	if (asked->to_command) {
		*ret = json_pack("{s:s}", "run", asked->to_command);
		return 0;
	}
	if (asked->to_directory && stream)
		return backup_source_file_in(asked->to_directory, manifest, ret, err);
	if (asked->to_directory) {
		*ret = json_pack("{s:s}", "directory", asked->to_directory);
		return 0;
	}
	if (!stream) {
		err_set(err, ERR_USAGE, "%s/%s is a tree of files", restore->source.name,
			restore->source.id);
		return err_hint(err, "--to DIRECTORY");
	}
	*ret = json_pack("{s:s}", "file", asked->to_file);
	return 0;
}

static int find_target(struct restore *restore, struct err *err)
{
	if (choose_target(restore, &restore->to, err) < 0)
		return -1;
	if (!restore->to)
		return err_set(err, ERR_USAGE, "what is restored to is not UTF-8");
	if (str_equal(json_get_string(restore->to, "file", NULL), "-")) {
		err_set(err, ERR_USAGE,
			"a backup is not restored to standard output, which "
			"has the result");
		return err_hint(err,
				"--to-file FILE, or --to-command COMMAND that reads it");
	}
	if (restore->asked->overwrite && !json_get_string(restore->to, "run", NULL))
		json_object_set_new(restore->to, "overwrite", json_true());
	return 0;
}

/* {kind, text, host?}. New. */
static json_t *target_in_words(const json_t *to)
{
	static const char *const kinds[] = {"directory", "file", "run"};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *text = json_get_string(to, kinds[i], NULL);
		if (text)
			return json_pack("{s:s, s:s, s:s*}", "kind", kinds[i], "text",
					 text, "host",
					 json_get_string(json_object_get(to, "host"),
							 "name", NULL));
	}
	return json_null();
}

/* --- doing it --------------------------------------------------------------------------------- */

/* How much it takes is known only here. */
static void hint_room(const struct restore *restore, struct err *err)
{
	const json_t *data = json_object_get(restore->source.read.manifest, "data");
	_cleanup_str_ struct str size = STR_INIT;
	_cleanup_free_ char *then = mem_strdup(
		err->hint[0] ? err->hint
			     : "make room there, or name a place on another file system");
	size_add(&size, json_get_int(data, "open_bytes", 0));
	err->hint[0] = '\0';
	err_hint(err, "it needs %s: %s", str_text(&size), then);
}

static void add_hint(const struct restore *restore, struct err *err)
{
	const struct backup_source *source = &restore->source;
	if (err->sys_errno == EEXIST) {
		err->hint[0] = '\0'; /* which words do it is known only here */
		err_hint(err, "name a place that does not exist; --overwrite replaces "
			      "what is there");
	} else if (err->sys_errno == ENOSPC)
		hint_room(restore, err);
	else if (err->code == ERR_AUTH && json_object_get(source->open, "passphrase"))
		err_hint(err,
			 "the variable that --passphrase-env names, or 'open' in the "
			 "configuration, holds another one");
	else if (err->code == ERR_AUTH)
		err_hint(err, "'seal.recipients' of its manifest names whose key it was "
			      "sealed for");
	else if (backup_is_bad(err) && backup_source_older(source))
		(void)backup_source_hint_older(source, err);
	else if (backup_is_bad(err))
		err_hint(err, source->backup
				      ? "'belay backup list' shows other copies, 'belay "
					"backup verify --read-data' finds out more"
				      : "the same backup in another store may be whole");
}

static void perform(struct restore *restore)
{
	struct backup_source *source = &restore->source;
	const struct engine *engine = &source->desk->engine;
	int64_t begin_ms = effects_mono_ms(engine->fx);
	progress_report(engine->progress, PROGRESS_STEP_BEGIN, source->name,
			"restoring %s from %s", source->id, source->place);
	int result = backup_source_read(source, restore->to, "restore", &restore->answer,
					&restore->failure);
	restore->duration_ms = effects_mono_ms(engine->fx) - begin_ms;
	if (result < 0) {
		add_hint(restore, &restore->failure);
		progress_report(engine->progress, PROGRESS_STEP_FAILED, source->name,
				"%s", restore->failure.message);
		return;
	}
	_cleanup_str_ struct str text = STR_INIT;
	size_add(&text, json_get_int(restore->answer, "open_bytes", 0));
	str_add(&text, " in ");
	duration_add(&text, restore->duration_ms);
	progress_report(engine->progress, PROGRESS_STEP_DONE, source->name,
			"restored %s: %s", source->id, str_text(&text));
}

/* What a person types may have a secret in it that nobody knows to mask; the branch keeps it for ever. */
static const char *target_for_journal(const struct restore *restore)
{
	return restore->asked->to_command ? "a command"
					  : backup_source_target(restore->to);
}

static json_t *restored_event(const struct restore *restore)
{
	const struct backup_source *source = &restore->source;
	const struct err *failure = &restore->failure;
	bool good = failure->code == ERR_NONE;
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s?, s:I, s:I}}", "type",
			 "backup.restored", "data", "backup", source->name, "id",
			 source->id, "store", source->place, "to",
			 target_for_journal(restore), "outcome", good ? "good" : "bad",
			 "reason", good ? NULL : failure->message, "bytes",
			 (json_int_t)json_get_int(restore->answer, "open_bytes", 0),
			 "duration_ms", (json_int_t)restore->duration_ms);
}

/* With what was found bad on the way, which whoever looks after the backups hears of. That it could not be recorded
 * makes nothing undone. */
static void record(struct restore *restore, const json_t *rows)
{
	struct backup_source *source = &restore->source;
	const json_t *bad = json_object_get(json_array_get(source->damage, 0), "data");
	const struct backup_word word = {
		.event = "is not what was written",
		.id = json_get_string(bad, "id", NULL),
		.store = json_get_string(bad, "store", NULL),
		.reason = json_get_string(bad, "reason", NULL),
		.duration_ms = -1,
	};
	struct err unrecorded = {0};
	if (json_array_size(rows) == 0)
		return;
	effects_acknowledge_cancel(source->desk->engine.fx);
	int result = bad ? backup_record_told(source->desk, source->backup, rows, &word,
					      &unrecorded)
			 : backup_record_all(source->desk, rows, &unrecorded);
	if (result < 0)
		backup_source_warn(source, "it is not on the journal: %s",
				   unrecorded.message);
}

static void record_restored(struct restore *restore)
{
	const struct backup_source *source = &restore->source;
	_cleanup_json_ json_t *rows = json_copy(source->damage);
	if (source->backup && !backup_source_was_refused(&restore->failure, restore->to))
		json_array_append_new(rows, restored_event(restore));
	record(restore, rows);
}

/* --- the result ------------------------------------------------------------------------------- */

/* A number of the answer; null when it failed or nothing was done. New. */
static json_t *number_of(const struct restore *restore, const char *member)
{
	json_t *number = json_object_get(restore->answer, member);
	return restore->failure.code == ERR_NONE && json_is_integer(number)
		       ? json_incref(number)
		       : json_null();
}

static json_t *result_of_restore(const struct restore *restore)
{
	const struct backup_source *source = &restore->source;
	const struct err *failure = &restore->failure;
	bool good = failure->code == ERR_NONE;
	char at[TIME_TEXT_BYTES];
	json_t *result = json_pack(
		"{s:s, s:s?, s:s, s:s, s:s, s:s, s:s?, s:o, s:s, s:s, s:s?, s:o, s:o, s:I, "
		"s:O?, s:O}",
		"name", source->name, "environment",
		source->backup ? source->backup->environment : NULL, "id", source->id,
		"at", time_format(backup_source_at_ms(source), at), "store",
		source->place, "outcome", good ? "restored" : "failed", "reason",
		good ? NULL : failure->message, "to", target_in_words(restore->to),
		"kind", backup_source_is_stream(source) ? "stream" : "tar", "trust",
		backup_source_trust(source), "signer", source->signer, "bytes",
		number_of(restore, "open_bytes"), "entries",
		number_of(restore, "entries"), "duration_ms",
		(json_int_t)restore->duration_ms, "run",
		json_object_get(restore->answer, "run"), "warnings", source->warnings);
	if (!good && failure->hint[0])
		json_object_set_new(result, "hint", json_string(failure->hint));
	return result;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int find_source(struct restore *restore, struct backup_desk *desk, struct err *err)
{
	const struct config_backup *backup = NULL;
	const struct engine_backup *asked = desk->asked;
	if (asked->folder)
		return backup_source_folder(desk, asked->folder, &restore->source, err);
	if (backup_choose_one(desk, &backup, err) < 0 ||
	    backup_desk_turn(desk, backup, err) < 0)
		return -1;
	int result = backup_source_find(desk, backup, asked->id, &restore->source, err);
	if (result < 0)
		record(restore, restore->source.damage);
	return result;
}

/* Or a result? What a person has to say or give differently is an error. */
static bool is_error(const struct err *failure)
{
	return failure->code == ERR_CONFIG || failure->code == ERR_USAGE ||
	       failure->code == ERR_AUTH || failure->code == ERR_CANCELLED;
}

static int restore_to(struct restore *restore, struct backup_desk *desk, struct err *err)
{
	if (check_words(desk->asked, err) < 0 || find_source(restore, desk, err) < 0 ||
	    find_target(restore, err) < 0)
		return -1;
	perform(restore);
	record_restored(restore);
	const struct err *failure = &restore->failure;
	if (!is_error(failure))
		return 0;
	*err = *failure;
	return -1;
}

int engine_backup_restore(const struct engine *engine, const struct engine_backup *asked,
			  enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	struct backup_desk desk;
	struct restore restore = {.asked = asked};
	backup_desk_init(&desk, engine, asked);
	int result = restore_to(&restore, &desk, err);
	if (result == 0) {
		*ret_end = restore.failure.code == ERR_NONE ? END_PASSED : END_FAILED;
		*ret_result = result_of_restore(&restore);
	}
	backup_source_release(&restore.source);
	json_decref(restore.to);
	json_decref(restore.answer);
	backup_desk_release(&desk);
	return result;
}
