/* Workflow commands: what is escaped, and text that must not become one. */
#include <string.h>

#include "belay/action.h"
#include "belay/mem.h"
#include "test.h"

#define ZWSP "\xe2\x80\x8b"

static const struct {
	const char *name, *property, *data, *want;
} commands_rows[] = {
	{"plain", "a title", "a message", "::error title=a title::a message\n"},
	{"line breaks", "t", "one\ntwo\r\n", "::error title=t::one%0Atwo%0D%0A\n"},
	{"percent", "5%", "50%0A", "::error title=5%25::50%250A\n"},
	{"what separates properties", "a,b:c", "a,b:c",
	 "::error title=a%2Cb%3Ac::a,b:c\n"},
	{"a command within", "::set-output::x", "::add-mask::x",
	 "::error title=%3A%3Aset-output%3A%3Ax::::add-mask::x\n"},
};

TEST(commands_are_one_line)
{
	FOR_ROWS(row, commands_rows) {
		_cleanup_str_ struct str out = STR_INIT;
		_cleanup_str_ struct str properties = STR_INIT;
		action_add_property(&properties, "title", row->property);
		action_add_command(&out, "error", str_text(&properties), row->data);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name, *text, *want;
} texts[] = {
	{"ordinary", "✓ v1 is live\n  a::b ::c\n", "✓ v1 is live\n  a::b ::c\n"},
	{"a command", "::error::x\n", ZWSP "::error::x\n"},
	{"behind blanks", " \t ::error::x", " \t " ZWSP "::error::x"},
	{"behind wide blanks", "\xc2\xa0\xe2\x80\x83::error::x",
	 "\xc2\xa0\xe2\x80\x83" ZWSP "::error::x"},
	{"on a later line", "a\n::stop-commands::x\nb",
	 "a\n" ZWSP "::stop-commands::x\nb"},
	{"behind a carriage return", "a\r::error::x", "a\r" ZWSP "::error::x"},
	{"the older form", "a ##[error]b ##[x]", "a ##" ZWSP "[error]b ##" ZWSP "[x]"},
	{"the older form first", "##[group]x\n", "##" ZWSP "[group]x\n"},
	{"headings of Markdown", "## [x]\n", "## [x]\n"},
	{"nothing", "", ""},
};

TEST(text_is_no_command)
{
	FOR_ROWS(row, texts) {
		_cleanup_str_ struct str out = STR_INIT;
		action_add_text(&out, row->text);
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

TEST(rows_of_files)
{
	_cleanup_str_ struct str out = STR_INIT;
	action_add_file_row(&out, "reason", "a\nEOF\nb=c", "d41d8c");
	action_add_file_row(&out, "version", "", "d41d8c");
	CHECK_STR_EQ(str_text(&out), "reason<<d41d8c\na\nEOF\nb=c\nd41d8c\n"
				     "version<<d41d8c\n\nd41d8c\n");
}
