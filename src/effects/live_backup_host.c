/* What is backed up of a host, over SSH: commands for its shell, and the output of one as it comes. Directories and files are
 * in live_backup_host_tar.c. */
#include "live_backup_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* --- words for a shell --------------------------------------------------------------------- */

char *live_host_for_sh(const struct str *script)
{
	struct str text = STR_INIT;
	str_add(&text, "exec /bin/sh -c ");
	str_add_shell_quoted(&text, str_text(script));
	return str_take(&text);
}

void live_host_change_directory(struct str *script, const char *directory)
{
	if (!directory)
		return;
	str_add(script, "cd -- ");
	str_add_shell_quoted(script, directory);
	str_add(script, " || exit 125; ");
}

static int add_variables(struct live_call *call, const json_t *env, struct str *script,
			 struct err *err)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)env, name, value) {
		_cleanup_secret_ struct secret secret = SECRET_INIT;
		_cleanup_free_ char *what =
			str_format("variable '%s' of a command", name);
		if (!*name || name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						"abcdefghijklmnopqrstuvwxyz"
						"0123456789_")])
			return err_set(err, ERR_CONFIG,
				       "'%s' cannot be the name of a variable", name);
		if (live_resolve(call, value, what, &secret, err) < 0)
			return -1;
		str_addf(script, "export %s=", name);
		str_add_shell_quoted(script, secret.data);
		str_add_char(script, '\n');
	}
	return 0;
}

int live_host_command(struct live_call *call, const json_t *run, const char *script,
		      struct live_host_command *ret, struct err *err)
{
	_cleanup_str_ struct str text = STR_INIT;
	*ret = (struct live_host_command){STR_INIT, STR_INIT};
	if (add_variables(call, json_object_get(run, "env"), &ret->head, err) < 0)
		return -1;
	/* One byte at a time, so that nothing behind them is taken. */
	if (ret->head.len > 0)
		str_addf(&text, "eval \"$(dd bs=1 count=%zu 2>/dev/null)\" || exit 125; ",
			 ret->head.len);
	live_host_change_directory(&text, json_get_string(run, "directory", NULL));
	str_add(&text, script);
	_cleanup_free_ char *command = live_host_for_sh(&text);
	str_add(&ret->command, command);
	return 0;
}

void live_host_command_release(struct live_host_command *command)
{
	if (command->head.data)
		explicit_bzero(command->head.data, command->head.len);
	str_release(&command->head);
	str_release(&command->command);
}

/* --- the stream of a command --------------------------------------------------------------- */

static ssize_t next_remote(void *context, const void **ret_data, struct err *err)
{
	struct live_remote *remote = context;
	*ret_data = remote->buffer;
	return ssh_stream_read(remote->stream, remote->buffer, sizeof remote->buffer,
			       err);
}

int live_remote_open(struct live_source *source, const char *command,
		     struct live_remote *ret, struct err *err)
{
	ret->said = (struct str)STR_INIT;
	return ssh_stream_open(source->link, command, source->timeout_ms,
			       live_stop_child(source->call), &ret->stream, err);
}

struct spring live_remote_spring(struct live_remote *remote)
{
	return (struct spring){.next = next_remote, .context = remote};
}

void live_remote_close(struct live_remote *remote)
{
	str_add(&remote->said, ssh_stream_stderr(remote->stream));
	ssh_stream_close(remote->stream, &remote->status);
	remote->stream = NULL;
}

void live_remote_freep(struct live_remote **remote)
{
	if (!*remote)
		return;
	if ((*remote)->stream)
		ssh_stream_close((*remote)->stream, NULL);
	str_release(&(*remote)->said);
	free(*remote);
	*remote = NULL;
}

int live_remote_judge(const struct live_remote *remote, const char *what, struct err *err)
{
	char said[600];
	if (remote->status == 0)
		return 0;
	live_last_lines(str_text(&remote->said), said, sizeof said);
	const char *colon = *said ? ": " : "";
	if (remote->status < 0)
		return err_set(err, ERR_FAIL, "%s ended without a status%s%s", what,
			       colon, said);
	return err_set(err, ERR_FAIL, "%s ended with exit status %d%s%s", what,
		       remote->status, colon, said);
}

static int drain_remote(struct live_remote *remote, struct drain drain, struct err *err)
{
	const void *data;
	ssize_t got;
	while ((got = next_remote(remote, &data, err)) > 0)
		if (drain.take(drain.context, data, (size_t)got, err) < 0)
			return -1;
	return got < 0 ? -1 : 0;
}

int live_host_stream(struct live_source *source, struct drain drain, struct err *err)
{
	const json_t *run = json_array_get(source->sources, 0);
	__attribute__((cleanup(
		live_host_command_release))) struct live_host_command command = {0};
	_cleanup_(live_remote_freep) struct live_remote *remote =
		mem_new(struct live_remote);
	char said[64];
	struct live_output output = {.drain = drain};
	_cleanup_str_ struct str script = STR_INIT;
	live_pipe_command(&script, json_get_string(run, "run", ""));
	if (live_host_command(source->call, run, str_text(&script), &command, err) < 0 ||
	    live_remote_open(source, str_text(&command.command), remote, err) < 0)
		return -1;
	int result = 0;
	if (command.head.len > 0)
		result = ssh_stream_write(remote->stream, command.head.data,
					  command.head.len, err);
	if (result == 0)
		result = ssh_stream_finish_input(remote->stream, err);
	if (result == 0)
		result = drain_remote(remote, live_output_drain(&output), err);
	live_remote_close(remote);
	live_last_lines(str_text(&remote->said), said, sizeof said);
	if (result < 0 || live_pipe_refused(remote->status, said, err) ||
	    live_remote_judge(remote, "the command that is backed up", err) < 0)
		return -1;
	return live_output_check(&output, run, err);
}
