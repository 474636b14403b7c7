/* The fold of incidents, post-mortems and alerts: what each event does, what is refused, what is bounded,
 * and that the state stays what its schema says. */
#include "belay/embedded.h"
#include "belay/incident.h"
#include "belay/schema.h"
#include "journey.h"

#define OPENED                                                                               \
	"{'id': '%s', 'kind': '%s', 'severity': 'P1', 'title': 'v2 → v1', 'reason': "      \
	"'gate failed', 'version': 'v2', 'previous': 'v1', 'deployment': 'd2', 'services': " \
	"['api'], 'evidence': [{'check': 'api', 'outcome': 'fail', 'reason': 'r', 'value': " \
	"'503'}], 'timeline': [{'at': '2023-11-14T22:00:00Z', 'text': 'began'}], 'todo': "   \
	"['look'], 'post_mortem': {'due_at': '2023-11-16T22:13:20Z'}}"

static void open_one(struct journey *j, const char *id, const char *kind)
{
	journey_go(j, "incident.opened", NULL, OPENED, id, kind);
}

static const json_t *incident_at(const struct journey *j, size_t index)
{
	return json_array_get(json_object_get(j->documents.state, "incidents"), index);
}

static size_t incident_count(const struct journey *j)
{
	return json_array_size(json_object_get(j->documents.state, "incidents"));
}

static void check_schema(const struct journey *j)
{
	struct err err = {0};
	_cleanup_json_ json_t *text = NULL;
	_cleanup_(schema_freep) struct schema *schema = NULL;
	struct schema_faults faults = {0};
	const struct embedded *file = embedded_find("schemas/state.schema.json");
	CHECK_OK(json_parse(file->data, file->size, "schema", &text, &err), &err);
	CHECK_OK(schema_compile(text, &schema, &err), &err);
	if (!CHECK(schema_validate(schema, j->documents.state, &faults)))
		test_row("%s: %s", faults.items[0].pointer, faults.items[0].message);
	schema_faults_release(&faults);
}

TEST(an_incident_from_its_beginning_to_its_end)
{
	struct journey j = journey_begin("production");
	open_one(&j, "i1", "rollback");
	CHECK_JSON_EQ(
		incident_at(&j, 0),
		"{'id': 'i1', 'kind': 'rollback', 'severity': 'P1', 'title': 'v2 → v1', "
		"'status': 'open', 'opened_at': '2023-11-14T22:13:20Z', 'updated_at': "
		"'2023-11-14T22:13:20Z', 'acknowledged_at': null, 'resolved_at': null, 'by': "
		"'ada', 'reason': 'gate failed', 'deployment': 'd2', 'version': 'v2', "
		"'previous': 'v1', 'services': ['api'], 'evidence': [{'check': 'api', "
		"'outcome': 'fail', 'reason': 'r', 'value': '503'}], 'timeline': [{'at': "
		"'2023-11-14T22:00:00Z', 'text': 'began'}], 'todo': ['look'], 'forensics': "
		"null, 'occurrences': 1, 'links': {}, 'post_mortem': {'status': 'due', "
		"'due_at': '2023-11-16T22:13:20Z', 'url': null, 'reminded_at': null}}");
	journey_go(
		&j, "incident.updated", NULL,
		"{'incident': 'i1', 'text': 'again', 'occurrence': true, 'severity': 'P0', "
		"'reason': 'worse', 'evidence': [], 'todo': ['run']}");
	journey_go(&j, "incident.linked", NULL,
		   "{'incident': 'i1', 'notification': 'issue', 'ref': '7', 'url': "
		   "'https://github.com/acme/shop/issues/7'}");
	journey_go(&j, "incident.acknowledged", NULL, "{'incident': 'i1', 'by': 'bob'}");
	CHECK_STR_EQ(json_get_string(incident_at(&j, 0), "status", ""), "acknowledged");
	journey_go(&j, "incident.resolved", NULL,
		   "{'incident': 'i1', 'by': 'bob', 'text': 'v3 passed'}");
	CHECK_JSON_EQ(
		incident_at(&j, 0),
		"{'id': 'i1', 'kind': 'rollback', 'severity': 'P0', 'title': 'v2 → v1', "
		"'status': 'resolved', 'opened_at': '2023-11-14T22:13:20Z', 'updated_at': "
		"'2023-11-14T22:17:20Z', 'acknowledged_at': '2023-11-14T22:16:20Z', "
		"'resolved_at': '2023-11-14T22:17:20Z', 'by': 'ada', 'reason': 'worse', "
		"'deployment': 'd2', 'version': 'v2', 'previous': 'v1', 'services': ['api'], "
		"'evidence': [], 'timeline': [{'at': '2023-11-14T22:00:00Z', 'text': 'began'}, "
		"{'at': '2023-11-14T22:14:20Z', 'text': 'again'}, {'at': "
		"'2023-11-14T22:16:20Z', 'text': 'acknowledged by bob'}, {'at': "
		"'2023-11-14T22:17:20Z', 'text': 'resolved by bob: v3 passed'}], 'todo': "
		"['run'], 'forensics': null, 'occurrences': 2, 'links': {'issue': {'ref': '7', "
		"'url': 'https://github.com/acme/shop/issues/7'}}, 'post_mortem': {'status': "
		"'due', 'due_at': '2023-11-16T22:13:20Z', 'url': null, 'reminded_at': null}}");
	CHECK_NULL(incident_find_open(j.documents.state, "rollback"));
	check_schema(&j);
	journey_end(&j);
}

