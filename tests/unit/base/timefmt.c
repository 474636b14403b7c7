/* Points in time, durations and sizes as text. */
#include "belay/timefmt.h"

#include "test.h"

#define DAY INT64_C(86400000)

TEST(formats_and_reads_the_same_instant)
{
	static const struct row {
		const char *name;
		int64_t at_ms;
		const char *text;
		const char *basic;
	} rows[] = {
		{"epoch", 0, "1970-01-01T00:00:00Z", "19700101T000000Z"},
		{"leap day", 951782400000, "2000-02-29T00:00:00Z", "20000229T000000Z"},
		{"no leap day in 2100", 4107542400000, "2100-03-01T00:00:00Z",
		 "21000301T000000Z"},
		{"an ordinary second", 1795254723000, "2026-11-21T09:52:03Z",
		 "20261121T095203Z"},
		{"last second of a year", 1767225599000, "2025-12-31T23:59:59Z",
		 "20251231T235959Z"},
		{"before the epoch", -1000, "1969-12-31T23:59:59Z", "19691231T235959Z"},
		{"first year", -62135596800000, "0001-01-01T00:00:00Z",
		 "00010101T000000Z"},
		{"last year", 253402300799000, "9999-12-31T23:59:59Z",
		 "99991231T235959Z"},
	};
	FOR_ROWS(row, rows) {
		char buffer[TIME_TEXT_BYTES];
		int64_t at_ms = -1;
		CHECK_STR_EQ(time_format(row->at_ms, buffer), row->text);
		CHECK_STR_EQ(time_format_basic(row->at_ms, buffer), row->basic);
		CHECK_INT_EQ(time_parse(row->text, &at_ms), 0);
		CHECK_INT_EQ(at_ms, row->at_ms);
	}
}

TEST(days_of_four_centuries_come_back)
{
	char buffer[TIME_TEXT_BYTES];
	unsigned wrong = 0;
	for (int64_t day = -146097; day <= 146097; day += 5) {
		int64_t at_ms;
		wrong += time_parse(time_format(day * DAY, buffer), &at_ms) < 0 ||
			 at_ms != day * DAY;
	}
	CHECK_INT_EQ(wrong, 0);
}

TEST(any_number_of_milliseconds_can_be_formatted)
{
	char buffer[TIME_TEXT_BYTES];
	CHECK_STR_EQ(time_format(INT64_MAX, buffer), "292278994-08-17T07:12:55Z");
	CHECK_STR_HAS(time_format(INT64_MIN, buffer), "-05-16T16:47:04Z");
}

TEST(reads_rfc_3339)
{
	static const struct row {
		const char *name;
		const char *text;
		int64_t want; /* -1: refused */
	} rows[] = {
		{"offset east", "1970-01-01T02:00:00+02:00", 0},
		{"offset west", "1969-12-31T19:30:00-04:30", 0},
		{"fraction", "1970-01-01T00:00:00.25Z", 250},
		{"long fraction", "1970-01-01T00:00:00.123456789Z", 123},
		{"lowercase", "1970-01-01t00:00:01z", 1000},
		{"leap second", "1970-01-01T00:00:60Z", 60000},
		{"space", "1970-01-01 00:00:00Z", -1},
		{"no zone", "1970-01-01T00:00:00", -1},
		{"rest", "1970-01-01T00:00:00Zz", -1},
		{"thirteenth month", "1970-13-01T00:00:00Z", -1},
		{"month zero", "1970-00-01T00:00:00Z", -1},
		{"30 February", "1972-02-30T00:00:00Z", -1},
		{"29 February of no leap year", "1970-02-29T00:00:00Z", -1},
		{"hour 24", "1970-01-01T24:00:00Z", -1},
		{"second 61", "1970-01-01T00:00:61Z", -1},
		{"offset of a day", "1970-01-01T00:00:00+24:00", -1},
		{"empty fraction", "1970-01-01T00:00:00.Z", -1},
		{"date only", "1970-01-01", -1},
		{"empty", "", -1},
	};
	FOR_ROWS(row, rows) {
		int64_t at_ms = -2;
		CHECK_INT_EQ(time_parse(row->text, &at_ms), row->want == -1 ? -1 : 0);
		CHECK_INT_EQ(at_ms, row->want == -1 ? -2 : row->want);
	}
}

