/* What drivers leave in the journal: names of releases, notes, restarts. */
#include "journey.h"

TEST(a_place_names_its_releases)
{
	struct journey j = journey_begin("production");
	journey_open(&j, "deploy", "d1", "v1", "api", "d1");
	journey_go(&j, "deployment.switched", "d1",
		   "{'service': 'api', 'hosts': {}, 'release': '9f31'}");
	CHECK_STR_EQ(json_string_value(json_at(state_transaction(j.documents.state),
					       "/services/api/release")),
		     "9f31");
	journey_go(&j, "deployment.committed", "d1", "{'deployment': 'd1'}");
	CHECK_STR_EQ(json_get_string(state_live(j.documents.state, "api"), "release", ""),
		     "9f31");
	CHECK_STR_EQ(
		json_get_string(state_last_good(j.documents.state, "api"), "release", ""),
		"9f31");
	CHECK_STR_EQ(json_string_value(json_at(j.documents.recent,
					       "/deployments/0/services/api/release")),
		     "9f31");
	journey_end(&j);
}

TEST(notes_add_up)
{
	struct journey j = journey_begin("production");
	journey_open(&j, "deploy", "d1", "v1", "api", "d1");
	CHECK_NULL(json_object_get(state_transaction(j.documents.state), "notes"));
	journey_go(&j, "deployment.noted", "d1",
		   "{'service': 'api', 'notes': {'newest': 'a', 'deployment': 'b'}}");
	journey_go(&j, "deployment.noted", "d1",
		   "{'service': 'api', 'notes': {'deployment': 'c'}}");
	CHECK_JSON_EQ(json_object_get(state_transaction(j.documents.state), "notes"),
		      "{'api': {'newest': 'a', 'deployment': 'c'}}");
	journey_go(&j, "deployment.rolled-back", "d1", "{'deployment': 'd1'}");
	CHECK_NULL(state_transaction(j.documents.state));
	journey_end(&j);
}

TEST(a_restart_changes_nothing)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	_cleanup_json_ json_t *before =
		json_deep_copy(json_object_get(j.documents.state, "services"));
	journey_go(&j, "service.restarted", NULL,
		   "{'service': 'api', 'components': ['web'], 'reason': 'stuck', "
		   "'outcome': 'pass'}");
	CHECK(json_equal(before, json_object_get(j.documents.state, "services")));
	journey_end(&j);
}

static const struct row {
	const char *name, *type, *transaction, *data, *words;
} rows[] = {
	{"a release that is no text", "deployment.switched", "d1",
	 "{'service': 'api', 'release': 1}", "data.release is not a text"},
	{"notes of nobody", "deployment.noted", "d1", "{'notes': {}}",
	 "data.service is not a text"},
	{"notes that are none", "deployment.noted", "d1",
	 "{'service': 'api', 'notes': 'x'}", "data.notes is not an object"},
	{"notes of another service", "deployment.noted", "d1",
	 "{'service': 'web', 'notes': {}}", "service 'web' is not part"},
	{"notes of another transaction", "deployment.noted", "d0",
	 "{'service': 'api', 'notes': {}}", "d0"},
	{"a restart of nothing", "service.restarted", NULL, "{}",
	 "data.service is not a text"},
	{"components that are no list", "service.restarted", NULL,
	 "{'service': 'api', 'components': 'web'}", "data.components is not a list"},
	{"an outcome that is no text", "service.restarted", NULL,
	 "{'service': 'api', 'outcome': 1}", "data.outcome is not a text"},
};

TEST(what_does_not_fit_is_refused)
{
	FOR_ROWS(row, rows) {
		struct journey j = journey_begin("production");
		journey_open(&j, "deploy", "d1", "v1", "api", "d1");
		CHECK_FAILS(journey_step(&j, row->type, row->transaction, row->data),
			    &j.err, ERR_STATE, row->words);
		journey_end(&j);
	}
}
