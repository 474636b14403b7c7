/* What stands in front of an S3 server in tests (tests/peers/store-proxy.py), told what to do. */
#ifndef FRONT_H
#define FRONT_H

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "platform/http.h"
#include "platform/trust.h"
#include "test.h"

/* "/log", "/arm?fault=reset&at=3" … New reference. */
static inline json_t *front_ask(const char *path)
{
	const char *control = getenv("S3_CONTROL");
	if (!control)
		test_skip("S3_CONTROL is not set: nothing stands in front of a server");
	signal(SIGPIPE, SIG_IGN);
	struct trust *trust = trust_new();
	struct http_client *client = http_client_new(trust);
	struct http_response response = {0};
	struct err err = {0};
	json_t *answer = NULL;
	_cleanup_free_ char *url = str_format("%s%s", control, path);
	const struct http_request request = {.url = url,
					     .timeout_ms = 10000,
					     .max_body_bytes = 65536,
					     .max_header_bytes = 65536,
					     .stop = STOP_NEVER};
	CHECK_OK(http_perform(client, &request, &response, &err), &err);
	if (CHECK_INT_EQ(response.status, 200))
		answer = json_loadb(str_text(&response.body), response.body.len, 0, NULL);
	http_response_release(&response);
	http_client_free(client);
	trust_free(trust);
	return answer;
}

static inline void front_arm(const char *fault, size_t at)
{
	_cleanup_free_ char *path = str_format("/arm?fault=%s&at=%zu", fault, at);
	json_decref(front_ask(path));
}

static inline int64_t front_count(const char *what)
{
	_cleanup_json_ json_t *log = front_ask("/log");
	return json_get_int(log, what, -1);
}

#endif
