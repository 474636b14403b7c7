/* HTTP requests as options of a curl transfer. */
#include "platform/http_setup.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/curl_tls.h"
#include "platform/http_url.h"
#include "platform/trust.h"

/* Long enough for a burst of calls to an API, too short to hide what changed behind an address. */
#define REUSE_IDLE_S 5L
#define REUSE_AGE_S 60L

static bool is_token(const char *text)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	for (const char *at = text; *at; at++) {
		bool alphanumeric = (*at >= '0' && *at <= '9') ||
				    (*at >= 'a' && *at <= 'z') ||
				    (*at >= 'A' && *at <= 'Z');
		if (!alphanumeric && !strchr(others, *at))
			return false;
	}
	return *text != '\0';
}

static int add_header(struct http_setup *setup, const struct http_header *header,
		      struct err *err)
{
	if (!is_token(header->name))
		return err_set(err, ERR_CONFIG, "'%s' is no name of an HTTP header",
			       header->name);
	if (strpbrk(header->value, "\r\n"))
		return err_set(err, ERR_CONFIG,
			       "the value of header '%s' contains a line break",
			       header->name);
	/* curl's way to say "present, but empty" */
	char *line = *header->value ? str_format("%s: %s", header->name, header->value)
				    : str_format("%s;", header->name);
	setup->headers = curl_slist_append(setup->headers, line);
	explicit_bzero(line, strlen(line));
	free(line);
	return 0;
}

static bool stays_behind(const struct http_header *header)
{
	return header->secret || strcasecmp(header->name, "Authorization") == 0 ||
	       strcasecmp(header->name, "Cookie") == 0;
}

static int apply_headers(struct http_setup *setup, CURL *easy,
			 const struct http_request *request, const struct http_hop *hop,
			 struct err *err)
{
	bool has_type = false;
	/* No waiting for "100 Continue", and no type that nobody asked for. */
	setup->headers = curl_slist_append(setup->headers, "Expect:");
	for (size_t i = 0; i < request->header_count; i++) {
		const struct http_header *header = &request->headers[i];
		if (!hop->with_credentials && stays_behind(header))
			continue;
		if (strcasecmp(header->name, "Content-Type") == 0)
			has_type = true;
		if (add_header(setup, header, err) < 0)
			return -1;
	}
	if (!has_type)
		setup->headers = curl_slist_append(setup->headers, "Content-Type:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, setup->headers);
	return 0;
}

/* The body comes from a callback that cannot go back. curl sends a request again on its own when a
 * connection that was used before turns out to be dead; once the peer may have seen a part of it
 * that would do twice what was asked for once (RFC 9110, 9.2.2), so that it must fail instead. */
static size_t read_body(char *buffer, size_t one, size_t size, void *context)
{
	struct http_setup *setup = context;
	size_t left = setup->body_len - setup->body_at;
	size_t count = left < size ? left : size;
	(void)one;
	if (count)
		memcpy(buffer, setup->body + setup->body_at, count);
	setup->body_at += count;
	return count;
}

static bool repeats_harmlessly(const char *method)
{
	return strcmp(method, "POST") != 0 && strcmp(method, "PATCH") != 0;
}

static void apply_method(struct http_setup *setup, CURL *easy,
			 const struct http_request *request, const struct http_hop *hop)
{
	const char *method = hop->method ? hop->method : "GET";
	bool sends = !repeats_harmlessly(method) || strcmp(method, "PUT") == 0 ||
		     (hop->with_body && request->body);
	if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (sends) {
		setup->body = request->body;
		setup->body_len = hop->with_body ? request->body_len : 0;
		setup->body_at = 0;
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
		curl_easy_setopt(easy, CURLOPT_READDATA, setup);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)setup->body_len);
	}
	/* Without a body nothing would keep curl from repeating it. */
	if (!repeats_harmlessly(method) && setup->body_len == 0)
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static const char *brackets_left(const char *address)
{
	return strchr(address, ':') && address[0] != '[' ? "[" : "";
}

static const char *brackets_right(const char *address)
{
	return *brackets_left(address) ? "]" : "";
}

