/* Signing: what stock openssl makes of it, and everything that must not be taken for a good signature. */
#include "platform/sign.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/fs.h"
#include "platform/keygen.h"
#include "platform/process.h"
#include "platform/seal.h"
#include "test.h"

struct pair {
	struct secret key;
	char *certificate;
};

static void pair_make_for(struct pair *pair, const char *type, const char *purpose,
			  int64_t now_ms)
{
	struct err err = {0};
	const struct keygen wanted = {.type = type,
				      .purpose = purpose,
				      .name = "belay test",
				      .now_ms = now_ms,
				      .days = 30};
	CHECK_OK(keygen_run(&wanted, &pair->key, &pair->certificate, &err), &err);
}

static void pair_make(struct pair *pair, const char *type)
{
	pair_make_for(pair, type, "sign", (int64_t)time(NULL) * 1000);
}

static void pair_release(struct pair *pair)
{
	secret_release(&pair->key);
	free(pair->certificate);
}

static char *sign(const struct pair *pair, const char *text)
{
	struct err err = {0};
	char *signature = NULL;
	CHECK_OK(sign_text(text, strlen(text), &pair->key, NULL, pair->certificate,
			   &signature, &err),
		 &err);
	return signature;
}

/* Good or not; the reason is checked to be there when it is not. */
static bool verify(const char *text, const char *signature, const char *const *trusted,
		   size_t count)
{
	struct err err = {0};
	bool good = false;
	_cleanup_free_ char *signer = NULL, *reason = NULL;
	CHECK_OK(sign_verify(text, strlen(text), signature, trusted, count, &good,
			     &signer, &reason, &err),
		 &err);
	CHECK_INT_EQ(good, signer != NULL);
	CHECK_INT_EQ(good, reason == NULL);
	if (good)
		CHECK_STR_EQ(signer, "/CN=belay test");
	return good;
}

static const struct row {
	const char *name;
} rows[] = {{"p-256"}, {"p-384"}, {"rsa-3072"}};

TEST(what_was_signed_is_good)
{
	FOR_ROWS(row, rows) {
		struct pair pair = {0};
		pair_make(&pair, row->name);
		const char *trusted = pair.certificate;
		_cleanup_free_ char *signature = sign(&pair, "line\r\ntwo\n");
		CHECK_STR_HAS(signature, "-----BEGIN CMS-----");
		CHECK(verify("line\r\ntwo\n", signature, &trusted, 1));
		CHECK(!verify("line\ntwo\n", signature, &trusted, 1));
		CHECK(!verify("line\r\ntwo\n ", signature, &trusted, 1));
		CHECK(!verify("", signature, &trusted, 1));
		CHECK(!verify("line\r\ntwo\n", signature, &trusted, 0));
		pair_release(&pair);
	}
}

TEST(only_the_certificates_that_are_given_count)
{
	struct pair ours = {0}, theirs = {0};
	pair_make(&ours, "p-256");
	pair_make(&theirs, "p-256"); /* of the same name */
	const char *both[] = {theirs.certificate, ours.certificate};
	_cleanup_free_ char *signature = sign(&ours, "text");
	CHECK(verify("text", signature, both, 2));
	CHECK(!verify("text", signature, both, 1));
	pair_release(&ours);
	pair_release(&theirs);
}

/* An old signature does not get worse. */
TEST(dates_do_not_count)
{
	struct pair pair = {0};
	pair_make_for(&pair, "p-256", "sign", INT64_C(946684800000));
	const char *trusted = pair.certificate;
	_cleanup_free_ char *signature = sign(&pair, "text");
	CHECK(verify("text", signature, &trusted, 1));
	pair_release(&pair);
}

/* --- for stock openssl ----------------------------------------------------------------------- */

static void write_file(const char *name, const char *text)
{
	struct err err = {0};
	_cleanup_free_ char *path = str_format("%s/%s", test_directory(), name);
	struct fs_write write = {.data = text, .len = strlen(text), .mode = 0600};
	CHECK_OK(fs_write(path, &write, &err), &err);
}

