/* Requests to a JSON service: what is repeated, how long is waited, what a refusal says, limits, ETags. */
#include "belay/api.h"

#include "../check/world.h"
#include "api_parts.h"
#include "belay/str.h"
#include "test.h"

#define CUT "{'status': 0, 'error': {'code': 'reset', 'message': 'connection reset'}}"
#define REFUSED                                                                          \
	"{'status': 0, 'error': {'code': 'refused', 'message': 'connection refused'}}"
#define GOOD "{'status': 200, 'headers': {}, 'body': {'ok': true}}"

static const struct row {
	const char *name;
	const char *method;
	bool is_look, repeatable;
	const char *script; /* answers, the last one repeats */
	int tries;
	enum err_code code; /* ERR_NONE: it works */
	enum api_sent sent;
	const char *slept; /* NULL: not at all */
	const char *message;
} rows[] = {
	{"a look works", "GET", .script = GOOD, .tries = 1},
	{"a look is repeated after a reset", "GET", .script = CUT "," CUT "," GOOD,
	 .tries = 3, .slept = "[375, 750]"},
	{"an act is not", "POST", .script = CUT "," GOOD, .tries = 1, .code = ERR_NET,
	 .sent = API_UNKNOWN,
	 .message =
		 "Service gives no answer to 'POST /x': connection reset; it is not known "
		 "whether it took effect"},
	{"a POST that is a look is", "POST", .is_look = true, .script = CUT "," GOOD,
	 .tries = 2, .slept = "[375]"},
	{"an act that may be repeated is", "PUT", .repeatable = true,
	 .script = CUT "," GOOD, .tries = 2, .sent = API_UNKNOWN, .slept = "[375]"},
	{"an act that never arrived is", "POST", .script = REFUSED "," GOOD, .tries = 2,
	 .slept = "[375]"},
	{"429 with Retry-After", "POST",
	 .script = "{'status': 429, 'headers': {'retry-after': '7'}}," GOOD, .tries = 2,
	 .slept = "[7000]"},
	{"429 without it", "POST", .script = "{'status': 429, 'headers': {}}," GOOD,
	 .tries = 2, .slept = "[375]"},
	{"Retry-After as a date, by the service's clock", "GET",
	 .script = "{'status': 503, 'headers': {"
		   "'retry-after': 'Sun, 06 Nov 1994 08:49:47 GMT',"
		   "'date': 'Sun, 06 Nov 1994 08:49:37 GMT'}}," GOOD,
	 .tries = 2, .slept = "[10000]"},
	{"Retry-After in the past", "GET",
	 .script = "{'status': 503, 'headers': {"
		   "'retry-after': 'Sun, 06 Nov 1994 08:49:27 GMT',"
		   "'date': 'Sun, 06 Nov 1994 08:49:37 GMT'}}," GOOD,
	 .tries = 2, .slept = "[375]"},
	{"Retry-After: 0 is no reason to hurry", "GET",
	 .script = "{'status': 503, 'headers': {'retry-after': '0'}}," GOOD, .tries = 2,
	 .slept = "[375]"},
	{"Retry-After that is neither", "GET",
	 .script = "{'status': 503, 'headers': {'retry-after': 'soon'}}," GOOD,
	 .tries = 2, .slept = "[375]"},
	{"503 with Retry-After was not taken", "POST",
	 .script = "{'status': 503, 'headers': {'retry-after': '2'}}," GOOD, .tries = 2,
	 .slept = "[2000]"},
	{"503 without it may have been", "POST", .script = "{'status': 503}," GOOD,
	 .tries = 1, .code = ERR_NET, .sent = API_UNKNOWN},
	{"500 may have been", "DELETE", .script = "{'status': 500, 'body': {}}," GOOD,
	 .tries = 1, .code = ERR_NET, .sent = API_UNKNOWN},
	{"the reset time of a limit that is used up", "POST",
	 .script = "{'status': 403, 'headers': {'x-ratelimit-remaining': '0',"
		   " 'x-ratelimit-limit': '60', 'x-ratelimit-reset': '784111787',"
		   " 'date': 'Sun, 06 Nov 1994 08:49:37 GMT'}}," GOOD,
	 .tries = 2, .slept = "[10000]"},
	{"403 otherwise is final", "POST",
	 .script = "{'status': 403, 'headers': {'x-ratelimit-remaining': '12'},"
		   " 'body': {'message': 'no'}}",
	 .tries = 1, .code = ERR_AUTH,
	 .message = "Service answers 'POST /x' with 403: no"},
	{"longer than the patience", "GET",
	 .script = "{'status': 429, 'headers': {'retry-after': '61'}}", .tries = 1,
	 .code = ERR_LIMIT},
	{"until the patience is over", "GET", .script = CUT, .tries = 10, .code = ERR_NET,
	 .slept = "[375, 750, 1500, 3000, 6000, 11250, 11250, 11250, 11250]"},
	{"a certificate that is wrong stays wrong", "GET",
	 .script = "{'status': 0, 'error': {'code': 'tls', 'message': 'expired'}}",
	 .tries = 1, .code = ERR_NET},
	{"no TLS, nothing sent", "POST",
	 .script = "{'status': 0, 'tls_ms': 0, 'first_byte_ms': 0,"
		   " 'error': {'code': 'tls', 'message': 'expired'}}",
	 .tries = 1, .code = ERR_NET, .sent = API_NOT_TAKEN},
	{"a timeout may have been taken", "POST",
	 .script = "{'status': 0, 'error': {'code': 'timeout', 'message': 'too slow'}}",
	 .tries = 1, .code = ERR_TIMEOUT, .sent = API_UNKNOWN},
	{"401", "GET", .script = "{'status': 401, 'body': {'message': 'who?'}}",
	 .tries = 1, .code = ERR_AUTH},
	{"404", "GET", .script = "{'status': 404}", .tries = 1, .code = ERR_NOT_FOUND,
	 .message = "Service answers 'GET /x' with 404"},
	{"409", "PUT", .script = "{'status': 409}", .tries = 1, .code = ERR_STATE},
	{"422 with its details", "POST",
	 .script =
		 "{'status': 422, 'body': {'message': 'Validation Failed', 'errors': ["
		 "{'message': 'too long'}, {'field': 'name', 'code': 'missing'}, 'odd']}}",
	 .tries = 1, .code = ERR_CONFIG,
	 .message = "with 422: Validation Failed; too long; name: missing; odd"},
	{"an error of the seam", "POST", .script = "{'fail': 'config'}", .tries = 1,
	 .code = ERR_CONFIG, .message = "Service: scripted"},
	{"cancelled", "GET", .script = "{'fail': 'cancelled'}", .tries = 1,
	 .code = ERR_CANCELLED},
	{"supposed", "POST", .script = "{'assumed': true}", .tries = 1},
};

