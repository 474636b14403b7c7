/* Every verb's row, one file each. Private to src/command; the list in order is table.c's. */
#ifndef BELAY_COMMAND_COMMANDS_H
#define BELAY_COMMAND_COMMANDS_H

#include "belay/command.h"

extern const struct command command_deploy, command_rollback, command_begin,
	command_finish, command_restart;
extern const struct command command_plan, command_check, command_watch, command_backup,
	command_notify;
extern const struct command command_status, command_history, command_incident,
	command_verify, command_replay;
extern const struct command command_init, command_validate, command_schema, command_docs;
extern const struct command command_doctor, command_completion, command_version;

#endif
