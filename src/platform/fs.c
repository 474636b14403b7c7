/* Files: reading with a limit, writing atomically, listing. */
#include "platform/fs.h"

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
#include "belay/vec.h"
#include "platform/clock.h"

static int fail(const char *verb, const char *path, struct err *err)
{
	int number = errno;
	return err_set_errno(err, number == ENOENT ? ERR_NOT_FOUND : ERR_FAIL, number,
			     "cannot %s '%s'", verb, path);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _cleanup_fd_ __attribute__((cleanup(close_fd)))

/* --- reading ------------------------------------------------------------------------------- */

int fs_read(const char *path, size_t max_bytes, char **ret_data, size_t *ret_len,
	    struct err *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail("read", path, err);
	if (S_ISDIR(status.st_mode))
		return err_set_errno(err, ERR_FAIL, EISDIR, "cannot read '%s'", path);
	if (S_ISREG(status.st_mode) && (uintmax_t)status.st_size > max_bytes)
		return err_set(err, ERR_LIMIT,
			       "'%s' has %jd bytes, more than the limit of %zu", path,
			       (intmax_t)status.st_size, max_bytes);

	/* Not only st_size bytes: files in /proc say 0, and a file may grow. */
	_cleanup_str_ struct str content = STR_INIT_MAX(max_bytes);
	char chunk[16384];
	for (;;) {
		ssize_t got = read(fd, chunk, sizeof chunk);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail("read", path, err);
		if (got == 0)
			break;
		str_add_bytes(&content, chunk, (size_t)got);
		if (content.truncated)
			return err_set(err, ERR_LIMIT,
				       "'%s' is larger than the limit of %zu bytes", path,
				       max_bytes);
	}
	*ret_len = content.len;
	*ret_data = str_take(&content);
	return 0;
}

/* --- writing ------------------------------------------------------------------------------- */

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/")
			     : mem_strndup(path, (size_t)(slash - path));
}

static bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

void fs_hand_over(int fd, const char *path)
{
	struct stat owner;
	if (geteuid() != 0)
		return;
	_cleanup_free_ char *parent = parent_of(path);
	if (stat(parent, &owner) == 0 && owner.st_uid != 0)
		(void)!fchown(fd, owner.st_uid, owner.st_gid);
}

/* 0 when it is there now. */
static int make_directory(const char *path)
{
	if (mkdir(path, 0777) < 0)
		return errno == EEXIST && is_directory(path) ? 0 : -1;
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0)
		fs_hand_over(fd, path);
	return 0;
}

int fs_make_directories(const char *path, struct err *err)
{
	if (make_directory(path) == 0)
		return 0;
	if (errno == ENOENT && *path) {
		_cleanup_free_ char *parent = parent_of(path);
		if (strcmp(parent, path) != 0 && fs_make_directories(parent, err) < 0)
			return -1;
		/* Somebody else may be making the same directories. */
		if (make_directory(path) == 0)
			return 0;
	}
	return fail("create directory", path, err);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t written = write(fd, data, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written == 0)
			errno = EIO; /* it would be so for ever */
		if (written <= 0)
			return -1;
		data += written;
		len -= (size_t)written;
	}
	return 0;
}

/* The rename is only durable once the directory is. Some file systems cannot sync a directory. */
static int sync_directory(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS))
		return -1;
	return 0;
}

static int create_temporary(const char *parent, unsigned mode, char **ret_path)
{
	for (int attempt = 0; attempt < 16; attempt++) {
		unsigned char random[8];
		random_fill(random, sizeof random);
		_cleanup_free_ char *hex = str_hex(random, sizeof random);
		_cleanup_free_ char *path = str_format("%s/.belay-%s.tmp", parent, hex);
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			      0600);
		if (fd < 0 && errno == EEXIST)
			continue;
		if (fd >= 0 && fchmod(fd, (mode_t)mode & 07777) < 0) {
			close(fd);
			unlink(path);
			return -1;
		}
		*ret_path = TAKE_PTR(path);
		return fd;
	}
	return -1;
}

