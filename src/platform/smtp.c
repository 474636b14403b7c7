/* Mail over libcurl. curl speaks SMTP and builds the MIME parts; header fields come from smtp_header.c;
 * what the server said to each recipient is heard by listening to the dialogue; what a failure means is in
 * smtp_fail.c. */
#include "platform/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/curl_tls.h"
#include "platform/smtp_call.h"
#include "platform/trust.h"

#define MESSAGE_ID_MAX 250

static void call_release(struct smtp_call *call)
{
	curl_easy_cleanup(call->easy); /* says QUIT, and listens */
	curl_mime_free(call->mime);
	curl_slist_free_all(call->fields);
	curl_slist_free_all(call->recipients);
	curl_slist_free_all(call->connect_to);
	smtp_address_release(&call->sender);
	if (call->store)
		trust_store_free(call->store);
}

void smtp_result_release(struct smtp_result *result)
{
	for (size_t i = 0; i < result->recipients.count; i++) {
		free(result->recipients.items[i].mailbox);
		free(result->recipients.items[i].reply);
	}
	free(result->recipients.items);
	*result = (struct smtp_result){0};
}

/* --- header fields ------------------------------------------------------------------------- */

static void add_line(struct smtp_call *call, const char *line)
{
	call->fields = curl_slist_append(call->fields, line);
}

static int add_field(struct smtp_call *call, const char *name, const char *value,
		     struct err *err)
{
	_cleanup_free_ char *line = NULL;
	if (smtp_header_text(name, value, &line, err) < 0)
		return -1;
	add_line(call, line);
	return 0;
}

static void addresses_release(struct smtp_address *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		smtp_address_release(&addresses[i]);
	free(addresses);
}

/* Parses `texts`, adds the field, and (where `as_recipients`) whom the server is told about. */
static int add_addresses(struct smtp_call *call, const char *name,
			 const char *const *texts, size_t count, bool as_recipients,
			 struct err *err)
{
	if (count == 0)
		return 0;
	_cleanup_free_ char *line = NULL;
	struct smtp_address *addresses = mem_array(struct smtp_address, count);
	int status = 0;
	for (size_t i = 0; i < count && status == 0; i++)
		status = smtp_address_parse(texts[i], &addresses[i], err);
	if (status == 0)
		status = smtp_header_addresses(name, addresses, count, &line, err);
	if (status == 0)
		add_line(call, line);
	for (size_t i = 0; i < count && status == 0 && as_recipients; i++) {
		call->recipients =
			curl_slist_append(call->recipients, addresses[i].mailbox);
		struct smtp_recipient *recipient = vec_push(&call->result->recipients);
		recipient->mailbox = TAKE_PTR(addresses[i].mailbox);
	}
	addresses_release(addresses, count);
	return status < 0 ? err_wrap(err, "%s", name) : 0;
}

static int add_message_id(struct smtp_call *call, const char *id, struct err *err)
{
	if (!id)
		return 0;
	for (const char *at = id; *at; at++)
		if (*at <= ' ' || (unsigned char)*at >= 0x7f || strchr("<>", *at))
			return err_set(err, ERR_CONFIG, "'%s' is no message id", id);
	if (!strchr(id, '@') || strlen(id) > MESSAGE_ID_MAX)
		return err_set(err, ERR_CONFIG, "'%s' is no message id", id);
	_cleanup_free_ char *line = str_format("Message-ID: <%s>", id);
	add_line(call, line);
	return 0;
}

static int add_fields(struct smtp_call *call, struct err *err)
{
	const struct smtp_message *m = call->message;
	char date[SMTP_DATE_BYTES];
	if (add_field(call, "Date", smtp_date(m->date_ms, date), err) < 0 ||
	    add_addresses(call, "From", &m->from, 1, false, err) < 0 ||
	    add_addresses(call, "To", m->to, m->to_count, true, err) < 0 ||
	    add_addresses(call, "Cc", m->cc, m->cc_count, true, err) < 0 ||
	    add_addresses(call, "Reply-To", &m->reply_to, m->reply_to ? 1 : 0, false,
			  err) < 0 ||
	    add_field(call, "Subject", m->subject, err) < 0 ||
	    add_message_id(call, m->message_id, err) < 0)
		return -1;
	for (size_t i = 0; i < m->field_count; i++)
		if (add_field(call, m->fields[i].name, m->fields[i].value, err) < 0)
			return -1;
	if (!call->recipients)
		return err_set(err, ERR_CONFIG, "the mail has no recipient");
	/* curl adds the boundary. */
	add_line(call, "Content-Type: multipart/alternative");
	return 0;
}

