/* What came of an attempt: what the journal is told, and the row of the result.
 */
#include "backup_make.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

static int64_t duration_of(const struct backup_making *making)
{
	return effects_mono_ms(making->desk->engine.fx) - making->begun_mono_ms;
}

json_t *making_stores(const struct backup_making *making, bool only_placed)
{
	json_t *names = json_array();
	for (size_t i = 0; i < making->target_count; i++)
		if (!only_placed || making->targets[i].placed)
			json_array_append_new(
				names, json_string(making->targets[i].store->name));
	return names;
}

static const char *state_of(const struct backup_target *target)
{
	if (!target->placed)
		return "failed";
	if (target->bad)
		return "bad";
	return target->looked ? "good" : "unverified";
}

/* The first thing that went wrong in a store, in words. Fresh, or NULL. */
char *making_trouble(const struct backup_making *making)
{
	for (size_t i = 0; i < making->target_count; i++) {
		const struct backup_target *target = &making->targets[i];
		if (!target->err.code)
			continue;
		return str_format(target->placed ? "%s: it could not be read again: %s"
						 : "%s: %s",
				  target->store->name, target->err.message);
	}
	return NULL;
}

bool making_is_placed(const struct backup_making *making)
{
	for (size_t i = 0; i < making->target_count; i++)
		if (making->targets[i].placed)
			return true;
	return false;
}

static json_t *failed_stores(const struct backup_making *making)
{
	json_t *rows = json_array();
	for (size_t i = 0; i < making->target_count; i++) {
		const struct backup_target *target = &making->targets[i];
		if (!target->placed)
			json_array_append_new(rows,
					      json_pack("{s:s, s:s}", "store",
							target->store->name, "reason",
							target->err.message));
	}
	return rows;
}

static void add_event(json_t *rows, const char *type, json_t *data)
{
	json_array_append_new(rows, json_pack("{s:s, s:o}", "type", type, "data", data));
}

static const char *digest_of(const struct backup_making *making)
{
	for (size_t i = 0; i < making->target_count; i++)
		if (making->targets[i].placed)
			return making->targets[i].sha256;
	return "";
}

static void add_verified(const struct backup_making *making, json_t *rows)
{
	char at[TIME_TEXT_BYTES];
	for (size_t i = 0; i < making->target_count; i++) {
		const struct backup_target *target = &making->targets[i];
		if (!target->looked && !target->bad)
			continue;
		add_event(rows, "backup.verified",
			  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s}", "backup",
				    making->backup->name, "id", making->id, "store",
				    target->store->name, "how",
				    backup_depth_name(target->depth), "outcome",
				    target->bad ? "bad" : "good", "reason",
				    target->bad ? target->err.message : NULL, "at_copy",
				    time_format(making->begun_ms, at), "manifest",
				    target->sha256));
	}
}

static json_t *made_events(const struct backup_making *making)
{
	json_t *rows = json_array();
	const json_t *written = making->written;
	add_event(
		rows, "backup.made",
		json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:s?}", "backup",
			  making->backup->name, "id", making->id, "manifest",
			  digest_of(making), "stores", making_stores(making, true),
			  "failed", failed_stores(making), "open_bytes",
			  (json_int_t)json_get_int(written, "open_bytes", 0),
			  "stored_bytes",
			  (json_int_t)json_get_int(written, "sealed_bytes", 0), "chunks",
			  (json_int_t)json_array_size(json_object_get(written, "chunks")),
			  "duration_ms", (json_int_t)duration_of(making), "deployment",
			  making->desk->asked->deployment));
	add_verified(making, rows);
	return rows;
}

static json_t *failed_events(const struct backup_making *making, const char *reason)
{
	json_t *rows = json_array();
	add_event(rows, "backup.failed",
		  json_pack("{s:s, s:s, s:s, s:I}", "backup", making->backup->name, "id",
			    making->id, "reason", reason, "duration_ms",
			    (json_int_t)duration_of(making)));
	return rows;
}

