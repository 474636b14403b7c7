/* git.repository, git.read, git.log and git.append as effects. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "live_net.h"
#include "platform/git.h"
#include "platform/http_url.h"

#define LIMIT_MAX 10000000

/* --- REMOTE ----------------------------------------------------------------------------------- */

/* A remote and what it borrows. */
struct owned_remote {
	struct vcs_remote remote;
	struct live_call *call;
	const json_t *settings;
	struct secret password;
	char *url;  /* without credentials */
	char *user; /* that was in it */
	char *identity;
	const char *branch;
};

static void owned_remote_release(struct owned_remote *owned)
{
	secret_release(&owned->password);
	free(owned->url);
	if (owned->user)
		explicit_bzero(owned->user, strlen(owned->user));
	free(owned->user);
	free(owned->identity);
}

static int open_ssh(void *context, const char *user, const char *host, unsigned port,
		    struct ssh_link **ret, struct err *err)
{
	struct owned_remote *owned = context;
	const struct live_ssh_address address = {
		.name = host,
		.address = host,
		.user = user,
		.port = port,
	};
	return live_ssh_open(owned->call, owned->settings, &address, ret, err);
}

/* Credentials do not belong into a URL; those that are there are used, but never shown. */
static int take_url(struct owned_remote *owned, const char *url, struct err *err)
{
	bool http = str_has_prefix(url, "http://") || str_has_prefix(url, "https://");
	owned->url =
		http ? http_url_without_credentials(url, &owned->user, &owned->password)
		     : mem_strdup(url);
	if (!owned->url)
		return err_set(err, ERR_CONFIG,
			       "the URL of the git remote is not usable");
	owned->remote.url = owned->url;
	if (!owned->user)
		return 0;
	/* "https://TOKEN@host" has the secret in the user's place. */
	if (!owned->password.data)
		live_remember_secret(owned->call, owned->user, strlen(owned->user));
	else
		live_remember_secret(owned->call, owned->password.data,
				     owned->password.len);
	if (!owned->password.data)
		secret_set(&owned->password, "", 0);
	owned->remote.user = owned->user;
	return 0;
}

static int take_credentials(struct owned_remote *owned, struct err *err)
{
	struct live_call *call = owned->call;
	const json_t *settings = owned->settings;
	struct secret given = SECRET_INIT;
	if (live_resolve_member(call, settings, "password", "git password", &given, err) <
	    0)
		return -1;
	if (!given.data &&
	    live_resolve_member(call, settings, "token", "git token", &given, err) < 0)
		return -1;
	const char *user = json_get_string(settings, "user", NULL);
	if (given.data) {
		secret_release(&owned->password);
		owned->password = given;
		owned->remote.user = user;
	} else if (user && !owned->user) {
		owned->remote.user = user;
	}
	if (owned->password.data)
		owned->remote.password = &owned->password;
	return 0;
}

/* Connections made with one key are not for another: the reference tells them apart. */
static char *identity_of(const json_t *settings)
{
	_cleanup_free_ char *key = NULL;
	const json_t *reference = json_object_get(settings, "key");
	if (json_is_object(reference))
		key = json_text_compact(reference);
	return str_format("%s %s", json_get_string(settings, "user", ""), key ? key : "");
}

static int read_remote(struct live_call *call, const char *kind,
		       struct owned_remote *owned, struct err *err)
{
	*owned = (struct owned_remote){
		.call = call,
		.settings = json_object_get(call->args, "remote"),
	};
	const char *url = json_get_string(owned->settings, "url", NULL);
	owned->remote = (struct vcs_remote){
		.path = json_get_string(owned->settings, "path", NULL),
		.create = json_get_bool(owned->settings, "create", false),
		.ca_file = json_get_string(owned->settings, "ca_file", NULL),
		.open_ssh = open_ssh,
		.open_ssh_context = owned,
		.timeout_ms = json_get_int(owned->settings, "timeout_ms", 0),
		.stop = live_stop(call),
	};
	owned->identity = identity_of(owned->settings);
	owned->remote.identity = owned->identity;
	if (live_need_string(call->args, "branch", kind, &owned->branch, err) < 0)
		return -1;
	if (!url == !owned->remote.path)
		return err_set(err, ERR_CONFIG,
			       "%s needs a remote with either url or path", kind);
	if (url && take_url(owned, url, err) < 0)
		return -1;
	return take_credentials(owned, err);
}

/* --- values ----------------------------------------------------------------------------------- */

/* Commits may be in any encoding; what is no UTF-8 is shown with question marks. */
static json_t *text_new(const char *text)
{
	json_t *value = json_string(text);
	if (value)
		return value;
	_cleanup_str_ struct str shown = STR_INIT;
	for (const char *at = text; *at; at++)
		str_add_char(&shown, (unsigned char)*at < 0x80 ? *at : '?');
	return json_string(str_text(&shown));
}