/* --- MIME ---------------------------------------------------------------------------------- */

/* Every line end becomes CRLF, as SMTP wants it. Fresh. */
static char *with_crlf(const char *text)
{
	struct str out = STR_INIT;
	for (const char *at = text; *at; at++) {
		if (*at == '\r')
			continue;
		if (*at == '\n')
			str_add_char(&out, '\r');
		str_add_char(&out, *at);
	}
	if (!str_has_suffix(str_text(&out), "\n"))
		str_add(&out, "\r\n");
	return str_take(&out);
}

static void add_part(curl_mime *mime, const char *text, const char *type)
{
	_cleanup_free_ char *lines = with_crlf(text);
	curl_mimepart *part = curl_mime_addpart(mime);
	curl_mime_data(part, lines, CURL_ZERO_TERMINATED);
	curl_mime_type(part, type);
	curl_mime_encoder(part, "quoted-printable");
}

static void add_body(struct smtp_call *call)
{
	call->mime = curl_mime_init(call->easy);
	add_part(call->mime, call->message->text, "text/plain; charset=utf-8");
	if (call->message->html)
		add_part(call->mime, call->message->html, "text/html; charset=utf-8");
	curl_easy_setopt(call->easy, CURLOPT_MIMEPOST, call->mime);
}

/* --- the dialogue -------------------------------------------------------------------------- */

static void hear_command(struct smtp_call *call, const char *line, size_t len)
{
	call->about_recipient = len >= 8 && memcmp(line, "RCPT TO:", 8) == 0;
	call->over = len >= 4 && memcmp(line, "QUIT", 4) == 0;
	if (call->about_recipient)
		call->asked++;
}

/* The other side's words get into our messages: these are to be text, and to do nothing to a terminal. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			*text = '?';
}

/* "550 5.1.1 unknown user"; "550-" begins a reply of several lines, of which the last counts. */
static void hear_reply(struct smtp_call *call, const char *line, size_t len)
{
	while (len && strchr("\r\n", line[len - 1]))
		len--;
	long long status;
	_cleanup_free_ char *digits = mem_strndup(line, len < 3 ? len : 3);
	if (len < 3 || (len > 3 && line[3] != ' ') ||
	    str_to_int64(digits, 200, 599, &status) < 0)
		return;
	snprintf(call->result->reply, sizeof call->result->reply, "%.*s", (int)len, line);
	make_plain(call->result->reply);
	call->begun = call->begun || status == 354;
	if (!call->about_recipient || call->asked > call->result->recipients.count)
		return;
	struct smtp_recipient *recipient =
		&call->result->recipients.items[call->asked - 1];
	recipient->status = (int)status;
	str_assign(&recipient->reply, call->result->reply);
}

static int on_dialogue(CURL *easy, curl_infotype type, char *data, size_t size,
		       void *context)
{
	struct smtp_call *call = context;
	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		hear_command(call, data, size);
	else if (type == CURLINFO_HEADER_IN && !call->over)
		hear_reply(call, data, size);
	return 0;
}

/* --- settings ------------------------------------------------------------------------------ */

static size_t ignore_body(char *data, size_t one, size_t len, void *context)
{
	(void)data;
	(void)one;
	(void)context;
	return len;
}

static char *bracketed(const char *host)
{
	bool literal = strchr(host, ':') != NULL;
	return str_format("%s%s%s", literal ? "[" : "", host, literal ? "]" : "");
}

