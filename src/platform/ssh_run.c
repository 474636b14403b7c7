/* Commands and streams over an open SSH connection (RFC 4254, sections 5 and 6). */
#include <libssh/callbacks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/deadline.h"
#include "platform/ssh_link.h"

enum {
	CHUNK_BYTES = 65536,
	LINGER_MS = 1000,        /* for output of what outlives the command */
	OPEN_TIMEOUT_MS = 30000, /* for the server to start a command */
	FAREWELL_MS = 200,       /* for a signal to leave before the channel is closed */
	STDERR_MAX_BYTES = 64 << 10, /* of a stream */
};

/* --- channels ------------------------------------------------------------------------------ */

/* Opens a channel and starts the command. *ret_sent: the server may have begun it. */
static int start(struct ssh_link *link, ssh_channel channel, const char *command,
		 int64_t deadline_ms, const struct stop *stop, bool *ret_sent,
		 struct err *err)
{
	*ret_sent = false;
	int result;
	while ((result = ssh_channel_open_session(channel)) == SSH_AGAIN) {
		enum ssh_wait wait = ssh_link_wait(link, deadline_ms, stop);
		if (wait != SSH_WAIT_READY)
			return ssh_link_gave_up(link, wait, "opening a channel", err);
	}
	if (result != SSH_OK)
		return ssh_link_fail(link, "cannot open a channel", err);
	*ret_sent = true;
	while ((result = ssh_channel_request_exec(channel, command)) == SSH_AGAIN) {
		enum ssh_wait wait = ssh_link_wait(link, deadline_ms, stop);
		if (wait != SSH_WAIT_READY)
			return ssh_link_gave_up(link, wait, "starting a command", err);
	}
	if (result != SSH_OK)
		return ssh_link_fail(link, "the server does not run the command", err);
	return 0;
}

/* --- one command --------------------------------------------------------------------------- */

struct job {
	struct ssh_link *link;
	const struct ssh_run *run;
	struct run_outcome *outcome;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	bool ended;  /* exit status or signal came */
	bool closed; /* nothing comes any more */

	bool input_open;
	char *chunk; /* input that waits to be sent */
	size_t chunk_len, chunk_at;
};

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len,
		   int is_stderr, void *context)
{
	(void)session;
	(void)channel;
	struct job *job = context;
	capture_add(is_stderr ? &job->outcome->err : &job->outcome->out, data, len);
	return (int)len;
}

static void on_close(ssh_session session, ssh_channel channel, void *context)
{
	(void)session;
	(void)channel;
	((struct job *)context)->closed = true;
}

static void on_exit_status(ssh_session session, ssh_channel channel, int status,
			   void *context)
{
	(void)session;
	(void)channel;
	struct job *job = context;
	job->ended = true;
	job->outcome->exited = true;
	job->outcome->exit = status;
}

static void on_exit_signal(ssh_session session, ssh_channel channel, const char *signal,
			   int core, const char *message, const char *language,
			   void *context)
{
	(void)session;
	(void)channel;
	(void)core;
	(void)message;
	(void)language;
	struct job *job = context;
	job->ended = true;
	snprintf(job->outcome->signal, sizeof job->outcome->signal, "%s", signal);
}

static bool output_is_waiting(const struct job *job)
{
	return (ssh_get_poll_flags(job->link->session) & SSH_WRITE_PENDING) != 0;
}

static int read_input(struct job *job, struct err *err)
{
	ssize_t got = job->run->input.read(job->run->input.context, job->chunk,
					   CHUNK_BYTES, err);
	if (got < 0)
		return -1;
	job->chunk_at = 0;
	job->chunk_len = (size_t)got;
	if (got == 0) {
		job->input_open = false;
		ssh_channel_send_eof(job->channel);
	}
	return 0;
}

/* Sends as much as the peer's window allows, and no more than the socket takes at once: memory
 * stays bounded by one window. A command that does not want any more has had enough. */
static int send_input(struct job *job, struct err *err)
{
	while (job->input_open && !job->closed && !output_is_waiting(job)) {
		if (job->chunk_at == job->chunk_len && read_input(job, err) < 0)
			return -1;
		uint32_t window = ssh_channel_window_size(job->channel);
		size_t left = job->chunk_len - job->chunk_at;
		size_t count = left < window ? left : window;
		if (!job->input_open || !count)
			return 0;
		int sent = ssh_channel_write(job->channel, job->chunk + job->chunk_at,
					     (uint32_t)count);
		if (sent < 0)
			job->input_open = false;
		else
			job->chunk_at += (size_t)sent;
		if (sent <= 0)
			return 0;
	}
	return 0;
}

/* Asks for SIGTERM (unless the command knows better), gives that a moment to leave, closes. The link cannot be used again: what the
 * command still sends would be in the way. */
