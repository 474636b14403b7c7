/* HTTP exchanges, driven through a curl multi handle so that a body can be pulled piece by piece and
 * a wait can be interrupted. How a request becomes curl's options is in http_setup.c. */
#include "platform/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/deadline.h"
#include "platform/http_setup.h"
#include "platform/http_url.h"
#include "platform/tcp.h"

#define SECOND_LOOK_MS 3000

#define STOP_POLL_MS 100
/* The rest of an answer that is read only to keep its connection. */
#define DRAIN_MAX_BYTES ((size_t)64 << 10)
#define DRAIN_MAX_MS 500

struct http_client {
	struct trust *trust;
	CURLM *multi; /* with the connections */
	CURL *easy;
	uint64_t identity; /* of the TLS settings that the connections were made with */
	struct http_setup setup;

	/* The exchange under way: */
	const struct http_request *request;
	struct http_response *response; /* NULL between exchanges */
	struct http_hop hop;
	int64_t start_ms;
	int64_t deadline_ms;
	bool attached; /* easy is in multi */
	bool worn;     /* its last transfer failed, or was broken off */
	bool done;
	CURLcode result;
	bool header_overflow;
	struct str pending; /* body bytes that nobody has read yet, from pending_at on */
	size_t pending_at;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

const char *http_failure_name(enum http_failure failure)
{
	switch (failure) {
	case HTTP_OK:
		return NULL;
	case HTTP_DNS:
		return "dns";
	case HTTP_NO_NETWORK:
		return "no_network";
	case HTTP_REFUSED:
		return "refused";
	case HTTP_TIMEOUT:
		return "timeout";
	case HTTP_RESET:
		return "reset";
	case HTTP_TLS:
		return "tls";
	case HTTP_TOO_LARGE:
		return "too_large";
	case HTTP_REDIRECTS:
		return "redirects";
	case HTTP_PROTOCOL:
		return "protocol";
	}
	return NULL;
}

struct http_client *http_client_new(struct trust *trust)
{
	pthread_once(&curl_once, curl_start);
	struct http_client *client = mem_new(struct http_client);
	client->trust = trust;
	client->pending.max_bytes = STR_DEFAULT_MAX;
	return client;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	http_close(client);
	curl_easy_cleanup(client->easy);
	curl_multi_cleanup(client->multi);
	str_release(&client->pending);
	free(client);
}

/* --- what curl hands over --------------------------------------------------------------------- */

static void clear_headers(struct http_response *response)
{
	for (size_t i = 0; i < response->headers.count; i++) {
		free(response->headers.items[i].name);
		free(response->headers.items[i].value);
	}
	response->headers.count = 0;
	response->header_bytes = 0;
}

static struct http_field *find_field(const struct http_response *response,
				     const char *name)
{
	for (size_t i = 0; i < response->headers.count; i++)
		if (strcasecmp(response->headers.items[i].name, name) == 0)
			return &response->headers.items[i];
	return NULL;
}

static void add_field(struct http_response *response, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	if (!colon)
		return;
	const char *end = line + len;
	const char *start = colon + 1;
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	while (end > start && strchr(" \t\r\n", end[-1]))
		end--;
	_cleanup_free_ char *name = mem_strndup(line, (size_t)(colon - line));
	_cleanup_free_ char *value = mem_strndup(start, (size_t)(end - start));
	for (char *at = name; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');

	struct http_field *field = find_field(response, name);
	if (field) {
		char *joined = str_format("%s, %s", field->value, value);
		free(field->value);
		field->value = joined;
		return;
	}
	field = vec_push(&response->headers);
	field->name = TAKE_PTR(name);
	field->value = TAKE_PTR(value);
}

static size_t on_header(char *line, size_t one, size_t len, void *context)
{
	struct http_client *client = context;
	(void)one;
	if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		clear_headers(
			client->response); /* of an interim answer ("100 Continue") */
	client->response->header_bytes += len;
	if (client->response->header_bytes > client->request->max_header_bytes) {
		client->header_overflow = true;
		return 0;
	}
	add_field(client->response, line, len);
	return len;
}

static size_t on_body(char *data, size_t one, size_t len, void *context)
{
	struct http_client *client = context;
	(void)one;
	str_add_bytes(&client->pending, data, len);
	return client->pending.truncated ? 0 : len;
}

/* --- one hop ---------------------------------------------------------------------------------- */

static uint64_t hash(uint64_t seed, const void *data, size_t len)
{
	const unsigned char *at = data;
	for (size_t i = 0; i < len; i++)
		seed = (seed ^ at[i]) * UINT64_C(1099511628211); /* FNV-1a */
	return (seed ^ 0xff) * UINT64_C(1099511628211);
}

static uint64_t tls_identity(const struct http_tls *tls, bool with_credentials)
{
	uint64_t seed = UINT64_C(14695981039346656037);
	const char *texts[] = {tls->ca_file, tls->extra_ca,
			       with_credentials ? tls->certificate : NULL,
			       tls->server_name};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		seed = hash(seed, texts[i] ? texts[i] : "",
			    texts[i] ? strlen(texts[i]) : 0);
	if (with_credentials && tls->key)
		seed = hash(seed, tls->key, tls->key_len);
	return hash(seed, &tls->insecure, sizeof tls->insecure);
}

/* curl does not see our authorities, so it must not find connections made with others. */
static void open_handles(struct http_client *client)
{
	uint64_t identity =
		tls_identity(&client->request->tls, client->hop.with_credentials);
	if (client->multi && client->identity != identity) {
		curl_multi_cleanup(client->multi);
		client->multi = NULL;
	}
	client->identity = identity;
	if (!client->multi)
		client->multi = curl_multi_init();
	/* curl (8.14) would want to rewind the body of a transfer that failed before it starts another one, and
	 * not even curl_easy_reset() talks it out of that. The connections are not the handle's. */
	if (client->worn) {
		curl_easy_cleanup(client->easy);
		client->easy = NULL;
		client->worn = false;
	}
	if (!client->easy)
		client->easy = curl_easy_init();
}

static int start_hop(struct http_client *client, struct err *err)
{
	open_handles(client);
	client->hop.timeout_ms = deadline_left_ms(client->deadline_ms);
	if (client->hop.timeout_ms < 1)
		client->hop.timeout_ms = 1;
	if (http_setup_apply(&client->setup, client->easy, client->request, &client->hop,
			     client->trust, err) < 0) {
		http_setup_release(&client->setup);
		return -1;
	}
	curl_easy_setopt(client->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(client->easy, CURLOPT_HEADERDATA, client);
	curl_easy_setopt(client->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(client->easy, CURLOPT_WRITEDATA, client);
	clear_headers(client->response);
	client->done = false;
	client->result = CURLE_OK;
	client->header_overflow = false;
	str_clear(&client->pending);
	client->pending_at = 0;
	curl_multi_add_handle(client->multi, client->easy);
	client->attached = true;
	return 0;
}

static void end_hop(struct http_client *client)
{
	if (client->attached) {
		curl_multi_remove_handle(client->multi, client->easy);
		client->worn = !client->done || client->result != CURLE_OK;
	}
	client->attached = false;
	http_setup_release(&client->setup);
}

static void look_for_end(struct http_client *client)
{
	int left;
	CURLMsg *message;
	while ((message = curl_multi_info_read(client->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		client->done = true;
		client->result = message->data.result;
	}
}

/* Runs the transfer until there is something to read or it has ended. -1: cancelled. */
static int pump(struct http_client *client, struct err *err)
{
	const struct stop *stop = &client->request->stop;
	while (!client->done && client->pending.len == client->pending_at) {
		int running;
		str_clear(&client->pending);
		client->pending_at = 0;
		curl_multi_perform(client->multi, &running);
		look_for_end(client);
		if (client->done || client->pending.len)
			break;
		if (stop_asked(stop)) {
			end_hop(client);
			client->done = true;
			return err_set(err, ERR_CANCELLED, "cancelled");
		}
		struct curl_waitfd wake = {.fd = stop->wake_fd,
					   .events = CURL_WAIT_POLLIN};
		bool wakes = stop->asked && stop->wake_fd >= 0;
		int wait_ms = stop->asked ? STOP_POLL_MS : 1000;
		curl_multi_poll(client->multi, wakes ? &wake : NULL, wakes ? 1 : 0,
				wait_ms, NULL);
	}
	return 0;
}

/* Reads what is left of an answer, when it is short, so that its connection can be used again. */
static void drain(struct http_client *client)
{
	size_t drained = 0;
	int64_t until_ms = deadline_after_ms(DRAIN_MAX_MS);
	while (!client->done && drained < DRAIN_MAX_BYTES &&
	       deadline_left_ms(until_ms) > 0) {
		int running;
		drained += client->pending.len;
		str_clear(&client->pending);
		curl_multi_perform(client->multi, &running);
		look_for_end(client);
		if (!client->done && !client->pending.len)
			curl_multi_poll(client->multi, NULL, 0, 50, NULL);
	}
	str_clear(&client->pending);
	client->pending_at = 0;
}

/* --- what became of it ------------------------------------------------------------------------ */

static enum http_failure classify(CURLcode code, long os_errno)
{
	/* curl has a hundred codes and adds more: those not named here mean that the peer does not
	 * speak as expected. */
	static const struct {
		CURLcode code;
		enum http_failure failure;
	} rows[] = {
		{CURLE_OK, HTTP_OK},
		{CURLE_COULDNT_RESOLVE_HOST, HTTP_DNS},
		{CURLE_COULDNT_RESOLVE_PROXY, HTTP_DNS},
		{CURLE_COULDNT_CONNECT, HTTP_REFUSED},
		{CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT},
		{CURLE_SEND_ERROR, HTTP_RESET},
		{CURLE_SEND_FAIL_REWIND,
		 HTTP_RESET}, /* see read_body() in http_setup.c */
		{CURLE_RECV_ERROR, HTTP_RESET},
		{CURLE_PARTIAL_FILE, HTTP_RESET},
		{CURLE_GOT_NOTHING, HTTP_RESET},
		{CURLE_SSL_CONNECT_ERROR, HTTP_TLS},
		{CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS},
		{CURLE_SSL_CERTPROBLEM, HTTP_TLS},
		{CURLE_SSL_CIPHER, HTTP_TLS},
		{CURLE_SSL_CACERT_BADFILE, HTTP_TLS},
		{CURLE_SSL_ISSUER_ERROR, HTTP_TLS},
		{CURLE_SSL_PINNEDPUBKEYNOTMATCH, HTTP_TLS},
		{CURLE_SSL_INVALIDCERTSTATUS, HTTP_TLS},
		{CURLE_SSL_CLIENTCERT, HTTP_TLS},
		{CURLE_TOO_LARGE, HTTP_TOO_LARGE},
		{CURLE_FILESIZE_EXCEEDED, HTTP_TOO_LARGE},
	};
	if (code == CURLE_COULDNT_CONNECT && os_errno == ETIMEDOUT)
		return HTTP_TIMEOUT;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].code == code)
			return rows[i].failure;
	return HTTP_PROTOCOL;
}

/* curl does not tell a target that is away from a machine that is cut off: a second look does. */
static enum http_failure look_again(const struct http_request *request,
				    enum http_failure failure)
{
	char *host = NULL, *port = NULL;
	long long number;
	struct tcp_peer peer = {.fd = -1};
	struct err ignored = {0};
	if (http_url_host(request->url, &host, &port) == 0 &&
	    str_to_int64(port, 1, 65535, &number) == 0)
		tcp_connect(host, (int)number, deadline_after_ms(SECOND_LOOK_MS),
			    &request->stop, &peer, &ignored);
	if (peer.fd >= 0)
		close(peer.fd);
	free(host);
	free(port);
	return peer.failure == TCP_NO_NETWORK ? HTTP_NO_NETWORK : failure;
}

ATTR_PRINTF(3, 4)
static void fail(struct http_response *response, enum http_failure failure,
		 const char *format, ...)
{
	va_list args;
	va_start(args, format);
	response->failure = failure;
	vsnprintf(response->message, sizeof response->message, format, args);
	va_end(args);
}

/* Notes the failure of a transfer that has ended, if it was one. */
static void note_failure(struct http_client *client)
{
	if (!client->done || client->result == CURLE_OK)
		return;
	long os_errno = 0;
	curl_easy_getinfo(client->easy, CURLINFO_OS_ERRNO, &os_errno);
	enum http_failure failure = classify(client->result, os_errno);
	if (client->result == CURLE_COULDNT_RESOLVE_HOST ||
	    (client->result == CURLE_COULDNT_CONNECT && os_errno == ENETUNREACH))
		failure = look_again(client->request, failure);
	if (client->header_overflow) {
		fail(client->response, HTTP_TOO_LARGE,
		     "the header is larger than %zu bytes",
		     client->request->max_header_bytes);
		return;
	}
	const char *text = client->setup.error_text;
	fail(client->response, failure, "%s",
	     *text ? text : curl_easy_strerror(client->result));
}

static int64_t microseconds(CURL *easy, CURLINFO what)
{
	curl_off_t value = 0;
	curl_easy_getinfo(easy, what, &value);
	return (int64_t)value;
}

static int64_t span_ms(int64_t from_us, int64_t to_us)
{
	return to_us > from_us ? (to_us - from_us + 500) / 1000 : 0;
}

static void note_progress(struct http_client *client)
{
	struct http_response *response = client->response;
	CURL *easy = client->easy;
	int64_t name_us = microseconds(easy, CURLINFO_NAMELOOKUP_TIME_T);
	int64_t connect_us = microseconds(easy, CURLINFO_CONNECT_TIME_T);
	int64_t tls_us = microseconds(easy, CURLINFO_APPCONNECT_TIME_T);
	response->name_ms = span_ms(0, name_us);
	response->connect_ms = span_ms(name_us, connect_us);
	response->tls_ms = span_ms(connect_us, tls_us);
	response->first_byte_ms =
		span_ms(0, microseconds(easy, CURLINFO_STARTTRANSFER_TIME_T));
	response->latency_ms = deadline_now_ms() - client->start_ms;

	long number = 0;
	char *address = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &number);
	if (address && *address)
		snprintf(response->remote_address, sizeof response->remote_address,
			 strchr(address, ':') ? "[%s]:%ld" : "%s:%ld", address, number);
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &number);
	const char *version = number == CURL_HTTP_VERSION_1_0 ? "1.0" : "1.1";
	snprintf(response->http_version, sizeof response->http_version, "%s", version);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number);
	response->status = (int)number;

	curl_off_t seconds = 0;
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
	response->retry_after_ms = (int64_t)seconds * 1000;
}

/* --- redirects -------------------------------------------------------------------------------- */

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 ||
	       status == 308;
}

