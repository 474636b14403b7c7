/* Incidents as values: what kind of trouble a transaction's end or a failing gate is, and what is kept
 * of it. Bounds are the fold's (reduce_incident.c); how it reads is incident_page.c's.
 */
#include "belay/incident.h"

#include <ctype.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/verdict.h"

#define VALUE_COLUMNS 80

static const struct {
	const char *kind, *severity, *word;
} kinds[] = {
	{"rollback", "P1", "rollback"}, {"rollback-failed", "P0", "CRITICAL"},
	{"partial", "P1", "partial"},   {"watch", "P1", "degraded"},
	{"manual", "P2", "incident"},
};

const char *incident_severity(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_equal(kinds[i].kind, kind))
			return kinds[i].severity;
	return NULL;
}

bool incident_id_is_valid(const char *id)
{
	size_t len = id ? strlen(id) : 0;
	bool good = len > 0 && len <= 64 && isalnum((unsigned char)id[0]);
	for (size_t i = 0; good && i < len; i++)
		good = isalnum((unsigned char)id[i]) || strchr("._-", id[i]);
	return good && !strstr(id, "..");
}

/* --- a transaction's end --------------------------------------------------------------------- */

/* A person's going back: what was live was no good. */
static bool went_back(const json_t *result)
{
	const char *previous = json_get_string(result, "previous", NULL);
	return str_equal(json_get_string(result, "kind", ""), "rollback") && previous &&
	       !str_equal(previous, json_get_string(result, "version", ""));
}

const char *incident_kind_of(const json_t *result)
{
	const char *end = json_get_string(result, "end", "");
	bool switched = json_is_integer(json_object_get(result, "switch_ms"));
	bool undone = json_get_bool(result, "undone", false);
	if (json_get_bool(result, "assumed", false))
		return NULL;
	if (strcmp(end, "rolled-back") == 0)
		return "rollback";
	if (strcmp(end, "stuck") == 0)
		return "rollback-failed";
	if (strcmp(end, "passed") == 0)
		return went_back(result) ? "rollback" : NULL;
	bool undecided = strcmp(end, "failed") == 0 || strcmp(end, "inconclusive") == 0;
	return undecided && switched && !undone ? "partial" : NULL;
}

/* What the first predicate that does not hold saw, in a few words; null when there is none. */
static json_t *value_seen(const json_t *verdict)
{
	size_t i;
	const json_t *predicate;
	json_array_foreach(json_object_get(verdict, "predicates"), i, predicate) {
		const json_t *actual = json_object_get(predicate, "actual");
		if (json_get_bool(predicate, "holds", false) || !actual)
			continue;
		_cleanup_str_ struct str text = STR_INIT;
		json_add_brief(&text, actual, VALUE_COLUMNS);
		return json_string(str_text(&text));
	}
	return json_null();
}

static void add_evidence(json_t *evidence, const json_t *gate)
{
	size_t i;
	const json_t *verdict;
	json_array_foreach(json_object_get(gate, "verdicts"), i, verdict) {
		if (verdict_outcome(verdict) == OUTCOME_PASS)
			continue;
		json_array_append_new(
			evidence,
			json_pack("{s:s, s:s, s:s, s:o}", "check",
				  json_get_string(verdict, "check", "?"), "outcome",
				  json_get_string(verdict, "outcome", "inconclusive"),
				  "reason", json_get_string(verdict, "reason", ""),
				  "value", value_seen(verdict)));
	}
}

static json_t *evidence_of(const json_t *gates)
{
	size_t i;
	const json_t *gate;
	json_t *evidence = json_array();
	json_array_foreach(gates, i, gate)
		add_evidence(evidence, gate);
	return evidence;
}

static json_t *timeline_of(const json_t *result)
{
	size_t i;
	const json_t *line;
	json_t *timeline = json_array();
	json_array_foreach(json_object_get(result, "timeline"), i, line) {
		const char *service = json_get_string(line, "service", NULL);
		_cleanup_free_ char *text =
			str_format("%s%s%s", service ? service : "", service ? ": " : "",
				   json_get_string(line, "text", ""));
		json_array_append_new(timeline, json_pack("{s:s, s:s}", "at",
							  json_get_string(line, "at", ""),
							  "text", text));
	}
	return timeline;
}

static json_t *service_names(const json_t *result)
{
	const char *name;
	json_t *service;
	json_t *names = json_array();
	json_object_foreach(json_object_get(result, "services"), name, service)
		json_array_append_new(names, json_string(name));
	return names;
}

__attribute__((format(printf, 2, 3))) static void add_todo(json_t *todo,
							   const char *format, ...)
{
	_cleanup_str_ struct str line = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&line, format, args);
	va_end(args);
	json_array_append_new(todo, json_string(str_text(&line)));
}

/* What the transaction asks for comes first: it is about what is live now. */
static json_t *todo_of(const json_t *result, const char *bad,
		       const struct config_environment *environment)
{
	json_t *todo = json_array();
	json_array_extend(todo, json_object_get(result, "todo"));
	add_todo(todo, "find out why %s was no good", bad);
	add_todo(todo,
		 "bring a version that passes: belay deploy -e %s --version VERSION",
		 environment->name);
	return todo;
}

