/* belay begin: opens a transaction around steps that belay does not run. */
#include "engine_verb.h"

static const struct option options[] = {
	OPTION_VERSION("what the steps will bring out"),
	OPTION_SERVICE,
	OPTION_REASON("why, for the journal"),
	OPTION_TAKE_LOCK,
	{0},
};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	return engine_verb_run(context, engine_begin, result, err);
}

const struct command command_begin = {
	.name = "begin",
	.group = "Deploy",
	.summary = "open a transaction around your own deploy steps",
	.details =
		"Takes the lock, reads what is live, judges the preflight checks and makes the "
		"backups that services name; then your own steps bring the version out, and 'belay finish' proves it. The lock's lease runs "
		"meanwhile: give 'lock: {lease: …}' more time than the steps take. In a workflow the "
		"action's post step ends what was left open.",
	.options = options,
	.examples = "belay begin -e production --version v1.2.4\n./deploy.sh v1.2.4\n"
		    "belay finish -e production",
	.result_schema = "result.deploy",
	.run = run,
};
