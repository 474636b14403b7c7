/* A gate as people see it. */
#include "golden.h"

#define VERDICT(name, outcome, more)                                                     \
	"{'check': '" name "', 'type': 'http', 'outcome': '" outcome                     \
	"', 'attempts': 1, 'duration_ms': 83" more "}"
#define OK_PREDICATE                                                                     \
	"{'text': '.status == 200', 'role': 'expect', 'holds': true, "                   \
	"'actual': 200, 'bound': 200}"

static const struct {
	const char *name, *gate, *want;
	bool quiet, verbose;
} rows[] = {
	{"all passed",
	 "{'name': 'check', 'outcome': 'pass', 'passed': 2, 'verdicts': [" VERDICT(
		 "up", "pass",
		 ", 'severity': 'critical', 'observation': {}, 'predicates': [" OK_PREDICATE
		 "]") "," VERDICT("certificate", "pass", "") "]}",
	 "✓ check passed: 2 passed\n"
	 "  ✓ up           83ms\n"
	 "  ✓ certificate  83ms\n",
	 false, false},
	{"quiet is the first line",
	 "{'name': 'check', 'outcome': 'pass', 'passed': 1, 'verdicts': [" VERDICT(
		 "up", "pass", "") "]}",
	 "✓ check passed: 1 passed\n", true, false},
	{"value beside the bound",
	 "{'name': 'gates', 'phase': 'gates', 'outcome': 'fail', 'passed': 1, 'failed': 1, "
	 "'verdicts': [" VERDICT(
		 "served", "fail",
		 ", 'observation': {'status': 200}, 'reason': 'x', 'predicates': [" OK_PREDICATE
		 ", {'text': '.body.version == $version', 'role': 'expect', "
		 "'holds': false, 'actual': 'v2', 'bound': 'v3'}, {'text': '.latency_ms < 5', "
		 "'role': 'warn', 'holds': false, 'actual': 83, 'bound': 5}]") "]}",
	 "✗ gates failed: 1 passed, 1 failed\n"
	 "  ✗ served  83ms\n"
	 "      ✗ .body.version == $version   actual \"v2\"   bound \"v3\"\n"
	 "      ! .latency_ms < 5             actual 83   bound 5\n",
	 false, false},
	{"no answer",
	 "{'name': 'check', 'outcome': 'fail', 'failed': 1, 'verdicts': [" VERDICT(
		 "up", "fail",
		 ", 'observation': {'error': {}}, 'reason': 'no answer: connection "
		 "refused', 'predicates': [{'text': '.status == 200', 'role': 'expect', 'holds': "
		 "false, 'why': 'no answer'}]") "]}",
	 "✗ check failed: 1 failed\n"
	 "  ✗ up  83ms  no answer: connection refused\n",
	 false, false},
	{"inconclusive, several attempts",
	 "{'name': 'check', 'outcome': 'inconclusive', 'inconclusive': 1, 'verdicts': ["
	 "{'check': 'up', 'outcome': 'inconclusive', 'attempts': 3, 'duration_ms': 2100, "
	 "'observation': null, 'no_data': true, 'reason': 'no data: no network'}]}",
	 "? check inconclusive: 1 inconclusive\n"
	 "  ? up  2.1s, 3 attempts  no data: no network\n",
	 false, false},
	{"a failing check that only warns",
	 "{'name': 'check', 'outcome': 'warn', 'warned': 1, 'verdicts': [" VERDICT(
		 "slow", "fail",
		 ", 'severity': 'warning', 'observation': null, 'reason': 'late'") "]}",
	 "! check passed with warnings: 1 warned\n"
	 "  ! slow  83ms  late  only warns\n",
	 false, false},
	{"assumed",
	 "{'name': 'gates', 'outcome': 'pass', 'passed': 1, 'verdicts': [" VERDICT(
		 "up", "pass",
		 ", 'assumed': true, 'observation': {'assumed': true}") "]}",
	 "✓ gates passed: 1 passed\n"
	 "  ✓ up  not asked: a dry run cannot see the changed world\n",
	 false, false},
	{"an expression that failed",
	 "{'name': 'check', 'outcome': 'fail', 'failed': 1, 'verdicts': [" VERDICT(
		 "up", "fail",
		 ", 'observation': {}, 'predicates': [{'text': '.a.b', 'role': "
		 "'expect', 'holds': false, 'actual': 1, 'why': 'cannot index number'}]") "]}",
	 "✗ check failed: 1 failed\n"
	 "  ✗ up  83ms\n"
	 "      ✗ .a.b   cannot index number\n",
	 false, false},
	{"verbose",
	 "{'name': 'check', 'outcome': 'pass', 'passed': 1, 'verdicts': [" VERDICT(
		 "up", "pass",
		 ", 'observation': {'status': 200}, 'predicates': [" OK_PREDICATE
		 "]") "]}",
	 "✓ check passed: 1 passed\n"
	 "  ✓ up  83ms\n"
	 "      ✓ .status == 200   actual 200   bound 200\n"
	 "        observed {\"status\": 200}\n",
	 false, true},
	{"no checks", "{'name': 'check', 'outcome': 'pass', 'verdicts': []}",
	 "✓ check passed: no checks\n", false, false},
	{"text from outside",
	 "{'name': 'check', 'outcome': 'fail', 'failed': 1, 'verdicts': [" VERDICT(
		 "up", "fail",
		 ", 'observation': null, 'reason': 'x\\u001b[2J\\n✓ up'") "]}",
	 "✗ check failed: 1 failed\n"
	 "  ✗ up  83ms  x␛[2J␊✓ up\n",
	 false, false},
};

TEST(gates)
{
	FOR_ROWS(row, rows) {
		const struct render render = {.quiet = row->quiet,
					      .verbose = row->verbose};
		_cleanup_free_ char *got = golden_text(render_gate, &render, row->gate);
		CHECK_STR_EQ(got, row->want);
	}
}
