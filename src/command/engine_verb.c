/* The one way from a verb's context to an engine. */
#include "engine_verb.h"

int engine_verb_open(struct command_context *context, struct engine *ret, struct err *err)
{
	*ret = (struct engine){.fx = context->fx, .progress = context->progress};
	return context->environment(context, &ret->config, &ret->environment, err);
}
