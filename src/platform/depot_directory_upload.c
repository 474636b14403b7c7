/* Uploads into a directory, from their beginning to their end: the content in ID.data, whose it is in ID.note
 * (depot_directory.h). What was left behind is depot_directory_left.c's. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/depot_directory_parts.h"
#include "platform/fs.h"
#include "platform/upload_note.h"

#define LINK_TRIES 10

struct depot_upload {
	struct directory *directory;
	char *id, *name;
	size_t part_bytes;
	int data_fd, direct_fd; /* the same file; -1: its file system does not do that */
	pthread_mutex_t lock;   /* of parts */
	struct depot_parts parts;
};

char *directory_upload_path(const struct directory *directory, const char *id,
			    const char *suffix)
{
	return str_format("%s/" DIRECTORY_UPLOADS "/%s.%s", directory->path, id, suffix);
}

/* What is left to write of a part. */
struct rest {
	const char *data;
	size_t bytes;
	off_t at;
};

/* Writes some of it. */
static int write_some(int fd, struct rest *rest, size_t bytes)
{
	ssize_t written = pwrite(fd, rest->data, bytes, rest->at);
	if (written == 0)
		errno = EIO; /* it would be so for ever */
	if (written <= 0)
		return errno == EINTR ? 0 : -1;
	rest->data += written;
	rest->bytes -= (size_t)written;
	rest->at += written;
	return 0;
}

static int write_all(int fd, struct rest rest)
{
	while (rest.bytes)
		if (write_some(fd, &rest, rest.bytes) < 0)
			return -1;
	return 0;
}

/* So much of it can be written past the page cache. */
static size_t direct_bytes(const struct rest *rest)
{
	bool aligned = (uintptr_t)rest->data % DEPOT_ALIGN_BYTES == 0 &&
		       rest->at % DEPOT_ALIGN_BYTES == 0;
	return aligned ? rest->bytes / DEPOT_ALIGN_BYTES * DEPOT_ALIGN_BYTES : 0;
}

/* Writes what it can: some file systems say only now that they do not do this. Whatever it is, who writes the rest hears
 * of it as well when it is more than that. */
static void write_directly(int fd, struct rest *rest)
{
	size_t bytes;
	while ((bytes = direct_bytes(rest)) > 0)
		if (write_some(fd, rest, bytes) < 0)
			return;
}

/* --- beginning and ending ------------------------------------------------------------------ */

static struct depot_upload *new_upload(struct directory *directory,
				       const struct depot_begin *begin)
{
	struct depot_upload *upload = mem_new(struct depot_upload);
	upload->directory = directory;
	upload->id = upload_id_new();
	upload->name = mem_strdup(begin->name);
	upload->part_bytes = begin->part_bytes;
	upload->data_fd = upload->direct_fd = -1;
	pthread_mutex_init(&upload->lock, NULL);
	return upload;
}

void directory_drop(struct depot_upload *upload)
{
	if (upload->data_fd >= 0)
		close(upload->data_fd);
	if (upload->direct_fd >= 0)
		close(upload->direct_fd);
	pthread_mutex_destroy(&upload->lock);
	depot_parts_release(&upload->parts);
	free(upload->id);
	free(upload->name);
	free(upload);
}

/* A new file of the upload, for its owner only. -1: not made. */
static int make_file(const struct depot_upload *upload, const char *suffix,
		     struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	_cleanup_free_ char *path =
		directory_upload_path(upload->directory, upload->id, suffix);
	int fd = open(path, flags, 0600);
	if (fd < 0)
		return directory_fail("write", path, err);
	fs_hand_over(fd, path);
	return fd;
}

/* A name of what is open, whatever became of its own. */
static char *open_file_path(int fd)
{
	return str_format("/proc/self/fd/%d", fd);
}

/* A note that has its text from the moment it can be seen: who is killed while he writes it leaves none. False: this file
 * system, or this machine without /proc, does not do that. */
