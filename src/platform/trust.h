/* room: platform
 * Trust: which certificate authorities a TLS peer may be signed by.
 *
 * OpenSSL 3.0 needs 28–51 ms to parse a distribution's bundle, so a bundle is parsed once for a
 * `struct trust` and only when a TLS connection is about to be made; the resulting X509_STORE is
 * shared by all connections. Thread-safe.
 *
 * Which bundle: the file that the caller names, else $SSL_CERT_FILE, $CURL_CA_BUNDLE,
 * $GIT_SSL_CAINFO, else the first of the usual places of the distributions that exists.
 */
#ifndef BELAY_PLATFORM_TRUST_H
#define BELAY_PLATFORM_TRUST_H

#include <stdbool.h>

#include "belay/err.h"

struct x509_store_st; /* OpenSSL's X509_STORE */
struct ssl_ctx_st;    /* OpenSSL's SSL_CTX */
struct trust;

struct trust *trust_new(void);
void trust_free(struct trust *trust);

/* *ret_store: a new reference; give it back with trust_store_free(). `ca_file` (NULL: the machine's
 * bundle) replaces the machine's bundle; the certificates in the PEM text `extra_ca` (NULL: none)
 * are trusted as well. ERR_CONFIG when a named file or the text is not usable, or when there is no
 * bundle at all and no extra certificate either. Reads files. */
int trust_get(struct trust *trust, const char *ca_file, const char *extra_ca,
	      struct x509_store_st **ret_store, struct err *err);
void trust_store_free(struct x509_store_st *store);

/* Lets `context` verify against `store`, in place of whatever it would have used. */
void trust_apply(struct x509_store_st *store, struct ssl_ctx_st *context);

/* Newest entry of OpenSSL's error queue of this thread as text, and empties the queue. */
const char *trust_openssl_reason(char *buffer, unsigned long size_bytes);

#endif
