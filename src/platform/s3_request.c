/* Requests to S3: URL, headers, attempts. */
#include "platform/s3_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "platform/clock.h"
#include "platform/digest.h"

#define ANSWER_MAX_BYTES ((size_t)16 << 20)
#define HEADER_MAX_BYTES ((size_t)64 << 10)
#define STALL_TIMEOUT_MS 60000
#define CONNECT_TIMEOUT_MS 20000
#define DELAY_MAX_MS 20000

/* --- headers ------------------------------------------------------------------------------- */

void s3_headers_add(struct s3_headers *headers, const char *name, const char *format, ...)
{
	struct str value = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&value, format, args);
	va_end(args);
	size_t at = headers->count++;
	headers->owned[at] = str_take(&value);
	headers->items[at] =
		(struct http_header){.name = name, .value = headers->owned[at]};
}

void s3_headers_release(struct s3_headers *headers)
{
	for (size_t i = 0; i < headers->count; i++)
		free(headers->owned[i]);
	*headers = (struct s3_headers){0};
}

/* "2026-11-21T09:52:03Z" */
static void add_lock(struct s3_headers *headers, const struct s3 *s3)
{
	char until[TIME_TEXT_BYTES];
	if (!s3->lock_mode)
		return;
	s3_headers_add(headers, "x-amz-object-lock-mode", "%s", s3->lock_mode);
	s3_headers_add(headers, "x-amz-object-lock-retain-until-date", "%s",
		       time_format(s3->lock_until_ms, until));
}

void s3_headers_for_object(struct s3_headers *headers, const struct s3 *s3,
			   const char *mark)
{
	s3_headers_add(headers, "Content-Type", "application/octet-stream");
	s3_headers_add(headers, "x-amz-meta-belay", "%s", mark);
	if (s3->storage_class)
		s3_headers_add(headers, "x-amz-storage-class", "%s", s3->storage_class);
	if (s3->encryption)
		s3_headers_add(headers, "x-amz-server-side-encryption", "%s",
			       s3->encryption);
	if (s3->kms_key)
		s3_headers_add(headers, "x-amz-server-side-encryption-aws-kms-key-id",
			       "%s", s3->kms_key);
	add_lock(headers, s3);
}

void s3_headers_checksum(struct s3_headers *headers, const struct s3 *s3,
			 const void *body, size_t len, const unsigned char *sha256)
{
	unsigned char digest[DIGEST_MD5_BYTES];
	_cleanup_free_ char *text = NULL;
	switch (s3->checksum) {
	case S3_CHECKSUM_SHA256:
		text = str_base64(sha256, DIGEST_SHA256_BYTES);
		s3_headers_add(headers, "x-amz-checksum-sha256", "%s", text);
		break;
	case S3_CHECKSUM_MD5:
		digest_md5(body, len, digest);
		text = str_base64(digest, sizeof digest);
		s3_headers_add(headers, "Content-MD5", "%s", text);
		break;
	case S3_CHECKSUM_NONE:
		break;
	}
}

/* --- URL ----------------------------------------------------------------------------------- */

