/* A directory as a deterministic tar stream, pulled piece by piece: each read() writes as many
 * entries (or blocks of one) to libarchive as it takes until there are bytes to give. */
#include "platform/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/entry_rules.h"
#include "platform/fs.h"

enum { BLOCK_BYTES = 65536 };

/* A directory that is being walked. */
struct level {
	char *path; /* below the root, "" for the root itself */
	char **names;
	size_t count, next;
};

struct archive_stream {
	char *root;
	struct {
		struct level *items;
		size_t count, capacity;
	} levels;
	struct entry_rules *rules;
	struct archive *writer;
	bool finished;

	int file; /* being sent; -1 for none */
	char *file_path;
	uint64_t file_left;

	struct str waiting; /* written by libarchive, not read yet */
	size_t waiting_at;

	uint64_t entries, bytes;
	char block[BLOCK_BYTES];
};

static la_ssize_t keep(struct archive *writer, void *context, const void *data,
		       size_t len)
{
	(void)writer;
	struct archive_stream *stream = context;
	str_add_bytes(&stream->waiting, data, len);
	return (la_ssize_t)len;
}

static char *join(const char *directory, const char *name)
{
	return *directory ? str_format("%s/%s", directory, name) : mem_strdup(name);
}

static int enter(struct archive_stream *stream, const char *path, struct err *err)
{
	_cleanup_free_ char *on_disk = join(stream->root, path);
	char **names = NULL;
	size_t count = 0;
	if (fs_list(on_disk, &names, &count, err) < 0)
		return -1;
	*vec_push(&stream->levels) =
		(struct level){.path = mem_strdup(path), .names = names, .count = count};
	return 0;
}

static void leave(struct archive_stream *stream)
{
	struct level *level = &stream->levels.items[--stream->levels.count];
	for (size_t i = 0; i < level->count; i++)
		free(level->names[i]);
	free(level->names);
	free(level->path);
}

int archive_stream_open(const char *directory, struct archive_stream **ret,
			struct err *err)
{
	struct archive_stream *stream = mem_new(struct archive_stream);
	stream->root = mem_strdup(directory);
	stream->file = -1;
	stream->waiting = (struct str)STR_INIT;
	stream->rules = entry_rules_new();
	stream->writer = archive_write_new();
	archive_write_set_format_gnutar(stream->writer);
	archive_write_add_filter_none(stream->writer);
	archive_write_set_bytes_per_block(stream->writer, 0);
	int opened = archive_write_open(stream->writer, stream, NULL, keep, NULL);
	if (opened != ARCHIVE_OK || enter(stream, "", err) < 0) {
		if (opened != ARCHIVE_OK)
			err_set(err, ERR_FAIL, "cannot start an archive of '%s'",
				directory);
		archive_stream_close(stream);
		return -1;
	}
	*ret = stream;
	return 0;
}

void archive_stream_close(struct archive_stream *stream)
{
	if (!stream)
		return;
	while (stream->levels.count)
		leave(stream);
	free(stream->levels.items);
	entry_rules_free(stream->rules);
	archive_write_free(stream->writer);
	if (stream->file >= 0)
		close(stream->file);
	free(stream->file_path);
	free(stream->root);
	str_release(&stream->waiting);
	free(stream);
}

void archive_stream_closep(struct archive_stream **stream)
{
	archive_stream_close(*stream);
	*stream = NULL;
}

void archive_stream_counts(const struct archive_stream *stream, uint64_t *ret_entries,
			   uint64_t *ret_bytes)
{
	*ret_entries = stream->entries;
	*ret_bytes = stream->bytes;
}

/* --- one entry ----------------------------------------------------------------------------- */

static int writer_fail(struct archive_stream *stream, const char *path, struct err *err)
{
	const char *why = archive_error_string(stream->writer);
	return err_set(err, ERR_FAIL, "cannot put '%s' into an archive: %s", path,
		       why ? why : "unknown reason");
}

static int system_fail(const char *path, struct err *err)
{
	return err_set_errno(err, ERR_CONFIG, errno, "cannot read '%s'", path);
}

