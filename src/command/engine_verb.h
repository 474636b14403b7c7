/* What the verbs that use the engine share: context → struct engine. Private to src/command. */
#ifndef BELAY_COMMAND_ENGINE_VERB_H
#define BELAY_COMMAND_ENGINE_VERB_H

#include "belay/command.h"
#include "belay/engine.h"

int engine_verb_open(struct command_context *context, struct engine *ret,
		     struct err *err);

#endif
