/* Opening directories below another one. */
#include "platform/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* One step down. The kernel says ENOTDIR of a link that it does not follow. */
static int step(int at, const char *name)
{
	struct stat status;
	int fd = openat(at, name, DIRECTORY_FLAGS | O_NOFOLLOW);
	if (fd < 0 && errno == ENOTDIR)
		errno = fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
					S_ISLNK(status.st_mode)
				? ELOOP
				: ENOTDIR;
	return fd;
}

int beneath_open_by_steps(int root, const char *path)
{
	int at = openat(root, ".", DIRECTORY_FLAGS);
	while (at >= 0 && *path) {
		char name[NAME_MAX + 1];
		size_t len = strcspn(path, "/");
		int next = -1;
		if (len > NAME_MAX) {
			errno = ENAMETOOLONG;
		} else {
			memcpy(name, path, len);
			name[len] = '\0';
			next = step(at, name);
		}
		int number = errno;
		close(at);
		errno = number;
		at = next;
		path += len;
		path += strspn(path, "/");
	}
	return at;
}

int beneath_open(int root, const char *path)
{
	struct open_how how = {.flags = DIRECTORY_FLAGS,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					  RESOLVE_NO_MAGICLINKS};
	for (int attempt = 0; attempt < 16; attempt++) {
		long fd =
			syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
		if (fd >= 0)
			return (int)fd;
		/* EAGAIN: something was renamed meanwhile, so that the kernel cannot be sure. */
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	/* A filter of system calls may answer EPERM for calls that it does not know. */
	return errno == ENOSYS || errno == EPERM || errno == EAGAIN
		       ? beneath_open_by_steps(root, path)
		       : -1;
}
