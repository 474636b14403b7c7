/* Connections of a depot on a host, and scripts on them.
 *
 * A call takes a connection for as long as it needs one; at most SSH_LINKS_MAX are open, and who finds all of them in
 * use waits. A script whose connection breaks is run again on another one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "platform/clock.h"
#include "platform/depot_ssh_parts.h"
#include "platform/ssh.h"

#define ATTEMPTS 4
#define FIRST_DELAY_MS 500
#define STOP_LOOK_MS 200
#define TEXT_MAX_BYTES ((size_t)32 << 20)

/* --- connections --------------------------------------------------------------------------- */

static int fail_cancelled(struct err *err)
{
	return err_set(err, ERR_CANCELLED, "cancelled");
}

int host_wait(const struct stop *stop, pthread_cond_t *condition, pthread_mutex_t *lock)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STOP_LOOK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(condition, lock, &until);
	return stop_asked(stop) ? -1 : 0;
}

static void return_link(struct host *host, struct ssh_link *link)
{
	bool good = link && ssh_link_usable(link);
	pthread_mutex_lock(&host->lock);
	if (good)
		host->links.idle[host->links.idle_count++] = link;
	else
		host->links.open_count--;
	pthread_cond_signal(&host->returned);
	pthread_mutex_unlock(&host->lock);
	if (!good)
		ssh_link_close(link);
}

static int take_link(struct host *host, const struct stop *stop, struct ssh_link **ret,
		     struct err *err)
{
	struct ssh_link *link = NULL;
	int waited = 0;
	pthread_mutex_lock(&host->lock);
	while (waited == 0 && !host->links.idle_count &&
	       host->links.open_count == SSH_LINKS_MAX)
		waited = host_wait(stop, &host->returned, &host->lock);
	if (waited == 0 && host->links.idle_count)
		link = host->links.idle[--host->links.idle_count];
	else if (waited == 0)
		host->links.open_count++;
	pthread_mutex_unlock(&host->lock);
	if (waited < 0)
		return fail_cancelled(err);
	if (link && !ssh_link_usable(link)) {
		ssh_link_close(link);
		link = NULL;
	}
	if (!link && host->options.connect(host->options.context, &link, err) < 0) {
		return_link(host, NULL);
		return -1;
	}
	*ret = link;
	return 0;
}

void host_close_links(struct host *host)
{
	for (size_t i = 0; i < host->links.idle_count; i++) {
		struct ssh_link *link = host->links.idle[i];
		if (host->options.give && ssh_link_usable(link))
			host->options.give(host->options.context, link);
		else
			ssh_link_close(link);
	}
	host->links.idle_count = 0;
}

static struct stop stop_of(const struct host *host, const struct host_call *call)
{
	return call->tidies ? STOP_NEVER : host->options.stop;
}

/* --- one attempt --------------------------------------------------------------------------- */

static char *command_of(const struct host *host, const struct host_call *call, bool again)
{
	struct str command = STR_INIT;
	str_add(&command, "exec sh -c ");
	str_add_shell_quoted(&command, call->script);
	str_add(&command, " belay ");
	str_add_shell_quoted(&command, host->options.path);
	for (size_t i = 0; i < ARRAY_SIZE(call->args) && call->args[i]; i++) {
		bool last = i + 1 == ARRAY_SIZE(call->args) || !call->args[i + 1];
		str_add_char(&command, ' ');
		str_add_shell_quoted(&command, again && last && call->repeated
						       ? call->repeated
						       : call->args[i]);
	}
	return str_take(&command);
}

static int read_output(struct ssh_stream *stream, const struct host_call *call,
		       struct host_answer *ret, struct err *err)
{
	char buffer[16384];
	ssize_t got;
	do {
		size_t room = call->into ? call->into_bytes - ret->count : 0;
		got = room ? ssh_stream_read(stream, (char *)call->into + ret->count,
					     room, err)
			   : ssh_stream_read(stream, buffer, sizeof buffer, err);
		if (got > 0 && room)
			ret->count += (size_t)got;
		else if (got > 0 && call->into)
			return err_set(err, ERR_FAIL, "more came than was asked for");
		else if (got > 0)
			str_add_bytes(&ret->text, buffer, (size_t)got);
	} while (got > 0);
	return (int)got;
}

