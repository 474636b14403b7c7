/* Signature Version 4: the examples of Amazon's documentation ("Authenticating Requests: Using the Authorization
 * Header"). */
#include "platform/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/digest.h"
#include "test.h"

#define MAY_24_2013_MS INT64_C(1369353600000)

static char *sha256_of(const char *text)
{
	unsigned char digest[DIGEST_SHA256_BYTES];
	digest_sha256(text, strlen(text), digest);
	return str_hex(digest, sizeof digest);
}

TEST(documented_examples)
{
	static const struct row {
		const char *name;
		const char *method, *path, *query;
		const char *header, *value; /* one more */
		const char *header_2, *value_2;
		const char *payload;
		const char *names, *signature;
	} rows[] = {
		{"get an object", "GET", "/test.txt", NULL, "Range", "bytes=0-9", NULL,
		 NULL, "", "host;range;x-amz-content-sha256;x-amz-date",
		 "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"put an object", "PUT", "/test%24file.text", NULL, "Date",
		 "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class",
		 "REDUCED_REDUNDANCY", "Welcome to Amazon S3.",
		 "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
		 "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"a query without a value", "GET", "/", "lifecycle", NULL, NULL, NULL,
		 NULL, "", "host;x-amz-content-sha256;x-amz-date",
		 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"a query in another order", "GET", "/", "prefix=J&max-keys=2", NULL,
		 NULL, NULL, NULL, "", "host;x-amz-content-sha256;x-amz-date",
		 "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *payload = sha256_of(row->payload);
		struct sigv4_header headers[5] = {
			{"X-Amz-Date", "20130524T000000Z"},
			{"Host", "examplebucket.s3.amazonaws.com"},
			{"x-amz-content-sha256", payload},
		};
		struct sigv4 request = {
			.method = row->method,
			.path = row->path,
			.query = row->query,
			.headers = headers,
			.header_count = 3,
			.payload_sha256 = payload,
			.region = "us-east-1",
			.service = "s3",
			.access_key = "AKIAIOSFODNN7EXAMPLE",
			.secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
			.at_ms = MAY_24_2013_MS,
		};
		if (row->header)
			headers[request.header_count++] =
				(struct sigv4_header){row->header, row->value};
		if (row->header_2)
			headers[request.header_count++] =
				(struct sigv4_header){row->header_2, row->value_2};
		_cleanup_free_ char *got = sigv4_authorization(&request);
		_cleanup_free_ char *want = str_format(
			"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/"
			"us-east-1/s3/aws4_request,SignedHeaders=%s,Signature=%s",
			row->names, row->signature);
		CHECK_STR_EQ(got, want);
	}
}

/* "a-b" stands behind "a": names are compared before their values. */
TEST(the_order_of_names)
{
	const struct sigv4_header headers[] = {{"Host", "h"}};
	struct sigv4 request = {
		.method = "GET",
		.path = "/",
		.headers = headers,
		.header_count = 1,
		.payload_sha256 = "x",
		.region = "r",
		.service = "s3",
		.access_key = "k",
		.secret_key = "s",
	};
	static const char *const queries[] = {"a=1&a-b=2&c=3", "c=3&a-b=2&a=1"};
	_cleanup_free_ char *first = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		request.query = queries[i];
		_cleanup_free_ char *got = sigv4_authorization(&request);
		if (first)
			CHECK_STR_EQ(got, first);
		else
			first = TAKE_PTR(got);
	}
}
