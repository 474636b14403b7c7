/* room: domain
 * Verdicts: an observation judged by jq predicates. Pure.
 *
 * A verdict is a JSON value (schemas/verdict.schema.json), because it is shown, stored in events
 * and replayed as it is:
 *
 *   {check, type, outcome: "pass"|"warn"|"fail"|"inconclusive", severity: "critical"|"warning",
 *    attempts, duration_ms, reason, assumed?: true, no_data?: true,
 *    predicates: [{text, role: "expect"|"warn", holds, actual?, bound?, why?}],
 *    observation: {…} (bodies and long texts cut to what a person would read) or null}
 *
 * Rules. No observation (error of the seam, or an answer with "error" of a kind that says nothing
 * about the target: the name service is out of reach) → inconclusive and no_data, which `on_no_data`
 * may turn into pass or fail. An answer with "error" and nothing else (refused, timeout, tls …) → fail,
 * unless an `expect` asks for .error or .connected and thereby decides itself. Any failing `expect` →
 * fail. Else any failing `warn` → warn. Severity "warning" turns fail and inconclusive into warn at
 * the gate, not in the verdict. A check without predicates passes when its probe succeeded. An assumed
 * answer (a world that a dry run did not make) passes with no predicate judged.
 */
#ifndef BELAY_VERDICT_H
#define BELAY_VERDICT_H

#include <jansson.h>

#include "belay/config.h"
#include "belay/err.h"

enum outcome { OUTCOME_PASS, OUTCOME_WARN, OUTCOME_FAIL, OUTCOME_INCONCLUSIVE };

const char *outcome_name(enum outcome outcome);
enum outcome outcome_parse(const char *name); /* unknown → OUTCOME_INCONCLUSIVE */

/* Predicates of one check, compiled. One thread at a time. */
struct judge;
int judge_new(const struct config_check *check, struct judge **ret, struct err *err);
void judge_freep(struct judge **judge);

/* Judges one observation. `variables`: version, previous, environment, service, now (seconds since
 * 1970, like jq's own `now`). `failure` is the seam's error when there is no observation (then
 * `observation` is NULL). The verdict counts one attempt; whoever tries several sets "attempts" and
 * "duration_ms". New reference. */
json_t *judge_observation(struct judge *judge, const json_t *observation,
			  const struct err *failure, const json_t *variables);

enum outcome verdict_outcome(const json_t *verdict);

/* A gate: {name, outcome, passed, failed, warned, inconclusive, verdicts: [..]} from its verdicts
 * (taken). A verdict of severity "warning" is counted as warned unless it passed. Any critical fail → fail; else any inconclusive → inconclusive; else any warn → warn. */
json_t *gate_verdict(const char *name, json_t *verdicts);

#endif
