/* How a deployment or a rollback ended: the verdict first, then what a person has to do (if anything),
 * then what happened, the gates, and where the record is. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "gate.h"
#include "ink.h"
#include "logs.h"
#include "told.h"

struct ending {
	const char *mark; /* an outcome's name */
	const json_t *result;
	const char *version, *previous;
	bool rollback, assumed, unproven;
};

static bool is_ended(const struct ending *ending, const char *name)
{
	return str_equal(json_get_string(ending->result, "end", ""), name);
}

/* A host that was switched and not taken back runs the new version. */
static bool any_left_switched(const json_t *result)
{
	const char *name;
	const char *host;
	const json_t *service;
	const json_t *row;
	json_object_foreach((json_t *)json_object_get(result, "services"), name,
			    service) {
		json_object_foreach(json_object_get(service, "hosts"), host, row) {
			if (json_get_bool(row, "switched", false) &&
			    !json_get_bool(row, "undone", false))
				return true;
		}
	}
	return false;
}

static struct ending ending_of(const json_t *result)
{
	struct ending ending = {
		.mark = json_get_string(result, "end", "unknown"),
		.result = result,
		.version = json_get_string(result, "version", "?"),
		.previous = json_get_string(result, "previous", NULL),
		.rollback = str_equal(json_get_string(result, "kind", ""), "rollback"),
		.assumed = json_get_bool(result, "assumed", false) ||
			   json_array_size(json_object_get(result, "would")) > 0,
	};
	ending.unproven = any_left_switched(result);
	return ending;
}

/* --- the verdict ----------------------------------------------------------------------------- */

static void add_took(struct str *text, const struct ending *ending, const char *key,
		     const char *before, const char *after)
{
	int64_t ms = json_get_int(ending->result, key, -1);
	if (ms < 0)
		return;
	str_add(text, before);
	duration_add(text, ms);
	str_add(text, after);
}

static void add_passed(struct str *text, const struct ending *ending)
{
	const char *version = ending->version;
	const char *was = ending->previous ? ending->previous : "nothing";
	if (ending->assumed) {
		str_addf(text, "%s would go live (now: %s)", version, was);
		return;
	}
	str_addf(text, ending->rollback ? "back to %s (was %s)" : "%s is live (was %s)",
		 version, was);
	const json_t *restored = json_object_get(ending->result, "restored");
	if (restored)
		str_addf(text, ", with the data of %s/%s",
			 json_get_string(restored, "backup", "?"),
			 json_get_string(restored, "id", "?"));
	add_took(text, ending, "duration_ms", " in ", "");
}

static void add_rolled_back(struct str *text, const struct ending *ending)
{
	str_addf(text, "%s failed and was taken back; %s is live", ending->version,
		 ending->previous ? ending->previous : "nothing");
	add_took(text, ending, "undo_ms", " (undo took ", ")");
}

static void add_headline(struct str *out, const struct render *render,
			 const struct ending *ending)
{
	_cleanup_str_ struct str text = STR_INIT;
	const char *version = ending->version;
	const char *previous = ending->previous ? ending->previous : "nothing";
	if (is_ended(ending, "passed"))
		add_passed(&text, ending);
	else if (is_ended(ending, "open"))
		str_addf(&text, "%s has begun; bring it out, then 'belay finish'",
			 version);
	else if (is_ended(ending, "rolled-back"))
		add_rolled_back(&text, ending);
	else if (is_ended(ending, "stuck") &&
		 json_get_bool(ending->result, "undone", false))
		str_addf(
			&text,
			"%s was taken back, and %s does not pass its gates either; a person "
			"has to act now",
			version, previous);
	else if (is_ended(ending, "stuck") && json_object_get(ending->result, "restored"))
		str_addf(
			&text,
			"going back to %s and its data is stuck; a person has to act now",
			version);
	else if (is_ended(ending, "stuck"))
		str_addf(&text, "%s could not be taken back; a person has to act now",
			 version);
	else if (ending->unproven && is_ended(ending, "inconclusive"))
		str_addf(
			&text,
			"%s is live and unproven; it was neither confirmed nor taken back",
			version);
	else if (ending->unproven)
		str_addf(&text, "%s failed and was not taken back; it is live", version);
	else if (is_ended(ending, "inconclusive"))
		str_addf(
			&text,
			"no basis for a decision about %s; nothing was switched, %s is live",
			version, previous);
	else if (is_ended(ending, "cancelled"))
		str_addf(&text, "%s was cancelled; %s is live", version, previous);
	else
		str_addf(&text, "%s was not deployed; nothing was switched, %s is live",
			 version, previous);
	bool pending = ending->assumed && is_ended(ending, "passed");
	if (ending->assumed && !pending)
		str_add(&text, " (supposed: nothing was done)");
	ink_add_mark(out, render, pending ? "would" : ending->mark);
	str_add_char(out, ' ');
	render_inkf(out, render, INK_BOLD, "%s: %s\n",
		    json_get_string(ending->result, "environment", ""), str_text(&text));
	const char *reason = json_get_string(ending->result, "reason", NULL);
	if (reason && !is_ended(ending, "passed"))
		render_inkf(out, render, INK_PLAIN, "  because %s\n", reason);
	const char *hint = json_get_string(ending->result, "hint", NULL);
	if (hint)
		render_inkf(out, render, INK_DIM, "  hint: %s\n", hint);
}

