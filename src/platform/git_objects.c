/* Commits, trees and blobs: reading what is on a branch, building what goes there. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/git_session.h"

#define FILE_MAX_BYTES ((size_t)8 << 20)
#define FILES_MAX_BYTES ((size_t)64 << 20)
#define COMMIT_MAX_BYTES ((size_t)4 << 20)

void vcs_files_release(struct vcs_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].data);
	}
	free(files->items);
	*files = (struct vcs_files){0};
}

void vcs_commit_release(struct vcs_commit *commit)
{
	free(commit->parents.items);
	free(commit->subject);
	free(commit->body);
	free(commit->author);
	vcs_files_release(&commit->tree);
	*commit = (struct vcs_commit){0};
}

/* --- reading ---------------------------------------------------------------------------------- */

static int damaged(const char *id, struct err *err)
{
	return err_set(err, ERR_STATE, "commit %s cannot be read", id);
}

/* "Name <email> 1700000000 +0100": the name with the address, and the time. */
static int parse_person(const char *text, size_t len, char **ret_who, int64_t *ret_at_ms)
{
	const char *close = memrchr(text, '>', len);
	if (!close)
		return -1;
	size_t rest = len - (size_t)(close - text) - 1;
	_cleanup_free_ char *time_text = mem_strndup(close + 1, rest);
	char *end;
	long long seconds = strtoll(time_text, &end, 10);
	if (end == time_text || seconds < 0 || seconds > INT64_MAX / 1000)
		return -1;
	if (ret_who)
		*ret_who = mem_strndup(text, (size_t)(close - text) + 1);
	*ret_at_ms = seconds * 1000;
	return 0;
}

/* One header line of a commit object. */
static int parse_line(struct vcs_commit *commit, const char *line, size_t len)
{
	int64_t author_ms;
	if (len == 7 + VCS_ID_BYTES - 1 && memcmp(line, "parent ", 7) == 0) {
		char *id = *vec_push(&commit->parents);
		memcpy(id, line + 7, VCS_ID_BYTES - 1);
		return 0;
	}
	if (len > 7 && memcmp(line, "author ", 7) == 0 && !commit->author)
		return parse_person(line + 7, len - 7, &commit->author, &author_ms);
	if (len > 10 && memcmp(line, "committer ", 10) == 0)
		return parse_person(line + 10, len - 10, NULL, &commit->at_ms);
	return 0;
}

static void parse_message(struct vcs_commit *commit, const char *text, size_t len)
{
	while (len && text[len - 1] == '\n')
		len--;
	const char *line_end = memchr(text, '\n', len);
	size_t subject_len = line_end ? (size_t)(line_end - text) : len;
	commit->subject = mem_strndup(text, subject_len);
	size_t at = subject_len;
	while (at < len && text[at] == '\n')
		at++;
	commit->body = mem_strndup(text + at, len - at);
}

static int parse_commit(struct vcs_commit *commit, const char *data, size_t len)
{
	const char *at = data;
	const char *end = data + len;
	while (at < end && *at != '\n') {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end || parse_line(commit, at, (size_t)(line_end - at)) < 0)
			return -1;
		at = line_end + 1;
	}
	if (!commit->author)
		return -1;
	if (at < end)
		at++;
	parse_message(commit, at, (size_t)(end - at));
	return 0;
}

struct tree_walk {
	git_repository *repo;
	struct vcs_files *files;
	bool with_data;
	size_t total_bytes;
	struct err *err;
};

static int load_blob(struct tree_walk *walk, const git_oid *id, struct vcs_file *file)
{
	git_odb *odb = NULL;
	git_odb_object *object = NULL;
	size_t size = 0;
	git_object_t type;
	int result = git_repository_odb(&odb, walk->repo);
	if (result == 0)
		result = git_odb_read_header(&size, &type, odb, id);
	walk->total_bytes += size;
	if (result == 0 &&
	    (size > FILE_MAX_BYTES || walk->total_bytes > FILES_MAX_BYTES)) {
		git_odb_free(odb);
		return err_set(walk->err, ERR_LIMIT,
			       "'%s' on the branch is too large (%zu bytes)", file->path,
			       size);
	}
	if (result == 0)
		result = git_odb_read(&object, odb, id);
	if (result == 0) {
		file->len = git_odb_object_size(object);
		file->data = mem_strndup(git_odb_object_data(object), file->len);
	} else {
		vcs_fail_git(ERR_STATE, walk->err);
	}
	git_odb_object_free(object);
	git_odb_free(odb);
	return result;
}

