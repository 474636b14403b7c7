/* The rows of the table of drivers. Private to src/driver. */
#ifndef BELAY_DRIVER_TABLE_H
#define BELAY_DRIVER_TABLE_H

#include "belay/driver.h"

extern const struct driver driver_ssh_release;
extern const struct driver driver_command;
extern const struct driver driver_digitalocean;

/* One row of a plan: {step, target, summary}. Appends to `plan`. */
ATTR_PRINTF(4, 5)
void plan_add(json_t *plan, const char *step, const char *target,
	      const char *summary_format, ...);

/* The last line a command wrote that is worth showing: of stderr, else of stdout, else "". Fresh. */
char *output_last_line(const json_t *answer);

/* Error for a command that ended badly ("status 3: disk full"); NULL subject for none. Returns -1. */
int output_failed(const json_t *answer, const char *subject, const char *what,
		  struct err *err);

#endif
