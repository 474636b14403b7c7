/* `belay backup list`: what the stores hold beside what the journal knows of it. Every store is asked once, all at the
 * same time; one that does not answer is a line of its own, and hides nothing of the others.
 */
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

struct shelf {
	const struct config_store *store;
	char *lane;
	json_t *folders; /* {id: folder}; NULL: it could not be asked */
	struct err err;
};

struct listing {
	const struct config_backup *backup;
	const json_t *known; /* of the journal */
	struct shelf *shelves;
	size_t count;
};

static void listing_release(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->shelves[i].lane);
		json_decref(listing->shelves[i].folders);
	}
	free(listing->shelves);
}

/* --- asking ----------------------------------------------------------------------------------- */

static json_t *folders_by_id(const char *name, const json_t *objects)
{
	_cleanup_json_ json_t *folders = backup_folders(name, objects);
	json_t *by_id = json_object();
	size_t i;
	json_t *folder;
	json_array_foreach(folders, i, folder)
		json_object_set(by_id, json_get_string(folder, "id", ""), folder);
	return by_id;
}

static void ask_one(struct effects *lane, size_t index, void *context)
{
	const struct listing *listing = context;
	struct shelf *shelf = &listing->shelves[index];
	const char *name = listing->backup->name;
	_cleanup_free_ char *prefix = str_format("%s/", name);
	_cleanup_json_ json_t *args = backup_store_args(shelf->store, 0);
	_cleanup_json_ json_t *objects = NULL;
	if (backup_store_list(lane, args, prefix, &objects, &shelf->err) < 0)
		return;
	shelf->folders = folders_by_id(name, objects);
}

static void ask_all(const struct backup_desk *desk, struct listing *listing)
{
	const struct config_backup *backup = listing->backup;
	const char **lanes = mem_array(const char *, backup->store_count + 1);
	listing->shelves = mem_array(struct shelf, backup->store_count + 1);
	for (size_t i = 0; i < backup->store_count; i++) {
		if (!backup_wants_store(desk, &backup->stores[i]))
			continue;
		struct shelf *shelf = &listing->shelves[listing->count];
		shelf->store = &backup->stores[i];
		shelf->lane = str_format("store/%s/%s", backup->name, shelf->store->name);
		lanes[listing->count++] = shelf->lane;
	}
	effects_fan_out(desk->engine.fx, listing->count, lanes, ask_one, listing);
	free(lanes);
}

/* --- judging ---------------------------------------------------------------------------------- */

static json_t *state_row(const struct shelf *shelf, const char *state, const char *reason)
{
	return json_pack("{s:s, s:s, s:s*}", "store", shelf->store->name, "state", state,
			 "reason", reason);
}

static bool is_being_made(const struct listing *listing, const char *id)
{
	const json_t *running = json_object_get(listing->known, "running");
	return str_equal(json_get_string(running, "id", NULL), id);
}

/* What another store has of a known copy, any verification records; what may be a stranger's, only one by its name. */
static json_t *state_unknown(const struct listing *listing, const struct shelf *shelf,
			     const char *id)
{
	_cleanup_free_ char *reason = str_format(
		"not on the journal; 'belay backup verify %s/%s' records it, when it is "
		"yours",
		listing->backup->name, id);
	return state_row(shelf, "unknown", reason);
}

/* Of a copy that the journal does not know to be there. */
static json_t *judge_stray(const struct listing *listing, const struct shelf *shelf,
			   const char *id, const json_t *folder)
{
	if (!folder)
		return state_row(shelf, "absent", NULL);
	if (json_get_bool(folder, "whole", false))
		return state_unknown(listing, shelf, id);
	return state_row(shelf, "incomplete",
			 is_being_made(listing, id) ? "it is being made" : NULL);
}

