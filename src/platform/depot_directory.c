/* Objects as files: looking at them, and the table of operations. Uploads are in depot_directory_upload.c. */
#include "platform/depot_directory.h"

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
#include "platform/depot_directory_parts.h"
#include "platform/fs.h"

char *directory_path(const struct directory *directory, const char *name)
{
	return str_format("%s/%s", directory->path, name);
}

int directory_fail(const char *verb, const char *what, struct err *err)
{
	int number = errno;
	enum err_code code = number == ENOENT || number == ENOTDIR  ? ERR_NOT_FOUND
			     : number == ENOSPC || number == EDQUOT ? ERR_LIMIT
								    : ERR_FAIL;
	return err_set_errno(err, code, number, "cannot %s '%s'", verb, what);
}

static void free_directory(struct depot *depot)
{
	struct directory *directory = (struct directory *)depot;
	free(directory->path);
	free(directory);
}

static const char *warning(struct depot *depot)
{
	(void)depot;
	return NULL;
}

static int get(struct depot *depot, const char *name, int64_t offset, void *buffer,
	       size_t bytes, size_t *ret_count, struct err *err)
{
	*ret_count = 0;
	if (depot_check_name(name, err) < 0)
		return -1;
	_cleanup_free_ char *path = directory_path((struct directory *)depot, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return directory_fail("read", path, err);
	int result = 0;
	while (*ret_count < bytes) {
		ssize_t got = pread(fd, (char *)buffer + *ret_count, bytes - *ret_count,
				    (off_t)offset + (off_t)*ret_count);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			result = directory_fail("read", path, err);
		if (got <= 0)
			break;
		*ret_count += (size_t)got;
	}
	close(fd);
	return result;
}

static void describe(const char *name, const struct fs_stat *status,
		     struct depot_object *ret)
{
	*ret = (struct depot_object){.name = mem_strdup(name),
				     .size_bytes = status->size_bytes,
				     .modified_ms = status->modified_ms};
}

int directory_head(struct depot *depot, const char *name, struct depot_object *ret,
		   struct err *err)
{
	struct fs_stat status;
	*ret = (struct depot_object){0};
	if (depot_check_name(name, err) < 0)
		return -1;
	_cleanup_free_ char *path = directory_path((struct directory *)depot, name);
	if (fs_stat(path, &status, err) < 0)
		return -1;
	if (status.type == FS_MISSING)
		return err_set(err, ERR_NOT_FOUND, "there is no '%s'", path);
	if (status.type != FS_FILE)
		return err_set(err, ERR_FAIL, "'%s' is not a file", path);
	describe(name, &status, ret);
	return 0;
}

/* --- listing ------------------------------------------------------------------------------- */

/* Can names below `directory` ("a/b") begin with `prefix`? */
static bool leads_to(const char *directory, const char *prefix)
{
	size_t len = strlen(directory);
	return strncmp(directory, prefix, len) == 0
		       ? prefix[len] == '\0' || prefix[len] == '/'
		       : str_has_prefix(directory, prefix);
}

static int list_below(const struct directory *directory, const char *below,
		      const char *prefix, struct depot_objects *ret, struct err *err);

static int list_entry(const struct directory *directory, const char *name,
		      const char *prefix, struct depot_objects *ret, struct err *err)
{
	struct fs_stat status;
	struct err ignored = {0};
	_cleanup_free_ char *path = directory_path(directory, name);
	if (fs_stat(path, &status, err) < 0)
		return -1;
	/* Files that a depot cannot have made are not ours. */
	if (status.type == FS_FILE && str_has_prefix(name, prefix) &&
	    depot_check_name(name, &ignored) == 0)
		describe(name, &status, vec_push(ret));
	if (status.type == FS_DIRECTORY &&
	    (leads_to(name, prefix) || str_has_prefix(name, prefix)))
		return list_below(directory, name, prefix, ret, err);
	return 0;
}

static int list_below(const struct directory *directory, const char *below,
		      const char *prefix, struct depot_objects *ret, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	_cleanup_free_ char *path =
		*below ? directory_path(directory, below) : mem_strdup(directory->path);
	struct err why = {0};
	int result = fs_list(path, &names, &count, &why);
	if (result < 0 && why.code == ERR_NOT_FOUND)
		return 0; /* not made yet, or removed meanwhile with what was in it */
	if (result < 0)
		*err = why;
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *name =
			str_format("%s%s%s", below, *below ? "/" : "", names[i]);
		if (result == 0 && !str_has_prefix(names[i], ".belay"))
			result = list_entry(directory, name, prefix, ret, err);
		free(names[i]);
	}
	free(names);
	return result;
}

