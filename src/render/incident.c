/* Incidents: the list with what is owed, and one of them in full. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "ink.h"
#include "told.h"

static enum ink severity_ink(const json_t *incident)
{
	const char *severity = json_get_string(incident, "severity", "");
	if (strcmp(severity, "P0") == 0 || strcmp(severity, "P1") == 0)
		return INK_BAD;
	return strcmp(severity, "P2") == 0 ? INK_WARN : INK_DIM;
}

static void add_age(struct str *out, const json_t *object, const char *key,
		    int64_t now_ms)
{
	int64_t at_ms;
	if (time_parse(json_get_string(object, key, ""), &at_ms) == 0)
		time_add_relative(out, at_ms, now_ms);
}

/* "due 2026-11-23T09:52:03Z", "OVERDUE, was due …", "done". */
static void add_post_mortem(struct str *out, const json_t *incident)
{
	const json_t *page = json_object_get(incident, "post_mortem");
	const char *status = json_get_string(page, "status", "none");
	if (strcmp(status, "none") == 0)
		return;
	if (json_get_bool(incident, "overdue", false))
		str_add(out, "OVERDUE, was ");
	else if (strcmp(status, "written") == 0)
		str_add(out, "begun, ");
	if (strcmp(status, "done") == 0) {
		str_add(out, "done");
		return;
	}
	str_addf(out, "due %s", json_get_string(page, "due_at", "some day"));
}

static void add_row(struct table *table, const struct render *render,
		    const json_t *incident)
{
	_cleanup_str_ struct str age = STR_INIT;
	_cleanup_str_ struct str page = STR_INIT;
	bool overdue = json_get_bool(incident, "overdue", false);
	bool resolved = str_equal(json_get_string(incident, "status", ""), "resolved");
	add_age(&age, incident, "opened_at", render->now_ms);
	add_post_mortem(&page, incident);
	table_cell(table, 0, INK_NAME, "%s", json_get_string(incident, "id", ""));
	table_cell(table, 1, resolved ? INK_DIM : severity_ink(incident), "%s",
		   json_get_string(incident, "severity", ""));
	table_cell(table, 2, resolved ? INK_GOOD : INK_WARN, "%s",
		   json_get_string(incident, "status", ""));
	table_cell(table, 3, INK_DIM, "%s", str_text(&age));
	table_cell(table, 4, overdue ? INK_BAD : INK_PLAIN, "%s", str_text(&page));
	table_cell(table, 5, INK_PLAIN, "%s",
		   json_get_string(incident, "full_title", ""));
	table_end_row(table);
}

void render_incident_list(struct str *out, const struct render *render,
			  const json_t *result)
{
	static const char *const headers[] = {"INCIDENT", "SEV",         "STATUS",
					      "OPENED",   "POST-MORTEM", "WHAT"};
	const json_t *rows = json_object_get(result, "incidents");
	size_t owed = json_array_size(json_object_get(result, "overdue"));
	size_t i;
	const json_t *incident;
	if (json_array_size(rows) == 0) {
		str_add(out, "No incidents.\n");
		return;
	}
	_cleanup_(table_freep) struct table *table =
		table_new(headers, ARRAY_SIZE(headers));
	json_array_foreach(rows, i, incident)
		add_row(table, render, incident);
	table_add_to(out, render, table);
	if (owed > 0)
		render_inkf(out, render, INK_BAD, "\n%zu post-mortem%s overdue\n", owed,
			    owed == 1 ? " is" : "s are");
}

/* --- one incident ----------------------------------------------------------------------------- */

static void add_fact(struct str *out, const struct render *render, const char *label,
		     const char *text)
{
	if (text && *text)
		render_inkf(out, render, INK_PLAIN, "  %-12s %s\n", label, text);
}

static void add_lines(struct str *out, const struct render *render, const char *heading,
		      const json_t *rows, const char *mark)
{
	size_t i;
	const json_t *row;
	if (json_array_size(rows) == 0)
		return;
	render_inkf(out, render, INK_DIM, "\n  %s\n", heading);
	json_array_foreach(rows, i, row) {
		if (json_is_string(row))
			render_inkf(out, render, INK_PLAIN, "    %s%s\n", mark,
				    json_string_value(row));
		else if (json_object_get(row, "check"))
			render_inkf(out, render, INK_PLAIN, "    %s: %s: %s\n",
				    json_get_string(row, "check", ""),
				    json_get_string(row, "outcome", ""),
				    json_get_string(row, "reason", ""));
		else
			render_inkf(out, render, INK_PLAIN, "    %s  %s\n",
				    json_get_string(row, "at", ""),
				    json_get_string(row, "text", ""));
	}
}

static void add_links(struct str *out, const struct render *render,
		      const json_t *incident)
{
	const char *name;
	json_t *link;
	json_object_foreach(json_object_get(incident, "links"), name, link)
		add_fact(out, render, name,
			 json_get_string(link, "url", json_get_string(link, "ref", "")));
}

static void add_incident(struct str *out, const struct render *render,
			 const json_t *incident)
{
	_cleanup_str_ struct str page = STR_INIT;
	add_post_mortem(&page, incident);
	add_fact(out, render, "opened", json_get_string(incident, "opened_at", NULL));
	add_fact(out, render, "by", json_get_string(incident, "by", NULL));
	add_fact(out, render, "resolved", json_get_string(incident, "resolved_at", NULL));
	add_fact(out, render, "reason", json_get_string(incident, "reason", NULL));
	add_fact(out, render, "version", json_get_string(incident, "version", NULL));
	add_fact(out, render, "deployment",
		 json_get_string(incident, "deployment", NULL));
	add_fact(out, render, "kept", json_get_string(incident, "forensics", NULL));
	add_fact(out, render, "post-mortem", str_text(&page));
	add_links(out, render, incident);
	add_lines(out, render, "evidence", json_object_get(incident, "evidence"), "");
	add_lines(out, render, "timeline", json_object_get(incident, "timeline"), "");
	add_lines(out, render, "to do", json_object_get(incident, "todo"), "[ ] ");
}

/* A page goes to a file or into a pipe as it is, so nothing stands around it. */
static void add_page(struct str *out, const struct render *render, const char *page)
{
	(void)render;
	for (const char *line = page; *line;) {
		size_t len = strcspn(line, "\n");
		_cleanup_str_ struct str raw = STR_INIT;
		str_add_bytes(&raw, line, len);
		render_add_safe(out, str_text(&raw));
		str_add_char(out, '\n');
		line += len + (line[len] == '\n');
	}
}

void render_incident(struct str *out, const struct render *render, const json_t *result)
{
	const json_t *incident = json_array_get(json_object_get(result, "incidents"), 0);
	const char *written = json_get_string(result, "written", NULL);
	const char *page = json_get_string(result, "page", NULL);
	if (page && !written) {
		add_page(out, render, page);
		return;
	}
	render_inkf(out, render, severity_ink(incident), "%s ",
		    json_get_string(incident, "severity", ""));
	render_inkf(out, render, INK_BOLD, "%s",
		    json_get_string(incident, "full_title", ""));
	render_inkf(out, render, INK_DIM, "  %s, %s\n",
		    json_get_string(incident, "id", ""),
		    json_get_string(incident, "status", ""));
	if (written)
		add_fact(out, render, "written to", written);
	else if (!render->quiet)
		add_incident(out, render, incident);
	if (!render->quiet)
		told_add(out, render, json_object_get(result, "told"));
}
