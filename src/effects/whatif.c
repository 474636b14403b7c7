/* What another configuration would have decided: answers come from the tape as far as it holds them.
 * Where the run takes another way than the recorded one, acts are noted instead of performed and the
 * world they would have led to is assumed, as in a dry run.
 */
#include <stdlib.h>
#include <string.h>

#include "assume.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

/* Any clock's last answer: where the tape ends, time stands still. */
#define CLOCK_KEY "clock"

struct whatif {
	struct effects_layer layer;
	struct notes notes;
	json_t *answers; /* the last one to each question; under the notes' lock */
};

/* The same question in the same lane. Fresh. */
static char *question(const struct lane *lane, const struct effect *effect)
{
	_cleanup_free_ char *args =
		effect->args ? json_text_compact(effect->args) : mem_strdup("");
	return str_format("%s %s %s", lane->path, effect->kind, args);
}

static void remember(struct whatif *whatif, const struct lane *lane,
		     const struct effect *effect, json_t *answer)
{
	bool clock = strcmp(effect->kind, "clock") == 0;
	if (!clock && !assume_is_world(effect->kind))
		return;
	_cleanup_free_ char *key = question(lane, effect);
	pthread_mutex_lock(&whatif->notes.lock);
	json_object_set(whatif->answers, clock ? CLOCK_KEY : key, answer);
	pthread_mutex_unlock(&whatif->notes.lock);
}

/* New reference, or NULL. */
static json_t *recall(struct whatif *whatif, const char *key)
{
	pthread_mutex_lock(&whatif->notes.lock);
	json_t *answer = json_incref(json_object_get(whatif->answers, key));
	pthread_mutex_unlock(&whatif->notes.lock);
	return answer;
}

/* One more look (another attempt, say) at a world that has not changed sees what the last one saw. */
static json_t *look(struct whatif *whatif, const struct lane *lane,
		    const struct effect *effect)
{
	json_t *answer = NULL;
	if (!notes_change_world(&whatif->notes, lane, effect)) {
		_cleanup_free_ char *key = question(lane, effect);
		answer = recall(whatif, key);
	}
	return answer ? answer : assume_answer(effect);
}

/* NULL when there is nothing that could stand in. */
static json_t *stand_in(struct whatif *whatif, const struct lane *lane,
			const struct effect *effect)
{
	if (effect->mode == EFFECT_ACT) {
		notes_add(&whatif->notes, whatif->layer.below, lane, effect);
		return assume_answer(effect);
	}
	if (strcmp(effect->kind, "clock") == 0)
		return recall(whatif, CLOCK_KEY);
	if (strcmp(effect->kind, "random") == 0)
		return json_pack("{s:s}", "hex", "0000000000000001");
	if (strcmp(effect->kind, "env") == 0)
		return json_pack("{s:n}", "value");
	if (strcmp(effect->kind, "secret") == 0)
		return json_pack("{s:b}", "present", 1);
	if (assume_is_world(effect->kind))
		return look(whatif, lane, effect);
	if (strcmp(effect->kind, "acknowledge") == 0)
		return assume_answer(effect);
	return NULL;
}

static int whatif_perform(struct effects_layer *layer, const struct lane *lane,
			  const struct effect *effect, json_t **ret_answer,
			  struct err *err)
{
	struct whatif *whatif = (struct whatif *)layer;
	struct err failure = {0};
	if (layer_perform(layer->below, lane, effect, ret_answer, &failure) == 0) {
		remember(whatif, lane, effect, *ret_answer);
		return 0;
	}
	json_t *answer = NULL;
	if (failure.code == ERR_DIVERGED)
		answer = stand_in(whatif, lane, effect);
	if (!answer) {
		*err = failure;
		return -1;
	}
	*ret_answer = answer;
	return 0;
}

static json_t *whatif_noted(const struct effects_layer *layer)
{
	return notes_list(&((struct whatif *)layer)->notes);
}

static void whatif_release(struct effects_layer *layer)
{
	struct whatif *whatif = (struct whatif *)layer;
	notes_release(&whatif->notes);
	json_decref(whatif->answers);
	free(whatif);
}

static const struct effects_layer_ops whatif_ops = {
	.name = "whatif",
	.perform = whatif_perform,
	.noted = whatif_noted,
	.release = whatif_release,
};

struct effects_layer *effects_whatif_new(struct effects_layer *below)
{
	struct whatif *whatif = mem_new(struct whatif);
	whatif->layer = (struct effects_layer){.ops = &whatif_ops, .below = below};
	whatif->answers = json_object();
	notes_init(&whatif->notes);
	return &whatif->layer;
}
