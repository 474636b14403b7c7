/* Where a tree is unpacked to. */
#include "platform/tree_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/beneath.h"
#include "platform/clock.h"
#include "platform/fs.h"
#include "platform/scratch.h"
#include "platform/tree_attributes.h"

enum { MADE_ON_THE_WAY = 0777, PRIVATE = 0700 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
#define _cleanup_fd_ __attribute__((cleanup(close_fd)))

static int fail(const char *verb, const char *path, struct err *err)
{
	return err_set_errno(err, ERR_FAIL, errno, "cannot %s '%s'", verb, path);
}

/* --- looking at the target ------------------------------------------------------------------- */

static bool is_dot(const char *name)
{
	return str_equal(name, ".") || str_equal(name, "..");
}

/* 1: empty, 0: not, -1 with errno. */
static int is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	if (!directory) {
		close_fd(&copy);
		return -1;
	}
	do
		entry = (errno = 0, readdir(directory));
	while (entry && is_dot(entry->d_name));
	int number = errno;
	closedir(directory);
	errno = number;
	return entry ? 0 : number ? -1 : 1;
}

/* Can something else take its name? Not when it is a link or has something mounted on it. */
static bool is_replaceable(int outside, const char *name)
{
	struct statx at, around;
	return !is_dot(name) &&
	       statx(outside, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &at) == 0 &&
	       statx(outside, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &around) == 0 &&
	       S_ISDIR(at.stx_mode) && !(at.stx_attributes & STATX_ATTR_MOUNT_ROOT) &&
	       at.stx_dev_major == around.stx_dev_major &&
	       at.stx_dev_minor == around.stx_dev_minor;
}

