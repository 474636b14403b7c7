/* Incidents by hand: opened, updated, acknowledged, resolved and listed by a person. The journal decides
 * which incident is meant; what is said about it goes to the same channels as what belay says itself.
 */
#include "incident.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "draft.h"

/* --- the desk --------------------------------------------------------------------------------- */

int incident_desk_open(struct incident_desk *desk, const struct engine *engine,
		       struct err *err)
{
	if (store_open(engine->fx, engine->config, engine->environment->name,
		       &desk->store, err) < 0)
		return -1;
	desk->run = identity_of_run(engine->fx);
	desk->courier = (struct courier){
		.engine = engine, .store = desk->store, .run = desk->run};
	return 0;
}

void incident_desk_close(struct incident_desk *desk)
{
	json_decref(desk->run);
	store_freep(&desk->store);
}

static bool is_meant(const json_t *incident, enum desk_choice choice)
{
	switch (choice) {
	case DESK_OPEN:
		return incident_is_open(incident);
	case DESK_OWED:
		return post_mortem_is_owed(incident);
	}
	return false;
}

/* The only one that is meant; *ret_ids says which there are. Borrowed, or NULL. */
static const json_t *only_one(const json_t *rows, enum desk_choice choice,
			      struct str *ids)
{
	const json_t *found = NULL;
	size_t i, count = 0;
	const json_t *incident;
	json_array_foreach(rows, i, incident) {
		if (!is_meant(incident, choice))
			continue;
		str_addf(ids, "%s%s", count++ ? ", " : "",
			 json_get_string(incident, "id", ""));
		found = incident;
	}
	return count == 1 ? found : NULL;
}

int incident_desk_find(const struct incident_desk *desk, const char *id,
		       enum desk_choice choice, json_t **ret, struct err *err)
{
	const char *environment = desk->courier.engine->environment->name;
	const json_t *state = store_documents(desk->store)->state;
	_cleanup_str_ struct str ids = STR_INIT;
	const json_t *found = only_one(json_object_get(state, "incidents"), choice, &ids);
	if (id)
		found = incident_find(state, id);
	*ret = json_incref((json_t *)found);
	if (found)
		return 0;
	if (id)
		err_set(err, ERR_NOT_FOUND, "'%s' has no incident '%s'", environment, id);
	else if (!ids.len)
		err_set(err, ERR_NOT_FOUND, "'%s' has no incident %s", environment,
			choice == DESK_OPEN ? "that is open"
					    : "whose post-mortem is owed");
	else
		err_set(err, ERR_USAGE, "which incident of '%s'? there are %s",
			environment, str_text(&ids));
	return err_hint(err, "'belay incident list -e %s' shows them", environment);
}

/* One incident for people: with its environment and full title. New. */
static json_t *row_of(const json_t *incident, const char *environment, int64_t now_ms)
{
	_cleanup_free_ char *title = incident_title(incident, environment);
	json_t *row = json_copy((json_t *)incident);
	json_object_set_new(row, "environment", json_string(environment));
	json_object_set_new(row, "full_title", json_string(title));
	json_object_set_new(row, "overdue",
			    json_boolean(post_mortem_is_overdue(incident, now_ms)));
	return row;
}

json_t *incident_desk_result(const struct incident_desk *desk, const json_t *incident)
{
	const struct engine *engine = desk->courier.engine;
	const json_t *now = incident_find(store_documents(desk->store)->state,
					  json_get_string(incident, "id", ""));
	return json_pack("{s:[o], s:[], s:[]}", "incidents",
			 row_of(now ? now : incident, engine->environment->name,
				effects_now_ms(engine->fx)),
			 "overdue", "told");
}

/* --- acts ------------------------------------------------------------------------------------- */

struct act {
	const struct engine_incident *asked;
	const json_t *incident;
	draft_compose *compose;
	const char *id; /* of a new one */
};

static int perform(const struct incident_desk *desk, struct act *act, json_t **ret_result,
		   struct err *err)
{
	if (draft_append(&desk->courier, act->compose, act, err) < 0)
		return -1;
	json_t *told = draft_deliver(&desk->courier);
	_cleanup_json_ json_t *id = json_pack("{s:s}", "id", act->id);
	*ret_result = incident_desk_result(desk, id);
	if (told)
		json_object_set_new(*ret_result, "told", told);
	return 0;
}

static int check_severity(const char *severity, struct err *err)
{
	for (size_t i = 0; severity && message_severities[i]; i++)
		if (strcmp(message_severities[i], severity) == 0)
			return 0;
	if (!severity)
		return 0;
	err_set(err, ERR_USAGE, "'%s' is no severity", severity);
	return err_hint(err, "P0 (nobody is served), P1, P2 or P3 (worth knowing)");
}

static json_t *service_names(const struct config_environment *environment)
{
	json_t *names = json_array();
	for (size_t i = 0; i < environment->service_count; i++)
		json_array_append_new(names, json_string(environment->services[i].name));
	return names;
}

static int compose_open(struct draft *draft, void *context, struct err *err)
{
	const struct act *act = context;
	const struct engine_incident *asked = act->asked;
	(void)err;
	draft_open(
		draft,
		json_pack("{s:s, s:s, s:s, s:s, s:s*, s:o}", "id", act->id, "kind",
			  "manual", "severity",
			  asked->severity ? asked->severity : incident_severity("manual"),
			  "title", asked->title, "reason", asked->text, "services",
			  service_names(draft->courier->engine->environment)));
	return 0;
}

