/* Looking into release archives. How a directory becomes a tar stream is in archive_stream.c. */
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
#include "platform/digest.h"
#include "platform/entry_rules.h"

enum { CHUNK_BYTES = 65536, ENTRIES_MAX = 1000000 };

void archive_summary_release(struct archive_summary *summary)
{
	free(summary->sha256);
	*summary = (struct archive_summary){0};
}

/* --- reading an archive -------------------------------------------------------------------- */

/* The file passes through here once: digested, counted, handed to libarchive. */
struct source {
	int fd;
	struct digest *digest;
	uint64_t size_bytes;
	const struct stop *stop;
	bool stopped;
	char buffer[CHUNK_BYTES];
};

static la_ssize_t source_read(struct archive *archive, void *context,
			      const void **ret_buffer)
{
	struct source *source = context;
	*ret_buffer = source->buffer;
	if (stop_asked(source->stop)) {
		source->stopped = true;
		archive_set_error(archive, EINTR, "cancelled");
		return ARCHIVE_FATAL;
	}
	for (;;) {
		ssize_t got = read(source->fd, source->buffer, sizeof source->buffer);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			archive_set_error(archive, errno, "%s", "cannot read");
			return ARCHIVE_FATAL;
		}
		digest_add(source->digest, source->buffer, (size_t)got);
		source->size_bytes += (uint64_t)got;
		return got;
	}
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

static int broken(struct archive *archive, const char *path, struct err *err)
{
	const char *why = archive_error_string(archive);
	err_set(err, ERR_CONFIG, "'%s' is no usable archive: %s", path,
		why ? why : "damaged");
	return err_hint(
		err, "an artifact is a directory, or a file in one of the formats .tar, "
		     ".tar.gz, .tar.zst");
}

static int check_entry(struct entry_rules *rules, struct archive_entry *entry,
		       const char *path, struct err *err)
{
	const char *name = archive_entry_pathname(entry);
	enum entry_type type = type_of(entry);
	const char *target = type == ENTRY_HARDLINK  ? archive_entry_hardlink(entry)
			     : type == ENTRY_SYMLINK ? archive_entry_symlink(entry)
						     : NULL;
	if (!name)
		return err_set(err, ERR_CONFIG,
			       "'%s' has an entry whose name cannot be read", path);
	if (entry_rules_check(rules, name, type, target, err) < 0) {
		err_wrap(err, "'%s'", path);
		return err_hint(err,
				"unpacking it could change files outside of the release");
	}
	return 0;
}

static int walk_entries(struct archive *archive, const char *path,
			struct entry_rules *rules, struct archive_summary *summary,
			struct err *err)
{
	for (;;) {
		struct archive_entry *entry;
		int result = archive_read_next_header(archive, &entry);
		if (result == ARCHIVE_EOF)
			return 0;
		if (result < ARCHIVE_WARN)
			return broken(archive, path, err);
		if (check_entry(rules, entry, path, err) < 0)
			return -1;
		if (++summary->entries > ENTRIES_MAX)
			return err_set(err, ERR_LIMIT, "'%s' has more than %d entries",
				       path, ENTRIES_MAX);
		const void *data;
		size_t len;
		la_int64_t offset;
		while ((result = archive_read_data_block(archive, &data, &len,
							 &offset)) == ARCHIVE_OK)
			summary->unpacked_bytes += len;
		if (result != ARCHIVE_EOF && result < ARCHIVE_WARN)
			return broken(archive, path, err);
	}
}

/* What follows the end of the archive belongs to the file, so it belongs to its digest. */
static int drain(struct source *source, struct archive *archive, const char *path,
		 struct err *err)
{
	const void *ignored;
	la_ssize_t got;
	while ((got = source_read(archive, source, &ignored)) > 0)
		;
	return got < 0 ? broken(archive, path, err) : 0;
}

static const char *format_name(struct archive *archive)
{
	switch (archive_filter_code(archive, 0)) {
	case ARCHIVE_FILTER_GZIP:
		return "tar.gz";
	case ARCHIVE_FILTER_ZSTD:
		return "tar.zst";
	default:
		return "tar";
	}
}

static int read_archive(struct source *source, const char *path,
			struct archive_summary *ret, struct err *err)
{
	struct archive *archive = archive_read_new();
	struct entry_rules *rules = entry_rules_new();
	archive_read_support_format_tar(archive);
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_zstd(archive);

	int result = -1;
	if (archive_read_open(archive, source, NULL, source_read, NULL) != ARCHIVE_OK)
		broken(archive, path, err);
	else if (walk_entries(archive, path, rules, ret, err) == 0 &&
		 drain(source, archive, path, err) == 0)
		result = 0;
	if (source->stopped)
		result = err_set(err, ERR_CANCELLED, "cancelled by a signal");
	if (result == 0 && ret->entries == 0)
		result = err_set(err, ERR_CONFIG, "'%s' is an archive without entries",
				 path);
	ret->format = format_name(archive);
	ret->size_bytes = source->size_bytes;
	entry_rules_free(rules);
	archive_read_free(archive);
	return result;
}

static int inspect_file(int fd, const char *path, const struct stop *stop,
			struct archive_summary *ret, struct err *err)
{
	struct source *source = mem_new(struct source);
	source->fd = fd;
	source->stop = stop;
	source->digest = digest_new();
	int result = read_archive(source, path, ret, err);
	if (result == 0)
		ret->sha256 = digest_hex(source->digest);
	digest_free(source->digest);
	free(source);
	return result;
}

/* --- a directory --------------------------------------------------------------------------- */

static int inspect_directory(const char *path, const struct stop *stop,
			     struct archive_summary *ret, struct err *err)
{
	struct archive_stream *stream __attribute__((cleanup(archive_stream_closep))) =
		NULL;
	if (archive_stream_open(path, &stream, err) < 0)
		return -1;
	struct digest *digest __attribute__((cleanup(digest_freep))) = digest_new();
	_cleanup_free_ char *buffer = mem_alloc(CHUNK_BYTES);
	ssize_t got;
	while ((got = archive_stream_read(stream, buffer, CHUNK_BYTES, err)) > 0) {
		if (stop_asked(stop))
			return err_set(err, ERR_CANCELLED, "cancelled by a signal");
		digest_add(digest, buffer, (size_t)got);
		ret->size_bytes += (uint64_t)got;
	}
	if (got < 0)
		return -1;
	ret->format = "directory";
	archive_stream_counts(stream, &ret->entries, &ret->unpacked_bytes);
	ret->sha256 = digest_hex(digest);
	return 0;
}

int archive_inspect(const char *path, const struct stop *stop,
		    struct archive_summary *ret, struct err *err)
{
	*ret = (struct archive_summary){0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0) {
		int number = errno;
		if (fd >= 0)
			close(fd);
		return err_set_errno(err, number == ENOENT ? ERR_NOT_FOUND : ERR_CONFIG,
				     number, "cannot read the artifact '%s'", path);
	}
	int result;
	if (S_ISDIR(status.st_mode))
		result = inspect_directory(path, stop, ret, err);
	else if (S_ISREG(status.st_mode))
		result = inspect_file(fd, path, stop, ret, err);
	else
		result = err_set(err, ERR_CONFIG,
				 "the artifact '%s' is neither file nor directory", path);
	close(fd);
	if (result < 0)
		archive_summary_release(ret);
	return result;
}
