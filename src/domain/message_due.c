/* What has to be sent now: messages whose time has come, digests, incidents that nobody acknowledged.
 * Asked by every run that has the journal open; the answer depends on the
 * state and the time only, so whoever asks first finds it.
 */
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/timefmt.h"
#include "message.h"

/* --- messages --------------------------------------------------------------------------------- */

static bool is_due(const json_t *message, const char *run_id, int64_t now_ms)
{
	const char *holder = json_get_string(message, "claimed_by", NULL);
	if (holder && !str_equal(holder, run_id) &&
	    message_time_of(message, "claimed_until") > now_ms)
		return false;
	return message_time_of(message, "not_before") <= now_ms;
}

/* Takes `messages`, which all wait for the same notification, oldest first. */
static json_t *gather(json_t *messages, int64_t now_ms)
{
	const json_t *first = json_array_get(messages, 0);
	_cleanup_free_ char *key =
		str_format("digest/%.10s", json_get_string(first, "at", ""));
	json_t *digest = json_copy((json_t *)first);
	json_t *others = json_array();
	for (size_t i = 1; i < json_array_size(messages); i++)
		json_array_append(others,
				  json_object_get(json_array_get(messages, i), "id"));
	json_object_set_new(digest, "topic", json_string("digest"));
	json_object_set_new(digest, "key", json_string(key));
	json_object_set_new(digest, "incident", json_null());
	json_object_set_new(digest, "gathered", others);
	json_object_set_new(digest, "content", content_of_digest(messages, now_ms));
	json_decref(messages);
	return digest;
}

json_t *messages_due(const json_t *state, const char *run_id, int64_t now_ms)
{
	json_t *due = json_array();
	_cleanup_json_ json_t *digests = json_object(); /* notification → messages */
	size_t i;
	const char *name;
	json_t *message;
	json_array_foreach(json_object_get(state, "outbox"), i, message) {
		if (!is_due(message, run_id, now_ms))
			continue;
		if (!json_get_bool(message, "digest", false)) {
			json_array_append(due, message);
			continue;
		}
		name = json_get_string(message, "notification", "");
		if (!json_object_get(digests, name))
			json_object_set_new(digests, name, json_array());
		json_array_append(json_object_get(digests, name), message);
	}
	json_object_foreach(digests, name, message)
		json_array_append_new(due, gather(json_incref(message), now_ms));
	return due;
}

/* --- escalation ------------------------------------------------------------------------------- */

/* One incident and one notification that has somebody to escalate to. */
static void escalate(const struct message_rules *rules,
		     const struct config_notification *from, const json_t *incident,
		     int64_t now_ms, json_t *found)
{
	const char *id = json_get_string(incident, "id", "");
	const char *severity = json_get_string(incident, "severity", "P2");
	int64_t opened_ms = message_time_of(incident, "opened_at");
	if (from->escalate_after_ms <= 0 || opened_ms < 0 ||
	    now_ms < opened_ms + from->escalate_after_ms ||
	    !route_hears_incident(rules, from, severity))
		return;
	for (size_t i = 0; i < from->escalate_to.count; i++) {
		const char *to = from->escalate_to.items[i];
		size_t k;
		const json_t *row;
		bool listed = json_has_string(json_object_get(incident, "escalated"), to);
		json_array_foreach(found, k, row) {
			listed =
				listed ||
				(str_equal(json_get_string(row, "incident", ""), id) &&
				 str_equal(json_get_string(row, "notification", ""), to));
		}
		if (!listed && config_notification(rules->config, to))
			json_array_append_new(
				found, json_pack("{s:s, s:s, s:I}", "incident", id,
						 "notification", to, "after_ms",
						 (json_int_t)from->escalate_after_ms));
	}
}

json_t *messages_escalations(const struct message_rules *rules, const json_t *state,
			     int64_t now_ms)
{
	json_t *found = json_array();
	size_t i;
	const json_t *incident;
	json_array_foreach(json_object_get(state, "incidents"), i, incident) {
		if (!str_equal(json_get_string(incident, "status", ""), "open"))
			continue;
		for (size_t k = 0; k < rules->environment->notify_count; k++)
			escalate(rules, rules->environment->notify[k], incident, now_ms,
				 found);
	}
	return found;
}

json_t *message_escalation(const json_t *state, const json_t *escalation,
			   const json_t *run, int64_t now_ms, uint64_t random)
{
	const char *environment = json_get_string(state, "environment", "");
	const char *incident_id = json_get_string(escalation, "incident", "");
	const json_t *incident = incident_find(state, incident_id);
	_cleanup_free_ char *id = message_id(random, 0);
	_cleanup_free_ char *key = str_format("incident/%s", incident_id);
	_cleanup_json_ json_t *content = content_of_incident(incident, environment, run);
	_cleanup_str_ struct str title = STR_INIT;
	str_add(&title, "nobody acknowledged for ");
	duration_add(&title, json_get_int(escalation, "after_ms", 0));
	str_addf(&title, ": %s", json_get_string(content, "title", incident_id));
	json_object_set_new(content, "title", json_string(str_text(&title)));
	_cleanup_json_ json_t *bounded = content_bounded(content);
	const char *severity = json_get_string(incident, "severity", "P2");
	const struct message_facts facts = {
		.id = id,
		.notification = json_get_string(escalation, "notification", ""),
		.topic = "incident-opened",
		.severity = message_is_severity(severity) ? severity : "P2",
		.environment = environment,
		.key = key,
		.incident = incident_id,
		.content = bounded,
		.at_ms = now_ms,
		.escalation = true,
	};
	return json_pack("{s:o}", "message", message_new(&facts));
}
