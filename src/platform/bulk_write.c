/* The pipeline that writes: the caller's thread runs the source and fills pieces, one thread seals them, and
 * each depot has a few threads that upload what is sealed (bulk_upload.h).
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/bulk.h"
#include "platform/bulk_upload.h"
#include "platform/large_memory.h"

enum {
	PIECES_MIN = 3, /* one being filled, one being sealed, one on its way */
	PIECES_MAX = 16,
	PIECES_BYTES = 32 << 20, /* of all together, unless that is less than the least */
};

struct writer {
	struct bulk_writing writing;
	struct pack *pack;
	struct digest *open_digest, *chunks_digest;
	size_t head_bytes;
	pthread_t sealing_thread;
};

/* --- sealing ------------------------------------------------------------------------------- */

static int seal_piece(struct writer *writer, struct bulk_piece *piece, struct err *err)
{
	struct bulk_written *ret = writer->writing.ret;
	ret->packed_bytes += (int64_t)piece->bytes;
	if (sealer_seal(writer->writing.write->sealer, piece->room + writer->head_bytes,
			piece->bytes, &piece->sealed, err) < 0)
		return -1;
	digest_sha256(piece->sealed.data, piece->sealed.bytes, piece->sha256);
	digest_add(writer->chunks_digest, piece->sha256, sizeof piece->sha256);
	_cleanup_free_ char *hex = str_hex(piece->sha256, sizeof piece->sha256);
	memcpy(*vec_push(&ret->chunks), hex, sizeof *ret->chunks.items);
	ret->sealed_bytes += (int64_t)piece->sealed.bytes;
	return 0;
}

