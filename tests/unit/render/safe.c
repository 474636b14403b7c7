/* Outside text: nothing that a terminal would act on gets through. */
#include <string.h>

#include "belay/render.h"
#include "test.h"

static const struct {
	const char *name, *text, *want;
} rows[] = {
	{"plain", "api v1.2.3", "api v1.2.3"},
	{"nothing", NULL, ""},
	{"umlauts and wide", "grün 日本", "grün 日本"},
	{"tab", "a\tb", "a b"},
	{"newline", "a\nb", "a␊b"},
	{"carriage return", "100%\r0%", "100%␍0%"},
	{"colour", "\x1b[31mred", "␛[31mred"},
	{"title", "\x1b]0;x\x07", "␛]0;x␇"},
	{"delete", "a\x7f", "a␡"},
	{"C1 CSI",
	 "\xc2\x9b"
	 "31m",
	 "\xef\xbf\xbd"
	 "31m"},
	{"right to left override",
	 "a\xe2\x80\xae"
	 "b",
	 "a\xef\xbf\xbd"
	 "b"},
	{"isolate",
	 "a\xe2\x81\xa6"
	 "b",
	 "a\xef\xbf\xbd"
	 "b"},
	{"not UTF-8",
	 "a\xff"
	 "b",
	 "a\xef\xbf\xbd"
	 "b"},
	{"cut short", "a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
	{"overlong", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
	{"surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"beyond Unicode", "\xf5\x80\x80\x80",
	 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
};

TEST(controls_become_visible)
{
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str out = STR_INIT;
		render_add_safe(&out, row->text);
		CHECK_STR_EQ(str_text(&out), row->want);
		CHECK(str_is_utf8(str_text(&out), out.len));
	}
}

static bool is_safe(const struct str *text)
{
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->data[i] < 0x20 || text->data[i] == 0x7f)
			return false;
	return str_is_utf8(str_text(text), text->len);
}

TEST(any_two_bytes_give_safe_text)
{
	for (int first = 1; first < 256; first++) {
		bool safe = true;
		test_row("%02x", first);
		for (int second = 1; second < 256; second++) {
			const char text[] = {(char)first, (char)second, 0};
			_cleanup_str_ struct str out = STR_INIT;
			render_add_safe(&out, text);
			safe = safe && is_safe(&out);
		}
		CHECK(safe);
	}
}

TEST(ink_only_where_colour_is_wanted)
{
	const struct render plain = {.style = STYLE_PLAIN},
			    colour = {.style = STYLE_COLOUR};
	_cleanup_str_ struct str out = STR_INIT;
	render_inkf(&out, &plain, INK_BAD, "%s", "x\x1b[0m");
	CHECK_STR_EQ(str_text(&out), "x␛[0m");
	str_clear(&out);
	render_inkf(&out, &colour, INK_BAD, "%d%%\n", 5);
	CHECK_STR_EQ(str_text(&out), "\x1b[31m5%\x1b[0m\n");
	str_clear(&out);
	render_inkf(&out, &colour, INK_PLAIN, "%s", "a\nb");
	CHECK_STR_EQ(str_text(&out), "a␊b");
	str_clear(&out);
	render_inkf(&out, &colour, INK_GOOD, "%s", "");
	CHECK_STR_EQ(str_text(&out), "");
}
