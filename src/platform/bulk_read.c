/* The pipeline that reads: lanes fetch, open and unpack (bulk_lane.h), the caller's thread leads and computes the
 * digest of what was unpacked, in order, and the target pulls behind it in a thread of its own. The end of the
 * data is told to the target when every digest was right.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/bulk.h"
#include "platform/bulk_lane.h"
#include "platform/clock.h"
#include "platform/digest.h"

struct reader {
	struct bulk_reading reading;
	struct bulk_lane lanes[BULK_LANES];
	struct digest *open_digest;
	uint64_t open_bytes;

	/* The target's thread. */
	pthread_t thread;
	bool has_target;
	size_t target_place;     /* in the order */
	struct bulk_block *lent; /* what the target has; NULL: nothing */

	/* With the lock held. */
	bool complete;    /* all that was read is right */
	bool target_done; /* it wants nothing any more */
	bool target_failed;
};

static struct bulk_lane *lane_of(struct reader *reader, size_t place)
{
	return &reader->lanes[place % BULK_LANES];
}

/* --- the target ---------------------------------------------------------------------------- */

/* With the lock held: the next block that was counted; NULL at the end of the stream, or when everybody
 * stops. */
static struct bulk_block *await_block(struct reader *reader)
{
	struct bulk_flow *flow = &reader->reading.flow;
	while (!flow->stopping && reader->target_place < reader->reading.count) {
		struct bulk_lane *lane = lane_of(reader, reader->target_place);
		if (lane->freed == lane->counted) {
			bulk_flow_wait(flow);
			continue;
		}
		struct bulk_block *block = bulk_lane_block(lane, lane->freed);
		if (!block->ends_chunk)
			return block;
		lane->freed++;
		reader->target_place++;
		pthread_cond_broadcast(&flow->changed);
	}
	return NULL;
}

/* With the lock held. */
static void give_back(struct reader *reader)
{
	if (!reader->lent)
		return;
	reader->lent = NULL;
	lane_of(reader, reader->target_place)->freed++;
	pthread_cond_broadcast(&reader->reading.flow.changed);
}

static ssize_t next_data(void *context, const void **ret_data, struct err *err)
{
	struct reader *reader = context;
	struct bulk_flow *flow = &reader->reading.flow;
	ssize_t result = 0;
	pthread_mutex_lock(&flow->lock);
	give_back(reader);
	reader->lent = await_block(reader);
	while (!reader->lent && !flow->stopping && !reader->complete)
		bulk_flow_wait(flow);
	if (flow->stopping) {
		*err = flow->err;
		reader->lent = NULL;
		result = -1;
	} else if (reader->lent) {
		*ret_data = reader->lent->data;
		result = (ssize_t)reader->lent->bytes;
	}
	pthread_mutex_unlock(&flow->lock);
	return result;
}

static void *run_target(void *context)
{
	struct reader *reader = context;
	const struct bulk_read *read = reader->reading.read;
	struct bulk_flow *flow = &reader->reading.flow;
	struct spring spring = {.next = next_data, .context = reader};
	struct err err = {0};
	int result = read->target(read->target_context, spring, &err);
	pthread_mutex_lock(&flow->lock);
	give_back(reader);
	if (result < 0)
		bulk_flow_fail(flow, &err);
	reader->target_failed = result < 0;
	reader->target_done = true;
	pthread_cond_broadcast(&flow->changed);
	pthread_mutex_unlock(&flow->lock);
	return NULL;
}

/* --- the leading thread -------------------------------------------------------------------- */

static void tell(struct reader *reader)
{
	struct bulk_reading *reading = &reader->reading;
	const struct bulk_read *read = reading->read;
	pthread_mutex_lock(&reading->flow.lock);
	int64_t sealed_bytes = (int64_t)reading->sealed_bytes;
	pthread_mutex_unlock(&reading->flow.lock);
	if (read->opener && read->sample == 0)
		bulk_flow_tell(&reading->flow, (int64_t)reader->open_bytes,
			       read->open_bytes);
	else
		bulk_flow_tell(&reading->flow, sealed_bytes,
			       read->sample ? -1 : read->sealed_bytes);
}

/* With the lock held. A target that has had enough, or none, frees nothing: that is done here. */
static void free_unwanted(struct reader *reader)
{
	if (!reader->target_done)
		return;
	for (size_t i = 0; i < BULK_LANES; i++)
		reader->lanes[i].freed = reader->lanes[i].counted;
	pthread_cond_broadcast(&reader->reading.flow.changed);
}

