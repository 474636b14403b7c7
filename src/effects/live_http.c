/* http: one exchange as an effect. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "live_net.h"
#include "platform/clock.h"
#include "platform/digest.h"
#include "platform/http.h"
#include "platform/http_url.h"
#include "secrets.h"

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_MAX_BODY_BYTES (4 << 20)
#define DEFAULT_MAX_HEADER_BYTES (64 << 10)
#define BODY_LIMIT_BYTES (256 << 20)
/* Of a secret URL: shorter parts are words ("services", "hooks"), longer ones tokens. */
#define URL_PART_MIN 16

/* A request and everything that it borrows. */
struct owned_request {
	struct http_request request;
	struct {
		struct http_header *items;
		size_t count, capacity;
	} headers;
	struct {
		struct secret *items; /* resolved values, in no order */
		size_t count, capacity;
	} secrets;
	struct {
		struct http_resolve *items;
		size_t count, capacity;
	} resolve;
	struct live_tls tls;
	char *body;
	char *signature, *timestamp;
	bool url_is_secret;
};

static void owned_request_release(struct owned_request *owned)
{
	for (size_t i = 0; i < owned->secrets.count; i++)
		secret_release(&owned->secrets.items[i]);
	free(owned->secrets.items);
	free(owned->headers.items);
	free(owned->resolve.items);
	live_tls_release(&owned->tls);
	if (owned->body)
		explicit_bzero(owned->body, strlen(owned->body)); /* json_secrets */
	free(owned->body);
	free(owned->signature);
	free(owned->timestamp);
}

/* Resolves a member and keeps it with the request. *ret stays NULL when the member is absent. */
static int keep_member(struct live_call *call, struct owned_request *owned,
		       const json_t *object, const char *key, const char *what,
		       const char **ret, size_t *ret_len, struct err *err)
{
	struct secret value = SECRET_INIT;
	if (live_resolve_member(call, object, key, what, &value, err) < 0)
		return -1;
	if (!value.data)
		return 0;
	*vec_push(&owned->secrets) = value;
	*ret = value.data;
	if (ret_len)
		*ret_len = value.len;
	return 0;
}

static int read_headers(struct live_call *call, struct owned_request *owned,
			struct err *err)
{
	json_t *headers = json_object_get(call->args, "headers");
	const char *name;
	json_t *value;
	json_object_foreach(headers, name, value) {
		const char *text = NULL;
		_cleanup_free_ char *what = str_format("header '%s'", name);
		if (keep_member(call, owned, headers, name, what, &text, NULL, err) < 0)
			return -1;
		struct http_header *header = vec_push(&owned->headers);
		header->name = name;
		header->value = text ? text : "";
		header->secret = json_is_object(value);
	}
	return 0;
}

static bool has_header(const struct owned_request *owned, const char *name)
{
	for (size_t i = 0; i < owned->headers.count; i++)
		if (strcasecmp(owned->headers.items[i].name, name) == 0)
			return true;
	return false;
}

/* The JSON body with its secret members. New reference; NULL on failure. */
static json_t *json_with_secrets(struct live_call *call, const json_t *json,
				 struct err *err)
{
	json_t *secrets = json_object_get(call->args, "json_secrets");
	_cleanup_json_ json_t *whole = json_copy((json_t *)json);
	const char *name;
	json_t *reference;
	json_object_foreach(secrets, name, reference) {
		_cleanup_secret_ struct secret value = SECRET_INIT;
		if (live_resolve(call, reference, name, &value, err) < 0)
			return NULL;
		json_t *text = json_stringn(value.data, value.len);
		if (!text || json_object_set_new(whole, name, text) < 0) {
			err_set(err, ERR_CONFIG, "secret '%s' does not fit into JSON",
				name);
			return NULL;
		}
	}
	return TAKE_PTR(whole);
}

static int read_body(struct live_call *call, struct owned_request *owned, struct err *err)
{
	const json_t *body = json_object_get(call->args, "body");
	const json_t *json = json_object_get(call->args, "json");
	if (json_is_string(body)) {
		owned->request.body = json_string_value(body);
		owned->request.body_len = json_string_length(body);
	} else if (json) {
		_cleanup_json_ json_t *whole = json_with_secrets(call, json, err);
		if (!whole)
			return -1;
		owned->body = json_text_compact(whole);
		owned->request.body = owned->body;
		owned->request.body_len = strlen(owned->body);
		if (!has_header(owned, "Content-Type"))
			*vec_push(&owned->headers) = (struct http_header){
				.name = "Content-Type", .value = "application/json"};
	}
	return 0;
}

