/* Packing and unpacking: every size comes back, chunks have one size, and chunks that are not where they
 * should be are noticed. */
#include "platform/pack.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define CHUNK ((size_t)PACK_CHUNK_MIN)

struct chunks {
	unsigned char room[CHUNK];
	struct str bytes; /* all of them behind each other */
	size_t count;
	size_t odd; /* chunks before the final one that have another size */
	size_t finals;
};

static unsigned char *room_for_chunk(void *context, struct err *err)
{
	(void)err;
	return ((struct chunks *)context)->room;
}

static int take_chunk(void *context, size_t bytes, uint64_t index, bool final,
		      struct err *err)
{
	struct chunks *chunks = context;
	(void)err;
	CHECK_INT_EQ(index, chunks->count);
	str_add_bytes(&chunks->bytes, chunks->room, bytes);
	chunks->count++;
	chunks->odd += !final && bytes != CHUNK;
	chunks->finals += final;
	return 0;
}

struct unpacked {
	char room[5000];
	struct str bytes;
};

static void *room_for_data(void *context, size_t *ret_bytes, struct err *err)
{
	struct unpacked *out = context;
	(void)err;
	*ret_bytes = sizeof out->room;
	return out->room;
}

static int take_data(void *context, size_t bytes, struct err *err)
{
	struct unpacked *out = context;
	(void)err;
	CHECK(bytes > 0);
	str_add_bytes(&out->bytes, out->room, bytes);
	return 0;
}

static void unpacked_release(struct unpacked *out)
{
	str_release(&out->bytes);
}

static struct unpack *unpack_into(const unsigned char *which, struct unpacked *out)
{
	return unpack_new(which, (struct unpack_sink){room_for_data, take_data, out});
}

static const unsigned char id[PACK_ID_BYTES] = "0123456789abcdef";

enum kind { ZEROS, NOISE, TEXT, MIXED };

static unsigned char *make_data(enum kind kind, size_t len)
{
	unsigned char *data = mem_alloc(len + 1);
	unsigned seed = 7;
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525U + 1013904223U;
		bool noisy = kind == NOISE || (kind == MIXED && (i >> 18) % 2);
		if (noisy)
			data[i] = (unsigned char)(seed >> 24);
		else if (kind != ZEROS)
			data[i] = (unsigned char)('a' + (seed >> 24) % 5);
	}
	return data;
}

static void pack_all(const unsigned char *data, size_t len, int threads,
		     struct chunks *ret)
{
	struct err err = {0};
	struct pack_options options = {
		.chunk_bytes = CHUNK, .level = 3, .threads = threads};
	memcpy(options.id, id, sizeof id);
	_cleanup_(pack_freep) struct pack *pack =
		pack_new(&options, (struct pack_sink){room_for_chunk, take_chunk, ret});
	/* In pieces that fit nothing, and every other one by the pack's own room. */
	bool lent = false;
	for (size_t at = 0, bytes, room_bytes; at < len; at += bytes) {
		const void *from = data + at;
		bytes = len - at < 70001 ? len - at : 70001;
		if ((lent = !lent)) {
			void *room = pack_room(pack, &room_bytes, &err);
			bytes = bytes < room_bytes ? bytes : room_bytes;
			from = memcpy(room, from, bytes);
		}
		CHECK_OK(pack_add(pack, from, bytes, &err), &err);
	}
	/* Asked for and not used. */
	size_t unused;
	CHECK(pack_room(pack, &unused, &err) != NULL);
	CHECK_OK(pack_end(pack, &err), &err);
}

/* What `zstd -d` makes of all chunks. */
static void check_stock_tools(const struct chunks *chunks, const unsigned char *data,
			      size_t len)
{
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	unsigned char *out = mem_alloc(len + 1);
	ZSTD_inBuffer from = {chunks->bytes.data, chunks->bytes.len, 0};
	ZSTD_outBuffer to = {out, len + 1, 0};
	size_t result = 0;
	while (from.pos < from.size && !ZSTD_isError(result))
		result = ZSTD_decompressStream(zstd, &to, &from);
	CHECK(!ZSTD_isError(result));
	CHECK_INT_EQ(to.pos, len);
	CHECK(to.pos == len && memcmp(out, data, len) == 0);
	ZSTD_freeDCtx(zstd);
	free(out);
}

static const struct row {
	const char *name;
	enum kind kind;
	size_t len;
} rows[] = {
	{"nothing", TEXT, 0},
	{"one byte", TEXT, 1},
	{"less than a chunk", TEXT, 30000},
	{"noise around one chunk", NOISE, PACK_CHUNK_MIN - 100},
	{"noise of a chunk", NOISE, PACK_CHUNK_MIN},
	{"a few chunks of noise", NOISE, 1000000},
	{"many chunks of text", TEXT, 3000000},
	{"zeros", ZEROS, 20000000},
	{"text and noise in turns", MIXED, 9000000},
};

TEST(what_was_packed_comes_back)
{
	FOR_ROWS(row, rows) {
		for (int threads = 1; threads <= 2; threads++) {
			struct err err = {0};
			struct chunks chunks = {.bytes = STR_INIT};
			__attribute__((cleanup(unpacked_release))) struct unpacked out = {
				.bytes = STR_INIT};
			_cleanup_free_ unsigned char *data =
				make_data(row->kind, row->len);
			pack_all(data, row->len, threads, &chunks);
			CHECK_INT_EQ(chunks.odd, 0);
			CHECK_INT_EQ(chunks.finals, 1);
			check_stock_tools(&chunks, data, row->len);
			_cleanup_(unpack_freep) struct unpack *unpack =
				unpack_into(id, &out);
			for (size_t at = 0; at < chunks.bytes.len; at += CHUNK) {
				size_t left = chunks.bytes.len - at;
				CHECK_OK(unpack_add(unpack, chunks.bytes.data + at,
						    left < CHUNK ? left : CHUNK, &err),
					 &err);
			}
			CHECK_OK(unpack_end(unpack, &err), &err);
			CHECK_MEM_EQ(str_text(&out.bytes), out.bytes.len, data, row->len);
			str_release(&chunks.bytes);
		}
	}
}

