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

enum place {
	PLACE_BELOW,  /* at the tip or behind it */
	PLACE_ABSENT, /* the branch went another way */
	PLACE_UNSEEN, /* the store does not reach back far enough */
};

/* Where `ours` is on the branch, by the commits that are at hand. Going back ends at `parent` (may be
 * NULL): what is not above it is nowhere. */
static int look_back(struct vcs_session *session, const git_oid *tip, const git_oid *ours,
		     const git_oid *parent, enum place *ret, struct err *err)
{
	git_oid at = *tip;
	for (;;) {
		git_oid next;
		bool has_parent;
		*ret = PLACE_BELOW;
		if (git_oid_equal(&at, ours))
			return 0;
		*ret = PLACE_ABSENT;
		if (parent && git_oid_equal(&at, parent))
			return 0;
		*ret = PLACE_UNSEEN;
		if (!vcs_store_has(session->store, &at))
			return 0;
		*ret = PLACE_ABSENT;
		if (vcs_load_parent(session->store->repo, &at, &has_parent, &next, err) <
		    0)
			return -1;
		if (!has_parent)
			return 0;
		at = next;
	}
}

/* Are our commits on the branch, perhaps with others' on top of them? */
static int find_ours(struct vcs_session *session, const struct vcs_append *append,
		     const git_oid *ours, bool *ret_found, struct err *err)
{
	static const size_t depths[] = {1, LOOK_BACK_COMMITS, 0};
	enum place place = PLACE_UNSEEN;
	git_oid parent;
	if (append->parent)
		git_oid_fromstr(&parent, append->parent);
	for (size_t i = 0; i < ARRAY_SIZE(depths) && place == PLACE_UNSEEN; i++) {
		bool exists;
		git_oid tip;
		if (vcs_fetch(session, depths[i], &exists, &tip, err) < 0)
			return -1;
		place = PLACE_ABSENT;
		if (exists && look_back(session, &tip, ours,
					append->parent ? &parent : NULL, &place, err) < 0)
			return -1;
	}
	*ret_found = place == PLACE_BELOW;
	return 0;
}

/* A push ended without a verdict. What became of it? */
static int settle(struct vcs_session *session, const struct vcs_append *append,
		  const git_oid *ours, bool *ret_raced, struct err *err)
{
	struct err lost = *err;
	struct err again = {0};
	bool exists;
	bool found = false;
	git_oid tip;
	err_clear(&session->fault);
	session->answer_lost = false;
	int result = vcs_fetch(session, 1, &exists, &tip, &again);
	if (result == 0 && is_at(exists, &tip, append->parent)) {
		*err = lost;
		return err_wrap(err, "the push did not arrive (nothing was changed)");
	}
	if (result == 0)
		result = find_ours(session, append, ours, &found, &again);
	if (result < 0) {
		*err = lost;
		err_wrap(err, "the push was sent, but whether it arrived is not known");
		return err_hint(err, "look at the branch before you try again");
	}
	*ret_raced =
		!found; /* others went on: with our commits below theirs, or instead of them */
	return 0;
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

/* The parent's tree has to be at hand. Only a caller that did not read first makes us fetch, or one
 * that tries again after others went on. */
static int have_parent(struct vcs_session *session, const struct vcs_append *append,
		       bool *ret_raced, struct err *err)
{
	static const size_t depths[] = {1, LOOK_BACK_COMMITS, 0};
	git_oid id;
	git_oid tip;
	bool exists = true;
	if (!append->parent)
		return session->store ? 0 : vcs_store_new(false, &session->store, err);
	git_oid_fromstr(&id, append->parent);
	size_t count = append->again ? ARRAY_SIZE(depths) : 1;
	for (size_t i = 0; i < count && exists; i++) {
		if (vcs_store_has(session->store, &id))
			return 0;
		if (vcs_fetch(session, depths[i], &exists, &tip, err) < 0)
			return -1;
	}
	*ret_raced = !exists || !vcs_store_has(session->store, &id);
	return 0;
}

static int build(struct vcs_session *session, const struct vcs_append *append,
		 git_oid *ids, struct err *err)
{
	git_oid parent;
	if (append->parent)
		git_oid_fromstr(&parent, append->parent);
	return vcs_build(session->store->repo, append, append->parent ? &parent : NULL,
			 ids, err);
}

/* The branch is not at the parent: somebody else was faster, unless it was us. */
static int on_moved(struct vcs_session *session, const struct vcs_append *append,
		    git_oid *ids, bool *ret_raced, struct err *err)
{
	bool found = false;
	if (append->again &&
	    (build(session, append, ids, err) < 0 ||
	     find_ours(session, append, &ids[append->commit_count - 1], &found, err) < 0))
		return -1;
	*ret_raced = !found;
	return 0;
}

int vcs_push(struct vcs_session *session, const struct vcs_append *append, git_oid *ids,
	     bool *ret_raced, struct err *err)
{
	git_remote *remote = NULL;
	const git_oid *ours = &ids[append->commit_count - 1];
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
	bool moved = !is_at(exists, &tip, append->parent);
	if (!moved)
		result = build(session, append, ids, err);
	if (!moved && result == 0)
		result = upload(session, remote, ours, ret_raced, err);
	vcs_disconnect(remote);
	if (moved)
		return on_moved(session, append, ids, ret_raced, err);
	if (result < 0 && session->answer_lost)
		return settle(session, append, ours, ret_raced, err);
	return result;
}
