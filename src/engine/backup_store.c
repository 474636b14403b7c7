/* One store of backups: what lies there, and manifests with what makes them trustworthy. Formats and layout are
 * belay/backup.h's; how a store is reached is the effects' matter.
 */
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

#define SIGNATURE_MAX_BYTES (256 << 10)

/* Until when a new object is locked counts from when it is made. */
static void set_lock(json_t *store, int64_t now_ms)
{
	const json_t *s3 = json_object_get(store, "s3");
	const json_t *lock = json_object_get(s3, "lock");
	if (!lock)
		return;
	json_t *own = json_copy((json_t *)s3);
	json_t *until = json_pack("{s:s, s:I}", "mode",
				  json_get_string(lock, "mode", "governance"), "until_ms",
				  (json_int_t)(now_ms + json_get_int(lock, "for_ms", 0)));
	json_object_set_new(own, "lock", until);
	json_object_set_new(store, "s3", own);
}

json_t *backup_store_args(const struct config_store *store, int64_t now_ms)
{
	json_t *args = json_copy(store->target);
	set_lock(args, now_ms);
	return args;
}

int backup_store_list(struct effects *fx, const json_t *store, const char *prefix,
		      json_t **ret_objects, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s}", "store", store, "prefix", prefix);
	const struct effect effect = {.kind = "object.list",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = json_get_string(store, "name", NULL)};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	json_t *objects = json_object_get(answer, "objects");
	*ret_objects = objects ? json_incref(objects) : json_array();
	return 0;
}

int backup_store_remove(struct effects *fx, const json_t *store, const char *object,
			struct err *err)
{
	const char *name = json_get_string(store, "name", "the store");
	_cleanup_free_ char *summary = str_format("remove %s", object);
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s}", "store", store, "name", object);
	const struct effect effect = {.kind = "object.remove",
				      .mode = EFFECT_ACT,
				      .args = args,
				      .subject = name,
				      .summary = summary};
	return effects_perform(fx, &effect, NULL, err);
}

int backup_store_write(struct effects *fx, const json_t *store, const char *object,
		       const char *text, char **ret_sha256, struct err *err)
{
	const char *name = json_get_string(store, "name", "the store");
	_cleanup_free_ char *summary = str_format("write %s to %s", object, name);
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *args = json_pack("{s:O, s:s, s:s}", "store", store, "name",
						object, "text", text);
	const struct effect effect = {.kind = "object.write",
				      .mode = EFFECT_ACT,
				      .args = args,
				      .subject = name,
				      .summary = summary};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	str_assign(ret_sha256, json_get_string(answer, "sha256", ""));
	return 0;
}

static int read_object(struct effects *fx, const json_t *store, const char *object,
		       size_t max_bytes, json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s, s:I}", "store", store, "name", object, "max_bytes",
			  (json_int_t)max_bytes);
	const struct effect effect = {.kind = "object.read",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = json_get_string(store, "name", NULL)};
	return effects_perform(fx, &effect, ret_answer, err);
}

/* --- folders ---------------------------------------------------------------------------------- */

json_t *backup_store_of_folder(const char *folder)
{
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		len--;
	_cleanup_free_ char *path = mem_strndup(folder, len);
	return json_pack("{s:s, s:s}", "name", path, "directory", path);
}

char *backup_place(const char *name, const char *id, const char *file)
{
	return name ? backup_object(name, id, file) : mem_strdup(file);
}

/* --- manifests -------------------------------------------------------------------------------- */

void backup_manifest_release(struct backup_manifest_read *read)
{
	json_decref(read->manifest);
	free(read->text);
	free(read->sha256);
}

/* The manifest comes as it lies there, with whatever is in it. Its words for people are shown and kept without
 * secrets; the rest is compared with digests and names. */
static void scrub_texts(struct effects *fx, json_t *value)
{
	const char *key;
	size_t i;
	json_t *item;
	void *next;
	json_array_foreach(value, i, item) {
		if (!json_is_string(item)) {
			scrub_texts(fx, item);
			continue;
		}
		_cleanup_free_ char *clean =
			effects_redact_text(fx, json_string_value(item));
		json_array_set_new(value, i, json_string(clean));
	}
	json_object_foreach_safe(value, next, key, item) {
		if (!json_is_string(item)) {
			scrub_texts(fx, item);
			continue;
		}
		_cleanup_free_ char *clean =
			effects_redact_text(fx, json_string_value(item));
		json_object_set_new(value, key, json_string(clean));
	}
}

static void scrub_words(struct effects *fx, json_t *manifest)
{
	static const char *const lists[] = {"/sources",       "/missing",
					    "/data/left_out", "/seal/recipients",
					    "/tools",         "/restore"};
	static const char *const texts[] = {"host", "belay"};
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		scrub_texts(fx, json_at(manifest, lists[i]));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *clean =
			effects_redact_text(fx, json_get_string(manifest, texts[i], ""));
		json_object_set_new(manifest, texts[i], json_string(clean));
	}
}

