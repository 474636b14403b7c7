/* The phases of a transaction, in order, up to the first one that does not get through.
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "transaction.h"

/* What a run that died left anywhere between old and new counts as touched, also when we cannot look at
 * it now; then what that run had captured is what is known. */
static void inherit(const struct transaction *t, struct part *part)
{
	const char *name = part->service->name;
	const json_t *services = json_object_get(t->inherited, "services");
	json_t *captured =
		json_object_get(json_object_get(t->inherited, "captured"), name);
	part->touched = json_object_get(services, name) != NULL;
	if (part->touched && !part->captured && captured)
		part->captured = json_incref(captured);
}

static int phase_capture(struct transaction *t, struct err *err)
{
	json_t *services = json_object();
	int result = 0;
	for (size_t i = 0; i < t->part_count && result == 0; i++) {
		struct part *part = &t->parts[i];
		const struct driver_job job = part_job(t, part, NULL);
		result = part->driver->capture(t->engine->fx, &job, &part->captured, err);
		if (result < 0)
			break;
		json_object_set(services, part->service->name, part->captured);
	}
	for (size_t i = 0; i < t->part_count; i++)
		inherit(t, &t->parts[i]);
	record_event(t, "deployment.captured", json_pack("{s:o}", "services", services));
	return result;
}

/* Going back is for when things are bad: preflight would only stand in its way. */
static int phase_preflight(struct transaction *t, struct err *err)
{
	if (t->going_back)
		return 0;
	return gates_judge(t, "preflight", &t->engine->environment->preflight, t->version,
			   t->previous, err);
}

static int phase_prepare(struct transaction *t, struct err *err)
{
	_cleanup_json_ json_t *names = json_array();
	int result = 0;
	for (size_t i = 0; i < t->part_count && result == 0; i++) {
		struct part *part = &t->parts[i];
		if (!part->driver->prepare)
			continue;
		const struct driver_job job = part_job(t, part, NULL);
		int64_t begin_ms = effects_mono_ms(t->engine->fx);
		progress_report(t->engine->progress, PROGRESS_STEP_BEGIN,
				part->service->name, "preparing %s", part->version);
		result = part->driver->prepare(t->engine->fx, &job, err);
		if (result < 0)
			break;
		json_array_append_new(names, json_string(part->service->name));
		record_line(t, "prepare", part->service->name, "ok",
			    effects_mono_ms(t->engine->fx) - begin_ms, "prepared %s",
			    part->version);
		result = lock_renew(t, err);
	}
	if (json_array_size(names) > 0)
		record_event(t, "deployment.prepared",
			     json_pack("{s:O}", "services", names));
	return result;
}

static int activate_part(struct transaction *t, struct part *part, struct err *err)
{
	const struct driver_job job = part_job(t, part, NULL);
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	progress_report(t->engine->progress, PROGRESS_STEP_BEGIN, part->service->name,
			"switching to %s", part->version);
	part->touched = true;
	if (part->driver->activate(t->engine->fx, &job, &part->report, err) < 0)
		return -1;
	const char *release = json_get_string(part->report, "release", NULL);
	bool named = part->driver->names_releases && !t->going_back && release;
	if (named)
		str_assign(&part->release, release);
	record_event(t, "deployment.switched",
		     json_pack("{s:s, s:O, s:s*}", "service", part->service->name,
			       "hosts", json_object_get(part->report, "hosts"), "release",
			       named ? release : NULL));
	record_line(t, "switch", part->service->name, "ok",
		    effects_mono_ms(t->engine->fx) - begin_ms, "switched to %s%s%s",
		    part->version, part->previous ? " from " : "",
		    part->previous ? part->previous : "");
	return lock_renew(t, err);
}

static int phase_switch(struct transaction *t, struct err *err)
{
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	for (size_t i = 0; i < t->part_count; i++)
		if (activate_part(t, &t->parts[i], err) < 0)
			return -1;
	t->switch_ms = effects_mono_ms(t->engine->fx) - begin_ms;
	return 0;
}

static int phase_gates(struct transaction *t, struct err *err)
{
	if (gates_settle(t, err) < 0)
		return -1;
	return gates_judge(t, "gates", &t->engine->environment->gates, t->version,
			   t->previous, err);
}

/* From here on nothing is taken back any more: what is live is good. */
static int phase_confirm(struct transaction *t, struct err *err)
{
	t->proven = true;
	for (size_t i = 0; i < t->part_count; i++)
		if (part_confirm(t, &t->parts[i], err) < 0)
			return -1;
	return 0;
}

static const struct phase {
	enum stage stage;
	const char *name;
	int (*run)(struct transaction *t, struct err *err);
} phases[] = {
	{STAGE_OPEN, "capture", phase_capture},
	{STAGE_OPEN, "preflight", phase_preflight},
	{STAGE_OPEN, "backup", backup_phase},
	{STAGE_MOVE, "prepare", phase_prepare},
	{STAGE_MOVE, "restore", restore_phase},
	{STAGE_MOVE, "switch", phase_switch},
	{STAGE_PROVE, "gates", phase_gates},
	{STAGE_PROVE, "soak", gates_soak},
	{STAGE_PROVE, "confirm", phase_confirm},
};

int phases_run(struct transaction *t, unsigned stages, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		if (!(phases[i].stage & stages))
			continue;
		t->step = phases[i].name;
		if (phases[i].run(t, err) < 0)
			return -1;
	}
	t->step = "commit";
	return 0;
}
