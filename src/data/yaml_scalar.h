/* room: data
 * What an unquoted YAML scalar means (YAML 1.2.2, 10.3 Core Schema). */
#ifndef BELAY_DATA_YAML_SCALAR_H
#define BELAY_DATA_YAML_SCALAR_H

#include <jansson.h>

#include "belay/attr.h"

/* 0 with *ret (new reference), or -1 with *ret_problem when it is a number that JSON or a 64-bit
 * integer cannot hold. `text` is NUL-terminated UTF-8. */
ATTR_MUST_USE int yaml_scalar(const char *text, json_t **ret, const char **ret_problem);

#endif
