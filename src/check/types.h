/* The rows of the table of check types, one file each. Private to src/check. */
#ifndef BELAY_CHECK_TYPES_H
#define BELAY_CHECK_TYPES_H

#include "belay/check.h"

extern const struct check_type check_digitalocean;
extern const struct check_type check_http, check_tcp, check_tls;

/* Copies a member of the check's settings into an effect's arguments, under `name`, if it is there. */
void copy_setting(json_t *args, const char *name, const json_t *settings,
		  const char *key);

#endif
