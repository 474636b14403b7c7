/* Routing: which notifications hear of an occasion, and what has to give way for it. See message.h for
 * the rules. Two things make a message wait: the digest of the next morning, and the floor since the last
 * one of the same topic and key. A message that waits may be overtaken by a newer one.
 */
#include <string.h>

#include "belay/json.h"
#include "message.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define DIGEST_AT_MS ((int64_t)7 * 3600 * 1000)
#define SAME_BREATH_MS 10000

/* One occasion on its way to the outbox. */
struct routing {
	const struct message_rules *rules;
	const json_t *state;
	const struct occasion *occasion;
	const char *severity;
	json_t *content; /* bounded */
	int64_t now_ms;
	uint64_t random;
	json_t *outbox;           /* as it will be: [message] */
	json_t *dropped, *queued; /* events */
};

/* --- who hears -------------------------------------------------------------------------------- */

static bool has_name(const struct config_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (str_equal(names->items[i], name))
			return true;
	return false;
}

/* An empty list is no filter. */
static bool passes(const struct config_names *filter, const char *name)
{
	return filter->count == 0 || has_name(filter, name);
}

static bool listens_to(const struct message_rules *rules,
		       const struct config_notification *notification, const char *topic)
{
	if (notification->on.count > 0)
		return has_name(&notification->on, topic);
	const char *const *row =
		rules->defaults ? rules->defaults(notification->channel) : NULL;
	for (; row && *row; row++)
		if (str_equal(*row, topic))
			return true;
	return false;
}

bool route_hears(const struct message_rules *rules,
		 const struct config_notification *notification, const char *topic,
		 const char *severity)
{
	return listens_to(rules, notification, topic) &&
	       passes(&notification->severities, severity) &&
	       passes(&notification->environments, rules->environment->name);
}

bool route_hears_incident(const struct message_rules *rules,
			  const struct config_notification *notification,
			  const char *severity)
{
	static const char *const topics[] = {"incident-opened", "rolled-back",
					     "rollback-failed", "unproven", "degraded"};
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		if (route_hears(rules, notification, topics[i], severity))
			return true;
	return false;
}

/* --- what was told, what waits ---------------------------------------------------------------- */

/* When the notification was last told of this, or -1. */
static int64_t told_ms(const struct routing *r, const char *notification,
		       const char *topic)
{
	size_t i;
	const json_t *row;
	int64_t latest_ms = -1;
	json_array_foreach(json_object_get(r->state, "told"), i, row) {
		int64_t at_ms = message_time_of(row, "at");
		if (at_ms > latest_ms &&
		    str_equal(json_get_string(row, "notification", ""), notification) &&
		    str_equal(json_get_string(row, "topic", ""), topic) &&
		    str_equal(json_get_string(row, "key", ""), r->occasion->key))
			latest_ms = at_ms;
	}
	return latest_ms;
}

/* Topics that say the contrary about the same thing. */
static const struct opposites {
	const char *bad, *good;
} opposites[] = {
	{"degraded", "recovered"},
	{"backup-failed", "backup-recovered"},
	{"backup-late", "backup-recovered"},
};

static bool is_good_news(const char *topic)
{
	for (size_t i = 0; i < ARRAY_SIZE(opposites); i++)
		if (str_equal(opposites[i].good, topic))
			return true;
	return false;
}

/* What the row makes the contrary of `topic`, or NULL. */
static const char *opposite_in(const struct opposites *row, const char *topic)
{
	if (str_equal(row->bad, topic))
		return row->good;
	return str_equal(row->good, topic) ? row->bad : NULL;
}

static bool is_claimed(const json_t *message)
{
	return json_is_string(json_object_get(message, "claimed_by"));
}

static void drop_at(struct routing *r, size_t index, const char *reason)
{
	const json_t *message = json_array_get(r->outbox, index);
	json_t *data = json_pack("{s:O, s:s, s:O, s:O}", "message",
				 json_object_get(message, "id"), "reason", reason,
				 "notification", json_object_get(message, "notification"),
				 "topic", json_object_get(message, "topic"));
	json_array_append_new(r->dropped, json_pack("{s:s, s:o}", "type",
						    "message.dropped", "data", data));
	json_array_remove(r->outbox, index);
}

/* Drops what waits for this notification about the same key and this topic; how long the latest of it
 * would have waited goes to *not_before_ms. True when there was something. */
static bool overtake(struct routing *r, const char *notification, const char *topic,
		     const char *reason, int64_t *not_before_ms)
{
	bool any = false;
	for (size_t i = json_array_size(r->outbox); i-- > 0;) {
		const json_t *message = json_array_get(r->outbox, i);
		if (is_claimed(message) || json_get_bool(message, "digest", false) ||
		    !str_equal(json_get_string(message, "notification", ""),
			       notification) ||
		    !str_equal(json_get_string(message, "topic", ""), topic) ||
		    !str_equal(json_get_string(message, "key", ""), r->occasion->key))
			continue;
		int64_t at_ms = message_time_of(message, "not_before");
		if (at_ms > *not_before_ms)
			*not_before_ms = at_ms;
		drop_at(r, i, reason);
		any = true;
	}
	return any;
}

/* Drops what waits and says the contrary; *ret_told_ms: when that was told last, or -1. True when something
 * was dropped. */
static bool overtake_opposites(struct routing *r, const char *notification,
			       const char *topic, int64_t *ret_told_ms)
{
	bool any = false;
	int64_t ignored_ms = 0;
	for (size_t i = 0; i < ARRAY_SIZE(opposites); i++) {
		const char *opposite = opposite_in(&opposites[i], topic);
		if (!opposite)
			continue;
		int64_t at_ms = told_ms(r, notification, opposite);
		if (at_ms > *ret_told_ms)
			*ret_told_ms = at_ms;
		if (overtake(r, notification, opposite, "it was over before it was told",
			     &ignored_ms))
			any = true;
	}
	return any;
}

