/* The pieces of a gate that a deployment's report uses too. Private to src/render. */
#ifndef BELAY_RENDER_GATE_H
#define BELAY_RENDER_GATE_H

#include "belay/render.h"

/* "✗ gates failed: 3 passed, 1 failed" and a newline. */
void gate_add_headline(struct str *out, const struct render *render, const json_t *gate);
/* One line for each check, and its predicates. */
void gate_add_verdicts(struct str *out, const struct render *render, const json_t *gate);

#endif
