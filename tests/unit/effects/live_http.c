/* http: what is refused before anything is sent, and a secret address that nobody answers at. What is sent
 * is looked at by tests/peer/deliver.c. */
#include <stdlib.h>
#include <string.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define SECRET_PATH "/services/T0/B0/s3cret-part-of-the-address"

static json_t *json_of(const char *text)
{
	char *strict = mem_strdup(text);
	for (char *c = strict; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *value = json_loads(strict, 0, NULL);
	if (!value)
		test_check(false, strict, TEST_AT);
	free(strict);
	return value;
}

static int ask(struct effects *fx, const char *text, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *args = json_of(text);
	const struct effect effect = {
		.kind = "http", .mode = EFFECT_ACT, .args = args, .summary = "post"};
	return effects_perform(fx, &effect, ret, err);
}

static struct effects *chain(void)
{
	return effects_new(effects_redact_new(effects_live_new()));
}

static const struct refusal_row {
	const char *name, *args, *message;
} refusals[] = {
	{"no address", "{'method': 'POST'}", "http needs 'url'"},
	{"an address that is not set", "{'url': {'$secret': {'env': 'NO_SUCH_URL'}}}",
	 "environment variable 'NO_SUCH_URL' for the URL is not set"},
	{"an address that is none", "{'url': {'$secret': {'env': 'NO_URL'}}}",
	 "a URL must start with"},
	{"an address with a password", "{'url': {'$secret': {'env': 'USER_URL'}}}",
	 "the URL contains credentials"},
	{"a signature without a header",
	 "{'url': 'http://127.0.0.1:9/', 'sign': {'secret': 'x'}}",
	 "sign needs 'header'"},
	{"a signature without a key",
	 "{'url': 'http://127.0.0.1:9/', 'sign': {'header': 'X-Sig'}}",
	 "sign needs 'secret'"},
	{"a key that is not set",
	 "{'url': 'http://127.0.0.1:9/', 'sign': {'header': 'X-Sig', 'secret': {'$secret': "
	 "{'env': 'NO_SUCH_KEY'}}}}",
	 "'NO_SUCH_KEY' for signing is not set"},
	{"a header that is none",
	 "{'url': 'http://127.0.0.1:9/', 'sign': {'header': 'X Sig', 'secret': 'x'}}",
	 "no name of an HTTP header"},
};

TEST(what_cannot_be_sent_is_refused)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe) */
	setenv("NO_URL", "hunter2-hunter2-hunter2", 1);
	setenv("USER_URL", "http://ada:hunter2-hunter2@127.0.0.1:9/", 1);
	/* NOLINTEND(concurrency-mt-unsafe) */
	FOR_ROWS(row, refusals) {
		_cleanup_(effects_freep) struct effects *fx = chain();
		struct err err = {0};
		CHECK_FAILS(ask(fx, row->args, NULL, &err), &err, ERR_CONFIG,
			    row->message);
		CHECK_NULL(strstr(err.message, "hunter2"));
		CHECK_NULL(strstr(err.hint, "hunter2"));
	}
}

TEST(a_secret_address_is_in_no_answer)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	/* NOLINTNEXTLINE(concurrency-mt-unsafe) */
	setenv("HOOK_URL", "http://127.0.0.1:9" SECRET_PATH, 1);
	if (!CHECK_OK(ask(fx, "{'url': {'$secret': {'env': 'HOOK_URL'}}}", &answer, &err),
		      &err))
		return;
	CHECK_STR_EQ(json_get_string(answer, "url", ""), "***");
	CHECK_STR_EQ(json_get_string(json_object_get(answer, "error"), "code", ""),
		     "refused");
	_cleanup_free_ char *text = json_text_compact(answer);
	CHECK_NULL(strstr(text, "s3cret"));
	/* From now on it is known, whole and in parts, wherever it is met. */
	_cleanup_free_ char *quoted =
		effects_redact_text(fx, "404: " SECRET_PATH " is not here");
	CHECK_STR_EQ(quoted, "404: *** is not here");
	_cleanup_free_ char *part =
		effects_redact_text(fx, "token s3cret-part-of-the-address");
	CHECK_STR_EQ(part, "token ***");
	_cleanup_free_ char *word = effects_redact_text(fx, "the services of T0");
	CHECK_STR_EQ(word, "the services of T0");
}

static const struct optional_row {
	const char *name, *optional;
	bool performed;
} optionals[] = {
	{"needed", "", false},
	{"needed, said aloud", ", 'optional': false", false},
	{"may be missing", ", 'optional': true", true},
};

/* Nobody listens there: an answer with an error is as far as it gets. */
TEST(a_secret_that_may_be_missing_counts_as_absent)
{
	FOR_ROWS(row, optionals) {
		_cleanup_(effects_freep) struct effects *fx = chain();
		_cleanup_json_ json_t *answer = NULL;
		_cleanup_free_ char *args = str_format(
			"{'method': 'POST', 'url': 'http://127.0.0.1:9/', 'headers': {}, "
			"'timeout_ms': 2000, 'max_redirects': 0, 'max_body_bytes': 100, "
			"'max_header_bytes': 1000, 'tls': {'ca': {'$secret': {'env': "
			"'NO_SUCH_CA'}%s}}}",
			row->optional);
		struct err err = {0};
		int result = ask(fx, args, &answer, &err);
		if (row->performed) {
			CHECK_OK(result, &err);
			CHECK(json_is_object(json_object_get(answer, "error")));
		} else {
			CHECK_FAILS(result, &err, ERR_CONFIG, "'NO_SUCH_CA'");
		}
	}
}