TEST(padding_is_small)
{
	struct chunks chunks = {.bytes = STR_INIT};
	_cleanup_free_ unsigned char *noise = make_data(NOISE, 4000000);
	pack_all(noise, 4000000, 2, &chunks);
	CHECK(chunks.bytes.len < 4000000 + 4000000 / 20);
	str_release(&chunks.bytes);
}

/* Which chunks are read, in which order; -1 ends the list. */
static const struct mistake {
	const char *name;
	int order[8];
	const char *why;
} mistakes[] = {
	{"one dropped", {0, 2, -1}, "chunk 2 stands in the place of chunk 1"},
	{"the first dropped", {1, -1}, "chunk 1 stands in the place of chunk 0"},
	{"two swapped", {0, 2, 1, -1}, "chunk 2 stands in the place of chunk 1"},
	{"one twice", {0, 0, -1}, "chunk 0 stands in the place of chunk 1"},
	{"the end missing", {0, 1, 2, -1}, "the end is missing: chunk 3"},
	{"nothing at all", {-1}, "the end is missing: chunk 0"},
	{"more after the end", {0, 1, 2, 3, 0, -1}, "after the one that was the final"},
};

TEST(chunks_out_of_place_are_noticed)
{
	struct chunks chunks = {.bytes = STR_INIT};
	_cleanup_free_ unsigned char *data = make_data(NOISE, 3 * CHUNK + 1000);
	pack_all(data, 3 * CHUNK + 1000, 1, &chunks);
	if (!CHECK_INT_EQ(chunks.count, 4))
		return;
	FOR_ROWS(row, mistakes) {
		struct err err = {0};
		__attribute__((cleanup(unpacked_release))) struct unpacked out = {
			.bytes = STR_INIT};
		_cleanup_(unpack_freep) struct unpack *unpack = unpack_into(id, &out);
		int result = 0;
		for (size_t i = 0; result == 0 && row->order[i] >= 0; i++) {
			size_t at = (size_t)row->order[i] * CHUNK;
			size_t left = chunks.bytes.len - at;
			result = unpack_add(unpack, chunks.bytes.data + at,
					    left < CHUNK ? left : CHUNK, &err);
		}
		if (result == 0)
			result = unpack_end(unpack, &err);
		CHECK_FAILS(result, &err, ERR_STATE, row->why);
	}
	str_release(&chunks.bytes);
}

TEST(another_backup_and_a_cut_chunk_are_noticed)
{
	struct err err = {0};
	struct chunks chunks = {.bytes = STR_INIT};
	static const unsigned char other[PACK_ID_BYTES] = "another backup";
	__attribute__((cleanup(unpacked_release))) struct unpacked out = {
		.bytes = STR_INIT};
	_cleanup_free_ unsigned char *data = make_data(TEXT, 1000);
	pack_all(data, 1000, 1, &chunks);
	_cleanup_(unpack_freep) struct unpack *theirs = unpack_into(other, &out);
	CHECK_FAILS(unpack_add(theirs, chunks.bytes.data, chunks.bytes.len, &err), &err,
		    ERR_STATE, "belongs to another backup");
	for (size_t len = 0; len < chunks.bytes.len; len++) {
		struct err cut = {0};
		_cleanup_(unpack_freep) struct unpack *ours = unpack_into(id, &out);
		int result = unpack_add(ours, chunks.bytes.data, len, &cut);
		/* Cut right behind the header a chunk is whole, and empty. */
		CHECK(result < 0 || len == 48);
	}
	str_release(&chunks.bytes);
}

/* Each chunk by itself: index and end are compared with what is expected. */
static const struct alone {
	const char *name;
	size_t chunk, index;
	bool final;
	const char *why; /* NULL: it is right */
} alone[] = {
	{"the second", 1, 1, false, NULL},
	{"the last", 3, 3, true, NULL},
	{"the first again", 0, 0, false, NULL},
	{"another index", 1, 2, false, "chunk 1 stands in the place of chunk 2"},
	{"not the end yet", 3, 3, false, "there are chunks after the final one"},
	{"not yet the end", 2, 2, true, "the end is missing"},
};

TEST(a_chunk_is_read_by_itself)
{
	struct chunks chunks = {.bytes = STR_INIT};
	_cleanup_free_ unsigned char *data = make_data(NOISE, 3 * CHUNK + 1000);
	pack_all(data, 3 * CHUNK + 1000, 1, &chunks);
	__attribute__((cleanup(unpacked_release))) struct unpacked out = {
		.bytes = STR_INIT};
	_cleanup_(unpack_freep) struct unpack *unpack = unpack_into(id, &out);
	FOR_ROWS(row, alone) {
		struct err err = {0};
		size_t at = row->chunk * CHUNK;
		size_t left = chunks.bytes.len - at;
		int result = unpack_one(unpack, chunks.bytes.data + at,
					left < CHUNK ? left : CHUNK, row->index,
					row->final, &err);
		if (row->why)
			CHECK_FAILS(result, &err, ERR_STATE, row->why);
		else
			CHECK_OK(result, &err);
	}
	str_release(&chunks.bytes);
}
