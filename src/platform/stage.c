/* Staging: a temporary file in the same directory, linked or renamed into place. */
#include "platform/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/fs.h"

struct stage {
	char *path;
	char *directory;
	char *temporary; /* NULL: it is not there any more */
	bool overwrite;
	int fd;
};

static int fail_to_write(const char *path, struct err *err)
{
	return err_set_errno(err, errno == ENOSPC ? ERR_LIMIT : ERR_FAIL, errno,
			     "cannot write '%s'", path);
}

static int refuse(const char *path, int number, struct err *err)
{
	err_set_errno(err, ERR_FAIL, number, "cannot write '%s'", path);
	return number == EEXIST
		       ? err_hint(err, "move it away, or ask for it to be overwritten")
		       : -1;
}

/* A file in the place of a link is not what the link is for, and a device cannot be replaced. */
static int refuse_kind(const char *path, enum fs_type type, struct err *err)
{
	err_set(err, ERR_CONFIG, "'%s' is %s: only a regular file can be replaced", path,
		type == FS_LINK ? "a symbolic link" : "no regular file");
	return err_hint(err, type == FS_LINK ? "name the file that it points to"
					     : "name a place in a directory of files");
}

int stage_check(const char *path, bool overwrite, struct err *err)
{
	struct fs_stat status;
	if (fs_stat(path, &status, err) < 0)
		return -1;
	if (status.type == FS_DIRECTORY)
		return refuse(path, EISDIR, err);
	if (status.type == FS_LINK || status.type == FS_OTHER)
		return refuse_kind(path, status.type, err);
	if (status.type != FS_MISSING && !overwrite)
		return refuse(path, EEXIST, err);
	return 0;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/")
			     : mem_strndup(path, (size_t)(slash - path));
}

int stage_open(const char *path, bool overwrite, struct stage **ret, struct err *err)
{
	if (stage_check(path, overwrite, err) < 0)
		return -1;
	_cleanup_(stage_closep) struct stage *stage = mem_new(struct stage);
	stage->fd = -1;
	stage->overwrite = overwrite;
	stage->path = mem_strdup(path);
	stage->directory = directory_of(path);
	if (fs_make_directories(stage->directory, err) < 0)
		return -1;
	const char *slash = strrchr(path, '/');
	char *name = str_format("%s/.%.200s.belay-XXXXXX", stage->directory,
				slash ? slash + 1 : path);
	stage->fd = mkostemp(name, O_CLOEXEC);
	if (stage->fd < 0) {
		fail_to_write(name, err);
		free(name);
		return -1;
	}
	stage->temporary = name;
	fs_hand_over(stage->fd, stage->path);
	*ret = TAKE_PTR(stage);
	return 0;
}

int stage_add(struct stage *stage, const void *data, size_t bytes, struct err *err)
{
	const char *at = data;
	while (bytes > 0) {
		ssize_t written = write(stage->fd, at, bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail_to_write(stage->path, err);
		at += written;
		bytes -= (size_t)written;
	}
	return 0;
}

static int sync_directory(const struct stage *stage, struct err *err)
{
	int fd = open(stage->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 || fsync(fd) < 0 ? fail_to_write(stage->directory, err) : 0;
	if (fd >= 0)
		close(fd);
	return result;
}

/* Who could read the file that is replaced can read the new one, and nobody else: where it cannot be given to that
 * group, its group may not. Rights of another owner's (set-user-ID) are not for a new content. */
static void take_after(const struct stage *stage)
{
	struct stat old;
	if (lstat(stage->path, &old) < 0 || !S_ISREG(old.st_mode))
		return;
	mode_t mode = old.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
	if (fchown(stage->fd, old.st_uid, old.st_gid) < 0 &&
	    fchown(stage->fd, (uid_t)-1, old.st_gid) < 0)
		mode &= ~(mode_t)S_IRWXG;
	(void)!fchmod(stage->fd, mode);
}

int stage_commit(struct stage *stage, struct err *err)
{
	if (stage->overwrite)
		take_after(stage);
	if (fsync(stage->fd) < 0)
		return fail_to_write(stage->path, err);
	if (stage->overwrite) {
		if (rename(stage->temporary, stage->path) < 0)
			return fail_to_write(stage->path, err);
		free(TAKE_PTR(stage->temporary));
		return sync_directory(stage, err);
	}
	/* This refuses what came into the way meanwhile. */
	if (fs_link_or_move(stage->temporary, stage->path) < 0)
		return refuse(stage->path, errno, err);
	return sync_directory(stage, err);
}

void stage_close(struct stage *stage)
{
	if (!stage)
		return;
	if (stage->fd >= 0)
		close(stage->fd);
	if (stage->temporary)
		(void)unlink(stage->temporary);
	free(stage->temporary);
	free(stage->directory);
	free(stage->path);
	free(stage);
}

void stage_closep(struct stage **stage)
{
	stage_close(*stage);
	*stage = NULL;
}
