/* Routing: who hears of what, what has to wait, what gives way. */
#include "domain/message.h"
#include "office.h"

#define ONE "notify: {ops: {webhook: {url: 'https://a.example'}%s}}\n"

static const struct filter_row {
	const char *name, *settings, *topic, *severity;
	int heard;
} filters[] = {
	{"listed", ", on: [degraded, failed]", "failed", NULL, 1},
	{"not listed", ", on: [degraded]", "failed", NULL, 0},
	{"by default", "", "degraded", NULL, 1},
	{"not by default", "", "deployed", NULL, 0},
	{"a list replaces the defaults", ", on: [deployed]", "degraded", NULL, 0},
	{"severity given", ", severities: [P0, P1]", "degraded", "P0", 1},
	{"severity given, too low", ", severities: [P0, P1]", "degraded", "P2", 0},
	{"the topic's own severity", ", severities: [P1]", "degraded", NULL, 1},
	{"the topic's own severity, too low", ", severities: [P0]", "degraded", NULL, 0},
	{"good news weighs what the bad did", ", severities: [P1]", "recovered", NULL, 1},
	{"a word that is no severity", ", severities: [P1]", "degraded", "P7", 1},
	{"this environment", ", environments: [production]", "degraded", NULL, 1},
};

TEST(filters_hold)
{
	FOR_ROWS(row, filters) {
		_cleanup_free_ char *notify = str_format(ONE, row->settings);
		struct office o = office_open(notify, "ops");
		CHECK_INT_EQ(office_tell(&o, row->topic, row->severity, "k"), row->heard);
		CHECK_INT_EQ(office_waiting(&o), row->heard);
		office_close(&o);
	}
}

TEST(only_notifications_that_the_environment_lists)
{
	struct office o = office_open("notify:\n"
				      "  a: {webhook: {url: 'https://a.example'}}\n"
				      "  b: {webhook: {url: 'https://b.example'}}\n"
				      "  c: {webhook: {url: 'https://c.example'}}\n",
				      "c, a");
	CHECK_INT_EQ(office_tell(&o, "degraded", NULL, "k"), 2);
	_cleanup_free_ char *told = office_send(&o);
	CHECK_STR_EQ(told, "c:degraded a:degraded ");
	office_close(&o);
}

TEST(every_topic_reaches_who_listens_to_it_and_nobody_else)
{
	for (const char *const *topic = message_topics; *topic; topic++) {
		if (str_equal(*topic, "digest") || str_equal(*topic, "test"))
			continue;
		test_row("%s", *topic);
		_cleanup_free_ char *settings = str_format(", on: [%s]", *topic);
		_cleanup_free_ char *notify = str_format(ONE, settings);
		struct office o = office_open(notify, "ops");
		for (const char *const *other = message_topics; *other; other++)
			CHECK_INT_EQ(office_tell(&o, *other, NULL, "k"),
				     str_equal(*topic, *other));
		office_close(&o);
	}
}

/* --- the digest ------------------------------------------------------------------------------- */

static const struct digest_row {
	const char *name, *at, *severity, *not_before;
} digests[] = {
	{"in the morning", "2026-11-20T06:00:00Z", "P3", "2026-11-21T07:00:00Z"},
	{"before midnight", "2026-11-20T23:59:59Z", "P3", "2026-11-21T07:00:00Z"},
	{"at midnight", "2026-11-21T00:00:00Z", "P3", "2026-11-22T07:00:00Z"},
	{"over the year", "2026-12-31T12:00:00Z", "P3", "2027-01-01T07:00:00Z"},
	{"worse is told at once", "2026-11-20T06:00:00Z", "P2", NULL},
};

TEST(what_is_worth_knowing_waits_for_the_next_morning)
{
	FOR_ROWS(row, digests) {
		_cleanup_free_ char *notify =
			str_format(ONE, ", digest: daily, on: [deployed]");
		struct office o = office_open(notify, "ops");
		office_clock(&o, row->at);
		office_tell(&o, "deployed", row->severity, "deployment/1");
		const json_t *message = json_at(o.j.documents.state, "/outbox/0");
		CHECK_STR_EQ(json_get_string(message, "not_before", NULL),
			     row->not_before);
		office_close(&o);
	}
}