static int list(struct depot *depot, const char *prefix, struct depot_objects *ret,
		struct err *err)
{
	*ret = (struct depot_objects){0};
	if (list_below((struct directory *)depot, "", prefix, ret, err) < 0) {
		depot_objects_release(ret);
		return -1;
	}
	depot_objects_sort(ret);
	return 0;
}

/* --- removing ------------------------------------------------------------------------------ */

int directory_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
	int result = synced ? 0 : directory_fail("sync the directory", path, err);
	if (fd >= 0)
		close(fd);
	return result;
}

/* Up to the depot's own directory. Whoever was about to use one of them makes it again (link_to()); whoever removes from
 * the same ones may be faster, and then what is to be synced lies further up. */
static int remove_empty(const struct directory *directory, char *path, struct err *err)
{
	for (;;) {
		struct err why = {0};
		*strrchr(path, '/') = '\0';
		bool own = strlen(path) <= strlen(directory->path);
		if (!own && (rmdir(path) == 0 || errno == ENOENT))
			continue;
		if (directory_sync(path, &why) == 0)
			return 0;
		if (own || why.sys_errno != ENOENT) {
			*err = why;
			return -1;
		}
	}
}

static int remove_object(struct depot *depot, const char *name, struct err *err)
{
	if (depot_check_name(name, err) < 0)
		return -1;
	_cleanup_free_ char *path = directory_path((struct directory *)depot, name);
	if (unlink(path) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : directory_fail("remove", path, err);
	return remove_empty((struct directory *)depot, path, err);
}

/* --- making -------------------------------------------------------------------------------- */

static int put(struct depot *depot, const char *name, const void *data, size_t bytes,
	       struct err *err)
{
	struct depot_begin begin = {
		.name = name, .mark = "put", .part_bytes = bytes ? bytes : 1};
	struct depot_upload *upload = NULL;
	struct depot_object made = {0};
	struct err ignored = {0};
	if (directory_begin(depot, &begin, &upload, err) < 0)
		return -1;
	int result = directory_put_part(upload, 1, data, bytes, NULL, err);
	if (result == 0)
		result = directory_finish(upload, &made, err);
	if (result < 0)
		(void)directory_abort(upload, &ignored);
	depot_object_release(&made);
	return result;
}

static const struct depot_ops ops = {
	.least_part_bytes = 1,
	.free = free_directory,
	.warning = warning,
	.put = put,
	.get = get,
	.head = directory_head,
	.list = list,
	.remove = remove_object,
	.begin = directory_begin,
	.put_part = directory_put_part,
	.finish = directory_finish,
	.abort = directory_abort,
	.drop = directory_drop,
	.unfinished = directory_unfinished,
	.abandon = directory_abandon,
};

int depot_directory_new(const char *path, unsigned mode, struct depot **ret,
			struct err *err)
{
	if (str_is_blank(path))
		return err_set(err, ERR_CONFIG, "a depot needs the path of a directory");
	struct directory *directory = mem_new(struct directory);
	directory->depot.ops = &ops;
	directory->path = mem_strdup(path);
	directory->mode = mode & 0777;
	*ret = &directory->depot;
	return 0;
}
