/* The webhook: what it sends by default, from templates, and with which headers. */
#include "notify/table.h"
#include "wire.h"

static const struct body_row {
	const char *name, *settings;
	const char *json, *body; /* as sent; NULL: none of that kind */
} bodies[] = {
	{"a value", "{'url': 'https://a.example', 'json': {'t': '{{.title}}', 'n': 5}}",
	 "{'t': 'it broke', 'n': 5}", NULL},
	{"a sole part", "{'url': 'https://a.example', 'json': '{{{a: .version}}}'}",
	 "{'a': 'v2'}", NULL},
	{"a text", "{'url': 'https://a.example', 'body': '{{.topic}}: {{.title}}'}", NULL,
	 "rolled-back: it broke"},
	{"a text that gives no text",
	 "{'url': 'https://a.example', 'body': '{{.fields}}'}", NULL,
	 "[{\"name\":\"it broke\",\"value\":\"it broke\"}]"},
};

TEST(bodies_come_from_templates)
{
	FOR_ROWS(row, bodies) {
		struct wire *wire = wire_new();
		struct sending s =
			send_message(&channel_webhook, wire, row->settings,
				     message_saying("rolled-back", "it broke"), NULL);
		CHECK_OK(s.result, &s.err);
		const json_t *json = json_object_get(wire->args, "json");
		if (row->json)
			CHECK_JSON_EQ(json, row->json);
		else
			CHECK_NULL(json);
		CHECK_STR_EQ(json_get_string(wire->args, "body", NULL), row->body);
		sending_end(&s);
	}
}

TEST(without_a_template_the_message_is_the_body)
{
	struct wire *wire = wire_new();
	struct sending s =
		send_message(&channel_webhook, wire, "{'url': 'https://a.example'}",
			     message_saying("rolled-back", "it broke"), NULL);
	const json_t *json = json_object_get(wire->args, "json");
	CHECK_STR_EQ(json_get_string(json, "id", ""), "a1b2");
	CHECK_STR_EQ(json_get_string(json, "topic", ""), "rolled-back");
	CHECK_STR_EQ(json_get_string(json, "key", ""), "deployment/d2");
	CHECK_STR_EQ(json_get_string(json, "title", ""), "it broke");
	CHECK_NULL(json_object_get(json, "claimed_by"));
	sending_end(&s);
}

static const struct header_row {
	const char *name, *settings, *headers;
} headers[] = {
	{"of every message", "{'url': 'https://a.example'}",
	 "{'Content-Type': 'application/json', 'User-Agent': 'belay', 'Idempotency-Key': "
	 "'a1b2', 'X-Belay-Delivery': 'a1b2', 'X-Belay-Topic': 'degraded'}"},
	{"of a text", "{'url': 'https://a.example', 'body': 'x'}",
	 "{'Content-Type': 'text/plain; charset=utf-8', 'User-Agent': 'belay', "
	 "'Idempotency-Key': 'a1b2', 'X-Belay-Delivery': 'a1b2', 'X-Belay-Topic': "
	 "'degraded'}"},
	{"what was asked for wins",
	 "{'url': 'https://a.example', 'headers': {'content-type': 'text/csv', "
	 "'Authorization': {'$secret': {'env': 'T'}, 'prefix': 'Bearer '}, "
	 "'IDEMPOTENCY-KEY': 'mine'}}",
	 "{'content-type': 'text/csv', 'Authorization': {'$secret': {'env': 'T'}, "
	 "'prefix': 'Bearer '}, 'IDEMPOTENCY-KEY': 'mine', 'User-Agent': 'belay', "
	 "'X-Belay-Delivery': 'a1b2', 'X-Belay-Topic': 'degraded'}"},
};

TEST(headers_tell_a_repetition_from_news)
{
	FOR_ROWS(row, headers) {
		struct wire *wire = wire_new();
		struct sending s = send_message(&channel_webhook, wire, row->settings,
						message_saying("degraded", "x"), NULL);
		CHECK_JSON_EQ(json_object_get(wire->args, "headers"), row->headers);
		sending_end(&s);
	}
}

TEST(settings_go_to_the_seam_as_they_are)
{
	struct wire *wire = wire_new();
	struct sending s = send_message(
		&channel_webhook, wire,
		"{'url': {'$secret': {'env': 'HOOK'}}, 'method': 'PUT', 'sign': {'secret': "
		"{'$secret': {'env': 'KEY'}}, 'header': 'X-Sig', 'prefix': 'v1='}, 'basic': "
		"{'user': 'u', 'password': {'$secret': {'env': 'P'}}}, 'tls': {'verify': true}}",
		message_saying("degraded", "x"), NULL);
	CHECK_STR_EQ(json_get_string(wire->args, "method", ""), "PUT");
	CHECK_JSON_EQ(json_object_get(wire->args, "url"), "{'$secret': {'env': 'HOOK'}}");
	CHECK_JSON_EQ(json_object_get(wire->args, "sign"),
		      "{'secret': {'$secret': {'env': 'KEY'}}, 'header': 'X-Sig', "
		      "'prefix': 'v1='}");
	CHECK_JSON_EQ(json_at(wire->args, "/basic/password"),
		      "{'$secret': {'env': 'P'}}");
	CHECK_JSON_EQ(json_at(wire->args, "/tls/verify"), "true");
	sending_end(&s);
}

TEST(a_bad_template_is_named_and_nothing_is_sent)
{
	struct wire *wire = wire_new();
	struct sending s = send_message(
		&channel_webhook, wire,
		"{'url': 'https://a.example', 'json': {'text': '{{.title |}}'}}",
		message_saying("degraded", "x"), NULL);
	CHECK_FAILS(s.result, &s.err, ERR_CONFIG,
		    "notify.ops.webhook.json: text: template part");
	CHECK_INT_EQ(wire->count, 0);
	sending_end(&s);
}