static int write_header(struct archive_stream *stream, const char *path,
			const struct stat *status, const char *target, struct err *err)
{
	struct archive_entry *entry = archive_entry_new();
	_cleanup_free_ char *name =
		S_ISDIR(status->st_mode) ? str_format("%s/", path) : mem_strdup(path);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, status->st_mode & S_IFMT);
	archive_entry_set_perm(entry,
			       S_ISLNK(status->st_mode) ? 0777 : status->st_mode & 0777);
	archive_entry_set_mtime(entry, status->st_mtim.tv_sec, 0);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_size(entry, S_ISREG(status->st_mode) ? status->st_size : 0);
	if (target)
		archive_entry_set_symlink(entry, target);
	int result = archive_write_header(stream->writer, entry);
	archive_entry_free(entry);
	return result < ARCHIVE_WARN ? writer_fail(stream, path, err) : 0;
}

static enum entry_type type_of(mode_t mode)
{
	return S_ISREG(mode)   ? ENTRY_FILE
	       : S_ISDIR(mode) ? ENTRY_DIRECTORY
	       : S_ISLNK(mode) ? ENTRY_SYMLINK
			       : ENTRY_OTHER;
}

static int check(struct archive_stream *stream, const char *path, mode_t mode,
		 const char *target, struct err *err)
{
	if (entry_rules_check(stream->rules, path, type_of(mode), target, err) < 0) {
		err_wrap(err, "'%s'", stream->root);
		return err_hint(
			err,
			"what is sent to a host must not point outside of the release");
	}
	return 0;
}

static int begin_entry(struct archive_stream *stream, const char *path, struct err *err)
{
	_cleanup_free_ char *on_disk = join(stream->root, path);
	struct stat status;
	if (lstat(on_disk, &status) < 0)
		return system_fail(on_disk, err);
	char target[4097] = "";
	if (S_ISLNK(status.st_mode)) {
		ssize_t len = readlink(on_disk, target, sizeof target - 1);
		if (len < 0)
			return system_fail(on_disk, err);
		target[len] = '\0';
	}
	if (S_ISREG(status.st_mode)) {
		stream->file = open(on_disk, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (stream->file < 0 || fstat(stream->file, &status) < 0)
			return system_fail(on_disk, err);
		stream->file_left = (uint64_t)status.st_size;
		free(stream->file_path);
		stream->file_path = mem_strdup(on_disk);
	}
	if (check(stream, path, status.st_mode, *target ? target : NULL, err) < 0 ||
	    write_header(stream, path, &status, *target ? target : NULL, err) < 0)
		return -1;
	stream->entries++;
	return S_ISDIR(status.st_mode) ? enter(stream, path, err) : 0;
}

static int send_block(struct archive_stream *stream, struct err *err)
{
	if (stream->file_left == 0) {
		close(stream->file);
		stream->file = -1;
		return archive_write_finish_entry(stream->writer) < ARCHIVE_WARN
			       ? writer_fail(stream, stream->file_path, err)
			       : 0;
	}
	size_t want =
		stream->file_left < BLOCK_BYTES ? (size_t)stream->file_left : BLOCK_BYTES;
	ssize_t got = read(stream->file, stream->block, want);
	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return system_fail(stream->file_path, err);
	if (got == 0)
		return err_set(err, ERR_FAIL, "'%s' became shorter while it was read",
			       stream->file_path);
	if (archive_write_data(stream->writer, stream->block, (size_t)got) != got)
		return writer_fail(stream, stream->file_path, err);
	stream->file_left -= (uint64_t)got;
	stream->bytes += (uint64_t)got;
	return 0;
}

static int step(struct archive_stream *stream, struct err *err)
{
	if (stream->file >= 0)
		return send_block(stream, err);
	if (stream->levels.count == 0) {
		stream->finished = true;
		return archive_write_close(stream->writer) < ARCHIVE_WARN
			       ? writer_fail(stream, stream->root, err)
			       : 0;
	}
	struct level *level = &stream->levels.items[stream->levels.count - 1];
	if (level->next == level->count) {
		leave(stream);
		return 0;
	}
	_cleanup_free_ char *path = join(level->path, level->names[level->next++]);
	return begin_entry(stream, path, err);
}

ssize_t archive_stream_read(void *context, void *buffer, size_t size, struct err *err)
{
	struct archive_stream *stream = context;
	while (stream->waiting_at == stream->waiting.len) {
		str_clear(&stream->waiting);
		stream->waiting_at = 0;
		if (stream->finished)
			return 0;
		if (step(stream, err) < 0)
			return -1;
	}
	size_t left = stream->waiting.len - stream->waiting_at;
	size_t count = left < size ? left : size;
	memcpy(buffer, stream->waiting.data + stream->waiting_at, count);
	stream->waiting_at += count;
	return (ssize_t)count;
}
