/* Running a command on this machine: posix_spawn(3), pipes and a poll loop. */
#include "platform/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/deadline.h"

enum {
	TERM_GRACE_MS = 2000, /* between SIGTERM and SIGKILL */
	LINGER_MS = 1000,     /* for output of what outlives the command */
	DRAIN_PIPE_BYTES = 1 << 20,
	SLICE_MS = 20, /* between looks at the child, where the kernel has no pidfd */
	CHUNK_BYTES = 65536,
};

struct job {
	const struct process *process;
	struct run_outcome *outcome;
	pid_t pid;
	int pid_fd; /* readable when the child has ended; -1 on old kernels */
	int in, out, err;
	bool ending; /* being killed: the stop that may have caused it is no news */
	bool ended;
	int status;
	int64_t linger_ms; /* what outlives the command is read until then */

	char *chunk; /* input that waits to be written */
	size_t chunk_len, chunk_at;
};

/* --- starting ------------------------------------------------------------------------------ */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The child's environment: ours, with the additions in the place of what they replace. */
static char **make_environment(const struct process *process)
{
	struct {
		char **items;
		size_t count, capacity;
	} list = {0};
	for (char **entry = environ; entry && *entry; entry++) {
		const char *equals = strchr(*entry, '=');
		size_t name_len = equals ? (size_t)(equals - *entry) : strlen(*entry);
		bool replaced = false;
		for (size_t i = 0; i < process->variable_count && !replaced; i++) {
			const char *name = process->variables[i].name;
			replaced = strlen(name) == name_len &&
				   memcmp(name, *entry, name_len) == 0;
		}
		if (!replaced)
			*vec_push(&list) = mem_strdup(*entry);
	}
	for (size_t i = 0; i < process->variable_count; i++)
		*vec_push(&list) = str_format("%s=%s", process->variables[i].name,
					      process->variables[i].value);
	(void)vec_push(&list); /* NULL ends it */
	return list.items;
}

static void free_environment(char **environment)
{
	for (char **entry = environment; *entry; entry++) {
		explicit_bzero(*entry, strlen(*entry)); /* may hold secrets */
		free(*entry);
	}
	free(environment);
}

struct pipes {
	int in[2], out[2], err[2];
};

static void close_pipes(struct pipes *pipes)
{
	int *all[] = {&pipes->in[0],  &pipes->in[1],  &pipes->out[0],
		      &pipes->out[1], &pipes->err[0], &pipes->err[1]};
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		close_fd(all[i]);
}

