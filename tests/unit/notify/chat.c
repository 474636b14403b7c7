/* Slack, Teams and Discord: the shape and the limits of what they are sent, hostile text, and what their
 * answers mean. The shapes themselves are held against the vendors' schemas by tests/peer/deliver.c. */
#include "notify/plain.h"
#include "notify/table.h"
#include "wire.h"

#define WEBHOOK "{'webhook': {'$secret': {'env': 'HOOK'}}}"
#define TOKEN                                                                            \
	"{'token': {'$secret': {'env': 'TOKEN'}}, 'channel': '#ops', 'api_url': "        \
	"'https://slack.example/api'}"

static const struct chat_row {
	const char *name;
	const struct channel *channel;
	const char *settings;
} chats[] = {
	{"slack by webhook", &channel_slack, WEBHOOK},
	{"slack by token", &channel_slack, TOKEN},
	{"teams", &channel_teams, WEBHOOK},
	{"discord", &channel_discord, WEBHOOK},
};

static const char hostile[] =
	"<!channel> <@U1> @everyone [a](http://evil.example) <http://evil.example|x> "
	"**b** `c` \x1b[31m\r\n*stop*";

static struct wire *wire_ok(void)
{
	struct wire *wire = wire_new();
	wire_answer(wire, 200, "{'ok': true, 'channel': 'C1', 'ts': '1234.5678'}");
	return wire;
}

TEST(the_address_is_a_reference_and_nothing_else)
{
	FOR_ROWS(row, chats) {
		struct wire *wire = wire_ok();
		struct sending s =
			send_message(row->channel, wire, row->settings,
				     message_saying("rolled-back", "it broke"), NULL);
		CHECK_OK(s.result, &s.err);
		CHECK_INT_EQ(wire->count, 1);
		CHECK_STR_EQ(wire->subject, "ops");
		CHECK_STR_HAS(wire->summary, "it broke");
		_cleanup_free_ char *args = json_text_compact(wire->args);
		CHECK_STR_HAS(args, "\"$secret\":{\"env\"");
		CHECK_INT_EQ(json_get_int(wire->args, "max_redirects", -1), 0);
		CHECK_INT_EQ(json_get_int(wire->args, "timeout_ms", -1), 10000);
		sending_end(&s);
	}
}

static bool any_text(const json_t *value, bool (*is)(const char *text))
{
	const char *key;
	size_t i;
	const json_t *member;
	if (json_is_string(value))
		return is(json_string_value(value));
	json_object_foreach((json_t *)value, key, member) {
		if (any_text(member, is))
			return true;
	}
	json_array_foreach(value, i, member) {
		if (any_text(member, is))
			return true;
	}
	return false;
}

static bool mentions(const char *text)
{
	return strstr(text, "<!") || strstr(text, "<@") || strstr(text, "<http") ||
	       strchr(text, '\x1b') || strchr(text, '\r');
}

/* A sign of Discord's Markdown that no backslash takes the meaning from. */
static bool is_markup(const char *text)
{
	for (const char *at = text; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (strchr("<>*`@#[]~|\r\x1b", *at))
			return true;
	}
	return false;
}

TEST(outside_text_is_no_markup_for_slack)
{
	for (size_t i = 0; i < 2; i++) {
		struct wire *wire = wire_ok();
		struct sending s =
			send_message(&channel_slack, wire, chats[i].settings,
				     message_saying("rolled-back", hostile), NULL);
		CHECK_OK(s.result, &s.err);
		json_t *payload = json_object_get(wire->args, "json");
		/* A header is plain text, where nothing is looked for. */
		json_array_remove(json_object_get(payload, "blocks"), 0);
		CHECK(!any_text(payload, mentions));
		sending_end(&s);
	}
}

TEST(outside_text_is_no_markup_for_discord)
{
	struct wire *wire = wire_ok();
	struct sending s = send_message(&channel_discord, wire, WEBHOOK,
					message_saying("rolled-back", hostile), NULL);
	CHECK(!any_text(json_object_get(wire->args, "json"), is_markup));
	CHECK_JSON_EQ(json_at(wire->args, "/json/allowed_mentions"), "{'parse': []}");
	sending_end(&s);
}

/* Outside text of a card stands in text runs, which know no Markdown. */
static void check_card(const json_t *value)
{
	const char *key;
	size_t i;
	const json_t *member;
	if (json_is_object(value) && json_get_string(value, "text", NULL))
		CHECK_STR_EQ(json_get_string(value, "type", ""), "TextRun");
	json_object_foreach((json_t *)value, key, member)
		check_card(member);
	json_array_foreach(value, i, member)
		check_card(member);
}

