/* A gate: all its checks at once, each in a lane of its own, each tried until it passes or its attempts
 * are used up. Judging is the domain's; here are only attempts, pauses and lanes. */
#include <stdlib.h>

#include "belay/check.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "types.h"

/* However steep the back-off, nobody wants to wait longer than this for the next look. */
#define PAUSE_MAX_MS ((int64_t)10 * 60 * 1000)

struct gate_run {
	const struct config_checks *checks;
	const json_t *variables;
	const struct check_listener *listener;
	struct gate_lane {
		json_t *verdict; /* NULL: see err */
		struct err err;
	} * lanes;
};

/* Uniform in [0, 1), from the seam so that a replay pauses the same. */
static double random_share(struct effects *fx)
{
	return (double)(effects_random(fx) >> 11) / (double)(1ULL << 53);
}

/* The pause after try number `attempt` (from 1): the share `jitter` of it is random, so it is never
 * longer than configured. */
static int64_t pause_ms(struct effects *fx, const struct config_retry *retry, int attempt)
{
	double pause = (double)retry->delay_ms;
	for (int i = 1; i < attempt && pause < (double)PAUSE_MAX_MS; i++)
		pause *= retry->backoff;
	if (pause > (double)PAUSE_MAX_MS)
		pause = (double)PAUSE_MAX_MS;
	if (retry->jitter > 0)
		pause *= 1.0 - retry->jitter * random_share(fx);
	return (int64_t)pause;
}

/* Errors that end the run; every other one only means that this look showed nothing. */
static bool ends_the_run(enum err_code code)
{
	return code == ERR_CANCELLED || code == ERR_CONFIG || code == ERR_DIVERGED;
}

/* One look and its verdict; NULL with *err when the run ends. */
static json_t *look(struct effects *fx, const struct config_check *check,
		    struct judge *judge, const json_t *variables, struct err *err)
{
	const struct check_type *type = check_type_find(check->type);
	_cleanup_json_ json_t *observation = NULL;
	_cleanup_json_ json_t *bound =
		variables ? json_copy((json_t *)variables) : json_object();
	if (!type) {
		(void)err_set(err, ERR_CONFIG, "check '%s': unknown type '%s'",
			      check->name, check->type);
		return NULL;
	}
	struct err failure = {0};
	bool seen = type->observe(fx, check, &observation, &failure) == 0;
	if (!seen && ends_the_run(failure.code)) {
		*err = failure;
		(void)err_wrap(err, "check '%s'", check->name);
		return NULL;
	}
	json_object_set_new(bound, "now", json_real((double)effects_now_ms(fx) / 1000.0));
	return judge_observation(judge, seen ? observation : NULL, &failure, bound);
}

static bool is_settled(const json_t *verdict)
{
	enum outcome outcome = verdict_outcome(verdict);
	return (outcome == OUTCOME_PASS || outcome == OUTCOME_WARN) &&
	       !json_get_bool(verdict, "no_data", false);
}

static json_t *run_check(struct effects *fx, const struct gate_run *run,
			 const struct config_check *check, struct err *err)
{
	const struct check_listener *listener = run->listener;
	_cleanup_(judge_freep) struct judge *judge = NULL;
	if (judge_new(check, &judge, err) < 0)
		return NULL;
	int64_t began_ms = effects_mono_ms(fx);
	for (int attempt = 1;; attempt++) {
		_cleanup_json_ json_t *verdict =
			look(fx, check, judge, run->variables, err);
		if (!verdict)
			return NULL;
		json_object_set_new(verdict, "attempts", json_integer(attempt));
		json_object_set_new(verdict, "duration_ms",
				    json_integer(effects_mono_ms(fx) - began_ms));
		if (is_settled(verdict) || attempt >= check->retry.attempts)
			return TAKE_PTR(verdict);
		if (listener && listener->waiting)
			listener->waiting(listener->context, check, attempt, verdict);
		if (effects_sleep(fx, pause_ms(fx, &check->retry, attempt), err) < 0)
			return NULL;
	}
}

static void work(struct effects *fx, size_t index, void *context)
{
	struct gate_run *run = context;
	const struct config_check *check = run->checks->items[index];
	struct gate_lane *lane = &run->lanes[index];
	lane->verdict = run_check(fx, run, check, &lane->err);
	if (lane->verdict && run->listener && run->listener->judged)
		run->listener->judged(run->listener->context, check, lane->verdict);
}

/* Collects what the lanes have: all verdicts in the order of the checks, or the first error. */
static int collect(const struct gate_run *run, json_t *verdicts, struct err *err)
{
	const struct err *first = NULL;
	for (size_t i = 0; i < run->checks->count; i++) {
		struct gate_lane *lane = &run->lanes[i];
		if (lane->verdict)
			json_array_append_new(verdicts, lane->verdict);
		else if (!first || lane->err.code == ERR_CANCELLED)
			first = &lane->err;
	}
	if (!first)
		return 0;
	*err = *first;
	return -1;
}

int check_gate(struct effects *fx, const char *name, const struct config_checks *checks,
	       const json_t *variables, const struct check_listener *listener,
	       json_t **ret_gate, struct err *err)
{
	struct gate_run run = {checks, variables, listener, NULL};
	_cleanup_json_ json_t *verdicts = json_array();
	char **names = mem_array(char *, checks->count + 1);
	run.lanes = mem_array(struct gate_lane, checks->count + 1);
	for (size_t i = 0; i < checks->count; i++)
		names[i] = str_format("%s/%s", name, checks->items[i]->name);
	effects_fan_out(fx, checks->count, (const char *const *)names, work, &run);
	int result = collect(&run, verdicts, err);
	for (size_t i = 0; i < checks->count; i++)
		free(names[i]);
	free(names);
	free(run.lanes);
	if (result == 0)
		*ret_gate = gate_verdict(name, TAKE_PTR(verdicts));
	return result;
}
