/* What is backed up of a host, over SSH: its own tar packs directories and files, one after the other, and
 * their entries are joined into one archive here; or a command's output as it comes.
 *
 * GNU tar is given everything that makes an archive complete; another one only what every tar knows, and
 * what it cannot be asked for (patterns) is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "live_backup.h"
#include "live_run.h"
#include "platform/clock.h"
#include "platform/ssh.h"
#include "platform/tar_join.h"

enum {
	PROBE_TIMEOUT_MS = 60000,
	PROBE_OUTPUT_BYTES = 64 << 10,
	READ_BYTES = 64 << 10,
};

/* --- words for a shell --------------------------------------------------------------------- */

/* Whatever the user's login shell is, what follows is for sh. */
static char *for_sh(const struct str *script)
{
	struct str text = STR_INIT;
	str_add(&text, "exec /bin/sh -c ");
	str_add_shell_quoted(&text, str_text(script));
	return str_take(&text);
}

static void add_directory_change(struct str *script, const char *directory)
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
	add_directory_change(&text, json_get_string(run, "directory", NULL));
	str_add(&text, script);
	_cleanup_free_ char *command = for_sh(&text);
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

/* A command of the host as a spring. */
struct remote {
	struct ssh_stream *stream;
	char buffer[READ_BYTES];
};

static ssize_t next_remote(void *context, const void **ret_data, struct err *err)
{
	struct remote *remote = context;
	*ret_data = remote->buffer;
	return ssh_stream_read(remote->stream, remote->buffer, sizeof remote->buffer,
			       err);
}

static int open_remote(struct live_source *source, const char *command,
		       struct remote *ret, struct err *err)
{
	return ssh_stream_open(source->link, command, source->timeout_ms,
			       live_stop_child(source->call), &ret->stream, err);
}

/* The exit status, and what was said on the way there. */
struct remote_end {
	int status; /* -1: not known */
	char said[600];
};

static void close_remote(struct remote *remote, struct remote_end *ret)
{
	live_last_lines(ssh_stream_stderr(remote->stream), ret->said, sizeof ret->said);
	ssh_stream_close(remote->stream, &ret->status);
	remote->stream = NULL;
}

static int judge_remote(const char *what, const struct remote_end *end, struct err *err)
{
	const char *colon = *end->said ? ": " : "";
	if (end->status == 0)
		return 0;
	if (end->status < 0)
		return err_set(err, ERR_FAIL, "%s ended without a status%s%s", what,
			       colon, end->said);
	return err_set(err, ERR_FAIL, "%s ended with exit status %d%s%s", what,
		       end->status, colon, end->said);
}

static int drain_remote(struct remote *remote, struct drain drain, struct err *err)
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
	_cleanup_free_ struct remote *remote = mem_new(struct remote);
	struct remote_end end = {0};
	struct live_output output = {.drain = drain};
	_cleanup_str_ struct str script = STR_INIT;
	live_pipe_command(&script, json_get_string(run, "run", ""));
	if (live_host_command(source->call, run, str_text(&script), &command, err) < 0 ||
	    open_remote(source, str_text(&command.command), remote, err) < 0)
		return -1;
	int result = 0;
	if (command.head.len > 0)
		result = ssh_stream_write(remote->stream, command.head.data,
					  command.head.len, err);
	if (result == 0)
		result = ssh_stream_finish_input(remote->stream, err);
	if (result == 0)
		result = drain_remote(remote, live_output_drain(&output), err);
	close_remote(remote, &end);
	if (result < 0 || live_pipe_refused(end.status, end.said, err) ||
	    judge_remote("the command that is backed up", &end, err) < 0)
		return -1;
	return live_output_check(&output, run, err);
}

/* --- which tar ----------------------------------------------------------------------------- */

static int ask_host(struct live_source *source, const struct str *script,
		    struct str *ret_output, struct err *err)
{
	_cleanup_outcome_ struct run_outcome outcome = {0};
	_cleanup_free_ char *command = for_sh(script);
	struct ssh_run run = {
		.command = command,
		.timeout_ms = PROBE_TIMEOUT_MS,
		.max_output_bytes = PROBE_OUTPUT_BYTES,
		.stop = live_stop_child(source->call),
	};
	if (ssh_link_run(source->link, &run, &outcome, NULL, err) < 0 ||
	    live_judge_command("looking at the host", &outcome, err) < 0)
		return -1;
	capture_text(&outcome.out, ret_output);
	return 0;
}