static int shell(const char *command)
{
	struct process process = {.shell = command,
				  .directory = test_directory(),
				  .timeout_ms = 30000,
				  .max_output_bytes = 1000,
				  .stop = STOP_NEVER};
	struct run_outcome outcome;
	struct err err = {0};
	int result = process_run(&process, &outcome, &err) == 0 && outcome.exited
			     ? outcome.exit
			     : -1;
	run_outcome_release(&outcome);
	return result;
}

#define VERIFY                                                                           \
	"openssl cms -verify -binary -inform PEM -in text.sig -content text "            \
	"-certfile our.crt -out /dev/null "
#define BY_CHAIN "-CAfile our.crt -purpose any"
#define BY_CERTIFICATE "-nointern -noverify"

TEST(stock_openssl_agrees)
{
	if (shell("openssl version") != 0)
		test_skip("openssl is needed");
	FOR_ROWS(row, rows) {
		struct pair pair = {0};
		pair_make(&pair, row->name);
		_cleanup_free_ char *signature = sign(&pair, "line\r\ntwo\n");
		write_file("text", "line\r\ntwo\n");
		write_file("text.sig", signature);
		write_file("our.crt", pair.certificate);
		CHECK_INT_EQ(shell(VERIFY BY_CHAIN), 0);
		CHECK_INT_EQ(shell(VERIFY BY_CERTIFICATE), 0);
		write_file("text", "line\r\nTwo\n");
		CHECK(shell(VERIFY BY_CHAIN) > 0);
		CHECK(shell(VERIFY BY_CERTIFICATE) > 0);
		pair_release(&pair);
	}
}

static const struct forgery_row {
	const char *name;
	const char *
		options; /* of openssl cms -sign, with what it signs and with whose key */
	bool good;
} forgeries[] = {
	{"signed by openssl", "-in text -signer our.crt -inkey our.key", true},
	{"with a certificate that comes along",
	 "-in text -signer their.crt -inkey their.key", false},
	{"with two signers, one of them ours",
	 "-in text -signer their.crt -inkey their.key -signer our.crt -inkey our.key",
	 false},
	{"another text, which comes along",
	 "-nodetach -in other -signer our.crt -inkey our.key", false},
	{"the text comes along", "-nodetach -in text -signer our.crt -inkey our.key",
	 false},
	{"another text", "-in other -signer our.crt -inkey our.key", false},
};

TEST(what_others_sign)
{
	struct pair ours = {0}, theirs = {0};
	if (shell("openssl version") != 0)
		test_skip("openssl is needed");
	pair_make(&ours, "p-256");
	pair_make(&theirs, "rsa-3072");
	const char *trusted = ours.certificate;
	write_file("text", "text");
	write_file("other", "other");
	write_file("our.crt", ours.certificate);
	write_file("our.key", ours.key.data);
	write_file("their.crt", theirs.certificate);
	write_file("their.key", theirs.key.data);
	FOR_ROWS(row, forgeries) {
		struct err err = {0};
		_cleanup_free_ char *command = str_format(
			"openssl cms -sign -binary -outform PEM -out forged %s",
			row->options);
		_cleanup_free_ char *path = str_format("%s/forged", test_directory());
		_cleanup_free_ char *signature = NULL;
		size_t len = 0;
		CHECK_INT_EQ(shell(command), 0);
		CHECK_OK(fs_read(path, 1 << 20, &signature, &len, &err), &err);
		CHECK_INT_EQ(verify("text", signature, &trusted, 1), row->good);
	}
	pair_release(&ours);
	pair_release(&theirs);
}

/* --- what is no signature -------------------------------------------------------------------- */

static const struct none_row {
	const char *name, *signature;
} nones[] = {
	{"nothing", ""},
	{"words", "signed: ada"},
	{"an empty message", "-----BEGIN CMS-----\n-----END CMS-----\n"},
	{"no base64", "-----BEGIN CMS-----\n!!!!\n-----END CMS-----\n"},
	{"no CMS", "-----BEGIN CMS-----\nMAAwADAA\n-----END CMS-----\n"},
};

TEST(what_is_no_signature)
{
	struct pair pair = {0};
	pair_make(&pair, "p-256");
	const char *trusted = pair.certificate;
	FOR_ROWS(row, nones) {
		CHECK(!verify("text", row->signature, &trusted, 1));
	}
	pair_release(&pair);
}

