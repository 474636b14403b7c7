/* A store in S3: its settings, and keys that are good for a time only.
 *
 * Keys that are written down (access_key, secret_key) are resolved when the depot is opened. Those of a
 * web identity are kept for the process and fetched anew before they run out, those of a profile are read for each
 * depot; both are fetched anew as well when the store takes them no more. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "live_net.h"
#include "live_store.h"
#include "platform/clock.h"
#include "platform/env.h"
#include "platform/fs.h"
#include "platform/s3.h"

#define PROFILE_MAX_BYTES ((size_t)1 << 20)
/* Before the end of keys, or in the last quarter of their life when that is short. */
#define RENEW_BEFORE_MS (5 * INT64_C(60000))
#define STS_TIMEOUT_MS 30000
#define TIMEOUT_MAX_MS (24 * INT64_C(3600000))
#define ATTEMPTS_MAX 100

static const json_t *settings_of(const struct live_store *store)
{
	return json_object_get(store->value, "s3");
}

/* --- keys that come from elsewhere --------------------------------------------------------- */

/* The shared credentials file, as the AWS tools find it. Fresh. */
static char *profile_path(const json_t *profile)
{
	const char *path = json_get_string(profile, "file", NULL);
	if (!path)
		path = env_get("AWS_SHARED_CREDENTIALS_FILE");
	if (path && *path)
		return mem_strdup(path);
	const char *home = env_get("HOME");
	return str_format("%s/.aws/credentials", home ? home : "");
}

static int keys_of_profile(const json_t *profile, struct aws_credentials *ret,
			   struct err *err)
{
	struct secret text = SECRET_INIT;
	_cleanup_free_ char *path = profile_path(profile);
	const char *name = json_get_string(profile, "name", "default");
	int result = fs_read(path, PROFILE_MAX_BYTES, &text.data, &text.len, err);
	if (result == 0)
		result = aws_profile_read(text.data, text.len, name, ret, err);
	secret_release(&text);
	if (result == 0)
		return 0;
	err->code = ERR_CONFIG;
	return err_wrap(err, "profile '%s' of '%s'", name, path);
}

/* STS of the same region; stores that are not Amazon's have it at their own endpoint. */
static char *sts_endpoint(const json_t *settings, const json_t *identity)
{
	const char *given = json_get_string(identity, "endpoint", NULL);
	const char *store = json_get_string(settings, "endpoint", "");
	const char *region = json_get_string(settings, "region", "us-east-1");
	if (given)
		return mem_strdup(given);
	if (*store && !strstr(store, ".amazonaws.com"))
		return mem_strdup(store);
	return str_format("https://sts.%s.amazonaws.com%s", region,
			  str_has_prefix(region, "cn-") ? ".cn" : "");
}

static int keys_of_identity(const struct live_store *store, const json_t *identity,
			    struct aws_credentials *ret, struct err *err)
{
	const json_t *settings = settings_of(store);
	_cleanup_secret_ struct secret token = SECRET_INIT;
	_cleanup_free_ char *endpoint = sts_endpoint(settings, identity);
	struct aws_web_identity asked = {
		.endpoint = endpoint,
		.session = json_get_string(identity, "session", "belay"),
		.token = &token,
		.tls = {.ca_file = json_get_string(settings, "ca_file", NULL)},
		.timeout_ms = STS_TIMEOUT_MS,
		.stop = live_stop(store->call),
	};
	if (live_need_string(identity, "role", "a web identity", &asked.role, err) < 0 ||
	    live_resolve(store->call, json_object_get(identity, "token"),
			 "the web identity", &token, err) < 0)
		return -1;
	return aws_web_identity(live_trust(store->call), &asked, ret, err);
}

static int fetch_keys(const struct live_store *store, struct aws_credentials *ret,
		      struct err *err)
{
	const json_t *identity = json_object_get(settings_of(store), "web_identity");
	const json_t *profile = json_object_get(settings_of(store), "profile");
	int result = identity ? keys_of_identity(store, identity, ret, err)
			      : keys_of_profile(profile, ret, err);
	if (result < 0)
		return -1;
	live_remember_secret(store->call, ret->secret_key.data, ret->secret_key.len);
	if (ret->session_token.len)
		live_remember_secret(store->call, ret->session_token.data,
				     ret->session_token.len);
	/* A name that is good for an hour is of no use to anybody but who has the secret. */
	if (identity)
		live_remember_secret(store->call, ret->access_key,
				     strlen(ret->access_key));
	return 0;
}

static int64_t time_to_renew(int64_t expires_ms)
{
	if (expires_ms == INT64_MAX)
		return INT64_MAX;
	int64_t quarter_ms = (expires_ms - clock_wall_ms()) / 4;
	return expires_ms - (quarter_ms < RENEW_BEFORE_MS ? quarter_ms : RENEW_BEFORE_MS);
}

/* Keys that still work are better than none when new ones cannot be had. */
static int renew_keys(const struct live_store *store, bool must, struct err *err)
{
	struct aws_credentials *kept = &store->kept->keys, fresh = {0};
	struct err why = {0};
	if (fetch_keys(store, &fresh, &why) == 0) {
		aws_credentials_release(kept);
		*kept = fresh;
		store->kept->renew_ms = time_to_renew(fresh.expires_ms);
		return 0;
	}
	aws_credentials_release(&fresh);
	if (!must && why.code != ERR_CANCELLED)
		return 0;
	*err = why;
	return -1;
}

