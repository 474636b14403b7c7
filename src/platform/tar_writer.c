/* Tar streams: headers and blocks (POSIX.1-2001, pax interchange format; GNU tar's manual on "Storing Sparse Files"). */
#include "platform/tar_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"

enum {
	BLOCK_BYTES = 512,
	BUFFER_BYTES = 256 << 10, /* stays in a processor's cache until it is taken */
	NAME_BYTES = 100,
	PREFIX_BYTES = 155
};

/* One ustar header. */
struct header {
	char name[NAME_BYTES];
	char mode[8], uid[8], gid[8];
	char size[12], modified[12];
	char checksum[8];
	char type;
	char target[NAME_BYTES];
	char magic[8];
	char user[32], group[32];
	char device[16];
	char prefix[PREFIX_BYTES];
	char rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK_BYTES, "a header is one block");

struct tar_writer {
	struct drain drain;
	uint64_t drained;
	uint64_t left; /* of the content of this entry */
	struct str path, records, map;
	char *buffer; /* ours, when the drain has no room of its own */
	char *room;   /* where the next bytes go; NULL until there are any */
	size_t room_bytes, filled;
};

struct tar_writer *tar_writer_new(struct drain drain)
{
	struct tar_writer *writer = mem_new(struct tar_writer);
	writer->drain = drain;
	writer->path = writer->records = writer->map = (struct str)STR_INIT;
	if (!drain.room)
		writer->buffer = mem_alloc(BUFFER_BYTES);
	return writer;
}

void tar_writer_freep(struct tar_writer **writer)
{
	if (!*writer)
		return;
	str_release(&(*writer)->path);
	str_release(&(*writer)->records);
	str_release(&(*writer)->map);
	free((*writer)->buffer);
	free(*writer);
	*writer = NULL;
}

uint64_t tar_writer_bytes(const struct tar_writer *writer)
{
	return writer->drained + writer->filled;
}

/* --- bytes ----------------------------------------------------------------------------------- */

static int flush(struct tar_writer *writer, struct err *err)
{
	if (!writer->filled)
		return 0;
	writer->drained += writer->filled;
	size_t bytes = writer->filled;
	writer->filled = 0;
	return writer->drain.take(writer->drain.context, TAKE_PTR(writer->room), bytes,
				  err);
}

/* Room for one byte at least. */
static int want_room(struct tar_writer *writer, struct err *err)
{
	if (writer->room && writer->filled == writer->room_bytes &&
	    flush(writer, err) < 0)
		return -1;
	if (writer->room)
		return 0;
	writer->room_bytes = BUFFER_BYTES;
	if (!writer->drain.room) {
		writer->room = writer->buffer;
		return 0;
	}
	size_t lent = 0;
	writer->room = writer->drain.room(writer->drain.context, &lent, err);
	if (lent < writer->room_bytes)
		writer->room_bytes = lent;
	return writer->room ? 0 : -1;
}

/* NULL: that many zeros. */
static int put(struct tar_writer *writer, const void *data, uint64_t bytes,
	       struct err *err)
{
	while (bytes) {
		if (want_room(writer, err) < 0)
			return -1;
		size_t count = writer->room_bytes - writer->filled;
		if (count > bytes)
			count = (size_t)bytes;
		char *to = writer->room + writer->filled;
		if (data) {
			memcpy(to, data, count);
			data = (const char *)data + count;
		} else {
			memset(to, 0, count);
		}
		writer->filled += count;
		bytes -= count;
	}
	return 0;
}

/* Entries are whole blocks. */
static int pad(struct tar_writer *writer, struct err *err)
{
	return put(writer, NULL, -tar_writer_bytes(writer) % BLOCK_BYTES, err);
}

/* --- records --------------------------------------------------------------------------------- */

void tar_add_record(struct str *records, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest + 1;
	char digits[24];
	while (rest + (size_t)snprintf(digits, sizeof digits, "%zu", total) != total)
		total = rest + strlen(digits);
	str_addf(records, "%s %s=", digits, key);
	str_add_bytes(records, value, len);
	str_add_char(records, '\n');
}

static void add_text_record(struct str *records, const char *key, const char *value)
{
	tar_add_record(records, key, value, strlen(value));
}

static void add_number_record(struct str *records, const char *key, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, value);
	add_text_record(records, key, text);
}

/* A time before 1970 is minus the whole: half a second before is -0.5, which time_t has as -1 and half. */
static void add_time_record(struct str *records, const char *key, struct timespec time)
{
	char text[48];
	bool before = time.tv_sec < 0;
	uint64_t seconds = before ? -(uint64_t)time.tv_sec : (uint64_t)time.tv_sec;
	long nanoseconds = time.tv_nsec;
	if (before && nanoseconds) {
		seconds--;
		nanoseconds = 1000000000 - nanoseconds;
	}
	snprintf(text, sizeof text, "%s%" PRIu64 ".%09ld", before ? "-" : "", seconds,
		 nanoseconds);
	add_text_record(records, key, text);
}

