/* mail: one message by SMTP as an effect. */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "live_net.h"
#include "platform/smtp.h"

#define DEFAULT_TIMEOUT_MS 30000

/* A message and everything that it borrows. */
struct owned_mail {
	struct smtp_message message;
	struct secret password;
	struct live_tls tls;
	const char **to, **cc;
	struct smtp_field *fields;
};

static void owned_mail_release(struct owned_mail *owned)
{
	secret_release(&owned->password);
	live_tls_release(&owned->tls);
	free(owned->to);
	free(owned->cc);
	free(owned->fields);
}

static int read_security(const json_t *args, enum smtp_security *ret, struct err *err)
{
	static const struct {
		const char *name;
		enum smtp_security security;
	} rows[] = {{"none", SMTP_CLEAR}, {"starttls", SMTP_STARTTLS}, {"tls", SMTP_TLS}};
	const char *name = json_get_string(args, "security", "starttls");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!str_equal(rows[i].name, name))
			continue;
		*ret = rows[i].security;
		return 0;
	}
	return err_set(err, ERR_CONFIG, "mail: 'security' must be none, starttls or tls");
}

/* The texts of an array; anything else in it counts as an empty one, which is no address. */
static const char **read_texts(const json_t *array, size_t *ret_count)
{
	const char **texts = mem_array(const char *, json_array_size(array) + 1);
	size_t i;
	json_t *text;
	json_array_foreach(array, i, text)
		texts[i] = json_is_string(text) ? json_string_value(text) : "";
	*ret_count = json_array_size(array);
	return texts;
}

static void read_fields(const json_t *args, struct owned_mail *owned)
{
	json_t *headers = json_object_get(args, "headers");
	struct smtp_message *message = &owned->message;
	owned->fields = mem_array(struct smtp_field, json_object_size(headers) + 1);
	const char *name;
	json_t *value;
	json_object_foreach(headers, name, value)
		if (json_is_string(value))
			owned->fields[message->field_count++] =
				(struct smtp_field){name, json_string_value(value)};
	message->fields = owned->fields;
}

static int read_mail(struct live_call *call, struct owned_mail *owned, struct err *err)
{
	struct smtp_message *message = &owned->message;
	const json_t *args = call->args;
	*message = (struct smtp_message){
		.port = (int)json_get_int(args, "port", 587),
		.user = json_get_string(args, "user", NULL),
		.reply_to = json_get_string(args, "reply_to", NULL),
		.subject = json_get_string(args, "subject", ""),
		.message_id = json_get_string(args, "message_id", NULL),
		.date_ms = json_get_int(args, "date_ms", 0),
		.html = json_get_string(args, "html", NULL),
		.timeout_ms = json_get_int(args, "timeout_ms", DEFAULT_TIMEOUT_MS),
	};
	if (live_need_string(args, "server", "mail", &message->host, err) < 0 ||
	    live_need_string(args, "from", "mail", &message->from, err) < 0 ||
	    live_need_string(args, "text", "mail", &message->text, err) < 0 ||
	    read_security(args, &message->security, err) < 0 ||
	    live_resolve_member(call, args, "password", "password of the mail server",
				&owned->password, err) < 0 ||
	    live_read_tls(call, json_object_get(args, "tls"), &owned->tls, &message->tls,
			  err) < 0)
		return -1;
	if (message->timeout_ms < 1 || message->port < 1 || message->port > 65535)
		return err_set(err, ERR_CONFIG, "mail: a limit is out of range");
	message->password = owned->password.data;
	owned->to = read_texts(json_object_get(args, "to"), &message->to_count);
	owned->cc = read_texts(json_object_get(args, "cc"), &message->cc_count);
	message->to = owned->to;
	message->cc = owned->cc;
	read_fields(args, owned);
	return 0;
}

static json_t *answer_new(const struct smtp_result *result)
{
	json_t *accepted = json_array(), *refused = json_array();
	for (size_t i = 0; i < result->recipients.count; i++) {
		const struct smtp_recipient *recipient = &result->recipients.items[i];
		if (recipient->status < 400)
			json_array_append_new(accepted, json_string(recipient->mailbox));
		else
			json_array_append_new(refused,
					      json_pack("{s:s, s:i, s:s}", "address",
							recipient->mailbox, "status",
							recipient->status, "message",
							recipient->reply));
	}
	return json_pack("{s:o, s:o, s:s}", "accepted", accepted, "refused", refused,
			 "reply", result->reply);
}

int live_mail(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct owned_mail owned = {0};
	int status = read_mail(call, &owned, err);
	if (status == 0) {
		struct smtp_result result;
		status = smtp_send(live_trust(call), &owned.message, &result, err);
		if (status == 0)
			*ret_answer = answer_new(&result);
		smtp_result_release(&result);
	}
	owned_mail_release(&owned);
	return status;
}
