/* The phase of a rollback that brings data back: a backup, by its `restore:`, before the code is switched.
 *
 * Everything that can be known is known before the lock is taken. From the moment the data is touched nothing is taken
 * back any more: newer code on older data, or on data that is half of each, helps nobody. What fails then
 * leaves the transaction stuck, and says where to look.
 */
#include <stdlib.h>
#include <string.h>

#include "backup_source.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "transaction.h"

#define OFFERED_MAX 5 /* copies that a hint names */

struct restoring {
	struct engine_backup asked;
	struct backup_desk desk; /* its journal is the transaction's */
	const struct config_backup *backup;
	struct backup_source source;
	char *backup_name, *id; /* as asked for; id may be NULL */
	char *text;             /* "NAME/ID" */
	bool begun, done;
};

void restore_free(struct restoring *restoring)
{
	if (!restoring)
		return;
	backup_source_release(&restoring->source);
	restoring->desk.store = NULL;
	backup_desk_release(&restoring->desk);
	free(restoring->backup_name);
	free(restoring->id);
	free(restoring->text);
	free(restoring);
}

const char *restore_name(const struct transaction *t)
{
	return t->restoring ? t->restoring->text : NULL;
}

bool restore_was_begun(const struct transaction *t)
{
	return t->restoring && t->restoring->begun;
}

/* --- before the lock -------------------------------------------------------------------------- */

/* "NAME/ID", or "NAME": then the id follows from what is undone. */
static void split(struct restoring *restoring, const char *text)
{
	size_t len = strcspn(text, "/");
	restoring->backup_name = mem_strndup(text, len);
	if (text[len] == '/' && text[len + 1])
		restoring->id = mem_strdup(text + len + 1);
	restoring->asked.name = restoring->backup_name;
}

static int check_in_place(const struct config_backup *backup, struct err *err)
{
	if (backup->restore)
		return 0;
	err_set(err, ERR_CONFIG, "backup '%s' does not say how it comes back",
		backup->name);
	return err_hint(err, "add 'restore:' to it; 'belay docs backups' says how");
}

static int check_key(const struct restoring *restoring, struct err *err)
{
	const struct backup_desk *desk = &restoring->desk;
	if (backup_open_is_usable(desk->engine.fx, restoring->source.open))
		return 0;
	err_set(err, ERR_CONFIG, "what opens backup '%s' is not here",
		restoring->backup->name);
	return err_hint(err, "its 'open' names a variable or a file that this run does "
			     "not have; in a workflow, pass the secret on with 'env:'");
}

/* The ids that may be named, newest first, in a hint. */
static int offer_copies(const struct restoring *restoring, struct err *err)
{
	const char *name = restoring->backup->name;
	const json_t *copies = json_object_get(
		state_backup(backup_desk_state(&restoring->desk), name), "copies");
	_cleanup_str_ struct str text = STR_INIT;
	size_t i, count = 0;
	const json_t *copy;
	json_array_foreach(copies, i, copy) {
		if (count == OFFERED_MAX || !backup_copy_is_sound(copy))
			continue;
		str_addf(&text, "%s%s/%s", count++ ? ", " : "", name,
			 json_get_string(copy, "id", "?"));
	}
	if (!count)
		return err_hint(err, "'belay backup list %s' shows what there is", name);
	return err_hint(err, "say which one, newest first: %s", str_text(&text));
}

/* A name alone means the data as it was before what is undone, never what was saved later: that may be as broken as
 * what it is to replace. */
static int choose_made_before(const struct transaction *t, struct restoring *restoring,
			      struct err *err)
{
	const struct journal_documents *documents = store_documents(t->store);
	const char *name = restoring->backup->name;
	_cleanup_json_ json_t *targets = NULL;
	const char *found = NULL;
	bool several = false;
	if (parts_targets(t, documents, &targets, err) < 0)
		return -1;
	for (size_t i = 0; i < t->part_count; i++) {
		const char *service = t->parts[i].service->name;
		const json_t *target = json_object_get(targets, service);
		const json_t *made =
			target ? rollback_backup(documents->state, documents->recent,
						 service,
						 json_get_string(target, "release", ""))
			       : NULL;
		const char *id = json_get_string(made, "id", NULL);
		if (!id || !str_equal(json_get_string(made, "backup", ""), name))
			continue;
		several = several || (found && strcmp(found, id) != 0);
		found = id;
	}
	if (found && !several && state_backup_copy(documents->state, name, found)) {
		restoring->id = mem_strdup(found);
		return 0;
	}
	if (several)
		err_set(err, ERR_USAGE,
			"the services that go back have different copies of '%s' from "
			"before",
			name);
	else if (found)
		err_set(err, ERR_NOT_FOUND,
			"the copy from before what is undone, %s/%s, is not there any "
			"more",
			name, found);
	else
		err_set(err, ERR_NOT_FOUND,
			"no copy of '%s' was made before what is undone", name);
	return offer_copies(restoring, err);
}

static int find(const struct transaction *t, struct restoring *restoring, struct err *err)
{
	struct backup_desk *desk = &restoring->desk;
	if (backup_choose_one(desk, &restoring->backup, err) < 0 ||
	    check_in_place(restoring->backup, err) < 0 ||
	    (!restoring->id && choose_made_before(t, restoring, err) < 0) ||
	    backup_source_find(desk, restoring->backup, restoring->id, &restoring->source,
			       err) < 0 ||
	    check_key(restoring, err) < 0)
		return -1;
	restoring->text =
		str_format("%s/%s", restoring->source.name, restoring->source.id);
	return 0;
}