/* --- what a person must do ------------------------------------------------------------------- */

static void add_todo(struct str *out, const struct render *render,
		     const struct ending *ending)
{
	const json_t *todo = json_object_get(ending->result, "todo");
	size_t index;
	const json_t *line;
	if (json_array_size(todo) == 0)
		return;
	bool urgent = is_ended(ending, "stuck");
	enum ink ink = urgent ? INK_BAD : INK_WARN;
	str_add_char(out, '\n');
	render_inkf(out, render, ink, "%s\n",
		    urgent ? "━━ DO THIS NOW ━━" : "What to do now");
	json_array_foreach(todo, index, line) {
		render_inkf(out, render, ink, "  %zu.", index + 1);
		render_inkf(out, render, INK_PLAIN, " %s\n", json_string_value(line));
	}
}

/* --- what happened --------------------------------------------------------------------------- */

static void add_timeline(struct str *out, const struct render *render,
			 const json_t *timeline)
{
	size_t index;
	const json_t *row;
	if (json_array_size(timeline) == 0)
		return;
	_cleanup_(table_freep) struct table *table = table_new(NULL, 5);
	json_array_foreach(timeline, index, row) {
		enum ink ink;
		const char *mark = ink_mark(json_get_string(row, "outcome", ""), &ink);
		const char *at = json_get_string(row, "at", "");
		_cleanup_str_ struct str took = STR_INIT;
		if (json_get_int(row, "ms", 0) > 0)
			duration_add(&took, json_get_int(row, "ms", 0));
		/* The time of day of an RFC 3339 time. */
		table_cell(table, 0, INK_DIM, "  %.8s", strlen(at) >= 19 ? at + 11 : at);
		table_cell(table, 1, ink, "%s", mark);
		table_cell(table, 2, INK_NAME, "%s",
			   json_get_string(row, "service",
					   json_get_string(row, "step", "")));
		table_cell(table, 3, INK_DIM, "%s", str_text(&took));
		table_cell(table, 4, INK_PLAIN, "%s", json_get_string(row, "text", ""));
		table_end_row(table);
	}
	str_add_char(out, '\n');
	table_add_to(out, render, table);
}

static bool has_errors(const json_t *services)
{
	const char *name;
	const char *host;
	const json_t *service;
	const json_t *row;
	json_object_foreach((json_t *)services, name, service)
		json_object_foreach(json_object_get(service, "hosts"), host, row)
			if (json_object_get(row, "error"))
				return true;
	return false;
}

