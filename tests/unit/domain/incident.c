/* Incidents as values: what an end is, what is kept of it, how it is called and found. */
#include "belay/incident.h"
#include "journey.h"

static const struct {
	const char *name, *result, *want;
} ends[] = {
	{"passed",
	 "{'end': 'passed', 'kind': 'deploy', 'version': 'v2', 'previous': 'v1'}", NULL},
	{"taken back",
	 "{'end': 'rolled-back', 'kind': 'deploy', 'switch_ms': 3, 'undone': true}",
	 "rollback"},
	{"stuck", "{'end': 'stuck', 'switch_ms': 3}", "rollback-failed"},
	{"live and failed", "{'end': 'failed', 'switch_ms': 3}", "partial"},
	{"live and undecided", "{'end': 'inconclusive', 'switch_ms': 3}", "partial"},
	{"nothing touched", "{'end': 'failed'}", NULL},
	{"nothing touched, undecided", "{'end': 'inconclusive'}", NULL},
	{"a person changed his mind",
	 "{'end': 'cancelled', 'switch_ms': 3, 'undone': true}", NULL},
	{"a person went back",
	 "{'end': 'passed', 'kind': 'rollback', 'version': 'v1', 'previous': 'v2'}",
	 "rollback"},
	{"a person brought the same again",
	 "{'end': 'passed', 'kind': 'rollback', 'version': 'v1', 'previous': 'v1'}",
	 NULL},
	{"only tried", "{'end': 'rolled-back', 'assumed': true}", NULL},
	{"begun", "{'end': 'open'}", NULL},
};

TEST(which_ends_are_incidents)
{
	FOR_ROWS(row, ends) {
		_cleanup_json_ json_t *result = journey_json(row->result);
		CHECK_STR_EQ(incident_kind_of(result), row->want);
	}
}

static char environment_name[] = "production";
static const struct config_environment environment = {.name = environment_name};

static const char bad_end[] =
	"{'end': 'rolled-back', 'kind': 'deploy', 'deployment': 'd2', 'version': 'v2', "
	"'previous': 'v1', 'reason': 'gates failed: api', 'undone': true, 'services': {'api': "
	"{}, 'web': {}}, 'todo': ['look at web1'], 'timeline': [{'at': "
	"'2026-11-21T09:52:03Z', 'step': 'switch', 'service': 'api', 'text': 'switched to v2'}, "
	"{'at': '2026-11-21T09:52:04Z', 'step': 'gates', 'text': 'gates did not pass'}], "
	"'gates': [{'verdicts': [{'check': 'up', 'outcome': 'pass'}, {'check': 'api', "
	"'outcome': 'fail', 'reason': 'expected .status == 200', 'predicates': [{'holds': true, "
	"'actual': 1}, {'holds': false, 'actual': 503}, {'holds': false, 'actual': 504}]}]}]}";

TEST(what_is_kept_of_a_rollback)
{
	_cleanup_json_ json_t *result = journey_json(bad_end);
	_cleanup_json_ json_t *opened = incident_of_result("i1", result, &environment);
	CHECK_JSON_EQ(
		opened,
		"{'id': 'i1', 'kind': 'rollback', 'severity': 'P1', 'title': 'v2 → v1', "
		"'reason': 'gates failed: api', 'deployment': 'd2', 'version': 'v2', "
		"'previous': 'v1', 'services': ['api', 'web'], 'evidence': [{'check': 'api', "
		"'outcome': 'fail', 'reason': 'expected .status == 200', 'value': '503'}], "
		"'timeline': [{'at': '2026-11-21T09:52:03Z', 'text': 'api: switched to v2'}, "
		"{'at': '2026-11-21T09:52:04Z', 'text': 'gates did not pass'}], 'todo': ['look "
		"at web1', 'find out why v2 was no good', 'bring a version that passes: belay "
		"deploy -e production --version VERSION']}");
}

TEST(a_person_went_back_from_what_was_live)
{
	_cleanup_json_ json_t *result = journey_json(
		"{'end': 'passed', 'kind': 'rollback', 'deployment': 'd3', 'version': 'v1', "
		"'previous': 'v2', 'services': {}, 'reason': null}");
	_cleanup_json_ json_t *opened = incident_of_result("i1", result, &environment);
	CHECK_STR_EQ(json_get_string(opened, "title", ""), "v2 → v1");
	CHECK_STR_EQ(json_get_string(opened, "version", ""), "v2");
	CHECK_STR_EQ(json_get_string(opened, "reason", ""), "a person went back from v2");
}

static const struct {
	const char *name, *incident, *want;
} titles[] = {
	{"rollback", "{'kind': 'rollback', 'title': 'v1.2.4 → v1.2.3'}",
	 "[production rollback] v1.2.4 → v1.2.3"},
	{"critical", "{'kind': 'rollback-failed', 'title': 'v2 could not be taken back'}",
	 "[production CRITICAL] v2 could not be taken back"},
	{"partial", "{'kind': 'partial', 'title': 'v2 is live and unproven'}",
	 "[production partial] v2 is live and unproven"},
	{"watch", "{'kind': 'watch', 'title': 'api fails'}",
	 "[production degraded] api fails"},
	{"manual", "{'kind': 'manual', 'title': 'orders fail'}",
	 "[production incident] orders fail"},
	{"neither", "{}", "[production incident] "},
};

