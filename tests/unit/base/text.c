/* Distance, width, UTF-8, base64, hexadecimal, quoting. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

TEST(distance_counts_the_four_slips)
{
	static const struct row {
		const char *name;
		const char *a;
		const char *b;
		size_t want;
	} rows[] = {
		{"same", "hosts", "hosts", 0},          {"left out", "hots", "hosts", 1},
		{"too many", "hosstts", "hosts", 2},    {"replaced", "hasts", "hosts", 1},
		{"swapped", "hsots", "hosts", 1},       {"empty", "", "abc", 3},
		{"nothing in common", "abc", "xyz", 3},
	};
	FOR_ROWS(row, rows) {
		CHECK_INT_EQ(str_distance(row->a, row->b), row->want);
		CHECK_INT_EQ(str_distance(row->b, row->a), row->want);
	}
}

TEST(distance_of_very_long_words_is_not_calculated)
{
	_cleanup_free_ char *longer = mem_alloc(1001);
	memset(longer, 'a', 1000);
	CHECK_INT_EQ(str_distance(longer, "a"), 1000);
	CHECK_INT_EQ(str_distance(longer, longer), 0);
}

TEST(names_the_nearest_word_when_one_is_near)
{
	static const char *const words[] = {"hosts", "checks", "on_no_data", "for",
					    "url"};
	static const struct row {
		const char *name;
		const char *word;
		const char *want;
	} rows[] = {
		{"a letter missing", "hots", "hosts"},
		{"upper case", "HOSTS", "hosts"},
		{"another separator", "on-no-data", "on_no_data"},
		{"short", "fro", "for"},
		{"too far", "environments", NULL},
		{"short and unlike", "xyz", NULL},
		{"empty", "", NULL},
	};
	FOR_ROWS(row, rows)
		CHECK_STR_EQ(str_nearest(row->word, words, ARRAY_SIZE(words)), row->want);
}

TEST(width_is_in_columns)
{
	static const struct row {
		const char *name;
		const char *text;
		size_t want;
	} rows[] = {
		{"ascii", "abc", 3},
		{"umlaut", "äöü", 3},
		{"han", "日本", 4},
		{"hangul", "한", 2},
		{"emoji", "🚀", 2},
		{"combining", "e\xcc\x81", 1},
		{"zero width joiner", "a\xe2\x80\x8d", 1},
		{"check mark", "✓", 1},
		{"control", "a\tb", 2},
		{"broken byte", "a\xff", 2},
		{"empty", "", 0},
	};
	FOR_ROWS(row, rows)
		CHECK_INT_EQ(str_width(row->text), row->want);
}

TEST(utf8_is_well_formed_or_not)
{
	static const struct row {
		const char *name;
		const char *text;
		size_t len;
		bool want;
	} rows[] = {
		{"ascii", "abc", 3, true},
		{"empty", "", 0, true},
		{"two bytes", "\xc3\xa9", 2, true},
		{"three bytes", "\xe2\x82\xac", 3, true},
		{"four bytes", "\xf0\x9f\x9a\x80", 4, true},
		{"last scalar", "\xf4\x8f\xbf\xbf", 4, true},
		{"NUL", "a\0b", 3, false},
		{"overlong slash", "\xc0\xaf", 2, false},
		{"overlong in three", "\xe0\x80\xaf", 3, false},
		{"overlong in four", "\xf0\x80\x80\xaf", 4, false},
		{"surrogate", "\xed\xa0\x80", 3, false},
		{"above the last", "\xf4\x90\x80\x80", 4, false},
		{"cut short", "\xe2\x82", 2, false},
		{"continuation alone", "\x80", 1, false},
		{"latin-1", "caf\xe9", 4, false},
	};
	FOR_ROWS(row, rows)
		CHECK_INT_EQ(str_is_utf8(row->text, row->len), row->want);
}

TEST(base64_of_rfc_4648_both_ways)
{
	static const struct row {
		const char *name;
		const char *plain;
		const char *coded;
	} rows[] = {
		{"empty", "", ""},
		{"f", "f", "Zg=="},
		{"fo", "fo", "Zm8="},
		{"foo", "foo", "Zm9v"},
		{"foob", "foob", "Zm9vYg=="},
		{"fooba", "fooba", "Zm9vYmE="},
		{"foobar", "foobar", "Zm9vYmFy"},
	};
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *coded = str_base64(row->plain, strlen(row->plain));
		CHECK_STR_EQ(coded, row->coded);
		_cleanup_free_ unsigned char *plain = NULL;
		size_t len = 99;
		CHECK_INT_EQ(str_unbase64(row->coded, &plain, &len), 0);
		CHECK_MEM_EQ(plain, len, row->plain, strlen(row->plain));
	}
}

TEST(refuses_what_is_not_base64)
{
	static const struct row {
		const char *name;
		const char *text;
	} rows[] = {
		{"length", "Zg="},
		{"no padding", "Zg"},
		{"other alphabet", "Zm-_"},
		{"line end", "Zm9v\n"},
		{"bits left", "Zh=="},
		{"bits left in the third", "Zm9="},
		{"padding inside", "Zg==Zg=="},
		{"only padding", "===="},
		{"three padding", "Z==="},
	};
	FOR_ROWS(row, rows) {
		unsigned char *plain = NULL;
		size_t len;
		CHECK_INT_EQ(str_unbase64(row->text, &plain, &len), -1);
		CHECK_NULL(plain);
	}
}

TEST(hexadecimal_is_lowercase)
{
	_cleanup_free_ char *text = str_hex("\x00\xab\x7f", 3);
	CHECK_STR_EQ(text, "00ab7f");
	unsigned char back[3] = {0};
	CHECK(str_unhex(text, back, sizeof back));
	CHECK(memcmp(back, "\x00\xab\x7f", 3) == 0);
}

static const struct hex_row {
	const char *name, *text;
} no_hexes[] = {
	{"none", NULL},
	{"nothing", ""},
	{"too short", "00ab7"},
	{"too long", "00ab7f0"},
	{"of more bytes", "00ab7f00"},
	{"capitals", "00AB7F"},
	{"something else in it", "00ax7f"},
};

TEST(no_hexadecimal)
{
	FOR_ROWS(row, no_hexes) {
		unsigned char back[3];
		CHECK(!str_unhex(row->text, back, sizeof back));
	}
}

TEST(hexadecimal_digits_of_either_case)
{
	CHECK_INT_EQ(str_hex_digit('0'), 0);
	CHECK_INT_EQ(str_hex_digit('a'), 10);
	CHECK_INT_EQ(str_hex_digit('F'), 15);
	CHECK_INT_EQ(str_hex_digit('g'), -1);
	CHECK_INT_EQ(str_hex_digit('\0'), -1);
	CHECK_INT_EQ(str_hex_digit(-1), -1);
	CHECK_INT_EQ(str_hex_digit(0x130), -1);
}

static const struct line_row {
	const char *name, *text, *want;
} lines[] = {
	{"nothing", "", ""},
	{"blank", " \n\t\r\n", ""},
	{"one", "one", "one"},
	{"with its end", "one\ntwo\n", "two"},
	{"the last one that says something", "one\r\n\t two \r\n\n  \n", "two"},
};

TEST(the_last_line)
{
	FOR_ROWS(row, lines) {
		_cleanup_free_ char *line = str_last_line(row->text);
		CHECK_STR_EQ(line, row->want);
	}
}

TEST(quotes_for_a_shell)
{
	_cleanup_str_ struct str s = STR_INIT;
	str_add_shell_quoted(&s, "it's $HOME `id` \\");
	CHECK_STR_EQ(str_text(&s), "'it'\\''s $HOME `id` '\\\\''");
	str_clear(&s);
	str_add_shell_quoted(&s, "");
	CHECK_STR_EQ(str_text(&s), "''");
}
