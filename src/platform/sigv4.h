/* room: platform
 * AWS Signature Version 4 of an HTTP request (Amazon S3 API reference, "Authenticating Requests: Using the
 * Authorization Header"), for S3: the path is signed as it is sent. Pure.
 *
 * Not left to curl, which signs a plus sign in a query (8.14) as a space, and the time of this machine always.
 */
#ifndef BELAY_PLATFORM_SIGV4_H
#define BELAY_PLATFORM_SIGV4_H

#include <stddef.h>
#include <stdint.h>

struct sigv4_header {
	const char *name;  /* in any case */
	const char *value; /* without white space around it, or several blanks in a row */
};

struct sigv4 {
	const char *method;
	const char *path;  /* encoded (RFC 3986), as it is sent */
	const char *query; /* encoded, "name=value&…" in any order; NULL: none */
	/* All of them are signed; "Host", "x-amz-date" and "x-amz-content-sha256" must be among them. */
	const struct sigv4_header *headers;
	size_t header_count;
	const char *payload_sha256; /* hexadecimal */
	const char *region, *service;
	const char *access_key, *secret_key;
	int64_t at_ms; /* wall clock; x-amz-date is time_format_basic() of it */
};

/* The value of Authorization. Fresh. */
char *sigv4_authorization(const struct sigv4 *request);

#endif
