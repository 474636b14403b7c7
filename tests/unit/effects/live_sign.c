/* The effects of keys and signatures: keygen, sign, sign.verify. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "platform/fs.h"
#include "test.h"

struct place {
	struct effects *fx;
	char *key, *certificate;
	json_t *args; /* of keygen */
	json_t *answer;
	struct err err;
};

static struct place place_make(struct effects *fx, const char *purpose)
{
	struct place place = {
		.fx = fx,
		.key = str_format("%s/keys/backup.key", test_directory()),
		.certificate = str_format("%s/keys/backup.crt", test_directory()),
	};
	place.args = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "type", "p-256", "name",
			       "nightly", "days", 30, "purpose", purpose, "key_path",
			       place.key, "certificate_path", place.certificate);
	return place;
}

static void place_release(struct place *place)
{
	effects_freep(&place->fx);
	free(place->key);
	free(place->certificate);
	json_decref(place->args);
	json_decref(place->answer);
}

static struct effects *live(void)
{
	return effects_new(effects_redact_new(effects_live_new()));
}

static int keygen(struct place *place)
{
	const struct effect effect = {.kind = "keygen",
				      .mode = EFFECT_ACT,
				      .args = place->args,
				      .subject = place->key,
				      .summary = "make a key"};
	json_decref(place->answer);
	place->answer = NULL;
	err_clear(&place->err);
	return effects_perform(place->fx, &effect, &place->answer, &place->err);
}

static int observe(struct place *place, const char *kind, const json_t *args,
		   json_t **ret)
{
	const struct effect effect = {.kind = kind, .mode = EFFECT_OBSERVE, .args = args};
	err_clear(&place->err);
	return effects_perform(place->fx, &effect, ret, &place->err);
}