/* `must`: those that are kept will not do. `ret` may be NULL. */
static int take_keys(struct live_store *store, bool must, const char *refused,
		     struct aws_credentials *ret, struct err *err)
{
	struct live_kept_store *kept = store->kept;
	int result = 0;
	pthread_mutex_lock(&kept->keys_lock);
	int64_t now_ms = clock_wall_ms();
	must = must || !kept->keys.access_key || kept->keys.expires_ms <= now_ms ||
	       str_equal(refused, kept->keys.access_key);
	if (must || kept->renew_ms <= now_ms)
		result = renew_keys(store, must, err);
	if (result == 0 && ret)
		aws_credentials_copy(ret, &kept->keys);
	pthread_mutex_unlock(&kept->keys_lock);
	return result;
}

static int current_keys(void *context, const char *refused, struct aws_credentials *ret,
			struct err *err)
{
	return take_keys(context, false, refused, ret, err);
}

/* --- connections --------------------------------------------------------------------------- */

static struct http_client *take_client(void *context, const char *url)
{
	return live_http_take(((struct live_store *)context)->call, url);
}

static void give_client(void *context, struct http_client *client, const char *url)
{
	live_http_give(((struct live_store *)context)->call, client, url);
}

/* --- settings ------------------------------------------------------------------------------ */

/* Secrets that the options borrow until the depot has copied them. */
struct own_keys {
	struct secret access_key, secret_key, session_token;
};

static void own_keys_release(struct own_keys *keys)
{
	secret_release(&keys->access_key);
	secret_release(&keys->secret_key);
	secret_release(&keys->session_token);
}

static int read_keys(struct live_store *store, struct own_keys *keys,
		     struct s3_options *options, struct err *err)
{
	const json_t *settings = settings_of(store);
	bool profile = json_object_get(settings, "profile") != NULL;
	bool identity = json_object_get(settings, "web_identity") != NULL;
	bool written = json_object_get(settings, "secret_key") != NULL;
	if (profile + identity + written != 1)
		return err_set(err, ERR_CONFIG,
			       "a bucket needs one of 'secret_key', 'profile' and "
			       "'web_identity'");
	if (!written) {
		options->owner.keys = current_keys;
		/* Whoever renews the keys in a file does not tell. */
		return take_keys(store, profile, NULL, NULL, err);
	}
	if (live_resolve_member(store->call, settings, "access_key", "the access key",
				&keys->access_key, err) < 0 ||
	    live_resolve_member(store->call, settings, "secret_key", "the secret key",
				&keys->secret_key, err) < 0 ||
	    live_resolve_member(store->call, settings, "session_token",
				"the session token", &keys->session_token, err) < 0)
		return -1;
	options->access_key = keys->access_key.data;
	options->secret_key = &keys->secret_key;
	options->session_token = &keys->session_token;
	return 0;
}

static int read_checksum(const json_t *settings, enum s3_checksum *ret, struct err *err)
{
	static const char *const names[] = {
		[S3_CHECKSUM_SHA256] = "sha256",
		[S3_CHECKSUM_MD5] = "md5",
		[S3_CHECKSUM_NONE] = "none",
	};
	const char *name = json_get_string(settings, "checksum", "sha256");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!str_equal(name, names[i]))
			continue;
		*ret = (enum s3_checksum)i;
		return 0;
	}
	return err_set(err, ERR_CONFIG, "'%s' is no checksum: sha256, md5 or none", name);
}

static int read_lock(const json_t *settings, struct s3_options *options, struct err *err)
{
	const json_t *lock = json_object_get(settings, "lock");
	const char *mode = json_get_string(lock, "mode", "governance");
	if (!lock || json_is_null(lock))
		return 0;
	if (strcasecmp(mode, "governance") == 0)
		options->lock_mode = "GOVERNANCE";
	else if (strcasecmp(mode, "compliance") == 0)
		options->lock_mode = "COMPLIANCE";
	else
		return err_set(err, ERR_CONFIG,
			       "'%s' is no object lock: governance or compliance", mode);
	options->lock_until_ms = json_get_int(lock, "until_ms", 0);
	return 0;
}

static int read_settings(const json_t *settings, struct s3_options *options,
			 struct err *err)
{
	int64_t timeout_ms = json_get_int(settings, "timeout_ms", 0);
	int64_t attempts = json_get_int(settings, "attempts", 0);
	if (timeout_ms < 0 || timeout_ms > TIMEOUT_MAX_MS || attempts < 0 ||
	    attempts > ATTEMPTS_MAX)
		return err_set(err, ERR_CONFIG, "a limit of the bucket is out of range");
	if (live_need_string(settings, "endpoint", "a bucket", &options->endpoint, err) <
		    0 ||
	    live_need_string(settings, "bucket", "a bucket", &options->bucket, err) < 0 ||
	    read_checksum(settings, &options->checksum, err) < 0 ||
	    read_lock(settings, options, err) < 0)
		return -1;
	options->prefix = json_get_string(settings, "prefix", NULL);
	options->region = json_get_string(settings, "region", NULL);
	options->virtual_host = json_get_bool(settings, "virtual_host", false);
	options->storage_class = json_get_string(settings, "storage_class", NULL);
	options->encryption = json_get_string(settings, "encryption", NULL);
	options->kms_key = json_get_string(settings, "kms_key", NULL);
	options->ca_file = json_get_string(settings, "ca_file", NULL);
	options->timeout_ms = timeout_ms;
	options->attempts = (unsigned)attempts;
	return 0;
}

int live_bucket_open(struct live_store *store, struct depot **ret, struct err *err)
{
	struct own_keys keys = {0};
	struct s3_options options = {
		.stop = store->stop,
		.owner = {.context = store,
			  .take = take_client,
			  .give = give_client,
			  .unconditional = &store->kept->unconditional,
			  .release = free},
	};
	int result = read_settings(settings_of(store), &options, err);
	if (result == 0)
		result = read_keys(store, &keys, &options, err);
	if (result == 0)
		result = s3_new(live_trust(store->call), &options, ret, err);
	own_keys_release(&keys);
	return result;
}
