/* Where a restore takes its data from, see backup_source.h. */
#include "backup_source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/vec.h"

void backup_source_release(struct backup_source *source)
{
	free(source->name);
	free(source->id);
	free(source->stores.items);
	free(source->signer);
	json_decref(source->copy);
	json_decref(source->store);
	json_decref(source->open);
	json_decref(source->warnings);
	json_decref(source->damage);
	backup_manifest_release(&source->read);
}

void backup_source_warn(struct backup_source *source, const char *format, ...)
{
	_cleanup_str_ struct str text = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);
	json_array_append_new(source->warnings, json_string(str_text(&text)));
	progress_report(source->desk->engine.progress, PROGRESS_NOTE, source->name, "%s",
			str_text(&text));
}

const char *backup_source_trust(const struct backup_source *source)
{
	if (json_is_string(json_object_get(source->copy, "manifest")))
		return "journal";
	return source->signer ? "signature" : "none";
}

int64_t backup_source_at_ms(const struct backup_source *source)
{
	int64_t at_ms = 0;
	time_parse(json_get_string(source->read.manifest, "begun_at", ""), &at_ms);
	return at_ms;
}

bool backup_source_is_stream(const struct backup_source *source)
{
	return str_equal(json_get_string(source->read.manifest, "kind", ""), "stream");
}

/* What is wrong with a copy is not what is wrong with the journal. That one is gone that the journal knows, or that
 * should be in a folder, is no mistake of who asks. */
static int refuse(const struct backup_source *source, struct err *err)
{
	bool known = source->copy || !source->backup;
	if (err->code == ERR_STATE || (known && err->code == ERR_NOT_FOUND))
		err->code = ERR_FAIL;
	return -1;
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Of a copy that the journal knows to be there. */
static void note_damage(struct backup_source *source, const char *store,
			enum backup_depth depth, const struct err *failure)
{
	char at[TIME_TEXT_BYTES];
	int64_t at_ms = 0;
	if (!json_has_string(json_object_get(source->copy, "stores"), store) ||
	    !backup_id_time(source->id, &at_ms))
		return;
	json_array_append_new(
		source->damage,
		json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:n}}", "type",
			  "backup.verified", "data", "backup", source->name, "id",
			  source->id, "store", store, "how", backup_depth_name(depth),
			  "outcome", "bad", "reason", failure->message, "at_copy",
			  time_format(at_ms, at), "manifest"));
}

const char *backup_source_older(const struct backup_source *source)
{
	bool behind = false;
	size_t i;
	const json_t *copy;
	if (!source->copy)
		return NULL;
	const json_t *known = state_backup(backup_desk_state(source->desk), source->name);
	json_array_foreach(json_object_get(known, "copies"), i, copy) {
		const char *id = json_get_string(copy, "id", "");
		if (behind && backup_copy_is_sound(copy))
			return id;
		behind = behind || str_equal(id, source->id);
	}
	return NULL;
}

int backup_source_hint_older(const struct backup_source *source, struct err *err)
{
	const char *older = backup_source_older(source);
	if (!older)
		return -1;
	err->hint[0] = '\0'; /* nothing helps more */
	return err_hint(err, "the next older one is %s: 'belay backup restore %s/%s'",
			older, source->name, older);
}

/* What the effects say of objects names the store already. */
static void name_store(struct err *err, const char *store)
{
	_cleanup_free_ char *prefix = str_format("store '%s': ", store);
	if (!str_has_prefix(err->message, prefix))
		err_wrap(err, "store '%s'", store);
}

/* --- which copy ------------------------------------------------------------------------------- */

static void warn_of_bad(struct backup_source *source)
{
	const char *store;
	json_t *bad;
	json_object_foreach(json_object_get(source->copy, "bad"), store, bad)
		backup_source_warn(source, "copy %s was found bad in '%s': %s",
				   source->id, store,
				   json_get_string(bad, "reason", "?"));
}

/* An older one is never taken in silence. */
static void warn_of_passed_over(struct backup_source *source)
{
	const json_t *known = state_backup(backup_desk_state(source->desk), source->name);
	size_t i;
	const json_t *copy;
	json_array_foreach(json_object_get(known, "copies"), i, copy) {
		const char *id = json_get_string(copy, "id", "");
		if (str_equal(id, source->id))
			return;
		if (backup_copy_is_sound(copy))
			continue; /* it claims to be from the future */
		backup_source_warn(source,
				   "copy %s is newer, but was found bad wherever it "
				   "lies: %s is an older one",
				   id, source->id);
	}
}

