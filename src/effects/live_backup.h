/* What the handlers of backup.write and backup.read share. Private to src/effects.
 *
 *     live_backup_write.c   backup.write: options, stores, the answer
 *     live_backup_source.c  what is read: trees, commands
 *     live_backup_host*.c   what is read of a host over SSH
 *     live_backup_pipe.c    commands with a pipe in them
 *     live_backup_read.c    backup.read
 *     live_backup_target.c  where what was read goes
 *     live_backup_guard.c   a command that gets it, and never takes a cut one for a whole one
 */
#ifndef BELAY_EFFECTS_LIVE_BACKUP_H
#define BELAY_EFFECTS_LIVE_BACKUP_H

#include "live.h"
#include "platform/bulk.h"
#include "platform/flow.h"
#include "platform/run.h"
#include "platform/tree.h"

/* --- live_backup.c ------------------------------------------------------------------------- */

/* Passes on what moved to whoever watches the effect. */
struct live_bulk_watch {
	const struct effect *effect;
	int64_t begun_ms;
	/* What is read more than once: bytes of what is done already, bytes of what is still to come. */
	int64_t before_bytes, after_bytes;
};
struct bulk_watch live_bulk_watch(const struct live_call *call,
				  struct live_bulk_watch *watch);

/* 32 hexadecimal digits into PACK_ID_BYTES (or a salt into SEAL_SALT_BYTES). ERR_CONFIG names `what`. */
enum { LIVE_ID_BYTES = 16 };
int live_parse_id(const char *text, const char *what,
		  unsigned char ret[static LIVE_ID_BYTES], struct err *err);

/* How a command ended as an error, with the last lines of what it said; 0 when it ended well. */
int live_judge_command(const char *what, struct run_outcome *outcome, struct err *err);
/* The last lines of a text, in one line of at most `size` bytes. */
void live_last_lines(const char *text, char *ret, size_t size);

/* --- sources -------------------------------------------------------------------------------- */

enum { LIVE_LEFT_OUT_MAX = 100 /* more are only counted */ };

struct live_source {
	struct live_call *call;
	const json_t *sources;
	bool is_tar;
	int64_t timeout_ms;
	struct ssh_link *link; /* when they are on a host */

	/* What became known. */
	uint64_t entries;
	json_t *left_out;
	uint64_t left_out_count;
	json_t *missing;
	uint64_t missing_count;
	json_t *warnings;
	json_t *tools;
};
/* ERR_CONFIG: sources that cannot be together. Connects to the host. */
int live_source_init(struct live_source *source, struct live_call *call, struct err *err);
void live_source_release(struct live_source *source);
/* source of bulk_write(), with a struct live_source. */
int live_source_run(void *source, struct drain drain, struct err *err);

/* For a person: a tree_event of what is packed. */
void live_source_tell(void *source, enum tree_event event, const char *path,
		      const char *reason);
void live_source_warn(struct live_source *source, const char *text);
/* "/etc/nginx/" → "etc/nginx": a path as a name in the archive. Fresh. */
char *live_archive_name(const char *path);

/* live_backup_pipe.c: a script for sh that runs `command` and fails when any part of a pipeline in it does. */
void live_pipe_command(struct str *out, const char *command);
/* Whether that script refused to, by how it ended and what it said (without the last newline). Then *err says so. */
bool live_pipe_refused(int status, const char *said, struct err *err);

/* The output of a command on its way to the drain: nothing at all is an error, unless it was allowed. */
struct live_output {
	struct drain drain;
	uint64_t bytes;
};
struct drain live_output_drain(struct live_output *output);
int live_output_check(const struct live_output *output, const json_t *run,
		      struct err *err);

/* live_backup_host_tar.c, live_backup_host.c: all of them, from the host. */
int live_host_tar(struct live_source *source, struct drain drain, struct err *err);
int live_host_stream(struct live_source *source, struct drain drain, struct err *err);

/* A command for a host that gets variables through its standard input, where nobody else sees them:
 * `command` is what to run, `head` what has to be sent before the command's own input. `script` is for sh, with the
 * variables and the directory of `run`. */
struct live_host_command {
	struct str command, head;
};
int live_host_command(struct live_call *call, const json_t *run, const char *script,
		      struct live_host_command *ret, struct err *err);
void live_host_command_release(struct live_host_command *command);

/* --- targets -------------------------------------------------------------------------------- */

struct live_target {
	struct live_call *call;
	const json_t *to;
	bool is_tar;
	int64_t timeout_ms;
	int64_t open_bytes; /* so much will come */
	uint64_t entries;
	bool in_use;  /* a directory with files that will be replaced */
	bool touched; /* a command runs, or has run */
	struct tree_changes changes;
	json_t *run; /* the outcome of a command, as of run; or NULL */
};
/* Looks whether it can be used, before anything is read, and whether it is in use. */
int live_target_check(struct live_target *target, struct err *err);
/* target of bulk_read(), with a struct live_target. */
int live_target_run(void *target, struct spring spring, struct err *err);
/* May what was there be changed by now? */
bool live_target_is_touched(const struct live_target *target);

/* live_backup_guard.c: a script for sh that runs `command` with the first `bytes` bytes of its own input, which has to
 * go on with live_guard_end(); when it ends before that, the command is killed before it sees an end. A command that ends
 * with 0 and has not read them all becomes one that ends with 125 and BACKUP_UNREAD; of a tar, the zeros at its end may be left. */
void live_guard_command(struct str *out, const char *command, int64_t bytes, bool is_tar);
void live_guard_end(struct str *out);

#endif
