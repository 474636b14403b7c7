/* Verdicts: one observation, judged by a check's predicates. Pure: what was seen comes as a value, the
 * rules stand in belay/verdict.h. How a verdict is worded and cut is in verdict_text.c, what several of
 * them mean together in verdict_gate.c. */
#include "belay/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "belay/jq.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "verdict_parts.h"

static const char *const outcome_names[] = {
	[OUTCOME_PASS] = "pass",
	[OUTCOME_WARN] = "warn",
	[OUTCOME_FAIL] = "fail",
	[OUTCOME_INCONCLUSIVE] = "inconclusive",
};

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

enum outcome outcome_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcome_names); i++) {
		if (str_equal(name, outcome_names[i]))
			return (enum outcome)i;
	}
	return OUTCOME_INCONCLUSIVE;
}

enum outcome verdict_outcome(const json_t *verdict)
{
	return outcome_parse(json_get_string(verdict, "outcome", NULL));
}

struct judge {
	const struct config_check *check;
	struct judge_predicate {
		const char *role;
		struct jq_predicate *program;
	} * items;
	size_t count, capacity;
};

void judge_freep(struct judge **judge)
{
	if (!*judge)
		return;
	for (size_t i = 0; i < (*judge)->count; i++)
		jq_predicate_free((*judge)->items[i].program);
	free((*judge)->items);
	free(*judge);
	*judge = NULL;
}

static int add_predicates(struct judge *judge, const struct config_names *texts,
			  const char *role, struct err *err)
{
	for (size_t i = 0; i < texts->count; i++) {
		struct jq_predicate *program = NULL;
		if (jq_predicate_compile(texts->items[i], NULL, &program, err) < 0)
			return err_wrap(err, "check '%s'", judge->check->name);
		*vec_push(judge) = (struct judge_predicate){role, program};
	}
	return 0;
}

int judge_new(const struct config_check *check, struct judge **ret, struct err *err)
{
	_cleanup_(judge_freep) struct judge *judge = mem_new(struct judge);
	judge->check = check;
	if (add_predicates(judge, &check->expect, "expect", err) < 0 ||
	    add_predicates(judge, &check->warn, "warn", err) < 0)
		return -1;
	*ret = TAKE_PTR(judge);
	return 0;
}

/* A verdict without outcome and reason yet. */
static json_t *verdict_new(const struct judge *judge, const json_t *observation)
{
	const struct config_check *check = judge->check;
	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:[], s:o}", "check", check->name,
			 "type", check->type, "severity",
			 check->severity == SEVERITY_WARNING ? "warning" : "critical",
			 "attempts", 1, "duration_ms",
			 (json_int_t)json_get_int(observation, "latency_ms", 0),
			 "predicates", "observation",
			 observation ? observation_cut(observation) : json_null());
}

/* Takes both. */
static json_t *verdict_close(json_t *verdict, enum outcome outcome, char *reason)
{
	json_object_set_new(verdict, "outcome", json_string(outcome_name(outcome)));
	json_object_set_new(verdict, "reason", json_string(reason));
	free(reason);
	return verdict;
}

static json_t *judge_no_data(const struct judge *judge, const json_t *observation,
			     const char *message)
{
	static const struct {
		enum outcome outcome;
		const char *words;
	} meanings[] = {
		[NO_DATA_INCONCLUSIVE] = {OUTCOME_INCONCLUSIVE, "no data"},
		[NO_DATA_PASS] = {OUTCOME_PASS,
				  "no data, which passes here (on_no_data)"},
		[NO_DATA_FAIL] = {OUTCOME_FAIL, "no data, which fails here (on_no_data)"},
	};
	enum config_on_no_data meaning = judge->check->on_no_data;
	json_t *verdict = verdict_new(judge, observation);
	json_object_set_new(verdict, "no_data", json_true());
	return verdict_close(verdict, meanings[meaning].outcome,
			     str_format("%s: %s", meanings[meaning].words, message));
}

static json_t *judge_assumed(const struct judge *judge, const json_t *observation)
{
	json_t *verdict = verdict_new(judge, observation);
	json_object_set_new(verdict, "assumed", json_true());
	return verdict_close(
		verdict, OUTCOME_PASS,
		mem_strdup("assumed: nothing was changed, so there is nothing to see"));
}

