/* The effects object.* in tests: a live chain, and short forms. */
#ifndef STORE_H
#define STORE_H

#include <signal.h>

#include "belay/effects_chain.h"
#include "belay/json.h"

static inline struct effects *chain(void)
{
	signal(SIGPIPE, SIG_IGN);
	return effects_new(effects_redact_new(effects_live_new()));
}

static inline int ask(struct effects *fx, const char *kind, enum effect_mode mode,
		      json_t *takes_args, json_t **ret_answer, struct err *err)
{
	const struct effect effect = {
		.kind = kind, .mode = mode, .args = takes_args, .summary = "test"};
	int result = effects_perform(fx, &effect, ret_answer, err);
	json_decref(takes_args);
	return result;
}

static inline int list(struct effects *fx, json_t *store, const char *prefix,
		       json_t **ret_answer, struct err *err)
{
	return ask(fx, "object.list", EFFECT_OBSERVE,
		   json_pack("{s:O, s:s}", "store", store, "prefix", prefix), ret_answer,
		   err);
}

static inline int write_text(struct effects *fx, json_t *store, const char *name,
			     const char *text, struct err *err)
{
	return ask(fx, "object.write", EFFECT_ACT,
		   json_pack("{s:O, s:s, s:s, s:s}", "store", store, "name", name, "text",
			     text, "mark", "m"),
		   NULL, err);
}

static inline int read_text(struct effects *fx, json_t *store, const char *name,
			    json_t **ret_answer, struct err *err)
{
	return ask(fx, "object.read", EFFECT_OBSERVE,
		   json_pack("{s:O, s:s, s:i}", "store", store, "name", name, "max_bytes",
			     100000),
		   ret_answer, err);
}

#endif
