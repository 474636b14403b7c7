/* What status, history and verify share. Private to src/command.
 *
 * They only read the journal, so they also work where there is no configuration: then the journal is
 * looked for where it would be without one (the origin, or .belay/state.git).
 */
#ifndef BELAY_COMMAND_JOURNAL_VERB_H
#define BELAY_COMMAND_JOURNAL_VERB_H

#include "belay/command.h"
#include "belay/store.h"

struct journal_verb {
	const struct config *config;
	struct config *own;      /* stands in when there is no file */
	const char *environment; /* -e, or NULL */
	bool shared;             /* all environments are on one branch */
};

int journal_verb_begin(struct command_context *context, struct journal_verb *ret,
		       struct err *err);
void journal_verb_end(struct journal_verb *verb);

/* Names of the environments to show: the one of -e, or those of the configuration in its order and
 * then any others on the branch (`store` may be NULL). ERR_CONFIG or ERR_NOT_FOUND when -e names none
 * that the configuration or the branch knows. New reference. */
int journal_verb_names(const struct journal_verb *verb, const struct store *store,
		       json_t **ret, struct err *err);

#endif
