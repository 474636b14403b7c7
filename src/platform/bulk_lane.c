/* One lane: a chunk is fetched, compared with its digest, opened and unpacked, and nothing of it goes on
 * before all that could be said against it.
 */
#include "platform/bulk_lane.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/digest.h"

/* Does anybody want the data, or is it only to be looked at? */
static bool gives_data(const struct bulk_reading *reading)
{
	return reading->read->opener && reading->read->sample == 0;
}

/* --- unpacked data ------------------------------------------------------------------------- */

/* With the lock held. */
static bool wait_for_room(struct bulk_lane *lane)
{
	struct bulk_flow *flow = &lane->reading->flow;
	while (!flow->stopping && lane->filled - lane->freed == BULK_BLOCKS)
		bulk_flow_wait(flow);
	return !flow->stopping;
}

static void *room_for_data(void *context, size_t *ret_bytes, struct err *err)
{
	struct bulk_lane *lane = context;
	struct bulk_flow *flow = &lane->reading->flow;
	void *room = NULL;
	pthread_mutex_lock(&flow->lock);
	if (wait_for_room(lane))
		room = bulk_lane_block(lane, lane->filled)->data;
	else
		*err = flow->err;
	pthread_mutex_unlock(&flow->lock);
	*ret_bytes = BULK_BLOCK_BYTES;
	return room;
}

static void give_block(struct bulk_lane *lane, size_t bytes, bool ends_chunk)
{
	struct bulk_flow *flow = &lane->reading->flow;
	pthread_mutex_lock(&flow->lock);
	struct bulk_block *block = bulk_lane_block(lane, lane->filled);
	block->bytes = bytes;
	block->ends_chunk = ends_chunk;
	lane->filled++;
	pthread_cond_broadcast(&flow->changed);
	pthread_mutex_unlock(&flow->lock);
}

static int take_data(void *context, size_t bytes, struct err *err)
{
	struct bulk_lane *lane = context;
	(void)err;
	if (gives_data(lane->reading))
		give_block(lane, bytes, false);
	return 0;
}

/* --- one chunk ----------------------------------------------------------------------------- */

static int damaged(const struct bulk_lane *lane, struct err *err, const char *why)
{
	const struct bulk_read *read = lane->reading->read;
	return err_set(err, ERR_STATE, "chunk %zu of %zu of '%s' %s", lane->chunk + 1,
		       read->chunk_count, read->object, why);
}

static bool is_last(const struct bulk_lane *lane)
{
	return lane->chunk + 1 == lane->reading->read->chunk_count;
}

/* All but the last have one size. */
static size_t size_of_chunk(const struct bulk_lane *lane)
{
	const struct bulk_read *read = lane->reading->read;
	if (!is_last(lane))
		return read->chunk_bytes;
	return (size_t)read->sealed_bytes - (read->chunk_count - 1) * read->chunk_bytes;
}

static int fetch(struct bulk_lane *lane, size_t bytes, struct err *err)
{
	const struct bulk_read *read = lane->reading->read;
	int64_t at = (int64_t)lane->chunk * (int64_t)read->chunk_bytes;
	size_t got = 0;
	/* One more than there should be, to see that nothing was added. */
	size_t want = bytes + is_last(lane);
	if (read->depot->ops->get(read->depot, read->object, at, lane->sealed, want, &got,
				  err) < 0)
		return -1;
	if (got < bytes)
		return damaged(lane, err, "is cut short");
	if (got > bytes)
		return damaged(lane, err,
			       "is followed by something that was not written");
	return 0;
}

static int compare(struct bulk_lane *lane, size_t bytes, struct err *err)
{
	unsigned char digest[DIGEST_SHA256_BYTES];
	digest_sha256(lane->sealed, bytes, digest);
	_cleanup_free_ char *hex = str_hex(digest, sizeof digest);
	if (strcmp(hex, lane->reading->read->chunks[lane->chunk]) != 0)
		return damaged(lane, err, "is not what was written");
	return 0;
}

