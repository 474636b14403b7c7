/* Unpacking chunks, in order. Each one says which it is; what it says is compared before any of its data
 * is given on.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "belay/mem.h"
#include "platform/pack.h"
#include "platform/pack_header.h"

struct unpack {
	unsigned char id[PACK_ID_BYTES];
	struct unpack_sink sink;
	ZSTD_DCtx *zstd;
	unsigned char *output;
	size_t output_bytes;
	uint64_t next;
	bool ended;
};

struct unpack *unpack_new(const unsigned char id[static PACK_ID_BYTES],
			  struct unpack_sink sink)
{
	struct unpack *unpack = mem_new(struct unpack);
	memcpy(unpack->id, id, PACK_ID_BYTES);
	unpack->sink = sink;
	unpack->zstd = ZSTD_createDCtx();
	if (!unpack->zstd)
		abort(); /* out of memory, as in mem_alloc() */
	unpack->output_bytes = (size_t)1 << 20;
	unpack->output = mem_alloc(unpack->output_bytes);
	return unpack;
}

void unpack_freep(struct unpack **unpack)
{
	if (!*unpack)
		return;
	struct unpack *u = TAKE_PTR(*unpack);
	ZSTD_freeDCtx(u->zstd);
	free(u->output);
	free(u);
}

static int check_header(const struct unpack *unpack, const struct pack_header *header,
			struct err *err)
{
	if (unpack->ended)
		return err_set(err, ERR_STATE,
			       "there is a chunk after the one that was the final one");
	if (memcmp(header->id, unpack->id, PACK_ID_BYTES) != 0)
		return err_set(err, ERR_STATE, "the chunk belongs to another backup");
	if (header->index == unpack->next)
		return 0;
	return err_set(err, ERR_STATE,
		       "chunk %" PRIu64 " stands in the place of chunk %" PRIu64,
		       header->index, unpack->next);
}

static int inflate(struct unpack *unpack, const void *data, size_t bytes, struct err *err)
{
	ZSTD_inBuffer in = {.src = data, .size = bytes};
	size_t left = 0;
	bool full = false; /* then there may be more where that came from */
	while (in.pos < in.size || full) {
		ZSTD_outBuffer out = {.dst = unpack->output,
				      .size = unpack->output_bytes};
		left = ZSTD_decompressStream(unpack->zstd, &out, &in);
		if (ZSTD_isError(left))
			return err_set(err, ERR_STATE,
				       "the compressed data is damaged: %s",
				       ZSTD_getErrorName(left));
		if (out.pos > 0 &&
		    unpack->sink.take(unpack->sink.context, out.dst, out.pos, err) < 0)
			return -1;
		full = out.pos == out.size && left != 0;
	}
	return left == 0 ? 0 : err_set(err, ERR_STATE, "the chunk ends within a frame");
}

int unpack_add(struct unpack *unpack, const void *chunk, size_t bytes, struct err *err)
{
	struct pack_header header;
	if (pack_header_read(chunk, bytes, &header, err) < 0 ||
	    check_header(unpack, &header, err) < 0)
		return -1;
	ZSTD_DCtx_reset(unpack->zstd, ZSTD_reset_session_only);
	if (inflate(unpack, chunk, bytes, err) < 0)
		return -1;
	unpack->next++;
	unpack->ended = header.final;
	return 0;
}

int unpack_end(const struct unpack *unpack, struct err *err)
{
	if (unpack->ended)
		return 0;
	return err_set(err, ERR_STATE,
		       "the end is missing: chunk %" PRIu64 " was to follow",
		       unpack->next);
}
