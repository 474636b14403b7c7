/* belay plan: what deploy would do, in order. */
#include "engine_verb.h"

static const struct option options[] = {
	OPTION_VERSION("what would be deployed"),
	OPTION_ARTIFACT("the artifact that would be shipped; it is inspected when given"),
	OPTION_SERVICE,
	{0},
};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct engine engine;
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	const struct engine_request request = engine_verb_request(context->request);
	result->render = render_plan;
	return engine_plan(&engine, &request, &result->value, err);
}

const struct command command_plan = {
	.name = "plan",
	.group = "Deploy",
	.summary = "show what deploy would do, step by step",
	.details =
		"From the configuration and the journal only: no host is asked. Use 'belay deploy "
		"--dry-run' to have hosts read and preflight checks judged as well.",
	.options = options,
	.examples = "belay plan -e production --version v1.2.4",
	.result_schema = "result.plan",
	.run = run,
};
