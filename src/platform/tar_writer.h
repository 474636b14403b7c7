/* room: platform
 * Tar streams, written entry by entry (POSIX.1-2001 pax: ustar headers, and records where these are too small).
 *
 * Written here and not by libarchive: that marks every name which is not ASCII with hdrcharset=BINARY, of which GNU tar
 * warns file by file, and has nanoseconds only at three times the cost. Names go out as the bytes they are. Sparse files
 * are in GNU's format 1.0, attributes and ACLs as SCHILY.xattr and SCHILY.acl, which GNU tar, bsdtar and star share.
 *
 *     tar_writer_entry(), then for files exactly as many bytes as it promised, then the next one; tar_writer_end()
 */
#ifndef BELAY_PLATFORM_TAR_WRITER_H
#define BELAY_PLATFORM_TAR_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "belay/str.h"
#include "platform/flow.h"

enum tar_type {
	TAR_FILE = '0',
	TAR_HARDLINK = '1',
	TAR_SYMLINK = '2',
	TAR_DIRECTORY = '5',
};

/* Where a sparse file has data. */
struct tar_extent {
	uint64_t offset, bytes;
};

struct tar_entry {
	enum tar_type type;
	const char *path;   /* a directory's without a slash at its end */
	const char *target; /* of a link */
	mode_t mode;        /* permission bits */
	uint32_t uid, gid;
	const char *user, *group; /* NULL: no name */
	struct timespec modified;
	uint64_t size;
	/* Sorted, none empty; NULL: all of the file is data. Else the content is that of the extents. */
	const struct tar_extent *extents;
	size_t extent_count;
	const struct str *records; /* made by tar_add_record(); may be NULL */
};

struct tar_writer;

struct tar_writer *tar_writer_new(struct drain drain);
void tar_writer_freep(struct tar_writer **writer);

int tar_writer_entry(struct tar_writer *writer, const struct tar_entry *entry,
		     struct err *err);

/* Where the next bytes of content may be put; never less than one. Then tar_writer_filled() says how many came. */
int tar_writer_space(struct tar_writer *writer, void **ret_space, size_t *ret_bytes,
		     struct err *err);
void tar_writer_filled(struct tar_writer *writer, size_t bytes);

/* Content that is zeros. */
int tar_writer_zeros(struct tar_writer *writer, uint64_t bytes, struct err *err);

/* The two empty blocks; nothing may follow. */
int tar_writer_end(struct tar_writer *writer, struct err *err);

/* What the drain got, and what is on its way there. */
uint64_t tar_writer_bytes(const struct tar_writer *writer);

/* "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
void tar_add_record(struct str *records, const char *key, const void *value, size_t len);

#endif
