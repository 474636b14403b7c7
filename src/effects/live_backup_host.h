/* What the files about sources on a host share. Private to src/effects.
 *
 *     live_backup_host.c       commands for a host's shell, their output
 *     live_backup_host_tar.c   directories and files, by the host's own tar
 *     live_backup_host_said.c  what tar said about them
 */
#ifndef BELAY_EFFECTS_LIVE_BACKUP_HOST_H
#define BELAY_EFFECTS_LIVE_BACKUP_HOST_H

#include "live_backup.h"
#include "live_run.h"
#include "platform/ssh.h"

/* --- words for a shell --------------------------------------------------------------------- */

/* Whatever the user's login shell is, the script is for sh. Fresh. */
char *live_host_for_sh(const struct str *script);
/* NULL: stays where it is. */
void live_host_change_directory(struct str *script, const char *directory);

/* --- a command whose output is a stream ------------------------------------------------------ */

struct live_remote {
	struct ssh_stream *stream;
	/* Known when it was closed. */
	int status;      /* -1: not known */
	struct str said; /* on standard error: the beginning of it */
	char buffer[64 << 10];
};

/* `ret` comes from mem_new(). */
int live_remote_open(struct live_source *source, const char *command,
		     struct live_remote *ret, struct err *err);
struct spring live_remote_spring(struct live_remote *remote);
void live_remote_close(struct live_remote *remote);
void live_remote_freep(struct live_remote **remote);
/* How it ended as an error, 0 when it ended well. */
int live_remote_judge(const struct live_remote *remote, const char *what,
		      struct err *err);

/* --- what tar said ---------------------------------------------------------------------------- */

/* Tells what was left out, has changed or vanished, and warns of everything else. `origin` is where tar stood, without a
 * slash at its end; NULL: its names are told as they are. */
void live_host_tell_said(struct live_source *source, const char *origin,
			 const char *said);
/* Where something is on the host: a name as tar has it, without the "./". Fresh. */
char *live_host_shown(const char *origin, const char *name);

#endif
