/* Things that look like a secret. Each row must also stay as it is when it is scrubbed again. */
#include "effects/patterns.h"

#include <stdint.h>
#include <stdlib.h>

#include "belay/mem.h"
#include "test.h"

static const struct row {
	const char *name, *text, *want;
} rows[] = {
	{"PKCS 8", "a -----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----\nb",
	 "a ***\nb"},
	{"OpenSSH",
	 "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----",
	 "***"},
	{"RSA, JSON-escaped",
	 "\"-----BEGIN RSA PRIVATE KEY-----\\nMII\\n-----END RSA PRIVATE KEY-----\\n\"",
	 "\"***\\n\""},
	{"encrypted",
	 "-----BEGIN ENCRYPTED PRIVATE KEY-----x-----END ENCRYPTED PRIVATE KEY-----.",
	 "***."},
	{"cut key", "x -----BEGIN EC PRIVATE KEY-----\nMIGHAg", "x ***"},
	{"cut in the frame", "x -----BEGIN EC PRIVATE KEY", "x ***"},
	{"certificate stays",
	 "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
	 "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"},
	{"public key stays", "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----",
	 "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----"},
	{"bearer", "Authorization: Bearer eyJhbGciOi.J9.x-y_z\r\nX: y",
	 "Authorization: Bearer ***\r\nX: y"},
	{"bearer, lower case", "authorization: bearer abcdef123",
	 "authorization: bearer ***"},
	{"bearer in JSON", "{\"a\":\"Bearer abc123def\"}", "{\"a\":\"Bearer ***\"}"},
	{"bearer, prose", "Bearer authentication is used by the bearer of news",
	 "Bearer authentication is used by the bearer of news"},
	{"bearer, challenge", "WWW-Authenticate: Bearer realm=\"api\"",
	 "WWW-Authenticate: Bearer realm=\"api\""},
	{"basic", "Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"},
	{"basic, padded", "basic dXNlcjpwYXNzMQ==", "basic ***"},
	{"basic, prose", "a basic understanding of Basic authentication",
	 "a basic understanding of Basic authentication"},
	{"SMTP, PLAIN", "> AUTH PLAIN AGNpAHMzY3JldA==\r\n< 235",
	 "> AUTH PLAIN ***\r\n< 235"},
	{"SMTP, XOAUTH2",
	 "auth xoauth2 dXNlcj1hAWF1dGg9QmVhcmVyIHgBAQ==", "auth xoauth2 ***"},
	{"SMTP, an offer", "250-AUTH PLAIN LOGIN XOAUTH2 CRAM-MD5",
	 "250-AUTH PLAIN LOGIN XOAUTH2 CRAM-MD5"},
	{"SMTP, prose", "auth plain text files", "auth plain text files"},
	{"grafana", "key glsa_0123456789abcdefghijklmnopqrstuv_0123abcd.", "key ***."},
	{"atlassian", "ATATT3xFfGF0abcdefghijklmnopqrstuvwxyz0123", "***"},
	{"url", "clone https://user:pass@example.com/x",
	 "clone https://***@example.com/x"},
	{"url with a token for a user", "https://x-token@example.com",
	 "https://***@example.com"},
	{"url with two signs", "http://a@b:c@example.com", "http://***@example.com"},
	{"url without user", "https://example.com/@scope/name",
	 "https://example.com/@scope/name"},
	{"url, sign in the query", "https://example.com?a@b", "https://example.com?a@b"},
	{"ssh user stays", "ssh://git@github.com/a/b.git",
	 "ssh://git@github.com/a/b.git"},
	{"database password", "postgres://app:s3cret@db:5432/app",
	 "postgres://app:***@db:5432/app"},
	{"redis password", "redis://:s3cret@cache/0", "redis://:***@cache/0"},
	{"port is no password", "tcp://host:8080/x@y", "tcp://host:8080/x@y"},
	{"cookie", "Set-Cookie: sid=abc123; Path=/; HttpOnly\r\nX: y",
	 "Set-Cookie: sid=***; Path=/; HttpOnly\r\nX: y"},
	{"github classic", "token ghp_16C7e42F292c6912E7710c838347Ae178B4a.",
	 "token ***."},
	{"github app", "ghs_16C7e42F292c6912E7710c838347Ae178B4a", "***"},
	{"github oauth", "gho_16C7e42F292c6912E7710c838347Ae178B4a", "***"},
	{"github fine-grained", "github_pat_11ABCDEFG0abcdefghijkl_mnop", "***"},
	{"github, too short", "ghp_short", "ghp_short"},
	{"inside a word", "myghp_16C7e42F292c6912E7710c838347Ae178B4a",
	 "myghp_16C7e42F292c6912E7710c838347Ae178B4a"},
	{"aws", "key AKIAIOSFODNN7EXAMPLE,", "key ***,"},
	{"aws, temporary", "ASIAIOSFODNN7EXAMPLE", "***"},
	{"aws, another length", "AKIAIOSFODNN7EXAMPLEX", "AKIAIOSFODNN7EXAMPLEX"},
	{"slack", "xoxb-123456789012-abcdefGHIJ", "***"},
	{"digitalocean",
	 "dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	 "***"},
	{"nothing", "{\"status\": \"UP\", \"version\": \"1.2.3\"}",
	 "{\"status\": \"UP\", \"version\": \"1.2.3\"}"},
	{"empty", "", ""},
};

TEST(patterns)
{
	FOR_ROWS(row, rows) {
		const char *text = row->text;
		for (int round = 0; round < 2; round++) {
			struct str copy = {.max_bytes = SIZE_MAX / 4};
			str_add(&copy, text);
			patterns_scrub(&copy);
			CHECK_STR_EQ(str_text(&copy), row->want);
			text = row->want;
			str_release(&copy);
		}
	}
}

TEST(headers)
{
	CHECK(patterns_secret_header("Authorization"));
	CHECK(patterns_secret_header("cookie"));
	CHECK(!patterns_secret_header("content-type"));
	struct str cookie = STR_INIT;
	str_add(&cookie, "sid=a=b; Path=/");
	patterns_scrub_cookie(&cookie);
	CHECK_STR_EQ(str_text(&cookie), "sid=***; Path=/");
	str_release(&cookie);
}
