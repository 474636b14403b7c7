/* room: platform
 * Flows: a stream of bytes between two adapters, pushed by one or pulled by the other.
 *
 * Both may block for as long as the other side needs. A failing one has filled *err; whoever gets that stops
 * and passes it on.
 */
#ifndef BELAY_PLATFORM_FLOW_H
#define BELAY_PLATFORM_FLOW_H

#include <stddef.h>
#include <sys/types.h>

#include "belay/err.h"

/* Takes bytes; `data` is valid during the call. */
struct drain {
	int (*take)(void *context, const void *data, size_t bytes, struct err *err);
	/* Where the next bytes may be put, so that they need not be copied: at least one, taken from there by the
	 * next take(). NULL with *err filled. A drain without this takes bytes from anywhere only. */
	void *(*room)(void *context, size_t *ret_bytes, struct err *err);
	void *context;
};

/* Gives bytes: *ret_data is valid until the next call. Returns their number, 0 at the end, -1. */
struct spring {
	ssize_t (*next)(void *context, const void **ret_data, struct err *err);
	void *context;
};

#endif
