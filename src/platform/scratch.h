/* room: platform
 * Scratch directories: made empty, for this process only, and removed with everything that came to be in them.
 */
#ifndef BELAY_PLATFORM_SCRATCH_H
#define BELAY_PLATFORM_SCRATCH_H

#include "belay/err.h"

/* Makes "DIRECTORY/belay-XXXXXX" (mode 0700); missing directories above it are made as well. *ret_path: fresh.
 * ERR_FAIL with the system's reason. */
int scratch_make(const char *directory, char **ret_path, struct err *err);

/* Removes a directory and what is in it, however deep, with a constant number of descriptors. Links are removed, not followed;
 * directories that forbid it are opened first; what is on another file system is left alone and fails it
 * (EXDEV). One that is not there is no error. */
int scratch_remove(const char *path, struct err *err);

#endif