/* Waits until there is a block to be counted. NULL: stop. */
static struct bulk_block *block_to_count(struct reader *reader, struct bulk_lane *lane)
{
	struct bulk_flow *flow = &reader->reading.flow;
	struct bulk_block *block = NULL;
	pthread_mutex_lock(&flow->lock);
	while (bulk_flow_goes_on(flow) && lane->counted == lane->filled) {
		free_unwanted(reader);
		bulk_flow_wait(flow);
	}
	if (!flow->stopping)
		block = bulk_lane_block(lane, lane->counted);
	pthread_mutex_unlock(&flow->lock);
	return block;
}

static void count_block(struct reader *reader, struct bulk_lane *lane)
{
	pthread_mutex_lock(&reader->reading.flow.lock);
	lane->counted++;
	pthread_cond_broadcast(&reader->reading.flow.changed);
	free_unwanted(reader);
	pthread_mutex_unlock(&reader->reading.flow.lock);
}

static int check_block(struct reader *reader, const struct bulk_block *block,
		       struct err *err)
{
	const struct bulk_read *read = reader->reading.read;
	if (block->bytes == 0)
		return 0;
	digest_add(reader->open_digest, block->data, block->bytes);
	reader->open_bytes += block->bytes;
	if (reader->open_bytes > (uint64_t)read->open_bytes)
		return err_set(err, ERR_STATE, "'%s' holds more than was put into it",
			       read->object);
	return 0;
}

/* The blocks of all chunks, in order. */
static int count_data(struct reader *reader, struct err *err)
{
	for (size_t place = 0; place < reader->reading.count; place++) {
		struct bulk_lane *lane = lane_of(reader, place);
		bool ended = false;
		while (!ended) {
			struct bulk_block *block = block_to_count(reader, lane);
			if (!block) {
				*err = reader->reading.flow.err;
				return -1;
			}
			if (check_block(reader, block, err) < 0)
				return -1;
			ended = block->ends_chunk;
			count_block(reader, lane);
			tell(reader);
		}
	}
	return 0;
}

/* Until every chunk was looked at. */
static int await_chunks(struct reader *reader, struct err *err)
{
	struct bulk_reading *reading = &reader->reading;
	struct bulk_flow *flow = &reading->flow;
	pthread_mutex_lock(&flow->lock);
	while (bulk_flow_goes_on(flow) && reading->done < reading->count) {
		bulk_flow_wait(flow);
		pthread_mutex_unlock(&flow->lock);
		tell(reader);
		pthread_mutex_lock(&flow->lock);
	}
	bool stopping = flow->stopping;
	if (stopping)
		*err = flow->err;
	pthread_mutex_unlock(&flow->lock);
	return stopping ? -1 : 0;
}

static int check_end(struct reader *reader, struct err *err)
{
	const struct bulk_read *read = reader->reading.read;
	if (read->sample || !read->opener)
		return 0;
	if (reader->open_bytes != (uint64_t)read->open_bytes)
		return err_set(err, ERR_STATE, "'%s' holds less than was put into it",
			       read->object);
	_cleanup_free_ char *hex = digest_hex(reader->open_digest);
	if (strcmp(hex, read->open_sha256) != 0)
		return err_set(
			err, ERR_STATE,
			"the SHA-256 of what is packed in '%s' is not the one that "
			"was written down",
			read->object);
	return 0;
}

static void lead(struct reader *reader)
{
	const struct bulk_read *read = reader->reading.read;
	struct bulk_flow *flow = &reader->reading.flow;
	struct err err = {0};
	int result = 0;
	if (read->opener && read->sample == 0)
		result = count_data(reader, &err);
	if (result == 0)
		result = await_chunks(reader, &err);
	if (result == 0)
		result = check_end(reader, &err);
	pthread_mutex_lock(&flow->lock);
	if (result < 0)
		bulk_flow_fail(flow, &err);
	reader->complete = result == 0;
	pthread_cond_broadcast(&flow->changed);
	/* A target that is at work may still be told to stop. */
	while (reader->has_target && !reader->target_done && bulk_flow_goes_on(flow))
		bulk_flow_wait(flow);
	pthread_mutex_unlock(&flow->lock);
}

/* --- what is read -------------------------------------------------------------------------- */

