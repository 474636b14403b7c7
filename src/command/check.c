/* belay check: judges checks now, outside a deployment. */
#include "engine_verb.h"

#include <stdlib.h>

#include "belay/mem.h"

static const struct option options[] = {{0}};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct engine engine;
	enum engine_end end;
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	size_t count = request_argument_count(context->request);
	const char **names = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = request_argument(context->request, i);
	int done = engine_check(&engine, names, &end, &result->value, err);
	free(names);
	if (done < 0)
		return -1;
	result->render = render_gate;
	result->status = (int)end;
	return 0;
}

const struct command command_check = {
	.name = "check",
	.group = "Deploy",
	.summary = "run health checks now and judge them",
	.details =
		"All gates of the environment, or the checks that are named. Exit status 1 when a "
		"critical check fails, 5 when there was no basis for a decision.",
	.arguments = "[CHECK...]",
	.max_arguments = 64,
	.options = options,
	.examples =
		"belay check -e production\nbelay check -e production api-health certificate",
	.result_schema = "result.gate",
	.run = run,
};
