/* Incidents and watches for people. The stage's now is 2026-11-21T10:00:00Z. */
#include "golden.h"

#define NOW_MS ((int64_t)1795255200 * 1000)

#define INCIDENT                                                                           \
	"'id': 'i1', 'severity': 'P1', 'status': 'open', 'full_title': '[production "      \
	"rollback] v2 → v1', 'opened_at': '2026-11-21T09:57:00Z', 'by': 'ada', "         \
	"'reason': 'gate \\u001b[31mfailed', 'version': 'v2', 'deployment': 'd2', "        \
	"'links': {'ops': {'ref': '7', 'url': 'https://example.com/7'}}, 'evidence': "     \
	"[{'check': 'api', 'outcome': 'fail', 'reason': 'got 503'}], 'timeline': [{'at': " \
	"'2026-11-21T09:57:00Z', 'text': 'began'}], 'todo': ['look'], 'post_mortem': "     \
	"{'status': 'due', 'due_at': '2026-11-23T09:57:00Z'}, 'overdue': false"

static const struct {
	const char *name;
	render_function *function;
	const char *result, *want;
	bool quiet;
} rows[] = {
	{"no incidents", render_incident_list, "{'incidents': [], 'overdue': []}",
	 "No incidents.\n", false},
	{"a list", render_incident_list,
	 "{'incidents': [{" INCIDENT
	 "}, {'id': 'i0', 'severity': 'P2', 'status': 'resolved', 'full_title': 'x', "
	 "'opened_at': '2026-11-20T10:00:00Z', 'post_mortem': {'status': 'written', 'due_at': "
	 "'2026-11-21T09:00:00Z'}, 'overdue': true}, {'id': 'i2', 'severity': 'P3', 'status': "
	 "'open', 'full_title': 'y', 'opened_at': '2026-11-21T09:00:00Z', 'post_mortem': "
	 "{'status': 'none'}}], 'overdue': ['i0']}",
	 "INCIDENT  SEV  STATUS    OPENED         POST-MORTEM                            WHAT\n"
	 "i1        P1   open      3 minutes ago  due 2026-11-23T09:57:00Z               "
	 "[production rollback] v2 → v1\n"
	 "i0        P2   resolved  1 day ago      OVERDUE, was due 2026-11-21T09:00:00Z  x\n"
	 "i2        P3   open      1 hour ago                                            y\n"
	 "\n1 post-mortem is overdue\n",
	 false},
	{"one", render_incident, "{'incidents': [{" INCIDENT "}], 'told': []}",
	 "P1 [production rollback] v2 → v1  i1, open\n"
	 "  opened       2026-11-21T09:57:00Z\n"
	 "  by           ada\n"
	 "  reason       gate ␛[31mfailed\n"
	 "  version      v2\n"
	 "  deployment   d2\n"
	 "  post-mortem  due 2026-11-23T09:57:00Z\n"
	 "  ops          https://example.com/7\n"
	 "\n  evidence\n    api: fail: got 503\n"
	 "\n  timeline\n    2026-11-21T09:57:00Z  began\n"
	 "\n  to do\n    [ ] look\n",
	 false},
	{"quiet", render_incident,
	 "{'incidents': [{" INCIDENT "}], 'told': [{'notification': 'ops', 'topic': 'x', "
	 "'outcome': 'sent'}]}",
	 "P1 [production rollback] v2 → v1  i1, open\n", true},
	{"told", render_incident,
	 "{'incidents': [{'id': 'i1', 'severity': 'P3', 'status': 'open', 'full_title': 'x'}], "
	 "'told': [{'notification': 'ops', 'topic': 'incident-opened', 'outcome': 'sent'}, "
	 "{'notification': 'mail', 'topic': 'incident-opened', 'outcome': 'failed', 'reason': "
	 "'no route'}]}",
	 "P3 x  i1, open\n"
	 "  ✓ sent ops: incident-opened\n"
	 "  ! failed mail: incident-opened: no route\n",
	 false},
	{"a page", render_incident,
	 "{'incidents': [{" INCIDENT "}], 'page': '# It\\u001b\\n\\nwas DNS\\n'}",
	 "# It␛\n\nwas DNS\n", false},
	{"a page in a file", render_incident,
	 "{'incidents': [{" INCIDENT "}], 'page': '# It', 'written': 'docs/i1.md'}",
	 "P1 [production rollback] v2 → v1  i1, open\n"
	 "  written to   docs/i1.md\n",
	 false},
	{"a watch", render_watch,
	 "{'gate': {'name': 'check', 'outcome': 'fail', 'passed': 1, 'failed': 2}, "
	 "'deploying': false, 'alerts': {'api': {'state': 'bad', 'since': "
	 "'2026-11-21T09:57:00Z', 'bad_rounds': 3, 'flapping': true}, 'pages': {'state': "
	 "'good', 'since': '2026-11-21T09:00:00Z', 'bad_rounds': 1}, 'web': {'state': 'good', "
	 "'since': '2026-11-21T09:00:00Z', 'bad_rounds': 0}}, 'changes': {'degraded': ['api'], "
	 "'recovered': ['web'], 'flapping': []}, 'incident': {'id': 'i1', 'title': "
	 "'[production degraded] api fails', 'severity': 'P1', 'url': null}, 'told': []}",
	 "✗ check failed: 1 passed, 2 failed\n"
	 "  ✗  api    bad, flapping  3 minutes ago\n"
	 "  ✓  pages  good           1 hour ago     failed 1 time in a row\n"
	 "  ✓  web    good           1 hour ago\n"
	 "  api has become bad\n"
	 "  web is good again\n"
	 "  P1 [production degraded] api fails  i1\n",
	 false},
	{"a watch during a deployment", render_watch,
	 "{'gate': {'name': 'check', 'outcome': 'pass', 'passed': 1}, 'deploying': true, "
	 "'alerts': {}, 'changes': {}, 'incident': null, 'told': []}",
	 "✓ check passed: 1 passed\n"
	 "  a deployment goes on: this round does not count\n",
	 false},
};