/* Of a copy that should be there. The size is for nothing: the listing has it. */
static json_t *judge_copy(const struct shelf *shelf, const json_t *copy,
			  const json_t *folder)
{
	const json_t *bad = backup_copy_bad(copy, shelf->store->name);
	int64_t written = json_get_int(copy, "stored_bytes", 0);
	if (!folder)
		return state_row(shelf, "missing", NULL);
	if (!json_get_bool(folder, "whole", false))
		return state_row(shelf, "incomplete",
				 "its manifest or its data is missing");
	if (bad)
		return state_row(shelf, "bad", json_get_string(bad, "reason", NULL));
	if (written > 0 && json_get_int(folder, "data_bytes", 0) != written)
		return state_row(shelf, "bad", "its size is not what was written");
	return state_row(shelf,
			 backup_copy_verified(copy, shelf->store->name) ? "good"
									: "unverified",
			 NULL);
}

static json_t *judge(const struct listing *listing, const struct shelf *shelf,
		     const char *id, const json_t *copy)
{
	const json_t *folder = json_object_get(shelf->folders, id);
	bool here = json_has_string(json_object_get(copy, "stores"), shelf->store->name);
	if (!shelf->folders)
		return state_row(shelf, here || !copy ? "unknown" : "absent",
				 here || !copy ? "the store could not be asked" : NULL);
	return here ? judge_copy(shelf, copy, folder)
		    : judge_stray(listing, shelf, id, folder);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* {id: copy of the journal or null}: everything that is known of or found. */
static json_t *all_ids(const struct listing *listing)
{
	json_t *ids = json_object();
	size_t i;
	json_t *copy;
	for (size_t s = 0; s < listing->count; s++) {
		const char *id;
		json_t *folder;
		json_object_foreach(listing->shelves[s].folders, id, folder)
			json_object_set_new(ids, id, json_null());
	}
	json_array_foreach(json_object_get(listing->known, "copies"), i, copy)
		json_object_set(ids, json_get_string(copy, "id", ""), copy);
	return ids;
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(*(const char *const *)b, *(const char *const *)a);
}

/* Ids begin with their time. *ret_count texts, borrowed, in a fresh array. */
static const char **sorted(json_t *ids, size_t *ret_count)
{
	const char **list = mem_array(const char *, json_object_size(ids) + 1);
	size_t count = 0;
	const char *id;
	json_t *copy;
	json_object_foreach(ids, id, copy)
		list[count++] = id;
	qsort(list, count, sizeof *list, newest_first);
	*ret_count = count;
	return list;
}

static json_t *number_or_null(const json_t *copy, const char *key)
{
	json_t *value = json_object_get(copy, key);
	return json_is_integer(value) ? json_incref(value) : json_null();
}

/* By the journal, else as the listing shows it. */
static json_t *stored_bytes_of(const struct listing *listing, const char *id,
			       const json_t *copy)
{
	for (size_t i = 0; !copy && i < listing->count; i++) {
		const json_t *folder = json_object_get(listing->shelves[i].folders, id);
		if (json_get_bool(folder, "whole", false))
			return number_or_null(folder, "data_bytes");
	}
	return number_or_null(copy, "stored_bytes");
}

static json_t *copy_row(const struct listing *listing, const char *id, const json_t *copy)
{
	char at[TIME_TEXT_BYTES];
	int64_t begun_ms = 0;
	json_t *stores = json_array();
	backup_id_time(id, &begun_ms);
	for (size_t i = 0; i < listing->count; i++)
		json_array_append_new(stores,
				      judge(listing, &listing->shelves[i], id, copy));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "id", id, "at",
			 json_get_string(copy, "at", time_format(begun_ms, at)),
			 "open_bytes", number_or_null(copy, "open_bytes"), "stored_bytes",
			 stored_bytes_of(listing, id, copy), "duration_ms",
			 number_or_null(copy, "duration_ms"), "stores", stores);
}

static json_t *copy_rows(const struct listing *listing)
{
	_cleanup_json_ json_t *ids = all_ids(listing);
	json_t *rows = json_array();
	size_t count;
	const char **list = sorted(ids, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *copy = json_object_get(ids, list[i]);
		json_array_append_new(rows, copy_row(listing, list[i],
						     json_is_object(copy) ? copy : NULL));
	}
	free(list);
	return rows;
}

