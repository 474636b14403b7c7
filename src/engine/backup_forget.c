/* engine_backup_forget: what `keep` does not keep goes, the manifest first: whatever happens then, nothing that
 * looks like a backup is half gone. All stores are looked at before the first removal, so that with effects
 * that only note, too, every decision is there to be seen. What is gone is recorded while it goes, a batch at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/vec.h"

#define BATCH_COPIES 50
/* The first one goes alone: when the journal cannot be written after it, no others are gone without a word. */
#define FIRST_COPIES 1

/* One backup in one store. */
struct place {
	const struct config_backup *backup;
	const struct config_store *store;
	struct backup_desk *desk;
	json_t *args;    /* STORE */
	json_t *rows;    /* `copies` of the result */
	json_t *objects; /* id → names, in the order in which they go */
	json_t *missing; /* copies that only the journal knows, and would not be kept: [{id, reason}] */
	json_t *litter;
	json_t *gone;       /* not recorded yet: [{id, reason}] */
	size_t left;        /* rows that were not looked at: the oldest is the last one */
	struct err failure; /* of looking, or the first of removing */
	bool broken;        /* it makes no sense to go on */
};

struct places {
	struct place *items;
	size_t count, capacity;
	const struct backup_desk *proven; /* its journal was written last */
};

static void places_release(struct places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		struct place *place = &places->items[i];
		json_decref(place->args);
		json_decref(place->rows);
		json_decref(place->objects);
		json_decref(place->missing);
		json_decref(place->litter);
		json_decref(place->gone);
	}
	free(places->items);
}

/* --- what goes -------------------------------------------------------------------------------- */

static json_t *first_reason(const json_t *row)
{
	return json_incref(json_array_get(json_object_get(row, "reasons"), 0));
}

static const json_t *row_of_id(const json_t *rows, const char *id)
{
	size_t i;
	const json_t *row;
	json_array_foreach(rows, i, row) {
		if (str_equal(json_get_string(row, "id", ""), id))
			return row;
	}
	return NULL;
}

/* What is left of a copy when a run died while it removed it. */
static void take_remains(struct place *place, const json_t *folders, const char *id)
{
	const json_t *objects = json_object_get(row_of_id(folders, id), "objects");
	if (!objects)
		return;
	json_object_set(place->objects, id, (json_t *)objects);
	json_array_append_new(place->litter,
			      json_pack("{s:s, s:I, s:i}", "id", id, "objects",
					(json_int_t)json_array_size(objects), "uploads",
					0));
}

/* The rows of the result: decisions, and what they are about. */
static void take_decisions(struct place *place, const json_t *folders)
{
	size_t i;
	json_t *row;
	json_array_foreach(place->rows, i, row) {
		const char *id = json_get_string(row, "id", "");
		const json_t *folder = row_of_id(folders, id);
		json_object_set(row, "stored_bytes",
				json_object_get(folder, "stored_bytes"));
		json_object_set_new(row, "removed", json_false());
		json_object_set(place->objects, id, json_object_get(folder, "objects"));
	}
	place->left = json_array_size(place->rows);
	json_array_foreach(place->missing, i, row)
		take_remains(place, folders, json_get_string(row, "id", ""));
}

static int decide(struct effects *fx, struct place *place, const json_t *folders,
		  struct err *err)
{
	const struct backup_shelf shelf = {place->desk, place->backup, place->store,
					   place->args, folders};
	json_t *rows = NULL, *missing = NULL;
	if (backup_keep(fx, &shelf, &rows, &missing, err) < 0)
		return -1;
	json_decref(place->rows);
	json_decref(place->missing);
	place->rows = rows;
	place->missing = missing;
	take_decisions(place, folders);
	return 0;
}

/* Does it make sense to try the next one? A lock is on one copy, a broken line is for all. */
static bool is_refusal(const struct err *err)
{
	return err->code == ERR_FAIL || err->code == ERR_AUTH;
}

/* The first one is told. */
static void note_failure(struct place *place, const struct err *err)
{
	if (err->code == ERR_NONE)
		return;
	if (place->failure.code == ERR_NONE)
		place->failure = *err;
	place->broken = !is_refusal(err);
}

