/* Folding incidents: opened, updated, linked, acknowledged, resolved. They are told of at any time, by
 * whoever was there, and the run that tells must not fail because somebody was faster: an event about an
 * incident that is not there changes nothing. Texts and lists are cut to what a person would read, so
 * that the state stays small whatever an event holds.
 */
#include "reduce_incident.h"

#include <string.h>

#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "documents.h"
#include "incident_text.h"

enum {
	TEXT_BYTES = 600,
	LINE_BYTES = 300,
	TIMELINE_MAX = 50,
	EVIDENCE_MAX = 20,
	LIST_MAX = 30,
	LINKS_MAX = 30,
};

/* --- values from an event -------------------------------------------------------------------- */

static json_t *kept_text(const char *text, size_t max_bytes)
{
	if (!text)
		return json_null();
	_cleanup_free_ char *cut = text_cut(text, max_bytes);
	return json_string(cut);
}

static json_t *kept_member(const json_t *object, const char *key, size_t max_bytes)
{
	return kept_text(json_get_string(object, key, NULL), max_bytes);
}

/* data[key] as a list, an empty one when it is absent or null. Refused when it is something else. */
static int list_of(struct fold *fold, const char *key, const json_t **ret)
{
	*ret = json_object_get(fold->data, key);
	if (!*ret || json_is_null(*ret) || json_is_array(*ret))
		return 0;
	return fold_refuse(fold, "data.%s is not a list", key);
}

static int texts_of(struct fold *fold, const char *key, json_t **ret)
{
	const json_t *list;
	size_t i;
	const json_t *item;
	if (list_of(fold, key, &list))
		return -1;
	json_array_foreach(list, i, item) {
		if (!json_is_string(item))
			return fold_refuse(
				fold, "data.%s holds something else than texts", key);
	}
	*ret = json_array();
	json_array_foreach(list, i, item) {
		if (i < LIST_MAX)
			json_array_append_new(
				*ret, kept_text(json_string_value(item), LINE_BYTES));
	}
	return 0;
}

static int evidence_of(struct fold *fold, json_t **ret)
{
	static const char *const members[] = {"check", "outcome", "reason", "value"};
	const json_t *list;
	size_t i;
	const json_t *row;
	if (list_of(fold, "evidence", &list))
		return -1;
	json_array_foreach(list, i, row) {
		if (!json_get_string(row, "check", NULL))
			return fold_refuse(fold, "data.evidence names no check");
	}
	*ret = json_array();
	json_array_foreach(list, i, row) {
		json_t *kept = json_object();
		for (size_t k = 0; k < ARRAY_SIZE(members); k++)
			json_object_set_new(kept, members[k],
					    kept_member(row, members[k], LINE_BYTES));
		json_array_append_new(*ret, kept);
		if (json_array_size(*ret) == EVIDENCE_MAX)
			break;
	}
	return 0;
}

/* How it began stays; what is cut is what came right after. */
static void add_line(json_t *timeline, const char *at, const char *text)
{
	json_array_append_new(timeline, json_pack("{s:s, s:o}", "at", at, "text",
						  kept_text(text, LINE_BYTES)));
	if (json_array_size(timeline) > TIMELINE_MAX)
		json_array_remove(timeline, 1);
}

static int timeline_of(struct fold *fold, json_t **ret)
{
	const json_t *list;
	size_t i;
	const json_t *row;
	int64_t ignored;
	if (list_of(fold, "timeline", &list))
		return -1;
	json_array_foreach(list, i, row) {
		if (time_parse(json_get_string(row, "at", ""), &ignored) ||
		    !json_get_string(row, "text", NULL))
			return fold_refuse(
				fold, "data.timeline has a line without time or text");
	}
	*ret = json_array();
	json_array_foreach(list, i, row)
		add_line(*ret, json_get_string(row, "at", ""),
			 json_get_string(row, "text", ""));
	return 0;
}

static int check_severity(struct fold *fold, const char *severity)
{
	if (severity && severity[0] == 'P' && severity[1] >= '0' && severity[1] <= '3' &&
	    !severity[2])
		return 0;
	return fold_refuse(fold, "'%s' is no severity", severity ? severity : "");
}

static int check_kind(struct fold *fold, const char *kind)
{
	if (incident_severity(kind))
		return 0;
	return fold_refuse(fold, "'%s' is no kind of incident", kind);
}

