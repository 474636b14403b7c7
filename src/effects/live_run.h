/* What run and ssh.run have in common. Private to the live layer. */
#ifndef BELAY_EFFECTS_LIVE_RUN_H
#define BELAY_EFFECTS_LIVE_RUN_H

#include "live.h"
#include "platform/run.h"

enum { LIVE_OUTPUT_DEFAULT_BYTES = 1 << 20 };

/* The answer: {exit, signal, timed_out, stdout, stderr, truncated, duration_ms}. */
json_t *live_outcome(struct live_call *call, struct run_outcome *outcome);

size_t live_max_output(const struct live_call *call);

/* `env` of a command: {name: text|secret}. */
struct process_variable;
struct live_variables {
	struct process_variable *items;
	struct secret *secrets; /* what the values point to */
	size_t count;
};
int live_get_variables(struct live_call *call, const json_t *env,
		       struct live_variables *ret, struct err *err);
void live_variables_release(struct live_variables *variables);
#define _cleanup_variables_ __attribute__((cleanup(live_variables_release)))

#endif
