/* Packing into chunks of one size, by several threads.
 *
 * The stream is cut into units, which threads compress; pack_add()'s caller puts the frames into chunks, in
 * order. How well data compresses is known only afterwards, so a unit is made to end a little behind
 * the end of its chunk, by the last unit's measure; its frame is cut where the chunk ends, and what
 * is left over becomes the first frame of the next chunk.
 */
#include "platform/pack.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/pack_header.h"
#include "platform/pack_unit.h"

enum { LEAST_ROOM = 4 << 10 /* less than this is padded */ };

struct pack {
	struct pack_options options;
	struct pack_sink sink;
	ZSTD_CCtx *zstd;      /* of the caller's thread, for what is left over */
	unsigned char *chunk; /* the sink's; NULL until something goes into it */
	size_t used;          /* of the chunk; the header included */
	uint64_t index;
	double share; /* compressed size of the last unit, as a share of its own */
	bool filling; /* the unit number `filled` has some input */

	pthread_mutex_t
		lock; /* of everything below, but for the units that somebody works on */
	pthread_cond_t changed;
	pthread_t *threads;
	int thread_count;
	bool ended;
	struct pack_unit *units; /* a ring: filled, compressed and emptied in order */
	size_t unit_count;
	uint64_t filled, taken,
		emptied; /* units in all; filled is the one being filled */
};

static struct pack_unit *unit_at(const struct pack *pack, uint64_t number)
{
	return &pack->units[number % pack->unit_count];
}

static ZSTD_CCtx *compressor_new(int level)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	if (!zstd)
		abort(); /* out of memory, as in mem_alloc() */
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
	return zstd;
}

/* --- threads -------------------------------------------------------------------------------- */

static void *compress_units(void *context)
{
	struct pack *pack = context;
	ZSTD_CCtx *zstd = compressor_new(pack->options.level);
	pthread_mutex_lock(&pack->lock);
	for (;;) {
		while (pack->taken == pack->filled && !pack->ended)
			pthread_cond_wait(&pack->changed, &pack->lock);
		if (pack->taken == pack->filled)
			break;
		struct pack_unit *unit = unit_at(pack, pack->taken++);
		pthread_mutex_unlock(&pack->lock);
		unit_compress(unit, zstd);
		pthread_mutex_lock(&pack->lock);
		unit->done = true;
		pthread_cond_broadcast(&pack->changed);
	}
	pthread_mutex_unlock(&pack->lock);
	ZSTD_freeCCtx(zstd);
	return NULL;
}

/* With fewer threads than asked for it works as well, just not with none. */
static void start_threads(struct pack *pack)
{
	pack->threads = mem_array(pthread_t, (size_t)pack->options.threads);
	while (pack->thread_count < pack->options.threads) {
		if (pthread_create(&pack->threads[pack->thread_count], NULL,
				   compress_units, pack) != 0)
			break;
		pack->thread_count++;
	}
	if (pack->thread_count == 0)
		abort();
}

struct pack *pack_new(const struct pack_options *options, struct pack_sink sink)
{
	assert(options->chunk_bytes >= PACK_CHUNK_MIN &&
	       options->chunk_bytes <= PACK_CHUNK_MAX);
	struct pack *pack = mem_new(struct pack);
	pack->options = *options;
	pack->sink = sink;
	pack->zstd = compressor_new(options->level);
	pack->used = PACK_HEADER_BYTES;
	pack->share = 1;
	pack->unit_count = (size_t)options->threads + 1;
	pack->units = mem_array(struct pack_unit, pack->unit_count);
	for (size_t i = 0; i < pack->unit_count; i++)
		unit_init(&pack->units[i]);
	pthread_mutex_init(&pack->lock, NULL);
	pthread_cond_init(&pack->changed, NULL);
	start_threads(pack);
	return pack;
}

void pack_freep(struct pack **pack)
{
	if (!*pack)
		return;
	struct pack *p = TAKE_PTR(*pack);
	pthread_mutex_lock(&p->lock);
	p->ended = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->thread_count; i++)
		pthread_join(p->threads[i], NULL);
	for (size_t i = 0; i < p->unit_count; i++)
		unit_release(&p->units[i]);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	ZSTD_freeCCtx(p->zstd);
	free(p->threads);
	free(p->units);
	free(p);
}

/* --- chunks --------------------------------------------------------------------------------- */

/* Room for frames: the padding needs a header of its own. */
static size_t room_of(const struct pack *pack)
{
	return pack->options.chunk_bytes - pack->used - PACK_FRAME_HEADER_BYTES;
}

static int want_chunk(struct pack *pack, struct err *err)
{
	if (!pack->chunk)
		pack->chunk = pack->sink.room(pack->sink.context, err);
	return pack->chunk ? 0 : -1;
}

static int give_chunk(struct pack *pack, bool final, struct err *err)
{
	if (want_chunk(pack, err) < 0)
		return -1;
	size_t size = pack->used;
	if (!final) {
		size = pack->options.chunk_bytes;
		pack_padding_write(pack->chunk + pack->used, size - pack->used);
	}
	pack_header_write(pack->chunk, pack->options.id, pack->index, final);
	pack->chunk = NULL;
	if (pack->sink.take(pack->sink.context, size, pack->index, final, err) < 0)
		return -1;
	pack->index++;
	pack->used = PACK_HEADER_BYTES;
	return 0;
}

