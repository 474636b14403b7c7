/* Outside text in a channel's format: escaped, cut, and nothing in it is markup. */
#include "notify/plain.h"

#include "belay/json.h"
#include "test.h"

static const struct text_row {
	const char *name;
	const struct plain_escape *escapes;
	const char *text;
	size_t max_units;
	const char *want;
} texts[] = {
	{"as it is", plain_none, "hello", 10, "hello"},
	{"empty", plain_none, "", 10, ""},
	{"just fits", plain_none, "hello", 5, "hello"},
	{"too long by one", plain_none, "hello", 4, "hel…"},
	{"room for the mark only", plain_none, "hello", 1, "…"},
	{"never inside a character", plain_none, "äöü€", 3, "äö…"},
	{"an emoji is two", plain_none, "🔴🔴🔴", 5, "🔴🔴…"},
	{"emojis that just fit", plain_none, "🔴🔴", 4, "🔴🔴"},
	{"control characters", plain_none, "a\tb\x1b[31mc\r\nd\x7f", 99,
	 "a b [31mc \nd "},
	{"slack", plain_slack, "<!channel> & <@U1>", 99,
	 "&lt;!channel&gt; &amp; &lt;@U1&gt;"},
	{"slack: never inside an escape", plain_slack, "ab<cd", 5, "ab…"},
	{"slack: an escape that just fits", plain_slack, "ab<", 6, "ab&lt;"},
	{"slack: a lonely ampersand of an escape", plain_slack, "&lt;", 99, "&amp;lt;"},
	{"discord", plain_discord, "@everyone [x](http://y) **b** `c` #h", 99,
	 "\\@everyone \\[x\\]\\(http://y\\) \\*\\*b\\*\\* \\`c\\` \\#h"},
	{"discord: never a lonely backslash", plain_discord, "abc*d", 4, "abc…"},
	{"discord: a backslash", plain_discord, "\\*", 99, "\\\\\\*"},
};

TEST(texts_are_escaped_and_cut)
{
	FOR_ROWS(row, texts) {
		_cleanup_json_ json_t *got =
			plain_json(row->text, row->escapes, row->max_units);
		CHECK_STR_EQ(json_string_value(got), row->want);
	}
}

static const struct {
	const char *name, *url;
	bool good;
} urls[] = {
	{"an address", "https://a.example/x?y=1#z", true},
	{"without TLS", "http://a.example", true},
	{"nothing", NULL, false},
	{"a script", "javascript:alert(1)", false},
	{"an end of Slack's link", "https://a.example/>|x", false},
	{"a quote", "https://a.example/\"", false},
	{"a blank", "https://a.example/a b", false},
	{"a line break", "https://a.example/\nx", false},
	{"too long", "https://a.example/0123456789012345678901234567890123456789", false},
};

TEST(only_addresses_become_links)
{
	FOR_ROWS(row, urls)
		CHECK((plain_url(row->url, 50) != NULL) == row->good);
}
