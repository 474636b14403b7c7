/* Alerts: rounds of a watch folded into what is good and what is bad, with patience in both directions.
 * Pure; the rules are in incident.h. reduce_alert.c folds with the same function that a watch asks
 * beforehand, so what it says will happen is what happens.
 */
#include <string.h>

#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/verdict.h"

#define HOUR_MS ((int64_t)60 * 60 * 1000)
#define NOTE_MS ((int64_t)10 * 60 * 1000)

enum sight { SIGHT_NONE, SIGHT_GOOD, SIGHT_BAD };

struct alert {
	const char *state;
	int64_t bad, good;
	bool flapping;
	json_t *changed; /* times, oldest first; owned */
};

static enum sight sight_of(const json_t *row)
{
	switch (outcome_parse(json_get_string(row, "outcome", ""))) {
	case OUTCOME_PASS:
	case OUTCOME_WARN:
		return SIGHT_GOOD;
	case OUTCOME_FAIL:
		return SIGHT_BAD;
	case OUTCOME_INCONCLUSIVE:
		break;
	}
	return SIGHT_NONE;
}

/* A check that only warns is none to wake somebody for. */
static const char *weighed(const json_t *verdict)
{
	enum outcome outcome = verdict_outcome(verdict);
	bool warns = str_equal(json_get_string(verdict, "severity", NULL), "warning");
	return outcome_name(warns && outcome == OUTCOME_FAIL ? OUTCOME_WARN : outcome);
}

json_t *alert_round(const json_t *gate, const struct alert_rules *rules)
{
	json_t *checks = json_object();
	size_t i;
	const json_t *verdict;
	json_array_foreach(json_object_get(gate, "verdicts"), i, verdict)
		json_object_set_new(checks, json_get_string(verdict, "check", "?"),
				    json_pack("{s:s, s:s}", "outcome", weighed(verdict),
					      "reason",
					      json_get_string(verdict, "reason", "")));
	return json_pack("{s:o, s:{s:i, s:i, s:i}}", "checks", checks, "rules",
			 "fail_after", rules->fail_after, "recover_after",
			 rules->recover_after, "flaps", rules->flaps);
}

static struct alert_rules rules_of(const json_t *round)
{
	const json_t *rules = json_object_get(round, "rules");
	return (struct alert_rules){
		.fail_after = (int)json_get_int(rules, "fail_after", 3),
		.recover_after = (int)json_get_int(rules, "recover_after", 2),
		.flaps = (int)json_get_int(rules, "flaps", 6),
	};
}

static size_t changes_within_hour(const json_t *changed, int64_t at_ms)
{
	size_t i, count = 0;
	const json_t *time;
	json_array_foreach(changed, i, time) {
		int64_t then_ms;
		if (time_parse(json_string_value(time), &then_ms) == 0 &&
		    at_ms - then_ms < HOUR_MS)
			count++;
	}
	return count;
}

/* Remembers a change, and no more of them than it takes to call it flapping. */
static void note_change(struct alert *alert, const struct alert_rules *rules,
			const char *at)
{
	json_array_append_new(alert->changed, json_string(at));
	while (json_array_size(alert->changed) > (size_t)rules->flaps + 1)
		json_array_remove(alert->changed, 0);
}

static void count_round(struct alert *alert, enum sight sight,
			const struct alert_rules *rules, const char *at)
{
	bool turned = sight == SIGHT_GOOD ? alert->bad > 0 : alert->good > 0;
	if (turned)
		note_change(alert, rules, at);
	alert->good = sight == SIGHT_GOOD ? alert->good + 1 : 0;
	alert->bad = sight == SIGHT_BAD ? alert->bad + 1 : 0;
}

/* Time since the last change that was noted. */
static int64_t age_of_last(const json_t *changed, int64_t at_ms)
{
	int64_t last_ms = 0;
	const json_t *last = json_array_get(changed, json_array_size(changed) - 1);
	time_parse(json_is_string(last) ? json_string_value(last) : "", &last_ms);
	return at_ms - last_ms;
}

/* Nothing is counted while it flaps, and of the bad rounds one is noted every few minutes: a check that
 * never comes to rest must not fill the journal. */
