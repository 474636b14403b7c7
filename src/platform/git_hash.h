/* room: platform
 * The object ids that git gives to files, without a repository.
 */
#ifndef BELAY_PLATFORM_GIT_HASH_H
#define BELAY_PLATFORM_GIT_HASH_H

#include <stddef.h>

#include "belay/err.h"
#include "platform/git.h"

/* The id of a blob with these bytes. ERR_FAIL when there is no SHA-1. */
int vcs_hash(const void *data, size_t len, char ret_id[static VCS_ID_BYTES],
	     struct err *err);

#endif