/* RFC 9110, 15.4: what the next request asks with. */
static void change_method(struct http_hop *hop, int status)
{
	const char *method = hop->method ? hop->method : "GET";
	bool head = strcmp(method, "HEAD") == 0;
	bool post = strcmp(method, "POST") == 0;
	if ((status == 303 && !head) || ((status == 301 || status == 302) && post)) {
		hop->method = "GET";
		hop->with_body = false;
	}
}

/* True when another request has to follow: client->hop describes it. */
static bool redirected(struct http_client *client)
{
	struct http_response *response = client->response;
	char *target = NULL;
	if (!is_redirect(response->status) || client->request->max_redirects == 0)
		return false;
	curl_easy_getinfo(client->easy, CURLINFO_REDIRECT_URL, &target);
	if (!target)
		return false;
	if (response->redirects == client->request->max_redirects) {
		fail(response, HTTP_REDIRECTS, "more than %u redirects",
		     client->request->max_redirects);
		return false;
	}
	char *next = http_url_without_credentials(target, NULL, NULL);
	if (!next ||
	    (!str_has_prefix(next, "http://") && !str_has_prefix(next, "https://"))) {
		free(next);
		fail(response, HTTP_REDIRECTS,
		     "redirected to something that is not HTTP");
		return false;
	}
	response->redirects++;
	change_method(&client->hop, response->status);
	if (!http_url_same_origin(client->request->url, next))
		client->hop.with_credentials = false;
	response->left_origin = !client->hop.with_credentials;
	free(client->hop.url);
	client->hop.url = next;
	return true;
}

