/* room: platform
 * Sealing: pieces of a backup as CMS messages that stock tools open. Over OpenSSL.
 *
 * One piece is one CMS AuthEnvelopedData (RFC 5083, RFC 5084) in DER: AES-256-GCM with a key of its own,
 * which is wrapped for each recipient: RSA and elliptic curve certificates (X25519 is beyond OpenSSL
 * 3.0), or a key derived from a passphrase by scrypt (RFC 7914). Pieces of one size stay pieces of one size:
 * what is added is the same, but where the length of a length grows.
 *
 *     openssl cms -decrypt -inform DER -inkey KEY -recip CERTIFICATE
 *     openssl cms -decrypt -inform DER -secretkey HEX -secretkeyid 62656c6179
 */
#ifndef BELAY_PLATFORM_SEAL_H
#define BELAY_PLATFORM_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"
#include "belay/secret.h"

enum {
	SEAL_SALT_BYTES = 16,
	SEAL_SCRYPT_N = 1 << 16, /* 64 MiB and about 0.2 s */
	SEAL_SCRYPT_R = 8,
	SEAL_SCRYPT_P = 1,
};
/* The id of the key that comes from a passphrase, "belay" in hexadecimal. */
#define SEAL_KEY_ID "belay"
#define SEAL_KEY_ID_HEX "62656c6179"

/* --- sealing ------------------------------------------------------------------------------- */

struct sealer;

/* For recipients: PEM texts, each with one certificate or more. `names` say where they come from, for
 * messages. ERR_CONFIG: no certificate in it, a key type that cannot receive, a certificate for other
 * uses only, none at all. Expired certificates are taken (a key does not get worse with age);
 * sealer_warning() names them. */
int sealer_new(const char *const *pems, const char *const *names, size_t count,
	       struct sealer **ret, struct err *err);
/* For a passphrase of at least 8 bytes. */
int sealer_new_passphrase(const struct secret *passphrase,
			  const unsigned char salt[static SEAL_SALT_BYTES],
			  struct sealer **ret, struct err *err);
void sealer_freep(struct sealer **sealer);

/* What a person should know about the recipients ("… expired on 2024-05-01"), or NULL. Borrowed. */
const char *sealer_warning(const struct sealer *sealer);
/* "RSA 3072 /CN=backup, SHA-256 …" for the manifest; "passphrase (scrypt)". Borrowed. */
const char *sealer_recipient(const struct sealer *sealer, size_t index); /* or NULL */

/* Seals one piece where it stands: it is overwritten, and so is what surrounds it. sealer_head_bytes() in front of
 * it and SEAL_TAIL_BYTES behind it belong to the caller and are free. Pieces of one size become pieces of
 * one size. One thread at a time for a sealer. */
struct sealed {
	const unsigned char *data; /* begins in front of the piece */
	size_t bytes;
};
enum { SEAL_TAIL_BYTES = 64 };
size_t sealer_head_bytes(const struct sealer *sealer);
int sealer_seal(struct sealer *sealer, unsigned char *piece, size_t bytes,
		struct sealed *ret, struct err *err);

/* --- opening ------------------------------------------------------------------------------- */

struct opener;

/* PEM of the private key (with `passphrase` when it is encrypted, may be NULL) and of its
 * certificate. ERR_CONFIG when they do not belong together or cannot be read. */
int opener_new(const struct secret *key, const struct secret *passphrase,
	       const char *certificate, struct opener **ret, struct err *err);
int opener_new_passphrase(const struct secret *passphrase,
			  const unsigned char salt[static SEAL_SALT_BYTES],
			  struct opener **ret, struct err *err);
void opener_freep(struct opener **opener);

/* Opens one piece. `out` has room for `sealed_bytes` and may be `sealed` itself; on failure what is in it is
 * not to be used, as not all of it was authenticated. *ret_bytes: size of what is in it. ERR_AUTH: sealed
 * for another key (nothing is known about the data); ERR_STATE: changed or damaged. Thread-safe. */
int opener_open(const struct opener *opener, const void *sealed, size_t sealed_bytes,
		void *out, size_t *ret_bytes, struct err *err);

/* Of OpenSSL: "3.0.15". */
const char *seal_library_version(void);

#endif
