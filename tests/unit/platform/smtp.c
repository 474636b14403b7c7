/* SMTP against a server in this process that says what its script says: refusals at every step, and what
 * servers should never do. Real servers are in tests/peer/mail.c. */
#include "platform/smtp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/trust.h"
#include "test.h"

#define GREETING "220 mail.test ESMTP\r\n"
#define HELLO "250-mail.test\r\n250 8BITMIME\r\n"
#define HELLO_STARTTLS "250-mail.test\r\n250 STARTTLS\r\n"
#define GOOD "250 fine\r\n"
#define GO_ON "354 go on\r\n"
#define SILENCE "" /* says nothing, and waits */
#define CLOSE "x"  /* hangs up */

/* What is said to each command; NULL: GOOD. */
struct script {
	const char *greeting, *hello, *starttls, *from, *to, *to_again, *data, *message;
};

struct server {
	int fd, port;
	struct script script;
	struct str heard; /* commands, and the message */
	pthread_t thread;
};

static const char *reply_to(struct server *server, const char *line, int *recipients)
{
	const struct script *script = &server->script;
	if (str_has_prefix(line, "EHLO"))
		return script->hello ? script->hello : HELLO;
	if (str_has_prefix(line, "STARTTLS"))
		return script->starttls;
	if (str_has_prefix(line, "MAIL"))
		return script->from;
	if (str_has_prefix(line, "RCPT"))
		return (*recipients)++ ? script->to_again : script->to;
	if (str_has_prefix(line, "DATA"))
		return script->data ? script->data : GO_ON;
	if (str_equal(line, ".\r\n"))
		return script->message;
	return str_has_prefix(line, "QUIT") ? "221 bye\r\n" : GOOD;
}

/* False: the conversation is over. */
static bool say(FILE *stream, const char *reply)
{
	char rest[512];
	reply = reply ? reply : GOOD;
	if (str_equal(reply, CLOSE))
		return false;
	if (str_equal(reply, SILENCE)) /* until the other side gives up */
		return fgets(rest, sizeof rest, stream) != NULL;
	/* Who does not speak SMTP says no more. */
	return fputs(reply, stream) >= 0 && fflush(stream) == 0 && reply[0] <= '9';
}

static void converse(struct server *server, FILE *stream)
{
	char line[4096];
	int recipients = 0;
	bool in_message = false;
	if (!say(stream, server->script.greeting ? server->script.greeting : GREETING))
		return;
	while (fgets(line, sizeof line, stream)) {
		str_add(&server->heard, line);
		if (in_message && !str_equal(line, ".\r\n"))
			continue;
		const char *reply = reply_to(server, line, &recipients);
		in_message = str_has_prefix(line, "DATA") && reply && reply[0] == '3';
		if (!say(stream, reply))
			return;
	}
}

static void *serve(void *context)
{
	struct server *server = context;
	int fd = accept(server->fd, NULL, NULL);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r+");
	if (!stream)
		return NULL;
	converse(server, stream);
	fclose(stream);
	return NULL;
}

static void server_start(struct server *server, const struct script *script)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	signal(SIGPIPE, SIG_IGN);
	*server = (struct server){.script = *script, .heard = STR_INIT};
	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	bind(server->fd, (struct sockaddr *)&address, sizeof address);
	listen(server->fd, 8);
	getsockname(server->fd, (struct sockaddr *)&address, &size);
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, serve, server);
}

static void server_stop(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR); /* when nobody came */
	pthread_join(server->thread, NULL);
	close(server->fd);
	str_release(&server->heard);
}

static const char *const two[] = {"ops@example.test", "Dev <dev@example.test>"};

static struct smtp_message message_to(const struct server *server)
{
	return (struct smtp_message){
		.host = "127.0.0.1",
		.port = server->port,
		.security = SMTP_CLEAR,
		.from = "belay@example.test",
		.to = two,
		.to_count = 2,
		.subject = "a mail",
		.text = "hello\n.\n",
		.timeout_ms = 10000,
	};
}

static int send_it(const struct smtp_message *message, struct smtp_result *result,
		   struct err *err)
{
	struct trust *trust = trust_new();
	int status = smtp_send(trust, message, result, err);
	trust_free(trust);
	return status;
}

