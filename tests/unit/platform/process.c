/* Commands on this machine: feeding, capturing, deadlines, endings. */
#include "platform/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/deadline.h"
#include "test.h"

static int run(const char *shell, struct feed input, int64_t timeout_ms,
	       size_t max_output, struct run_outcome *outcome, struct err *err)
{
	signal(SIGPIPE, SIG_IGN);
	struct process process = {.shell = shell,
				  .input = input,
				  .timeout_ms = timeout_ms,
				  .max_output_bytes = max_output,
				  .stop = STOP_NEVER};
	return process_run(&process, outcome, err);
}

static char *shown(struct capture *capture)
{
	struct str text = STR_INIT;
	capture_text(capture, &text);
	return str_take(&text);
}

static const struct row {
	const char *name, *shell, *input;
	bool exited;
	int exit;
	const char *signal, *out, *err;
} rows[] = {
	{"output", "echo out", NULL, true, 0, "", "out\n", ""},
	{"errors", "echo err >&2", NULL, true, 0, "", "", "err\n"},
	{"status", "exit 41", NULL, true, 41, "", "", ""},
	{"signal", "kill -SEGV $$", NULL, false, 0, "SEGV", "", ""},
	{"no input", "cat", NULL, true, 0, "", "", ""},
	{"input", "cat", "text", true, 0, "", "text", ""},
	{"empty input", "cat; echo end", "", true, 0, "", "end\n", ""},
	{"input that nobody reads", "exec <&-; echo done", "text", true, 0, "", "done\n",
	 ""},
	{"own group", "test \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$ && echo own", NULL,
	 true, 0, "", "own\n", ""},
	{"closed output", "exec >&- 2>&-; sleep 0.1; exit 3", NULL, true, 3, "", "", ""},
	{"default SIGPIPE", "(trap '' PIPE; true); kill -PIPE $$; echo alive", NULL,
	 false, 0, "PIPE", "", ""},
};

TEST(endings)
{
	FOR_ROWS(row, rows) {
		struct feed_memory memory = {row->input,
					     row->input ? strlen(row->input) : 0, 0};
		struct run_outcome outcome;
		struct err err = {0};
		CHECK_OK(run(row->shell,
			     row->input ? feed_from_memory(&memory) : FEED_NONE, 20000,
			     65536, &outcome, &err),
			 &err);
		char *out = shown(&outcome.out), *errors = shown(&outcome.err);
		CHECK_INT_EQ(outcome.exited, row->exited);
		CHECK_INT_EQ(outcome.exit, row->exit);
		CHECK_STR_EQ(outcome.signal, row->signal);
		CHECK_STR_EQ(out, row->out);
		CHECK_STR_EQ(errors, row->err);
		CHECK(!outcome.timed_out);
		free(out);
		free(errors);
		run_outcome_release(&outcome);
	}
}

TEST(large_streams_in_both_directions)
{
	size_t size = 5 << 20;
	char *data = mem_alloc(size + 1);
	for (size_t i = 0; i < size; i++)
		data[i] = (char)('a' + i % 26);
	struct feed_memory memory = {data, size, 0};
	struct run_outcome outcome;
	struct err err = {0};
	CHECK_OK(run("cat", feed_from_memory(&memory), 60000, size, &outcome, &err),
		 &err);
	char *out = shown(&outcome.out);
	CHECK_INT_EQ(strlen(out), size);
	CHECK(memcmp(out, data, size) == 0);
	CHECK_INT_EQ(outcome.out.left_out_bytes, 0);
	free(out);
	free(data);
	run_outcome_release(&outcome);
}

TEST(output_is_cut_in_the_middle)
{
	struct run_outcome outcome;
	struct err err = {0};
	CHECK_OK(
		run("echo first; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last",
		    FEED_NONE, 60000, 200, &outcome, &err),
		&err);
	char *out = shown(&outcome.out);
	CHECK(str_has_prefix(out, "first\nline 0\n"));
	CHECK(str_has_suffix(out, "line 19999\nlast\n"));
	CHECK_STR_HAS(out, "\n\xe2\x80\xa6 ");
	CHECK_STR_HAS(out, " bytes left out \xe2\x80\xa6\nline ");
	CHECK(strlen(out) <= 260);
	free(out);
	run_outcome_release(&outcome);
}

