/* Folding messages: what each event does to the outbox, and which are refused. */
#include "office.h"

#define ONE "notify: {ops: {webhook: {url: 'https://a.example'}}}\n"

static struct office one_message(void)
{
	struct office o = office_open(ONE, "ops");
	office_tell(&o, "degraded", NULL, "alert/api");
	return o;
}

static const char *first_id(const struct office *o)
{
	return json_string_value(json_at(o->j.documents.state, "/outbox/0/id"));
}

TEST(a_message_has_all_its_members)
{
	struct office o = one_message();
	json_t *message = json_at(o.j.documents.state, "/outbox/0");
	json_object_del(message, "content");
	json_object_del(message, "id");
	CHECK_JSON_EQ(
		message,
		"{'notification': 'ops', 'topic': 'degraded', 'severity': 'P1', "
		"'environment': 'production', 'incident': null, 'key': 'alert/api', "
		"'at': '2023-11-14T22:13:20Z', 'not_before': null, 'digest': false, "
		"'escalation': false, 'attempts': 0, 'last_error': null, "
		"'claimed_by': null, 'claimed_until': null}");
	office_close(&o);
}

TEST(a_failure_is_counted_and_ends_the_claim)
{
	struct office o = one_message();
	for (int i = 1; i <= 2; i++) {
		CHECK_OK(office_fold(&o, "message.claimed",
				     json_pack("{s:[s], s:s}", "messages", first_id(&o),
					       "until", "2023-11-14T23:00:00Z")),
			 &o.j.err);
		CHECK_STR_EQ(json_string_value(json_at(o.j.documents.state,
						       "/outbox/0/claimed_by")),
			     "4711");
		CHECK_OK(office_fold(&o, "message.failed",
				     json_pack("{s:s, s:s, s:s}", "message", first_id(&o),
					       "error", "503", "not_before",
					       "2023-11-14T22:20:00Z")),
			 &o.j.err);
		const json_t *message = json_at(o.j.documents.state, "/outbox/0");
		CHECK_INT_EQ(json_get_int(message, "attempts", 0), i);
		CHECK_STR_EQ(json_get_string(message, "last_error", ""), "503");
		CHECK_STR_EQ(json_get_string(message, "not_before", ""),
			     "2023-11-14T22:20:00Z");
		CHECK_NULL(json_get_string(message, "claimed_by", NULL));
	}
	office_close(&o);
}

TEST(what_was_told_is_remembered_for_a_while)
{
	struct office o = office_open(ONE, "ops");
	for (int i = 0; i < 130; i++) {
		_cleanup_free_ char *key = str_format("alert/%d", i % 120);
		office_tell(&o, "degraded", NULL, key);
		free(office_send(&o));
		o.now_ms += 1000;
	}
	const json_t *told = json_object_get(o.j.documents.state, "told");
	CHECK_INT_EQ(json_array_size(told), 100);
	CHECK_STR_EQ(json_get_string(json_array_get(told, 0), "key", ""), "alert/30");
	CHECK_STR_EQ(json_get_string(json_array_get(told, 99), "key", ""), "alert/9");
	office_close(&o);
}

static const struct fold_row {
	const char *name, *type;
	const char *data;    /* @ stands for the message's id */
	const char *refused; /* or NULL */
} folds[] = {
	{"sent", "message.sent", "{'message': '@', 'ref': null}", NULL},
	{"sent, with others that are not there", "message.sent",
	 "{'message': '@', 'gathered': ['x']}", "'x' is not in the outbox"},
	{"sent, unknown", "message.sent", "{'message': 'x'}", "'x' is not in the outbox"},
	{"sent, no id", "message.sent", "{'message': 5}", "data.message is not a text"},
	{"sent, gathered is a text", "message.sent", "{'message': '@', 'gathered': 'x'}",
	 "data.gathered is not a list"},
	{"failed, unknown", "message.failed",
	 "{'message': 'x', 'error': 'e', 'not_before': '2023-11-14T22:20:00Z'}",
	 "'x' is not in the outbox"},
	{"failed, no time", "message.failed",
	 "{'message': '@', 'error': 'e', 'not_before': 'soon'}",
	 "data.not_before is not a time"},
	{"failed, no error", "message.failed",
	 "{'message': '@', 'not_before': '2023-11-14T22:20:00Z'}",
	 "data.error is not a text"},
	{"dropped", "message.dropped", "{'message': '@', 'reason': 'r'}", NULL},
	{"dropped, not there any more", "message.dropped",
	 "{'message': 'x', 'reason': 'r'}", NULL},
	{"dropped, no reason", "message.dropped", "{'message': '@'}",
	 "data.reason is not a text"},
	{"claimed, not there any more", "message.claimed",
	 "{'messages': ['x', 5], 'until': '2023-11-14T22:20:00Z'}", NULL},
	{"claimed, no list", "message.claimed",
	 "{'messages': '@', 'until': '2023-11-14T22:20:00Z'}",
	 "data.messages is not a list"},
	{"claimed, no end", "message.claimed", "{'messages': ['@']}",
	 "data.until is not a text"},
	{"queued twice", "message.queued",
	 "{'message': {'id': '@', 'notification': 'o', 'topic': 't', 'key': 'k', "
	 "'severity': 'P1', 'content': {}}}",
	 "is in the outbox already"},
	{"queued, no message", "message.queued", "{'message': 'hello'}",
	 "data.message is not an object"},
	{"queued, no key", "message.queued",
	 "{'message': {'id': 'i', 'notification': 'o', 'topic': 't', 'severity': 'P1', "
	 "'content': {}}}",
	 "message.key is not a text"},
	{"queued, no severity", "message.queued",
	 "{'message': {'id': 'i', 'notification': 'o', 'topic': 't', 'key': 'k', "
	 "'severity': 'high', 'content': {}}}",
	 "message.severity is none of P0 to P3"},
	{"queued, no content", "message.queued",
	 "{'message': {'id': 'i', 'notification': 'o', 'topic': 't', 'key': 'k', "
	 "'severity': 'P1', 'content': []}}",
	 "message.content is not an object"},
	{"queued, held back for ever", "message.queued",
	 "{'message': {'id': 'i', 'notification': 'o', 'topic': 't', 'key': 'k', "
	 "'severity': 'P1', 'content': {}, 'not_before': 'never'}}",
	 "message.not_before is not a time"},
	{"escalated, of an incident that is gone", "message.queued",
	 "{'message': {'id': 'i', 'notification': 'o', 'topic': 't', 'key': 'k', "
	 "'severity': 'P1', 'content': {}, 'incident': 'x', 'escalation': true}}",
	 NULL},
};

