/* Asking a remote where the branch is, and fetching what is missing.
 *
 * Each fetch goes into an empty repository: without objects, refs and shallow roots of earlier ones
 * nothing is negotiated, and the remote sends exactly what a new clone would get. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/deadline.h"
#include "platform/git_session.h"

static int on_progress(const char *text, int len, void *context)
{
	struct vcs_session *session = context;
	if (len > 0)
		str_add_bytes(&session->remote_says, text, (size_t)len);
	return 0;
}

/* Packs are indexed between two reads of the network: the place to notice that time is up. */
static int on_transfer(const git_indexer_progress *stats, void *context)
{
	struct vcs_session *session = context;
	(void)stats;
	if (stop_asked(&session->remote->stop))
		return err_set(&session->fault, ERR_CANCELLED, "cancelled");
	if (deadline_left_ms(session->deadline_ms) == 0)
		return err_set(&session->fault, ERR_TIMEOUT,
			       "the git remote takes too long");
	return 0;
}

git_remote_callbacks vcs_callbacks(struct vcs_session *session)
{
	git_remote_callbacks callbacks;
	git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
	callbacks.transport =
		session->kind == VCS_SSH ? vcs_ssh_transport : vcs_http_transport;
	callbacks.sideband_progress = on_progress;
	callbacks.transfer_progress = on_transfer;
	callbacks.payload = session;
	return callbacks;
}

static int find_ref(struct vcs_session *session, git_remote *remote, bool *ret_exists,
		    git_oid *ret_tip, struct err *err)
{
	const git_remote_head **heads = NULL;
	size_t count = 0;
	*ret_exists = false;
	if (git_remote_ls(&heads, &count, remote) < 0)
		return vcs_fail(session, ERR_NET, err);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(heads[i]->name, session->ref) != 0)
			continue;
		*ret_exists = true;
		git_oid_cpy(ret_tip, &heads[i]->oid);
	}
	return 0;
}

int vcs_connect(struct vcs_session *session, git_repository *repo,
		git_direction direction, git_remote **ret_remote, bool *ret_exists,
		git_oid *ret_tip, struct err *err)
{
	git_remote *remote = NULL;
	git_remote_callbacks callbacks = vcs_callbacks(session);
	session->conversation_over = false;
	if (git_remote_create_anonymous(&remote, repo, session->url) < 0)
		return vcs_fail(session, ERR_CONFIG, err);
	int result = 0;
	if (git_remote_connect(remote, direction, &callbacks, NULL, NULL) < 0)
		result = vcs_fail(session, ERR_NET, err);
	if (result == 0)
		result = find_ref(session, remote, ret_exists, ret_tip, err);
	if (result < 0) {
		vcs_disconnect(remote);
		return -1;
	}
	*ret_remote = remote;
	return 0;
}

void vcs_disconnect(git_remote *remote)
{
	git_remote_disconnect(remote);
	git_remote_free(remote);
}

static int download(struct vcs_session *session, git_remote *remote, size_t depth,
		    struct err *err)
{
	_cleanup_free_ char *spec = str_format("+%s:refs/belay/tip", session->ref);
	git_strarray specs = {.strings = &spec, .count = 1};
	git_fetch_options options;
	git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
	options.callbacks = vcs_callbacks(session);
	options.depth = depth ? (int)depth : GIT_FETCH_DEPTH_FULL;
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	options.update_fetchhead = 0;
	if (git_remote_download(remote, &specs, &options) < 0)
		return vcs_fail(session, ERR_NET, err);
	session->conversation_over = true;
	return 0;
}

/* What is in the spare store now becomes the store. */
static void promote_spare(struct vcs_session *session, size_t depth)
{
	vcs_store_free(session->store);
	session->store = TAKE_PTR(session->spare);
	session->store->complete = depth == 0;
}

/* Does the store answer a question of this depth already? */
static bool store_suffices(const struct vcs_session *session, const git_oid *tip,
			   size_t depth)
{
	return session->store && (depth == 1 || session->store->complete) &&
	       vcs_store_has(session->store, tip);
}

static int prepare_spare(struct vcs_session *session, bool large, struct err *err)
{
	if (session->spare && large && !session->spare->large) {
		vcs_store_free(session->spare);
		session->spare = NULL;
	}
	return session->spare ? 0 : vcs_store_new(large, &session->spare, err);
}

int vcs_fetch(struct vcs_session *session, size_t depth, bool *ret_exists,
	      git_oid *ret_tip, struct err *err)
{
	git_remote *remote = NULL;
	if (prepare_spare(session, depth != 1, err) < 0)
		return -1;
	if (vcs_connect(session, session->spare->repo, GIT_DIRECTION_FETCH, &remote,
			ret_exists, ret_tip, err) < 0)
		return -1;
	int result = 0;
	bool fetched = *ret_exists && !store_suffices(session, ret_tip, depth);
	if (fetched)
		result = download(session, remote, depth, err);
	vcs_disconnect(remote);
	if (fetched && result == 0)
		promote_spare(session, depth);
	if (fetched && result < 0) {
		/* Whatever arrived of it: the next fetch starts clean. */
		vcs_store_free(session->spare);
		session->spare = NULL;
	}
	return result;
}
