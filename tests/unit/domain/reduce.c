/* The fold: what each event does to the documents, and which events are refused. */
#include "journey.h"

static const json_t *lock_of(const struct journey *journey)
{
	return json_object_get(journey->documents.state, "lock");
}

TEST(an_environment_without_events_is_empty)
{
	struct journey j = journey_begin("production");
	CHECK_JSON_EQ(
		j.documents.state,
		"{'schema': 1, 'environment': 'production', 'sequence': 0, 'updated_at': null, "
		"'services': {}, 'transaction': null, 'lock': {'generation': 0, 'held': false, "
		"'kept': null, 'holder': null, 'acquired_at': null, 'expires_at': null, "
		"'lease_ms': null, 'reason': null, 'queue': []}, 'incidents': [], 'alerts': {}, "
		"'outbox': []}");
	CHECK_NULL(state_transaction(j.documents.state));
	CHECK_NULL(state_live(j.documents.state, "api"));
	CHECK_INT_EQ(state_generation(j.documents.state), 0);
	journey_end(&j);
}

TEST(a_deployment_goes_live)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	CHECK_JSON_EQ(
		state_live(j.documents.state, "api"),
		"{'version': 'v1', 'release': 'd1', 'deployment': 'd1', 'kind': 'deploy', 'at': "
		"'2023-11-14T22:18:20Z'}");
	journey_deploy(&j, "d2", "v2", "api");
	const json_t *services = json_object_get(j.documents.state, "services");
	CHECK_STR_EQ(json_get_string(state_live(j.documents.state, "api"), "version", ""),
		     "v2");
	CHECK_STR_EQ(
		json_get_string(state_last_good(j.documents.state, "api"), "version", ""),
		"v2");
	CHECK_STR_EQ(json_get_string(json_at(services, "/api/previous"), "version", ""),
		     "v1");
	CHECK_NULL(state_transaction(j.documents.state));
	CHECK_INT_EQ(json_get_int(j.documents.state, "sequence", 0), 14);
	CHECK(!json_get_bool(lock_of(&j), "held", true));
	CHECK_INT_EQ(state_generation(j.documents.state), 2);
	CHECK_JSON_EQ(
		json_at(j.documents.recent, "/deployments/0"),
		"{'deployment': 'd2', 'kind': 'deploy', 'version': 'v2', 'previous': 'v1', "
		"'outcome': 'passed', 'started_at': '2023-11-14T22:21:20Z', 'finished_at': "
		"'2023-11-14T22:25:20Z', 'duration_ms': 4000, 'switch_ms': 120, 'undo_ms': "
		"null, 'reason': null, 'step': null, 'commit': 'c0ffee', 'commit_at': null, "
		"'actor': 'ada', 'services': {'api': {'version': 'v2', 'release': 'd2', 'from': "
		"{'version': 'v1', 'release': 'd1', 'deployment': 'd1', 'kind': 'deploy', 'at': "
		"'2023-11-14T22:18:20Z'}}}}");
	CHECK_JSON_EQ(
		json_object_get(j.documents.rollup, "days"),
		"[{'day': '2023-11-14', 'deployments': 2, 'passed': 2, 'duration_ms': 8000}]");
	journey_end(&j);
}

TEST(an_undo_leaves_what_was_live)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_bad(&j, "d2", "v2", "api");
	CHECK_STR_EQ(json_get_string(state_live(j.documents.state, "api"), "version", ""),
		     "v1");
	CHECK_STR_EQ(json_get_string(json_at(j.documents.recent, "/deployments/0"),
				     "outcome", ""),
		     "rolled-back");
	CHECK_JSON_EQ(
		json_object_get(j.documents.rollup, "days"),
		"[{'day': '2023-11-14', 'deployments': 2, 'passed': 1, 'rolled_back': 1, "
		"'duration_ms': 9000, 'recovery_ms': 300, 'recovery_count': 1}]");
	journey_end(&j);
}

TEST(an_undo_may_find_something_else_on_the_hosts)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_open(&j, "deploy", "d2", "v2", "api", "d2");
	journey_go(
		&j, "deployment.rolled-back", "d2",
		"{'deployment': 'd2', 'restored': {'api': {'version': 'v0.9', 'release': 'old'}}}");
	const json_t *live = state_live(j.documents.state, "api");
	CHECK_STR_EQ(json_get_string(live, "version", ""), "v0.9");
	CHECK(json_is_null(json_object_get(live, "deployment")));
	CHECK_STR_EQ(
		json_get_string(state_last_good(j.documents.state, "api"), "version", ""),
		"v1");
	journey_end(&j);
}

