/* A depot in a bucket: settings, small objects, looking. Multipart uploads are in s3_upload.c, listings in
 * s3_list.c. */
#include "platform/s3.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/clock.h"
#include "platform/digest.h"
#include "platform/http_url.h"
#include "platform/s3_request.h"

#define DEFAULT_REGION "us-east-1"
#define DEFAULT_TIMEOUT_MS 600000
#define DEFAULT_ATTEMPTS 6
#define DEFAULT_DELAY_MS 500
#define LEAST_PART_BYTES ((size_t)5 << 20)

static const char *warning(struct depot *depot)
{
	struct s3 *s3 = (struct s3 *)depot;
	return atomic_load(s3->unconditional)
		       ? "the store knows no conditional requests: of two that make the "
			 "same object at the same moment the later one wins"
		       : NULL;
}

/* --- looking ------------------------------------------------------------------------------- */

static int64_t http_date_ms(const char *text)
{
	time_t at = text ? curl_getdate(text, NULL) : -1;
	return at > 0 ? (int64_t)at * 1000 : 0;
}

static void describe(const char *name, const struct http_response *http,
		     struct depot_object *ret)
{
	long long size = 0;
	const char *length = http_response_header(http, "Content-Length");
	const char *mark = http_response_header(http, "x-amz-meta-belay");
	if (length && str_to_int64(length, 0, INT64_MAX, &size) < 0)
		size = 0;
	*ret = (struct depot_object){.name = mem_strdup(name), .size_bytes = size};
	ret->modified_ms = http_date_ms(http_response_header(http, "Last-Modified"));
	s3_copy_tag(ret->etag, http_response_header(http, "ETag"));
	s3_copy_sha256(ret->sha256, http_response_header(http, "x-amz-checksum-sha256"));
	s3_copy_tag(ret->mark, mark);
}

/* The answer to a HEAD has no body that could say why it was refused. The same question as a GET, which needs the same
 * permission, is answered in words; *err stays as it is where those are missing, too. */
static void ask_why(struct s3 *s3, const char *name, struct err *err)
{
	struct s3_answer answer = {0};
	struct s3_headers headers = {0};
	struct err why = {0};
	char byte;
	s3_headers_add(&headers, "Range", "bytes=0-0");
	struct s3_call call = {.action = "s3:GetObject",
			       .method = "GET",
			       .name = name,
			       .headers = &headers,
			       .into = &byte,
			       .into_bytes = sizeof byte};
	if (s3_call(s3, &call, &answer, &why) < 0 && *answer.fault.code)
		*err = why;
	s3_headers_release(&headers);
	s3_answer_release(&answer);
}

static bool is_refused_silently(const struct s3_answer *answer)
{
	int status = answer->http.status;
	return !*answer->fault.code && (status == 400 || status == 401 || status == 403);
}

int s3_head(struct depot *depot, const char *name, struct depot_object *ret,
	    struct err *err)
{
	struct s3_answer answer = {0};
	struct s3_headers headers = {0};
	*ret = (struct depot_object){0};
	if (depot_check_name(name, err) < 0)
		return -1;
	s3_headers_add(&headers, "x-amz-checksum-mode", "ENABLED");
	struct s3_call call = {.action = "s3:GetObject",
			       .method = "HEAD",
			       .name = name,
			       .headers = &headers};
	int result = s3_call((struct s3 *)depot, &call, &answer, err);
	if (result == 0)
		describe(name, &answer.http, ret);
	else if (is_refused_silently(&answer))
		ask_why((struct s3 *)depot, name, err);
	s3_headers_release(&headers);
	s3_answer_release(&answer);
	return result;
}

bool s3_is_ours(struct s3 *s3, const char *name, const char *mark)
{
	struct depot_object object = {0};
	struct err ignored = {0};
	bool ours = s3_head(&s3->depot, name, &object, &ignored) == 0 &&
		    strcmp(object.mark, mark) == 0;
	depot_object_release(&object);
	return ours;
}

int s3_refuse_taken(struct s3 *s3, const char *name, struct err *err)
{
	struct depot_object object = {0};
	struct err why = {0};
	if (s3_head(&s3->depot, name, &object, &why) == 0) {
		depot_object_release(&object);
		return depot_fail_exists(name, err);
	}
	if (why.code == ERR_NOT_FOUND)
		return 0;
	*err = why;
	return -1;
}

