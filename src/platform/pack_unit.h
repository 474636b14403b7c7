/* A unit: a stretch of the stream on its way to becoming one zstd frame. Private to src/platform.
 *
 * A frame can be cut at any of its points (after each block) and stays a frame: three bytes that say
 * "an empty block, the last one" take the place of the rest.
 */
#ifndef BELAY_PLATFORM_PACK_UNIT_H
#define BELAY_PLATFORM_PACK_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <zstd.h>

#include "belay/err.h"

enum {
	UNIT_BLOCK_BYTES = 128 << 10, /* zstd's own largest block */
	UNIT_MAX_BYTES = 8 << 20,
	UNIT_POINTS = UNIT_MAX_BYTES / UNIT_BLOCK_BYTES + 1,
	UNIT_END_BYTES = 3,
};

struct pack_unit {
	unsigned char *input;
	size_t input_bytes, wanted_bytes; /* there, and when it is full */
	unsigned char *frame;
	size_t frame_bytes;
	struct unit_point {
		size_t input, frame; /* so much input is in so much of the frame */
	} points[UNIT_POINTS];
	size_t point_count;
	bool done;
	struct err err;
};

void unit_init(struct pack_unit *unit);
void unit_release(struct pack_unit *unit);

/* Makes the frame of all the input. On failure unit->err says why. */
void unit_compress(struct pack_unit *unit, ZSTD_CCtx *zstd);

/* The last point before which the frame, cut there, has at most `room` bytes; NULL when there is none. */
const struct unit_point *unit_cut(const struct pack_unit *unit, size_t room);
/* Copies the frame up to the point. Returns the bytes written. */
size_t unit_copy_cut(const struct pack_unit *unit, const struct unit_point *point,
		     unsigned char *out);
/* Forgets the first `bytes` of the input. */
void unit_drop(struct pack_unit *unit, size_t bytes);

#endif
