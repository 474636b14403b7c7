/* Signature Version 4: the canonical request, the string to sign, the key of a day. */
#include "platform/sigv4.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "platform/digest.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

/* --- canonical request --------------------------------------------------------------------- */

struct lines {
	char **items;
	size_t count, capacity;
};

static void lines_release(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
}

/* By what stands before the separator, then by the rest. */
static int compare_split(const char *a, const char *b, char separator)
{
	const char stop[] = {separator, '\0'};
	size_t left = strcspn(a, stop), right = strcspn(b, stop);
	int order = memcmp(a, b, left < right ? left : right);
	if (order == 0 && left != right)
		return left < right ? -1 : 1;
	return order ? order : strcmp(a + left, b + right);
}

static int compare_pairs(const void *a, const void *b)
{
	return compare_split(*(char *const *)a, *(char *const *)b, '=');
}

static int compare_headers(const void *a, const void *b)
{
	return compare_split(*(char *const *)a, *(char *const *)b, ':');
}

static void add_query(struct str *out, const char *query)
{
	struct lines pairs = {0};
	for (const char *at = query ? query : ""; *at; at += *at == '&') {
		size_t len = strcspn(at, "&");
		*vec_push(&pairs) = mem_strndup(at, len);
		at += len;
	}
	if (pairs.count)
		qsort(pairs.items, pairs.count, sizeof *pairs.items, compare_pairs);
	for (size_t i = 0; i < pairs.count; i++)
		str_addf(out, "%s%s%s", i ? "&" : "", pairs.items[i],
			 strchr(pairs.items[i], '=') ? "" : "=");
	lines_release(&pairs);
}

/* "host:example.com", by name. */
static void read_headers(const struct sigv4 *request, struct lines *ret)
{
	for (size_t i = 0; i < request->header_count; i++) {
		const struct sigv4_header *header = &request->headers[i];
		char *line = str_format("%s:%s", header->name, header->value);
		for (char *at = line; *at != ':'; at++)
			if (*at >= 'A' && *at <= 'Z')
				*at = (char)(*at - 'A' + 'a');
		*vec_push(ret) = line;
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof *ret->items, compare_headers);
}

static char *signed_names(const struct lines *headers)
{
	struct str names = STR_INIT;
	for (size_t i = 0; i < headers->count; i++)
		str_addf(&names, "%s%.*s", i ? ";" : "",
			 (int)strcspn(headers->items[i], ":"), headers->items[i]);
	return str_take(&names);
}

static char *canonical(const struct sigv4 *request, const struct lines *headers,
		       const char *names)
{
	struct str text = STR_INIT;
	str_addf(&text, "%s\n%s\n", request->method, request->path);
	add_query(&text, request->query);
	str_add_char(&text, '\n');
	for (size_t i = 0; i < headers->count; i++)
		str_addf(&text, "%s\n", headers->items[i]);
	str_addf(&text, "\n%s\n%s", names, request->payload_sha256);
	return str_take(&text);
}

/* --- signature ----------------------------------------------------------------------------- */

/* The key of this day, region and service. */
static void derive(const struct sigv4 *request, const char *date,
		   unsigned char key[static DIGEST_SHA256_BYTES])
{
	char *secret = str_format("AWS4%s", request->secret_key);
	digest_hmac_sha256(secret, strlen(secret), date, 8, key);
	explicit_bzero(secret, strlen(secret));
	free(secret);
	const char *const steps[] = {request->region, request->service, "aws4_request"};
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		digest_hmac_sha256(key, DIGEST_SHA256_BYTES, steps[i], strlen(steps[i]),
				   key);
}

char *sigv4_authorization(const struct sigv4 *request)
{
	char date[TIME_TEXT_BYTES];
	unsigned char digest[DIGEST_SHA256_BYTES], key[DIGEST_SHA256_BYTES];
	struct lines headers = {0};
	time_format_basic(request->at_ms, date);
	read_headers(request, &headers);
	_cleanup_free_ char *names = signed_names(&headers);
	_cleanup_free_ char *text = canonical(request, &headers, names);
	_cleanup_free_ char *scope = str_format("%.8s/%s/%s/aws4_request", date,
						request->region, request->service);
	digest_sha256(text, strlen(text), digest);
	_cleanup_free_ char *hex = str_hex(digest, sizeof digest);
	_cleanup_free_ char *to_sign =
		str_format(ALGORITHM "\n%s\n%s\n%s", date, scope, hex);
	derive(request, date, key);
	digest_hmac_sha256(key, sizeof key, to_sign, strlen(to_sign), digest);
	explicit_bzero(key, sizeof key);
	_cleanup_free_ char *signature = str_hex(digest, sizeof digest);
	lines_release(&headers);
	return str_format(ALGORITHM " Credential=%s/%s,SignedHeaders=%s,Signature=%s",
			  request->access_key, scope, names, signature);
}
