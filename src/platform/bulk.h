/* room: platform
 * Bulk: the two pipelines of a backup, with bounded memory (at most 96 MiB for the whole process, whatever the size).
 *
 *     source → pack (its own threads) → seal → every depot, several parts at a time
 *     depot, several reads ahead → digests → open → unpack → target
 *
 * A slow depot slows the source down; a depot that fails is left behind while others go on. Sealed chunks are
 * the parts of the upload. A part that does not arrive is sent again until the depot gives up (see depot.h) and then
 * for as long as `patience_ms` lasts: a source cannot be read twice. Within this call the upload goes on part by part;
 * nobody goes on with it afterwards.
 */
#ifndef BELAY_PLATFORM_BULK_H
#define BELAY_PLATFORM_BULK_H

#include <stdbool.h>
#include <stdint.h>

#include "belay/err.h"
#include "platform/depot.h"
#include "platform/flow.h"
#include "platform/pack.h"
#include "platform/seal.h"
#include "platform/stop.h"

/* Who watches: from any thread, one call at a time. May be NULL. */
struct bulk_watch {
	void (*moved)(void *context, int64_t done_bytes, int64_t total_bytes);
	void *context;
};

/* --- writing ------------------------------------------------------------------------------- */

enum { BULK_CHUNK_MIN = 256 << 10, BULK_CHUNK_MAX = 64 << 20 };

struct bulk_write {
	/* Pushes everything into the drain, in one thread. */
	int (*source)(void *context, struct drain drain, struct err *err);
	void *source_context;
	struct pack_options
		pack; /* its chunk_bytes: of sealed chunks, BULK_CHUNK_MIN..MAX */
	struct sealer *sealer;
	struct depot **depots; /* borrowed */
	size_t depot_count;
	const char *object, *mark;
	int64_t patience_ms, timeout_ms; /* 0: none */
	struct bulk_watch watch;
	struct stop stop;
};

struct bulk_written {
	int64_t open_bytes, packed_bytes, sealed_bytes;
	char open_sha256[65];
	/* Of the digests of all chunks, 32 bytes each, in their order: what is looked through once is enough. It is also what
	 * S3 calls the composite checksum of an object in parts. */
	char chunks_sha256[65];
	size_t chunk_bytes; /* sealed; of all but the last. What was asked for, or a few bytes less */
	struct {
		char (*items)[65];
		size_t count, capacity;
	} chunks;             /* SHA-256 of each sealed chunk */
	struct err *failures; /* one for each depot; ERR_NONE: the object is there */
};
void bulk_written_release(struct bulk_written *written);

/* On failure nothing that looks finished is left: uploads are aborted, as far as the depots can be reached. Fails when
 * the source fails, and when every depot failed (then with the first one's error). ERR_CONFIG: the chunks are too small for
 * so many recipients. */
int bulk_write(const struct bulk_write *write, struct bulk_written *ret, struct err *err);

/* --- reading ------------------------------------------------------------------------------- */

struct bulk_read {
	struct depot *depot;
	const char *object;
	unsigned char pack_id[PACK_ID_BYTES];
	size_t chunk_bytes;
	const char *const *chunks; /* hexadecimal SHA-256 of each */
	size_t chunk_count;
	int64_t sealed_bytes;
	const char *chunks_sha256; /* of these digests (struct bulk_written) */
	int64_t open_bytes;
	const char *open_sha256;
	struct opener *opener; /* NULL: only the sealed digests are compared */
	size_t sample;         /* so many chunks, first and last among them; 0: all */
	/* Pulls everything from the spring, in a thread of its own; it has got the end only when all digests
	 * were right. NULL: nobody wants the data. */
	int (*target)(void *context, struct spring spring, struct err *err);
	void *target_context;
	int64_t timeout_ms;
	struct bulk_watch watch;
	struct stop stop;
};

struct bulk_counts {
	uint64_t chunks, sealed_bytes, open_bytes;
	bool opened;
};

/* ERR_STATE names the chunk and what is wrong with it ("chunk 17 of 40 of '…' is not what was written"). */
int bulk_read(const struct bulk_read *read, struct bulk_counts *ret, struct err *err);

#endif
