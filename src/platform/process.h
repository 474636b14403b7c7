/* room: platform
 * Running a command on this machine: in a process group of its own, with a deadline, fed and read
 * without ever blocking on either.
 */
#ifndef BELAY_PLATFORM_PROCESS_H
#define BELAY_PLATFORM_PROCESS_H

#include "belay/err.h"
#include "platform/flow.h"
#include "platform/run.h"
#include "platform/stop.h"

struct process_variable {
	const char *name;
	const char *value;
};

struct process {
	/* One of the two. */
	const char *shell;       /* text for /bin/sh -c */
	const char *const *argv; /* NULL-terminated; argv[0] is looked for in PATH */

	const struct process_variable
		*variables; /* added to the environment, or replacing there */
	size_t variable_count;
	const char *directory;   /* working directory; NULL: this one */
	struct feed input;       /* FEED_NONE: /dev/null */
	struct drain output;     /* gets standard output; take NULL: it is captured */
	bool no_grace;           /* when it has to be ended: SIGKILL at once */
	int64_t timeout_ms;      /* 0: none */
	size_t max_output_bytes; /* kept of each of stdout and stderr; see struct capture */
	struct stop stop;
};

/* Runs it to its end. A deadline that passes is an outcome (timed_out): the process group gets
 * SIGTERM and, two seconds later, SIGKILL; its input stays open until then, so that nobody takes the end of us for the
 * end of it. What the command leaves behind in the background is left
 * alone when it ends in time; its output is read for at most one more second.
 * With `output` everything that the command writes arrives there (a drain that fails ends the group and the call), or
 * the call fails: also when the command ends and something that it left behind keeps its output open, which is killed then.
 * Errors: ERR_NOT_FOUND (no such command or directory), ERR_CONFIG (`shell` where there is no
 * /bin/sh), ERR_CANCELLED (the group is ended in the same way), ERR_FAIL.
 * A SIGHUP that this process ignores (nohup) the command ignores, too.
 * Release *outcome in either case. SIGPIPE must be ignored in this process. */
int process_run(const struct process *process, struct run_outcome *outcome,
		struct err *err);

#endif
