/* What is due: claims, waiting, escalation; and how long a failure makes a message wait. */
#include "office.h"

#define ONE "notify: {ops: {webhook: {url: 'https://a.example'}%s}}\n"

static json_t *outbox_of(const char *claimed_by, const char *claimed_until,
			 const char *not_before)
{
	return json_pack("{s:[{s:s, s:s, s:s?, s:s?, s:s?, s:b}]}", "outbox", "id", "m1",
			 "notification", "ops", "claimed_by", claimed_by, "claimed_until",
			 claimed_until, "not_before", not_before, "digest", 0);
}

/* Now is 2023-11-14T22:13:20Z. */
static const struct due_row {
	const char *name, *claimed_by, *claimed_until, *not_before;
	int due;
} dues[] = {
	{"waits for nothing", NULL, NULL, NULL, 1},
	{"held back", NULL, NULL, "2023-11-14T22:13:21Z", 0},
	{"its time has come", NULL, NULL, "2023-11-14T22:13:20Z", 1},
	{"claimed by another run", "42", "2023-11-14T22:13:21Z", NULL, 0},
	{"another run's claim is over", "42", "2023-11-14T22:13:20Z", NULL, 1},
	{"our own", "4711", "2023-11-14T22:13:21Z", NULL, 1},
	{"a claim without an end", "42", NULL, NULL, 1},
	{"a claim with nonsense for an end", "42", "soon", NULL, 1},
};

TEST(messages_are_due_for_one_run_at_a_time)
{
	FOR_ROWS(row, dues) {
		_cleanup_json_ json_t *state =
			outbox_of(row->claimed_by, row->claimed_until, row->not_before);
		_cleanup_json_ json_t *due =
			messages_due(state, "4711", JOURNEY_START_MS);
		CHECK_INT_EQ(json_array_size(due), row->due);
	}
}

TEST(an_outbox_that_is_none_has_nothing_due)
{
	_cleanup_json_ json_t *state = journey_json("{'outbox': {'a': 1}}");
	_cleanup_json_ json_t *due = messages_due(state, "4711", JOURNEY_START_MS);
	CHECK_INT_EQ(json_array_size(due), 0);
}

static const struct retry_row {
	const char *name;
	int attempts;
	int64_t asked_ms, want_ms;
} retries[] = {
	{"the first", 1, 0, 30000},
	{"the second", 2, 0, 60000},
	{"the seventh", 7, 0, 1920000},
	{"never longer than an hour", 12, 0, 3600000},
	{"as asked", 1, 90000, 90000},
	{"asked for less than we would wait", 3, 1000, 120000},
	{"asked for a year", 1, INT64_C(31536000000), 86400000},
	{"the last but one", MESSAGE_ATTEMPTS_MAX - 1, 0, 3600000},
	{"given up", MESSAGE_ATTEMPTS_MAX, 0, -1},
	{"given up, whatever is asked", MESSAGE_ATTEMPTS_MAX, 5000, -1},
};

TEST(failures_make_a_message_wait)
{
	FOR_ROWS(row, retries)
		CHECK_INT_EQ(message_retry_ms(row->attempts, row->asked_ms),
			     row->want_ms);
}

/* --- escalation ------------------------------------------------------------------------------- */

#define TEAM                                                                              \
	"notify:\n"                                                                       \
	"  ops: {webhook: {url: 'https://a.example'}, escalate: {after: 15m, to: [boss, " \
	"pager]}}\n"                                                                      \
	"  boss: {webhook: {url: 'https://b.example'}, severities: [P0]}\n"               \
	"  pager: {webhook: {url: 'https://c.example'}}\n"

static void open_incident(struct office *o, const char *id)
{
	CHECK_OK(office_fold(o, "incident.opened",
			     json_pack("{s:s, s:s, s:s, s:s, s:s, s:[]}", "id", id,
				       "kind", "watch", "severity", "P1", "title",
				       "api-health fails", "reason", "503", "services")),
		 &o->j.err);
}

