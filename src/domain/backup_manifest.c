/* Manifests: made from what was asked of backup.write and what it answered, and read back from a store, where
 * anybody may have put anything. What is read was checked by its schema, and its numbers by each other.
 */
#include <stdlib.h>
#include <string.h>

#include "belay/backup.h"
#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define SCHEMA "schemas/manifest.schema.json"
#define DATA_OBJECT "data.zst.cms"

/* As the platform derives keys (platform/seal.h); the schema has the same numbers. */
enum { SCRYPT_N = 65536, SCRYPT_R = 8, SCRYPT_P = 1 };

/* --- making ---------------------------------------------------------------------------------- */

static json_t *text_or_null(const char *text)
{
	json_t *value = text ? json_string(text) : NULL;
	return value ? value : json_null();
}

/* A copy of the member; an empty list or the like when it is not there. Takes `otherwise`. */
static json_t *member_or(const json_t *object, const char *key, json_t *otherwise)
{
	json_t *value = json_object_get(object, key);
	if (!value || json_is_null(value))
		return otherwise;
	json_decref(otherwise);
	return json_deep_copy(value);
}

static void set_integer(json_t *to, const json_t *from, const char *key)
{
	json_object_set_new(to, key, json_integer(json_get_int(from, key, 0)));
}

static json_t *pack_part(const json_t *asked)
{
	const json_t *pack = json_object_get(asked, "pack");
	return json_pack("{s:s, s:I, s:s}", "format", "zstd", "level",
			 (json_int_t)json_get_int(pack, "level", 0), "id",
			 json_get_string(pack, "id", ""));
}

static json_t *seal_part(const struct backup_made *made)
{
	const char *salt =
		json_get_string(json_object_get(made->asked, "seal"), "salt", NULL);
	json_t *scrypt = salt ? json_pack("{s:s, s:i, s:i, s:i}", "salt", salt, "n",
					  SCRYPT_N, "r", SCRYPT_R, "p", SCRYPT_P)
			      : json_null();
	json_t *part = json_pack(
		"{s:s, s:s, s:o, s:o}", "format", "cms-auth-enveloped-data", "cipher",
		"aes-256-gcm", "recipients",
		member_or(made->written, "recipients", json_array()), "scrypt", scrypt);
	set_integer(part, made->written, "chunk_bytes");
	return part;
}

static json_t *left_out(const json_t *written)
{
	json_t *list = json_array();
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(written, "left_out"), i, row) {
		json_array_append_new(
			list,
			json_pack("{s:s, s:s}", "path", json_get_string(row, "path", "?"),
				  "reason", json_get_string(row, "reason", "?")));
	}
	return list;
}

static json_t *data_part(const json_t *written)
{
	static const char *const numbers[] = {"sealed_bytes", "packed_bytes",
					      "open_bytes", "left_out_count"};
	static const char *const texts[] = {"chunks_sha256", "open_sha256"};
	json_t *part = json_pack("{s:s, s:o, s:o, s:o}", "object", DATA_OBJECT, "entries",
				 member_or(written, "entries", json_null()), "left_out",
				 left_out(written), "chunks",
				 member_or(written, "chunks", json_array()));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		set_integer(part, written, numbers[i]);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_object_set_new(part, texts[i],
				    json_string(json_get_string(written, texts[i], "")));
	return part;
}

static void set_time(json_t *to, const char *key, int64_t at_ms)
{
	char at[TIME_TEXT_BYTES];
	json_object_set_new(to, key, json_string(time_format(at_ms, at)));
}

json_t *backup_manifest(const struct backup_made *made)
{
	json_t *manifest = json_pack(
		"{s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "belay_backup", BACKUP_FORMAT,
		"name", made->name, "id", made->id, "environment", made->environment,
		"host", made->host ? made->host : "unknown", "belay", made->belay, "kind",
		json_get_string(made->asked, "kind", ""));
	set_time(manifest, "begun_at", made->begun_ms);
	set_time(manifest, "finished_at", made->finished_ms);
	json_object_set_new(manifest, "file", text_or_null(made->file));
	json_object_set_new(manifest, "sources", json_deep_copy(made->sources));
	json_object_set_new(manifest, "missing",
			    made->missing ? json_deep_copy(made->missing) : json_array());
	json_object_set_new(manifest, "pack", pack_part(made->asked));
	json_object_set_new(manifest, "seal", seal_part(made));
	json_object_set_new(manifest, "data", data_part(made->written));
	json_object_set_new(manifest, "tools",
			    member_or(made->written, "tools", json_object()));
	_cleanup_free_ char *command = backup_restore_command(manifest);
	json_object_set_new(manifest, "restore", json_pack("{s:s}", "command", command));
	return manifest;
}

char *backup_manifest_text(const json_t *manifest)
{
	return json_text_pretty(manifest);
}

/* --- reading --------------------------------------------------------------------------------- */

static int damaged(struct err *err, const char *what)
{
	err_set(err, ERR_STATE, "the manifest is damaged: %s", what);
	return err_hint(err, "take another copy, or another store: 'belay backup list' "
			     "shows what there is");
}

