/* Runs a program and strikes once: at the n-th call of a system call, counted over all threads, the
 * program is killed, gets a signal, or the call fails with an error without being made.
 *
 *     strike REPORT [CALL N ACTION] -- PROGRAM ARGUMENT…
 *
 * ACTION is KILL, INT, TERM (a signal) or the name of an error. REPORT gets a line "CALL COUNT" for
 * each call that was made, "struck" when the moment came, and "exit STATUS" or "signal NUMBER".
 *
 * strace -e inject counts per thread: what a thread does late can never be the n-th call there,
 * because an earlier thread gets to n first. Processes that the program starts are not counted. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define TRACEES_MAX 4096

/* Calls that others can notice, or that can fail for reasons outside of the program. */
static const struct call {
	const char *name;
	unsigned number;
} calls[] = {
	{"read", SYS_read},
	{"pread64", SYS_pread64},
	{"write", SYS_write},
	{"pwrite64", SYS_pwrite64},
	{"writev", SYS_writev},
	{"open", SYS_open},
	{"openat", SYS_openat},
	{"close", SYS_close},
	{"fcntl", SYS_fcntl},
	{"access", SYS_access},
	{"newfstatat", SYS_newfstatat},
	{"readlink", SYS_readlink},
	{"getdents64", SYS_getdents64},
	{"mkdir", SYS_mkdir},
	{"rmdir", SYS_rmdir},
	{"link", SYS_link},
	{"symlink", SYS_symlink},
	{"rename", SYS_rename},
	{"unlink", SYS_unlink},
	{"chmod", SYS_chmod},
	{"fsync", SYS_fsync},
	{"ftruncate", SYS_ftruncate},
	{"socket", SYS_socket},
	{"connect", SYS_connect},
	{"sendto", SYS_sendto},
	{"sendmsg", SYS_sendmsg},
	{"sendmmsg", SYS_sendmmsg},
	{"recvfrom", SYS_recvfrom},
	{"recvmsg", SYS_recvmsg},
	{"shutdown", SYS_shutdown},
	{"poll", SYS_poll},
	{"ppoll", SYS_ppoll},
	{"eventfd2", SYS_eventfd2},
	{"pipe2", SYS_pipe2},
	{"clone3", SYS_clone3},
	{"wait4", SYS_wait4},
	{"execve", SYS_execve},
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EMFILE", EMFILE},
	{"EINTR", EINTR},   {"EACCES", EACCES}, {"ENOMEM", ENOMEM},
};

static const struct {
	const char *name;
	int number;
} signals[] = {{"KILL", SIGKILL}, {"INT", SIGINT}, {"TERM", SIGTERM}};

struct strike {
	const char *call;
	unsigned long at;
	int signal, error;
	bool done;
};

struct tracee {
	pid_t id;
	bool ours; /* a thread of the program, not of a process that it started */
};

static pid_t program;
static unsigned long counts[ARRAY_SIZE(calls)];
static struct tracee tracees[TRACEES_MAX];
static size_t tracee_count;

static void die(const char *what)
{
	fprintf(stderr, "strike: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* --- the program ---------------------------------------------------------------------------- */

/* Only the calls above stop the program: everything else runs at full speed. */
static void filter_calls(void)
{
	struct sock_filter code[ARRAY_SIZE(calls) + 3];
	size_t n = 0;
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, calls[i].number,
			(unsigned char)(ARRAY_SIZE(calls) - i), 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	struct sock_fprog filter = {.len = (unsigned short)n, .filter = code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		die("seccomp");
}

static void start(char **argv)
{
	program = fork();
	if (program < 0)
		die("fork");
	if (program == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			die("ptrace");
		raise(SIGSTOP);
		filter_calls();
		execv(argv[0], argv);
		die(argv[0]);
	}
	int status;
	if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status))
		die("the program did not stop");
	long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
		       PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
	if (ptrace(PTRACE_SETOPTIONS, program, NULL, options) < 0 ||
	    ptrace(PTRACE_CONT, program, NULL, 0) < 0)
		die("ptrace");
	tracees[tracee_count++] = (struct tracee){program, true};
}

/* --- who stopped ---------------------------------------------------------------------------- */

static bool is_thread_of_program(pid_t id)
{
	char path[64];
	char line[128];
	int group = 0;
	snprintf(path, sizeof path, "/proc/%d/status", id);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "Tgid:", 5) == 0)
			group = (int)strtol(line + 5, NULL, 10);
	if (file)
		fclose(file);
	return group == program;
}

