/* One request to a service: the tries it takes, and what is remembered between requests (limits,
 * ETags). What an answer means is in api_answer.c.
 */
#include "belay/api.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api_parts.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/version.h"

#define TIMEOUT_MS 20000
#define PATIENCE_MS 60000
#define FIRST_PAUSE_MS 500
#define LONGEST_PAUSE_MS 15000
#define MAX_BODY_BYTES (8 << 20)

void api_init(struct api *api, const char *name, const char *base_url)
{
	size_t len = strlen(base_url);
	while (len && base_url[len - 1] == '/')
		len--;
	*api = (struct api){
		.name = name,
		.base_url = mem_strndup(base_url, len),
		.timeout_ms = TIMEOUT_MS,
		.patience_ms = PATIENCE_MS,
		.rate = {.limit = -1, .remaining = -1, .reset_ms = -1},
	};
	_cleanup_free_ char *agent = str_format("belay/%s", belay_version);
	api->headers = json_pack("{s:s, s:s}", "Accept", "application/json", "User-Agent",
				 agent);
}

void api_release(struct api *api)
{
	free(api->base_url);
	json_decref(api->headers);
	json_decref(api->tls);
	json_decref(api->basic);
	json_decref(api->cache);
	*api = (struct api){0};
}

void api_bearer(struct api *api, const json_t *reference)
{
	json_t *value = json_deep_copy(reference);
	json_object_set_new(value, "prefix", json_string("Bearer "));
	json_object_set_new(api->headers, "Authorization", value);
}

/* --- one try --------------------------------------------------------------------------------- */

static bool is_get(const struct api_request *request)
{
	return strcmp(request->method, "GET") == 0;
}

static bool is_look(const struct api_request *request)
{
	return request->is_look || is_get(request) ||
	       strcmp(request->method, "HEAD") == 0;
}

/* {etag, body, next} of the last good answer to this GET, or NULL. */
static const json_t *remembered(const struct api *api, const struct api_request *request)
{
	return is_get(request) ? json_object_get(api->cache, request->path) : NULL;
}

static void set_if(json_t *args, const char *name, const json_t *value)
{
	if (value)
		json_object_set(args, name, (json_t *)value);
}

static json_t *arguments(const struct api *api, const struct api_request *request)
{
	_cleanup_free_ char *url = str_format("%s%s", api->base_url, request->path);
	json_t *headers = json_copy(api->headers);
	const json_t *known = remembered(api, request);
	if (known)
		json_object_set(headers, "If-None-Match", json_object_get(known, "etag"));
	json_t *args =
		json_pack("{s:s, s:s, s:o, s:I, s:i, s:i}", "method", request->method,
			  "url", url, "headers", headers, "timeout_ms",
			  (json_int_t)api->timeout_ms, "max_redirects",
			  is_look(request) ? 3 : 0, "max_body_bytes", MAX_BODY_BYTES);
	set_if(args, "json", request->json);
	set_if(args, "json_secrets", request->secrets);
	set_if(args, "tls", api->tls);
	set_if(args, "basic", api->basic);
	if (request->text)
		json_object_set_new(args, "body", json_string(request->text));
	return args;
}

static int try_once(struct api *api, struct effects *fx,
		    const struct api_request *request, json_t **ret_answer,
		    struct err *err)
{
	_cleanup_json_ json_t *args = arguments(api, request);
	_cleanup_free_ char *words = str_format("%s %s", request->method, request->path);
	const struct effect effect = {
		.kind = "http",
		.mode = is_look(request) ? EFFECT_OBSERVE : EFFECT_ACT,
		.args = args,
		.subject = request->subject ? request->subject : api->name,
		.summary = request->summary ? request->summary : words,
	};
	api->rate.requests++;
	if (effects_perform(fx, &effect, ret_answer, err) < 0)
		return err_wrap(err, "%s", api->name);
	return 0;
}

/* --- several --------------------------------------------------------------------------------- */