TEST(a_stuck_transaction_stays_open_until_somebody_ends_it)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_open(&j, "deploy", "d2", "v2", "api", "d2");
	journey_go(
		&j, "deployment.stuck", "d2",
		"{'deployment': 'd2', 'reason': 'gate failed', 'step': 'gates', 'undo_error': "
		"'web1 is gone', 'todo': ['look at web1']}");
	journey_go(&j, "lock.kept", NULL, "{'generation': 2, 'reason': 'undo failed'}");
	const json_t *open = state_transaction(j.documents.state);
	CHECK_STR_EQ(json_get_string(open, "phase", ""), "stuck");
	CHECK_STR_EQ(json_get_string(json_object_get(open, "stuck"), "undo_error", ""),
		     "web1 is gone");
	CHECK_INT_EQ(lock_ask(j.documents.state, "4711", j.at_ms), LOCK_KEPT);
	CHECK_FAILS(
		journey_step(&j, "deployment.begun", "d3",
			     "{'kind': 'deploy', 'deployment': 'd3', 'version': 'v3', "
			     "'services': {}}"),
		&j.err, ERR_STATE, "kept until a person has looked");

	/* Another run takes the lock over, finishes the undo; the summary is replaced. */
	json_decref(j.run);
	j.run = journey_run("5000");
	journey_go(
		&j, "lock.acquired", NULL,
		"{'holder': {'id': '5000'}, 'generation': 3, 'lease_ms': 1000, 'expires_at': "
		"'2023-11-15T00:00:00Z', 'taken_over': {'holder': {'id': '4711'}}}");
	journey_go(&j, "deployment.rolled-back", "d2",
		   "{'deployment': 'd2', 'undo_ms': 10}");
	CHECK_NULL(state_transaction(j.documents.state));
	CHECK_INT_EQ(json_array_size(json_object_get(j.documents.recent, "deployments")),
		     2);
	CHECK_STR_EQ(json_get_string(json_at(j.documents.recent, "/deployments/0"),
				     "outcome", ""),
		     "rolled-back");
	CHECK_INT_EQ(
		json_get_int(json_at(j.documents.rollup, "/days/0"), "deployments", 0),
		2);
	journey_end(&j);
}

TEST(what_is_unproven_is_live_and_not_good)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_open(&j, "deploy", "d2", "v2", "api", "d2");
	journey_go(&j, "deployment.unproven", "d2",
		   "{'deployment': 'd2', 'reason': 'no data', 'duration_ms': 50}");
	journey_unlock(&j);
	const json_t *state = j.documents.state;
	CHECK_STR_EQ(json_get_string(state_live(state, "api"), "version", ""), "v2");
	CHECK_STR_EQ(json_get_string(state_last_good(state, "api"), "version", ""), "v1");
	CHECK(!state_has_passed(state, j.documents.recent, "v2"));
	CHECK_NULL(state_transaction(state));
	CHECK_STR_EQ(json_get_string(json_at(j.documents.recent, "/deployments/0"),
				     "outcome", ""),
		     "unproven");
	journey_end(&j);
}

TEST(a_dead_run_is_closed_by_the_next_one)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_open(&j, "deploy", "d2", "v2", "api", "d2");
	json_decref(j.run);
	j.run = journey_run("5000");
	CHECK_FAILS(
		journey_step(&j, "deployment.abandoned", "d2", "{'deployment': 'd2'}"),
		&j.err, ERR_STATE, "does not hold the lock");
	journey_go(
		&j, "lock.acquired", NULL,
		"{'holder': {'id': '5000'}, 'generation': 3, 'lease_ms': 1000, 'expires_at': "
		"'2023-11-15T00:00:00Z', 'taken_over': {'id': '4711'}}");
	journey_go(&j, "deployment.abandoned", "d2",
		   "{'deployment': 'd2', 'reason': 'silence'}");
	CHECK_NULL(state_transaction(j.documents.state));
	CHECK_STR_EQ(json_get_string(state_live(j.documents.state, "api"), "version", ""),
		     "v1");
	const json_t *row = json_at(j.documents.recent, "/deployments/0");
	CHECK_STR_EQ(json_get_string(row, "outcome", ""), "abandoned");
	CHECK_STR_EQ(json_get_string(row, "reason", ""), "silence");
	journey_go(
		&j, "deployment.begun", "d3",
		"{'kind': 'deploy', 'deployment': 'd3', 'version': 'v3', 'services': {}}");
	journey_end(&j);
}

