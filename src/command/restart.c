/* belay restart: the same version once more, then the gates. */
#include "engine_verb.h"

static const struct option options[] = {
	OPTION_SERVICE,
	{.name = "component",
	 .type = OPTION_LIST,
	 .argument = "NAME",
	 .help = "only this component of the service (digitalocean); again for more"},
	OPTION_REASON("why, for the journal"),
	OPTION_TAKE_LOCK,
	{0},
};

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct engine engine;
	enum engine_end end = END_FAILED;
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	const struct engine_request request = engine_verb_request(context->request);
	if (engine_restart(&engine, &request, request_list(context->request, "component"),
			   &end, &result->value, err) < 0)
		return -1;
	result->render = render_restart;
	result->status = (int)end;
	return 0;
}

const struct command command_restart = {
	.name = "restart",
	.group = "Deploy",
	.summary =
		"restart services without changing their version, then judge the gates",
	.details =
		"Takes the environment's lock, restarts the services in dependency order, judges "
		"the gates and records it. Nothing is taken back when the gates fail afterwards: "
		"a restart changes no version. While a deployment is open, nothing is restarted.",
	.options = options,
	.examples =
		"belay restart -e production --service api\n"
		"belay restart -e production --service shop --component worker --reason \"stuck queue\"",
	.result_schema = "result.restart",
	.run = run,
};
