/* A channel on a wire of the test's: what it would send is kept, what it is answered is the test's choice.
 *
 *     struct wire *wire = wire_new();
 *     wire_answer(wire, 200, "{'ok': true}");
 *     struct sending s = send_message(&channel_slack, wire, SETTINGS, MESSAGE, LINK);
 *     … wire->args …
 *     sending_end(&s);
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <stdlib.h>
#include <string.h>

#include "belay/channel.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "effects/layer.h"
#include "test.h"

#define WIRE_NOW_MS (INT64_C(1700000000) * 1000)

struct wire {
	struct effects_layer layer;
	json_t *answer; /* of the next http effect */
	json_t *args;   /* of the last one */
	char *subject, *summary;
	int count;
	bool assumed; /* a dry run */
};

static int wire_perform(struct effects_layer *layer, const struct lane *lane,
			const struct effect *effect, json_t **ret_answer, struct err *err)
{
	struct wire *wire = (struct wire *)layer;
	(void)lane;
	(void)err;
	if (strcmp(effect->kind, "clock") == 0) {
		*ret_answer = json_pack("{s:I, s:I}", "now_ms", (json_int_t)WIRE_NOW_MS,
					"mono_ms", (json_int_t)0);
		return 0;
	}
	if (strcmp(effect->kind, "http") != 0) {
		test_check(false, effect->kind, TEST_AT);
		*ret_answer = json_object();
		return 0;
	}
	wire->count++;
	json_decref(wire->args);
	wire->args = json_deep_copy(effect->args);
	str_assign(&wire->subject, effect->subject);
	str_assign(&wire->summary, effect->summary);
	*ret_answer = wire->assumed ? json_pack("{s:b, s:i, s:{}, s:n}", "assumed", 1,
						"status", 0, "headers", "body")
				    : json_incref(wire->answer);
	return 0;
}

static void wire_release(struct effects_layer *layer)
{
	struct wire *wire = (struct wire *)layer;
	json_decref(wire->answer);
	json_decref(wire->args);
	free(wire->subject);
	free(wire->summary);
	free(wire);
}

static json_t *wire_json(const char *text)
{
	char *strict = mem_strdup(text);
	for (char *c = strict; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *value = json_loads(strict, JSON_DECODE_ANY, NULL);
	if (!value)
		test_check(false, strict, TEST_AT);
	free(strict);
	return value;
}

static struct wire *wire_new(void)
{
	static const struct effects_layer_ops ops = {
		.name = "wire", .perform = wire_perform, .release = wire_release};
	struct wire *wire = mem_new(struct wire);
	wire->layer.ops = &ops;
	wire->answer = wire_json("{'status': 200, 'headers': {}, 'body': null}");
	return wire;
}

__attribute__((unused)) static void wire_answer(struct wire *wire, int status,
						const char *body)
{
	json_decref(wire->answer);
	wire->answer = json_pack("{s:i, s:{}, s:o}", "status", status, "headers", "body",
				 wire_json(body));
}

struct sending {
	struct effects *fx;
	json_t *settings, *message, *given, *link;
	int64_t retry_after_ms;
	int result;
	struct err err;
};

/* settings, message and link (or NULL) are JSON text in which ' stands for ". Takes the wire. */
static struct sending send_message(const struct channel *channel, struct wire *wire,
				   const char *settings, json_t *message,
				   const char *link)
{
	struct sending s = {.fx = effects_new(&wire->layer),
			    .settings = wire_json(settings),
			    .message = message,
			    .given = link ? wire_json(link) : NULL};
	const struct config_notification notification = {
		.name = "ops", .channel = channel->name, .settings = s.settings};
	const struct channel_job job = {.notification = &notification,
					.message = s.message,
					.link = s.given,
					.now_ms = WIRE_NOW_MS};
	s.result = channel->send(s.fx, &job, &s.link, &s.retry_after_ms, &s.err);
	return s;
}

static void sending_end(struct sending *s)
{
	effects_free(s->fx);
	json_decref(s->settings);
	json_decref(s->message);
	json_decref(s->given);
	json_decref(s->link);
}

/* A message whose title, text and one field are the given text. */
__attribute__((unused)) static json_t *message_saying(const char *topic, const char *text)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, "
		"s:[{s:s, s:s}]}}",
		"id", "a1b2", "notification", "ops", "topic", topic, "severity", "P1",
		"environment", "production", "key", "deployment/d2", "at",
		"2026-11-21T09:52:03Z", "content", "title", text, "text", text, "version",
		"v2", "url", "https://ci.example/run/1", "actor", "ada", "at",
		"2026-11-21T09:52:03Z", "fields", "name", text, "value", text);
}

#endif
