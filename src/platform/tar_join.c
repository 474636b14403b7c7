/* Copying entries from libarchive's reader to our writer. */
#include "platform/tar_join.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/tar_writer.h"

struct tar_join {
	struct tar_join_options options;
	struct tar_writer *writer;
	uint64_t entries;

	/* Of the stream in hand. */
	struct spring spring;
	const char *prefix;
	struct err failure; /* of the spring */
	struct archive *reader;
	struct str path, target, records;
};

struct tar_join *tar_join_new(const struct tar_join_options *options)
{
	struct tar_join *join = mem_new(struct tar_join);
	join->options = *options;
	join->writer = tar_writer_new(options->drain);
	join->path = join->target = join->records = (struct str)STR_INIT;
	return join;
}

void tar_join_freep(struct tar_join **join)
{
	if (!*join)
		return;
	struct tar_join *j = TAKE_PTR(*join);
	tar_writer_freep(&j->writer);
	str_release(&j->path);
	str_release(&j->target);
	str_release(&j->records);
	free(j);
}

/* --- names and attributes ------------------------------------------------------------------ */

/* "./a/b" with the prefix "srv" is "srv/a/b"; "." is the prefix itself. */
static void set_name(struct str *out, const char *prefix, const char *name)
{
	while (name[0] == '.' && name[1] == '/') {
		name += 2;
		while (*name == '/')
			name++;
	}
	if (strcmp(name, ".") == 0)
		name = "";
	str_clear(out);
	str_add(out, prefix);
	if (*prefix && *name)
		str_add_char(out, '/');
	str_add(out, name);
	while (out->len > 1 && out->data[out->len - 1] == '/')
		out->data[--out->len] = '\0';
	if (out->len == 0)
		str_add_char(out, '.');
}

static void set_records(struct tar_join *join, struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t size;
	str_clear(&join->records);
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		_cleanup_free_ char *key = str_format("SCHILY.xattr.%s", name);
		tar_add_record(&join->records, key, value, size);
	}
}

static bool is_packed(mode_t type, enum tar_type *ret)
{
	*ret = type == AE_IFREG   ? TAR_FILE
	       : type == AE_IFDIR ? TAR_DIRECTORY
				  : TAR_SYMLINK;
	return type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK;
}

/* --- one entry ----------------------------------------------------------------------------- */

static int fail_to_read(struct tar_join *join, struct err *err)
{
	if (join->failure.code) {
		*err = join->failure;
		return -1;
	}
	const char *why = archive_error_string(join->reader);
	err_set(err, ERR_FAIL, "what came is no whole tar archive: %s",
		why ? why : "unknown reason");
	str_keep_utf8(err->message);
	return -1;
}

static int put_bytes(struct tar_join *join, const char *data, size_t bytes,
		     struct err *err)
{
	while (bytes > 0) {
		void *space;
		size_t room;
		if (tar_writer_space(join->writer, &space, &room, err) < 0)
			return -1;
		size_t take = bytes < room ? bytes : room;
		memcpy(space, data, take);
		tar_writer_filled(join->writer, take);
		data += take;
		bytes -= take;
	}
	return 0;
}

static int put_content(struct tar_join *join, uint64_t size, struct err *err)
{
	const void *data;
	size_t bytes;
	la_int64_t at;
	uint64_t done = 0;
	int result;
	while ((result = archive_read_data_block(join->reader, &data, &bytes, &at)) ==
	       ARCHIVE_OK) {
		if ((uint64_t)at > done &&
		    tar_writer_zeros(join->writer, (uint64_t)at - done, err) < 0)
			return -1;
		if (put_bytes(join, data, bytes, err) < 0)
			return -1;
		done = (uint64_t)at + bytes;
	}
	if (result != ARCHIVE_EOF)
		return fail_to_read(join, err);
	return done < size ? tar_writer_zeros(join->writer, size - done, err) : 0;
}