static void read_resolve(struct live_call *call, struct owned_request *owned)
{
	json_t *resolve = json_object_get(call->args, "resolve");
	const char *host_port;
	json_t *address;
	json_object_foreach(resolve, host_port, address)
		if (json_is_string(address))
			*vec_push(&owned->resolve) = (struct http_resolve){
				.host_port = host_port,
				.address = json_string_value(address)};
}

static int read_limits(struct live_call *call, struct http_request *request,
		       struct err *err)
{
	const json_t *args = call->args;
	int64_t redirects = json_get_int(args, "max_redirects", 0);
	int64_t body = json_get_int(args, "max_body_bytes", DEFAULT_MAX_BODY_BYTES);
	int64_t header = json_get_int(args, "max_header_bytes", DEFAULT_MAX_HEADER_BYTES);
	request->timeout_ms = json_get_int(args, "timeout_ms", DEFAULT_TIMEOUT_MS);
	request->connect_timeout_ms = json_get_int(args, "connect_timeout_ms", 0);
	if (request->timeout_ms < 1 || redirects < 0 || redirects > 50 || body < 0 ||
	    body > BODY_LIMIT_BYTES || header < 1 || header > BODY_LIMIT_BYTES)
		return err_set(err, ERR_CONFIG, "http: a limit is out of range");
	request->max_redirects = (unsigned)redirects;
	request->max_body_bytes = (size_t)body;
	request->max_header_bytes = (size_t)header;
	return 0;
}

/* What is behind the host of a secret URL is what makes it one: the path, as servers quote it, and the
 * tokens in it are secrets by themselves. */
static void remember_url(struct live_call *call, const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host ? host + 3 + strcspn(host + 3, "/?") : url;
	if (strlen(path) >= URL_PART_MIN)
		live_remember_secret(call, path, strlen(path));
	while (*path) {
		path += strspn(path, "/?&=#");
		size_t len = strcspn(path, "/?&=#");
		if (len >= URL_PART_MIN)
			live_remember_secret(call, path, len);
		path += len;
	}
}

static int read_url(struct live_call *call, struct owned_request *owned, struct err *err)
{
	const char **url = &owned->request.url;
	owned->url_is_secret = json_is_object(json_object_get(call->args, "url"));
	if (!owned->url_is_secret)
		return live_need_string(call->args, "url", "http", url, err);
	if (keep_member(call, owned, call->args, "url", "the URL", url, NULL, err) < 0)
		return -1;
	if (!*url)
		return err_set(err, ERR_CONFIG, "the URL is empty");
	remember_url(call, *url);
	return 0;
}

static void add_header(struct owned_request *owned, const char *name, const char *value)
{
	*vec_push(&owned->headers) = (struct http_header){.name = name, .value = value};
}

static int read_sign(struct live_call *call, struct owned_request *owned, struct err *err)
{
	const json_t *sign = json_object_get(call->args, "sign");
	const char *stamp_header = json_get_string(sign, "timestamp_header", NULL);
	const char *header, *key = NULL;
	size_t key_len = 0;
	_cleanup_str_ struct str text = STR_INIT_MAX(SIZE_MAX / 4);
	if (!sign)
		return 0;
	if (live_need_string(sign, "header", "sign", &header, err) < 0 ||
	    keep_member(call, owned, sign, "secret", "signing", &key, &key_len, err) < 0)
		return -1;
	if (!key)
		return err_set(err, ERR_CONFIG, "sign needs 'secret'");
	if (stamp_header) {
		owned->timestamp =
			str_format("%lld", (long long)(clock_wall_ms() / 1000));
		str_addf(&text, "%s.", owned->timestamp);
		add_header(owned, stamp_header, owned->timestamp);
	}
	if (owned->request.body_len > 0)
		str_add_bytes(&text, owned->request.body, owned->request.body_len);
	_cleanup_free_ char *hex =
		digest_hmac_sha256_hex(key, key_len, str_text(&text), text.len);
	if (text.data)
		explicit_bzero(text.data, text.len);
	owned->signature = str_format("%s%s", json_get_string(sign, "prefix", ""), hex);
	add_header(owned, header, owned->signature);
	return 0;
}

