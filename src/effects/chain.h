/* A lane, as chain.c and short.c see it. Private to those two. */
#ifndef BELAY_EFFECTS_CHAIN_PRIVATE_H
#define BELAY_EFFECTS_CHAIN_PRIVATE_H

#include "layer.h"

struct effects {
	struct effects_layer *top; /* owned by the root lane */
	char *path;
	size_t *position;
	size_t depth;

	bool cancelled; /* an effect of this lane failed with ERR_CANCELLED, unacknowledged */
	int64_t last_now_ms, last_mono_ms;
	struct err
		held_back; /* failure of a short form that cannot report; the next effect does */
};

#endif
