/* A layer of the chain: what every decorator implements. Private to src/effects.
 *
 * perform() may be called from several threads, but for one lane from one thread at a time.
 */
#ifndef BELAY_EFFECTS_LAYER_H
#define BELAY_EFFECTS_LAYER_H

#include "belay/effects.h"
#include "belay/str.h"

struct effects_layer;

/* Where an effect stands. `path` names the lane ("" for the root, "check/api-health"); layers that
 * keep state per lane key it by that text.
 *
 * `position` says when, without a clock: it alternates step numbers within a lane and indices within
 * a fan-out: {4, 1, 2} is step 2 of the lane with index 1 of the fan-out that was step 4 of the
 * root. Compared as lists they give the order in which one thread alone would have done everything;
 * two positions that first differ at an index happened side by side. */
struct lane {
	const char *path;
	const size_t *position;
	size_t depth; /* length of position: odd */
};

struct effects_layer_ops {
	const char *name;
	int (*perform)(struct effects_layer *layer, const struct lane *lane,
		       const struct effect *effect, json_t **ret_answer, struct err *err);
	json_t *(*noted)(const struct effects_layer *layer); /* NULL: ask below */
	void (*scrub)(struct effects_layer *layer,
		      struct str *text);              /* NULL: ask below */
	void (*release)(struct effects_layer *layer); /* frees the layer itself */
};

/* First member of every layer. */
struct effects_layer {
	const struct effects_layer_ops *ops;
	struct effects_layer *below; /* owned; NULL at the bottom */
};

/* Always gives an answer (never NULL) on success. */
static inline int layer_perform(struct effects_layer *layer, const struct lane *lane,
				const struct effect *effect, json_t **ret_answer,
				struct err *err)
{
	return layer->ops->perform(layer, lane, effect, ret_answer, err);
}

void layer_scrub(struct effects_layer *layer, struct str *text);
json_t *layer_noted(const struct effects_layer *layer); /* new reference */
void layer_free(struct effects_layer *layer);           /* with all layers below */

#endif
