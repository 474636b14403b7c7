/* Is a directory still the place that it was? One that is not mounted reads as an empty one: what is written there lies on
 * another disk, and what is missing there is not gone. So a directory, here or on a host, that has none of the copies
 * that the journal has in it is left alone. Buckets do not go away like that, and their own rules may empty them.
 */
#include "backup.h"
#include "belay/json.h"

/* Where a directory is; NULL for a bucket. */
static const char *path_of(const struct config_store *store)
{
	return json_get_string(store->target, "directory",
			       json_get_string(store->target, "path", NULL));
}

/* How many copies the journal has there that nobody found bad or missing; of those, how many lie in `folders`. */
static size_t count_sound(const struct backup_desk *desk,
			  const struct config_backup *backup,
			  const struct config_store *store, const json_t *folders,
			  size_t *ret_there)
{
	const json_t *known = state_backup(backup_desk_state(desk), backup->name);
	size_t i, k, count = 0;
	const json_t *copy, *folder;
	*ret_there = 0;
	json_array_foreach(json_object_get(known, "copies"), i, copy) {
		if (!json_has_string(json_object_get(copy, "stores"), store->name) ||
		    backup_copy_bad(copy, store->name))
			continue;
		count++;
		json_array_foreach(folders, k, folder)
			*ret_there += str_equal(json_get_string(folder, "id", ""),
						json_get_string(copy, "id", "?"));
	}
	return count;
}

bool backup_may_be_unmounted(const struct backup_desk *desk,
			     const struct config_backup *backup,
			     const struct config_store *store)
{
	size_t ignored;
	return path_of(store) && count_sound(desk, backup, store, NULL, &ignored) > 0;
}

int backup_check_mounted(const struct backup_desk *desk,
			 const struct config_backup *backup,
			 const struct config_store *store, const json_t *folders,
			 struct err *err)
{
	size_t there;
	size_t count = count_sound(desk, backup, store, folders, &there);
	if (!path_of(store) || count == 0 || there > 0)
		return 0;
	if (count == 1)
		err_set(err, ERR_FAIL,
			"'%s' does not have the copy that the journal has there: is it "
			"mounted?",
			path_of(store));
	else
		err_set(err, ERR_FAIL,
			"'%s' has none of the %zu copies that the journal has there: is "
			"it mounted?",
			path_of(store), count);
	return err_hint(err,
			"nothing was changed there; when they are gone for good, or it "
			"is another place now, give the store another 'name'");
}
