/* What messages say about a deployment and about an incident. */
#include "belay/message.h"
#include "journey.h"

static const struct result_row {
	const char *name, *result, *title, *severity, *text;
} results[] = {
	{"passed", "{'end': 'passed', 'kind': 'deploy'}", "production: v2 is live", "P3",
	 ""},
	{"went back", "{'end': 'passed', 'kind': 'rollback'}", "production: back to v2",
	 "P3", ""},
	{"begun", "{'end': 'open'}", "production: deploying v2", "P3", ""},
	{"taken back", "{'end': 'rolled-back', 'switch_ms': 5, 'undone': true}",
	 "production: v2 was taken back, v1 is live", "P1", ""},
	{"taken back to nothing",
	 "{'end': 'rolled-back', 'switch_ms': 5, 'undone': true, 'previous': null}",
	 "production: v2 was taken back, nothing is live", "P1", ""},
	{"stuck", "{'end': 'stuck', 'reason': 'undo failed', 'todo': ['look', 'fix']}",
	 "production: CRITICAL: v2 could not be taken back", "P0",
	 "undo failed\n1. look\n2. fix"},
	{"stuck with its data",
	 "{'end': 'stuck', 'kind': 'rollback', 'reason': 'half', 'restored': {}}",
	 "production: CRITICAL: going back to v2 and its data is stuck", "P0", "half"},
	{"never switched", "{'end': 'failed', 'reason': 'no artifact'}",
	 "production: v2 was not deployed", "P2", "no artifact"},
	{"no basis, live", "{'end': 'inconclusive', 'switch_ms': 5}",
	 "production: v2 is live and unproven", "P1", ""},
	{"no basis, not live", "{'end': 'inconclusive'}",
	 "production: v2 was not deployed", "P2", ""},
	{"failed, live", "{'end': 'failed', 'switch_ms': 5}",
	 "production: v2 is live and unproven", "P1", ""},
	{"cancelled and taken back", "{'end': 'cancelled', 'undone': true}",
	 "production: v2 was taken back, v1 is live", "P1", ""},
	{"cancelled before anything", "{'end': 'cancelled'}",
	 "production: v2 was not deployed", "P2", ""},
};

TEST(a_deployment_s_end_in_words)
{
	FOR_ROWS(row, results) {
		_cleanup_json_ json_t *run = journey_run("4711");
		_cleanup_json_ json_t *more = journey_json(row->result);
		_cleanup_json_ json_t *result = journey_json(
			"{'environment': 'production', 'version': 'v2', 'previous': 'v1', "
			"'deployment': 'd2', 'started_at': '2026-11-21T09:00:00Z', "
			"'duration_ms': 65000, 'services': {'api': {}, 'web': {}}}");
		json_object_update(result, more);
		_cleanup_json_ json_t *content = content_of_result(result, run);
		CHECK_STR_EQ(json_get_string(content, "title", ""), row->title);
		CHECK_STR_EQ(json_get_string(content, "severity", ""), row->severity);
		CHECK_STR_EQ(json_get_string(content, "text", ""), row->text);
		CHECK_STR_EQ(json_get_string(content, "at", ""), "2026-11-21T09:01:05Z");
		CHECK_STR_EQ(json_get_string(content, "actor", ""), "ada");
		CHECK_JSON_EQ(json_object_get(content, "services"), "['api', 'web']");
		CHECK_JSON_EQ(json_object_get(content, "fields"),
			      "[{'name': 'Took', 'value': '1m 5s'}, {'name': "
			      "'Deployment', 'value': 'd2'}]");
	}
}

TEST(a_result_without_anything_makes_a_content)
{
	_cleanup_json_ json_t *result = json_object();
	_cleanup_json_ json_t *content = content_of_result(result, NULL);
	CHECK_STR_EQ(json_get_string(content, "title", ""), "?: ? was not deployed");
}

static const struct incident_row {
	const char *name, *incident, *text;
} incidents[] = {
	{"the reason at first", "{'reason': 'gates failed', 'timeline': [{'text': 'a'}]}",
	 "gates failed"},
	{"then what happened last",
	 "{'reason': 'gates failed', 'timeline': [{'text': 'a'}, {'text': 'again'}]}",
	 "again"},
	{"and what has to be done", "{'reason': 'stuck', 'todo': ['look']}",
	 "stuck\n1. look"},
	{"nothing is known", "{}", ""},
};

TEST(an_incident_in_words)
{
	FOR_ROWS(row, incidents) {
		_cleanup_json_ json_t *incident = journey_json(row->incident);
		json_object_set_new(incident, "id", json_string("i1"));
		_cleanup_json_ json_t *content =
			content_of_incident(incident, "production", NULL);
		CHECK_STR_EQ(json_get_string(content, "text", "?"), row->text);
		CHECK(json_equal(json_object_get(content, "incident"), incident));
	}
}

TEST(a_channel_gets_the_incident_as_it_is_now)
{
	_cleanup_json_ json_t *state = journey_json(
		"{'incidents': [{'id': 'i1', 'status': 'acknowledged', 'links': {'a': {'ref': "
		"'1', 'url': null}, 'b': {'ref': '2', 'url': 'https://b.example/2'}}}]}");
	_cleanup_json_ json_t *message = journey_json(
		"{'id': 'm1', 'topic': 'degraded', 'incident': 'i1', 'content': {'title': 't', "
		"'incident': {'id': 'i1', 'status': 'open'}}}");
	_cleanup_json_ json_t *sent = message_to_send(message, state);
	CHECK_STR_EQ(json_get_string(json_at(sent, "/content/incident"), "status", ""),
		     "acknowledged");
	CHECK_STR_EQ(
		json_get_string(json_object_get(sent, "content"), "incident_url", ""),
		"https://b.example/2");
	CHECK_STR_EQ(json_get_string(json_at(message, "/content/incident"), "status", ""),
		     "open");
	_cleanup_json_ json_t *view = message_view(message);
	CHECK_JSON_EQ(view, "{'id': 'm1', 'topic': 'degraded', 'title': 't', 'incident': "
			    "{'id': 'i1', 'status': 'open'}}");
}

TEST(an_incident_that_is_gone_is_told_as_it_was)
{
	_cleanup_json_ json_t *state = journey_json("{'incidents': []}");
	_cleanup_json_ json_t *message =
		journey_json("{'incident': 'i1', 'content': {'incident': {'id': 'i1'}}}");
	_cleanup_json_ json_t *sent = message_to_send(message, state);
	CHECK(json_equal(sent, message));
	_cleanup_json_ json_t *past_the_outbox = message_to_send(message, NULL);
	CHECK(json_equal(past_the_outbox, message));
}
