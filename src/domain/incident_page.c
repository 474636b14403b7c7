/* Incidents on a page: the body of an issue, and the comments that follow it. Markdown; everything that
 * came from outside goes through page_add_text().
 */
#include "incident_page.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "incident_text.h"

void page_add_evidence(struct str *out, const json_t *incident)
{
	static const char *const columns[] = {"check", "outcome", "reason", "value"};
	const json_t *evidence = json_object_get(incident, "evidence");
	size_t i;
	const json_t *row;
	if (json_array_size(evidence) == 0) {
		str_add(out, "No check failed.\n");
		return;
	}
	str_add(out, "| Check | Outcome | Reason | Seen |\n| --- | --- | --- | --- |\n");
	json_array_foreach(evidence, i, row) {
		for (size_t k = 0; k < ARRAY_SIZE(columns); k++) {
			str_add(out, "| ");
			page_add_text(out, json_get_string(row, columns[k], NULL));
			str_add_char(out, ' ');
		}
		str_add(out, "|\n");
	}
}

void page_add_timeline(struct str *out, const json_t *incident)
{
	size_t i;
	const json_t *line;
	json_array_foreach(json_object_get(incident, "timeline"), i, line) {
		str_add(out, "- ");
		page_add_text(out, json_get_string(line, "at", NULL));
		str_add(out, " — ");
		page_add_text(out, json_get_string(line, "text", NULL));
		str_add_char(out, '\n');
	}
}

void page_add_todo(struct str *out, const json_t *incident)
{
	size_t i;
	const json_t *line;
	json_array_foreach(json_object_get(incident, "todo"), i, line) {
		str_add(out, "- [ ] ");
		page_add_text(out, json_string_value(line));
		str_add_char(out, '\n');
	}
}

void page_add_services(struct str *out, const json_t *incident)
{
	size_t i;
	const json_t *name;
	json_array_foreach(json_object_get(incident, "services"), i, name) {
		str_add(out, i ? ", " : "");
		page_add_text(out, json_string_value(name));
	}
}

void page_add_duration(struct str *out, const json_t *incident, int64_t now_ms)
{
	int64_t from_ms, to_ms = now_ms;
	if (time_parse(json_get_string(incident, "opened_at", ""), &from_ms))
		return;
	time_parse(json_get_string(incident, "resolved_at", ""), &to_ms);
	duration_add(out, to_ms > from_ms ? to_ms - from_ms : 0);
}

static void add_fact(struct str *out, const char *label, const json_t *incident,
		     const char *key)
{
	const char *text = json_get_string(incident, key, NULL);
	if (!text)
		return;
	str_addf(out, "- %s: ", label);
	page_add_text(out, text);
	str_add_char(out, '\n');
}

static void add_head(struct str *out, const struct incident_page *page)
{
	const json_t *incident = page->incident;
	int64_t occurrences = json_get_int(incident, "occurrences", 1);
	str_addf(out, "**%s**, %s, in ", json_get_string(incident, "severity", "P2"),
		 json_get_string(incident, "status", "open"));
	page_add_text(out, page->environment);
	if (occurrences > 1)
		str_addf(out, ", happened %lld times", (long long)occurrences);
	str_add(out, "\n\n");
	page_add_text(out, json_get_string(incident, "reason", NULL));
	str_add(out, "\n\n");
	if (json_array_size(json_object_get(incident, "services")) > 0) {
		str_add(out, "- Services: ");
		page_add_services(out, incident);
		str_add_char(out, '\n');
	}
	add_fact(out, "Version", incident, "version");
	add_fact(out, "Before", incident, "previous");
	add_fact(out, "Deployment", incident, "deployment");
	add_fact(out, "Opened", incident, "opened_at");
	add_fact(out, "By", incident, "by");
}

static void add_section_link(struct str *out, const char *label, const char *url)
{
	if (!url)
		return;
	str_addf(out, "- %s: ", label);
	page_add_link(out, url);
	str_add_char(out, '\n');
}

