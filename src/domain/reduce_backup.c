/* Folding the making of backups: begun, made, failed, abandoned, and which one belongs to a deployment. They are
 * told of at any time and without the lock; what keeps two runs from making the same backup is that one attempt is
 * running at a time, and that only the running one can be made or fail.
 */
#include "reduce_backup.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "documents.h"

#define DIED "its run ended without a word"

enum { LEFT_MAX = 20 };

bool backup_died_last(const json_t *entry)
{
	const char *reason =
		json_get_string(json_object_get(entry, "failed"), "reason", NULL);
	return str_equal(reason, DIED);
}

static const char *running_id(const json_t *entry)
{
	return json_get_string(json_object_get(entry, "running"), "id", NULL);
}

/* What lies somewhere of an attempt that is over and has no copy there is litter, and not only when it is old. A store may
 * be away for many attempts. */
static void note_left(json_t *entry, const char *id)
{
	json_t *ids = json_array();
	size_t i;
	const json_t *other;
	json_array_foreach(json_object_get(entry, "left"), i, other) {
		if (!str_equal(json_string_value(other), id))
			json_array_append(ids, (json_t *)other);
	}
	if (json_array_size(ids) == LEFT_MAX)
		json_array_remove(ids, 0);
	json_array_append_new(ids, json_string(id));
	json_object_set_new(entry, "left", ids);
}

static void note_failed(const struct fold *fold, json_t *entry, const char *id,
			const char *reason)
{
	note_left(entry, id);
	int64_t count = json_get_int(json_object_get(entry, "failed"), "count", 0) + 1;
	json_object_set_new(entry, "failed",
			    json_pack("{s:s, s:s, s:o, s:I}", "id", id, "at", fold->at,
				      "reason", backup_text(reason), "count",
				      (json_int_t)count));
}

static int refuse_not_running(struct fold *fold, const json_t *entry, const char *id)
{
	const char *running = running_id(entry);
	if (!running)
		return fold_refuse(fold, "no attempt is running, so not '%s'", id);
	return fold_refuse(fold, "attempt '%s' is running, not '%s'", running, id);
}

/* --- one attempt ----------------------------------------------------------------------------- */

/* May the event's attempt take the place of the one that is running? */
static int check_takeover(struct fold *fold, const json_t *entry)
{
	const json_t *running = json_object_get(entry, "running");
	const char *id = running_id(entry);
	const char *abandoned = json_get_string(fold->data, "abandoned", NULL);
	const char *holder = json_get_string(json_object_get(running, "run"), "id", "");
	int64_t until_ms = 0;
	if (abandoned && !str_equal(abandoned, id))
		return fold_refuse(fold, "attempt '%s' is not running", abandoned);
	if (!id || abandoned ||
	    strcmp(holder,
		   json_get_string(json_object_get(fold->event, "run"), "id", "")) == 0)
		return 0;
	if (time_parse(json_get_string(running, "until", ""), &until_ms) ||
	    until_ms > fold->at_ms)
		return fold_refuse(fold, "attempt '%s' of run '%s' is running until %s",
				   id, holder, json_get_string(running, "until", "?"));
	return 0;
}

