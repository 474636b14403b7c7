/* S3 without a store: settings, encoding, what refusals become, and lost answers, by a scripted server in this
 * process. Real stores: tests/peer/s3.c. */
#include "platform/s3.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/s3_request.h"
#include "platform/trust.h"
#include "scripted.h"
#include "test.h"

TEST(encoding)
{
	static const struct row {
		const char *name;
		const char *text;
		bool path;
		const char *want;
	} rows[] = {
		{"unreserved", "aZ09-._~", true, "aZ09-._~"},
		{"slash in a path", "a/b", true, "a/b"},
		{"slash in a query", "a/b", false, "a%2Fb"},
		{"reserved", " +&=?#%\"'", true, "%20%2B%26%3D%3F%23%25%22%27"},
		{"UTF-8", "ö", true, "%C3%B6"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str got = STR_INIT;
		s3_add_encoded(&got, row->text, row->path);
		CHECK_STR_EQ(str_text(&got), row->want);
	}
}

#define BODY(code, more) "<Error><Code>" code "</Code>" more "</Error>"

TEST(refusals)
{
	static const struct row {
		const char *name;
		int status;
		const char *body;
		enum err_code code;
		const char *message, *hint;
		bool passes;
	} rows[] = {
		{"wrong secret", 403, BODY("SignatureDoesNotMatch", ""), ERR_AUTH,
		 "the secret key does not belong", "line break", false},
		{"expired token", 400, BODY("ExpiredToken", ""), ERR_AUTH,
		 "token has expired", "new temporary", false},
		{"clock", 403, BODY("RequestTimeTooSkewed", ""), ERR_AUTH,
		 "this machine says 2026-11-21T09:52:03Z, the store of bucket 'shelf' "
		 "2026-11-21T10:12:03Z",
		 "NTP", false},
		{"clock in the body", 403,
		 BODY("RequestTimeTooSkewed",
		      "<ServerTime>2026-11-21T10:12:04Z</ServerTime>"),
		 ERR_AUTH, "'shelf' 2026-11-21T10:12:04Z", "NTP", false},
		{"wrong region", 400,
		 BODY("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
		 ERR_CONFIG, "is not in region 'here'", "region 'eu-west-1'", false},
		{"redirected", 301, "", ERR_CONFIG, "is not in region 'here'",
		 "region 'there'", false},
		{"redirected to an endpoint", 301,
		 BODY("PermanentRedirect",
		      "<Region>here</Region><Endpoint>shelf.s3.example</Endpoint>"),
		 ERR_CONFIG, "is not at this endpoint", "'shelf.s3.example'", false},
		{"redirected with both", 301,
		 BODY("PermanentRedirect",
		      "<Region>far</Region><Endpoint>shelf.s3.example</Endpoint>"),
		 ERR_CONFIG, "is not in region 'here'",
		 "region 'far', endpoint 'shelf.s3.example'", false},
		{"a HEAD to another region", 400, "", ERR_CONFIG,
		 "is not in region 'here'", "region 'there'", false},
		{"an archive", 403, BODY("InvalidObjectState", ""), ERR_CONFIG,
		 "lies in an archive", "storage class", false},
		{"no bucket", 404, BODY("NoSuchBucket", ""), ERR_NOT_FOUND,
		 "no bucket 'shelf'", "does not make", false},
		{"one action", 403, BODY("AccessDenied", ""), ERR_AUTH,
		 "refuses s3:PutObject on 'shelf/a'", "allow s3:PutObject", false},
		{"forbidden without a word", 403, "", ERR_AUTH, "refuses s3:PutObject",
		 "secret key right", false},
		{"not found without a word", 404, "", ERR_NOT_FOUND, "does not exist", "",
		 false},
		{"taken", 412, BODY("PreconditionFailed", ""), ERR_FAIL, "exists already",
		 "never overwritten", false},
		{"slow down", 503, BODY("SlowDown", ""), ERR_NET, "fewer requests",
		 "fewer uploads", true},
		{"a proxy in between", 502, "<html>Bad Gateway", ERR_NET,
		 "no reason given (502)", "", true},
		{"error with status 200", 200, BODY("InternalError", ""), ERR_NET,
		 "failed inside", "", true},
		{"race of completions", 409, BODY("OperationAborted", ""), ERR_NET,
		 "another operation", "", true},
		{"quota", 403, BODY("QuotaExceeded", ""), ERR_LIMIT, "quota", "raise",
		 false},
		{"its own words", 400, BODY("Odd", "<Message>so\nodd</Message>"),
		 ERR_CONFIG, "so odd (400 Odd)", "", false},
	};
	static const struct s3_place place = {"s3:PutObject", "shelf", "a", "here",
					      INT64_C(1795254723000)};
	FOR_ROWS(row, rows) {
		struct s3_fault fault;
		struct err err = {0};
		CHECK(s3_fault_read(row->status, row->body, strlen(row->body), &fault));
		s3_fault_headers(&fault, "there", "Sat, 21 Nov 2026 10:12:03 GMT");
		CHECK_FAILS(s3_fault_set(&fault, &place, &err), &err, row->code,
			    row->message);
		CHECK_STR_HAS(err.hint, row->hint);
		CHECK_INT_EQ(s3_fault_passes(&fault), row->passes);
	}
	struct s3_fault fault;
	CHECK(!s3_fault_read(204, "", 0, &fault));
}

/* --- a scripted server --------------------------------------------------------------------- */

static struct depot *start(struct server *server, const char *const *script,
			   struct trust *trust)
{
	struct secret key = {0};
	struct depot *depot = NULL;
	struct err err = {0};
	_cleanup_free_ char *endpoint = start_server(server, script);
	secret_set(&key, "secret", 6);
	struct s3_options options = {.endpoint = endpoint,
				     .bucket = "shelf",
				     .access_key = "key",
				     .secret_key = &key,
				     .attempts = 3,
				     .first_delay_ms = 1,
				     .stop = STOP_NEVER};
	CHECK_OK(s3_new(trust, &options, &depot, &err), &err);
	secret_release(&key);
	return depot;
}

#define HEAD "HTTP/1.1 "
#define NOTHING "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
#define OK HEAD "200 OK" NOTHING
/* The mark of an object with the content "1". */
#define OURS                                                                             \
	HEAD "200 OK\r\nx-amz-meta-belay: "                                              \
	     "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b" NOTHING
#define THEIRS HEAD "200 OK\r\nx-amz-meta-belay: another" NOTHING
#define BUSY HEAD "503 Slow Down" NOTHING
#define TAKEN HEAD "412 Precondition Failed" NOTHING
#define UNKNOWN HEAD "501 Not Implemented" NOTHING
#define MISSING HEAD "404 Not Found" NOTHING
#define FORBIDDEN HEAD "403 Forbidden" NOTHING

TEST(a_put_has_its_effect_once)
{
	static const struct row {
		const char *name;
		const char *script[8];
		const char *seen;
		enum err_code code; /* ERR_NONE: made */
		const char *message;
	} rows[] = {
		{"at once", {OK, "end"}, "PUT? ", ERR_NONE, NULL},
		{"busy, then done",
		 {BUSY, BUSY, OK, "end"},
		 "PUT? PUT? PUT? ",
		 ERR_NONE,
		 NULL},
		{"always busy",
		 {BUSY, BUSY, BUSY, "end"},
		 "PUT? PUT? PUT? ",
		 ERR_NET,
		 "503) (after 3 attempts)"},
		{"cut, then done", {NULL, OK, "end"}, "PUT? PUT? ", ERR_NONE, NULL},
		{"the answer was lost",
		 {NULL, TAKEN, OURS, "end"},
		 "PUT? PUT? HEAD ",
		 ERR_NONE,
		 NULL},
		{"lost, and somebody else was first",
		 {NULL, TAKEN, THEIRS, "end"},
		 "PUT? PUT? HEAD ",
		 ERR_FAIL,
		 "exists already"},
		{"the last answer was lost",
		 {BUSY, BUSY, NULL, OURS, "end"},
		 "PUT? PUT? PUT? HEAD ",
		 ERR_NONE,
		 NULL},
		{"taken", {TAKEN, "end"}, "PUT? ", ERR_FAIL, "exists already"},
		{"refused, not repeated",
		 {FORBIDDEN, "end"},
		 "PUT? ",
		 ERR_AUTH,
		 "refuses s3:PutObject"},
		{"no conditions",
		 {UNKNOWN, MISSING, OK, "end"},
		 "PUT? HEAD PUT ",
		 ERR_NONE,
		 NULL},
		{"no conditions, taken",
		 {UNKNOWN, THEIRS, "end"},
		 "PUT? HEAD ",
		 ERR_FAIL,
		 "exists already"},
	};
	struct trust *trust = trust_new();
	FOR_ROWS(row, rows) {
		struct server server;
		struct err err = {0};
		struct depot *depot = start(&server, row->script, trust);
		int result = depot->ops->put(depot, "a", "1", 1, &err);
		if (row->code == ERR_NONE)
			CHECK_OK(result, &err);
		else
			CHECK_FAILS(result, &err, row->code, row->message);
		if (row->code == ERR_NET)
			CHECK_STR_HAS(err.hint, "or run again later");
		CHECK_STR_HAS(row->script[0] && strcmp(row->script[0], UNKNOWN) == 0
				      ? depot->ops->warning(depot)
				      : "no conditional requests",
			      "no conditional requests");
		depot_freep(&depot);
		stop_server(&server);
		CHECK_STR_EQ(server.seen, row->seen);
	}
	trust_free(trust);
}

#define REFUSED_IN_WORDS                                                                 \
	HEAD "403 Forbidden\r\nContent-Length: 49\r\nConnection: close\r\n\r\n"          \
	     "<Error><Code>SignatureDoesNotMatch</Code></Error>"

TEST(a_look_that_is_refused_without_a_word_is_asked_again_for_it)
{
	static const struct row {
		const char *name;
		const char *script[4];
		const char *seen, *message, *hint;
	} rows[] = {
		{"the second answer says why",
		 {FORBIDDEN, REFUSED_IN_WORDS, "end"},
		 "HEAD GET ",
		 "the secret key does not belong",
		 "line break"},
		{"nobody says why",
		 {FORBIDDEN, FORBIDDEN, "end"},
		 "HEAD GET ",
		 "refuses s3:GetObject on 'shelf/a' and does not say why",
		 "is the secret key right"},
		{"something else the second time",
		 {FORBIDDEN, OURS, "end"},
		 "HEAD GET ",
		 "does not say why",
		 "is the secret key right"},
		{"it is only missing", {MISSING, "end"}, "HEAD ", "does not exist", ""},
	};
	struct trust *trust = trust_new();
	FOR_ROWS(row, rows) {
		struct server server;
		struct err err = {0};
		struct depot_object object = {0};
		struct depot *depot = start(&server, row->script, trust);
		CHECK(depot->ops->head(depot, "a", &object, &err) < 0);
		CHECK_STR_HAS(err.message, row->message);
		CHECK_STR_HAS(err.hint, row->hint);
		depot_freep(&depot);
		stop_server(&server);
		CHECK_STR_EQ(server.seen, row->seen);
	}
	trust_free(trust);
}

#define BEGUN                                                                            \
	HEAD "200 OK\r\nContent-Length: 96\r\nConnection: close\r\n\r\n"                 \
	     "<InitiateMultipartUploadResult><UploadId>u1</UploadId>"                    \
	     "</InitiateMultipartUploadResult>          "
#define PUT_PART HEAD "200 OK\r\nETag: \"e1\"" NOTHING
#define GONE                                                                             \
	HEAD "404 Not Found\r\nContent-Length: 40\r\nConnection: close\r\n\r\n"          \
	     "<Error><Code>NoSuchUpload</Code></Error>"
#define FAILED_LATE                                                                      \
	HEAD "200 OK\r\nContent-Length: 41\r\nConnection: close\r\n\r\n"                 \
	     "<Error><Code>InternalError</Code></Error>"
#define MARKED HEAD "200 OK\r\nETag: \"e1-1\"\r\nx-amz-meta-belay: b1" NOTHING

TEST(an_upload_has_its_effect_once)
{
	static const struct row {
		const char *name;
		const char *script[12];
		const char *seen;
		enum err_code code;
		const char *message;
	} rows[] = {
		{"at once",
		 {MISSING, BEGUN, PUT_PART, MISSING, OK, MARKED, "end"},
		 "HEAD POST PUT HEAD POST? HEAD ",
		 ERR_NONE,
		 NULL},
		{"parts are sent again",
		 {MISSING, BEGUN, NULL, BUSY, PUT_PART, MISSING, OK, MARKED, "end"},
		 "HEAD POST PUT PUT PUT HEAD POST? HEAD ",
		 ERR_NONE,
		 NULL},
		{"the last answer was lost",
		 {MISSING, BEGUN, PUT_PART, MISSING, NULL, GONE, MARKED, MARKED, "end"},
		 "HEAD POST PUT HEAD POST? POST? HEAD HEAD ",
		 ERR_NONE,
		 NULL},
		{"a failure with status 200",
		 {MISSING, BEGUN, PUT_PART, MISSING, FAILED_LATE, OK, MARKED, "end"},
		 "HEAD POST PUT HEAD POST? POST? HEAD ",
		 ERR_NONE,
		 NULL},
		{"aborted by somebody",
		 {MISSING, BEGUN, PUT_PART, MISSING, GONE, "end"},
		 "HEAD POST PUT HEAD POST? ",
		 ERR_NOT_FOUND,
		 "finished or aborted"},
		{"somebody was faster",
		 {MISSING, BEGUN, PUT_PART, THEIRS, THEIRS, "end"},
		 "HEAD POST PUT HEAD HEAD ",
		 ERR_FAIL,
		 "exists already"},
		{"no conditions",
		 {MISSING, BEGUN, PUT_PART, MISSING, UNKNOWN, OK, MARKED, "end"},
		 "HEAD POST PUT HEAD POST? POST HEAD ",
		 ERR_NONE,
		 NULL},
	};
	struct trust *trust = trust_new();
	FOR_ROWS(row, rows) {
		struct server server;
		struct err err = {0};
		struct depot_upload *upload = NULL;
		struct depot_object object = {0};
		struct depot_begin begin = {
			.name = "a", .mark = "b1", .part_bytes = (size_t)5 << 20};
		struct depot *depot = start(&server, row->script, trust);
		if (CHECK_OK(depot->ops->begin(depot, &begin, &upload, &err), &err)) {
			CHECK_OK(depot->ops->put_part(upload, 1, "1", 1, NULL, &err),
				 &err);
			int result = depot->ops->finish(upload, &object, &err);
			if (row->code == ERR_NONE) {
				CHECK_OK(result, &err);
				CHECK_STR_EQ(object.etag, "e1-1");
			} else {
				CHECK_FAILS(result, &err, row->code, row->message);
				depot->ops->drop(upload);
			}
		}
		depot_object_release(&object);
		depot_freep(&depot);
		stop_server(&server);
		CHECK_STR_EQ(server.seen, row->seen);
	}
	trust_free(trust);
}

/* --- settings ------------------------------------------------------------------------------ */

TEST(settings)
{
	static const struct row {
		const char *name;
		struct s3_options options;
		const char *fault;
	} rows[] = {
		{"good", {.endpoint = "https://s3.example/", .bucket = "b.c-d"}, NULL},
		{"no URL", {.endpoint = "s3.example", .bucket = "b"}, "must start with"},
		{"a path",
		 {.endpoint = "https://s3.example/b", .bucket = "b"},
		 "has a path"},
		{"bucket with a slash",
		 {.endpoint = "https://s3.example", .bucket = "b/c"},
		 "cannot be a bucket"},
		{"bucket that leads up",
		 {.endpoint = "https://s3.example", .bucket = ".."},
		 "cannot be a bucket"},
		{"region",
		 {.endpoint = "https://s3.example", .bucket = "b", .region = "a:b"},
		 "cannot be a region"},
		{"prefix",
		 {.endpoint = "https://s3.example", .bucket = "b", .prefix = "a/.."},
		 "leads elsewhere"},
		{"KMS key alone",
		 {.endpoint = "https://s3.example", .bucket = "b", .kms_key = "k"},
		 "aws:kms"},
		{"lock without end",
		 {.endpoint = "https://s3.example",
		  .bucket = "b",
		  .lock_mode = "GOVERNANCE"},
		 "needs an end"},
	};
	struct secret key = {0};
	secret_set(&key, "secret", 6);
	FOR_ROWS(row, rows) {
		struct s3_options options = row->options;
		struct depot *depot = NULL;
		struct err err = {0};
		options.access_key = "key";
		options.secret_key = &key;
		int result = s3_new(NULL, &options, &depot, &err);
		if (row->fault)
			CHECK_FAILS(result, &err, ERR_CONFIG, row->fault);
		else
			CHECK_OK(result, &err);
		depot_freep(&depot);
	}
	secret_release(&key);
}
