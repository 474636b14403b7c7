/* `belay backup verify`: is what lies there what was written? One copy (the newest, unless one is named) in each store,
 * all stores at the same time. What was found out goes on the journal; a copy that the journal did not know, it knows
 * then.
 */
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

/* One store, and what was found there. */
struct find {
	const struct config_store *store; /* NULL: a folder */
	json_t *args;
	char *lane;
	char *id;     /* NULL: none */
	char *digest; /* by the journal, or NULL */
	struct backup_seen seen;
	int64_t duration_ms;
	bool none; /* the store answered: there is no such copy, and the journal knows none */
	struct err err;
};

struct verification {
	const struct backup_desk *desk;
	const struct config_backup *backup; /* NULL: a folder */
	int64_t now_ms;
	bool one_of_many;
	struct find *finds;
	size_t count;
};

static void verification_release(struct verification *verification)
{
	for (size_t i = 0; i < verification->count; i++) {
		struct find *find = &verification->finds[i];
		json_decref(find->args);
		free(find->lane);
		free(find->id);
		free(find->digest);
		backup_seen_release(&find->seen);
	}
	free(verification->finds);
}

/* --- which copy ------------------------------------------------------------------------------- */

static bool is_in_store(const json_t *copy, const char *store)
{
	size_t i;
	const json_t *name;
	json_array_foreach(json_object_get(copy, "stores"), i, name) {
		if (str_equal(json_string_value(name), store))
			return true;
	}
	return false;
}

/* The better one of two for what is asked: the newer, of those that begin with the id. Borrowed. */
static const char *better(const struct verification *verification, const char *best,
			  const char *candidate)
{
	const char *asked = verification->desk->asked->id;
	if (asked && !str_has_prefix(candidate, asked))
		return best;
	return backup_id_is_newer(candidate, best, verification->now_ms) ? candidate
									 : best;
}

/* Of those that the journal has in the store. Borrowed, or NULL. */
static const char *best_known(const struct verification *verification,
			      const struct find *find)
{
	const json_t *known = state_backup(backup_desk_state(verification->desk),
					   verification->backup->name);
	const char *best = NULL;
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(known, "copies"), i, row) {
		if (is_in_store(row, find->store->name))
			best = better(verification, best, json_get_string(row, "id", ""));
	}
	return best;
}

static void take_id(const struct verification *verification, struct find *find,
		    const char *id)
{
	const json_t *copy = id ? state_backup_copy(backup_desk_state(verification->desk),
						    verification->backup->name, id)
				: NULL;
	str_assign(&find->id, id);
	str_assign(&find->digest, json_get_string(copy, "manifest", NULL));
}

/* By the journal and by what lies there: either may know one that the other does not. */
static int choose_id(struct effects *lane, const struct verification *verification,
		     struct find *find, struct err *err)
{
	const char *name = verification->backup->name;
	const char *asked = verification->desk->asked->id;
	const char *best = best_known(verification, find);
	size_t i;
	const json_t *row;
	_cleanup_json_ json_t *objects = NULL;
	_cleanup_free_ char *prefix = str_format("%s/", name);
	if (backup_store_list(lane, find->args, prefix, &objects, err) < 0)
		return -1;
	_cleanup_json_ json_t *folders = backup_folders(name, objects);
	json_array_foreach(folders, i, row) {
		if (json_get_bool(row, "whole", false))
			best = better(verification, best, json_get_string(row, "id", ""));
	}
	take_id(verification, find, best);
	if (best)
		return 0;
	find->none = true;
	if (!asked)
		return err_set(err, ERR_NOT_FOUND, "there is none yet");
	return err_set(err, ERR_NOT_FOUND, "there is no copy '%s' of '%s'", asked, name);
}

/* --- looking ---------------------------------------------------------------------------------- */

static void look_at(struct effects *lane, const struct verification *verification,
		    struct find *find)
{
	const struct engine_backup *asked = verification->desk->asked;
	const struct backup_look look = {
		.backup = verification->backup,
		.store = find->args,
		.name = verification->backup ? verification->backup->name : NULL,
		.id = find->id,
		.digest = find->digest,
		.all = asked->read_data,
		.open = asked->read_data || asked->key || asked->passphrase_env,
		.one_of_many = verification->one_of_many,
		.verb = "verifying",
	};
	int64_t begun_ms = effects_mono_ms(lane);
	(void)backup_copy_look(lane, verification->desk, &look, &find->seen, &find->err);
	find->duration_ms = effects_mono_ms(lane) - begun_ms;
}