static unsigned mode_of(const char *path)
{
	struct stat status = {0};
	CHECK_INT_EQ(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static char *read_all(const char *path)
{
	struct err err = {0};
	char *text = NULL;
	size_t len;
	CHECK_OK(fs_read(path, 1 << 20, &text, &len, &err), &err);
	return text ? text : mem_strdup("");
}

static void write_all(const char *path, const char *text)
{
	struct err err = {0};
	struct fs_write write = {.data = text, .len = strlen(text), .mode = 0644};
	CHECK_OK(fs_write(path, &write, &err), &err);
}

TEST(a_key_pair_is_two_files)
{
	struct place place = place_make(live(), "seal");
	CHECK_OK(keygen(&place), &place.err);
	_cleanup_free_ char *key = read_all(place.key);
	_cleanup_free_ char *certificate = read_all(place.certificate);
	_cleanup_free_ char *answer = json_text_compact(place.answer);
	CHECK_INT_EQ(mode_of(place.key), 0600);
	CHECK_INT_EQ(mode_of(place.certificate), 0644);
	CHECK_STR_HAS(key, "-----BEGIN PRIVATE KEY-----");
	CHECK(strstr(answer, "PRIVATE KEY") == NULL);
	CHECK_STR_EQ(json_get_string(place.answer, "certificate", ""), certificate);
	CHECK_INT_EQ(strlen(json_get_string(place.answer, "fingerprint", "")), 64);
	place_release(&place);
}

TEST(a_passphrase_protects_the_key)
{
	struct place place = place_make(live(), "seal");
	_cleanup_free_ char *secret = str_format("%s/passphrase", test_directory());
	write_all(secret, "correct horse\n");
	json_object_set_new(place.args, "passphrase",
			    json_pack("{s:{s:s}}", "$secret", "file", secret));
	CHECK_OK(keygen(&place), &place.err);
	_cleanup_free_ char *key = read_all(place.key);
	CHECK_STR_HAS(key, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
	place_release(&place);
}

TEST(no_key_is_overwritten)
{
	struct place place = place_make(live(), "seal");
	write_all(place.key, "old key");
	CHECK_FAILS(keygen(&place), &place.err, ERR_FAIL, "never overwritten");
	_cleanup_free_ char *key = read_all(place.key);
	CHECK_STR_EQ(key, "old key");
	CHECK(access(place.certificate, F_OK) != 0);
	place_release(&place);
}

TEST(there_are_both_files_or_none)
{
	struct place place = place_make(live(), "seal");
	write_all(place.certificate, "old certificate");
	CHECK_FAILS(keygen(&place), &place.err, ERR_FAIL, "backup.crt");
	_cleanup_free_ char *certificate = read_all(place.certificate);
	CHECK_STR_EQ(certificate, "old certificate");
	CHECK(access(place.key, F_OK) != 0);
	place_release(&place);
}

TEST(what_is_missing_is_named)
{
	static const char *const members[] = {"type", "name", "key_path",
					      "certificate_path"};
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct place place = place_make(live(), "seal");
		json_object_del(place.args, members[i]);
		CHECK_FAILS(keygen(&place), &place.err, ERR_CONFIG, members[i]);
		place_release(&place);
	}
}

TEST(a_dry_run_makes_no_key)
{
	struct place place = place_make(
		effects_new(effects_dryrun_new(effects_redact_new(effects_live_new()))),
		"seal");
	CHECK_OK(keygen(&place), &place.err);
	CHECK(answer_is_assumed(place.answer));
	CHECK(access(place.key, F_OK) != 0);
	_cleanup_json_ json_t *noted = effects_noted(place.fx);
	CHECK_STR_EQ(json_get_string(json_array_get(noted, 0), "kind", ""), "keygen");
	CHECK_STR_EQ(json_get_string(json_array_get(noted, 0), "summary", ""),
		     "make a key");
	place_release(&place);
}

/* --- signatures ------------------------------------------------------------------------------ */

static json_t *sign_args(const struct place *place, const char *text)
{
	_cleanup_free_ char *certificate = read_all(place->certificate);
	return json_pack("{s:s, s:{s:{s:s}}, s:s}", "text", text, "key", "$secret",
			 "file", place->key, "certificate", certificate);
}

TEST(a_signature_and_what_becomes_of_it)
{
	struct place place = place_make(live(), "sign");
	CHECK_OK(keygen(&place), &place.err);
	_cleanup_json_ json_t *args = sign_args(&place, "text\n");
	_cleanup_json_ json_t *signature = NULL, *good = NULL, *bad = NULL;
	CHECK_OK(observe(&place, "sign", args, &signature), &place.err);
	_cleanup_json_ json_t *ask =
		json_pack("{s:s, s:O, s:[O]}", "text", "text\n", "signature",
			  json_object_get(signature, "signature"), "certificates",
			  json_object_get(args, "certificate"));
	CHECK_OK(observe(&place, "sign.verify", ask, &good), &place.err);
	CHECK_JSON_EQ(good, "{'good': true, 'signer': '/CN=nightly', 'reason': null}");
	json_object_set_new(ask, "text", json_string("text"));
	CHECK_OK(observe(&place, "sign.verify", ask, &bad), &place.err);
	CHECK(!json_get_bool(bad, "good", true));
	CHECK(json_is_null(json_object_get(bad, "signer")));
	CHECK_STR_HAS(json_get_string(bad, "reason", ""), "not signed by a certificate");
	json_object_set_new(ask, "certificates", json_pack("[i]", 5));
	CHECK_FAILS(observe(&place, "sign.verify", ask, NULL), &place.err, ERR_CONFIG,
		    "a certificate is no text");
	place_release(&place);
}

TEST(a_key_for_sealing_does_not_sign)
{
	struct place place = place_make(live(), "seal");
	CHECK_OK(keygen(&place), &place.err);
	_cleanup_json_ json_t *args = sign_args(&place, "text\n");
	CHECK_FAILS(observe(&place, "sign", args, NULL), &place.err, ERR_CONFIG,
		    "not for signing");
	place_release(&place);
}
