/* Taking back: every part that was touched, newest first, so that a service goes back before those it
 * needs. One part that cannot be taken back does not stop the others.
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "transaction.h"

static void add_todo(json_t *todo, const struct part *part, const struct err *err)
{
	_cleanup_free_ char *line = str_format(
		"%s: bring %s back by hand (%s)", part->service->name,
		part->previous ? part->previous : "what was there before", err->message);
	json_array_append_new(todo, json_string(line));
}

static int undo_part(struct transaction *t, struct part *part, struct err *err)
{
	const struct driver_job job = part_job(t, part, NULL);
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	progress_report(t->engine->progress, PROGRESS_STEP_BEGIN, part->service->name,
			"taking back %s", part->version);
	int result = part->driver->undo(t->engine->fx, &job, &part->undone, err);
	int64_t ms = effects_mono_ms(t->engine->fx) - begin_ms;
	if (result == 0)
		record_line(t, "undo", part->service->name, "ok", ms,
			    "took %s back, %s is live", part->version,
			    part->previous ? part->previous : "nothing");
	else
		record_line(t, "undo", part->service->name, "failed", ms,
			    "could not take %s back: %s", part->version, err->message);
	return result;
}

int undo_all(struct transaction *t, json_t *todo, struct err *err)
{
	int result = 0;
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	for (size_t i = t->part_count; i-- > 0;) {
		struct part *part = &t->parts[i];
		struct err failure = {0};
		if (!part->touched || undo_part(t, part, &failure) == 0)
			continue;
		add_todo(todo, part, &failure);
		if (result == 0)
			*err = failure;
		result = -1;
	}
	t->undo_ms = effects_mono_ms(t->engine->fx) - begin_ms;
	t->undone = result == 0;
	return result;
}
