/* room: platform
 * What an upload into a directory (depot_directory.h, depot_ssh.h) knows of itself, as the text of ID.parts: first line
 * "belay-upload 1 PART_BYTES MARK NAME", then "NUMBER BYTES SHA256" for each part. Pure.
 */
#ifndef BELAY_PLATFORM_UPLOAD_LIST_H
#define BELAY_PLATFORM_UPLOAD_LIST_H

#include "platform/depot.h"

#define UPLOAD_LIST_MAX_BYTES ((size_t)4 << 20)

/* 16 hexadecimal digits. Fresh. */
char *upload_id_new(void);
/* ERR_NOT_FOUND unless it looks like one. */
int upload_id_check(const char *id, struct err *err);

/* Lines, with their ends. Fresh. The part needs number, size and sha256. */
char *upload_list_first(const struct depot_begin *begin);
char *upload_list_line(const struct depot_part *part);

/* The parts of a list, by number. Lines that a crash cut are skipped; of two for one part the later counts. ERR_CONFIG
 * when it is not the list of this upload. */
int upload_list_parse(const char *text, const struct depot_begin *begin,
		      struct depot_parts *ret, struct err *err);
/* The name in a first line; "" when it was never written. Fresh. */
char *upload_list_name(const char *text);

/* Does an upload of this name, "" when it is lost, count among those of `prefix`? A crash before the first line was
 * written leaves one without a name: anybody's, when it is no longer being written. */
bool upload_list_counts(const char *name, const char *prefix, int64_t begun_ms,
			int64_t now_ms);

/* A part as it is noted: number, size, and the SHA-256 of its content, which is its tag as well (`sha256` NULL: it is made
 * here). */
void upload_list_part(unsigned number, const void *data, size_t bytes,
		      const unsigned char *sha256, struct depot_part *ret);

#endif
