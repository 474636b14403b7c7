/* `belay backup verify`: is what lies there what was written? One copy (the newest that the journal knows, unless one is
 * named) in each store, all stores at the same time. What was found out goes on the journal.
 */
#include <stdlib.h>
#include <string.h>

#include "backup_verify.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

static void verification_release(struct verification *verification)
{
	for (size_t i = 0; i < verification->count; i++) {
		struct find *find = &verification->finds[i];
		json_decref(find->args);
		free(find->lane);
		free(find->id);
		free(find->digest);
		json_decref(find->strangers);
		backup_seen_release(&find->seen);
	}
	free(verification->finds);
}

/* --- looking ---------------------------------------------------------------------------------- */

static struct backup_look look_of(const struct verification *verification,
				  const struct find *find)
{
	const struct engine_backup *asked = verification->desk->asked;
	return (struct backup_look){
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
}

static void look_one(struct effects *lane, size_t index, void *context)
{
	const struct verification *verification = context;
	struct find *find = &verification->finds[index];
	if (verification->backup &&
	    verification_find(lane, verification, find, &find->err) < 0)
		return;
	const struct backup_look look = look_of(verification, find);
	int64_t begun_ms = effects_mono_ms(lane);
	(void)backup_copy_look(lane, verification->desk, &look, &find->seen, &find->err);
	find->duration_ms = effects_mono_ms(lane) - begun_ms;
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

/* What the journal knows has one digest. Of what it does not know, all stores have to hold the same as well. */
static void compare(struct verification *verification)
{
	const struct find *first = NULL;
	for (size_t i = 0; i < verification->count; i++) {
		struct find *find = &verification->finds[i];
		if (find->err.code || find->digest || !find->id)
			continue;
		if (!first) {
			first = find;
		} else if (str_equal(find->id, first->id) &&
			   !str_equal(find->seen.manifest.sha256,
				      first->seen.manifest.sha256)) {
			err_set(&find->err, ERR_STATE,
				"its manifest is not the one that lies in '%s'",
				first->store->name);
		}
	}
}

/* --- the journal ------------------------------------------------------------------------------ */

/* Of a copy that nothing connects with the journal only that it is good is told: it belongs to whoever named it. What is
 * bad about it is no matter of this journal. */
static bool is_told(const struct find *find)
{
	return find_is_finding(find) &&
	       (find->digest || find->ours || find->err.code == ERR_NONE);
}

/* The good ones first: they say which manifest it is. */
static json_t *events_of(const struct verification *verification)
{
	json_t *rows = json_array();
	for (int bad = 0; bad <= 1; bad++) {
		for (size_t i = 0; i < verification->count; i++) {
			const struct find *find = &verification->finds[i];
			const struct backup_look look = look_of(verification, find);
			if (is_told(find) && (find->err.code != ERR_NONE) == bad)
				json_array_append_new(
					rows, backup_seen_event(&look, &find->seen,
								&find->err));
		}
	}
	return rows;
}

/* The first one of those that are told. */
static const struct find *first_bad(const struct verification *verification)
{
	for (size_t i = 0; i < verification->count; i++) {
		const struct find *find = &verification->finds[i];
		if (is_told(find) && find->err.code)
			return find;
	}
	return NULL;
}

static int record(struct backup_desk *desk, const struct verification *verification,
		  struct err *err)
{
	const struct find *trouble = first_bad(verification);
	_cleanup_json_ json_t *rows = events_of(verification);
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
	const char *outcome = verification_outcome(verification);
	if (strcmp(outcome, "bad") == 0)
		*end = END_FAILED;
	else if (strcmp(outcome, "unknown") == 0 && *end == END_PASSED)
		*end = END_INCONCLUSIVE;
}

/* The newest one that is meant and is not on the journal, or NULL. Borrowed. */
static const char *newest_stranger(const struct verification *verification)
{
	const char *newest = NULL;
	for (size_t i = 0; i < verification->count; i++) {
		const char *id = json_string_value(
			json_array_get(verification->finds[i].strangers, 0));
		if (id && (!newest || strcmp(id, newest) > 0))
			newest = id;
	}
	return newest;
}

/* Of a copy that is in none of the stores that were asked. */
static int name_places(const json_t *copy, struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	size_t i;
	const json_t *store;
	json_array_foreach(json_object_get(copy, "stores"), i, store)
		str_addf(&names, "%s%s", i ? ", " : "", json_string_value(store));
	return err_hint(err,
			"the journal has it in %s: not asked, or not configured any more",
			str_text(&names));
}

/* What could be asked for, as a hint. */
static int name_copies(const struct verification *verification, struct err *err)
{
	const char *name = verification->backup->name;
	const char *stranger = newest_stranger(verification);
	if (stranger)
		return err_hint(err,
				"a store has %s; 'belay backup verify -e %s %s/%s' looks "
				"at it and records it, when it is yours",
				stranger, verification->backup->environment, name,
				stranger);
	const json_t *state = backup_desk_state(verification->desk);
	const char *asked = verification->desk->asked->id;
	const json_t *known = state_backup_copy(state, name, asked);
	if (known)
		return name_places(known, err);
	const json_t *copies = json_object_get(state_backup(state, name), "copies");
	size_t count = json_array_size(copies);
	_cleanup_free_ const char **ids = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		ids[i] = json_get_string(json_array_get(copies, i), "id", "");
	const char *nearest = str_nearest(asked, ids, count);
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
	if (newest_stranger(verification))
		err_set(err, ERR_NOT_FOUND, "the journal knows no copy '%s' of '%s'",
			asked->id, verification->backup->name);
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
	compare(&verification);
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
