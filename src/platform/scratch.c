/* Scratch directories, see scratch.h.
 *
 * Removing takes no recursion: a directory below the first level that is not empty moves up to the
 * top, under a new name, and waits there for its turn. So depth costs nothing. */
#include "platform/scratch.h"

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
#include "platform/fs.h"

int scratch_make(const char *directory, char **ret_path, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/belay-XXXXXX", directory);
	if (fs_make_directories(directory, err) < 0)
		return -1;
	if (!mkdtemp(path))
		return err_set_errno(err, ERR_FAIL, errno,
				     "cannot make a scratch directory in '%s'",
				     directory);
	*ret_path = TAKE_PTR(path);
	return 0;
}

/* --- removing ------------------------------------------------------------------------------ */

struct removal {
	int top; /* the directory that is being emptied */
	dev_t device;
	unsigned long long moved; /* directories that went up to it, for their names */
};

/* Opens a directory that this process may have been forbidden to read or change. */
static int open_directory(int at, const char *name)
{
	if (fchmodat(at, name, 0700, 0) < 0 && errno != EPERM)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int move_up(struct removal *removal, int at, const char *name)
{
	char fresh[64];
	(void)!fchmodat(at, name, 0700, 0); /* its ".." is about to change */
	do
		snprintf(fresh, sizeof fresh, ".belay-remove-%llu", removal->moved++);
	while (faccessat(removal->top, fresh, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	return renameat(at, name, removal->top, fresh);
}

/* Of whatever kind; a directory has to be empty. */
static int unlink_any(int at, const char *name)
{
	if (unlinkat(at, name, 0) == 0)
		return 0;
	int number = errno;
	if (unlinkat(at, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno == ENOTDIR)
		errno = number;
	return -1;
}

/* What is in a directory of the top, but for its own directories, which move up. Takes fd. */
static int empty(struct removal *removal, int fd)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;
	int number = 0;
	if (!directory) {
		close(fd);
		return -1;
	}
	while (number == 0 && (errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		bool gone = unlink_any(fd, entry->d_name) == 0 ||
			    ((errno == ENOTEMPTY || errno == EEXIST) &&
			     move_up(removal, fd, entry->d_name) == 0);
		number = gone ? 0 : errno;
	}
	if (number == 0)
		number = errno;
	closedir(directory);
	errno = number;
	return number ? -1 : 0;
}

static int remove_entry(struct removal *removal, const char *name)
{
	struct stat status;
	if (fstatat(removal->top, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(status.st_mode))
		return unlinkat(removal->top, name, 0);
	if (status.st_dev != removal->device) {
		errno = EXDEV;
		return -1;
	}
	int fd = open_directory(removal->top, name);
	if (fd < 0 || empty(removal, fd) < 0)
		return -1;
	return unlinkat(removal->top, name, AT_REMOVEDIR);
}

/* Once through what is there now; *ret_any: was there something? */
static int empty_top(struct removal *removal, const char *path, bool *ret_any,
		     struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int result = fs_list(path, &names, &count, err);
	for (size_t i = 0; i < count; i++) {
		if (result == 0 && remove_entry(removal, names[i]) < 0)
			result = err_set_errno(err, ERR_FAIL, errno,
					       "cannot remove '%s/%s'", path, names[i]);
		free(names[i]);
	}
	free(names);
	*ret_any = count > 0;
	return result;
}

static int empty_all(int top, const char *path, struct err *err)
{
	struct stat status;
	bool any = true;
	if (fstat(top, &status) < 0)
		return err_set_errno(err, ERR_FAIL, errno, "cannot look at '%s'", path);
	struct removal removal = {.top = top, .device = status.st_dev};
	while (any)
		if (empty_top(&removal, path, &any, err) < 0)
			return -1;
	return 0;
}

int scratch_remove(const char *path, struct err *err)
{
	int top = open_directory(AT_FDCWD, path);
	if (top < 0 && errno == ENOENT)
		return 0;
	if (top < 0)
		return err_set_errno(err, ERR_FAIL, errno, "cannot remove '%s'", path);
	int result = empty_all(top, path, err);
	close(top);
	if (result == 0 && rmdir(path) < 0 && errno != ENOENT)
		result = err_set_errno(err, ERR_FAIL, errno, "cannot remove '%s'", path);
	return result;
}
