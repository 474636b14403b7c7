/* TLS settings of a curl transfer. */
#include "platform/curl_tls.h"

#include <stdint.h>

#include "platform/trust.h"

static CURLcode install_trust(CURL *easy, void *ssl_context, void *store)
{
	(void)easy;
	trust_apply(store, ssl_context);
	return CURLE_OK;
}

static void apply_certificate(CURL *easy, const struct http_tls *tls)
{
	struct curl_blob key = {
		.data = (void *)(uintptr_t)tls->key,
		.len = tls->key_len,
		.flags = CURL_BLOB_COPY,
	};
	curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->certificate);
	if (tls->key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
}

int curl_tls_apply(CURL *easy, const struct http_tls *tls, bool with_credentials,
		   struct trust *trust, struct x509_store_st **ret_store, struct err *err)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
			 (long)(tls->at_least_1_3 ? CURL_SSLVERSION_TLSv1_3
						  : CURL_SSLVERSION_TLSv1_2));
	/* A resumed session is not verified again; and curl's own cache of authorities does not
	 * know ours, it would mix up those of different requests. */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (tls->certificate && with_credentials)
		apply_certificate(easy, tls);
	if (tls->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
		return 0;
	}
	if (trust_get(trust, tls->ca_file, tls->extra_ca, ret_store, err) < 0)
		return -1;
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, install_trust);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, *ret_store);
	return 0;
}
