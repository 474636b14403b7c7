/* Who hears of backups: messages go on the journal with the event that they are about, so that no backup
 * fails in silence. Which words, see domain/message_backup.c.
 */
#include "backup.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "draft.h"

static void tell(struct draft *draft, const char *topic, const struct backup_news *news)
{
	_cleanup_free_ char *key = message_backup_key(news->backup);
	_cleanup_json_ json_t *content = content_of_backup(news, draft->courier->run);
	draft_tell(draft, topic, key, NULL, content);
}

/* --- what a run came to ----------------------------------------------------------------------- */

struct report {
	const struct config_backup *backup;
	const json_t *rows;
	const struct backup_word *word;
};

static bool is_failing(const struct config_backup *backup, const json_t *state,
		       int64_t now_ms)
{
	_cleanup_json_ json_t *health = backup_health(backup, state, now_ms);
	return str_equal(json_get_string(health, "outcome", ""), "fail");
}

/* Was it bad, as far as people know or could know? */
static bool was_bad(const struct config_backup *backup, const json_t *state)
{
	const json_t *known = state_backup(state, backup->name);
	return message_backup_owes_good(state, backup->name) ||
	       json_is_object(json_object_get(known, "failed"));
}

static int compose_report(struct draft *draft, void *context, struct err *err)
{
	const struct report *report = context;
	const struct config_backup *backup = report->backup;
	const struct backup_word *word = report->word;
	bool owed = was_bad(backup, draft->documents.state);
	size_t i;
	const json_t *row;
	json_array_foreach(report->rows, i, row) {
		if (draft_require(draft, json_get_string(row, "type", ""),
				  json_deep_copy(json_object_get(row, "data")), err) < 0)
			return -1;
	}
	const struct backup_news news = {
		.environment = draft->courier->engine->environment->name,
		.backup = backup->name,
		.event = word->good ? "is good again" : word->event,
		.id = word->id,
		.store = word->store,
		.reason = word->good ? NULL : word->reason,
		.at_ms = draft->now_ms,
		.duration_ms = word->duration_ms,
	};
	if (!word->good)
		tell(draft, "backup-failed", &news);
	else if (owed && !is_failing(backup, draft->documents.state, draft->now_ms))
		tell(draft, "backup-recovered", &news);
	return 0;
}

/* Nobody is told of what was only noted. */
static bool is_assumed(struct effects *fx)
{
	_cleanup_json_ json_t *noted = effects_noted(fx);
	return json_array_size(noted) > 0;
}

int backup_record_told(struct backup_desk *desk, const struct config_backup *backup,
		       const json_t *rows, const struct backup_word *word,
		       struct err *err)
{
	const struct courier courier = backup_desk_courier(desk);
	struct report report = {backup, rows, word};
	effects_acknowledge_cancel(desk->engine.fx);
	if (draft_append(&courier, compose_report, &report, err) < 0)
		return -1;
	if (!is_assumed(desk->engine.fx))
		json_decref(draft_deliver(&courier));
	return 0;
}

/* --- what a watch sees ------------------------------------------------------------------------ */

static void tell_late(struct draft *draft, const struct config_backup *backup)
{
	const json_t *state = draft->documents.state;
	_cleanup_json_ json_t *health = backup_health(backup, state, draft->now_ms);
	const json_t *newest = json_object_get(health, "newest");
	int64_t made_ms = 0;
	if (!json_get_bool(health, "late", false) ||
	    time_parse(json_get_string(newest, "at", ""), &made_ms) < 0)
		return;
	if (message_backup_late_told(state, backup->name, made_ms))
		return;
	const struct backup_news news = {
		.environment = draft->courier->engine->environment->name,
		.backup = backup->name,
		.event = "is late",
		.id = json_get_string(newest, "id", NULL),
		.reason = json_get_string(health, "reason", NULL),
		.at_ms = draft->now_ms,
		.duration_ms = -1,
	};
	tell(draft, "backup-late", &news);
}

void backup_tell_late(struct draft *draft)
{
	const struct engine *engine = draft->courier->engine;
	const struct config *config = engine->config;
	for (size_t i = 0; i < config->backup_count; i++)
		if (str_equal(config->backups[i].environment, engine->environment->name))
			tell_late(draft, &config->backups[i]);
}