/* Before its schema is asked, which knows this format only. */
static int check_format(const json_t *manifest, struct err *err)
{
	int64_t format = json_get_int(manifest, "belay_backup", 0);
	if (format <= 0)
		return damaged(err, "it is no manifest of a backup");
	if (format == BACKUP_FORMAT)
		return 0;
	err_set(err, ERR_STATE, "the manifest has format %lld, this belay reads up to %d",
		(long long)format, BACKUP_FORMAT);
	return err_hint(err,
			"it was made by belay %.40s: restore with that one or a newer "
			"one, or by hand with the command in RESTORE.txt",
			json_get_string(manifest, "belay", "(unknown)"));
}

static int check_shape(const json_t *manifest, struct err *err)
{
	const struct embedded *file = embedded_find(SCHEMA);
	_cleanup_json_ json_t *text = NULL;
	_cleanup_(schema_freep) struct schema *schema = NULL;
	struct schema_faults faults = {0};
	if (json_parse(file->data, file->size, SCHEMA, &text, err) ||
	    schema_compile(text, &schema, err))
		return -1;
	if (schema_validate(schema, manifest, &faults))
		return 0;
	const struct schema_fault *fault = faults.count ? &faults.items[0] : NULL;
	_cleanup_free_ char *words = str_format(
		"%.200s: %.300s", fault && *fault->pointer ? fault->pointer : "/",
		fault ? fault->message : "not what its schema says");
	schema_faults_release(&faults);
	return damaged(err, words);
}

/* Only that they are times: which one is later is up to clocks, and a wrong one makes no copy useless. */
static int check_times(const json_t *manifest, struct err *err)
{
	int64_t begun_ms, finished_ms, id_ms;
	if (time_parse(json_get_string(manifest, "begun_at", ""), &begun_ms) ||
	    time_parse(json_get_string(manifest, "finished_at", ""), &finished_ms) ||
	    !backup_id_time(json_get_string(manifest, "id", ""), &id_ms))
		return damaged(err, "there is no such day or hour");
	return 0;
}

static int check_kind(const json_t *manifest, struct err *err)
{
	bool stream = strcmp(json_get_string(manifest, "kind", ""), "stream") == 0;
	bool named = json_is_string(json_object_get(manifest, "file"));
	const json_t *data = json_object_get(manifest, "data");
	bool counted = json_is_integer(json_object_get(data, "entries"));
	if (stream != named)
		return damaged(err, "a stream has a name, a tar has none");
	if (stream && counted)
		return damaged(err, "a stream has no entries");
	return 0;
}

/* What can be computed in two ways comes out the same. */
static int check_numbers(const json_t *manifest, struct err *err)
{
	const json_t *data = json_object_get(manifest, "data");
	int64_t sealed = json_get_int(data, "sealed_bytes", 0);
	int64_t each = json_get_int(json_object_get(manifest, "seal"), "chunk_bytes", 1);
	int64_t count = (int64_t)json_array_size(json_object_get(data, "chunks"));
	if (sealed / each + (sealed % each != 0) != count)
		return damaged(err, "sizes and number of its chunks contradict each "
				    "other");
	if (json_get_int(data, "packed_bytes", 0) > sealed)
		return damaged(err, "sealing cannot make data smaller");
	if ((int64_t)json_array_size(json_object_get(data, "left_out")) >
	    json_get_int(data, "left_out_count", 0))
		return damaged(err, "more was left out than was counted");
	return 0;
}

int backup_manifest_parse(const char *text, size_t len, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *manifest = NULL;
	struct err why = {0};
	if (len > BACKUP_MANIFEST_MAX_BYTES)
		return damaged(err, "it is larger than any manifest");
	if (json_parse(text, len, "manifest.json", &manifest, &why))
		return damaged(err, why.message);
	if (check_format(manifest, err) || check_shape(manifest, err) ||
	    check_times(manifest, err) || check_kind(manifest, err) ||
	    check_numbers(manifest, err))
		return -1;
	*ret = TAKE_PTR(manifest);
	return 0;
}

/* --- what follows from it -------------------------------------------------------------------- */

char *backup_object(const char *name, const char *id, const char *file)
{
	return str_format("%s/%s/%s", name, id, file);
}

json_t *backup_read_args(const json_t *manifest)
{
	static const char *const members[] = {"chunks", "sealed_bytes", "chunks_sha256",
					      "open_bytes", "open_sha256"};
	const json_t *data = json_object_get(manifest, "data");
	const json_t *pack = json_object_get(manifest, "pack");
	_cleanup_free_ char *object =
		backup_object(json_get_string(manifest, "name", ""),
			      json_get_string(manifest, "id", ""), DATA_OBJECT);
	json_t *args = json_pack("{s:s, s:s, s:{s:s}}", "object", object, "kind",
				 json_get_string(manifest, "kind", ""), "pack", "id",
				 json_get_string(pack, "id", ""));
	set_integer(args, json_object_get(manifest, "seal"), "chunk_bytes");
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set(args, members[i], json_object_get(data, members[i]));
	return args;
}
