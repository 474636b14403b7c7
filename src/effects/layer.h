/* A layer of the chain: what every decorator implements. Private to src/effects.
 *
 * `lane` is the path of the lane ("" for the root, "check/api-health"); layers that keep state per
 * lane key it by that text. perform() may be called from several threads, one per lane.
 */
#ifndef BELAY_EFFECTS_LAYER_H
#define BELAY_EFFECTS_LAYER_H

#include "belay/effects.h"
#include "belay/str.h"

struct effects_layer;

struct effects_layer_ops {
	const char *name;
	int (*perform)(struct effects_layer *layer, const char *lane, const struct effect *effect,
		       json_t **ret_answer, struct err *err);
	json_t *(*noted)(const struct effects_layer *layer);	     /* NULL: ask below */
	void (*scrub)(struct effects_layer *layer, struct str *text); /* NULL: ask below */
	void (*release)(struct effects_layer *layer);		     /* frees the layer itself */
};

/* First member of every layer. */
struct effects_layer {
	const struct effects_layer_ops *ops;
	struct effects_layer *below; /* owned; NULL at the bottom */
};

#endif
