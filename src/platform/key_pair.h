/* A private key and its certificate, read from PEM. Private to src/platform, over OpenSSL. */
#ifndef BELAY_PLATFORM_KEY_PAIR_H
#define BELAY_PLATFORM_KEY_PAIR_H

#include "belay/err.h"
#include "belay/secret.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */
struct x509_st;     /* OpenSSL's X509 */

struct key_pair {
	struct evp_pkey_st *key;
	struct x509_st *certificate;
};

/* `passphrase` of an encrypted key, or NULL. Of several certificates the first that belongs to the key. ERR_CONFIG when one of them cannot be read or they do not belong
 * together. Nobody is asked at a terminal. */
int key_pair_read(const struct secret *key, const struct secret *passphrase,
		  const char *certificate, struct key_pair *ret, struct err *err);
void key_pair_release(struct key_pair *pair);

/* The first certificate of a PEM text; NULL when there is none. Free with X509_free(). */
struct x509_st *certificate_read(const char *pem);
/* SHA-256 of the first certificate in DER, in hexadecimal: how people compare certificates. Fresh, or NULL. */
char *certificate_fingerprint(const char *pem);

#endif
