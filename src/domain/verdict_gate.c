/* What several verdicts mean together: the gate's outcome and its counts. */
#include "belay/json.h"
#include "belay/str.h"
#include "belay/verdict.h"

/* What a verdict counts as: a check that only warns neither fails a gate nor leaves it undecided. */
static enum outcome weight(const json_t *verdict)
{
	enum outcome outcome = verdict_outcome(verdict);
	bool warns = str_equal(json_get_string(verdict, "severity", NULL), "warning");
	return warns && outcome != OUTCOME_PASS ? OUTCOME_WARN : outcome;
}

json_t *gate_verdict(const char *name, json_t *verdicts)
{
	json_int_t counts[] = {
		[OUTCOME_PASS] = 0,
		[OUTCOME_WARN] = 0,
		[OUTCOME_FAIL] = 0,
		[OUTCOME_INCONCLUSIVE] = 0,
	};
	size_t i;
	json_t *verdict;
	json_array_foreach(verdicts, i, verdict)
		counts[weight(verdict)]++;
	enum outcome outcome = counts[OUTCOME_FAIL]           ? OUTCOME_FAIL
			       : counts[OUTCOME_INCONCLUSIVE] ? OUTCOME_INCONCLUSIVE
			       : counts[OUTCOME_WARN]         ? OUTCOME_WARN
							      : OUTCOME_PASS;
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "name", name, "outcome",
			 outcome_name(outcome), "passed", counts[OUTCOME_PASS], "failed",
			 counts[OUTCOME_FAIL], "warned", counts[OUTCOME_WARN],
			 "inconclusive", counts[OUTCOME_INCONCLUSIVE], "verdicts",
			 verdicts);
}
