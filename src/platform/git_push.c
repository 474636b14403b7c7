/* Pushing as a compare-and-swap.
 *
 * What makes it one: the remote's advertised value is compared with the parent before anything is
 * sent; the push names that value as the old one, and the remote refuses when it has moved since.
 * A lost race shows in three ways: the advertised value differs, libgit2 sees that it is no
 * fast-forward, or the push itself "succeeds" and only the report says that the ref was not
 * updated. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/git_session.h"

/* How far behind the tip our commits may be when others went on after them. */
#define LOOK_BACK_COMMITS 64

bool vcs_reason_is_race(const char *reason)
{
	static const char *const spellings[] = {
		"fetch first",          /* the remote has a commit that we do not have */
		"non-fast-forward",     /* receive.denyNonFastForwards */
		"non-fast forward",     /* some servers */
		"cannot lock ref",      /* "… is at X but expected Y" */
		"failed to update ref", /* the lock was taken */
		"failed to lock",       /* other servers */
		"incorrect old value",  /* git: old value given does not match */
		"reference already exists", /* two made the branch at the same time */
		"stale info",
		"but expected",
	};
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++)
		if (strcasestr(reason, spellings[i]))
			return true;
	return false;
}

static int on_report(const char *ref, const char *reason, void *context)
{
	struct vcs_session *session = context;
	(void)ref;
	session->reported = true;
	free(session->reject_reason);
	session->reject_reason = reason ? mem_strdup(reason) : NULL;
	return 0;
}

/* The first line in which the remote says why, for people: without "remote: " and "error: ". */
static char *explanation(struct vcs_session *session)
{
	const char *text = str_text(&session->remote_says);
	const char *error = strstr(text, "error:");
	if (error)
		text = error + strlen("error:");
	text += strspn(text, " \r\n");
	return mem_strndup(text, strcspn(text, "\r\n"));
}

static int rejected(struct vcs_session *session, const char *reason, struct err *err)
{
	_cleanup_free_ char *why = explanation(session);
	bool more = *why && !strstr(why, reason);
	err_set(err, ERR_AUTH, "the git remote refuses the update of '%s': %s%s%s",
		session->ref + strlen("refs/heads/"), reason, more ? ": " : "",
		more ? why : "");
	return err_hint(
		err,
		"the token needs the permission 'contents: write', and no rule or hook "
		"may protect the branch from it");
}

static bool is_at(bool exists, const git_oid *tip, const char *parent)
{
	git_oid id;
	if (!parent)
		return !exists;
	return exists && git_oid_fromstr(&id, parent) == 0 && git_oid_equal(&id, tip);
}

/* A push ended without a verdict. Where is the branch now? */
static int settle(struct vcs_session *session, const struct vcs_append *append,
		  const git_oid *new_tip, bool *ret_raced, struct err *err)
{
	struct err lost = *err;
	struct err again = {0};
	bool exists;
	git_oid tip;
	git_oid id;
	err_clear(&session->fault);
	session->answer_lost = false;
	if (vcs_fetch(session, 1, &exists, &tip, &again) < 0) {
		*err = lost;
		err_wrap(err, "the push was sent, but whether it arrived is not known");
		return err_hint(err, "look at the branch before you try again");
	}
	if (exists && git_oid_equal(&tip, new_tip))
		return 0;
	if (is_at(exists, &tip, append->parent)) {
		*err = lost;
		return err_wrap(err, "the push did not arrive (nothing was changed)");
	}
	/* Others went on: with our commits below theirs, or instead of them? */
	*ret_raced = true;
	for (size_t depth = LOOK_BACK_COMMITS;; depth = 0) {
		if (vcs_fetch(session, depth, &exists, &tip, err) < 0)
			return -1;
		if (!exists)
			return 0;
		git_oid_cpy(&id, new_tip);
		if (vcs_store_has(session->store, &id)) {
			*ret_raced = false;
			return 0;
		}
		if (depth == 0 || !append->parent)
			return 0;
		git_oid_fromstr(&id, append->parent);
		if (vcs_store_has(session->store, &id))
			return 0;
	}
}

/* Sends the commits. 0 with *ret_raced, or -1. */
static int upload(struct vcs_session *session, git_remote *remote, const git_oid *tip,
		  bool *ret_raced, struct err *err)
{
	char id[VCS_ID_BYTES];
	git_oid_tostr(id, sizeof id, tip);
	_cleanup_free_ char *spec = str_format("%s:%s", id, session->ref);
	git_strarray specs = {.strings = &spec, .count = 1};
	git_push_options options;
	git_push_options_init(&options, GIT_PUSH_OPTIONS_VERSION);
	options.callbacks = vcs_callbacks(session);
	options.callbacks.push_update_reference = on_report;
	options.pb_parallelism = 1;
	session->reported = false;
	int code = git_remote_upload(remote, &specs, &options);
	session->conversation_over = session->reported;
	_cleanup_free_ char *reason = TAKE_PTR(session->reject_reason);
	if (code == GIT_ENONFASTFORWARD || (reason && vcs_reason_is_race(reason))) {
		*ret_raced = true;
		return 0;
	}
	if (reason)
		return rejected(session, reason, err);
	if (code < 0)
		return vcs_fail(session, ERR_NET, err);
	if (!session->reported) {
		session->answer_lost = true;
		return err_set(err, ERR_NET, "the git remote did not report on the push");
	}
	return 0;
}

/* The parent's tree has to be at hand. Only a caller that did not read first makes us fetch. */
static int have_parent(struct vcs_session *session, const struct vcs_append *append,
		       bool *ret_raced, struct err *err)
{
	git_oid id;
	git_oid tip;
	bool exists;
	if (append->parent) {
		git_oid_fromstr(&id, append->parent);
		if (vcs_store_has(session->store, &id))
			return 0;
		if (vcs_fetch(session, 1, &exists, &tip, err) < 0)
			return -1;
		*ret_raced = !is_at(exists, &tip, append->parent);
		return 0;
	}
	if (!session->store)
		return vcs_store_new(false, &session->store, err);
	return 0;
}

static int push_connected(struct vcs_session *session, const struct vcs_append *append,
			  git_remote *remote, git_oid *ids, bool *ret_raced,
			  struct err *err)
{
	git_oid parent;
	if (append->parent)
		git_oid_fromstr(&parent, append->parent);
	if (vcs_build(session->store->repo, append, append->parent ? &parent : NULL, ids,
		      err) < 0)
		return -1;
	return upload(session, remote, &ids[append->commit_count - 1], ret_raced, err);
}

int vcs_push(struct vcs_session *session, const struct vcs_append *append, git_oid *ids,
	     bool *ret_raced, struct err *err)
{
	git_remote *remote = NULL;
	bool exists;
	git_oid tip;
	*ret_raced = false;
	if (have_parent(session, append, ret_raced, err) < 0)
		return -1;
	if (*ret_raced)
		return 0;
	if (vcs_connect(session, session->store->repo, GIT_DIRECTION_PUSH, &remote,
			&exists, &tip, err) < 0)
		return -1;
	int result = 0;
	if (is_at(exists, &tip, append->parent))
		result = push_connected(session, append, remote, ids, ret_raced, err);
	else
		*ret_raced = true;
	vcs_disconnect(remote);
	if (result < 0 && session->answer_lost)
		result = settle(session, append, &ids[append->commit_count - 1],
				ret_raced, err);
	return result;
}
