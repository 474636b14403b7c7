/* room: platform
 * Release artifacts: looking into tar archives before anyone unpacks them, and sending a directory
 * as one. Over libarchive.
 *
 * What is refused (ERR_CONFIG with the entry's name), because unpacking it could write outside of
 * the directory meant for it: absolute paths; ".." in a path; a path that leads through a symbolic
 * link of the same archive; symbolic links whose target is absolute, climbs above the root or hides
 * a ".." behind another component; hard links to something outside or to a symbolic link; devices,
 * FIFOs and sockets.
 */
#ifndef BELAY_PLATFORM_ARCHIVE_H
#define BELAY_PLATFORM_ARCHIVE_H

#include <stdint.h>
#include <sys/types.h>

#include "belay/err.h"
#include "platform/run.h"
#include "platform/stop.h"

struct archive_summary {
	const char *format; /* "tar", "tar.gz", "tar.zst", "directory" */
	char *sha256;       /* of the file; of the tar stream for a directory. Owned */
	uint64_t size_bytes;
	uint64_t entries;
	uint64_t unpacked_bytes;
};

void archive_summary_release(struct archive_summary *summary);

/* Reads all of a file or directory in bounded memory (the names of its symbolic links excepted).
 * Errors: ERR_NOT_FOUND, ERR_CONFIG (no such archive, damaged, see above), ERR_LIMIT (more than a
 * million entries), ERR_CANCELLED. */
int archive_inspect(const char *path, const struct stop *stop,
		    struct archive_summary *ret, struct err *err);

/* A directory as an uncompressed GNU tar stream that depends on nothing but its content: entries in
 * the order of their names, owner 0:0, permission bits without set-id, modification times as on
 * disk in whole seconds (so two check-outs at different times differ, and what is unpacked keeps its
 * times). Memory is bounded by the largest directory. */
struct archive_stream;

int archive_stream_open(const char *directory, struct archive_stream **ret,
			struct err *err);
/* A feed (run.h); `context` is the stream. */
ssize_t archive_stream_read(void *stream, void *buffer, size_t size, struct err *err);
/* What has been sent so far. */
void archive_stream_counts(const struct archive_stream *stream, uint64_t *ret_entries,
			   uint64_t *ret_bytes);
void archive_stream_close(struct archive_stream *stream);
void archive_stream_closep(struct archive_stream **stream);

static inline struct feed feed_from_archive(struct archive_stream *stream)
{
	return (struct feed){.read = archive_stream_read, .context = stream};
}

#endif
