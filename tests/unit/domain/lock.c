/* Who may take the lock, and what a person is told about it. */
#include "journey.h"

#define LOCK(rest)                                                                           \
	"{'lock': {'generation': 3, 'held': true, 'holder': {'id': '4711', 'actor': 'ada', " \
	"'host': 'runner-3'}, 'acquired_at': '2026-01-01T12:00:00Z', 'expires_at': "         \
	"'2026-01-01T12:15:00Z'" rest "}}"
#define NOON ((int64_t)1767268800 * 1000)
#define MINUTE ((int64_t)60 * 1000)

static const struct {
	const char *name, *state, *run;
	int64_t now_ms;
	enum lock_answer answer;
	const char *words;
} rows[] = {
	{"free", "{'lock': {'held': false}}", "1", NOON, LOCK_FREE, "free"},
	{"no lock at all", "{}", "1", NOON, LOCK_FREE, "free"},
	{"busy", LOCK(""), "1", NOON + 3 * MINUTE, LOCK_BUSY,
	 "held by ada@runner-3 (run 4711), taken 3 minutes ago, lease ends in 12 minutes"},
	{"one millisecond left", LOCK(""), "1", NOON + 15 * MINUTE - 1, LOCK_BUSY, NULL},
	{"lease just over", LOCK(""), "1", NOON + 15 * MINUTE, LOCK_EXPIRED, NULL},
	{"lease long over", LOCK(""), "1", NOON + 25 * MINUTE, LOCK_EXPIRED,
	 "lease ended 10 minutes ago"},
	{"ours", LOCK(""), "4711", NOON, LOCK_OURS, NULL},
	{"ours and expired", LOCK(""), "4711", NOON + 60 * MINUTE, LOCK_OURS, NULL},
	{"kept",
	 LOCK(", 'kept': {'reason': 'web1 is gone', 'at': '2026-01-01T12:01:00Z'}"),
	 "4711", NOON + 60 * MINUTE, LOCK_KEPT,
	 "undo failed 59 minutes ago: web1 is gone"},
	{"a lease nobody can read", "{'lock': {'held': true, 'expires_at': 'soon'}}", "1",
	 NOON, LOCK_BUSY, "held by someone (run ?)"},
};

TEST(answers_and_words)
{
	FOR_ROWS(row, rows) {
		json_t *state = journey_json(row->state);
		char *words = lock_describe(state, row->now_ms);
		CHECK_INT_EQ(lock_ask(state, row->run, row->now_ms), row->answer);
		if (row->words)
			CHECK_STR_HAS(words, row->words);
		free(words);
		json_decref(state);
	}
}
