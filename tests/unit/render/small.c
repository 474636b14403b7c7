/* The small renderers: plan, rollback list, doctor, version, replay, what a dry run noted. */
#include "golden.h"

static const struct {
	const char *name;
	render_function *function;
	const char *result, *want;
	bool quiet;
} rows[] = {
	{"plan", render_plan,
	 "{'environment': 'production', 'version': 'v3', 'from': {'api': 'v2', 'web': null}, "
	 "'lock': {'free': false, 'text': 'held by ada'}, 'steps': [{'n': 1, 'step': 'lock', "
	 "'service': null, 'target': 'production', 'summary': 'take the lock'}, {'n': 2, 'step': "
	 "'switch', 'service': 'api', 'target': 'web1', 'summary': 'point current'}], 'gates': "
	 "['up', 'disk'], 'notes': ['mind the gap']}",
	 "Plan for production: v3\n"
	 "api v2 → v3, web nothing → v3\n"
	 "\n"
	 "! the lock is held by ada\n"
	 "\n"
	 "   1  lock         production  take the lock\n"
	 "   2  switch  api  web1        point current\n"
	 "\n"
	 "Judged by up, disk\n"
	 "\n"
	 "! mind the gap\n"
	 "\n"
	 "Nothing was changed.\n",
	 false},
	{"quiet plan", render_plan,
	 "{'environment': 'production', 'version': 'v3', 'steps': []}",
	 "Plan for production: v3\n", true},
	{"rollback list", render_rollback_list,
	 "[{'deployment': 'd2', 'version': 'v2', 'at': '2026-11-21T09:57:00Z', 'services': {'api': "
	 "{}}, 'live': true}, {'deployment': 'd1', 'version': 'v1', 'at': null, 'services': "
	 "['api', 'web'], 'live': false}]",
	 "   VERSION  DEPLOYMENT  WHEN           SERVICES\n"
	 "●  v2       d2          3 minutes ago  api\n"
	 "   v1       d1                         api, web\n",
	 false},
	{"rollback list with backups", render_rollback_list,
	 "[{'deployment': 'd2', 'version': 'v2', 'at': '2026-11-21T09:57:00Z', 'services': {'api': "
	 "{'backup': {'backup': 'db', 'id': 'b7'}}, 'web': {'backup': {'backup': 'db', 'id': "
	 "'b7'}}}, 'live': true}, {'deployment': 'd1', 'version': 'v1', 'at': null, 'services': "
	 "{'api': {}}, 'live': false}]",
	 "   VERSION  DEPLOYMENT  WHEN           SERVICES  BACKUP BEFORE IT\n"
	 "●  v2       d2          3 minutes ago  api, web  db/b7\n"
	 "   v1       d1                         api\n",
	 false},
	{"nothing to go back to", render_rollback_list, "[]",
	 "Nothing to go back to: no deployment has been committed yet.\n", false},
	{"doctor", render_doctor,
	 "{'findings': [{'name': 'belay', 'status': 'ok', 'detail': '1.0'}, {'name': 'host web1', "
	 "'status': 'fail', 'detail': 'refused', 'fix': 'add the key'}, {'name': 'clock', "
	 "'status': 'warn', 'detail': 'behind'}], 'failed': 1, 'warned': 1}",
	 "✓ belay      1.0\n"
	 "✗ host web1  refused\n"
	 "             add the key\n"
	 "! clock      behind\n"
	 "\n"
	 "1 of 3 need attention, 1 warning.\n",
	 false},
	{"healthy", render_doctor,
	 "{'findings': [{'name': 'belay', 'status': 'ok', 'detail': '1.0'}], 'failed': 0}",
	 "✓ belay  1.0\n\nNothing stands in the way.\n", false},
	{"healthy and quiet", render_doctor,
	 "{'findings': [{'name': 'belay', 'status': 'ok', 'detail': '1.0'}], 'failed': 0}",
	 "", true},
	{"version", render_version, "{'version': '1.2.3'}", "belay 1.2.3\n", false},
	{"replay", render_replay, "{'output': 'as it\\nwas\\n'}", "as it\nwas\n", false},
	{"replay of nothing", render_replay, "{'output': ''}", "", false},
	{"noted", render_noted,
	 "[{'kind': 'ssh.run', 'subject': 'web1', 'summary': 'point current'}, {'kind': "
	 "'git.append', 'subject': null, 'summary': 'push 2 commits'}]",
	 "Would do (nothing was changed):\n"
	 "   1  web1        point current\n"
	 "   2  git.append  push 2 commits\n",
	 false},
	{"nothing noted", render_noted, "[]", "", false},
};

TEST(texts)
{
	FOR_ROWS(row, rows) {
		/* 2026-11-21T10:00:00Z */
		const struct render render = {.now_ms = 1795255200000,
					      .quiet = row->quiet};
		_cleanup_free_ char *got =
			golden_text(row->function, &render, row->result);
		CHECK_STR_EQ(got, row->want);
	}
}

TEST(values_of_the_wrong_shape_do_not_crash)
{
	static const struct {
		const char *name, *result;
	} shapes[] = {
		{"empty", "{}"},
		{"list", "[1, 'x', null, {}]"},
		{"wrong types",
		 "{'findings': [1, {}], 'steps': [2], 'from': [], 'lock': 3, 'gates': [4], "
		 "'notes': [5], 'candidates': [6], 'output': 7, 'version': 8, 'verdicts': "
		 "[9, {'predicates': [1]}]}"}};
	render_function *const functions[] = {
		render_plan,   render_rollback_list, render_doctor, render_version,
		render_replay, render_noted,         render_gate};
	const struct render render = {.verbose = true};
	FOR_ROWS(row, shapes) {
		for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
			_cleanup_free_ char *got =
				golden_text(functions[i], &render, row->result);
			CHECK(got != NULL);
		}
	}
}
