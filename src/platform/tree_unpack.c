/* Unpacking trees. libarchive reads the stream; what it says is made here, entry by entry, below one directory. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/beneath.h"
#include "platform/entry_rules.h"
#include "platform/owner_names.h"
#include "platform/tree.h"
#include "platform/tree_attributes.h"
#include "platform/tree_place.h"

enum {
	END_BYTES = 1024, /* an archive ends with two empty blocks */
	WRITEBACK_BYTES = 8 << 20
};

/* A directory's permissions and times, set when nothing is made in it any more. */
struct directory {
	char *path;
	size_t order; /* of several with one path the last one counts */
	mode_t mode;
	struct timespec times[2];
	uid_t uid;
	gid_t gid;
	struct archive_entry *attributes; /* NULL: none */
};

struct unpacker {
	const struct tree_unpack *unpack;
	struct spring spring;
	struct err *err; /* of the run, for what happens inside libarchive's callback */
	bool failed;     /* ... there */
	uint64_t bytes, entries;

	struct archive *reader;
	struct entry_rules *rules;
	struct tree_place place;
	struct owner_names *names;
	struct {
		struct directory *items;
		size_t count, capacity;
	} directories;
	/* The entry in hand. */
	struct archive_entry *entry;
	char path[PATH_MAX]; /* clean: "a/b" */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
#define _cleanup_fd_ __attribute__((cleanup(close_fd)))

/* --- the stream ------------------------------------------------------------------------------ */

static la_ssize_t give(struct archive *reader, void *context, const void **ret_data)
{
	struct unpacker *unpacker = context;
	ssize_t bytes;
	if (stop_asked(&unpacker->unpack->stop))
		bytes = err_set(unpacker->err, ERR_CANCELLED, "cancelled by a signal");
	else
		bytes = unpacker->spring.next(unpacker->spring.context, ret_data,
					      unpacker->err);
	if (bytes < 0) {
		unpacker->failed = true;
		archive_set_error(reader, EIO, "cannot read");
		return ARCHIVE_FATAL;
	}
	unpacker->bytes += (uint64_t)bytes;
	return bytes;
}

static int broken(struct unpacker *unpacker, const char *why, struct err *err)
{
	if (unpacker->failed)
		return -1;
	err_set(err, ERR_CONFIG, "this is no usable tar archive: %s",
		why ? why : "damaged");
	return unpacker->entries
		       ? err_wrap(err, "after entry %ju", (uintmax_t)unpacker->entries)
		       : -1;
}

/* Warnings are damage, too, except for the one that a name is in no character set that libarchive knows: it comes as the
 * bytes it has, as it should. */
static int check_reader(struct unpacker *unpacker, int result, struct err *err)
{
	bool fine = result == ARCHIVE_OK || result == ARCHIVE_EOF ||
		    (result == ARCHIVE_WARN && archive_errno(unpacker->reader) == EILSEQ);
	return fine ? 0 : broken(unpacker, archive_error_string(unpacker->reader), err);
}

/* An archive that was cut between two entries looks like one that ends there, but for the blocks that are missing. */
static int check_end(struct unpacker *unpacker, struct err *err)
{
	const void *ignored;
	la_int64_t end = archive_read_header_position(unpacker->reader);
	la_ssize_t got;
	while ((got = give(unpacker->reader, unpacker, &ignored)) > 0)
		;
	if (got < 0)
		return -1;
	return unpacker->bytes >= (uint64_t)end + END_BYTES
		       ? 0
		       : broken(unpacker, "its end is missing", err);
}

/* --- words ----------------------------------------------------------------------------------- */

static int refuse(struct unpacker *unpacker, const char *why, struct err *err)
{
	return err_set(err, ERR_CONFIG, "entry '%.300s' %s", unpacker->path, why);
}

/* What errno says about an entry: either the archive wants what cannot be, or the machine fails. */
static int cannot(struct unpacker *unpacker, const char *verb, struct err *err)
{
	switch (errno) {
	case ENAMETOOLONG:
		return refuse(unpacker, "has a name that is too long", err);
	case ENOTDIR:
		return refuse(unpacker, "lies below something that is no directory", err);
	case ELOOP:
		return refuse(unpacker, "lies behind a symbolic link", err);
	case EISDIR:
		return refuse(unpacker, "is a directory already", err);
	default:
		return err_set_errno(err, ERR_FAIL, errno, "cannot %s '%.300s'", verb,
				     unpacker->path);
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

static enum entry_type type_of(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return ENTRY_HARDLINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return ENTRY_FILE;
	case AE_IFDIR:
		return ENTRY_DIRECTORY;
	case AE_IFLNK:
		return ENTRY_SYMLINK;
	default:
		return ENTRY_OTHER;
	}
}

static const char *target_of(struct archive_entry *entry, enum entry_type type)
{
	return type == ENTRY_HARDLINK  ? archive_entry_hardlink(entry)
	       : type == ENTRY_SYMLINK ? archive_entry_symlink(entry)
				       : NULL;
}

/* --- permissions, owners, times -------------------------------------------------------------- */

static mode_t mode_of(const struct unpacker *unpacker)
{
	mode_t mode = archive_entry_perm(unpacker->entry);
	return mode & (unpacker->unpack->owners ? 07777 : 01777);
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

/* Whom an entry is given to; (uid_t)-1: nobody else. */
static void owner_of(struct unpacker *unpacker, uid_t *ret_uid, gid_t *ret_gid)
{
	struct archive_entry *entry = unpacker->entry;
	const struct tree_place *place = &unpacker->place;
	*ret_uid = place->hand_over ? place->uid : (uid_t)-1;
	*ret_gid = place->hand_over ? place->gid : (gid_t)-1;
	if (!unpacker->unpack->owners)
		return;
	*ret_uid = owner_names_uid(unpacker->names, archive_entry_uname(entry),
				   (uint32_t)archive_entry_uid(entry));
	*ret_gid = owner_names_gid(unpacker->names, archive_entry_gname(entry),
				   (uint32_t)archive_entry_gid(entry));
}

/* Owners come first, as a change of theirs takes away set-id bits and capabilities; times last. */
static int dress(struct unpacker *unpacker, int fd, struct archive_entry *attributes,
		 const struct directory *as)
{
	if (as->uid != (uid_t)-1 && fchown(fd, as->uid, as->gid) < 0)
		return -1;
	if (fchmod(fd, as->mode) < 0)
		return -1;
	if (attributes)
		tree_attributes_set(attributes, fd, unpacker->unpack->owners,
				    unpacker->names);
	return futimens(fd, as->times);
}

static struct directory clothes_of(struct unpacker *unpacker)
{
	struct directory as = {.mode = mode_of(unpacker)};
	times_of(unpacker->entry, as.times);
	owner_of(unpacker, &as.uid, &as.gid);
	return as;
}

/* --- directories ----------------------------------------------------------------------------- */

/* Only what is below a directory that was in use can be in the way, or lack permissions. */
static int use_existing(struct unpacker *unpacker, int parent, const char *name,
			struct err *err)
{
	struct stat status;
	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return cannot(unpacker, "read", err);
	if (!S_ISDIR(status.st_mode))
		return refuse(unpacker, "is a directory, where something else is already",
			      err);
	if ((status.st_mode & 0700) != 0700)
		(void)!fchmodat(parent, name, (status.st_mode & 07777) | 0700, 0);
	return 0;
}

static int make_directory(struct unpacker *unpacker, struct err *err)
{
	struct directory directory = clothes_of(unpacker);
	if (*unpacker->path) {
		const char *name;
		int parent = tree_place_parent(&unpacker->place, unpacker->path, &name);
		if (parent < 0)
			return cannot(unpacker, "create", err);
		/* Open to nobody else until it has its own permissions. */
		if (mkdirat(parent, name, 0700) < 0 &&
		    (errno != EEXIST ? cannot(unpacker, "create", err)
				     : use_existing(unpacker, parent, name, err)) < 0)
			return -1;
	}
	directory.path = mem_strdup(unpacker->path);
	directory.order = unpacker->directories.count;
	if (tree_attributes_any(unpacker->entry))
		directory.attributes = archive_entry_clone(unpacker->entry);
	*vec_push(&unpacker->directories) = directory;
	return 0;
}

/* Those that lie deeper come first, as one further up may let nobody in. */
static int deepest_first(const void *a, const void *b)
{
	const struct directory *x = a, *y = b;
	int paths = strcmp(y->path, x->path);
	return paths ? paths : (x->order < y->order) - (x->order > y->order);
}

static int dress_directory(struct unpacker *unpacker, const struct directory *directory,
			   struct err *err)
{
	_cleanup_fd_ int fd = beneath_open(unpacker->place.root, directory->path);
	if (fd >= 0 && dress(unpacker, fd, directory->attributes, directory) == 0)
		return 0;
	return err_set_errno(err, ERR_FAIL, errno,
			     "cannot set permissions and times of '%.300s'",
			     directory->path);
}

static int finish_directories(struct unpacker *unpacker, struct err *err)
{
	struct directory *items = unpacker->directories.items;
	size_t count = unpacker->directories.count, i = 0;
	if (count)
		qsort(items, count, sizeof *items, deepest_first);
	for (; i < count && *items[i].path; i++)
		if ((!i || strcmp(items[i - 1].path, items[i].path) != 0) &&
		    dress_directory(unpacker, &items[i], err) < 0)
			return -1;
	if (tree_place_gather(&unpacker->place, err) < 0)
		return -1;
	/* The directory itself, unless it was in use. */
	if (i == count || unpacker->place.has_mode)
		return 0;
	unpacker->place.has_mode = true;
	return dress_directory(unpacker, &items[i], err);
}

/* --- what takes a name ----------------------------------------------------------------------- */

/* The name to make something under: its own, or for the time being another one. */
static const char *name_to_make(struct unpacker *unpacker, const char *name)
{
	return unpacker->place.replaces ? tree_place_temporary(&unpacker->place) : name;
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

static int write_content(struct unpacker *unpacker, int fd, struct err *err)
{
	off_t size = archive_entry_size(unpacker->entry), written = 0, started = 0;
	for (;;) {
		const void *data;
		size_t len;
		la_int64_t offset;
		int result =
			archive_read_data_block(unpacker->reader, &data, &len, &offset);
		if (check_reader(unpacker, result, err) < 0)
			return -1;
		if (result == ARCHIVE_EOF)
			break;
		if (write_at(fd, data, len, offset) < 0)
			return cannot(unpacker, "write", err);
		written = offset + (off_t)len;
		start_writeback(fd, &started, written);
	}
	/* A hole at the end. */
	if (written < size && ftruncate(fd, size) < 0)
		return cannot(unpacker, "write", err);
	return 0;
}

static int fill_file(struct unpacker *unpacker, int fd, struct err *err)
{
	struct directory as = clothes_of(unpacker);
	struct archive_entry *attributes =
		tree_attributes_any(unpacker->entry) ? unpacker->entry : NULL;
	if (write_content(unpacker, fd, err) < 0)
		return -1;
	if (dress(unpacker, fd, attributes, &as) < 0)
		return cannot(unpacker, "set permissions and times of", err);
	return 0;
}

static int make_file(struct unpacker *unpacker, int parent, const char *name,
		     struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const char *made = name_to_make(unpacker, name);
	int fd = openat(parent, made, flags, 0600);
	if (fd < 0 && make_way(parent, made) == 0)
		fd = openat(parent, made, flags, 0600);
	if (fd < 0)
		return cannot(unpacker, "create", err);
	int result = fill_file(unpacker, fd, err);
	if (close(fd) < 0 && result == 0)
		result = cannot(unpacker, "write", err);
	if (result == 0 && put_in_place(parent, made, name) < 0)
		result = cannot(unpacker, "create", err);
	if (result < 0 && made != name)
		(void)!unlinkat(parent, made, 0);
	return result;
}

/* --- links ----------------------------------------------------------------------------------- */

static int dress_link(struct unpacker *unpacker, int parent, const char *name)
{
	struct directory as = clothes_of(unpacker);
	if (as.uid != (uid_t)-1 &&
	    fchownat(parent, name, as.uid, as.gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(parent, name, as.times, AT_SYMLINK_NOFOLLOW);
}

static int make_symlink(struct unpacker *unpacker, int parent, const char *name,
			struct err *err)
{
	const char *target = archive_entry_symlink(unpacker->entry);
	const char *made = name_to_make(unpacker, name);
	int result = symlinkat(target, parent, made);
	if (result < 0 && make_way(parent, made) == 0)
		result = symlinkat(target, parent, made);
	if (result < 0)
		return cannot(unpacker, "create", err);
	if (dress_link(unpacker, parent, made) == 0 &&
	    put_in_place(parent, made, name) == 0)
		return 0;
	cannot(unpacker, "create", err);
	(void)!unlinkat(parent, made, 0);
	return -1;
}

/* The directory of what a hard link leads to, opened; *ret_name is its last part. */
static int open_target(struct unpacker *unpacker, char target[static PATH_MAX],
		       const char **ret_name)
{
	if (clean_path(archive_entry_hardlink(unpacker->entry), target) < 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	char *slash = strrchr(target, '/');
	*ret_name = slash ? slash + 1 : target;
	if (slash)
		*slash = '\0';
	return beneath_open(unpacker->place.root, slash ? target : "");
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

static int cannot_link(struct unpacker *unpacker, int from, const char *target,
		       struct err *err)
{
	if (errno == ENOENT)
		return refuse(unpacker, "is a hard link to something that is not there",
			      err);
	if (errno == EPERM && is_directory(from, target))
		return refuse(unpacker, "is a hard link to a directory", err);
	return cannot(unpacker, "create", err);
}

static int make_hardlink(struct unpacker *unpacker, int parent, const char *name,
			 struct err *err)
{
	char path[PATH_MAX];
	const char *target = "", *made = name_to_make(unpacker, name);
	_cleanup_fd_ int from = open_target(unpacker, path, &target);
	if (from < 0)
		return cannot_link(unpacker, from, target, err);
	int result = linkat(from, target, parent, made, 0);
	/* A file that is met twice is packed as a link to itself by GNU tar. */
	if (result < 0 && errno == EEXIST && is_same(from, target, parent, made))
		return 0;
	if (result < 0 && make_way(parent, made) == 0)
		result = linkat(from, target, parent, made, 0);
	if (result < 0)
		return cannot_link(unpacker, from, target, err);
	if (put_in_place(parent, made, name) == 0)
		return 0;
	cannot(unpacker, "create", err);
	(void)!unlinkat(parent, made, 0);
	return -1;
}

/* --- entries --------------------------------------------------------------------------------- */

static int make_named(struct unpacker *unpacker, enum entry_type type, struct err *err)
{
	const char *name;
	if (!*unpacker->path)
		return refuse(unpacker, "replaces the root", err);
	int parent = tree_place_parent(&unpacker->place, unpacker->path, &name);
	if (parent < 0)
		return cannot(unpacker, "create", err);
	switch (type) {
	case ENTRY_FILE:
		return make_file(unpacker, parent, name, err);
	case ENTRY_SYMLINK:
		return make_symlink(unpacker, parent, name, err);
	case ENTRY_HARDLINK:
		return make_hardlink(unpacker, parent, name, err);
	case ENTRY_DIRECTORY:
	case ENTRY_OTHER:
		break;
	}
	return refuse(unpacker, "is of a kind that is not made", err);
}

static int make_entry(struct unpacker *unpacker, struct err *err)
{
	enum entry_type type = type_of(unpacker->entry);
	const char *path = archive_entry_pathname(unpacker->entry);
	if (!path)
		return broken(unpacker, "an entry's name cannot be read", err);
	if (entry_rules_check(unpacker->rules, path, type,
			      target_of(unpacker->entry, type), err) < 0)
		return err_hint(err, "unpacking it could change files outside of the "
				     "directory");
	if (clean_path(path, unpacker->path) < 0)
		return err_set(err, ERR_CONFIG,
			       "entry '%.300s…' has a name that is too long", path);
	return type == ENTRY_DIRECTORY ? make_directory(unpacker, err)
				       : make_named(unpacker, type, err);
}

static int make_entries(struct unpacker *unpacker, struct err *err)
{
	for (;;) {
		if (stop_asked(&unpacker->unpack->stop))
			return err_set(err, ERR_CANCELLED, "cancelled by a signal");
		int result = archive_read_next_header2(unpacker->reader, unpacker->entry);
		if (check_reader(unpacker, result, err) < 0)
			return -1;
		if (result == ARCHIVE_EOF)
			return check_end(unpacker, err);
		if (make_entry(unpacker, err) < 0)
			return -1;
		unpacker->entries++;
	}
}

/* --- everything ------------------------------------------------------------------------------ */

static int read_stream(struct unpacker *unpacker, struct err *err)
{
	archive_read_support_format_tar(unpacker->reader);
	if (archive_read_open(unpacker->reader, unpacker, NULL, give, NULL) != ARCHIVE_OK)
		return broken(unpacker, archive_error_string(unpacker->reader), err);
	if (make_entries(unpacker, err) < 0)
		return -1;
	return finish_directories(unpacker, err);
}

static void release(struct unpacker *unpacker)
{
	for (size_t i = 0; i < unpacker->directories.count; i++) {
		free(unpacker->directories.items[i].path);
		archive_entry_free(unpacker->directories.items[i].attributes);
	}
	free(unpacker->directories.items);
	archive_entry_free(unpacker->entry);
	archive_read_free(unpacker->reader);
	entry_rules_free(unpacker->rules);
	owner_names_freep(&unpacker->names);
	tree_place_close(&unpacker->place);
}

int tree_unpack(const struct tree_unpack *unpack, struct spring spring,
		struct tree_counts *ret, struct err *err)
{
	struct unpacker *unpacker __attribute__((cleanup(mem_freep))) =
		mem_new(struct unpacker);
	*unpacker = (struct unpacker){.unpack = unpack, .spring = spring, .err = err};
	int result = tree_place_open(&unpacker->place, unpack->directory,
				     unpack->overwrite, err);
	unpacker->reader = archive_read_new();
	unpacker->entry = archive_entry_new2(unpacker->reader);
	unpacker->rules = entry_rules_new();
	entry_rules_keep_links(unpacker->rules);
	unpacker->names = owner_names_read();
	if (result == 0)
		result = read_stream(unpacker, err);
	if (result == 0)
		result = tree_place_commit(&unpacker->place, unpack->directory, err);
	if (result == 0)
		*ret = (struct tree_counts){.entries = unpacker->entries,
					    .bytes = unpacker->bytes};
	release(unpacker);
	return result;
}