/* Queues what has to be escalated now; how many. */
static size_t escalate(struct office *o)
{
	json_t *rows = messages_escalations(&o->rules, o->j.documents.state, o->now_ms);
	size_t i, count = json_array_size(rows);
	json_t *row;
	json_array_foreach(rows, i, row)
		CHECK_OK(
			office_fold(o, "message.queued",
				    message_escalation(o->j.documents.state, row,
						       o->j.run, o->now_ms, ++o->random)),
			&o->j.err);
	json_decref(rows);
	return count;
}

TEST(an_incident_is_escalated_once_to_each)
{
	struct office o = office_open(TEAM, "ops");
	open_incident(&o, "i1");
	o.now_ms += 15 * OFFICE_MINUTE_MS - 1000;
	CHECK_INT_EQ(escalate(&o), 0);
	o.now_ms += 1000;
	CHECK_INT_EQ(escalate(&o), 2);
	const json_t *message = json_at(o.j.documents.state, "/outbox/0");
	CHECK_STR_EQ(json_get_string(message, "notification", ""), "boss");
	CHECK_STR_EQ(json_get_string(message, "topic", ""), "incident-opened");
	CHECK_STR_EQ(json_get_string(message, "key", ""), "incident/i1");
	CHECK(json_get_bool(message, "escalation", false));
	CHECK_STR_HAS(json_get_string(json_object_get(message, "content"), "title", ""),
		      "nobody acknowledged for 15m");
	CHECK_JSON_EQ(json_at(o.j.documents.state, "/incidents/0/escalated"),
		      "['boss', 'pager']");
	CHECK_INT_EQ(escalate(&o), 0);
	free(office_send(&o));
	o.now_ms += 60 * OFFICE_MINUTE_MS;
	CHECK_INT_EQ(escalate(&o), 0);
	open_incident(&o, "i2");
	o.now_ms += 16 * OFFICE_MINUTE_MS;
	CHECK_INT_EQ(escalate(&o), 2);
	office_close(&o);
}

TEST(who_acknowledges_or_resolves_ends_it)
{
	static const struct {
		const char *name, *type;
	} rows[] = {
		{"acknowledged", "incident.acknowledged"},
		{"resolved", "incident.resolved"},
	};
	FOR_ROWS(row, rows) {
		struct office o = office_open(TEAM, "ops");
		open_incident(&o, "i1");
		CHECK_OK(office_fold(&o, row->type,
				     json_pack("{s:s, s:s, s:s}", "incident", "i1", "by",
					       "ada", "text", "seen")),
			 &o.j.err);
		o.now_ms += 60 * OFFICE_MINUTE_MS;
		CHECK_INT_EQ(escalate(&o), 0);
		office_close(&o);
	}
}

static const struct {
	const char *name, *settings;
	size_t count;
} listeners[] = {
	{"hears of incidents", "", 2},
	{"hears of what becomes one", ", on: [rolled-back]", 2},
	{"hears of nothing like it", ", on: [deployed]", 0},
	{"hears of graver ones", ", severities: [P0]", 0},
};

TEST(only_who_hears_of_incidents_escalates_them)
{
	FOR_ROWS(row, listeners) {
		_cleanup_free_ char *notify = str_format(
			"notify:\n"
			"  ops: {webhook: {url: 'https://a.example'}%s, escalate: {after: 1m, "
			"to: [boss, pager]}}\n"
			"  boss: {webhook: {url: 'https://b.example'}}\n"
			"  pager: {webhook: {url: 'https://c.example'}}\n",
			row->settings);
		struct office o = office_open(notify, "ops");
		open_incident(&o, "i1");
		o.now_ms += 5 * OFFICE_MINUTE_MS;
		CHECK_INT_EQ(escalate(&o), row->count);
		office_close(&o);
	}
}