/* 'X' or 'Z' when it has ended: init reaps it when it likes. */
static char state_of(pid_t pid)
{
	char state = 'X';
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		usleep(10000);
	_cleanup_free_ char *path = str_format("/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%*d %*s %c", &state) != 1)
			state = 'X';
		fclose(file);
	}
	return state;
}

TEST(a_deadline_ends_the_group)
{
	struct run_outcome outcome;
	struct err err = {0};
	int64_t started = deadline_now_ms();
	CHECK_OK(run("sleep 1000 & echo $!; wait", FEED_NONE, 300, 1000, &outcome, &err),
		 &err);
	CHECK(outcome.timed_out);
	CHECK(!outcome.exited);
	CHECK_STR_EQ(outcome.signal, "");
	CHECK(deadline_now_ms() - started < 5000);
	char *child = shown(&outcome.out);
	char state = state_of((pid_t)strtol(child, NULL, 10));
	CHECK(state == 'X' || state == 'Z');
	free(child);
	run_outcome_release(&outcome);
}

TEST(a_command_that_ignores_sigterm_is_killed)
{
	struct run_outcome outcome;
	struct err err = {0};
	int64_t started = deadline_now_ms();
	CHECK_OK(run("trap '' TERM; echo begun; while :; do sleep 0.1; done", FEED_NONE,
		     200, 1000, &outcome, &err),
		 &err);
	CHECK(outcome.timed_out);
	CHECK(deadline_now_ms() - started < 8000);
	run_outcome_release(&outcome);
}

TEST(a_background_process_is_not_waited_for)
{
	struct run_outcome outcome;
	struct err err = {0};
	CHECK_OK(run("sleep 6 & echo started", FEED_NONE, 30000, 1000, &outcome, &err),
		 &err);
	CHECK(outcome.exited);
	CHECK(outcome.duration_ms < 4000);
	run_outcome_release(&outcome);
}

static int take_nothing(void *context, const void *data, size_t bytes, struct err *err)
{
	(void)context, (void)data, (void)bytes, (void)err;
	return 0;
}

/* What it writes is for a backup that has failed. */
TEST(what_keeps_a_drained_output_open_is_killed)
{
	struct run_outcome outcome;
	struct err err = {0};
	struct process process = {.shell = "sleep 30 & echo $! >&2; echo data",
				  .input = FEED_NONE,
				  .output = {.take = take_nothing},
				  .timeout_ms = 20000,
				  .max_output_bytes = 100,
				  .stop = STOP_NEVER};
	CHECK_FAILS(process_run(&process, &outcome, &err), &err, ERR_FAIL,
		    "keeps its output open");
	_cleanup_free_ char *child = shown(&outcome.err);
	char state = state_of((pid_t)strtol(child, NULL, 10));
	CHECK(state == 'X' || state == 'Z');
	run_outcome_release(&outcome);
}

/* nohup is meant for the commands, too. */
TEST(an_ignored_hangup_is_handed_on)
{
	struct run_outcome outcome;
	struct err err = {0};
	void (*before)(int) = signal(SIGHUP, SIG_IGN);
	CHECK_OK(run("kill -HUP $$; echo alive", FEED_NONE, 20000, 100, &outcome, &err),
		 &err);
	signal(SIGHUP, before);
	_cleanup_free_ char *out = shown(&outcome.out);
	CHECK_STR_EQ(out, "alive\n");
	run_outcome_release(&outcome);
}