static int look(struct effects *fx, struct place *place, struct err *err)
{
	_cleanup_free_ char *prefix = str_format("%s/", place->backup->name);
	_cleanup_json_ json_t *objects = NULL;
	_cleanup_json_ json_t *litter = NULL;
	if (backup_store_list(fx, place->args, prefix, &objects, err) < 0)
		return -1;
	_cleanup_json_ json_t *folders = backup_folders(place->backup->name, objects);
	if (backup_check_mounted(place->desk, place->backup, place->store, folders, err) <
		    0 ||
	    decide(fx, place, folders, err) < 0)
		return -1;
	struct err failure = {0}; /* what cannot be swept keeps nothing else */
	(void)backup_sweep(fx, place->desk, place->backup, place->args, NULL, &litter,
			   &failure);
	note_failure(place, &failure);
	if (litter)
		json_array_extend(place->litter, litter);
	return 0;
}

static void look_in_lane(struct effects *lane, size_t index, void *context)
{
	struct place *place = &((struct places *)context)->items[index];
	struct err failure = {0};
	if (look(lane, place, &failure) == 0)
		return;
	place->failure = failure;
	place->broken = true;
}

/* --- removing --------------------------------------------------------------------------------- */

static int remove_copy(struct effects *fx, const struct place *place, const char *id,
		       struct err *err)
{
	size_t i;
	const json_t *object;
	json_array_foreach(json_object_get(place->objects, id), i, object) {
		if (backup_store_remove(fx, place->args, json_string_value(object), err) <
		    0)
			return -1;
	}
	return 0;
}

static void note_refused(struct place *place, json_t *row, const struct err *err)
{
	_cleanup_free_ char *text = str_format("not removed: %s", err->message);
	json_array_append_new(json_object_get(row, "reasons"), json_string(text));
	note_failure(place, err);
}

/* Up to a batch, the oldest first. */
static void remove_batch(struct effects *fx, struct place *place, size_t copies)
{
	while (place->left > 0 && !place->broken &&
	       json_array_size(place->gone) < copies) {
		json_t *row = json_array_get(place->rows, --place->left);
		const char *id = json_get_string(row, "id", "");
		struct err failure = {0};
		if (json_get_bool(row, "keep", true))
			continue;
		if (remove_copy(fx, place, id, &failure) < 0) {
			note_refused(place, row, &failure);
			continue;
		}
		json_object_set_new(row, "removed", json_true());
		json_array_append_new(
			place->gone,
			json_pack("{s:s, s:o}", "id", id, "reason", first_reason(row)));
	}
}

static int record(struct places *places, struct place *place, struct err *err)
{
	if (json_array_size(place->gone) == 0)
		return 0;
	places->proven = place->desk;
	effects_acknowledge_cancel(place->desk->engine.fx);
	json_t *copies = json_copy(place->gone);
	json_array_clear(place->gone);
	return backup_record(place->desk, "backup.forgotten",
			     json_pack("{s:s, s:s, s:o}", "backup", place->backup->name,
				       "store", place->store->name, "copies", copies),
			     err);
}

static void say(const struct place *place)
{
	size_t i, removed = 0, kept = 0;
	const json_t *row;
	json_array_foreach(place->rows, i, row) {
		removed += json_get_bool(row, "removed", false);
		kept += !json_get_bool(row, "removed", false);
	}
	if (place->failure.code != ERR_NONE)
		progress_report(place->desk->engine.progress, PROGRESS_STEP_FAILED,
				place->backup->name, "%s: %s", place->store->name,
				place->failure.message);
	else
		progress_report(place->desk->engine.progress, PROGRESS_STEP_DONE,
				place->backup->name, "%s: %zu removed, %zu kept",
				place->store->name, removed, kept);
}

/* What is left of copies that are none any more. */
static void remove_missing(struct effects *fx, struct place *place)
{
	size_t i;
	json_t *row;
	json_array_foreach(place->missing, i, row) {
		struct err failure = {0};
		if (!place->broken &&
		    remove_copy(fx, place, json_get_string(row, "id", ""), &failure) == 0)
			json_array_append(place->gone, row);
		else
			note_failure(place, &failure);
	}
}

