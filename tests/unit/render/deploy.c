/* How a deployment ended: the verdict first, and nothing that sounds like it when it is not so. */
#include "golden.h"

#define BASE(end)                                                                                \
	"'kind': 'deploy', 'environment': 'production', 'deployment': '20261121T095203Z-3fa2', " \
	"'version': 'v3', 'previous': 'v2', 'end': '" end "', 'duration_ms': 3400"

static const struct {
	const char *name, *result, *want;
} headlines[] = {
	{"passed", "{" BASE("passed") "}", "✓ production: v3 is live (was v2) in 3.4s\n"},
	{"first",
	 "{'environment': 'production', 'version': 'v1', 'end': 'passed', 'previous': null}",
	 "✓ production: v1 is live (was nothing)\n"},
	{"rollback",
	 "{'kind': 'rollback', 'environment': 'production', 'version': 'v2', 'previous': 'v3', "
	 "'end': 'passed', 'duration_ms': 900}",
	 "✓ production: back to v2 (was v3) in 900ms\n"},
	{"begun", "{" BASE("open") "}",
	 "· production: v3 has begun; bring it out, then 'belay finish'\n"},
	{"dry run", "{" BASE("passed") ", 'assumed': true}",
	 "· production: v3 would go live (now: v2)\n"},
	{"rolled back",
	 "{" BASE("rolled-back") ", 'undo_ms': 420, 'reason': 'gates failed: up'}",
	 "✗ production: v3 failed and was taken back; v2 is live (undo took 420ms)\n"
	 "  because gates failed: up\n"},
	{"failed before the switch", "{" BASE("failed") ", 'reason': 'no space on web1'}",
	 "✗ production: v3 was not deployed; nothing was switched, v2 is live\n"
	 "  because no space on web1\n"},
	{"failed and left",
	 "{" BASE(
		 "failed") ", 'services': {'api': {'hosts': {'web1': {'switched': true}}}}, "
			   "'todo': ['look']}",
	 "✗ production: v3 failed and was not taken back; it is live\n"
	 "\n"
	 "What to do now\n"
	 "  1. look\n"},
	{"inconclusive before the switch", "{" BASE("inconclusive") "}",
	 "? production: no basis for a decision about v3; nothing was switched, v2 is live\n"},
	{"inconclusive after it",
	 "{" BASE(
		 "inconclusive") ", 'services': {'api': {'hosts': {'web1': {'switched': true}}}}}",
	 "? production: v3 is live and unproven; it was neither confirmed nor taken back\n"},
	{"cancelled",
	 "{" BASE(
		 "cancelled") ", 'services': {'api': {'hosts': {'web1': {'switched': true, "
			      "'undone': true}}}}}",
	 "✗ production: v3 was cancelled; v2 is live\n"},
	{"stuck",
	 "{" BASE(
		 "stuck") ", 'reason': 'up', 'todo': ['api: bring v2 back', 'run again']}",
	 "✗ production: v3 could not be taken back; a person has to act now\n"
	 "  because up\n"
	 "\n"
	 "━━ DO THIS NOW ━━\n"
	 "  1. api: bring v2 back\n"
	 "  2. run again\n"},
};

TEST(the_verdict_comes_first)
{
	const struct render render = {.quiet = true};
	FOR_ROWS(row, headlines) {
		_cleanup_free_ char *got =
			golden_text(render_deploy, &render, row->result);
		CHECK_STR_EQ(got, row->want);
	}
}

TEST(a_report)
{
	const struct render render = {.style = STYLE_PLAIN};
	_cleanup_free_ char *got = golden_text(
		render_deploy, &render,
		"{" BASE(
			"rolled-back") ", 'reason': 'gates failed', 'undo_ms': 300, 'services': "
				       "{'api': {'hosts': {'web1': {'from': 'v2', 'to': 'v3', 'switched': true, 'undone': "
				       "true, 'ms': 40}, 'web2': {'from': 'v2', 'to': 'v3', 'switched': false, 'ms': 12, "
				       "'error': 'disk full'}}}}, 'timeline': ["
				       "{'at': '2026-11-21T09:52:03Z', 'step': 'switch', 'service': 'api', 'outcome': "
				       "'ok', 'text': 'switched to v3 from v2', 'ms': 412}, {'at': '2026-11-21T09:52:05Z', "
				       "'step': 'gates', 'outcome': 'failed', 'text': 'gates fail', 'ms': 0}], 'gates': ["
				       "{'phase': 'preflight', 'outcome': 'pass', 'passed': 1, 'verdicts': []},"
				       "{'phase': 'gates', 'outcome': 'fail', 'failed': 1, 'verdicts': [{'check': 'up', "
				       "'outcome': 'fail', 'attempts': 1, 'duration_ms': 5, 'observation': null, 'reason': "
				       "'late'}]}], 'state': {'location': 'https://example.com/shop.git belay-state', 'tip': "
				       "'0123456789abcdef0123'}}");
	CHECK_STR_EQ(
		got,
		"✗ production: v3 failed and was taken back; v2 is live (undo took 300ms)\n"
		"  because gates failed\n"
		"\n"
		"  09:52:03  ✓  api    412ms  switched to v3 from v2\n"
		"  09:52:05  ✗  gates         gates fail\n"
		"\n"
		"  SERVICE  HOST  FROM  TO  STATE         TOOK\n"
		"  api      web1  v2    v3  taken back    40ms\n"
		"  api      web2  v2    v3  not switched  12ms  disk full\n"
		"\n"
		"✗ gates failed: 1 failed\n"
		"  ✗ up  5ms  late\n"
		"\n"
		"20261121T095203Z-3fa2, recorded on https://example.com/shop.git belay-state at "
		"0123456789ab\n");
}

TEST(a_dry_run_does_not_tell_what_did_not_happen)
{
	const struct render render = {.style = STYLE_PLAIN};
	_cleanup_free_ char *got = golden_text(
		render_deploy, &render,
		"{" BASE(
			"passed") ", 'assumed': true, 'timeline': [{'at': '2026-11-21T09:52:03Z', "
				  "'step': 'switch', 'outcome': 'ok', 'text': 'switched'}], 'gates': [{'phase': 'gates', "
				  "'outcome': 'pass', 'verdicts': []}], 'state': {'location': 'x', 'tip': 'y'}}");
	CHECK_STR_EQ(got, "· production: v3 would go live (now: v2)\n");
}

TEST(half_a_result_is_no_reason_to_crash)
{
	static const struct {
		const char *name, *result;
	} rows[] = {
		{"empty", "{}"},
		{"wrong types",
		 "{'end': 3, 'services': [], 'gates': {}, 'timeline': [1], 'todo': "
		 "[2], 'state': 'x', 'reason': [], 'version': {}}"},
		{"empty parts",
		 "{'services': {'api': null}, 'gates': [{}], 'timeline': [{}]}"},
	};
	const struct render render = {.verbose = true, .style = STYLE_COLOUR};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *got =
			golden_text(render_deploy, &render, row->result);
		CHECK(got && *got);
	}
}
