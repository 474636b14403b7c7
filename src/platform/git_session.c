/* Sessions, and the calls of git.h that go through them. */
#include "platform/git_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/deadline.h"
#include "platform/http.h"
#include "platform/http_url.h"
#include "platform/trust.h"

#define CALL_TIMEOUT_MS 120000
/* Objects of appended commits are kept in memory: after so many the store starts anew. */
#define APPENDS_MAX 256

struct vcs_pool {
	struct trust *trust;
	pthread_mutex_t lock;
	struct {
		struct vcs_session **items;
		size_t count, capacity;
	} sessions;
};

struct vcs_pool *vcs_pool_new(struct trust *trust)
{
	struct vcs_pool *pool = mem_new(struct vcs_pool);
	pool->trust = trust;
	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

static void session_free(struct vcs_session *session)
{
	vcs_store_free(session->store);
	vcs_store_free(session->spare);
	vcs_line_clear(&session->line);
	http_client_free(session->http);
	vcs_ssh_release(session);
	str_release(&session->remote_says);
	free(session->reject_reason);
	free(session->base_url);
	free(session->ssh_user);
	free(session->ssh_host);
	free(session->ssh_path);
	free(session->key);
	free(session->url);
	free(session->ref);
	pthread_mutex_destroy(&session->lock);
	free(session);
}

void vcs_pool_free(struct vcs_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->sessions.count; i++)
		session_free(pool->sessions.items[i]);
	free(pool->sessions.items);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

int vcs_fail(struct vcs_session *session, enum err_code code, struct err *err)
{
	if (session->fault.code != ERR_NONE) {
		*err = session->fault;
		return -1;
	}
	return vcs_fail_git(code, err);
}

/* --- finding a session ------------------------------------------------------------------------ */

static int check_ref(const char *branch, char **ret_ref, struct err *err)
{
	int valid = 0;
	char *ref = str_format("refs/heads/%s", branch ? branch : "");
	if (git_reference_name_is_valid(&valid, ref) < 0 || !valid) {
		free(ref);
		return err_set(err, ERR_CONFIG, "'%s' is no name for a branch",
			       branch ? branch : "");
	}
	*ret_ref = ref;
	return 0;
}

static int set_http_url(struct vcs_session *session, const char *url, struct err *err)
{
	if (http_url_check(url, err) < 0)
		return err_wrap(err, "the URL of the git remote");
	size_t len = strlen(url);
	while (len && url[len - 1] == '/')
		len--;
	session->kind = VCS_HTTP;
	session->url = mem_strndup(url, len);
	return 0;
}

static int set_place(struct vcs_session *session, const struct vcs_remote *remote,
		     struct err *err)
{
	const char *url = remote->url;
	if (remote->path || (url && str_has_prefix(url, "file://"))) {
		session->kind = VCS_PATH;
		session->url =
			mem_strdup(remote->path ? remote->path : url + strlen("file://"));
		return 0;
	}
	if (str_is_blank(url))
		return err_set(err, ERR_CONFIG, "a git remote needs a URL or a path");
	if (str_has_prefix(url, "http://") || str_has_prefix(url, "https://"))
		return set_http_url(session, url, err);
	session->kind = VCS_SSH;
	session->url = mem_strdup(url);
	if (vcs_ssh_parse(url, &session->ssh_user, &session->ssh_host, &session->ssh_port,
			  &session->ssh_path) == 0)
		return 0;
	err_set(err, ERR_CONFIG, "this is no URL of a git remote that belay can use");
	return err_hint(err, "https://…, ssh://…, user@host:path or a path");
}

static int session_new(struct vcs_pool *pool, const struct vcs_remote *remote,
		       const char *branch, struct vcs_session **ret, struct err *err)
{
	struct vcs_session *session = mem_new(struct vcs_session);
	pthread_mutex_init(&session->lock, NULL);
	session->trust = pool->trust;
	session->remote_says.max_bytes = 2048;
	if (check_ref(branch, &session->ref, err) < 0 ||
	    set_place(session, remote, err) < 0) {
		session_free(session);
		return -1;
	}
	*ret = session;
	return 0;
}

static int find_locked(struct vcs_pool *pool, const struct vcs_remote *remote,
		       const char *branch, struct vcs_session **ret, struct err *err)
{
	_cleanup_free_ char *key =
		str_format("%s\n%s\n%s\n%s", remote->path ? remote->path : "",
			   remote->url ? remote->url : "", branch ? branch : "",
			   remote->identity ? remote->identity : "");
	for (size_t i = 0; i < pool->sessions.count; i++) {
		if (strcmp(pool->sessions.items[i]->key, key) == 0) {
			*ret = pool->sessions.items[i];
			return 0;
		}
	}
	if (session_new(pool, remote, branch, ret, err) < 0)
		return -1;
	(*ret)->key = TAKE_PTR(key);
	*vec_push(&pool->sessions) = *ret;
	return 0;
}

int vcs_enter(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	      int64_t default_timeout_ms, struct vcs_session **ret, struct err *err)
{
	vcs_start();
	pthread_mutex_lock(&pool->lock);
	int result = find_locked(pool, remote, branch, ret, err);
	pthread_mutex_unlock(&pool->lock);
	if (result < 0)
		return -1;
	struct vcs_session *session = *ret;
	pthread_mutex_lock(&session->lock);
	session->remote = remote;
	session->deadline_ms = deadline_after_ms(
		remote->timeout_ms > 0 ? remote->timeout_ms : default_timeout_ms);
	session->answer_lost = false;
	err_clear(&session->fault);
	str_clear(&session->remote_says);
	return 0;
}

/* One step through a text: the length of the character at its beginning, 0 when that is none. */
static size_t character_len(const char *text, size_t left)
{
	for (size_t len = 1; len <= 4 && len <= left; len++)
		if (str_is_utf8(text, len))
			return len;
	return 0;
}

/* A remote's words get into our messages: these are to be text, and to do nothing to a terminal. */
static void make_plain(char *text)
{
	size_t left = strlen(text);
	while (left > 0) {
		size_t len = character_len(text, left);
		const unsigned char *bytes = (const unsigned char *)text;
		bool control = bytes[0] < ' ' || bytes[0] == 0x7f ||
			       (bytes[0] == 0xc2 && bytes[1] < 0xa0);
		if (len == 0)
			*text = '?';
		else if (control)
			memset(text, ' ', len);
		len = len ? len : 1;
		text += len;
		left -= len;
	}
}

int vcs_leave(struct vcs_session *session, int result, struct err *err)
{
	session->remote = NULL;
	pthread_mutex_unlock(&session->lock);
	if (result < 0)
		make_plain(err->message);
	return result;
}

/* A repository that an append would make, and looking must not. */
static bool is_yet_to_be_made(const struct vcs_session *session)
{
	return session->remote->create && !session->store &&
	       access(session->url, F_OK) < 0 && errno == ENOENT;
}

int vcs_see_tip(struct vcs_session *session, size_t depth, bool *ret_exists,
		git_oid *ret_tip, struct err *err)
{
	if (session->kind == VCS_PATH && is_yet_to_be_made(session)) {
		*ret_exists = false;
		return 0;
	}
	if (session->kind == VCS_PATH)
		return vcs_local_tip(session, ret_exists, ret_tip, err);
	return vcs_fetch(session, depth, ret_exists, ret_tip, err);
}

/* --- read ------------------------------------------------------------------------------------- */

int vcs_read(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	     struct vcs_snapshot *ret, struct err *err)
{
	struct vcs_session *session;
	git_oid tip;
	*ret = (struct vcs_snapshot){0};
	if (vcs_enter(pool, remote, branch, CALL_TIMEOUT_MS, &session, err) < 0)
		return -1;
	int result = vcs_see_tip(session, 1, &ret->exists, &tip, err);
	if (result == 0 && ret->exists)
		result = vcs_load_commit(session->store->repo, &tip, false, &ret->commit,
					 err);
	if (result == 0 && ret->exists)
		result = vcs_load_files(session->store->repo, &tip, &ret->files, err);
	return vcs_leave(session, result, err);
}

void vcs_snapshot_release(struct vcs_snapshot *snapshot)
{
	vcs_commit_release(&snapshot->commit);
	vcs_files_release(&snapshot->files);
}

/* --- append ----------------------------------------------------------------------------------- */

static int check_append(const struct vcs_append *append, struct err *err)
{
	git_oid id;
	if (append->commit_count == 0)
		return err_set(err, ERR_CONFIG, "there is no commit to append");
	if (append->parent && (strlen(append->parent) != VCS_ID_BYTES - 1 ||
			       git_oid_fromstr(&id, append->parent) < 0))
		return err_set(err, ERR_CONFIG, "'%s' is no commit id", append->parent);
	return 0;
}

int vcs_append(struct vcs_pool *pool, const struct vcs_remote *remote, const char *branch,
	       const struct vcs_append *append, struct vcs_append_result *ret,
	       struct err *err)
{
	struct vcs_session *session;
	*ret = (struct vcs_append_result){0};
	if (check_append(append, err) < 0 ||
	    vcs_enter(pool, remote, branch, CALL_TIMEOUT_MS, &session, err) < 0)
		return -1;
	git_oid *ids = mem_array(git_oid, append->commit_count);
	int result = session->kind == VCS_PATH
			     ? vcs_swap(session, append, ids, &ret->raced, err)
			     : vcs_push(session, append, ids, &ret->raced, err);
	if (session->kind != VCS_PATH && session->store &&
	    ++session->store->appends >= APPENDS_MAX) {
		vcs_store_free(session->store);
		session->store = NULL;
	}
	vcs_leave(session, result, err);
	if (result == 0 && !ret->raced) {
		ret->ids = mem_alloc_array(append->commit_count, sizeof *ret->ids);
		for (size_t i = 0; i < append->commit_count; i++)
			git_oid_tostr(ret->ids[i], sizeof ret->ids[i], &ids[i]);
	}
	free(ids);
	return result;
}
