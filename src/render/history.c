/* The events of the journal as a table, newest first. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"

static enum ink ink_of(const char *type)
{
	static const struct {
		const char *type;
		enum ink ink;
	} inks[] = {
		{"deployment.committed", INK_GOOD},
		{"deployment.failed", INK_BAD},
		{"deployment.rolled-back", INK_BAD},
		{"deployment.stuck", INK_BAD},
		{"lock.kept", INK_BAD},
		{"deployment.unproven", INK_WARN},
		{"deployment.abandoned", INK_WARN},
	};
	for (size_t i = 0; i < ARRAY_SIZE(inks); i++)
		if (strcmp(inks[i].type, type) == 0)
			return inks[i].ink;
	return INK_PLAIN;
}

/* "2026-11-21 09:52:03", in UTC as it was written. */
static void add_when(struct table *table, const char *at)
{
	if (strlen(at) >= 19)
		table_cell(table, 0, INK_DIM, "%.10s %.8s", at, at + 11);
	else
		table_cell(table, 0, INK_DIM, "%s", at);
}

/* The subject without "production: ", which has a column of its own. */
static const char *plain_subject(const json_t *row)
{
	const char *subject = json_get_string(row, "subject", "");
	const char *environment = json_get_string(row, "environment", "");
	size_t len = strlen(environment);
	if (strncmp(subject, environment, len) == 0 &&
	    strncmp(subject + len, ": ", 2) == 0)
		return subject + len + 2;
	return subject;
}

static void add_row(struct table *table, const json_t *row, bool one_environment)
{
	const char *type = json_get_string(row, "type", "");
	add_when(table, json_get_string(row, "at", ""));
	table_cell(table, 1, INK_NAME, "%s",
		   one_environment ? "" : json_get_string(row, "environment", ""));
	table_cell(table, 2, ink_of(type), "%s", type);
	table_cell(table, 3, INK_BOLD, "%s", json_get_string(row, "version", ""));
	table_cell(table, 4, INK_PLAIN, "%s", json_get_string(row, "actor", ""));
	table_cell(table, 5, INK_DIM, "%.7s", json_get_string(row, "commit", ""));
	table_cell(table, 6, INK_PLAIN, "%s", plain_subject(row));
	table_end_row(table);
}

/* Then its name is not worth a column. */
static bool is_one_environment(const json_t *events)
{
	const char *first = json_get_string(json_array_get(events, 0), "environment", "");
	size_t index;
	const json_t *row;
	json_array_foreach(events, index, row) {
		if (strcmp(json_get_string(row, "environment", ""), first) != 0)
			return false;
	}
	return true;
}

void render_history(struct str *out, const struct render *render, const json_t *result)
{
	static const char *const all[] = {"TIME (UTC)", "ENVIRONMENT", "EVENT", "VERSION",
					  "ACTOR",      "COMMIT",      "WHAT"};
	static const char *const one[] = {"TIME (UTC)", "",       "EVENT", "VERSION",
					  "ACTOR",      "COMMIT", "WHAT"};
	const json_t *events = json_object_get(result, "events");
	bool one_environment = is_one_environment(events);
	size_t index;
	const json_t *row;
	if (json_array_size(events) == 0) {
		render_inkf(out, render, INK_DIM, "No such event on %s.\n",
			    json_get_string(result, "location", "the journal"));
		return;
	}
	_cleanup_(table_freep) struct table *table =
		table_new(one_environment ? one : all, ARRAY_SIZE(all));
	json_array_foreach(events, index, row)
		add_row(table, row, one_environment);
	table_add_to(out, render, table);
}
