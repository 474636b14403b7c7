/* room: platform
 * What the files of the git adapter share: a session and the throw-away repositories it uses.
 * Private to git_*.c.
 */
#ifndef BELAY_PLATFORM_GIT_SESSION_H
#define BELAY_PLATFORM_GIT_SESSION_H

#include <git2.h>
#include <pthread.h>

#include "belay/str.h"
#include "platform/git.h"

enum vcs_kind {
	VCS_PATH,
	VCS_HTTP,
	VCS_SSH,
};

/* A repository to work in. */
struct vcs_store {
	git_repository *repo;
	char *directory; /* to be removed with it; NULL for a repository opened in place */
	bool complete;   /* holds the whole history of what it holds */
	bool large;      /* has room for a whole history */
	unsigned appends;
};

/* The ids of a branch's commits along first parents, newest first. */
struct vcs_line {
	git_oid *items;
	size_t count, capacity;
};
void vcs_line_clear(struct vcs_line *line);

struct vcs_session {
	pthread_mutex_t lock;
	char *key;
	enum vcs_kind kind;
	char *url; /* http(s): without trailing slashes; path: the path */
	char *ref; /* "refs/heads/belay-state" */
	struct trust *trust;

	struct vcs_store *store; /* with the objects seen last; NULL at first */
	struct vcs_store *spare; /* empty: what the next fetch goes into */

	struct vcs_line line; /* of the last tip that was read in pages */

	/* http */
	struct http_client *http;
	char *base_url;         /* where the remote redirected us to; NULL: url */
	bool base_is_elsewhere; /* and that is another origin: no credentials */
	/* ssh */
	char *ssh_user, *ssh_host, *ssh_path;
	unsigned ssh_port;
	struct ssh_link *link;

	/* Of the call under way: */
	const struct vcs_remote *remote;
	int64_t deadline_ms;
	struct err fault; /* what a transport found; libgit2 only knows "it failed" */
	bool conversation_over; /* the remote has said all: nothing is to be written any more */
	bool answer_lost;       /* a push was sent and no verdict came */
	bool reported;          /* the remote's verdict on the update came … */
	char *reject_reason;    /* … and was no */
	struct str remote_says; /* progress text of the remote: why a push was refused */
};

/* Once for the process; before any other call into libgit2. */
void vcs_start(void);

/* The session for this remote and branch, locked and ready for one call. */
int vcs_enter(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	      int64_t default_timeout_ms, struct vcs_session **ret, struct err *err);
/* Ends the call. Gives back its result, and makes plain text of what *err says then. */
int vcs_leave(struct vcs_session *session, int result, struct err *err);
/* Where the branch is; session->store has its newest `depth` commits then (0: all). */
int vcs_see_tip(struct vcs_session *session, size_t depth, bool *ret_exists,
		git_oid *ret_tip, struct err *err);

/* Fills *err from the transport's fault, else from libgit2's last error. Returns -1. */
int vcs_fail(struct vcs_session *session, enum err_code code, struct err *err);
/* libgit2's last error, without a session. */
int vcs_fail_git(enum err_code code, struct err *err);

/* --- stores (git_store.c) --------------------------------------------------------------------- */

/* Empty, for one fetch; `large`: of more than the tip. */
int vcs_store_new(bool large, struct vcs_store **ret, struct err *err);
int vcs_store_open(const char *path, bool create, struct vcs_store **ret,
		   struct err *err);
void vcs_store_free(struct vcs_store *store);
bool vcs_store_has(const struct vcs_store *store, const git_oid *id);

/* --- objects (git_objects.c) ------------------------------------------------------------------ */

/* Parses a commit in the store. */
int vcs_load_commit(git_repository *repo, const git_oid *id, bool with_tree,
		    struct vcs_commit *ret, struct err *err);
/* The first parent, when it has one. */
int vcs_load_parent(git_repository *repo, const git_oid *id, bool *ret_has_parent,
		    git_oid *ret_parent, struct err *err);
void vcs_commit_release(struct vcs_commit *commit);
int vcs_load_files(git_repository *repo, const git_oid *commit_id, struct vcs_files *ret,
		   struct err *err);
void vcs_files_release(struct vcs_files *files);

/* Writes the chain of commits; ids[commit_count]. `parent` NULL: an orphan. */
int vcs_build(git_repository *repo, const struct vcs_append *append,
	      const git_oid *parent, git_oid *ids, struct err *err);

/* --- the remote (git_remote.c) ---------------------------------------------------------------- */

/* Connects and lists: *ret_exists and *ret_tip for the session's ref. */
int vcs_connect(struct vcs_session *session, git_repository *repo,
		git_direction direction, git_remote **ret_remote, bool *ret_exists,
		git_oid *ret_tip, struct err *err);
void vcs_disconnect(git_remote *remote);
git_remote_callbacks vcs_callbacks(struct vcs_session *session);

/* Makes sure that session->store has the tip and `depth` commits (0: all). */
int vcs_fetch(struct vcs_session *session, size_t depth, bool *ret_exists,
	      git_oid *ret_tip, struct err *err);

/* --- push (git_push.c), path (git_local.c) ---------------------------------------------------- */

int vcs_push(struct vcs_session *session, const struct vcs_append *append, git_oid *ids,
	     bool *ret_raced, struct err *err);
int vcs_swap(struct vcs_session *session, const struct vcs_append *append, git_oid *ids,
	     bool *ret_raced, struct err *err);
/* The tip of a repository opened in place; opens it when necessary. */
int vcs_local_tip(struct vcs_session *session, bool *ret_exists, git_oid *ret_tip,
		  struct err *err);

/* --- sub-transports (git_http.c, git_ssh.c) --------------------------------------------------- */

/* A git_transport_cb; the payload is the session. */
int vcs_http_transport(git_transport **ret, git_remote *owner, void *session);
int vcs_ssh_transport(git_transport **ret, git_remote *owner, void *session);
/* "user@host:path" and ssh:// into the session's parts. */
int vcs_ssh_parse(const char *url, char **ret_user, char **ret_host, unsigned *ret_port,
		  char **ret_path);
void vcs_ssh_release(struct vcs_session *session);

#endif
