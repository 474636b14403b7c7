/* Which copy a restore takes, and which ones it did not, see backup_source.h. */
#include <stdlib.h>
#include <string.h>

#include "backup_source.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* --- another one ------------------------------------------------------------------------------ */

static const json_t *entry_of(const struct backup_source *source)
{
	return state_backup(backup_desk_state(source->desk), source->name);
}

/* Was it made last, whatever the others' times say? */
static bool is_made_last(const struct backup_source *source)
{
	const json_t *last = backup_made_last(entry_of(source));
	return last && str_equal(json_get_string(last, "id", NULL), source->id);
}

const char *backup_source_older(const struct backup_source *source)
{
	const char *early = NULL; /* claims to be newer, and is not */
	bool behind = false;
	size_t i;
	const json_t *copy;
	if (!source->copy)
		return NULL;
	bool last = is_made_last(source);
	json_array_foreach(json_object_get(entry_of(source), "copies"), i, copy) {
		const char *id = json_get_string(copy, "id", "");
		bool self = str_equal(id, source->id);
		behind = behind || self;
		if (self || !backup_copy_is_sound(copy))
			continue;
		if (behind)
			return id;
		early = last && !early ? id : early;
	}
	return early;
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

/* --- the one that is taken --------------------------------------------------------------------- */

static void warn_of_bad(struct backup_source *source)
{
	const char *store;
	json_t *bad;
	json_object_foreach(json_object_get(source->copy, "bad"), store, bad)
		backup_source_warn(source, "copy %s was found bad in '%s': %s",
				   source->id, store,
				   json_get_string(bad, "reason", "?"));
}

/* Of a copy that is sound, and stands before the one that is taken. */
static void warn_of_early(struct backup_source *source, const char *id)
{
	if (is_made_last(source))
		backup_source_warn(source,
				   "copy %s claims to be newer by its time, but %s was "
				   "made last: a clock was wrong",
				   id, source->id);
	else
		backup_source_warn(
			source,
			"copy %s claims to be from the future, so %s is taken: "
			"a clock was wrong",
			id, source->id);
}

/* Neither an older one, nor one that looks older, is taken in silence. */
static void warn_of_passed_over(struct backup_source *source)
{
	const json_t *known = entry_of(source);
	const json_t *last = backup_made_last(known);
	bool behind = false, taken_last = is_made_last(source), told = false;
	size_t i;
	const json_t *copy;
	json_array_foreach(json_object_get(known, "copies"), i, copy) {
		const char *id = json_get_string(copy, "id", "");
		bool newer = copy == last || (!behind && !taken_last);
		behind = behind || str_equal(id, source->id);
		if (str_equal(id, source->id))
			continue;
		if (newer && !backup_copy_is_sound(copy))
			backup_source_warn(source,
					   "copy %s is newer, but was found bad wherever "
					   "it lies: %s is an older one",
					   id, source->id);
		if (behind || told || !backup_copy_is_sound(copy))
			continue;
		warn_of_early(source, id);
		told = true;
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
		backup_source_name_store(&failure, store->name);
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

/* Only who names it gets what the journal does not know, as long as there is a journal: whoever damages the copies that it
 * knows and puts up one of his own would choose what comes back. */
static bool may_be_unknown(const struct backup_source *source, const char *id)
{
	const json_t *known = state_backup(backup_desk_state(source->desk), source->name);
	return id || json_array_size(json_object_get(known, "copies")) == 0;
}

int backup_source_choose(struct backup_source *source, const char *id, struct err *err)
{
	const json_t *copy = NULL;
	struct err failure = {0};
	if (backup_find_copy(source->desk, source->backup, id, &copy, &failure) < 0) {
		if (failure.code == ERR_NOT_FOUND && may_be_unknown(source, id) &&
		    choose_unknown(source, id) == 0)
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
