/* The end of a transaction and what follows from it: which incident it opens, changes or resolves, and
 * who hears of it. Staged with the push that says how it ended; told afterwards.
 */
#include "aftermath.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "draft.h"

/* --- incidents -------------------------------------------------------------------------------- */

/* The one that came last; NULL when none is open. Borrowed. */
static const json_t *newest_open(const json_t *state)
{
	const json_t *rows = json_object_get(state, "incidents");
	for (size_t i = json_array_size(rows); i-- > 0;)
		if (incident_is_open(json_array_get(rows, i)))
			return json_array_get(rows, i);
	return NULL;
}

/* Proof that the trouble is over: a deployment that passed; for what was left half done a rollback, too. */
static bool answers(const json_t *result, const char *kind)
{
	bool back = str_equal(json_get_string(result, "kind", ""), "rollback");
	if (strcmp(kind, "rollback") == 0)
		return !back;
	return strcmp(kind, "rollback-failed") == 0 || strcmp(kind, "partial") == 0;
}

static size_t resolve_answered(struct draft *draft, const json_t *result)
{
	bool closes = draft->courier->engine->config->incidents.close;
	_cleanup_free_ char *text = str_format(
		"%s passed its gates", json_get_string(result, "version", "a version"));
	_cleanup_json_ json_t *rows =
		json_incref(json_object_get(draft->documents.state, "incidents"));
	size_t i, count = 0;
	json_t *incident;
	json_array_foreach(rows, i, incident) {
		if (!incident_is_open(incident) ||
		    !answers(result, json_get_string(incident, "kind", "")))
			continue;
		draft_resolve(draft, json_get_string(incident, "id", ""), text, closes);
		count++;
	}
	return count;
}

/* The same trouble again: what is new about it. */
static json_t *change_of(const json_t *opened)
{
	static const char *const members[] = {"reason", "deployment", "version",
					      "todo",   "evidence",   "forensics"};
	_cleanup_free_ char *text =
		str_format("again: %s", json_get_string(opened, "title", ""));
	json_t *change = json_pack("{s:s, s:b}", "text", text, "occurrence", 1);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(opened, members[i]);
		if (value && !json_is_null(value))
			json_object_set(change, members[i], value);
	}
	return change;
}

static void open_or_update(struct draft *draft, const json_t *result)
{
	const struct engine *engine = draft->courier->engine;
	const char *kind = incident_kind_of(result);
	const json_t *state = draft->documents.state;
	bool asked = str_equal(json_get_string(result, "end", ""), "passed");
	const json_t *open = asked ? newest_open(state) : incident_find_open(state, kind);
	const char *id = json_get_string(open, "id", NULL);
	_cleanup_free_ char *fresh = identity_new_id(engine->fx, draft->now_ms);
	json_t *opened = incident_of_result(id ? id : fresh, result, engine->environment);
	draft_add_forensics(draft, opened);
	if (!open) {
		draft_open(draft, opened);
		return;
	}
	if (asked) {
		_cleanup_free_ char *text =
			str_format("went back: %s", json_get_string(opened, "title", ""));
		draft_update(draft, id, json_pack("{s:s}", "text", text));
	} else {
		draft_update(draft, id, change_of(opened));
	}
	json_decref(opened);
}

static void stage_incidents(struct draft *draft, const json_t *result)
{
	bool passed = str_equal(json_get_string(result, "end", ""), "passed");
	size_t answered = passed ? resolve_answered(draft, result) : 0;
	if (incident_kind_of(result) && answered == 0)
		open_or_update(draft, result);
}

/* --- messages --------------------------------------------------------------------------------- */

static const char *topic_of(const json_t *result)
{
	static const struct {
		const char *end, *topic;
	} topics[] = {
		{"open", "deploying"},
		{"passed", "deployed"},
		{"rolled-back", "rolled-back"},
		{"stuck", "rollback-failed"},
	};
	const char *end = json_get_string(result, "end", "");
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		if (strcmp(topics[i].end, end) == 0)
			return topics[i].topic;
	if (json_get_bool(result, "undone", false))
		return "rolled-back"; /* cancelled */
	return str_equal(incident_kind_of(result), "partial") ? "unproven" : "failed";
}

static const json_t *incident_of_deployment(const json_t *state, const char *deployment)
{
	const json_t *rows = json_object_get(state, "incidents");
	for (size_t i = json_array_size(rows); i-- > 0;) {
		const json_t *incident = json_array_get(rows, i);
		if (str_equal(json_get_string(incident, "deployment", NULL), deployment))
			return incident;
	}
	return NULL;
}

static void stage_end(struct draft *draft, const json_t *result)
{
	const char *deployment = json_get_string(result, "deployment", "");
	_cleanup_free_ char *key = str_format("deployment/%s", deployment);
	_cleanup_json_ json_t *content = content_of_result(result, draft->courier->run);
	_cleanup_json_ json_t *incident = json_incref(
		(json_t *)incident_of_deployment(draft->documents.state, deployment));
	draft_tell(draft, topic_of(result), key, incident, content);
}

static struct courier courier_of(struct transaction *t)
{
	return (struct courier){.engine = t->engine, .store = t->store, .run = t->run};
}

void aftermath_stage(struct transaction *t, const json_t *result)
{
	const struct courier courier = courier_of(t);
	__attribute__((cleanup(draft_release))) struct draft draft = {0};
	size_t i;
	json_t *row;
	if (json_get_bool(result, "assumed", false))
		return;
	draft_init(&draft, &courier, store_documents(t->store));
	stage_incidents(&draft, result);
	stage_end(&draft, result);
	draft_post_mortems(&draft);
	json_array_foreach(draft.events, i, row)
		record_event(t, json_get_string(row, "type", ""),
			     json_incref(json_object_get(row, "data")));
}

/* --- afterwards ------------------------------------------------------------------------------- */

void aftermath_tell(struct transaction *t, json_t *result)
{
	const struct courier courier = courier_of(t);
	const char *environment = t->engine->environment->name;
	json_t *told = NULL;
	if (!json_get_bool(result, "assumed", false)) {
		post_mortems_propose(&courier);
		told = draft_deliver(&courier);
	}
	const json_t *incident =
		incident_of_deployment(store_documents(t->store)->state, t->id);
	if (incident)
		json_object_set_new(result, "incident",
				    draft_brief(incident, environment));
	if (json_array_size(told) > 0)
		json_object_set(result, "told", told);
	json_decref(told);
	json_object_set_new(json_object_get(result, "state"), "tip",
			    json_string(store_tip(t->store)));
	if (!str_equal(json_get_string(result, "end", ""), "open"))
		cockpit_end(t, result);
}
