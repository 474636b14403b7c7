/* room: platform
 * HTTP (RFC 9110) over libcurl: whole exchanges for probes and APIs, streamed answers for git.
 *
 * A `struct http_client` is a cache of connections with one exchange at a time; one thread uses it
 * at a time. A target that gives no answer is an observation (enum http_failure), not an error:
 * functions return -1 only with ERR_CONFIG (arguments, trust or keys that cannot be used) or
 * ERR_CANCELLED. Every call ends by its deadline.
 *
 * Redirects are followed here rather than in curl: on a change of scheme, host or port the
 * credentials, the Authorization and Cookie headers and every header marked secret stay behind,
 * and so does the client certificate. Proxies come from the environment (http_proxy,
 * https_proxy, no_proxy), as curl documents them.
 *
 * Connections are verified anew: no TLS session is resumed, an idle connection is used again for a
 * few seconds only, and one that was verified against other authorities never.
 *
 * Nothing is sent twice: a request with a body that may have reached the peer is never repeated on
 * a new connection, it fails as `reset`.
 *
 * SIGPIPE must be ignored in the process.
 */
#ifndef BELAY_PLATFORM_HTTP_H
#define BELAY_PLATFORM_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"
#include "belay/str.h"
#include "platform/stop.h"

struct trust;
struct http_client;

enum http_failure {
	HTTP_OK,
	HTTP_DNS,
	HTTP_NO_NETWORK, /* this machine has no way there: no route, no name server */
	HTTP_REFUSED,
	HTTP_TIMEOUT,
	HTTP_RESET,
	HTTP_TLS,
	HTTP_TOO_LARGE, /* header or body beyond the maximum */
	HTTP_REDIRECTS, /* more than max_redirects, or to something that is not HTTP */
	HTTP_PROTOCOL,  /* the answer is no HTTP */
};

/* The word used in answers: "dns", "refused" …; NULL for HTTP_OK. */
const char *http_failure_name(enum http_failure failure);

struct http_header {
	const char *name;
	const char *value;
	bool secret; /* stays behind on a redirect to another origin */
};

struct http_tls {
	bool insecure;           /* accept any certificate */
	const char *ca_file;     /* NULL: the machine's bundle */
	const char *extra_ca;    /* PEM text, or NULL */
	const char *server_name; /* SNI and the name to verify; NULL: the URL's host */
	bool at_least_1_3;       /* else at least 1.2 */
	const char *certificate; /* path of a client certificate (PEM), or NULL */
	const char *key;         /* its key as PEM text; NULL: it is in the same file */
	size_t key_len;
};

/* "host:port" goes to this address instead of what the name resolves to. */
struct http_resolve {
	const char *host_port;
	const char *address;
};

/* Everything is borrowed until the exchange is closed. */
struct http_request {
	const char *method; /* NULL: GET */
	const char *url;    /* http:// or https://, without credentials */
	const struct http_header *headers;
	size_t header_count;
	const void *body; /* NULL: none */
	size_t body_len;
	const char *user, *password; /* Basic; NULL: none */
	const struct http_resolve *resolve;
	size_t resolve_count;
	struct http_tls tls;

	int64_t timeout_ms;         /* for the whole exchange, redirects included */
	int64_t connect_timeout_ms; /* 0: as timeout_ms */
	int64_t stall_timeout_ms; /* 0: none; give up when nothing arrives for so long */
	unsigned max_redirects;   /* 0: a redirect is the answer */
	size_t max_body_bytes;
	size_t max_header_bytes;
	struct stop stop;
};

struct http_field {
	char *name; /* lowercase */
	char *value;
};

struct http_response {
	enum http_failure failure;
	char message[256]; /* why, when there is a failure */
	int status;        /* 0 when there was no answer */
	struct {
		struct http_field *
			items; /* of the last answer; a repeated field is joined by ", " */
		size_t count, capacity;
	} headers;
	size_t header_bytes;
	struct str body;    /* empty for a streamed exchange, and for a broken answer */
	bool truncated;     /* the body is only the first max_body_bytes */
	int64_t latency_ms; /* whole exchange */
	int64_t name_ms;    /* phases of the last request: name look-up, */
	int64_t connect_ms; /* TCP connection, */
	int64_t tls_ms;     /* TLS handshake (0 for a connection used again), */
	int64_t first_byte_ms; /* and from its start until the first byte of the answer */
	char remote_address[64];
	char http_version[8]; /* "1.1" */
	char *url;            /* after redirects */
	unsigned redirects;
	int64_t retry_after_ms; /* Retry-After of the answer, in either form; 0: none */
	bool left_origin; /* a redirect led to another origin: credentials stayed behind */
};

struct http_client *http_client_new(
	struct trust *trust); /* `trust` outlives the client */
void http_client_free(struct http_client *client);

/* A whole exchange. Release *ret in either case. */
int http_perform(struct http_client *client, const struct http_request *request,
		 struct http_response *ret, struct err *err);
void http_response_release(struct http_response *response);

/* The value of a header field of the answer, or NULL. */
const char *http_response_header(const struct http_response *response, const char *name);

/* A streamed exchange: http_open() returns when the answer has begun (or failed), http_read() gives
 * its body piece by piece, http_close() ends it; a connection whose answer was not read to its end
 * is closed unless the rest is short. *response must stay where it is until http_close(). */
int http_open(struct http_client *client, const struct http_request *request,
	      struct http_response *response, struct err *err);
/* *ret_count: bytes put into buffer, 0 at the end. A broken answer is 0 with *ret_count 0 and
 * response->failure set. */
int http_read(struct http_client *client, void *buffer, size_t size_bytes,
	      size_t *ret_count, struct err *err);
void http_close(struct http_client *client);

#endif
