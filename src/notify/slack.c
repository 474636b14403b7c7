/* slack: a message of blocks, through an incoming webhook or, with a token, chat.postMessage. Sources: Slack's
 * references of Block Kit (header 150, section 3000, field 2000 characters, ten fields), of incoming
 * webhooks (answers with a word, "no_service") and of chat.postMessage (200 with {ok: false, error}).
 *
 * With a token all messages of one incident stand in one thread: `ref` is "CHANNEL/TS" of its first one.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "plain.h"
#include "post.h"
#include "table.h"

#define FALLBACK_MAX 3000
#define HEADER_MAX 150
#define SECTION_MAX 3000
#define FIELD_NAME_MAX 100
#define FIELD_MAX 1900
#define FIELDS_MAX 10
#define CONTEXT_MAX 1000
#define URL_MAX 3000

/* --- blocks ----------------------------------------------------------------------------------- */

/* verbatim: Slack makes no links of names, channels and addresses that it finds in the text. */
static json_t *mrkdwn(json_t *text)
{
	return json_pack("{s:s, s:o, s:b}", "type", "mrkdwn", "text", text, "verbatim",
			 1);
}

static json_t *plain_text(const char *text, size_t max_units)
{
	return json_pack("{s:s, s:o, s:b}", "type", "plain_text", "text",
			 plain_json(text, plain_none, max_units), "emoji", 0);
}

static void add_header(json_t *blocks, const struct channel_job *job)
{
	_cleanup_free_ char *line = said_line(said_title(job));
	_cleanup_free_ char *title = str_format("%s %s", plain_tone(job).mark, line);
	json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", "header", "text",
						plain_text(title, HEADER_MAX)));
}

static void add_text(json_t *blocks, const struct channel_job *job)
{
	const char *text = said(job, "text");
	if (text)
		json_array_append_new(
			blocks,
			json_pack("{s:s, s:o}", "type", "section", "text",
				  mrkdwn(plain_json(text, plain_slack, SECTION_MAX))));
}

static json_t *field_new(const json_t *fact)
{
	_cleanup_str_ struct str text = STR_INIT;
	str_add_char(&text, '*');
	plain_add(&text, json_get_string(fact, "name", ""), plain_slack, FIELD_NAME_MAX);
	str_add(&text, "*\n");
	plain_add(&text, json_get_string(fact, "value", ""), plain_slack,
		  FIELD_MAX - FIELD_NAME_MAX);
	return mrkdwn(json_string(str_text(&text)));
}

static void add_fields(json_t *blocks, const struct channel_job *job)
{
	_cleanup_json_ json_t *facts = plain_facts(job);
	json_t *fields = json_array();
	size_t i;
	const json_t *fact;
	json_array_foreach(facts, i, fact) {
		if (i < FIELDS_MAX)
			json_array_append_new(fields, field_new(fact));
	}
	if (json_array_size(fields) > 0)
		json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", "section",
							"fields", fields));
	else
		json_decref(fields);
}

static void add_context(json_t *blocks, const struct channel_job *job)
{
	_cleanup_free_ char *footer = plain_footer(job);
	json_array_append_new(
		blocks, json_pack("{s:s, s:[o]}", "type", "context", "elements",
				  mrkdwn(plain_json(footer, plain_slack, CONTEXT_MAX))));
}

static void add_button(json_t *buttons, const char *label, const char *url)
{
	if (plain_url(url, URL_MAX))
		json_array_append_new(
			buttons, json_pack("{s:s, s:o, s:s}", "type", "button", "text",
					   plain_text(label, 75), "url", url));
}

static void add_buttons(json_t *blocks, const struct channel_job *job)
{
	json_t *buttons = json_array();
	add_button(buttons, "Incident", said(job, "incident_url"));
	add_button(buttons, "Log of the run", said(job, "url"));
	if (json_array_size(buttons) > 0)
		json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", "actions",
							"elements", buttons));
	else
		json_decref(buttons);
}