static void abandon(struct job *job)
{
	struct stop never = STOP_NEVER;
	int64_t until = deadline_after_ms(FAREWELL_MS);
	if (!job->run->no_grace)
		ssh_channel_request_send_signal(job->channel, "TERM");
	ssh_channel_close(job->channel);
	while (output_is_waiting(job) &&
	       ssh_link_wait(job->link, until, &never) == SSH_WAIT_READY)
		if (ssh_event_dopoll(job->link->event, 0) == SSH_ERROR)
			break;
	job->link->broken = true;
}

/* The connection ended. With an exit status in hand that is no failure. */
static int lost(struct job *job, struct err *err)
{
	job->closed = true;
	job->link->broken = true;
	return job->ended ? 0
			  : ssh_link_fail(job->link, "connection lost during a command",
					  err);
}

static int attend(struct job *job, int64_t deadline_ms, struct err *err)
{
	int64_t linger_ms = INT64_MAX;
	while (!job->closed) {
		if (ssh_event_dopoll(job->link->event, 0) == SSH_ERROR ||
		    !ssh_is_connected(job->link->session))
			return lost(job, err);
		if (send_input(job, err) < 0) {
			abandon(job);
			return -1;
		}
		if (job->closed)
			break;
		if (job->ended && linger_ms == INT64_MAX)
			linger_ms = deadline_after_ms(LINGER_MS);
		enum ssh_wait wait = ssh_link_wait(
			job->link, linger_ms < deadline_ms ? linger_ms : deadline_ms,
			&job->run->stop);
		if (wait == SSH_WAIT_READY)
			continue;
		/* What it left behind in the background keeps the channel open: that may go on. */
		if (wait == SSH_WAIT_DEADLINE && job->ended)
			return 0;
		abandon(job);
		if (wait == SSH_WAIT_STOP)
			return ssh_link_gave_up(job->link, wait, "running a command",
						err);
		job->outcome->timed_out = true;
		return 0;
	}
	if (!job->ended)
		return ssh_link_fail(job->link, "the command ended without a status",
				     err);
	return 0;
}

int ssh_link_run(struct ssh_link *link, const struct ssh_run *run,
		 struct run_outcome *outcome, bool *ret_sent, struct err *err)
{
	*outcome = (struct run_outcome){0};
	capture_init(&outcome->out, run->max_output_bytes);
	capture_init(&outcome->err, run->max_output_bytes);
	int64_t started_ms = deadline_now_ms();
	int64_t deadline_ms =
		run->timeout_ms ? deadline_after_ms(run->timeout_ms) : INT64_MAX;
	int64_t start_deadline_ms = deadline_after_ms(OPEN_TIMEOUT_MS);
	struct job job = {
		.link = link,
		.run = run,
		.outcome = outcome,
		.callbacks = {.userdata = &job,
			      .channel_data_function = on_data,
			      .channel_close_function = on_close,
			      .channel_exit_status_function = on_exit_status,
			      .channel_exit_signal_function = on_exit_signal},
		.input_open = run->input.read != NULL,
	};
	ssh_callbacks_init(&job.callbacks);

	bool sent = false;
	int result = -1;
	job.channel = ssh_channel_new(link->session);
	if (!job.channel) {
		ssh_link_fail(link, "cannot open a channel", err);
	} else {
		/* Before the command starts, so that nothing it says is missed. */
		ssh_set_channel_callbacks(job.channel, &job.callbacks);
		job.chunk = mem_alloc(CHUNK_BYTES);
		result = start(link, job.channel, run->command,
			       start_deadline_ms < deadline_ms ? start_deadline_ms
							       : deadline_ms,
			       &run->stop, &sent, err);
		if (result == 0 && !job.input_open)
			ssh_channel_send_eof(job.channel);
		if (result == 0)
			result = attend(&job, deadline_ms, err);
		ssh_remove_channel_callbacks(job.channel, &job.callbacks);
		ssh_channel_free(job.channel);
		free(job.chunk);
	}
	outcome->duration_ms = deadline_now_ms() - started_ms;
	if (ret_sent)
		*ret_sent = sent;
	return result;
}

/* --- a raw stream -------------------------------------------------------------------------- */

struct ssh_stream {
	struct ssh_link *link;
	ssh_channel channel;
	int64_t idle_timeout_ms;
	struct stop stop;
	struct str errors;
};

static int64_t idle_deadline(const struct ssh_stream *stream)
{
	return stream->idle_timeout_ms ? deadline_after_ms(stream->idle_timeout_ms)
				       : INT64_MAX;
}

int ssh_stream_open(struct ssh_link *link, const char *command, int64_t idle_timeout_ms,
		    struct stop stop, struct ssh_stream **ret, struct err *err)
{
	ssh_channel channel = ssh_channel_new(link->session);
	if (!channel)
		return ssh_link_fail(link, "cannot open a channel", err);
	bool sent;
	if (start(link, channel, command, deadline_after_ms(OPEN_TIMEOUT_MS), &stop,
		  &sent, err) < 0) {
		ssh_channel_free(channel);
		return -1;
	}
	struct ssh_stream *stream = mem_new(struct ssh_stream);
	stream->link = link;
	stream->channel = channel;
	stream->idle_timeout_ms = idle_timeout_ms;
	stream->stop = stop;
	stream->errors = (struct str)STR_INIT_MAX(STDERR_MAX_BYTES);
	*ret = stream;
	return 0;
}