/* "smtp://mail.example.com:587/example.com", of curl's own making; NULL when it is none. The path is what
 * the server is greeted with: the sender's domain, for the name of the machine is seldom one that others
 * know, and some servers refuse such. Free with curl_free(). */
static char *url_new(const struct smtp_message *message, const char *name,
		     const char *sender)
{
	const char *scheme = message->security == SMTP_TLS ? "smtps" : "smtp";
	const char *domain = strchr(sender, '@') + 1;
	_cleanup_free_ char *host = bracketed(name);
	_cleanup_free_ char *port = str_format("%d", message->port);
	_cleanup_free_ char *path = str_format("/%s", *domain == '[' ? "" : domain);
	char *text = NULL;
	CURLU *url = curl_url();
	if (curl_url_set(url, CURLUPART_SCHEME, scheme, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_HOST, host, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_PORT, port, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_PATH, path, 0) == CURLUE_OK)
		curl_url_get(url, CURLUPART_URL, &text, 0);
	curl_url_cleanup(url);
	return text;
}

static int apply_url(struct smtp_call *call, struct err *err)
{
	const struct smtp_message *m = call->message;
	const char *name = m->tls.server_name ? m->tls.server_name : m->host;
	char *url = url_new(m, name, call->sender.mailbox);
	if (!url)
		return err_set(err, ERR_CONFIG, "'%s' is no mail server", m->host);
	curl_easy_setopt(call->easy, CURLOPT_URL, url);
	curl_free(url);
	if (name == m->host)
		return 0;
	/* Verified as another name than it is reached by. */
	_cleanup_free_ char *host = bracketed(m->host);
	_cleanup_free_ char *rule = str_format("::%s:%d", host, m->port);
	call->connect_to = curl_slist_append(NULL, rule);
	curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->connect_to);
	return 0;
}

static int apply_login(struct smtp_call *call, struct err *err)
{
	const struct smtp_message *m = call->message;
	if (!m->user && !m->password)
		return 0;
	if (m->security == SMTP_CLEAR) {
		err_set(err, ERR_CONFIG, "a password is not sent without TLS");
		return err_hint(err, "use 'security: starttls' or 'security: tls', or "
				     "neither user nor password");
	}
	curl_easy_setopt(call->easy, CURLOPT_USERNAME, m->user ? m->user : "");
	curl_easy_setopt(call->easy, CURLOPT_PASSWORD, m->password ? m->password : "");
	curl_easy_setopt(call->easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
	return 0;
}

static int apply_security(struct smtp_call *call, struct trust *trust, struct err *err)
{
	const struct smtp_message *m = call->message;
	if (m->security == SMTP_CLEAR)
		return 0;
	curl_easy_setopt(call->easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	return curl_tls_apply(call->easy, &m->tls, true, trust, &call->store, err);
}

static int apply(struct smtp_call *call, struct trust *trust, struct err *err)
{
	CURL *easy = call->easy;
	const struct smtp_message *m = call->message;
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error_text);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)m->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)m->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_body);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_dialogue);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, call);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
	if (add_fields(call, err) < 0 ||
	    smtp_address_parse(m->from, &call->sender, err) < 0)
		return -1;
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, call->sender.mailbox);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, call->recipients);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->fields);
	add_body(call);
	if (apply_url(call, err) < 0 || apply_login(call, err) < 0)
		return -1;
	return apply_security(call, trust, err);
}

int smtp_send(struct trust *trust, const struct smtp_message *message,
	      struct smtp_result *ret, struct err *err)
{
	struct smtp_call call = {
		.message = message, .result = ret, .easy = curl_easy_init()};
	*ret = (struct smtp_result){0};
	int status = apply(&call, trust, err);
	if (status == 0) {
		CURLcode code = curl_easy_perform(call.easy);
		make_plain(call.error_text);
		if (code != CURLE_OK)
			status = smtp_call_fail(&call, code, err);
		call.over = true;
	}
	call_release(&call);
	return status < 0 ? err_wrap(err, "mail server '%s:%d'", message->host,
				     message->port)
			  : 0;
}