static struct effects *service(const char *answers, struct api *api, struct world **world)
{
	_cleanup_free_ char *script = str_format("{'Service': [%s]}", answers);
	api_init(api, "Service", "https://s.example/base/");
	return world_new(script, world);
}

TEST(repeats_what_is_safe)
{
	FOR_ROWS(row, rows) {
		struct world *world;
		struct api api;
		_cleanup_(effects_freep) struct effects *fx =
			service(row->script, &api, &world);
		_cleanup_json_ json_t *body = NULL;
		enum api_sent sent = API_NOT_TAKEN;
		struct err err = {0};
		const struct api_request request = {.method = row->method,
						    .path = "/x",
						    .summary = "do it",
						    .is_look = row->is_look,
						    .repeatable = row->repeatable};
		int result = api_request(&api, fx, &request, &body, &sent, &err);
		const json_t *slept = json_object_get(world->slept, "");
		CHECK_INT_EQ(json_array_size(world->asked), row->tries);
		CHECK_INT_EQ(api.rate.requests, row->tries);
		CHECK_INT_EQ(sent, row->sent);
		if (row->code)
			CHECK_FAILS(result, &err, row->code,
				    row->message ? row->message : "");
		else
			CHECK_OK(result, &err);
		if (row->slept)
			CHECK_JSON_EQ(slept, row->slept);
		else
			CHECK_NULL(slept);
		api_release(&api);
	}
}

TEST(asks_to_wait_longer_than_one_can)
{
	struct world *world;
	struct api api;
	struct err err = {0};
	_cleanup_(effects_freep) struct effects *fx = service(
		"{'status': 429, 'headers': {'retry-after': '3600'}}", &api, &world);
	const struct api_request request = {.method = "GET", .path = "/x"};
	CHECK_FAILS(api_request(&api, fx, &request, NULL, NULL, &err), &err, ERR_LIMIT,
		    "429");
	CHECK_INT_EQ(err.retry_after_ms, 3600000);
	CHECK_STR_HAS(err.hint, "Service asks to wait 1h");
	api_release(&api);
}

