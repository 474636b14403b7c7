/* Commands behind the guard: whether an end of input is one, by a real shell. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "effects/live_backup.h"
#include "platform/process.h"
#include "test.h"

enum { INPUT_BYTES = 300000 };

/* `sent` bytes of the input, with the end or without it; then the pipe closes, as when belay was killed. */
static const struct row {
	const char *name, *command;
	int promised, sent;
	int end_bytes; /* -1: all of it */
	bool exited;
	const char *out;
	int exit;
} rows[] = {
	{"everything", "wc -c; echo end", INPUT_BYTES, INPUT_BYTES, -1, true,
	 "300000\nend\n"},
	{"nothing, and that is all", "wc -c", 0, 0, -1, true, "0\n"},
	{"one byte is missing", "wc -c; echo end", INPUT_BYTES, INPUT_BYTES - 1, 0, false,
	 ""},
	{"nobody says that it was all", "wc -c; echo end", INPUT_BYTES, INPUT_BYTES, 0,
	 false, ""},
	{"only half of that is said", "wc -c; echo end", INPUT_BYTES, INPUT_BYTES, 10,
	 false, ""},
	{"nothing at all comes", "wc -c; echo end", INPUT_BYTES, 0, 0, false, ""},
	{"in a pipeline", "cat | { trap '' TERM; cat >/dev/null; echo end; }",
	 INPUT_BYTES, INPUT_BYTES - 1, 0, false, ""},
	{"whatever it traps",
	 "trap 'echo trapped' HUP INT QUIT TERM EXIT; cat >/dev/null; echo end",
	 INPUT_BYTES, 1000, 0, false, ""},
	{"it wants no more", "head -c 3; echo end", INPUT_BYTES, INPUT_BYTES, -1, true,
	 "xxxend\n", 125},
	{"it wants nothing of what fits into a pipe", "exit 0", 100, 100, -1, true, "",
	 125},
	{"it wants no more, and the rest never comes", "head -c 3 >/dev/null",
	 INPUT_BYTES, 1000, 0, false, ""},
	{"its own failure", "head -c 3; exit 4", INPUT_BYTES, INPUT_BYTES, -1, true,
	 "xxx", 4},
	{"words that a shell would take",
	 "cat >/dev/null; echo \"it's \\$1 `echo $((1 + 1))`\" # end", INPUT_BYTES,
	 INPUT_BYTES, -1, true, "it's $1 2\n"},
};

static void feed_row(const struct row *row, struct str *input)
{
	_cleanup_str_ struct str end = STR_INIT;
	for (int i = 0; i < row->sent; i++)
		str_add_char(input, 'x');
	live_guard_end(&end);
	str_add_bytes(input, str_text(&end),
		      row->end_bytes < 0 ? end.len : (size_t)row->end_bytes);
}

/* `before` goes in front of the script. */
static void run_row(const struct row *row, const char *before)
{
	struct err err = {0};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	_cleanup_str_ struct str input = STR_INIT, said = STR_INIT, script = STR_INIT;
	feed_row(row, &input);
	str_add(&script, before);
	live_guard_command(&script, row->command, row->promised, false);
	struct feed_memory memory = {.data = str_text(&input), .len = input.len};
	const struct process process = {
		.shell = str_text(&script),
		.input = feed_from_memory(&memory),
		.no_grace = true,
		.timeout_ms = 20000,
		.max_output_bytes = 4000,
		.stop = STOP_NEVER,
	};
	signal(SIGPIPE, SIG_IGN);
	CHECK_OK(process_run(&process, &outcome, &err), &err);
	capture_text(&outcome.out, &said);
	CHECK_STR_EQ(str_text(&said), row->out);
	CHECK_INT_EQ(outcome.exited, row->exited);
	if (!row->exited)
		CHECK_STR_EQ(outcome.signal, "KILL");
	else
		CHECK_INT_EQ(outcome.exit, row->exit);
}

TEST(an_input_ends_only_when_it_was_all)
{
	FOR_ROWS(row, rows)
		run_row(row, "");
}

/* The rest of busybox is like that of other small systems: its head reads ahead. */
TEST(with_a_head_that_reads_ahead)
{
	if (access("/usr/bin/busybox", X_OK) < 0)
		test_skip("there is no busybox");
	_cleanup_free_ char *before = str_format(
		"ln -sf /usr/bin/busybox %s/head; PATH=%s:$PATH; export PATH\n",
		test_directory(), test_directory());
	FOR_ROWS(row, rows)
		run_row(row, before);
}

