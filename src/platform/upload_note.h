/* room: platform
 * What an upload into a directory (depot_directory.h, depot_ssh.h) says of itself in ID.note, beside its content: one line,
 * "belay-upload 1 PART_BYTES MARK NAME". Pure.
 */
#ifndef BELAY_PLATFORM_UPLOAD_NOTE_H
#define BELAY_PLATFORM_UPLOAD_NOTE_H

#include "platform/depot.h"

#define UPLOAD_NOTE_MAX_BYTES ((size_t)4096)

/* 16 hexadecimal digits. Fresh. */
char *upload_id_new(void);
/* ERR_NOT_FOUND unless it looks like one. */
int upload_id_check(const char *id, struct err *err);

/* The line, with its end. Fresh. */
char *upload_note_text(const struct depot_begin *begin);
/* The name in it; "" when it was never written. Fresh. */
char *upload_note_name(const char *text);

/* Does an upload of this name, "" when it is lost, count among those of `prefix`? A crash before the note was written
 * leaves one without a name: anybody's, when it is no longer being written. */
bool upload_note_counts(const char *name, const char *prefix, int64_t begun_ms,
			int64_t now_ms);

#endif
