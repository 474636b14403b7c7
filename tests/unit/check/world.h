/* A world for checks: a bottom layer that answers from a script and lets time pass by sleeping. */
#ifndef TEST_CHECK_WORLD_H
#define TEST_CHECK_WORLD_H

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "belay/effects.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "effects/layer.h"

/* Script: {SUBJECT: [answer, …]}; the last answer repeats. An answer {"fail": CODE} is an error of the
 * seam. */
struct world {
	struct effects_layer layer;
	pthread_mutex_t lock;
	json_t *script;
	json_t *next;  /* SUBJECT → index */
	json_t *asked; /* [{kind, mode, args, lane}] without clock, sleep and random */
	json_t *slept; /* {lane: [ms]} */
	int64_t now_ms;
	const char *random; /* hex digits */
};

static json_t *world_json(const char *quoted)
{
	char *copy = mem_strdup(quoted);
	for (char *at = copy; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
	free(copy);
	return value;
}

static int world_answer(struct world *world, const char *lane,
			const struct effect *effect, json_t **ret_answer, struct err *err)
{
	const char *subject = effect->subject ? effect->subject : "";
	json_t *answers = json_object_get(world->script, subject);
	size_t index = (size_t)json_get_int(world->next, subject, 0);
	size_t last = json_array_size(answers) ? json_array_size(answers) - 1 : 0;
	json_t *answer = json_array_get(answers, index < last ? index : last);
	json_array_append_new(world->asked,
			      json_pack("{s:s, s:b, s:O?, s:s}", "kind", effect->kind,
					"act", effect->mode == EFFECT_ACT, "args",
					effect->args, "lane", lane));
	json_object_set_new(world->next, subject, json_integer((json_int_t)index + 1));
	const char *code = json_get_string(answer, "fail", NULL);
	if (code || !answer)
		return err_set(err, code ? err_code_parse(code) : ERR_FAIL,
			       "scripted: %s", code ? code : "nothing");
	*ret_answer = json_deep_copy(answer);
	return 0;
}

static int world_perform(struct effects_layer *layer, const struct lane *place,
			 const struct effect *effect, json_t **ret_answer,
			 struct err *err)
{
	struct world *world = (struct world *)layer;
	const char *lane = place->path;
	json_t *answer = NULL;
	int result = 0;
	pthread_mutex_lock(&world->lock);
	if (strcmp(effect->kind, "clock") == 0) {
		answer = json_pack("{s:I, s:I}", "now_ms", (json_int_t)world->now_ms,
				   "mono_ms", (json_int_t)world->now_ms);
	} else if (strcmp(effect->kind, "random") == 0) {
		answer = json_pack("{s:s}", "hex", world->random);
	} else if (strcmp(effect->kind, "sleep") == 0) {
		json_int_t ms = json_get_int(effect->args, "ms", 0);
		if (!json_object_get(world->slept, lane))
			json_object_set_new(world->slept, lane, json_array());
		json_array_append_new(json_object_get(world->slept, lane),
				      json_integer(ms));
		world->now_ms += ms;
		answer = json_object();
	} else {
		result = world_answer(world, lane, effect, &answer, err);
	}
	pthread_mutex_unlock(&world->lock);
	if (ret_answer)
		*ret_answer = answer;
	else
		json_decref(answer);
	return result;
}

static void world_release(struct effects_layer *layer)
{
	struct world *world = (struct world *)layer;
	json_decref(world->script);
	json_decref(world->next);
	json_decref(world->asked);
	json_decref(world->slept);
	pthread_mutex_destroy(&world->lock);
	free(world);
}

static const struct effects_layer_ops world_ops = {
	.name = "world", .perform = world_perform, .release = world_release};

/* *ret_world lives as long as the chain. */
static struct effects *world_new(const char *script, struct world **ret_world)
{
	struct world *world = mem_new(struct world);
	world->layer.ops = &world_ops;
	pthread_mutex_init(&world->lock, NULL);
	world->script = world_json(script);
	world->next = json_object();
	world->asked = json_array();
	world->slept = json_object();
	world->now_ms = 1000000;
	world->random = "8000000000000000"; /* the middle of the range */
	*ret_world = world;
	return effects_new(&world->layer);
}

#endif
