/* Folding what becomes of copies of backups: verified, forgotten, restored, drilled. A copy is known once for all
 * its stores; good or bad it is in each of them, as the last look there said.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "documents.h"
#include "reduce_backup.h"

/* --- copies ---------------------------------------------------------------------------------- */

struct verification {
	const char *id, *store, *how, *at_copy;
	const char *manifest; /* NULL: could not be read */
	bool good;
	int64_t open_bytes, stored_bytes;
};

static int verification_of(struct fold *fold, struct verification *ret)
{
	static const char *const depths[] = {"listed", "sampled", "data", "opened", NULL};
	static const char *const outcomes[] = {"good", "bad", NULL};
	static const char *const texts[] = {"reason"};
	const char *outcome;
	if (fold_name(fold, "id", &ret->id) || fold_name(fold, "store", &ret->store) ||
	    fold_word(fold, "how", depths, &ret->how) ||
	    fold_word(fold, "outcome", outcomes, &outcome) ||
	    fold_time(fold, "at_copy", &ret->at_copy) ||
	    fold_optional_count(fold, "open_bytes", &ret->open_bytes) ||
	    fold_optional_count(fold, "stored_bytes", &ret->stored_bytes) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	ret->good = strcmp(outcome, "good") == 0;
	ret->manifest = NULL;
	const json_t *manifest = json_object_get(fold->data, "manifest");
	if (!ret->good && (!manifest || json_is_null(manifest)))
		return 0;
	return fold_digest(fold, "manifest", &ret->manifest);
}

static void add_store(json_t *copy, const char *store)
{
	json_t *stores = document_own(copy, "stores");
	size_t i;
	const json_t *name;
	json_array_foreach(stores, i, name) {
		if (str_equal(json_string_value(name), store))
			return;
	}
	if (i < BACKUP_STORES_MAX)
		json_array_append_new(stores, json_string(store));
}

/* What was found in one store, in the place of what was found there before. Takes `found`. */
static void set_found(json_t *copy, const char *key, const char *store, json_t *found)
{
	json_object_del(document_own(copy, "verified"), store);
	json_object_del(document_own(copy, "bad"), store);
	json_t *stores = json_object_get(copy, key);
	if (json_object_size(stores) < BACKUP_STORES_MAX)
		json_object_set_new(stores, store, found);
	else
		json_decref(found);
}

static void set_verified(const struct fold *fold, json_t *copy,
			 const struct verification *v)
{
	add_store(copy, v->store);
	set_found(copy, "verified", v->store,
		  json_pack("{s:s, s:s}", "at", fold->at, "how", v->how));
}

static void set_bad(const struct fold *fold, json_t *copy, const struct verification *v)
{
	const char *reason = json_get_string(fold->data, "reason", NULL);
	set_found(copy, "bad", v->store,
		  json_pack("{s:s, s:o}", "at", fold->at, "reason", backup_text(reason)));
}

/* A copy that was found in a store and is not known: a run that died too early had made it, or somebody vouches for it.
 * Whoever tells of it has made sure of that: what merely lies in a store is told to nobody. */
static void discover(json_t *entry, const struct verification *v)
{
	copy_add(entry, json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:[s], s:{}, s:{}}",
				  "id", v->id, "at", v->at_copy, "manifest", v->manifest,
				  "open_bytes", (json_int_t)v->open_bytes, "stored_bytes",
				  (json_int_t)v->stored_bytes, "duration_ms", 0, "stores",
				  v->store, "verified", "bad"));
}

void copy_replace(json_t *entry, const char *id)
{
	json_t *copies = document_own(entry, "copies");
	size_t index = copy_index(copies, id);
	if (index < json_array_size(copies))
		json_array_remove(copies, index);
}

int fold_backup_verified(struct fold *fold)
{
	struct verification v;
	if (verification_of(fold, &v))
		return -1;
	json_t *entry = backup_own(fold);
	if (!entry)
		return -1;
	const json_t *copies = json_object_get(entry, "copies");
	bool known = copy_index(copies, v.id) < json_array_size(copies);
	if (!known && v.manifest)
		discover(entry, &v);
	copies = json_object_get(entry, "copies");
	size_t index = copy_index(copies, v.id);
	if (index == json_array_size(copies))
		return 0; /* not known, or older than all that there is room for */
	json_t *copy = copy_own(entry, index);
	if (v.good && !str_equal(json_get_string(copy, "manifest", NULL), v.manifest))
		return fold_refuse(fold, "copy '%s' was made with another manifest",
				   v.id);
	if (v.good && !known)
		copy_found_later(fold, entry, v.id);
	if (v.good)
		set_verified(fold, copy, &v);
	else
		set_bad(fold, copy, &v);
	return 0;
}