/* What is wrong with a manifest may be told in its own words. */
static int fail_scrubbed(struct effects *fx, struct err *err)
{
	_cleanup_free_ char *message = effects_redact_text(fx, err->message);
	_cleanup_free_ char *hint = effects_redact_text(fx, err->hint);
	int saved_errno = err->sys_errno;
	err_set(err, err->code, "%s", message);
	err->sys_errno = saved_errno;
	return *hint ? err_hint(err, "%s", hint) : -1;
}

/* A manifest of another backup that was brought here says so itself. */
static int check_identity(const json_t *manifest, const char *name, const char *id,
			  struct err *err)
{
	const char *own_name = json_get_string(manifest, "name", "?");
	const char *own_id = json_get_string(manifest, "id", "?");
	if (!name || (strcmp(own_name, name) == 0 && strcmp(own_id, id) == 0))
		return 0;
	return err_set(err, ERR_STATE, "the manifest in %s/%s is that of %s/%s", name, id,
		       own_name, own_id);
}

/* A folder that somebody names is often the one above. */
static int refuse_folder(const json_t *store, struct err *err)
{
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_set(err, ERR_NOT_FOUND, "'%s' is not the folder of a copy: no manifest.json",
		json_get_string(store, "name", ""));
	return err_hint(err, "name the folder of one copy, NAME/ID in its store");
}

int backup_manifest_fetch(struct effects *fx, const json_t *store, const char *name,
			  const char *id, const char *digest,
			  struct backup_manifest_read *ret, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *object = backup_place(name, id, "manifest.json");
	if (read_object(fx, store, object, BACKUP_MANIFEST_MAX_BYTES, &answer, err) < 0)
		return id ? -1 : refuse_folder(store, err);
	const char *sha256 = json_get_string(answer, "sha256", "");
	const char *text = json_get_string(answer, "text", NULL);
	str_assign(&ret->sha256, sha256);
	if (digest && strcmp(digest, sha256) != 0) {
		err_set(err, ERR_STATE,
			"the manifest %s has the digest %.16s…, on the journal it is "
			"%.16s…",
			object, sha256, digest);
		return err_hint(err, "somebody changed it, or it is damaged: this copy "
				     "is not what belay wrote");
	}
	if (!text)
		return err_set(err, ERR_STATE, "the manifest %s is not UTF-8 text",
			       object);
	if (backup_manifest_parse(text, strlen(text), &ret->manifest, err) < 0) {
		if (digest)
			err->code =
				ERR_CONFIG; /* it is what was written: only not for us */
		err_wrap(err, "%s", object);
		return fail_scrubbed(fx, err);
	}
	ret->text = mem_strdup(text);
	scrub_words(fx, ret->manifest);
	return check_identity(ret->manifest, name, id, err) < 0 ? fail_scrubbed(fx, err)
								: 0;
}

int backup_manifest_check_home(struct effects *fx, const json_t *manifest,
			       const struct config_backup *backup, struct err *err)
{
	const char *own = json_get_string(manifest, "environment", "?");
	if (str_equal(own, backup->environment))
		return 0;
	err_set(err, ERR_INCONCLUSIVE,
		"copy %s in this store is one of environment '%s', not of '%s'",
		json_get_string(manifest, "id", "?"), own, backup->environment);
	err_hint(err, "when projects share a store, give each a prefix or a "
		      "directory of its own");
	return fail_scrubbed(fx, err);
}

static int ask_signature(struct effects *fx, const char *text, const char *signature,
			 const char *certificate, json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:s, s:[s]}", "text", text, "signature", signature,
			  "certificates", certificate);
	const struct effect effect = {.kind = "sign.verify",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = "manifest.sig"};
	return effects_perform(fx, &effect, ret_answer, err);
}

int backup_manifest_check_signature(struct effects *fx, const json_t *store,
				    const char *name, const char *id,
				    const struct config_backup *backup,
				    const struct backup_manifest_read *read,
				    char **ret_signer, struct err *err)
{
	if (!backup || !backup->sign.certificate)
		return 0;
	_cleanup_free_ char *certificate = NULL;
	_cleanup_json_ json_t *signature = NULL;
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *object = backup_place(name, id, "manifest.sig");
	if (backup_read_certificate(fx, backup->sign.certificate, &certificate, err) < 0)
		return -1;
	if (read_object(fx, store, object, SIGNATURE_MAX_BYTES, &signature, err) < 0) {
		if (err->code == ERR_NOT_FOUND)
			err_set(err, ERR_STATE, "%s is missing: nobody signed this copy",
				object);
		return -1;
	}
	if (ask_signature(fx, read->text, json_get_string(signature, "text", ""),
			  certificate, &answer, err) < 0)
		return -1;
	str_assign(ret_signer, json_get_string(answer, "signer", NULL));
	if (json_get_bool(answer, "good", false) || answer_is_assumed(answer))
		return 0;
	return err_set(err, ERR_STATE, "the signature %s is not that of '%s': %s", object,
		       backup->sign.certificate,
		       json_get_string(answer, "reason", "no reason given"));
}