static int on_entry(const char *root, const git_tree_entry *entry, void *context)
{
	struct tree_walk *walk = context;
	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
		return 0;
	struct vcs_file *file = vec_push(walk->files);
	file->path = str_format("%s%s", root, git_tree_entry_name(entry));
	git_oid_tostr(file->id, sizeof file->id, git_tree_entry_id(entry));
	return walk->with_data ? load_blob(walk, git_tree_entry_id(entry), file) : 0;
}

static int load_tree(git_repository *repo, const git_oid *commit_id, bool with_data,
		     struct vcs_files *ret, struct err *err)
{
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	struct err found = {0};
	struct tree_walk walk = {
		.repo = repo,
		.files = ret,
		.with_data = with_data,
		.err = &found,
	};
	int result = git_commit_lookup(&commit, repo, commit_id);
	if (result == 0)
		result = git_commit_tree(&tree, commit);
	if (result == 0)
		result = git_tree_walk(tree, GIT_TREEWALK_PRE, on_entry, &walk);
	if (result < 0 && found.code == ERR_NONE)
		vcs_fail_git(ERR_STATE, &found);
	git_tree_free(tree);
	git_commit_free(commit);
	if (result < 0)
		*err = found;
	return result < 0 ? -1 : 0;
}

int vcs_load_files(git_repository *repo, const git_oid *commit_id, struct vcs_files *ret,
		   struct err *err)
{
	return load_tree(repo, commit_id, true, ret, err);
}

int vcs_load_commit(git_repository *repo, const git_oid *id, bool with_tree,
		    struct vcs_commit *ret, struct err *err)
{
	git_odb *odb = NULL;
	git_odb_object *object = NULL;
	git_oid_tostr(ret->id, sizeof ret->id, id);
	int result = git_repository_odb(&odb, repo);
	if (result == 0)
		result = git_odb_read(&object, odb, id);
	bool sound = result == 0 && git_odb_object_type(object) == GIT_OBJECT_COMMIT &&
		     git_odb_object_size(object) <= COMMIT_MAX_BYTES &&
		     parse_commit(ret, git_odb_object_data(object),
				  git_odb_object_size(object)) == 0;
	if (!sound)
		result = damaged(ret->id, err);
	git_odb_object_free(object);
	git_odb_free(odb);
	if (result == 0 && with_tree)
		result = load_tree(repo, id, false, &ret->tree, err);
	return result;
}

int vcs_load_parent(git_repository *repo, const git_oid *id, bool *ret_has_parent,
		    git_oid *ret_parent, struct err *err)
{
	static const size_t parent_at = 5 + VCS_ID_BYTES; /* after "tree ID\n" */
	char text[VCS_ID_BYTES];
	git_odb *odb = NULL;
	git_odb_object *object = NULL;
	int result = git_repository_odb(&odb, repo);
	if (result == 0)
		result = git_odb_read(&object, odb, id);
	size_t len = result == 0 ? git_odb_object_size(object) : 0;
	if (result < 0 || git_odb_object_type(object) != GIT_OBJECT_COMMIT ||
	    len < parent_at) {
		result = damaged(git_oid_tostr(text, sizeof text, id), err);
	} else {
		const char *data = git_odb_object_data(object);
		*ret_has_parent = len > parent_at + 6 + VCS_ID_BYTES &&
				  memcmp(data + parent_at, "parent ", 7) == 0 &&
				  git_oid_fromstrn(ret_parent, data + parent_at + 7,
						   VCS_ID_BYTES - 1) == 0;
	}
	git_odb_object_free(object);
	git_odb_free(odb);
	return result;
}

/* --- building --------------------------------------------------------------------------------- */

static bool tree_has(const git_tree *tree, const char *path)
{
	git_tree_entry *entry = NULL;
	if (!tree || git_tree_entry_bypath(&entry, tree, path) < 0)
		return false;
	git_tree_entry_free(entry);
	return true;
}