/* Fills some of what is left of a chunk with a small frame of the unit's next input, if it fits. Made in
 * the unit's own frame, which is of no use any more. */
static bool fill_rest(struct pack *pack, struct pack_unit *unit)
{
	size_t room = room_of(pack);
	double guess = (double)room * 0.85 / (pack->share > 0.01 ? pack->share : 0.01);
	size_t take =
		guess < (double)unit->input_bytes ? (size_t)guess : unit->input_bytes;
	if (room < LEAST_ROOM || take == 0)
		return false;
	size_t made =
		ZSTD_compress2(pack->zstd, unit->frame,
			       ZSTD_compressBound(UNIT_MAX_BYTES), unit->input, take);
	if (ZSTD_isError(made) || made > room)
		return false; /* then it is padded */
	memcpy(pack->chunk + pack->used, unit->frame, made);
	pack->used += made;
	unit_drop(unit, take);
	return true;
}

/* Puts a compressed unit into chunks. */
static int place(struct pack *pack, struct pack_unit *unit, struct err *err)
{
	pack->share = (double)unit->frame_bytes / (double)unit->input_bytes;
	while (unit->err.code == ERR_NONE && unit->frame_bytes > room_of(pack)) {
		if (want_chunk(pack, err) < 0)
			return -1;
		const struct unit_point *point = unit_cut(unit, room_of(pack));
		if (point) {
			pack->used +=
				unit_copy_cut(unit, point, pack->chunk + pack->used);
			unit_drop(unit, point->input);
		}
		while (fill_rest(pack, unit))
			;
		if (give_chunk(pack, false, err) < 0)
			return -1;
		if (unit->input_bytes == 0)
			return 0;
		unit_compress(unit, pack->zstd);
	}
	if (unit->err.code) {
		*err = unit->err;
		return -1;
	}
	if (want_chunk(pack, err) < 0)
		return -1;
	memcpy(pack->chunk + pack->used, unit->frame, unit->frame_bytes);
	pack->used += unit->frame_bytes;
	return 0;
}

/* --- units ---------------------------------------------------------------------------------- */

/* Waits for the oldest unit and empties it. */
static int empty_one(struct pack *pack, struct err *err)
{
	struct pack_unit *unit = unit_at(pack, pack->emptied);
	pthread_mutex_lock(&pack->lock);
	while (!unit->done)
		pthread_cond_wait(&pack->changed, &pack->lock);
	pthread_mutex_unlock(&pack->lock);
	int result = place(pack, unit, err);
	unit->done = false;
	pack->emptied++;
	return result;
}

/* How much input the next unit is to take: up to a little behind the end of the chunk it will be in,
 * if that is near. */
static size_t next_span(const struct pack *pack)
{
	double share = pack->share > 0.01 ? pack->share : 0.01;
	double chunk = (double)(pack->options.chunk_bytes - PACK_HEADER_BYTES);
	double used = (double)(pack->used - PACK_HEADER_BYTES);
	for (uint64_t i = pack->emptied; i < pack->filled; i++)
		used += (double)unit_at(pack, i)->input_bytes * share;
	while (used > chunk * 0.97)
		used -= chunk < used ? chunk : used;
	double span = (chunk - used) / share * 1.03 + UNIT_BLOCK_BYTES;
	if (span > 1.6 * UNIT_MAX_BYTES)
		return UNIT_MAX_BYTES;
	if (span > UNIT_MAX_BYTES)
		return (size_t)(span / 2);
	return (size_t)span;
}

static int begin_unit(struct pack *pack, struct err *err)
{
	if (pack->filled - pack->emptied == pack->unit_count && empty_one(pack, err) < 0)
		return -1;
	size_t span = next_span(pack);
	struct pack_unit *unit = unit_at(pack, pack->filled);
	unit->input_bytes = 0;
	unit->wanted_bytes = span < UNIT_MAX_BYTES ? span : UNIT_MAX_BYTES;
	return 0;
}

static void hand_over(struct pack *pack)
{
	pthread_mutex_lock(&pack->lock);
	pack->filled++;
	pthread_cond_broadcast(&pack->changed);
	pthread_mutex_unlock(&pack->lock);
}

int pack_add(struct pack *pack, const void *data, size_t bytes, struct err *err)
{
	const unsigned char *at = data;
	while (bytes > 0) {
		struct pack_unit *unit = unit_at(pack, pack->filled);
		if (!pack->filling && begin_unit(pack, err) < 0)
			return -1;
		pack->filling = true;
		size_t space = unit->wanted_bytes - unit->input_bytes;
		size_t take = bytes < space ? bytes : space;
		memcpy(unit->input + unit->input_bytes, at, take);
		unit->input_bytes += take;
		at += take;
		bytes -= take;
		if (unit->input_bytes < unit->wanted_bytes)
			continue;
		hand_over(pack);
		pack->filling = false;
	}
	return 0;
}

int pack_end(struct pack *pack, struct err *err)
{
	if (pack->filling)
		hand_over(pack);
	pack->filling = false;
	while (pack->emptied < pack->filled)
		if (empty_one(pack, err) < 0)
			return -1;
	return give_chunk(pack, true, err);
}
