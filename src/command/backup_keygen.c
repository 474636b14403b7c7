/* `belay backup keygen`: a key pair for backups. It asks nothing: whether the key is protected has to be said.
 */
#include "backup_verb.h"

#include <errno.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define DAYS 3650
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

/* Words without dashes, as schemas and manuals write them, and what the effect calls them. */
static const struct type {
	const char *word, *type;
} types[] = {
	{"p256", "p-256"},
	{"p384", "p-384"},
	{"rsa3072", "rsa-3072"},
	{"rsa4096", "rsa-4096"},
};

static const struct type *type_asked(const struct request *request)
{
	const char *word = request_text(request, "type");
	for (size_t i = 0; word && i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].word, word) == 0)
			return &types[i];
	return &types[0];
}

static const char *text_or(const struct request *request, const char *option,
			   const char *fallback)
{
	const char *text = request_text(request, option);
	return text ? text : fallback;
}

static int check_words(const struct request *request, struct err *err)
{
	const char *variable = request_text(request, "passphrase-env");
	bool open = request_flag(request, "no-passphrase");
	if (request_argument_count(request) > 1) {
		err_set(err, ERR_USAGE, "'backup keygen' takes no names of backups");
		return err_hint(err, "the name in the certificate goes with --name");
	}
	if (variable && open)
		return err_set(err, ERR_USAGE,
			       "--no-passphrase and --passphrase-env are opposites");
	if (variable || open)
		return 0;
	err_set(err, ERR_USAGE, "shall the key be protected by a passphrase?");
	return err_hint(err, "name the variable that holds one with --passphrase-env, or "
			     "say --no-passphrase");
}

static int check_names(const char *key, const char *certificate, struct err *err)
{
	if (strcmp(key, certificate) != 0)
		return 0;
	err_set(err, ERR_USAGE, "--key and --certificate both name '%s'", key);
	return err_hint(err, "the certificate goes to where backups are made, the key "
			     "must not: give each a file of its own");
}

/* A dry run, too, says that it cannot be. */
static int check_place(struct effects *fx, const char *path, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", path);
	const struct effect effect = {.kind = "file.stat",
				      .mode = EFFECT_OBSERVE,
				      .args = args,
				      .subject = path};
	if (effects_perform(fx, &effect, &answer, err) < 0)
		return -1;
	if (str_equal(json_get_string(answer, "type", "missing"), "missing"))
		return 0;
	err_set_errno(err, ERR_FAIL, EEXIST, "cannot write '%s'", path);
	return err_hint(err, "a key that is there is never overwritten: give another "
			     "name, or move it away");
}

static json_t *keygen_args(const struct request *request)
{
	const char *variable = request_text(request, "passphrase-env");
	json_t *args = json_pack(
		"{s:s, s:s, s:s, s:I, s:s, s:s}", "type", type_asked(request)->type,
		"purpose", text_or(request, "purpose", "seal"), "name",
		text_or(request, "name", "backup"), "days",
		(json_int_t)request_integer(request, "days", DAYS), "key_path",
		text_or(request, "key", "backup.key"), "certificate_path",
		text_or(request, "certificate", "backup.crt"));
	if (variable)
		json_object_set_new(args, "passphrase",
				    json_pack("{s:{s:s}}", "$secret", "env", variable));
	return args;
}

static json_t *keygen_result(const struct command_context *context, const json_t *args,
			     const json_t *answer)
{
	char at[TIME_TEXT_BYTES];
	int64_t days = json_get_int(args, "days", 0);
	return json_pack("{s:s, s:O, s:O, s:O, s:O, s:s?, s:s, s:b}", "type",
			 type_asked(context->request)->word, "purpose",
			 json_object_get(args, "purpose"), "name",
			 json_object_get(args, "name"), "key",
			 json_object_get(args, "key_path"), "certificate",
			 json_object_get(args, "certificate_path"), "fingerprint",
			 json_get_string(answer, "fingerprint", NULL), "expires_at",
			 time_format(context->now_ms + days * DAY_MS, at), "encrypted",
			 json_object_get(args, "passphrase") != NULL);
}

int backup_keygen(struct command_context *context, struct command_result *result,
		  struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	if (check_words(context->request, err) < 0)
		return -1;
	_cleanup_json_ json_t *args = keygen_args(context->request);
	const char *key = json_get_string(args, "key_path", "");
	const char *certificate = json_get_string(args, "certificate_path", "");
	if (check_names(key, certificate, err) < 0 ||
	    check_place(context->fx, key, err) < 0 ||
	    check_place(context->fx, certificate, err) < 0)
		return -1;
	_cleanup_free_ char *summary = str_format("write %s and %s", key, certificate);
	const struct effect effect = {.kind = "keygen",
				      .mode = EFFECT_ACT,
				      .args = args,
				      .subject = key,
				      .summary = summary};
	if (effects_perform(context->fx, &effect, &answer, err) < 0)
		return -1;
	result->value = keygen_result(context, args, answer);
	return 0;
}