/* The tries of one request. */
struct tries {
	int64_t begun_ms; /* monotonic */
	int count;
	enum api_sent sent; /* stays unknown once a try has left it open */
};

static int64_t backoff_ms(struct effects *fx, int count)
{
	int64_t pause_ms = FIRST_PAUSE_MS;
	for (int i = 1; i < count && pause_ms < LONGEST_PAUSE_MS; i++)
		pause_ms *= 2;
	if (pause_ms > LONGEST_PAUSE_MS)
		pause_ms = LONGEST_PAUSE_MS;
	/* Between half of it and all of it, so that many who failed together come back apart. */
	int64_t share = (int64_t)(effects_random(fx) >> 32); /* of 2^32 */
	return pause_ms / 2 + (pause_ms / 2 * share >> 32);
}

static int refuse_to_wait(const struct api *api, int64_t wait_ms, struct err *err)
{
	_cleanup_str_ struct str text = STR_INIT;
	duration_add(&text, wait_ms);
	err->retry_after_ms = wait_ms;
	return err_hint(err, "%s asks to wait %s: run it again after that", api->name,
			str_text(&text));
}

/* Waits before the next try. -1 with *err when there is to be none. */
static int wait_for_next(const struct api *api, struct effects *fx,
			 const struct api_request *request, const json_t *answer,
			 const struct tries *tries, struct err *err)
{
	bool again = is_look(request) || request->repeatable ||
		     api_answer_sent(answer) == API_NOT_TAKEN;
	if (!again || !api_answer_may_pass(answer))
		return api_answer_refuse(api, request, answer, err);
	int64_t asked_ms = api_answer_wait_ms(answer, effects_now_ms(fx));
	/* "At once" is what an overloaded service says that has no better idea. */
	int64_t wait_ms = asked_ms > 0 ? asked_ms : backoff_ms(fx, tries->count);
	int64_t spent_ms = effects_mono_ms(fx) - tries->begun_ms;
	if (spent_ms + wait_ms > api->patience_ms) {
		api_answer_refuse(api, request, answer, err);
		return asked_ms > 0 ? refuse_to_wait(api, asked_ms, err) : -1;
	}
	return effects_sleep(fx, wait_ms, err);
}

static int say_unknown(struct err *err)
{
	struct err why = *err;
	err_set(err, why.code, "%s; it is not known whether it took effect", why.message);
	err->retry_after_ms = why.retry_after_ms;
	memcpy(err->hint, why.hint, sizeof err->hint);
	return -1;
}

static int perform(struct api *api, struct effects *fx, const struct api_request *request,
		   struct tries *tries, json_t **ret_answer, struct err *err)
{
	tries->begun_ms = effects_mono_ms(fx);
	for (;;) {
		_cleanup_json_ json_t *answer = NULL;
		tries->count++;
		if (try_once(api, fx, request, &answer, err) < 0)
			return -1;
		api_answer_read_rate(answer, effects_now_ms(fx), &api->rate);
		if (answer_is_assumed(answer) || api_answer_is_good(answer)) {
			*ret_answer = TAKE_PTR(answer);
			return 0;
		}
		if (!is_look(request) && api_answer_sent(answer) == API_UNKNOWN)
			tries->sent = API_UNKNOWN;
		if (wait_for_next(api, fx, request, answer, tries, err) < 0)
			return -1;
	}
}

/* --- what a good answer holds -------------------------------------------------------------------- */

/* Behind the service's own address, or NULL when the URL is not below it. */
static const char *path_below(const struct api *api, const char *url)
{
	size_t len = strlen(api->base_url);
	return strncmp(url, api->base_url, len) == 0 && url[len] == '/' ? url + len
									: NULL;
}

/* The path of rel="next" in a Link header (RFC 8288), when it leads to the same service. Fresh, or
 * NULL. */