/* The floor: 0 when the message may go at once, else when it may; -1 when there is nothing left to
 * tell, because what it takes back was never told. */
static int64_t hold_back(struct routing *r, const struct config_notification *to)
{
	const char *topic = r->occasion->topic;
	int64_t not_before_ms = 0, contrary_ms = -1;
	int64_t told_at_ms = told_ms(r, to->name, topic);
	if (to->floor_ms <= 0)
		return 0;
	if (overtake_opposites(r, to->name, topic, &contrary_ms)) {
		bool already = told_at_ms > contrary_ms;
		bool never = told_at_ms < 0 && contrary_ms < 0;
		if (already || (never && is_good_news(topic)))
			return -1;
	}
	overtake(r, to->name, topic, "a newer message takes its place", &not_before_ms);
	if (told_at_ms >= 0 && told_at_ms + to->floor_ms > not_before_ms)
		not_before_ms = told_at_ms + to->floor_ms;
	return not_before_ms > r->now_ms ? not_before_ms : 0;
}

/* --- room in the outbox ----------------------------------------------------------------------- */

size_t outbox_weakest(const json_t *outbox)
{
	size_t weakest = json_array_size(outbox), i;
	const char *lowest = "";
	const json_t *message;
	json_array_foreach(outbox, i, message) {
		const char *severity = json_get_string(message, "severity", "P3");
		if (is_claimed(message) || strcmp(severity, lowest) <= 0)
			continue;
		lowest = severity;
		weakest = i;
	}
	return weakest < json_array_size(outbox) ? weakest : 0;
}

static void queue(struct routing *r, const struct config_notification *to,
		  int64_t not_before_ms, bool digest)
{
	_cleanup_free_ char *id = message_id(r->random, json_array_size(r->queued));
	const struct message_facts facts = {
		.id = id,
		.notification = to->name,
		.topic = r->occasion->topic,
		.severity = r->severity,
		.environment = r->rules->environment->name,
		.incident = json_get_string(r->occasion->incident, "id", NULL),
		.key = r->occasion->key,
		.content = r->content,
		.at_ms = r->now_ms,
		.not_before_ms = not_before_ms,
		.digest = digest,
	};
	_cleanup_json_ json_t *message = message_new(&facts);
	size_t count = json_array_size(r->outbox), victim = count + 1;
	json_array_append(r->outbox, message);
	if (count >= OUTBOX_MAX)
		drop_at(r, victim = outbox_weakest(r->outbox), "the outbox is full");
	if (victim != count)
		json_array_append_new(r->queued, json_pack("{s:s, s:{s:O}}", "type",
							   "message.queued", "data",
							   "message", message));
}

/* --- the occasion ----------------------------------------------------------------------------- */

static const char *severity_of(const struct occasion *occasion)
{
	const char *asked = occasion->severity
				    ? occasion->severity
				    : json_get_string(occasion->incident, "severity", "");
	return message_is_severity(asked) ? asked : message_severity_of(occasion->topic);
}

/* 07:00 UTC of the day after. */
static int64_t digest_time(int64_t now_ms)
{
	return (now_ms / DAY_MS + 1) * DAY_MS + DIGEST_AT_MS;
}

/* A deployment that ends badly becomes an incident in the same breath. Unless both were asked for by
 * name, the incident's message is the one that is told. */
static bool is_told_with_incident(const struct routing *r,
				  const struct config_notification *to)
{
	const char *incident = json_get_string(r->occasion->incident, "id", NULL);
	size_t i;
	const json_t *message;
	if (!incident || to->on.count > 0 ||
	    str_has_prefix(r->occasion->topic, "incident-") ||
	    (r->rules->counts && r->rules->counts(to->channel)))
		return false;
	json_array_foreach(r->outbox, i, message) {
		if (str_equal(json_get_string(message, "notification", ""), to->name) &&
		    str_equal(json_get_string(message, "incident", NULL), incident) &&
		    str_has_prefix(json_get_string(message, "topic", ""), "incident-") &&
		    message_time_of(message, "at") + SAME_BREATH_MS > r->now_ms)
			return true;
	}
	return false;
}

static void route_to(struct routing *r, const struct config_notification *to)
{
	if (!route_hears(r->rules, to, r->occasion->topic, r->severity) ||
	    is_told_with_incident(r, to))
		return;
	if (to->digest && str_equal(r->severity, "P3")) {
		queue(r, to, digest_time(r->now_ms), true);
		return;
	}
	int64_t not_before_ms = hold_back(r, to);
	if (not_before_ms >= 0)
		queue(r, to, not_before_ms, false);
}

json_t *messages_route(const struct message_rules *rules, const json_t *state,
		       const struct occasion *occasion, int64_t now_ms, uint64_t random)
{
	json_t *waiting = json_object_get(state, "outbox");
	struct routing r = {
		.rules = rules,
		.state = state,
		.occasion = occasion,
		.severity = severity_of(occasion),
		.content = content_bounded(occasion->content),
		.now_ms = now_ms,
		.random = random,
		.outbox = waiting ? json_copy(waiting) : json_array(),
		.dropped = json_array(),
		.queued = json_array(),
	};
	for (size_t i = 0; i < rules->environment->notify_count; i++)
		route_to(&r, rules->environment->notify[i]);
	json_array_extend(r.dropped, r.queued);
	json_decref(r.content);
	json_decref(r.outbox);
	json_decref(r.queued);
	return r.dropped;
}
