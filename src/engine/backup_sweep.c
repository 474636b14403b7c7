/* Tidying up after runs that died, or did not get into a store: unfinished uploads, and folders that never got their
 * manifest. What belongs to a copy that the journal knows in that store is nobody's litter, however it looks.
 */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

struct sweep {
	struct effects *fx;
	const struct config_backup *backup;
	const json_t *store; /* STORE */
	const json_t *state; /* of the journal */
	const char *dead;    /* or NULL */
	const char *running; /* the attempt that the journal knows, or NULL */
	const json_t *left;  /* attempts that are over: [id..] */
	int64_t old_ms;      /* what was begun before has no run any more */
	json_t *removed;     /* {id: {objects, uploads}} */
};

static void count(struct sweep *sweep, const char *id, const char *what)
{
	json_t *row = json_object_get(sweep->removed, id);
	if (!row) {
		row = json_pack("{s:i, s:i}", "objects", 0, "uploads", 0);
		json_object_set_new(sweep->removed, id, row);
	}
	json_object_set_new(row, what, json_integer(json_get_int(row, what, 0) + 1));
}

/* May what was begun under this id, at that time, be taken for litter? */
static bool is_litter(const struct sweep *sweep, const char *id, int64_t begun_ms)
{
	const json_t *copy = state_backup_copy(sweep->state, sweep->backup->name, id);
	const char *store = json_get_string(sweep->store, "name", "");
	size_t i;
	const json_t *name;
	if (str_equal(sweep->dead, id))
		return true;
	json_array_foreach(json_object_get(copy, "stores"), i, name) {
		if (str_equal(json_string_value(name), store))
			return false;
	}
	if (json_has_string(sweep->left, id))
		return true;
	return !str_equal(sweep->running, id) && begun_ms < sweep->old_ms;
}

/* "NAME/ID/FILE" → ID. Fresh, or NULL when it is not one of ours. */
static char *id_of(const struct sweep *sweep, const char *object)
{
	_cleanup_free_ char *prefix = str_format("%s/", sweep->backup->name);
	int64_t at_ms;
	if (!str_has_prefix(object, prefix))
		return NULL;
	const char *id = object + strlen(prefix);
	_cleanup_free_ char *own = mem_strndup(id, strcspn(id, "/"));
	return backup_id_time(own, &at_ms) ? TAKE_PTR(own) : NULL;
}

/* --- uploads ---------------------------------------------------------------------------------- */

static int abandon(struct sweep *sweep, const json_t *upload, struct err *err)
{
	const char *store = json_get_string(sweep->store, "name", "the store");
	const char *name = json_get_string(upload, "name", "");
	_cleanup_free_ char *summary =
		str_format("abandon the unfinished upload of %s to %s", name, store);
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s, s:s}", "store", sweep->store, "name", name, "id",
			  json_get_string(upload, "id", ""));
	const struct effect effect = {.kind = "object.abandon",
				      .mode = EFFECT_ACT,
				      .args = args,
				      .subject = store,
				      .summary = summary};
	return effects_perform(sweep->fx, &effect, NULL, err);
}

static int sweep_uploads(struct sweep *sweep, const char *prefix, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s}", "store", sweep->store, "prefix", prefix);
	const struct effect effect = {
		.kind = "object.unfinished",
		.mode = EFFECT_OBSERVE,
		.args = args,
		.subject = json_get_string(sweep->store, "name", NULL)};
	size_t i;
	const json_t *upload;
	if (effects_perform(sweep->fx, &effect, &answer, err) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "uploads"), i, upload) {
		_cleanup_free_ char *id =
			id_of(sweep, json_get_string(upload, "name", ""));
		if (!id || !is_litter(sweep, id, json_get_int(upload, "begun_ms", 0)))
			continue;
		if (abandon(sweep, upload, err) < 0)
			return -1;
		count(sweep, id, "uploads");
	}
	return 0;
}

/* --- folders ---------------------------------------------------------------------------------- */

static bool has_manifest(const json_t *folder)
{
	size_t i;
	const json_t *object;
	json_array_foreach(json_object_get(folder, "objects"), i, object) {
		if (str_has_suffix(json_string_value(object), "/manifest.json"))
			return true;
	}
	return false;
}

static int remove_folder(struct sweep *sweep, const json_t *folder, struct err *err)
{
	const char *id = json_get_string(folder, "id", "");
	size_t i;
	const json_t *object;
	json_array_foreach(json_object_get(folder, "objects"), i, object) {
		if (backup_store_remove(sweep->fx, sweep->store,
					json_string_value(object), err) < 0)
			return -1;
		count(sweep, id, "objects");
	}
	return 0;
}

static int sweep_folders(struct sweep *sweep, const char *prefix, struct err *err)
{
	_cleanup_json_ json_t *objects = NULL;
	size_t i;
	const json_t *folder;
	if (backup_store_list(sweep->fx, sweep->store, prefix, &objects, err) < 0)
		return -1;
	_cleanup_json_ json_t *folders = backup_folders(sweep->backup->name, objects);
	json_array_foreach(folders, i, folder) {
		const char *id = json_get_string(folder, "id", "");
		int64_t begun_ms = 0;
		if (has_manifest(folder) || !backup_id_time(id, &begun_ms) ||
		    !is_litter(sweep, id, begun_ms))
			continue;
		if (remove_folder(sweep, folder, err) < 0)
			return -1;
	}
	return 0;
}

static json_t *removed_rows(const json_t *removed)
{
	json_t *rows = json_array();
	const char *id;
	json_t *counts;
	json_object_foreach((json_t *)removed, id, counts) {
		json_t *row = json_pack("{s:s}", "id", id);
		json_object_update(row, counts);
		json_array_append_new(rows, row);
	}
	return rows;
}

int backup_sweep(struct effects *fx, const struct backup_desk *desk,
		 const struct config_backup *backup, const json_t *store,
		 const char *dead, json_t **ret_removed, struct err *err)
{
	const json_t *state = backup_desk_state(desk);
	const json_t *known = state_backup(state, backup->name);
	_cleanup_json_ json_t *removed = json_object();
	_cleanup_free_ char *prefix = str_format("%s/", backup->name);
	struct sweep sweep = {
		.fx = fx,
		.backup = backup,
		.store = store,
		.state = state,
		.dead = dead,
		.left = json_object_get(known, "left"),
		.running = json_get_string(json_object_get(known, "running"), "id", NULL),
		.old_ms = effects_now_ms(fx) - backup_attempt_ms(backup),
		.removed = removed,
	};
	int result = sweep_uploads(&sweep, prefix, err);
	if (result == 0)
		result = sweep_folders(&sweep, prefix, err);
	*ret_removed = removed_rows(removed);
	return result;
}
