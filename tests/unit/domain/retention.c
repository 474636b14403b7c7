/* Which copies stay: each rule alone, rules together, and what no policy may delete. */
#include <string.h>

#include "belay/backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "test.h"

#define NOW "2026-11-21T12:00:00Z"

/* Copies are times, newest first; "!" behind one: it was verified; "L": made last; "B": before what is live. Kept
 * ones are numbered from 0. */
static const struct row {
	const char *name;
	struct config_keep keep;
	const char *copies[12];
	const char *kept;
} rows[] = {
	{"last",
	 {.last = 2},
	 {"2026-11-21T02:00:00Z!", "2026-11-20T02:00:00Z!", "2026-11-19T02:00:00Z!"},
	 "0 1"},
	{"last, more than there are", {.last = 9}, {"2026-11-21T02:00:00Z!"}, "0"},
	{"younger",
	 {.younger_ms = INT64_C(7) * 86400000},
	 {"2026-11-21T02:00:00Z!", "2026-11-14T02:00:01Z!", "2026-11-14T02:00:00Z!"},
	 "0 1"},
	{"younger, counted from the newest: backups stopped long ago",
	 {.younger_ms = INT64_C(7) * 86400000},
	 {"2025-11-21T02:00:00Z!", "2025-11-20T02:00:00Z!", "2025-11-14T02:00:01Z!",
	  "2025-11-14T02:00:00Z!"},
	 "0 1 2"},
	{"younger, not counted from one in the future",
	 {.younger_ms = INT64_C(7) * 86400000},
	 {"2026-12-21T02:00:00Z!", "2026-11-21T02:00:00Z!", "2026-11-20T02:00:00Z!",
	  "2026-11-13T02:00:00Z!"},
	 "0 1 2"},
	{"made last, by a clock that was behind",
	 {.last = 1},
	 {"2026-11-21T02:00:00Z!", "2026-11-21T01:00:00Z!L", "2026-11-20T02:00:00Z!"},
	 "0 1"},
	{"made before what is live",
	 {.last = 1},
	 {"2026-11-21T02:00:00Z!", "2026-11-21T01:00:00Z!", "2026-11-20T02:00:00Z!B"},
	 "0 2"},
	{"hourly",
	 {.hourly = 2},
	 {"2026-11-21T11:59:59Z!", "2026-11-21T11:00:00Z!", "2026-11-21T10:59:59Z!",
	  "2026-11-21T09:00:00Z!"},
	 "0 2"},
	{"daily",
	 {.daily = 2},
	 {"2026-11-21T02:00:00Z!", "2026-11-21T00:00:00Z!", "2026-11-20T23:59:59Z!",
	  "2026-11-20T00:00:00Z!", "2026-11-19T02:00:00Z!"},
	 "0 2"},
	{"daily, only days that have a copy are counted",
	 {.daily = 3},
	 {"2026-11-21T02:00:00Z!", "2026-09-01T02:00:00Z!", "2026-09-01T01:00:00Z!",
	  "2025-01-01T02:00:00Z!", "2024-01-01T02:00:00Z!"},
	 "0 1 3"},
	{"daily, through the night in which Europe's clocks go back",
	 {.daily = 3},
	 {"2026-10-26T00:30:00Z!", "2026-10-25T23:30:00Z!", "2026-10-25T00:30:00Z!",
	  "2026-10-24T23:30:00Z!"},
	 "0 1 3"},
	{"weekly",
	 {.weekly = 2},
	 {"2026-11-21T02:00:00Z!", "2026-11-16T00:00:00Z!", "2026-11-15T23:59:59Z!",
	  "2026-11-09T00:00:00Z!", "2026-11-08T00:00:00Z!"},
	 "0 2"},
	{"weekly, 2027 begins within week 53 of 2026",
	 {.weekly = 2},
	 {"2026-11-21T02:00:00Z!", "2021-01-04T00:00:00Z!", "2021-01-03T23:00:00Z!",
	  "2020-12-28T00:00:00Z!", "2020-12-27T00:00:00Z!"},
	 "0 1"},
	{"weekly, the first of January in a week of the old year",
	 {.weekly = 3},
	 {"2021-01-04T00:00:00Z!", "2021-01-03T23:00:00Z!", "2020-12-28T00:00:00Z!",
	  "2020-12-27T00:00:00Z!"},
	 "0 1 3"},
	{"weekly, the last of December in a week of the new year",
	 {.weekly = 2},
	 {"2025-01-05T00:00:00Z!", "2024-12-30T00:00:00Z!", "2024-12-29T00:00:00Z!"},
	 "0 2"},
	{"monthly",
	 {.monthly = 2},
	 {"2026-11-21T02:00:00Z!", "2026-11-01T00:00:00Z!", "2026-10-31T23:59:59Z!",
	  "2026-09-30T00:00:00Z!"},
	 "0 2"},
	{"monthly, the same month of another year",
	 {.monthly = 2},
	 {"2026-11-21T02:00:00Z!", "2025-11-21T02:00:00Z!", "2024-11-21T02:00:00Z!"},
	 "0 1"},
	{"yearly",
	 {.yearly = 2},
	 {"2026-11-21T02:00:00Z!", "2026-01-01T00:00:00Z!", "2025-12-31T23:59:59Z!",
	  "2024-12-31T00:00:00Z!"},
	 "0 2"},
	{"rules together keep what one of them keeps",
	 {.last = 1, .daily = 2, .monthly = 3},
	 {"2026-11-21T02:00:00Z!", "2026-11-20T02:00:00Z!", "2026-11-19T02:00:00Z!",
	  "2026-10-31T02:00:00Z!", "2026-10-30T02:00:00Z!", "2026-09-01T02:00:00Z!",
	  "2026-08-01T02:00:00Z!"},
	 "0 1 3 5"},
	{"the newest stays although it is old",
	 {.younger_ms = 1000},
	 {"2026-01-02T02:00:00Z!", "2026-01-01T02:00:00Z!"},
	 "0"},
	{"the newest that was verified stays although it is old",
	 {.last = 1},
	 {"2026-11-21T02:00:00Z", "2026-11-20T02:00:00Z", "2026-01-01T02:00:00Z!",
	  "2025-01-01T02:00:00Z!"},
	 "0 2"},
	{"nothing was verified",
	 {.last = 1},
	 {"2026-11-21T02:00:00Z", "2026-11-20T02:00:00Z"},
	 "0"},
	{"from the future: stays, and takes nobody's place",
	 {.last = 1},
	 {"2027-01-01T00:00:00Z!", "2026-11-21T12:10:00Z", "2026-11-21T02:00:00Z",
	  "2026-11-20T02:00:00Z!", "2026-11-19T02:00:00Z!"},
	 "0 1 2 3"},
	{"a second ahead is the newest",
	 {.last = 1},
	 {"2026-11-21T12:00:01Z!", "2026-11-21T02:00:00Z!"},
	 "0"},
	{"a wrong order deletes nothing that is new",
	 {.last = 1},
	 {"2026-11-19T02:00:00Z!", "2026-11-21T02:00:00Z!", "2026-11-20T02:00:00Z!"},
	 "1"},
	{"two of the same second",
	 {.last = 1},
	 {"2026-11-21T02:00:00Z!", "2026-11-21T02:00:00Z!"},
	 "0"},
	{"no copies", {.last = 1}, {NULL}, ""},
};

