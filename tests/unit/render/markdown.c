/* Markdown: text stays text, and a page that is cut is not left open. */
#include "render/markdown.h"

#include "golden.h"

static const struct {
	const char *name, *text, *want, *code;
} rows[] = {
	{"plain", "v1.2.3 is live", "v1.2.3 is live", "`v1.2.3 is live`"},
	{"markup", "*a* _b_ <i> [x](y) | #1 & `c`",
	 "\\*a\\* \\_b\\_ \\<i\\> \\[x\\](y) \\| \\#1 \\& \\`c\\`",
	 "`` *a* _b_ <i> [x](y) \\| #1 & `c` ``"},
	{"lines", "a\nb\r\nc", "a b  c", "`a b  c`"},
	{"controls", "a\x1b[31mb", "a␛\\[31mb", "`a␛[31mb`"},
	{"backticks", "``` x", "\\`\\`\\` x", "```` ``` x ````"},
	{"empty", "", "", ""},
};

TEST(outside_text)
{
	FOR_ROWS(row, rows) {
		_cleanup_str_ struct str text = STR_INIT;
		_cleanup_str_ struct str code = STR_INIT;
		markdown_add_text(&text, row->text);
		markdown_add_code(&code, row->text);
		CHECK_STR_EQ(str_text(&text), row->want);
		CHECK_STR_EQ(str_text(&code), row->code);
	}
}

static const struct {
	const char *name, *text, *want;
} blocks[] = {
	{"lines", "a\nb", "```sh\na\nb\n```\n"},
	{"a fence within", "x\n```\ny\n", "````sh\nx\n```\ny\n````\n"},
	{"markup stays", "<b> | *", "```sh\n<b> | *\n```\n"},
};

TEST(blocks_of_code)
{
	FOR_ROWS(row, blocks) {
		_cleanup_str_ struct str out = STR_INIT;
		markdown_add_block(&out, "sh", row->text);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name, *word, *want;
} words[] = {
	{"plain", "belay.tape", "belay.tape"},
	{"a path", "out/v1:2@x.tape", "out/v1:2@x.tape"},
	{"blanks", "a b", "'a b'"},
	{"quotes", "a'b", "'a'\\''b'"},
	{"empty", "", "''"},
};

TEST(words_of_a_shell)
{
	FOR_ROWS(row, words) {
		_cleanup_str_ struct str out = STR_INIT;
		markdown_add_word(&out, row->word);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name, *line;
	const char *before; /* before the repeated lines */
	const char *closes; /* after them, before the note */
} cuts[] = {
	{"a table", "| a | b |\n", "## x\n\n", "\n\n_The rest"},
	{"a block", "some output of a host\n", "```text\n", "```\n\n_The rest"},
	{"a longer fence", "```\n", "````text\n", "````\n\n_The rest"},
	{"a closed block", "```sh\nx\n```\n", "", "\n\n_The rest"},
};

TEST(cut_at_the_end_of_a_line)
{
	FOR_ROWS(row, cuts) {
		_cleanup_str_ struct str page = STR_INIT;
		str_add(&page, row->before);
		while (page.len < 5000)
			str_add(&page, row->line);
		markdown_cut(&page, 2000);
		CHECK(page.len <= 2000);
		CHECK(page.len > 1500);
		CHECK_STR_HAS(str_text(&page), row->closes);
		CHECK(str_has_suffix(str_text(&page), "all of it._\n"));
	}
	_cleanup_str_ struct str small = STR_INIT;
	str_add(&small, "as it is");
	markdown_cut(&small, 2000);
	CHECK_STR_EQ(str_text(&small), "as it is");
}
