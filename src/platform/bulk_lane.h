/* A lane of the pipeline that reads: one thread that fetches, checks, opens and unpacks every n-th chunk, and
 * the blocks of data that wait behind it. Private to src/platform.
 *
 * Blocks of a lane are used in turn: filled by the lane, counted by the leading thread (in the order of the
 * stream, for the digest), then freed by the target, or by the leading thread when there is none.
 */
#ifndef BELAY_PLATFORM_BULK_LANE_H
#define BELAY_PLATFORM_BULK_LANE_H

#include "platform/bulk.h"
#include "platform/bulk_flow.h"

enum { BULK_LANES = 4, BULK_BLOCKS = 4, BULK_BLOCK_BYTES = 1 << 20 };

struct bulk_block {
	unsigned char *data;
	size_t bytes;    /* 0: only says that */
	bool ends_chunk; /* nothing more of this chunk follows */
};

/* What all lanes share. */
struct bulk_reading {
	const struct bulk_read *read;
	struct bulk_flow flow;
	size_t *order; /* the chunks to be read, by index */
	size_t count;

	/* With the lock held. */
	size_t done; /* chunks that are right, as far as that is asked */
	size_t at
		[BULK_LANES]; /* each lane's place in the order; SIZE_MAX: it has ended */
	uint64_t sealed_bytes;
};

struct bulk_lane {
	struct bulk_reading *reading;
	size_t first; /* its first place in the order; then every BULK_LANES-th */
	unsigned char *sealed; /* one chunk, opened where it stands */
	struct unpack *unpack;
	size_t chunk; /* the index of the one it is at */

	struct bulk_block blocks[BULK_BLOCKS];
	/* With the lock held: so many blocks. */
	uint64_t filled, counted, freed;
};

/* The thread. Ends when it has done its chunks, or when the flow stops. */
void *bulk_lane_run(void *lane);

void bulk_lane_init(struct bulk_lane *lane, struct bulk_reading *reading, size_t first);
void bulk_lane_release(struct bulk_lane *lane);

static inline struct bulk_block *bulk_lane_block(struct bulk_lane *lane, uint64_t number)
{
	return &lane->blocks[number % BULK_BLOCKS];
}

#endif