static int64_t at(const char *text)
{
	int64_t at_ms = 0;
	char copy[21] = "";
	memcpy(copy, text, strlen(NOW));
	CHECK_INT_EQ(time_parse(copy, &at_ms), 0);
	return at_ms;
}

static json_t *copies_of(const struct row *row)
{
	json_t *copies = json_array();
	for (size_t i = 0; row->copies[i]; i++) {
		_cleanup_free_ char *id = str_format("%zu", i);
		json_array_append_new(
			copies,
			json_pack("{s:s, s:I, s:b, s:b, s:b}", "id", id, "at_ms",
				  (json_int_t)at(row->copies[i]), "verified",
				  strchr(row->copies[i], '!') != NULL, "made_last",
				  strchr(row->copies[i], 'L') != NULL, "before_live",
				  strchr(row->copies[i], 'B') != NULL));
	}
	return copies;
}

TEST(policies)
{
	FOR_ROWS(row, rows) {
		struct err err = {0};
		_cleanup_json_ json_t *copies = copies_of(row), *list = NULL;
		_cleanup_str_ struct str kept = STR_INIT;
		size_t i;
		const json_t *decision;
		if (!CHECK_OK(retention_decide(&row->keep, copies, at(NOW), &list, &err),
			      &err))
			continue;
		CHECK_INT_EQ(json_array_size(list), json_array_size(copies));
		json_array_foreach(list, i, decision) {
			if (json_get_bool(decision, "keep", false))
				str_addf(&kept, "%s%s", kept.len ? " " : "",
					 json_get_string(decision, "id", "?"));
			CHECK(json_array_size(json_object_get(decision, "reasons")) > 0);
		}
		CHECK_STR_EQ(str_text(&kept), row->kept);
	}
}