/* The address that the caller wants for host:port, or NULL. */
static const char *pinned_address(const struct http_request *request, const char *host,
				  const char *port)
{
	_cleanup_free_ char *host_port = str_format("%s:%s", host, port);
	_cleanup_free_ char *bracketed = str_format("[%s]:%s", host, port);
	for (size_t i = 0; i < request->resolve_count; i++) {
		const char *key = request->resolve[i].host_port;
		if (strcasecmp(key, host_port) == 0 || strcasecmp(key, bracketed) == 0)
			return request->resolve[i].address;
	}
	return NULL;
}

/* The server is still asked for the host of the URL, unless the caller says otherwise. */
static void add_host_header(struct http_setup *setup, const struct http_request *request,
			    const char *url, const char *host)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcasecmp(request->headers[i].name, "Host") == 0)
			return;
	_cleanup_free_ char *port = http_url_explicit_port(url);
	_cleanup_free_ char *line =
		str_format("Host: %s%s%s%s%s", brackets_left(host), host,
			   brackets_right(host), port ? ":" : "", port ? port : "");
	setup->headers = curl_slist_append(setup->headers, line);
}

/* The URL, and where to connect for it. With a server name of its own the URL carries that name (so
 * that curl sends and verifies it), and the connection still goes to the host. */
static int apply_url(struct http_setup *setup, CURL *easy,
		     const struct http_request *request, const struct http_hop *hop,
		     struct err *err)
{
	_cleanup_free_ char *host = NULL;
	_cleanup_free_ char *port = NULL;
	_cleanup_free_ char *renamed = NULL;
	if (http_url_host(hop->url, &host, &port) < 0)
		return err_set(err, ERR_CONFIG, "this is no usable URL");
	const char *name = host;
	if (request->tls.server_name && hop->with_credentials &&
	    str_has_prefix(hop->url, "https://")) {
		name = request->tls.server_name;
		renamed = http_url_with_host(hop->url, name);
		if (!renamed)
			return err_set(err, ERR_CONFIG, "'%s' is no host name", name);
		add_host_header(setup, request, hop->url, host);
	}
	const char *address = pinned_address(request, host, port);
	if (!address && renamed)
		address = host;
	if (address) {
		_cleanup_free_ char *rule =
			str_format("%s%s%s:%s:%s%s%s:%s", brackets_left(name), name,
				   brackets_right(name), port, brackets_left(address),
				   address, brackets_right(address), port);
		setup->connect_to = curl_slist_append(NULL, rule);
		curl_easy_setopt(easy, CURLOPT_CONNECT_TO, setup->connect_to);
	}
	curl_easy_setopt(easy, CURLOPT_URL, renamed ? renamed : hop->url);
	return 0;
}

static void apply_limits(CURL *easy, const struct http_request *request,
			 const struct http_hop *hop)
{
	int64_t connect_ms = request->connect_timeout_ms;
	if (connect_ms <= 0 || connect_ms > hop->timeout_ms)
		connect_ms = hop->timeout_ms;
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)hop->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	if (request->stall_timeout_ms > 0) {
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
				 (long)((request->stall_timeout_ms + 999) / 1000));
	}
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, REUSE_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, REUSE_AGE_S);
}

int http_setup_apply(struct http_setup *setup, CURL *easy,
		     const struct http_request *request, const struct http_hop *hop,
		     struct trust *trust, struct err *err)
{
	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, setup->error_text);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "belay");
	apply_limits(easy, request, hop);
	apply_method(setup, easy, request, hop);
	if (request->user && hop->with_credentials) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD,
				 request->password ? request->password : "");
	}
	if (apply_url(setup, easy, request, hop, err) < 0 ||
	    apply_headers(setup, easy, request, hop, err) < 0)
		return -1;
	if (str_has_prefix(hop->url, "https://"))
		return curl_tls_apply(easy, &request->tls, hop->with_credentials, trust,
				      &setup->store, err);
	return 0;
}

void http_setup_release(struct http_setup *setup)
{
	curl_slist_free_all(setup->headers);
	curl_slist_free_all(setup->connect_to);
	if (setup->store)
		trust_store_free(setup->store);
	*setup = (struct http_setup){0};
}
