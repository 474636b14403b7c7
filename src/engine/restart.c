/* engine_restart: the same version once more. Under the lock, but no transaction: nothing is switched,
 * so there is nothing to take back; what the gates say afterwards is the result.
 */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "transaction.h"

static int check_drivers(const struct transaction *t, struct err *err)
{
	for (size_t i = 0; i < t->part_count; i++) {
		const struct part *part = &t->parts[i];
		if (part->driver->restart)
			continue;
		err_set(err, ERR_CONFIG,
			"service '%s' has the driver %s, which cannot restart it",
			part->service->name, part->driver->name);
		return err_hint(err, "choose services with --service");
	}
	return 0;
}

static json_t *names_of(const char *const *names)
{
	json_t *list = names && names[0] ? json_array() : NULL;
	for (size_t i = 0; list && names[i]; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static int restart_part(struct transaction *t, struct part *part,
			const json_t *components, struct err *err)
{
	const struct driver_job job = part_job(t, part, NULL);
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	progress_report(t->engine->progress, PROGRESS_STEP_BEGIN, part->service->name,
			"restarting %s", part->version);
	int result = part->driver->restart(t->engine->fx, &job, components, &part->report,
					   err);
	int64_t ms = effects_mono_ms(t->engine->fx) - begin_ms;
	part->touched = result == 0;
	if (result == 0)
		record_line(t, "restart", part->service->name, "ok", ms, "restarted %s",
			    part->version);
	else
		record_line(t, "restart", part->service->name, "failed", ms,
			    "was not restarted: %s", err->message);
	return result;
}

/* Restarts all parts, in dependency order, until one fails; then the gates. */
static int restart_all(struct transaction *t, const json_t *components, json_t **ret_gate,
		       enum engine_end *ret_end, struct err *err)
{
	*ret_end = END_FAILED;
	for (size_t i = 0; i < t->part_count; i++)
		if (restart_part(t, &t->parts[i], components, err) < 0 ||
		    lock_renew(t, err) < 0)
			return -1;
	*ret_end = END_PASSED;
	if (t->engine->environment->gates.count == 0)
		return 0;
	if (gates_settle(t, err) < 0 ||
	    engine_check(t->engine, NULL, ret_end, ret_gate, err) < 0) {
		*ret_end = END_FAILED;
		return -1;
	}
	return 0;
}

static void record_restarts(struct transaction *t, const json_t *components,
			    const json_t *gate)
{
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].touched)
			record_event(t, "service.restarted",
				     json_pack("{s:s, s:O?, s:s?, s:s?}", "service",
					       t->parts[i].service->name, "components",
					       components, "reason", t->request->reason,
					       "outcome",
					       json_get_string(gate, "outcome", NULL)));
	record_event(t, "lock.released",
		     json_pack("{s:I}", "generation", (json_int_t)t->generation));
}

static json_t *result_new(struct transaction *t, enum engine_end end,
			  const json_t *components, json_t *gate, const struct err *cause)
{
	char at[TIME_TEXT_BYTES];
	json_t *services = json_array();
	for (size_t i = 0; i < t->part_count; i++)
		json_array_append_new(services, json_string(t->parts[i].service->name));
	json_t *result = json_pack(
		"{s:s, s:s, s:s, s:o, s:O?, s:s?, s:s, s:I, s:O, s:O?}", "environment",
		t->engine->environment->name, "version", t->version, "end", end_name(end),
		"services", services, "components", components, "reason",
		cause->code ? cause->message : NULL, "started_at",
		time_format(t->begun_ms, at), "duration_ms",
		(json_int_t)transaction_age_ms(t), "timeline", t->timeline, "gate", gate);
	if (cause->code && cause->hint[0])
		json_object_set_new(result, "hint", json_string(cause->hint));
	return result;
}

int restart_run(struct transaction *t, const char *const *names, enum engine_end *ret_end,
		json_t **ret_result, struct err *err)
{
	_cleanup_json_ json_t *components = names_of(names);
	_cleanup_json_ json_t *gate = NULL;
	struct err cause = {0};
	if (check_drivers(t, err) < 0 || lock_acquire(t, err) < 0)
		return -1;
	restart_all(t, components, &gate, ret_end, &cause);
	if (cause.code == ERR_LOCKED) {
		*err = cause;
		return -1;
	}
	if (cause.code == ERR_CANCELLED)
		*ret_end = END_CANCELLED;
	effects_acknowledge_cancel(t->engine->fx);
	record_restarts(t, components, gate);
	if (record_flush(t, err) < 0)
		return err_wrap(err, "it was restarted, but the journal does not know");
	*ret_result = result_new(t, *ret_end, components, gate, &cause);
	return 0;
}