/* --- exchanges -------------------------------------------------------------------------------- */

static void begin(struct http_client *client, const struct http_request *request,
		  struct http_response *response)
{
	*response = (struct http_response){.body = STR_INIT_MAX(request->max_body_bytes)};
	client->request = request;
	client->response = response;
	client->start_ms = deadline_now_ms();
	client->deadline_ms = client->start_ms + request->timeout_ms;
	client->hop = (struct http_hop){
		.url = mem_strdup(request->url),
		.method = request->method,
		.with_body = true,
		.with_credentials = true,
	};
}

int http_open(struct http_client *client, const struct http_request *request,
	      struct http_response *response, struct err *err)
{
	begin(client, request, response);
	if (http_url_check(request->url, err) < 0)
		return -1;
	for (;;) {
		if (start_hop(client, err) < 0 || pump(client, err) < 0)
			return -1;
		note_progress(client);
		note_failure(client);
		if (response->failure != HTTP_OK || !redirected(client))
			break;
		drain(client);
		end_hop(client);
	}
	free(response->url);
	response->url = mem_strdup(client->hop.url);
	return 0;
}

int http_read(struct http_client *client, void *buffer, size_t size_bytes,
	      size_t *ret_count, struct err *err)
{
	*ret_count = 0;
	if (pump(client, err) < 0)
		return -1;
	size_t have = client->pending.len - client->pending_at;
	if (have == 0) {
		note_progress(client);
		note_failure(client);
		return 0;
	}
	*ret_count = have < size_bytes ? have : size_bytes;
	memcpy(buffer, client->pending.data + client->pending_at, *ret_count);
	client->pending_at += *ret_count;
	return 0;
}

