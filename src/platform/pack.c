/* Packing into chunks of one size, by several threads.
 *
 * The stream is cut into units, which threads compress. Each learns from the one before it where in its
 * chunk it begins, and so where that chunk ends (pack_unit.h); pack_add()'s caller puts the frames into
 * chunks, in order. A unit is made to end a little behind the end of its chunk, by the last unit's measure:
 * by then a thread knows where that is.
 */
#include "platform/pack.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/large_memory.h"
#include "platform/pack_header.h"
#include "platform/pack_unit.h"

struct pack {
	struct pack_options options;
	struct pack_sink sink;
	unsigned char *chunk; /* the sink's; NULL until something goes into it */
	size_t used;          /* of the chunk's room */
	uint64_t index;
	double share; /* compressed size of the last unit, as a share of its own */
	bool begun;   /* the unit number `filled` takes input */

	pthread_mutex_t
		lock; /* of everything below, but for the units that somebody works on */
	pthread_cond_t changed;
	pthread_t *threads;
	int thread_count;
	bool ended;
	struct pack_unit *units; /* a ring: filled, compressed and emptied in order */
	size_t unit_count;
	/* Free memory for what units become, one for each. A stack: what was emptied last is still in a processor's cache. */
	unsigned char **frames;
	size_t frames_count;
	uint64_t filled, taken,
		emptied; /* units in all; filled is the one being filled */
	uint64_t
		laid; /* so many have found their place; and of the chunk where the last one ends, */
	size_t laid_used; /* so much is taken */
};

static struct pack_unit *unit_at(const struct pack *pack, uint64_t number)
{
	return &pack->units[number % pack->unit_count];
}

/* Of a chunk, for frames: the padding needs a header of its own. */
static size_t room_of(const struct pack *pack)
{
	return pack->options.chunk_bytes - PACK_HEADER_BYTES - PACK_FRAME_HEADER_BYTES;
}

/* --- threads -------------------------------------------------------------------------------- */

/* The unit that a thread has, and what the thread asks for it. */
struct turn {
	struct pack *pack;
	uint64_t number;
};

static bool ask_start(void *context, bool wait, size_t *ret_used)
{
	const struct turn *turn = context;
	struct pack *pack = turn->pack;
	pthread_mutex_lock(&pack->lock);
	while (wait && pack->laid < turn->number)
		pthread_cond_wait(&pack->changed, &pack->lock);
	bool known = pack->laid == turn->number;
	*ret_used = pack->laid_used;
	pthread_mutex_unlock(&pack->lock);
	return known;
}

/* With the lock held. Waits for a unit; false: nothing comes any more. */
static bool take_unit(struct pack *pack, uint64_t *ret_number)
{
	while (!pack->ended && pack->taken == pack->filled)
		pthread_cond_wait(&pack->changed, &pack->lock);
	if (pack->ended)
		return false;
	*ret_number = pack->taken++;
	unit_at(pack, *ret_number)->frames = pack->frames[--pack->frames_count];
	return true;
}

static void *compress_units(void *context)
{
	struct pack *pack = context;
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	if (!zstd)
		abort(); /* out of memory, as in mem_alloc() */
	struct turn turn = {.pack = pack};
	struct unit_start start = {.ask = ask_start, .context = &turn};
	pthread_mutex_lock(&pack->lock);
	while (take_unit(pack, &turn.number)) {
		struct pack_unit *unit = unit_at(pack, turn.number);
		pthread_mutex_unlock(&pack->lock);
		unit_compress(unit, zstd, pack->options.level, room_of(pack), start);
		pthread_mutex_lock(&pack->lock);
		/* One that failed is laid as well, so that those behind it do not wait. */
		while (pack->laid < turn.number)
			pthread_cond_wait(&pack->changed, &pack->lock);
		pack->laid++;
		pack->laid_used = unit->err.code ? 0 : unit->used;
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
	pack->share = 1;
	pack->unit_count = (size_t)options->threads + 1;
	pack->units = mem_array(struct pack_unit, pack->unit_count);
	for (size_t i = 0; i < pack->unit_count; i++)
		unit_init(&pack->units[i]);
	pack->frames_count = pack->unit_count;
	pack->frames = mem_array(unsigned char *, pack->frames_count);
	for (size_t i = 0; i < pack->frames_count; i++)
		pack->frames[i] = large_memory(UNIT_FRAMES_BYTES);
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
	for (size_t i = 0; i < p->unit_count; i++) {
		free(p->units[i].frames);
		unit_release(&p->units[i]);
	}
	for (size_t i = 0; i < p->frames_count; i++)
		free(p->frames[i]);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p->frames);
	free(p->units);
	free(p);
}

