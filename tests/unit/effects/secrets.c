/* Secret values are found in every disguise, and nothing else is touched. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "effects/secrets.h"

#include "belay/mem.h"
#include "test.h"

static char *scrub(struct secrets *secrets, const char *text, bool cut)
{
	struct str copy = {.max_bytes = SIZE_MAX / 4};
	str_add(&copy, text);
	copy.truncated = cut;
	secrets_scrub(secrets, &copy);
	return str_take(&copy);
}

static const struct row {
	const char *name, *secret, *text, *want;
} rows[] = {
	{"plain", "hunter2!", "the password is hunter2!.", "the password is ***."},
	{"twice", "hunter2!", "hunter2!hunter2!", "******"},
	{"absent", "hunter2!", "hunter3!", "hunter3!"},
	{"three bytes are left alone", "abc", "abcabc", "abcabc"},
	{"four bytes", "abcd", "xabcdx", "x***x"},
	{"blank space around is no part", "  hunter2!\n", "hunter2!", "***"},
	{"only stars", "*****", "a ***** b", "a ***** b"},
	{"percent", "a b/c&d=e", "q=a%20b%2Fc%26d%3De&x", "q=***&x"},
	{"percent, lower case", "a b/c&d=e", "q=a%20b%2fc%26d%3de", "q=***"},
	{"percent, path left alone", "a b/c&d=e", "q=a%20b/c%26d=e", "q=***"},
	{"form", "a b/c&d=e", "q=a+b%2Fc%26d%3De", "q=***"},
	{"JSON", "a\"b\\c\nd", "{\"x\": \"a\\\"b\\\\c\\nd\"}", "{\"x\": \"***\"}"},
	{"JSON, \\u", "p\xc3\xa4ss<word>", "\"p\\u00e4ss\\u003cword\\u003e\"", "\"***\""},
	{"JSON, pair", "k\xf0\x9f\x94\x91y-1", "\"k\\ud83d\\udd11y-1\"", "\"***\""},
	{"JSON, escaped slash", "https://a/b", "\"https:\\/\\/a\\/b\"", "\"***\""},
	{"JSON in JSON", "a\"b\\c\nd",
	 "{\"x\": \"{\\\"y\\\": \\\"a\\\\\\\"b\\\\\\\\c\\\\nd\\\"}\"}",
	 "{\"x\": \"{\\\"y\\\": \\\"***\\\"}\"}"},
	{"base64", "correct horse", "x Y29ycmVjdCBob3JzZQ== y", "x ***Q== y"},
	{"base64 behind one byte", "correct horse", "dWNvcnJlY3QgaG9yc2Uh", "dW***Uh"},
	{"base64 behind two bytes", "correct horse", "dTpjb3JyZWN0IGhvcnNl", "dTp***"},
	{"Basic header", "correct horse", "Basic dXNlcjpjb3JyZWN0IGhvcnNl",
	 "Basic dXNlcjp***"},
	{"base64url", "?>?>?>?>?>", "Pz4_Pj8-Pz4_Pg", "***g"},
	{"line of several", "line one is long\nshort\nline three is long",
	 "> line three is long <short>", "> *** <short>"},
	{"all lines", "line one is long\nshort\nline three is long",
	 "line one is long\r\nshort\r\nline three is long", "***\r\nshort\r\n***"},
	{"key without its frame",
	 "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----",
	 "-----BEGIN PRIVATE KEY----- MIGHAgEAMBMGByqGSM49",
	 "-----BEGIN PRIVATE KEY----- ***"},
	{"certificate with a line of its key",
	 "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\nPublicHalf12",
	 "-----BEGIN CERTIFICATE-----\nMIIBPjCB5qAD\nPublicHalf12\n-----END CERTIFICATE-----\n",
	 "-----BEGIN CERTIFICATE-----\nMIIBPjCB5qAD\nPublicHalf12\n-----END CERTIFICATE-----\n"},
	{"certificate and something else",
	 "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\nPublicHalf12",
	 "-----BEGIN CERTIFICATE-----\nPublicHalf12\n-----END CERTIFICATE-----\nMIGHAgEAMBMG",
	 "-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----\n***"},
	{"certificate without an end", "hunter2!hunter2!",
	 "-----BEGIN CERTIFICATE-----\nhunter2!hunter2!",
	 "-----BEGIN CERTIFICATE-----\n***"},
	{"no certificate", "hunter2hunter2",
	 "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----",
	 "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----"},
	{"the whole wins over a line", "first line\nsecond line",
	 "x first line\nsecond line y", "x *** y"},
	{"at the end, not cut", "correct horse", "it is correct h", "it is correct h"},
	{"broken escape", "hunter2!", "\\u00zz %zz hunter2! \\", "\\u00zz %zz *** \\"},
	{"empty text", "hunter2!", "", ""},
};

TEST(finds_every_disguise)
{
	FOR_ROWS(row, rows) {
		struct secrets *secrets = secrets_new();
		secrets_add(secrets, row->secret, strlen(row->secret));
		_cleanup_free_ char *got = scrub(secrets, row->text, false);
		CHECK_STR_EQ(got, row->want);
		_cleanup_free_ char *again = scrub(secrets, got, false);
		CHECK_STR_EQ(again, got);
		secrets_free(secrets);
	}
}

TEST(cut_texts)
{
	struct secrets *secrets = secrets_new();
	secrets_add(secrets, "correct horse battery", 21);
	_cleanup_free_ char *long_end = scrub(secrets, "it is correct h", true);
	CHECK_STR_EQ(long_end, "it is ***");
	_cleanup_free_ char *short_end = scrub(secrets, "it is correc", true);
	CHECK_STR_EQ(short_end, "it is correc");
	_cleanup_free_ char *percent = scrub(secrets, "it is correct%20ho", true);
	CHECK_STR_EQ(percent, "it is ***");
	secrets_free(secrets);
}

/* A key as base64(1) wraps it. */
TEST(wrapped_base64)
{
	unsigned char key[400];
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (unsigned char)(i * 7 + 34);
	struct secrets *secrets = secrets_new();
	secrets_add(secrets, key, sizeof key);
	_cleanup_free_ char *encoded = str_base64(key, sizeof key);
	static const size_t widths[] = {64, 76, 1000};
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		struct str wrapped = STR_INIT;
		test_row("%zu columns", widths[i]);
		for (size_t at = 0; at < strlen(encoded); at += widths[i])
			str_addf(&wrapped, "%.*s\n", (int)widths[i], encoded + at);
		_cleanup_free_ char *got = scrub(secrets, str_text(&wrapped), false);
		for (size_t j = 0; got[j]; j++)
			/* The last bits stand beside those of what follows. */
			if (!CHECK(strchr("*\n", got[j]) || strlen(got + j) < 6))
				break;
		str_release(&wrapped);
	}
	secrets_free(secrets);
}

/* Everything that one pass over a long text with many secrets has to do. */
TEST(many_secrets_long_text)
{
	struct secrets *secrets = secrets_new();
	char value[64];
	for (int i = 0; i < 500; i++) {
		snprintf(value, sizeof value, "secret-number-%d-%d", i, i * i);
		secrets_add(secrets, value, strlen(value));
	}
	struct str text = STR_INIT;
	for (int i = 0; i < 20000; i++)
		str_addf(&text, "line %d of a log, with a %% and a \\ in it\n", i);
	str_add(&text, "secret-number-499-249001");
	_cleanup_free_ char *got = scrub(secrets, str_text(&text), false);
	CHECK(str_has_suffix(got, "in it\n***"));
	CHECK_INT_EQ(strlen(got), text.len - strlen("secret-number-499-249001") + 3);
	str_release(&text);
	secrets_free(secrets);
}
