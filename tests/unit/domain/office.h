/* A post office for tests of messages: a configuration, a journal in memory, and a clock that the test
 * moves. What is told is routed and folded as a run would do it.
 *
 *     struct office o = office_open("notify: {ops: {webhook: {url: 'https://a.example'}}}\n", "ops");
 *     office_tell(&o, "degraded", NULL, "alert/api");
 *     char *told = office_send(&o);       // "ops:degraded "
 *     office_close(&o);
 */
#ifndef TEST_OFFICE_H
#define TEST_OFFICE_H

#include "belay/config.h"
#include "belay/message.h"
#include "belay/timefmt.h"
#include "journey.h"

#define OFFICE_MINUTE_MS INT64_C(60000)

struct office {
	struct journey j;
	struct config *config;
	struct message_rules rules;
	uint64_t random;
	int64_t now_ms;
};

/* What every channel of the tests hears by default. */
static const char *const *office_defaults(const char *channel)
{
	static const char *const topics[] = {"degraded", "recovered", "incident-opened",
					     "rolled-back", NULL};
	(void)channel;
	return topics;
}

/* `notify`: YAML of that section; `names`: those that production lists. */
__attribute__((unused)) static struct office office_open(const char *notify,
							 const char *names)
{
	struct office o = {.j = journey_begin("production"), .now_ms = JOURNEY_START_MS};
	struct err err = {0};
	char *text = str_format("version: 1\nenvironments: {production: {notify: [%s]}}\n"
				"%s",
				names, notify);
	CHECK_OK(config_parse(text, strlen(text), "belay.yml", &o.config, NULL, &err),
		 &err);
	free(text);
	o.rules = (struct message_rules){
		o.config, config_environment(o.config, "production"), office_defaults};
	return o;
}

__attribute__((unused)) static void office_close(struct office *o)
{
	journey_end(&o->j);
	config_free(o->config);
}

/* Folds an event now; takes data. */
static int office_fold(struct office *o, const char *type, json_t *data)
{
	struct journal_documents after;
	json_t *event = journal_event(o->j.documents.state, type, o->now_ms, o->j.run,
				      NULL, data);
	o->j.err = (struct err){0};
	int result = journal_reduce(&o->j.documents, event, &after, &o->j.err);
	if (result == 0) {
		journal_documents_release(&o->j.documents);
		o->j.documents = after;
		json_array_append(o->j.events, event);
	}
	json_decref(event);
	return result;
}

/* The events of an occasion, folded; for the caller to look at. New. */
__attribute__((unused)) static json_t *office_route(struct office *o,
						    const struct occasion *occasion)
{
	json_t *events = messages_route(&o->rules, o->j.documents.state, occasion,
					o->now_ms, ++o->random);
	size_t i;
	json_t *row;
	json_array_foreach(events, i, row)
		CHECK_OK(office_fold(o, json_get_string(row, "type", ""),
				     json_incref(json_object_get(row, "data"))),
			 &o->j.err);
	return events;
}

/* How many messages an occasion leads to. */
__attribute__((unused)) static size_t office_tell(struct office *o, const char *topic,
						  const char *severity, const char *key)
{
	json_t *content = json_pack("{s:s, s:s}", "title", topic, "text", "words");
	const struct occasion occasion = {
		.topic = topic, .severity = severity, .key = key, .content = content};
	json_t *events = office_route(o, &occasion);
	size_t count = 0, i;
	json_t *row;
	json_array_foreach(events, i, row)
		count += str_equal(json_get_string(row, "type", ""), "message.queued");
	json_decref(events);
	json_decref(content);
	return count;
}

__attribute__((unused)) static size_t office_waiting(const struct office *o)
{
	return json_array_size(json_object_get(o->j.documents.state, "outbox"));
}

/* Sends what is due, as run 4711, and gives it as "notification:topic " each. Fresh. */
__attribute__((unused)) static char *office_send(struct office *o)
{
	struct str text = STR_INIT;
	json_t *due = messages_due(o->j.documents.state, "4711", o->now_ms);
	size_t i;
	json_t *message;
	json_array_foreach(due, i, message) {
		json_t *data = json_pack("{s:O, s:n}", "message",
					 json_object_get(message, "id"), "ref");
		json_t *gathered = json_object_get(message, "gathered");
		if (gathered)
			json_object_set(data, "gathered", gathered);
		CHECK_OK(office_fold(o, "message.sent", data), &o->j.err);
		str_addf(&text, "%s:%s ", json_get_string(message, "notification", "?"),
			 json_get_string(message, "topic", "?"));
	}
	json_decref(due);
	return str_take(&text);
}

/* "2026-11-20T23:59:59Z" */
__attribute__((unused)) static void office_clock(struct office *o, const char *at)
{
	CHECK(time_parse(at, &o->now_ms) == 0);
}

#endif
