/* A gate: one line for each check, and below it the predicates that did not hold, with the value seen
 * beside the bound. --verbose shows those that held, and what was observed. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/verdict.h"
#include "gate.h"
#include "ink.h"

#define BRIEF_COLUMNS 60

static void add_brief(struct str *out, const struct render *render, enum ink ink,
		      const json_t *value)
{
	_cleanup_str_ struct str brief = STR_INIT;
	json_add_brief(&brief, value, BRIEF_COLUMNS);
	render_inkf(out, render, ink, "%s", str_text(&brief));
}

static void add_predicate(struct str *out, const struct render *render,
			  const json_t *predicate, size_t width)
{
	bool holds = json_get_bool(predicate, "holds", false);
	const char *role = json_get_string(predicate, "role", "expect");
	bool warns = strcmp(role, "warn") == 0;
	str_add(out, "      ");
	ink_add_mark(out, render, holds ? "pass" : warns ? "warn" : "fail");
	_cleanup_str_ struct str text = STR_INIT;
	render_add_safe(&text, json_get_string(predicate, "text", ""));
	str_addf(out, " %s", str_text(&text));
	const json_t *actual = json_object_get(predicate, "actual");
	const json_t *bound = json_object_get(predicate, "bound");
	const char *why = json_get_string(predicate, "why", NULL);
	if (actual || bound || why)
		str_pad(out, ' ', width - str_width(str_text(&text)));
	if (actual && !why) {
		str_add(out, "   actual ");
		add_brief(out, render,
			  holds   ? INK_PLAIN
			  : warns ? INK_WARN
				  : INK_BAD,
			  actual);
	}
	if (bound && !why) {
		str_add(out, "   bound ");
		add_brief(out, render, INK_BOLD, bound);
	}
	if (why)
		render_inkf(out, render, INK_BAD, "   %s", why);
	str_add_char(out, '\n');
}

static bool is_shown(const struct render *render, const json_t *predicate)
{
	return render->verbose || !json_get_bool(predicate, "holds", false);
}

/* Without an observation, or without an answer in it, nothing was asked of the predicates: then the
 * reason says it all. */
static bool is_explained(const json_t *verdict)
{
	const json_t *observation = json_object_get(verdict, "observation");
	const char *reason = json_get_string(verdict, "reason", "");
	return observation && !json_is_null(observation) &&
	       !str_has_prefix(reason, "no answer") &&
	       !json_get_bool(verdict, "no_data", false) &&
	       json_array_size(json_object_get(verdict, "predicates")) > 0;
}

static void add_predicates(struct str *out, const struct render *render,
			   const json_t *verdict)
{
	const json_t *predicates = json_object_get(verdict, "predicates");
	if (!is_explained(verdict))
		return;
	size_t index, width = 0;
	const json_t *predicate;
	json_array_foreach(predicates, index, predicate) {
		_cleanup_str_ struct str text = STR_INIT;
		render_add_safe(&text, json_get_string(predicate, "text", ""));
		size_t columns = str_width(str_text(&text));
		if (is_shown(render, predicate) && columns > width)
			width = columns;
	}
	json_array_foreach(predicates, index, predicate)
		if (is_shown(render, predicate))
			add_predicate(out, render, predicate, width);
}

static void add_observation(struct str *out, const struct render *render,
			    const json_t *verdict)
{
	const json_t *observation = json_object_get(verdict, "observation");
	if (!render->verbose || !json_is_object(observation))
		return;
	_cleanup_str_ struct str brief = STR_INIT;
	json_add_brief(&brief, observation,
		       render->columns > 40 ? render->columns - 17 : 400);
	render_inkf(out, render, INK_DIM, "        observed %s\n", str_text(&brief));
}