/* The newest whole folder in a store that nobody found bad, unless `*newest` is newer. A store that does not answer
 * is skipped. */
static void look_for_newest(struct backup_source *source,
			    const struct config_store *store, char **newest)
{
	struct effects *fx = source->desk->engine.fx;
	_cleanup_json_ json_t *args = backup_store_args(store, effects_now_ms(fx));
	_cleanup_json_ json_t *objects = NULL;
	_cleanup_free_ char *prefix = str_format("%s/", source->name);
	struct err failure = {0};
	size_t i;
	const json_t *folder;
	if (backup_store_list(fx, args, prefix, &objects, &failure) < 0) {
		name_store(&failure, store->name);
		backup_source_warn(source, "%s", failure.message);
		return;
	}
	_cleanup_json_ json_t *folders = backup_folders(source->name, objects);
	json_array_foreach(folders, i, folder) {
		const char *id = json_get_string(folder, "id", "");
		const json_t *copy = state_backup_copy(backup_desk_state(source->desk),
						       source->name, id);
		if (!json_get_bool(folder, "whole", false) ||
		    backup_copy_bad(copy, store->name))
			continue;
		if (backup_id_is_newer(id, *newest, effects_now_ms(fx)))
			str_assign(newest, id);
	}
}

/* What the journal does not know may be all that is left after a disaster. */
static int choose_unknown(struct backup_source *source, const char *id)
{
	int64_t at_ms;
	if (id && backup_id_time(id, &at_ms)) {
		source->id = mem_strdup(id);
	} else if (!id) {
		for (size_t i = 0; i < source->backup->store_count; i++)
			if (backup_wants_store(source->desk, &source->backup->stores[i]))
				look_for_newest(source, &source->backup->stores[i],
						&source->id);
	}
	if (!source->id)
		return -1;
	backup_source_warn(source,
			   "the journal does not know %s: nothing but the store itself "
			   "vouches for it",
			   source->id);
	return 0;
}

static int choose_copy(struct backup_source *source, const char *id, struct err *err)
{
	const json_t *copy = NULL;
	struct err failure = {0};
	if (backup_find_copy(source->desk, source->backup, id, &copy, &failure) < 0) {
		if (failure.code == ERR_NOT_FOUND && choose_unknown(source, id) == 0)
			return 0;
		*err = failure;
		return -1;
	}
	source->copy = json_incref((json_t *)copy);
	source->id = mem_strdup(json_get_string(copy, "id", ""));
	if (!id)
		warn_of_passed_over(source);
	warn_of_bad(source);
	return 0;
}

/* --- which store ------------------------------------------------------------------------------ */

/* Those that should have it, in the order of the configuration, and where it was found bad or not. */
static void add_stores(struct backup_source *source, bool bad)
{
	const json_t *holders = json_object_get(source->copy, "stores");
	for (size_t i = 0; i < source->backup->store_count; i++) {
		const struct config_store *store = &source->backup->stores[i];
		bool named = source->desk->asked->store;
		if (!backup_wants_store(source->desk, store) ||
		    (holders && !named && !json_has_string(holders, store->name)))
			continue;
		if ((backup_copy_bad(source->copy, store->name) != NULL) == bad)
			*vec_push(&source->stores) = store;
	}
}

/* Where it was found bad, last. */
static void list_stores(struct backup_source *source)
{
	add_stores(source, false);
	add_stores(source, true);
}

/* Takes `store`. */
static int use_store(struct backup_source *source, json_t *store, const char *place,
		     struct err *err)
{
	struct effects *fx = source->desk->engine.fx;
	const char *digest = json_get_string(source->copy, "manifest", NULL);
	const char *name = source->backup ? source->name : NULL;
	const char *id = source->backup ? source->id : NULL;
	struct backup_manifest_read read = {0};
	char *signer = NULL;
	int result = backup_manifest_fetch(fx, store, name, id, digest, &read, err);
	bool bad = result < 0 && backup_is_bad(err);
	if (result == 0 && source->backup) {
		result = backup_manifest_check_signature(
			fx, store, name, id, source->backup, &read, &signer, err);
		bad = result < 0 && err->code == ERR_STATE;
	}
	if (bad)
		note_damage(source, place, BACKUP_LISTED, err);
	if (result < 0) {
		backup_manifest_release(&read);
		free(signer);
		json_decref(store);
		return -1;
	}
	backup_manifest_release(&source->read);
	free(source->signer);
	json_decref(source->store);
	source->read = read;
	source->signer = signer;
	source->store = store;
	source->place = place;
	return 0;
}

