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
	return unpack;
}

void unpack_freep(struct unpack **unpack)
{
	if (!*unpack)
		return;
	struct unpack *u = TAKE_PTR(*unpack);
	ZSTD_freeDCtx(u->zstd);
	free(u);
}

static int check_header(const struct unpack *unpack, const struct pack_header *header,
			struct err *err)
{
	if (memcmp(header->id, unpack->id, PACK_ID_BYTES) != 0)
		return err_set(err, ERR_STATE, "the chunk belongs to another backup");
	if (header->index == unpack->next)
		return 0;
	return err_set(err, ERR_STATE,
		       "chunk %" PRIu64 " stands in the place of chunk %" PRIu64,
		       header->index, unpack->next);
}

/* Fills the sink's memory once. *ret_left: 0 at the end of a frame. */
static int fill(struct unpack *unpack, ZSTD_inBuffer *in, ZSTD_outBuffer *out,
		size_t *ret_left, struct err *err)
{
	do {
		*ret_left = ZSTD_decompressStream(unpack->zstd, out, in);
		if (ZSTD_isError(*ret_left))
			return err_set(err, ERR_STATE,
				       "the compressed data is damaged: %s",
				       ZSTD_getErrorName(*ret_left));
	} while (out->pos < out->size && in->pos < in->size);
	return 0;
}

static int inflate(struct unpack *unpack, const void *data, size_t bytes, struct err *err)
{
	const struct unpack_sink *sink = &unpack->sink;
	ZSTD_inBuffer in = {.src = data, .size = bytes};
	size_t left = 0;
	bool more = true;
	while (more) {
		ZSTD_outBuffer out = {0};
		out.dst = sink->room(sink->context, &out.size, err);
		if (!out.dst || fill(unpack, &in, &out, &left, err) < 0)
			return -1;
		more = in.pos < in.size || (out.pos == out.size && left != 0);
		if (out.pos > 0 && sink->take(sink->context, out.pos, err) < 0)
			return -1;
	}
	return left == 0 ? 0 : err_set(err, ERR_STATE, "the chunk ends within a frame");
}

static int unpack_next(struct unpack *unpack, const struct pack_header *header,
		       const void *chunk, size_t bytes, struct err *err)
{
	if (check_header(unpack, header, err) < 0)
		return -1;
	ZSTD_DCtx_reset(unpack->zstd, ZSTD_reset_session_only);
	if (inflate(unpack, chunk, bytes, err) < 0)
		return -1;
	unpack->next++;
	unpack->ended = header->final;
	return 0;
}

int unpack_add(struct unpack *unpack, const void *chunk, size_t bytes, struct err *err)
{
	struct pack_header header;
	if (pack_header_read(chunk, bytes, &header, err) < 0)
		return -1;
	if (unpack->ended)
		return err_set(err, ERR_STATE,
			       "there is a chunk after the one that was the final one");
	return unpack_next(unpack, &header, chunk, bytes, err);
}

int unpack_one(struct unpack *unpack, const void *chunk, size_t bytes, uint64_t index,
	       bool final, struct err *err)
{
	struct pack_header header;
	if (pack_header_read(chunk, bytes, &header, err) < 0)
		return -1;
	unpack->next = index;
	if (header.final != final && header.index == index)
		return err_set(err, ERR_STATE, "%s",
			       final ? "the end is missing"
				     : "there are chunks after the final one");
	return unpack_next(unpack, &header, chunk, bytes, err);
}

int unpack_end(const struct unpack *unpack, struct err *err)
{
	if (unpack->ended)
		return 0;
	return err_set(err, ERR_STATE,
		       "the end is missing: chunk %" PRIu64 " was to follow",
		       unpack->next);
}

const char *pack_library_version(void)
{
	return ZSTD_versionString();
}