/* What stands behind the name: how long, how often, and why not. */
static void add_circumstances(struct str *out, const struct render *render,
			      const json_t *verdict)
{
	_cleanup_str_ struct str text = STR_INIT;
	int64_t attempts = json_get_int(verdict, "attempts", 1);
	if (json_get_bool(verdict, "assumed", false)) {
		str_add(&text, "not asked: a dry run cannot see the changed world");
	} else {
		duration_add(&text, json_get_int(verdict, "duration_ms", 0));
		if (attempts > 1)
			str_addf(&text, ", %lld attempts", (long long)attempts);
	}
	render_inkf(out, render, INK_DIM, "%s", str_text(&text));
	enum outcome outcome = verdict_outcome(verdict);
	const char *reason = json_get_string(verdict, "reason", "");
	bool no_data = json_get_bool(verdict, "no_data", false);
	if ((outcome != OUTCOME_PASS || no_data) && *reason && !is_explained(verdict))
		render_inkf(out, render, INK_PLAIN, "  %s", reason);
	if (outcome == OUTCOME_FAIL &&
	    str_equal(json_get_string(verdict, "severity", ""), "warning"))
		render_inkf(out, render, INK_DIM, "  only warns");
}

/* As the gate weighs it: a check that only warns neither fails it nor leaves it undecided. */
static const char *shown_outcome(const json_t *verdict)
{
	const char *outcome = json_get_string(verdict, "outcome", "inconclusive");
	bool warns = str_equal(json_get_string(verdict, "severity", ""), "warning");
	return warns && strcmp(outcome, "pass") != 0 ? "warn" : outcome;
}

static size_t names_width(const json_t *verdicts)
{
	size_t index, width = 0;
	const json_t *verdict;
	json_array_foreach(verdicts, index, verdict) {
		size_t columns = str_width(json_get_string(verdict, "check", ""));
		width = columns > width ? columns : width;
	}
	return width;
}

void gate_add_verdicts(struct str *out, const struct render *render, const json_t *gate)
{
	const json_t *verdicts = json_object_get(gate, "verdicts");
	size_t index, width = names_width(verdicts);
	const json_t *verdict;
	json_array_foreach(verdicts, index, verdict) {
		const char *name = json_get_string(verdict, "check", "");
		size_t columns = str_width(name);
		str_add(out, "  ");
		ink_add_mark(out, render, shown_outcome(verdict));
		str_add_char(out, ' ');
		render_inkf(out, render, INK_BOLD, "%s", name);
		str_pad(out, ' ', (columns < width ? width - columns : 0) + 2);
		add_circumstances(out, render, verdict);
		str_add_char(out, '\n');
		add_predicates(out, render, verdict);
		add_observation(out, render, verdict);
	}
}

static void add_count(struct str *out, const json_t *gate, const char *key,
		      const char *word, const char **separator)
{
	int64_t count = json_get_int(gate, key, 0);
	if (count == 0)
		return;
	str_addf(out, "%s%lld %s", *separator, (long long)count, word);
	*separator = ", ";
}

static const char *outcome_word(const char *outcome)
{
	switch (outcome_parse(outcome)) {
	case OUTCOME_PASS:
		return "passed";
	case OUTCOME_WARN:
		return "passed with warnings";
	case OUTCOME_FAIL:
		return "failed";
	case OUTCOME_INCONCLUSIVE:
		break;
	}
	return "inconclusive";
}

void gate_add_headline(struct str *out, const struct render *render, const json_t *gate)
{
	const char *outcome = json_get_string(gate, "outcome", "inconclusive");
	_cleanup_str_ struct str counts = STR_INIT;
	const char *separator = "";
	add_count(&counts, gate, "passed", "passed", &separator);
	add_count(&counts, gate, "warned", "warned", &separator);
	add_count(&counts, gate, "failed", "failed", &separator);
	add_count(&counts, gate, "inconclusive", "inconclusive", &separator);
	ink_add_mark(out, render, outcome);
	str_add_char(out, ' ');
	render_inkf(out, render, INK_BOLD, "%s %s",
		    json_get_string(gate, "phase", json_get_string(gate, "name", "gate")),
		    outcome_word(outcome));
	str_addf(out, ": %s\n", counts.len ? str_text(&counts) : "no checks");
}

void render_gate(struct str *out, const struct render *render, const json_t *gate)
{
	gate_add_headline(out, render, gate);
	if (render->quiet)
		return;
	gate_add_verdicts(out, render, gate);
}
