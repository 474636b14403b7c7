/* belay plan: what deploy would do, in order. */
#include "engine_verb.h"

static const struct option options[] = {
	{.name = "version",
	 .type = OPTION_TEXT,
	 .argument = "VERSION",
	 .help = "what would be deployed",
	 .required = true},
	{.name = "artifact",
	 .letter = 'a',
	 .type = OPTION_TEXT,
	 .argument = "PATH",
	 .help = "the artifact that would be shipped; it is inspected when given"},
	{.name = "service",
	 .letter = 's',
	 .type = OPTION_LIST,
	 .argument = "NAME",
	 .help = "only this service; may be given again"},
	{0},
};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct engine engine;
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	const struct engine_request request = {
		.version = request_text(context->request, "version"),
		.artifact = request_text(context->request, "artifact"),
		.services = request_list(context->request, "service"),
	};
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
