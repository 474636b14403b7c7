/* `belay watch`: rounds of a watch, one when nothing else is said. */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "commands.h"
#include "engine_verb.h"

#define EVERY_MS ((int64_t)60 * 1000)

static const struct option options[] = {
	{.name = "for",
	 .type = OPTION_TEXT,
	 .argument = "DURATION",
	 .help = "go on for so long, as in 50m (default: one round)"},
	{.name = "every",
	 .type = OPTION_TEXT,
	 .argument = "DURATION",
	 .help = "pause between rounds (default: 1m)"},
	{0},
};

struct rounds {
	int64_t for_ms, every_ms;
};

static int read_duration(const struct request *request, const char *name, int64_t *ret,
			 struct err *err)
{
	const char *text = request_text(request, name);
	if (!text)
		return 0;
	if (duration_parse(text, ret) == 0 && *ret > 0)
		return 0;
	err_set(err, ERR_USAGE, "--%s: '%s' is no duration", name, text);
	return err_hint(err, "as in 30s, 5m or 1h30m");
}

static int read_rounds(const struct request *request, struct rounds *ret, struct err *err)
{
	*ret = (struct rounds){.every_ms = EVERY_MS};
	if (read_duration(request, "for", &ret->for_ms, err) < 0 ||
	    read_duration(request, "every", &ret->every_ms, err) < 0)
		return -1;
	if (request_text(request, "every") && !ret->for_ms) {
		err_set(err, ERR_USAGE, "--every needs --for: one round has no pause");
		return err_hint(err, "belay watch --for 50m --every 1m");
	}
	return 0;
}

/* One round. In a longer watch a journal that cannot be reached is no reason to look away. */
static int round_once(const struct engine *engine, bool last,
		      struct command_result *result, struct err *err)
{
	struct err failure = {0};
	enum engine_end end = END_FAILED;
	json_t *value = NULL;
	if (engine_watch(engine, &end, &value, &failure) == 0) {
		json_decref(result->value);
		result->value = value;
		result->status = (int)end;
		return 0;
	}
	bool passing = failure.code == ERR_NET || failure.code == ERR_TIMEOUT;
	if (!passing || last) {
		*err = failure;
		return -1;
	}
	progress_report(engine->progress, PROGRESS_NOTE, "watch", "a round was lost: %s",
			failure.message);
	return 0;
}

static int watch(const struct engine *engine, const struct rounds *rounds,
		 struct command_result *result, struct err *err)
{
	int64_t end_ms = effects_mono_ms(engine->fx) + rounds->for_ms;
	for (json_int_t count = 1;; count++) {
		bool last = effects_mono_ms(engine->fx) + rounds->every_ms > end_ms;
		if (round_once(engine, last, result, err) < 0)
			return -1;
		if (result->value)
			json_object_set_new(result->value, "rounds", json_integer(count));
		if (last)
			return 0;
		if (effects_sleep(engine->fx, rounds->every_ms, err) < 0)
			return -1;
	}
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	struct engine engine;
	struct rounds rounds;
	if (read_rounds(context->request, &rounds, err) < 0 ||
	    engine_verb_open(context, &engine, err) < 0 ||
	    watch(&engine, &rounds, result, err) < 0)
		return -1;
	result->render = render_watch;
	return 0;
}

const struct command command_watch = {
	.name = "watch",
	.group = "Deploy",
	.summary =
		"judge the gates again, open and resolve incidents, tell who has to know",
	.details =
		"For a schedule: one round a call, or rounds with a pause for a while. A check "
		"becomes bad after `watch.fail_after` failing rounds in a row, and good again after "
		"`watch.recover_after` good ones; one that keeps changing is held bad until it has "
		"been good for an hour. Checks that are bad open one incident, which is resolved "
		"when all are good again. While a deployment holds the lock rounds do not count. "
		"A backup that is later than it promises is told once. "
		"A round that changes nothing writes nothing. Exit status 1 while a check is bad.",
	.options = options,
	.examples = "belay watch -e production\n"
		    "belay watch -e production --for 50m --every 1m",
	.result_schema = "result.watch",
	.run = run,
};