/* --- chunks --------------------------------------------------------------------------------- */

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
	size_t size = PACK_HEADER_BYTES + pack->used;
	if (!final) {
		pack_padding_write(pack->chunk + size, pack->options.chunk_bytes - size);
		size = pack->options.chunk_bytes;
	}
	pack_header_write(pack->chunk, pack->options.id, pack->index, final);
	pack->chunk = NULL;
	if (pack->sink.take(pack->sink.context, size, pack->index, final, err) < 0)
		return -1;
	pack->index++;
	pack->used = 0;
	return 0;
}

static int put_frames(struct pack *pack, const unsigned char *frames, size_t bytes,
		      struct err *err)
{
	assert(pack->used + bytes <= room_of(pack));
	if (want_chunk(pack, err) < 0)
		return -1;
	memcpy(pack->chunk + PACK_HEADER_BYTES + pack->used, frames, bytes);
	pack->used += bytes;
	return 0;
}

/* Puts a compressed unit into chunks. */
static int place(struct pack *pack, const struct pack_unit *unit, struct err *err)
{
	size_t at = 0;
	if (unit->err.code) {
		*err = unit->err;
		return -1;
	}
	for (size_t i = 0; i < unit->split_count; i++) {
		size_t end = unit->splits[i];
		if (put_frames(pack, unit->frames + at, end - at, err) < 0 ||
		    give_chunk(pack, false, err) < 0)
			return -1;
		at = end;
	}
	pack->share = (double)unit->frame_bytes / (double)unit->input_bytes;
	return put_frames(pack, unit->frames + at, unit->frame_bytes - at, err);
}

/* --- units ---------------------------------------------------------------------------------- */

/* Empties the oldest unit; waits for it when `wait`. *ret_done: there was one. */
static int empty_one(struct pack *pack, bool wait, bool *ret_done, struct err *err)
{
	struct pack_unit *unit = unit_at(pack, pack->emptied);
	pthread_mutex_lock(&pack->lock);
	while (wait && !unit->done)
		pthread_cond_wait(&pack->changed, &pack->lock);
	*ret_done = unit->done;
	pthread_mutex_unlock(&pack->lock);
	if (!*ret_done)
		return 0;
	int result = place(pack, unit, err);
	pthread_mutex_lock(&pack->lock);
	pack->frames[pack->frames_count++] = TAKE_PTR(unit->frames);
	unit->done = false;
	pthread_cond_broadcast(&pack->changed);
	pthread_mutex_unlock(&pack->lock);
	pack->emptied++;
	return result;
}

/* Empties what is done, and waits until so many units at most are left. */
static int empty_down_to(struct pack *pack, uint64_t most, struct err *err)
{
	while (pack->emptied < pack->filled) {
		bool done = false;
		if (empty_one(pack, pack->filled - pack->emptied > most, &done, err) < 0)
			return -1;
		if (!done)
			break;
	}
	return 0;
}

/* How much input the next unit is to take: up to a little behind the end of the chunk it will be in,
 * if that is near. */
static size_t next_span(const struct pack *pack)
{
	double share = pack->share > 0.01 ? pack->share : 0.01;
	double chunk = (double)room_of(pack);
	double used = (double)pack->used;
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
	if (empty_down_to(pack, pack->unit_count - 1, err) < 0)
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

void *pack_room(struct pack *pack, size_t *ret_bytes, struct err *err)
{
	if (!pack->begun && begin_unit(pack, err) < 0)
		return NULL;
	pack->begun = true;
	struct pack_unit *unit = unit_at(pack, pack->filled);
	*ret_bytes = unit->wanted_bytes - unit->input_bytes;
	return unit->input + unit->input_bytes;
}

int pack_add(struct pack *pack, const void *data, size_t bytes, struct err *err)
{
	const unsigned char *at = data;
	while (bytes > 0) {
		size_t space;
		void *room = pack_room(pack, &space, err);
		if (!room)
			return -1;
		size_t take = bytes < space ? bytes : space;
		if (at != room)
			memcpy(room, at, take);
		struct pack_unit *unit = unit_at(pack, pack->filled);
		unit->input_bytes += take;
		at += take;
		bytes -= take;
		if (unit->input_bytes < unit->wanted_bytes)
			continue;
		hand_over(pack);
		pack->begun = false;
	}
	return 0;
}

int pack_end(struct pack *pack, struct err *err)
{
	if (pack->begun && unit_at(pack, pack->filled)->input_bytes > 0)
		hand_over(pack);
	pack->begun = false;
	if (empty_down_to(pack, 0, err) < 0)
		return -1;
	return give_chunk(pack, true, err);
}