static int read_request(struct live_call *call, struct owned_request *owned,
			struct err *err)
{
	struct http_request *request = &owned->request;
	const json_t *basic = json_object_get(call->args, "basic");
	request->method = json_get_string(call->args, "method", "GET");
	request->user = json_get_string(basic, "user", NULL);
	request->stop = live_stop(call);
	if (read_url(call, owned, err) < 0 || read_limits(call, request, err) < 0 ||
	    read_headers(call, owned, err) < 0 ||
	    keep_member(call, owned, basic, "password", "password", &request->password,
			NULL, err) < 0 ||
	    live_read_tls(call, json_object_get(call->args, "tls"), &owned->tls,
			  &request->tls, err) < 0 ||
	    read_body(call, owned, err) < 0)
		return -1;
	read_resolve(call, owned);
	if (read_sign(call, owned, err) < 0)
		return -1;
	request->headers = owned->headers.items;
	request->header_count = owned->headers.count;
	request->resolve = owned->resolve.items;
	request->resolve_count = owned->resolve.count;
	return 0;
}

/* --- the answer ------------------------------------------------------------------------------- */

static bool looks_like_json(const struct http_response *response)
{
	const char *type = http_response_header(response, "content-type");
	if (type && strcasestr(type, "json"))
		return true;
	const char *at = str_text(&response->body);
	while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
		at++;
	return *at == '{' || *at == '[';
}

static json_t *body_new(const struct http_response *response)
{
	const char *data = str_text(&response->body);
	size_t len = response->body.len;
	json_t *parsed = NULL;
	if (!response->truncated && looks_like_json(response))
		parsed = json_loadb(data, len, JSON_DECODE_ANY, NULL);
	if (parsed)
		return parsed;
	/* A cut may have gone through a character. */
	for (size_t cut = 0; cut <= (response->truncated ? 3 : 0) && cut <= len; cut++)
		if (str_is_utf8(data, len - cut))
			return json_stringn(data, len - cut);
	_cleanup_free_ char *base64 = str_base64(data, len);
	return json_pack("{s:s}", "base64", base64);
}

static json_t *headers_new(const struct http_response *response)
{
	json_t *headers = json_object();
	for (size_t i = 0; i < response->headers.count; i++) {
		const struct http_field *field = &response->headers.items[i];
		if (str_is_utf8(field->name, strlen(field->name)) &&
		    str_is_utf8(field->value, strlen(field->value)))
			json_object_set_new(headers, field->name,
					    json_string(field->value));
	}
	return headers;
}

static json_t *answer_new(const struct http_response *response, const char *url)
{
	/* A broken answer is no answer, but one that was cut at our own limit is. */
	bool answered = response->failure == HTTP_OK || response->truncated;
	json_t *answer = json_object();
	json_object_set_new(answer, "status",
			    json_integer(answered ? response->status : 0));
	json_object_set_new(answer, "headers",
			    answered ? headers_new(response) : json_object());
	json_object_set_new(answer, "body", answered ? body_new(response) : json_null());
	json_object_set_new(answer, "body_bytes",
			    json_integer((json_int_t)response->body.len));
	json_object_set_new(answer, "truncated", json_boolean(response->truncated));
	json_object_set_new(answer, "latency_ms", json_integer(response->latency_ms));
	json_object_set_new(answer, "name_ms", json_integer(response->name_ms));
	json_object_set_new(answer, "connect_ms", json_integer(response->connect_ms));
	json_object_set_new(answer, "tls_ms", json_integer(response->tls_ms));
	json_object_set_new(answer, "first_byte_ms",
			    json_integer(response->first_byte_ms));
	json_object_set_new(answer, "remote_address",
			    json_string(response->remote_address));
	json_object_set_new(answer, "http_version", json_string(response->http_version));
	json_object_set_new(answer, "url", json_string(url ? url : ""));
	json_object_set_new(answer, "redirects", json_integer(response->redirects));
	const char *code = http_failure_name(response->failure);
	if (code)
		json_object_set_new(answer, "error",
				    live_error_new(code, response->message));
	return answer;
}

int live_http(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct owned_request owned = {0};
	int status = read_request(call, &owned, err);
	if (status == 0)
		status = http_url_check(owned.request.url, err);
	if (status == 0) {
		struct http_client *client = live_http_take(call, owned.request.url);
		struct http_response response;
		status = http_perform(client, &owned.request, &response, err);
		if (status == 0)
			*ret_answer =
				answer_new(&response, owned.url_is_secret ? SECRETS_MASK
									  : response.url);
		http_response_release(&response);
		live_http_give(call, client, owned.request.url);
	}
	owned_request_release(&owned);
	return status;
}
