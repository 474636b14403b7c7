/* The one way from a verb's words to a transaction of the engine. */
#include "engine_verb.h"

int engine_verb_open(struct command_context *context, struct engine *ret, struct err *err)
{
	*ret = (struct engine){.fx = context->fx, .progress = context->progress};
	return context->environment(context, &ret->config, &ret->environment, err);
}

struct engine_request engine_verb_request(const struct request *request)
{
	return (struct engine_request){
		.version = request_text(request, "version"),
		.artifact = request_text(request, "artifact"),
		.services = request_list(request, "service"),
		.reason = request_text(request, "reason"),
		.to = request_text(request, "to"),
		.take_lock = request_flag(request, "take-lock"),
		.transaction = request_text(request, "transaction"),
		.failed = request_flag(request, "failed"),
		.restore = request_text(request, "restore"),
	};
}

int engine_verb_run(struct command_context *context, engine_transaction *transaction,
		    struct command_result *result, struct err *err)
{
	struct engine engine;
	enum engine_end end = END_FAILED;
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	const struct engine_request request = engine_verb_request(context->request);
	if (transaction(&engine, &request, &end, &result->value, err) < 0)
		return -1;
	result->render = render_deploy;
	result->status = (int)end;
	return 0;
}