/* It lies in a store, and the journal does not know it. */
static int not_recorded(const struct backup_making *making, struct err *err)
{
	const char *name = making->backup->name;
	err_wrap(err,
		 "'%s/%s' is made and complete, but it may be missing on the journal",
		 name, making->id);
	err->hint[0] = '\0';
	return err_hint(err,
			"'belay backup verify -e %s %s/%s' looks at it and records it",
			making->backup->environment, name, making->id);
}

/* `trouble`: NULL when all is well. */
int making_record(struct backup_making *making, const char *trouble, struct err *err)
{
	bool placed = making_is_placed(making);
	_cleanup_json_ json_t *rows =
		placed ? made_events(making) : failed_events(making, trouble);
	const struct backup_word word = {
		.good = !trouble,
		.event = placed ? "is not good in all of its stores" : "failed",
		.id = making->id,
		.reason = trouble,
		.duration_ms = duration_of(making),
	};
	/* It may have died behind its last object, and somebody has verified it since. */
	if (making->dead && !state_backup_copy(backup_desk_state(making->desk),
					       making->backup->name, making->dead))
		add_event(rows, "backup.abandoned",
			  json_pack("{s:s, s:s}", "backup", making->backup->name, "id",
				    making->dead));
	if (backup_record_told(making->desk, making->backup, rows, &word, err) == 0)
		return 0;
	return placed ? not_recorded(making, err) : -1;
}

/* --- the row ---------------------------------------------------------------------------------- */

static json_t *store_rows(const struct backup_making *making)
{
	json_t *rows = json_array();
	for (size_t i = 0; i < making->target_count; i++) {
		const struct backup_target *target = &making->targets[i];
		bool looked = target->looked || target->bad;
		json_array_append_new(
			rows,
			json_pack("{s:s, s:s, s:s?, s:s?}", "name", target->store->name,
				  "state", state_of(target), "how",
				  looked ? backup_depth_name(target->depth) : NULL,
				  "reason",
				  target->err.code ? target->err.message : NULL));
	}
	return rows;
}

static json_t *number_or_null(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return json_is_integer(value) ? json_incref(value) : json_null();
}

static json_t *list_of(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return json_is_array(value) ? json_incref(value) : json_array();
}

json_t *backup_row(const struct config_backup *backup, const char *outcome,
		   const struct err *cause)
{
	json_t *row = json_pack(
		"{s:s, s:s, s:n, s:s, s:s?, s:[], s:s, s:n, s:n, s:n, s:n, s:i, s:[], "
		"s:i, s:[], s:[]}",
		"name", backup->name, "environment", backup->environment, "id", "outcome",
		outcome, "reason", cause && cause->code ? cause->message : NULL, "stores",
		"kind", backup->source.file ? "stream" : "tar", "entries", "open_bytes",
		"stored_bytes", "chunks", "duration_ms", 0, "left_out", "left_out_count",
		0, "missing", "warnings");
	if (cause && cause->code && cause->hint[0])
		json_object_set_new(row, "hint", json_string(cause->hint));
	return row;
}

json_t *making_row(const struct backup_making *making, const char *outcome,
		   const struct err *cause)
{
	const json_t *written = making->written;
	size_t chunks = json_array_size(json_object_get(written, "chunks"));
	json_t *row = backup_row(making->backup, outcome, cause);
	json_object_set_new(row, "id", json_string(making->id));
	json_object_set_new(row, "stores", store_rows(making));
	json_object_set_new(row, "entries", number_or_null(written, "entries"));
	json_object_set_new(row, "open_bytes", number_or_null(written, "open_bytes"));
	json_object_set_new(row, "stored_bytes", number_or_null(written, "sealed_bytes"));
	json_object_set_new(row, "chunks",
			    chunks ? json_integer((json_int_t)chunks) : json_null());
	json_object_set_new(row, "duration_ms", json_integer(duration_of(making)));
	json_object_set_new(row, "left_out", list_of(written, "left_out"));
	json_object_set_new(row, "left_out_count",
			    json_integer(json_get_int(written, "left_out_count", 0)));
	json_object_set_new(row, "missing", list_of(written, "missing"));
	json_object_set(row, "warnings", making->warnings);
	return row;
}
