/* room: wiring
 * Building a chain of effects. Only the wiring beside main includes this header; everyone else
 * receives a `struct effects *`.
 */
#ifndef BELAY_EFFECTS_CHAIN_H
#define BELAY_EFFECTS_CHAIN_H

#include "belay/effects.h"

/* A layer answers effects itself or asks the layer below. */
struct effects_layer;

struct effects_layer *effects_live_new(void);
/* Scrubs answers and errors of every secret that live resolved, and of things that look like one
 * (private key blocks, bearer tokens, credentials in URLs, cookie values, GitHub/AWS/Slack token
 * shapes). Takes `below`, which must be a live layer. */
struct effects_layer *effects_redact_new(struct effects_layer *below);
/* Notes acts instead of performing them. Takes `below`. */
struct effects_layer *effects_dryrun_new(struct effects_layer *below);
/* Writes each effect and its answer to the tape at `path` (created, mode 0600), `header` first.
 * Takes `below`. The tape is complete after effects_free(). */
int effects_record_new(struct effects_layer *below, const char *path,
		       const json_t *header, struct effects_layer **ret, struct err *err);
/* Answers from a tape. *ret_header: new reference. */
int effects_replay_new(const char *path, struct effects_layer **ret, json_t **ret_header,
		       struct err *err);
/* For a replay under another configuration: what the tape does not hold is noted (acts) or assumed
 * (the world after them) instead of being a divergence. Takes `below`, a replay layer. */
struct effects_layer *effects_whatif_new(struct effects_layer *below);

/* Who wants to know about every effect as it ends. Called from the lane's thread; `failure` is NULL
 * when it went well, `answer` when it did not. `effect` is not redacted. */
struct effects_listener {
	void (*ended)(void *context, const char *lane, const struct effect *effect,
		      int64_t duration_ms, const json_t *answer,
		      const struct err *failure);
	void *context;
};
/* Tells the listener, changes nothing. Takes `below`; stands on top of everything else. */
struct effects_layer *effects_trace_new(struct effects_layer *below,
					struct effects_listener listener);

/* The root lane on top of a chain. Takes `top`. */
struct effects *effects_new(struct effects_layer *top);
void effects_free(struct effects *fx);
void effects_freep(struct effects **fx);

/* Installs handlers for SIGINT, SIGTERM and, unless it is ignored (nohup), SIGHUP that cancel the chain. */
void effects_catch_signals(void);

#endif