static json_t *commit_new(const struct vcs_commit *commit, bool with_tree)
{
	json_t *value = json_object();
	json_t *parents = json_array();
	for (size_t i = 0; i < commit->parents.count; i++)
		json_array_append_new(parents, json_string(commit->parents.items[i]));
	json_object_set_new(value, "id", json_string(commit->id));
	json_object_set_new(value, "parents", parents);
	json_object_set_new(value, "subject", text_new(commit->subject));
	json_object_set_new(value, "body", text_new(commit->body));
	json_object_set_new(value, "author", text_new(commit->author));
	json_object_set_new(value, "at_ms", json_integer(commit->at_ms));
	if (!with_tree)
		return value;
	json_t *tree = json_object();
	for (size_t i = 0; i < commit->tree.count; i++)
		json_object_set_new(tree, commit->tree.items[i].path,
				    json_string(commit->tree.items[i].id));
	json_object_set_new(value, "tree", tree);
	return value;
}

/* Text, or {"base64": …} for a file that is none: somebody else's, belay writes text only. */
static json_t *file_new(const struct vcs_file *file)
{
	if (str_is_utf8(file->data, file->len))
		return json_stringn(file->data, file->len);
	_cleanup_free_ char *base64 = str_base64(file->data, file->len);
	return json_pack("{s:s}", "base64", base64);
}

/* --- git.read --------------------------------------------------------------------------------- */

static json_t *snapshot_new(const struct vcs_snapshot *snapshot)
{
	json_t *answer = json_object();
	json_t *files = json_object();
	for (size_t i = 0; i < snapshot->files.count; i++)
		json_object_set_new(files, snapshot->files.items[i].path,
				    file_new(&snapshot->files.items[i]));
	json_object_set_new(answer, "files", files);
	json_object_set_new(answer, "tip",
			    snapshot->exists ? json_string(snapshot->commit.id)
					     : json_null());
	json_object_set_new(answer, "commit",
			    snapshot->exists ? commit_new(&snapshot->commit, false)
					     : json_null());
	return answer;
}

int live_git_read(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct owned_remote owned;
	int status = read_remote(call, "git.read", &owned, err);
	if (status == 0) {
		struct vcs_snapshot snapshot;
		status = vcs_read(live_git_pool(call), &owned.remote, owned.branch,
				  &snapshot, err);
		if (status == 0)
			*ret_answer = snapshot_new(&snapshot);
		vcs_snapshot_release(&snapshot);
	}
	owned_remote_release(&owned);
	return status;
}

/* --- git.log ---------------------------------------------------------------------------------- */

static json_t *history_new(const struct vcs_history *history, bool newest_first,
			   bool trees)
{
	size_t count = history->commits.count;
	json_t *answer = json_object();
	json_t *commits = json_array();
	for (size_t i = 0; i < count; i++) {
		size_t at = newest_first ? i : count - 1 - i;
		json_array_append_new(commits,
				      commit_new(&history->commits.items[at], trees));
	}
	json_object_set_new(answer, "tip",
			    count ? json_string(history->commits.items[0].id)
				  : json_null());
	json_object_set_new(answer, "commits", commits);
	return answer;
}

static int log_of(struct live_call *call, const struct owned_remote *owned,
		  json_t **ret_answer, struct err *err)
{
	int64_t limit = json_get_int(call->args, "limit", 0);
	struct vcs_log_options options = {
		.trees = json_get_bool(call->args, "trees", false)};
	struct vcs_history history;
	if (limit < 0 || limit > LIMIT_MAX)
		return err_set(err, ERR_CONFIG, "git.log: 'limit' is out of range");
	options.limit = (size_t)limit;
	int status = vcs_log(live_git_pool(call), &owned->remote, owned->branch, &options,
			     &history, err);
	if (status == 0)
		*ret_answer = history_new(
			&history, json_get_bool(call->args, "newest_first", false),
			options.trees);
	vcs_history_release(&history);
	return status;
}

static json_t *page_new(const struct vcs_history *history, bool trees)
{
	json_t *commits = json_array();
	for (size_t i = 0; i < history->commits.count; i++)
		json_array_append_new(commits,
				      commit_new(&history->commits.items[i], trees));
	return json_pack("{s:o, s:I, s:o}", "tip",
			 *history->tip ? json_string(history->tip) : json_null(), "total",
			 (json_int_t)history->total, "commits", commits);
}

static int page_of(struct live_call *call, const struct owned_remote *owned,
		   const json_t *wanted, json_t **ret_answer, struct err *err)
{
	int64_t from = json_get_int(wanted, "from", 0);
	int64_t count = json_get_int(wanted, "count", 0);
	if (from < 0 || count <= 0 || count > LIMIT_MAX)
		return err_set(err, ERR_CONFIG, "git.log: 'page' is out of range");
	const struct vcs_page page = {
		.from = (size_t)from,
		.count = (size_t)count,
		.tip = json_get_string(wanted, "tip", NULL),
		.trees = json_get_bool(call->args, "trees", false),
	};
	struct vcs_history history;
	int status = vcs_log_page(live_git_pool(call), &owned->remote, owned->branch,
				  &page, &history, err);
	if (status == 0)
		*ret_answer = page_new(&history, page.trees);
	vcs_history_release(&history);
	return status;
}