TEST(an_abandoned_one_that_was_stuck_stays_stuck_in_memory)
{
	struct journey j = journey_begin("production");
	journey_open(&j, "deploy", "d1", "v1", "api", "d1");
	journey_go(&j, "deployment.stuck", "d1", "{'deployment': 'd1', 'reason': 'r'}");
	journey_go(&j, "deployment.abandoned", "d1", "{'deployment': 'd1'}");
	CHECK_NULL(state_transaction(j.documents.state));
	CHECK_INT_EQ(json_array_size(json_object_get(j.documents.recent, "deployments")),
		     1);
	CHECK_STR_EQ(json_get_string(json_at(j.documents.recent, "/deployments/0"),
				     "outcome", ""),
		     "stuck");
	journey_end(&j);
}

TEST(recent_holds_the_last_fifty)
{
	struct journey j = journey_begin("production");
	char id[16];
	for (int i = 1; i <= 60; i++) {
		snprintf(id, sizeof id, "d%d", i);
		journey_open(&j, "deploy", id, id, "api", id);
		journey_go(&j, "deployment.failed", id,
			   "{'deployment': '%s', 'reason': 'no'}", id);
		journey_unlock(&j);
	}
	const json_t *rows = json_object_get(j.documents.recent, "deployments");
	CHECK_INT_EQ(json_array_size(rows), JOURNAL_RECENT_MAX);
	CHECK_STR_EQ(json_get_string(json_array_get(rows, 0), "deployment", ""), "d60");
	CHECK_STR_EQ(json_get_string(json_array_get(rows, 49), "deployment", ""), "d11");
	journey_end(&j);
}

TEST(old_documents_are_left_alone)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	struct journal_documents before = {json_incref(j.documents.state),
					   json_incref(j.documents.recent),
					   json_incref(j.documents.rollup)};
	char *texts[] = {json_text_compact(before.state),
			 json_text_compact(before.recent),
			 json_text_compact(before.rollup)};
	journey_bad(&j, "d2", "v2", "api");
	journey_deploy(&j, "d3", "v3", "api");
	char *again[] = {json_text_compact(before.state),
			 json_text_compact(before.recent),
			 json_text_compact(before.rollup)};
	for (size_t i = 0; i < 3; i++) {
		CHECK_STR_EQ(again[i], texts[i]);
		free(again[i]);
		free(texts[i]);
	}
	journal_documents_release(&before);
	journey_end(&j);
}

#define HOLDER "'holder': {'id': '4711'}"

static const struct {
	const char *name, *type, *transaction, *data, *why;
} strangers[] = {
	{"unknown type", "deployment.exploded", NULL, "{}", "unknown type"},
	{"no holder", "lock.acquired", NULL,
	 "{'generation': 2, 'lease_ms': 1, 'expires_at': '2023-11-15T00:00:00Z'}",
	 "data.holder is not an object"},
	{"lock is held", "lock.acquired", NULL,
	 "{" HOLDER
	 ", 'generation': 2, 'lease_ms': 1, 'expires_at': '2023-11-15T00:00:00Z'}",
	 "the lock is held"},
	{"generation skipped", "lock.acquired", NULL,
	 "{" HOLDER
	 ", 'generation': 3, 'lease_ms': 1, 'expires_at': '2023-11-15T00:00:00Z'}",
	 "the next one is 2"},
	{"lease without end", "lock.acquired", NULL,
	 "{" HOLDER ", 'generation': 2, 'lease_ms': 1, 'expires_at': 'tomorrow'}",
	 "data.expires_at is not a time"},
	{"stale renewal", "lock.renewed", NULL,
	 "{'generation': 0, 'expires_at': '2023-11-15T00:00:00Z'}",
	 "generation 0 is stale"},
	{"stale release", "lock.released", NULL, "{'generation': 7}",
	 "generation 7 is stale"},
	{"kept without reason", "lock.kept", NULL, "{'generation': 1}", "data.reason"},
	{"second transaction", "deployment.begun", "d2",
	 "{'kind': 'deploy', 'deployment': 'd2', 'version': 'v2', 'services': {}}",
	 "still open"},
	{"unknown kind", "deployment.begun", "d2",
	 "{'kind': 'wish', 'deployment': 'd2', 'version': 'v2', 'services': {}}",
	 "kind 'wish'"},
	{"service without release", "deployment.begun", "d2",
	 "{'kind': 'deploy', 'deployment': 'd2', 'version': 'v2', 'services': {'api': {'version': "
	 "'v2'}}}",
	 "service 'api' lacks"},
	{"commit is a number", "deployment.begun", "d2",
	 "{'kind': 'deploy', 'deployment': 'd2', 'version': 'v2', 'commit': 3, 'services': {}}",
	 "data.commit is not a text"},
	{"another transaction", "deployment.captured", "d9", "{'services': {}}",
	 "transaction 'd9' is not the open one, 'd1'"},
	{"no transaction", "deployment.captured", NULL, "{'services': {}}",
	 "names no transaction"},
	{"stranger switched", "deployment.switched", "d1", "{'service': 'db'}",
	 "service 'db' is not part"},
	{"stranger prepared", "deployment.prepared", "d1", "{'services': ['db']}",
	 "service 'db' is not part"},
	{"gate without outcome", "gate.judged", "d1", "{'phase': 'gates', 'gate': {}}",
	 "no outcome"},
	{"another deployment", "deployment.committed", "d1", "{'deployment': 'd7'}",
	 "deployment 'd7' is not the open one"},
	{"stranger restored", "deployment.rolled-back", "d1",
	 "{'deployment': 'd1', 'restored': {'db': {'version': 'v0', 'release': 'r0'}}}",
	 "service 'db' is not part"},
};