TEST(a_post_mortem_from_owed_to_done)
{
	struct journey j = journey_begin("production");
	open_one(&j, "i1", "rollback");
	CHECK(post_mortem_is_owed(incident_at(&j, 0)));
	journey_go(&j, "post-mortem.reminded", NULL, "{'incident': 'i1'}");
	journey_go(&j, "post-mortem.written", NULL,
		   "{'incident': 'i1', 'url': 'docs/i1.md'}");
	CHECK(post_mortem_is_owed(incident_at(&j, 0)));
	journey_go(&j, "post-mortem.done", NULL, "{'incident': 'i1', 'url': null}");
	CHECK(!post_mortem_is_owed(incident_at(&j, 0)));
	CHECK_JSON_EQ(
		json_object_get(incident_at(&j, 0), "post_mortem"),
		"{'status': 'done', 'due_at': '2023-11-16T22:13:20Z', 'url': 'docs/i1.md', "
		"'reminded_at': '2023-11-14T22:14:20Z'}");
	journey_go(&j, "post-mortem.written", NULL,
		   "{'incident': 'i1', 'url': 'docs/again.md'}");
	CHECK_STR_EQ(json_get_string(json_object_get(incident_at(&j, 0), "post_mortem"),
				     "status", ""),
		     "done");
	check_schema(&j);
	journey_end(&j);
}

/* The run that tells must not fail because somebody was faster. */
static const struct {
	const char *name, *type, *data;
} late[] = {
	{"updated", "incident.updated", "{'incident': 'gone', 'text': 'x'}"},
	{"linked", "incident.linked", "{'incident': 'gone', 'notification': 'n'}"},
	{"acknowledged", "incident.acknowledged", "{'incident': 'gone', 'by': 'x'}"},
	{"resolved", "incident.resolved", "{'incident': 'gone', 'by': 'x'}"},
	{"written", "post-mortem.written", "{'incident': 'gone', 'url': 'x'}"},
	{"reminded", "post-mortem.reminded", "{'incident': 'gone'}"},
	{"done", "post-mortem.done", "{'incident': 'gone'}"},
};

