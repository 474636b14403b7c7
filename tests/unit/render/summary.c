/* The step summary: the verdict in the first line, and what a person needs below it. */
#include "golden.h"

static char *page(const struct summary *summary)
{
	struct str out = STR_INIT;
	render_summary(&out, summary);
	return str_take(&out);
}

#define DEPLOY(end)                                                                      \
	"'kind': 'deploy', 'environment': 'production', 'deployment': 'd-1', "           \
	"'version': 'v3', 'previous': 'v2', 'end': '" end "', 'duration_ms': 3400, "     \
	"'state': {'location': 'https://git.example.com/a.git belay-state', 'tip': 'abc'}"
#define GATE                                                                              \
	"{'phase': 'gates', 'outcome': 'fail', 'passed': 1, 'failed': 1, 'warned': 0, "   \
	"'inconclusive': 0, 'verdicts': [{'check': 'up', 'outcome': 'fail', 'severity': " \
	"'critical', 'attempts': 3, 'duration_ms': 1500, 'reason': 'not as expected', "   \
	"'predicates': [{'text': '.status == 200', 'role': 'expect', 'holds': false, "    \
	"'actual': 503}]}, {'check': 'cert', 'outcome': 'pass', 'severity': 'critical', " \
	"'attempts': 1, 'duration_ms': 20, 'reason': 'as expected', 'predicates': []}]}"

static const struct {
	const char *name, *command, *schema, *result;
	const char *first;   /* the first line */
	const char *has[4];  /* parts that must be there */
	const char *not_has; /* or NULL */
} pages[] = {
	{"passed",
	 "deploy",
	 "result.deploy",
	 "{" DEPLOY("passed") "}",
	 "## ✅ production: v3 is live (was v2) in 3.4s\n",
	 {"| Deployment | `d-1` |", "belay rollback -e production --to v2",
	  "`https://git.example.com/a.git belay-state`"},
	 "Because"},
	{"rolled back",
	 "deploy",
	 "result.deploy",
	 "{" DEPLOY(
		 "rolled-back") ", 'undo_ms': 420, 'reason': 'gates failed: up', 'gates': "
				"[" GATE "], 'timeline': [{'at': "
				"'2026-11-21T09:52:03Z', 'step': 'switch', 'service': "
				"'api', 'outcome': 'ok', 'ms': 12, 'text': 'to v3'}]}",
	 "## ↩️ production: v3 failed and was taken back; v2 is live (undo took 420ms)\n",
	 {"Because gates failed: up.",
	  "| ❌ | up | not as expected<br>`.status == 200` was `503` | 1.5s, 3 attempts |",
	  "| ✅ | cert | as expected | 20ms |", "| 09:52:03 | ✅ | api | 12ms | to v3 |"},
	 "To go back"},
	{"stuck",
	 "deploy",
	 "result.deploy",
	 "{" DEPLOY(
		 "stuck") ", 'reason': 'x', 'todo': ['log in to *web1*', 'run again']}",
	 "## 🛑 production: v3 could not be taken back; a person has to act now\n",
	 {"### 🛑 Do this now", "1. log in to \\*web1\\*\n2. run again\n"},
	 NULL},
	{"an incident, and who was told",
	 "deploy",
	 "result.deploy",
	 "{" DEPLOY(
		 "rolled-back") ", 'incident': {'id': 'i-1', 'title': '[production] v3 | v2', "
				"'severity': 'P1', 'url': 'https://github.com/a/b/issues/7'}, "
				"'told': [{'notification': 'ops', 'topic': 'rolled-back', "
				"'outcome': 'sent'}, {'notification': 'pager', 'topic': "
				"'rolled-back', 'outcome': 'failed', 'reason': 'no answer'}], "
				"'github': {'requests': 5, 'limit': 1000, 'remaining': 199}}",
	 "## ↩️ production: v3 failed and was taken back; v2 is live\n",
	 {"Incident: [\\[production\\] v3 \\| v2](https://github.com/a/b/issues/7) (P1, "
	  "`i-1`)\n",
	  "| ✅ | ops | rolled-back | sent |\n",
	  "| ❌ | pager | rolled-back | no answer |\n", "199 of the 1000 requests"},
	 NULL},
	{"an address that is none, and requests enough",
	 "deploy",
	 "result.deploy",
	 "{" DEPLOY(
		 "rolled-back") ", 'incident': {'id': 'i-1', 'title': 't', 'severity': 'P1', "
				"'url': 'https://x/)[y](javascript:z'}, 'github': {'requests': "
				"5, 'limit': 1000, 'remaining': 200}}",
	 "## ↩️ production: v3 failed and was taken back; v2 is live\n",
	 {"Incident: t (P1, `i-1`)\n"},
	 "are left"},
	{"dry run",
	 "deploy",
	 "result.deploy",
	 "{" DEPLOY(
		 "passed") ", 'assumed': true, 'would': [{'kind': 'run', 'summary': 'run "
			   "it'}]}",
	 "## ✅ production: v3 would go live (now: v2)\n",
	 {"### What would be done\n\n1. run it\n"},
	 "To go back"},
	{"a host that failed",
	 "deploy",
	 "result.deploy",
	 "{" DEPLOY("failed") ", 'services': {'api': {'hosts': {'web1': {'error': 'no "
			      "space'}}}}}",
	 "## ❌ production: v3 was not deployed; nothing was switched, v2 is live\n",
	 {"- api on web1: no space\n"},
	 NULL},
	{"a gate",
	 "check",
	 "result.gate",
	 GATE,
	 "## ❌ belay check: fail\n",
	 {"### ❌ gates: 1 passed, 0 warned, 1 failed, 0 inconclusive"},
	 NULL},
	{"a plan",
	 "plan",
	 "result.plan",
	 "{'environment': 'production', 'version': 'v3', 'from': {'api': 'v2'}, 'lock': "
	 "{'free': false, 'text': 'held by ada'}, 'steps': [{'n': 1, 'step': 'switch', "
	 "'service': 'api', 'target': 'web1', 'summary': 'a|b'}], 'gates': ['up'], 'notes': "
	 "['no undo']}",
	 "## Plan for production: v3\n",
	 {"⚠️ The lock is held by ada.", "| 1 | switch | api | web1 | a\\|b |",
	  "Judged by:\n\n- up\n", "Nothing was changed."},
	 NULL},
	{"the status",
	 "status",
	 "result.status",
	 "{'location': 'x belay-state', 'environments': [{'environment': 'production', "
	 "'lock': {'state': 'free'}, 'transaction': null, 'services': {'api': {'live': "
	 "{'version': 'v2'}, 'last_good': {'version': 'v2'}}}, 'deployments': [{'version': "
	 "'v2', 'outcome': 'passed', 'actor': 'ada'}]}]}",
	 "## production\n",
	 {"| api | v2 |  | v2 |", "| ✅ | v2 |  | ada |  |", "Journal: x belay-state"},
	 NULL},
	{"no status",
	 "status",
	 "result.status",
	 "{'location': 'x', 'environments': []}",
	 "## Nothing deployed yet\n",
	 {NULL},
	 NULL},
	{"an audit",
	 "verify",
	 "result.verify",
	 "{'branches': [{'location': 'x', 'commits': 3, 'events': 2, 'tip': 'abc'}]}",
	 "## ✅ The journal adds up\n",
	 {"| x | 3 | 2 | `abc` |"},
	 NULL},
	{"any other",
	 "history",
	 "result.history",
	 "{'events': []}",
	 "## belay history\n",
	 {"```text\nthe text\n```\n"},
	 NULL},
	{"a list",
	 "rollback",
	 "result.deploy",
	 "[]",
	 "## belay rollback\n",
	 {"```text\nthe text\n```\n"},
	 NULL},
};