int restore_prepare(struct transaction *t, struct err *err)
{
	if (!t->request->restore)
		return 0;
	struct restoring *restoring = mem_new(struct restoring);
	t->restoring = restoring;
	split(restoring, t->request->restore);
	backup_desk_init(&restoring->desk, t->engine, &restoring->asked);
	restoring->desk.store = t->store;
	return find(t, restoring, err);
}

/* --- the phase -------------------------------------------------------------------------------- */

static void record(struct transaction *t, const json_t *answer, int64_t duration_ms,
		   const struct err *failure)
{
	const struct backup_source *source = &t->restoring->source;
	bool good = failure->code == ERR_NONE;
	record_event(t, "backup.restored",
		     json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:I, s:I}", "backup",
			       source->name, "id", source->id, "store", source->place,
			       "to", backup_source_target(t->restoring->backup->restore),
			       "outcome", good ? "good" : "bad", "reason",
			       good ? NULL : failure->message, "bytes",
			       (json_int_t)json_get_int(answer, "open_bytes", 0),
			       "duration_ms", (json_int_t)duration_ms));
}

/* What was found bad on the way, in the same push. */
static void record_damage(struct transaction *t)
{
	size_t i;
	const json_t *row;
	json_array_foreach(t->restoring->source.damage, i, row)
		record_event(t, json_get_string(row, "type", ""),
			     json_deep_copy(json_object_get(row, "data")));
}

static int bring_back(struct transaction *t, struct err *err)
{
	struct restoring *restoring = t->restoring;
	struct backup_source *source = &restoring->source;
	const json_t *to = restoring->backup->restore;
	_cleanup_json_ json_t *answer = NULL;
	struct err failure = {0};
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	restoring->begun = true;
	int result = backup_source_read(source, to, "restore", &answer, &failure);
	int64_t took_ms = effects_mono_ms(t->engine->fx) - begin_ms;
	record_damage(t);
	if (result < 0 && backup_source_was_refused(&failure, to))
		restoring->begun = false;
	else
		record(t, answer, took_ms, &failure);
	if (result < 0) {
		*err = failure;
		return err_wrap(err, "restoring %s", restoring->text);
	}
	restoring->done = true;
	record_line(t, "restore", NULL, "ok", took_ms, "restored %s from %s",
		    restoring->text, source->place);
	return 0;
}

int restore_phase(struct transaction *t, struct err *err)
{
	if (!t->restoring)
		return 0;
	progress_report(t->engine->progress, PROGRESS_STEP_BEGIN, "restore",
			"restoring %s", t->restoring->text);
	if (lock_renew_for(t, t->restoring->backup->timeout_ms, err) < 0 ||
	    bring_back(t, err) < 0)
		return -1;
	return lock_renew(t, err);
}

/* --- afterwards ------------------------------------------------------------------------------- */

void restore_add_todo(const struct transaction *t, json_t *todo)
{
	const struct restoring *restoring = t->restoring;
	_cleanup_free_ char *line =
		restoring->done
			? str_format("the data is that of %s; code that is newer may not "
				     "know it: switch to %s by hand, or roll back again "
				     "without --restore",
				     restoring->text, t->version)
			: str_format("the data may be half restored: look at it, then "
				     "'belay backup restore %s --in-place' again",
				     restoring->text);
	json_array_append_new(todo, json_string(line));
}

/* {backup: id} of what this transaction made before it touched anything, recorded or about to be. New. */
static json_t *made_before(const struct transaction *t)
{
	const json_t *open = state_transaction(store_documents(t->store)->state);
	json_t *made = json_object();
	const char *service;
	size_t i;
	json_t *row;
	if (str_equal(json_get_string(open, "id", NULL), t->id))
		json_object_foreach(json_object_get(open, "backups"), service, row)
			json_object_set(made, json_get_string(row, "backup", ""),
					json_object_get(row, "id"));
	json_array_foreach(t->pending, i, row) {
		const json_t *data = json_object_get(row, "data");
		if (str_equal(json_get_string(row, "type", ""), "deployment.backed-up"))
			json_object_set(made, json_get_string(data, "backup", ""),
					json_object_get(data, "id"));
	}
	return made;
}

/* The command that brings one back. Fresh. */
static char *way_back(const struct transaction *t, const char *name, const char *id,
		      bool code_too)
{
	const struct config_backup *backup = config_backup(t->engine->config, name);
	if (!backup || !backup->restore)
		return str_format("belay backup restore %s/%s --to DIRECTORY", name, id);
	if (!code_too)
		return str_format("belay backup restore %s/%s --in-place", name, id);
	return str_format("belay rollback -e %s --restore %s/%s",
			  t->engine->environment->name, name, id);
}

void restore_offer(const struct transaction *t, bool code_too, json_t *todo)
{
	_cleanup_json_ json_t *made = made_before(t);
	const char *name;
	json_t *id;
	json_object_foreach(made, name, id) {
		_cleanup_free_ char *command =
			way_back(t, name, json_string_value(id), code_too);
		_cleanup_free_ char *line = str_format(
			"if the data of '%s' was changed and has to be as it was before: "
			"'%s'",
			name, command);
		json_array_append_new(todo, json_string(line));
	}
}

json_t *restore_result(const struct transaction *t)
{
	const struct restoring *restoring = t->restoring;
	if (!restoring || !restoring->text)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s}", "backup", restoring->source.name, "id",
			 restoring->source.id, "store", restoring->source.place,
			 "outcome",
			 restoring->done    ? "restored"
			 : restoring->begun ? "failed"
					    : "not-begun");
}
