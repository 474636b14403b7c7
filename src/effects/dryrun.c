/* The hypothetical world: acts are noted and answered as if they had succeeded; observations that
 * an earlier act would have influenced are assumed instead of made.
 *
 * "Earlier" is a matter of position, not of time: what one lane of a fan-out notes does not touch
 * its siblings, which might as well have been quicker. So a dry run gives the same list and asks
 * the same questions however the threads interleave. */
#include <stdlib.h>

#include "assume.h"
#include "belay/effects_chain.h"
#include "belay/mem.h"

struct dryrun {
	struct effects_layer layer;
	struct notes notes;
};

static int dryrun_perform(struct effects_layer *layer, const struct lane *lane,
			  const struct effect *effect, json_t **ret_answer,
			  struct err *err)
{
	struct dryrun *dryrun = (struct dryrun *)layer;
	if (effect->mode == EFFECT_ACT) {
		notes_add(&dryrun->notes, layer->below, lane, effect);
		*ret_answer = assume_answer(effect);
		return 0;
	}
	if (notes_change_world(&dryrun->notes, lane, effect)) {
		*ret_answer = assume_answer(effect);
		return 0;
	}
	return layer_perform(layer->below, lane, effect, ret_answer, err);
}

static json_t *dryrun_noted(const struct effects_layer *layer)
{
	return notes_list(&((struct dryrun *)layer)->notes);
}

static void dryrun_release(struct effects_layer *layer)
{
	struct dryrun *dryrun = (struct dryrun *)layer;
	notes_release(&dryrun->notes);
	free(dryrun);
}

static const struct effects_layer_ops dryrun_ops = {
	.name = "dryrun",
	.perform = dryrun_perform,
	.noted = dryrun_noted,
	.release = dryrun_release,
};

struct effects_layer *effects_dryrun_new(struct effects_layer *below)
{
	struct dryrun *dryrun = mem_new(struct dryrun);
	dryrun->layer = (struct effects_layer){.ops = &dryrun_ops, .below = below};
	notes_init(&dryrun->notes);
	return &dryrun->layer;
}
