/* Secret references in a bound configuration. Private to src/config. */
#ifndef BELAY_CONFIG_SECRETS_H
#define BELAY_CONFIG_SECRETS_H

#include <jansson.h>

/* Turns every reference in `tree` ({"env": NAME} where the schema says x-secret) into what the effects
 * seam takes: {"$secret": {"env": NAME}}. */
void secrets_wrap(const json_t *schema, json_t *tree);

#endif
