/* Looking at one copy in one store: is it what was written? Its manifest is judged by the journal (and by its
 * signature), its data by the manifest.
 */
#include <stdlib.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define SAMPLE_CHUNKS 5
#define FOLDER_TIMEOUT_MS ((int64_t)6 * 60 * 60 * 1000)

const char *backup_depth_name(enum backup_depth depth)
{
	switch (depth) {
	case BACKUP_LISTED:
		return "listed";
	case BACKUP_SAMPLED:
		return "sampled";
	case BACKUP_DATA:
		return "data";
	case BACKUP_OPENED:
		return "opened";
	}
	return "listed";
}

bool backup_is_bad(const struct err *err)
{
	return err->code == ERR_STATE || err->code == ERR_NOT_FOUND;
}

void backup_seen_release(struct backup_seen *seen)
{
	backup_manifest_release(&seen->manifest);
	free(seen->signer);
}

/* The object with the data, in its size. */
static int check_size(struct effects *fx, const struct backup_look *look,
		      const char *object, int64_t size_bytes, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s}", "store", look->store, "name", object);
	const struct effect effect = {.kind = "object.head",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject =
					      json_get_string(look->store, "name", NULL)};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	int64_t found = json_get_int(answer, "size_bytes", 0);
	if (answer_is_assumed(answer) || found == size_bytes)
		return 0;
	return err_set(err, ERR_STATE, "%s has %lld bytes, %lld were written", object,
		       (long long)found, (long long)size_bytes);
}

/* Keys open what is sealed for their owners, passphrases the rest. */
static bool is_of_other_kind(const struct engine_backup *asked, const json_t *manifest)
{
	bool needs_passphrase = json_is_object(json_at(manifest, "/seal/scrypt"));
	return needs_passphrase ? asked->key && !asked->passphrase_env
				: asked->passphrase_env != NULL;
}

/* With the key where it is wanted and at hand: a look by somebody who has none is a look as well. */
static int open_for(struct effects *fx, const struct backup_desk *desk,
		    const struct backup_look *look, struct backup_seen *seen,
		    json_t **ret, struct err *err)
{
	const json_t *manifest = seen->manifest.manifest;
	bool asked = desk->asked->key || desk->asked->passphrase_env;
	_cleanup_json_ json_t *open = NULL;
	if (!look->open)
		return 0;
	seen->other_key = look->one_of_many && is_of_other_kind(desk->asked, manifest);
	if (seen->other_key)
		return 0;
	if (backup_open_args(fx, desk->asked, look->backup, manifest, &open, err) < 0)
		return -1;
	if (asked || backup_open_is_usable(fx, open))
		*ret = TAKE_PTR(open);
	return 0;
}

static int read_data(struct effects *fx, const struct backup_desk *desk,
		     const struct backup_look *look, struct backup_seen *seen,
		     struct err *err)
{
	const json_t *manifest = seen->manifest.manifest;
	_cleanup_json_ json_t *open = NULL;
	_cleanup_json_ json_t *answer = NULL;
	if (open_for(fx, desk, look, seen, &open, err) < 0)
		return -1;
	_cleanup_json_ json_t *args = backup_read_args(manifest);
	json_object_set(args, "store", (json_t *)look->store);
	json_object_set_new(args, "timeout_ms",
			    json_integer(look->backup ? look->backup->timeout_ms
						      : FOLDER_TIMEOUT_MS));
	if (!look->name)
		json_object_set(
			args, "object",
			json_object_get(json_object_get(manifest, "data"), "object"));
	if (!look->all)
		json_object_set_new(args, "sample", json_integer(SAMPLE_CHUNKS));
	if (open)
		json_object_set(args, "open", open);
	struct backup_watch watch = {
		.progress = desk->engine.progress,
		.subject = json_get_string(manifest, "name", NULL),
		.verb = look->verb,
	};
	const struct effect effect = {.kind = "backup.read",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject =
					      json_get_string(look->store, "name", NULL),
				      .moved = backup_watch_moved,
				      .watcher = &watch};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	seen->bytes = json_get_int(answer, "sealed_bytes", 0);
	if (!answer_is_assumed(answer))
		seen->depth = !look->all ? BACKUP_SAMPLED
			      : open     ? BACKUP_OPENED
					 : BACKUP_DATA;
	return 0;
}

int backup_copy_look(struct effects *fx, const struct backup_desk *desk,
		     const struct backup_look *look, struct backup_seen *ret,
		     struct err *err)
{
	struct backup_manifest_read *read = &ret->manifest;
	if (backup_manifest_fetch(fx, look->store, look->name, look->id, look->digest,
				  read, err) < 0 ||
	    (look->backup && !look->digest &&
	     backup_manifest_check_home(fx, read->manifest, look->backup, err) < 0) ||
	    backup_manifest_check_signature(fx, look->store, look->name, look->id,
					    look->backup, read, &ret->signer, err) < 0)
		return -1;
	const json_t *data = json_object_get(read->manifest, "data");
	_cleanup_free_ char *object =
		backup_place(look->name, look->id, json_get_string(data, "object", ""));
	if (check_size(fx, look, object, json_get_int(data, "sealed_bytes", 0), err) < 0)
		return -1;
	return read_data(fx, desk, look, ret, err);
}

/* --- for the journal -------------------------------------------------------------------------- */

static void add_size(json_t *data, const struct backup_seen *seen, const char *key,
		     const char *from)
{
	const json_t *size = json_at(seen->manifest.manifest, from);
	if (json_is_integer(size))
		json_object_set(data, key, (json_t *)size);
}

/* A manifest that says that it is another's makes no copy known that was not. */
static bool is_what_it_says(const struct backup_look *look, const json_t *manifest)
{
	return str_equal(json_get_string(manifest, "name", NULL), look->name) &&
	       str_equal(json_get_string(manifest, "id", NULL), look->id);
}

json_t *backup_seen_event(const struct backup_look *look, const struct backup_seen *seen,
			  const struct err *err)
{
	char at[TIME_TEXT_BYTES];
	int64_t at_ms = 0;
	bool good = err->code == ERR_NONE;
	backup_id_time(look->id, &at_ms);
	json_t *data = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?}", "backup", look->name, "id",
		look->id, "store", json_get_string(look->store, "name", ""), "how",
		backup_depth_name(seen->depth), "outcome", good ? "good" : "bad",
		"reason", good ? NULL : err->message, "at_copy", time_format(at_ms, at),
		"manifest",
		look->digest || is_what_it_says(look, seen->manifest.manifest)
			? seen->manifest.sha256
			: NULL);
	add_size(data, seen, "open_bytes", "/data/open_bytes");
	add_size(data, seen, "stored_bytes", "/data/sealed_bytes");
	return json_pack("{s:s, s:o}", "type", "backup.verified", "data", data);
}
