/* room: data
 * Regular expressions with the meaning they have in JSON Schema (ECMA-262 with the "u" flag, as far
 * as schemas use it), by Oniguruma. Not anchored. */
#ifndef BELAY_DATA_PATTERN_H
#define BELAY_DATA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"

struct pattern;

/* Errors: ERR_CONFIG. */
ATTR_MUST_USE int pattern_new(const char *text, struct pattern **ret, struct err *err);
void pattern_free(struct pattern *pattern);

/* A search that exceeds Oniguruma's limit on retries counts as no match. */
bool pattern_matches(const struct pattern *pattern, const char *text, size_t len);

#endif
