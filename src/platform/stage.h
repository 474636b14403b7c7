/* room: platform
 * A stage: a large file that is written bit by bit beside its place, as ".NAME.belay-XXXXXX", and appears there when it
 * is complete.
 */
#ifndef BELAY_PLATFORM_STAGE_H
#define BELAY_PLATFORM_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"

struct stage;

/* ERR_FAIL with sys_errno EEXIST when there is something at `path` and it is not to be overwritten, or when it
 * is a directory; also when it came there meanwhile. Missing directories are made. Nobody but the owner may
 * read the file; one that replaces another has its owner, group and mode, as far as we may give them. */
int stage_open(const char *path, bool overwrite, struct stage **ret, struct err *err);
/* Looks for that only. */
int stage_check(const char *path, bool overwrite, struct err *err);
int stage_add(struct stage *stage, const void *data, size_t bytes, struct err *err);
/* Syncs it and moves it into its place. */
int stage_commit(struct stage *stage, struct err *err);
/* Removes what was not committed, frees the rest. Accepts NULL. */
void stage_close(struct stage *stage);
void stage_closep(struct stage **stage);

#endif