TEST(outside_text_is_no_markup_for_teams)
{
	struct wire *wire = wire_ok();
	struct sending s = send_message(&channel_teams, wire, WEBHOOK,
					message_saying("rolled-back", hostile), NULL);
	check_card(json_at(wire->args, "/json/attachments/0/content/body"));
	CHECK_NULL(json_at(wire->args, "/json/attachments/0/content/msteams/entities"));
	sending_end(&s);
}

TEST(long_texts_keep_within_the_limits)
{
	struct str text = STR_INIT;
	for (int i = 0; i < 4000; i++)
		str_add(&text, "<&>🔴ä");
	FOR_ROWS(row, chats) {
		struct wire *wire = wire_ok();
		json_t *message = message_saying("rolled-back", str_text(&text));
		json_t *fields = json_at(message, "/content/fields");
		for (int i = 0; i < 40; i++)
			json_array_append(fields, json_array_get(fields, 0));
		struct sending s =
			send_message(row->channel, wire, row->settings, message, NULL);
		CHECK_OK(s.result, &s.err);
		_cleanup_free_ char *body =
			json_text_compact(json_object_get(wire->args, "json"));
		CHECK(strlen(body) < 60000);
		const json_t *blocks = json_at(wire->args, "/json/blocks");
		CHECK(json_array_size(blocks) <= 50);
		CHECK(json_array_size(json_at(wire->args, "/json/blocks/2/fields")) <=
		      10);
		sending_end(&s);
	}
	str_release(&text);
}

/* --- answers ---------------------------------------------------------------------------------- */

static const struct answer_row {
	const char *name;
	const struct channel *channel;
	const char *settings;
	int status;
	const char *body;
	enum err_code code; /* ERR_NONE: good */
	const char *words;
	int64_t retry_after_ms;
} answers[] = {
	{"slack takes it", &channel_slack, WEBHOOK, 200, "'ok'", ERR_NONE, NULL, 0},
	{"slack has no such hook", &channel_slack, WEBHOOK, 404, "'no_service'",
	 ERR_NOT_FOUND, "make a new one", 0},
	{"slack's channel is archived", &channel_slack, WEBHOOK, 410, "'is_archived'",
	 ERR_NOT_FOUND, "unarchive", 0},
	{"slack is broken", &channel_slack, WEBHOOK, 503, "null", ERR_NET, "answered 503",
	 0},
	{"slack is redirected", &channel_slack, WEBHOOK, 302, "null", ERR_CONFIG,
	 "final one", 0},
	{"slack refuses a shape", &channel_slack, WEBHOOK, 400, "'invalid_blocks'",
	 ERR_CONFIG, "answered 400: invalid_blocks", 0},
	{"token: not invited", &channel_slack, TOKEN, 200,
	 "{'ok': false, 'error': 'not_in_channel'}", ERR_FAIL, "/invite", 0},
	{"token: too much", &channel_slack, TOKEN, 200,
	 "{'ok': false, 'error': 'ratelimited'}", ERR_NET, "ratelimited", 0},
	{"token: no word", &channel_slack, TOKEN, 200, "{'ok': false}", ERR_FAIL,
	 "without a reason", 0},
	{"token: nonsense", &channel_slack, TOKEN, 200, "'<html>'", ERR_FAIL,
	 "without a reason", 0},
	{"teams takes it", &channel_teams, WEBHOOK, 202, "null", ERR_NONE, NULL, 0},
	{"teams' workflow is off", &channel_teams, WEBHOOK, 401, "{'error': 'x'}",
	 ERR_AUTH, "Teams answered 401", 0},
	{"discord takes it", &channel_discord, WEBHOOK, 204, "null", ERR_NONE, NULL, 0},
	{"discord has a limit", &channel_discord, WEBHOOK, 429,
	 "{'message': 'slow down', 'retry_after': 0.65, 'global': false}", ERR_LIMIT,
	 "slow down", 651},
	{"discord has a strange limit", &channel_discord, WEBHOOK, 429,
	 "{'retry_after': 'soon'}", ERR_LIMIT, "answered 429", 0},
};