TEST(a_digest_gathers_a_day_for_each_notification)
{
	struct office o = office_open(
		"notify:\n"
		"  a: {webhook: {url: 'https://a.example'}, digest: daily, on: [deployed, failed]}\n"
		"  b: {webhook: {url: 'https://b.example'}, digest: daily, on: [deployed]}\n",
		"a, b");
	office_clock(&o, "2026-11-20T10:00:00Z");
	office_tell(&o, "deployed", NULL, "deployment/1");
	office_clock(&o, "2026-11-20T23:59:59Z");
	office_tell(&o, "deployed", NULL, "deployment/2");
	office_tell(&o, "failed", "P2", "deployment/3");
	_cleanup_free_ char *night = office_send(&o);
	CHECK_STR_EQ(night, "a:failed ");
	office_clock(&o, "2026-11-21T00:00:01Z");
	office_tell(&o, "deployed", NULL, "deployment/4");
	CHECK_INT_EQ(office_waiting(&o), 6);
	office_clock(&o, "2026-11-21T06:59:59Z");
	_cleanup_free_ char *early = office_send(&o);
	CHECK_STR_EQ(early, "");

	office_clock(&o, "2026-11-21T09:30:00Z");
	_cleanup_json_ json_t *due = messages_due(o.j.documents.state, "4711", o.now_ms);
	const json_t *digest = json_array_get(due, 0);
	const json_t *content = json_object_get(digest, "content");
	CHECK_INT_EQ(json_array_size(due), 2);
	CHECK_INT_EQ(json_array_size(json_object_get(digest, "gathered")), 1);
	CHECK_STR_EQ(json_get_string(digest, "key", ""), "digest/2026-11-20");
	CHECK_STR_EQ(json_get_string(content, "title", ""),
		     "production: 2 things since 2026-11-20");
	CHECK_STR_EQ(json_get_string(content, "text", ""),
		     "2026-11-20 10:00  deployed\n2026-11-20 23:59  deployed");
	_cleanup_free_ char *morning = office_send(&o);
	CHECK_STR_EQ(morning, "a:digest b:digest ");
	CHECK_INT_EQ(office_waiting(&o), 2);
	office_clock(&o, "2026-11-22T07:00:00Z");
	_cleanup_free_ char *next = office_send(&o);
	CHECK_STR_EQ(next, "a:digest b:digest ");
	CHECK_INT_EQ(office_waiting(&o), 0);
	office_close(&o);
}

/* --- the floor -------------------------------------------------------------------------------- */

/* A script of one character a minute: d(egraded), r(ecovered), u(pdated), or nothing. A run comes by each
 * minute and sends what is due; when it says X instead, the channel is away. */
static const struct floor_row {
	const char *name;
	int floor_minutes;
	const char *script;
	const char *told; /* same clock */
} floors[] = {
	{"no floor, all is told", 0, "drdr", "drdr"},
	{"once", 5, "d.......", "d......."},
	{"the same again waits", 5, "d.d.....", "d....d.."},
	{"the same again and again is one", 5, "dddd....", "d....d.."},
	{"after the floor at once", 3, "d...d...", "d...d..."},
	{"there and back is two things", 5, "d.r.....", "d.r....."},
	{"a flap within the floor is not told", 5, "drdr....", "dr......"},
	{"a long flap is told once a floor", 5, "drdrdrdr....", "dr....dr...."},
	{"what lasts is told when the floor is over", 5, "drd.....", "dr...d.."},
	{"flapping that ends badly", 5, "drdrd......", "dr...d....."},
	{"degraded, flapped, recovered for good", 5, "drdrdrd.....r...",
	 "dr....d.....r..."},
	{"updates become the newest", 4, "uuu.....", "u...u..."},
};

static const char *topic_of(char c)
{
	return c == 'd' ? "degraded" : c == 'r' ? "recovered" : "incident-updated";
}

TEST(the_floor_tells_the_last_thing_once)
{
	FOR_ROWS(row, floors) {
		_cleanup_free_ char *settings = str_format(
			", floor: %dm, on: [degraded, recovered, incident-updated]",
			row->floor_minutes);
		_cleanup_free_ char *notify = str_format(ONE, settings);
		struct office o = office_open(notify, "ops");
		struct str told = STR_INIT;
		for (const char *at = row->script; *at; at++) {
			if (*at != '.')
				office_tell(&o, topic_of(*at), NULL, "alert/api");
			_cleanup_free_ char *sent = office_send(&o);
			const char *word = strchr(sent, ':');
			CHECK(!word || !strchr(word + 1, ':'));
			str_add_char(&told, !word ? '.' : word[1] == 'i' ? 'u' : word[1]);
			o.now_ms += OFFICE_MINUTE_MS;
		}
		CHECK_STR_EQ(str_text(&told), row->told);
		str_release(&told);
		office_close(&o);
	}
}

