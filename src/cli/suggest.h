/* "Did you mean": errors for words that no table knows. Private to src/cli. */
#ifndef BELAY_CLI_SUGGEST_H
#define BELAY_CLI_SUGGEST_H

#include "belay/command.h"

/* Both return -1 with ERR_USAGE; `command` may be NULL (no verb yet). `name` is without dashes. */
int suggest_verb(const char *word, struct err *err);
int suggest_option(const struct command *command, const char *name, struct err *err);

#endif