/* --- headers --------------------------------------------------------------------------------- */

/* A field that need not end in NUL. */
static void set_text(char *field, size_t size, const char *text)
{
	memcpy(field, text, strnlen(text, size));
}

/* Octal digits and NUL; where they do not fit, a number to the base of 256, as GNU tar and others read it. */
static void set_number(char *field, size_t size, uint64_t value)
{
	uint64_t rest = value;
	for (size_t i = size - 1; i-- > 0; rest >>= 3)
		field[i] = (char)('0' + (rest & 7));
	if (!rest)
		return;
	for (size_t i = size; i-- > 0; value >>= 8)
		field[i] = (char)(value & 255);
	field[0] = (char)0x80;
}

/* A long name is cut at a slash where both parts have room. */
static bool split_name(struct header *header, const char *path, size_t len)
{
	if (len <= NAME_BYTES) {
		memcpy(header->name, path, len);
		return true;
	}
	const char *slash = strchr(path + len - NAME_BYTES - 1, '/');
	if (!slash || !slash[1] || slash == path || slash - path > PREFIX_BYTES)
		return false;
	memcpy(header->prefix, path, (size_t)(slash - path));
	memcpy(header->name, slash + 1, strlen(slash + 1));
	return true;
}

static void set_name(struct header *header, const char *path, struct str *records)
{
	if (split_name(header, path, strlen(path)))
		return;
	add_text_record(records, "path", path);
	set_text(header->name, NAME_BYTES, path);
}

/* What a sparse file is called for whoever does not know of such. */
static void set_sparse_name(struct header *header, const char *path)
{
	static const char directory[] = "GNUSparseFile.0/";
	const char *slash = strrchr(path, '/');
	set_text(header->name, NAME_BYTES, directory);
	set_text(header->name + sizeof directory - 1, NAME_BYTES - sizeof directory + 1,
		 slash ? slash + 1 : path);
}

static void set_owner_name(char *field, size_t size, const char *name, const char *key,
			   struct str *records)
{
	if (!name)
		return;
	if (strlen(name) >= size)
		add_text_record(records, key, name);
	else
		set_text(field, size, name);
}

static void set_common(struct header *header, mode_t mode, uint64_t size, char type)
{
	header->type = type;
	set_number(header->mode, sizeof header->mode, mode & 07777U);
	set_number(header->size, sizeof header->size, size);
	memcpy(header->magic, "ustar\00000", sizeof header->magic);
}

static int put_header(struct tar_writer *writer, struct header *header, struct err *err)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;
	memset(header->checksum, ' ', sizeof header->checksum);
	for (size_t i = 0; i < sizeof *header; i++)
		sum += bytes[i];
	set_number(header->checksum, sizeof header->checksum - 1, sum);
	header->checksum[sizeof header->checksum - 2] = '\0';
	return put(writer, header, sizeof *header, err);
}

static int put_records(struct tar_writer *writer, const struct header *of,
		       const struct str *more, struct err *err)
{
	struct str *records = &writer->records;
	if (more)
		str_add_bytes(records, more->data, more->len);
	if (!records->len)
		return 0;
	assert(!records->truncated);
	struct header header = {.name = "PaxHeaders/"};
	set_text(header.name + strlen(header.name),
		 sizeof header.name - strlen(header.name), of->name);
	set_common(&header, 0644, records->len, 'x');
	memcpy(header.modified, of->modified, sizeof header.modified);
	memcpy(header.uid, of->uid, sizeof header.uid);
	memcpy(header.gid, of->gid, sizeof header.gid);
	if (put_header(writer, &header, err) < 0 ||
	    put(writer, records->data, records->len, err) < 0)
		return -1;
	return pad(writer, err);
}

/* --- entries --------------------------------------------------------------------------------- */

/* The map that stands before the data of a sparse file: count, then offset and length of each piece, a line each. The
 * last one says where the file ends. */
static uint64_t make_map(struct tar_writer *writer, const struct tar_entry *entry)
{
	const struct tar_extent *last =
		entry->extent_count ? &entry->extents[entry->extent_count - 1] : NULL;
	bool ends = last && last->offset + last->bytes == entry->size;
	uint64_t data = 0;
	str_addf(&writer->map, "%zu\n", entry->extent_count + !ends);
	for (size_t i = 0; i < entry->extent_count; i++) {
		str_addf(&writer->map, "%" PRIu64 "\n%" PRIu64 "\n",
			 entry->extents[i].offset, entry->extents[i].bytes);
		data += entry->extents[i].bytes;
	}
	if (!ends)
		str_addf(&writer->map, "%" PRIu64 "\n0\n", entry->size);
	str_pad(&writer->map, '\0', -writer->map.len % BLOCK_BYTES);
	assert(!writer->map.truncated);
	return data;
}