TEST(the_floor_is_of_one_topic_key_and_notification)
{
	_cleanup_free_ char *notify = str_format(ONE, ", floor: 1h");
	struct office o = office_open(notify, "ops");
	office_tell(&o, "degraded", NULL, "alert/api");
	free(office_send(&o));
	office_tell(&o, "degraded", NULL, "alert/web");
	office_tell(&o, "rolled-back", NULL, "alert/api");
	_cleanup_free_ char *told = office_send(&o);
	CHECK_STR_EQ(told, "ops:degraded ops:rolled-back ");
	office_close(&o);
}

/* Nobody was told of the trouble: then nobody is told that it is over. */
TEST(a_trouble_that_was_over_before_it_was_told_is_not_told)
{
	_cleanup_free_ char *notify = str_format(ONE, ", floor: 1h");
	struct office o = office_open(notify, "ops");
	CHECK_INT_EQ(office_tell(&o, "degraded", NULL, "alert/api"), 1);
	CHECK_INT_EQ(office_tell(&o, "recovered", NULL, "alert/api"), 0);
	CHECK_INT_EQ(office_waiting(&o), 0);
	const json_t *last = json_array_get(o.j.events, json_array_size(o.j.events) - 1);
	CHECK_STR_EQ(json_get_string(last, "type", ""), "message.dropped");
	CHECK_STR_EQ(json_get_string(json_object_get(last, "data"), "reason", ""),
		     "it was over before it was told");
	office_close(&o);
}

TEST(what_is_being_sent_is_not_overtaken)
{
	_cleanup_free_ char *notify = str_format(ONE, ", floor: 1h");
	struct office o = office_open(notify, "ops");
	office_tell(&o, "degraded", NULL, "alert/api");
	const json_t *id = json_at(o.j.documents.state, "/outbox/0/id");
	CHECK_OK(office_fold(&o, "message.claimed",
			     json_pack("{s:[O], s:s}", "messages", id, "until",
				       "2026-11-21T10:00:00Z")),
		 &o.j.err);
	CHECK_INT_EQ(office_tell(&o, "degraded", NULL, "alert/api"), 1);
	CHECK_INT_EQ(office_waiting(&o), 2);
	office_close(&o);
}

/* --- one breath ------------------------------------------------------------------------------- */

static size_t tell_incident(struct office *o, const char *topic, const char *id)
{
	json_t *incident = json_pack("{s:s, s:s}", "id", id, "severity", "P1");
	json_t *content = json_pack("{s:s}", "title", topic);
	_cleanup_free_ char *key = str_format("%s/%s", topic, id);
	const struct occasion occasion = {
		.topic = topic, .key = key, .incident = incident, .content = content};
	json_t *events = office_route(o, &occasion);
	size_t count = json_array_size(events);
	json_decref(events);
	json_decref(incident);
	json_decref(content);
	return count;
}

TEST(a_deployment_and_its_incident_are_one_message)
{
	_cleanup_free_ char *notify = str_format(ONE, "");
	struct office o = office_open(notify, "ops");
	CHECK_INT_EQ(tell_incident(&o, "incident-opened", "i1"), 1);
	CHECK_INT_EQ(tell_incident(&o, "rolled-back", "i1"), 0);
	CHECK_INT_EQ(tell_incident(&o, "rolled-back", "i2"), 1);
	o.now_ms += OFFICE_MINUTE_MS;
	CHECK_INT_EQ(tell_incident(&o, "rolled-back", "i1"), 1);
	office_close(&o);
}

TEST(who_lists_both_gets_both)
{
	_cleanup_free_ char *notify =
		str_format(ONE, ", on: [incident-opened, rolled-back]");
	struct office o = office_open(notify, "ops");
	CHECK_INT_EQ(tell_incident(&o, "incident-opened", "i1"), 1);
	CHECK_INT_EQ(tell_incident(&o, "rolled-back", "i1"), 1);
	office_close(&o);
}

/* --- bounds ----------------------------------------------------------------------------------- */

