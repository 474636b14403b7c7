/* belay rollback: goes back to an earlier deployment, with the same lock, gates and record as deploy. */
#include "engine_verb.h"

static const struct option options[] = {
	{.name = "to",
	 .type = OPTION_TEXT,
	 .argument = "ID",
	 .help = "deployment id or version (default: the last good one before what is live)"},
	{.name = "restore",
	 .type = OPTION_TEXT,
	 .argument = "NAME/ID",
	 .help = "bring this backup back first, by its 'restore' (NAME: its copy from before what is undone)"},
	{.name = "list",
	 .letter = 'l',
	 .type = OPTION_FLAG,
	 .help = "show what can be gone back to"},
	OPTION_SERVICE,
	OPTION_REASON("why, for the journal"),
	OPTION_TAKE_LOCK,
	{0},
};

static int list(struct command_context *context, struct command_result *result,
		struct err *err)
{
	struct engine engine;
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	result->render = render_rollback_list;
	return engine_rollback_list(&engine, &result->value, err);
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	if (request_flag(context->request, "list"))
		return list(context, result, err);
	return engine_verb_run(context, engine_rollback, result, err);
}

const struct command command_rollback = {
	.name = "rollback",
	.group = "Deploy",
	.summary = "go back to an earlier deployment",
	.details =
		"Switches every service back to the release it had in an earlier deployment that "
		"passed its gates, and judges the gates there. Preflight checks are left out: they "
		"would only stand in the way of going back.\n\n"
		"With --restore the data of a backup comes back in place before the code is switched. "
		"From then on nothing is taken back: when something fails, the lock is kept "
		"and a person decides.",
	.options = options,
	.examples = "belay rollback -e production\n"
		    "belay rollback -e production --list\n"
		    "belay rollback -e production --to v1.2.3 --reason 'orders fail'\n"
		    "belay rollback -e production --restore nightly-db",
	.result_schema = "result.deploy",
	.run = run,
};