static char *title_of(const char *kind, const char *bad, const char *good, bool data)
{
	if (strcmp(kind, "rollback-failed") == 0)
		return str_format(data ? "going back to %s and its data is stuck"
				       : "%s could not be taken back",
				  bad);
	if (strcmp(kind, "partial") == 0)
		return str_format("%s is live and unproven", bad);
	return str_format("%s → %s", bad, good ? good : "nothing");
}

json_t *incident_of_result(const char *id, const json_t *result,
			   const struct config_environment *environment)
{
	const char *kind = incident_kind_of(result);
	const char *bad = json_get_string(result, "version", "?");
	const char *good = json_get_string(result, "previous", NULL);
	const char *reason = json_get_string(result, "reason", NULL);
	if (!kind)
		return NULL;
	if (strcmp(json_get_string(result, "end", ""), "passed") == 0) {
		const char *target = bad;
		bad = good ? good : "?";
		good = target;
	}
	bool data = json_object_get(result, "restored") != NULL;
	_cleanup_free_ char *title = title_of(kind, bad, good, data);
	_cleanup_free_ char *asked = str_format("a person went back from %s", bad);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?, s:o, s:o, s:o, s:o}",
			 "id", id, "kind", kind, "severity", incident_severity(kind),
			 "title", title, "reason", reason ? reason : asked, "deployment",
			 json_get_string(result, "deployment", NULL), "version", bad,
			 "previous", good, "services", service_names(result), "evidence",
			 evidence_of(json_object_get(result, "gates")), "timeline",
			 timeline_of(result), "todo", todo_of(result, bad, environment));
}

/* --- a gate that fails ------------------------------------------------------------------------ */

/* "api-health and disk fail"; the reason of the first one. */
static void describe_gate(const json_t *evidence, struct str *title, struct str *reason)
{
	size_t i, count = json_array_size(evidence);
	const json_t *row;
	json_array_foreach(evidence, i, row) {
		const char *check = json_get_string(row, "check", "?");
		str_addf(title, "%s%s",
			 i == 0          ? ""
			 : i + 1 < count ? ", "
					 : " and ",
			 check);
		if (i == 0)
			str_addf(reason, "%s: %s", check,
				 json_get_string(row, "reason", ""));
	}
	str_add(title, count > 1 ? " fail" : " fails");
}

json_t *incident_of_gate(const char *id, const json_t *gate, const char *version,
			 const struct config_environment *environment)
{
	_cleanup_str_ struct str title = STR_INIT;
	_cleanup_str_ struct str reason = STR_INIT;
	json_t *evidence = json_array();
	json_t *todo = json_array();
	json_t *services = json_array();
	add_evidence(evidence, gate);
	describe_gate(evidence, &title, &reason);
	for (size_t i = 0; i < environment->service_count; i++)
		json_array_append_new(services,
				      json_string(environment->services[i].name));
	add_todo(todo, "look at it: belay check -e %s", environment->name);
	add_todo(todo, "when the version is to blame: belay rollback -e %s",
		 environment->name);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:n, s:s?, s:n, s:o, s:o, s:[], s:o}",
			 "id", id, "kind", "watch", "severity",
			 incident_severity("watch"), "title", str_text(&title), "reason",
			 str_text(&reason), "deployment", "version", version, "previous",
			 "services", services, "evidence", evidence, "timeline", "todo",
			 todo);
}

/* --- looking ---------------------------------------------------------------------------------- */

bool incident_is_open(const json_t *incident)
{
	return incident &&
	       !str_equal(json_get_string(incident, "status", ""), "resolved");
}

const json_t *incident_find_open(const json_t *state, const char *kind)
{
	size_t i;
	const json_t *incident;
	json_array_foreach(json_object_get(state, "incidents"), i, incident) {
		if (incident_is_open(incident) &&
		    str_equal(json_get_string(incident, "kind", ""), kind))
			return incident;
	}
	return NULL;
}

const json_t *incident_find(const json_t *state, const char *id)
{
	size_t i;
	const json_t *incident, *found = NULL;
	if (!*id)
		return NULL;
	json_array_foreach(json_object_get(state, "incidents"), i, incident) {
		const char *candidate = json_get_string(incident, "id", "");
		if (strcmp(candidate, id) == 0)
			return incident;
		if (!str_has_prefix(candidate, id))
			continue;
		if (found)
			return NULL;
		found = incident;
	}
	return found;
}

const char *incident_url(const json_t *incident)
{
	const char *name;
	json_t *link;
	json_object_foreach(json_object_get(incident, "links"), name, link) {
		const char *url = json_get_string(link, "url", NULL);
		if (url)
			return url;
	}
	return NULL;
}

char *incident_title(const json_t *incident, const char *environment)
{
	const char *word = "incident";
	const char *kind = json_get_string(incident, "kind", "");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			word = kinds[i].word;
	return str_format("[%s %s] %s", environment, word,
			  json_get_string(incident, "title", ""));
}

char *incident_fill_id(const char *text, const char *id)
{
	static const char variable[] = "{{id}}";
	if (!text)
		return NULL;
	struct str out = STR_INIT;
	for (const char *at = text; *at;) {
		if (str_has_prefix(at, variable)) {
			str_add(&out, id);
			at += strlen(variable);
		} else {
			str_add_char(&out, *at++);
		}
	}
	return str_take(&out);
}