/* Was it brought there by another project that has the store, too? */
static bool is_of_others(const struct verification *verification, const struct find *find)
{
	const json_t *manifest = find->seen.manifest.manifest;
	struct err ignored = {0};
	return manifest && !find->digest &&
	       backup_manifest_check_home(manifest, verification->backup, &ignored) < 0;
}

static void look_one(struct effects *lane, size_t index, void *context)
{
	const struct verification *verification = context;
	struct find *find = &verification->finds[index];
	if (verification->backup && choose_id(lane, verification, find, &find->err) < 0)
		return;
	look_at(lane, verification, find);
	if (!verification->backup || verification->desk->asked->id ||
	    !is_of_others(verification, find))
		return;
	const char *own = best_known(verification, find);
	if (!own)
		return;
	take_id(verification, find, own);
	backup_seen_release(&find->seen);
	find->seen = (struct backup_seen){0};
	find->err = (struct err){0};
	look_at(lane, verification, find);
}

static void look_all(struct verification *verification)
{
	const char **lanes = mem_array(const char *, verification->count);
	for (size_t i = 0; i < verification->count; i++)
		lanes[i] = verification->finds[i].lane;
	effects_fan_out(verification->desk->engine.fx, verification->count, lanes,
			look_one, verification);
	free(lanes);
}

/* --- what was found --------------------------------------------------------------------------- */

static const char *outcome_of(const struct find *find)
{
	if (!find->err.code)
		return "good";
	if (find->none)
		return "none";
	return backup_is_bad(&find->err) ? "bad" : "unknown";
}

/* Does it say something of a copy? */
static bool is_finding(const struct find *find)
{
	return !find->none && (!find->err.code || backup_is_bad(&find->err));
}

static const char *reason_of(const struct find *find)
{
	return find->err.code ? find->err.message : NULL;
}

/* What vouches for the manifest; NULL when there is none that could be read. */
static const char *trust_of(const struct find *find)
{
	if (!find->seen.manifest.manifest)
		return NULL;
	if (find->digest)
		return "journal";
	return find->seen.signer && !find->err.code ? "signature" : "none";
}

/* When the copy was begun. NULL when there is no copy. */
static const char *time_of(const struct find *find, char buffer[static TIME_TEXT_BYTES])
{
	int64_t at_ms;
	const char *id =
		find->id ? find->id
			 : json_get_string(find->seen.manifest.manifest, "id", NULL);
	return id && backup_id_time(id, &at_ms) ? time_format(at_ms, buffer) : NULL;
}

static json_t *copy_row(const struct find *find)
{
	char at[TIME_TEXT_BYTES];
	const char *id =
		find->id ? find->id
			 : json_get_string(find->seen.manifest.manifest, "id", NULL);
	json_t *row = json_pack(
		"{s:s?, s:s?, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:I, s:I}", "id", id,
		"at", time_of(find, at), "store", json_get_string(find->args, "name", ""),
		"outcome", outcome_of(find), "how",
		is_finding(find) ? backup_depth_name(find->seen.depth) : NULL, "trust",
		trust_of(find), "signer", find->seen.signer, "reason", reason_of(find),
		"bytes", (json_int_t)find->seen.bytes, "duration_ms",
		(json_int_t)find->duration_ms);
	if (find->err.code && find->err.hint[0])
		json_object_set_new(row, "hint", json_string(find->err.hint));
	else if (!find->err.code && find->seen.other_key)
		json_object_set_new(row, "hint",
				    json_string("not opened, only its digests were "
						"compared: its seal wants a key of "
						"another kind"));
	return row;
}

/* One bad copy makes it bad; what nobody could look at leaves it open; where none is there is nothing to say. */
static const char *outcome_of_all(const struct verification *verification)
{
	const char *worst = "none";
	for (size_t i = 0; i < verification->count; i++) {
		const char *outcome = outcome_of(&verification->finds[i]);
		if (strcmp(outcome, "bad") == 0)
			return outcome;
		if (strcmp(outcome, "unknown") == 0 || strcmp(worst, "none") == 0)
			worst = outcome;
	}
	return worst;
}