static int find_tar(struct live_source *source, bool *ret_gnu, struct err *err)
{
	_cleanup_str_ struct str script = STR_INIT, output = STR_INIT;
	str_add(&script, "if command -v tar >/dev/null; then tar --version </dev/null "
			 "2>&1 | head -n 1; else echo none; fi");
	if (ask_host(source, &script, &output, err) < 0)
		return -1;
	_cleanup_free_ char *line =
		mem_strndup(str_text(&output), strcspn(str_text(&output), "\r\n"));
	if (strcmp(line, "none") == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no tar on the host");
	*ret_gnu = strstr(line, "GNU tar") != NULL;
	str_keep_utf8(line);
	json_object_set_new(source->tools, "tar",
			    json_string(*ret_gnu ? line : "not GNU tar"));
	return 0;
}

/* --- patterns ------------------------------------------------------------------------------ */

static int refuse_pattern(const char *pattern, const char *why, struct err *err)
{
	err_set(err, ERR_CONFIG, "the pattern '%s' cannot be passed on to the host's tar",
		pattern);
	return err_hint(err, "%s", why);
}

/* Exclude patterns as GNU tar has them: whether "*" stops at a slash holds for a whole pattern there. */
static int add_exclude(struct str *command, const char *pattern, struct err *err)
{
	size_t len = strlen(pattern);
	bool anywhere = str_has_prefix(pattern, "**/");
	const char *rest = anywhere ? pattern + 3 : pattern;
	bool deep = strstr(rest, "**") != NULL;
	_cleanup_str_ struct str word = STR_INIT;
	if (len > 0 && pattern[len - 1] == '/')
		return refuse_pattern(pattern,
				      "tar does not tell directories from files: leave "
				      "out the slash at its end",
				      err);
	bool single = strchr(rest, '?') != NULL;
	for (const char *at = rest; *at; at++) {
		bool doubled = at[0] == '*' && at[1] == '*';
		single |= *at == '*' && !doubled;
		at += doubled;
		str_add_char(&word, *at);
	}
	if (deep && single)
		return refuse_pattern(pattern,
				      "'**' and '*' or '?' do not go together there: "
				      "write several patterns",
				      err);
	const char *slash = strchr(rest, '/');
	bool anchored = slash && !anywhere;
	const char *text = str_text(&word);
	while (*text == '/' || str_has_prefix(text, "./"))
		text++;
	str_addf(command, " %s %s --exclude=", anchored ? "--anchored" : "--no-anchored",
		 deep ? "--wildcards-match-slash" : "--no-wildcards-match-slash");
	_cleanup_free_ char *whole = str_format("%s%s", anchored ? "./" : "", text);
	str_add_shell_quoted(command, whole);
	return 0;
}

static int add_patterns(struct str *command, const json_t *source, bool gnu,
			struct err *err)
{
	const json_t *exclude = json_object_get(source, "exclude");
	if (json_array_size(json_object_get(source, "include")) > 0) {
		err_set(err, ERR_CONFIG,
			"'include' does not work for a directory on a host");
		return err_hint(err, "name the files or directories themselves, or "
				     "exclude the others");
	}
	if (json_array_size(exclude) > 0 && !gnu) {
		err_set(err, ERR_CONFIG,
			"the host's tar is not GNU tar: it is not known "
			"to understand exclude patterns");
		return err_hint(err, "install GNU tar there");
	}
	for (size_t i = 0; i < json_array_size(exclude); i++) {
		const char *pattern = json_string_value(json_array_get(exclude, i));
		if (pattern && add_exclude(command, pattern, err) < 0)
			return -1;
	}
	return 0;
}

/* --- tar of the host ----------------------------------------------------------------------- */

static void add_tar(struct str *command, bool gnu)
{
	str_add(command,
		gnu ? "exec tar --format=posix --sort=name --xattrs" : "exec tar");
}

static int directory_command(const json_t *source, bool gnu, struct str *ret,
			     struct err *err)
{
	add_directory_change(ret, json_get_string(source, "directory", ""));
	add_tar(ret, gnu);
	if (json_get_bool(source, "one_file_system", false)) {
		if (!gnu)
			return err_set(err, ERR_CONFIG,
				       "the host's tar is not GNU tar: it is not known "
				       "to stay on one file system");
		str_add(ret, " --one-file-system");
	}
	if (add_patterns(ret, source, gnu, err) < 0)
		return -1;
	str_add(ret, " -cf - .");
	return 0;
}

/* Runs tar and joins what it packs. GNU tar's status 1 means that something changed while it was read. */
static int join_tar(struct live_source *source, struct tar_join *join,
		    const struct str *script, const char *prefix, bool gnu,
		    struct err *err)
{
	_cleanup_free_ char *command = for_sh(script);
	_cleanup_free_ struct remote *remote = mem_new(struct remote);
	struct remote_end end = {0};
	if (open_remote(source, command, remote, err) < 0)
		return -1;
	struct spring spring = {.next = next_remote, .context = remote};
	int result = ssh_stream_finish_input(remote->stream, err);
	if (result == 0)
		result = tar_join_add(join, spring, prefix, err);
	close_remote(remote, &end);
	bool torn = result < 0 && end.status > 0 && err->code == ERR_FAIL;
	if (result < 0 && !torn)
		return -1;
	if (result == 0 && gnu && end.status == 1) {
		live_source_warn(source, end.said);
		return 0;
	}
	/* What tar said explains more than what its archive lacks. */
	return judge_remote("tar on the host", &end, err);
}

static int join_directory(struct live_source *source, struct tar_join *join,
			  const json_t *from, bool gnu, struct err *err)
{
	_cleanup_str_ struct str script = STR_INIT;
	if (directory_command(from, gnu, &script, err) < 0)
		return -1;
	return join_tar(source, join, &script, json_get_string(from, "prefix", ""), gnu,
			err);
}

/* --- files --------------------------------------------------------------------------------- */

/* Which of the files are not there: their places in the list, one a line. */
static int find_missing(struct live_source *source, const json_t *files, bool *ret,
			struct err *err)
{
	_cleanup_str_ struct str script = STR_INIT, output = STR_INIT;
	for (size_t i = 0; i < json_array_size(files); i++) {
		_cleanup_str_ struct str name = STR_INIT;
		str_add_shell_quoted(&name, json_string_value(json_array_get(files, i)));
		str_addf(&script, "[ -e %s ] || [ -L %s ] || echo %zu; ", str_text(&name),
			 str_text(&name), i);
	}
	str_add(&script, "exit 0");
	if (ask_host(source, &script, &output, err) < 0)
		return -1;
	for (const char *at = str_text(&output); *at;) {
		size_t len = strcspn(at, "\n");
		_cleanup_free_ char *line = mem_strndup(at, len);
		long long place;
		if (str_to_int64(line, 0, (long long)json_array_size(files) - 1,
				 &place) == 0)
			ret[place] = true;
		at += len + (at[len] == '\n');
	}
	return 0;
}

/* One tar for those with absolute paths, one for the others, which are below the user's home. */
static int join_some_files(struct live_source *source, struct tar_join *join,
			   const json_t *files, const bool *missing, bool absolute,
			   bool gnu, struct err *err)
{
	_cleanup_str_ struct str script = STR_INIT;
	size_t count = 0;
	add_directory_change(&script, absolute ? "/" : NULL);
	add_tar(&script, gnu);
	str_add(&script, " -cf -");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *path = json_string_value(json_array_get(files, i));
		if (missing[i] || (*path == '/') != absolute)
			continue;
		_cleanup_free_ char *name = live_archive_name(path);
		_cleanup_free_ char *below = str_format("./%s", name);
		str_add_char(&script, ' ');
		str_add_shell_quoted(&script, below);
		count++;
	}
	return count > 0 ? join_tar(source, join, &script, "", gnu, err) : 0;
}