TEST(events_about_an_incident_that_is_gone_change_nothing)
{
	struct journey j = journey_begin("production");
	open_one(&j, "i1", "rollback");
	_cleanup_json_ json_t *before =
		json_incref(json_object_get(j.documents.state, "incidents"));
	FOR_ROWS(row, late) {
		journey_go(&j, row->type, NULL, "%s", row->data);
		CHECK(json_equal(before,
				 json_object_get(j.documents.state, "incidents")));
	}
	journey_end(&j);
}

TEST(a_second_resolution_changes_nothing)
{
	struct journey j = journey_begin("production");
	open_one(&j, "i1", "rollback");
	journey_go(&j, "incident.resolved", NULL, "{'incident': 'i1', 'by': 'bob'}");
	journey_go(&j, "incident.resolved", NULL, "{'incident': 'i1', 'by': 'eve'}");
	journey_go(&j, "incident.acknowledged", NULL, "{'incident': 'i1', 'by': 'eve'}");
	CHECK_STR_EQ(json_get_string(incident_at(&j, 0), "resolved_at", ""),
		     "2023-11-14T22:14:20Z");
	CHECK_STR_EQ(json_get_string(incident_at(&j, 0), "status", ""), "resolved");
	journey_end(&j);
}

#define BASE "'id': 'i9', 'kind': 'manual', 'severity': 'P2', 'title': 't'"

static const struct {
	const char *name, *type, *data, *why;
} strangers[] = {
	{"no id", "incident.opened", "{'kind': 'manual', 'severity': 'P2', 'title': 't'}",
	 "data.id is not a text"},
	{"id with a path", "incident.opened",
	 "{'id': '../x', 'kind': 'manual', 'severity': 'P2', 'title': 't'}",
	 "cannot be the id"},
	{"the same id", "incident.opened",
	 "{'id': 'i1', 'kind': 'manual', 'severity': 'P2', 'title': 't'}",
	 "is there already"},
	{"kind", "incident.opened",
	 "{'id': 'i9', 'kind': 'flood', 'severity': 'P2', 'title': 't'}",
	 "'flood' is no kind"},
	{"severity", "incident.opened",
	 "{'id': 'i9', 'kind': 'manual', 'severity': 'P22', 'title': 't'}",
	 "'P22' is no severity"},
	{"no title", "incident.opened",
	 "{'id': 'i9', 'kind': 'manual', 'severity': 'P2'}", "data.title is not a text"},
	{"services", "incident.opened", "{" BASE ", 'services': {}}",
	 "data.services is not a list"},
	{"a service", "incident.opened", "{" BASE ", 'services': [1]}",
	 "something else than texts"},
	{"evidence", "incident.opened", "{" BASE ", 'evidence': [{'check': 1}]}",
	 "names no check"},
	{"timeline", "incident.opened",
	 "{" BASE ", 'timeline': [{'at': 'noon', 'text': 'x'}]}", "without time or text"},
	{"due", "incident.opened", "{" BASE ", 'post_mortem': {'due_at': 'soon'}}",
	 "due_at is not a time"},
	{"reason", "incident.opened", "{" BASE ", 'reason': 4}",
	 "data.reason is not a text"},
	{"update without text", "incident.updated", "{'incident': 'i1'}",
	 "data.text is not a text"},
	{"update of nothing", "incident.updated", "{'text': 'x'}",
	 "data.incident is not a text"},
	{"update to a severity", "incident.updated",
	 "{'incident': 'i1', 'text': 'x', 'severity': 'high'}", "'high' is no severity"},
	{"update to a kind", "incident.updated",
	 "{'incident': 'i1', 'text': 'x', 'kind': 'fire'}", "'fire' is no kind"},
	{"link to nobody", "incident.linked", "{'incident': 'i1'}",
	 "data.notification is not a text"},
	{"link with a number", "incident.linked",
	 "{'incident': 'i1', 'notification': 'n', 'ref': 7}", "data.ref is not a text"},
	{"resolved by nobody", "incident.resolved", "{'incident': 'i1'}",
	 "data.by is not a text"},
	{"page nowhere", "post-mortem.written", "{'incident': 'i1'}",
	 "data.url is not a text"},
	{"round without checks", "alert.judged", "{'rules': {}}",
	 "data.checks is not an object"},
	{"round without rules", "alert.judged", "{'checks': {}}",
	 "data.rules is not an object"},
	{"rules without patience", "alert.judged",
	 "{'checks': {}, 'rules': {'fail_after': 0, 'recover_after': 1, 'flaps': 1}}",
	 "fail_after is not 1 to 1000"},
	{"rules without end", "alert.judged",
	 "{'checks': {}, 'rules': {'fail_after': 1, 'recover_after': 1, 'flaps': 1001}}",
	 "flaps is not 0 to 1000"},
	{"an outcome", "alert.judged",
	 "{'checks': {'api': {'outcome': 'meh'}}, 'rules': {'fail_after': 1, "
	 "'recover_after': 1, 'flaps': 1}}",
	 "check 'api' has no outcome"},
};

