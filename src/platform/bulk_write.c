/* The pipeline that writes: the caller's thread runs the source and fills pieces, one thread seals them, and
 * each depot has a few threads that upload what is sealed.
 *
 * Pieces are used in turn. One is free again when no depot wants it any more, so the slowest depot that is
 * still in the race sets the pace.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/bulk.h"
#include "platform/bulk_flow.h"
#include "platform/deadline.h"
#include "platform/digest.h"

enum {
	PIECES_MIN = 3, /* one being filled, one being sealed, one on its way */
	PIECES_MAX = 16,
	PIECES_BYTES = 32 << 20, /* of all together, unless that is less than the least */
	UPLOADERS_MAX = 4,       /* of one depot */
	FIRST_PAUSE_MS = 1000,   /* before a part is tried again */
	LONGEST_PAUSE_MS = 30000,
};

struct piece {
	unsigned char *room; /* head, chunk, tail */
	size_t bytes;        /* of the chunk */
	struct sealed sealed;
	unsigned char sha256[DIGEST_SHA256_BYTES]; /* of what is sealed */
	size_t wanted;                             /* by so many depots */
};

struct target {
	struct writer *writer;
	struct depot *depot;
	struct depot_upload *upload;
	uint64_t next; /* the piece that goes next */
	bool left_behind;
	struct err *err; /* why */
	pthread_t threads[UPLOADERS_MAX];
	int thread_count;
};

struct writer {
	const struct bulk_write *write;
	struct bulk_written *ret;
	struct bulk_flow flow;
	struct pack *pack;
	struct digest *open_digest, *sealed_digest;
	size_t head_bytes;

	/* With the lock held, but for what a thread has taken. */
	struct piece *pieces; /* number n in place n % piece_count */
	size_t piece_count;
	uint64_t filled, sealed; /* so many */
	bool ended;              /* nothing is filled any more */
	struct target *targets;
	size_t alive;  /* targets that are not left behind */
	int uploading; /* threads that still are */
	pthread_t sealing_thread;
};

static struct piece *piece_at(const struct writer *writer, uint64_t number)
{
	return &writer->pieces[number % writer->piece_count];
}

/* --- depots -------------------------------------------------------------------------------- */

/* With the lock held. What it was to take is wanted by one less. */
static void leave_behind(struct target *target, const struct err *err)
{
	struct writer *writer = target->writer;
	if (target->left_behind)
		return;
	target->left_behind = true;
	*target->err = *err;
	for (uint64_t i = target->next; i < writer->sealed; i++)
		piece_at(writer, i)->wanted--;
	if (--writer->alive == 0)
		bulk_flow_fail(&writer->flow, writer->ret->failures);
	pthread_cond_broadcast(&writer->flow.changed);
}

static bool may_pass(const struct err *err)
{
	return err->code == ERR_NET || err->code == ERR_TIMEOUT;
}

/* Waits out the pause; false when everybody is to stop, or this depot was left behind for another part. */
static bool pause_upload(const struct target *target, int64_t pause_ms)
{
	struct bulk_flow *flow = &target->writer->flow;
	int64_t until_ms = deadline_after_ms(pause_ms);
	pthread_mutex_lock(&flow->lock);
	while (!flow->stopping && !target->left_behind && deadline_left_ms(until_ms))
		bulk_flow_wait(flow);
	bool goes_on = !flow->stopping && !target->left_behind;
	pthread_mutex_unlock(&flow->lock);
	return goes_on;
}

static int put_patiently(struct target *target, uint64_t number, struct err *err)
{
	struct writer *writer = target->writer;
	const struct piece *piece = piece_at(writer, number);
	int64_t give_up_ms = 0;
	for (int64_t pause_ms = FIRST_PAUSE_MS;; pause_ms *= 2) {
		struct err why = {0};
		if (target->depot->ops->put_part(target->upload, (unsigned)number + 1,
						 piece->sealed.data, piece->sealed.bytes,
						 piece->sha256, NULL, &why) == 0)
			return 0;
		if (give_up_ms == 0)
			give_up_ms = deadline_after_ms(writer->write->patience_ms);
		if (pause_ms > LONGEST_PAUSE_MS)
			pause_ms = LONGEST_PAUSE_MS;
		*err = why;
		if (!may_pass(&why) || deadline_left_ms(give_up_ms) < pause_ms ||
		    !pause_upload(target, pause_ms))
			return -1;
	}
}