TEST(every_decision_has_its_reasons)
{
	static const struct config_keep keep = {.younger_ms = INT64_C(86400000),
						.last = 2,
						.daily = 2,
						.weekly = 2,
						.monthly = 1};
	static const struct row row = {
		.copies = {"2027-01-01T00:00:00Z", "2026-11-21T02:00:00Z",
			   "2026-11-21T01:00:00Z!", "2026-11-15T02:00:00Z",
			   "2026-11-14T02:00:00Z"}};
	struct err err = {0};
	_cleanup_json_ json_t *copies = copies_of(&row), *list = NULL;
	CHECK_OK(retention_decide(&keep, copies, at(NOW), &list, &err), &err);
	CHECK_JSON_EQ(
		list,
		"[{'id': '0', 'at': '2027-01-01T00:00:00Z', 'keep': true, 'reasons': ['from "
		"the future']}, {'id': '1', 'at': '2026-11-21T02:00:00Z', 'keep': true, "
		"'reasons': ['the newest', 'within 1d of the newest', 'one of the last 2', 'the newest "
		"of its day, 2026-11-21', 'the newest of its week, 2026-W47', 'the newest of "
		"its month, 2026-11']}, {'id': '2', 'at': '2026-11-21T01:00:00Z', 'keep': "
		"true, 'reasons': ['the newest that was verified', 'within 1d of the newest', 'one of "
		"the last 2']}, {'id': '3', 'at': '2026-11-15T02:00:00Z', 'keep': true, "
		"'reasons': ['the newest of its day, 2026-11-15', 'the newest of its week, "
		"2026-W46']}, {'id': '4', 'at': '2026-11-14T02:00:00Z', 'keep': false, "
		"'reasons': ['at least 1d older than the newest', 'none of the last 2', 'not of the last 2 days', "
		"'not the newest of its week', 'not the newest of its month']}]");
}

TEST(what_no_policy_may_take_says_why)
{
	static const struct config_keep keep = {.last = 1};
	static const struct row row = {
		.copies = {"2027-01-01T00:00:00Z", "2026-11-21T02:00:00Z",
			   "2026-11-21T01:00:00ZL", "2026-11-15T02:00:00ZB"}};
	struct err err = {0};
	_cleanup_json_ json_t *copies = copies_of(&row), *list = NULL;
	CHECK_OK(retention_decide(&keep, copies, at(NOW), &list, &err), &err);
	CHECK_JSON_EQ(json_at(list, "/2/reasons"),
		      "['made last, whatever its time says']");
	CHECK_JSON_EQ(json_at(list, "/3/reasons"),
		      "['made before the deployment that is live']");
}

static const struct week_row {
	const char *name, *at, *reason;
} weeks[] = {
	{"a Thursday", "2026-01-01T00:00:00Z", "the newest of its week, 2026-W01"},
	{"the Monday before it", "2025-12-29T00:00:00Z",
	 "the newest of its week, 2026-W01"},
	{"the Sunday before that", "2025-12-28T23:59:59Z",
	 "the newest of its week, 2025-W52"},
	{"a year of 53 weeks", "2027-01-03T23:59:59Z",
	 "the newest of its week, 2026-W53"},
	{"the Monday after it", "2027-01-04T00:00:00Z",
	 "the newest of its week, 2027-W01"},
	{"the epoch", "1970-01-01T00:00:00Z", "the newest of its week, 1970-W01"},
	{"a leap year's end", "2024-12-31T12:00:00Z", "the newest of its week, 2025-W01"},
};

TEST(weeks_are_those_of_iso_8601)
{
	static const struct config_keep keep = {.weekly = 1};
	FOR_ROWS(row, weeks) {
		struct err err = {0};
		_cleanup_json_ json_t *list = NULL;
		_cleanup_json_ json_t *copies = json_pack(
			"[{s:s, s:I}]", "id", "0", "at_ms", (json_int_t)at(row->at));
		CHECK_OK(retention_decide(&keep, copies, at("2028-01-01T00:00:00Z"),
					  &list, &err),
			 &err);
		const json_t *reasons =
			json_object_get(json_array_get(list, 0), "reasons");
		CHECK_STR_EQ(json_string_value(json_array_get(reasons, 1)), row->reason);
	}
}

TEST(a_policy_that_keeps_nothing_is_refused)
{
	static const struct config_keep keep = {.last = 0, .daily = -1};
	struct err err = {0};
	_cleanup_json_ json_t *list = NULL, *copies = json_array();
	CHECK_FAILS(retention_decide(&keep, copies, at(NOW), &list, &err), &err,
		    ERR_CONFIG, "has no `keep`");
	CHECK_NULL(list);
}

TEST(a_copy_without_a_time_stays)
{
	static const struct config_keep keep = {.last = 1};
	struct err err = {0};
	_cleanup_json_ json_t *list = NULL;
	_cleanup_json_ json_t *copies = json_pack("[{s:s}]", "id", "0");
	CHECK_OK(retention_decide(&keep, copies, at(NOW), &list, &err), &err);
	CHECK(json_get_bool(json_array_get(list, 0), "keep", false));
}