/* The first copy that is not good, or NULL. */
static const struct find *first_trouble(const struct verification *verification,
					bool only_bad)
{
	for (size_t i = 0; i < verification->count; i++) {
		const struct find *find = &verification->finds[i];
		bool bad = !find->none && backup_is_bad(&find->err);
		if (only_bad ? bad : find->err.code != ERR_NONE)
			return find;
	}
	return NULL;
}

static json_t *verification_row(const struct verification *verification, const char *name,
				const char *environment)
{
	const struct find *trouble = first_trouble(verification, false);
	json_t *copies = json_array();
	bool any = false;
	for (size_t i = 0; i < verification->count; i++) {
		json_array_append_new(copies, copy_row(&verification->finds[i]));
		any = any || verification->finds[i].id || !verification->backup;
	}
	return json_pack("{s:s, s:s?, s:s, s:s?, s:o}", "name", name, "environment",
			 environment, "outcome", outcome_of_all(verification), "reason",
			 any || !trouble ? NULL : trouble->err.message, "copies", copies);
}

/* --- the journal ------------------------------------------------------------------------------ */

static void add_size(json_t *data, const struct find *find, const char *key,
		     const char *from)
{
	const json_t *size = json_at(find->seen.manifest.manifest, from);
	if (json_is_integer(size))
		json_object_set(data, key, (json_t *)size);
}

/* A manifest that says that it is another's makes no copy known that was not. */
static bool is_what_it_says(const struct verification *verification,
			    const struct find *find)
{
	const json_t *manifest = find->seen.manifest.manifest;
	return str_equal(json_get_string(manifest, "name", NULL),
			 verification->backup->name) &&
	       str_equal(json_get_string(manifest, "id", NULL), find->id);
}

static json_t *verified_event(const struct verification *verification,
			      const struct find *find)
{
	char at[TIME_TEXT_BYTES];
	json_t *data = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?}", "backup",
		verification->backup->name, "id", find->id, "store", find->store->name,
		"how", backup_depth_name(find->seen.depth), "outcome", outcome_of(find),
		"reason", reason_of(find), "at_copy", time_of(find, at), "manifest",
		find->digest || is_what_it_says(verification, find)
			? find->seen.manifest.sha256
			: NULL);
	add_size(data, find, "open_bytes", "/data/open_bytes");
	add_size(data, find, "stored_bytes", "/data/sealed_bytes");
	return json_pack("{s:s, s:o}", "type", "backup.verified", "data", data);
}

static int record(struct backup_desk *desk, const struct verification *verification,
		  struct err *err)
{
	const struct find *trouble = first_trouble(verification, true);
	_cleanup_json_ json_t *rows = json_array();
	for (size_t i = 0; i < verification->count; i++)
		if (is_finding(&verification->finds[i]))
			json_array_append_new(
				rows,
				verified_event(verification, &verification->finds[i]));
	if (json_array_size(rows) == 0)
		return 0;
	const struct backup_word word = {
		.good = !trouble,
		.event = "is not what was written",
		.id = trouble ? trouble->id : NULL,
		.store = trouble ? trouble->store->name : NULL,
		.reason = trouble ? trouble->err.message : NULL,
		.duration_ms = -1,
	};
	return backup_record_told(desk, verification->backup, rows, &word, err);
}

/* --- the verb --------------------------------------------------------------------------------- */

static bool was_cancelled(const struct verification *verification)
{
	for (size_t i = 0; i < verification->count; i++)
		if (verification->finds[i].err.code == ERR_CANCELLED)
			return true;
	return false;
}

/* Bad is certain; what could not be looked at is no basis for a decision. */
static void add_end(const struct verification *verification, enum engine_end *end)
{
	const char *outcome = outcome_of_all(verification);
	if (strcmp(outcome, "bad") == 0)
		*end = END_FAILED;
	else if (strcmp(outcome, "unknown") == 0 && *end == END_PASSED)
		*end = END_INCONCLUSIVE;
}

/* The newest ids of the journal, for a hint. */
static int name_copies(const struct verification *verification, struct err *err)
{
	const char *name = verification->backup->name;
	const json_t *copies = json_object_get(
		state_backup(backup_desk_state(verification->desk), name), "copies");
	size_t count = json_array_size(copies);
	_cleanup_free_ const char **ids = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		ids[i] = json_get_string(json_array_get(copies, i), "id", "");
	const char *nearest = str_nearest(verification->desk->asked->id, ids, count);
	if (nearest)
		return err_hint(err, "did you mean '%s'?", nearest);
	if (count)
		return err_hint(err, "the newest is %s; 'belay backup list %s' shows all",
				ids[0], name);
	return err_hint(err, "'belay backup list %s' shows what there is", name);
}

