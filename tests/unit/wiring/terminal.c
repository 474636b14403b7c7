/* Colour and width: what the environment says where no terminal is. (Where one is: tests/e2e.) */
#include "terminal.h"
#include <unistd.h>

#include "belay/cli.h"
#include "belay/mem.h"
#include "test.h"

static const struct {
	const char *name;
	char *environment[4];
	const char *option;
	enum render_style style;
	size_t columns;
} rows[] = {
	{"a pipe", {(char *)"TERM=xterm"}, NULL, STYLE_PLAIN, 0},
	{"empty environment", {NULL}, NULL, STYLE_PLAIN, 0},
	{"FORCE_COLOR", {(char *)"FORCE_COLOR=1"}, NULL, STYLE_COLOUR, 0},
	{"FORCE_COLOR=0", {(char *)"FORCE_COLOR=0"}, NULL, STYLE_PLAIN, 0},
	{"CLICOLOR_FORCE", {(char *)"CLICOLOR_FORCE=1"}, NULL, STYLE_COLOUR, 0},
	{"CLICOLOR_FORCE=0", {(char *)"CLICOLOR_FORCE=0"}, NULL, STYLE_PLAIN, 0},
	{"NO_COLOR wins",
	 {(char *)"NO_COLOR=1", (char *)"FORCE_COLOR=1"},
	 NULL,
	 STYLE_PLAIN,
	 0},
	{"empty NO_COLOR says nothing",
	 {(char *)"NO_COLOR=", (char *)"FORCE_COLOR=1"},
	 NULL,
	 STYLE_COLOUR,
	 0},
	{"--no-color wins", {(char *)"FORCE_COLOR=1"}, "--no-color", STYLE_PLAIN, 0},
	{"force beats a dumb terminal",
	 {(char *)"TERM=dumb", (char *)"FORCE_COLOR=true"},
	 NULL,
	 STYLE_COLOUR,
	 0},
	{"COLUMNS means nothing to a pipe", {(char *)"COLUMNS=72"}, NULL, STYLE_PLAIN, 0},
};

TEST(the_environment_decides)
{
	if (isatty(STDOUT_FILENO))
		test_skip("standard output is a terminal, which decides as well");
	FOR_ROWS(row, rows) {
		char *words[] = {(char *)"belay", (char *)"version",
				 (char *)(row->option ? row->option : "--json"), NULL};
		struct err err = {0};
		_cleanup_(request_freep) struct request *request = NULL;
		const struct command *command = NULL;
		struct terminal terminal;
		CHECK_OK(cli_parse(3, words, &request, &command, &err), &err);
		terminal_look(&terminal, request, row->environment);
		CHECK_INT_EQ(terminal.out.style, row->style);
		CHECK_INT_EQ(terminal.out.columns, row->columns);
	}
}

TEST(flags_are_passed_on)
{
	char *words[] = {(char *)"belay", (char *)"-q", (char *)"version", NULL};
	struct err err = {0};
	_cleanup_(request_freep) struct request *request = NULL;
	const struct command *command = NULL;
	struct terminal terminal;
	CHECK_OK(cli_parse(3, words, &request, &command, &err), &err);
	terminal_look(&terminal, request, NULL);
	CHECK(terminal.out.quiet && terminal.err.quiet && !terminal.out.verbose);
	terminal_look(&terminal, NULL, NULL);
	CHECK(!terminal.out.quiet);
}
