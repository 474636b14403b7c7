/* Uploads into a directory: the content in ID.data, what is in it in ID.parts (depot_directory.h). */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/clock.h"
#include "platform/depot_directory_parts.h"
#include "platform/digest.h"
#include "platform/fs.h"

#define LIST_MAX_BYTES ((size_t)4 << 20)

struct depot_upload {
	struct directory *directory;
	char *id, *name, *mark;
	size_t part_bytes;
	int data_fd, list_fd;
	pthread_mutex_t lock; /* of parts */
	struct depot_parts parts;
};

char *directory_upload_id(const struct depot_upload *upload)
{
	return mem_strdup(upload->id);
}

static char *upload_path(const struct directory *directory, const char *id,
			 const char *suffix)
{
	return str_format("%s/" DIRECTORY_UPLOADS "/%s.%s", directory->path, id, suffix);
}

static int write_at(int fd, const char *data, size_t bytes, off_t at)
{
	while (bytes) {
		ssize_t written =
			at < 0 ? write(fd, data, bytes) : pwrite(fd, data, bytes, at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		bytes -= (size_t)written;
		if (at >= 0)
			at += written;
	}
	return 0;
}

static char *hex_of(const void *data, size_t bytes)
{
	unsigned char digest[DIGEST_SHA256_BYTES];
	digest_sha256(data, bytes, digest);
	return str_hex(digest, sizeof digest);
}

/* --- beginning and ending ------------------------------------------------------------------ */

static struct depot_upload *new_upload(struct directory *directory, const char *id,
				       const struct depot_begin *begin)
{
	struct depot_upload *upload = mem_new(struct depot_upload);
	upload->directory = directory;
	upload->id = mem_strdup(id);
	upload->name = mem_strdup(begin->name);
	upload->mark = mem_strdup(begin->mark);
	upload->part_bytes = begin->part_bytes;
	upload->data_fd = upload->list_fd = -1;
	pthread_mutex_init(&upload->lock, NULL);
	return upload;
}

void directory_drop(struct depot_upload *upload)
{
	if (upload->data_fd >= 0)
		close(upload->data_fd);
	if (upload->list_fd >= 0)
		close(upload->list_fd);
	pthread_mutex_destroy(&upload->lock);
	depot_parts_release(&upload->parts);
	free(upload->id);
	free(upload->name);
	free(upload->mark);
	free(upload);
}

static int open_files(struct depot_upload *upload, int flags, struct err *err)
{
	_cleanup_free_ char *list = upload_path(upload->directory, upload->id, "parts");
	_cleanup_free_ char *data = upload_path(upload->directory, upload->id, "data");
	upload->list_fd =
		open(list, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (upload->list_fd < 0)
		return directory_fail("write", list, err);
	upload->data_fd = open(data, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (upload->data_fd < 0)
		return directory_fail("write", data, err);
	return 0;
}

static char *first_line(const struct depot_begin *begin)
{
	return str_format("belay-upload 1 %zu %s %s\n", begin->part_bytes, begin->mark,
			  begin->name);
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
	unsigned char random[8];
	if (depot_check_begin(depot, begin, err) < 0 ||
	    refuse_existing(depot, begin->name, err) < 0)
		return -1;
	_cleanup_free_ char *uploads = directory_path(directory, DIRECTORY_UPLOADS);
	if (fs_make_directories(uploads, err) < 0)
		return -1;
	random_fill(random, sizeof random);
	_cleanup_free_ char *id = str_hex(random, sizeof random);
	_cleanup_free_ char *line = first_line(begin);
	struct depot_upload *upload = new_upload(directory, id, begin);
	int result = open_files(upload, O_CREAT | O_EXCL, err);
	if (result == 0 && write_at(upload->list_fd, line, strlen(line), -1) < 0)
		result = directory_fail("write", uploads, err);
	if (result < 0) {
		struct err ignored = {0};
		(void)directory_abort(upload, &ignored);
		return -1;
	}
	fs_hand_over(upload->list_fd, uploads);
	fs_hand_over(upload->data_fd, uploads);
	*ret = upload;
	return 0;
}

/* Content first: a list without content is still found. */
static int remove_files(const struct directory *directory, const char *id,
			struct err *err)
{
	static const char *const suffixes[] = {"data", "parts"};
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path = upload_path(directory, id, suffixes[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return directory_fail("remove", path, err);
	}
	return 0;
}

int directory_abort(struct depot_upload *upload, struct err *err)
{
	int result = remove_files(upload->directory, upload->id, err);
	directory_drop(upload);
	return result;
}

/* --- parts --------------------------------------------------------------------------------- */

int directory_put_part(struct depot_upload *upload, unsigned number, const void *data,
		       size_t bytes, struct depot_part *ret, struct err *err)
{
	if (number < 1 || number > DEPOT_PARTS_MAX || bytes > upload->part_bytes)
		return err_set(err, ERR_LIMIT,
			       "part %u of '%s' with %zu bytes is too large", number,
			       upload->name, bytes);
	off_t at = (off_t)(number - 1) * (off_t)upload->part_bytes;
	if (write_at(upload->data_fd, data, bytes, at) < 0)
		return directory_fail("write", upload->name, err);

	struct depot_part part = {.number = number, .size_bytes = (int64_t)bytes};
	_cleanup_free_ char *hex = hex_of(data, bytes);
	_cleanup_free_ char *line = str_format("%u %zu %s\n", number, bytes, hex);
	snprintf(part.sha256, sizeof part.sha256, "%s", hex);
	snprintf(part.tag, sizeof part.tag, "%s", hex);
	pthread_mutex_lock(&upload->lock);
	int result = write_at(upload->list_fd, line, strlen(line), -1);
	if (result < 0)
		result = directory_fail("write", upload->name, err);
	else
		depot_parts_set(&upload->parts, &part);
	pthread_mutex_unlock(&upload->lock);
	if (result == 0 && ret)
		*ret = part;
	return result;
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

/* A run that was killed between linking and tidying up has done its work. */
static bool is_same_file(int fd, const char *path)
{
	struct stat ours, theirs;
	return fstat(fd, &ours) == 0 && lstat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static int publish(struct depot_upload *upload, struct err *err)
{
	const struct directory *directory = upload->directory;
	const struct depot_part *last = &upload->parts.items[upload->parts.count - 1];
	off_t size = (off_t)(last->number - 1) * (off_t)upload->part_bytes +
		     (off_t)last->size_bytes;
	_cleanup_free_ char *data = upload_path(directory, upload->id, "data");
	_cleanup_free_ char *path = directory_path(directory, upload->name);
	_cleanup_free_ char *parent = mem_strdup(path);
	*strrchr(parent, '/') = '\0';
	if (ftruncate(upload->data_fd, size) < 0 ||
	    fchmod(upload->data_fd, (mode_t)directory->mode) < 0 ||
	    fsync(upload->data_fd) < 0)
		return directory_fail("write", path, err);
	if (fs_make_directories(parent, err) < 0)
		return -1;
	if (link(data, path) < 0) {
		if (errno != EEXIST)
			return directory_fail("write", path, err);
		if (!is_same_file(upload->data_fd, path))
			return depot_fail_exists(upload->name, err);
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
		result = remove_files(upload->directory, upload->id, err);
	if (result == 0)
		result =
			directory_head(&upload->directory->depot, upload->name, ret, err);
	directory_drop(upload);
	return result;
}

/* --- going on ------------------------------------------------------------------------------ */

static int read_list(const struct directory *directory, const char *id, char **ret,
		     struct err *err)
{
	size_t len = 0;
	_cleanup_free_ char *path = upload_path(directory, id, "parts");
	return fs_read(path, LIST_MAX_BYTES, ret, &len, err);
}

/* Is the content what the list says? What was not synced before a crash may be gone. */
static bool part_is_there(struct depot_upload *upload, const struct depot_part *part,
			  char *buffer)
{
	off_t at = (off_t)(part->number - 1) * (off_t)upload->part_bytes;
	size_t have = 0, want = (size_t)part->size_bytes;
	while (have < want) {
		ssize_t got = pread(upload->data_fd, buffer + have, want - have,
				    at + (off_t)have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	_cleanup_free_ char *hex = hex_of(buffer, want);
	return strcmp(hex, part->sha256) == 0;
}

/* The next word of a line as a number. */
static bool take_number(const char **line, long long max, long long *ret)
{
	size_t len = strcspn(*line, " \n");
	_cleanup_free_ char *word = mem_strndup(*line, len);
	*line += len + ((*line)[len] == ' ');
	return str_to_int64(word, 0, max, ret) == 0;
}

static bool parse_part(const struct depot_upload *upload, const char *line,
		       struct depot_part *ret)
{
	long long number, bytes;
	*ret = (struct depot_part){0};
	if (!take_number(&line, DEPOT_PARTS_MAX, &number) || number == 0 ||
	    !take_number(&line, (long long)upload->part_bytes, &bytes) ||
	    strspn(line, "0123456789abcdef") != 64 || line[64] != '\n')
		return false;
	ret->number = (unsigned)number;
	ret->size_bytes = bytes;
	memcpy(ret->sha256, line, 64);
	memcpy(ret->tag, line, 64);
	return true;
}

/* Lines that a crash cut are skipped; of two lines for one part the later counts. */
static void take_parts(struct depot_upload *upload, const char *lines)
{
	struct depot_parts listed = {0};
	struct depot_part part;
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
		if (parse_part(upload, lines, &part))
			depot_parts_set(&listed, &part);
	_cleanup_free_ char *buffer = mem_alloc(upload->part_bytes);
	for (size_t i = 0; i < listed.count; i++)
		if (part_is_there(upload, &listed.items[i], buffer))
			depot_parts_set(&upload->parts, &listed.items[i]);
	depot_parts_release(&listed);
}

static bool is_id(const char *id)
{
	return strlen(id) == 16 && id[strspn(id, "0123456789abcdef")] == '\0';
}

int directory_resume(struct depot *depot, const char *id, const struct depot_begin *begin,
		     struct depot_upload **ret, struct depot_parts *ret_parts,
		     struct err *err)
{
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ char *line = first_line(begin);
	*ret_parts = (struct depot_parts){0};
	if (depot_check_begin(depot, begin, err) < 0)
		return -1;
	if (!is_id(id))
		return err_set(err, ERR_NOT_FOUND, "there is no upload '%s'", id);
	if (read_list((struct directory *)depot, id, &list, err) < 0)
		return err_wrap(err, "no upload of '%s' to resume", begin->name);
	if (!str_has_prefix(list, line))
		return err_set(err, ERR_CONFIG, "upload '%s' is not the one of '%s'", id,
			       begin->name);
	struct depot_upload *upload = new_upload((struct directory *)depot, id, begin);
	if (open_files(upload, 0, err) < 0) {
		directory_drop(upload);
		return -1;
	}
	take_parts(upload, list + strlen(line));
	for (size_t i = 0; i < upload->parts.count; i++)
		depot_parts_set(ret_parts, &upload->parts.items[i]);
	*ret = upload;
	return 0;
}

/* --- what is left behind ------------------------------------------------------------------- */

/* The name in the first line; "" when it was never written. Fresh. */
static char *name_in_list(const struct directory *directory, const char *id)
{
	struct err ignored = {0};
	_cleanup_free_ char *list = NULL;
	if (read_list(directory, id, &list, &ignored) < 0)
		return mem_strdup("");
	const char *at = list;
	for (int words = 0; words < 4 && at; words++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at ? mem_strndup(at, strcspn(at, "\n")) : mem_strdup("");
}

static int consider(const struct directory *directory, const char *file,
		    const char *prefix, int64_t before_ms,
		    struct depot_unfinished_list *ret, struct err *err)
{
	struct fs_stat status;
	_cleanup_free_ char *path =
		str_format("%s/" DIRECTORY_UPLOADS "/%s", directory->path, file);
	_cleanup_free_ char *id = mem_strndup(file, strcspn(file, "."));
	if (!str_has_suffix(file, ".parts") || !is_id(id))
		return 0;
	if (fs_stat(path, &status, err) < 0)
		return -1;
	_cleanup_free_ char *name = name_in_list(directory, id);
	if (status.type == FS_FILE && status.modified_ms < before_ms &&
	    str_has_prefix(name, prefix))
		*vec_push(ret) = (struct depot_unfinished){TAKE_PTR(name), TAKE_PTR(id),
							   status.modified_ms};
	return 0;
}

int directory_unfinished(struct depot *depot, const char *prefix, int64_t before_ms,
			 struct depot_unfinished_list *ret, struct err *err)
{
	const struct directory *directory = (struct directory *)depot;
	char **names = NULL;
	size_t count = 0;
	struct fs_stat status;
	_cleanup_free_ char *uploads = directory_path(directory, DIRECTORY_UPLOADS);
	*ret = (struct depot_unfinished_list){0};
	if (fs_stat(uploads, &status, err) < 0)
		return -1;
	if (status.type == FS_MISSING)
		return 0;
	int result = fs_list(uploads, &names, &count, err);
	for (size_t i = 0; i < count; i++) {
		if (result == 0)
			result = consider(directory, names[i], prefix, before_ms, ret,
					  err);
		free(names[i]);
	}
	free(names);
	if (result < 0)
		depot_unfinished_release(ret);
	return result;
}

int directory_abandon(struct depot *depot, const struct depot_unfinished *which,
		      struct err *err)
{
	if (!is_id(which->id))
		return err_set(err, ERR_NOT_FOUND, "there is no upload '%s'", which->id);
	return remove_files((struct directory *)depot, which->id, err);
}
