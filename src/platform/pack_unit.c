/* Compressing a unit block by block.
 *
 * The input stands in memory as one piece, which zstd's streaming interface cannot make use of: it copies
 * everything into a window of its own and searches that in a way that takes half as long again. The blocks
 * are therefore made by the interface below it.
 */
#define ZSTD_STATIC_LINKING_ONLY
#define ZSTD_DISABLE_DEPRECATE_WARNINGS
#include "platform/pack_unit.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/large_memory.h"

enum {
	BLOCK_HEADER_BYTES = 3,      /* a block is never larger than its input and this */
	END_BYTES = 3,               /* an empty block, the last one */
	LEAST_BLOCK_BYTES = 1 << 10, /* for less the chunk is padded */
	WINDOW_LOG = 22,             /* 4 MiB: whoever unpacks needs as much memory */
	SHORT_TABLE_LOG = 2,         /* a quarter of the long one */
	SMALL_BYTES = 256 << 10,     /* for less zstd takes smaller tables anyway */
};

struct maker {
	struct pack_unit *unit;
	ZSTD_CCtx *zstd;
	int level;
	size_t chunk_room;
	size_t at;          /* of the input */
	size_t frame_began; /* in the unit's frames */
	size_t limit;       /* where the chunk is full; SIZE_MAX: not known */
	/* So much input is in so much of the first frame, while the limit is not known. */
	struct point {
		size_t input, frame;
	} points[UNIT_POINTS];
	size_t point_count;
};

void unit_init(struct pack_unit *unit)
{
	*unit = (struct pack_unit){.input = large_memory(UNIT_MAX_BYTES)};
}

void unit_release(struct pack_unit *unit)
{
	free(unit->input);
}

/* --- frames -------------------------------------------------------------------------------- */

static int note_result(struct maker *maker, size_t result)
{
	if (ZSTD_isError(result))
		return err_set(&maker->unit->err, ERR_FAIL, "compressing: %s",
			       ZSTD_getErrorName(result));
	maker->unit->frame_bytes += result;
	return 0;
}

/* What zstd takes for a level, but for two things. To look back farther costs nothing, as the unit stands in memory as one piece.
 * And the two tables of the levels that have a long and a short one (3, the default, and 4) find a place in a
 * processor's cache together when the short one is small. What that loses, looking farther more than brings back. */
static ZSTD_parameters parameters_for(int level, size_t bytes)
{
	ZSTD_parameters parameters = ZSTD_getParams(level, bytes, 0);
	ZSTD_compressionParameters *how = &parameters.cParams;
	if (bytes > SMALL_BYTES && how->windowLog < WINDOW_LOG)
		how->windowLog = WINDOW_LOG;
	if (bytes > SMALL_BYTES && how->strategy == ZSTD_dfast)
		how->chainLog = how->hashLog - SHORT_TABLE_LOG;
	/* The header does not say how much follows, as the frame may be cut. */
	parameters.fParams = (ZSTD_frameParameters){.noDictIDFlag = 1};
	return parameters;
}

static int begin_frame(struct maker *maker)
{
	struct pack_unit *unit = maker->unit;
	ZSTD_parameters parameters =
		parameters_for(maker->level, unit->input_bytes - maker->at);
	maker->frame_began = unit->frame_bytes;
	return note_result(maker,
			   ZSTD_compressBegin_advanced(maker->zstd, NULL, 0, parameters,
						       ZSTD_CONTENTSIZE_UNKNOWN));
}

static bool has_begun(const struct maker *maker)
{
	return maker->unit->frame_bytes > maker->frame_began;
}

static void end_frame(struct maker *maker)
{
	/* RFC 8878, 3.1.1.2: last block 1, type 0 (raw), size 0. */
	static const unsigned char end[END_BYTES] = {1, 0, 0};
	struct pack_unit *unit = maker->unit;
	if (!has_begun(maker))
		return;
	memcpy(unit->frames + unit->frame_bytes, end, sizeof end);
	unit->frame_bytes += sizeof end;
}