/* Without a group of its own the guard makes one: what started it lives on. */
TEST(whoever_started_it_is_not_killed)
{
	struct err err = {0};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	_cleanup_str_ struct str said = STR_INIT, script = STR_INIT, outer = STR_INIT;
	live_guard_command(&script, "cat >/dev/null; echo end", 1000, false);
	str_add(&outer, "echo cut | /bin/sh -c ");
	str_add_shell_quoted(&outer, str_text(&script));
	str_add(&outer, "; echo \"lives, $?\"");
	const struct process process = {
		.shell = str_text(&outer),
		.timeout_ms = 20000,
		.max_output_bytes = 4000,
		.stop = STOP_NEVER,
	};
	CHECK_OK(process_run(&process, &outcome, &err), &err);
	capture_text(&outcome.out, &said);
	CHECK_STR_EQ(str_text(&said), "lives, 137\n");
}

/* fish reads escapes within single quotes, and ends with 0 when it does not understand a word. */
TEST(quoted_for_other_shells)
{
	static const char *const shells[] = {"/bin/sh", "/bin/bash", "/usr/bin/fish"};
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		test_row("%s", shells[i]);
		if (access(shells[i], X_OK) < 0)
			continue;
		struct err err = {0};
		_cleanup_outcome_ struct run_outcome outcome = {0};
		_cleanup_str_ struct str script = STR_INIT, outer = STR_INIT,
					 input = STR_INIT, said = STR_INIT;
		live_guard_command(&script,
				   "cat | sed 's/\\./-/'; echo \"it's \\\\ done\"", 4,
				   false);
		str_add(&outer, "exec sh -c ");
		str_add_shell_quoted(&outer, str_text(&script));
		str_add(&input, "a.b\n");
		live_guard_end(&input);
		struct feed_memory memory = {.data = str_text(&input), .len = input.len};
		const char *const argv[] = {shells[i], "-c", str_text(&outer), NULL};
		const struct process process = {
			.argv = argv,
			.input = feed_from_memory(&memory),
			.timeout_ms = 20000,
			.max_output_bytes = 4000,
			.stop = STOP_NEVER,
		};
		CHECK_OK(process_run(&process, &outcome, &err), &err);
		capture_text(&outcome.out, &said);
		CHECK_STR_EQ(str_text(&said), "a-b\nit's \\ done\n");
		CHECK_INT_EQ(outcome.exit, 0);
	}
}

/* --- commands that do not read all of it ------------------------------------------------------ */

/* What a real tar makes of two files, the second a megabyte of zeros when `zeros`. */
static void make_tar(bool zeros, struct str *ret)
{
	struct err err = {0};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	const struct process process = {
		.shell = zeros ? "mkdir -p in && seq 1 5000 >in/a && head -c 1000000 "
				 "/dev/zero >in/b && tar -b 20 -cf all.tar in"
			       : "mkdir -p in && seq 1 5000 >in/a && echo b >in/b && tar "
				 "-b 20 -cf all.tar in",
		.directory = test_directory(),
		.timeout_ms = 20000,
		.max_output_bytes = 4000,
		.stop = STOP_NEVER,
	};
	CHECK_OK(process_run(&process, &outcome, &err), &err);
	_cleanup_free_ char *path = str_format("%s/all.tar", test_directory());
	FILE *file = fopen(path, "r");
	if (!CHECK(file != NULL))
		return;
	char buffer[4096];
	size_t got;
	while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
		str_add_bytes(ret, buffer, got);
	fclose(file);
}

static const struct {
	const char *name, *command; /* in a directory of its own */
	bool zeros, is_tar;
	int exit;
} tars[] = {
	{"tar unpacks", "tar -xf - && cmp in/a ../in/a", false, true, 0},
	{"tar unpacks zeros", "tar -xf - && cmp in/b ../in/b", true, true, 0},
	{"tar lists", "tar -tf -", false, true, 0},
	{"all but the zeros at its end", "head -c 26112 >/dev/null", false, true, 0},
	{"the same of what is no tar", "head -c 26112 >/dev/null", false, false, 125},
	{"the headers only", "head -c 1024 >/dev/null", false, true, 125},
	{"a file of zeros is data", "head -c 27000 >/dev/null", true, true, 125},
};

TEST(a_tar_may_leave_its_padding)
{
	FOR_ROWS(row, tars) {
		struct err err = {0};
		_cleanup_outcome_ struct run_outcome outcome = {0};
		_cleanup_str_ struct str input = STR_INIT, script = STR_INIT;
		make_tar(row->zeros, &input);
		_cleanup_free_ char *command = str_format(
			"rm -rf out && mkdir out && cd out && { %s; }", row->command);
		live_guard_command(&script, command, (int64_t)input.len, row->is_tar);
		live_guard_end(&input);
		struct feed_memory memory = {.data = str_text(&input), .len = input.len};
		const struct process process = {
			.shell = str_text(&script),
			.directory = test_directory(),
			.input = feed_from_memory(&memory),
			.no_grace = true,
			.timeout_ms = 20000,
			.max_output_bytes = 4000,
			.stop = STOP_NEVER,
		};
		CHECK_OK(process_run(&process, &outcome, &err), &err);
		CHECK(outcome.exited);
		CHECK_INT_EQ(outcome.exit, row->exit);
	}
}
