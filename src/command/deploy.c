/* belay deploy: brings a version out, proves it, takes it back when it is not good. */
#include "engine_verb.h"

static const struct option options[] = {
	{.name = "version",
	 .letter = 0,
	 .type = OPTION_TEXT,
	 .argument = "VERSION",
	 .help = "what is deployed: a tag, a commit id, any name for it",
	 .required = true},
	{.name = "artifact",
	 .letter = 'a',
	 .type = OPTION_TEXT,
	 .argument = "PATH",
	 .help = "tar, tar.gz, tar.zst or directory to ship (default: the service's `artifact`)"},
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
		.artifact = request_text(context->request, "artifact"),
		.services = request_list(context->request, "service"),
		.reason = request_text(context->request, "reason"),
		.take_lock = request_flag(context->request, "take-lock"),
	};
	if (engine_deploy(&engine, &request, &end, &result->value, err) < 0)
		return -1;
	result->render = render_deploy;
	result->status = (int)end;
	return 0;
}

const struct command command_deploy = {
	.name = "deploy",
	.group = "Deploy",
	.summary = "bring a version out, prove it healthy, undo it when it is not",
	.details =
		"Takes the environment's lock, reads what is live, judges the preflight checks, "
		"prepares every service, switches them in dependency order, judges the gates, soaks, "
		"and records the new last-good version. When anything fails after the switch "
		"began, everything is taken back in reverse order and the gates are judged again.\n\n"
		"With --dry-run hosts and journal are read, and every change is printed instead of "
		"made.",
	.options = options,
	.examples =
		"belay deploy -e production --version v1.2.4\n"
		"belay deploy -e production --version v1.2.4 --artifact build/api.tar.zst\n"
		"belay deploy -e staging --version \"$GITHUB_SHA\" --dry-run",
	.result_schema = "result.deploy",
	.run = run,
};
