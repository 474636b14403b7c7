/* Compressing a unit block by block, each block flushed, so that the frame can be cut behind it. */
#include "platform/pack_unit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"

static size_t frame_room(void)
{
	return ZSTD_compressBound(UNIT_MAX_BYTES) + (size_t)UNIT_POINTS * 8;
}

void unit_init(struct pack_unit *unit)
{
	*unit = (struct pack_unit){
		.input = mem_alloc(UNIT_MAX_BYTES),
		.frame = mem_alloc(frame_room()),
	};
}

void unit_release(struct pack_unit *unit)
{
	free(unit->input);
	free(unit->frame);
}

static int compress_block(struct pack_unit *unit, ZSTD_CCtx *zstd, size_t at, bool last)
{
	size_t left = unit->input_bytes - at;
	ZSTD_inBuffer in = {.src = unit->input + at,
			    .size = last ? left : (size_t)UNIT_BLOCK_BYTES};
	ZSTD_outBuffer out = {
		.dst = unit->frame, .size = frame_room(), .pos = unit->frame_bytes};
	size_t result =
		ZSTD_compressStream2(zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
	if (result != 0 || in.pos != in.size)
		return err_set(&unit->err, ERR_FAIL, "compressing: %s",
			       ZSTD_isError(result) ? ZSTD_getErrorName(result)
						    : "a frame larger than it can be");
	unit->frame_bytes = out.pos;
	return 0;
}

void unit_compress(struct pack_unit *unit, ZSTD_CCtx *zstd)
{
	ZSTD_CCtx_reset(zstd, ZSTD_reset_session_only);
	unit->frame_bytes = unit->point_count = 0;
	for (size_t at = 0; at < unit->input_bytes; at += UNIT_BLOCK_BYTES) {
		bool last = unit->input_bytes - at <= UNIT_BLOCK_BYTES;
		if (compress_block(unit, zstd, at, last) < 0)
			return;
		if (last)
			return;
		assert(unit->point_count < UNIT_POINTS);
		unit->points[unit->point_count++] = (struct unit_point){
			.input = at + UNIT_BLOCK_BYTES, .frame = unit->frame_bytes};
	}
}

const struct unit_point *unit_cut(const struct pack_unit *unit, size_t room)
{
	for (size_t i = unit->point_count; i-- > 0;)
		if (unit->points[i].frame + UNIT_END_BYTES <= room)
			return &unit->points[i];
	return NULL;
}

size_t unit_copy_cut(const struct pack_unit *unit, const struct unit_point *point,
		     unsigned char *out)
{
	/* RFC 8878, 3.1.1.2: last block 1, type 0 (raw), size 0. */
	static const unsigned char end[UNIT_END_BYTES] = {1, 0, 0};
	memcpy(out, unit->frame, point->frame);
	memcpy(out + point->frame, end, sizeof end);
	return point->frame + sizeof end;
}

void unit_drop(struct pack_unit *unit, size_t bytes)
{
	unit->input_bytes -= bytes;
	memmove(unit->input, unit->input + bytes, unit->input_bytes);
}
