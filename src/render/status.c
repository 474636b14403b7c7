/* The state of the environments: services and versions, the lock, an open transaction, backups, the last
 * deployments. One block for each environment, the most important line first. */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"

static void add_age(struct str *out, const json_t *object, const char *key,
		    int64_t now_ms)
{
	int64_t at_ms;
	if (time_parse(json_get_string(object, key, ""), &at_ms) == 0)
		time_add_relative(out, at_ms, now_ms);
}

static void add_lock(struct str *out, const struct render *render, const json_t *lock)
{
	const char *state = json_get_string(lock, "state", "");
	const char *text = json_get_string(lock, "text", "");
	if (strcmp(state, "free") == 0) {
		if (render->verbose)
			render_inkf(out, render, INK_DIM,
				    "  lock is free, generation %lld\n",
				    (long long)json_get_int(lock, "generation", 0));
		return;
	}
	enum ink ink = strcmp(state, "kept") == 0 ? INK_BAD : INK_WARN;
	render_inkf(out, render, ink, "  lock %s\n", text);
}

static void add_todo(struct str *out, const struct render *render, const json_t *stuck)
{
	const json_t *todo = json_object_get(stuck, "todo");
	size_t index;
	const json_t *line;
	const char *why = json_get_string(stuck, "undo_error", NULL);
	if (why)
		render_inkf(out, render, INK_BAD, "    undo failed: %s\n", why);
	json_array_foreach(todo, index, line) {
		if (json_is_string(line))
			render_inkf(out, render, INK_PLAIN, "    %zu. %s\n", index + 1,
				    json_string_value(line));
	}
}

static void add_transaction(struct str *out, const struct render *render,
			    const json_t *open)
{
	_cleanup_str_ struct str age = STR_INIT;
	if (!json_is_object(open))
		return;
	const char *phase = json_get_string(open, "phase", "?");
	bool stuck = strcmp(phase, "stuck") == 0;
	bool back = strcmp(json_get_string(open, "kind", ""), "rollback") == 0;
	add_age(&age, open, "started_at", render->now_ms);
	ink_add_mark(out, render, stuck ? "stuck" : "warn");
	render_inkf(out, render, stuck ? INK_BAD : INK_WARN,
		    " %s %s is not finished: %s, begun %s by %s\n",
		    back ? "going back to" : "deployment of",
		    json_get_string(open, "version", "?"), phase, str_text(&age),
		    json_get_string(json_object_get(open, "run"), "actor", "someone"));
	add_todo(out, render, json_object_get(open, "stuck"));
}

static void add_services(struct str *out, const struct render *render,
			 const json_t *services)
{
	static const char *const headers[] = {"  SERVICE", "LIVE", "SINCE", "LAST GOOD",
					      "DEPLOYMENT"};
	const char *name;
	const json_t *service;
	if (json_object_size(services) == 0)
		return;
	_cleanup_(table_freep) struct table *table =
		table_new(headers, ARRAY_SIZE(headers));
	json_object_foreach((json_t *)services, name, service) {
		const json_t *live = json_object_get(service, "live");
		const json_t *good = json_object_get(service, "last_good");
		const char *live_version = json_get_string(live, "version", "nothing");
		const char *good_version = json_get_string(good, "version", "nothing");
		bool same = strcmp(live_version, good_version) == 0;
		_cleanup_str_ struct str age = STR_INIT;
		add_age(&age, live, "at", render->now_ms);
		table_cell(table, 0, INK_NAME, "  %s", name);
		table_cell(table, 1, same ? INK_GOOD : INK_WARN, "%s", live_version);
		table_cell(table, 2, INK_DIM, "%s", str_text(&age));
		table_cell(table, 3, INK_PLAIN, "%s", good_version);
		table_cell(table, 4, INK_DIM, "%s",
			   json_get_string(live, "deployment", ""));
		table_end_row(table);
	}
	table_add_to(out, render, table);
}

/* "deployed in 4.1s", "rolled back in 300ms: gate api-health failed". */
static void add_outcome(struct str *out, const json_t *row)
{
	static const struct {
		const char *outcome, *words;
	} words[] = {
		{"passed", "deployed"},
		{"rolled-back", "rolled back"},
		{"failed", "not deployed"},
		{"stuck", "stuck, undo failed"},
		{"unproven", "live, but unproven"},
		{"abandoned", "abandoned"},
	};
	const char *outcome = json_get_string(row, "outcome", "?");
	const char *reason = json_get_string(row, "reason", NULL);
	bool back = strcmp(json_get_string(row, "kind", ""), "rollback") == 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].outcome, outcome) == 0)
			str_add(out, i == 0 && back ? "went back" : words[i].words);
	if (json_is_integer(json_object_get(row, "duration_ms"))) {
		str_add(out, " in ");
		duration_add(out, json_get_int(row, "duration_ms", 0));
	}
	if (reason && *reason)
		str_addf(out, ": %s", reason);
}

