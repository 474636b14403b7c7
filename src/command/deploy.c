/* belay deploy: brings a version out, proves it, takes it back when it is not good. */
#include "engine_verb.h"

static const struct option options[] = {
	OPTION_VERSION("what is deployed: a tag, a commit id, any name for it"),
	OPTION_ARTIFACT(
		"tar, tar.gz, tar.zst or directory to ship (default: the service's `artifact`)"),
	OPTION_SERVICE,
	OPTION_REASON("why, for the journal"),
	OPTION_TAKE_LOCK,
	{0},
};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	return engine_verb_run(context, engine_deploy, result, err);
}

const struct command command_deploy = {
	.name = "deploy",
	.group = "Deploy",
	.summary = "bring a version out, prove it healthy, undo it when it is not",
	.details =
		"Takes the environment's lock, reads what is live, judges the preflight checks, "
		"makes the backups that services name, prepares every service, switches them in dependency order, judges the gates, soaks, "
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
