/* Reading what a restore is made from, and where it leads, see backup_source.h. */
#include <errno.h>
#include <string.h>

#include "backup_source.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* --- targets ---------------------------------------------------------------------------------- */

static bool is_command(const json_t *to)
{
	return json_get_string(to, "run", NULL);
}

int backup_source_file_in(const char *directory, const json_t *manifest, json_t **ret,
			  struct err *err)
{
	const char *name = json_get_string(manifest, "file", "");
	if (!*name || strchr(name, '/') || str_equal(name, ".") || str_equal(name, ".."))
		return err_set(err, ERR_CONFIG,
			       "the backup's own name for its file, '%s', cannot be one",
			       name);
	_cleanup_free_ char *path = str_format("%s/%s", directory, name);
	*ret = json_pack("{s:s}", "file", path);
	return 0;
}

const char *backup_source_target(const json_t *to)
{
	static const char *const kinds[] = {"directory", "file", "run"};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *text = json_get_string(to, kinds[i], NULL);
		if (text)
			return text;
	}
	return NULL;
}

/* TO, with what a command may want to know. New. */
static json_t *target_for(const struct backup_source *source, const json_t *to)
{
	json_t *target = json_deep_copy(to);
	if (!is_command(to))
		return target;
	json_t *env = json_object_get(target, "env");
	if (!env) {
		env = json_object();
		json_object_set_new(target, "env", env);
	}
	json_object_set_new(env, "BELAY_BACKUP", json_string(source->name));
	json_object_set_new(env, "BELAY_BACKUP_ID", json_string(source->id));
	return target;
}

static json_t *read_args(const struct backup_source *source, const json_t *to)
{
	const json_t *data = json_object_get(source->read.manifest, "data");
	bool folder = !source->backup;
	_cleanup_free_ char *object =
		backup_place(folder ? NULL : source->name, folder ? NULL : source->id,
			     json_get_string(data, "object", ""));
	json_t *args = backup_read_args(source->read.manifest);
	json_object_set_new(args, "object", json_string(object));
	json_object_set(args, "store", source->store);
	json_object_set(args, "open", source->open);
	if (source->backup)
		json_object_set_new(args, "timeout_ms",
				    json_integer(source->backup->timeout_ms));
	json_object_set_new(args, "to", target_for(source, to));
	return args;
}

static int read_once(const struct backup_source *source, const json_t *to,
		     const char *verb, json_t **ret_answer, struct err *err)
{
	const json_t *data = json_object_get(source->read.manifest, "data");
	const struct engine *engine = &source->desk->engine;
	_cleanup_json_ json_t *args = read_args(source, to);
	_cleanup_free_ char *summary = str_format("%s %s/%s from %s", verb, source->name,
						  source->id, source->place);
	struct backup_watch watch = {
		.progress = engine->progress,
		.subject = source->name,
		.verb = verb,
		.expected_bytes = json_get_int(data, "open_bytes", 0),
	};
	const struct effect effect = {
		.kind = "backup.read",
		.mode = EFFECT_ACT,
		.args = args,
		.subject = source->place,
		.summary = summary,
		.moved = backup_watch_moved,
		.watcher = &watch,
	};
	return effects_perform(engine->fx, &effect, ret_answer, err);
}

/* Is it the copy that is damaged, not what it is restored to? */
static bool shows_damage(const struct err *err, const json_t *to)
{
	return err->code == ERR_STATE || (err->code == ERR_NOT_FOUND && !is_command(to));
}

/* May the same be tried with another store? A command has had the beginning already. */
static bool may_go_on(const struct err *err, const json_t *to)
{
	if (is_command(to) || err->sys_errno == EEXIST)
		return false;
	return err->code == ERR_STATE || err->code == ERR_NOT_FOUND ||
	       err->code == ERR_NET || err->code == ERR_TIMEOUT;
}

/* Another store for what failed with `cause`. */
static int take_next(struct backup_source *source, const struct err *cause)
{
	struct err ignored = {0}, failure = *cause;
	backup_source_name_store(&failure, source->place);
	if (backup_source_advance(source, &ignored) < 0 ||
	    backup_source_find_key(source, &ignored) < 0)
		return -1;
	backup_source_warn(source, "%s; going on with '%s'", failure.message,
			   source->place);
	return 0;
}

bool backup_source_was_refused(const struct err *err, const json_t *to)
{
	if (err->code == ERR_CONFIG || err->code == ERR_USAGE || err->sys_errno == EEXIST)
		return true;
	return err->code == ERR_AUTH && !is_command(to);
}

int backup_source_judge_run(const json_t *answer, struct err *err)
{
	const char *said = json_get_string(answer, "stderr", "");
	int64_t status = json_get_int(answer, "exit", -1);
	if (!answer || status == 0)
		return 0;
	_cleanup_free_ char *last = str_last_line(said);
	if (json_get_bool(answer, "timed_out", false))
		err_set(err, ERR_TIMEOUT, "the command was not done in time");
	else if (str_equal(last, BACKUP_UNREAD)) {
		err_set(err, ERR_FAIL, "%s", last);
		return err_hint(err, "a restore reads everything; for a look at the "
				     "beginning: 'COMMAND; cat >/dev/null'");
	} else if (status < 0)
		err_set(err, ERR_FAIL, "signal %s ended the command",
			json_get_string(answer, "signal", "?"));
	else
		err_set(err, ERR_FAIL, "the command ended with status %lld",
			(long long)status);
	return *last ? err_hint(err, "it said: %s", last) : -1;
}

int backup_source_read(struct backup_source *source, const json_t *to, const char *verb,
		       json_t **ret_answer, struct err *err)
{
	backup_source_look_beside(source, to);
	for (;;) {
		struct err failure = {0};
		if (read_once(source, to, verb, ret_answer, &failure) == 0)
			return backup_source_judge_run(
				json_object_get(*ret_answer, "run"), err);
		if (shows_damage(&failure, to))
			backup_source_note_damage(source, source->place, BACKUP_OPENED,
						  &failure);
		if (may_go_on(&failure, to) && take_next(source, &failure) == 0)
			continue;
		*err = failure;
		return -1;
	}
}
