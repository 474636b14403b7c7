/* Help: complete, free of colour in a pipe, within the terminal's width. */
#include <string.h>

#include "belay/cli.h"
#include "belay/mem.h"
#include "test.h"

TEST(help_names_every_command_and_global_option)
{
	const struct render render = {.style = STYLE_PLAIN};
	_cleanup_str_ struct str out = STR_INIT;
	cli_help(&out, &render);
	for (const struct command *const *row = commands; *row; row++) {
		test_row("%s", (*row)->name);
		_cleanup_free_ char *name = str_format("\n  %s:", (*row)->name);
		CHECK_STR_HAS(str_text(&out), name);
	}
	for (const struct option *option = global_options; option->name; option++) {
		test_row("--%s", option->name);
		_cleanup_free_ char *name = str_format("--%s", option->name);
		CHECK_STR_HAS(str_text(&out), name);
	}
	test_row(" ");
	CHECK_STR_HAS(str_text(&out), "\nEXIT STATUS\n    0  Passed\n");
	CHECK_STR_HAS(str_text(&out), "\n  130  Cancelled\n");
	CHECK_STR_HAS(str_text(&out), "\nDEPLOY\n");
	CHECK_STR_HAS(str_text(&out), "\nSET UP\n");
}

TEST(help_of_a_command_names_its_options)
{
	const struct render render = {.style = STYLE_PLAIN};
	for (const struct command *const *row = commands; *row; row++) {
		_cleanup_str_ struct str out = STR_INIT;
		test_row("%s", (*row)->name);
		cli_command_help(&out, &render, *row);
		_cleanup_free_ char *usage =
			str_format("USAGE\n  belay %s", (*row)->name);
		CHECK_STR_HAS(str_text(&out), usage);
		const struct option *option = (*row)->options;
		for (; option && option->name; option++) {
			_cleanup_free_ char *name = str_format("--%s", option->name);
			CHECK_STR_HAS(str_text(&out), name);
		}
		CHECK_NULL(strchr(str_text(&out), '\x1b'));
	}
}

static int run_nothing(struct command_context *context, struct command_result *result,
		       struct err *err)
{
	(void)context, (void)result, (void)err;
	return 0;
}

static const struct command with_list = {
	.name = "list",
	.group = "Look",
	.summary = "look",
	.details =
		"The words:\n\n  one    the first of them, which is explained at some length\n"
		"  three  the last",
	.examples = "belay list\n",
	.run = run_nothing,
};

TEST(lists_keep_their_columns)
{
	const struct render render = {.style = STYLE_PLAIN, .columns = 50};
	_cleanup_str_ struct str out = STR_INIT;
	cli_command_help(&out, &render, &with_list);
	CHECK_STR_HAS(str_text(&out),
		      "\n\n  one    the first of them, which is explained at\n"
		      "         some length\n"
		      "  three  the last\n");
}

static const struct {
	const char *name, *has, *lacks;
} words[] = {
	{"restore", "\n  $ belay backup restore uploads --to ", "--days"},
	{"restore", "  Into this directory\n", "restore: into"},
	{"run", "\n  $ belay backup run\n", "--to"},
	{"keygen", "USAGE\n  belay backup keygen [flags]\n", "--store"},
	{"verify", "--read-data ", "$ belay backup restore"},
	{"verify", "  The private key that opens it\n", "where the key goes"},
	{"verify", "  The folder of one backup, wherever it was brought; needs",
	 "verify: "},
	{"keygen", "  Where the key goes (default: backup.key)\n", "that opens it"},
	{"drill", "  Only this store (default: all; of restore and drill, the first",
	 "keygen"},
};

TEST(help_of_a_word_has_only_what_it_takes)
{
	const struct render render = {.style = STYLE_PLAIN, .columns = 200};
	const struct command *backup = command_find("backup");
	FOR_ROWS(row, words) {
		_cleanup_str_ struct str out = STR_INIT;
		const struct command_word *word = command_word_find(backup, row->name);
		if (!CHECK(word != NULL))
			continue;
		cli_word_help(&out, &render, backup, word);
		CHECK_STR_HAS(str_text(&out), row->has);
		CHECK_STR_HAS(str_text(&out), "--environment");
		CHECK_NULL(strstr(str_text(&out), row->lacks));
	}
}

static const struct {
	const char *name;
	size_t columns, widest;
} widths[] = {
	{"narrow", 60, 60}, {"usual", 80, 80}, {"wide", 200, 200}, {"a pipe", 0, 80}};

TEST(lines_fit_the_terminal)
{
	FOR_ROWS(row, widths) {
		const struct render render = {.style = STYLE_PLAIN,
					      .columns = row->columns};
		_cleanup_str_ struct str out = STR_INIT;
		cli_help(&out, &render);
		cli_command_help(&out, &render, command_find("backup"));
		for (const char *line = str_text(&out); *line;) {
			size_t len = strcspn(line, "\n");
			_cleanup_free_ char *copy = mem_strndup(line, len);
			/* Commands are one line each. */
			if (!strstr(copy, "$ belay") && !str_has_prefix(copy, "  belay "))
				CHECK(str_width(copy) <= row->widest);
			line += len + (line[len] == '\n');
		}
	}
}

TEST(headings_are_bold_on_a_terminal)
{
	const struct render render = {.style = STYLE_COLOUR};
	_cleanup_str_ struct str out = STR_INIT;
	cli_help(&out, &render);
	CHECK_STR_HAS(str_text(&out), "\x1b[1mUSAGE\x1b[0m\n");
}

TEST(markdown_has_a_section_for_every_command)
{
	_cleanup_str_ struct str out = STR_INIT;
	cli_markdown(&out);
	for (const struct command *const *row = commands; *row; row++) {
		_cleanup_free_ char *title = str_format("\n### belay %s\n", (*row)->name);
		test_row("%s", (*row)->name);
		CHECK_STR_HAS(str_text(&out), title);
		for (const struct option *option = (*row)->options;
		     option && option->name; option++) {
			_cleanup_free_ char *name = str_format("--%s", option->name);
			CHECK_STR_HAS(str_text(&out), name);
		}
	}
	test_row(" ");
	CHECK_STR_HAS(str_text(&out), "\n| 130 | cancelled |\n");
}
