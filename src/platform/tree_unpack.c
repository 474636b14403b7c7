/* Unpacking trees: libarchive reads the stream, the rules judge each entry, and tree_make.c makes it. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/entry_rules.h"
#include "platform/tree.h"
#include "platform/tree_make.h"

enum { END_BYTES = 1024 }; /* an archive ends with two empty blocks */

struct unpacker {
	const struct tree_unpack *unpack;
	struct spring spring;
	struct err *err; /* of the run, for what happens inside libarchive's callback */
	bool failed;     /* ... there */
	uint64_t bytes, entries;
	struct archive *reader;
	struct archive_entry *entry;
	struct entry_rules *rules;
	struct tree_maker maker;
};

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

static int next_piece(void *context, const void **ret_data, size_t *ret_bytes,
		      int64_t *ret_offset, struct err *err)
{
	struct unpacker *unpacker = context;
	int result = archive_read_data_block(unpacker->reader, ret_data, ret_bytes,
					     ret_offset);
	if (check_reader(unpacker, result, err) < 0)
		return -1;
	return result != ARCHIVE_EOF;
}

/* --- entries --------------------------------------------------------------------------------- */

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

static void note_change(struct unpacker *unpacker, enum entry_type type)
{
	struct tree_changes *changes = unpacker->unpack->ret_changes;
	if (!changes || !unpacker->maker.place.replaces || !*unpacker->maker.path)
		return;
	changes->entries++;
	changes->files += type != ENTRY_DIRECTORY;
}

static int unpack_entry(struct unpacker *unpacker, struct err *err)
{
	enum entry_type type = type_of(unpacker->entry);
	const char *path = archive_entry_pathname(unpacker->entry);
	if (!path)
		return broken(unpacker, "an entry's name cannot be read", err);
	if (entry_rules_check(unpacker->rules, path, type,
			      target_of(unpacker->entry, type), err) < 0)
		return err_hint(err, "unpacking it could change files outside of the "
				     "directory");
	if (tree_make(&unpacker->maker, unpacker->entry, type,
		      (struct tree_content){next_piece, unpacker}, err) < 0)
		return -1;
	note_change(unpacker, type);
	return 0;
}

static int unpack_entries(struct unpacker *unpacker, struct err *err)
{
	for (;;) {
		if (stop_asked(&unpacker->unpack->stop))
			return err_set(err, ERR_CANCELLED, "cancelled by a signal");
		int result = archive_read_next_header2(unpacker->reader, unpacker->entry);
		if (check_reader(unpacker, result, err) < 0)
			return -1;
		if (result == ARCHIVE_EOF)
			return check_end(unpacker, err);
		if (unpack_entry(unpacker, err) < 0)
			return -1;
		unpacker->entries++;
	}
}

static int unpack_stream(struct unpacker *unpacker, struct err *err)
{
	archive_read_support_format_tar(unpacker->reader);
	if (archive_read_open(unpacker->reader, unpacker, NULL, give, NULL) != ARCHIVE_OK)
		return broken(unpacker, archive_error_string(unpacker->reader), err);
	return unpack_entries(unpacker, err);
}

int tree_unpack_check(const char *directory, bool overwrite, bool *ret_in_use,
		      struct err *err)
{
	return tree_place_look(directory, overwrite, ret_in_use, err);
}

int tree_unpack(const struct tree_unpack *unpack, struct spring spring,
		struct tree_counts *ret, struct err *err)
{
	if (unpack->ret_changes)
		*unpack->ret_changes = (struct tree_changes){0};
	_cleanup_free_ struct unpacker *unpacker = mem_new(struct unpacker);
	*unpacker = (struct unpacker){.unpack = unpack,
				      .spring = spring,
				      .err = err,
				      .reader = archive_read_new(),
				      .rules = entry_rules_new(),
				      .maker.owners = unpack->owners};
	unpacker->entry = archive_entry_new2(unpacker->reader);
	entry_rules_keep_links(unpacker->rules);
	int result = tree_maker_open(&unpacker->maker, unpack->directory,
				     unpack->overwrite, err);
	if (result == 0)
		result = unpack_stream(unpacker, err);
	if (result == 0)
		result = tree_maker_finish(&unpacker->maker, unpack->directory, err);
	if (result == 0)
		*ret = (struct tree_counts){.entries = unpacker->entries,
					    .bytes = unpacker->bytes};
	tree_maker_close(&unpacker->maker);
	archive_entry_free(unpacker->entry);
	archive_read_free(unpacker->reader);
	entry_rules_free(unpacker->rules);
	return result;
}