static int put_piece(struct target *target, uint64_t number, struct err *err)
{
	if (number >= DEPOT_PARTS_MAX)
		return err_set(err, ERR_LIMIT,
			       "the backup is larger than %d chunks of %zu bytes",
			       DEPOT_PARTS_MAX, target->writer->write->pack.chunk_bytes);
	return put_patiently(target, number, err);
}

/* With the lock held. Waits for the next piece of this depot; false: there is none any more. */
static bool next_piece(struct target *target, uint64_t *ret_number)
{
	struct writer *writer = target->writer;
	struct bulk_flow *flow = &writer->flow;
	for (;;) {
		if (flow->stopping || target->left_behind)
			return false;
		if (target->next < writer->sealed)
			break;
		if (writer->ended && writer->sealed == writer->filled)
			return false;
		bulk_flow_wait(flow);
	}
	*ret_number = target->next++;
	return true;
}

static void *upload_pieces(void *context)
{
	struct target *target = context;
	struct writer *writer = target->writer;
	uint64_t number;
	pthread_mutex_lock(&writer->flow.lock);
	while (next_piece(target, &number)) {
		struct err err = {0};
		pthread_mutex_unlock(&writer->flow.lock);
		int result = put_piece(target, number, &err);
		pthread_mutex_lock(&writer->flow.lock);
		piece_at(writer, number)->wanted--;
		if (result < 0)
			leave_behind(target, &err);
		pthread_cond_broadcast(&writer->flow.changed);
	}
	writer->uploading--;
	pthread_cond_broadcast(&writer->flow.changed);
	pthread_mutex_unlock(&writer->flow.lock);
	return NULL;
}

/* --- sealing ------------------------------------------------------------------------------- */

static int seal_piece(struct writer *writer, struct piece *piece, struct err *err)
{
	struct bulk_written *ret = writer->ret;
	ret->packed_bytes += (int64_t)piece->bytes;
	if (sealer_seal(writer->write->sealer, piece->room + writer->head_bytes,
			piece->bytes, &piece->sealed, err) < 0)
		return -1;
	digest_sha256(piece->sealed.data, piece->sealed.bytes, piece->sha256);
	digest_add(writer->sealed_digest, piece->sealed.data, piece->sealed.bytes);
	_cleanup_free_ char *hex = str_hex(piece->sha256, sizeof piece->sha256);
	memcpy(*vec_push(&ret->chunks), hex, sizeof *ret->chunks.items);
	ret->sealed_bytes += (int64_t)piece->sealed.bytes;
	return 0;
}

static void *seal_pieces(void *context)
{
	struct writer *writer = context;
	struct bulk_flow *flow = &writer->flow;
	pthread_mutex_lock(&flow->lock);
	for (;;) {
		while (!flow->stopping && !writer->ended &&
		       writer->sealed == writer->filled)
			bulk_flow_wait(flow);
		if (flow->stopping || writer->sealed == writer->filled)
			break;
		struct piece *piece = piece_at(writer, writer->sealed);
		struct err err = {0};
		pthread_mutex_unlock(&flow->lock);
		int result = seal_piece(writer, piece, &err);
		pthread_mutex_lock(&flow->lock);
		if (result < 0)
			bulk_flow_fail(flow, &err);
		piece->wanted = writer->alive;
		writer->sealed++;
		pthread_cond_broadcast(&flow->changed);
	}
	pthread_mutex_unlock(&flow->lock);
	return NULL;
}

/* --- the caller's thread ------------------------------------------------------------------- */

/* With the lock held. A piece is free when the one before it in its place was sealed and nobody wants it
 * any more. */
static bool is_free(const struct writer *writer, uint64_t number)
{
	return number < writer->piece_count ||
	       (number - writer->piece_count < writer->sealed &&
		piece_at(writer, number)->wanted == 0);
}

static unsigned char *room_for_chunk(void *context, struct err *err)
{
	struct writer *writer = context;
	struct bulk_flow *flow = &writer->flow;
	unsigned char *room = NULL;
	pthread_mutex_lock(&flow->lock);
	while (bulk_flow_goes_on(flow) && !is_free(writer, writer->filled)) {
		pthread_mutex_unlock(&flow->lock);
		bulk_flow_tell(flow, writer->ret->open_bytes, -1);
		pthread_mutex_lock(&flow->lock);
		if (!is_free(writer, writer->filled))
			bulk_flow_wait(flow);
	}
	if (flow->stopping)
		*err = flow->err;
	else
		room = piece_at(writer, writer->filled)->room + writer->head_bytes;
	pthread_mutex_unlock(&flow->lock);
	return room;
}

