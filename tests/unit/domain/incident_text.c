/* Outside text on a page of Markdown: nothing in it may be markup, a call or a marker. */
#include "domain/incident_text.h"
#include "belay/mem.h"
#include "test.h"

#define ZERO "\xe2\x80\x8b"

static const struct {
	const char *name, *text, *want;
} rows[] = {
	{"plain", "gate api-health failed", "gate api-health failed"},
	{"nothing", NULL, ""},
	{"mention", "ask @acme/team now", "ask @" ZERO "acme/team now"},
	{"mail address", "ada@example.com", "ada@" ZERO "example.com"},
	{"lonely at", "a @ b", "a @ b"},
	{"the rest is somebody else's", "ask @", "ask @" ZERO},
	{"reference", "fixes #12", "fixes \\#" ZERO "12"},
	{"reference to another", "acme/shop#7", "acme/shop\\#" ZERO "7"},
	{"old reference", "see GH-12 and gh-13", "see GH-" ZERO "12 and gh-" ZERO "13"},
	{"HTML", "<img src=x onerror=\"a\">", "&lt;img src=x onerror=\"a\"&gt;"},
	{"hidden marker", "<!-- belay:incident 4711 -->",
	 "&lt;\\!-- belay:incident 4711 --&gt;"},
	{"entity", "&lt;b&gt;", "&amp;lt;b&amp;gt;"},
	{"link", "[here](https://evil.example)", "\\[here\\](https://evil.example)"},
	{"picture", "![x](y)", "\\!\\[x\\](y)"},
	{"table", "a | b", "a \\| b"},
	{"emphasis", "*a* _b_ ~~c~~ `d`", "\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\`d\\`"},
	{"mathematics", "$x$", "\\$x\\$"},
	{"lines", "one\ntwo\r\n# three", "one two  \\# three"},
	{"list", "- item", "\\- item"},
	{"blanks before a list", "    + item", "\\+ item"},
	{"number", "1. first", "1\\. first"},
	{"number and more", "404 is not 200", "404 is not 200"},
	{"heading below", "===", "\\==="},
	{"terminal", "\x1b[31mred", " \\[31mred"},
	{"C1",
	 "a\xc2\x9b"
	 "31m",
	 "a\xef\xbf\xbd"
	 "31m"},
	{"direction",
	 "a\xe2\x80\xae"
	 "b\xe2\x81\xa6"
	 "c",
	 "a\xef\xbf\xbd"
	 "b\xef\xbf\xbd"
	 "c"},
	{"other letters", "größer → 中文 ✓", "größer → 中文 ✓"},
};

TEST(text_from_outside_is_only_text)
{
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str out = STR_INIT;
		page_add_text(&out, row->text);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name, *url, *want;
} links[] = {
	{"web", "https://github.com/acme/shop/actions/runs/7",
	 "<https://github.com/acme/shop/actions/runs/7>"},
	{"script", "javascript:alert(1)", "javascript:alert(1)"},
	{"breaks out", "https://a.example/> <b>", "https://a.example/&gt; &lt;b&gt;"},
	{"not printable", "https://a.example/\xc3\xbc", "https://a.example/\xc3\xbc"},
	{"nothing", NULL, ""},
};

TEST(only_web_addresses_are_links)
{
	FOR_ROWS(row, links) {
		_cleanup_str_ struct str out = STR_INIT;
		page_add_link(&out, row->url);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name, *text, *want;
} cuts[] = {
	{"short enough", "12345678", "12345678"},
	{"too long", "123456789", "12345…"},
	{"between characters", "1234ü6789", "1234…"},
	{"after a character", "123ü6789", "123ü…"},
};

TEST(long_text_is_cut_between_characters)
{
	FOR_ROWS(row, cuts) {
		_cleanup_free_ char *cut = text_cut(row->text, 8);
		CHECK_STR_EQ(cut, row->want);
	}
}