static bool make_note_at_once(const struct depot_upload *upload, struct rest text)
{
	_cleanup_free_ char *uploads =
		directory_path(upload->directory, DIRECTORY_UPLOADS);
	_cleanup_free_ char *path =
		directory_upload_path(upload->directory, upload->id, "note");
	int fd = open(uploads, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	_cleanup_free_ char *unseen = open_file_path(fd);
	fs_hand_over(fd, path);
	bool made = write_all(fd, text) == 0 &&
		    linkat(AT_FDCWD, unseen, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
	close(fd);
	return made;
}

static int make_note(const struct depot_upload *upload, const struct depot_begin *begin,
		     struct err *err)
{
	_cleanup_free_ char *note = upload_note_text(begin);
	struct rest text = {.data = note, .bytes = strlen(note)};
	if (make_note_at_once(upload, text))
		return 0;
	int fd = make_file(upload, "note", err);
	if (fd < 0)
		return -1;
	int result = write_all(fd, text);
	if (result < 0)
		directory_fail("write", upload->name, err);
	close(fd);
	return result;
}

/* The same file. Not where parts end within a page: what goes there in two ways at once may get lost. */
static int open_directly(const struct depot_upload *upload)
{
	if (upload->part_bytes % (size_t)sysconf(_SC_PAGESIZE) != 0)
		return -1;
	_cleanup_free_ char *data = open_file_path(upload->data_fd);
	return open(data, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

/* The note first: content without one is nobody's. */
static int make_files(struct depot_upload *upload, const struct depot_begin *begin,
		      struct err *err)
{
	if (make_note(upload, begin, err) < 0)
		return -1;
	upload->data_fd = make_file(upload, "data", err);
	if (upload->data_fd < 0)
		return -1;
	upload->direct_fd = open_directly(upload);
	return 0;
}

static int refuse_existing(struct depot *depot, const char *name, struct err *err)
{
	struct fs_stat status;
	_cleanup_free_ char *path = directory_path((struct directory *)depot, name);
	if (fs_stat(path, &status, err) < 0)
		return -1;
	return status.type == FS_MISSING ? 0 : depot_fail_exists(name, err);
}

int directory_begin(struct depot *depot, const struct depot_begin *begin,
		    struct depot_upload **ret, struct err *err)
{
	struct directory *directory = (struct directory *)depot;
	if (depot_check_begin(depot, begin, err) < 0 ||
	    refuse_existing(depot, begin->name, err) < 0)
		return -1;
	_cleanup_free_ char *uploads = directory_path(directory, DIRECTORY_UPLOADS);
	if (fs_make_directories(uploads, err) < 0)
		return -1;
	struct depot_upload *upload = new_upload(directory, begin);
	if (make_files(upload, begin, err) < 0) {
		struct err ignored = {0};
		(void)directory_abort(upload, &ignored);
		return -1;
	}
	*ret = upload;
	return 0;
}

/* Content first: a note without content is still found. */
int directory_remove_files(const struct directory *directory, const char *id,
			   struct err *err)
{
	static const char *const suffixes[] = {"data", "note"};
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path =
			directory_upload_path(directory, id, suffixes[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return directory_fail("remove", path, err);
	}
	return 0;
}

int directory_abort(struct depot_upload *upload, struct err *err)
{
	int result = directory_remove_files(upload->directory, upload->id, err);
	directory_drop(upload);
	return result;
}

/* --- parts --------------------------------------------------------------------------------- */

int directory_put_part(struct depot_upload *upload, unsigned number, const void *data,
		       size_t bytes, const unsigned char *sha256, struct err *err)
{
	(void)sha256;
	if (number < 1 || number > DEPOT_PARTS_MAX || bytes > upload->part_bytes)
		return err_set(err, ERR_LIMIT,
			       "part %u of '%s' with %zu bytes is too large", number,
			       upload->name, bytes);
	struct rest rest = {data, bytes, (off_t)(number - 1) * (off_t)upload->part_bytes};
	if (upload->direct_fd >= 0)
		write_directly(upload->direct_fd, &rest);
	if (write_all(upload->data_fd, rest) < 0)
		return directory_fail("write", upload->name, err);
	/* On its way to the disk while the next parts are made: fsync() in the end finds little to wait for, and says so when
	 * something went wrong. */
	if (rest.bytes)
		(void)sync_file_range(upload->data_fd, rest.at, (off_t)rest.bytes,
				      SYNC_FILE_RANGE_WRITE);

	const struct depot_part part = {.number = number, .size_bytes = (int64_t)bytes};
	pthread_mutex_lock(&upload->lock);
	depot_parts_set(&upload->parts, &part);
	pthread_mutex_unlock(&upload->lock);
	return 0;
}

/* --- finishing ----------------------------------------------------------------------------- */

/* Everything from the object's directory up to the depot's own: some may be new. */
static int sync_up(const struct directory *directory, const char *name, struct err *err)
{
	_cleanup_free_ char *path = directory_path(directory, name);
	while (strlen(path) > strlen(directory->path)) {
		*strrchr(path, '/') = '\0';
		if (directory_sync(path, err) < 0)
			return -1;
	}
	return 0;
}

/* Who failed between linking, or moving, and tidying up has done that work. */
static bool is_same_file(int fd, const char *path)
{
	struct stat ours, theirs;
	return fstat(fd, &ours) == 0 && lstat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* Whoever removes an object removes the directories that it was the last in, perhaps those just made here. */
static int link_to(const char *data, const char *path, struct err *err)
{
	_cleanup_free_ char *parent = mem_strdup(path);
	*strrchr(parent, '/') = '\0';
	for (int tries = 1;; tries++) {
		struct err why = {0};
		int result = fs_make_directories(parent, &why);
		if (result == 0 && fs_link_or_move(data, path) < 0)
			result = directory_fail("write", path, &why);
		if (result == 0)
			return 0;
		if (why.sys_errno != ENOENT || tries == LINK_TRIES) {
			*err = why;
			return -1;
		}
	}
}

static int publish(struct depot_upload *upload, struct err *err)
{
	const struct directory *directory = upload->directory;
	const struct depot_part *last = &upload->parts.items[upload->parts.count - 1];
	off_t size = (off_t)(last->number - 1) * (off_t)upload->part_bytes +
		     (off_t)last->size_bytes;
	_cleanup_free_ char *data = directory_upload_path(directory, upload->id, "data");
	_cleanup_free_ char *path = directory_path(directory, upload->name);
	if (ftruncate(upload->data_fd, size) < 0 ||
	    fchmod(upload->data_fd, (mode_t)directory->mode) < 0 ||
	    (upload->direct_fd >= 0 && fsync(upload->direct_fd) < 0) ||
	    fsync(upload->data_fd) < 0)
		return directory_fail("write", path, err);
	if (link_to(data, path, err) < 0) {
		if (!is_same_file(upload->data_fd, path))
			return err->sys_errno == EEXIST
				       ? depot_fail_exists(upload->name, err)
				       : -1;
		err_clear(err);
	}
	return sync_up(directory, upload->name, err);
}

int directory_finish(struct depot_upload *upload, struct depot_object *ret,
		     struct err *err)
{
	int result = depot_parts_check(&upload->parts, upload->part_bytes, err);
	*ret = (struct depot_object){0};
	if (result < 0)
		err_wrap(err, "'%s' is not complete", upload->name);
	else
		result = publish(upload, err);
	if (result == 0)
		result = directory_remove_files(upload->directory, upload->id, err);
	if (result == 0)
		result =
			directory_head(&upload->directory->depot, upload->name, ret, err);
	if (result == 0)
		directory_drop(upload);
	return result;
}