/* One more is what was written. False: everybody is to stop. */
static bool count_chunk(struct bulk_lane *lane, size_t bytes, struct err *err)
{
	struct bulk_reading *reading = lane->reading;
	struct bulk_flow *flow = &reading->flow;
	pthread_mutex_lock(&flow->lock);
	bool goes_on = !flow->stopping;
	if (!goes_on)
		*err = flow->err;
	reading->sealed_bytes += bytes;
	pthread_mutex_unlock(&flow->lock);
	return goes_on;
}

static int open_and_unpack(struct bulk_lane *lane, size_t bytes, struct err *err)
{
	const struct bulk_read *read = lane->reading->read;
	size_t open_bytes = 0;
	if (opener_open(read->opener, lane->sealed, bytes, lane->sealed, &open_bytes,
			err) < 0 ||
	    unpack_one(lane->unpack, lane->sealed, open_bytes, lane->chunk, is_last(lane),
		       err) < 0)
		return -1;
	if (!gives_data(lane->reading))
		return 0;
	pthread_mutex_lock(&lane->reading->flow.lock);
	bool goes_on = wait_for_room(lane);
	pthread_mutex_unlock(&lane->reading->flow.lock);
	if (goes_on)
		give_block(lane, 0, true);
	return 0;
}

static int read_chunk(struct bulk_lane *lane, size_t place, struct err *err)
{
	struct bulk_reading *reading = lane->reading;
	lane->chunk = reading->order[place];
	size_t bytes = size_of_chunk(lane);
	if (fetch(lane, bytes, err) < 0 || compare(lane, bytes, err) < 0 ||
	    !count_chunk(lane, bytes, err))
		return -1;
	if (reading->read->opener && open_and_unpack(lane, bytes, err) < 0)
		return err_wrap(err, "chunk %zu of %zu of '%s'", lane->chunk + 1,
				reading->read->chunk_count, reading->read->object);
	return 0;
}

/* With the lock held. Of several chunks that are wrong the first is told, not the one that was found first. */
static void fail_in_order(struct bulk_reading *reading, size_t place,
			  const struct err *err)
{
	for (size_t i = 0; i < BULK_LANES && !reading->flow.stopping;)
		if (reading->at[i] < place)
			bulk_flow_wait(&reading->flow);
		else
			i++;
	bulk_flow_fail(&reading->flow, err);
}

void *bulk_lane_run(void *context)
{
	struct bulk_lane *lane = context;
	struct bulk_reading *reading = lane->reading;
	int result = 0;
	for (size_t place = lane->first; result == 0 && place < reading->count;
	     place += BULK_LANES) {
		struct err err = {0};
		result = read_chunk(lane, place, &err);
		pthread_mutex_lock(&reading->flow.lock);
		if (result < 0)
			fail_in_order(reading, place, &err);
		else
			reading->done++;
		reading->at[lane->first] = place + BULK_LANES;
		pthread_cond_broadcast(&reading->flow.changed);
		pthread_mutex_unlock(&reading->flow.lock);
	}
	pthread_mutex_lock(&reading->flow.lock);
	reading->at[lane->first] = SIZE_MAX;
	pthread_cond_broadcast(&reading->flow.changed);
	pthread_mutex_unlock(&reading->flow.lock);
	return NULL;
}

void bulk_lane_init(struct bulk_lane *lane, struct bulk_reading *reading, size_t first)
{
	const struct bulk_read *read = reading->read;
	struct unpack_sink sink = {
		.room = room_for_data, .take = take_data, .context = lane};
	*lane = (struct bulk_lane){.reading = reading, .first = first};
	reading->at[first] = first;
	lane->sealed = mem_alloc(read->chunk_bytes + 1);
	if (!read->opener)
		return;
	lane->unpack = unpack_new(read->pack_id, sink);
	for (size_t i = 0; i < BULK_BLOCKS; i++)
		lane->blocks[i].data = mem_alloc(BULK_BLOCK_BYTES);
}

void bulk_lane_release(struct bulk_lane *lane)
{
	unpack_freep(&lane->unpack);
	for (size_t i = 0; i < BULK_BLOCKS; i++)
		free(lane->blocks[i].data);
	free(lane->sealed);
}
