/* `belay completion SHELL`: the script that makes TAB work. */
#include "commands.h"

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct str script = STR_INIT;
	if (context->completion(request_argument(context->request, 0), &script, err) < 0)
		return -1;
	result->raw = str_take(&script);
	return 0;
}

const struct command command_completion = {
	.name = "completion",
	.group = "Set up",
	.summary = "print the completion script for a shell",
	.details =
		"The shell is bash, zsh or fish. The script completes commands, flags and the "
		"words that flags know; it never runs belay.",
	.arguments = "<bash|zsh|fish>",
	.min_arguments = 1,
	.max_arguments = 1,
	.examples = "source <(belay completion bash)\n"
		    "belay completion zsh > \"${fpath[1]}/_belay\"\n"
		    "belay completion fish > ~/.config/fish/completions/belay.fish\n",
	.run = run,
};
