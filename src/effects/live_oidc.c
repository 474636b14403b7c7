/* The OIDC token of a job, as a secret: {"oidc": {"audience": TEXT}}.
 *
 * GitHub's docs "OpenID Connect reference": a job with `permissions: {id-token: write}` is given a URL
 * and a token to ask with (ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN); the answer is
 * {"value": TOKEN}. Both tokens are secrets. One is good for minutes, so it is asked for when it is
 * needed and used again for a moment only.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "live_net.h"
#include "platform/clock.h"
#include "platform/env.h"
#include "platform/http.h"
#include "platform/http_url.h"

#define USED_AGAIN_MS 60000
#define TIMEOUT_MS 10000
#define MAX_BODY_BYTES (64 << 10)
#define MAX_HEADER_BYTES (64 << 10)

/* One token for each audience. */
struct kept_token {
	char *audience;
	struct secret token;
	int64_t at_mono_ms;
};

struct oidc {
	pthread_mutex_t lock;
	struct {
		struct kept_token *items;
		size_t count, capacity;
	} tokens;
};

static void *oidc_create(void)
{
	struct oidc *oidc = mem_new(struct oidc);
	pthread_mutex_init(&oidc->lock, NULL);
	return oidc;
}

static void oidc_release(void *context)
{
	struct oidc *oidc = context;
	for (size_t i = 0; i < oidc->tokens.count; i++) {
		free(oidc->tokens.items[i].audience);
		secret_release(&oidc->tokens.items[i].token);
	}
	free(oidc->tokens.items);
	pthread_mutex_destroy(&oidc->lock);
	free(oidc);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void add_escaped(struct str *url, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	for (; *text; text++) {
		if (strchr(plain, *text))
			str_add_char(url, *text);
		else
			str_addf(url, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

/* The token out of a good answer, which is wiped. */
static int take_token(struct live_call *call, struct http_response *response,
		      struct secret *ret, struct err *err)
{
	const char *data = str_text(&response->body);
	size_t len = response->body.len;
	json_t *body = json_loadb(data, len, 0, NULL);
	const char *value = json_get_string(body, "value", NULL);
	int result = 0;
	if (value && *value) {
		secret_set(ret, value, strlen(value));
		live_remember_secret(call, ret->data, ret->len);
	} else {
		result = err_set(err, ERR_AUTH, "GitHub gave no OIDC token (status %d)",
				 response->status);
	}
	json_decref(body);
	if (response->body.data)
		explicit_bzero(response->body.data, len);
	return result;
}

static int ask(struct live_call *call, const char *url, const char *bearer,
	       struct secret *ret, struct err *err)
{
	const struct http_header headers[] = {
		{.name = "Authorization", .value = bearer, .secret = true},
		{.name = "Accept", .value = "application/json"},
	};
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.timeout_ms = TIMEOUT_MS,
		.max_body_bytes = MAX_BODY_BYTES,
		.max_header_bytes = MAX_HEADER_BYTES,
		.stop = live_stop(call),
	};
	struct http_response response;
	struct http_client *client = live_http_take(call, url);
	int result = http_perform(client, &request, &response, err);
	if (result == 0 && response.failure != HTTP_OK)
		result = err_set(err, ERR_NET, "asking GitHub for an OIDC token: %s",
				 response.message);
	else if (result == 0 && response.status / 100 != 2)
		result = err_set(err, ERR_AUTH, "GitHub gives no OIDC token (status %d)",
				 response.status);
	else if (result == 0)
		result = take_token(call, &response, ret, err);
	http_response_release(&response);
	live_http_give(call, client, url);
	return result;
}

static int fetch(struct live_call *call, const char *audience, struct secret *ret,
		 struct err *err)
{
	const char *place = env_get("ACTIONS_ID_TOKEN_REQUEST_URL");
	const char *token = env_get("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
	if (!place || !*place || !token || !*token) {
		err_set(err, ERR_CONFIG, "this job may not ask for an OIDC token");
		return err_hint(err, "add it to the job in the workflow: 'permissions: "
				     "{id-token: write}'");
	}
	_cleanup_str_ struct str url = STR_INIT;
	struct secret bearer = SECRET_INIT;
	str_addf(&url, "%s%saudience=", place, strchr(place, '?') ? "&" : "?");
	add_escaped(&url, audience);
	live_remember_secret(call, token, strlen(token));
	bearer.len = strlen("Bearer ") + strlen(token);
	bearer.data = str_format("Bearer %s", token);
	int result = http_url_check(str_text(&url), err);
	if (result == 0)
		result = ask(call, str_text(&url), bearer.data, ret, err);
	secret_release(&bearer);
	return result;
}

/* --- keeping --------------------------------------------------------------------------------- */

static struct kept_token *find(struct oidc *oidc, const char *audience)
{
	for (size_t i = 0; i < oidc->tokens.count; i++)
		if (strcmp(oidc->tokens.items[i].audience, audience) == 0)
			return &oidc->tokens.items[i];
	struct kept_token *kept = vec_push(&oidc->tokens);
	*kept = (struct kept_token){.audience = mem_strdup(audience)};
	return kept;
}

int live_oidc(struct live_call *call, const json_t *oidc_source, struct secret *ret,
	      struct err *err)
{
	const char *audience = json_get_string(oidc_source, "audience", NULL);
	if (!audience || !*audience)
		return err_set(err, ERR_CONFIG, "an OIDC token needs an 'audience'");
	struct oidc *oidc =
		live_keep(call->live, LIVE_SLOT_OIDC, oidc_create, oidc_release);
	int result = 0;
	pthread_mutex_lock(&oidc->lock);
	struct kept_token *kept = find(oidc, audience);
	if (!kept->token.data || clock_mono_ms() - kept->at_mono_ms >= USED_AGAIN_MS) {
		secret_release(&kept->token);
		result = fetch(call, audience, &kept->token, err);
		kept->at_mono_ms = clock_mono_ms();
	}
	if (result == 0)
		secret_set(ret, kept->token.data, kept->token.len);
	pthread_mutex_unlock(&oidc->lock);
	return result;
}
