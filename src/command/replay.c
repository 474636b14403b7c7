/* `belay replay TAPE`: the recorded run once more, on recorded answers. No network, no secrets, no
 * clock; output, verdicts and exit status are those of the run, or the tape does not fit. */
#include "commands.h"

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	const char *tape = request_argument(context->request, 0);
	result->render = render_replay;
	return context->run_tape(context, tape, request_text(context->request, "config"),
				 result, err);
}

const struct command command_replay = {
	.name = "replay",
	.group = "Look",
	.summary = "run a recorded run again, from its tape alone",
	.details =
		"Prints what the recorded run printed, byte for byte, and exits as it did. With "
		"--config another configuration judges the recorded answers; from where it takes "
		"another way than the run did, acts are listed instead of done, and what "
		"would follow from them is assumed, as in a dry run.\n"
		"With --json the output is a member of an object that describes the tape.",
	.arguments = "TAPE",
	.min_arguments = 1,
	.max_arguments = 1,
	.examples = "belay deploy -e production --version v2 --record run.tape\n"
		    "belay replay run.tape\n"
		    "belay replay run.tape --config stricter.yml\n",
	.result_schema = "result.replay",
	.run = run,
};
