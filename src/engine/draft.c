/* Drafts of events: see draft.h. */
#include "draft.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

void draft_init(struct draft *draft, const struct courier *courier,
		const struct journal_documents *documents)
{
	*draft = (struct draft){
		.courier = courier,
		.documents = {json_incref(documents->state),
			      json_incref(documents->recent),
			      json_incref(documents->rollup)},
		.now_ms = effects_now_ms(courier->engine->fx),
		.events = json_array(),
	};
}

void draft_release(struct draft *draft)
{
	journal_documents_release(&draft->documents);
	json_decref(draft->events);
}

/* Who runs this, in a word. */
static const char *actor_of(const struct draft *draft)
{
	return json_get_string(draft->courier->run, "actor", "belay");
}

int draft_require(struct draft *draft, const char *type, json_t *data, struct err *err)
{
	struct journal_documents after;
	json_t *row = json_pack("{s:s, s:O}", "type", type, "data", data);
	_cleanup_json_ json_t *event =
		journal_event(draft->documents.state, type, draft->now_ms,
			      draft->courier->run, NULL, data);
	if (journal_reduce(&draft->documents, event, &after, err) < 0) {
		json_decref(row);
		return -1;
	}
	journal_documents_release(&draft->documents);
	draft->documents = after;
	json_array_append_new(draft->events, row);
	return 0;
}

void draft_add(struct draft *draft, const char *type, json_t *data)
{
	struct err failure = {0};
	if (draft_require(draft, type, data, &failure) < 0)
		progress_report(draft->courier->engine->progress, PROGRESS_NOTE, type,
				"left out: %s", failure.message);
}

static void add_messages(struct draft *draft, const struct occasion *occasion)
{
	size_t i;
	json_t *row;
	_cleanup_json_ json_t *rows =
		courier_events(draft->courier, draft->documents.state, occasion);
	json_array_foreach(rows, i, row)
		draft_add(draft, json_get_string(row, "type", ""),
			  json_incref(json_object_get(row, "data")));
}

void draft_tell(struct draft *draft, const char *topic, const char *key,
		const json_t *incident, const json_t *content)
{
	const struct engine *engine = draft->courier->engine;
	_cleanup_json_ json_t *own =
		content ? json_incref((json_t *)content)
			: content_of_incident(incident, engine->environment->name,
					      draft->courier->run);
	const struct occasion occasion = {
		.topic = topic,
		.severity = json_get_string(incident, "severity", NULL),
		.key = key,
		.incident = incident,
		.content = own,
	};
	add_messages(draft, &occasion);
}

static void tell_incident(struct draft *draft, const char *topic, const char *id)
{
	_cleanup_free_ char *key = str_format("incident/%s", id);
	_cleanup_json_ json_t *incident =
		json_incref((json_t *)incident_find(draft->documents.state, id));
	if (incident)
		draft_tell(draft, topic, key, incident, NULL);
}

/* --- an incident's way ------------------------------------------------------------------------ */

static bool owes_post_mortem(const json_t *opened)
{
	const char *severity = json_get_string(opened, "severity", "");
	return strcmp(severity, "P0") == 0 || strcmp(severity, "P1") == 0;
}

void draft_add_forensics(struct draft *draft, json_t *data)
{
	const json_t *run = draft->courier->run;
	const char *url = json_get_string(run, "url", NULL);
	_cleanup_free_ char *place =
		str_format("the output of run %s", json_get_string(run, "id", "?"));
	json_object_set_new(data, "forensics", json_string(url ? url : place));
}

void draft_open(struct draft *draft, json_t *opened)
{
	char due[TIME_TEXT_BYTES];
	const struct engine *engine = draft->courier->engine;
	const struct config_post_mortem rules =
		post_mortem_rules(engine->config, engine->environment);
	_cleanup_free_ char *id = mem_strdup(json_get_string(opened, "id", ""));
	if (rules.due_ms > 0 && owes_post_mortem(opened))
		json_object_set_new(
			opened, "post_mortem",
			json_pack("{s:s}", "due_at",
				  time_format(draft->now_ms + rules.due_ms, due)));
	draft_add(draft, "incident.opened", opened);
	tell_incident(draft, "incident-opened", id);
}

void draft_update(struct draft *draft, const char *id, json_t *change)
{
	_cleanup_free_ char *own = mem_strdup(id);
	json_object_set_new(change, "incident", json_string(own));
	draft_add(draft, "incident.updated", change);
	tell_incident(draft, "incident-updated", own);
}

void draft_acknowledge(struct draft *draft, const char *id, bool tells)
{
	_cleanup_free_ char *own = mem_strdup(id);
	draft_add(draft, "incident.acknowledged",
		  json_pack("{s:s, s:s}", "incident", own, "by", actor_of(draft)));
	if (tells)
		tell_incident(draft, "incident-updated", own);
}

void draft_resolve(struct draft *draft, const char *id, const char *text, bool closes)
{
	_cleanup_free_ char *own = mem_strdup(id);
	if (!incident_is_open(incident_find(draft->documents.state, own)))
		return;
	if (!closes) {
		draft_update(draft, own, json_pack("{s:s}", "text", text));
		return;
	}
	draft_add(draft, "incident.resolved",
		  json_pack("{s:s, s:s, s:s}", "incident", own, "by", actor_of(draft),
			    "text", text));
	tell_incident(draft, "incident-resolved", own);
}

json_t *draft_brief(const json_t *incident, const char *environment)
{
	_cleanup_free_ char *title = incident_title(incident, environment);
	return json_pack("{s:s, s:s, s:s, s:s?}", "id",
			 json_get_string(incident, "id", ""), "title", title, "severity",
			 json_get_string(incident, "severity", ""), "url",
			 incident_url(incident));
}

/* --- to the journal --------------------------------------------------------------------------- */

struct composition {
	const struct courier *courier;
	draft_compose *compose;
	void *context;
};

static int decide(const struct journal_documents *documents, json_t *events,
		  void *context, struct err *err)
{
	const struct composition *composition = context;
	__attribute__((cleanup(draft_release))) struct draft draft = {0};
	size_t i;
	json_t *row;
	draft_init(&draft, composition->courier, documents);
	if (composition->compose(&draft, composition->context, err) < 0)
		return -1;
	json_array_foreach(draft.events, i, row) {
		if (store_stage(documents, events, json_get_string(row, "type", ""),
				draft.now_ms, composition->courier->run, NULL,
				json_deep_copy(json_object_get(row, "data")), err) < 0)
			return -1;
	}
	return 0;
}

int draft_append(const struct courier *courier, draft_compose *compose, void *context,
		 struct err *err)
{
	struct composition composition = {courier, compose, context};
	return store_append(courier->store, decide, &composition, err);
}

json_t *draft_deliver(const struct courier *courier)
{
	struct err failure = {0};
	json_t *told = NULL;
	if (courier_deliver(courier, &told, &failure) < 0)
		progress_report(courier->engine->progress, PROGRESS_NOTE, "notify",
				"what was not told is told by the next run: %s",
				failure.message);
	return told;
}