TEST(what_does_not_fit_is_refused)
{
	struct journey j = journey_begin("production");
	open_one(&j, "i1", "rollback");
	FOR_ROWS(row, strangers)
		CHECK_FAILS(journey_step(&j, row->type, NULL, row->data), &j.err,
			    ERR_STATE, row->why);
	CHECK_INT_EQ(json_get_int(j.documents.state, "sequence", 0), 1);
	journey_end(&j);
}

TEST(a_timeline_keeps_its_beginning_and_its_end)
{
	struct journey j = journey_begin("production");
	open_one(&j, "i1", "watch");
	for (int i = 1; i <= 80; i++)
		journey_go(&j, "incident.updated", NULL,
			   "{'incident': 'i1', 'text': 'line %d'}", i);
	const json_t *timeline = json_object_get(incident_at(&j, 0), "timeline");
	CHECK_INT_EQ(json_array_size(timeline), 50);
	CHECK_STR_EQ(json_get_string(json_array_get(timeline, 0), "text", ""), "began");
	CHECK_STR_EQ(json_get_string(json_array_get(timeline, 1), "text", ""), "line 32");
	CHECK_STR_EQ(json_get_string(json_array_get(timeline, 49), "text", ""),
		     "line 80");
	check_schema(&j);
	journey_end(&j);
}

TEST(whatever_an_event_holds_the_state_stays_small)
{
	struct journey j = journey_begin("production");
	_cleanup_str_ struct str long_text = STR_INIT;
	_cleanup_str_ struct str rows = STR_INIT;
	for (int i = 0; i < 3000; i++)
		str_add(&long_text, "ü");
	for (int i = 0; i < 200; i++)
		str_addf(&rows, "%s{'check': 'c%d', 'reason': '%s'}", i ? ", " : "", i,
			 i ? "r" : str_text(&long_text));
	journey_go(
		&j, "incident.opened", NULL,
		"{'id': 'i1', 'kind': 'manual', 'severity': 'P3', 'title': '%s', 'reason': "
		"'%s', 'evidence': [%s], 'todo': ['%s']}",
		str_text(&long_text), str_text(&long_text), str_text(&rows),
		str_text(&long_text));
	for (int i = 0; i < 60; i++)
		journey_go(&j, "incident.linked", NULL,
			   "{'incident': 'i1', 'notification': 'n%d', 'ref': '%s'}", i,
			   str_text(&long_text));
	_cleanup_free_ char *text = json_text_compact(incident_at(&j, 0));
	CHECK(strlen(text) < 40000);
	CHECK(str_is_utf8(text, strlen(text)));
	check_schema(&j);
	journey_end(&j);
}

