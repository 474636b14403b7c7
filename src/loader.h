/* Finding and reading the configuration, through the seam. Beside main; the parsing is config's. */
#ifndef BELAY_LOADER_H
#define BELAY_LOADER_H

#include "belay/config.h"
#include "belay/effects.h"

/* Reads `named`, or when it is NULL the first of the usual places, else what the environment variables
 * say. *ret_file is borrowed: `named` or a constant. ERR_NOT_FOUND when there is none. */
int loader_read(struct effects *fx, const char *named, const char **ret_file,
		char **ret_text, struct err *err);

/* The configuration that the variables make (struct config_variables). *ret_text is NULL when one of them
 * is not set; ERR_CONFIG when one is wrong. */
int loader_read_variables(struct effects *fx, char **ret_text, struct err *err);

#endif
