/* Wiring: the one place where real parts are put together. Builds the chain of effects that the global
 * options ask for, gives a command its context, and shows what it leaves behind. */
#ifndef BELAY_WIRING_H
#define BELAY_WIRING_H

#include "belay/command.h"
#include "terminal.h"

/* What a run leaves behind: its exit status when there was no error, its result (may be NULL) and
 * what it shows. */
struct wiring_outcome {
	int status;
	json_t *value;
	const char *schema; /* of the value; NULL: none */
	struct str text;
};
#define WIRING_OUTCOME_INIT                                                              \
	{                                                                                \
		.text = STR_INIT                                                         \
	}
void wiring_outcome_release(struct wiring_outcome *outcome);

/* Runs one command line and shows nothing but progress. */
int wiring_perform(const struct request *request, const struct command *command,
		   const struct terminal *terminal, struct wiring_outcome *ret,
		   struct err *err);

/* Runs one command line to its end, output included. *ret_status: the exit status when there is no
 * error. The command's errors are returned, not printed. */
int wiring_run(const struct request *request, const struct command *command,
	       const struct terminal *terminal, int *ret_status, struct err *err);

#endif
