/* belay finish: proves what the steps after `belay begin` brought out, and ends the transaction. */
#include "engine_verb.h"

static const struct option options[] = {
	{.name = "transaction",
	 .type = OPTION_TEXT,
	 .argument = "ID",
	 .help = "the deployment that begin opened (default: the open one)"},
	{.name = "failed",
	 .type = OPTION_FLAG,
	 .help = "the steps failed: take everything back without judging the gates first"},
	OPTION_REASON("with --failed: what failed, for the journal"),
	{0},
};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	return engine_verb_run(context, engine_finish, result, err);
}

const struct command command_finish = {
	.name = "finish",
	.group = "Deploy",
	.summary = "prove what your steps brought out, or take it back",
	.details =
		"Judges the gates of the transaction that 'belay begin' opened. When they hold the "
		"version is recorded as good; when they fail, or with --failed, the services' "
		"'undo' commands run and the gates are judged again.",
	.options = options,
	.examples =
		"belay finish -e production\n"
		"belay finish -e production --failed --reason 'migration step failed'",
	.result_schema = "result.deploy",
	.run = run,
};