/* The copy without that store, or without anything when it was the last one. */
static void forget_store(json_t *entry, size_t index, const char *store)
{
	static const char *const found[] = {"verified", "bad"};
	json_t *copy = copy_own(entry, index);
	json_t *stores = document_own(copy, "stores");
	for (size_t i = json_array_size(stores); i-- > 0;)
		if (str_equal(json_string_value(json_array_get(stores, i)), store))
			json_array_remove(stores, i);
	for (size_t i = 0; i < ARRAY_SIZE(found); i++)
		json_object_del(document_own(copy, found[i]), store);
	if (json_array_size(stores) == 0)
		json_array_remove(json_object_get(entry, "copies"), index);
}

int fold_backup_forgotten(struct fold *fold)
{
	const char *store;
	const json_t *rows = json_object_get(fold->data, "copies");
	size_t i;
	const json_t *row;
	if (fold_name(fold, "store", &store))
		return -1;
	if (!json_is_array(rows))
		return fold_refuse(fold, "data.copies is not a list");
	json_array_foreach(rows, i, row) {
		if (!json_get_string(row, "id", NULL))
			return fold_refuse(fold, "data.copies has a copy without an id");
	}
	json_t *entry = backup_own(fold);
	if (!entry)
		return -1;
	json_array_foreach(rows, i, row) {
		const json_t *copies = json_object_get(entry, "copies");
		size_t index = copy_index(copies, json_get_string(row, "id", ""));
		if (index < json_array_size(copies))
			forget_store(entry, index, store);
	}
	return 0;
}

/* --- proofs ---------------------------------------------------------------------------------- */

int fold_backup_restored(struct fold *fold)
{
	static const char *const outcomes[] = {"good", "bad", NULL};
	static const char *const texts[] = {"reason"};
	const char *id, *store, *to, *outcome;
	int64_t bytes, duration_ms;
	if (fold_name(fold, "id", &id) || fold_name(fold, "store", &store) ||
	    fold_text(fold, "to", &to) ||
	    fold_word(fold, "outcome", outcomes, &outcome) ||
	    fold_count(fold, "bytes", &bytes) ||
	    fold_count(fold, "duration_ms", &duration_ms) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	json_t *entry = backup_own(fold);
	if (!entry)
		return -1;
	json_object_set_new(entry, "restored",
			    json_pack("{s:s, s:s, s:s, s:o}", "id", id, "at", fold->at,
				      "outcome", outcome, "to", backup_text(to)));
	return 0;
}

/* data[key]: a number of milliseconds, or null. New; NULL when refused. */
static json_t *time_or_null(struct fold *fold, const char *key)
{
	int64_t value;
	json_t *member = json_object_get(fold->data, key);
	if (!member || json_is_null(member))
		return json_null();
	return fold_count(fold, key, &value) ? NULL : json_incref(member);
}

int fold_backup_drilled(struct fold *fold)
{
	static const char *const outcomes[] = {"pass", "fail", NULL};
	static const char *const texts[] = {"reason"};
	const char *id, *store, *outcome;
	const json_t *checks = json_object_get(fold->data, "checks");
	if (fold_name(fold, "id", &id) || fold_name(fold, "store", &store) ||
	    fold_word(fold, "outcome", outcomes, &outcome) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	if (!json_is_array(checks))
		return fold_refuse(fold, "data.checks is not a list");
	_cleanup_json_ json_t *rto = time_or_null(fold, "rto_ms");
	_cleanup_json_ json_t *rpo = rto ? time_or_null(fold, "rpo_ms") : NULL;
	json_t *entry = rpo ? backup_own(fold) : NULL;
	if (!entry)
		return -1;
	const char *reason = json_get_string(fold->data, "reason", NULL);
	json_object_set_new(entry, "drilled",
			    json_pack("{s:s, s:s, s:s, s:O, s:O, s:o}", "id", id, "at",
				      fold->at, "outcome", outcome, "rto_ms", rto,
				      "rpo_ms", rpo, "reason", backup_text(reason)));
	return 0;
}
