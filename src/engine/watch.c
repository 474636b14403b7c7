/* engine_watch: one round. The gates are judged, what changed goes on the journal with the incident and
 * the messages that follow; a round in which everything goes on as it was is not pushed.
 */
#include <string.h>

#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/verdict.h"
#include "draft.h"
#include "incident.h"

struct round {
	const struct engine *engine;
	const json_t *gate;
	json_t *data;    /* of alert.judged; owned */
	json_t *changes; /* owned */
	bool deploying;  /* somebody holds the lock: nothing is held against the checks */
};

/* The gate with the verdicts of these checks only. New. */
static json_t *gate_of(const json_t *gate, const json_t *names)
{
	json_t *verdicts = json_array();
	size_t i;
	json_t *verdict;
	json_array_foreach(json_object_get(gate, "verdicts"), i, verdict) {
		if (json_has_string(names, json_get_string(verdict, "check", "")))
			json_array_append(verdicts, verdict);
	}
	return json_pack("{s:o}", "verdicts", verdicts);
}

static json_t *bad_checks(const json_t *state)
{
	json_t *names = json_array();
	const char *name;
	json_t *alert;
	json_object_foreach(json_object_get(state, "alerts"), name, alert) {
		if (str_equal(json_get_string(alert, "state", ""), "bad"))
			json_array_append_new(names, json_string(name));
	}
	return names;
}

static const char *live_version(const struct engine *engine, const json_t *state)
{
	const struct config_environment *environment = engine->environment;
	const char *service =
		environment->service_count ? environment->services[0].name : "";
	return json_get_string(state_live(state, service), "version", NULL);
}

/* "api-health, disk". Fresh. */
static char *joined(const json_t *names)
{
	struct str text = STR_INIT;
	size_t i;
	const json_t *name;
	json_array_foreach(names, i, name)
		str_addf(&text, "%s%s", i ? ", " : "", json_string_value(name));
	return str_take(&text);
}

static void open_incident(struct draft *draft, const struct round *round,
			  const json_t *bad)
{
	const struct engine *engine = round->engine;
	_cleanup_json_ json_t *gate = gate_of(round->gate, bad);
	_cleanup_free_ char *id = identity_new_id(engine->fx, draft->now_ms);
	json_t *opened =
		incident_of_gate(id, gate, live_version(engine, draft->documents.state),
				 engine->environment);
	draft_add_forensics(draft, opened);
	draft_open(draft, opened);
}

/* An incident that goes on: more checks have become bad, or some are good again. */
static void update_incident(struct draft *draft, const struct round *round,
			    const char *id, const json_t *bad)
{
	_cleanup_json_ json_t *gate = gate_of(round->gate, bad);
	_cleanup_json_ json_t *value = incident_of_gate(
		id, gate, live_version(round->engine, draft->documents.state),
		round->engine->environment);
	_cleanup_free_ char *degraded =
		joined(json_object_get(round->changes, "degraded"));
	_cleanup_free_ char *recovered =
		joined(json_object_get(round->changes, "recovered"));
	_cleanup_free_ char *text =
		str_format("%s%s%s%s%s", *degraded ? "now also " : "", degraded,
			   *degraded && *recovered ? "; " : "",
			   *recovered ? "good again: " : "", recovered);
	draft_update(draft, id,
		     json_pack("{s:s, s:O, s:O}", "text", text, "evidence",
			       json_object_get(value, "evidence"), "reason",
			       json_object_get(value, "reason")));
}

/* The incident of the failing checks, open or changed before anybody hears of them. */
static void begin_incident(struct draft *draft, const struct round *round)
{
	_cleanup_json_ json_t *open = json_incref(
		(json_t *)incident_find_open(draft->documents.state, "watch"));
	_cleanup_json_ json_t *bad = bad_checks(draft->documents.state);
	bool worse = json_array_size(json_object_get(round->changes, "degraded")) > 0;
	bool better = json_array_size(json_object_get(round->changes, "recovered")) > 0;
	if (!open && worse)
		open_incident(draft, round, bad);
	else if (open && (worse || (better && json_array_size(bad) > 0)))
		update_incident(draft, round, json_get_string(open, "id", ""), bad);
}

static void end_incident(struct draft *draft, const struct round *round)
{
	bool closes = round->engine->config->incidents.close;
	const json_t *open = incident_find_open(draft->documents.state, "watch");
	_cleanup_json_ json_t *bad = bad_checks(draft->documents.state);
	bool better = json_array_size(json_object_get(round->changes, "recovered")) > 0;
	if (open && json_array_size(bad) == 0 && (closes || better))
		draft_resolve(draft, json_get_string(open, "id", ""),
			      "every check is good again", closes);
}

/* The same content for every channel: the incident's, named after the check. */
static void tell_check(struct draft *draft, const struct round *round, const char *topic,
		       const char *check)
{
	const struct engine *engine = round->engine;
	const char *environment = engine->environment->name;
	const json_t *row =
		json_object_get(json_object_get(round->data, "checks"), check);
	_cleanup_json_ json_t *incident = json_incref(
		(json_t *)incident_find_open(draft->documents.state, "watch"));
	_cleanup_free_ char *key = str_format("alert/%s", check);
	_cleanup_free_ char *title = str_format("[%s %s] %s", environment, topic, check);
	_cleanup_json_ json_t *content =
		content_of_incident(incident, environment, draft->courier->run);
	json_object_set_new(content, "title", json_string(title));
	json_object_set(content, "reason", json_object_get(row, "reason"));
	draft_tell(draft, topic, key, incident, content);
}