TEST(reads_durations)
{
	static const struct row {
		const char *name;
		const char *text;
		int64_t want; /* -1: refused */
	} rows[] = {
		{"seconds", "30s", 30000},
		{"minutes", "15m", 900000},
		{"hours", "2h", 7200000},
		{"days", "7d", 7 * DAY},
		{"milliseconds", "250ms", 250},
		{"sum", "1h30m", 5400000},
		{"sum as we write it", "12m 30s", 750000},
		{"all units", "1d1h1m1s1ms", DAY + 3661001},
		{"zero", "0s", 0},
		{"no unit", "30", -1},
		{"no number", "s", -1},
		{"unknown unit", "3w", -1},
		{"capital", "3H", -1},
		{"wrong order", "30m1h", -1},
		{"twice", "1h1h", -1},
		{"negative", "-5s", -1},
		{"fraction", "1.5h", -1},
		{"space before the unit", "5 s", -1},
		{"space behind", "5s ", -1},
		{"empty", "", -1},
		{"number too large", "99999999999999999999d", -1},
		{"product too large", "9223372036854775807d", -1},
		{"sum too large", "106751991167d9223372036854775807ms", -1},
	};
	FOR_ROWS(row, rows) {
		int64_t ms = -2;
		CHECK_INT_EQ(duration_parse(row->text, &ms), row->want == -1 ? -1 : 0);
		CHECK_INT_EQ(ms, row->want == -1 ? -2 : row->want);
	}
}

TEST(writes_durations)
{
	static const struct row {
		const char *name;
		int64_t ms;
		const char *want;
	} rows[] = {
		{"zero", 0, "0ms"},
		{"milliseconds", 850, "850ms"},
		{"tenths", 1200, "1.2s"},
		{"whole seconds", 1050, "1s"},
		{"no tenths from ten seconds on", 12700, "12s"},
		{"minutes and seconds", 750000, "12m 30s"},
		{"hours and minutes", 11100000, "3h 5m"},
		{"nothing below", 7200000, "2h"},
		{"days", 7 * DAY, "7d"},
		{"days and hours", 7 * DAY + 7200000, "7d 2h"},
		{"seconds vanish beside days", 7 * DAY + 5000, "7d"},
		{"negative", -90000, "-1m 30s"},
		{"smallest", INT64_MIN, "-106751991167d 7h"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str s = STR_INIT;
		duration_add(&s, row->ms);
		CHECK_STR_EQ(str_text(&s), row->want);
	}
}

TEST(reads_and_writes_sizes)
{
	static const struct row {
		const char *name;
		const char *text;
		int64_t want; /* -1: refused */
		const char *shown;
	} rows[] = {
		{"bytes", "100B", 100, "100 B"},
		{"binary", "64MiB", 67108864, "64 MiB"},
		{"decimal", "1GB", 1000000000, "953.6 MiB"},
		{"small binary", "512KiB", 524288, "512 KiB"},
		{"tera", "2TiB", INT64_C(2) << 40, "2 TiB"},
		{"zero", "0B", 0, "0 B"},
		{"no unit", "100", -1, NULL},
		{"lowercase", "1mb", -1, NULL},
		{"half a unit", "1Ki", -1, NULL},
		{"space", "1 MB", -1, NULL},
		{"fraction", "1.5MB", -1, NULL},
		{"too large", "9223372036854775807KiB", -1, NULL},
		{"negative", "-1B", -1, NULL},
	};
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str s = STR_INIT;
		int64_t bytes = -2;
		CHECK_INT_EQ(size_parse(row->text, &bytes), row->want == -1 ? -1 : 0);
		CHECK_INT_EQ(bytes, row->want == -1 ? -2 : row->want);
		if (!row->shown)
			continue;
		size_add(&s, bytes);
		CHECK_STR_EQ(str_text(&s), row->shown);
	}
}

TEST(says_how_long_ago)
{
	static const struct row {
		const char *name;
		int64_t at_ms, now_ms;
		const char *want;
	} rows[] = {
		{"now", 0, 0, "just now"},
		{"a moment ago", 0, 4999, "just now"},
		{"in a moment", 4999, 0, "just now"},
		{"seconds", 0, 42000, "42 seconds ago"},
		{"one minute", 0, 60000, "1 minute ago"},
		{"minutes", 0, 180000, "3 minutes ago"},
		{"future", 7200000, 0, "in 2 hours"},
		{"one day", 0, DAY, "1 day ago"},
		{"many days", 0, 45 * DAY, "45 days ago"},
		{"months", 0, 91 * DAY, "3 months ago"},
		{"years", 0, 800 * DAY, "2 years ago"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str s = STR_INIT;
		time_add_relative(&s, row->at_ms, row->now_ms);
		CHECK_STR_EQ(str_text(&s), row->want);
	}
}
