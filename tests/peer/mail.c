/* Mail to a real server: Exim, with STARTTLS, TLS from the first byte, and in the clear.
 *
 * Where it is comes from the environment: MAIL_HOST, MAIL_DIR, MAIL_PASSWORD, CA_PEM (tests/peers/exim.sh);
 * the test skips itself without. What was delivered is read by Python's parser. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "platform/smtp.h"
#include "platform/trust.h"
#include "test.h"

#define STARTTLS_PORT 21587
#define TLS_PORT 21465
#define CLEAR_PORT 21025
#define AT_MS INT64_C(1795267203000) /* 2026-11-21T13:20:03Z */

static const char *const ops[] = {"ops@example.test"};

static struct smtp_message ordinary(void)
{
	const char *host = getenv("MAIL_HOST");
	if (!host)
		test_skip("MAIL_HOST is not set: no mail server (exim4-daemon-light)");
	signal(SIGPIPE, SIG_IGN);
	return (struct smtp_message){
		.host = host,
		.port = STARTTLS_PORT,
		.security = SMTP_STARTTLS,
		.tls = {.ca_file = getenv("CA_PEM")},
		.user = "ci",
		.password = getenv("MAIL_PASSWORD"),
		.from = "belay <belay@example.test>",
		.to = ops,
		.to_count = 1,
		.subject = "a mail",
		.date_ms = AT_MS,
		.text = "hello\n",
		.timeout_ms = 20000,
	};
}