static int get(struct depot *depot, const char *name, int64_t offset, void *buffer,
	       size_t bytes, size_t *ret_count, struct err *err)
{
	struct s3 *s3 = (struct s3 *)depot;
	struct s3_answer answer = {0};
	struct s3_headers headers = {0};
	*ret_count = 0;
	if (depot_check_name(name, err) < 0)
		return -1;
	if (bytes == 0)
		return 0;
	s3_headers_add(&headers, "Range", "bytes=%jd-%jd", (intmax_t)offset,
		       (intmax_t)offset + (intmax_t)bytes - 1);
	struct s3_call call = {.action = "s3:GetObject",
			       .method = "GET",
			       .name = name,
			       .headers = &headers,
			       .into = buffer,
			       .into_bytes = bytes};
	int result = s3_call(s3, &call, &answer, err);
	if (result < 0 && answer.http.status == 416)
		result = 0; /* behind the end */
	else if (result == 0 && answer.http.status == 200 && offset > 0)
		result = err_set(
			err, ERR_FAIL,
			"the store gives all of '%s' where a range was asked for", name);
	else if (result == 0)
		*ret_count = answer.into_count;
	s3_headers_release(&headers);
	s3_answer_release(&answer);
	return result;
}

/* --- making and removing ------------------------------------------------------------------- */

static int put_once(struct s3 *s3, const struct s3_call *call, const char *mark,
		    bool conditional, struct s3_answer *answer, struct err *err)
{
	struct s3_headers headers = {0};
	struct s3_call filled = *call;
	s3_headers_for_object(&headers, s3, mark);
	s3_headers_checksum(&headers, s3, call->body, call->body_len, call->body_sha256);
	if (conditional)
		s3_headers_add(&headers, "If-None-Match", "*");
	filled.headers = &headers;
	int result = s3_call(s3, &filled, answer, err);
	s3_headers_release(&headers);
	return result;
}

static int put(struct depot *depot, const char *name, const void *data, size_t bytes,
	       struct err *err)
{
	struct s3 *s3 = (struct s3 *)depot;
	struct s3_answer answer = {0};
	struct err why = {0};
	unsigned char digest[DIGEST_SHA256_BYTES];
	if (depot_check_name(name, err) < 0)
		return -1;
	digest_sha256(data, bytes, digest);
	_cleanup_free_ char *mark = str_hex(digest, sizeof digest);
	struct s3_call call = {.action = "s3:PutObject",
			       .method = "PUT",
			       .name = name,
			       .body = data,
			       .body_len = bytes,
			       .body_sha256 = digest};
	bool conditional = !atomic_load(s3->unconditional);
	int result = conditional ? put_once(s3, &call, mark, true, &answer, &why) : 0;
	if (result < 0 && s3_fault_is_unknown(&answer.fault)) {
		atomic_store(s3->unconditional, true);
		conditional = false;
	}
	if (!conditional) {
		s3_answer_release(&answer);
		result = s3_refuse_taken(s3, name, &why);
		if (result == 0)
			result = put_once(s3, &call, mark, false, &answer, &why);
	}
	if (result < 0 && answer.unsure && s3_is_ours(s3, name, mark))
		result = 0;
	if (result < 0)
		*err = why;
	s3_answer_release(&answer);
	return result;
}

static int remove_object(struct depot *depot, const char *name, struct err *err)
{
	struct s3_answer answer = {0};
	struct err why = {0};
	struct s3_call call = {
		.action = "s3:DeleteObject", .method = "DELETE", .name = name};
	if (depot_check_name(name, err) < 0)
		return -1;
	int result = s3_call((struct s3 *)depot, &call, &answer, &why);
	/* A missing bucket is no missing object. */
	if (result < 0 && answer.http.status == 404 &&
	    strcmp(answer.fault.code, "NoSuchBucket") != 0)
		result = 0;
	if (result < 0)
		*err = why;
	s3_answer_release(&answer);
	return result;
}

/* --- settings ------------------------------------------------------------------------------ */

static void free_s3(struct depot *depot)
{
	struct s3 *s3 = (struct s3 *)depot;
	char *texts[] = {s3->base,          s3->prefix,     s3->bucket,  s3->region,
			 s3->storage_class, s3->encryption, s3->kms_key, s3->lock_mode,
			 s3->ca_file,       s3->extra_ca};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < s3->idle.count; i++)
		http_client_free(s3->idle.items[i]);
	free(s3->idle.items);
	pthread_mutex_destroy(&s3->lock);
	aws_credentials_release(&s3->keys);
	if (s3->owner.release)
		s3->owner.release(s3->owner.context);
	free(s3);
}

static const struct depot_ops ops = {
	.least_part_bytes = LEAST_PART_BYTES,
	.free = free_s3,
	.warning = warning,
	.put = put,
	.get = get,
	.head = s3_head,
	.list = s3_list,
	.remove = remove_object,
	.begin = s3_begin,
	.put_part = s3_put_part,
	.finish = s3_finish,
	.abort = s3_abort,
	.drop = s3_drop,
	.unfinished = s3_unfinished,
	.abandon = s3_abandon,
};

