/* room: platform
 * One branch of a git repository as a journal: read its tip, append commits by compare-and-swap, walk
 * its history. Over libgit2; names here start with vcs_ because git_ belongs to it.
 *
 * Where the repository is:
 *   path    opened in place. The ref moves under its lock file, new objects are fsynced.
 *   http(s) smart HTTP through platform/http (protocol 0/1, Basic authentication).
 *   ssh     ssh://user@host:port/path or user@host:path, through platform/ssh.
 * For the last two the objects live in a throw-away repository: fetched packs in a private directory
 * (below $TMPDIR, /dev/shm, $RUNNER_TEMP, /tmp or ./.belay, the first in which one can be made; a
 * history of more than the tip goes to /dev/shm last), new objects in memory. It is removed with the pool; a run that is killed leaves it behind.
 *
 * A session (remote, branch) keeps that repository and the connection, so that read, append, log
 * share them. A read fetches with depth 1, and nothing at all when the tip is known already.
 *
 * Thread-safe: calls for the same remote and branch wait for each other. Errors: ERR_AUTH (401, 403,
 * rejected by a hook or a rule of the remote, host key), ERR_NOT_FOUND (no repository, or no
 * access), ERR_NET and ERR_TIMEOUT (nothing was changed; trying again is safe), ERR_LIMIT, ERR_STATE
 * (what is on the branch cannot be read), ERR_CONFIG (arguments), ERR_CANCELLED.
 */
#ifndef BELAY_PLATFORM_GIT_H
#define BELAY_PLATFORM_GIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"
#include "belay/secret.h"
#include "platform/stop.h"

struct ssh_link;
struct trust;
struct vcs_pool;

#define VCS_ID_BYTES 41 /* 40 hexadecimal digits and NUL */

/* Everything is borrowed for the duration of a call. */
struct vcs_remote {
	const char *url; /* one of url and path; "file://…" is a path */
	const char *path;
	bool create; /* make a bare repository at path when there is none */

	const char *user; /* NULL: "x-access-token" with a password, "git" for ssh */
	const struct secret *password; /* token or password for http(s); NULL none */
	const char *ca_file;           /* NULL: the machine's bundle */
	/* Opens an ssh connection; NULL: ssh is not possible. */
	int (*open_ssh)(void *context, const char *user, const char *host, unsigned port,
			struct ssh_link **ret, struct err *err);
	void *open_ssh_context;

	const char *
		identity; /* who asks, as far as sessions must not be shared; NULL: anyone */
	int64_t timeout_ms; /* for the whole call; 0: two minutes, ten for a log */
	struct stop stop;
};

struct vcs_file {
	char *path;
	char *data; /* NUL-terminated; NULL when only the id was asked for */
	size_t len;
	char id[VCS_ID_BYTES]; /* of the blob */
};

struct vcs_files {
	struct vcs_file *items; /* in the order of the tree */
	size_t count, capacity;
};

struct vcs_commit {
	char id[VCS_ID_BYTES];
	struct {
		char (*items)[VCS_ID_BYTES];
		size_t count, capacity;
	} parents;
	char *subject; /* first line of the message */
	char *body;    /* what follows the empty line, without trailing line breaks */
	char *author;  /* "name <email>" */
	int64_t at_ms; /* committer's time; whole seconds */
	struct vcs_files tree; /* ids only, when asked for */
};

struct vcs_pool *vcs_pool_new(struct trust *trust); /* `trust` outlives the pool */
void vcs_pool_free(struct vcs_pool *pool);

/* --- read ------------------------------------------------------------------------------------- */

struct vcs_snapshot {
	bool exists; /* false: the branch is absent; nothing else is set then */
	struct vcs_commit commit;
	struct vcs_files files;
};

/* The tip and every file in its tree (submodules left out). ERR_LIMIT for a file over 8 MiB or more
 * than 64 MiB altogether. */
int vcs_read(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	     struct vcs_snapshot *ret, struct err *err);
void vcs_snapshot_release(struct vcs_snapshot *snapshot);

/* --- append ----------------------------------------------------------------------------------- */

struct vcs_change {
	const char *path;
	const char *data; /* NULL: remove the file, if it is there */
	size_t len;
};

struct vcs_new_commit {
	const char *subject;
	const char *body; /* "" for none */
	int64_t at_ms;
	const struct vcs_change *changes;
	size_t change_count;
};

struct vcs_append {
	const char *parent; /* id, or NULL: the branch must not exist yet */
	const char *author_name, *author_email;
	const struct vcs_new_commit *commits;
	size_t commit_count;
	/* The very same append was tried before and its fate is not known: when its commits are on
	 * the branch already, that is success. The same commits have the same ids. */
	bool again;
};

struct vcs_append_result {
	bool raced; /* the branch is not (any more) at `parent`: nothing was changed */
	char (*ids)
		[VCS_ID_BYTES]; /* of the new commits; the last is the tip. Free with free(). */
};

/* Either all commits are on the branch, on top of `parent`, or none is. When the connection breaks
 * after the commits were sent, the remote is asked what became of them: success is reported if they
 * arrived, ERR_NET if they did not. */
int vcs_append(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	       const struct vcs_append *append, struct vcs_append_result *ret,
	       struct err *err);

/* Does this reason of a rejected update mean that someone else was faster? */
bool vcs_reason_is_race(const char *reason);

/* --- log -------------------------------------------------------------------------------------- */

struct vcs_log_options {
	size_t limit; /* the newest so many; 0: all */
	bool trees;   /* with path and blob id of every file */
};

struct vcs_history {
	struct {
		struct vcs_commit *
			items; /* newest first (a page: oldest first), along first parents */
		size_t count, capacity;
	} commits; /* none: the branch is absent */
	/* Of a page: */
	char tip[VCS_ID_BYTES]; /* "" when the branch is absent */
	size_t total;           /* commits altogether */
};

int vcs_log(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	    const struct vcs_log_options *options, struct vcs_history *ret,
	    struct err *err);

/* A part of the history, oldest first, so that a long one need not be in memory as a whole. */
struct vcs_page {
	size_t from, count; /* 0: the oldest commit */
	const char *
		tip; /* that an earlier page gave: the branch as it was then; NULL: now */
	bool trees;
};
int vcs_log_page(struct vcs_pool *pool, const struct vcs_remote *remote,
		 const char *branch, const struct vcs_page *page, struct vcs_history *ret,
		 struct err *err);
void vcs_history_release(struct vcs_history *history);

/* --- repository ------------------------------------------------------------------------------- */

struct vcs_place {
	char *root; /* of the work tree (or the bare repository); NULL: not in a repository */
	char *origin;                  /* URL without credentials, or NULL */
	struct secret origin_password; /* that were in it; empty mostly */
	char *head;                    /* id, or NULL when there is no commit yet */
	char *branch;                  /* NULL when HEAD is detached */
};

/* The repository that `path` is in. Whoever owns it: a container sees a work tree of another user. */
int vcs_discover(const char *path, struct vcs_place *ret, struct err *err);
void vcs_place_release(struct vcs_place *place);

#endif