/* Does the error say something about this machine's network instead of the target? */
static bool is_our_network(const json_t *error)
{
	return str_equal(json_get_string(error, "code", NULL), "no_network");
}

/* Do the predicates themselves want to see what went wrong? */
static bool asks_for_errors(const struct judge *judge)
{
	for (size_t i = 0; i < judge->check->expect.count; i++) {
		const char *text = judge->check->expect.items[i];
		if (strstr(text, ".error") || strstr(text, ".connected"))
			return true;
	}
	return false;
}

static bool has_answer(const json_t *observation)
{
	return !json_object_get(observation, "error") ||
	       json_get_int(observation, "status", 0) > 0;
}

/* The target gave no answer: every expectation is missed, without asking jq about nothing. */
static json_t *judge_no_answer(const struct judge *judge, const json_t *observation)
{
	const json_t *error = json_object_get(observation, "error");
	json_t *verdict = verdict_new(judge, observation);
	json_t *predicates = json_object_get(verdict, "predicates");
	for (size_t i = 0; i < judge->count; i++) {
		const struct judge_predicate *predicate = &judge->items[i];
		json_array_append_new(predicates,
				      json_pack("{s:s, s:s, s:b, s:s}", "text",
						jq_predicate_text(predicate->program),
						"role", predicate->role, "holds", 0,
						"why", "no answer"));
	}
	return verdict_close(
		verdict, OUTCOME_FAIL,
		str_format("no answer: %s",
			   json_get_string(error, "message",
					   json_get_string(error, "code", "?"))));
}

static json_t *ask(const struct judge_predicate *predicate, const json_t *observation,
		   const json_t *variables)
{
	struct jq_answer answer = {0};
	jq_predicate_ask(predicate->program, observation, variables, &answer);
	json_t *row = json_pack("{s:s, s:s, s:b}", "text",
				jq_predicate_text(predicate->program), "role",
				predicate->role, "holds", (int)answer.holds);
	if (answer.actual)
		json_object_set_new(row, "actual", observation_cut(answer.actual));
	if (answer.bound)
		json_object_set_new(row, "bound", observation_cut(answer.bound));
	if (answer.why)
		json_object_set_new(row, "why", json_string(answer.why));
	jq_answer_release(&answer);
	return row;
}

/* Puts why there was no answer in front of `reason`, which is taken. */
static char *with_error(const json_t *observation, char *reason)
{
	const char *message =
		json_get_string(json_object_get(observation, "error"), "message", NULL);
	if (!message || has_answer(observation))
		return reason;
	char *both = str_format("no answer: %s (%s)", message, reason);
	free(reason);
	return both;
}

static json_t *judge_predicates(const struct judge *judge, const json_t *observation,
				const json_t *variables)
{
	json_t *verdict = verdict_new(judge, observation);
	json_t *predicates = json_object_get(verdict, "predicates");
	for (size_t i = 0; i < judge->count; i++)
		json_array_append_new(predicates,
				      ask(&judge->items[i], observation, variables));
	char *reason = reason_from_predicates(predicates, "expect");
	if (reason)
		return verdict_close(verdict, OUTCOME_FAIL,
				     with_error(observation, reason));
	reason = reason_from_predicates(predicates, "warn");
	if (reason)
		return verdict_close(verdict, OUTCOME_WARN, reason);
	return verdict_close(verdict, OUTCOME_PASS,
			     judge->count ? mem_strdup("all predicates hold")
					  : mem_strdup("the probe got an answer"));
}

json_t *judge_observation(struct judge *judge, const json_t *observation,
			  const struct err *failure, const json_t *variables)
{
	const json_t *error = json_object_get(observation, "error");
	if (!observation)
		return judge_no_data(judge, NULL, failure->message);
	if (json_get_bool(observation, "assumed", false))
		return judge_assumed(judge, observation);
	if (error && is_our_network(error))
		return judge_no_data(judge, observation,
				     json_get_string(error, "message", ""));
	if (!has_answer(observation) && !asks_for_errors(judge))
		return judge_no_answer(judge, observation);
	if (error && !judge->check->expect.count)
		return judge_no_answer(judge, observation);
	return judge_predicates(judge, observation, variables);
}
