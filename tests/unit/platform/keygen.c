/* Key pairs: for one purpose each, in files that stock openssl reads, and what is asked in vain. */
#include "platform/keygen.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/fs.h"
#include "platform/key_pair.h"
#include "platform/process.h"
#include "platform/seal.h"
#include "test.h"

static struct keygen wanted_of(const char *type, const char *purpose)
{
	return (struct keygen){.type = type,
			       .purpose = purpose,
			       .name = "belay test",
			       .now_ms = (int64_t)time(NULL) * 1000,
			       .days = 30};
}

/* What openssl prints of the certificate. */
static char *described(const char *certificate)
{
	struct err err = {0};
	struct feed_memory memory = {.data = certificate, .len = strlen(certificate)};
	struct process process = {.shell = "openssl x509 -noout -text -fingerprint "
					   "-sha256",
				  .input = feed_from_memory(&memory),
				  .timeout_ms = 30000,
				  .max_output_bytes = 20000,
				  .stop = STOP_NEVER};
	struct run_outcome outcome;
	struct str text = STR_INIT;
	if (process_run(&process, &outcome, &err) < 0 || !outcome.exited || outcome.exit)
		test_skip("openssl is needed");
	capture_text(&outcome.out, &text);
	run_outcome_release(&outcome);
	return str_take(&text);
}

static const struct row {
	const char *name, *type, *purpose, *usage;
} rows[] = {
	{"sealing with an elliptic curve", "p-256", "seal", "Key Agreement"},
	{"sealing is what is meant without a word", "p-384", NULL, "Key Agreement"},
	{"sealing with RSA", "rsa-3072", "seal", "Key Encipherment"},
	{"signing with an elliptic curve", "p-256", "sign", "Digital Signature"},
	{"signing with RSA", "rsa-3072", "sign", "Digital Signature"},
};

/* "AB:CD" of openssl as we write it. */
static char *fingerprint_of(const char *text)
{
	const char *at = strstr(text, "Fingerprint=");
	struct str hex = STR_INIT;
	for (at = at ? at + strlen("Fingerprint=") : ""; *at && *at != '\n'; at++)
		if (*at != ':')
			str_add_char(&hex, (char)(*at | ' '));
	return str_take(&hex);
}

TEST(a_key_is_for_one_purpose)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_secret_ struct secret key = SECRET_INIT;
		_cleanup_free_ char *certificate = NULL;
		const struct keygen wanted = wanted_of(row->type, row->purpose);
		CHECK_OK(keygen_run(&wanted, &key, &certificate, &err), &err);
		_cleanup_free_ char *text = described(certificate);
		_cleanup_free_ char *usage = str_format(
			"Key Usage: critical\n                %s\n", row->usage);
		CHECK_STR_HAS(text, usage);
		CHECK_STR_HAS(text, "CA:FALSE");
		CHECK_STR_HAS(text, "Subject: CN = belay test");
		_cleanup_free_ char *hex = fingerprint_of(text);
		_cleanup_free_ char *ours = certificate_fingerprint(certificate);
		CHECK_STR_EQ(ours, hex);
	}
}

TEST(nothing_is_sealed_for_a_key_that_signs)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_secret_ struct secret key = SECRET_INIT;
		_cleanup_free_ char *certificate = NULL;
		_cleanup_(sealer_freep) struct sealer *sealer = NULL;
		const struct keygen wanted = wanted_of(row->type, row->purpose);
		CHECK_OK(keygen_run(&wanted, &key, &certificate, &err), &err);
		const char *pem = certificate, *name = "our.crt";
		int result = sealer_new(&pem, &name, 1, &sealer, &err);
		if (strcmp(row->usage, "Digital Signature") == 0)
			CHECK_FAILS(result, &err, ERR_CONFIG,
				    "our.crt: the certificate is not for wrapping keys");
		else
			CHECK_OK(result, &err);
	}
}

static const struct refused_row {
	const char *name;
	struct keygen wanted;
	const char *why;
} refused[] = {
	{"unknown type",
	 {.type = "x25519", .name = "n", .days = 1},
	 "'x25519' is no type of key"},
	{"unknown purpose",
	 {.type = "p-256", .purpose = "love", .name = "n", .days = 1},
	 "'love' is nothing that a key is made for"},
	{"no name", {.type = "p-256", .name = "", .days = 1}, "a key's name is"},
	{"a name with a slash",
	 {.type = "p-256", .name = "a/b", .days = 1},
	 "a key's name"},
	{"no days", {.type = "p-256", .name = "n", .days = 0}, "1 to 36500 days"},
	{"more days than a century",
	 {.type = "p-256", .name = "n", .days = 36501},
	 "1 to 36500 days"},
};

TEST(what_is_asked_in_vain)
{
	FOR_ROWS(row, refused) {
		struct err err = {0};
		_cleanup_secret_ struct secret key = SECRET_INIT;
		char *certificate = NULL;
		CHECK_FAILS(keygen_run(&row->wanted, &key, &certificate, &err), &err,
			    ERR_USAGE, row->why);
		CHECK_NULL(certificate);
		CHECK_NULL(key.data);
	}
}

static const struct {
	const char *name, *passphrase;
	bool good;
} passphrases[] = {
	{"none worth the name", "x", false},
	{"one letter too short", "1234567", false},
	{"long enough", "12345678", true},
};

TEST(a_passphrase_is_as_long_as_one_that_seals)
{
	FOR_ROWS(row, passphrases) {
		struct err err = {0};
		_cleanup_secret_ struct secret key = SECRET_INIT,
					       passphrase = SECRET_INIT;
		_cleanup_free_ char *certificate = NULL;
		struct keygen wanted = wanted_of("p-256", NULL);
		secret_set(&passphrase, row->passphrase, strlen(row->passphrase));
		wanted.passphrase = &passphrase;
		int result = keygen_run(&wanted, &key, &certificate, &err);
		if (row->good)
			CHECK_OK(result, &err);
		else
			CHECK_FAILS(result, &err, ERR_CONFIG,
				    "shorter than 8 characters");
	}
}

TEST(what_is_no_certificate_has_no_fingerprint)
{
	CHECK_NULL(certificate_fingerprint("words"));
}