TEST(answers_mean_what_the_services_say)
{
	FOR_ROWS(row, answers) {
		struct wire *wire = wire_new();
		wire_answer(wire, row->status, row->body);
		struct sending s = send_message(row->channel, wire, row->settings,
						message_saying("rolled-back", "x"), NULL);
		if (row->code == ERR_NONE)
			CHECK_OK(s.result, &s.err);
		else
			CHECK_FAILS(s.result, &s.err, row->code, row->words);
		CHECK_INT_EQ(s.retry_after_ms, row->retry_after_ms);
		sending_end(&s);
	}
}

TEST(what_a_service_asks_for_is_heeded)
{
	struct wire *wire = wire_new();
	json_decref(wire->answer);
	wire->answer = wire_json(
		"{'status': 429, 'headers': {'retry-after': '45'}, 'body': 'rate_limited'}");
	struct sending s = send_message(&channel_slack, wire, WEBHOOK,
					message_saying("rolled-back", "x"), NULL);
	CHECK_INT_EQ(s.err.code, ERR_LIMIT);
	CHECK_INT_EQ(s.retry_after_ms, 45000);
	sending_end(&s);
}

TEST(no_answer_is_tried_again)
{
	static const struct {
		const char *name, *error;
		enum err_code code;
	} rows[] = {
		{"refused", "refused", ERR_NET}, {"timeout", "timeout", ERR_TIMEOUT},
		{"reset", "reset", ERR_NET},     {"tls", "tls", ERR_NET},
		{"dns", "dns", ERR_NET},
	};
	FOR_ROWS(row, rows) {
		struct wire *wire = wire_new();
		json_decref(wire->answer);
		wire->answer = json_pack("{s:i, s:{}, s:n, s:{s:s, s:s}}", "status", 0,
					 "headers", "body", "error", "code", row->error,
					 "message", "it did not work");
		struct sending s = send_message(&channel_teams, wire, WEBHOOK,
						message_saying("rolled-back", "x"), NULL);
		CHECK_FAILS(s.result, &s.err, row->code,
			    "Teams did not answer: it did not work");
		sending_end(&s);
	}
}

TEST(a_dry_run_is_taken_for_success)
{
	FOR_ROWS(row, chats) {
		struct wire *wire = wire_new();
		wire->assumed = true;
		struct sending s = send_message(row->channel, wire, row->settings,
						message_saying("rolled-back", "x"), NULL);
		CHECK_OK(s.result, &s.err);
		CHECK_NULL(s.link);
		sending_end(&s);
	}
}

/* --- threads ---------------------------------------------------------------------------------- */

static json_t *of_incident(const char *topic)
{
	json_t *message = message_saying(topic, "x");
	json_object_set_new(message, "incident", json_string("i1"));
	return message;
}

TEST(an_incident_s_first_message_begins_a_thread)
{
	struct wire *wire = wire_ok();
	struct sending s = send_message(&channel_slack, wire, TOKEN,
					of_incident("incident-opened"), NULL);
	CHECK_JSON_EQ(s.link, "{'ref': 'C1/1234.5678', 'url': "
			      "'https://slack.com/archives/C1/p12345678'}");
	CHECK_STR_EQ(json_get_string(json_object_get(wire->args, "json"), "channel", ""),
		     "#ops");
	sending_end(&s);
}

TEST(later_ones_stand_in_it)
{
	static const struct {
		const char *name, *topic, *link;
		bool in_thread, broadcast;
	} rows[] = {
		{"an update", "incident-updated", "{'ref': 'C1/1.2', 'url': null}", true,
		 false},
		{"its end", "incident-resolved", "{'ref': 'C1/1.2', 'url': null}", true,
		 true},
		{"a link that is none", "incident-updated", "{'ref': '17', 'url': null}",
		 false, false},
	};
	FOR_ROWS(row, rows) {
		struct wire *wire = wire_ok();
		struct sending s = send_message(&channel_slack, wire, TOKEN,
						of_incident(row->topic), row->link);
		const json_t *payload = json_object_get(wire->args, "json");
		CHECK_STR_EQ(json_get_string(payload, "thread_ts", ""),
			     row->in_thread ? "1.2" : "");
		CHECK_STR_EQ(json_get_string(payload, "channel", ""),
			     row->in_thread ? "C1" : "#ops");
		CHECK(json_get_bool(payload, "reply_broadcast", false) == row->broadcast);
		CHECK_NULL(s.link);
		sending_end(&s);
	}
}

TEST(what_is_no_incident_has_no_thread)
{
	struct wire *wire = wire_ok();
	struct sending s = send_message(&channel_slack, wire, TOKEN,
					message_saying("deployed", "x"), NULL);
	CHECK_NULL(s.link);
	sending_end(&s);
}
