/* room: platform
 * Packing: a stream, compressed by zstd and cut into chunks of one size. Over libzstd.
 *
 * Every chunk is a sequence of whole zstd frames (RFC 8878) and can be read by itself:
 *
 *     skippable frame 0x184D2A5B   "belay" 0 1 0, id (16 bytes), index (8, little endian),
 *                                  final (1: nothing follows), 7 bytes of zeros
 *     one or more zstd frames      the data
 *     skippable frame 0x184D2A5C   zeros, up to the chunk's size; not in the final chunk
 *
 * `zstd -d` ignores skippable frames, so that chunks behind each other are simply the compressed stream. The
 * unpacker reads the first one: chunks that are missing, repeated, swapped, cut or from another backup
 * are noticed.
 */
#ifndef BELAY_PLATFORM_PACK_H
#define BELAY_PLATFORM_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"

enum { PACK_ID_BYTES = 16, PACK_CHUNK_MIN = 192 << 10, PACK_CHUNK_MAX = 64 << 20 };

/* Where chunks go. */
struct pack_sink {
	/* Memory for the next chunk, chunk_bytes of it; the pack's until the chunk is taken. NULL with
	 * *err filled. */
	unsigned char *(*room)(void *context, struct err *err);
	/* The chunk in that memory is complete. */
	int (*take)(void *context, size_t bytes, uint64_t index, bool final,
		    struct err *err);
	void *context;
};

struct pack_options {
	unsigned char id[PACK_ID_BYTES];
	size_t chunk_bytes; /* PACK_CHUNK_MIN..MAX; the least holds a block of zstd */
	int level;          /* 1..19 */
	int threads;        /* 1..64 */
};

struct pack;

struct pack *pack_new(const struct pack_options *options, struct pack_sink sink);
void pack_freep(struct pack **pack);
/* Adds to the stream; chunks go to the sink as they are full. What was put into the pack's room beforehand is added
 * without being copied. */
int pack_add(struct pack *pack, const void *data, size_t bytes, struct err *err);
/* The pack's own memory for what is added next, of at least one byte. Blocks as pack_add() does. */
void *pack_room(struct pack *pack, size_t *ret_bytes, struct err *err);
/* The end of the stream: gives out the final chunk. Also an empty stream has one. */
int pack_end(struct pack *pack, struct err *err);

/* --- back ---------------------------------------------------------------------------------- */

/* Where unpacked data goes. */
struct unpack_sink {
	/* Memory for what comes next, *ret_bytes of it, at least one; the unpacker's until it is taken (asked
	 * again before that: the same). NULL with *err filled. */
	void *(*room)(void *context, size_t *ret_bytes, struct err *err);
	/* So much of it is filled, at least one byte. */
	int (*take)(void *context, size_t bytes, struct err *err);
	void *context;
};

struct unpack;

struct unpack *unpack_new(const unsigned char id[static PACK_ID_BYTES],
			  struct unpack_sink sink);
void unpack_freep(struct unpack **unpack);
/* The next chunk, in order. ERR_STATE says what is wrong with it. */
int unpack_add(struct unpack *unpack, const void *chunk, size_t bytes, struct err *err);
/* A chunk by itself, which must be the one with this index; `final` when nothing may follow it. */
int unpack_one(struct unpack *unpack, const void *chunk, size_t bytes, uint64_t index,
	       bool final, struct err *err);
/* Was the last chunk the final one? ERR_STATE when something is missing. */
int unpack_end(const struct unpack *unpack, struct err *err);

/* Of libzstd: "1.5.4". */
const char *pack_library_version(void);

#endif
