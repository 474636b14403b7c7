/* The layer that tells a listener about every effect as it ends, for --verbose. It stands on top of the
 * others and changes nothing. Its durations come from the monotonic clock directly: they are shown and
 * forgotten, never an answer, so a replay does not need them. */
#include <stdlib.h>
#include <time.h>

#include "belay/effects_chain.h"
#include "belay/mem.h"
#include "layer.h"

struct trace {
	struct effects_layer layer;
	struct effects_listener listener;
};

static int64_t mono_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int trace_perform(struct effects_layer *layer, const struct lane *lane,
			 const struct effect *effect, json_t **ret_answer,
			 struct err *err)
{
	const struct trace *trace = (const struct trace *)layer;
	int64_t begin_ms = mono_ms();
	int result = layer_perform(layer->below, lane, effect, ret_answer, err);
	trace->listener.ended(trace->listener.context, lane->path, effect,
			      mono_ms() - begin_ms, result < 0 ? NULL : *ret_answer,
			      result < 0 ? err : NULL);
	return result;
}

static void trace_release(struct effects_layer *layer)
{
	free(layer);
}

static const struct effects_layer_ops trace_ops = {
	.name = "trace",
	.perform = trace_perform,
	.release = trace_release,
};

struct effects_layer *effects_trace_new(struct effects_layer *below,
					struct effects_listener listener)
{
	struct trace *trace = mem_new(struct trace);
	trace->layer = (struct effects_layer){.ops = &trace_ops, .below = below};
	trace->listener = listener;
	return &trace->layer;
}