/* --- opened ----------------------------------------------------------------------------------- */

static const char *actor_of(const struct fold *fold)
{
	return json_get_string(json_object_get(fold->event, "run"), "actor", NULL);
}

static int check_opened(struct fold *fold)
{
	static const char *const texts[] = {"reason", "deployment", "version", "previous",
					    "forensics"};
	const char *id, *kind, *severity, *title;
	size_t i;
	const json_t *known;
	if (fold_text(fold, "id", &id) || fold_text(fold, "kind", &kind) ||
	    fold_text(fold, "severity", &severity) || fold_text(fold, "title", &title) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)) ||
	    check_kind(fold, kind) || check_severity(fold, severity))
		return -1;
	if (!incident_id_is_valid(id))
		return fold_refuse(fold, "'%.64s' cannot be the id of an incident", id);
	json_array_foreach(json_object_get(fold->documents->state, "incidents"), i,
			   known) {
		if (str_equal(json_get_string(known, "id", ""), id))
			return fold_refuse(fold, "incident %s is there already", id);
	}
	return 0;
}

/* data.post_mortem {due_at}: then one is owed. */
static int post_mortem_of(struct fold *fold, json_t **ret)
{
	const json_t *asked = json_object_get(fold->data, "post_mortem");
	const char *due = json_get_string(asked, "due_at", NULL);
	int64_t ignored;
	if (due && time_parse(due, &ignored))
		return fold_refuse(fold, "data.post_mortem.due_at is not a time");
	*ret = json_pack("{s:s, s:s?, s:n, s:n}", "status", due ? "due" : "none",
			 "due_at", due, "url", "reminded_at");
	return 0;
}

static bool is_finished(const json_t *incident)
{
	return !incident_is_open(incident) && !post_mortem_is_owed(incident);
}

void incident_forget_finished(struct fold *fold)
{
	json_t *rows = json_object_get(fold->documents->state, "incidents");
	size_t i, count = 0;
	const json_t *row;
	json_array_foreach(rows, i, row)
		count += is_finished(row);
	if (count <= INCIDENTS_FINISHED_MAX)
		return;
	rows = document_own(fold->documents->state, "incidents");
	for (i = 0; count > INCIDENTS_FINISHED_MAX;) {
		if (is_finished(json_array_get(rows, i)) &&
		    json_array_remove(rows, i) == 0)
			count--;
		else
			i++;
	}
}

/* Far more than anybody can look after: the oldest gives way, a resolved one first. */
static void make_room(json_t *rows)
{
	size_t i;
	const json_t *row;
	if (json_array_size(rows) < INCIDENTS_MAX)
		return;
	json_array_foreach(rows, i, row) {
		if (!incident_is_open(row))
			break;
	}
	json_array_remove(rows, i < json_array_size(rows) ? i : 0);
}

int fold_incident_opened(struct fold *fold)
{
	static const char *const words[] = {"id",       "kind",       "severity",
					    "title",    "reason",     "version",
					    "previous", "deployment", "forensics"};
	static const char *const nothing[] = {"acknowledged_at", "resolved_at"};
	_cleanup_json_ json_t *services = NULL, *todo = NULL, *evidence = NULL,
			      *timeline = NULL, *post_mortem = NULL;
	if (check_opened(fold) || texts_of(fold, "services", &services) ||
	    texts_of(fold, "todo", &todo) || evidence_of(fold, &evidence) ||
	    timeline_of(fold, &timeline) || post_mortem_of(fold, &post_mortem))
		return -1;
	json_t *incident =
		json_pack("{s:s, s:s, s:s, s:O, s:O, s:O, s:O, s:O, s:i, s:{}, s:o}",
			  "status", "open", "opened_at", fold->at, "updated_at", fold->at,
			  "services", services, "todo", todo, "evidence", evidence,
			  "timeline", timeline, "post_mortem", post_mortem, "occurrences",
			  1, "links", "by", kept_text(actor_of(fold), LINE_BYTES));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		json_object_set_new(incident, words[i],
				    kept_member(fold->data, words[i], TEXT_BYTES));
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		json_object_set_new(incident, nothing[i], json_null());
	json_t *rows = document_own(fold->documents->state, "incidents");
	make_room(rows);
	json_array_append_new(rows, incident);
	return 0;
}

/* --- what follows ----------------------------------------------------------------------------- */