static const struct row {
	const char *name;
	struct script script;
	enum smtp_security security;
	int64_t timeout_ms; /* 0: long */
	enum err_code code; /* ERR_NONE: sent */
	const char *part;
} rows[] = {
	{"all is well", {0}, SMTP_CLEAR, 0, ERR_NONE, ""},
	{"one of two refused", {.to = "550 no\r\n"}, SMTP_CLEAR, 0, ERR_NONE, ""},
	{"too busy",
	 {.greeting = "421 too busy\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_NET,
	 "421 too busy"},
	{"no mail for us",
	 {.greeting = "554 go away\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_FAIL,
	 "554 go away"},
	{"no mail server",
	 {.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_NET,
	 "mail server '127.0.0.1:"},
	{"hangs up at once", {.greeting = CLOSE}, SMTP_CLEAR, 0, ERR_NET, ""},
	{"says nothing", {.greeting = SILENCE}, SMTP_CLEAR, 300, ERR_TIMEOUT, ""},
	{"no STARTTLS", {0}, SMTP_STARTTLS, 0, ERR_FAIL, "does not offer STARTTLS"},
	{"no STARTTLS for now",
	 {.hello = HELLO_STARTTLS, .starttls = "454 not now\r\n"},
	 SMTP_STARTTLS,
	 0,
	 ERR_NET,
	 "no TLS for now: 454 not now"},
	{"sender refused",
	 {.from = "553 not you\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_FAIL,
	 "refuses the mail: 553 not you"},
	{"sender refused for now",
	 {.from = "452 disk full\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_NET,
	 "refuses the mail: 452 disk full"},
	{"all recipients refused",
	 {.to = "550-5.1.1 no\r\n550 5.1.1 such user\r\n", .to_again = "551 moved\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_FAIL,
	 "no recipient is accepted: ops@example.test (550 5.1.1 such user), "
	 "dev@example.test (551 moved)"},
	{"all refused, one for now",
	 {.to = "550 no\r\n", .to_again = "450 later\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_NET,
	 "no recipient is accepted for now"},
	{"DATA refused", {.data = "503 no\r\n"}, SMTP_CLEAR, 0, ERR_FAIL, "503 no"},
	{"message refused",
	 {.message = "554 spam\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_FAIL,
	 "refuses the mail: 554 spam"},
	{"message refused for now",
	 {.message = "451 later\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_NET,
	 "refuses the mail: 451 later"},
	{"hangs up before the message", {.to_again = CLOSE}, SMTP_CLEAR, 0, ERR_NET, ""},
	{"hangs up behind it",
	 {.message = CLOSE},
	 SMTP_CLEAR,
	 0,
	 ERR_NET,
	 "it is not known whether the mail was taken"},
	{"no answer to it",
	 {.message = SILENCE},
	 SMTP_CLEAR,
	 500,
	 ERR_TIMEOUT,
	 "it is not known whether the mail was taken"},
	{"words that are none",
	 {.from = "550 a\x1b[31m\xff\xfe z\r\n"},
	 SMTP_CLEAR,
	 0,
	 ERR_FAIL,
	 "550 a?[31m?? z"},
};

TEST(every_step_may_fail)
{
	FOR_ROWS(row, rows) {
		struct server server;
		struct smtp_result result;
		struct err err = {0};
		server_start(&server, &row->script);
		struct smtp_message message = message_to(&server);
		message.security = row->security;
		if (row->timeout_ms)
			message.timeout_ms = row->timeout_ms;
		int status = send_it(&message, &result, &err);
		if (row->code == ERR_NONE)
			CHECK_OK(status, &err);
		else
			CHECK_FAILS(status, &err, row->code, row->part);
		bool before_message = row->script.to_again != NULL;
		CHECK(!before_message || !strstr(err.message, "not known whether"));
		smtp_result_release(&result);
		server_stop(&server);
	}
}

TEST(what_the_server_hears)
{
	static const struct smtp_field fields[] = {{"X-Belay-Topic", "test"}};
	struct server server;
	struct smtp_result result;
	struct err err = {0};
	server_start(&server, &(struct script){.to_again = "550 no\r\n"});
	struct smtp_message message = message_to(&server);
	message.fields = fields;
	message.field_count = 1;
	message.message_id = "a.b@example.test";
	CHECK_OK(send_it(&message, &result, &err), &err);
	if (CHECK_INT_EQ(result.recipients.count, 2)) {
		CHECK_STR_EQ(result.recipients.items[0].mailbox, "ops@example.test");
		CHECK_INT_EQ(result.recipients.items[0].status, 250);
		CHECK_INT_EQ(result.recipients.items[1].status, 550);
		CHECK_STR_EQ(result.recipients.items[1].reply, "550 no");
	}
	CHECK_STR_EQ(result.reply, "250 fine");
	smtp_result_release(&result);
	pthread_join(server.thread, NULL);
	const char *heard = str_text(&server.heard);
	CHECK_STR_HAS(heard, "EHLO example.test\r\n");
	CHECK_STR_HAS(heard, "MAIL FROM:<belay@example.test>");
	CHECK_STR_HAS(heard, "RCPT TO:<dev@example.test>\r\n");
	CHECK_STR_HAS(heard, "\r\nTo: ops@example.test,\r\n Dev <dev@example.test>\r\n");
	CHECK_STR_HAS(heard, "\r\nMessage-ID: <a.b@example.test>\r\n");
	CHECK_STR_HAS(heard, "\r\nX-Belay-Topic: test\r\n");
	CHECK_STR_HAS(heard, "\r\nhello\r\n..\r\n"); /* the dot that is not the end */
	close(server.fd);
	str_release(&server.heard);
}

/* What cannot be sent is refused before anybody is asked. */
static const struct refused {
	const char *name;
	const char *from, *to, *subject, *message_id, *field, *password;
	const char *part;
} refused[] = {
	{"subject with a header behind it", "a@b", "c@d", "x\r\nBcc: e@f", NULL, "x",
	 NULL, "'Subject'"},
	{"field with a header behind it", "a@b", "c@d", "x", NULL, "x\nBcc: e@f", NULL,
	 "'X-Belay'"},
	{"recipient with a command behind it", "a@b", "c@d>\r\nRCPT TO:<e@f", "x", NULL,
	 "x", NULL, "is no mail address"},
	{"sender with parameters", "a@b> BODY=x", "c@d", "x", NULL, "x", NULL,
	 "is no mail address"},
	{"message id with a space", "a@b", "c@d", "x", "a b@c", "x", NULL,
	 "is no message id"},
	{"message id that ends early", "a@b", "c@d", "x", "a@b>\r\nBcc: e@f", "x", NULL,
	 "is no message id"},
	{"password without TLS", "a@b", "c@d", "x", NULL, "x", "s3cret",
	 "a password is not sent without TLS"},
};

TEST(refused_beforehand)
{
	FOR_ROWS(row, refused) {
		struct server server;
		struct smtp_result result;
		struct err err = {0};
		const struct smtp_field field = {"X-Belay", row->field};
		server_start(&server, &(struct script){0});
		struct smtp_message message = message_to(&server);
		message.from = row->from;
		message.to = &row->to;
		message.to_count = 1;
		message.subject = row->subject;
		message.message_id = row->message_id;
		message.fields = &field;
		message.field_count = 1;
		message.password = row->password;
		CHECK_FAILS(send_it(&message, &result, &err), &err, ERR_CONFIG,
			    row->part);
		CHECK_NULL(strstr(err.message, "s3cret"));
		CHECK_INT_EQ(server.heard.len, 0);
		smtp_result_release(&result);
		server_stop(&server);
	}
}

TEST(nobody_there)
{
	struct server server;
	struct smtp_result result;
	struct err err = {0};
	server_start(&server, &(struct script){0});
	struct smtp_message message = message_to(&server);
	server_stop(&server); /* its port is free now */
	CHECK_FAILS(send_it(&message, &result, &err), &err, ERR_NET, "127.0.0.1:");
	smtp_result_release(&result);
	message.to_count = 0;
	CHECK_FAILS(send_it(&message, &result, &err), &err, ERR_CONFIG, "no recipient");
	smtp_result_release(&result);
}