/* Its first line, without what a terminal would act on. Fresh; "" for nothing. */
static char *said(const struct ssh_stream *stream)
{
	const char *text = ssh_stream_stderr(stream);
	char *line = mem_strndup(text, strcspn(text, "\n"));
	str_keep_utf8(line);
	for (char *at = line; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	return line;
}

static bool is_full(const char *text)
{
	return strstr(text, "No space left") || strstr(text, "quota exceeded");
}

/* What the script wanted to say. *ret_again: another try may do better. */
static int judge(const struct host *host, const struct host_call *call, int status,
		 const char *text, bool *ret_again, struct err *err)
{
	*ret_again = false;
	switch (status) {
	case 0:
		return 0;
	case HOST_EXISTS:
		return depot_fail_exists(call->what, err);
	case HOST_MISSING:
		return err_set(err, ERR_NOT_FOUND, "there is no '%s' in '%s' on %s",
			       call->what, host->options.path, host->options.name);
	case HOST_SHORT:
		return err_set(err, ERR_STATE,
			       "'%s' on %s has lost what was uploaded before", call->what,
			       host->options.name);
	case HOST_DAMAGED:
		*ret_again = true;
		return err_set(err, ERR_NET, "not all of '%s' arrived on %s", call->what,
			       host->options.name);
	default:
		break;
	}
	err_set(err, is_full(text) ? ERR_LIMIT : ERR_FAIL,
		"'%s' in '%s' on %s: %s (status %d)", call->what, host->options.path,
		host->options.name, *text ? text : "the host's shell gives no reason",
		status);
	err->sys_errno = is_full(text) ? ENOSPC : 0;
	return is_full(text) ? err_hint(err, "free space on %s", host->options.name) : -1;
}

static int attempt(struct host *host, const struct host_call *call, struct ssh_link *link,
		   bool again, struct host_answer *ret, bool *ret_again, struct err *err)
{
	struct ssh_stream *stream = NULL;
	struct err why = {0};
	int status = -1;
	int64_t idle_ms = call->idle_ms ? call->idle_ms : host->options.timeout_ms;
	_cleanup_free_ char *command = command_of(host, call, again);
	str_clear(&ret->text);
	ret->count = 0;
	*ret_again = true;
	if (ssh_stream_open(link, command, idle_ms, stop_of(host, call), &stream, err) <
	    0)
		return -1;
	int result = 0;
	if (call->input_bytes)
		result = ssh_stream_write(stream, call->input, call->input_bytes, &why);
	if (result == 0)
		result = ssh_stream_finish_input(stream, &why);
	if (result == 0)
		result = read_output(stream, call, ret, &why);
	_cleanup_free_ char *text = said(stream);
	ssh_stream_close(stream, &status);
	/* A script that ended knows better than the connection that could not be written to any more. */
	if (status > 0 || (status == 0 && result == 0))
		return judge(host, call, status, text, ret_again, err);
	if (result < 0)
		*err = why;
	else
		err_set(err, ERR_NET, "%s does not say how '%s' ended",
			host->options.name, call->what);
	*ret_again = err->code == ERR_NET || err->code == ERR_TIMEOUT;
	return -1;
}

/* --- attempts ------------------------------------------------------------------------------ */

static int try_once(struct host *host, const struct host_call *call, bool again,
		    struct host_answer *ret, bool *ret_again, struct err *err)
{
	struct ssh_link *link = NULL;
	*ret_again = false;
	struct stop stop = stop_of(host, call);
	if (take_link(host, &stop, &link, err) < 0) {
		*ret_again = err->code == ERR_NET || err->code == ERR_TIMEOUT;
		return -1;
	}
	int result = attempt(host, call, link, again, ret, ret_again, err);
	return_link(host, link);
	return result;
}

int host_run(struct host *host, const struct host_call *call, struct host_answer *ret,
	     struct err *err)
{
	int64_t delay_ms = FIRST_DELAY_MS;
	*ret = (struct host_answer){.text = STR_INIT_MAX(TEXT_MAX_BYTES)};
	for (unsigned tried = 1;; tried++, delay_ms *= 2) {
		struct err why = {0};
		bool again = false;
		if (try_once(host, call, tried > 1, ret, &again, &why) == 0)
			return ret->text.truncated
				       ? err_set(err, ERR_LIMIT,
						 "%s says too much of '%s'",
						 host->options.name, call->what)
				       : 0;
		if (!again || tried == ATTEMPTS) {
			*err = why;
			return -1;
		}
		struct stop stop = stop_of(host, call);
		if (clock_sleep_ms(delay_ms, &stop) < 0)
			return fail_cancelled(err);
	}
}

void host_answer_release(struct host_answer *answer)
{
	str_release(&answer->text);
}

int host_do(struct host *host, const struct host_call *call, struct err *err)
{
	struct host_answer answer;
	int result = host_run(host, call, &answer, err);
	host_answer_release(&answer);
	return result;
}
