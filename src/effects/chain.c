/* The top of the chain: lanes, fan-out and cancellation as callers see them. What an effect means
 * is decided in the layers below. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "chain.h"

enum { FAN_OUT_THREADS = 64 };

/* --- layers -------------------------------------------------------------------------------- */

void layer_scrub(struct effects_layer *layer, struct str *text)
{
	while (layer && !layer->ops->scrub)
		layer = layer->below;
	if (layer)
		layer->ops->scrub(layer, text);
}

json_t *layer_noted(const struct effects_layer *layer)
{
	while (layer && !layer->ops->noted)
		layer = layer->below;
	return layer ? layer->ops->noted(layer) : json_array();
}

void layer_free(struct effects_layer *layer)
{
	while (layer) {
		struct effects_layer *below = layer->below;
		layer->ops->release(layer);
		layer = below;
	}
}

/* --- the root lane ------------------------------------------------------------------------- */

struct effects *effects_new(struct effects_layer *top)
{
	assert(top);
	struct effects *fx = mem_new(struct effects);
	fx->top = top;
	fx->path = mem_strdup("");
	fx->depth = 1;
	fx->position = mem_array(size_t, 1);
	return fx;
}

void effects_free(struct effects *fx)
{
	if (!fx)
		return;
	layer_free(fx->top);
	free(fx->path);
	free(fx->position);
	free(fx);
}

void effects_freep(struct effects **fx)
{
	effects_free(*fx);
	*fx = NULL;
}

char *effects_redact_text(struct effects *fx, const char *text)
{
	struct str scrubbed = {.max_bytes = SIZE_MAX / 4};
	str_add(&scrubbed, text);
	layer_scrub(fx->top, &scrubbed);
	return str_take(&scrubbed);
}

json_t *effects_noted(const struct effects *fx)
{
	return layer_noted(fx->top);
}

/* --- performing ---------------------------------------------------------------------------- */

int effects_perform(struct effects *fx, const struct effect *effect, json_t **ret_answer,
		    struct err *err)
{
	assert(effect->mode == EFFECT_OBSERVE || effect->summary);
	if (fx->held_back.code != ERR_NONE) {
		*err = fx->held_back;
		err_clear(&fx->held_back);
		return -1;
	}

	_cleanup_json_ json_t *no_args = effect->args ? NULL : json_object();
	struct effect complete = *effect;
	if (no_args)
		complete.args = no_args;

	fx->position[fx->depth - 1]++;
	struct lane lane = {
		.path = fx->path, .position = fx->position, .depth = fx->depth};
	_cleanup_json_ json_t *answer = NULL;
	struct err failure = {0};
	if (layer_perform(fx->top, &lane, &complete, &answer, &failure) < 0) {
		if (failure.code == ERR_CANCELLED)
			fx->cancelled = true;
		*err = failure;
		return -1;
	}
	if (ret_answer)
		*ret_answer = TAKE_PTR(answer);
	return 0;
}

/* --- fan-out ------------------------------------------------------------------------------- */

struct fan_out {
	struct effects *parent;
	size_t count;
	const char *const *names;
	void (*work)(struct effects *lane, size_t index, void *context);
	void *context;
	atomic_size_t next;

	pthread_mutex_t lock; /* what the lanes leave to their parent: */
	bool cancelled;
	struct err
		held_back; /* of the lowest index, so that it does not depend on timing */
	size_t held_back_index;
};

/* Two lanes of one fan-out must not share a path, or a tape could not tell them apart. */
static char *lane_path(const struct fan_out *fan, size_t index)
{
	size_t same = 0;
	for (size_t i = 0; i < index; i++)
		same += str_equal(fan->names[i], fan->names[index]);
	struct str path = STR_INIT;
	if (*fan->parent->path)
		str_addf(&path, "%s/", fan->parent->path);
	str_add(&path, fan->names[index]);
	if (same)
		str_addf(&path, "#%zu", same + 1);
	return str_take(&path);
}

static void run_lane(struct fan_out *fan, size_t index)
{
	const struct effects *parent = fan->parent;
	size_t depth = parent->depth + 2;
	struct effects lane = {
		.top = parent->top,
		.path = lane_path(fan, index),
		.position = mem_array(size_t, depth),
		.depth = depth,
		.last_now_ms = parent->last_now_ms,
		.last_mono_ms = parent->last_mono_ms,
		.cancelled = parent->cancelled,
	};
	memcpy(lane.position, parent->position, parent->depth * sizeof *lane.position);
	lane.position[depth - 2] = index;

	fan->work(&lane, index, fan->context);

	pthread_mutex_lock(&fan->lock);
	fan->cancelled = fan->cancelled || lane.cancelled;
	if (lane.held_back.code != ERR_NONE &&
	    (fan->held_back.code == ERR_NONE || index < fan->held_back_index)) {
		fan->held_back = lane.held_back;
		fan->held_back_index = index;
	}
	pthread_mutex_unlock(&fan->lock);
	free(lane.path);
	free(lane.position);
}

static void *fan_out_thread(void *argument)
{
	struct fan_out *fan = argument;
	for (;;) {
		size_t index = atomic_fetch_add(&fan->next, 1);
		if (index >= fan->count)
			return NULL;
		run_lane(fan, index);
	}
}

void effects_fan_out(struct effects *fx, size_t count, const char *const *names,
		     void (*work)(struct effects *lane, size_t index, void *context),
		     void *context)
{
	struct fan_out fan = {
		.parent = fx,
		.count = count,
		.names = names,
		.work = work,
		.context = context,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	fx->position[fx->depth - 1]++;

	/* This thread works too, so a fan-out over one (or without threads to be had) still works. */
	pthread_t threads[FAN_OUT_THREADS - 1];
	size_t started = 0;
	while (started < ARRAY_SIZE(threads) && started + 1 < count) {
		if (pthread_create(&threads[started], NULL, fan_out_thread, &fan) != 0)
			break;
		started++;
	}
	fan_out_thread(&fan);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);

	pthread_mutex_destroy(&fan.lock);
	fx->cancelled = fx->cancelled || fan.cancelled;
	if (fx->held_back.code == ERR_NONE)
		fx->held_back = fan.held_back;
}

/* --- cancellation -------------------------------------------------------------------------- */

bool effects_cancelled(const struct effects *fx)
{
	return fx->cancelled;
}

bool effects_acknowledge_cancel(struct effects *fx)
{
	struct effect acknowledge = {.kind = "acknowledge", .mode = EFFECT_OBSERVE};
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	bool seen = fx->cancelled;
	if (effects_perform(fx, &acknowledge, &answer, &err) < 0) {
		fx->held_back = err;
		return seen;
	}
	fx->cancelled = false;
	return json_get_bool(answer, "cancelled", false);
}