void s3_add_encoded(struct str *out, const char *text, bool path)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	for (; *text; text++) {
		if (strchr(unreserved, *text) || (path && *text == '/'))
			str_add_char(out, *text);
		else
			str_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

static char *url_of(const struct s3 *s3, const struct s3_call *call)
{
	struct str url = STR_INIT;
	str_addf(&url, "%s/", s3->base);
	if (call->name) {
		s3_add_encoded(&url, s3->prefix, true);
		s3_add_encoded(&url, call->name, true);
	}
	if (call->query)
		str_addf(&url, "?%s", call->query);
	return str_take(&url);
}

void s3_copy_tag(char to[static DEPOT_TAG_BYTES], const char *etag)
{
	size_t len = 0;
	for (; etag && *etag && len + 1 < DEPOT_TAG_BYTES; etag++)
		if (*etag != '"' && (unsigned char)*etag > 0x20 && *etag != 0x7f)
			to[len++] = *etag;
	to[len] = '\0';
}

void s3_copy_sha256(char to[static 65], const char *base64)
{
	unsigned char *digest = NULL;
	size_t len = 0;
	to[0] = '\0';
	if (base64 && str_unbase64(base64, &digest, &len) == 0 &&
	    len == DIGEST_SHA256_BYTES) {
		_cleanup_free_ char *hex = str_hex(digest, len);
		memcpy(to, hex, 65);
	}
	free(digest);
}

char *s3_base64_of_hex(const char *sha256)
{
	unsigned char digest[DIGEST_SHA256_BYTES] = {0};
	(void)str_unhex(sha256, digest, sizeof digest);
	return str_base64(digest, sizeof digest);
}

/* --- connections --------------------------------------------------------------------------- */

static struct http_client *take_client(struct s3 *s3)
{
	struct http_client *client = NULL;
	if (s3->owner.take)
		return s3->owner.take(s3->owner.context, s3->base);
	pthread_mutex_lock(&s3->lock);
	if (s3->idle.count)
		client = s3->idle.items[--s3->idle.count];
	pthread_mutex_unlock(&s3->lock);
	return client ? client : http_client_new(s3->trust);
}

static void give_client(struct s3 *s3, struct http_client *client)
{
	if (s3->owner.give) {
		s3->owner.give(s3->owner.context, client, s3->base);
		return;
	}
	pthread_mutex_lock(&s3->lock);
	*vec_push(&s3->idle) = client;
	pthread_mutex_unlock(&s3->lock);
}

/* --- one attempt --------------------------------------------------------------------------- */

/* A body of data goes where the caller wants it, that of a refusal into the answer. */
static int read_body(struct http_client *client, const struct s3_call *call,
		     struct s3_answer *answer, struct err *err)
{
	struct http_response *http = &answer->http;
	bool data = call->into && (http->status == 200 || http->status == 206);
	char rest[16384];
	size_t count = 0;
	do {
		size_t room = data ? call->into_bytes - answer->into_count : 0;
		char *to = room ? (char *)call->into + answer->into_count : rest;
		if (http_read(client, to, room ? room : sizeof rest, &count, err) < 0)
			return -1;
		if (room)
			answer->into_count += count;
		else if (data && count)
			break; /* the store ignored the range: enough was read */
		else
			str_add_bytes(&http->body, rest, count);
	} while (count && !http->body.truncated);
	return 0;
}

static struct stop stop_of(const struct s3 *s3, const struct s3_call *call)
{
	return call->tidies ? STOP_NEVER : s3->stop;
}

static int attempt(struct s3 *s3, const struct s3_call *call, const char *url,
		   const struct s3_signed *with, struct s3_answer *answer,
		   struct err *err)
{
	struct http_client *client = take_client(s3);
	struct http_request request = {
		.method = call->method,
		.url = url,
		.headers = with->headers,
		.header_count = with->count,
		.body = call->body,
		.body_len = call->body_len,
		.tls = {.ca_file = s3->ca_file, .extra_ca = s3->extra_ca},
		.timeout_ms = s3->timeout_ms,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.stall_timeout_ms = STALL_TIMEOUT_MS,
		.max_body_bytes = ANSWER_MAX_BYTES,
		.max_header_bytes = HEADER_MAX_BYTES,
		.stop = stop_of(s3, call),
	};
	http_response_release(&answer->http);
	answer->into_count = 0;
	int result = http_open(client, &request, &answer->http, err);
	if (result == 0 && answer->http.failure == HTTP_OK)
		result = read_body(client, call, answer, err);
	http_close(client);
	give_client(s3, client);
	return result;
}

/* From "no answer" to an error. */
static int set_failure(const struct s3 *s3, const struct s3_call *call,
		       const struct http_response *http, struct err *err)
{
	enum err_code code = http->failure == HTTP_TIMEOUT ? ERR_TIMEOUT : ERR_NET;
	return err_set(err, code, "%s on bucket '%s': no answer from the store: %s (%s)",
		       call->action, s3->bucket, http->message,
		       http_failure_name(http->failure));
}

static bool failure_passes(enum http_failure failure)
{
	return failure == HTTP_RESET || failure == HTTP_TIMEOUT ||
	       failure == HTTP_REFUSED || failure == HTTP_DNS;
}

/* Could it have had its effect, although the answer says nothing or failure? Who asks for fewer
 * requests has done nothing. */
static bool may_have_worked(const struct s3_answer *answer)
{
	enum http_failure failure = answer->http.failure;
	int status = answer->http.status;
	if (failure == HTTP_OK)
		return status != 429 && status != 503;
	return failure == HTTP_RESET || failure == HTTP_TIMEOUT;
}

enum outcome { DONE, AGAIN, OTHER_KEYS, REFUSED };

static enum outcome judge(const struct s3 *s3, const struct s3_call *call,
			  const struct s3_signed *with, struct s3_answer *answer,
			  struct err *err)
{
	struct http_response *http = &answer->http;
	answer->fault = (struct s3_fault){0};
	if (http->failure != HTTP_OK) {
		set_failure(s3, call, http, err);
		return failure_passes(http->failure) ? AGAIN : REFUSED;
	}
	bool data = call->into && http->status >= 200 && http->status < 300;
	if (data || !s3_fault_read(http->status, str_text(&http->body), http->body.len,
				   &answer->fault))
		return DONE;
	s3_fault_headers(&answer->fault,
			 http_response_header(http, "x-amz-bucket-region"),
			 http_response_header(http, "Date"));
	_cleanup_free_ char *key =
		call->name ? str_format("%s%s", s3->prefix, call->name) : NULL;
	struct s3_place place = {call->action, s3->bucket,  key,
				 s3->region,   with->at_ms, s3->storage_class};
	s3_fault_set(&answer->fault, &place, err);
	if (s3->owner.keys && s3_fault_is_expired(&answer->fault))
		return OTHER_KEYS;
	return s3_fault_passes(&answer->fault) ? AGAIN : REFUSED;
}

/* --- attempts ------------------------------------------------------------------------------ */

/* Twice as long each time, half of it by chance, so that parallel uploads come apart. */
static int64_t delay_ms(const struct s3 *s3, unsigned tried, int64_t asked_ms)
{
	uint32_t random = 0;
	int64_t delay = s3->first_delay_ms;
	random_fill(&random, sizeof random);
	for (unsigned i = 1; i < tried && delay < DELAY_MAX_MS; i++)
		delay *= 2;
	if (delay > DELAY_MAX_MS)
		delay = DELAY_MAX_MS;
	delay = delay / 2 + (int64_t)(random % (uint32_t)(delay / 2 + 1));
	if (asked_ms > DELAY_MAX_MS)
		asked_ms = DELAY_MAX_MS;
	return asked_ms > delay ? asked_ms : delay;
}

/* `refused`: the access key that was not taken any more in the attempt before, fresh or NULL. */
static enum outcome try_once(struct s3 *s3, const struct s3_call *call, const char *url,
			     const char *sha256, char **refused, struct s3_answer *answer,
			     struct err *err)
{
	struct s3_signed with;
	enum outcome outcome = REFUSED;
	if (s3_sign(s3, call, url, sha256, *refused, &with, err) == 0 &&
	    attempt(s3, call, url, &with, answer, err) == 0)
		outcome = judge(s3, call, &with, answer, err);
	/* Once: what was just got and is refused again will not get better. */
	if (outcome == OTHER_KEYS && *refused)
		outcome = REFUSED;
	if (outcome == OTHER_KEYS)
		str_assign(refused, with.keys.access_key);
	s3_signed_release(&with);
	return outcome;
}

/* What was wrong comes first, and what to do about it is said even where the store does not. */
static void tell_attempts(struct err *err, unsigned tried)
{
	char message[sizeof err->message];
	if (tried < 2)
		return;
	if ((size_t)snprintf(message, sizeof message, "%s (after %u attempts)",
			     err->message, tried) < sizeof message)
		memcpy(err->message, message, sizeof message);
	err_hint(err, "the store is busy or out of reach: look at whether it is up, or "
		      "run again later");
}

static int repeat(struct s3 *s3, const struct s3_call *call, const char *url,
		  const char *sha256, struct s3_answer *answer, struct err *err)
{
	_cleanup_free_ char *refused = NULL;
	for (unsigned tried = 1;; tried++) {
		struct err why = {0};
		enum outcome outcome =
			try_once(s3, call, url, sha256, &refused, answer, &why);
		if (outcome == DONE)
			return 0;
		if (outcome == OTHER_KEYS)
			continue;
		if (outcome == AGAIN && may_have_worked(answer))
			answer->unsure = true;
		if (outcome == REFUSED || tried >= s3->attempts) {
			*err = why;
			if (outcome == AGAIN)
				tell_attempts(err, tried);
			return -1;
		}
		int64_t wait = delay_ms(s3, tried, answer->http.retry_after_ms);
		struct stop stop = stop_of(s3, call);
		if (clock_sleep_ms(wait, &stop) < 0)
			return err_set(err, ERR_CANCELLED, "cancelled");
	}
}

int s3_call(struct s3 *s3, const struct s3_call *call, struct s3_answer *answer,
	    struct err *err)
{
	unsigned char digest[DIGEST_SHA256_BYTES];
	*answer = (struct s3_answer){0};
	_cleanup_free_ char *url = url_of(s3, call);
	if (!call->body_sha256)
		digest_sha256(call->body ? call->body : "", call->body_len, digest);
	_cleanup_free_ char *sha256 = str_hex(
		call->body_sha256 ? call->body_sha256 : digest, DIGEST_SHA256_BYTES);
	return repeat(s3, call, url, sha256, answer, err);
}

void s3_answer_release(struct s3_answer *answer)
{
	http_response_release(&answer->http);
}
