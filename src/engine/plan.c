/* engine_plan: what a deployment would do, from the configuration and the journal only. No host is
 * asked, nothing is locked; `deploy --dry-run` is the one that looks at hosts as well.
 */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "transaction.h"

#define ID_TO_COME "NEW"

static json_t *names_of(const struct config_checks *checks)
{
	json_t *names = json_array();
	for (size_t i = 0; i < checks->count; i++)
		json_array_append_new(names, json_string(checks->items[i]->name));
	return names;
}

static void add_step(json_t *steps, const char *step, const char *service,
		     const char *target, const char *summary)
{
	json_array_append_new(steps, json_pack("{s:i, s:s, s:s?, s:s, s:s}", "n",
					       (int)json_array_size(steps) + 1, "step",
					       step, "service", service, "target", target,
					       "summary", summary));
}

static void add_checks(json_t *steps, const char *step,
		       const struct config_checks *checks)
{
	for (size_t i = 0; i < checks->count; i++)
		add_step(steps, step, NULL, checks->items[i]->name,
			 checks->items[i]->severity == SEVERITY_CRITICAL
				 ? "has to pass"
				 : "may only warn");
}

/* Steps of one kind ("prepare", "switch") of all parts, in order. */
static void add_parts(json_t *steps, const struct transaction *t, const char *kind)
{
	for (size_t i = 0; i < t->part_count; i++) {
		const struct driver_job job = part_job(t, &t->parts[i], NULL);
		_cleanup_json_ json_t *rows = t->parts[i].driver->plan(&job);
		size_t at;
		json_t *row;
		json_array_foreach(rows, at, row) {
			if (str_equal(json_get_string(row, "step", ""), kind))
				add_step(steps, kind, t->parts[i].service->name,
					 json_get_string(row, "target", ""),
					 json_get_string(row, "summary", ""));
		}
	}
}

/* One that several services name is made once. */
static void add_backups(json_t *steps, const struct transaction *t)
{
	_cleanup_json_ json_t *seen = json_object();
	for (size_t i = 0; i < t->part_count; i++) {
		const struct config_service *service = t->parts[i].service;
		if (!service->backup || json_object_get(seen, service->backup->name))
			continue;
		json_object_set_new(seen, service->backup->name, json_true());
		add_step(steps, "backup", service->name, service->backup->name,
			 "has to be made before anything is touched");
	}
}

static json_t *steps_of(const struct transaction *t)
{
	const struct config_environment *environment = t->engine->environment;
	json_t *steps = json_array();
	add_step(steps, "lock", NULL, environment->name,
		 "take the lock, put the plan on the journal");
	add_step(steps, "capture", NULL, environment->name, "read what is live now");
	add_checks(steps, "preflight", &environment->preflight);
	add_backups(steps, t);
	add_parts(steps, t, "prepare");
	add_parts(steps, t, "switch");
	add_checks(steps, "gates", &environment->gates);
	if (environment->soak.for_ms > 0)
		add_checks(steps, "soak", &environment->soak.checks);
	add_step(steps, "commit", NULL, environment->name,
		 "record the new last-good, release the lock");
	return steps;
}

static json_t *from_of(const struct transaction *t)
{
	json_t *from = json_object();
	for (size_t i = 0; i < t->part_count; i++)
		json_object_set_new(from, t->parts[i].service->name,
				    t->parts[i].previous
					    ? json_string(t->parts[i].previous)
					    : json_null());
	return from;
}

static json_t *notes_of(const struct transaction *t)
{
	json_t *notes = json_array();
	const struct config_environment *environment = t->engine->environment;
	if (environment->gates.count == 0)
		json_array_append_new(
			notes, json_string("no gates: nothing proves that the version "
					   "is good, and nothing takes it back"));
	else if (!environment->rollback_auto)
		json_array_append_new(
			notes, json_string("rollback.auto is off: a failing gate leaves "
					   "the new version live"));
	return notes;
}

int engine_plan(const struct engine *engine, const struct engine_request *request,
		json_t **ret_result, struct err *err)
{
	_cleanup_(transaction_release) struct transaction t = {
		.engine = engine,
		.request = request,
		.id = mem_strdup(ID_TO_COME),
		.version = mem_strdup(request->version),
		.switch_ms = -1,
		.undo_ms = -1,
	};
	if (version_check(request->version, err) < 0 || parts_choose(&t, err) < 0 ||
	    store_open(engine->fx, engine->config, engine->environment->name, &t.store,
		       err) < 0 ||
	    parts_bind(&t, store_documents(t.store), err) < 0)
		return -1;
	if (request->artifact && parts_inspect_artifacts(&t, err) < 0)
		return -1;
	const json_t *state = store_documents(t.store)->state;
	int64_t now_ms = effects_now_ms(engine->fx);
	_cleanup_free_ char *lock = lock_describe(state, now_ms);
	bool free_now = lock_ask(state, "", now_ms) == LOCK_FREE;
	*ret_result =
		json_pack("{s:s, s:s, s:o, s:{s:b, s:s}, s:o, s:o, s:o}", "environment",
			  engine->environment->name, "version", t.version, "from",
			  from_of(&t), "lock", "free", free_now, "text",
			  free_now ? "free" : lock, "steps", steps_of(&t), "gates",
			  names_of(&engine->environment->gates), "notes", notes_of(&t));
	return 0;
}
