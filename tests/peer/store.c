/* Stores of the effects object.* in a bucket of a real server: connections, keys that are good for a time, TLS. The
 * environment is that of s3.c (S3_…), with what stands in front of the server (tests/peers/store-proxy.py: S3_FRONT,
 * S3_FRONT_TLS, S3_CONTROL, S3_CA, S3_WEB_TOKEN); the test skips itself without. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "front.h"
#include "platform/fs.h"
#include "store.h"
#include "test.h"

/* Settings of a bucket without keys. */
static json_t *bucket_at(const char *endpoint)
{
	if (!getenv("S3_ENDPOINT"))
		test_skip("S3_ENDPOINT is not set: no S3 server (radosgw, swift-proxy)");
	return json_pack("{s:s, s:{s:s, s:s, s:s}}", "name", "vault", "s3", "endpoint",
			 endpoint, "bucket", "backups", "prefix", "effects");
}

static void set_s3(json_t *store, const char *key, json_t *takes_value)
{
	json_object_set_new(json_object_get(store, "s3"), key, takes_value);
}

static json_t *secret_env(const char *name)
{
	return json_pack("{s:{s:s}}", "$secret", "env", name);
}

static json_t *store_at(const char *endpoint)
{
	json_t *store = bucket_at(endpoint);
	set_s3(store, "access_key", secret_env("S3_ACCESS_KEY"));
	set_s3(store, "secret_key", secret_env("S3_SECRET_KEY"));
	return store;
}

/* --- TLS and connections ------------------------------------------------------------------- */

enum { READS = 100 };

TEST(many_effects_share_connections)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	const char *front = getenv("S3_FRONT_TLS");
	if (!front)
		test_skip("S3_FRONT_TLS is not set: no TLS in front of a store");
	_cleanup_json_ json_t *store = store_at(front);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	CHECK_FAILS(list(fx, store, "", NULL, &err), &err, ERR_NET, "(tls)");
	err_clear(&err);
	set_s3(store, "ca_file", json_string(getenv("S3_CA")));
	int64_t before = front_count("connections");
	CHECK_OK(write_text(fx, store, "tls/manifest", "{}", &err), &err);
	CHECK_OK(list(fx, store, "tls/", &answer, &err), &err);
	CHECK_INT_EQ(json_array_size(json_object_get(answer, "objects")), 1);
	for (int i = 0; i < READS; i++) {
		_cleanup_json_ json_t *text = NULL;
		if (!CHECK_OK(read_text(fx, store, "tls/manifest", &text, &err), &err))
			return;
		CHECK_STR_EQ(json_get_string(text, "text", NULL), "{}");
	}
	int64_t used = front_count("connections") - before;
	printf("%d effects, %jd TLS connections\n", READS + 2, (intmax_t)used);
	CHECK(used <= 5); /* one lives for some seconds only */
}

/* --- answers that are lost ----------------------------------------------------------------- */

TEST(a_write_is_repeatable)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	const char *front = getenv("S3_FRONT");
	if (!front)
		test_skip("S3_FRONT is not set");
	_cleanup_json_ json_t *store = store_at(front);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	/* Not tried again by itself: the caller does. */
	set_s3(store, "attempts", json_integer(1));
	front_arm("lost", 1);
	int result = write_text(fx, store, "again/a", "text", &err);
	front_arm("", 0);
	/* Known by its mark at once, or said to have failed. */
	if (result < 0)
		CHECK_INT_EQ(err.code, ERR_NET);
	err_clear(&err);
	CHECK_OK(write_text(fx, store, "again/a", "text", &err), &err);
	CHECK_FAILS(write_text(fx, store, "again/a", "other", &err), &err, ERR_FAIL,
		    "again/a' exists already");
	CHECK_INT_EQ(err.sys_errno, EEXIST);
	err_clear(&err);
	CHECK_OK(read_text(fx, store, "again/a", &answer, &err), &err);
	CHECK_STR_EQ(json_get_string(answer, "text", NULL), "text");
	CHECK_STR_EQ(json_get_string(answer, "sha256", NULL),
		     "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1");
}

/* What a store cannot promise is known from the first write on, in every later effect. */
TEST(warnings_last)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_json_ json_t *store = store_at(getenv("S3_ENDPOINT"));
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	CHECK_OK(write_text(fx, store, "warn/a", "1", &err), &err);
	CHECK_OK(list(fx, store, "warn/", &answer, &err), &err);
	const char *warning = json_get_string(answer, "warning", NULL);
	if (str_equal(getenv("S3_KIND"), "swift"))
		CHECK_STR_HAS(warning, "no conditional requests");
	else
		CHECK_NULL(warning);
}

/* --- temporary keys ------------------------------------------------------------------------ */

static bool has_sts(void)
{
	return getenv("S3_ROLE") && getenv("S3_CONTROL"); /* Swift gives no such keys */
}

static json_t *identity(const char *role)
{
	json_t *store = bucket_at(getenv("S3_STS_ENDPOINT"));
	set_s3(store, "web_identity",
	       json_pack("{s:s, s:o, s:s, s:s}", "role", role, "token",
			 secret_env("S3_WEB_TOKEN"), "endpoint", getenv("S3_CONTROL"),
			 "session", "belay-tests"));
	return store;
}

