/* room: client
 * One way to talk to a service that speaks JSON over HTTP: GitHub, DigitalOcean, Slack, Jira …
 *
 * A client (`struct api`) knows where the service is, how one logs in, how long a request may take
 * and how it counts its limits. api_request() sends one request through the seam, waits and repeats
 * where that is safe, and turns a refusal into one line for people.
 *
 * What is repeated. A look (GET, HEAD) and a `repeatable` act: after no answer, a cut one, 429 and
 * 5xx. Any other act: only when the answer proves that it was not taken (429 and 503 with
 * Retry-After, connection refused, name not resolved). Waits follow Retry-After and the reset time
 * that the service names, else back off with jitter; all of it ends after `patience_ms`.
 *
 * An act whose answer never came may have happened: then *ret_sent says so and the message ends with
 * "it is not known whether it took effect". Whoever asked looks before asking again.
 */
#ifndef BELAY_API_H
#define BELAY_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/effects.h"
#include "belay/err.h"

/* What a service says about its limits, from the answers' headers; -1 = it did not say. */
struct api_rate {
	int64_t limit, remaining;
	int64_t reset_ms; /* wall clock: when `remaining` is full again */
	int64_t requests; /* sent by this client */
};

struct api {
	const char *name; /* "GitHub": for messages */
	char *base_url;   /* without a '/' at its end; owned */
	json_t *headers;  /* of every request: name → text or secret reference; owned */
	json_t *tls;      /* the http effect's `tls`, or NULL; owned */
	json_t *basic;    /* the http effect's `basic`, or NULL; owned */
	int64_t timeout_ms;  /* for one try */
	int64_t patience_ms; /* for all tries of one request */
	struct api_rate rate;
	/* The service's own words for a refusal (a permission to add, a scope that is missing): may
	 * replace message and hint of *err. `answer` is the http effect's, with status and headers. NULL
	 * when there are none. */
	void (*explain)(const struct api *api, const char *method, const char *path,
			const json_t *answer, struct err *err);
	/* Remembered answers by path, for ETags: {path: {etag, body}}; owned; NULL = none are kept. */
	json_t *cache;
};

/* Defaults: 20 s a try, 60 s in all, no headers but Accept and User-Agent. */
void api_init(struct api *api, const char *name, const char *base_url);
void api_release(struct api *api);
/* "Authorization: Bearer <secret>". `reference` is {"$secret": …}, borrowed. */
void api_bearer(struct api *api, const json_t *reference);

struct api_request {
	const char *method; /* "GET" */
	const char *path;   /* "/v2/apps/…", with its query; begins with '/' */
	const json_t *json; /* body, or NULL */
	const char *text;   /* body that is no JSON (its type: api.headers), or NULL */
	/* Members of a JSON body that are secrets (name → reference), or NULL. */
	const json_t *secrets;
	const char *summary; /* for people and dry runs; required unless it is a look */
	const char *subject; /* what it touches, or NULL */
	bool is_look; /* a POST that changes nothing (validate): made in a dry run as well */
	bool repeatable; /* doing it twice is doing it once */
};

/* How far an act got, when it failed. */
enum api_sent {
	API_NOT_TAKEN, /* it did not happen */
	API_UNKNOWN,   /* it may have happened */
};

/* Sends one request. *ret_body (may be NULL): new reference, the answer's body as JSON; json_null()
 * for an empty one. In a dry run an act answers {"assumed": true}.
 * Errors: ERR_AUTH 401, 403 · ERR_NOT_FOUND 404, 410 · ERR_STATE 409, 412 · ERR_CONFIG 400, 422 ·
 * ERR_LIMIT 429 · ERR_NET 5xx and no answer · ERR_TIMEOUT · ERR_CANCELLED. Blocks. */
int api_request(struct api *api, struct effects *fx, const struct api_request *request,
		json_t **ret_body, enum api_sent *ret_sent, struct err *err);

/* A list that comes in pages: follows rel="next" of the Link header, or links.pages.next of the body
 * (`member` names the array in it; NULL: the body is the array). At most `limit` items. */
int api_list(struct api *api, struct effects *fx, const char *path, const char *member,
	     size_t limit, json_t **ret_items, struct err *err);

/* How long an answer of the http effect asks to be left alone (Retry-After in both forms, rate limits),
 * by the service's own clock (the Date header), else by `now_ms`. -1 when it did not say. */
int64_t api_answer_wait_ms(const json_t *answer, int64_t now_ms);

/* Text as one segment of a path or value of a query. Fresh string. */
char *api_escape(const char *text);

#endif
