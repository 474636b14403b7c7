/* What the folds of backups share: members of their events, checked, and parts of the state. Texts are cut and
 * things are counted, so that the state stays small whatever an event holds.
 */
#include <ctype.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "documents.h"
#include "incident_text.h"
#include "reduce_backup.h"

enum {
	NAME_BYTES = 64,
	REASON_BYTES = 300,
	BACKUPS_MAX = 100, /* names in the state of one environment */
};

/* --- values from an event -------------------------------------------------------------------- */

bool backup_is_name(const char *text)
{
	size_t len = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
					 "VWXYZ0123456789._-")
			  : 0;
	return len > 0 && len <= NAME_BYTES && !text[len] &&
	       isalnum((unsigned char)*text);
}

int fold_name(struct fold *fold, const char *key, const char **ret)
{
	if (fold_text(fold, key, ret))
		return -1;
	return backup_is_name(*ret) ? 0 : fold_refuse(fold, "data.%s is not a name", key);
}

int fold_count(struct fold *fold, const char *key, int64_t *ret)
{
	if (fold_integer(fold, key, ret))
		return -1;
	return *ret >= 0 ? 0 : fold_refuse(fold, "data.%s is below zero", key);
}

int fold_optional_count(struct fold *fold, const char *key, int64_t *ret)
{
	*ret = 0;
	return json_object_get(fold->data, key) ? fold_count(fold, key, ret) : 0;
}

int fold_word(struct fold *fold, const char *key, const char *const *words,
	      const char **ret)
{
	if (fold_text(fold, key, ret))
		return -1;
	for (; *words; words++)
		if (strcmp(*words, *ret) == 0)
			return 0;
	return fold_refuse(fold, "data.%s '%.40s' is unknown", key, *ret);
}

int fold_digest(struct fold *fold, const char *key, const char **ret)
{
	if (fold_text(fold, key, ret))
		return -1;
	if (strlen(*ret) != 64 || strspn(*ret, "0123456789abcdef") != 64)
		return fold_refuse(fold, "data.%s is not a SHA-256", key);
	return 0;
}

int fold_stores(struct fold *fold, const json_t **ret)
{
	const json_t *stores = json_object_get(fold->data, "stores");
	size_t i;
	const json_t *name;
	if (!json_is_array(stores) || json_array_size(stores) == 0 ||
	    json_array_size(stores) > BACKUP_STORES_MAX)
		return fold_refuse(fold, "data.stores is not a list of 1 to %d stores",
				   BACKUP_STORES_MAX);
	json_array_foreach(stores, i, name) {
		if (!backup_is_name(json_string_value(name)))
			return fold_refuse(fold,
					   "data.stores holds something else than names");
	}
	*ret = stores;
	return 0;
}

json_t *backup_text(const char *text)
{
	if (!text)
		return json_null();
	_cleanup_free_ char *cut = text_cut(text, REASON_BYTES);
	return json_string(cut);
}

/* --- parts of the state ---------------------------------------------------------------------- */

static void set_missing(json_t *entry)
{
	static const char *const members[] = {"running", "last", "failed", "drilled",
					      "restored"};
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!json_object_get(entry, members[i]))
			json_object_set_new(entry, members[i], json_null());
	if (!json_object_get(entry, "copies"))
		json_object_set_new(entry, "copies", json_array());
}

/* A backup that is gone from everywhere, whose name makes room for another one; or NULL. */
static const char *name_to_spare(json_t *backups)
{
	const char *name;
	const json_t *entry;
	json_object_foreach(backups, name, entry) {
		if (json_array_size(json_object_get(entry, "copies")) == 0 &&
		    !json_is_object(json_object_get(entry, "running")))
			return name;
	}
	return NULL;
}

json_t *backup_own(struct fold *fold)
{
	const char *name;
	if (fold_name(fold, "backup", &name))
		return NULL;
	json_t *backups = document_own(fold->documents->state, "backups");
	if (!json_object_get(backups, name) && json_object_size(backups) >= BACKUPS_MAX) {
		const char *spare = name_to_spare(backups);
		if (!spare) {
			fold_refuse(fold, "there are %d backups already", BACKUPS_MAX);
			return NULL;
		}
		json_object_del(backups, spare);
	}
	json_t *entry = document_own(backups, name);
	set_missing(entry);
	return entry;
}

size_t copy_index(const json_t *copies, const char *id)
{
	size_t i;
	const json_t *copy;
	json_array_foreach(copies, i, copy) {
		if (str_equal(json_get_string(copy, "id", NULL), id))
			break;
	}
	return i;
}

static const char *id_at(const json_t *copies, size_t index)
{
	return json_get_string(json_array_get(copies, index), "id", "");
}

/* Which copy is not known any more when there are too many: the oldest, but one that was found bad only when there is
 * nothing else, as nobody would know it for bad again; never the one made last. */
static size_t index_to_spare(const json_t *entry, const json_t *copies)
{
	const char *last = json_get_string(entry, "last", NULL);
	size_t count = json_array_size(copies), spare = count;
	for (size_t i = count; i-- > 0;) {
		if (str_equal(id_at(copies, i), last))
			continue;
		if (!backup_copy_is_flawed(json_array_get(copies, i)))
			return i;
		spare = spare == count ? i : spare;
	}
	return spare;
}

/* Newest first, by their ids: those of one backup grow, whatever clocks say. */
void copy_add(json_t *entry, json_t *copy)
{
	json_t *copies = document_own(entry, "copies");
	const char *id = json_get_string(copy, "id", "");
	size_t i = 0;
	while (i < json_array_size(copies) && strcmp(id_at(copies, i), id) > 0)
		i++;
	json_array_insert_new(copies, i, copy);
	if (json_array_size(copies) > BACKUP_COPIES_MAX)
		json_array_remove(copies, index_to_spare(entry, copies));
}

void copy_made(json_t *entry, json_t *copy)
{
	json_object_set(entry, "last", json_object_get(copy, "id"));
	copy_add(entry, copy);
}

void copy_found_later(const struct fold *fold, json_t *entry, const char *id)
{
	const char *last = json_get_string(entry, "last", NULL);
	int64_t at_ms = 0;
	if (last && strcmp(id, last) > 0 && backup_id_time(id, &at_ms) &&
	    !backup_is_ahead(at_ms, fold->at_ms))
		json_object_set_new(entry, "last", json_string(id));
}

json_t *copy_own(json_t *entry, size_t index)
{
	json_t *copies = document_own(entry, "copies");
	json_t *copy = json_copy(json_array_get(copies, index));
	json_array_set_new(copies, index, copy);
	return copy;
}