static void add_forensics(struct str *out, const struct incident_page *page)
{
	const json_t *incident = page->incident;
	const char *deployment = json_get_string(incident, "deployment", NULL);
	str_add(out, "\n## Forensics\n\n");
	add_fact(out, "Kept", incident, "forensics");
	add_section_link(out, "Log of the run", page->run_url);
	add_section_link(out, "Tracker", page->tracker);
	str_add(out, "- What was recorded: `belay history -e ");
	str_add(out,
		page->environment); /* a name of the configuration: letters and digits */
	str_add(out, "`");
	if (deployment)
		str_add(out, ", and `belay replay` on the tape of the run");
	str_add_char(out, '\n');
}

void incident_add_page(struct str *out, const struct incident_page *page)
{
	const json_t *incident = page->incident;
	add_head(out, page);
	str_add(out, "\n## Evidence\n\n");
	page_add_evidence(out, incident);
	str_add(out, "\n## Timeline\n\n");
	page_add_timeline(out, incident);
	add_forensics(out, page);
	str_add(out, "\n## Checklist\n\n");
	page_add_todo(out, incident);
	if (post_mortem_is_owed(incident)) {
		const char *due = json_get_string(
			json_object_get(incident, "post_mortem"), "due_at", NULL);
		str_addf(out, "- [ ] post-mortem%s%s\n", due ? ", due " : "",
			 due ? due : "");
	}
}

/* --- comments --------------------------------------------------------------------------------- */

static void add_words(struct str *out, const json_t *change, const char *key)
{
	const char *text = json_get_string(change, key, NULL);
	if (!text || !*text)
		return;
	str_add(out, "\n\n");
	page_add_text(out, text);
}

static void add_by(struct str *out, const json_t *change)
{
	const char *by = json_get_string(change, "by", NULL);
	if (!by)
		return;
	str_add(out, " by ");
	page_add_text(out, by);
}

static void add_update(struct str *out, const struct incident_page *page,
		       const json_t *change)
{
	bool again = json_get_bool(change, "occurrence", false);
	const char *severity = json_get_string(change, "severity", NULL);
	if (again)
		str_addf(out, "**Again**, occurrence %lld",
			 (long long)json_get_int(page->incident, "occurrences", 2));
	else
		str_add(out, "**Update**");
	if (severity)
		str_addf(out, ", now %s", severity);
	add_words(out, change, "text");
	add_words(out, change, "reason");
	if (json_array_size(json_object_get(change, "evidence")) > 0) {
		str_add(out, "\n\n");
		page_add_evidence(out, change);
	}
}

static void add_post_mortem(struct str *out, const struct incident_page *page)
{
	const char *due = json_get_string(json_object_get(page->incident, "post_mortem"),
					  "due_at", NULL);
	bool late = post_mortem_is_overdue(page->incident, page->now_ms);
	str_addf(out, "The post-mortem %s", late ? "is **overdue**" : "is not done yet");
	if (due)
		str_addf(out, ", it %s due %s", late ? "was" : "is", due);
}

void incident_add_change(struct str *out, const struct incident_page *page,
			 const char *event, const json_t *change)
{
	if (strcmp(event, "incident.resolved") == 0) {
		str_add(out, "**Resolved**");
		add_by(out, change);
		str_add(out, " after ");
		page_add_duration(out, page->incident, page->now_ms);
		add_words(out, change, "text");
	} else if (strcmp(event, "incident.acknowledged") == 0) {
		str_add(out, "**Acknowledged**");
		add_by(out, change);
	} else if (strcmp(event, "post-mortem.reminded") == 0) {
		add_post_mortem(out, page);
	} else {
		add_update(out, page, change);
	}
	str_add_char(out, '\n');
	if (page->run_url) {
		str_add(out, "\nRun: ");
		page_add_link(out, page->run_url);
		str_add_char(out, '\n');
	}
}
