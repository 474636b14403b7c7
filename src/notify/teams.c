/* teams: an Adaptive Card in Microsoft Teams, through a workflow's webhook ("When a Teams webhook request is
 * received"). Sources: Microsoft's reference of Adaptive Cards 1.4, and of webhooks in Teams: the card
 * comes as an attachment of a message, at most 28 KB in all.
 *
 * Outside text stands in text runs only: those know no Markdown, so no link or mention comes out of it.
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "plain.h"
#include "post.h"
#include "table.h"

#define TITLE_MAX 300
#define TEXT_MAX 3000
#define NAME_MAX 100
#define VALUE_MAX 500
#define FACTS_MAX 12
#define URL_MAX 2000

static json_t *run_new(const char *text, size_t max_units, bool bold)
{
	json_t *run = json_pack("{s:s, s:o}", "type", "TextRun", "text",
				plain_json(text, plain_none, max_units));
	if (bold)
		json_object_set_new(run, "weight", json_string("Bolder"));
	return run;
}

/* Takes the runs. */
static json_t *block_new(json_t *runs)
{
	return json_pack("{s:s, s:o}", "type", "RichTextBlock", "inlines", runs);
}

static void add_title(json_t *body, const struct channel_job *job)
{
	const struct plain_tone tone = plain_tone(job);
	_cleanup_free_ char *line = said_line(said_title(job));
	_cleanup_free_ char *title = str_format("%s %s", tone.mark, line);
	json_t *run = run_new(title, TITLE_MAX, true);
	json_object_set_new(run, "size", json_string("Large"));
	json_array_append_new(body,
			      json_pack("{s:s, s:s, s:b, s:[o]}", "type", "Container",
					"style", tone.style, "bleed", 1, "items",
					block_new(json_pack("[o]", run))));
}

static void add_facts(json_t *body, const struct channel_job *job)
{
	_cleanup_json_ json_t *facts = plain_facts(job);
	size_t i;
	const json_t *fact;
	json_array_foreach(facts, i, fact) {
		_cleanup_free_ char *name =
			str_format("%s: ", json_get_string(fact, "name", ""));
		if (i == FACTS_MAX)
			break;
		json_t *block = block_new(json_pack(
			"[o, o]", run_new(name, NAME_MAX, true),
			run_new(json_get_string(fact, "value", ""), VALUE_MAX, false)));
		json_object_set_new(block, "spacing",
				    json_string(i == 0 ? "Medium" : "None"));
		json_array_append_new(body, block);
	}
}

static void add_action(json_t *actions, const char *title, const char *url)
{
	if (plain_url(url, URL_MAX))
		json_array_append_new(actions, json_pack("{s:s, s:s, s:s}", "type",
							 "Action.OpenUrl", "title", title,
							 "url", url));
}

static json_t *card_new(const struct channel_job *job)
{
	_cleanup_free_ char *footer = plain_footer(job);
	const char *text = said(job, "text");
	json_t *body = json_array(), *actions = json_array();
	add_title(body, job);
	if (text)
		json_array_append_new(
			body,
			block_new(json_pack("[o]", run_new(text, TEXT_MAX, false))));
	add_facts(body, job);
	json_t *last = run_new(footer, VALUE_MAX, false);
	json_object_set_new(last, "isSubtle", json_true());
	json_array_append_new(body, block_new(json_pack("[o]", last)));
	add_action(actions, "Incident", said(job, "incident_url"));
	add_action(actions, "Log of the run", said(job, "url"));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:{s:s}}", "$schema",
			 "http://adaptivecards.io/schemas/adaptive-card.json", "type",
			 "AdaptiveCard", "version", "1.4", "fallbackText",
			 said_topic(job), "body", body, "actions", actions, "msteams",
			 "width", "Full");
}

static int send(struct effects *fx, const struct channel_job *job, json_t **ret_link,
		int64_t *ret_retry_after_ms, struct err *err)
{
	_cleanup_json_ json_t *payload =
		json_pack("{s:s, s:[{s:s, s:n, s:o}]}", "type", "message", "attachments",
			  "contentType", "application/vnd.microsoft.card.adaptive",
			  "contentUrl", "content", card_new(job));
	const struct post post = {
		.service = "Teams",
		.url = json_object_get(job->notification->settings, "webhook"),
		.json = payload,
	};
	(void)ret_link;
	return post_send(fx, job, &post, NULL, ret_retry_after_ms, err);
}

const struct channel channel_teams = {
	.name = "teams",
	.summary = "a card in Microsoft Teams",
	.topics = plain_topics,
	.once = "Teams does not recognise a card that it has had: one that was sent and not "
		"recorded, because the run died in between, stands there twice",
	.send = send,
};