/* What has to be asked differently is no finding: an id that is in no store, a key that does not open what was
 * asked for alone. */
static int check_question(const struct verification *verification, struct err *err)
{
	const struct engine_backup *asked = verification->desk->asked;
	bool none = verification->count > 0;
	for (size_t i = 0; i < verification->count; i++) {
		const struct find *find = &verification->finds[i];
		none = none && find->none;
		if (!verification->one_of_many && find->err.code == ERR_AUTH &&
		    asked->read_data && find->seen.manifest.manifest) {
			*err = find->err;
			return -1;
		}
	}
	if (!none || !asked->id)
		return 0;
	*err = verification->finds[0].err;
	return name_copies(verification, err);
}

static void find_in_stores(struct verification *verification)
{
	const struct config_backup *backup = verification->backup;
	verification->finds = mem_array(struct find, backup->store_count + 1);
	for (size_t i = 0; i < backup->store_count; i++) {
		const struct config_store *store = &backup->stores[i];
		if (!backup_wants_store(verification->desk, store))
			continue;
		struct find *find = &verification->finds[verification->count++];
		find->store = store;
		find->args = backup_store_args(store, 0);
		find->lane = str_format("store/%s/%s", backup->name, store->name);
	}
}

static int verify_one(struct backup_desk *desk, const struct config_backup *backup,
		      bool one_of_many, json_t *rows, enum engine_end *end,
		      struct err *err)
{
	__attribute__((
		cleanup(verification_release))) struct verification verification = {
		.desk = desk,
		.backup = backup,
		.now_ms = effects_now_ms(desk->engine.fx),
		.one_of_many = one_of_many};
	if (backup_check_store(desk, backup, err) < 0 ||
	    backup_desk_turn(desk, backup, err) < 0)
		return -1;
	find_in_stores(&verification);
	look_all(&verification);
	bool cancelled = was_cancelled(&verification);
	if (record(desk, &verification, err) < 0)
		return -1;
	if (cancelled)
		return err_set(err, ERR_CANCELLED, "cancelled by a signal");
	if (check_question(&verification, err) < 0)
		return -1;
	json_array_append_new(
		rows, verification_row(&verification, backup->name, backup->environment));
	add_end(&verification, end);
	return 0;
}

static int verify_folder(struct backup_desk *desk, json_t *rows, enum engine_end *end,
			 struct err *err)
{
	__attribute__((cleanup(
		verification_release))) struct verification verification = {.desk = desk};
	struct find *find = verification.finds = mem_array(struct find, 1);
	verification.count = 1;
	find->args = backup_store_of_folder(desk->asked->folder);
	find->lane = mem_strdup("folder");
	look_all(&verification);
	if (was_cancelled(&verification))
		return err_set(err, ERR_CANCELLED, "cancelled by a signal");
	if (check_question(&verification, err) < 0)
		return -1;
	json_array_append_new(
		rows, verification_row(&verification,
				       json_get_string(find->seen.manifest.manifest,
						       "name", desk->asked->folder),
				       NULL));
	add_end(&verification, end);
	return 0;
}

static int verify_all(struct backup_desk *desk, json_t *rows, enum engine_end *end,
		      struct err *err)
{
	__attribute__((cleanup(backup_choice_release))) struct backup_choice choice = {0};
	if (backup_choose(desk, &choice, err) < 0)
		return -1;
	for (size_t i = 0; i < choice.count; i++)
		if (verify_one(desk, choice.items[i], choice.count > 1, rows, end, err) <
		    0)
			return -1;
	return 0;
}

int engine_backup_verify(const struct engine *engine, const struct engine_backup *asked,
			 enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(backup_desk_release))) struct backup_desk desk;
	_cleanup_json_ json_t *rows = json_array();
	*ret_end = END_PASSED;
	backup_desk_init(&desk, engine, asked);
	if ((asked->folder ? verify_folder(&desk, rows, ret_end, err)
			   : verify_all(&desk, rows, ret_end, err)) < 0)
		return -1;
	*ret_result = json_pack("{s:O}", "backups", rows);
	return 0;
}
