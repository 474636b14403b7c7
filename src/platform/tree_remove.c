/* Removing directories. Directories found inside are moved to the top before they are emptied, so that neither depth nor
 * the length of paths needs descriptors or memory. */
#include "platform/tree_remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory opened for emptying; restrictive permissions do not keep its owner. */
static DIR *open_to_empty(int parent, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stat status;
	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	if (S_ISDIR(status.st_mode) && (status.st_mode & 0700) != 0700)
		(void)!fchmodat(parent, name, 0700, 0);
	int fd = openat(parent, name, flags);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !directory)
		close(fd);
	return directory;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Removes a name in `from`; a directory that is not empty goes to `top`. */
static int remove_or_move(int from, const char *name, int top, unsigned long *moved)
{
	char fresh[48];
	if (unlinkat(from, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (unlinkat(from, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	do
		snprintf(fresh, sizeof fresh, ".belay-removed-%lu", ++*moved);
	while (faccessat(top, fresh, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	/* Moving a directory changes its "..": it has to be writable. */
	(void)!fchmodat(from, name, 0700, 0);
	return renameat(from, name, top, fresh);
}

/* Empties a directory; `top` NULL: its own directories are emptied, else they are moved to there. */
static int empty(DIR *directory, DIR *top, unsigned long *moved)
{
	const struct dirent *entry;
	int here = dirfd(directory);
	while (errno = 0, (entry = readdir(directory)))
		if (!is_dot(entry->d_name) &&
		    remove_or_move(here, entry->d_name, dirfd(top), moved) < 0)
			return -1;
	return errno ? -1 : 0;
}

/* One pass over what is at the top. Returns how many names it met. */
static long pass(DIR *top, unsigned long *moved)
{
	const struct dirent *entry;
	long met = 0;
	rewinddir(top);
	while (errno = 0, (entry = readdir(top))) {
		if (is_dot(entry->d_name))
			continue;
		met++;
		if (unlinkat(dirfd(top), entry->d_name, 0) == 0)
			continue;
		DIR *inner = open_to_empty(dirfd(top), entry->d_name);
		int result = inner ? empty(inner, top, moved) : -1;
		if (inner)
			closedir(inner);
		if (result < 0 || unlinkat(dirfd(top), entry->d_name, AT_REMOVEDIR) < 0)
			return -1;
	}
	return errno ? -1 : met;
}

int tree_remove(int parent, const char *name)
{
	unsigned long moved = 0;
	DIR *top = open_to_empty(parent, name);
	if (!top)
		return -1;
	long met;
	while ((met = pass(top, &moved)) > 0)
		;
	int number = errno;
	closedir(top);
	errno = number;
	return met < 0 ? -1 : unlinkat(parent, name, AT_REMOVEDIR);
}
