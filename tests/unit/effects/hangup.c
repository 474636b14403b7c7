/* A hangup ends a run as SIGTERM does: once, and only when nobody chose to ignore it. In a process of its own, as signals
 * are counted for the whole of it. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "test.h"

static int sleep_in(struct effects *fx)
{
	struct err err = {0};
	return effects_sleep(fx, 1, &err) < 0 ? (int)err.code : 0;
}

/* What became of effects of a process that is hung up on, one letter each: c(ancelled) or d(one). */
static void live_through(void (*before)(int), const int *signals, size_t count, char *ret)
{
	int ends[2] = {-1, -1};
	if (!CHECK(pipe(ends) == 0))
		return;
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGHUP, before);
		effects_catch_signals();
		struct effects *fx = effects_new(effects_redact_new(effects_live_new()));
		for (size_t i = 0; i < count; i++) {
			raise(signals[i]);
			char letter = sleep_in(fx) == ERR_CANCELLED ? 'c' : 'd';
			(void)!write(ends[1], &letter, 1);
			(void)effects_acknowledge_cancel(fx);
		}
		effects_free(fx);
		_exit(0);
	}
	close(ends[1]);
	for (size_t i = 0; i < count; i++)
		CHECK(read(ends[0], &ret[i], 1) == 1);
	close(ends[0]);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static const struct row {
	const char *name;
	void (*before)(int);
	int signals[3];
	const char *want;
} rows[] = {
	{"it cancels", SIG_DFL, {SIGHUP, SIGHUP, SIGTERM}, "cdc"},
	{"behind another signal it is no news",
	 SIG_DFL,
	 {SIGTERM, SIGHUP, SIGHUP},
	 "cdd"},
	{"ignored from the start", SIG_IGN, {SIGHUP, SIGHUP, SIGTERM}, "ddc"},
};

TEST(a_hangup)
{
	FOR_ROWS(row, rows) {
		char letters[4] = "";
		live_through(row->before, row->signals, 3, letters);
		CHECK_STR_EQ(letters, row->want);
	}
}
