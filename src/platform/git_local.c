/* A repository opened in place. The ref moves under its lock file, after a look at where it is: what
 * git calls update-ref with an old value. (libgit2's own file transport checks before it locks, and
 * loses updates.) */
#include <stdlib.h>
#include <time.h>

#include "platform/deadline.h"
#include "platform/git_session.h"

/* Others hold the lock for a moment; one that stays was left behind by a killed process. */
#define LOCK_WAIT_MS 10000
#define LOCK_POLL_MS 2

/* 0, or -1. */
static int tip_of(struct vcs_session *session, bool *ret_exists, git_oid *ret_tip,
		  struct err *err)
{
	int code = git_reference_name_to_id(ret_tip, session->store->repo, session->ref);
	*ret_exists = code == 0;
	if (code < 0 && code != GIT_ENOTFOUND)
		return vcs_fail_git(ERR_STATE, err);
	return 0;
}

int vcs_local_tip(struct vcs_session *session, bool *ret_exists, git_oid *ret_tip,
		  struct err *err)
{
	if (!session->store && vcs_store_open(session->url, session->remote->create,
					      &session->store, err) < 0)
		return -1;
	return tip_of(session, ret_exists, ret_tip, err);
}

static int lock_ref(struct vcs_session *session, git_transaction *transaction,
		    struct err *err)
{
	int64_t until_ms = deadline_after_ms(LOCK_WAIT_MS);
	if (until_ms > session->deadline_ms)
		until_ms = session->deadline_ms;
	for (;;) {
		int code = git_transaction_lock_ref(transaction, session->ref);
		if (code == 0)
			return 0;
		if (code != GIT_ELOCKED || deadline_left_ms(until_ms) == 0) {
			vcs_fail_git(ERR_STATE, err);
			err_wrap(err, "cannot lock '%s' in '%s'", session->ref,
				 session->url);
			if (code == GIT_ELOCKED)
				err_hint(
					err,
					"if no other belay or git is at work there, remove "
					"'%s.lock' in that repository",
					session->ref);
			return -1;
		}
		nanosleep(&(struct timespec){.tv_nsec = LOCK_POLL_MS * 1000000L}, NULL);
	}
}

/* Is the branch at `parent` (absent for NULL)? */
static bool is_at(bool exists, const git_oid *tip, const git_oid *parent)
{
	return parent ? exists && git_oid_equal(tip, parent) : !exists;
}

/* Under the lock. */
static int move_ref(struct vcs_session *session, git_transaction *transaction,
		    const struct vcs_append *append, const git_oid *parent,
		    const git_oid *tip, bool *ret_raced, struct err *err)
{
	bool exists;
	git_oid now;
	git_signature *who = NULL;
	const struct vcs_new_commit *last = &append->commits[append->commit_count - 1];
	if (tip_of(session, &exists, &now, err) < 0)
		return -1;
	*ret_raced = !is_at(exists, &now, parent);
	if (*ret_raced)
		return 0;
	int code = git_signature_new(&who, append->author_name, append->author_email,
				     last->at_ms / 1000, 0);
	if (code == 0)
		code = git_transaction_set_target(transaction, session->ref, tip, who,
						  last->subject);
	if (code == 0)
		code = git_transaction_commit(transaction);
	git_signature_free(who);
	if (code < 0)
		return vcs_fail_git(ERR_FAIL, err);
	return 0;
}

static int swap_ref(struct vcs_session *session, const struct vcs_append *append,
		    const git_oid *parent, const git_oid *tip, bool *ret_raced,
		    struct err *err)
{
	git_transaction *transaction = NULL;
	if (git_transaction_new(&transaction, session->store->repo) < 0)
		return vcs_fail_git(ERR_FAIL, err);
	int result = lock_ref(session, transaction, err);
	if (result == 0)
		result = move_ref(session, transaction, append, parent, tip, ret_raced,
				  err);
	git_transaction_free(transaction);
	return result;
}

int vcs_swap(struct vcs_session *session, const struct vcs_append *append, git_oid *ids,
	     bool *ret_raced, struct err *err)
{
	bool exists;
	git_oid parent_id;
	git_oid tip;
	const git_oid *parent = NULL;
	if (append->parent) {
		git_oid_fromstr(&parent_id, append->parent);
		parent = &parent_id;
	}
	if (vcs_local_tip(session, &exists, &tip, err) < 0)
		return -1;
	*ret_raced = !is_at(exists, &tip, parent);
	if (*ret_raced)
		return 0;
	if (vcs_build(session->store->repo, append, parent, ids, err) < 0)
		return -1;
	return swap_ref(session, append, parent, &ids[append->commit_count - 1],
			ret_raced, err);
}