/* The next store that has it. The first failure is the one that is told. */
static int advance(struct backup_source *source, struct err *err)
{
	struct effects *fx = source->desk->engine.fx;
	struct err first = {0};
	while (source->next < source->stores.count) {
		const struct config_store *store = source->stores.items[source->next++];
		struct err failure = {0};
		if (use_store(source, backup_store_args(store, effects_now_ms(fx)),
			      store->name, &failure) == 0)
			return 0;
		name_store(&failure, store->name);
		if (first.code == ERR_NONE)
			first = failure;
		if (failure.code == ERR_CANCELLED)
			break;
		if (source->next < source->stores.count)
			backup_source_warn(source, "%s", failure.message);
	}
	if (first.code == ERR_NONE) {
		err_set(&first, ERR_NOT_FOUND, "no store of '%s' has copy %s",
			source->name, source->id);
		err_hint(&first, "'belay backup list %s' shows what is where",
			 source->name);
	}
	*err = first;
	return -1;
}

/* --- what opens it ---------------------------------------------------------------------------- */

static int fail_unopened(const struct backup_source *source, struct err *err)
{
	const json_t *seal = json_object_get(source->read.manifest, "seal");
	const json_t *recipients = json_object_get(seal, "recipients");
	const char *first = json_string_value(json_array_get(recipients, 0));
	err_set(err, ERR_CONFIG,
		"nothing is given that opens %s/%s, which is sealed for %s", source->name,
		source->id, first ? first : "somebody");
	if (json_is_object(json_object_get(seal, "scrypt")))
		return err_hint(err, "--passphrase-env NAME, or 'open' in the "
				     "configuration");
	return err_hint(err, "--key PATH%s, or 'open' in the configuration",
			source->backup ? "" : " --certificate PATH");
}

static int find_key(struct backup_source *source, struct err *err)
{
	const struct backup_desk *desk = source->desk;
	json_decref(TAKE_PTR(source->open));
	if (backup_open_args(desk->engine.fx, desk->asked, source->backup,
			     source->read.manifest, &source->open, err) < 0)
		return -1;
	return source->open ? 0 : fail_unopened(source, err);
}

static void source_init(struct backup_source *source, struct backup_desk *desk)
{
	*source = (struct backup_source){
		.desk = desk, .warnings = json_array(), .damage = json_array()};
}

int backup_source_find(struct backup_desk *desk, const struct config_backup *backup,
		       const char *id, struct backup_source *ret, struct err *err)
{
	source_init(ret, desk);
	ret->backup = backup;
	ret->name = mem_strdup(backup->name);
	if (backup_check_store(desk, backup, err) < 0 || choose_copy(ret, id, err) < 0)
		return -1;
	list_stores(ret);
	if (advance(ret, err) < 0) {
		if (backup_is_bad(err) && !id)
			(void)backup_source_hint_older(ret, err);
		return refuse(ret, err);
	}
	return find_key(ret, err);
}

int backup_source_folder(struct backup_desk *desk, const char *folder,
			 struct backup_source *ret, struct err *err)
{
	source_init(ret, desk);
	ret->name = mem_strdup(folder); /* until the manifest tells its own */
	if (use_store(ret, backup_store_of_folder(folder), folder, err) < 0)
		return refuse(ret, err);
	str_assign(&ret->name, json_get_string(ret->read.manifest, "name", ""));
	str_assign(&ret->id, json_get_string(ret->read.manifest, "id", ""));
	backup_source_warn(ret, "nothing but the folder itself vouches for its manifest");
	return find_key(ret, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

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
	name_store(&failure, source->place);
	if (advance(source, &ignored) < 0 || find_key(source, &ignored) < 0)
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
	for (;;) {
		struct err failure = {0};
		if (read_once(source, to, verb, ret_answer, &failure) == 0)
			return backup_source_judge_run(
				json_object_get(*ret_answer, "run"), err);
		if (shows_damage(&failure, to))
			note_damage(source, source->place, BACKUP_OPENED, &failure);
		if (may_go_on(&failure, to) && take_next(source, &failure) == 0)
			continue;
		*err = failure;
		return -1;
	}
}