int live_git_log(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct owned_remote owned;
	int status = read_remote(call, "git.log", &owned, err);
	const json_t *page = json_object_get(call->args, "page");
	if (status == 0)
		status = page ? page_of(call, &owned, page, ret_answer, err)
			      : log_of(call, &owned, ret_answer, err);
	owned_remote_release(&owned);
	return status;
}

/* --- git.append ------------------------------------------------------------------------------- */

struct owned_append {
	struct vcs_append append;
	struct vcs_new_commit *commits;
	struct vcs_change **changes; /* one array for each commit */
};

static void owned_append_release(struct owned_append *owned)
{
	for (size_t i = 0; i < owned->append.commit_count; i++)
		free(owned->changes[i]);
	free(owned->changes);
	free(owned->commits);
}

static int read_changes(json_t *files, struct vcs_change *ret, struct err *err)
{
	const char *path;
	json_t *text;
	size_t count = 0;
	json_object_foreach(files, path, text) {
		if (!json_is_string(text) && !json_is_null(text))
			return err_set(err, ERR_CONFIG,
				       "git.append: '%s' must be text or null", path);
		struct vcs_change *change = &ret[count++];
		change->path = path;
		change->data = json_string_value(text);
		change->len = json_string_length(text);
	}
	return 0;
}

static int read_append(struct live_call *call, struct owned_append *owned,
		       struct err *err)
{
	json_t *list = json_object_get(call->args, "commits");
	const json_t *author = json_object_get(call->args, "author");
	owned->append = (struct vcs_append){
		.parent = json_get_string(call->args, "parent", NULL),
		.author_name = json_get_string(author, "name", "belay"),
		.author_email = json_get_string(author, "email", "belay@localhost"),
		.commit_count = json_array_size(list),
		.again = json_get_bool(call->args, "again", false),
	};
	owned->commits = mem_array(struct vcs_new_commit, owned->append.commit_count);
	owned->changes = mem_array(struct vcs_change *, owned->append.commit_count);
	owned->append.commits = owned->commits;
	for (size_t i = 0; i < owned->append.commit_count; i++) {
		const json_t *from = json_array_get(list, i);
		json_t *files = json_object_get(from, "files");
		owned->changes[i] = mem_array(struct vcs_change, json_object_size(files));
		owned->commits[i] = (struct vcs_new_commit){
			.subject = json_get_string(from, "subject", ""),
			.body = json_get_string(from, "body", ""),
			.at_ms = json_get_int(from, "at_ms", 0),
			.changes = owned->changes[i],
			.change_count = json_object_size(files),
		};
		if (read_changes(files, owned->changes[i], err) < 0)
			return -1;
	}
	return 0;
}

static json_t *appended_new(const struct vcs_append_result *result, size_t count)
{
	json_t *answer = json_object();
	json_object_set_new(answer, "raced", json_boolean(result->raced));
	if (result->raced)
		return answer;
	json_t *ids = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(ids, json_string(result->ids[i]));
	json_object_set_new(answer, "tip", json_string(result->ids[count - 1]));
	json_object_set_new(answer, "ids", ids);
	return answer;
}

int live_git_append(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct owned_remote owned;
	struct owned_append append = {0};
	int status = read_remote(call, "git.append", &owned, err);
	if (status == 0)
		status = read_append(call, &append, err);
	if (status == 0) {
		struct vcs_append_result result;
		status = vcs_append(live_git_pool(call), &owned.remote, owned.branch,
				    &append.append, &result, err);
		if (status == 0)
			*ret_answer = appended_new(&result, append.append.commit_count);
		free(result.ids);
	}
	owned_append_release(&append);
	owned_remote_release(&owned);
	return status;
}

/* --- git.repository --------------------------------------------------------------------------- */

static json_t *string_or_null(const char *text)
{
	return text ? text_new(text) : json_null();
}

int live_git_repository(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct vcs_place place;
	const char *path = json_get_string(call->args, "path", ".");
	if (vcs_discover(path, &place, err) < 0)
		return -1;
	if (place.origin_password.data)
		live_remember_secret(call, place.origin_password.data,
				     place.origin_password.len);
	json_t *answer = json_object();
	json_object_set_new(answer, "root", string_or_null(place.root));
	json_object_set_new(answer, "origin", string_or_null(place.origin));
	json_object_set_new(answer, "head", string_or_null(place.head));
	json_object_set_new(answer, "branch", string_or_null(place.branch));
	vcs_place_release(&place);
	*ret_answer = answer;
	return 0;
}