/* Each character of a signature, changed: never good for another text, and never a crash. */
TEST(damage_is_noticed)
{
	struct pair pair = {0};
	pair_make(&pair, "p-256");
	const char *trusted = pair.certificate;
	_cleanup_free_ char *signature = sign(&pair, "text");
	size_t good = 0, len = strlen(signature);
	for (size_t i = 0; i < len; i++) {
		char kept = signature[i];
		signature[i] = kept == 'A' ? 'B' : 'A';
		good += verify("Text", signature, &trusted, 1);
		signature[i] = '\0';
		good += verify("Text", signature, &trusted, 1);
		signature[i] = kept;
	}
	CHECK_INT_EQ(good, 0);
	CHECK(verify("text", signature, &trusted, 1));
	pair_release(&pair);
}

/* --- keys ------------------------------------------------------------------------------------ */

TEST(what_cannot_sign_is_refused)
{
	struct err err = {0};
	struct pair ours = {0}, theirs = {0}, sealing = {0};
	pair_make(&ours, "p-256");
	pair_make(&theirs, "p-256");
	pair_make_for(&sealing, "p-256", "seal", (int64_t)time(NULL) * 1000);
	_cleanup_secret_ struct secret words = SECRET_INIT;
	secret_set(&words, "words", 5);
	char *signature = NULL;
	CHECK_FAILS(
		sign_text("t", 1, &ours.key, NULL, theirs.certificate, &signature, &err),
		&err, ERR_CONFIG, "does not belong to the certificate");
	err_clear(&err);
	CHECK_FAILS(sign_text("t", 1, &words, NULL, ours.certificate, &signature, &err),
		    &err, ERR_CONFIG, "the private key cannot be read");
	err_clear(&err);
	CHECK_FAILS(sign_text("t", 1, &ours.key, NULL, "words", &signature, &err), &err,
		    ERR_CONFIG, "the certificate cannot be read");
	err_clear(&err);
	CHECK_FAILS(sign_text("t", 1, &sealing.key, NULL, sealing.certificate, &signature,
			      &err),
		    &err, ERR_CONFIG, "not for signing");
	CHECK_NULL(signature);
	pair_release(&ours);
	pair_release(&theirs);
	pair_release(&sealing);
}

TEST(what_cannot_have_signed_is_refused)
{
	struct err err = {0};
	struct pair sealing = {0};
	bool good = false;
	char *signer = NULL, *reason = NULL;
	const char *words = "words";
	pair_make_for(&sealing, "rsa-3072", "seal", (int64_t)time(NULL) * 1000);
	const char *certificate = sealing.certificate;
	CHECK_FAILS(sign_verify("t", 1, "s", &words, 1, &good, &signer, &reason, &err),
		    &err, ERR_CONFIG, "cannot be read");
	err_clear(&err);
	CHECK_FAILS(
		sign_verify("t", 1, "s", &certificate, 1, &good, &signer, &reason, &err),
		&err, ERR_CONFIG, "not for signing");
	pair_release(&sealing);
}

TEST(a_key_with_a_passphrase)
{
	struct err err = {0};
	struct pair pair = {0};
	_cleanup_secret_ struct secret right = SECRET_INIT, wrong = SECRET_INIT;
	secret_set(&right, "correct horse", 13);
	secret_set(&wrong, "battery", 7);
	const struct keygen wanted = {.type = "p-256",
				      .purpose = "sign",
				      .name = "belay test",
				      .now_ms = (int64_t)time(NULL) * 1000,
				      .days = 30,
				      .passphrase = &right};
	CHECK_OK(keygen_run(&wanted, &pair.key, &pair.certificate, &err), &err);
	CHECK_STR_HAS(pair.key.data, "ENCRYPTED PRIVATE KEY");
	char *signature = NULL;
	CHECK_FAILS(
		sign_text("t", 1, &pair.key, NULL, pair.certificate, &signature, &err),
		&err, ERR_CONFIG, "--key-passphrase-env NAME");
	err_clear(&err);
	CHECK_FAILS(
		sign_text("t", 1, &pair.key, &wrong, pair.certificate, &signature, &err),
		&err, ERR_CONFIG, "passphrase has to be right");
	err_clear(&err);
	CHECK_OK(sign_text("t", 1, &pair.key, &right, pair.certificate, &signature, &err),
		 &err);
	free(signature);
	pair_release(&pair);
}
