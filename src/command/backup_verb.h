/* What the files of `belay backup` share. Private to src/command. */
#ifndef BELAY_COMMAND_BACKUP_VERB_H
#define BELAY_COMMAND_BACKUP_VERB_H

#include "belay/command.h"

/* backup_keygen.c: makes a key pair. */
int backup_keygen(struct command_context *context, struct command_result *result,
		  struct err *err);

#endif
