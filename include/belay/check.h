/* room: check
 * Checks: probe → observation → predicates → verdict, with attempts and back-off.
 *
 * A check type is one file that exports one `const struct check_type`, listed in table.c. It turns
 * the check's settings into one effect and gives back the observation; judging is the same for
 * all of them.
 */
#ifndef BELAY_CHECK_H
#define BELAY_CHECK_H

#include <jansson.h>

#include "belay/config.h"
#include "belay/effects.h"
#include "belay/err.h"
#include "belay/verdict.h"

struct check_type {
	const char *name;    /* the key in the configuration: "http" */
	const char *summary; /* one line for help and docs */
	const char *fields; /* what an observation holds, for docs: ".status .body …" */
	/* One attempt. *ret_observation: new reference. An error means "no observation". */
	int (*observe)(struct effects *fx, const struct config_check *check,
		       json_t **ret_observation, struct err *err);
	/* What it looks at, in words: "GET https://…". Fresh string. */
	char *(*describe)(const struct config_check *check);
};

extern const struct check_type *const check_types[]; /* NULL-terminated */
const struct check_type *check_type_find(const char *name);

/* Called when an attempt ended without passing and another will follow (for live progress).
 * Called from the lane's thread. */
struct check_listener {
	void (*waiting)(void *context, const struct config_check *check, int attempt,
			const json_t *verdict);
	void (*judged)(void *context, const struct config_check *check,
		       const json_t *verdict);
	void *context;
};

/* Runs all checks in parallel, each in its lane "NAME/check", and gives the gate's verdict
 * (see gate_verdict()). `variables` as in verdict.h, without "now". Errors: ERR_CANCELLED,
 * ERR_CONFIG only; everything else is in the verdicts. */
int check_gate(struct effects *fx, const char *name, const struct config_checks *checks,
	       const json_t *variables, const struct check_listener *listener,
	       json_t **ret_gate, struct err *err);

#endif