static int put_entry(struct tar_join *join, struct archive_entry *entry, struct err *err)
{
	struct tar_entry out = {0};
	const char *hardlink = archive_entry_hardlink(entry);
	set_name(&join->path, join->prefix, archive_entry_pathname(entry));
	out.path = str_text(&join->path);
	if (!is_packed(archive_entry_filetype(entry), &out.type) && !hardlink) {
		if (join->options.tell)
			join->options.tell(join->options.context, TREE_LEFT_OUT, out.path,
					   "a device, FIFO or socket");
		return 0;
	}
	set_records(join, entry);
	out.records = &join->records;
	out.mode = archive_entry_perm(entry);
	out.uid = (uint32_t)archive_entry_uid(entry);
	out.gid = (uint32_t)archive_entry_gid(entry);
	out.user = archive_entry_uname(entry);
	out.group = archive_entry_gname(entry);
	out.modified = (struct timespec){archive_entry_mtime(entry),
					 archive_entry_mtime_nsec(entry)};
	if (hardlink) {
		out.type = TAR_HARDLINK;
		set_name(&join->target, join->prefix, hardlink);
		out.target = str_text(&join->target);
	} else if (out.type == TAR_SYMLINK) {
		out.target = archive_entry_symlink(entry);
	} else if (out.type == TAR_FILE) {
		out.size = (uint64_t)archive_entry_size(entry);
	}
	join->entries++;
	if (tar_writer_entry(join->writer, &out, err) < 0)
		return -1;
	return out.type == TAR_FILE ? put_content(join, out.size, err) : 0;
}

/* --- one stream ---------------------------------------------------------------------------- */

static la_ssize_t give(struct archive *reader, void *context, const void **ret_data)
{
	struct tar_join *join = context;
	ssize_t got = join->spring.next(join->spring.context, ret_data, &join->failure);
	if (got < 0)
		archive_set_error(reader, EIO, "%s", join->failure.message);
	return got;
}

static int copy_entries(struct tar_join *join, struct err *err)
{
	struct archive_entry *entry;
	for (;;) {
		int result = archive_read_next_header(join->reader, &entry);
		if (result == ARCHIVE_EOF)
			return 0;
		/* A warning is about names that are not in the locale's character set. */
		if (result < ARCHIVE_WARN)
			return fail_to_read(join, err);
		if (!archive_entry_pathname(entry))
			return fail_to_read(join, err);
		if (put_entry(join, entry, err) < 0)
			return -1;
	}
}

/* What follows the end mark, so that whoever sends it is not cut off. */
static int read_rest(struct tar_join *join, struct err *err)
{
	const void *ignored;
	ssize_t got;
	while ((got = join->spring.next(join->spring.context, &ignored, err)) > 0)
		;
	return got < 0 ? -1 : 0;
}

int tar_join_add(struct tar_join *join, struct spring spring, const char *prefix,
		 struct err *err)
{
	join->spring = spring;
	join->prefix = prefix;
	join->failure = (struct err){0};
	join->reader = archive_read_new();
	archive_read_support_format_tar(join->reader);
	archive_read_support_format_empty(join->reader);
	int result = 0;
	if (archive_read_open(join->reader, join, NULL, give, NULL) != ARCHIVE_OK)
		result = fail_to_read(join, err);
	else
		result = copy_entries(join, err);
	archive_read_free(TAKE_PTR(join->reader));
	if (result < 0)
		return -1;
	return read_rest(join, err);
}

int tar_join_text(struct tar_join *join, const char *name, const char *text,
		  int64_t modified_ms, struct err *err)
{
	struct tar_entry entry = {
		.type = TAR_FILE,
		.path = name,
		.mode = 0600,
		.modified = {modified_ms / 1000, modified_ms % 1000 * 1000000},
		.size = strlen(text),
	};
	join->entries++;
	if (tar_writer_entry(join->writer, &entry, err) < 0)
		return -1;
	return put_bytes(join, text, strlen(text), err);
}

int tar_join_end(struct tar_join *join, struct err *err)
{
	return tar_writer_end(join->writer, err);
}

uint64_t tar_join_entries(const struct tar_join *join)
{
	return join->entries;
}