static int compare_indices(const void *a, const void *b)
{
	const size_t *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

/* First, last, and others by chance: many samples see everything. */
static void choose(struct bulk_reading *reading)
{
	size_t count = reading->read->chunk_count;
	size_t wanted = reading->read->sample ? reading->read->sample : count;
	reading->order = mem_array(size_t, count + 1);
	for (size_t i = 0; i < count; i++)
		reading->order[i] = i;
	reading->count = wanted < count ? wanted : count;
	if (reading->count == count)
		return;
	/* The last goes to the second place, the rest is drawn. */
	if (reading->count < 2)
		reading->count = 2;
	reading->order[1] = count - 1;
	reading->order[count - 1] = 1;
	for (size_t i = 2; i < reading->count; i++) {
		uint64_t random;
		random_fill(&random, sizeof random);
		size_t other = i + (size_t)(random % (count - i));
		size_t drawn = reading->order[other];
		reading->order[other] = reading->order[i];
		reading->order[i] = drawn;
	}
	qsort(reading->order, reading->count, sizeof *reading->order, compare_indices);
}

/* Do the numbers fit together? Whoever wrote them may have been wrong. */
static int check_numbers(const struct bulk_read *read, struct err *err)
{
	int64_t chunk = (int64_t)read->chunk_bytes;
	int64_t before = ((int64_t)read->chunk_count - 1) * chunk;
	if (chunk > 0 && chunk <= BULK_CHUNK_MAX * 2LL && read->chunk_count > 0 &&
	    read->chunk_count <= DEPOT_PARTS_MAX && read->sealed_bytes > before &&
	    read->sealed_bytes <= before + chunk && read->open_bytes >= 0)
		return 0;
	return err_set(err, ERR_STATE,
		       "the sizes that were written down for '%s' contradict each other",
		       read->object);
}

/* A digest whose text is no digest has no bytes to be added. */
static int check_digests(const struct bulk_read *read, struct err *err)
{
	_cleanup_(digest_freep) struct digest *all = digest_new();
	for (size_t i = 0; i < read->chunk_count; i++) {
		unsigned char bytes[DIGEST_SHA256_BYTES];
		if (str_unhex(read->chunks[i], bytes, sizeof bytes))
			digest_add(all, bytes, sizeof bytes);
	}
	_cleanup_free_ char *hex = digest_hex(all);
	if (strcmp(hex, read->chunks_sha256) == 0)
		return 0;
	return err_set(
		err, ERR_STATE,
		"the digests that were written down for '%s' contradict each other",
		read->object);
}

/* --- beginning and ending ------------------------------------------------------------------ */

static void reader_init(struct reader *reader, const struct bulk_read *read)
{
	*reader = (struct reader){
		.reading.read = read,
		.open_digest = digest_new(),
		.has_target = read->target != NULL,
		.target_done = read->target == NULL,
	};
	bulk_flow_init(&reader->reading.flow, "reading the backup", read->timeout_ms,
		       read->stop, read->watch);
	choose(&reader->reading);
	for (size_t i = 0; i < BULK_LANES; i++)
		bulk_lane_init(&reader->lanes[i], &reader->reading, i);
}

static void reader_release(struct reader *reader)
{
	for (size_t i = 0; i < BULK_LANES; i++)
		bulk_lane_release(&reader->lanes[i]);
	free(reader->reading.order);
	digest_free(reader->open_digest);
	bulk_flow_release(&reader->reading.flow);
}

static void run(struct reader *reader)
{
	void *lanes[BULK_LANES];
	pthread_t threads[BULK_LANES];
	for (size_t i = 0; i < BULK_LANES; i++)
		lanes[i] = &reader->lanes[i];
	int started = bulk_start_threads(threads, BULK_LANES, bulk_lane_run, lanes);
	if (started < BULK_LANES ||
	    (reader->has_target &&
	     pthread_create(&reader->thread, NULL, run_target, reader) != 0))
		abort(); /* a process that may not have threads, as without memory */
	lead(reader);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (reader->has_target)
		pthread_join(reader->thread, NULL);
}

int bulk_read(const struct bulk_read *read, struct bulk_counts *ret, struct err *err)
{
	struct reader reader;
	assert(!read->target || (read->opener && !read->sample));
	*ret = (struct bulk_counts){0};
	if (check_numbers(read, err) < 0 || check_digests(read, err) < 0)
		return -1;
	reader_init(&reader, read);
	run(&reader);
	bool failed = !reader.complete || reader.target_failed;
	if (failed)
		*err = reader.reading.flow.err;
	*ret = (struct bulk_counts){
		.chunks = reader.reading.done,
		.sealed_bytes = reader.reading.sealed_bytes,
		.open_bytes = reader.open_bytes,
		.opened = read->opener != NULL,
	};
	reader_release(&reader);
	return failed ? -1 : 0;
}