/* Turns changes into updates for git_tree_create_updated(); returns their number or -1. */
static int prepare_updates(git_repository *repo, const git_tree *base,
			   const struct vcs_new_commit *commit, git_tree_update *updates,
			   size_t *ret_count)
{
	size_t count = 0;
	for (size_t i = 0; i < commit->change_count; i++) {
		const struct vcs_change *change = &commit->changes[i];
		if (!change->data && !tree_has(base, change->path))
			continue;
		git_tree_update *update = &updates[count++];
		update->path = change->path;
		update->action =
			change->data ? GIT_TREE_UPDATE_UPSERT : GIT_TREE_UPDATE_REMOVE;
		update->filemode = GIT_FILEMODE_BLOB;
		if (change->data &&
		    git_blob_create_from_buffer(&update->id, repo, change->data,
						change->len) < 0)
			return -1;
	}
	*ret_count = count;
	return 0;
}

static int write_tree(git_repository *repo, const git_commit *parent,
		      const struct vcs_new_commit *commit, git_oid *ret)
{
	git_tree *base = NULL;
	git_tree_update *updates = mem_array(git_tree_update, commit->change_count);
	size_t count = 0;
	int result = parent ? git_commit_tree(&base, parent) : 0;
	if (result == 0)
		result = prepare_updates(repo, base, commit, updates, &count);
	if (result == 0)
		result = git_tree_create_updated(ret, repo, base, count, updates);
	git_tree_free(base);
	free(updates);
	return result;
}

/* "subject\n\nbody\n", as git log takes it apart again. */
static char *message_of(const struct vcs_new_commit *commit)
{
	size_t len = strlen(commit->body);
	while (len && commit->body[len - 1] == '\n')
		len--;
	if (len == 0)
		return str_format("%s\n", commit->subject);
	_cleanup_free_ char *body = mem_strndup(commit->body, len);
	return str_format("%s\n\n%s\n", commit->subject, body);
}

static int write_commit(git_repository *repo, const struct vcs_append *append,
			const struct vcs_new_commit *commit, const git_oid *parent_id,
			git_oid *ret)
{
	git_commit *parent = NULL;
	git_tree *tree = NULL;
	git_signature *who = NULL;
	git_oid tree_id;
	_cleanup_free_ char *message = message_of(commit);
	int result = parent_id ? git_commit_lookup(&parent, repo, parent_id) : 0;
	if (result == 0)
		result = write_tree(repo, parent, commit, &tree_id);
	if (result == 0)
		result = git_tree_lookup(&tree, repo, &tree_id);
	if (result == 0)
		result = git_signature_new(&who, append->author_name,
					   append->author_email, commit->at_ms / 1000, 0);
	const git_commit *parents[] = {parent};
	if (result == 0)
		result = git_commit_create(ret, repo, NULL, who, who, NULL, message, tree,
					   parent ? 1 : 0, parents);
	git_signature_free(who);
	git_tree_free(tree);
	git_commit_free(parent);
	return result;
}

static int check_commit(const struct vcs_new_commit *commit, struct err *err)
{
	if (str_is_blank(commit->subject) || strchr(commit->subject, '\n'))
		return err_set(err, ERR_CONFIG,
			       "the subject of a commit must be one line");
	for (size_t i = 0; i < commit->change_count; i++)
		if (str_is_blank(commit->changes[i].path) ||
		    commit->changes[i].path[0] == '/')
			return err_set(err, ERR_CONFIG, "'%s' is no path within a branch",
				       commit->changes[i].path);
	return 0;
}

int vcs_build(git_repository *repo, const struct vcs_append *append,
	      const git_oid *parent, git_oid *ids, struct err *err)
{
	for (size_t i = 0; i < append->commit_count; i++) {
		const struct vcs_new_commit *commit = &append->commits[i];
		if (check_commit(commit, err) < 0)
			return -1;
		if (write_commit(repo, append, commit, parent, &ids[i]) < 0) {
			vcs_fail_git(ERR_FAIL, err);
			return err_wrap(err, "cannot make the commit '%s'",
					commit->subject);
		}
		parent = &ids[i];
	}
	return 0;
}
