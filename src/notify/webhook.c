/* webhook: a request to any URL. The body is the message itself, or a template of the user's. Every try of
 * one message carries the same Idempotency-Key (IETF draft of that name) and X-Belay-Delivery, so that a
 * receiver can tell a repetition from news.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/message.h"
#include "post.h"
#include "said.h"
#include "table.h"

/* What was asked for wins over what belay would say. */
static void add_header(json_t *headers, const char *name, const char *value)
{
	const char *key;
	json_t *ignored;
	json_object_foreach(headers, key, ignored) {
		if (strcasecmp(key, name) == 0)
			return;
	}
	json_object_set_new(headers, name, json_string(value));
}

static json_t *headers_new(const struct channel_job *job, bool is_json)
{
	const json_t *asked = json_object_get(job->notification->settings, "headers");
	const char *id = json_get_string(job->message, "id", "");
	json_t *headers = asked ? json_copy((json_t *)asked) : json_object();
	add_header(headers, "Content-Type",
		   is_json ? "application/json" : "text/plain; charset=utf-8");
	add_header(headers, "User-Agent", "belay");
	add_header(headers, "Idempotency-Key", id);
	add_header(headers, "X-Belay-Delivery", id);
	add_header(headers, "X-Belay-Topic", said_topic(job));
	return headers;
}

/* *ret_body is the text when the template is one, else NULL with *ret_json. */
static int body_of(const struct channel_job *job, json_t **ret_json, json_t **ret_body,
		   struct err *err)
{
	const json_t *settings = job->notification->settings;
	const json_t *body = json_object_get(settings, "body");
	const json_t *json = json_object_get(settings, "json");
	_cleanup_json_ json_t *view = message_view(job->message);
	if (body) {
		if (template_fill(body, view, ret_body, err) < 0)
			return err_wrap(err, "notify.%s.webhook.body",
					job->notification->name);
		if (json_is_string(*ret_body))
			return 0;
		_cleanup_free_ char *text = json_text_compact(*ret_body);
		json_decref(*ret_body);
		*ret_body = json_string(text);
		return 0;
	}
	if (!json) {
		*ret_json = TAKE_PTR(view);
		return 0;
	}
	if (template_fill(json, view, ret_json, err) < 0)
		return err_wrap(err, "notify.%s.webhook.json", job->notification->name);
	return 0;
}

static int send(struct effects *fx, const struct channel_job *job, json_t **ret_link,
		int64_t *ret_retry_after_ms, struct err *err)
{
	const json_t *settings = job->notification->settings;
	_cleanup_json_ json_t *json = NULL;
	_cleanup_json_ json_t *body = NULL;
	(void)ret_link;
	if (body_of(job, &json, &body, err) < 0)
		return -1;
	_cleanup_json_ json_t *headers = headers_new(job, json != NULL);
	const struct post post = {
		.service = "the webhook",
		.method = json_get_string(settings, "method", "POST"),
		.url = json_object_get(settings, "url"),
		.headers = headers,
		.basic = json_object_get(settings, "basic"),
		.tls = json_object_get(settings, "tls"),
		.sign = json_object_get(settings, "sign"),
		.json = json,
		.body = json_string_value(body),
	};
	return post_send(fx, job, &post, NULL, ret_retry_after_ms, err);
}

/* A program can ignore what it does not want: it hears everything but that something has begun. */
static const char *const topics[] = {
	"deployed",         "failed",
	"rolled-back",      "rollback-failed",
	"unproven",         "degraded",
	"recovered",        "incident-opened",
	"incident-updated", "incident-resolved",
	"post-mortem-due",  "post-mortem-overdue",
	"backup-failed",    "backup-recovered",
	"backup-late",      NULL,
};

const struct channel channel_webhook = {
	.name = "webhook",
	.summary = "a request to any URL",
	.topics = topics,
	.once = "every try of a message has the same Idempotency-Key: a receiver that heeds "
		"it takes each message once",
	.send = send,
};