static void flap(struct alert *alert, enum sight sight, const struct alert_rules *rules,
		 int64_t at_ms)
{
	char at[TIME_TEXT_BYTES];
	int64_t age_ms = age_of_last(alert->changed, at_ms);
	alert->state = "bad";
	alert->bad = rules->fail_after;
	alert->good = 0;
	if (sight == SIGHT_BAD && age_ms >= NOTE_MS) {
		json_array_clear(alert->changed);
		json_array_append_new(alert->changed,
				      json_string(time_format(at_ms, at)));
	} else if (sight == SIGHT_GOOD && age_ms >= HOUR_MS + NOTE_MS) {
		alert->state = "good";
		alert->flapping = false;
		alert->bad = 0;
		alert->good = rules->recover_after;
		json_array_clear(alert->changed);
	}
}

static const char *next_state(const struct alert *alert, enum sight sight,
			      const struct alert_rules *rules)
{
	bool unknown = strcmp(alert->state, "unknown") == 0;
	if (sight == SIGHT_BAD)
		return alert->bad >= rules->fail_after ? "bad" : alert->state;
	return unknown || alert->good >= rules->recover_after ? "good" : alert->state;
}

/* Where state and sight agree there is nothing left to count. */
static void stop_counters(struct alert *alert, const struct alert_rules *rules)
{
	bool good = strcmp(alert->state, "good") == 0;
	bool bad = strcmp(alert->state, "bad") == 0;
	if (alert->good > rules->recover_after || (good && alert->good > 0))
		alert->good = rules->recover_after;
	if (alert->bad > rules->fail_after || (bad && alert->bad > 0))
		alert->bad = rules->fail_after;
}

static void take_round(struct alert *alert, enum sight sight,
		       const struct alert_rules *rules, int64_t at_ms)
{
	char at[TIME_TEXT_BYTES];
	if (!alert->flapping) {
		count_round(alert, sight, rules, time_format(at_ms, at));
		alert->flapping =
			changes_within_hour(alert->changed, at_ms) > (size_t)rules->flaps;
	}
	if (alert->flapping) {
		flap(alert, sight, rules, at_ms);
		return;
	}
	alert->state = next_state(alert, sight, rules);
	stop_counters(alert, rules);
}

/* The alert after one more round. `before` NULL: never seen. New reference. */
static json_t *judge(const json_t *before, enum sight sight,
		     const struct alert_rules *rules, int64_t at_ms)
{
	char at[TIME_TEXT_BYTES];
	json_t *known = json_object_get(before, "changed");
	struct alert alert = {
		.state = json_get_string(before, "state", "unknown"),
		.bad = json_get_int(before, "bad_rounds", 0),
		.good = json_get_int(before, "good_rounds", 0),
		.flapping = json_get_bool(before, "flapping", false),
		.changed = known ? json_copy(known) : json_array(),
	};
	const char *was = alert.state;
	if (sight != SIGHT_NONE)
		take_round(&alert, sight, rules, at_ms);
	time_format(at_ms, at);
	bool same = before && strcmp(was, alert.state) == 0;
	return json_pack("{s:s, s:s, s:I, s:I, s:o, s:b}", "state", alert.state, "since",
			 same ? json_get_string(before, "since", at) : at, "bad_rounds",
			 (json_int_t)alert.bad, "good_rounds", (json_int_t)alert.good,
			 "changed", alert.changed, "flapping", alert.flapping);
}

json_t *alerts_after(const json_t *state, const json_t *round, int64_t at_ms)
{
	const json_t *before = json_object_get(state, "alerts");
	const struct alert_rules rules = rules_of(round);
	json_t *after = json_object();
	const char *name;
	json_t *row;
	json_object_foreach(json_object_get(round, "checks"), name, row)
		json_object_set_new(after, name,
				    judge(json_object_get(before, name), sight_of(row),
					  &rules, at_ms));
	return after;
}

json_t *alert_changes(const json_t *state, const json_t *round, int64_t at_ms)
{
	_cleanup_json_ json_t *after = alerts_after(state, round, at_ms);
	json_t *degraded = json_array();
	json_t *recovered = json_array();
	json_t *flapping = json_array();
	const char *name;
	json_t *now;
	json_object_foreach(after, name, now) {
		const json_t *then =
			json_object_get(json_object_get(state, "alerts"), name);
		bool was_bad = str_equal(json_get_string(then, "state", ""), "bad");
		bool is_bad = str_equal(json_get_string(now, "state", ""), "bad");
		if (is_bad && !was_bad)
			json_array_append_new(degraded, json_string(name));
		if (was_bad && !is_bad)
			json_array_append_new(recovered, json_string(name));
		if (json_get_bool(now, "flapping", false) &&
		    !json_get_bool(then, "flapping", false))
			json_array_append_new(flapping, json_string(name));
	}
	return json_pack("{s:o, s:o, s:o}", "degraded", degraded, "recovered", recovered,
			 "flapping", flapping);
}