static void add_host_row(struct table *table, const char *service, const char *host,
			 const json_t *row)
{
	const char *error = json_get_string(row, "error", NULL);
	bool switched = json_get_bool(row, "switched", false);
	bool undone = json_get_bool(row, "undone", false);
	_cleanup_str_ struct str took = STR_INIT;
	duration_add(&took, json_get_int(row, "ms", 0));
	table_cell(table, 0, INK_NAME, "  %s", service);
	table_cell(table, 1, INK_PLAIN, "%s", host);
	table_cell(table, 2, INK_PLAIN, "%s", json_get_string(row, "from", "nothing"));
	table_cell(table, 3, INK_PLAIN, "%s", json_get_string(row, "to", ""));
	table_cell(table, 4, error ? INK_BAD : INK_PLAIN, "%s",
		   undone     ? "taken back"
		   : switched ? "switched"
			      : "not switched");
	table_cell(table, 5, INK_DIM, "%s", str_text(&took));
	table_cell(table, 6, INK_BAD, "%s", error ? error : "");
	table_end_row(table);
}

static void add_hosts(struct str *out, const struct render *render,
		      const json_t *services)
{
	static const char *const headers[] = {"  SERVICE", "HOST", "FROM", "TO",
					      "STATE",     "TOOK", ""};
	const char *name;
	const char *host;
	const json_t *service;
	const json_t *row;
	size_t rows = 0;
	if (!render->verbose && !has_errors(services))
		return;
	_cleanup_(table_freep) struct table *table =
		table_new(headers, ARRAY_SIZE(headers));
	json_object_foreach((json_t *)services, name, service) {
		json_object_foreach(json_object_get(service, "hosts"), host, row) {
			add_host_row(table, name, host, row);
			rows++;
		}
	}
	if (!rows)
		return;
	str_add_char(out, '\n');
	table_add_to(out, render, table);
}

/* The gates after the switch are what a deployment is about; the others only when they did not pass. */
static void add_gates(struct str *out, const struct render *render, const json_t *gates)
{
	size_t index;
	const json_t *gate;
	json_array_foreach(gates, index, gate) {
		bool passed = str_equal(json_get_string(gate, "outcome", ""), "pass");
		bool main_phase = str_equal(json_get_string(gate, "phase", ""), "gates");
		if (passed && !main_phase && !render->verbose)
			continue;
		str_add_char(out, '\n');
		gate_add_headline(out, render, gate);
		gate_add_verdicts(out, render, gate);
	}
}

static void add_record(struct str *out, const struct render *render,
		       const struct ending *ending)
{
	const json_t *state = json_object_get(ending->result, "state");
	const char *location = json_get_string(state, "location", NULL);
	const char *deployment = json_get_string(ending->result, "deployment", NULL);
	if (!location || ending->assumed)
		return;
	str_add_char(out, '\n');
	render_inkf(out, render, INK_DIM, "%s%srecorded on %s",
		    deployment ? deployment : "", deployment ? ", " : "", location);
	const char *tip = json_get_string(state, "tip", NULL);
	if (tip)
		render_inkf(out, render, INK_DIM, " at %.12s", tip);
	str_add_char(out, '\n');
}

static void add_incident(struct str *out, const struct render *render,
			 const json_t *incident)
{
	const char *url = json_get_string(incident, "url", NULL);
	if (!incident)
		return;
	render_inkf(out, render, INK_WARN, "%s %s",
		    json_get_string(incident, "severity", ""),
		    json_get_string(incident, "title", ""));
	render_inkf(out, render, INK_DIM, ", incident %s%s%s\n",
		    json_get_string(incident, "id", ""), url ? ", " : "", url ? url : "");
}

void render_deploy(struct str *out, const struct render *render, const json_t *result)
{
	const struct ending ending = ending_of(result);
	add_headline(out, render, &ending);
	add_todo(out, render, &ending);
	if (render->quiet)
		return;
	/* In a dry run the steps are what *would* happen: the wiring lists those. */
	if (!ending.assumed) {
		add_timeline(out, render, json_object_get(result, "timeline"));
		add_hosts(out, render, json_object_get(result, "services"));
	}
	if (!ending.assumed || !is_ended(&ending, "passed"))
		add_gates(out, render, json_object_get(result, "gates"));
	logs_add(out, render, json_object_get(result, "logs"));
	add_record(out, render, &ending);
	add_incident(out, render, json_object_get(result, "incident"));
	told_add(out, render, json_object_get(result, "told"));
}