static void tell_changes(struct draft *draft, const struct round *round)
{
	static const char *const topics[] = {"degraded", "recovered"};
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		size_t k;
		const json_t *name;
		json_array_foreach(json_object_get(round->changes, topics[i]), k, name)
			tell_check(draft, round, topics[i], json_string_value(name));
	}
}

/* While a deployment goes on its own gates judge; a check may fail in the middle of a switch. */
static bool is_deploying(const struct draft *draft)
{
	return lock_ask(draft->documents.state, NULL, draft->now_ms) == LOCK_BUSY;
}

static int compose_round(struct draft *draft, void *context, struct err *err)
{
	struct round *round = context;
	const json_t *state = draft->documents.state;
	(void)err;
	backup_tell_late(draft);
	round->deploying = is_deploying(draft);
	if (round->deploying)
		return 0;
	json_decref(round->changes);
	round->changes = alert_changes(state, round->data, draft->now_ms);
	_cleanup_json_ json_t *after = alerts_after(state, round->data, draft->now_ms);
	if (!json_equal(after, json_object_get(state, "alerts"))) {
		draft_add(draft, "alert.judged", json_incref(round->data));
		begin_incident(draft, round);
		tell_changes(draft, round);
		end_incident(draft, round);
	}
	draft_post_mortems(draft);
	return 0;
}

/* --- the result ------------------------------------------------------------------------------- */

/* Patience is the point of a watch: one round that fails is not yet a failure. */
static enum engine_end end_of(const json_t *state, const struct round *round)
{
	_cleanup_json_ json_t *bad = bad_checks(state);
	const char *outcome = json_get_string(round->gate, "outcome", "");
	if (json_array_size(bad) > 0)
		return END_FAILED;
	return strcmp(outcome, "inconclusive") == 0 ? END_INCONCLUSIVE : END_PASSED;
}

static json_t *round_result(const struct incident_desk *desk, const struct round *round,
			    json_t *told)
{
	const char *environment = round->engine->environment->name;
	const json_t *state = store_documents(desk->store)->state;
	const json_t *open = incident_find_open(state, "watch");
	json_t *incident = open ? draft_brief(open, environment) : json_null();
	json_t *backups = backups_health(round->engine->config, environment, state,
					 effects_now_ms(round->engine->fx));
	return json_pack("{s:s, s:b, s:O, s:O, s:O, s:o, s:o, s:o}", "environment",
			 environment, "deploying", round->deploying, "gate", round->gate,
			 "alerts", json_object_get(state, "alerts"), "changes",
			 round->changes, "backups", backups, "incident", incident, "told",
			 told ? told : json_array());
}

static int watch_once(struct incident_desk *desk, struct round *round,
		      json_t **ret_result, struct err *err)
{
	if (draft_append(&desk->courier, compose_round, round, err) < 0)
		return -1;
	if (round->deploying)
		progress_report(round->engine->progress, PROGRESS_NOTE, "watch",
				"a deployment goes on: its own gates judge, this round "
				"does not count");
	post_mortems_propose(&desk->courier);
	*ret_result = round_result(desk, round, draft_deliver(&desk->courier));
	return 0;
}

static bool has_backups(const struct engine *engine)
{
	for (size_t i = 0; i < engine->config->backup_count; i++)
		if (str_equal(engine->config->backups[i].environment,
			      engine->environment->name))
			return true;
	return false;
}

/* An environment may be there for its backups only. */
static int judge_gates(const struct engine *engine, json_t **ret_gate, struct err *err)
{
	enum engine_end ignored;
	if (engine->environment->gates.count > 0 || !has_backups(engine))
		return engine_check(engine, NULL, &ignored, ret_gate, err);
	*ret_gate = gate_verdict("check", json_array());
	return 0;
}

int engine_watch(const struct engine *engine, enum engine_end *ret_end,
		 json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(incident_desk_close))) struct incident_desk desk = {0};
	const struct config_watch *watch = &engine->environment->watch;
	const struct alert_rules rules = {watch->fail_after, watch->recover_after,
					  watch->flaps};
	_cleanup_json_ json_t *gate = NULL;
	if (judge_gates(engine, &gate, err) < 0 ||
	    incident_desk_open(&desk, engine, err) < 0)
		return -1;
	struct round round = {.engine = engine,
			      .gate = gate,
			      .data = alert_round(gate, &rules),
			      .changes = json_pack("{s:[], s:[], s:[]}", "degraded",
						   "recovered", "flapping")};
	int result = watch_once(&desk, &round, ret_result, err);
	if (result == 0)
		*ret_end = end_of(store_documents(desk.store)->state, &round);
	json_decref(round.data);
	json_decref(round.changes);
	return result;
}
