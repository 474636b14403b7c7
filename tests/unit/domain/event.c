/* Subject lines, and what an event that ends a transaction says by itself. */
#include "journey.h"

static const struct {
	const char *name, *type, *data, *subject;
} rows[] = {
	{"taken", "lock.acquired", "{'generation': 7}",
	 "production: lock taken by ada (generation 7)"},
	{"taken over", "lock.acquired", "{'generation': 8, 'taken_over': {}}",
	 "production: lock taken over by ada (generation 8)"},
	{"released", "lock.released", "{'generation': 7}", "production: lock released"},
	{"kept", "lock.kept", "{'generation': 7, 'reason': 'web1 is gone'}",
	 "production: lock kept: web1 is gone"},
	{"begun", "deployment.begun",
	 "{'kind': 'deploy', 'version': 'v2', 'services': {'api': {}, 'web': {}}}",
	 "production: deploying api, web v2"},
	{"going back", "deployment.begun",
	 "{'kind': 'rollback', 'version': 'v1', 'services': {'api': {}}}",
	 "production: going back with api v1"},
	{"switched", "deployment.switched", "{'service': 'api'}",
	 "production: switched api"},
	{"judged", "gate.judged", "{'phase': 'gates', 'gate': {'outcome': 'fail'}}",
	 "production: gates: fail"},
	{"deployed", "deployment.committed",
	 "{'kind': 'deploy', 'version': 'v2', 'services': ['api']}",
	 "production: deployed api v2"},
	{"rolled back", "deployment.rolled-back",
	 "{'version': 'v2', 'previous': 'v1', 'services': ['api'], 'reason': 'gate failed'}",
	 "production: rolled back api v2 to v1: gate failed"},
	{"failed", "deployment.failed",
	 "{'version': 'v2', 'services': [], 'reason': 'no disk'}",
	 "production: did not deploy v2: no disk"},
	{"stuck", "deployment.stuck",
	 "{'version': 'v2', 'services': ['api'], 'reason': 'x'}",
	 "production: STUCK, undo failed: api v2: x"},
	{"unproven", "deployment.unproven",
	 "{'version': 'v2', 'services': ['api'], 'reason': 'no data'}",
	 "production: unproven but live: api v2: no data"},
	{"abandoned", "deployment.abandoned", "{'version': 'v2', 'services': ['api']}",
	 "production: abandoned api v2"},
	{"linked", "cockpit.linked", "{'deployment': 'd1', 'github_deployment': 7}",
	 "production: shown on GitHub: d1"},
	{"incident opened", "incident.opened",
	 "{'id': 'i1', 'severity': 'P1', 'title': 'v2 → v1'}",
	 "production: incident i1 opened, P1: v2 → v1"},
	{"incident updated", "incident.updated", "{'incident': 'i1', 'text': 'again'}",
	 "production: incident i1 updated: again"},
	{"incident linked", "incident.linked",
	 "{'incident': 'i1', 'notification': 'issue', 'ref': '7'}",
	 "production: incident i1 is known to issue as 7"},
	{"incident resolved", "incident.resolved",
	 "{'incident': 'i1', 'by': 'ada', 'text': 'v3 passed'}",
	 "production: incident i1 resolved by ada: v3 passed"},
	{"post-mortem done", "post-mortem.done", "{'incident': 'i1'}",
	 "production: post-mortem of i1 done"},
	{"a round of a watch", "alert.judged",
	 "{'checks': {'a': {'outcome': 'pass'}, 'b': {'outcome': 'fail'}, 'c': {'outcome': "
	 "'warn'}}}",
	 "production: watch: 2 of 3 checks good"},
	{"backup begun", "backup.begun",
	 "{'backup': 'nightly-db', 'stores': ['s3', 'local']}",
	 "production: backing up nightly-db to s3, local"},
	{"backup taken over", "backup.begun",
	 "{'backup': 'nightly-db', 'stores': ['s3'], 'abandoned': 'b0'}",
	 "production: backing up nightly-db to s3, b0 was abandoned"},
	{"backup made", "backup.made",
	 "{'backup': 'nightly-db', 'stores': ['s3', 'local'], 'stored_bytes': 1300000000, "
	 "'failed': []}",
	 "production: backed up nightly-db (1.2 GiB to s3, local)"},
	{"backup made in part", "backup.made",
	 "{'backup': 'nightly-db', 'stores': ['s3'], 'stored_bytes': 7, 'failed': [{'store': "
	 "'local', 'reason': 'x'}]}",
	 "production: backed up nightly-db (7 B to s3), NOT to local"},
	{"backup failed", "backup.failed", "{'backup': 'nightly-db', 'reason': 'exit 1'}",
	 "production: did not back up nightly-db: exit 1"},
	{"backup abandoned", "backup.abandoned", "{'backup': 'nightly-db', 'id': 'b1'}",
	 "production: removed what was left of backup nightly-db b1"},
	{"backup good", "backup.verified",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'how': 'data', 'outcome': 'good'}",
	 "production: backup db b1 is good in s3 (data)"},
	{"backup bad", "backup.verified",
	 "{'backup': 'db', 'id': 'b1', 'store': 's3', 'how': 'data', 'outcome': 'bad', "
	 "'reason': 'chunk 3'}",
	 "production: backup db b1 is BAD in s3 (data): chunk 3"},
	{"restored", "backup.restored",
	 "{'backup': 'db', 'id': 'b1', 'to': '/srv/db', 'outcome': 'good'}",
	 "production: restored db b1 to /srv/db"},
	{"not restored", "backup.restored",
	 "{'backup': 'db', 'id': 'b1', 'to': '/srv/db', 'outcome': 'bad', 'reason': 'no "
	 "room'}",
	 "production: did NOT restore db b1 to /srv/db: no room"},
	{"drilled", "backup.drilled",
	 "{'backup': 'db', 'outcome': 'pass', 'rto_ms': 185000}",
	 "production: drill of db passed in 3m 5s"},
	{"drilled in vain", "backup.drilled",
	 "{'backup': 'db', 'outcome': 'fail', 'rto_ms': null, 'reason': 'no rows'}",
	 "production: drill of db FAILED: no rows"},
	{"forgotten", "backup.forgotten",
	 "{'backup': 'db', 'store': 's3', 'copies': [{'id': 'b1'}]}",
	 "production: removed 1 copy of db in s3"},
	{"backed up", "deployment.backed-up",
	 "{'service': 'api', 'backup': 'db', 'id': 'b1'}",
	 "production: api is backed up as db b1"},
	{"a backup of wrong types", "backup.made",
	 "{'backup': 7, 'stores': [1, {}], 'failed': [5], 'stored_bytes': 'x'}",
	 "production: backed up ? (0 B to ?, ?), NOT to ?"},
	{"unknown", "future.event", "{}", "production: future.event"},
	{"control characters", "lock.kept", "{'reason': 'two\\nlines\\u001b[31m \\n'}",
	 "production: lock kept: two lines [31m"},
	{"wrong types", "deployment.committed", "{'version': 3, 'services': [1, 'api']}",
	 "production: deployed api"},
};

