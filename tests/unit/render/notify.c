/* Who was told, as text. */
#include "golden.h"

static const struct {
	const char *name, *result, *want;
	bool quiet;
} rows[] = {
	{"nothing", "{'environment': 'e', 'sent': [], 'failed': [], 'waiting': 0}",
	 "Nothing to send.\n", false},
	{"nothing now", "{'environment': 'e', 'sent': [], 'failed': [], 'waiting': 2}",
	 "Nothing to send now.\n2 messages wait.\n", false},
	{"all kinds",
	 "{'environment': 'e', 'waiting': 1, 'sent': [{'notification': 'ops', 'topic': "
	 "'deployed', 'outcome': 'sent', 'link': {'ref': '7', 'url': 'https://a.example/7'}}], "
	 "'failed': [{'notification': 'pager', 'topic': 'failed', 'outcome': 'failed', "
	 "'reason': 'no answer'}, {'notification': 'mail', 'topic': 'failed', 'outcome': "
	 "'dropped', 'reason': 'refused'}]}",
	 "! pager  failed\n"
	 "  will be tried again: no answer\n"
	 "✗ mail  failed\n"
	 "  refused\n"
	 "✓ ops  deployed  https://a.example/7\n"
	 "1 message waits.\n",
	 false},
	{"quietly, only what went wrong",
	 "{'environment': 'e', 'waiting': 0, 'sent': [{'notification': 'ops', 'topic': "
	 "'deployed', 'outcome': 'sent'}], 'failed': [{'notification': 'mail', 'topic': "
	 "'failed', 'outcome': 'dropped', 'reason': 'refused'}]}",
	 "✗ mail  failed\n  refused\n", true},
	{"a dry run",
	 "{'environment': 'e', 'sent': [{'notification': 'ops', 'topic': 'test', 'outcome': "
	 "'sent'}], 'failed': [], 'would': [{'kind': 'http'}]}",
	 "· ops  test\n", false},
	{"text from outside",
	 "{'environment': 'e', 'sent': [], 'failed': [{'notification': 'o\\u001bps', 'topic': "
	 "'t', 'outcome': 'dropped', 'reason': 'a\\u001b[31mb'}]}",
	 "✗ o␛ps  t\n  a␛[31mb\n", false},
};

TEST(who_was_told)
{
	FOR_ROWS(row, rows) {
		const struct render render = {.quiet = row->quiet};
		_cleanup_free_ char *text =
			golden_text(render_notify, &render, row->result);
		CHECK_STR_EQ(text, row->want);
	}
}
