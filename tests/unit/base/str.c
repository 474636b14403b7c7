/* Buffers and plain questions about strings. */
#include "belay/str.h"

#include <limits.h>
#include <stdlib.h>

#include "belay/mem.h"
#include "test.h"

TEST(an_untouched_buffer_has_empty_text)
{
	_cleanup_str_ struct str s = STR_INIT;
	CHECK_STR_EQ(str_text(&s), "");
	_cleanup_free_ char *taken = str_take(&s);
	CHECK_STR_EQ(taken, "");
}

TEST(appends_everything_there_is)
{
	_cleanup_str_ struct str s = STR_INIT;
	str_add(&s, "one ");
	str_addf(&s, "%d %s ", 2, "three");
	str_add_char(&s, '4');
	str_pad(&s, '.', 3);
	str_add_bytes(&s, "\0x", 2);
	CHECK_MEM_EQ(s.data, s.len, "one 2 three 4...\0x", 18);
	CHECK_INT_EQ(s.data[s.len], 0);
}

static const struct filled_row {
	const char *name, *text, *want;
} filled[] = {
	{"nothing to fill", "plain @ text", "plain @ text"},
	{"every one", "@A@ and @B@, @A@", "1 and @A@, 1"},
	{"side by side", "@A@@B@", "1@A@"},
	{"empty", "", ""},
};

TEST(words_are_filled_in_once)
{
	static const char *const pairs[] = {"@A@", "1", "@B@", "@A@", NULL};
	FOR_ROWS(row, filled) {
		_cleanup_str_ struct str s = STR_INIT;
		str_add_filled(&s, row->text, pairs);
		CHECK_STR_EQ(str_text(&s), row->want);
	}
}

TEST(formats_longer_than_any_inner_buffer)
{
	_cleanup_str_ struct str s = STR_INIT;
	str_addf(&s, "%0*d", 5000, 7);
	CHECK_INT_EQ(s.len, 5000);
	CHECK_INT_EQ(s.data[4999], '7');
}

TEST(stops_at_the_limit_and_says_so)
{
	_cleanup_str_ struct str s = STR_INIT_MAX(5);
	str_add(&s, "abc");
	CHECK(!s.truncated);
	str_add(&s, "defg");
	CHECK(s.truncated);
	CHECK_STR_EQ(str_text(&s), "abcde");
	str_add(&s, "h");
	CHECK_STR_EQ(str_text(&s), "abcde");
	str_clear(&s);
	str_pad(&s, 'x', 100);
	CHECK(s.truncated);
	CHECK_STR_EQ(str_text(&s), "xxxxx");
}

TEST(a_taken_buffer_starts_again)
{
	_cleanup_str_ struct str s = STR_INIT;
	str_add(&s, "first");
	_cleanup_free_ char *first = str_take(&s);
	str_add(&s, "second");
	CHECK_STR_EQ(first, "first");
	CHECK_STR_EQ(str_text(&s), "second");
}

TEST(null_equals_only_null)
{
	CHECK(str_equal(NULL, NULL));
	CHECK(!str_equal(NULL, ""));
	CHECK(!str_equal("a", NULL));
	CHECK(str_equal("a", "a"));
}

TEST(prefixes_and_suffixes)
{
	CHECK(str_has_prefix("x-note", "x-"));
	CHECK(str_has_prefix("x", ""));
	CHECK(!str_has_prefix("x", "x-"));
	CHECK(str_has_suffix("a.json", ".json"));
	CHECK(!str_has_suffix("json", ".json"));
	CHECK(str_is_blank(NULL));
	CHECK(str_is_blank(" \t\n"));
	CHECK(!str_is_blank(" a "));
}

TEST(reads_integers_and_nothing_else)
{
	static const struct row {
		const char *name;
		const char *text;
		long long min, max;
		int result;
		long long want;
	} rows[] = {
		{"plain", "42", 0, 100, 0, 42},
		{"negative", "-5", -10, 10, 0, -5},
		{"zeros in front", "007", 0, 10, 0, 7},
		{"smallest", "-9223372036854775808", LLONG_MIN, LLONG_MAX, 0, LLONG_MIN},
		{"below", "-1", 0, 10, -1, 0},
		{"above", "11", 0, 10, -1, 0},
		{"overflow", "9223372036854775808", LLONG_MIN, LLONG_MAX, -1, 0},
		{"empty", "", 0, 10, -1, 0},
		{"only a sign", "-", -10, 10, -1, 0},
		{"plus", "+1", 0, 10, -1, 0},
		{"space in front", " 1", 0, 10, -1, 0},
		{"unit behind", "1s", 0, 10, -1, 0},
		{"hexadecimal", "0x1", 0, 10, -1, 0},
	};
	FOR_ROWS(row, rows) {
		long long got = 0;
		CHECK_INT_EQ(str_to_int64(row->text, row->min, row->max, &got),
			     row->result);
		CHECK_INT_EQ(got, row->want);
	}
}
