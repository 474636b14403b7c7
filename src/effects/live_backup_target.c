/* Where a backup goes when it comes back: a directory, a file, a command here or on a host. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "live_backup.h"
#include "live_run.h"
#include "platform/process.h"
#include "platform/ssh.h"
#include "platform/stage.h"

int live_target_check(struct live_target *target, struct err *err)
{
	const json_t *to = target->to;
	const char *directory = json_get_string(to, "directory", NULL);
	const char *file = json_get_string(to, "file", NULL);
	const char *run = json_get_string(to, "run", NULL);
	if (run)
		return 0; /* its `directory` is where it works */
	if (!directory == !file)
		return err_set(
			err, ERR_CONFIG,
			"a backup is restored to a directory, a file or a command");
	if (file)
		return stage_check(file, json_get_bool(to, "overwrite", false), err);
	if (target->is_tar)
		return tree_unpack_check(directory, json_get_bool(to, "overwrite", false),
					 &target->in_use, err);
	return err_set(err, ERR_CONFIG,
		       "this backup is one stream: restore it to a file or a command, "
		       "not to the directory '%s'",
		       directory);
}

/* --- a directory, a file ------------------------------------------------------------------- */

static int to_directory(struct live_target *target, struct spring spring, struct err *err)
{
	struct tree_counts counts = {0};
	struct tree_unpack unpack = {
		.directory = json_get_string(target->to, "directory", NULL),
		/* One that was empty then must not get the way of one that was not. */
		.overwrite = target->in_use,
		.owners = geteuid() == 0,
		.ret_changes = &target->changes,
		.stop = live_stop_child(target->call),
	};
	if (tree_unpack(&unpack, spring, &counts, err) < 0)
		return -1;
	target->entries = counts.entries;
	return 0;
}

static int to_file(const struct live_target *target, const char *path,
		   struct spring spring, struct err *err)
{
	_cleanup_(stage_closep) struct stage *stage = NULL;
	bool overwrite = json_get_bool(target->to, "overwrite", false);
	if (stage_open(path, overwrite, &stage, err) < 0)
		return -1;
	const void *data;
	ssize_t bytes;
	while ((bytes = spring.next(spring.context, &data, err)) > 0)
		if (stage_add(stage, data, (size_t)bytes, err) < 0)
			return -1;
	return bytes < 0 ? -1 : stage_commit(stage, err);
}

/* --- commands ------------------------------------------------------------------------------ */

/* A spring as the input of a guarded command: behind what has to go first, before the word that it was all. */
struct pouring {
	struct live_target *target;
	struct spring spring;
	struct str script; /* of the guard */
	struct str head, end;
	bool head_poured, all_poured;
	const char *data;
	size_t bytes;
};

static void pouring_release(struct pouring *pouring)
{
	str_release(&pouring->script);
	str_release(&pouring->end);
}

/* The next piece into `data`. Returns its bytes, 0 behind the last one. */
static ssize_t next_piece(struct pouring *pouring, struct err *err)
{
	const void *data = pouring->end.data;
	if (pouring->all_poured)
		return 0;
	ssize_t got = pouring->spring.next(pouring->spring.context, &data, err);
	if (got == 0) {
		pouring->all_poured = true;
		data = pouring->end.data;
		got = (ssize_t)pouring->end.len;
	}
	pouring->data = data;
	return got;
}

static ssize_t pour(void *context, void *buffer, size_t size, struct err *err)
{
	struct pouring *pouring = context;
	pouring->target->touched = true; /* the command runs */
	if (!pouring->head_poured) {
		pouring->data = pouring->head.data;
		pouring->bytes = pouring->head.len;
		pouring->head_poured = true;
	}
	if (pouring->bytes == 0) {
		ssize_t got = next_piece(pouring, err);
		if (got <= 0)
			return got;
		pouring->bytes = (size_t)got;
	}
	size_t take = pouring->bytes < size ? pouring->bytes : size;
	memcpy(buffer, pouring->data, take);
	pouring->data += take;
	pouring->bytes -= take;
	return (ssize_t)take;
}

static int to_command(struct live_target *target, struct pouring *pouring,
		      struct run_outcome *outcome, struct err *err)
{
	_cleanup_variables_ struct live_variables variables = {0};
	if (live_get_variables(target->call, json_object_get(target->to, "env"),
			       &variables, err) < 0)
		return -1;
	struct process process = {
		.shell = str_text(&pouring->script),
		.variables = variables.items,
		.variable_count = variables.count,
		.directory = json_get_string(target->to, "directory", NULL),
		.input = {.read = pour, .context = pouring},
		.no_grace = true,
		.timeout_ms = target->timeout_ms,
		.max_output_bytes = LIVE_OUTPUT_DEFAULT_BYTES,
		.stop = live_stop_child(target->call),
	};
	return process_run(&process, outcome, err);
}

static int to_host(struct live_target *target, const json_t *host,
		   struct pouring *pouring, struct run_outcome *outcome, struct err *err)
{
	_cleanup_(ssh_link_closep) struct ssh_link *link = NULL;
	__attribute__((cleanup(
		live_host_command_release))) struct live_host_command command = {0};
	if (live_host_command(target->call, target->to, str_text(&pouring->script),
			      &command, err) < 0 ||
	    live_ssh_connect(target->call, host, &link, err) < 0)
		return -1;
	pouring->head = command.head; /* borrowed */
	struct ssh_run run = {
		.command = str_text(&command.command),
		.input = {.read = pour, .context = pouring},
		.no_grace = true,
		.timeout_ms = target->timeout_ms,
		.max_output_bytes = LIVE_OUTPUT_DEFAULT_BYTES,
		.stop = live_stop_child(target->call),
	};
	return ssh_link_run(link, &run, outcome, NULL, err);
}

/* What the command makes of it is its own outcome, which the caller judges. When it stopped reading, the
 * rest is still compared with its digests. */
static int to_run(struct live_target *target, struct spring spring, struct err *err)
{
	_cleanup_outcome_ struct run_outcome outcome = {0};
	__attribute__((cleanup(pouring_release))) struct pouring pouring = {
		.target = target,
		.spring = spring,
		.script = STR_INIT,
		.head = STR_INIT,
		.end = STR_INIT,
	};
	live_guard_command(&pouring.script, json_get_string(target->to, "run", ""),
			   target->open_bytes, target->is_tar);
	live_guard_end(&pouring.end);
	const json_t *host = json_object_get(target->to, "host");
	int result = host ? to_host(target, host, &pouring, &outcome, err)
			  : to_command(target, &pouring, &outcome, err);
	if (result == 0)
		target->run = live_outcome(target->call, &outcome);
	return result;
}

bool live_target_is_touched(const struct live_target *target)
{
	return target->touched || target->changes.entries > 0;
}

int live_target_run(void *context, struct spring spring, struct err *err)
{
	struct live_target *target = context;
	const char *file = json_get_string(target->to, "file", NULL);
	if (json_object_get(target->to, "run"))
		return to_run(target, spring, err);
	return file ? to_file(target, file, spring, err)
		    : to_directory(target, spring, err);
}
