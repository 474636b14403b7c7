/* Keys from a profile file, and from STS, which a scripted server plays. With a real store: tests/peer/s3.c. */
#include "platform/aws.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/trust.h"
#include "scripted.h"
#include "test.h"

#define TWO_KEYS "aws_access_key_id = A\naws_secret_access_key = S\n"

TEST(profiles)
{
	static const struct row {
		const char *name;
		const char *text;
		const char *profile;
		const char *access_key, *secret_key, *session; /* NULL: not there */
		enum err_code code;
		const char *message;
	} rows[] = {
		{"plain", "[default]\n" TWO_KEYS, "default", "A", "S", NULL, 0, NULL},
		{"one of several", "[a]\naws_access_key_id=X\n[b]\n" TWO_KEYS "[c]\n",
		 "b", "A", "S", NULL, 0, NULL},
		{"a session token", "[d]\n" TWO_KEYS "aws_session_token=T==\n", "d", "A",
		 "S", "T==", 0, NULL},
		{"without blanks, with many",
		 "[ d ]\naws_access_key_id=A\n"
		 "aws_secret_access_key \t = \t S/+=  \r\n",
		 "d", "A", "S/+=", NULL, 0, NULL},
		{"comments and other settings",
		 "# keys\n; of ours\n[d]\n# here\nregion = x y\n" TWO_KEYS
		 "s3 =\n  max_concurrent_requests = 20\n",
		 "d", "A", "S", NULL, 0, NULL},
		{"as config files say it", "[profile d]\n" TWO_KEYS, "d", "A", "S", NULL,
		 0, NULL},
		{"in two places, the later counts",
		 "[d]\n" TWO_KEYS "[e]\n[d]\n"
		 "aws_access_key_id=B\n",
		 "d", "B", "S", NULL, 0, NULL},
		{"no line break at the end",
		 "[d]\naws_access_key_id=A\n"
		 "aws_secret_access_key=S",
		 "d", "A", "S", NULL, 0, NULL},
		{"what others do wrong is not ours", "[e]\nnonsense\n[d]\n" TWO_KEYS, "d",
		 "A", "S", NULL, 0, NULL},
		{"no such profile", "[d]\n" TWO_KEYS, "x", NULL, NULL, NULL,
		 ERR_NOT_FOUND, "there is no [x]"},
		{"empty", "", "d", NULL, NULL, NULL, ERR_NOT_FOUND, "there is no [d]"},
		{"no secret", "[d]\naws_access_key_id=A\n", "d", NULL, NULL, NULL,
		 ERR_CONFIG, "[d] has no aws_secret_access_key"},
		{"no key", "[d]\naws_secret_access_key=A\n", "d", NULL, NULL, NULL,
		 ERR_CONFIG, "[d] has no aws_access_key_id"},
		{"an empty value", "[d]\naws_access_key_id=\n", "d", NULL, NULL, NULL,
		 ERR_CONFIG, "line 2: the value is empty"},
		{"two words", "[d]\n\naws_access_key_id=A B\n", "d", NULL, NULL, NULL,
		 ERR_CONFIG, "line 3: the value has a blank"},
		{"no setting", "[d]\nnonsense\n", "d", NULL, NULL, NULL, ERR_CONFIG,
		 "line 2: expected 'key = value'"},
		{"no end of a name", "[d\n", "d", NULL, NULL, NULL, ERR_CONFIG,
		 "line 1: '[' without ']'"},
	};
	FOR_ROWS(row, rows) {
		struct aws_credentials got = {0};
		struct err err = {0};
		int result = aws_profile_read(row->text, strlen(row->text), row->profile,
					      &got, &err);
		if (row->message) {
			CHECK_FAILS(result, &err, row->code, row->message);
			CHECK_NULL(got.access_key);
			continue;
		}
		CHECK_OK(result, &err);
		CHECK_STR_EQ(got.access_key, row->access_key);
		CHECK_STR_EQ(got.secret_key.data, row->secret_key);
		CHECK_STR_EQ(got.session_token.data, row->session);
		CHECK(got.expires_ms == INT64_MAX);
		aws_credentials_release(&got);
	}
	struct aws_credentials none = {0};
	struct err err = {0};
	CHECK_FAILS(aws_profile_read("[d]\n\0", 5, "d", &none, &err), &err, ERR_CONFIG,
		    "line 2: this is no text");
}

/* --- STS ----------------------------------------------------------------------------------- */

#define REPLY(status, body)                                                              \
	"HTTP/1.1 " status "\r\nConnection: close\r\nContent-Type: text/xml\r\n\r\n" body