/* What goes through the seam. */
TEST(a_request_as_an_effect)
{
	struct world *world;
	struct api api;
	struct err err = {0};
	_cleanup_(effects_freep) struct effects *fx = service(GOOD, &api, &world);
	_cleanup_json_ json_t *token = world_json("{'$secret': {'env': 'T'}}");
	_cleanup_json_ json_t *json = world_json("{'a': 1}");
	_cleanup_json_ json_t *secrets = world_json("{'b': {'$secret': {'env': 'B'}}}");
	const struct api_request request = {.method = "POST",
					    .path = "/x?y=1",
					    .json = json,
					    .secrets = secrets,
					    .summary = "do it"};
	json_decref(api.headers);
	api.headers = json_object();
	api.basic = world_json("{'user': 'u', 'password': {'$secret': {'env': 'P'}}}");
	api_bearer(&api, token);
	CHECK_OK(api_request(&api, fx, &request, NULL, NULL, &err), &err);
	const json_t *asked = json_array_get(world->asked, 0);
	CHECK(json_get_bool(asked, "act", false));
	CHECK_JSON_EQ(
		json_object_get(asked, "args"),
		"{'method': 'POST', 'url': 'https://s.example/base/x?y=1', 'json': {'a': 1},"
		" 'json_secrets': {'b': {'$secret': {'env': 'B'}}},"
		" 'headers': {'Authorization': {'$secret': {'env': 'T'}, 'prefix': 'Bearer '}},"
		" 'basic': {'user': 'u', 'password': {'$secret': {'env': 'P'}}},"
		" 'timeout_ms': 20000, 'max_redirects': 0, 'max_body_bytes': 8388608}");
	api_release(&api);
}

TEST(remembers_by_etag)
{
	struct world *world;
	struct api api;
	struct err err = {0};
	_cleanup_(effects_freep) struct effects *fx = service(
		"{'status': 200, 'headers': {'etag': '\\\"1\\\"'}, 'body': {'n': 1}},"
		"{'status': 304, 'headers': {}, 'body': ''},"
		"{'status': 200, 'headers': {'etag': '\\\"2\\\"'}, 'body': {'n': 2}}",
		&api, &world);
	const struct api_request request = {.method = "GET", .path = "/x"};
	static const int want[] = {1, 1, 2};
	api.cache = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		_cleanup_json_ json_t *body = NULL;
		if (!CHECK_OK(api_request(&api, fx, &request, &body, NULL, &err), &err))
			break;
		CHECK_INT_EQ(json_get_int(body, "n", 0), want[i]);
		json_object_set_new(body, "n", json_integer(99)); /* the caller's own */
	}
	const json_t *second = json_array_get(world->asked, 1);
	CHECK_STR_EQ(json_string_value(json_at(second, "/args/headers/If-None-Match")),
		     "\"1\"");
	CHECK_NULL(
		json_at(json_array_get(world->asked, 0), "/args/headers/If-None-Match"));
	api_release(&api);
}

static const struct list_row {
	const char *name, *script, *member;
	size_t limit;
	const char *items;
	const char *urls; /* all but the first */
} lists[] = {
	{"one page", "{'status': 200, 'body': [1, 2]}", NULL, 9, "[1, 2]", "[]"},
	{"Link header",
	 "{'status': 200, 'headers': {'link': '<https://s.example/base/x?page=9>; "
	 "rel=\\\"last\\\", <https://s.example/base/x?page=2>; rel=\\\"next\\\"'}, 'body': [1]},"
	 "{'status': 200, 'headers': {}, 'body': [2]}",
	 NULL, 9, "[1, 2]", "['https://s.example/base/x?page=2']"},
	{"a link that leads elsewhere",
	 "{'status': 200, 'headers': {'link': '<https://evil.example/x>; rel=\\\"next\\\"'},"
	 " 'body': [1]}",
	 NULL, 9, "[1]", "[]"},
	{"a link that only begins like us",
	 "{'status': 200, 'headers': {'link': '<https://s.example/basement>; "
	 "rel=\\\"next\\\"'}, 'body': [1]}",
	 NULL, 9, "[1]", "[]"},
	{"links in the body",
	 "{'status': 200, 'body': {'rows': [1], 'links': {'pages': {'next':"
	 " 'https://elsewhere.example/y?page=2'}}}}, {'status': 200, 'body': {'rows': [2],"
	 " 'links': {}}}",
	 "rows", 9, "[1, 2]", "['https://s.example/base/y?page=2']"},
	{"links in the body, below our own address",
	 "{'status': 200, 'body': {'rows': [1], 'links': {'pages': {'next':"
	 " 'https://s.example/base/x?page=2'}}}}, {'status': 200, 'body': {'rows': [2]}}",
	 "rows", 9, "[1, 2]", "['https://s.example/base/x?page=2']"},
	{"no more than wanted",
	 "{'status': 200, 'body': {'rows': [1, 2, 3], 'links': {'pages': {'next':"
	 " 'https://s.example/y?page=2'}}}}",
	 "rows", 2, "[1, 2]", "[]"},
	{"not a list", "{'status': 200, 'body': 'hello'}", NULL, 9, "[]", "[]"},
	{"supposed", "{'assumed': true}", "rows", 9, "[]", "[]"},
};

