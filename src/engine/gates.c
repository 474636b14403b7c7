/* Gates: judging checks at a point of the transaction, once or for a while.
 */
#include <string.h>

#include "belay/check.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "transaction.h"

static void on_waiting(void *context, const struct config_check *check, int attempt,
		       const json_t *verdict)
{
	const struct engine *engine = context;
	progress_report(engine->progress, PROGRESS_WAIT, check->name,
			"attempt %d of %d: %s", attempt, check->retry.attempts,
			json_get_string(verdict, "reason", ""));
}

static void on_judged(void *context, const struct config_check *check,
		      const json_t *verdict)
{
	const struct engine *engine = context;
	enum outcome outcome = verdict_outcome(verdict);
	enum progress_kind kind =
		outcome == OUTCOME_FAIL || outcome == OUTCOME_INCONCLUSIVE
			? PROGRESS_STEP_FAILED
			: PROGRESS_STEP_DONE;
	const char *reason = json_get_string(verdict, "reason", "");
	progress_report(engine->progress, kind, check->name, "%s%s%s",
			outcome_name(outcome), *reason ? ": " : "", reason);
}

struct check_listener gates_listener(const struct engine *engine)
{
	return (struct check_listener){
		.waiting = on_waiting, .judged = on_judged, .context = (void *)engine};
}

static bool has_passed(const json_t *verdict)
{
	enum outcome outcome = verdict_outcome(verdict);
	return outcome == OUTCOME_PASS || outcome == OUTCOME_WARN;
}

/* "api-health, disk": the checks that did not pass. Fresh. */
static char *gate_names(const json_t *gate)
{
	struct str text = STR_INIT;
	size_t i;
	json_t *verdict;
	json_array_foreach(json_object_get(gate, "verdicts"), i, verdict) {
		if (!has_passed(verdict))
			str_addf(&text, "%s%s", text.len ? ", " : "",
				 json_get_string(verdict, "check", ""));
	}
	return str_take(&text);
}

char *gate_reason(const json_t *gate)
{
	struct str text = STR_INIT;
	size_t i;
	json_t *verdict;
	json_array_foreach(json_object_get(gate, "verdicts"), i, verdict) {
		if (!has_passed(verdict))
			str_addf(&text, "%s%s: %s", text.len ? "; " : "",
				 json_get_string(verdict, "check", ""),
				 json_get_string(verdict, "reason", ""));
	}
	return str_take(&text);
}

static json_t *variables_of(const struct transaction *t, const char *version,
			    const char *previous)
{
	const char *service = t->part_count == 1 ? t->parts[0].service->name : NULL;
	return json_pack("{s:s, s:s?, s:s, s:s?}", "version", version, "previous",
			 previous, "environment", t->engine->environment->name, "service",
			 service);
}

/* Error for a gate that did not pass; its outcome decides what the transaction does next. */
static int refuse(const char *phase, const json_t *gate, struct err *err)
{
	_cleanup_free_ char *reason = gate_reason(gate);
	enum outcome outcome = outcome_parse(json_get_string(gate, "outcome", ""));
	enum err_code code = outcome == OUTCOME_FAIL ? ERR_FAIL : ERR_INCONCLUSIVE;
	return err_set(err, code, "%s %s: %s", phase,
		       outcome == OUTCOME_FAIL ? "failed" : "had no basis for a decision",
		       reason);
}

static int judge_once(struct transaction *t, const char *phase,
		      const struct config_checks *checks, const json_t *variables,
		      json_t **ret_gate, struct err *err)
{
	const struct check_listener listener = gates_listener(t->engine);
	return check_gate(t->engine->fx, phase, checks, variables, &listener, ret_gate,
			  err);
}

static void record_gate(struct transaction *t, const char *phase, json_t *gate,
			int64_t begin_ms)
{
	enum outcome outcome = outcome_parse(json_get_string(gate, "outcome", ""));
	bool passed = outcome == OUTCOME_PASS || outcome == OUTCOME_WARN;
	size_t count = json_array_size(json_object_get(gate, "verdicts"));
	int64_t ms = effects_mono_ms(t->engine->fx) - begin_ms;
	json_object_set_new(gate, "phase", json_string(phase));
	json_array_append(t->gates, gate);
	record_event(t, "gate.judged",
		     json_pack("{s:s, s:O}", "phase", phase, "gate", gate));
	if (passed) {
		record_line(t, phase, NULL, "ok", ms, "%s passed: %zu check%s", phase,
			    count, count == 1 ? "" : "s");
	} else {
		_cleanup_free_ char *names = gate_names(gate);
		record_line(t, phase, NULL, "failed", ms, "%s did not pass: %s", phase,
			    names);
	}
}

int gates_judge(struct transaction *t, const char *phase,
		const struct config_checks *checks, const char *version,
		const char *previous, struct err *err)
{
	if (checks->count == 0)
		return 0;
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	_cleanup_json_ json_t *variables = variables_of(t, version, previous);
	_cleanup_json_ json_t *gate = NULL;
	if (judge_once(t, phase, checks, variables, &gate, err) < 0)
		return -1;
	record_gate(t, phase, gate, begin_ms);
	enum outcome outcome = outcome_parse(json_get_string(gate, "outcome", ""));
	if (outcome == OUTCOME_PASS || outcome == OUTCOME_WARN)
		return 0;
	return refuse(phase, gate, err);
}

int gates_settle(struct transaction *t, struct err *err)
{
	const struct config_environment *environment = t->engine->environment;
	_cleanup_str_ struct str text = STR_INIT;
	if (environment->settle_ms == 0 || environment->gates.count == 0)
		return 0;
	duration_add(&text, environment->settle_ms);
	progress_report(t->engine->progress, PROGRESS_WAIT, "gates",
			"%s for it to settle", str_text(&text));
	if (effects_sleep(t->engine->fx, environment->settle_ms, err) < 0)
		return -1;
	return lock_renew(t, err);
}

/* Rounds of the same checks until the time is over; only the last round goes on the record, or the
 * one that did not pass. */
int gates_soak(struct transaction *t, struct err *err)
{
	const struct config_environment *environment = t->engine->environment;
	struct effects *fx = t->engine->fx;
	if (environment->soak.for_ms == 0 || environment->soak.checks.count == 0)
		return 0;
	_cleanup_json_ json_t *variables = variables_of(t, t->version, t->previous);
	int64_t begin_ms = effects_mono_ms(fx),
		end_ms = begin_ms + environment->soak.for_ms;
	for (;;) {
		_cleanup_json_ json_t *gate = NULL;
		if (judge_once(t, "soak", &environment->soak.checks, variables, &gate,
			       err) < 0)
			return -1;
		enum outcome outcome =
			outcome_parse(json_get_string(gate, "outcome", ""));
		bool passed = outcome == OUTCOME_PASS || outcome == OUTCOME_WARN;
		int64_t left_ms = end_ms - effects_mono_ms(fx);
		if (!passed || left_ms <= 0 || json_get_bool(gate, "assumed", false)) {
			record_gate(t, "soak", gate, begin_ms);
			return passed ? 0 : refuse("soak", gate, err);
		}
		_cleanup_str_ struct str left = STR_INIT;
		duration_add(&left, left_ms);
		progress_report(t->engine->progress, PROGRESS_WAIT, "soak", "%s left",
				str_text(&left));
		int64_t nap_ms = environment->soak.every_ms;
		if (effects_sleep(fx, nap_ms < left_ms ? nap_ms : left_ms, err) < 0 ||
		    lock_renew(t, err) < 0)
			return -1;
	}
}
