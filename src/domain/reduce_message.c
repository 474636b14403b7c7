/* Folding messages: queued, claimed, sent, failed, dropped. The outbox holds what has to be told yet,
 * `told` what was told lately. A queued message always fits: telling about a deployment must never be in
 * the way of recording it. So in a full outbox one message gives way, and to claim or drop one that is
 * not there any more is nothing to object to.
 */
#include <string.h>

#include "belay/json.h"
#include "documents.h"
#include "message.h"
#include "reduce.h"

#define TOLD_MAX 100
#define ESCALATED_MAX 30

static size_t index_of(const json_t *outbox, const char *id)
{
	size_t i;
	const json_t *message;
	json_array_foreach(outbox, i, message) {
		if (id && str_equal(json_get_string(message, "id", NULL), id))
			break;
	}
	return i;
}

/* --- queued ----------------------------------------------------------------------------------- */

static int check_message(struct fold *fold, const json_t *message)
{
	static const char *const texts[] = {"id", "notification", "topic", "key"};
	const json_t *not_before = json_object_get(message, "not_before");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!json_get_string(message, texts[i], NULL))
			return fold_refuse(fold, "message.%s is not a text", texts[i]);
	if (!message_is_severity(json_get_string(message, "severity", NULL)))
		return fold_refuse(fold, "message.severity is none of P0 to P3");
	if (!json_is_object(json_object_get(message, "content")))
		return fold_refuse(fold, "message.content is not an object");
	if (not_before && !json_is_null(not_before) &&
	    message_time_of(message, "not_before") < 0)
		return fold_refuse(fold, "message.not_before is not a time");
	return 0;
}

/* Who was told that nobody had acknowledged is not told again. */
static void note_escalation(struct fold *fold, const json_t *message)
{
	json_t *incidents = document_own(fold->documents->state, "incidents");
	const char *id = json_get_string(message, "incident", NULL);
	size_t i = index_of(incidents, id);
	if (i == json_array_size(incidents))
		return;
	json_t *incident = json_copy(json_array_get(incidents, i));
	json_t *names = json_copy(json_object_get(incident, "escalated"));
	if (!json_is_array(names)) {
		json_decref(names);
		names = json_array();
	}
	if (json_array_size(names) < ESCALATED_MAX)
		json_array_append(names, json_object_get(message, "notification"));
	json_object_set_new(incident, "escalated", names);
	json_array_set_new(incidents, i, incident);
}

int fold_message_queued(struct fold *fold)
{
	const json_t *asked;
	if (fold_object(fold, "message", &asked) || check_message(fold, asked))
		return -1;
	const char *id = json_get_string(asked, "id", "");
	json_t *outbox = document_own(fold->documents->state, "outbox");
	if (index_of(outbox, id) < json_array_size(outbox))
		return fold_refuse(fold, "message '%s' is in the outbox already", id);
	const struct message_facts facts = {
		.id = id,
		.notification = json_get_string(asked, "notification", ""),
		.topic = json_get_string(asked, "topic", ""),
		.severity = json_get_string(asked, "severity", ""),
		.environment = json_get_string(fold->documents->state, "environment", ""),
		.incident = json_get_string(asked, "incident", NULL),
		.key = json_get_string(asked, "key", ""),
		.content = json_object_get(asked, "content"),
		.at_ms = fold->at_ms,
		.not_before_ms = message_time_of(asked, "not_before"),
		.digest = json_get_bool(asked, "digest", false),
		.escalation = json_get_bool(asked, "escalation", false),
	};
	json_array_append_new(outbox, message_new(&facts));
	if (json_array_size(outbox) > OUTBOX_MAX)
		json_array_remove(outbox, outbox_weakest(outbox));
	if (facts.escalation)
		note_escalation(fold, asked);
	return 0;
}

/* --- claimed ---------------------------------------------------------------------------------- */

static bool is_claimed_by_other(const struct fold *fold, const json_t *message)
{
	const char *run = json_get_string(json_object_get(fold->event, "run"), "id", "");
	const char *holder = json_get_string(message, "claimed_by", NULL);
	return holder && !str_equal(holder, run) &&
	       message_time_of(message, "claimed_until") > fold->at_ms;
}

int fold_message_claimed(struct fold *fold)
{
	const json_t *ids = json_object_get(fold->data, "messages");
	const char *until, *run;
	size_t i;
	const json_t *id;
	if (!json_is_array(ids))
		return fold_refuse(fold, "data.messages is not a list");
	if (fold_time(fold, "until", &until))
		return -1;
	run = json_get_string(json_object_get(fold->event, "run"), "id", "");
	json_t *outbox = document_own(fold->documents->state, "outbox");
	json_array_foreach(ids, i, id) {
		size_t at = index_of(outbox, json_string_value(id));
		if (at == json_array_size(outbox))
			continue;
		json_t *message = json_copy(json_array_get(outbox, at));
		json_array_set_new(outbox, at, message);
		if (is_claimed_by_other(fold, message))
			return fold_refuse(fold, "message '%s' is claimed by run '%s'",
					   json_string_value(id),
					   json_get_string(message, "claimed_by", "?"));
		json_object_set_new(message, "claimed_by", json_string(run));
		json_object_set_new(message, "claimed_until", json_string(until));
	}
	return 0;
}

