/* Copies that lie in a store and that the journal does not know. Whoever writes to a store can put up what looks like a
 * backup, and other projects may have the same store: the journal takes nothing because it lies there. It takes what it
 * has begun itself, which is what a run left that died between its manifest and its last word; a verification
 * takes what carries a signature of the configured certificate, or what a person names, too.
 */
#include <stdlib.h>

#include "backup_make.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* A copy of the text: whoever asks may be in a lane, and values of the state are not counted there. */
static void add_id(json_t *ids, const json_t *id)
{
	const char *text = json_string_value(id);
	if (text && !json_has_string(ids, text))
		json_array_append_new(ids, json_string(text));
}

json_t *backup_begun(const json_t *state, const char *name)
{
	const json_t *known = state_backup(state, name);
	json_t *ids = json_array();
	add_id(ids, json_at(known, "/running/id"));
	if (backup_died_last(known))
		add_id(ids, json_at(known, "/failed/id"));
	return ids;
}

int backup_stranger_check(struct effects *fx, const struct config_backup *backup,
			  const json_t *store, const char *id, struct err *err)
{
	__attribute__((
		cleanup(backup_manifest_release))) struct backup_manifest_read read = {0};
	_cleanup_free_ char *signer = NULL;
	if (backup_manifest_fetch(fx, store, backup->name, id, NULL, &read, err) < 0 ||
	    backup_manifest_check_home(fx, read.manifest, backup, err) < 0)
		return -1;
	return backup_manifest_check_signature(fx, store, backup->name, id, backup, &read,
					       &signer, err);
}

/* --- by a run --------------------------------------------------------------------------------- */

/* What was found in one store. */
struct adoption {
	json_t *rows;    /* [{type, data}] */
	json_t *remarks; /* [text..] */
};

struct adoptions {
	struct backup_making *making;
	struct adoption *items; /* one for each target */
};

/* A store that does not answer now is asked again by the next run. */
static bool is_telling(const struct err *failure)
{
	return backup_is_bad(failure) || failure->code == ERR_INCONCLUSIVE;
}

static void remark(struct adoption *adoption, const struct backup_look *look,
		   const struct err *failure)
{
	_cleanup_free_ char *text = str_format(
		"%s in '%s', which a run that died had begun, is not on the journal: %s; "
		"'belay backup verify -e %s %s/%s' looks at it again",
		look->id, json_get_string(look->store, "name", "?"), failure->message,
		look->backup->environment, look->name, look->id);
	if (is_telling(failure))
		json_array_append_new(adoption->remarks, json_string(text));
}

static void adopt(struct effects *lane, const struct backup_making *making,
		  const struct backup_look *look, struct adoption *adoption)
{
	__attribute__((cleanup(backup_seen_release))) struct backup_seen seen = {0};
	struct err failure = {0};
	if ((!look->digest && backup_stranger_check(lane, look->backup, look->store,
						    look->id, &failure) < 0) ||
	    backup_copy_look(lane, making->desk, look, &seen, &failure) < 0) {
		remark(adoption, look, &failure);
		return;
	}
	json_array_append_new(adoption->rows, backup_seen_event(look, &seen, &failure));
	progress_report(making->desk->engine.progress, PROGRESS_NOTE, look->name,
			"%s is whole in '%s': the run that made it died before it "
			"could say so",
			look->id, json_get_string(look->store, "name", "?"));
}

/* Attempts that are over. [id..] */
static const json_t *left_of(const struct backup_making *making)
{
	const json_t *state = backup_desk_state(making->desk);
	return json_object_get(state_backup(state, making->backup->name), "left");
}

/* Has it been begun, and does the journal not know that it got here? Who said that he failed has left nothing whole
 * that he knew of: then something else has to vouch for it than that its id was on the journal. */
static bool may_be_adopted(const struct backup_making *making, const json_t *folder,
			   const json_t *copy, const char *store)
{
	const char *id = json_get_string(folder, "id", "");
	bool vouched = copy || making->backup->sign.certificate;
	if (!json_get_bool(folder, "whole", false) ||
	    json_has_string(json_object_get(copy, "stores"), store))
		return false;
	return json_has_string(making->begun, id) ||
	       (vouched && json_has_string(left_of(making), id));
}

static void adopt_in_store(struct effects *lane, size_t index, void *context)
{
	const struct adoptions *adoptions = context;
	const struct backup_making *making = adoptions->making;
	const struct backup_target *target = &making->targets[index];
	const char *name = making->backup->name;
	_cleanup_free_ char *prefix = str_format("%s/", name);
	_cleanup_json_ json_t *objects = NULL;
	struct err ignored = {0};
	size_t i;
	const json_t *folder;
	if (backup_store_list(lane, target->args, prefix, &objects, &ignored) < 0)
		return;
	_cleanup_json_ json_t *folders = backup_folders(name, objects);
	json_array_foreach(folders, i, folder) {
		const char *id = json_get_string(folder, "id", "");
		const json_t *copy =
			state_backup_copy(backup_desk_state(making->desk), name, id);
		const struct backup_look look = {
			.backup = making->backup,
			.store = target->args,
			.name = name,
			.id = id,
			.digest = json_get_string(copy, "manifest", NULL),
			.verb = "looking at what a run that died left",
		};
		if (may_be_adopted(making, folder, copy, target->store->name))
			adopt(lane, making, &look, &adoptions->items[index]);
	}
}

/* Of one id all stores have the same manifest; another one is nothing of ours. */
static bool is_other(const json_t *rows, const json_t *row)
{
	const json_t *data = json_object_get(row, "data");
	size_t i;
	const json_t *taken;
	json_array_foreach(rows, i, taken) {
		const json_t *had = json_object_get(taken, "data");
		if (json_equal(json_object_get(had, "id"), json_object_get(data, "id")))
			return !json_equal(json_object_get(had, "manifest"),
					   json_object_get(data, "manifest"));
	}
	return false;
}

/* That the journal cannot be told now is no reason to make no backup: the next run finds the same. */
static void record_adopted(struct backup_making *making, const struct adoptions *all)
{
	_cleanup_json_ json_t *rows = json_array();
	struct err failure = {0};
	size_t k;
	json_t *row;
	for (size_t i = 0; i < making->target_count; i++) {
		json_array_extend(making->warnings, all->items[i].remarks);
		json_array_foreach(all->items[i].rows, k, row)
			if (!is_other(rows, row))
				json_array_append(rows, row);
	}
	if (json_array_size(rows) > 0 &&
	    backup_record_all(making->desk, rows, &failure) < 0)
		progress_report(making->desk->engine.progress, PROGRESS_NOTE,
				making->backup->name, "not on the journal yet: %s",
				failure.message);
}

void backup_targets_adopt(struct backup_making *making)
{
	struct adoptions all = {making, mem_array(struct adoption, making->target_count)};
	const char **lanes = mem_array(const char *, making->target_count);
	for (size_t i = 0; i < making->target_count; i++) {
		lanes[i] = making->targets[i].lane;
		all.items[i] = (struct adoption){json_array(), json_array()};
	}
	if (json_array_size(making->begun) > 0 || json_array_size(left_of(making)) > 0) {
		effects_fan_out(making->desk->engine.fx, making->target_count, lanes,
				adopt_in_store, &all);
		record_adopted(making, &all);
	}
	for (size_t i = 0; i < making->target_count; i++) {
		json_decref(all.items[i].rows);
		json_decref(all.items[i].remarks);
	}
	free(all.items);
	free(lanes);
}
