/* A bottom layer for tests: answers {"echo": args, "lane", "count"} and fails for kinds that begin
 * with "fail." (with the error code that follows: "fail.auth"). Counts what it was asked. */
#ifndef FAKE_LAYER_H
#define FAKE_LAYER_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "belay/effects_chain.h"
#include "belay/mem.h"
#include "effects/layer.h"

struct fake {
	struct effects_layer layer;
	atomic_uint *asked;
};

static inline int fake_perform(struct effects_layer *layer, const struct lane *lane,
			       const struct effect *effect, json_t **ret_answer,
			       struct err *err)
{
	struct fake *fake = (struct fake *)layer;
	unsigned count = fake->asked ? atomic_fetch_add(fake->asked, 1) : 0;
	if (strncmp(effect->kind, "fail.", 5) == 0) {
		err_set(err, err_code_parse(effect->kind + 5), "it failed: %s",
			lane->path);
		err->sys_errno = 17;
		return err_hint(err, "try again");
	}
	if (strcmp(effect->kind, "clock") == 0) {
		*ret_answer = json_pack("{s:I, s:I}", "now_ms", (json_int_t)1000 + count,
					"mono_ms", (json_int_t)count);
		return 0;
	}
	*ret_answer = json_pack("{s:O, s:s}", "echo", (json_t *)effect->args, "lane",
				lane->path);
	return 0;
}

static inline void fake_release(struct effects_layer *layer)
{
	free(layer);
}

static inline struct effects_layer *fake_new(atomic_uint *asked)
{
	static const struct effects_layer_ops ops = {
		.name = "fake", .perform = fake_perform, .release = fake_release};
	struct fake *fake = mem_new(struct fake);
	fake->layer.ops = &ops;
	fake->asked = asked;
	return &fake->layer;
}

/* Performs an effect whose arguments are JSON text in which ' stands for ". */
static inline int ask(struct effects *fx, const char *kind, enum effect_mode mode,
		      const char *text, json_t **ret_answer, struct err *err)
{
	char *json = mem_strdup(text);
	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *args = json_loads(json, 0, NULL);
	struct effect effect = {.kind = kind,
				.mode = mode,
				.args = args,
				.subject = "web1",
				.summary = "change web1"};
	int result = effects_perform(fx, &effect, ret_answer, err);
	json_decref(args);
	free(json);
	return result;
}

#endif
