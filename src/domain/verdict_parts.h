/* The parts a verdict is made of. Private to src/domain. */
#ifndef BELAY_DOMAIN_VERDICT_PARTS_H
#define BELAY_DOMAIN_VERDICT_PARTS_H

#include <jansson.h>
#include <stdbool.h>

/* What went wrong, in one line, from the verdict's predicates of that role that do not hold: "expected
 * .latency_ms < 1000, got 2314 (and 1 more)". NULL when all hold. Fresh string. */
char *reason_from_predicates(const json_t *predicates, const char *role);

/* The observation as it is kept: long texts, lists and depths cut. New reference. */
json_t *observation_cut(const json_t *observation);

#endif