TEST(incidents_and_watches)
{
	FOR_ROWS(row, rows) {
		const struct render render = {
			.style = STYLE_PLAIN, .now_ms = NOW_MS, .quiet = row->quiet};
		_cleanup_free_ char *text =
			golden_text(row->function, &render, row->result);
		CHECK_STR_EQ(text, row->want);
	}
}

static const struct {
	const char *name, *incidents, *want;
} lines[] = {
	{"nothing", "[]", NULL},
	{"owed, not late", "[{'status': 'resolved', 'severity': 'P1', 'overdue': false}]",
	 NULL},
	{"open",
	 "[{'status': 'open', 'severity': 'P2'}, {'status': 'acknowledged', 'severity': 'P0'}, "
	 "{'status': 'resolved', 'severity': 'P1', 'overdue': true}]",
	 "  2 incidents are open (P0), 1 post-mortem is overdue: belay incident list\n"},
	{"late only", "[{'status': 'resolved', 'severity': 'P1', 'overdue': true}]",
	 "  1 post-mortem is overdue: belay incident list\n"},
};

TEST(status_has_one_line_on_incidents)
{
	FOR_ROWS(row, lines) {
		const struct render render = {
			.style = STYLE_PLAIN, .now_ms = NOW_MS, .quiet = true};
		_cleanup_free_ char *result = str_format(
			"{'environments': [{'environment': 'production', 'sequence': 4, "
			"'lock': {'state': 'free'}, 'incidents': %s}]}",
			row->incidents);
		_cleanup_free_ char *want =
			str_format("production\n%s", row->want ? row->want : "");
		_cleanup_free_ char *text = golden_text(render_status, &render, result);
		CHECK_STR_EQ(text, want);
	}
}