static void *seal_pieces(void *context)
{
	struct writer *writer = context;
	struct bulk_flow *flow = &writer->writing.flow;
	pthread_mutex_lock(&flow->lock);
	for (;;) {
		while (!flow->stopping && !writer->writing.ended &&
		       writer->writing.sealed == writer->writing.filled)
			bulk_flow_wait(flow);
		if (flow->stopping || writer->writing.sealed == writer->writing.filled)
			break;
		struct bulk_piece *piece =
			bulk_piece_at(&writer->writing, writer->writing.sealed);
		struct err err = {0};
		pthread_mutex_unlock(&flow->lock);
		int result = seal_piece(writer, piece, &err);
		pthread_mutex_lock(&flow->lock);
		if (result < 0)
			bulk_flow_fail(flow, &err);
		piece->wanted = writer->writing.alive;
		writer->writing.sealed++;
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
	return number < writer->writing.piece_count ||
	       (number - writer->writing.piece_count < writer->writing.sealed &&
		bulk_piece_at(&writer->writing, number)->wanted == 0);
}

static unsigned char *room_for_chunk(void *context, struct err *err)
{
	struct writer *writer = context;
	struct bulk_flow *flow = &writer->writing.flow;
	unsigned char *room = NULL;
	pthread_mutex_lock(&flow->lock);
	while (bulk_flow_goes_on(flow) && !is_free(writer, writer->writing.filled)) {
		pthread_mutex_unlock(&flow->lock);
		bulk_flow_tell(flow, writer->writing.ret->open_bytes, -1);
		pthread_mutex_lock(&flow->lock);
		if (!is_free(writer, writer->writing.filled))
			bulk_flow_wait(flow);
	}
	if (flow->stopping)
		*err = flow->err;
	else
		room = bulk_piece_at(&writer->writing, writer->writing.filled)->room +
		       writer->head_bytes;
	pthread_mutex_unlock(&flow->lock);
	return room;
}

static int take_chunk(void *context, size_t bytes, uint64_t index, bool final,
		      struct err *err)
{
	struct writer *writer = context;
	(void) final;
	(void)err;
	assert(index == writer->writing.filled);
	(void)index;
	pthread_mutex_lock(&writer->writing.flow.lock);
	bulk_piece_at(&writer->writing, writer->writing.filled)->bytes = bytes;
	writer->writing.filled++;
	pthread_cond_broadcast(&writer->writing.flow.changed);
	pthread_mutex_unlock(&writer->writing.flow.lock);
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
	struct bulk_flow *flow = &writer->writing.flow;
	pthread_mutex_lock(&flow->lock);
	bool goes_on = bulk_flow_goes_on(flow);
	if (!goes_on)
		*err = flow->err;
	pthread_mutex_unlock(&flow->lock);
	if (!goes_on)
		return -1;
	digest_add(writer->open_digest, data, bytes);
	writer->writing.ret->open_bytes += (int64_t)bytes;
	bulk_flow_tell(flow, writer->writing.ret->open_bytes, -1);
	return pack_add(writer->pack, data, bytes, err);
}

/* Runs the source to its end. A failure stops everybody. */
static void run_source(struct writer *writer)
{
	const struct bulk_write *write = writer->writing.write;
	struct err err = {0};
	struct drain drain = {
		.take = take_data, .room = room_for_data, .context = writer};
	int result = write->source(write->source_context, drain, &err);
	if (result == 0)
		result = pack_end(writer->pack, &err);
	pthread_mutex_lock(&writer->writing.flow.lock);
	if (result < 0)
		bulk_flow_fail(&writer->writing.flow, &err);
	writer->writing.ended = true;
	pthread_cond_broadcast(&writer->writing.flow.changed);
	/* What is left is sealed and uploaded meanwhile. */
	while (bulk_flow_goes_on(&writer->writing.flow) && writer->writing.uploading > 0)
		bulk_flow_wait(&writer->writing.flow);
	pthread_mutex_unlock(&writer->writing.flow.lock);
}

/* --- beginning and ending ------------------------------------------------------------------ */

/* Sealed chunks are to begin where a depot can write them from; `head`: so much is in front of what is sealed. */
static void align_pieces(struct writer *writer, size_t head)
{
	for (size_t i = 0; i < writer->writing.piece_count; i++) {
		struct bulk_piece *piece = &writer->writing.pieces[i];
		uintptr_t begin = (uintptr_t)piece->memory + writer->head_bytes - head;
		piece->room = piece->memory + (-begin & (DEPOT_ALIGN_BYTES - 1));
	}
}

/* How much goes into a chunk that is as large as was asked for when it is sealed. What sealing adds is known when something
 * was sealed, and grows by a few bytes where the length of a length does: there chunks become as much smaller. */
static int fit_chunk(struct writer *writer, size_t *ret_bytes, size_t *ret_head,
		     struct err *err)
{
	const struct bulk_write *write = writer->writing.write;
	size_t wanted = write->pack.chunk_bytes, added = 0;
	unsigned char *piece = writer->writing.pieces[0].memory + writer->head_bytes;
	*ret_bytes = 0;
	for (int tries = 0; tries < 3 && writer->writing.ret->chunk_bytes < wanted;
	     tries++) {
		struct sealed sealed;
		size_t bytes = wanted - added;
		if (sealer_seal(write->sealer, piece, bytes, &sealed, err) < 0)
			return -1;
		added = sealed.bytes - bytes;
		if (added + PACK_CHUNK_MIN > wanted) {
			err_set(err, ERR_CONFIG,
				"chunks of %zu bytes are too small for so many recipients",
				wanted);
			return err_hint(err, "give 'pack.chunk' more, or seal for fewer");
		}
		if (sealed.bytes > wanted)
			continue;
		*ret_bytes = bytes;
		writer->writing.ret->chunk_bytes = sealed.bytes;
		*ret_head = (size_t)(piece - sealed.data);
	}
	return 0;
}

static void start_threads(struct writer *writer)
{
	if (pthread_create(&writer->sealing_thread, NULL, seal_pieces, writer) != 0 ||
	    !bulk_uploads_start(&writer->writing))
		abort(); /* a process that may not have threads, as without memory */
}

static void join_threads(struct writer *writer)
{
	bulk_uploads_join(&writer->writing);
	pthread_join(writer->sealing_thread, NULL);
}

static void init_pieces(struct writer *writer)
{
	size_t chunk = writer->writing.write->pack.chunk_bytes;
	size_t count = PIECES_BYTES / chunk;
	if (count < PIECES_MIN)
		count = PIECES_MIN;
	if (count > PIECES_MAX)
		count = PIECES_MAX;
	writer->head_bytes = sealer_head_bytes(writer->writing.write->sealer);
	writer->writing.pieces = mem_array(struct bulk_piece, count);
	writer->writing.piece_count = count;
	for (size_t i = 0; i < count; i++)
		writer->writing.pieces[i].memory = large_memory(
			writer->head_bytes + chunk + SEAL_TAIL_BYTES + DEPOT_ALIGN_BYTES);
}

static void writer_init(struct writer *writer, const struct bulk_write *write,
			struct bulk_written *ret)
{
	*writer = (struct writer){
		.writing.write = write,
		.writing.ret = ret,
		.writing.uploads = mem_array(struct bulk_upload, write->depot_count),
		.writing.alive = write->depot_count,
		.open_digest = digest_new(),
		.chunks_digest = digest_new(),
	};
	bulk_flow_init(&writer->writing.flow, "writing the backup", write->timeout_ms,
		       write->stop, write->watch);
	init_pieces(writer);
	ret->failures = mem_array(struct err, write->depot_count);
}

/* How large everything is: then what is packed knows its place. */
static int begin_pack(struct writer *writer, struct err *err)
{
	struct pack_options options = writer->writing.write->pack;
	struct pack_sink sink = {
		.room = room_for_chunk, .take = take_chunk, .context = writer};
	size_t head = 0;
	if (fit_chunk(writer, &options.chunk_bytes, &head, err) < 0)
		return -1;
	align_pieces(writer, head);
	writer->pack = pack_new(&options, sink);
	return 0;
}

static void writer_release(struct writer *writer)
{
	pack_freep(&writer->pack);
	for (size_t i = 0; i < writer->writing.piece_count; i++)
		free(writer->writing.pieces[i].memory);
	free(writer->writing.pieces);
	free(writer->writing.uploads);
	digest_free(writer->open_digest);
	digest_free(writer->chunks_digest);
	bulk_flow_release(&writer->writing.flow);
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
	int result = begin_pack(&writer, err);
	if (result == 0) {
		bulk_uploads_begin(&writer.writing);
		if (writer.writing.alive > 0) {
			start_threads(&writer);
			run_source(&writer);
			join_threads(&writer);
		}
		bulk_uploads_end(&writer.writing);
		if (writer.writing.flow.stopping) {
			*err = writer.writing.flow.err;
			result = -1;
		}
	}
	note_digest(writer.open_digest, ret->open_sha256);
	note_digest(writer.chunks_digest, ret->chunks_sha256);
	writer_release(&writer);
	return result;
}

void bulk_written_release(struct bulk_written *written)
{
	free(written->chunks.items);
	free(written->failures);
	*written = (struct bulk_written){0};
}
