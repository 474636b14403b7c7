/* What channels read from a message, whatever is missing in it. */
#include "said.h"

#include "belay/json.h"
#include "message.h"
#include "test.h"

static const struct change_row {
	const char *name, *message;
	enum said_change want;
	const char *heading, *subject;
} changes[] = {
	{"opened", "{'topic': 'incident-opened', 'incident': 'i1', 'environment': 'e'}",
	 SAID_BAD, "Incident opened", "incident/i1"},
	{"updated",
	 "{'topic': 'incident-updated', 'incident': 'i1',"
	 " 'content': {'incident': {'status': 'open'}}}",
	 SAID_BAD, "Incident updated", "incident/i1"},
	{"acknowledged",
	 "{'topic': 'incident-updated', 'incident': 'i1',"
	 " 'content': {'incident': {'status': 'acknowledged'}}}",
	 SAID_SEEN, "Incident acknowledged", "incident/i1"},
	{"resolved", "{'topic': 'incident-resolved', 'incident': 'i1'}", SAID_OVER,
	 "Incident resolved", "incident/i1"},
	{"degraded", "{'topic': 'degraded', 'key': 'alert/api', 'environment': 'e'}",
	 SAID_BAD, "Degraded", "e/alert/api"},
	{"recovered", "{'topic': 'recovered', 'key': 'alert/api', 'environment': 'e'}",
	 SAID_OVER, "Recovered", "e/alert/api"},
	{"recovered, while the incident goes on",
	 "{'topic': 'recovered', 'incident': 'i1',"
	 " 'content': {'incident': {'status': 'open'}}}",
	 SAID_OTHER, "Recovered", "incident/i1"},
	{"recovered, and with it the incident",
	 "{'topic': 'recovered', 'incident': 'i1',"
	 " 'content': {'incident': {'status': 'resolved'}}}",
	 SAID_OVER, "Recovered", "incident/i1"},
	{"rolled back, with its incident",
	 "{'topic': 'rolled-back', 'key': 'deployment/d', 'incident': 'i1'}", SAID_BAD,
	 "Rolled back", "incident/i1"},
	{"deployed", "{'topic': 'deployed', 'key': 'deployment/d', 'environment': 'e'}",
	 SAID_OTHER, "Deployed", "e/deployment/d"},
	{"nothing at all", "{}", SAID_OTHER, "Test", "/"},
};

TEST(topics_mean_something)
{
	FOR_ROWS(row, changes) {
		struct told told;
		told_open(&told, "email", "{}", row->message);
		_cleanup_free_ char *heading = said_heading(&told.job);
		_cleanup_free_ char *subject = said_subject(&told.job);
		CHECK_INT_EQ(said_change(&told.job), row->want);
		CHECK_STR_EQ(heading, row->heading);
		CHECK_STR_EQ(subject, row->subject);
		told_close(&told);
	}
}

TEST(facts_are_said_once)
{
	struct told told;
	told_open(
		&told, "email", "{}",
		"{'severity': 'P1', 'environment': 'e', 'content': {'version': 'v2',"
		" 'previous': 'v1', 'services': ['api', {'name': 'web'}, 7], 'actor': '',"
		" 'fields': [{'name': 'Version', 'value': 'v2!'}, {'name': 'n', 'value': 7},"
		" {'name': 'empty', 'value': null}, {'value': 'x'}]}}");
	_cleanup_json_ json_t *facts = said_facts(&told.job);
	CHECK_JSON_EQ(facts, "[{'name': 'Environment', 'value': 'e'},"
			     " {'name': 'Severity', 'value': 'P1'},"
			     " {'name': 'Version', 'value': 'v2!'},"
			     " {'name': 'n', 'value': '7'}, {'name': '', 'value': 'x'},"
			     " {'name': 'Previous', 'value': 'v1'},"
			     " {'name': 'Services', 'value': 'api, web'}]");
	told_close(&told);
}

static const struct time_row {
	const char *name, *message;
	int64_t want;
} times[] = {
	{"of the content",
	 "{'at': '2026-11-21T09:00:00Z', 'content': {'at': '2026-11-21T09:52:03Z'}}",
	 INT64_C(1795254723000)},
	{"of the message", "{'at': '2026-11-21T09:52:03Z', 'content': {'at': 'soon'}}",
	 INT64_C(1795254723000)},
	{"now", "{}", INT64_C(1795267203000)},
};

TEST(when_it_happened)
{
	FOR_ROWS(row, times) {
		struct told told;
		told_open(&told, "email", "{}", row->message);
		CHECK_INT_EQ(said_at_ms(&told.job), row->want);
		told_close(&told);
	}
}

static const struct cut_row {
	const char *name, *text;
	size_t max;
	const char *want;
} cuts[] = {
	{"short", "abc", 3, "abc"},    {"long", "abcd", 3, "ab…"},
	{"umlauts", "äöüß", 3, "äö…"}, {"emoji", "🚀🚀🚀", 2, "🚀…"},
	{"one", "ab", 1, "…"},         {"empty", "", 5, ""},
	{"exactly", "äöü", 3, "äöü"},
};

TEST(texts_are_cut_between_characters)
{
	FOR_ROWS(row, cuts) {
		_cleanup_free_ char *cut = said_cut(row->text, row->max);
		CHECK_STR_EQ(cut, row->want);
	}
}

TEST(lines_have_no_breaks)
{
	_cleanup_free_ char *line = said_line("a\r\nb\t\x1b[1mc\x7f");
	CHECK_STR_EQ(line, "a b [1mc ");
	_cleanup_free_ char *empty = said_line("");
	CHECK_STR_EQ(empty, "");
}
