/* Which copy a verification looks at in a store. The journal says which ones there are; what a store holds beside them
 * may be anybody's (belay/backup.h, backup_adopt.c): it is named, and looked at when a person names it or when it is
 * signed as configured.
 */
#include <stdlib.h>
#include <string.h>

#include "backup_verify.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* So many signatures are looked at in a store: whoever fills it with forgeries does not make this endless. */
#define SIGNATURES_MAX 16

struct search {
	struct effects *lane;
	const struct verification *verification;
	struct find *find;
	const json_t *state;
	json_t *begun; /* backup_begun() */
	char *best;    /* id, or NULL */
};

static bool is_known(const struct search *search, const char *id)
{
	return state_backup_copy(search->state, search->verification->backup->name, id) !=
	       NULL;
}

/* Is it meant, by the beginning of its id? */
static bool is_asked(const struct search *search, const char *id)
{
	const char *asked = search->verification->desk->asked->id;
	return !asked || str_has_prefix(id, asked);
}

/* Takes it when it is newer than what was found before. */
static void offer(struct search *search, const char *id)
{
	if (is_asked(search, id) &&
	    backup_id_is_newer(id, search->best, search->verification->now_ms))
		str_assign(&search->best, id);
}

/* Of those that the journal has in the store, whether they lie there or not. */
static void offer_known(struct search *search)
{
	const json_t *known =
		state_backup(search->state, search->verification->backup->name);
	size_t i;
	const json_t *copy;
	json_array_foreach(json_object_get(known, "copies"), i, copy) {
		if (json_has_string(json_object_get(copy, "stores"),
				    search->find->store->name))
			offer(search, json_get_string(copy, "id", ""));
	}
}

static bool is_stranger_good(const struct search *search, const char *id)
{
	struct err ignored = {0};
	return backup_stranger_check(search->lane, search->verification->backup,
				     search->find->args, id, &ignored) == 0;
}

/* Of those that lie there: what the journal has made for other stores, and what it has begun and never heard of again. */
static void offer_found(struct search *search, const json_t *folders)
{
	size_t i;
	const json_t *folder;
	json_array_foreach(folders, i, folder) {
		const char *id = json_get_string(folder, "id", "");
		if (!json_get_bool(folder, "whole", false) || !is_asked(search, id))
			continue;
		if (is_known(search, id) ||
		    (json_has_string(search->begun, id) && is_stranger_good(search, id)))
			offer(search, id);
	}
}

/* What a restore would take: of copies that the journal knows the one made last is the newest, whatever a clock made of
 * their ids. */
static void prefer_last(struct search *search)
{
	const json_t *last = backup_made_last(
		state_backup(search->state, search->verification->backup->name));
	if (last && search->best && is_known(search, search->best) &&
	    json_has_string(json_object_get(last, "stores"), search->find->store->name))
		str_assign(&search->best, json_get_string(last, "id", ""));
}

/* --- strangers -------------------------------------------------------------------------------- */

/* Those that lie there whole, are newer than what was found, and that nobody told the journal of. */
static void note_strangers(struct search *search, const json_t *folders)
{
	json_t *strangers = search->find->strangers = json_array();
	size_t i;
	const json_t *folder;
	json_array_foreach(folders, i, folder) {
		const char *id = json_get_string(folder, "id", "");
		if (json_get_bool(folder, "whole", false) && is_asked(search, id) &&
		    !is_known(search, id) &&
		    (!search->best || strcmp(id, search->best) > 0))
			json_array_append_new(strangers, json_string(id));
	}
}

/* The newest one with a good signature. */
static void offer_signed(struct search *search, const json_t *folders)
{
	const struct config_backup *backup = search->verification->backup;
	size_t i;
	const json_t *id;
	if (!backup->sign.certificate)
		return;
	json_array_foreach(search->find->strangers, i, id) {
		const char *text = json_string_value(id);
		if (i >= SIGNATURES_MAX)
			return;
		if (!backup_id_is_newer(text, search->best,
					search->verification->now_ms) ||
		    !is_stranger_good(search, text))
			continue;
		str_assign(&search->best, text);
		search->find->ours = true;
		json_decref(search->find->strangers);
		note_strangers(search, folders);
		return;
	}
}

/* A person says which one it is: with its whole id, as the beginning of one may be anybody's. */
static void take_named(struct search *search)
{
	const char *asked = search->verification->desk->asked->id;
	if (search->best || !json_has_string(search->find->strangers, asked))
		return;
	str_assign(&search->best, asked);
	json_array_clear(search->find->strangers);
}

/* --- the choice ------------------------------------------------------------------------------- */

static int fail_without(const struct search *search, struct err *err)
{
	const char *name = search->verification->backup->name;
	const char *asked = search->verification->desk->asked->id;
	const json_t *strangers = search->find->strangers;
	search->find->none = true;
	if (asked)
		return err_set(err, ERR_NOT_FOUND, "there is no copy '%s' of '%s'", asked,
			       name);
	return err_set(err, ERR_NOT_FOUND,
		       json_array_size(strangers) ? "there is none that the journal knows"
						  : "there is none yet");
}

static void search_release(struct search *search)
{
	json_decref(search->begun);
	free(search->best);
}

/* What is chosen, beside what the journal says of it. */
static void take(struct search *search)
{
	struct find *find = search->find;
	const char *name = search->verification->backup->name;
	const json_t *copy = state_backup_copy(search->state, name, search->best);
	find->id = TAKE_PTR(search->best);
	str_assign(&find->digest, json_get_string(copy, "manifest", NULL));
	find->ours = find->ours || json_has_string(search->begun, find->id);
}

int verification_find(struct effects *lane, const struct verification *verification,
		      struct find *find, struct err *err)
{
	const char *name = verification->backup->name;
	const json_t *state = backup_desk_state(verification->desk);
	_cleanup_json_ json_t *objects = NULL;
	_cleanup_free_ char *prefix = str_format("%s/", name);
	__attribute__((cleanup(search_release))) struct search search = {
		lane, verification, find, state, backup_begun(state, name), NULL};
	offer_known(&search);
	if (backup_store_list(lane, find->args, prefix, &objects, err) < 0)
		return -1;
	_cleanup_json_ json_t *folders = backup_folders(name, objects);
	/* A person who names a copy wants to know of that one, wherever it is gone. */
	if (!verification->desk->asked->id &&
	    backup_check_mounted(verification->desk, verification->backup, find->store,
				 folders, err) < 0)
		return -1;
	offer_found(&search, folders);
	if (!verification->desk->asked->id)
		prefer_last(&search);
	note_strangers(&search, folders);
	if (verification->desk->asked->id)
		take_named(&search);
	else
		offer_signed(&search, folders);
	if (!search.best)
		return fail_without(&search, err);
	take(&search);
	return 0;
}