static void fill(struct office *o, size_t count, const char *severity)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *key = str_format("%s/%zu", severity, i);
		office_tell(o, "degraded", severity, key);
	}
}

static const struct full_row {
	const char *name, *first, *then, *arrives;
	size_t first_count;
	const char *gone; /* key that is not there any more */
} full[] = {
	{"the oldest of the lowest gives way", "P1", "P2", "P1", 40, "P2/0"},
	{"worse than all: the oldest", "P2", "P2", "P0", 50, "P2/0"},
	{"as grave as all: the oldest", "P2", "P2", "P2", 50, "P2/0"},
	{"the least of all gives way itself", "P1", "P2", "P3", 40, "new"},
};

TEST(a_full_outbox_loses_what_weighs_least)
{
	FOR_ROWS(row, full) {
		_cleanup_free_ char *notify = str_format(ONE, "");
		struct office o = office_open(notify, "ops");
		fill(&o, row->first_count, row->first);
		fill(&o, OUTBOX_MAX - row->first_count, row->then);
		CHECK_INT_EQ(office_waiting(&o), OUTBOX_MAX);
		size_t events = json_array_size(o.j.events);
		office_tell(&o, "degraded", row->arrives, "new");
		CHECK_INT_EQ(office_waiting(&o), OUTBOX_MAX);
		const json_t *data =
			json_object_get(json_array_get(o.j.events, events), "data");
		CHECK_STR_EQ(json_get_string(data, "reason", ""), "the outbox is full");
		CHECK_STR_EQ(json_get_string(data, "notification", ""), "ops");
		size_t i, found = 0;
		const json_t *message;
		json_array_foreach(json_object_get(o.j.documents.state, "outbox"), i,
				   message)
			found +=
				str_equal(json_get_string(message, "key", ""), row->gone);
		/* Two notifications of the same severity share the numbers. */
		CHECK_INT_EQ(found, str_equal(row->first, row->then) ? 1 : 0);
		office_close(&o);
	}
}

TEST(the_fold_makes_room_by_itself)
{
	_cleanup_free_ char *notify = str_format(ONE, "");
	struct office o = office_open(notify, "ops");
	fill(&o, OUTBOX_MAX, "P2");
	json_t *message = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{}}", "id", "late",
				    "notification", "ops", "topic", "degraded",
				    "severity", "P1", "key", "k", "content");
	CHECK_OK(
		office_fold(&o, "message.queued", json_pack("{s:o}", "message", message)),
		&o.j.err);
	CHECK_INT_EQ(office_waiting(&o), OUTBOX_MAX);
	CHECK_STR_EQ(
		json_get_string(json_at(o.j.documents.state, "/outbox/99"), "id", ""),
		"late");
	office_close(&o);
}

TEST(texts_are_cut_to_what_a_journal_can_carry)
{
	_cleanup_free_ char *notify = str_format(ONE, "");
	struct office o = office_open(notify, "ops");
	struct str text = STR_INIT, name = STR_INIT;
	for (int i = 0; i < 3000; i++)
		str_add(&text, "äöü€");
	str_pad(&name, 'n', 500);
	json_t *fields = json_array();
	for (int i = 0; i < 50; i++)
		json_array_append_new(fields,
				      json_pack("{s:s, s:s}", "name", str_text(&name),
						"value", str_text(&text)));
	json_t *incident = json_pack("{s:s, s:s, s:s}", "id", "i1", "title",
				     str_text(&text), "timeline", str_text(&text));
	json_t *content =
		json_pack("{s:s, s:s, s:o, s:o, s:i, s:s}", "title", str_text(&text),
			  "text", str_text(&text), "fields", fields, "incident", incident,
			  "version", 7, "unknown", str_text(&text));
	const struct occasion occasion = {
		.topic = "degraded", .key = "k", .content = content};
	json_decref(office_route(&o, &occasion));
	_cleanup_free_ char *stored =
		json_text_compact(json_at(o.j.documents.state, "/outbox/0"));
	CHECK(strlen(stored) < 13000);
	CHECK(str_is_utf8(stored, strlen(stored)));
	CHECK_JSON_EQ(json_at(o.j.documents.state, "/outbox/0/content/version"), "null");
	CHECK_INT_EQ(
		json_array_size(json_at(o.j.documents.state, "/outbox/0/content/fields")),
		12);
	json_decref(content);
	str_release(&text);
	str_release(&name);
	office_close(&o);
}
