/* belay rollback: goes back to an earlier deployment, with the same lock, gates and record as deploy. */
#include "engine_verb.h"

static const struct option options[] = {
	{.name = "to",
	 .type = OPTION_TEXT,
	 .argument = "ID",
	 .help = "deployment id or version (default: the last good one before what is live)"},
	{.name = "list",
	 .letter = 'l',
	 .type = OPTION_FLAG,
	 .help = "show what can be gone back to"},
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
	if (request_flag(context->request, "list")) {
		result->render = render_rollback_list;
		return engine_rollback_list(&engine, &result->value, err);
	}
	const struct engine_request request = {
		.to = request_text(context->request, "to"),
		.services = request_list(context->request, "service"),
		.reason = request_text(context->request, "reason"),
		.take_lock = request_flag(context->request, "take-lock"),
	};
	if (engine_rollback(&engine, &request, &end, &result->value, err) < 0)
		return -1;
	result->render = render_deploy;
	result->status = (int)end;
	return 0;
}

const struct command command_rollback = {
	.name = "rollback",
	.group = "Deploy",
	.summary = "go back to an earlier deployment",
	.details =
		"Switches every service back to the release it had in an earlier deployment that "
		"passed its gates, and judges the gates there. Preflight checks are left out: they "
		"would only stand in the way of going back.",
	.options = options,
	.examples = "belay rollback -e production\n"
		    "belay rollback -e production --list\n"
		    "belay rollback -e production --to v1.2.3 --reason 'orders fail'",
	.result_schema = "result.deploy",
	.run = run,
};
