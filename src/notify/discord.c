/* discord: an embed in a Discord channel, through its webhook. Sources: Discord's reference of Execute
 * Webhook (204; 429 with retry_after in seconds in the body) and of embed limits (title 256, description
 * 4096, 25 fields of 256 and 1024, footer 2048, 6000 characters in all).
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "plain.h"
#include "post.h"
#include "table.h"

#define TITLE_MAX 256
#define TEXT_MAX 2500
#define NAME_MAX 100
#define VALUE_MAX 150
#define FIELDS_MAX 10
#define FOOTER_MAX 300
#define LINKS_MAX 512

static json_t *fields_new(const struct channel_job *job)
{
	_cleanup_json_ json_t *facts = plain_facts(job);
	json_t *fields = json_array();
	size_t i;
	const json_t *fact;
	json_array_foreach(facts, i, fact) {
		if (i == FIELDS_MAX)
			break;
		const char *value = json_get_string(fact, "value", "");
		json_array_append_new(
			fields,
			json_pack("{s:o, s:o, s:b}", "name",
				  plain_json(json_get_string(fact, "name", ""),
					     plain_discord, NAME_MAX),
				  "value", plain_json(value, plain_discord, VALUE_MAX),
				  "inline", 1));
	}
	return fields;
}

static json_t *embed_new(const struct channel_job *job)
{
	char at[TIME_TEXT_BYTES];
	const struct plain_tone tone = plain_tone(job);
	_cleanup_free_ char *line = said_line(said_title(job));
	_cleanup_free_ char *title = str_format("%s %s", tone.mark, line);
	_cleanup_free_ char *footer = plain_footer(job);
	const char *text = said(job, "text");
	const char *incident = plain_url(said(job, "incident_url"), LINKS_MAX);
	const char *url = incident ? incident : plain_url(said(job, "url"), LINKS_MAX);
	json_t *embed =
		json_pack("{s:o, s:I, s:o, s:{s:o}, s:s}", "title",
			  plain_json(title, plain_discord, TITLE_MAX), "color",
			  (json_int_t)tone.colour, "fields", fields_new(job), "footer",
			  "text", plain_json(footer, plain_none, FOOTER_MAX), "timestamp",
			  time_format(said_at_ms(job), at));
	if (text)
		json_object_set_new(embed, "description",
				    plain_json(text, plain_discord, TEXT_MAX));
	if (url)
		json_object_set_new(embed, "url", json_string(url));
	return embed;
}

static int64_t retry_after_ms(const json_t *answer, int64_t header_ms)
{
	double seconds =
		json_get_number(json_object_get(answer, "body"), "retry_after", 0);
	int64_t body_ms =
		seconds > 0 && seconds < 1e6 ? (int64_t)(seconds * 1000) + 1 : 0;
	return body_ms > header_ms ? body_ms : header_ms;
}

static int send(struct effects *fx, const struct channel_job *job, json_t **ret_link,
		int64_t *ret_retry_after_ms, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *payload =
		json_pack("{s:s, s:[o], s:{s:[]}}", "username", "belay", "embeds",
			  embed_new(job), "allowed_mentions", "parse");
	const struct post post = {
		.service = "Discord",
		.url = json_object_get(job->notification->settings, "webhook"),
		.json = payload,
	};
	(void)ret_link;
	int status = post_send(fx, job, &post, &answer, ret_retry_after_ms, err);
	if (status < 0 && err->code == ERR_LIMIT)
		*ret_retry_after_ms = retry_after_ms(answer, *ret_retry_after_ms);
	return status;
}

const struct channel channel_discord = {
	.name = "discord",
	.summary = "a message in a Discord channel",
	.topics = plain_topics,
	.once = "Discord does not recognise a message that it has had: one that was sent and "
		"not recorded, because the run died in between, stands there twice",
	.send = send,
};