static int open_pipes(const struct process *process, struct pipes *pipes)
{
	if (process->input.read) {
		if (pipe2(pipes->in, O_CLOEXEC) < 0)
			return -1;
	} else if ((pipes->in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) {
		return -1;
	}
	return pipe2(pipes->out, O_CLOEXEC) < 0 || pipe2(pipes->err, O_CLOEXEC) < 0 ? -1
										    : 0;
}

/* A group of its own, default signals: a handler or an ignored SIGPIPE of ours is not theirs. An ignored SIGHUP is:
 * nohup is meant for all that we start. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t signals;
	sigemptyset(&signals);
	posix_spawnattr_setsigmask(attributes, &signals);
	static const int defaults[] = {SIGPIPE, SIGINT, SIGTERM, SIGQUIT, SIGCHLD};
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		sigaddset(&signals, defaults[i]);
	posix_spawnattr_setsigdefault(attributes, &signals);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
						     POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETSIGMASK);
}

/* Returns 0 or an errno. */
static int spawn(struct job *job, const struct pipes *pipes)
{
	const struct process *process = job->process;
	const char *const shell[] = {"/bin/sh", "-c", process->shell, NULL};
	const char *const *argv = process->shell ? shell : process->argv;

	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, pipes->in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pipes->out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pipes->err[1], STDERR_FILENO);
	if (process->directory)
		posix_spawn_file_actions_addchdir_np(&actions, process->directory);
	set_attributes(&attributes);

	char **environment = make_environment(process);
	int number = posix_spawnp(&job->pid, argv[0], &actions, &attributes,
				  (char *const *)argv, environment);
	free_environment(environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

static int explain(const struct process *process, int number, struct err *err)
{
	if (process->directory && access(process->directory, X_OK) < 0)
		return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_FAIL,
				     errno, "cannot run in the directory '%s'",
				     process->directory);
	if (process->shell && access("/bin/sh", X_OK) < 0) {
		err_set(err, ERR_CONFIG, "there is no /bin/sh here to run '%.200s'",
			process->shell);
		return err_hint(
			err,
			"this looks like an image without a shell; in a workflow use "
			"the one that has one: 'uses: belay-deploy/belay/toolbox@v1'");
	}
	return err_set_errno(err, number == ENOENT ? ERR_NOT_FOUND : ERR_FAIL, number,
			     "cannot run '%.200s'",
			     process->shell ? process->shell : process->argv[0]);
}

/* SYS_pidfd_open is Linux 5.3. */
static int open_pid(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int start(struct job *job, struct err *err)
{
	struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
	if (open_pipes(job->process, &pipes) < 0) {
		int number = errno;
		close_pipes(&pipes);
		return err_set_errno(err, ERR_FAIL, number, "cannot open a pipe");
	}
	int number = spawn(job, &pipes);
	if (number) {
		close_pipes(&pipes);
		return explain(job->process, number, err);
	}
	job->in = pipes.in[1];
	job->out = pipes.out[0];
	job->err = pipes.err[0];
	pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
	close_pipes(&pipes);
	if (job->in >= 0)
		fcntl(job->in, F_SETFL, O_NONBLOCK);
	fcntl(job->out, F_SETFL, O_NONBLOCK);
	fcntl(job->err, F_SETFL, O_NONBLOCK);
	if (job->process->output.take) /* fewer changes between the two of us */
		(void)fcntl(job->out, F_SETPIPE_SZ, DRAIN_PIPE_BYTES);
	job->pid_fd = open_pid(job->pid);
	return 0;
}

/* --- moving bytes -------------------------------------------------------------------------- */

/* Returns the bytes that are in `buffer` now; closes at the end. */
static size_t read_some(int *fd, char *buffer)
{
	ssize_t got = read(*fd, buffer, CHUNK_BYTES);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return got > 0 ? (size_t)got : 0;
}

static int read_output(struct job *job, char *buffer, struct err *err)
{
	const struct drain *output = &job->process->output;
	size_t got = read_some(&job->out, buffer);
	if (got == 0)
		return 0;
	if (!output->take || job->ending) {
		capture_add(&job->outcome->out, buffer, got);
		return 0;
	}
	int result = output->take(output->context, buffer, got, err);
	if (job->ended) /* the drain may have taken its time */
		job->linger_ms = deadline_after_ms(LINGER_MS);
	return result;
}

/* A reader that goes away (EPIPE) has had enough: `head -1` is no failure. */
static int write_some(struct job *job, struct err *err)
{
	if (job->chunk_at == job->chunk_len) {
		const struct feed *input = &job->process->input;
		ssize_t got = input->read(input->context, job->chunk, CHUNK_BYTES, err);
		if (got < 0)
			return -1;
		if (got == 0) {
			close_fd(&job->in);
			return 0;
		}
		job->chunk_at = 0;
		job->chunk_len = (size_t)got;
	}
	ssize_t written = write(job->in, job->chunk + job->chunk_at,
				job->chunk_len - job->chunk_at);
	if (written >= 0)
		job->chunk_at += (size_t)written;
	else if (errno != EAGAIN && errno != EINTR)
		close_fd(&job->in);
	return 0;
}

static void look_at_child(struct job *job)
{
	pid_t got;
	do
		got = waitpid(job->pid, &job->status, WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got == job->pid)
		job->ended = true;
}

/* One round: waits until something can be done, or `until_ms`, and does it. */
static int turn(struct job *job, char *buffer, int64_t until_ms, struct err *err)
{
	enum { IN, OUT, ERR, CHILD, WAKE, COUNT };
	struct pollfd fds[COUNT] = {
		[IN] = {.fd = job->ending ? -1 : job->in, .events = POLLOUT},
		[OUT] = {.fd = job->out, .events = POLLIN},
		[ERR] = {.fd = job->err, .events = POLLIN},
		[CHILD] = {.fd = job->ended ? -1 : job->pid_fd, .events = POLLIN},
		[WAKE] = {.fd = job->ending ? -1 : job->process->stop.wake_fd,
			  .events = POLLIN},
	};
	int wait_ms = until_ms == INT64_MAX ? -1 : deadline_left_ms(until_ms);
	if (!job->ended && job->pid_fd < 0 && (wait_ms < 0 || wait_ms > SLICE_MS))
		wait_ms = SLICE_MS;
	if (poll(fds, COUNT, wait_ms) < 0 && errno != EINTR)
		return err_set_errno(err, ERR_FAIL, errno, "cannot wait for a command");
	if (fds[OUT].revents && read_output(job, buffer, err) < 0)
		return -1;
	if (fds[ERR].revents)
		capture_add(&job->outcome->err, buffer, read_some(&job->err, buffer));
	if (fds[IN].revents && write_some(job, err) < 0)
		return -1;
	if (!job->ended)
		look_at_child(job);
	return 0;
}

/* --- ending -------------------------------------------------------------------------------- */

/* SIGTERM, a grace in which output is still read, SIGKILL. The child is reaped. Its input stays open: it must not look as
 * if it were complete. */
static void end_group(struct job *job, char *buffer)
{
	struct err ignored = {0};
	job->ending = true;
	if (!job->process->no_grace)
		kill(-job->pid, SIGTERM);
	int64_t until = deadline_after_ms(job->process->no_grace ? 0 : TERM_GRACE_MS);
	while (!job->ended && deadline_left_ms(until))
		if (turn(job, buffer, until, &ignored) < 0)
			break;
	kill(-job->pid, SIGKILL);
	while (!job->ended && waitpid(job->pid, &job->status, 0) < 0 && errno == EINTR)
		;
	job->ended = true;
}

static bool has_open_output(const struct job *job)
{
	return job->out >= 0 || job->err >= 0;
}

/* Output that is not at its end is not complete: nobody would know where it was cut. */
static int end_of_linger(const struct job *job, struct err *err)
{
	if (!job->process->output.take || job->out < 0)
		return 0;
	/* The run has failed: what writes into it now writes for nobody. */
	kill(-job->pid, SIGKILL);
	return err_set(err, ERR_FAIL,
		       "the command ended, but something that it left behind keeps its "
		       "output open");
}

/* Until the command has ended and its output with it. */
static int attend(struct job *job, char *buffer, struct err *err)
{
	const struct process *process = job->process;
	int64_t deadline =
		process->timeout_ms ? deadline_after_ms(process->timeout_ms) : INT64_MAX;
	job->linger_ms = INT64_MAX;
	while (!job->ended || has_open_output(job)) {
		if (job->ended && job->linger_ms == INT64_MAX) {
			job->linger_ms = deadline_after_ms(LINGER_MS);
			close_fd(&job->in);
		}
		if (job->ended && !deadline_left_ms(job->linger_ms))
			return end_of_linger(job, err);
		if (!job->ended && stop_asked(&process->stop)) {
			end_group(job, buffer);
			return err_set(err, ERR_CANCELLED, "cancelled by a signal");
		}
		if (!job->ended && deadline != INT64_MAX && !deadline_left_ms(deadline)) {
			end_group(job, buffer);
			job->outcome->timed_out = true;
			return 0;
		}
		if (turn(job, buffer, job->ended ? job->linger_ms : deadline, err) < 0) {
			end_group(job, buffer);
			return -1;
		}
	}
	return 0;
}

static void describe_end(const struct job *job)
{
	struct run_outcome *outcome = job->outcome;
	if (outcome->timed_out)
		return;
	if (WIFEXITED(job->status)) {
		outcome->exited = true;
		outcome->exit = WEXITSTATUS(job->status);
	} else if (WIFSIGNALED(job->status)) {
		const char *name = sigabbrev_np(WTERMSIG(job->status));
		snprintf(outcome->signal, sizeof outcome->signal, "%s",
			 name ? name : "?");
	}
}

int process_run(const struct process *process, struct run_outcome *outcome,
		struct err *err)
{
	assert(!process->shell != !process->argv);
	*outcome = (struct run_outcome){0};
	capture_init(&outcome->out, process->max_output_bytes);
	capture_init(&outcome->err, process->max_output_bytes);
	struct job job = {
		.process = process,
		.outcome = outcome,
		.pid_fd = -1,
		.in = -1,
		.out = -1,
		.err = -1,
	};
	int64_t started_ms = deadline_now_ms();
	if (start(&job, err) < 0)
		return -1;

	_cleanup_free_ char *buffer = mem_alloc(CHUNK_BYTES);
	job.chunk = mem_alloc(CHUNK_BYTES);
	int result = attend(&job, buffer, err);
	describe_end(&job);
	outcome->duration_ms = deadline_now_ms() - started_ms;

	free(job.chunk);
	close_fd(&job.in);
	close_fd(&job.out);
	close_fd(&job.err);
	close_fd(&job.pid_fd);
	return result;
}