/* data with the id in place of @. */
static json_t *data_of(const char *text, const char *id)
{
	const char *at = strchr(text, '@');
	char *filled = at ? str_format("%.*s%s%s", (int)(at - text), text, id, at + 1)
			  : mem_strdup(text);
	json_t *data = journey_json(filled);
	free(filled);
	return data;
}

TEST(events_about_messages)
{
	FOR_ROWS(row, folds) {
		struct office o = one_message();
		_cleanup_json_ json_t *before =
			json_deep_copy(json_object_get(o.j.documents.state, "outbox"));
		int result = office_fold(&o, row->type, data_of(row->data, first_id(&o)));
		if (row->refused) {
			CHECK_FAILS(result, &o.j.err, ERR_STATE, row->refused);
			CHECK(json_equal(before,
					 json_object_get(o.j.documents.state, "outbox")));
		} else {
			CHECK_OK(result, &o.j.err);
		}
		office_close(&o);
	}
}

TEST(a_claim_holds_until_it_ends)
{
	static const struct {
		const char *name, *run;
		int64_t later_ms;
		bool holds;
	} rows[] = {
		{"another run", "42", 0, true},
		{"another run, later", "42", 180000, false},
		{"the same run again", "4711", 0, false},
	};
	FOR_ROWS(row, rows) {
		struct office o = one_message();
		const char *claim =
			"{'messages': ['@'], 'until': '2023-11-14T22:16:20Z'}";
		CHECK_OK(office_fold(&o, "message.claimed", data_of(claim, first_id(&o))),
			 &o.j.err);
		json_object_set_new(o.j.run, "id", json_string(row->run));
		o.now_ms += row->later_ms;
		int result =
			office_fold(&o, "message.claimed", data_of(claim, first_id(&o)));
		if (row->holds)
			CHECK_FAILS(result, &o.j.err, ERR_STATE,
				    "is claimed by run '4711'");
		else
			CHECK_OK(result, &o.j.err);
		office_close(&o);
	}
}

TEST(subjects_say_what_became_of_it)
{
	static const struct {
		const char *name, *type, *data, *subject;
	} rows[] = {
		{"queued", "message.queued",
		 "{'message': {'notification': 'ops', 'topic': 'degraded'}}",
		 "production: to tell ops: degraded"},
		{"claimed", "message.claimed", "{'messages': ['a', 'b']}",
		 "production: sending 2 messages"},
		{"sent", "message.sent", "{'message': 'a1'}",
		 "production: sent message a1"},
		{"failed", "message.failed", "{'message': 'a1', 'error': 'no answer'}",
		 "production: could not send message a1: no answer"},
		{"dropped", "message.dropped",
		 "{'notification': 'ops', 'topic': 'degraded', 'reason': 'full'}",
		 "production: did not tell ops: degraded: full"},
		{"nonsense", "message.queued", "{'message': []}",
		 "production: to tell ?: ?"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_json_ json_t *event =
			json_pack("{s:s, s:s, s:o}", "type", row->type, "environment",
				  "production", "data", journey_json(row->data));
		_cleanup_free_ char *subject = journal_subject(event);
		CHECK_STR_EQ(subject, row->subject);
	}
}
