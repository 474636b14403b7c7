/* room: platform
 * From a request to the options of one curl transfer. Private to http.c.
 */
#ifndef BELAY_PLATFORM_HTTP_SETUP_H
#define BELAY_PLATFORM_HTTP_SETUP_H

#include <curl/curl.h>

#include "platform/http.h"

struct x509_store_st;

/* One hop of an exchange: what changes from redirect to redirect. */
struct http_hop {
	char *url;
	const char *method; /* NULL: GET */
	bool with_body;
	bool with_credentials; /* still at the origin the caller named */
	int64_t timeout_ms;
};

/* What curl borrows while the transfer runs; release afterwards. */
struct http_setup {
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	struct x509_store_st *store; /* NULL for http:// and insecure */
	const char *body;            /* what is sent, from body_at on */
	size_t body_len, body_at;
	char error_text[CURL_ERROR_SIZE];
};

int http_setup_apply(struct http_setup *setup, CURL *easy,
		     const struct http_request *request, const struct http_hop *hop,
		     struct trust *trust, struct err *err);
void http_setup_release(struct http_setup *setup);

#endif
