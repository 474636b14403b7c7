/* The hypothetical world: acts are noted and answered as if they had succeeded; observations that
 * an earlier act would have influenced are assumed instead of made.
 *
 * "Earlier" is a matter of position, not of time: what one lane of a fan-out notes does not touch
 * its siblings, which might as well have been quicker. So a dry run gives the same list and asks
 * the same questions however the threads interleave. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "layer.h"

struct note {
	size_t *position;
	size_t depth;
	bool changes_world; /* the journal and files are not what probes look at */
	json_t *text;       /* {kind, subject, summary, lane} */
};

struct notes {
	struct note *items;
	size_t count, capacity;
};

struct dryrun {
	struct effects_layer layer;
	pthread_mutex_t lock;
	struct notes notes;
};

/* --- answers ------------------------------------------------------------------------------- */

/* Kinds that look at the world which noted acts would have changed; acts of the same kinds are what
 * changes it. */
static bool looks_at_world(const char *kind)
{
	static const char *const kinds[] = {"http", "tcp",     "tls",
					    "run",  "ssh.run", "sleep"};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

/* Ids of commits that nobody made. */
static json_t *assumed_append(const json_t *args)
{
	static const char no_id[] = "0000000000000000000000000000000000000000";
	json_t *ids = json_array();
	for (size_t i = 0; i < json_array_size(json_object_get(args, "commits")); i++)
		json_array_append_new(ids, json_string(no_id));
	return json_pack("{s:b, s:b, s:s, s:o}", "assumed", 1, "raced", 0, "tip", no_id,
			 "ids", ids);
}

static json_t *assumed_answer(const struct effect *effect)
{
	if (effect->mode == EFFECT_OBSERVE)
		return json_pack("{s:b}", "assumed", 1);
	if (strcmp(effect->kind, "run") == 0 || strcmp(effect->kind, "ssh.run") == 0)
		return json_pack("{s:b, s:i, s:n, s:b, s:s, s:s, s:b, s:i}", "assumed", 1,
				 "exit", 0, "signal", "timed_out", 0, "stdout", "",
				 "stderr", "", "truncated", 0, "duration_ms", 0);
	if (strcmp(effect->kind, "http") == 0)
		return json_pack("{s:b, s:i, s:{}, s:n}", "assumed", 1, "status", 0,
				 "headers", "body");
	if (strcmp(effect->kind, "git.append") == 0)
		return assumed_append(effect->args);
	return json_pack("{s:b}", "assumed", 1);
}

/* --- notes --------------------------------------------------------------------------------- */

static int compare_positions(const size_t *a, size_t a_depth, const size_t *b,
			     size_t b_depth, size_t *ret_differs_at)
{
	size_t i = 0;
	while (i < a_depth && i < b_depth && a[i] == b[i])
		i++;
	*ret_differs_at = i;
	if (i < a_depth && i < b_depth)
		return a[i] < b[i] ? -1 : 1;
	return (a_depth > b_depth) - (a_depth < b_depth);
}

/* Odd places of a position are indices within a fan-out: siblings. */
static bool happens_before(const struct note *note, const struct lane *lane)
{
	size_t at;
	int order = compare_positions(note->position, note->depth, lane->position,
				      lane->depth, &at);
	return order < 0 && at % 2 == 0;
}

static bool is_hypothetical(struct dryrun *dryrun, const struct lane *lane)
{
	bool found = false;
	pthread_mutex_lock(&dryrun->lock);
	for (size_t i = 0; i < dryrun->notes.count && !found; i++)
		found = dryrun->notes.items[i].changes_world &&
			happens_before(&dryrun->notes.items[i], lane);
	pthread_mutex_unlock(&dryrun->lock);
	return found;
}

static json_t *scrubbed_string(struct dryrun *dryrun, const char *value)
{
	if (!value)
		return json_null();
	struct str text = STR_INIT;
	str_add(&text, value);
	layer_scrub(dryrun->layer.below, &text);
	json_t *result = json_string(str_text(&text));
	str_release(&text);
	return result ? result : json_null();
}

static void note(struct dryrun *dryrun, const struct lane *lane,
		 const struct effect *effect)
{
	struct note entry = {
		.position = mem_array(size_t, lane->depth),
		.depth = lane->depth,
		.changes_world = looks_at_world(effect->kind),
		.text = json_pack("{s:s, s:o, s:o, s:s}", "kind", effect->kind, "subject",
				  scrubbed_string(dryrun, effect->subject), "summary",
				  scrubbed_string(dryrun, effect->summary), "lane",
				  lane->path),
	};
	memcpy(entry.position, lane->position, lane->depth * sizeof *entry.position);
	pthread_mutex_lock(&dryrun->lock);
	*vec_push(&dryrun->notes) = entry;
	pthread_mutex_unlock(&dryrun->lock);
}

static int compare_notes(const void *a, const void *b)
{
	const struct note *left = a, *right = b;
	size_t at;
	return compare_positions(left->position, left->depth, right->position,
				 right->depth, &at);
}

/* --- the layer ----------------------------------------------------------------------------- */

static int dryrun_perform(struct effects_layer *layer, const struct lane *lane,
			  const struct effect *effect, json_t **ret_answer,
			  struct err *err)
{
	struct dryrun *dryrun = (struct dryrun *)layer;
	if (effect->mode == EFFECT_ACT) {
		note(dryrun, lane, effect);
		*ret_answer = assumed_answer(effect);
		return 0;
	}
	if (looks_at_world(effect->kind) && is_hypothetical(dryrun, lane)) {
		*ret_answer = assumed_answer(effect);
		return 0;
	}
	return layer_perform(layer->below, lane, effect, ret_answer, err);
}

static json_t *dryrun_noted(const struct effects_layer *layer)
{
	struct dryrun *dryrun = (struct dryrun *)layer;
	json_t *list = json_array();
	pthread_mutex_lock(&dryrun->lock);
	if (dryrun->notes.count)
		qsort(dryrun->notes.items, dryrun->notes.count,
		      sizeof *dryrun->notes.items, compare_notes);
	for (size_t i = 0; i < dryrun->notes.count; i++)
		json_array_append(list, dryrun->notes.items[i].text);
	pthread_mutex_unlock(&dryrun->lock);
	return list;
}

static void dryrun_release(struct effects_layer *layer)
{
	struct dryrun *dryrun = (struct dryrun *)layer;
	for (size_t i = 0; i < dryrun->notes.count; i++) {
		free(dryrun->notes.items[i].position);
		json_decref(dryrun->notes.items[i].text);
	}
	free(dryrun->notes.items);
	pthread_mutex_destroy(&dryrun->lock);
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
	pthread_mutex_init(&dryrun->lock, NULL);
	return &dryrun->layer;
}