TEST(a_web_identity)
{
	if (!has_sts())
		return;
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_json_ json_t *store = identity(getenv("S3_ROLE"));
	_cleanup_json_ json_t *shown = NULL;
	struct err err = {0};
	int64_t before = front_count("sts");
	CHECK_OK(write_text(fx, store, "web/a", "1", &err), &err);
	CHECK_OK(list(fx, store, "web/", NULL, &err), &err);
	CHECK_OK(list(fx, store, "web/", NULL, &err), &err);
	CHECK_INT_EQ(front_count("sts") - before, 1);

	/* Nobody gets to see what STS gave. */
	_cleanup_json_ json_t *log = front_ask("/log");
	const char *token = json_get_string(log, "token", "");
	_cleanup_free_ char *command = str_format("printf '%%s' '%s'", token);
	CHECK(strlen(token) > 100);
	CHECK_OK(ask(fx, "run", EFFECT_OBSERVE, json_pack("{s:s}", "shell", command),
		     &shown, &err),
		 &err);
	const char *out = json_get_string(shown, "stdout", "");
	CHECK(*out && !strstr(out, token) && strlen(out) < 50);
}

TEST(a_web_identity_that_is_renewed)
{
	if (!has_sts())
		return;
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_json_ json_t *store = identity(getenv("S3_ROLE"));
	struct err err = {0};
	json_decref(front_ask("/life?seconds=3"));
	int64_t before = front_count("sts");
	CHECK_OK(list(fx, store, "", NULL, &err), &err);
	CHECK_OK(list(fx, store, "", NULL, &err), &err);
	CHECK_INT_EQ(front_count("sts") - before, 1);
	usleep(3500000);
	CHECK_OK(list(fx, store, "", NULL, &err), &err);
	CHECK_INT_EQ(front_count("sts") - before, 2);
	json_decref(front_ask("/life?seconds=3600"));
}

TEST(a_web_identity_that_is_refused)
{
	if (!has_sts())
		return;
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_json_ json_t *other = identity("arn:aws:iam:::role/other");
	_cleanup_json_ json_t *wrong = identity(getenv("S3_ROLE"));
	struct err err = {0};
	CHECK_FAILS(list(fx, other, "", NULL, &err), &err, ERR_AUTH,
		    "no keys for role 'arn:aws:iam:::role/other': the role does not let");
	CHECK_STR_HAS(err.hint, "trust policy");
	err_clear(&err);
	json_object_set_new(json_object_get(json_object_get(wrong, "s3"), "web_identity"),
			    "token", secret_env("S3_SECRET_KEY"));
	CHECK_FAILS(list(fx, wrong, "", NULL, &err), &err, ERR_AUTH,
		    "the token is not taken");
}

static void write_profile(const char *path, const json_t *keys)
{
	struct err err = {0};
	_cleanup_free_ char *text = str_format(
		"[default]\naws_access_key_id = nobody\naws_secret_access_key = none\n"
		"[backups]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
		"aws_session_token = %s\n",
		json_get_string(keys, "access_key", ""),
		json_get_string(keys, "secret_key", ""),
		json_get_string(keys, "session_token", ""));
	const struct fs_write write = {.data = text, .len = strlen(text), .mode = 0600};
	CHECK_OK(fs_write(path, &write, &err), &err);
}

/* Somebody else renews the file: the next refusal makes belay look again. */
TEST(a_profile_with_a_session_token)
{
	if (!has_sts())
		return;
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_free_ char *path = str_format("%s/credentials", test_directory());
	_cleanup_json_ json_t *store = bucket_at(getenv("S3_STS_ENDPOINT"));
	_cleanup_json_ json_t *keys = front_ask("/keys?seconds=2");
	_cleanup_json_ json_t *fresh = front_ask("/keys?seconds=3600");
	struct err err = {0};
	set_s3(store, "profile",
	       json_pack("{s:s, s:s}", "name", "backups", "file", path));
	write_profile(path, keys);
	CHECK_OK(list(fx, store, "", NULL, &err), &err);
	usleep(3000000);
	CHECK_FAILS(list(fx, store, "", NULL, &err), &err, ERR_AUTH, "s3:ListBucket");
	err_clear(&err);
	write_profile(path, fresh);
	CHECK_OK(list(fx, store, "", NULL, &err), &err);
}

TEST(written_keys_with_a_session_token)
{
	if (!has_sts())
		return;
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_json_ json_t *store = bucket_at(getenv("S3_STS_ENDPOINT"));
	_cleanup_json_ json_t *keys = front_ask("/keys?seconds=3600");
	struct err err = {0};
	static const char *const names[] = {"access_key", "secret_key", "session_token"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path =
			str_format("%s/%s", test_directory(), names[i]);
		const char *value = json_get_string(keys, names[i], "");
		const struct fs_write write = {
			.data = value, .len = strlen(value), .mode = 0600};
		CHECK_OK(fs_write(path, &write, &err), &err);
		set_s3(store, names[i], json_pack("{s:{s:s}}", "$secret", "file", path));
	}
	CHECK_OK(list(fx, store, "", NULL, &err), &err);
	json_object_del(json_object_get(store, "s3"), "session_token");
	CHECK_FAILS(list(fx, store, "", NULL, &err), &err, ERR_AUTH, "");
}