TEST(titles_begin_with_where_and_what)
{
	FOR_ROWS(row, titles) {
		_cleanup_json_ json_t *incident = journey_json(row->incident);
		_cleanup_free_ char *title = incident_title(incident, "production");
		CHECK_STR_EQ(title, row->want);
	}
}

static const struct {
	const char *name, *kind, *title;
} failures[] = {
	{"stuck", "'end': 'stuck'", "v2 could not be taken back"},
	{"stuck with its data", "'end': 'stuck', 'restored': {}",
	 "going back to v2 and its data is stuck"},
	{"partial", "'end': 'failed'", "v2 is live and unproven"},
	{"back to nothing", "'end': 'rolled-back'", "v2 → nothing"},
};

TEST(titles_say_what_happened)
{
	FOR_ROWS(row, failures) {
		_cleanup_free_ char *text = str_format(
			"{%s, 'version': 'v2', 'switch_ms': 1, 'services': {}}",
			row->kind);
		_cleanup_json_ json_t *result = journey_json(text);
		_cleanup_json_ json_t *opened =
			incident_of_result("i", result, &environment);
		CHECK_STR_EQ(json_get_string(opened, "title", ""), row->title);
	}
}

static const struct {
	const char *name, *gate, *title, *reason;
} gates[] = {
	{"one",
	 "{'verdicts': [{'check': 'api', 'outcome': 'fail', 'reason': 'got 503'}]}",
	 "api fails", "api: got 503"},
	{"three",
	 "{'verdicts': [{'check': 'a', 'outcome': 'fail', 'reason': 'x'}, {'check': 'b', "
	 "'outcome': 'fail', 'reason': 'y'}, {'check': 'ok', 'outcome': 'pass'}, {'check': 'c', "
	 "'outcome': 'fail', 'reason': 'z'}]}",
	 "a, b and c fail", "a: x"},
};

TEST(gates_that_fail)
{
	FOR_ROWS(row, gates) {
		_cleanup_json_ json_t *gate = journey_json(row->gate);
		_cleanup_json_ json_t *opened =
			incident_of_gate("i1", gate, "v2", &environment);
		CHECK_STR_EQ(json_get_string(opened, "kind", ""), "watch");
		CHECK_STR_EQ(json_get_string(opened, "title", ""), row->title);
		CHECK_STR_EQ(json_get_string(opened, "reason", ""), row->reason);
	}
}

TEST(finding)
{
	_cleanup_json_ json_t *state = journey_json(
		"{'incidents': [{'id': '2026-a1', 'kind': 'rollback', 'status': 'resolved'}, "
		"{'id': '2026-a2', 'kind': 'rollback', 'status': 'acknowledged'}, {'id': "
		"'2026-b', 'kind': 'watch', 'status': 'open'}, {'id': '2026-b3', 'kind': "
		"'manual', 'status': 'open'}]}");
	static const struct {
		const char *name, *id, *want;
	} ids[] = {
		{"whole", "2026-a1", "2026-a1"},
		{"beginning", "2026-a", NULL},
		{"only one", "2026-b3", "2026-b3"},
		{"whole goes first", "2026-b", "2026-b"},
		{"none", "2027", NULL},
	};
	FOR_ROWS(row, ids)
		CHECK_STR_EQ(json_get_string(incident_find(state, row->id), "id", NULL),
			     row->want);
	CHECK_STR_EQ(json_get_string(incident_find_open(state, "rollback"), "id", ""),
		     "2026-a2");
	CHECK_NULL(incident_find_open(state, "partial"));
}

static const struct {
	const char *name, *id;
	bool want;
} ids[] = {
	{"ours", "20261121T095203Z-3fa2", true},
	{"empty", "", false},
	{"path", "a/b", false},
	{"up", "a..b", false},
	{"option", "-a", false},
	{"marker", "a-->b", false},
	{"blank", "a b", false},
	{"long", "0123456789012345678901234567890123456789012345678901234567890123",
	 true},
	{"too long", "01234567890123456789012345678901234567890123456789012345678901234",
	 false},
};

TEST(ids_become_paths_and_branches)
{
	FOR_ROWS(row, ids)
		CHECK_INT_EQ(incident_id_is_valid(row->id), row->want);
	CHECK(!incident_id_is_valid(NULL));
	_cleanup_free_ char *path = incident_fill_id("docs/{{id}}/{{id}}.md", "i1");
	CHECK_STR_EQ(path, "docs/i1/i1.md");
	CHECK_NULL(incident_fill_id(NULL, "i1"));
}

TEST(an_address_is_one_that_has_one)
{
	_cleanup_json_ json_t *incident = journey_json(
		"{'links': {'pager': {'ref': 'x', 'url': null}, 'issue': {'ref': '7', 'url': "
		"'https://github.com/acme/shop/issues/7'}}}");
	CHECK_STR_EQ(incident_url(incident), "https://github.com/acme/shop/issues/7");
	CHECK_NULL(incident_url(NULL));
}
