/* A round of a watch: what each check is thought of, what changed, and who was told. */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "gate.h"
#include "ink.h"
#include "told.h"

static void add_alert(struct table *table, const struct render *render, const char *name,
		      const json_t *alert)
{
	static const struct {
		const char *state;
		const char *outcome;
	} marks[] = {{"good", "pass"}, {"bad", "fail"}, {"unknown", "inconclusive"}};
	const char *state = json_get_string(alert, "state", "unknown");
	int64_t bad = json_get_int(alert, "bad_rounds", 0);
	int64_t since_ms;
	enum ink ink = INK_PLAIN;
	const char *mark = "?";
	_cleanup_str_ struct str age = STR_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strcmp(marks[i].state, state) == 0)
			mark = ink_mark(marks[i].outcome, &ink);
	if (time_parse(json_get_string(alert, "since", ""), &since_ms) == 0)
		time_add_relative(&age, since_ms, render->now_ms);
	table_cell(table, 0, ink, "  %s", mark);
	table_cell(table, 1, INK_NAME, "%s", name);
	table_cell(table, 2, ink, "%s%s", state,
		   json_get_bool(alert, "flapping", false) ? ", flapping" : "");
	table_cell(table, 3, INK_DIM, "%s", str_text(&age));
	if (bad > 0 && strcmp(state, "bad") != 0)
		table_cell(table, 4, INK_WARN, "failed %lld time%s in a row",
			   (long long)bad, bad == 1 ? "" : "s");
	table_end_row(table);
}

static void add_alerts(struct str *out, const struct render *render, const json_t *alerts)
{
	const char *name;
	json_t *alert;
	_cleanup_(table_freep) struct table *table = table_new(NULL, 5);
	json_object_foreach((json_t *)alerts, name, alert)
		add_alert(table, render, name, alert);
	table_add_to(out, render, table);
}

static void add_changes(struct str *out, const struct render *render,
			const json_t *changes)
{
	static const struct {
		const char *key, *words;
		enum ink ink;
	} kinds[] = {{"degraded", "has become bad", INK_BAD},
		     {"recovered", "is good again", INK_GOOD},
		     {"flapping",
		      "keeps changing: it is held bad until it has been good "
		      "for an hour",
		      INK_WARN}};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t k;
		const json_t *name;
		json_array_foreach(json_object_get(changes, kinds[i].key), k, name)
			render_inkf(out, render, kinds[i].ink, "  %s %s\n",
				    json_string_value(name), kinds[i].words);
	}
}

static void add_incident(struct str *out, const struct render *render,
			 const json_t *incident)
{
	const char *url = json_get_string(incident, "url", NULL);
	if (!json_is_object(incident))
		return;
	render_inkf(out, render, INK_BAD, "  %s %s",
		    json_get_string(incident, "severity", ""),
		    json_get_string(incident, "title", ""));
	render_inkf(out, render, INK_DIM, "  %s%s%s\n",
		    json_get_string(incident, "id", ""), url ? "  " : "", url ? url : "");
}

void render_watch(struct str *out, const struct render *render, const json_t *result)
{
	gate_add_headline(out, render, json_object_get(result, "gate"));
	if (render->verbose)
		gate_add_verdicts(out, render, json_object_get(result, "gate"));
	if (json_get_bool(result, "deploying", false))
		render_inkf(out, render, INK_WARN,
			    "  a deployment goes on: this round does not count\n");
	if (!render->quiet)
		add_alerts(out, render, json_object_get(result, "alerts"));
	add_changes(out, render, json_object_get(result, "changes"));
	add_incident(out, render, json_object_get(result, "incident"));
	if (render->quiet)
		return;
	backup_add_health(out, render, json_object_get(result, "backups"));
	told_add(out, render, json_object_get(result, "told"));
}