/* Nobody knows how good these are. */
static const char *mark_of(const json_t *row, enum ink *ret_ink)
{
	const char *outcome = json_get_string(row, "outcome", "");
	if (strcmp(outcome, "unproven") == 0 || strcmp(outcome, "abandoned") == 0)
		outcome = "unknown";
	return ink_mark(outcome, ret_ink);
}

static void add_deployments(struct str *out, const struct render *render,
			    const json_t *rows)
{
	size_t index;
	const json_t *row;
	if (json_array_size(rows) == 0)
		return;
	_cleanup_(table_freep) struct table *table = table_new(NULL, 5);
	json_array_foreach(rows, index, row) {
		enum ink ink;
		const char *mark = mark_of(row, &ink);
		_cleanup_str_ struct str age = STR_INIT;
		_cleanup_str_ struct str outcome = STR_INIT;
		add_age(&age, row, "finished_at", render->now_ms);
		add_outcome(&outcome, row);
		table_cell(table, 0, ink, "  %s", mark);
		table_cell(table, 1, INK_BOLD, "%s", json_get_string(row, "version", ""));
		table_cell(table, 2, INK_DIM, "%s", str_text(&age));
		table_cell(table, 3, INK_PLAIN, "%s", json_get_string(row, "actor", ""));
		table_cell(table, 4, INK_PLAIN, "%s", str_text(&outcome));
		table_end_row(table);
	}
	str_add_char(out, '\n');
	table_add_to(out, render, table);
}

/* "! 1 incident is open (P1), 1 post-mortem is overdue: belay incident list". */
static void add_incidents(struct str *out, const struct render *render,
			  const json_t *rows)
{
	size_t index, open = 0, overdue = 0;
	const json_t *row;
	const char *worst = "P3";
	json_array_foreach(rows, index, row) {
		const char *severity = json_get_string(row, "severity", "P3");
		overdue += json_get_bool(row, "overdue", false);
		if (strcmp(json_get_string(row, "status", ""), "resolved") == 0)
			continue;
		open++;
		if (strcmp(severity, worst) < 0)
			worst = severity;
	}
	if (open + overdue == 0)
		return;
	_cleanup_str_ struct str text = STR_INIT;
	if (open)
		str_addf(&text, "%zu incident%s open (%s)", open,
			 open == 1 ? " is" : "s are", worst);
	if (overdue)
		str_addf(&text, "%s%zu post-mortem%s overdue", open ? ", " : "", overdue,
			 overdue == 1 ? " is" : "s are");
	bool bad = open && strcmp(worst, "P2") < 0;
	render_inkf(out, render, bad ? INK_BAD : INK_WARN, "  %s: belay incident list\n",
		    str_text(&text));
}

static void add_environment(struct str *out, const struct render *render,
			    const json_t *row)
{
	const char *name = json_get_string(row, "environment", "?");
	render_inkf(out, render, INK_BOLD, "%s", name);
	if (json_get_int(row, "sequence", 0) == 0) {
		render_inkf(out, render, INK_DIM, "  nothing deployed yet\n");
		if (!render->quiet)
			render_inkf(out, render, INK_DIM,
				    "  next: belay deploy -e %s --version VERSION\n",
				    name);
		backup_add_health(out, render, json_object_get(row, "backups"));
		return;
	}
	str_add_char(out, '\n');
	add_lock(out, render, json_object_get(row, "lock"));
	add_transaction(out, render, json_object_get(row, "transaction"));
	add_incidents(out, render, json_object_get(row, "incidents"));
	add_services(out, render, json_object_get(row, "services"));
	backup_add_health(out, render, json_object_get(row, "backups"));
	if (!render->quiet)
		add_deployments(out, render, json_object_get(row, "deployments"));
}

void render_status(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *rows = json_object_get(result, "environments");
	size_t index;
	const json_t *row;
	json_array_foreach(rows, index, row) {
		if (index > 0)
			str_add_char(out, '\n');
		add_environment(out, render, row);
	}
	if (json_array_size(rows) == 0) {
		str_add(out, "Nothing deployed yet.\n");
		render_inkf(out, render, INK_DIM,
			    "'belay init' writes a configuration to begin with.\n");
	}
	if (!render->quiet)
		render_inkf(out, render, INK_DIM, "\njournal: %s\n",
			    json_get_string(result, "location", ""));
}