void http_close(struct http_client *client)
{
	if (!client->response)
		return;
	if (client->attached && client->response->failure == HTTP_OK)
		drain(client);
	end_hop(client);
	free(client->hop.url);
	client->hop = (struct http_hop){0};
	client->response = NULL;
	client->request = NULL;
	str_release(&client->pending);
}

static int collect(struct http_client *client, struct http_response *response,
		   struct err *err)
{
	char chunk[16384];
	size_t count;
	do {
		if (http_read(client, chunk, sizeof chunk, &count, err) < 0)
			return -1;
		str_add_bytes(&response->body, chunk, count);
		if (response->body.truncated) {
			response->truncated = true;
			fail(response, HTTP_TOO_LARGE,
			     "the body is larger than %zu bytes",
			     client->request->max_body_bytes);
		}
	} while (count && response->failure == HTTP_OK);
	return 0;
}

int http_perform(struct http_client *client, const struct http_request *request,
		 struct http_response *ret, struct err *err)
{
	int result = http_open(client, request, ret, err);
	if (result == 0 && ret->failure == HTTP_OK)
		result = collect(client, ret, err);
	/* How much of a broken answer came is chance. */
	if (ret->failure != HTTP_OK && !ret->truncated)
		str_clear(&ret->body);
	ret->latency_ms = deadline_now_ms() - client->start_ms;
	http_close(client);
	return result;
}

void http_response_release(struct http_response *response)
{
	clear_headers(response);
	free(response->headers.items);
	str_release(&response->body);
	free(response->url);
	*response = (struct http_response){0};
}

const char *http_response_header(const struct http_response *response, const char *name)
{
	const struct http_field *field = find_field(response, name);
	return field ? field->value : NULL;
}
