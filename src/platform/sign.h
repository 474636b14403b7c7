/* room: platform
 * Signing a text: detached CMS SignedData (RFC 5652, SHA-256, no signed copy of the text) in PEM, as
 * `openssl cms -verify -binary -inform PEM -in SIGNATURE -content TEXT -certfile CERT -CAfile CERT -purpose any` checks it.
 * Over OpenSSL. Keys: RSA, P-256, P-384.
 */
#ifndef BELAY_PLATFORM_SIGN_H
#define BELAY_PLATFORM_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"
#include "belay/secret.h"

/* ERR_CONFIG: a key or certificate that cannot be read, or that do not belong together. */
int sign_text(const void *text, size_t bytes, const struct secret *key,
	      const struct secret *passphrase, const char *certificate,
	      char **ret_signature, struct err *err);

/* Is it signed by one of the certificates? No trust but theirs counts, dates do not either. *ret_signer: subject, fresh, or
 * NULL; *ret_reason: why not, fresh, or NULL. ERR_CONFIG: a certificate that cannot be read. */
int sign_verify(const void *text, size_t bytes, const char *signature,
		const char *const *certificates, size_t count, bool *ret_good,
		char **ret_signer, char **ret_reason, struct err *err);

#endif
