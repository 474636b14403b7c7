/* Messages as values: building one, what a channel and a template get of it, and how long to wait after a
 * failure. Who hears of what is decided in route.c, when it goes out in message_due.c.
 */
#include "message.h"

#include "belay/incident.h"
#include "belay/json.h"
#include "belay/str.h"
#include "belay/timefmt.h"

#define RETRY_FIRST_MS 30000
#define RETRY_LONGEST_MS 3600000
#define RETRY_ASKED_LONGEST_MS 86400000

const char *const message_topics[] = {
	"deploying",
	"deployed",
	"failed",
	"rolled-back",
	"rollback-failed",
	"unproven",
	"degraded",
	"recovered",
	"incident-opened",
	"incident-updated",
	"incident-resolved",
	"post-mortem-due",
	"post-mortem-overdue",
	"backup-failed",
	"backup-recovered",
	"backup-late",
	"digest",
	"test",
	NULL,
};

const char *const message_severities[] = {"P0", "P1", "P2", "P3", NULL};

/* Good news weighs what the bad news weighed: who was told of the one wants the other. */
const char *message_severity_of(const char *topic)
{
	static const struct {
		const char *topic, *severity;
	} rows[] = {
		{"rollback-failed", "P0"},  {"rolled-back", "P1"},
		{"unproven", "P1"},         {"degraded", "P1"},
		{"recovered", "P1"},        {"incident-opened", "P2"},
		{"incident-updated", "P2"}, {"incident-resolved", "P2"},
		{"failed", "P2"},           {"post-mortem-overdue", "P2"},
		{"backup-failed", "P2"},    {"backup-recovered", "P2"},
		{"backup-late", "P2"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_equal(rows[i].topic, topic))
			return rows[i].severity;
	return "P3";
}

bool message_is_severity(const char *text)
{
	for (const char *const *row = message_severities; *row; row++)
		if (str_equal(*row, text))
			return true;
	return false;
}

json_t *message_time(int64_t at_ms)
{
	char at[TIME_TEXT_BYTES];
	return json_string(time_format(at_ms, at));
}

int64_t message_time_of(const json_t *object, const char *key)
{
	int64_t at_ms;
	const char *text = json_get_string(object, key, NULL);
	return text && time_parse(text, &at_ms) == 0 ? at_ms : -1;
}

/* SplitMix64 (Steele, Lea, Flood 2014): as many ids as needed from one random number. */
char *message_id(uint64_t random, uint64_t index)
{
	uint64_t z = random + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return str_format("%016llx", (unsigned long long)(z ^ (z >> 31)));
}

json_t *message_new(const struct message_facts *facts)
{
	json_t *message = json_object();
	json_object_set_new(message, "id", json_string(facts->id));
	json_object_set_new(message, "notification", json_string(facts->notification));
	json_object_set_new(message, "topic", json_string(facts->topic));
	json_object_set_new(message, "severity", json_string(facts->severity));
	json_object_set_new(message, "environment", json_string(facts->environment));
	json_object_set_new(message, "incident",
			    facts->incident ? json_string(facts->incident) : json_null());
	json_object_set_new(message, "key", json_string(facts->key));
	json_object_set_new(message, "at", message_time(facts->at_ms));
	json_object_set_new(message, "not_before",
			    facts->not_before_ms > facts->at_ms
				    ? message_time(facts->not_before_ms)
				    : json_null());
	json_object_set_new(message, "digest", json_boolean(facts->digest));
	json_object_set_new(message, "escalation", json_boolean(facts->escalation));
	json_object_set_new(message, "attempts", json_integer(0));
	json_object_set_new(message, "last_error", json_null());
	json_object_set_new(message, "claimed_by", json_null());
	json_object_set_new(message, "claimed_until", json_null());
	json_object_set(message, "content", (json_t *)facts->content);
	return message;
}

json_t *message_to_send(const json_t *message, const json_t *state)
{
	const char *id = json_get_string(message, "incident", NULL);
	const json_t *incident = id ? incident_find(state, id) : NULL;
	json_t *copy = json_copy((json_t *)message);
	if (!incident)
		return copy;
	json_t *content = json_copy(json_object_get(message, "content"));
	const char *url = incident_url(incident);
	json_object_set(content, "incident", (json_t *)incident);
	if (url && !json_get_string(content, "incident_url", NULL))
		json_object_set_new(content, "incident_url", json_string(url));
	json_object_set_new(copy, "content", content);
	return copy;
}

json_t *message_view(const json_t *message)
{
	static const char *const members[] = {"id", "topic", "key", "notification"};
	json_t *view = json_copy(json_object_get(message, "content"));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set(view, members[i], json_object_get(message, members[i]));
	return view;
}

json_t *message_test(const char *notification, const char *environment, const json_t *run,
		     int64_t now_ms, uint64_t random)
{
	_cleanup_free_ char *id = message_id(random, 0);
	_cleanup_free_ char *key = str_format("test/%s", id);
	_cleanup_json_ json_t *content = content_new(environment, run, "P3", now_ms);
	_cleanup_free_ char *title =
		str_format("%s: a test of '%s'", environment, notification);
	json_object_set_new(content, "title", json_string(title));
	json_object_set_new(content, "text",
			    json_string("This message tells nothing but that it arrived. "
					"Nothing has happened."));
	const struct message_facts facts = {
		.id = id,
		.notification = notification,
		.topic = "test",
		.severity = "P3",
		.environment = environment,
		.key = key,
		.content = content,
		.at_ms = now_ms,
	};
	return message_new(&facts);
}

/* 30 s, 1 min, 2 min … an hour: with twenty tries a channel may be away for half a day. */
int64_t message_retry_ms(int attempts, int64_t retry_after_ms)
{
	int64_t wait_ms = RETRY_LONGEST_MS;
	if (attempts >= MESSAGE_ATTEMPTS_MAX)
		return -1;
	if (attempts < 8)
		wait_ms = (int64_t)RETRY_FIRST_MS << (attempts > 1 ? attempts - 1 : 0);
	if (wait_ms > RETRY_LONGEST_MS)
		wait_ms = RETRY_LONGEST_MS;
	if (retry_after_ms > RETRY_ASKED_LONGEST_MS)
		retry_after_ms = RETRY_ASKED_LONGEST_MS;
	return retry_after_ms > wait_ms ? retry_after_ms : wait_ms;
}