TEST(subjects)
{
	FOR_ROWS(row, rows) {
		struct journey j = journey_begin("production");
		json_t *event = journal_event(j.documents.state, row->type, j.at_ms,
					      j.run, NULL, journey_json(row->data));
		char *subject = journal_subject(event);
		CHECK_STR_EQ(subject, row->subject);
		free(subject);
		json_decref(event);
		journey_end(&j);
	}
}

TEST(a_long_subject_is_cut_between_characters)
{
	struct journey j = journey_begin("production");
	struct str reason = STR_INIT;
	for (int i = 0; i < 100; i++)
		str_add(&reason, "ü");
	json_t *event =
		journal_event(j.documents.state, "lock.kept", j.at_ms, j.run, NULL,
			      json_pack("{s:s}", "reason", str_text(&reason)));
	char *subject = journal_subject(event);
	CHECK(strlen(subject) <= 120);
	CHECK(str_has_suffix(subject, "ü…"));
	CHECK(str_is_utf8(subject, strlen(subject)));
	free(subject);
	str_release(&reason);
	json_decref(event);
	journey_end(&j);
}

TEST(an_end_says_what_it_ended)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_bad(&j, "d2", "v2", "api");
	const json_t *events = j.events;
	const json_t *last = json_array_get(events, json_array_size(events) - 2);
	CHECK_STR_EQ(json_get_string(last, "type", ""), "deployment.rolled-back");
	CHECK_STR_EQ(json_get_string(json_object_get(last, "data"), "previous", ""),
		     "v1");
	char *subject = journal_subject(last);
	CHECK_STR_EQ(subject,
		     "production: rolled back api v2 to v1: gate api-health failed");
	free(subject);
	journey_end(&j);
}