TEST(pages_of_results)
{
	FOR_ROWS(row, pages) {
		_cleanup_json_ json_t *result = golden_json(row->result);
		const struct summary summary = {.command = row->command,
						.schema = row->schema,
						.result = result,
						.text = "the text\n"};
		_cleanup_free_ char *text = page(&summary);
		CHECK_STR_HAS(text, row->first);
		CHECK(str_has_prefix(text, row->first));
		for (size_t i = 0; i < 4 && row->has[i]; i++)
			CHECK_STR_HAS(text, row->has[i]);
		if (row->not_has)
			CHECK(!strstr(text, row->not_has));
	}
}

TEST(an_error)
{
	struct err err = {0};
	(void)err_set(&err, ERR_LOCKED, "the lock is <held>");
	(void)err_hint(&err, "wait\nor --take-lock");
	const struct summary summary = {.command = "deploy", .err = &err};
	_cleanup_free_ char *text = page(&summary);
	CHECK_STR_EQ(text, "## ❌ belay deploy\n\nthe lock is \\<held\\>\n\n"
			   "```text\nwait\nor --take-lock\n```\n");
}

TEST(a_tape)
{
	const struct summary summary = {
		.command = "history", .text = "x", .tape = "my tape"};
	_cleanup_free_ char *text = page(&summary);
	CHECK(str_has_suffix(text, "```sh\nbelay replay 'my tape'\n```\n"));
}

TEST(below_a_mebibyte)
{
	_cleanup_str_ struct str large = STR_INIT;
	while (large.len < 3000000)
		str_add(&large, "a line that a host says again and again\n");
	const struct summary summary = {
		.command = "history", .text = str_text(&large), .tape = "t"};
	_cleanup_free_ char *text = page(&summary);
	CHECK(strlen(text) <= SUMMARY_MAX_BYTES);
	CHECK_STR_HAS(text, "```\n\n_The rest was cut");
	CHECK(str_has_suffix(text, "```sh\nbelay replay t\n```\n"));
}
