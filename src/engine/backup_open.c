/* The key that opens a backup: from the command line, else from the configuration. Keys stay references; only
 * certificates are read here.
 */
#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

#define CERTIFICATE_MAX_BYTES (256 << 10)

int backup_read_certificate(struct effects *fx, const char *path, char **ret,
			    struct err *err)
{
	if (effects_read_file(fx, path, CERTIFICATE_MAX_BYTES, ret, err) < 0) {
		err_wrap(err, "the certificate '%s'", path);
		return err_hint(err, "paths of certificates are relative to the working "
				     "directory; check it out, or 'belay backup keygen'");
	}
	return 0;
}

static json_t *secret_of(const char *kind, const char *name)
{
	return json_pack("{s:{s:s}}", "$secret", kind, name);
}

static const char *configured_certificate(const struct config_backup *backup)
{
	return json_get_string(backup->open, "certificate", NULL);
}

/* What the words say, in the shape of config_backup.open. *ret: NULL when they say nothing. */
static int from_words(const struct engine_backup *asked,
		      const struct config_backup *backup, json_t **ret, struct err *err)
{
	*ret = NULL;
	if (asked->passphrase_env)
		*ret = json_pack("{s:o}", "passphrase",
				 secret_of("env", asked->passphrase_env));
	if (asked->passphrase_env || !asked->key)
		return 0;
	bool known = backup && (configured_certificate(backup) ||
				backup->seal.recipients.count > 0);
	if (!asked->certificate && !known) {
		err_set(err, ERR_USAGE, "--key needs the certificate that belongs to it");
		return err_hint(err, "name it with --certificate");
	}
	*ret = json_pack("{s:o, s:s*}", "key", secret_of("file", asked->key),
			 "certificate", asked->certificate);
	if (asked->key_passphrase_env)
		json_object_set_new(*ret, "key_passphrase",
				    secret_of("env", asked->key_passphrase_env));
	return 0;
}

static json_t *from_configuration(const struct config_backup *backup)
{
	if (!backup)
		return NULL;
	if (backup->open)
		return json_copy(backup->open);
	return backup->seal.passphrase
		       ? json_pack("{s:O}", "passphrase", backup->seal.passphrase)
		       : NULL;
}

static void add_certificate(struct effects *fx, const char *path, struct str *texts,
			    struct err *failure)
{
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	if (backup_read_certificate(fx, path, &text, &err) == 0)
		str_addf(texts, "%s\n", text);
	else if (failure->code == ERR_NONE)
		*failure = err;
}

/* The texts of all certificates that are known, one behind the other: that of a key that was named alone is among them, be it
 * the one that usually opens or another one that it is sealed for. One that was moved away since is no loss while
 * there is another. Fresh. */
static int read_certificates(struct effects *fx, const struct config_backup *backup,
			     char **ret, struct err *err)
{
	_cleanup_str_ struct str texts = STR_INIT;
	const struct config_names *recipients = &backup->seal.recipients;
	const char *configured = configured_certificate(backup);
	struct err failure = {0};
	for (size_t i = 0; i < recipients->count; i++)
		add_certificate(fx, recipients->items[i], &texts, &failure);
	if (configured)
		add_certificate(fx, configured, &texts, &failure);
	if (texts.len == 0) {
		*err = failure;
		return -1;
	}
	*ret = str_take(&texts);
	return 0;
}

static void add_name(struct str *names, const char *path)
{
	if (path)
		str_addf(names, "%s%s", names->len ? "', '" : "", path);
}

/* Where the texts are from, for messages: "a.crt', 'b.crt". */
static void name_certificates(const struct config_backup *backup, const char *path,
			      json_t *open)
{
	_cleanup_str_ struct str names = STR_INIT;
	const char *last = path ? path : configured_certificate(backup);
	for (size_t i = 0; !path && i < backup->seal.recipients.count; i++)
		if (!str_equal(backup->seal.recipients.items[i], last))
			add_name(&names, backup->seal.recipients.items[i]);
	add_name(&names, last);
	json_object_set_new(open, "certificate_name", json_string(str_text(&names)));
}

/* A passphrase needs the salt, which the manifest has, a certificate its text. */
static int complete(struct effects *fx, const struct config_backup *backup,
		    const json_t *manifest, json_t *open, struct err *err)
{
	const json_t *scrypt = json_at(manifest, "/seal/scrypt");
	const char *salt = json_get_string(scrypt, "salt", NULL);
	const char *path = json_get_string(open, "certificate", NULL);
	_cleanup_free_ char *certificate = NULL;
	bool by_key = json_object_get(open, "key");
	if (!by_key && !salt) {
		err_set(err, ERR_CONFIG,
			"it is sealed for the owners of keys, a "
			"passphrase does not open it");
		return err_hint(err, "give --key");
	}
	if (by_key && salt) {
		err_set(err, ERR_CONFIG,
			"it is sealed with a passphrase, a key does not open it");
		return err_hint(err, "give --passphrase-env");
	}
	if (salt) {
		json_object_set_new(open, "salt", json_string(salt));
		return 0;
	}
	if ((path ? backup_read_certificate(fx, path, &certificate, err)
		  : read_certificates(fx, backup, &certificate, err)) < 0)
		return -1;
	name_certificates(backup, path, open);
	json_object_set_new(open, "certificate", json_string(certificate));
	return 0;
}

int backup_open_args(struct effects *fx, const struct engine_backup *asked,
		     const struct config_backup *backup, const json_t *manifest,
		     json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *open = NULL;
	*ret = NULL;
	if (from_words(asked, backup, &open, err) < 0)
		return -1;
	if (!open)
		open = from_configuration(backup);
	if (open && complete(fx, backup, manifest, open, err) < 0)
		return -1;
	*ret = TAKE_PTR(open);
	return 0;
}

static bool is_present(struct effects *fx, const json_t *reference)
{
	struct err ignored = {0};
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {
		.kind = "secret", .mode = EFFECT_OBSERVE, .args = reference};
	return effects_perform(fx, &effect, &answer, &ignored) == 0 &&
	       json_get_bool(answer, "present", false);
}

bool backup_open_is_usable(struct effects *fx, const json_t *open)
{
	static const char *const secrets[] = {"key", "key_passphrase", "passphrase"};
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		const json_t *reference = json_object_get(open, secrets[i]);
		if (reference && !is_present(fx, reference))
			return false;
	}
	return open != NULL;
}