static json_t *payload_new(const struct channel_job *job)
{
	json_t *blocks = json_array();
	add_header(blocks, job);
	add_text(blocks, job);
	add_fields(blocks, job);
	add_context(blocks, job);
	add_buttons(blocks, job);
	return json_pack("{s:o, s:o, s:b, s:b}", "text",
			 plain_json(said_title(job), plain_slack, FALLBACK_MAX), "blocks",
			 blocks, "unfurl_links", 0, "unfurl_media", 0);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Words that say that it may work later; all others are final. */
static bool passes_by(const char *word)
{
	static const char *const words[] = {
		"ratelimited",         "rate_limited",    "internal_error", "fatal_error",
		"service_unavailable", "request_timeout", "rollup_error"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_equal(words[i], word))
			return true;
	return false;
}

static void hint_at(const char *word, struct err *err)
{
	static const struct {
		const char *word, *hint;
	} rows[] = {
		{"not_in_channel", "invite the app: /invite in the channel"},
		{"channel_not_found",
		 "is the channel private? then invite the app first"},
		{"is_archived", "unarchive the channel, or name another one"},
		{"missing_scope", "the app needs the scope chat:write"},
		{"invalid_auth", "is it the bot token, xoxb-…?"},
		{"no_service", "the webhook was removed: make a new one in the app's "
			       "settings"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_equal(rows[i].word, word))
			err_hint(err, "%s", rows[i].hint);
}

/* "Slack answered 404: no_service" → "no_service" */
static const char *last_word(const struct err *err)
{
	const char *space = strrchr(err->message, ' ');
	return space ? space + 1 : err->message;
}

static int send_webhook(struct effects *fx, const struct channel_job *job,
			const json_t *payload, int64_t *ret_retry_after_ms,
			struct err *err)
{
	const struct post post = {
		.service = "Slack",
		.url = json_object_get(job->notification->settings, "webhook"),
		.json = payload,
	};
	if (post_send(fx, job, &post, NULL, ret_retry_after_ms, err) == 0)
		return 0;
	hint_at(last_word(err), err);
	return -1;
}

/* The thread of the incident: only in the channel that the message goes to, as Slack named it. */
static void add_thread(json_t *payload, const struct channel_job *job)
{
	const char *ref = json_get_string(job->link, "ref", "");
	const char *slash = strchr(ref, '/');
	if (!slash)
		return;
	json_object_set_new(payload, "channel", json_stringn(ref, (size_t)(slash - ref)));
	json_object_set_new(payload, "thread_ts", json_string(slash + 1));
	if (said_change(job) == SAID_OVER ||
	    json_get_bool(job->message, "escalation", false))
		json_object_set_new(payload, "reply_broadcast", json_true());
}

/* The incident's first message begins its thread. */
static json_t *link_of(const struct channel_job *job, const json_t *answer)
{
	const char *channel = json_get_string(answer, "channel", NULL);
	const char *ts = json_get_string(answer, "ts", NULL);
	if (!said_incident(job) || job->link || !channel || !ts)
		return NULL;
	_cleanup_free_ char *ref = str_format("%s/%s", channel, ts);
	const char *point = strchr(ts, '.');
	_cleanup_free_ char *url =
		point ? str_format("https://slack.com/archives/%s/p%.*s%s", channel,
				   (int)(point - ts), ts, point + 1)
		      : NULL;
	return said_link(ref, url);
}

static int judge(const json_t *answer, struct err *err)
{
	const char *word = json_get_string(answer, "error", "without a reason");
	if (answer_is_assumed(answer) || json_get_bool(answer, "ok", false))
		return 0;
	err_set(err, passes_by(word) ? ERR_NET : ERR_FAIL, "Slack refused: %s", word);
	hint_at(word, err);
	return -1;
}

static int send_token(struct effects *fx, const struct channel_job *job, json_t *payload,
		      json_t **ret_link, int64_t *ret_retry_after_ms, struct err *err)
{
	const json_t *settings = job->notification->settings;
	struct api api;
	enum api_sent sent = API_NOT_TAKEN;
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *summary = str_format("tell Slack: %s", said_title(job));
	json_object_set(payload, "channel", json_object_get(settings, "channel"));
	json_object_set_new(payload, "link_names", json_false());
	add_thread(payload, job);
	said_api(&api, "Slack",
		 json_get_string(settings, "api_url", "https://slack.com/api"));
	api_bearer(&api, json_object_get(settings, "token"));
	const struct api_request request = {.method = "POST",
					    .path = "/chat.postMessage",
					    .json = payload,
					    .subject = job->notification->name,
					    .summary = summary};
	int status = api_request(&api, fx, &request, &answer, &sent, err);
	if (status < 0)
		*ret_retry_after_ms = err->retry_after_ms;
	api_release(&api);
	if (status < 0 || judge(answer, err) < 0)
		return -1;
	*ret_link = link_of(job, answer);
	return 0;
}

static int send(struct effects *fx, const struct channel_job *job, json_t **ret_link,
		int64_t *ret_retry_after_ms, struct err *err)
{
	_cleanup_json_ json_t *payload = payload_new(job);
	if (json_object_get(job->notification->settings, "webhook"))
		return send_webhook(fx, job, payload, ret_retry_after_ms, err);
	return send_token(fx, job, payload, ret_link, ret_retry_after_ms, err);
}

const struct channel channel_slack = {
	.name = "slack",
	.summary = "a message in a Slack channel",
	.topics = plain_topics,
	.once = "Slack does not recognise a message that it has had: one that was sent "
		"and not recorded, because the run died in between, stands there twice "
		"(with a token, in the same thread)",
	.send = send,
};
