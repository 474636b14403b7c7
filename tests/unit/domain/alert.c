/* Alerts: rounds in, states out. A story is one letter a round: g good, b bad, w only warns, - no data. */
#include "belay/incident.h"
#include "journey.h"

#define MINUTE_MS ((int64_t)60 * 1000)

static const struct alert_rules rules = {.fail_after = 3, .recover_after = 2, .flaps = 6};

static json_t *gate_with(char letter)
{
	const char *outcome = letter == 'g'   ? "pass"
			      : letter == 'w' ? "fail"
			      : letter == 'b' ? "fail"
					      : "inconclusive";
	return json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "verdicts", "check", "api",
			 "outcome", outcome, "severity",
			 letter == 'w' ? "warning" : "critical", "reason", "because");
}

/* Folds the story; *ret_pushed counts rounds that changed anything. New reference to the state. */
static json_t *tell(const char *story, int minutes, int *ret_pushed, char *ret_news)
{
	json_t *state = json_pack("{s:{}}", "alerts");
	int64_t at_ms = JOURNEY_START_MS;
	*ret_pushed = 0;
	*ret_news = '\0';
	for (const char *letter = story; *letter;
	     letter++, at_ms += minutes * MINUTE_MS) {
		_cleanup_json_ json_t *gate = gate_with(*letter);
		_cleanup_json_ json_t *round = alert_round(gate, &rules);
		_cleanup_json_ json_t *changes = alert_changes(state, round, at_ms);
		json_t *after = alerts_after(state, round, at_ms);
		*ret_pushed += !json_equal(after, json_object_get(state, "alerts"));
		if (json_array_size(json_object_get(changes, "degraded")) > 0)
			strcat(ret_news, "d");
		if (json_array_size(json_object_get(changes, "recovered")) > 0)
			strcat(ret_news, "r");
		if (json_array_size(json_object_get(changes, "flapping")) > 0)
			strcat(ret_news, "f");
		json_object_set_new(state, "alerts", after);
	}
	return state;
}

static const struct {
	const char *name, *story;
	int minutes;
	const char *state;
	bool flapping;
	const char *news; /* d degraded, r recovered, f flapping, in order */
	int pushed;       /* rounds that are worth an event */
} rows[] = {
	{"nothing known", "-", 5, "unknown", false, "", 1},
	{"good from the first round", "gggggggg", 5, "good", false, "", 1},
	{"one bad round is none", "ggbgggg", 5, "good", false, "", 3},
	{"bad after three", "ggbbb", 5, "bad", false, "d", 4},
	{"stays bad without an event", "gbbbbbbbb", 5, "bad", false, "d", 4},
	{"two bad rounds are not enough", "gbb", 5, "good", false, "", 3},
	{"no data counts as neither", "gb-b-b", 5, "bad", false, "d", 4},
	{"no data is no event", "g-----", 5, "good", false, "", 1},
	{"good again after two", "gbbbgg", 5, "good", false, "dr", 6},
	{"not after one", "gbbbg", 5, "bad", false, "d", 5},
	{"bad from the beginning", "bbb", 5, "bad", false, "d", 3},
	{"only warns", "gwwwwww", 5, "good", false, "", 1},
	{"seven changes within the hour", "gbgbgbgb", 5, "bad", true, "df", 8},
	{"six are not enough", "gbgbgbg", 5, "good", false, "", 7},
	{"the same within two hours", "gbgbgbgb", 20, "good", false, "", 8},
	{"flapping is held bad", "gbgbgbgbggggg", 5, "bad", true, "df", 8},
	{"until it was good for an hour", "gbgbgbgbggggggggggggggg", 5, "good", false,
	 "dfr", 9},
	{"a bad round begins the hour again", "gbgbgbgbgggggggbgggggggg", 5, "bad", true,
	 "df", 9},
};

TEST(stories)
{
	FOR_ROWS(row, rows) {
		char news[64];
		int pushed;
		_cleanup_json_ json_t *state =
			tell(row->story, row->minutes, &pushed, news);
		const json_t *alert = json_at(state, "/alerts/api");
		CHECK_STR_EQ(json_get_string(alert, "state", ""), row->state);
		CHECK_INT_EQ(json_get_bool(alert, "flapping", false), row->flapping);
		CHECK_STR_EQ(news, row->news);
		CHECK_INT_EQ(pushed, row->pushed);
	}
}

/* A check that never comes to rest, judged every minute for a day. */
TEST(flapping_does_not_fill_the_journal)
{
	struct str story = STR_INIT;
	char news[64];
	int pushed;
	for (int i = 0; i < 24 * 60 / 2; i++)
		str_add(&story, "bg");
	json_decref(tell(str_text(&story), 1, &pushed, news));
	CHECK_STR_EQ(news, "df");
	CHECK(pushed <= 24 * 6 + 10);
	str_release(&story);
}

TEST(a_check_that_is_gone_is_forgotten)
{
	_cleanup_json_ json_t *state =
		journey_json("{'alerts': {'old': {'state': 'bad', 'since': "
			     "'2023-11-14T22:00:00Z', 'bad_rounds': 3, 'good_rounds': 0, "
			     "'changed': [], 'flapping': false}}}");
	_cleanup_json_ json_t *gate = gate_with('g');
	_cleanup_json_ json_t *round = alert_round(gate, &rules);
	_cleanup_json_ json_t *after = alerts_after(state, round, JOURNEY_START_MS);
	CHECK_JSON_EQ(
		after,
		"{'api': {'state': 'good', 'since': '2023-11-14T22:13:20Z', "
		"'bad_rounds': 0, 'good_rounds': 2, 'changed': [], 'flapping': false}}");
}