TEST(words_variables_and_directory)
{
	const char *const argv[] = {"sh", "-c",   "pwd; echo $A$B; echo \"$1\"",
				    "sh", "a  b", NULL};
	struct process_variable variables[] = {
		{"A", "one"}, {"B", "two"}, {"HOME", "here"}};
	struct process process = {.argv = argv,
				  .variables = variables,
				  .variable_count = ARRAY_SIZE(variables),
				  .directory = "/",
				  .max_output_bytes = 1000,
				  .stop = STOP_NEVER};
	struct run_outcome outcome;
	struct err err = {0};
	CHECK_OK(process_run(&process, &outcome, &err), &err);
	char *out = shown(&outcome.out);
	CHECK_STR_EQ(out, "/\nonetwo\na  b\n");
	free(out);
	run_outcome_release(&outcome);
}

TEST(what_cannot_start)
{
	const char *const argv[] = {"no-such-command-here", NULL};
	const char *const not_executable[] = {"/etc/passwd", NULL};
	struct process process = {.argv = argv, .stop = STOP_NEVER};
	struct run_outcome outcome;
	struct err err = {0};
	CHECK_FAILS(process_run(&process, &outcome, &err), &err, ERR_NOT_FOUND,
		    "no-such-command-here");
	run_outcome_release(&outcome);
	process.argv = not_executable;
	CHECK_FAILS(process_run(&process, &outcome, &err), &err, ERR_FAIL, "/etc/passwd");
	run_outcome_release(&outcome);
	process.directory = "/no/such";
	CHECK_FAILS(process_run(&process, &outcome, &err), &err, ERR_NOT_FOUND,
		    "directory '/no/such'");
	run_outcome_release(&outcome);
}

/* In an empty root, as in an image FROM scratch. */
TEST(no_shell)
{
	if (geteuid() != 0)
		return;
	const char *root = test_directory();
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct run_outcome outcome;
		struct err err = {0};
		int null = open("/dev/null", O_RDONLY);
		if (null < 0 || chroot(root) < 0 || chdir("/") < 0)
			_exit(9);
		struct feed_memory memory = {"x", 1, 0};
		if (run("echo hello", feed_from_memory(&memory), 1000, 100, &outcome,
			&err) == 0)
			_exit(8);
		_exit(err.code == ERR_CONFIG && strstr(err.message, "no /bin/sh") ? 0
										  : 7);
	}
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	if (WEXITSTATUS(status) != 9) /* chroot may be forbidden */
		CHECK_INT_EQ(WEXITSTATUS(status), 0);
}

static ssize_t failing_read(void *context, void *buffer, size_t size, struct err *err)
{
	(void)context;
	(void)buffer;
	(void)size;
	return err_set(err, ERR_FAIL, "the well is dry");
}

TEST(a_feed_that_fails)
{
	struct run_outcome outcome;
	struct err err = {0};
	CHECK_FAILS(run("cat", (struct feed){.read = failing_read}, 20000, 100, &outcome,
			&err),
		    &err, ERR_FAIL, "the well is dry");
	run_outcome_release(&outcome);
}

/* After the shell had time to begin. */
static ssize_t failing_read_later(void *context, void *buffer, size_t size,
				  struct err *err)
{
	usleep(500000);
	return failing_read(context, buffer, size, err);
}

/* It ignores SIGTERM and would take the end of its input for the end of the data. */
TEST(a_feed_that_fails_does_not_look_complete)
{
	struct run_outcome outcome;
	struct err err = {0};
	CHECK_FAILS(run("trap '' TERM; cat; echo complete",
			(struct feed){.read = failing_read_later}, 20000, 100, &outcome,
			&err),
		    &err, ERR_FAIL, "the well is dry");
	_cleanup_free_ char *out = shown(&outcome.out);
	CHECK_STR_EQ(out, "");
	CHECK_STR_EQ(outcome.signal, "KILL");
	run_outcome_release(&outcome);
}

TEST(many_at_once_leave_nothing_open)
{
	for (int i = 0; i < 50; i++) {
		struct run_outcome outcome;
		struct err err = {0};
		CHECK_OK(run("echo x", FEED_NONE, 20000, 100, &outcome, &err), &err);
		run_outcome_release(&outcome);
	}
	int fd = dup(0);
	CHECK(fd < 20);
	close(fd);
}
