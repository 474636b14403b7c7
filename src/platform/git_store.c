/* Repositories to work in: throw-away ones for remotes, and those opened in place. Starting libgit2. */
#include <errno.h>
#include <ftw.h>
#include <git2/sys/errors.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "platform/env.h"
#include "platform/git_session.h"

static pthread_once_t git_once = PTHREAD_ONCE_INIT;

/* Room is made for as many objects as the head of a pack announces, before the first one comes: a
 * remote must not be able to ask for 32 GiB. Ten million events have fewer. */
#define PACK_MAX_OBJECTS ((size_t)64000000)

static void git_start(void)
{
	static const git_config_level_t foreign[] = {
		GIT_CONFIG_LEVEL_PROGRAMDATA,
		GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_XDG,
		GIT_CONFIG_LEVEL_GLOBAL,
	};
	git_libgit2_init();
	/* The settings of whoever runs us must not change where a push goes (insteadOf) … */
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, foreign[i], "");
	/* … and in a container the work tree belongs to another user. */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	/* As git does: an object is on the disk before a ref points to it. There is no such switch
	 * for one repository (libgit2 1.9's configuration in memory frees itself twice), so
	 * throw-away ones are kept in memory where that is possible, see below. */
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	/* Of what was read: hardly anything is read twice, and making room in a full cache takes a
	 * sixth of the time that a long history does. */
	git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
	git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, PACK_MAX_OBJECTS);
}

void vcs_start(void)
{
	pthread_once(&git_once, git_start);
}

int vcs_fail_git(enum err_code code, struct err *err)
{
	const git_error *last = git_error_last();
	return err_set(err, code, "%s",
		       last && last->message ? last->message : "unknown git error");
}

/* --- throw-away directories ------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *status, int type,
			struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	remove(path);
	return 0;
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Like mkdir -p; who uses the directory notices when it is not there. */
static void make_directories(const char *path)
{
	_cleanup_free_ char *text = mem_strdup(path);
	for (char *at = strchr(text + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(text, 0777);
		*at = '/';
	}
	mkdir(text, 0777);
}

/* A directory of our own below `parent`, or NULL. */
static char *directory_in(const char *parent)
{
	if (str_is_blank(parent))
		return NULL;
	char *path = str_format("%s/belay-git-XXXXXX", parent);
	if (mkdtemp(path))
		return path;
	free(path);
	return NULL;
}

/* A whole history may be larger than a container's shared memory; the tip never is. */
static char *private_directory(bool large)
{
	const char *const parents[] = {
		env_get("TMPDIR"),
		large ? NULL : "/dev/shm",
		env_get("RUNNER_TEMP"),
		"/tmp",
		"/dev/shm",
	};
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		char *path = directory_in(parents[i]);
		if (path)
			return path;
	}
	mkdir(".belay", 0777);
	return directory_in(".belay");
}

/* --- stores ----------------------------------------------------------------------------------- */

/* New objects stay in memory, fetched packs go to the directory. */
static int keep_new_objects_in_memory(git_repository *repo)
{
	git_odb *odb = NULL;
	git_odb_backend *memory = NULL;
	int result = git_repository_odb(&odb, repo);
	if (result == 0)
		result = git_mempack_new(&memory);
	if (result == 0)
		result = git_odb_add_backend(odb, memory, 1000);
	git_odb_free(odb);
	return result;
}

static int init_bare(const char *path, git_repository **ret)
{
	git_repository_init_options options;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
	options.initial_head = "main";
	return git_repository_init_ext(ret, path, &options);
}

int vcs_store_new(bool large, struct vcs_store **ret, struct err *err)
{
	struct vcs_store *store = mem_new(struct vcs_store);
	store->large = large;
	store->directory = private_directory(large);
	if (!store->directory) {
		free(store);
		err_set(err, ERR_CONFIG, "no place for temporary files");
		return err_hint(err, "set TMPDIR to a directory that can be written to");
	}
	if (init_bare(store->directory, &store->repo) < 0 ||
	    keep_new_objects_in_memory(store->repo) < 0) {
		vcs_fail_git(ERR_FAIL, err);
		err_wrap(err, "cannot use '%s' for temporary files", store->directory);
		vcs_store_free(store);
		return -1;
	}
	*ret = store;
	return 0;
}

/* Made beside its place and moved there as a whole: of several that begin at once one wins, and
 * nobody sees half of it. */
static int make_bare(const char *path)
{
	git_repository *repo = NULL;
	_cleanup_free_ char *made = str_format("%s.new-XXXXXX", path);
	char *slash = strrchr(made, '/');
	if (slash && slash != made) {
		_cleanup_free_ char *parent = mem_strndup(made, (size_t)(slash - made));
		make_directories(parent);
	}
	if (!mkdtemp(made)) {
		git_error_set_str(GIT_ERROR_OS, strerrordesc_np(errno));
		return -1;
	}
	int code = init_bare(made, &repo);
	git_repository_free(repo);
	if (code == 0 && chmod(made, 0755) == 0 && rename(made, path) == 0)
		return 0;
	int number = errno;
	remove_tree(made);
	if (code == 0 && number != ENOTEMPTY && number != EEXIST) {
		git_error_set_str(GIT_ERROR_OS, strerrordesc_np(number));
		code = -1;
	}
	return code;
}

static int open_in_place(const char *path, git_repository **ret)
{
	return git_repository_open_ext(ret, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
}

static bool is_file(const char *path)
{
	struct stat there;
	return stat(path, &there) == 0 && !S_ISDIR(there.st_mode);
}

static int open_failed(const char *path, int code, struct err *err)
{
	if (is_file(path)) {
		err_set(err, ERR_CONFIG, "'%s' is a file, not a git repository", path);
		return err_hint(err, "move it away, or name another place under "
				     "'state: remote:'");
	}
	if (code == GIT_ENOTFOUND) {
		err_set(err, ERR_NOT_FOUND, "there is no git repository at '%s'", path);
		return err_hint(err, "make one: git init --bare '%s'", path);
	}
	vcs_fail_git(ERR_CONFIG, err);
	return err_wrap(err, "cannot open the git repository '%s'", path);
}

int vcs_store_open(const char *path, bool create, struct vcs_store **ret, struct err *err)
{
	struct vcs_store *store = mem_new(struct vcs_store);
	int code = open_in_place(path, &store->repo);
	if (code == GIT_ENOTFOUND && create) {
		code = make_bare(path);
		if (code == 0)
			code = open_in_place(path, &store->repo);
	}
	if (code < 0) {
		open_failed(path, code, err);
		vcs_store_free(store);
		return -1;
	}
	store->complete = true;
	*ret = store;
	return 0;
}

void vcs_store_free(struct vcs_store *store)
{
	if (!store)
		return;
	git_repository_free(store->repo);
	if (store->directory)
		remove_tree(store->directory);
	free(store->directory);
	free(store);
}

bool vcs_store_has(const struct vcs_store *store, const git_oid *id)
{
	git_odb *odb = NULL;
	if (!store || git_repository_odb(&odb, store->repo) < 0)
		return false;
	bool has = git_odb_exists(odb, id) == 1;
	git_odb_free(odb);
	return has;
}
