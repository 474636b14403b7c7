/* state' = reduce(state, event). Pure: the same events give the same documents, byte for byte, on
 * every machine and for ever; a change of these functions is a change of the branch's format.
 *
 * An event is outside data (anyone who may push can write one), so every member is checked before
 * it is used, and an event that does not follow from the documents is refused, never guessed at.
 */
#include "reduce.h"

#include <stdarg.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "documents.h"

/* The last day that "YYYY-MM-DD" can name has begun. */
#define YEAR_9999_MS ((int64_t)253402214400 * 1000)

/* One row for each type of event. */
static const struct {
	const char *type;
	fold_function *fold;
} rows[] = {
	{"lock.acquired", fold_lock_acquired},
	{"lock.renewed", fold_lock_renewed},
	{"lock.released", fold_lock_released},
	{"lock.kept", fold_lock_kept},
	{"deployment.begun", fold_begun},
	{"deployment.captured", fold_captured},
	{"deployment.prepared", fold_prepared},
	{"deployment.switched", fold_switched},
	{"deployment.noted", fold_noted},
	{"gate.judged", fold_judged},
	{"service.restarted", fold_restarted},
	{"deployment.committed", fold_committed},
	{"deployment.failed", fold_failed},
	{"deployment.rolled-back", fold_rolled_back},
	{"deployment.stuck", fold_stuck},
	{"deployment.unproven", fold_unproven},
	{"deployment.abandoned", fold_abandoned},
	{"incident.opened", fold_incident_opened},
	{"incident.updated", fold_incident_updated},
	{"incident.linked", fold_incident_linked},
	{"incident.acknowledged", fold_incident_acknowledged},
	{"incident.resolved", fold_incident_resolved},
	{"post-mortem.written", fold_post_mortem_written},
	{"post-mortem.reminded", fold_post_mortem_reminded},
	{"post-mortem.done", fold_post_mortem_done},
	{"alert.judged", fold_alert_judged},
	{"message.queued", fold_message_queued},
	{"message.claimed", fold_message_claimed},
	{"message.sent", fold_message_sent},
	{"message.failed", fold_message_failed},
	{"message.dropped", fold_message_dropped},
	{"cockpit.linked", fold_cockpit_linked},
	{"backup.begun", fold_backup_begun},
	{"backup.made", fold_backup_made},
	{"backup.failed", fold_backup_failed},
	{"backup.abandoned", fold_backup_abandoned},
	{"backup.verified", fold_backup_verified},
	{"backup.restored", fold_backup_restored},
	{"backup.drilled", fold_backup_drilled},
	{"backup.forgotten", fold_backup_forgotten},
	{"deployment.backed-up", fold_backed_up},
};

int fold_refuse(struct fold *fold, const char *format, ...)
{
	char words[512];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	return err_set(fold->err, ERR_STATE, "event %lld of '%s' (%s) does not fit: %s",
		       (long long)json_get_int(fold->event, "sequence", 0),
		       json_get_string(fold->event, "environment", "?"),
		       json_get_string(fold->event, "type", "?"), words);
}

int fold_text(struct fold *fold, const char *key, const char **ret)
{
	*ret = json_get_string(fold->data, key, NULL);
	return *ret ? 0 : fold_refuse(fold, "data.%s is not a text", key);
}

int fold_integer(struct fold *fold, const char *key, int64_t *ret)
{
	const json_t *value = json_object_get(fold->data, key);
	if (!json_is_integer(value))
		return fold_refuse(fold, "data.%s is not a whole number", key);
	*ret = json_integer_value(value);
	return 0;
}

int fold_object(struct fold *fold, const char *key, const json_t **ret)
{
	*ret = json_object_get(fold->data, key);
	return json_is_object(*ret) ? 0
				    : fold_refuse(fold, "data.%s is not an object", key);
}

int fold_time(struct fold *fold, const char *key, const char **ret)
{
	int64_t ignored;
	if (fold_text(fold, key, ret))
		return -1;
	if (time_parse(*ret, &ignored))
		return fold_refuse(fold, "data.%s is not a time", key);
	return 0;
}

int fold_optional_texts(struct fold *fold, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(fold->data, keys[i]);
		if (value && !json_is_null(value) && !json_is_string(value))
			return fold_refuse(fold, "data.%s is not a text", keys[i]);
	}
	return 0;
}

/* What every event has, whatever its type. */
static int check_header(struct fold *fold)
{
	const json_t *event = fold->event;
	const json_t *state = fold->documents->state;
	int64_t sequence = json_get_int(event, "sequence", -1);
	int64_t before = json_get_int(state, "sequence", -1);
	if (json_get_int(event, "belay", 0) != JOURNAL_FORMAT)
		return fold_refuse(fold, "format %lld, this belay writes %d",
				   (long long)json_get_int(event, "belay", 0),
				   JOURNAL_FORMAT);
	if (!str_equal(json_get_string(event, "environment", NULL),
		       json_get_string(state, "environment", "")))
		return fold_refuse(fold, "the documents are those of environment '%s'",
				   json_get_string(state, "environment", "?"));
	if (before < 0 || sequence <= 0 || sequence - 1 != before)
		return fold_refuse(fold, "its number is %lld, the next one is %lld",
				   (long long)sequence, (long long)before + 1);
	fold->at = json_get_string(event, "at", NULL);
	if (!fold->at || time_parse(fold->at, &fold->at_ms) || fold->at_ms < 0 ||
	    fold->at_ms > YEAR_9999_MS)
		return fold_refuse(fold, "'at' is not a time");
	const json_t *run = json_object_get(event, "run");
	const json_t *actor = json_object_get(run, "actor");
	if (!json_get_string(run, "id", NULL))
		return fold_refuse(fold, "it names no run");
	if (actor && !json_is_null(actor) && !json_is_string(actor))
		return fold_refuse(fold, "its actor is not a text");
	fold->data = json_object_get(event, "data");
	if (!json_is_object(fold->data))
		return fold_refuse(fold, "it has no data");
	return 0;
}

static int fold_by_type(struct fold *fold)
{
	const char *type = json_get_string(fold->event, "type", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].type, type) == 0)
			return rows[i].fold(fold);
	return fold_refuse(fold, "unknown type");
}

int journal_reduce(const struct journal_documents *before, const json_t *event,
		   struct journal_documents *ret, struct err *err)
{
	struct journal_documents after = {
		.state = json_copy(before->state),
		.recent = json_incref(before->recent),
		.rollup = json_incref(before->rollup),
	};
	struct fold fold = {.documents = &after, .event = event, .err = err};
	if (check_header(&fold) || fold_by_type(&fold)) {
		journal_documents_release(&after);
		return -1;
	}
	json_object_set(after.state, "sequence", json_object_get(event, "sequence"));
	json_object_set(after.state, "updated_at", json_object_get(event, "at"));
	*ret = after;
	return 0;
}
