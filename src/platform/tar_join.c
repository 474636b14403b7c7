/* Copying entries from libarchive's reader to our writer. */
#include "platform/tar_join.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/tar_writer.h"

/* Past so many holes the rest of a file is data, as in tree_pack.c. */
enum { EXTENTS_MAX = 100000 };

struct tar_join {
	struct tar_join_options options;
	struct tar_writer *writer;
	uint64_t entries;

	/* Of the stream in hand. */
	struct spring spring;
	const char *prefix;
	struct err failure; /* of the spring */
	struct archive *reader;
	json_t *left_out; /* by the names of the stream: a hard link to such a thing is none */
	struct str path, target, records;
	struct {
		struct tar_extent *items;
		size_t count, capacity;
	} extents;
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
	free(j->extents.items);
	free(j);
}

/* --- names and attributes ------------------------------------------------------------------ */

/* "./a/b" without the "./"; "" for the directory itself. */
static const char *without_dot(const char *name)
{
	while (name[0] == '.' && name[1] == '/') {
		name += 2;
		while (*name == '/')
			name++;
	}
	return strcmp(name, ".") == 0 ? "" : name;
}

/* "./a/b" with the prefix "srv" is "srv/a/b"; "." is the prefix itself. */
static void set_name(struct str *out, const char *prefix, const char *name)
{
	name = without_dot(name);
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

/* --- what is left out ------------------------------------------------------------------------ */

static bool is_packed(mode_t type, enum tar_type *ret)
{
	*ret = type == AE_IFREG   ? TAR_FILE
	       : type == AE_IFDIR ? TAR_DIRECTORY
				  : TAR_SYMLINK;
	return type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK;
}

static void leave_out(struct tar_join *join, const char *name, const char *reason)
{
	json_object_set_new_nocheck(join->left_out, name, json_true());
	if (join->options.tell)
		join->options.tell(join->options.context, TREE_LEFT_OUT, name, reason);
}

/* Devices and FIFOs, under each of their names; directories that nobody wants. */
static bool is_left_out(struct tar_join *join, struct archive_entry *entry,
			enum tar_type *ret_type)
{
	const char *name = without_dot(archive_entry_pathname(entry));
	const char *hardlink = archive_entry_hardlink(entry);
	mode_t type = archive_entry_filetype(entry);
	if (hardlink) {
		*ret_type = TAR_HARDLINK;
		if (!json_object_get(join->left_out, without_dot(hardlink)))
			return false;
		leave_out(join, name, "is a FIFO or a device");
		return true;
	}
	if (!is_packed(type, ret_type)) {
		leave_out(join, name, type == AE_IFIFO ? "is a FIFO" : "is a device");
		return true;
	}
	if (*ret_type != TAR_DIRECTORY || !join->options.skip || !*name)
		return false;
	_cleanup_free_ char *directory = mem_strndup(name, strlen(name));
	for (size_t len = strlen(directory); len > 0 && directory[len - 1] == '/';)
		directory[--len] = '\0';
	return join->options.skip(join->options.context, directory);
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

/* Where the file has data; false when all of it is. */
static bool find_extents(struct tar_join *join, struct archive_entry *entry)
{
	la_int64_t at, bytes, end = 0, size = archive_entry_size(entry);
	join->extents.count = 0;
	if (archive_entry_sparse_reset(entry) <= 0)
		return false;
	while (archive_entry_sparse_next(entry, &at, &bytes) == ARCHIVE_OK) {
		if (at < end || at >= size || bytes <= 0)
			continue;
		if (bytes > size - at || join->extents.count == EXTENTS_MAX - 1)
			bytes = size - at;
		end = at + bytes;
		*vec_push(&join->extents) = (struct tar_extent){.offset = (uint64_t)at,
								.bytes = (uint64_t)bytes};
	}
	/* NULL would say that there is no map. */
	if (!join->extents.items) {
		(void)vec_push(&join->extents);
		join->extents.count = 0;
	}
	return true;
}

/* Zeros for what lies from one place to the other and belongs to an extent. *extent is the first one that may. */
static int put_zeros(struct tar_join *join, const struct tar_entry *entry, size_t *extent,
		     uint64_t from, uint64_t to, struct err *err)
{
	if (!entry->extents) {
		to = to < entry->size ? to : entry->size;
		return from < to ? tar_writer_zeros(join->writer, to - from, err) : 0;
	}
	for (; *extent < entry->extent_count; ++*extent) {
		const struct tar_extent *piece = &entry->extents[*extent];
		uint64_t end = piece->offset + piece->bytes;
		uint64_t begin = piece->offset > from ? piece->offset : from;
		uint64_t until = end < to ? end : to;
		if (begin < until &&
		    tar_writer_zeros(join->writer, until - begin, err) < 0)
			return -1;
		if (end > to)
			break;
	}
	return 0;
}

static int fail_to_place(const struct tar_entry *entry, struct err *err)
{
	err_set(err, ERR_FAIL,
		"what came is no whole tar archive: the pieces of '%s' do not fit",
		entry->path);
	str_keep_utf8(err->message);
	return -1;
}

/* What a map says that contradicts itself, or its data, has no place. */
static bool has_place(const struct tar_entry *entry, size_t extent, uint64_t from,
		      uint64_t bytes)
{
	struct tar_extent room = {0, entry->size};
	if (entry->extents && extent >= entry->extent_count)
		return false;
	if (entry->extents)
		room = entry->extents[extent];
	return from >= room.offset && from - room.offset <= room.bytes &&
	       bytes <= room.bytes - (from - room.offset);
}

static int put_content(struct tar_join *join, const struct tar_entry *entry,
		       struct err *err)
{
	const void *data;
	size_t bytes, extent = 0;
	la_int64_t at;
	uint64_t done = 0;
	int result;
	while ((result = archive_read_data_block(join->reader, &data, &bytes, &at)) ==
	       ARCHIVE_OK) {
		uint64_t from = (uint64_t)at;
		if (bytes == 0)
			continue;
		if (at < 0 || from < done)
			return fail_to_place(entry, err);
		if (put_zeros(join, entry, &extent, done, from, err) < 0)
			return -1;
		if (!has_place(entry, extent, from, bytes))
			return fail_to_place(entry, err);
		if (put_bytes(join, data, bytes, err) < 0)
			return -1;
		done = from + bytes;
	}
	if (result != ARCHIVE_EOF)
		return fail_to_read(join, err);
	return put_zeros(join, entry, &extent, done, entry->size, err);
}

static void set_permissions(struct archive_entry *entry, struct tar_entry *out)
{
	out->mode = archive_entry_perm(entry);
	out->uid = (uint32_t)archive_entry_uid(entry);
	out->gid = (uint32_t)archive_entry_gid(entry);
	out->user = archive_entry_uname(entry);
	out->group = archive_entry_gname(entry);
	out->modified = (struct timespec){archive_entry_mtime(entry),
					  archive_entry_mtime_nsec(entry)};
}

static int put_entry(struct tar_join *join, struct archive_entry *entry, struct err *err)
{
	struct tar_entry out = {0};
	if (is_left_out(join, entry, &out.type))
		return 0;
	set_name(&join->path, join->prefix, archive_entry_pathname(entry));
	out.path = str_text(&join->path);
	set_permissions(entry, &out);
	if (out.type == TAR_HARDLINK) {
		set_name(&join->target, join->prefix, archive_entry_hardlink(entry));
		out.target = str_text(&join->target);
	} else {
		str_clear(&join->records);
		tar_records_add(entry, &join->options.owners, &join->records);
		out.records = &join->records;
	}
	if (out.type == TAR_SYMLINK)
		out.target = archive_entry_symlink(entry);
	if (out.type == TAR_FILE) {
		out.size = (uint64_t)archive_entry_size(entry);
		if (find_extents(join, entry)) {
			out.extents = join->extents.items;
			out.extent_count = join->extents.count;
		}
	}
	join->entries++;
	if (tar_writer_entry(join->writer, &out, err) < 0)
		return -1;
	return out.type == TAR_FILE ? put_content(join, &out, err) : 0;
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
	join->left_out = json_object();
	join->reader = archive_read_new();
	archive_read_support_format_tar(join->reader);
	archive_read_support_format_empty(join->reader);
	int result = 0;
	if (archive_read_open(join->reader, join, NULL, give, NULL) != ARCHIVE_OK)
		result = fail_to_read(join, err);
	else
		result = copy_entries(join, err);
	archive_read_free(TAKE_PTR(join->reader));
	json_decref(TAKE_PTR(join->left_out));
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