/* --- what became of it ------------------------------------------------------------------------ */

/* The ids of the event: its message, and those that were gathered with it. New; NULL when refused. */
static json_t *ids_of(struct fold *fold)
{
	const char *id;
	json_t *gathered = json_object_get(fold->data, "gathered");
	if (fold_text(fold, "message", &id))
		return NULL;
	if (gathered && !json_is_array(gathered)) {
		fold_refuse(fold, "data.gathered is not a list");
		return NULL;
	}
	json_t *ids = json_pack("[s]", id);
	if (gathered)
		json_array_extend(ids, gathered);
	return ids;
}

static int refuse_unknown(struct fold *fold, const json_t *id)
{
	return fold_refuse(fold, "message '%s' is not in the outbox",
			   json_is_string(id) ? json_string_value(id) : "?");
}

static bool is_told_of(const json_t *row, const json_t *message)
{
	static const char *const members[] = {"notification", "topic", "key"};
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!json_equal(json_object_get(row, members[i]),
				json_object_get(message, members[i])))
			return false;
	return true;
}

/* The row that gives way. That a backup is late is told once, however long it takes and whatever else is
 * told meanwhile: such rows (one a backup and notification) outlast others. */
static size_t told_weakest(const json_t *told)
{
	size_t i;
	const json_t *row;
	json_array_foreach(told, i, row) {
		if (!str_equal(json_get_string(row, "topic", ""), "backup-late"))
			return i;
	}
	return 0;
}

static void remember(struct fold *fold, const json_t *message)
{
	json_t *state = fold->documents->state;
	if (!json_object_get(state, "told"))
		json_object_set_new(state, "told", json_array());
	json_t *told = document_own(state, "told");
	for (size_t i = json_array_size(told); i-- > 0;)
		if (is_told_of(json_array_get(told, i), message))
			json_array_remove(told, i);
	json_array_append_new(told,
			      json_pack("{s:O, s:O, s:O, s:s}", "notification",
					json_object_get(message, "notification"), "topic",
					json_object_get(message, "topic"), "key",
					json_object_get(message, "key"), "at", fold->at));
	if (json_array_size(told) > TOLD_MAX)
		json_array_remove(told, told_weakest(told));
}

int fold_message_sent(struct fold *fold)
{
	_cleanup_json_ json_t *ids = ids_of(fold);
	size_t i;
	const json_t *id;
	if (!ids)
		return -1;
	json_t *outbox = document_own(fold->documents->state, "outbox");
	json_array_foreach(ids, i, id) {
		size_t at = index_of(outbox, json_string_value(id));
		if (at == json_array_size(outbox))
			return refuse_unknown(fold, id);
		remember(fold, json_array_get(outbox, at));
		json_array_remove(outbox, at);
	}
	return 0;
}

int fold_message_failed(struct fold *fold)
{
	const char *error, *not_before;
	size_t i;
	const json_t *id;
	if (fold_text(fold, "error", &error) ||
	    fold_time(fold, "not_before", &not_before))
		return -1;
	_cleanup_json_ json_t *ids = ids_of(fold);
	if (!ids)
		return -1;
	json_t *outbox = document_own(fold->documents->state, "outbox");
	json_array_foreach(ids, i, id) {
		size_t at = index_of(outbox, json_string_value(id));
		if (at == json_array_size(outbox))
			return refuse_unknown(fold, id);
		json_t *message = json_copy(json_array_get(outbox, at));
		int64_t attempts = json_get_int(message, "attempts", 0) +
				   json_get_bool(fold->data, "tried", true);
		json_object_set_new(message, "attempts", json_integer(attempts));
		json_object_set_new(message, "last_error", json_string(error));
		json_object_set_new(message, "not_before", json_string(not_before));
		json_object_set_new(message, "claimed_by", json_null());
		json_object_set_new(message, "claimed_until", json_null());
		json_array_set_new(outbox, at, message);
	}
	return 0;
}

int fold_message_dropped(struct fold *fold)
{
	const char *reason;
	size_t i;
	const json_t *id;
	if (fold_text(fold, "reason", &reason))
		return -1;
	_cleanup_json_ json_t *ids = ids_of(fold);
	if (!ids)
		return -1;
	json_t *outbox = document_own(fold->documents->state, "outbox");
	json_array_foreach(ids, i, id) {
		size_t at = index_of(outbox, json_string_value(id));
		if (at < json_array_size(outbox))
			json_array_remove(outbox, at);
	}
	return 0;
}
