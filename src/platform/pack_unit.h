/* A unit: a stretch of the stream on its way to becoming zstd frames. Private to src/platform.
 *
 * It becomes one frame, or more where chunks end in it. Where they do is known when the units before it are
 * done, which they often are not yet when this one begins: until then blocks are made as if there was no end, and
 * when there was one after all, the frame is cut behind a block that still fits (three bytes that say "an empty
 * block, the last one" take the place of the rest) and what came after it is made again.
 */
#ifndef BELAY_PLATFORM_PACK_UNIT_H
#define BELAY_PLATFORM_PACK_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <zstd.h>

#include "belay/err.h"
#include "platform/pack.h"

enum {
	UNIT_BLOCK_BYTES = 128 << 10, /* zstd's own largest block */
	UNIT_MAX_BYTES = 8 << 20,
	UNIT_POINTS = UNIT_MAX_BYTES / UNIT_BLOCK_BYTES + 1,
	/* Chunks hold at least half of their size in data that cannot be compressed. */
	UNIT_SPLITS = 2 * UNIT_MAX_BYTES / PACK_CHUNK_MIN + 2,
	UNIT_FRAMES_BYTES =
		UNIT_MAX_BYTES + (128 << 10), /* room for all frames of a unit */
};

/* Asks how much of its chunk is taken where the unit begins. False: not known yet; with `wait` it waits. */
struct unit_start {
	bool (*ask)(void *context, bool wait, size_t *ret_used);
	void *context;
};

struct pack_unit {
	unsigned char *input;
	size_t input_bytes, wanted_bytes; /* there, and when it is full */

	unsigned char *
		frames; /* UNIT_FRAMES_BYTES, lent while it is compressed and until it is emptied */
	size_t frame_bytes;
	size_t splits[UNIT_SPLITS]; /* where chunks end in `frames` */
	size_t split_count;
	size_t used; /* of the chunk in which the unit ends */
	bool done;
	struct err err;
};

void unit_init(struct pack_unit *unit);
void unit_release(struct pack_unit *unit);

/* Makes the frames of all the input, for chunks with room for `chunk_room` bytes of them. On failure
 * unit->err says why. */
void unit_compress(struct pack_unit *unit, ZSTD_CCtx *zstd, int level, size_t chunk_room,
		   struct unit_start start);

#endif