/* "a/b//" → "a" and "b"; "b" → "." and "b"; "/" → "/" and ".". */
static void split(const char *directory, char **ret_parent, char **ret_name)
{
	size_t end = strlen(directory);
	while (end > 0 && directory[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && directory[start - 1] != '/')
		start--;
	*ret_name = start == end ? mem_strdup(".")
				 : mem_strndup(directory + start, end - start);
	while (start > 1 && directory[start - 1] == '/')
		start--;
	*ret_parent = start ? mem_strndup(directory, start)
			    : mem_strdup(*directory == '/' ? "/" : ".");
}

static int refuse_full(const char *directory, struct err *err)
{
	err_set_errno(err, ERR_FAIL, EEXIST, "'%s' is not empty", directory);
	return err_hint(err, "name a directory that does not exist, or allow files to be "
			     "replaced");
}

/* What cannot be opened because it is not there may still take the name: a link that leads to nothing. */
static int refuse_link(int outside, const char *name, const char *directory,
		       struct err *err)
{
	struct stat status;
	if (fstatat(outside, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	err_set(err, ERR_CONFIG, "'%s' is a link to something that is not there",
		directory);
	return err_hint(err, "make the directory that it leads to, or name another one");
}

int tree_place_look(const char *directory, bool overwrite, bool *ret_in_use,
		    struct err *err)
{
	_cleanup_free_ char *parent = NULL;
	_cleanup_free_ char *name = NULL;
	split(directory, &parent, &name);
	/* Without the slashes at its end: they would follow a link. */
	_cleanup_free_ char *path = str_format("%s/%s", parent, name);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret_in_use = false;
	if (fd < 0 && errno == ENOENT)
		return refuse_link(AT_FDCWD, path, directory, err);
	if (fd < 0)
		return fail("unpack into", directory, err);
	int empty = is_empty(fd);
	if (empty < 0)
		return fail("read", directory, err);
	*ret_in_use = !empty;
	return empty || overwrite ? 0 : refuse_full(directory, err);
}

/* --- opening --------------------------------------------------------------------------------- */

static char *staging_name(const char *name)
{
	unsigned char random[8];
	random_fill(random, sizeof random);
	_cleanup_free_ char *hex = str_hex(random, sizeof random);
	/* The whole has to stay a name. */
	return is_dot(name) ? str_format(".belay-%s", hex)
			    : str_format(".%.200s.belay-%s", name, hex);
}

/* Makes the staging directory in `outside`, private until it is complete. It will be what it takes the place of. */
static int make_staging(struct tree_place *place, const struct stat *existing)
{
	struct stat status;
	if (mkdirat(place->outside, place->staging, MADE_ON_THE_WAY) < 0)
		return -1;
	place->root = beneath_open(place->outside, place->staging);
	if (place->root < 0)
		return -1;
	/* Everything below would have them, too. */
	tree_attributes_disinherit(place->root);
	if (fstat(place->root, &status) < 0)
		return -1;
	place->mode = (existing ? existing : &status)->st_mode & 07777;
	/* Not everybody may. */
	if (existing)
		(void)!fchown(place->root, existing->st_uid, existing->st_gid);
	else if (place->hand_over)
		(void)!fchown(place->root, place->uid, place->gid);
	return fchmod(place->root, PRIVATE);
}

/* In what is, or would be, somebody's directory, root works for that somebody. */
static void find_owner(struct tree_place *place, const struct stat *existing)
{
	struct stat status;
	if (geteuid() != 0)
		return;
	if (!existing && fstat(place->outside, &status) == 0)
		existing = &status;
	place->hand_over = existing && existing->st_uid != 0;
	if (place->hand_over) {
		place->uid = existing->st_uid;
		place->gid = existing->st_gid;
	}
}

static int stage_inside(struct tree_place *place, int *existing,
			const struct stat *status, const char *directory, struct err *err)
{
	close_fd(&place->outside);
	place->outside = *existing;
	*existing = -1;
	place->inside = true;
	free(place->staging);
	place->staging = staging_name(".");
	str_assign(&place->around, directory);
	return make_staging(place, status) < 0 ? fail("unpack into", directory, err) : 0;
}

/* A new directory, or one that is empty. */
static int stage(struct tree_place *place, int *existing, const struct stat *status,
		 const char *directory, struct err *err)
{
	place->staging = staging_name(place->final);
	if (*existing >= 0 && !is_replaceable(place->outside, place->final))
		return stage_inside(place, existing, status, directory, err);
	if (make_staging(place, *existing >= 0 ? status : NULL) == 0)
		return 0;
	/* Without a directory of that name yet there is only this way. */
	if (*existing < 0 || place->root >= 0)
		return fail("create a directory beside", directory, err);
	return stage_inside(place, existing, status, directory, err);
}

static int open_existing(struct tree_place *place, int *existing, bool overwrite,
			 const char *directory, struct err *err)
{
	struct stat status;
	int empty = fstat(*existing, &status) < 0 ? -1 : is_empty(*existing);
	if (empty < 0)
		return fail("read", directory, err);
	find_owner(place, &status);
	if (empty)
		return stage(place, existing, &status, directory, err);
	if (!overwrite)
		return refuse_full(directory, err);
	place->root = *existing;
	*existing = -1;
	place->replaces = place->has_mode = true;
	return 0;
}

int tree_place_open(struct tree_place *place, const char *directory, bool overwrite,
		    struct err *err)
{
	*place = (struct tree_place){.root = -1, .outside = -1, .cached = -1};
	split(directory, &place->around, &place->final);
	if (fs_make_directories(place->around, err) < 0)
		return -1;
	/* It need not be readable. */
	place->outside = open(place->around, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->outside < 0)
		return fail("read", place->around, err);
	_cleanup_fd_ int existing =
		openat(place->outside, place->final, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (existing >= 0)
		return open_existing(place, &existing, overwrite, directory, err);
	if (errno != ENOENT)
		return fail("unpack into", directory, err);
	if (refuse_link(place->outside, place->final, directory, err) < 0)
		return -1;
	find_owner(place, NULL);
	return stage(place, &existing, NULL, directory, err);
}

/* --- inside ---------------------------------------------------------------------------------- */

/* Makes what is missing of a path, directory by directory. */
static int make_path(const struct tree_place *place, int from, const char *path)
{
	int at = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *copy = mem_strdup(path);
	char *rest = copy;
	while (at >= 0 && rest) {
		char *name = strsep(&rest, "/");
		bool made = mkdirat(at, name, MADE_ON_THE_WAY) == 0;
		int next = made || errno == EEXIST ? beneath_open(at, name) : -1;
		int number = errno;
		if (made && next >= 0 && place->hand_over)
			(void)!fchown(next, place->uid, place->gid);
		close(at);
		errno = number;
		at = next;
	}
	return at;
}

static int open_parent(struct tree_place *place, const char *path)
{
	size_t len = place->cached_path ? strlen(place->cached_path) : 0;
	int from = place->root;
	const char *rest = path;
	if (len && strncmp(path, place->cached_path, len) == 0 && path[len] == '/') {
		from = place->cached;
		rest = path + len + 1;
	}
	int fd = beneath_open(from, rest);
	return fd < 0 && errno == ENOENT ? make_path(place, from, rest) : fd;
}

int tree_place_parent(struct tree_place *place, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	if (!slash)
		return place->root;
	size_t len = (size_t)(slash - path);
	if (place->cached_path && strncmp(path, place->cached_path, len) == 0 &&
	    !place->cached_path[len])
		return place->cached;
	char *parent = mem_strndup(path, len);
	int fd = open_parent(place, parent);
	if (fd < 0) {
		free(parent);
		return -1;
	}
	close_fd(&place->cached);
	free(place->cached_path);
	place->cached_path = parent;
	place->cached = fd;
	return fd;
}

const char *tree_place_temporary(struct tree_place *place)
{
	if (!*place->temporary) {
		unsigned char random[8];
		random_fill(random, sizeof random);
		_cleanup_free_ char *hex = str_hex(random, sizeof random);
		snprintf(place->temporary, sizeof place->temporary, ".belay-%s", hex);
	}
	return place->temporary;
}

/* --- the end --------------------------------------------------------------------------------- */

/* A directory that is moved gets another "..", for which it has to be writable. */
static int move_entry(const struct tree_place *place, const char *name)
{
	struct stat status;
	int result = renameat2(place->root, name, place->outside, name, RENAME_NOREPLACE);
	if (result == 0 || errno != EACCES ||
	    fstatat(place->root, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(status.st_mode) || fchmodat(place->root, name, PRIVATE, 0) < 0)
		return result;
	if (renameat2(place->root, name, place->outside, name, RENAME_NOREPLACE) < 0)
		return -1;
	return fchmodat(place->outside, name, status.st_mode & 07777, 0);
}

/* Moves what is in the staging directory to where that is. */
static int move_up(struct tree_place *place)
{
	int copy = openat(place->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	if (!directory) {
		close_fd(&copy);
		return -1;
	}
	while (errno = 0, (entry = readdir(directory)))
		if (!is_dot(entry->d_name) && move_entry(place, entry->d_name) < 0)
			break;
	int number = errno;
	closedir(directory);
	errno = number;
	return number ? -1 : unlinkat(place->outside, place->staging, AT_REMOVEDIR);
}

int tree_place_gather(struct tree_place *place, struct err *err)
{
	if (!place->inside)
		return 0;
	if (move_up(place) < 0)
		return fail("move what was unpacked to", place->final, err);
	close_fd(&place->root);
	place->root = place->outside;
	place->outside = -1;
	free(TAKE_PTR(place->staging));
	return 0;
}

/* The rename is durable when the directory is that it happened in. */
static int sync_outside(const struct tree_place *place)
{
	_cleanup_fd_ int fd =
		openat(place->outside, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some file systems cannot sync a directory. */
	if (fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS))
		return 0;
	return fd < 0 ? syncfs(place->root) : -1;
}

int tree_place_commit(struct tree_place *place, const char *directory, struct err *err)
{
	if (!place->has_mode && fchmod(place->root, place->mode) < 0)
		return fail("set the permissions of", directory, err);
	if (syncfs(place->root) < 0)
		return fail("write to the disk what was unpacked to", directory, err);
	if (!place->staging)
		return 0;
	/* Takes the place of nothing, or of an empty directory. */
	if (renameat(place->outside, place->staging, place->outside, place->final) < 0) {
		if (errno == ENOTEMPTY)
			errno = EEXIST;
		return fail("replace", directory, err);
	}
	free(TAKE_PTR(place->staging));
	return sync_outside(place) < 0 ? fail("write to the disk", directory, err) : 0;
}

/* What cannot be removed stays: another error is on its way to the caller. */
static void remove_staging(const struct tree_place *place)
{
	_cleanup_free_ char *path = str_format("%s/%s", place->around, place->staging);
	struct err ignored = {0};
	(void)scratch_remove(path, &ignored);
}

void tree_place_close(struct tree_place *place)
{
	close_fd(&place->cached);
	close_fd(&place->root);
	close_fd(&place->outside);
	if (place->staging)
		remove_staging(place);
	free(place->around);
	free(place->cached_path);
	free(place->final);
	free(place->staging);
	*place = (struct tree_place){.root = -1, .outside = -1, .cached = -1};
}
