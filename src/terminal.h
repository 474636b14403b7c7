/* What the terminal at hand can show: colour, width, a live line. Beside main, because it looks at the
 * environment and at file descriptors, which are not part of a run and not on a tape. */
#ifndef BELAY_TERMINAL_H
#define BELAY_TERMINAL_H

#include "belay/command.h"
#include "belay/render.h"

struct terminal {
	struct render out; /* standard output */
	struct render err; /* standard error */
	bool live;         /* standard error is a terminal that can overwrite a line */
	FILE *progress;    /* where progress goes: standard error */
};

/* `request` (for --no-color --quiet --verbose) may be NULL; `environment` is environ. */
void terminal_look(struct terminal *ret, const struct request *request,
		   char *const *environment);

#endif