/* The mail that "250 OK id=ID" speaks of, when it has been delivered. New reference. */
static json_t *delivered(const struct smtp_result *result)
{
	const char *id = strstr(result->reply, "id=");
	if (!CHECK(id != NULL))
		return NULL;
	_cleanup_free_ char *path =
		str_format("%s/mail/%s.eml", getenv("MAIL_DIR"), id + 3);
	for (int i = 0; i < 500 && access(path, R_OK) != 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	_cleanup_free_ char *command =
		str_format("/usr/bin/python3 tests/peer/mail_read.py '%s'", path);
	FILE *pipe = popen(command, "r");
	json_t *mail = json_loadf(pipe, 0, NULL);
	CHECK_INT_EQ(pclose(pipe), 0);
	CHECK(mail != NULL);
	return mail;
}

static const char *header(const json_t *mail, const char *name)
{
	return json_get_string(json_object_get(mail, "headers"), name, NULL);
}

/* Header and body with everything that has ever broken a mail. */
TEST(what_is_sent_arrives)
{
	static const struct smtp_field fields[] = {
		{"References", "<root@example.test>"},
		{"Auto-Submitted", "auto-generated"},
	};
	static const char *const to[] = {"ops@example.test",
					 "\"Ülker, \\\"the\\\" Ops\" <u@example.test>"};
	static const char *const cc[] = {"Dev, Night <dev@example.test>"};
	struct trust *trust = trust_new();
	struct smtp_result result;
	struct err err = {0};
	struct smtp_message message = ordinary();
	_cleanup_str_ struct str text = STR_INIT;
	str_add(&text, ".\n..\n.hidden\nFrom me\nspaces   \n\ttab\n= equals =3D\n\n"
		       "v1.2.4 → v1.2.3 – größer, 日本語, 🚀\n");
	str_pad(&text, 'x', 5000);
	str_add(&text, "\n.\n");
	message.to = to;
	message.to_count = 2;
	message.cc = cc;
	message.cc_count = 1;
	message.reply_to = "team@example.test";
	message.subject =
		"[production] v1.2.4 → v1.2.3: 日本語の長い件名がここにあり、行を折り返さなければなりません "
		"and =?UTF-8?Q?not_a_word?= 🚀";
	message.message_id = "belay.1234@example.test";
	message.fields = fields;
	message.field_count = 2;
	message.text = str_text(&text);
	message.html = "<p>größer &lt;b&gt;</p>\n.\n";
	if (CHECK_OK(smtp_send(trust, &message, &result, &err), &err)) {
		_cleanup_json_ json_t *mail = delivered(&result);
		CHECK_STR_EQ(header(mail, "subject"), message.subject);
		CHECK_STR_EQ(header(mail, "from"), "belay <belay@example.test>");
		CHECK_STR_EQ(
			header(mail, "to"),
			"ops@example.test, \"Ülker, \\\"the\\\" Ops\" <u@example.test>");
		CHECK_STR_EQ(header(mail, "cc"), "\"Dev, Night\" <dev@example.test>");
		CHECK_STR_EQ(header(mail, "reply-to"), "team@example.test");
		CHECK_STR_EQ(header(mail, "date"), "Sat, 21 Nov 2026 13:20:03 +0000");
		CHECK_STR_EQ(header(mail, "message-id"), "<belay.1234@example.test>");
		CHECK_STR_EQ(header(mail, "references"), "<root@example.test>");
		CHECK_STR_EQ(header(mail, "auto-submitted"), "auto-generated");
		CHECK_STR_EQ(header(mail, "mime-version"), "1.0");
		CHECK_STR_HAS(header(mail, "content-type"), "multipart/alternative");
		CHECK_STR_EQ(header(mail, "envelope-to"),
			     "ops@example.test, u@example.test, dev@example.test");
		CHECK_STR_EQ(header(mail, "return-path"), "<belay@example.test>");
		CHECK_JSON_EQ(json_object_get(mail, "defects"), "[]");
		CHECK(json_get_int(mail, "longest_line", 9999) <= 100);
		const json_t *parts = json_object_get(mail, "parts");
		CHECK_INT_EQ(json_array_size(parts), 2);
		CHECK_STR_EQ(json_get_string(json_array_get(parts, 0), "text", NULL),
			     message.text);
		CHECK_STR_EQ(json_get_string(json_array_get(parts, 0), "type", NULL),
			     "text/plain");
		CHECK_STR_EQ(json_get_string(json_array_get(parts, 1), "text", NULL),
			     message.html);
		CHECK_STR_EQ(json_get_string(json_array_get(parts, 1), "type", NULL),
			     "text/html");
	}
	smtp_result_release(&result);
	trust_free(trust);
}

static void leave(struct smtp_message *message)
{
	(void)message;
}
static void over_tls(struct smtp_message *message)
{
	message->security = SMTP_TLS;
	message->port = TLS_PORT;
}
static void in_the_clear(struct smtp_message *message)
{
	message->security = SMTP_CLEAR;
	message->port = CLEAR_PORT;
	message->user = message->password = NULL;
}
static void by_name(struct smtp_message *message)
{
	message->tls.server_name = "mail.belay.test";
}
static void at_least_1_3(struct smtp_message *message)
{
	message->tls.at_least_1_3 = true;
}
static void untrusted(struct smtp_message *message)
{
	message->tls.ca_file = NULL;
}
static void untrusted_but_accepted(struct smtp_message *message)
{
	message->tls.ca_file = NULL;
	message->tls.insecure = true;
}
static void untrusted_tls(struct smtp_message *message)
{
	over_tls(message);
	untrusted(message);
}
static void other_name(struct smtp_message *message)
{
	message->tls.server_name = "other.test";
}
static void wrong_password(struct smtp_message *message)
{
	message->password = "s3cret-Wrong";
}
static void no_password(struct smtp_message *message)
{
	message->user = message->password = NULL;
}
static void password_in_the_clear(struct smtp_message *message)
{
	message->security = SMTP_CLEAR;
	message->port = CLEAR_PORT;
}
static void tls_at_starttls_port(struct smtp_message *message)
{
	message->security = SMTP_TLS;
}
static void unknown_recipient(struct smtp_message *message)
{
	static const char *const to[] = {"nosuch@example.test"};
	message->to = to;
}
static void too_large(struct smtp_message *message)
{
	static char text[100001];
	memset(text, 'x', sizeof text - 1);
	message->text = text;
}

static const struct row {
	const char *name;
	void (*change)(struct smtp_message *message);
	enum err_code code; /* ERR_NONE: it arrives */
	const char *part, *hint;
} rows[] = {
	{"STARTTLS", leave, ERR_NONE, NULL, NULL},
	{"TLS from the first byte", over_tls, ERR_NONE, NULL, NULL},
	{"clear text", in_the_clear, ERR_NONE, NULL, NULL},
	{"verified as another name", by_name, ERR_NONE, NULL, NULL},
	{"TLS 1.3", at_least_1_3, ERR_NONE, NULL, NULL},
	{"not trusted, but accepted", untrusted_but_accepted, ERR_NONE, NULL, NULL},
	{"not trusted", untrusted, ERR_NET, "certificate", "tls.ca_file"},
	{"not trusted, implicit TLS", untrusted_tls, ERR_NET, "certificate",
	 "tls.ca_file"},
	{"not that name", other_name, ERR_NET, "other.test", "tls.server_name"},
	{"wrong password", wrong_password, ERR_AUTH, "does not accept user 'ci': 535",
	 "password"},
	{"no password", no_password, ERR_FAIL, "authentication required", NULL},
	{"password without TLS", password_in_the_clear, ERR_CONFIG,
	 "a password is not sent without TLS", "starttls"},
	{"TLS where STARTTLS is spoken", tls_at_starttls_port, ERR_NET, "", "starttls"},
	{"nobody there", unknown_recipient, ERR_FAIL,
	 "no recipient is accepted: nosuch@example.test (550 5.1.1 unknown user)", NULL},
	{"too large", too_large, ERR_FAIL, "refuses the mail: 552", NULL},
};

TEST(servers_and_their_ways)
{
	FOR_ROWS(row, rows) {
		struct trust *trust = trust_new();
		struct smtp_result result;
		struct err err = {0};
		struct smtp_message message = ordinary();
		row->change(&message);
		int status = smtp_send(trust, &message, &result, &err);
		if (row->code == ERR_NONE) {
			if (CHECK_OK(status, &err)) {
				_cleanup_json_ json_t *mail = delivered(&result);
				CHECK_STR_EQ(header(mail, "subject"), "a mail");
			}
		} else {
			CHECK_FAILS(status, &err, row->code, row->part);
			CHECK_STR_HAS(err.message, "mail server '127.");
			CHECK_NULL(strstr(err.message, "s3cret"));
			if (row->hint)
				CHECK_STR_HAS(err.hint, row->hint);
		}
		smtp_result_release(&result);
		trust_free(trust);
	}
}

/* Those who are accepted get the mail; of the others it is known why. */
TEST(recipients_are_told_apart)
{
	static const char *const to[] = {"nosuch@example.test", "ops@example.test",
					 "nosuch@other.test"};
	struct trust *trust = trust_new();
	struct smtp_result result;
	struct err err = {0};
	struct smtp_message message = ordinary();
	message.to = to;
	message.to_count = 3;
	if (CHECK_OK(smtp_send(trust, &message, &result, &err), &err)) {
		static const int want[] = {550, 250, 550};
		_cleanup_json_ json_t *mail = delivered(&result);
		for (size_t i = 0; i < 3; i++)
			CHECK_INT_EQ(result.recipients.items[i].status, want[i]);
		CHECK_STR_EQ(header(mail, "envelope-to"), "ops@example.test");
	}
	smtp_result_release(&result);
	trust_free(trust);
}

/* Greylisting: not now, but later. */
TEST(refused_for_now_is_tried_later)
{
	static const char *const to[] = {"grey@example.test"};
	struct trust *trust = trust_new();
	struct smtp_result result;
	struct err err = {0};
	struct smtp_message message = ordinary();
	_cleanup_free_ char *sign = str_format("%s/grey", getenv("MAIL_DIR"));
	message.to = to;
	fclose(fopen(sign, "w"));
	CHECK_FAILS(
		smtp_send(trust, &message, &result, &err), &err, ERR_NET,
		"no recipient is accepted for now: grey@example.test (451 4.2.0 greylisted)");
	smtp_result_release(&result);
	unlink(sign);
	CHECK_OK(smtp_send(trust, &message, &result, &err), &err);
	smtp_result_release(&result);
	trust_free(trust);
}