#define ERROR(code, message)                                                             \
	"<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error>"       \
	"<Type>Sender</Type><Code>" code "</Code><Message>" message "</Message></Error>" \
	"<RequestId>1</RequestId></ErrorResponse>"
#define KEYS(more)                                                                       \
	"<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>"           \
	"<Audience>aud</Audience><Credentials><AccessKeyId>ASIA1</AccessKeyId>"          \
	"<SecretAccessKey>s&amp;k</SecretAccessKey>" more "</Credentials>"               \
	"</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
#define GOOD                                                                             \
	REPLY("200 OK", KEYS("<SessionToken>tok+/=</SessionToken>"                       \
			     "<Expiration>2026-11-21T10:00:00Z</Expiration>"))

static int ask(const char *endpoint, struct trust *trust, struct aws_credentials *ret,
	       struct err *err)
{
	struct secret token = {(char *)"eyJ.a+b/c=.x", 12};
	struct aws_web_identity asked = {
		.endpoint = endpoint,
		.role = "arn:aws:iam::1:role/back ups",
		.session = "belay",
		.token = &token,
		.timeout_ms = 5000,
		.stop = STOP_NEVER,
	};
	return aws_web_identity(trust, &asked, ret, err);
}

TEST(web_identities)
{
	static const struct row {
		const char *name;
		const char *script[6];
		const char *seen;
		enum err_code code; /* ERR_NONE: keys */
		const char *message, *hint;
	} rows[] = {
		{"keys", {GOOD, "end"}, "POST ", ERR_NONE, NULL, NULL},
		{"busy, then keys",
		 {REPLY("503 Busy", ""), NULL, GOOD, "end"},
		 "POST POST POST ",
		 ERR_NONE,
		 NULL,
		 NULL},
		{"not let in",
		 {REPLY("403 Forbidden", ERROR("AccessDenied", "Not authorized")), "end"},
		 "POST ",
		 ERR_AUTH,
		 "no keys for role 'arn:aws:iam::1:role/back ups': the role does not let "
		 "this job in (403 AccessDenied)",
		 "trust policy"},
		{"another audience",
		 {REPLY("400 Bad",
			ERROR("InvalidIdentityToken", "Incorrect token audience")),
		  "end"},
		 "POST ",
		 ERR_AUTH,
		 "the token is not taken",
		 "audience"},
		{"too late",
		 {REPLY("400 Bad", ERROR("ExpiredTokenException", "expired")), "end"},
		 "POST ",
		 ERR_AUTH,
		 "the token has expired",
		 "clock"},
		{"its own words",
		 {REPLY("400 Bad",
			ERROR("ValidationError", "1 error: 'roleSessionName'")),
		  "end"},
		 "POST ",
		 ERR_AUTH,
		 "1 error: 'roleSessionName' (400 ValidationError)",
		 "'role' and 'session'"},
		{"no STS",
		 {REPLY("404 Not Found", "<html>nothing"), "end"},
		 "POST ",
		 ERR_AUTH,
		 "no reason given (404)",
		 "an endpoint of STS?"},
		{"a good answer without keys",
		 {REPLY("200 OK", "<a></a>"), REPLY("200 OK", "<a></a>"),
		  REPLY("200 OK", "<a></a>"), REPLY("200 OK", "<a></a>"), "end"},
		 "POST POST POST POST ",
		 ERR_NET,
		 "gave no keys",
		 ""},
	};
	struct trust *trust = trust_new();
	FOR_ROWS(row, rows) {
		struct server server;
		struct aws_credentials got = {0};
		struct err err = {0};
		_cleanup_free_ char *endpoint = start_server(&server, row->script);
		int result = ask(endpoint, trust, &got, &err);
		stop_server(&server);
		CHECK_STR_EQ(server.seen, row->seen);
		if (row->message) {
			CHECK_FAILS(result, &err, row->code, row->message);
			CHECK_STR_HAS(err.hint, row->hint);
			CHECK_NULL(strstr(err.message, "eyJ"));
			continue;
		}
		CHECK_OK(result, &err);
		CHECK_STR_EQ(got.access_key, "ASIA1");
		CHECK_STR_EQ(got.secret_key.data, "s&k");
		CHECK_STR_EQ(got.session_token.data, "tok+/=");
		CHECK(got.expires_ms == INT64_C(1795255200000));
		CHECK_STR_HAS(
			server.last,
			"\r\n\r\nAction=AssumeRoleWithWebIdentity&Version=2011-06-15"
			"&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fback%20ups"
			"&RoleSessionName=belay"
			"&WebIdentityToken=eyJ.a%2Bb%2Fc%3D.x");
		CHECK_NULL(strcasestr(server.last, "authorization:"));
		aws_credentials_release(&got);
	}
	trust_free(trust);
}