/* --- health, by what is really there ----------------------------------------------------------- */

/* Copies that the journal counts on and that are not what they should be. */
struct trouble {
	const json_t *row; /* the newest of them */
	size_t count;
};

static bool is_not_whole(const json_t *place)
{
	const char *state = json_get_string(place, "state", "");
	return strcmp(state, "missing") == 0 || strcmp(state, "incomplete") == 0;
}

/* Is it nowhere any more? A store that was not asked, or did not answer, may have it. */
static bool is_gone(const json_t *row, const json_t *copy)
{
	size_t gone = 0, i;
	const json_t *place;
	json_array_foreach(json_object_get(row, "stores"), i, place)
		gone += is_not_whole(place);
	return gone > 0 && gone == json_array_size(json_object_get(copy, "stores"));
}

/* Does a store show what the journal does not know yet? */
static bool is_news(const json_t *row, const json_t *copy)
{
	size_t i;
	const json_t *place;
	json_array_foreach(json_object_get(row, "stores"), i, place) {
		bool bad = str_equal(json_get_string(place, "state", ""), "bad");
		if ((bad || is_not_whole(place)) &&
		    !backup_copy_bad(copy, json_get_string(place, "store", "")))
			return true;
	}
	return false;
}

/* The journal's entry with only those copies that may be somewhere. New. */
static json_t *entry_there(const struct listing *listing, const json_t *state,
			   const json_t *rows, struct trouble *trouble)
{
	json_t *entry =
		listing->known ? json_copy((json_t *)listing->known) : json_object();
	json_t *copies = json_array();
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		const json_t *copy = state_backup_copy(state, listing->backup->name,
						       json_get_string(row, "id", ""));
		bool gone = copy && is_gone(row, copy);
		if (copy && !gone)
			json_array_append(copies, (json_t *)copy);
		if (!gone && !(copy && is_news(row, copy)))
			continue;
		trouble->row = trouble->count++ ? trouble->row : row;
	}
	json_object_set_new(entry, "copies", copies);
	return entry;
}

static void say_trouble(struct str *out, const struct trouble *trouble)
{
	size_t i;
	const json_t *place;
	const char *before = " is ";
	str_addf(out, "copy %s", json_get_string(trouble->row, "id", "?"));
	json_array_foreach(json_object_get(trouble->row, "stores"), i, place) {
		const char *state = json_get_string(place, "state", "");
		if (!is_not_whole(place) && strcmp(state, "bad") != 0)
			continue;
		str_addf(out, "%s%s in %s", before, state,
			 json_get_string(place, "store", "?"));
		before = ", ";
	}
	if (trouble->count > 1)
		str_addf(out, "; so it is with %zu more", trouble->count - 1);
}

/* How many lie whole in a store that the journal knows nothing of. */
static size_t count_unknown(const struct listing *listing, const json_t *state,
			    const json_t *rows)
{
	size_t count = 0, i;
	const json_t *row;
	json_array_foreach(rows, i, row) {
		const char *id = json_get_string(row, "id", "");
		bool whole = false;
		for (size_t s = 0; s < listing->count; s++)
			whole = whole ||
				json_get_bool(
					json_object_get(listing->shelves[s].folders, id),
					"whole", false);
		count += whole && !state_backup_copy(state, listing->backup->name, id);
	}
	return count;
}

static void judge_health(json_t *health, const char *outcome, const char *reason)
{
	json_object_set_new(health, "outcome", json_string(outcome));
	json_object_set_new(health, "reason", json_string(reason));
}

/* Nobody knows what became of copies in a store that could not be asked: that is no pass, and no failure either. */
static void judge_reach(const struct listing *listing, json_t *health)
{
	_cleanup_str_ struct str text = STR_INIT;
	for (size_t i = 0; i < listing->count; i++)
		if (!listing->shelves[i].folders)
			str_addf(&text, "%s%s", text.len ? ", " : "",
				 listing->shelves[i].store->name);
	if (!text.len || str_equal(json_get_string(health, "outcome", ""), "fail"))
		return;
	str_add(&text, " could not be asked");
	judge_health(health, "inconclusive", str_text(&text));
}