/* Takes in standard error, so that it does not fill the window that both streams share. */
static void drain_errors(struct ssh_stream *stream)
{
	char buffer[1024];
	int got;
	while ((got = ssh_channel_read_nonblocking(stream->channel, buffer, sizeof buffer,
						   1)) > 0)
		str_add_bytes(&stream->errors, buffer, (size_t)got);
}

static int wait_for_peer(struct ssh_stream *stream, int64_t deadline_ms, struct err *err)
{
	enum ssh_wait wait = ssh_link_wait(stream->link, deadline_ms, &stream->stop);
	if (wait != SSH_WAIT_READY)
		return ssh_link_gave_up(stream->link, wait, "waiting for data", err);
	return 0;
}

ssize_t ssh_stream_read(struct ssh_stream *stream, void *buffer, size_t size,
			struct err *err)
{
	int64_t deadline_ms = idle_deadline(stream);
	uint32_t want = size > CHUNK_BYTES ? CHUNK_BYTES : (uint32_t)size;
	for (;;) {
		drain_errors(stream);
		/* Last, because every call may take in more: then nothing is left when we wait. */
		int got = ssh_channel_read_nonblocking(stream->channel, buffer, want, 0);
		if (got > 0)
			return got;
		if (got == SSH_ERROR || !ssh_is_connected(stream->link->session))
			return ssh_link_fail(stream->link,
					     "connection lost while reading", err);
		if (got == SSH_EOF || ssh_channel_is_eof(stream->channel) ||
		    ssh_channel_is_closed(stream->channel)) {
			drain_errors(stream);
			return 0;
		}
		if (wait_for_peer(stream, deadline_ms, err) < 0)
			return -1;
	}
}

int ssh_stream_write(struct ssh_stream *stream, const void *data, size_t len,
		     struct err *err)
{
	const char *bytes = data;
	int64_t deadline_ms = idle_deadline(stream);
	while (len) {
		drain_errors(stream);
		uint32_t window = ssh_channel_window_size(stream->channel);
		bool full =
			(ssh_get_poll_flags(stream->link->session) & SSH_WRITE_PENDING) ||
			!window;
		if (ssh_channel_is_closed(stream->channel) ||
		    !ssh_is_connected(stream->link->session))
			return ssh_link_fail(stream->link,
					     "connection lost while writing", err);
		if (full) {
			if (wait_for_peer(stream, deadline_ms, err) < 0)
				return -1;
			continue;
		}
		size_t count = len < window ? len : window;
		int sent = ssh_channel_write(stream->channel, bytes,
					     count > CHUNK_BYTES ? CHUNK_BYTES
								 : (uint32_t)count);
		if (sent < 0)
			return ssh_link_fail(stream->link,
					     "connection lost while writing", err);
		if (sent > 0)
			deadline_ms = idle_deadline(stream);
		bytes += sent;
		len -= (size_t)sent;
	}
	return 0;
}

int ssh_stream_finish_input(struct ssh_stream *stream, struct err *err)
{
	if (ssh_channel_send_eof(stream->channel) == SSH_ERROR)
		return ssh_link_fail(stream->link, "cannot end the input", err);
	return 0;
}

const char *ssh_stream_stderr(const struct ssh_stream *stream)
{
	return str_text(&stream->errors);
}

/* The status comes right behind the end of the output; a short wait for it is worth the answer. */
static int exit_status(struct ssh_stream *stream)
{
	int64_t until = deadline_after_ms(LINGER_MS);
	while (ssh_is_connected(stream->link->session)) {
		uint32_t status;
		if (ssh_channel_get_exit_state(stream->channel, &status, NULL, NULL) ==
		    SSH_OK)
			return (int)status;
		if (!ssh_channel_is_eof(stream->channel) ||
		    ssh_channel_is_closed(stream->channel) ||
		    ssh_link_wait(stream->link, until, &stream->stop) != SSH_WAIT_READY)
			break;
	}
	return -1;
}

void ssh_stream_close(struct ssh_stream *stream, int *ret_exit)
{
	if (!stream)
		return;
	drain_errors(stream);
	bool complete = ssh_channel_is_eof(stream->channel);
	int status = exit_status(stream);
	if (ret_exit)
		*ret_exit = status;
	ssh_channel_close(stream->channel);
	ssh_channel_free(stream->channel);
	if (!complete)
		stream->link->broken =
			true; /* what is still under way would be in the way */
	str_release(&stream->errors);
	free(stream);
}
