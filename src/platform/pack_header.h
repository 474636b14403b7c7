/* The skippable frames around a chunk's data; the layout is in pack.h. Private to src/platform. */
#ifndef BELAY_PLATFORM_PACK_HEADER_H
#define BELAY_PLATFORM_PACK_HEADER_H

#include "platform/pack.h"

enum {
	PACK_FRAME_HEADER_BYTES = 8, /* magic number and size of a skippable frame */
	PACK_HEADER_BYTES = PACK_FRAME_HEADER_BYTES + 40,
};

void pack_header_write(unsigned char *out, const unsigned char id[static PACK_ID_BYTES],
		       uint64_t index, bool final);
/* `bytes` in all, at least PACK_FRAME_HEADER_BYTES. */
void pack_padding_write(unsigned char *out, size_t bytes);

struct pack_header {
	unsigned char id[PACK_ID_BYTES];
	uint64_t index;
	bool final;
};
/* ERR_STATE when the chunk does not begin with one. */
int pack_header_read(const unsigned char *chunk, size_t bytes, struct pack_header *ret,
		     struct err *err);

#endif
