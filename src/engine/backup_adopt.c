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

json_t *backup_begun(const json_t *state, const char *name)
{
	static const char *const attempts[] = {"running", "failed"};
	const json_t *known = state_backup(state, name);
	json_t *ids = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const char *id =
			json_get_string(json_object_get(known, attempts[i]), "id", NULL);
		if (id && !state_backup_copy(state, name, id) &&
		    !json_has_string(ids, id))
			json_array_append_new(ids, json_string(id));
	}
	return ids;
}

int backup_stranger_check(struct effects *fx, const struct config_backup *backup,
			  const json_t *store, const char *id, struct err *err)
{
	__attribute__((
		cleanup(backup_manifest_release))) struct backup_manifest_read read = {0};
	_cleanup_free_ char *signer = NULL;
	if (backup_manifest_fetch(fx, store, backup->name, id, NULL, &read, err) < 0 ||
	    backup_manifest_check_home(read.manifest, backup, err) < 0)
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

static void remark(struct adoption *adoption, const struct backup_look *look,
		   const struct err *failure)
{
	_cleanup_free_ char *text = str_format(
		"%s in '%s', which a run that died had begun, is not on the journal: %s; "
		"'belay backup verify -e %s %s/%s' looks at it again",
		look->id, json_get_string(look->store, "name", "?"), failure->message,
		look->backup->environment, look->name, look->id);
	json_array_append_new(adoption->remarks, json_string(text));
}

static void adopt(struct effects *lane, const struct backup_making *making,
		  const struct backup_look *look, struct adoption *adoption)
{
	__attribute__((cleanup(backup_seen_release))) struct backup_seen seen = {0};
	struct err failure = {0};
	if (backup_stranger_check(lane, making->backup, look->store, look->id, &failure) <
	    0) {
		/* Without a manifest it is litter, and has been swept. */
		if (failure.code != ERR_NOT_FOUND && failure.code != ERR_CANCELLED)
			remark(adoption, look, &failure);
		return;
	}
	if (backup_copy_look(lane, making->desk, look, &seen, &failure) < 0) {
		if (failure.code != ERR_CANCELLED)
			remark(adoption, look, &failure);
		return;
	}
	json_array_append_new(adoption->rows, backup_seen_event(look, &seen, &failure));
	progress_report(making->desk->engine.progress, PROGRESS_NOTE, look->name,
			"%s is whole in '%s': the run that made it died before it "
			"could say so",
			look->id, json_get_string(look->store, "name", "?"));
}

static void adopt_in_store(struct effects *lane, size_t index, void *context)
{
	const struct adoptions *adoptions = context;
	const struct backup_making *making = adoptions->making;
	size_t i;
	const json_t *id;
	json_array_foreach(making->begun, i, id) {
		const struct backup_look look = {
			.backup = making->backup,
			.store = making->targets[index].args,
			.name = making->backup->name,
			.id = json_string_value(id),
			.verb = "looking at what a run that died left",
		};
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
	if (json_array_size(making->begun) > 0) {
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
