/* What a transaction leaves behind for render: schemas/result.deploy.schema.json.
 */
#include "belay/json.h"
#include "belay/timefmt.h"
#include "transaction.h"

const char *end_name(enum engine_end end)
{
	switch (end) {
	case END_PASSED:
		return "passed";
	case END_FAILED:
		return "failed";
	case END_ROLLED_BACK:
		return "rolled-back";
	case END_STUCK:
		return "stuck";
	case END_INCONCLUSIVE:
		return "inconclusive";
	case END_CANCELLED:
		return "cancelled";
	}
	return "failed";
}

static json_t *host_row(const struct part *part, const char *host, const json_t *report)
{
	const json_t *before =
		json_object_get(json_object_get(part->captured, "hosts"), host);
	const json_t *undone =
		json_object_get(json_object_get(part->undone, "hosts"), host);
	json_t *row = json_pack(
		"{s:s*, s:s, s:b, s:I}", "from", json_get_string(before, "version", NULL),
		"to", part->version, "switched", json_get_bool(report, "switched", false),
		"ms", (json_int_t)json_get_int(report, "ms", 0));
	if (undone)
		json_object_set_new(
			row, "undone",
			json_boolean(json_get_bool(undone, "switched", false)));
	const char *error = json_get_string(report, "error", NULL);
	if (error)
		json_object_set_new(row, "error", json_string(error));
	return row;
}

static json_t *services_of(const struct transaction *t)
{
	json_t *services = json_object();
	for (size_t i = 0; i < t->part_count; i++) {
		const struct part *part = &t->parts[i];
		json_t *hosts = json_object();
		const char *host;
		json_t *report;
		json_object_foreach(json_object_get(part->report, "hosts"), host,
				    report) {
			json_object_set_new(hosts, host, host_row(part, host, report));
		}
		json_object_set_new(services, part->service->name,
				    json_pack("{s:s, s:s, s:s, s:s?, s:o}", "driver",
					      part->driver->name, "version",
					      part->version, "release", part->release,
					      "from", part->previous, "hosts", hosts));
	}
	return services;
}

json_t *result_of(struct transaction *t, enum engine_end end, const struct err *cause,
		  json_t *todo)
{
	char at[TIME_TEXT_BYTES];
	_cleanup_json_ json_t *noted = effects_noted(t->engine->fx);
	json_t *result = json_pack(
		"{s:s, s:s, s:s, s:s, s:s?, s:s, s:s?, s:s, s:I, s:o, s:O, s:O, s:O, s:b}",
		"kind", t->going_back ? "rollback" : "deploy", "environment",
		t->engine->environment->name, "deployment", t->id, "version", t->version,
		"previous", t->previous, "end", end_name(end), "reason",
		cause->code ? cause->message : NULL, "started_at",
		time_format(t->begun_ms, at), "duration_ms",
		(json_int_t)transaction_age_ms(t), "services", services_of(t), "gates",
		t->gates, "timeline", t->timeline, "todo", todo, "assumed",
		json_array_size(noted) > 0);
	if (cause->code && cause->hint[0])
		json_object_set_new(result, "hint", json_string(cause->hint));
	if (t->generation > 0)
		json_object_set_new(result, "generation", json_integer(t->generation));
	if (t->undone)
		json_object_set_new(result, "undone", json_true());
	if (t->switch_ms >= 0)
		json_object_set_new(result, "switch_ms", json_integer(t->switch_ms));
	if (t->undo_ms >= 0)
		json_object_set_new(result, "undo_ms", json_integer(t->undo_ms));
	json_t *brought_back = restore_result(t);
	if (brought_back)
		json_object_set_new(result, "restored", brought_back);
	if (json_array_size(t->logs) > 0)
		json_object_set(result, "logs", t->logs);
	json_object_set_new(result, "state",
			    json_pack("{s:s, s:s?}", "location", store_location(t->store),
				      "tip", store_tip(t->store)));
	return result;
}
