/* belay notify: sends what waits in the outbox, or tries the channels. */
#include <stdlib.h>

#include "belay/mem.h"
#include "engine_verb.h"

static const struct option options[] = {
	{.name = "test",
	 .type = OPTION_FLAG,
	 .help = "send a test message to the notifications named, or to all"},
	{0},
};

static int run_test(const struct engine *engine, const struct request *request,
		    struct command_result *result, struct err *err)
{
	enum engine_end end = END_FAILED;
	size_t count = request_argument_count(request);
	const char **names = mem_array(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = request_argument(request, i);
	int done = engine_notify_test(engine, names, &end, &result->value, err);
	free(names);
	result->status = (int)end;
	return done;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct engine engine;
	const struct request *request = context->request;
	bool test = request_flag(request, "test");
	if (!test && request_argument_count(request) > 0) {
		err_set(err, ERR_USAGE, "names of notifications go with --test");
		return err_hint(err, "without it, belay notify sends whatever waits");
	}
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	result->render = render_notify;
	if (test)
		return run_test(&engine, request, result, err);
	return engine_deliver(&engine, &result->value, err);
}

const struct command command_notify = {
	.name = "notify",
	.group = "Deploy",
	.summary = "send the messages that wait, or try the channels",
	.details =
		"Messages wait in an outbox on the journal until they are sent. Every run that "
		"changes something sends what is due at its end; this verb does just that, for a "
		"schedule: messages that a channel did not take, held back ones whose time has "
		"come, the digest of the day, incidents that nobody acknowledged, post-mortems "
		"that are owed. A channel that fails is reported and is no failure.\n\n"
		"With --test a message is sent at once to the notifications that are named, or to "
		"all of the configuration; then one that does not go through is exit status 1.",
	.arguments = "[NAME...]",
	.max_arguments = 64,
	.options = options,
	.examples = "belay notify -e production\n"
		    "belay notify --test ops-slack",
	.result_schema = "result.notify",
	.run = run,
};