TEST(only_the_last_finished_ones_stay)
{
	struct journey j = journey_begin("production");
	for (int i = 0; i < 15; i++) {
		journey_go(
			&j, "incident.opened", NULL,
			"{'id': 'm%d', 'kind': 'manual', 'severity': 'P2', 'title': 't'}",
			i);
		journey_go(&j, "incident.resolved", NULL,
			   "{'incident': 'm%d', 'by': 'ada'}", i);
	}
	CHECK_INT_EQ(incident_count(&j), INCIDENTS_FINISHED_MAX);
	CHECK_STR_EQ(json_get_string(incident_at(&j, 0), "id", ""), "m5");

	/* One whose page is owed is not finished. */
	open_one(&j, "i1", "rollback");
	journey_go(&j, "incident.resolved", NULL, "{'incident': 'i1', 'by': 'ada'}");
	CHECK_INT_EQ(incident_count(&j), INCIDENTS_FINISHED_MAX + 1);
	journey_go(&j, "post-mortem.done", NULL, "{'incident': 'i1'}");
	CHECK_INT_EQ(incident_count(&j), INCIDENTS_FINISHED_MAX);
	CHECK(incident_find(j.documents.state, "i1") != NULL);
	journey_end(&j);
}

TEST(the_oldest_gives_way_and_a_resolved_one_first)
{
	struct journey j = journey_begin("production");
	for (int i = 0; i < INCIDENTS_MAX; i++) {
		char id[16];
		snprintf(id, sizeof id, "i%d", i);
		open_one(&j, id, "rollback");
	}
	journey_go(&j, "incident.resolved", NULL, "{'incident': 'i7', 'by': 'ada'}");
	open_one(&j, "more", "watch");
	CHECK_INT_EQ(incident_count(&j), INCIDENTS_MAX);
	CHECK_NULL(incident_find(j.documents.state, "i7"));
	open_one(&j, "still-more", "watch");
	CHECK_INT_EQ(incident_count(&j), INCIDENTS_MAX);
	CHECK_STR_EQ(json_get_string(incident_at(&j, 0), "id", ""), "i1");
	check_schema(&j);
	journey_end(&j);
}

TEST(a_round_is_folded_as_it_was_foretold)
{
	struct journey j = journey_begin("production");
	static const char round[] =
		"{'checks': {'api': {'outcome': 'fail', 'reason': 'r'}, 'web': {'outcome': "
		"'pass'}}, 'rules': {'fail_after': 2, 'recover_after': 1, 'flaps': 6}}";
	_cleanup_json_ json_t *data = journey_json(round);
	for (int i = 0; i < 2; i++) {
		_cleanup_json_ json_t *foretold =
			alerts_after(j.documents.state, data, j.at_ms);
		journey_go(&j, "alert.judged", NULL, "%s", round);
		CHECK(json_equal(foretold, json_object_get(j.documents.state, "alerts")));
	}
	CHECK_STR_EQ(
		json_get_string(json_at(j.documents.state, "/alerts/api"), "state", ""),
		"bad");
	check_schema(&j);
	journey_end(&j);
}

/* The same events give the same state, also when every step begins from the text of the one before. */
TEST(the_fold_does_not_depend_on_who_folds)
{
	struct journey j = journey_begin("production");
	open_one(&j, "i1", "rollback");
	journey_go(&j, "incident.updated", NULL,
		   "{'incident': 'i1', 'text': 'again', 'occurrence': true}");
	journey_go(
		&j, "alert.judged", NULL,
		"{'checks': {'b': {'outcome': 'fail'}, 'a': {'outcome': 'pass'}}, 'rules': "
		"{'fail_after': 1, 'recover_after': 1, 'flaps': 6}}");
	struct journal_documents again;
	journal_documents_init(&again, "production");
	size_t i;
	json_t *event;
	json_array_foreach(j.events, i, event) {
		struct journal_documents after;
		struct err err = {0};
		_cleanup_free_ char *text = json_text_compact(again.state);
		json_decref(again.state);
		again.state = json_loads(text, 0, NULL);
		CHECK_OK(journal_reduce(&again, event, &after, &err), &err);
		journal_documents_release(&again);
		again = after;
	}
	CHECK(json_equal(again.state, j.documents.state));
	journal_documents_release(&again);
	journey_end(&j);
}