int engine_incident_open(const struct engine *engine, const struct engine_incident *asked,
			 json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(incident_desk_close))) struct incident_desk desk = {0};
	if (str_is_blank(asked->title)) {
		err_set(err, ERR_USAGE, "an incident needs a title");
		return err_hint(err, "belay incident open --title 'orders fail'");
	}
	if (check_severity(asked->severity, err) < 0 ||
	    incident_desk_open(&desk, engine, err) < 0)
		return -1;
	_cleanup_free_ char *id = identity_new_id(engine->fx, effects_now_ms(engine->fx));
	struct act act = {.asked = asked, .compose = compose_open, .id = id};
	return perform(&desk, &act, ret_result, err);
}

/* One message, however much was changed. */
static int compose_update(struct draft *draft, void *context, struct err *err)
{
	const struct act *act = context;
	const struct engine_incident *asked = act->asked;
	bool only = !asked->text && !asked->severity;
	(void)err;
	if (asked->acknowledge)
		draft_acknowledge(draft, act->id, only);
	if (only)
		return 0;
	_cleanup_free_ char *words = asked->text ? mem_strdup(asked->text)
						 : str_format("now %s", asked->severity);
	draft_update(
		draft, act->id,
		json_pack("{s:s, s:s*}", "text", words, "severity", asked->severity));
	return 0;
}

static int compose_resolve(struct draft *draft, void *context, struct err *err)
{
	const struct act *act = context;
	(void)err;
	draft_resolve(draft, act->id, act->asked->text ? act->asked->text : "", true);
	return 0;
}

static int act_on(const struct engine *engine, struct act *act, json_t **ret_result,
		  struct err *err)
{
	__attribute__((cleanup(incident_desk_close))) struct incident_desk desk = {0};
	_cleanup_json_ json_t *incident = NULL;
	if (incident_desk_open(&desk, engine, err) < 0 ||
	    incident_desk_find(&desk, act->asked->id, DESK_OPEN, &incident, err) < 0)
		return -1;
	act->id = json_get_string(incident, "id", "");
	if (act->compose == compose_update && !incident_is_open(incident)) {
		err_set(err, ERR_USAGE, "incident '%s' is resolved", act->id);
		return err_hint(err, "when it is back, open another one");
	}
	return perform(&desk, act, ret_result, err);
}

int engine_incident_update(const struct engine *engine,
			   const struct engine_incident *asked, json_t **ret_result,
			   struct err *err)
{
	struct act act = {.asked = asked, .compose = compose_update};
	if (!asked->text && !asked->severity && !asked->acknowledge) {
		err_set(err, ERR_USAGE, "nothing to update");
		return err_hint(err, "give --text, --severity or --acknowledge");
	}
	if (check_severity(asked->severity, err) < 0)
		return -1;
	return act_on(engine, &act, ret_result, err);
}

int engine_incident_resolve(const struct engine *engine,
			    const struct engine_incident *asked, json_t **ret_result,
			    struct err *err)
{
	struct act act = {.asked = asked, .compose = compose_resolve};
	return act_on(engine, &act, ret_result, err);
}

/* --- the list --------------------------------------------------------------------------------- */

static void add_rows(json_t *result, const json_t *state, int64_t now_ms)
{
	const char *environment = json_get_string(state, "environment", "");
	json_t *rows = json_object_get(result, "incidents");
	json_t *overdue = json_object_get(result, "overdue");
	size_t i;
	const json_t *incident;
	json_array_foreach(json_object_get(state, "incidents"), i, incident) {
		json_array_append_new(rows, row_of(incident, environment, now_ms));
		if (post_mortem_is_overdue(incident, now_ms))
			json_array_append(overdue, json_object_get(incident, "id"));
	}
}

/* Those of the configuration; with a branch for each environment there is no other way to know them. */
static int add_all(const struct engine *engine, json_t *result, int64_t now_ms,
		   struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	const struct config *config = engine->config;
	for (size_t i = 0; i < config->environment_count; i++) {
		struct journal_documents documents;
		const char *name = config->environments[i].name;
		if (!store && store_open(engine->fx, config, name, &store, err) < 0)
			return -1;
		if (store_other(store, name, &documents, err) < 0)
			return -1;
		add_rows(result, documents.state, now_ms);
		journal_documents_release(&documents);
	}
	return 0;
}

int engine_incident_list(const struct engine *engine, int64_t now_ms, json_t **ret_result,
			 struct err *err)
{
	_cleanup_json_ json_t *result =
		json_pack("{s:[], s:[], s:[]}", "incidents", "overdue", "told");
	if (engine->environment) {
		_cleanup_(store_freep) struct store *store = NULL;
		if (store_open(engine->fx, engine->config, engine->environment->name,
			       &store, err) < 0)
			return -1;
		add_rows(result, store_documents(store)->state, now_ms);
	} else if (add_all(engine, result, now_ms, err) < 0) {
		return -1;
	}
	*ret_result = TAKE_PTR(result);
	return 0;
}
