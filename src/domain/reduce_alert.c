/* Folding a round of a watch: what it is allowed to say, and the alerts after it (alert.c). */
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/verdict.h"
#include "reduce.h"

#define COUNT_MAX 1000

static int check_rules(struct fold *fold)
{
	static const struct {
		const char *key;
		int64_t min;
	} counts[] = {{"fail_after", 1}, {"recover_after", 1}, {"flaps", 0}};
	const json_t *rules;
	if (fold_object(fold, "rules", &rules))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		int64_t count = json_get_int(rules, counts[i].key, -1);
		if (count < counts[i].min || count > COUNT_MAX)
			return fold_refuse(fold, "data.rules.%s is not %lld to %d",
					   counts[i].key, (long long)counts[i].min,
					   COUNT_MAX);
	}
	return 0;
}

int fold_alert_judged(struct fold *fold)
{
	const json_t *checks;
	const char *name;
	json_t *row;
	if (fold_object(fold, "checks", &checks) || check_rules(fold))
		return -1;
	json_object_foreach((json_t *)checks, name, row) {
		const char *outcome = json_get_string(row, "outcome", "");
		if (!str_equal(outcome_name(outcome_parse(outcome)), outcome))
			return fold_refuse(fold, "check '%s' has no outcome", name);
	}
	json_t *state = fold->documents->state;
	json_object_set_new(state, "alerts",
			    alerts_after(state, fold->data, fold->at_ms));
	return 0;
}