/* New. */
static json_t *health_there(const struct listing *listing, const json_t *state,
			    const json_t *rows, int64_t now_ms)
{
	struct trouble trouble = {0};
	const char *name = listing->backup->name;
	_cleanup_json_ json_t *there =
		json_pack("{s:{s:o}}", "backups", name,
			  entry_there(listing, state, rows, &trouble));
	json_t *health = backup_health(listing->backup, there, now_ms);
	bool failed = str_equal(json_get_string(health, "outcome", ""), "fail");
	bool none = json_is_null(json_object_get(health, "newest"));
	size_t unknown = count_unknown(listing, state, rows);
	_cleanup_str_ struct str text = STR_INIT;
	if (trouble.count) {
		say_trouble(&text, &trouble);
		if (failed)
			str_addf(&text, "; %s", json_get_string(health, "reason", "?"));
		judge_health(health, "fail", str_text(&text));
	} else if (none && unknown && !failed) {
		str_addf(&text, "%zu %s that the journal does not know", unknown,
			 unknown == 1 ? "copy" : "copies");
		judge_health(health, "warn", str_text(&text));
	}
	judge_reach(listing, health);
	return health;
}

static json_t *backup_listed(const struct listing *listing, const json_t *state,
			     int64_t now_ms)
{
	json_t *copies = copy_rows(listing);
	json_t *row = health_there(listing, state, copies, now_ms);
	json_t *stores = json_array();
	json_t *unreachable = json_array();
	for (size_t i = 0; i < listing->count; i++) {
		const struct shelf *shelf = &listing->shelves[i];
		json_array_append_new(stores, json_string(shelf->store->name));
		if (!shelf->folders)
			json_array_append_new(unreachable,
					      json_pack("{s:s, s:s}", "store",
							shelf->store->name, "reason",
							shelf->err.message));
	}
	json_object_set_new(row, "environment",
			    json_string(listing->backup->environment));
	json_object_set_new(row, "stores", stores);
	json_object_set_new(row, "copies", copies);
	json_object_set_new(row, "unreachable", unreachable);
	return row;
}

static int list_one(struct backup_desk *desk, const struct config_backup *backup,
		    int64_t now_ms, json_t *rows, struct err *err)
{
	__attribute__((cleanup(listing_release))) struct listing listing = {
		.backup = backup};
	if (backup_check_store(desk, backup, err) < 0 ||
	    backup_desk_turn(desk, backup, err) < 0)
		return -1;
	const json_t *state = backup_desk_state(desk);
	listing.known = state_backup(state, backup->name);
	ask_all(desk, &listing);
	if (effects_cancelled(desk->engine.fx))
		return err_set(err, ERR_CANCELLED, "cancelled by a signal");
	json_array_append_new(rows, backup_listed(&listing, state, now_ms));
	return 0;
}

int engine_backup_list(const struct engine *engine, const struct engine_backup *asked,
		       json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(backup_desk_release))) struct backup_desk desk;
	__attribute__((cleanup(backup_choice_release))) struct backup_choice choice = {0};
	_cleanup_json_ json_t *rows = json_array();
	char at[TIME_TEXT_BYTES];
	int64_t now_ms = asked->now_ms ? asked->now_ms : effects_now_ms(engine->fx);
	backup_desk_init(&desk, engine, asked);
	if (backup_choose(&desk, &choice, err) < 0)
		return -1;
	for (size_t i = 0; i < choice.count; i++)
		if (list_one(&desk, choice.items[i], now_ms, rows, err) < 0)
			return -1;
	*ret_result =
		json_pack("{s:s, s:O}", "at", time_format(now_ms, at), "backups", rows);
	return 0;
}