static int take_chunk(void *context, size_t bytes, uint64_t index, bool final,
		      struct err *err)
{
	struct writer *writer = context;
	(void) final;
	(void)err;
	assert(index == writer->filled);
	(void)index;
	pthread_mutex_lock(&writer->flow.lock);
	piece_at(writer, writer->filled)->bytes = bytes;
	writer->filled++;
	pthread_cond_broadcast(&writer->flow.changed);
	pthread_mutex_unlock(&writer->flow.lock);
	return 0;
}

static void *room_for_data(void *context, size_t *ret_bytes, struct err *err)
{
	struct writer *writer = context;
	return pack_room(writer->pack, ret_bytes, err);
}

static int take_data(void *context, const void *data, size_t bytes, struct err *err)
{
	struct writer *writer = context;
	struct bulk_flow *flow = &writer->flow;
	pthread_mutex_lock(&flow->lock);
	bool goes_on = bulk_flow_goes_on(flow);
	if (!goes_on)
		*err = flow->err;
	pthread_mutex_unlock(&flow->lock);
	if (!goes_on)
		return -1;
	digest_add(writer->open_digest, data, bytes);
	writer->ret->open_bytes += (int64_t)bytes;
	bulk_flow_tell(flow, writer->ret->open_bytes, -1);
	return pack_add(writer->pack, data, bytes, err);
}

/* Runs the source to its end. A failure stops everybody. */
static void run_source(struct writer *writer)
{
	const struct bulk_write *write = writer->write;
	struct err err = {0};
	struct drain drain = {
		.take = take_data, .room = room_for_data, .context = writer};
	int result = write->source(write->source_context, drain, &err);
	if (result == 0)
		result = pack_end(writer->pack, &err);
	pthread_mutex_lock(&writer->flow.lock);
	if (result < 0)
		bulk_flow_fail(&writer->flow, &err);
	writer->ended = true;
	pthread_cond_broadcast(&writer->flow.changed);
	/* What is left is sealed and uploaded meanwhile. */
	while (bulk_flow_goes_on(&writer->flow) && writer->uploading > 0)
		bulk_flow_wait(&writer->flow);
	pthread_mutex_unlock(&writer->flow.lock);
}

/* --- beginning and ending ------------------------------------------------------------------ */

/* The size of sealed chunks is known when one has been sealed. */
static int measure_chunk(struct writer *writer, struct err *err)
{
	struct sealed sealed;
	if (sealer_seal(writer->write->sealer,
			writer->pieces[0].room + writer->head_bytes,
			writer->write->pack.chunk_bytes, &sealed, err) < 0)
		return -1;
	writer->ret->chunk_bytes = sealed.bytes;
	return 0;
}

static void begin_uploads(struct writer *writer)
{
	const struct bulk_write *write = writer->write;
	const struct depot_begin begin = {
		.name = write->object,
		.mark = write->mark,
		.part_bytes = writer->ret->chunk_bytes,
	};
	for (size_t i = 0; i < write->depot_count; i++) {
		struct target *target = &writer->targets[i];
		struct err err = {0};
		*target = (struct target){
			.writer = writer,
			.depot = write->depots[i],
			.err = &writer->ret->failures[i],
		};
		if (target->depot->ops->begin(target->depot, &begin, &target->upload,
					      &err) == 0)
			continue;
		pthread_mutex_lock(&writer->flow.lock);
		leave_behind(target, &err);
		pthread_mutex_unlock(&writer->flow.lock);
	}
}

static int start_uploaders(struct target *target, int count)
{
	void *contexts[UPLOADERS_MAX];
	if (target->left_behind)
		return 0;
	for (int i = 0; i < count; i++)
		contexts[i] = target;
	struct writer *writer = target->writer;
	pthread_mutex_lock(&writer->flow.lock);
	target->thread_count =
		bulk_start_threads(target->threads, count, upload_pieces, contexts);
	writer->uploading += target->thread_count;
	pthread_mutex_unlock(&writer->flow.lock);
	return target->thread_count;
}

static void start_threads(struct writer *writer)
{
	int uploaders = (int)writer->piece_count - 1;
	if (uploaders > UPLOADERS_MAX)
		uploaders = UPLOADERS_MAX;
	bool started =
		pthread_create(&writer->sealing_thread, NULL, seal_pieces, writer) == 0;
	for (size_t i = 0; i < writer->write->depot_count; i++)
		if (!writer->targets[i].left_behind)
			started &= start_uploaders(&writer->targets[i], uploaders) > 0;
	if (!started)
		abort(); /* a process that may not have threads, as without memory */
}

