/* room: platform
 * Making a key pair for backups: a private key and a self-signed certificate, either for receiving wrapped
 * keys or for signing, and for nothing else. Over OpenSSL.
 */
#ifndef BELAY_PLATFORM_KEYGEN_H
#define BELAY_PLATFORM_KEYGEN_H

#include <stdint.h>

#include "belay/err.h"
#include "belay/secret.h"

struct keygen {
	const char *type;    /* "p-256", "p-384", "rsa-3072", "rsa-4096" */
	const char *purpose; /* "seal" or "sign"; NULL: "seal" */
	const char *name;    /* common name: letters, digits, space and ._-@ */
	int64_t now_ms;
	int days; /* until the certificate expires */
	const struct secret
		*passphrase; /* encrypts the private key; NULL: it stays open */
};

/* PKCS #8 and X.509 in PEM. ERR_USAGE for an unknown type or purpose, a bad name,
 * days out of 1..36500. */
int keygen_run(const struct keygen *wanted, struct secret *ret_key,
	       char **ret_certificate, struct err *err);

/* The same into two new files; the key's can be read by its owner only. Nothing is overwritten, and there are both files or
 * none. *ret_certificate: its text, fresh. ERR_FAIL with sys_errno EEXIST: there is such a file already. Blocks. */
int keygen_files(const struct keygen *wanted, const char *key_path,
		 const char *certificate_path, char **ret_certificate, struct err *err);

#endif