TEST(what_does_not_follow_is_refused)
{
	struct journey j = journey_begin("production");
	journey_open(&j, "deploy", "d1", "v1", "api", "d1");
	FOR_ROWS(row, strangers)
		CHECK_FAILS(journey_step(&j, row->type, row->transaction, row->data),
			    &j.err, ERR_STATE, row->why);
	CHECK_INT_EQ(json_get_int(j.documents.state, "sequence", 0), 2);
	journey_end(&j);
}

TEST(a_run_without_the_lock_is_refused)
{
	struct journey j = journey_begin("production");
	journey_open(&j, "deploy", "d1", "v1", "api", "d1");
	json_decref(j.run);
	j.run = journey_run("intruder");
	CHECK_FAILS(
		journey_step(&j, "deployment.committed", "d1", "{'deployment': 'd1'}"),
		&j.err, ERR_STATE,
		"run 'intruder' does not hold the lock, run '4711' does");
	journey_unlock(&j);
	CHECK_FAILS(
		journey_step(&j, "deployment.committed", "d1", "{'deployment': 'd1'}"),
		&j.err, ERR_STATE, "nobody does");
	journey_end(&j);
}

static const struct {
	const char *name, *change, *why;
} headers[] = {
	{"doubled", "{'sequence': 1}", "its number is 1, the next one is 2"},
	{"skipped", "{'sequence': 3}", "its number is 3"},
	{"negative", "{'sequence': -1}", "its number is -1"},
	{"newer format", "{'belay': 2}", "format 2"},
	{"other environment", "{'environment': 'staging'}",
	 "those of environment 'production'"},
	{"no time", "{'at': 'noon'}", "'at' is not a time"},
	{"before computers", "{'at': '1901-01-01T00:00:00Z'}", "'at' is not a time"},
	{"no run", "{'run': {}}", "names no run"},
	{"odd actor", "{'run': {'id': 'x', 'actor': 5}}", "actor is not a text"},
	{"no data", "{'data': []}", "has no data"},
};

TEST(headers_are_checked)
{
	struct journey j = journey_begin("production");
	journey_lock(&j);
	FOR_ROWS(row, headers) {
		struct err err = {0};
		struct journal_documents after;
		json_t *event =
			journal_event(j.documents.state, "lock.released", j.at_ms, j.run,
				      NULL, journey_json("{'generation': 1}"));
		json_t *change = journey_json(row->change);
		json_object_update(event, change);
		CHECK_FAILS(journal_reduce(&j.documents, event, &after, &err), &err,
			    ERR_STATE, row->why);
		json_decref(change);
		json_decref(event);
	}
	journey_end(&j);
}

TEST(has_passed_looks_at_recent_and_last_good)
{
	struct journey j = journey_begin("staging");
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	journey_bad(&j, "d3", "v3", "api");
	CHECK(state_has_passed(j.documents.state, j.documents.recent, "v1"));
	CHECK(state_has_passed(j.documents.state, j.documents.recent, "v2"));
	CHECK(!state_has_passed(j.documents.state, j.documents.recent, "v3"));
	json_t *nothing = journey_json("{'deployments': []}");
	CHECK(state_has_passed(j.documents.state, nothing, "v2"));
	CHECK(!state_has_passed(j.documents.state, nothing, "v1"));
	json_decref(nothing);
	journey_end(&j);
}