static int make_block(struct maker *maker, size_t bytes)
{
	struct pack_unit *unit = maker->unit;
	size_t result = ZSTD_compressContinue(
		maker->zstd, unit->frames + unit->frame_bytes,
		(size_t)UNIT_FRAMES_BYTES - unit->frame_bytes - END_BYTES,
		unit->input + maker->at, bytes);
	maker->at += bytes;
	return note_result(maker, result);
}

/* --- where chunks end ---------------------------------------------------------------------- */

static void split(struct maker *maker)
{
	struct pack_unit *unit = maker->unit;
	end_frame(maker);
	assert(unit->split_count < UNIT_SPLITS);
	unit->splits[unit->split_count++] = unit->frame_bytes;
	maker->limit = unit->frame_bytes + maker->chunk_room;
}

/* Goes back to the last point that still fits. */
static void cut(struct maker *maker)
{
	struct pack_unit *unit = maker->unit;
	size_t i = maker->point_count;
	while (i > 0 && maker->points[i - 1].frame + END_BYTES > maker->limit)
		i--;
	maker->at = i > 0 ? maker->points[i - 1].input : 0;
	unit->frame_bytes = i > 0 ? maker->points[i - 1].frame : 0;
	end_frame(maker);
}

/* Where the chunk ends, if that is known by now. Whatever is too much is taken back. */
static int learn_limit(struct maker *maker, const struct unit_start *start, bool wait)
{
	size_t used;
	if (maker->limit != SIZE_MAX || !start->ask(start->context, wait, &used))
		return 0;
	maker->limit = maker->chunk_room - used;
	if (maker->unit->frame_bytes + END_BYTES <= maker->limit || !has_begun(maker))
		return 0;
	cut(maker);
	return begin_frame(maker);
}

/* How much input the next block takes, so that it fits whatever it contains; 0: the chunk is full. */
static size_t next_block(const struct maker *maker)
{
	const struct pack_unit *unit = maker->unit;
	size_t left = unit->input_bytes - maker->at;
	size_t want = left < UNIT_BLOCK_BYTES ? left : (size_t)UNIT_BLOCK_BYTES;
	if (maker->limit == SIZE_MAX)
		return want;
	size_t taken = unit->frame_bytes + BLOCK_HEADER_BYTES + END_BYTES +
		       (has_begun(maker) ? 0 : (size_t)ZSTD_FRAMEHEADERSIZE_MAX);
	size_t room = taken < maker->limit ? maker->limit - taken : 0;
	if (want <= room)
		return want;
	return room < LEAST_BLOCK_BYTES ? 0 : room;
}

static int make_next(struct maker *maker)
{
	size_t bytes = next_block(maker);
	if (bytes == 0) {
		split(maker);
		return begin_frame(maker);
	}
	if (make_block(maker, bytes) < 0)
		return -1;
	if (maker->limit == SIZE_MAX)
		maker->points[maker->point_count++] =
			(struct point){maker->at, maker->unit->frame_bytes};
	return 0;
}

static int make_frames(struct maker *maker, const struct unit_start *start)
{
	if (begin_frame(maker) < 0)
		return -1;
	for (;;) {
		bool all = maker->at == maker->unit->input_bytes;
		if (all && maker->limit != SIZE_MAX)
			break;
		if (learn_limit(maker, start, all) < 0)
			return -1;
		if (maker->at < maker->unit->input_bytes && make_next(maker) < 0)
			return -1;
	}
	end_frame(maker);
	return 0;
}

void unit_compress(struct pack_unit *unit, ZSTD_CCtx *zstd, int level, size_t chunk_room,
		   struct unit_start start)
{
	struct maker maker = {
		.unit = unit,
		.zstd = zstd,
		.level = level,
		.chunk_room = chunk_room,
		.limit = SIZE_MAX,
	};
	unit->frame_bytes = unit->split_count = 0;
	if (make_frames(&maker, &start) == 0)
		unit->used = chunk_room - (maker.limit - unit->frame_bytes);
}