static char *next_of_link(const struct api *api, const char *link)
{
	for (const char *at = link ? strchr(link, '<') : NULL; at; at = strchr(at, '<')) {
		const char *url = at + 1;
		size_t len = strcspn(url, ">");
		at = url + len;
		size_t params = strcspn(at, "<");
		const char *rel = strstr(at, "rel=\"next\"");
		const char *path = path_below(api, url);
		if (rel && rel <= at + params && path)
			return mem_strndup(path, (size_t)(url + len - path));
	}
	return NULL;
}

/* The same of a body: {links: {pages: {next: URL}}}. Another host in it (that of the real service, told
 * by what stands in front of it) is not gone to: only path and query are taken. Fresh, or NULL. */
static char *next_of_body(const struct api *api, const json_t *body)
{
	const char *url = json_string_value(json_at(body, "/links/pages/next"));
	const char *host = url ? strstr(url, "://") : NULL;
	const char *path = url ? path_below(api, url) : NULL;
	if (!path && host)
		path = strchr(host + 3, '/');
	return path ? mem_strdup(path) : NULL;
}

static json_t *body_of(const json_t *answer)
{
	json_t *body = json_object_get(answer, "body");
	if (!body || (json_is_string(body) && json_string_length(body) == 0))
		return json_null();
	return json_incref(body);
}

static void remember(struct api *api, const struct api_request *request,
		     const json_t *answer, const json_t *body, const char *next)
{
	const char *etag =
		json_get_string(json_object_get(answer, "headers"), "etag", NULL);
	if (!api->cache || !etag || !is_get(request))
		return;
	json_object_set_new(api->cache, request->path,
			    json_pack("{s:s, s:o, s:s?}", "etag", etag, "body",
				      json_deep_copy(body), "next", next));
}

static void take_answer(struct api *api, const struct api_request *request,
			const json_t *answer, json_t **ret_body, char **ret_next)
{
	const json_t *known = remembered(api, request);
	if (answer_is_assumed(answer)) {
		*ret_body = json_pack("{s:b}", "assumed", true);
		return;
	}
	if (json_get_int(answer, "status", 0) == 304 && known) {
		const char *next = json_get_string(known, "next", NULL);
		*ret_body = json_deep_copy(json_object_get(known, "body"));
		*ret_next = next ? mem_strdup(next) : NULL;
		return;
	}
	const json_t *headers = json_object_get(answer, "headers");
	*ret_body = body_of(answer);
	*ret_next = next_of_link(api, json_get_string(headers, "link", NULL));
	if (!*ret_next)
		*ret_next = next_of_body(api, *ret_body);
	remember(api, request, answer, *ret_body, *ret_next);
}

static int request_page(struct api *api, struct effects *fx,
			const struct api_request *request, json_t **ret_body,
			char **ret_next, enum api_sent *ret_sent, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	struct tries tries = {.sent = API_NOT_TAKEN};
	int result = perform(api, fx, request, &tries, &answer, err);
	if (ret_sent)
		*ret_sent = tries.sent;
	if (result < 0)
		return tries.sent == API_UNKNOWN ? say_unknown(err) : -1;
	take_answer(api, request, answer, ret_body, ret_next);
	return 0;
}

int api_request(struct api *api, struct effects *fx, const struct api_request *request,
		json_t **ret_body, enum api_sent *ret_sent, struct err *err)
{
	_cleanup_json_ json_t *body = NULL;
	_cleanup_free_ char *next = NULL;
	if (request_page(api, fx, request, &body, &next, ret_sent, err) < 0)
		return -1;
	if (ret_body)
		*ret_body = TAKE_PTR(body);
	return 0;
}

int api_get_page(struct api *api, struct effects *fx, const char *path, json_t **ret_body,
		 char **ret_next, struct err *err)
{
	const struct api_request request = {.method = "GET", .path = path};
	return request_page(api, fx, &request, ret_body, ret_next, NULL, err);
}

char *api_escape(const char *text)
{
	struct str out = STR_INIT;
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			str_add_char(&out, *text);
		else
			str_addf(&out, "%%%02X", (unsigned)(unsigned char)*text);
	}
	return out.data ? str_take(&out) : mem_strdup("");
}
