/* The history of a branch: the newest commits, or pages from the oldest one on.
 *
 * Commits know their parents only, so that the way to the oldest one leads through all. It is walked
 * once for a tip; the session keeps the ids, 20 bytes a commit. */
#include <stdlib.h>
#include <string.h>

#include "belay/vec.h"
#include "platform/git_session.h"

#define LOG_TIMEOUT_MS 600000
/* Along first parents, from `tip` on, as far as the store goes. */
static int walk(struct vcs_session *session, git_oid tip,
		const struct vcs_log_options *options, struct vcs_history *ret,
		struct err *err)
{
	git_repository *repo = session->store->repo;
	for (;;) {
		if (stop_asked(&session->remote->stop))
			return err_set(err, ERR_CANCELLED, "cancelled");
		struct vcs_commit *commit = vec_push(&ret->commits);
		if (vcs_load_commit(repo, &tip, options->trees, commit, err) < 0)
			return -1;
		if (commit->parents.count == 0 || ret->commits.count == options->limit)
			return 0;
		git_oid_fromstr(&tip, commit->parents.items[0]);
		bool complete = session->store->complete;
		if (!complete && !vcs_store_has(session->store, &tip))
			return 0;
	}
}

int vcs_log(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	    const struct vcs_log_options *options, struct vcs_history *ret,
	    struct err *err)
{
	struct vcs_session *session;
	bool exists = false;
	git_oid tip;
	*ret = (struct vcs_history){0};
	if (vcs_enter(pool, remote, branch, LOG_TIMEOUT_MS, &session, err) < 0)
		return -1;
	int result = vcs_see_tip(session, options->limit, &exists, &tip, err);
	if (result == 0 && exists)
		result = walk(session, tip, options, ret, err);
	return vcs_leave(session, result, err);
}

void vcs_history_release(struct vcs_history *history)
{
	for (size_t i = 0; i < history->commits.count; i++)
		vcs_commit_release(&history->commits.items[i]);
	free(history->commits.items);
	*history = (struct vcs_history){0};
}

/* --- pages ------------------------------------------------------------------------------------ */

void vcs_line_clear(struct vcs_line *line)
{
	free(line->items);
	*line = (struct vcs_line){0};
}

/* session->line: all commits from `tip` to the oldest one. */
static int draw_line(struct vcs_session *session, const git_oid *tip, struct err *err)
{
	struct vcs_line *line = &session->line;
	git_oid at = *tip;
	bool more = true;
	if (line->count > 0 && git_oid_equal(&line->items[0], tip))
		return 0;
	vcs_line_clear(line);
	while (more) {
		int result = stop_asked(&session->remote->stop)
				     ? err_set(err, ERR_CANCELLED, "cancelled")
				     : 0;
		*vec_push(line) = at;
		if (result == 0)
			result = vcs_load_parent(session->store->repo,
						 &line->items[line->count - 1], &more,
						 &at, err);
		if (result < 0) {
			vcs_line_clear(line);
			return -1;
		}
	}
	return 0;
}

/* The tip that an earlier page named needs no look at the remote. */
static int pinned_tip(struct vcs_session *session, const char *id, bool *ret_exists,
		      git_oid *ret_tip, struct err *err)
{
	git_oid now;
	if (git_oid_fromstr(ret_tip, id) < 0)
		return err_set(err, ERR_CONFIG, "'%s' is no commit id", id);
	*ret_exists = true;
	if (session->store && session->store->complete &&
	    vcs_store_has(session->store, ret_tip))
		return 0;
	if (vcs_see_tip(session, 0, ret_exists, &now, err) < 0)
		return -1;
	if (*ret_exists && vcs_store_has(session->store, ret_tip))
		return 0;
	return err_set(err, ERR_STATE, "commit %s is not on the branch any more", id);
}

static int load_page(struct vcs_session *session, const struct vcs_page *page,
		     struct vcs_history *ret, struct err *err)
{
	const struct vcs_line *line = &session->line;
	for (size_t i = page->from; i < line->count && i - page->from < page->count;
	     i++) {
		struct vcs_commit *commit = vec_push(&ret->commits);
		if (stop_asked(&session->remote->stop))
			return err_set(err, ERR_CANCELLED, "cancelled");
		if (vcs_load_commit(session->store->repo,
				    &line->items[line->count - 1 - i], page->trees,
				    commit, err) < 0)
			return -1;
	}
	git_oid_tostr(ret->tip, sizeof ret->tip, &line->items[0]);
	ret->total = line->count;
	return 0;
}

int vcs_log_page(struct vcs_pool *pool, const struct vcs_remote *remote,
		 const char *branch, const struct vcs_page *page, struct vcs_history *ret,
		 struct err *err)
{
	struct vcs_session *session;
	bool exists = false;
	git_oid tip;
	*ret = (struct vcs_history){0};
	if (vcs_enter(pool, remote, branch, LOG_TIMEOUT_MS, &session, err) < 0)
		return -1;
	int result = page->tip ? pinned_tip(session, page->tip, &exists, &tip, err)
			       : vcs_see_tip(session, 0, &exists, &tip, err);
	if (result == 0 && exists)
		result = draw_line(session, &tip, err);
	if (result == 0 && exists)
		result = load_page(session, page, ret, err);
	return vcs_leave(session, result, err);
}
