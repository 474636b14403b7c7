/* room: data
 * Values between Jansson and libjq. */
#ifndef BELAY_DATA_JQ_VALUE_H
#define BELAY_DATA_JQ_VALUE_H

#include <jansson.h>
#include <jv.h>

#include "belay/attr.h"

/* NULL becomes null. */
jv jq_value_from_json(const json_t *value);

/* Takes `value`. Numbers without a fraction become integers; NaN becomes null and infinities the
 * largest double, as jq prints them. NULL when it is nested deeper than we can walk. */
ATTR_MUST_USE json_t *jq_value_to_json(jv value);

#endif