/* What goes into the host name, the URL's path or the signature as it is. */
static int check_word(const char *what, const char *word, const char *also,
		      struct err *err)
{
	for (const char *at = word; at && *at; at++) {
		bool good = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
			    (*at >= '0' && *at <= '9') || strchr(also, *at);
		if (!good)
			return err_set(err, ERR_CONFIG, "'%s' cannot be a %s", word,
				       what);
	}
	return word && *word ? 0 : err_set(err, ERR_CONFIG, "the %s is missing", what);
}

static int check_endpoint(const char *endpoint, struct err *err)
{
	if (http_url_check(endpoint, err) < 0)
		return err_wrap(err, "endpoint '%s'", endpoint);
	const char *host = strstr(endpoint, "://") + 3;
	size_t len = strcspn(host, "/?#");
	if (host[len] && strcmp(host + len, "/") != 0) {
		err_set(err, ERR_CONFIG, "the endpoint '%s' has a path", endpoint);
		return err_hint(err,
				"the bucket and the prefix are settings of their own");
	}
	return 0;
}

static int check(const struct s3_options *options, struct err *err)
{
	if (check_endpoint(options->endpoint, err) < 0 ||
	    check_word("bucket", options->bucket, "-._", err) < 0 ||
	    check_word("region", options->region ? options->region : DEFAULT_REGION, "-",
		       err) < 0)
		return -1;
	if (strcmp(options->bucket, ".") == 0 || strcmp(options->bucket, "..") == 0)
		return err_set(err, ERR_CONFIG, "'%s' cannot be a bucket",
			       options->bucket);
	if (options->prefix && *options->prefix &&
	    depot_check_name(options->prefix, err) < 0)
		return err_wrap(err, "the prefix is not usable");
	bool keys = !str_is_blank(options->access_key) && options->secret_key &&
		    options->secret_key->len;
	if (!keys && !options->owner.keys)
		return err_set(err, ERR_CONFIG, "the keys of bucket '%s' are missing",
			       options->bucket);
	if (options->kms_key && !str_equal(options->encryption, "aws:kms"))
		return err_set(err, ERR_CONFIG,
			       "a KMS key goes with encryption 'aws:kms'");
	if (options->lock_mode && options->lock_until_ms <= 0)
		return err_set(err, ERR_CONFIG, "an object lock needs an end");
	return 0;
}

static char *base_url(const struct s3_options *options)
{
	size_t len = strlen(options->endpoint);
	while (len && options->endpoint[len - 1] == '/')
		len--;
	_cleanup_free_ char *endpoint = mem_strndup(options->endpoint, len);
	const char *host = strstr(endpoint, "://") + 3;
	return options->virtual_host ? str_format("%.*s%s.%s", (int)(host - endpoint),
						  endpoint, options->bucket, host)
				     : str_format("%s/%s", endpoint, options->bucket);
}

static void copy_settings(struct s3 *s3, const struct s3_options *options)
{
	const char *prefix = options->prefix ? options->prefix : "";
	s3->base = base_url(options);
	s3->prefix = str_format("%s%s", prefix, *prefix ? "/" : "");
	s3->bucket = mem_strdup(options->bucket);
	s3->region = mem_strdup(options->region ? options->region : DEFAULT_REGION);
	str_assign(&s3->storage_class, options->storage_class);
	str_assign(&s3->encryption, options->encryption);
	str_assign(&s3->kms_key, options->kms_key);
	str_assign(&s3->lock_mode, options->lock_mode);
	str_assign(&s3->ca_file, options->ca_file);
	str_assign(&s3->extra_ca, options->extra_ca);
	s3->lock_until_ms = options->lock_until_ms;
	s3->checksum = options->checksum;
	s3->timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
	s3->attempts = options->attempts ? options->attempts : DEFAULT_ATTEMPTS;
	s3->first_delay_ms =
		options->first_delay_ms ? options->first_delay_ms : DEFAULT_DELAY_MS;
	s3->stop = options->stop;
	s3->owner = options->owner;
	s3->unconditional = s3->owner.unconditional ? s3->owner.unconditional
						    : &s3->own_unconditional;
}

static void copy_keys(struct s3 *s3, const struct s3_options *options)
{
	struct secret none = SECRET_INIT;
	const struct secret *session = options->session_token;
	struct aws_credentials borrowed = {
		.access_key = (char *)options->access_key,
		.secret_key = *options->secret_key,
		.session_token = session ? *session : none,
		.expires_ms = INT64_MAX,
	};
	aws_credentials_copy(&s3->keys, &borrowed);
}

int s3_new(struct trust *trust, const struct s3_options *options, struct depot **ret,
	   struct err *err)
{
	if (check(options, err) < 0)
		return -1;
	struct s3 *s3 = mem_new(struct s3);
	s3->depot.ops = &ops;
	s3->trust = trust;
	pthread_mutex_init(&s3->lock, NULL);
	s3->now_ms = clock_wall_ms;
	copy_settings(s3, options);
	if (!options->owner.keys)
		copy_keys(s3, options);
	*ret = &s3->depot;
	return 0;
}
