/* What turns a call into a request that a store takes: keys that are good now, a date, a signature. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/s3_request.h"

/* --- keys ---------------------------------------------------------------------------------- */

static int take_keys(struct s3 *s3, const char *refused, struct aws_credentials *ret,
		     struct err *err)
{
	if (s3->owner.keys)
		return s3->owner.keys(s3->owner.context, refused, ret, err);
	aws_credentials_copy(ret, &s3->keys);
	return 0;
}

/* --- parts of the URL ---------------------------------------------------------------------- */

/* As curl sends it: without the port that the scheme implies. */
static char *host_of(const char *url)
{
	const char *at = strstr(url, "://") + 3;
	size_t len = strcspn(at, "/");
	char *host = mem_strndup(at, len);
	const char *implied = str_has_prefix(url, "https:") ? ":443" : ":80";
	if (str_has_suffix(host, implied))
		host[len - strlen(implied)] = '\0';
	return host;
}

static char *path_of(const char *url)
{
	const char *at = strchr(strstr(url, "://") + 3, '/');
	return mem_strndup(at, strcspn(at, "?"));
}

/* --- signing ------------------------------------------------------------------------------- */

static void add(struct s3_signed *to, const char *name, const char *value, bool secret)
{
	to->headers[to->count++] = (struct http_header){name, value, secret};
}

int s3_sign(struct s3 *s3, const struct s3_call *call, const char *url,
	    const char *payload_sha256, const char *refused, struct s3_signed *ret,
	    struct err *err)
{
	struct sigv4_header headers[S3_HEADERS_MAX + S3_SIGNED_MORE];
	*ret = (struct s3_signed){.at_ms = s3->now_ms()};
	if (take_keys(s3, refused, &ret->keys, err) < 0)
		return -1;
	_cleanup_free_ char *path = path_of(url);
	ret->host = host_of(url);
	for (size_t i = 0; call->headers && i < call->headers->count; i++)
		ret->headers[ret->count++] = call->headers->items[i];
	add(ret, "Host", ret->host, false);
	add(ret, "x-amz-date", time_format_basic(ret->at_ms, ret->date), false);
	add(ret, "x-amz-content-sha256", payload_sha256, false);
	if (ret->keys.session_token.len)
		add(ret, "x-amz-security-token", ret->keys.session_token.data, true);
	for (size_t i = 0; i < ret->count; i++)
		headers[i] = (struct sigv4_header){ret->headers[i].name,
						   ret->headers[i].value};
	struct sigv4 request = {
		.method = call->method,
		.path = path,
		.query = call->query,
		.headers = headers,
		.header_count = ret->count,
		.payload_sha256 = payload_sha256,
		.region = s3->region,
		.service = "s3",
		.access_key = ret->keys.access_key,
		.secret_key = ret->keys.secret_key.data,
		.at_ms = ret->at_ms,
	};
	ret->authorization = sigv4_authorization(&request);
	add(ret, "Authorization", ret->authorization, true);
	return 0;
}

void s3_signed_release(struct s3_signed *request)
{
	aws_credentials_release(&request->keys);
	free(request->host);
	free(request->authorization);
}