static void add_sparse_records(struct tar_writer *writer, const struct tar_entry *entry)
{
	struct str *records = &writer->records;
	add_text_record(records, "GNU.sparse.major", "1");
	add_text_record(records, "GNU.sparse.minor", "0");
	add_text_record(records, "GNU.sparse.name", entry->path);
	add_number_record(records, "GNU.sparse.realsize", entry->size);
}

static void set_names(struct tar_writer *writer, struct header *header,
		      const struct tar_entry *entry)
{
	struct str *records = &writer->records;
	if (entry->extents) {
		set_sparse_name(header, entry->path);
		add_sparse_records(writer, entry);
	} else {
		str_clear(&writer->path);
		str_add(&writer->path, entry->path);
		if (entry->type == TAR_DIRECTORY)
			str_add_char(&writer->path, '/');
		set_name(header, str_text(&writer->path), records);
	}
	if (entry->target) {
		if (strlen(entry->target) > sizeof header->target)
			add_text_record(records, "linkpath", entry->target);
		set_text(header->target, sizeof header->target, entry->target);
	}
	set_owner_name(header->user, sizeof header->user, entry->user, "uname", records);
	set_owner_name(header->group, sizeof header->group, entry->group, "gname",
		       records);
}

static void set_numbers(struct tar_writer *writer, struct header *header,
			const struct tar_entry *entry, uint64_t size)
{
	struct str *records = &writer->records;
	const uint64_t field7 = 1ULL << 21, field11 = 1ULL << 33;
	set_common(header, entry->mode, size, (char)entry->type);
	set_number(header->uid, sizeof header->uid, entry->uid);
	set_number(header->gid, sizeof header->gid, entry->gid);
	uint64_t seconds =
		entry->modified.tv_sec < 0 ? 0 : (uint64_t)entry->modified.tv_sec;
	set_number(header->modified, sizeof header->modified, seconds);
	if (entry->modified.tv_nsec || entry->modified.tv_sec < 0 || seconds >= field11)
		add_time_record(records, "mtime", entry->modified);
	if (entry->uid >= field7)
		add_number_record(records, "uid", entry->uid);
	if (entry->gid >= field7)
		add_number_record(records, "gid", entry->gid);
	if (size >= field11)
		add_number_record(records, "size", size);
}

int tar_writer_entry(struct tar_writer *writer, const struct tar_entry *entry,
		     struct err *err)
{
	assert(writer->left == 0);
	struct header header = {0};
	str_clear(&writer->records);
	str_clear(&writer->map);
	uint64_t data = entry->type != TAR_FILE ? 0
			: entry->extents        ? make_map(writer, entry)
						: entry->size;
	set_names(writer, &header, entry);
	set_numbers(writer, &header, entry, writer->map.len + data);
	/* What the last entry left open. */
	if (pad(writer, err) < 0 ||
	    put_records(writer, &header, entry->records, err) < 0 ||
	    put_header(writer, &header, err) < 0 ||
	    put(writer, str_text(&writer->map), writer->map.len, err) < 0)
		return -1;
	writer->left = data;
	return 0;
}

int tar_writer_space(struct tar_writer *writer, void **ret_space, size_t *ret_bytes,
		     struct err *err)
{
	assert(writer->left > 0);
	if (want_room(writer, err) < 0)
		return -1;
	size_t room = writer->room_bytes - writer->filled;
	*ret_space = writer->room + writer->filled;
	*ret_bytes = room < writer->left ? room : (size_t)writer->left;
	return 0;
}

void tar_writer_filled(struct tar_writer *writer, size_t bytes)
{
	assert(bytes <= writer->left && bytes <= writer->room_bytes - writer->filled);
	writer->filled += bytes;
	writer->left -= bytes;
}

int tar_writer_zeros(struct tar_writer *writer, uint64_t bytes, struct err *err)
{
	assert(bytes <= writer->left);
	writer->left -= bytes;
	return put(writer, NULL, bytes, err);
}

int tar_writer_end(struct tar_writer *writer, struct err *err)
{
	assert(writer->left == 0);
	if (pad(writer, err) < 0 || put(writer, NULL, 2 * BLOCK_BYTES, err) < 0)
		return -1;
	return flush(writer, err);
}
