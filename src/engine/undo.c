/* Taking back: every part that was touched, newest first, so that a service goes back before those it
 * needs. One part that cannot be taken back does not stop the others.
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "transaction.h"

static void add_todo(json_t *todo, const struct part *part, const struct err *err)
{
	_cleanup_free_ char *line =
		str_format("%s: bring %s back by hand (%s%s%s)", part->service->name,
			   part->previous ? part->previous : "what was there before",
			   err->message, err->hint[0] ? "; " : "", err->hint);
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
		if (failure.code == ERR_LOCKED) /* whoever has the lock now decides */
			break;
	}
	t->undo_ms = effects_mono_ms(t->engine->fx) - begin_ms;
	t->undone = result == 0;
	return result;
}

/* --- around it ---------------------------------------------------------------------------------- */

void undo_ask_why(struct transaction *t)
{
	if (!t->logs)
		t->logs = json_array();
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		_cleanup_json_ json_t *rows = NULL;
		struct err failure = {0};
		size_t at;
		json_t *row;
		if (!part->touched || !part->driver->logs)
			continue;
		const struct driver_job job = part_job(t, part, NULL);
		if (part->driver->logs(t->engine->fx, &job, &rows, &failure) < 0) {
			progress_report(t->engine->progress, PROGRESS_NOTE,
					part->service->name, "its logs cannot be had: %s",
					failure.message);
			continue;
		}
		json_array_foreach(rows, at, row) {
			json_object_set_new(row, "service",
					    json_string(part->service->name));
			json_array_append(t->logs, row);
		}
	}
}

int part_confirm(struct transaction *t, struct part *part, struct err *err)
{
	if (!part->driver->confirm)
		return 0;
	const struct driver_job job = part_job(t, part, NULL);
	int64_t begin_ms = effects_mono_ms(t->engine->fx);
	int result = part->driver->confirm(t->engine->fx, &job, err);
	if (result < 0)
		record_line(t, "confirm", part->service->name, "failed",
			    effects_mono_ms(t->engine->fx) - begin_ms,
			    "what is live could not be made final: %s", err->message);
	return result;
}

void undo_confirm(struct transaction *t, json_t *todo)
{
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		struct err failure = {0};
		if (!part->touched || part_confirm(t, part, &failure) == 0)
			continue;
		_cleanup_free_ char *line =
			str_format("%s: what is live again is not final yet: %s%s%s",
				   part->service->name, failure.message,
				   failure.hint[0] ? "; " : "", failure.hint);
		json_array_append_new(todo, json_string(line));
	}
}

void undo_reconsider(struct transaction *t, json_t *todo)
{
	for (size_t i = 0; i < t->part_count; i++) {
		struct part *part = &t->parts[i];
		_cleanup_free_ char *words = NULL;
		struct err failure = {0};
		if (!part->touched || !part->driver->reconsider)
			continue;
		const struct driver_job job = part_job(t, part, NULL);
		int result =
			part->driver->reconsider(t->engine->fx, &job, &words, &failure);
		const char *text = result < 0 ? failure.message : words;
		if (!text)
			continue;
		record_line(t, "reconsider", part->service->name,
			    result < 0 ? "failed" : "ok", 0, "%s", text);
		_cleanup_free_ char *line =
			str_format("%s: %s%s%s", part->service->name, text,
				   failure.hint[0] ? "; " : "", failure.hint);
		json_array_append_new(todo, json_string(line));
	}
}