int incident_own(struct fold *fold, json_t **ret)
{
	const char *id;
	*ret = NULL;
	if (fold_text(fold, "incident", &id))
		return -1;
	json_t *state = fold->documents->state;
	const json_t *rows = json_object_get(state, "incidents");
	size_t i = 0;
	while (i < json_array_size(rows) &&
	       !str_equal(json_get_string(json_array_get(rows, i), "id", NULL), id))
		i++;
	if (i == json_array_size(rows))
		return 0;
	*ret = json_copy(json_array_get(rows, i));
	json_array_set_new(document_own(state, "incidents"), i, *ret);
	json_object_set_new(*ret, "updated_at", json_string(fold->at));
	return 0;
}

void incident_say(struct fold *fold, json_t *incident, const char *text)
{
	add_line(document_own(incident, "timeline"), fold->at, text);
}

static void take_texts(struct fold *fold, json_t *incident)
{
	static const char *const words[] = {"reason",    "severity",   "kind",
					    "forensics", "deployment", "version"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (json_get_string(fold->data, words[i], NULL))
			json_object_set_new(
				incident, words[i],
				kept_member(fold->data, words[i], TEXT_BYTES));
}

int fold_incident_updated(struct fold *fold)
{
	static const char *const texts[] = {"reason",    "severity",   "kind",
					    "forensics", "deployment", "version"};
	const char *text;
	_cleanup_json_ json_t *todo = NULL, *evidence = NULL;
	json_t *incident;
	if (fold_text(fold, "text", &text) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)) ||
	    texts_of(fold, "todo", &todo) || evidence_of(fold, &evidence))
		return -1;
	const char *severity = json_get_string(fold->data, "severity", NULL);
	const char *kind = json_get_string(fold->data, "kind", NULL);
	if ((severity && check_severity(fold, severity)) ||
	    (kind && check_kind(fold, kind)) || incident_own(fold, &incident))
		return -1;
	if (!incident)
		return 0;
	take_texts(fold, incident);
	if (json_object_get(fold->data, "todo"))
		json_object_set(incident, "todo", todo);
	if (json_object_get(fold->data, "evidence"))
		json_object_set(incident, "evidence", evidence);
	if (json_get_bool(fold->data, "occurrence", false))
		json_object_set_new(
			incident, "occurrences",
			json_integer(json_get_int(incident, "occurrences", 1) + 1));
	incident_say(fold, incident, text);
	return 0;
}

int fold_incident_linked(struct fold *fold)
{
	static const char *const texts[] = {"ref", "url"};
	const char *notification;
	json_t *incident;
	if (fold_text(fold, "notification", &notification) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)) ||
	    incident_own(fold, &incident))
		return -1;
	if (!incident)
		return 0;
	json_t *links = document_own(incident, "links");
	if (json_object_size(links) >= LINKS_MAX && !json_object_get(links, notification))
		return 0;
	json_t *link = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_object_set_new(link, texts[i],
				    kept_member(fold->data, texts[i], TEXT_BYTES));
	json_object_set_new(links, notification, link);
	return 0;
}

int fold_incident_acknowledged(struct fold *fold)
{
	const char *by;
	json_t *incident;
	if (fold_text(fold, "by", &by) || incident_own(fold, &incident))
		return -1;
	if (!incident || !str_equal(json_get_string(incident, "status", ""), "open"))
		return 0;
	_cleanup_free_ char *line = str_format("acknowledged by %s", by);
	json_object_set_new(incident, "status", json_string("acknowledged"));
	json_object_set_new(incident, "acknowledged_at", json_string(fold->at));
	incident_say(fold, incident, line);
	return 0;
}

int fold_incident_resolved(struct fold *fold)
{
	static const char *const texts[] = {"text"};
	const char *by;
	json_t *incident;
	if (fold_text(fold, "by", &by) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)) ||
	    incident_own(fold, &incident))
		return -1;
	if (!incident || !incident_is_open(incident))
		return 0;
	const char *text = json_get_string(fold->data, "text", NULL);
	_cleanup_free_ char *line =
		str_format("resolved by %s%s%s", by, text ? ": " : "", text ? text : "");
	json_object_set_new(incident, "status", json_string("resolved"));
	json_object_set_new(incident, "resolved_at", json_string(fold->at));
	incident_say(fold, incident, line);
	incident_forget_finished(fold);
	return 0;
}
