/* Making what an archive says. Everything gets a descriptor or a name in a parent's; nothing is done by a path from above. */
#include "platform/tree_make.h"

#include <archive.h>
#include <archive_entry.h>
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
#include "platform/beneath.h"
#include "platform/tree_attributes.h"

enum { WRITEBACK_BYTES = 8 << 20 };

/* What an entry gets once it is there. */
struct clothes {
	uid_t uid; /* (uid_t)-1: stays whose it is */
	gid_t gid;
	mode_t mode;
	struct timespec times[2];
	struct archive_entry *attributes; /* NULL: none */
};

struct tree_directory {
	char *path;
	size_t order; /* of several with one path the last one counts */
	struct clothes clothes;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
#define _cleanup_fd_ __attribute__((cleanup(close_fd)))

/* --- words ----------------------------------------------------------------------------------- */

static int refuse(struct tree_maker *maker, const char *why, struct err *err)
{
	return err_set(err, ERR_CONFIG, "entry '%.300s' %s", maker->path, why);
}

/* What errno says about an entry: either the archive wants what cannot be, or the machine fails. */
static int cannot(struct tree_maker *maker, const char *verb, struct err *err)
{
	switch (errno) {
	case ENAMETOOLONG:
		return refuse(maker, "has a name that is too long", err);
	case ENOTDIR:
		return refuse(maker, "lies below something that is no directory", err);
	case ELOOP:
		return refuse(maker, "lies behind a symbolic link", err);
	case EISDIR:
		return refuse(maker, "is a directory already", err);
	case ENOSPC:
	case EDQUOT:
		err_set_errno(err, ERR_FAIL, errno, "cannot %s '%.300s'", verb,
			      maker->path);
		return err_hint(err, "make room there, or name a directory on another "
				     "file system");
	default:
		return err_set_errno(err, ERR_FAIL, errno, "cannot %s '%.300s'", verb,
				     maker->path);
	}
}

/* --- names ----------------------------------------------------------------------------------- */

/* "./a//b/" → "a/b"; "." → "". Entry rules have refused ".." by then. */
static int clean_path(const char *path, char clean[static PATH_MAX])
{
	size_t filled = 0;
	for (;;) {
		path += strspn(path, "/");
		size_t len = strcspn(path, "/");
		if (!len)
			break;
		if (len > 1 || *path != '.') {
			if (filled + len + 2 > PATH_MAX)
				return -1;
			if (filled)
				clean[filled++] = '/';
			memcpy(clean + filled, path, len);
			filled += len;
		}
		path += len;
	}
	clean[filled] = '\0';
	return 0;
}

/* --- permissions, owners, times -------------------------------------------------------------- */

static mode_t mode_of(const struct tree_maker *maker)
{
	mode_t mode = archive_entry_perm(maker->entry);
	return mode & (maker->owners ? 07777 : 01777);
}

static void times_of(struct archive_entry *entry, struct timespec ret_times[static 2])
{
	struct timespec modified = {.tv_sec = archive_entry_mtime(entry),
				    .tv_nsec = archive_entry_mtime_nsec(entry)};
	/* libarchive 3.7 reads "-1.5" as a second before 1970 and half of one after that. */
	if (modified.tv_sec < 0 && modified.tv_nsec) {
		modified.tv_sec--;
		modified.tv_nsec = 1000000000 - modified.tv_nsec;
	}
	if (!archive_entry_mtime_is_set(entry))
		modified.tv_nsec = UTIME_OMIT;
	ret_times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	ret_times[1] = modified;
}

static void owner_of(struct tree_maker *maker, uid_t *ret_uid, gid_t *ret_gid)
{
	struct archive_entry *entry = maker->entry;
	const struct tree_place *place = &maker->place;
	*ret_uid = place->hand_over ? place->uid : (uid_t)-1;
	*ret_gid = place->hand_over ? place->gid : (gid_t)-1;
	if (!maker->owners)
		return;
	*ret_uid = owner_names_uid(maker->names, archive_entry_uname(entry),
				   (uint32_t)archive_entry_uid(entry));
	*ret_gid = owner_names_gid(maker->names, archive_entry_gname(entry),
				   (uint32_t)archive_entry_gid(entry));
}

/* Those of the entry in hand, whose attributes are borrowed. */
static struct clothes clothes_of(struct tree_maker *maker)
{
	struct clothes clothes = {.mode = mode_of(maker)};
	times_of(maker->entry, clothes.times);
	owner_of(maker, &clothes.uid, &clothes.gid);
	if (tree_attributes_any(maker->entry))
		clothes.attributes = maker->entry;
	return clothes;
}

/* Owners come first, as a change of theirs takes away set-id bits and capabilities; times last. */
static int dress(struct tree_maker *maker, int fd, const struct clothes *clothes)
{
	if (clothes->uid != (uid_t)-1 && fchown(fd, clothes->uid, clothes->gid) < 0)
		return -1;
	/* A new tree has none: its root inherits nothing (tree_place.c). */
	if (maker->place.replaces)
		tree_attributes_disinherit(fd);
	if (fchmod(fd, clothes->mode) < 0)
		return -1;
	if (clothes->attributes)
		tree_attributes_set(clothes->attributes, fd, maker->owners, maker->names);
	return futimens(fd, clothes->times);
}

/* --- directories ----------------------------------------------------------------------------- */

/* Only what is below a directory that was in use can be in the way, or lack permissions. */
static int use_existing(struct tree_maker *maker, int parent, const char *name,
			struct err *err)
{
	struct stat status;
	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return cannot(maker, "read", err);
	if (!S_ISDIR(status.st_mode))
		return refuse(maker, "is a directory, where something else is already",
			      err);
	if ((status.st_mode & 0700) != 0700)
		(void)!fchmodat(parent, name, (status.st_mode & 07777) | 0700, 0);
	return 0;
}

static int make_directory(struct tree_maker *maker, struct err *err)
{
	struct tree_directory directory = {.clothes = clothes_of(maker)};
	if (*maker->path) {
		const char *name;
		int parent = tree_place_parent(&maker->place, maker->path, &name);
		if (parent < 0)
			return cannot(maker, "create", err);
		/* Open to nobody else until it has its own permissions. */
		if (mkdirat(parent, name, 0700) < 0 &&
		    (errno != EEXIST ? cannot(maker, "create", err)
				     : use_existing(maker, parent, name, err)) < 0)
			return -1;
	}
	directory.path = mem_strdup(maker->path);
	directory.order = maker->directories.count;
	if (directory.clothes.attributes)
		directory.clothes.attributes = archive_entry_clone(maker->entry);
	*vec_push(&maker->directories) = directory;
	return 0;
}

/* Those that lie deeper come first, as one further up may let nobody in. */
static int deepest_first(const void *a, const void *b)
{
	const struct tree_directory *x = a, *y = b;
	int paths = strcmp(y->path, x->path);
	return paths ? paths : (x->order < y->order) - (x->order > y->order);
}

static int dress_directory(struct tree_maker *maker,
			   const struct tree_directory *directory, struct err *err)
{
	_cleanup_fd_ int fd = beneath_open(maker->place.root, directory->path);
	if (fd >= 0 && dress(maker, fd, &directory->clothes) == 0)
		return 0;
	return err_set_errno(err, ERR_FAIL, errno,
			     "cannot set permissions and times of '%.300s'",
			     directory->path);
}

static int finish_directories(struct tree_maker *maker, struct err *err)
{
	struct tree_directory *items = maker->directories.items;
	size_t count = maker->directories.count, i = 0;
	if (count)
		qsort(items, count, sizeof *items, deepest_first);
	for (; i < count && *items[i].path; i++)
		if ((!i || strcmp(items[i - 1].path, items[i].path) != 0) &&
		    dress_directory(maker, &items[i], err) < 0)
			return -1;
	if (tree_place_gather(&maker->place, err) < 0)
		return -1;
	/* The directory itself, unless it was in use. */
	if (i == count || maker->place.has_mode)
		return 0;
	maker->place.has_mode = true;
	return dress_directory(maker, &items[i], err);
}

/* --- what takes a name ----------------------------------------------------------------------- */

/* The name to make something under: its own, or for the time being another one. */
static const char *name_to_make(struct tree_maker *maker, const char *name)
{
	return maker->place.replaces ? tree_place_temporary(&maker->place) : name;
}

/* Something was made under that name: gives it its own. */
static int put_in_place(int parent, const char *made, const char *name)
{
	if (made == name)
		return 0;
	if (renameat(parent, made, parent, name) < 0)
		return -1;
	/* rename(2) does nothing when both are names of one file. */
	(void)!unlinkat(parent, made, 0);
	return 0;
}

/* An archive may hold a name twice; the later one counts. 0 when it may be tried again. */
static int make_way(int parent, const char *made)
{
	return errno == EEXIST ? unlinkat(parent, made, 0) : -1;
}

/* --- files ----------------------------------------------------------------------------------- */

static int write_at(int fd, const char *data, size_t len, off_t offset)
{
	while (len) {
		ssize_t written = pwrite(fd, data, len, offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		offset += written;
		len -= (size_t)written;
	}
	return 0;
}

/* Large files go to the disk while the rest is still on its way: all of it has to be there in the end. */
static void start_writeback(int fd, off_t *started, off_t written)
{
	if (written - *started < WRITEBACK_BYTES)
		return;
	(void)!sync_file_range(fd, *started, written - *started, SYNC_FILE_RANGE_WRITE);
	*started = written;
}

static int write_content(struct tree_maker *maker, int fd, struct tree_content content,
			 struct err *err)
{
	off_t size = archive_entry_size(maker->entry), written = 0, started = 0;
	for (;;) {
		const void *data;
		size_t len;
		int64_t offset;
		int result = content.next(content.context, &data, &len, &offset, err);
		if (result < 0)
			return -1;
		if (result == 0)
			break;
		if (write_at(fd, data, len, offset) < 0)
			return cannot(maker, "write", err);
		written = offset + (off_t)len;
		start_writeback(fd, &started, written);
	}
	/* A hole at the end. */
	if (written < size && ftruncate(fd, size) < 0)
		return cannot(maker, "write", err);
	return 0;
}

static int fill_file(struct tree_maker *maker, int fd, struct tree_content content,
		     struct err *err)
{
	struct clothes clothes = clothes_of(maker);
	if (write_content(maker, fd, content, err) < 0)
		return -1;
	if (dress(maker, fd, &clothes) < 0)
		return cannot(maker, "set permissions and times of", err);
	return 0;
}

static int make_file(struct tree_maker *maker, int parent, const char *name,
		     struct tree_content content, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const char *made = name_to_make(maker, name);
	int fd = openat(parent, made, flags, 0600);
	if (fd < 0 && make_way(parent, made) == 0)
		fd = openat(parent, made, flags, 0600);
	if (fd < 0)
		return cannot(maker, "create", err);
	int result = fill_file(maker, fd, content, err);
	if (close(fd) < 0 && result == 0)
		result = cannot(maker, "write", err);
	if (result == 0 && put_in_place(parent, made, name) < 0)
		result = cannot(maker, "create", err);
	if (result < 0 && made != name)
		(void)!unlinkat(parent, made, 0);
	return result;
}

/* --- links ----------------------------------------------------------------------------------- */

static int dress_link(struct tree_maker *maker, int parent, const char *name)
{
	struct clothes clothes = clothes_of(maker);
	if (clothes.uid != (uid_t)-1 &&
	    fchownat(parent, name, clothes.uid, clothes.gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(parent, name, clothes.times, AT_SYMLINK_NOFOLLOW);
}

static int make_symlink(struct tree_maker *maker, int parent, const char *name,
			struct err *err)
{
	const char *target = archive_entry_symlink(maker->entry);
	const char *made = name_to_make(maker, name);
	int result = symlinkat(target, parent, made);
	if (result < 0 && make_way(parent, made) == 0)
		result = symlinkat(target, parent, made);
	if (result < 0)
		return cannot(maker, "create", err);
	if (dress_link(maker, parent, made) == 0 && put_in_place(parent, made, name) == 0)
		return 0;
	cannot(maker, "create", err);
	(void)!unlinkat(parent, made, 0);
	return -1;
}

/* The directory of what a hard link leads to, opened; *ret_name is its last part. */
static int open_target(struct tree_maker *maker, char target[static PATH_MAX],
		       const char **ret_name)
{
	if (clean_path(archive_entry_hardlink(maker->entry), target) < 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	char *slash = strrchr(target, '/');
	*ret_name = slash ? slash + 1 : target;
	if (slash)
		*slash = '\0';
	return beneath_open(maker->place.root, slash ? target : "");
}

static bool is_same(int from, const char *target, int parent, const char *name)
{
	struct stat one, other;
	return fstatat(from, target, &one, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(parent, name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static bool is_directory(int parent, const char *name)
{
	struct stat status;
	return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

static int cannot_link(struct tree_maker *maker, int from, const char *target,
		       struct err *err)
{
	if (errno == ENOENT)
		return refuse(maker, "is a hard link to something that is not there",
			      err);
	if (errno == EPERM && is_directory(from, target))
		return refuse(maker, "is a hard link to a directory", err);
	return cannot(maker, "create", err);
}

static int make_hardlink(struct tree_maker *maker, int parent, const char *name,
			 struct err *err)
{
	char path[PATH_MAX];
	const char *target = "", *made = name_to_make(maker, name);
	_cleanup_fd_ int from = open_target(maker, path, &target);
	if (from < 0)
		return cannot_link(maker, from, target, err);
	int result = linkat(from, target, parent, made, 0);
	/* A file that is met twice is packed as a link to itself by GNU tar. */
	if (result < 0 && errno == EEXIST && is_same(from, target, parent, made))
		return 0;
	if (result < 0 && make_way(parent, made) == 0)
		result = linkat(from, target, parent, made, 0);
	if (result < 0)
		return cannot_link(maker, from, target, err);
	if (put_in_place(parent, made, name) == 0)
		return 0;
	cannot(maker, "create", err);
	(void)!unlinkat(parent, made, 0);
	return -1;
}

/* --- everything ------------------------------------------------------------------------------ */

static int make_named(struct tree_maker *maker, enum entry_type type,
		      struct tree_content content, struct err *err)
{
	const char *name;
	if (!*maker->path)
		return refuse(maker, "replaces the root", err);
	int parent = tree_place_parent(&maker->place, maker->path, &name);
	if (parent < 0)
		return cannot(maker, "create", err);
	switch (type) {
	case ENTRY_FILE:
		return make_file(maker, parent, name, content, err);
	case ENTRY_SYMLINK:
		return make_symlink(maker, parent, name, err);
	case ENTRY_HARDLINK:
		return make_hardlink(maker, parent, name, err);
	case ENTRY_DIRECTORY:
	case ENTRY_OTHER:
		break;
	}
	return refuse(maker, "is of a kind that is not made", err);
}

int tree_make(struct tree_maker *maker, struct archive_entry *entry, enum entry_type type,
	      struct tree_content content, struct err *err)
{
	const char *path = archive_entry_pathname(entry);
	maker->entry = entry;
	if (clean_path(path, maker->path) < 0)
		return err_set(err, ERR_CONFIG,
			       "entry '%.300s…' has a name that is too long", path);
	return type == ENTRY_DIRECTORY ? make_directory(maker, err)
				       : make_named(maker, type, content, err);
}

int tree_maker_open(struct tree_maker *maker, const char *directory, bool overwrite,
		    struct err *err)
{
	maker->names = owner_names_read();
	return tree_place_open(&maker->place, directory, overwrite, err);
}

int tree_maker_finish(struct tree_maker *maker, const char *directory, struct err *err)
{
	return finish_directories(maker, err) < 0
		       ? -1
		       : tree_place_commit(&maker->place, directory, err);
}

void tree_maker_close(struct tree_maker *maker)
{
	for (size_t i = 0; i < maker->directories.count; i++) {
		free(maker->directories.items[i].path);
		archive_entry_free(maker->directories.items[i].clothes.attributes);
	}
	free(maker->directories.items);
	owner_names_freep(&maker->names);
	tree_place_close(&maker->place);
}