static void join_threads(struct writer *writer)
{
	for (size_t i = 0; i < writer->write->depot_count; i++)
		for (int k = 0; k < writer->targets[i].thread_count; k++)
			pthread_join(writer->targets[i].threads[k], NULL);
	pthread_join(writer->sealing_thread, NULL);
}

/* What cannot be reached is not waited for once more: it is found as unfinished later. */
static void give_up_upload(struct target *target)
{
	struct err ignored = {0};
	if (!target->upload)
		return;
	if (target->left_behind && may_pass(target->err))
		target->depot->ops->drop(target->upload);
	else
		(void)target->depot->ops->abort(target->upload, &ignored);
	target->upload = NULL;
}

static void finish_upload(struct target *target)
{
	struct depot_object object = {0};
	struct err err = {0};
	struct depot_upload *upload = TAKE_PTR(target->upload);
	int result = target->depot->ops->finish(upload, &object, &err);
	depot_object_release(&object);
	if (result == 0)
		return;
	pthread_mutex_lock(&target->writer->flow.lock);
	leave_behind(target, &err);
	pthread_mutex_unlock(&target->writer->flow.lock);
}

static void end_uploads(struct writer *writer)
{
	bool good = !writer->flow.stopping;
	for (size_t i = 0; i < writer->write->depot_count; i++) {
		struct target *target = &writer->targets[i];
		if (good && !target->left_behind)
			finish_upload(target);
		else
			give_up_upload(target);
	}
}

static void init_pieces(struct writer *writer)
{
	size_t chunk = writer->write->pack.chunk_bytes;
	size_t count = PIECES_BYTES / chunk;
	if (count < PIECES_MIN)
		count = PIECES_MIN;
	if (count > PIECES_MAX)
		count = PIECES_MAX;
	writer->head_bytes = sealer_head_bytes(writer->write->sealer);
	writer->pieces = mem_array(struct piece, count);
	writer->piece_count = count;
	for (size_t i = 0; i < count; i++)
		writer->pieces[i].room =
			mem_alloc(writer->head_bytes + chunk + SEAL_TAIL_BYTES);
}

static void writer_init(struct writer *writer, const struct bulk_write *write,
			struct bulk_written *ret)
{
	*writer = (struct writer){
		.write = write,
		.ret = ret,
		.open_digest = digest_new(),
		.sealed_digest = digest_new(),
		.targets = mem_array(struct target, write->depot_count),
		.alive = write->depot_count,
	};
	bulk_flow_init(&writer->flow, "writing the backup", write->timeout_ms,
		       write->stop, write->watch);
	init_pieces(writer);
	ret->failures = mem_array(struct err, write->depot_count);
	struct pack_sink sink = {
		.room = room_for_chunk, .take = take_chunk, .context = writer};
	writer->pack = pack_new(&write->pack, sink);
}

static void writer_release(struct writer *writer)
{
	pack_freep(&writer->pack);
	for (size_t i = 0; i < writer->piece_count; i++)
		free(writer->pieces[i].room);
	free(writer->pieces);
	free(writer->targets);
	digest_free(writer->open_digest);
	digest_free(writer->sealed_digest);
	bulk_flow_release(&writer->flow);
}

static void note_digest(struct digest *digest, char ret[static 65])
{
	_cleanup_free_ char *hex = digest_hex(digest);
	memcpy(ret, hex, 65);
}

int bulk_write(const struct bulk_write *write, struct bulk_written *ret, struct err *err)
{
	struct writer writer;
	assert(write->depot_count > 0);
	*ret = (struct bulk_written){0};
	writer_init(&writer, write, ret);
	int result = measure_chunk(&writer, err);
	if (result == 0) {
		begin_uploads(&writer);
		if (writer.alive > 0) {
			start_threads(&writer);
			run_source(&writer);
			join_threads(&writer);
		}
		end_uploads(&writer);
		if (writer.flow.stopping) {
			*err = writer.flow.err;
			result = -1;
		}
	}
	note_digest(writer.open_digest, ret->open_sha256);
	note_digest(writer.sealed_digest, ret->sealed_sha256);
	writer_release(&writer);
	return result;
}

void bulk_written_release(struct bulk_written *written)
{
	free(written->chunks.items);
	free(written->failures);
	*written = (struct bulk_written){0};
}