static int join_files(struct live_source *source, struct tar_join *join,
		      const json_t *from, bool gnu, struct err *err)
{
	const json_t *files = json_object_get(from, "files");
	size_t count = json_array_size(files);
	_cleanup_free_ bool *missing = mem_array(bool, count + 1);
	for (size_t i = 0; i < count; i++)
		if (!json_is_string(json_array_get(files, i)))
			return err_set(err, ERR_CONFIG,
				       "the names of files must be text");
	if (json_get_bool(from, "may_miss", false) &&
	    find_missing(source, files, missing, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (missing[i])
			live_source_tell(source, TREE_MISSING,
					 json_string_value(json_array_get(files, i)),
					 "it is not there");
	if (join_some_files(source, join, files, missing, true, gnu, err) < 0)
		return -1;
	return join_some_files(source, join, files, missing, false, gnu, err);
}

/* --- all of them --------------------------------------------------------------------------- */

static int join_source(struct live_source *source, struct tar_join *join,
		       const json_t *from, bool gnu, struct err *err)
{
	const char *text = json_get_string(from, "text", NULL);
	if (text)
		return tar_join_text(join, json_get_string(from, "name", "text"), text,
				     clock_wall_ms(), err);
	if (json_object_get(from, "directory"))
		return join_directory(source, join, from, gnu, err);
	return join_files(source, join, from, gnu, err);
}

int live_host_tar(struct live_source *source, struct drain drain, struct err *err)
{
	bool gnu = false;
	if (find_tar(source, &gnu, err) < 0)
		return -1;
	struct tar_join_options options = {
		.drain = drain, .tell = live_source_tell, .context = source};
	_cleanup_(tar_join_freep) struct tar_join *join = tar_join_new(&options);
	for (size_t i = 0; i < json_array_size(source->sources); i++)
		if (join_source(source, join, json_array_get(source->sources, i), gnu,
				err) < 0)
			return -1;
	source->entries = tar_join_entries(join);
	return tar_join_end(join, err);
}