TEST(lists_come_in_pages)
{
	FOR_ROWS(row, lists) {
		struct world *world;
		struct api api;
		struct err err = {0};
		_cleanup_(effects_freep) struct effects *fx =
			service(row->script, &api, &world);
		_cleanup_json_ json_t *items = NULL;
		_cleanup_json_ json_t *urls = json_array();
		if (CHECK_OK(api_list(&api, fx, "/x", row->member, row->limit, &items,
				      &err),
			     &err))
			CHECK_JSON_EQ(items, row->items);
		for (size_t i = 1; i < json_array_size(world->asked); i++)
			json_array_append(urls, json_at(json_array_get(world->asked, i),
							"/args/url"));
		CHECK_JSON_EQ(urls, row->urls);
		api_release(&api);
	}
}

TEST(a_list_that_never_ends_is_left)
{
	struct world *world;
	struct api api;
	struct err err = {0};
	_cleanup_json_ json_t *items = NULL;
	_cleanup_(effects_freep) struct effects *fx =
		service("{'status': 200, 'body': {'rows': [], 'links': {'pages': {'next':"
			" 'https://s.example/base/x'}}}}",
			&api, &world);
	CHECK_OK(api_list(&api, fx, "/x", "rows", 5, &items, &err), &err);
	CHECK_INT_EQ(json_array_size(world->asked), 200);
	api_release(&api);
}

static const struct rate_row {
	const char *name, *headers;
	int64_t limit, remaining, reset_ms;
} rates[] = {
	{"nothing said", "{}", -1, -1, -1},
	{"DigitalOcean",
	 "{'ratelimit-limit': '5000', 'ratelimit-remaining': '4999',"
	 " 'ratelimit-reset': '1800000000'}",
	 5000, 4999, INT64_C(1800000000000)},
	{"GitHub",
	 "{'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '0',"
	 " 'x-ratelimit-reset': '1800000000'}",
	 1000, 0, INT64_C(1800000000000)},
	{"seconds from now", "{'ratelimit-reset': '30'}", -1, -1, 1030000},
	{"nonsense", "{'ratelimit-limit': 'many', 'ratelimit-reset': '-5'}", -1, -1, -1},
};

TEST(limits_are_read)
{
	FOR_ROWS(row, rates) {
		struct api_rate rate = {.limit = -1, .remaining = -1, .reset_ms = -1};
		_cleanup_free_ char *text =
			str_format("{'status': 200, 'headers': %s}", row->headers);
		_cleanup_json_ json_t *answer = world_json(text);
		api_answer_read_rate(answer, 1000000, &rate);
		CHECK_INT_EQ(rate.limit, row->limit);
		CHECK_INT_EQ(rate.remaining, row->remaining);
		CHECK_INT_EQ(rate.reset_ms, row->reset_ms);
	}
}

static const struct date_row {
	const char *name, *text;
	int64_t at_ms; /* -1: not a date */
} dates[] = {
	{"IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000)},
	{"another zone", "Sun, 06 Nov 1994 08:49:37 CET", -1},
	{"no such month", "Sun, 06 Nox 1994 08:49:37 GMT", -1},
	{"no such day", "Sun, 32 Nov 1994 08:49:37 GMT", -1},
	{"RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", -1},
	{"empty", "", -1},
};

TEST(dates_of_http)
{
	FOR_ROWS(row, dates) {
		int64_t at_ms = -1;
		CHECK_INT_EQ(api_parse_http_date(row->text, &at_ms),
			     row->at_ms < 0 ? -1 : 0);
		CHECK_INT_EQ(at_ms, row->at_ms);
	}
}

TEST(text_in_a_path)
{
	_cleanup_free_ char *escaped = api_escape("a/b c?ü.~");
	_cleanup_free_ char *empty = api_escape("");
	CHECK_STR_EQ(escaped, "a%2Fb%20c%3F%C3%BC.~");
	CHECK_STR_EQ(empty, "");
}

static void explain(const struct api *api, const char *method, const char *path,
		    const json_t *answer, struct err *err)
{
	CHECK_STR_EQ(api->name, "Service");
	CHECK_STR_EQ(method, "GET");
	CHECK_STR_EQ(path, "/x?q=1");
	CHECK_INT_EQ(json_get_int(answer, "status", 0), 403);
	err_hint(err, "ask ada");
}

TEST(a_service_explains_itself)
{
	struct world *world;
	struct api api;
	struct err err = {0};
	_cleanup_(effects_freep) struct effects *fx =
		service("{'status': 403}", &api, &world);
	const struct api_request request = {.method = "GET", .path = "/x?q=1"};
	api.explain = explain;
	CHECK_FAILS(api_request(&api, fx, &request, NULL, NULL, &err), &err, ERR_AUTH,
		    "'GET /x' with 403");
	CHECK_STR_EQ(err.hint, "ask ada");
	api_release(&api);
}