static int forget(struct effects *fx, struct places *places, struct place *place,
		  struct err *err)
{
	remove_missing(fx, place);
	do {
		remove_batch(fx, place,
			     places->proven == place->desk ? BATCH_COPIES : FIRST_COPIES);
		if (record(places, place, err) < 0)
			return -1;
	} while (place->left > 0 && !place->broken);
	say(place);
	if (place->failure.code != ERR_CANCELLED)
		return 0;
	*err = place->failure;
	return -1;
}

/* --- the result ------------------------------------------------------------------------------- */

/* "7d, the last 3, 12 monthly". Fresh. */
static char *policy_of(const struct config_keep *keep)
{
	const struct {
		int count;
		const char *before, *after;
	} rules[] = {
		{keep->last, "the last ", ""},   {keep->hourly, "", " hourly"},
		{keep->daily, "", " daily"},     {keep->weekly, "", " weekly"},
		{keep->monthly, "", " monthly"}, {keep->yearly, "", " yearly"},
	};
	struct str words = STR_INIT;
	if (keep->younger_ms > 0)
		duration_add(&words, keep->younger_ms);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].count > 0)
			str_addf(&words, "%s%s%d%s", words.len ? ", " : "",
				 rules[i].before, rules[i].count, rules[i].after);
	return str_take(&words);
}

static json_t *result_of_place(const struct place *place)
{
	const struct err *failure = &place->failure;
	bool good = failure->code == ERR_NONE;
	_cleanup_free_ char *policy = policy_of(&place->store->keep);
	json_t *result = json_pack(
		"{s:s, s:s, s:s?, s:s, s:O, s:O}", "store", place->store->name, "outcome",
		good ? "passed" : "failed", "reason", good ? NULL : failure->message,
		"policy", policy, "copies", place->rows, "litter", place->litter);
	if (!good && failure->hint[0])
		json_object_set_new(result, "hint", json_string(failure->hint));
	return result;
}

/* Places of one backup stand behind each other. */
static json_t *result_of_places(const struct places *places, bool *ret_failed)
{
	json_t *backups = json_array();
	json_t *row = NULL;
	for (size_t i = 0; i < places->count; i++) {
		const struct place *place = &places->items[i];
		if (i == 0 || places->items[i - 1].backup != place->backup) {
			row = json_pack("{s:s, s:s, s:s, s:[]}", "name",
					place->backup->name, "environment",
					place->backup->environment, "outcome", "passed",
					"stores");
			json_array_append_new(backups, row);
		}
		if (place->failure.code != ERR_NONE) {
			json_object_set_new(row, "outcome", json_string("failed"));
			*ret_failed = true;
		}
		json_array_append_new(json_object_get(row, "stores"),
				      result_of_place(place));
	}
	return json_pack("{s:o}", "backups", backups);
}

/* --- the verb --------------------------------------------------------------------------------- */

/* In every store: a checked configuration has a policy for all of them or for none. */
static bool has_keep(const struct config_backup *backup)
{
	for (size_t i = 0; i < backup->store_count; i++)
		if (retention_is_empty(&backup->stores[i].keep))
			return false;
	return true;
}

/* Refused before anything is touched. */
static int refuse_unkept(const struct config_backup *backup, struct err *err)
{
	err_set(err, ERR_CONFIG, "backup '%s' has no `keep`: nothing of it goes",
		backup->name);
	return err_hint(err, "say what to keep: 'keep: {remote: 90d}', 'keep: {last: 7, "
			     "monthly: 12}'");
}

/* Of those without a policy that nobody named only this is said. */
static void add_unkept(const struct backup_choice *choice, json_t *result)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct config_backup *backup = choice->items[i];
		if (!has_keep(backup))
			json_array_append_new(
				json_object_get(result, "backups"),
				json_pack("{s:s, s:s, s:s, s:s, s:[]}", "name",
					  backup->name, "environment",
					  backup->environment, "outcome", "passed",
					  "reason",
					  "it has no `keep`: nothing of it goes",
					  "stores"));
	}
}