int fold_backup_begun(struct fold *fold)
{
	static const char *const texts[] = {"abandoned"};
	const char *id, *until;
	const json_t *stores;
	if (fold_name(fold, "id", &id) || fold_time(fold, "until", &until) ||
	    fold_stores(fold, &stores) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	json_t *entry = backup_own(fold);
	if (!entry || check_takeover(fold, entry))
		return -1;
	const json_t *copies = json_object_get(entry, "copies");
	if (copy_index(copies, id) < json_array_size(copies))
		return fold_refuse(fold, "there is a copy '%s' already", id);
	if (running_id(entry))
		note_failed(fold, entry, running_id(entry), DIED);
	json_object_set_new(entry, "running",
			    json_pack("{s:s, s:O, s:s, s:s, s:O}", "id", id, "run",
				      json_object_get(fold->event, "run"), "since",
				      fold->at, "until", until, "stores", stores));
	return 0;
}

/* What went wrong in single stores, as one text; NULL when nothing did. Refused when it is no such list. */
static int failed_stores_of(struct fold *fold, char **ret)
{
	const json_t *failed = json_object_get(fold->data, "failed");
	size_t i;
	const json_t *row;
	_cleanup_str_ struct str text = STR_INIT;
	if (failed && !json_is_null(failed) && !json_is_array(failed))
		return fold_refuse(fold, "data.failed is not a list");
	json_array_foreach(failed, i, row) {
		const char *store = json_get_string(row, "store", NULL);
		if (!backup_is_name(store))
			return fold_refuse(fold, "data.failed names no store");
		str_addf(&text, "%s%s: %s", i ? "; " : "", store,
			 json_get_string(row, "reason", "?"));
	}
	*ret = json_array_size(failed) ? str_take(&text) : NULL;
	return 0;
}

static int check_made(struct fold *fold)
{
	static const char *const texts[] = {"deployment"};
	int64_t chunks;
	return fold_count(fold, "chunks", &chunks) ||
			       fold_optional_texts(fold, texts, ARRAY_SIZE(texts))
		       ? -1
		       : 0;
}

int fold_backup_made(struct fold *fold)
{
	const char *id, *manifest;
	const json_t *stores;
	int64_t open_bytes, stored_bytes, duration_ms;
	_cleanup_free_ char *failed = NULL;
	if (fold_name(fold, "id", &id) || fold_digest(fold, "manifest", &manifest) ||
	    fold_stores(fold, &stores) || failed_stores_of(fold, &failed) ||
	    fold_count(fold, "open_bytes", &open_bytes) ||
	    fold_count(fold, "stored_bytes", &stored_bytes) ||
	    fold_count(fold, "duration_ms", &duration_ms) || check_made(fold))
		return -1;
	json_t *entry = backup_own(fold);
	if (!entry)
		return -1;
	if (!str_equal(running_id(entry), id))
		return refuse_not_running(fold, entry, id);
	const json_t *since = json_object_get(json_object_get(entry, "running"), "since");
	copy_replace(entry, id);
	copy_made(entry, json_pack("{s:s, s:O, s:s, s:I, s:I, s:I, s:O, s:{}, s:{}}",
				   "id", id, "at", since, "manifest", manifest,
				   "open_bytes", (json_int_t)open_bytes, "stored_bytes",
				   (json_int_t)stored_bytes, "duration_ms",
				   (json_int_t)duration_ms, "stores", stores, "verified",
				   "bad"));
	json_object_set_new(entry, "running", json_null());
	if (failed)
		note_failed(fold, entry, id, failed);
	else
		json_object_set_new(entry, "failed", json_null());
	return 0;
}

int fold_backup_failed(struct fold *fold)
{
	const char *id, *reason;
	int64_t duration_ms;
	if (fold_name(fold, "id", &id) || fold_text(fold, "reason", &reason) ||
	    fold_count(fold, "duration_ms", &duration_ms))
		return -1;
	json_t *entry = backup_own(fold);
	if (!entry)
		return -1;
	if (!str_equal(running_id(entry), id))
		return refuse_not_running(fold, entry, id);
	note_failed(fold, entry, id, reason);
	json_object_set_new(entry, "running", json_null());
	return 0;
}

int fold_backup_abandoned(struct fold *fold)
{
	const char *id;
	if (fold_name(fold, "id", &id))
		return -1;
	json_t *entry = backup_own(fold);
	if (!entry)
		return -1;
	const json_t *copies = json_object_get(entry, "copies");
	if (copy_index(copies, id) < json_array_size(copies))
		return fold_refuse(fold, "'%s' is a copy, nothing that was left behind",
				   id);
	if (!str_equal(running_id(entry), id))
		return 0;
	note_failed(fold, entry, id, DIED);
	json_object_set_new(entry, "running", json_null());
	return 0;
}

/* --- of a deployment -------------------------------------------------------------------------- */

/* Which backup belongs to a service of the open transaction. */
int fold_backed_up(struct fold *fold)
{
	const char *service, *backup, *id;
	if (fold_text(fold, "service", &service) || fold_name(fold, "backup", &backup) ||
	    fold_name(fold, "id", &id))
		return -1;
	json_t *transaction = fold_transaction(fold);
	if (!transaction)
		return -1;
	if (!json_object_get(json_object_get(transaction, "services"), service))
		return fold_refuse(fold, "service '%s' is not part of the transaction",
				   service);
	if (json_object_get(json_object_get(transaction, "switched"), service))
		return fold_refuse(fold, "service '%s' has been switched already",
				   service);
	json_object_set_new(document_own(transaction, "backups"), service,
			    json_pack("{s:s, s:s}", "backup", backup, "id", id));
	return 0;
}