/* *ret_new: it stops for the first time. */
static const struct tracee *find(pid_t id, bool *ret_new)
{
	*ret_new = false;
	for (size_t i = 0; i < tracee_count; i++)
		if (tracees[i].id == id)
			return &tracees[i];
	if (tracee_count == TRACEES_MAX)
		die("too many threads");
	*ret_new = true;
	tracees[tracee_count] = (struct tracee){id, is_thread_of_program(id)};
	return &tracees[tracee_count++];
}

/* --- the strike ------------------------------------------------------------------------------ */

static void fail_call(pid_t id, struct user_regs_struct *registers, int error)
{
	registers->orig_rax =
		(unsigned long long)-1; /* seccomp(2): the call is skipped */
	registers->rax = (unsigned long long)-error;
	ptrace(PTRACE_SETREGS, id, NULL, registers);
}

static void on_call(pid_t id, struct strike *strike)
{
	struct user_regs_struct registers;
	if (ptrace(PTRACE_GETREGS, id, NULL, &registers) < 0)
		return; /* killed meanwhile */
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].number != registers.orig_rax)
			continue;
		counts[i]++;
		if (strike->done || !strike->call ||
		    strcmp(strike->call, calls[i].name) != 0 || counts[i] != strike->at)
			return;
		strike->done = true;
		if (strike->signal)
			kill(program, strike->signal);
		else
			fail_call(id, &registers, strike->error);
		return;
	}
}

static void on_stop(pid_t id, int status, struct strike *strike)
{
	bool is_new;
	const struct tracee *tracee = find(id, &is_new);
	int event = status >> 16;
	int signal = WSTOPSIG(status);
	if (event == PTRACE_EVENT_SECCOMP && tracee->ours)
		on_call(id, strike);
	if (event || (is_new && signal == SIGSTOP))
		signal = 0;
	ptrace(PTRACE_CONT, id, NULL, signal);
}

/* Returns how the program ended, when it and all that it started have ended. */
static int follow(struct strike *strike)
{
	int end = 0;
	for (;;) {
		int status;
		pid_t id = waitpid(-1, &status, __WALL);
		if (id < 0 && errno == EINTR)
			continue;
		if (id < 0)
			return end;
		if (WIFSTOPPED(status))
			on_stop(id, status, strike);
		else if (id == program)
			end = status;
	}
}

static void write_report(const char *path, const struct strike *strike, int end)
{
	FILE *report = fopen(path, "w");
	if (!report)
		die(path);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (counts[i] > 0)
			fprintf(report, "%s %lu\n", calls[i].name, counts[i]);
	if (strike->done)
		fprintf(report, "struck\n");
	if (WIFSIGNALED(end))
		fprintf(report, "signal %d\n", WTERMSIG(end));
	else
		fprintf(report, "exit %d\n", WEXITSTATUS(end));
	if (fclose(report) != 0)
		die(path);
}

static struct strike read_strike(char **words)
{
	struct strike strike = {.call = words[0], .at = strtoul(words[1], NULL, 10)};
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (strcmp(words[2], signals[i].name) == 0)
			strike.signal = signals[i].number;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (strcmp(words[2], errors[i].name) == 0)
			strike.error = errors[i].number;
	return strike;
}

int main(int argc, char **argv)
{
	struct strike strike = {0};
	int words = 1;
	while (words < argc && strcmp(argv[words], "--") != 0)
		words++;
	if (words == 5)
		strike = read_strike(&argv[2]);
	bool good = words == 2 || (strike.at > 0 && (strike.signal || strike.error));
	if (!good || words + 1 >= argc) {
		fprintf(stderr, "usage: strike REPORT [CALL N ACTION] -- PROGRAM …\n");
		return 125;
	}
	start(&argv[words + 1]);
	int end = follow(&strike);
	write_report(argv[1], &strike, end);
	return WIFSIGNALED(end) ? 128 + WTERMSIG(end) : WEXITSTATUS(end);
}
