/* The summary of a deployment or a rollback: the verdict, what a person has to do, the gates, what happened
 * when, and how to go back. The words of the verdict are those of the text (deploy.c). */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "markdown.h"

/* The first line of the text, without its mark. */
static void add_headline(struct str *out, const json_t *result)
{
	_cleanup_str_ struct str text = STR_INIT;
	const struct render quiet = {.style = STYLE_PLAIN, .quiet = true};
	render_deploy(&text, &quiet, result);
	_cleanup_free_ char *line =
		mem_strndup(str_text(&text), strcspn(str_text(&text), "\n"));
	const char *words = strchr(line, ' ');
	const char *mark = markdown_mark(json_get_string(result, "end", "unknown"));
	str_addf(out, "## %s ", mark);
	markdown_add_text(out, words ? words + 1 : line);
	str_add_char(out, '\n');
}

static void add_reason(struct str *out, const json_t *result)
{
	const char *reason = json_get_string(result, "reason", NULL);
	const char *end = json_get_string(result, "end", "");
	if (!reason || str_equal(end, "passed"))
		return;
	str_add(out, "\nBecause ");
	markdown_add_text(out, reason);
	str_add(out, ".\n");
}

static void add_todo(struct str *out, const json_t *result)
{
	const json_t *todo = json_object_get(result, "todo");
	size_t index;
	const json_t *line;
	if (json_array_size(todo) == 0)
		return;
	bool urgent = str_equal(json_get_string(result, "end", ""), "stuck");
	str_addf(out, "\n### %s\n\n", urgent ? "🛑 Do this now" : "What to do now");
	json_array_foreach(todo, index, line) {
		str_addf(out, "%zu. ", index + 1);
		markdown_add_text(out, json_string_value(line));
		str_add_char(out, '\n');
	}
}

static void add_fact(struct str *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_addf(out, "| %s | ", name);
	markdown_add_code(out, value);
	str_add(out, " |\n");
}

static void add_facts(struct str *out, const json_t *result)
{
	const json_t *state = json_object_get(result, "state");
	str_add(out, "\n| | |\n|---|---|\n");
	add_fact(out, "Environment", json_get_string(result, "environment", NULL));
	add_fact(out, "Version", json_get_string(result, "version", NULL));
	add_fact(out, "Before", json_get_string(result, "previous", NULL));
	add_fact(out, "Deployment", json_get_string(result, "deployment", NULL));
	add_fact(out, "Journal", json_get_string(state, "location", NULL));
	add_fact(out, "Commit", json_get_string(state, "tip", NULL));
}

static void add_timeline(struct str *out, const json_t *timeline)
{
	size_t index;
	const json_t *row;
	if (json_array_size(timeline) == 0)
		return;
	str_add(out,
		"\n### Timeline\n\n| At | | Step | Took | |\n|---|---|---|---|---|\n");
	json_array_foreach(timeline, index, row) {
		const char *at = json_get_string(row, "at", "");
		/* The time of day of an RFC 3339 time. */
		str_addf(out, "| %.8s | %s | ", strlen(at) >= 19 ? at + 11 : at,
			 markdown_mark(json_get_string(row, "outcome", "")));
		markdown_add_text(out, json_get_string(row, "service",
						       json_get_string(row, "step", "")));
		str_add(out, " | ");
		if (json_get_int(row, "ms", 0) > 0)
			duration_add(out, json_get_int(row, "ms", 0));
		str_add(out, " | ");
		markdown_add_text(out, json_get_string(row, "text", ""));
		str_add(out, " |\n");
	}
}

/* Hosts are in the timeline when all went well; here are those where it did not. */
static void add_hosts(struct str *out, const json_t *services)
{
	const char *name;
	const char *host;
	const json_t *service;
	const json_t *row;
	bool any = false;
	json_object_foreach((json_t *)services, name, service) {
		json_object_foreach(json_object_get(service, "hosts"), host, row) {
			const char *error = json_get_string(row, "error", NULL);
			if (!error)
				continue;
			if (!any)
				str_add(out, "\n### Hosts\n\n");
			any = true;
			str_add(out, "- ");
			markdown_add_text(out, name);
			str_add(out, " on ");
			markdown_add_text(out, host);
			str_add(out, ": ");
			markdown_add_text(out, error);
			str_add_char(out, '\n');
		}
	}
}

static void add_way_back(struct str *out, const json_t *result)
{
	const char *previous = json_get_string(result, "previous", NULL);
	_cleanup_str_ struct str line = STR_INIT;
	if (!str_equal(json_get_string(result, "end", ""), "passed") || !previous ||
	    str_equal(previous, json_get_string(result, "version", "")))
		return;
	str_add(&line, "belay rollback -e ");
	markdown_add_word(&line, json_get_string(result, "environment", ""));
	str_add(&line, " --to ");
	markdown_add_word(&line, previous);
	str_add(out, "\n### To go back\n\n");
	markdown_add_block(out, "sh", str_text(&line));
}

void summary_add_deploy(struct str *out, const struct summary *summary)
{
	const json_t *result = summary->result;
	bool assumed = json_get_bool(result, "assumed", false);
	size_t index;
	const json_t *gate;
	add_headline(out, result);
	add_reason(out, result);
	summary_add_incident(out, result);
	add_todo(out, result);
	add_facts(out, result);
	json_array_foreach(json_object_get(result, "gates"), index, gate)
		summary_add_gate(out, gate);
	add_hosts(out, json_object_get(result, "services"));
	if (assumed)
		return;
	add_timeline(out, json_object_get(result, "timeline"));
	summary_add_told(out, result);
	add_way_back(out, result);
	summary_add_limit(out, result);
}