static int add_places(struct places *places, struct backup_desk *desk,
		      const struct config_backup *backup, struct err *err)
{
	int64_t now_ms = effects_now_ms(desk->engine.fx);
	if (backup_check_store(desk, backup, err) < 0)
		return -1;
	for (size_t i = 0; i < backup->store_count; i++) {
		const struct config_store *store = &backup->stores[i];
		if (!backup_wants_store(desk, store))
			continue;
		*vec_push(places) = (struct place){
			.backup = backup,
			.store = store,
			.desk = desk,
			.args = backup_store_args(store, now_ms),
			.rows = json_array(),
			.objects = json_object(),
			.missing = json_array(),
			.litter = json_array(),
			.gone = json_array(),
		};
	}
	return 0;
}

static void look_at_all(struct effects *fx, struct places *places)
{
	char **names = mem_array(char *, places->count + 1);
	for (size_t i = 0; i < places->count; i++)
		names[i] = str_format("backup/%s/%s", places->items[i].backup->name,
				      places->items[i].store->name);
	effects_fan_out(fx, places->count, (const char *const *)names, look_in_lane,
			places);
	for (size_t i = 0; i < places->count; i++)
		free(names[i]);
	free(names);
}

static int forget_all(struct effects *fx, struct places *places, struct err *err)
{
	look_at_all(fx, places);
	for (size_t i = 0; i < places->count; i++)
		if (forget(fx, places, &places->items[i], err) < 0)
			return -1;
	return 0;
}

/* A desk for each environment: while stores are looked at, each needs the journal of its own. */
struct desks {
	struct backup_desk *items;
	size_t count;
};

static void desks_release(struct desks *desks)
{
	for (size_t i = 0; i < desks->count; i++)
		backup_desk_release(&desks->items[i]);
	free(desks->items);
}

static int desk_for(struct desks *desks, const struct config_backup *backup,
		    const struct engine *engine, const struct engine_backup *asked,
		    struct backup_desk **ret, struct err *err)
{
	for (size_t i = 0; i < desks->count; i++) {
		*ret = &desks->items[i];
		if (str_equal((*ret)->engine.environment->name, backup->environment))
			return 0;
	}
	*ret = &desks->items[desks->count++];
	backup_desk_init(*ret, engine, asked);
	return backup_desk_turn(*ret, backup, err);
}

static int choose_places(struct places *places, struct desks *desks,
			 const struct backup_choice *choice, const struct engine *engine,
			 const struct engine_backup *asked, struct err *err)
{
	bool named = asked->names && asked->names[0];
	desks->items = mem_array(struct backup_desk, choice->count + 1);
	for (size_t i = 0; i < choice->count; i++) {
		struct backup_desk *desk;
		if (!has_keep(choice->items[i])) {
			if (named)
				return refuse_unkept(choice->items[i], err);
			continue;
		}
		if (desk_for(desks, choice->items[i], engine, asked, &desk, err) < 0 ||
		    add_places(places, desk, choice->items[i], err) < 0)
			return -1;
	}
	return 0;
}

int engine_backup_forget(const struct engine *engine, const struct engine_backup *asked,
			 enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(backup_choice_release))) struct backup_choice choice = {0};
	__attribute__((cleanup(places_release))) struct places places = {0};
	__attribute__((cleanup(desks_release))) struct desks desks = {0};
	__attribute__((cleanup(backup_desk_release))) struct backup_desk desk;
	bool failed = false;
	backup_desk_init(&desk, engine, asked);
	if (backup_choose(&desk, &choice, err) < 0 ||
	    choose_places(&places, &desks, &choice, engine, asked, err) < 0 ||
	    forget_all(engine->fx, &places, err) < 0)
		return -1;
	*ret_result = result_of_places(&places, &failed);
	add_unkept(&choice, *ret_result);
	*ret_end = failed ? END_FAILED : END_PASSED;
	return 0;
}
