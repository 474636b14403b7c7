/* What the files of `belay backup` share. Private to src/command. */
#ifndef BELAY_COMMAND_BACKUP_VERB_H
#define BELAY_COMMAND_BACKUP_VERB_H

#include "belay/command.h"

/* backup_usage.c: both end with a row whose name is NULL. */
extern const struct option backup_options[];
extern const struct command_word backup_usage[];

/* backup_keygen.c: makes a key pair. */
int backup_keygen(struct command_context *context, struct command_result *result,
		  struct err *err);

#endif
