/* Finding and reading the configuration, through the seam. Beside main; the parsing is config's. */
#ifndef BELAY_LOADER_H
#define BELAY_LOADER_H

#include "belay/config.h"
#include "belay/effects.h"

/* Reads `named`, or the first of the usual places when it is NULL. *ret_file is borrowed: `named`
 * or a constant. ERR_NOT_FOUND when there is none. */
int loader_read(struct effects *fx, const char *named, const char **ret_file,
		char **ret_text, struct err *err);

#endif
