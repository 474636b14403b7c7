/* belay begin: opens a transaction around steps that belay does not run. */
#include "engine_verb.h"

static const struct option options[] = {
	{.name = "version",
	 .type = OPTION_TEXT,
	 .argument = "VERSION",
	 .help = "what the steps will bring out",
	 .required = true},
	{.name = "service",
	 .letter = 's',
	 .type = OPTION_LIST,
	 .argument = "NAME",
	 .help = "only this service; may be given again"},
	{.name = "reason",
	 .letter = 'm',
	 .type = OPTION_TEXT,
	 .argument = "TEXT",
	 .help = "why, for the journal"},
	{.name = "take-lock",
	 .type = OPTION_FLAG,
	 .help = "take the lock although it is held: its holder is gone for certain"},
	{0},
};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct engine engine;
	enum engine_end end;
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	const struct engine_request request = {
		.version = request_text(context->request, "version"),
		.services = request_list(context->request, "service"),
		.reason = request_text(context->request, "reason"),
		.take_lock = request_flag(context->request, "take-lock"),
	};
	if (engine_begin(&engine, &request, &end, &result->value, err) < 0)
		return -1;
	result->render = render_deploy;
	result->status = (int)end;
	return 0;
}

const struct command command_begin = {
	.name = "begin",
	.group = "Deploy",
	.summary = "open a transaction around your own deploy steps",
	.details =
		"Takes the lock, reads what is live and judges the preflight checks; then your own "
		"steps bring the version out, and 'belay finish' proves it. The lock's lease runs "
		"meanwhile: give 'lock: {lease: …}' more time than the steps take. In a workflow the "
		"action's post step ends what was left open.",
	.options = options,
	.examples = "belay begin -e production --version v1.2.4\n./deploy.sh v1.2.4\n"
		    "belay finish -e production",
	.result_schema = "result.deploy",
	.run = run,
};
