/* room: platform
 * TLS of a curl transfer: versions, trust and client certificate, the same for every protocol.
 */
#ifndef BELAY_PLATFORM_CURL_TLS_H
#define BELAY_PLATFORM_CURL_TLS_H

#include <curl/curl.h>
#include <stdbool.h>

#include "platform/http.h"

struct x509_store_st;

/* Sets `easy` up for `tls`; `with_credentials`: the client certificate, too. *ret_store: what curl
 * borrows while the transfer runs, NULL when nothing is verified; free with trust_store_free().
 * ERR_CONFIG when the trust cannot be used. */
int curl_tls_apply(CURL *easy, const struct http_tls *tls, bool with_credentials,
		   struct trust *trust, struct x509_store_st **ret_store,
		   struct err *err);

#endif
