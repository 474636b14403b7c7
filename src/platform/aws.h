/* room: platform
 * Credentials for S3 that are not written down: from a profile file, or in exchange for a token.
 */
#ifndef BELAY_PLATFORM_AWS_H
#define BELAY_PLATFORM_AWS_H

#include <stdint.h>

#include "belay/err.h"
#include "belay/secret.h"
#include "platform/http.h"

struct aws_credentials {
	char *access_key;
	struct secret secret_key, session_token; /* the latter may be empty */
	int64_t expires_ms;                      /* wall clock; INT64_MAX: never */
};
void aws_credentials_release(struct aws_credentials *credentials);
/* Replaces what is in `to`. */
void aws_credentials_copy(struct aws_credentials *to, const struct aws_credentials *from);

/* The text of a shared credentials file (AWS SDKs and Tools Reference Guide: [profile], key = value). ERR_CONFIG with the
 * line; ERR_NOT_FOUND: no such profile. Pure. */
int aws_profile_read(const char *text, size_t bytes, const char *profile,
		     struct aws_credentials *ret, struct err *err);

/* STS AssumeRoleWithWebIdentity (API version 2011-06-15). Blocks for a request, or a few when answers fail to
 * come. ERR_AUTH: refused; ERR_NET, ERR_TIMEOUT, ERR_CANCELLED; ERR_CONFIG: the endpoint. */
struct aws_web_identity {
	const char *endpoint; /* "https://sts.eu-central-1.amazonaws.com" */
	const char *role;     /* ARN */
	const char *session;  /* RoleSessionName */
	const struct secret *token;
	struct http_tls tls;
	int64_t timeout_ms; /* of each request */
	struct stop stop;
};
int aws_web_identity(struct trust *trust, const struct aws_web_identity *asked,
		     struct aws_credentials *ret, struct err *err);

#endif