/* link(2), as it refuses to replace what is there and leaves a name of its own to whoever has to tidy up. */
int fs_link_or_move(const char *from, const char *to)
{
	if (link(from, to) == 0)
		return 0;
	int number = errno; /* EPERM: FAT has no links. Others have other words for it. */
	if (number != EPERM && number != EOPNOTSUPP && number != ENOSYS &&
	    number != EMLINK)
		return -1;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL ||
	    errno == ENOSYS) /* nor this: the first reason tells more */
		errno = number;
	return -1;
}

static int move_into_place(const char *temporary, const char *path, bool exclusive)
{
	if (!exclusive)
		return rename(temporary, path);
	if (fs_link_or_move(temporary, path) < 0)
		return -1;
	(void)unlink(temporary);
	return 0;
}

int fs_write(const char *path, const struct fs_write *write, struct err *err)
{
	_cleanup_free_ char *parent = parent_of(path);
	if (fs_make_directories(parent, err) < 0)
		return -1;

	_cleanup_free_ char *temporary = NULL;
	int fd = create_temporary(parent, write->mode, &temporary);
	if (fd < 0)
		return fail("write", path, err);
	fs_hand_over(fd, path);
	bool written = write_all(fd, write->data, write->len) == 0 && fsync(fd) == 0;
	int number = errno;
	if (close(fd) < 0 && written) {
		written = false;
		number = errno;
	}
	if (written && move_into_place(temporary, path, write->exclusive) < 0) {
		written = false;
		number = errno;
	}
	if (!written) {
		unlink(temporary);
		errno = number;
		return fail("write", path, err);
	}
	return sync_directory(parent) < 0 ? fail("sync the directory of", path, err) : 0;
}

int fs_append(const char *path, const void *data, size_t len, struct err *err)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd >= 0)
			fs_hand_over(fd, path);
		else if (errno == EEXIST)
			fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	}
	if (fd < 0 || write_all(fd, data, len) < 0)
		return fail("write", path, err);
	return 0;
}

/* --- looking ------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int fs_list(const char *path, char ***ret_names, size_t *ret_count, struct err *err)
{
	DIR *directory = opendir(path);
	if (!directory)
		return fail("list", path, err);
	struct {
		char **items;
		size_t count, capacity;
	} names = {0};
	const struct dirent *entry;
	while (errno = 0, (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			*vec_push(&names) = mem_strdup(entry->d_name);
	int number = errno;
	closedir(directory);
	if (number) {
		for (size_t i = 0; i < names.count; i++)
			free(names.items[i]);
		free(names.items);
		errno = number;
		return fail("list", path, err);
	}
	if (names.count)
		qsort(names.items, names.count, sizeof *names.items, compare_names);
	*ret_names = names.items;
	*ret_count = names.count;
	return 0;
}

/* Takes the last part of `path` off, and returns it unless it is "."; *path is "" when nothing is left of it. */
static char *take_last_part(char *path)
{
	size_t end = strlen(path);
	while (end > 1 && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	char *part = mem_strndup(path + start, end - start);
	path[start] = '\0';
	if (strcmp(part, ".") == 0)
		*part = '\0';
	return part;
}

char *fs_real_path(const char *path)
{
	_cleanup_free_ char *head = mem_strdup(path);
	_cleanup_free_ char *tail = mem_strdup("");
	for (;;) {
		_cleanup_free_ char *real = realpath(*head ? head : ".", NULL);
		if (real && *tail && strcmp(real, "/") == 0)
			return TAKE_PTR(tail);
		if (real)
			return str_format("%s%s", real, tail);
		if (!*head || strcmp(head, "/") == 0)
			return mem_strdup(path); /* nobody knows where we are */
		_cleanup_free_ char *part = take_last_part(head);
		char *longer = *part ? str_format("/%s%s", part, tail) : mem_strdup(tail);
		free(tail);
		tail = longer;
	}
}

int fs_stat(const char *path, struct fs_stat *ret, struct err *err)
{
	struct stat status;
	*ret = (struct fs_stat){.type = FS_MISSING};
	if (lstat(path, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : fail("look at", path, err);
	ret->type = S_ISREG(status.st_mode)   ? FS_FILE
		    : S_ISDIR(status.st_mode) ? FS_DIRECTORY
		    : S_ISLNK(status.st_mode) ? FS_LINK
					      : FS_OTHER;
	ret->size_bytes = status.st_size;
	ret->modified_ms =
		(int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
	return 0;
}
