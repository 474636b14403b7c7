/* room: platform
 * SHA-256 (FIPS 180-4) of a stream, and HMAC with it (RFC 2104), by OpenSSL. MD5 (RFC 1321) for protocols
 * that check with it what arrives.
 */
#ifndef BELAY_PLATFORM_DIGEST_H
#define BELAY_PLATFORM_DIGEST_H

#include <stddef.h>

enum { DIGEST_SHA256_BYTES = 32, DIGEST_MD5_BYTES = 16 };

struct digest;

struct digest *digest_new(void);
void digest_add(struct digest *digest, const void *data, size_t len);
/* Lowercase hexadecimal, 64 characters; the digest can only be freed after that. Free with free(). */
char *digest_hex(struct digest *digest);
void digest_free(struct digest *digest);
void digest_freep(struct digest **digest);

/* In one go. */
void digest_sha256(const void *data, size_t len,
		   unsigned char ret[static DIGEST_SHA256_BYTES]);
void digest_md5(const void *data, size_t len, unsigned char ret[static DIGEST_MD5_BYTES]);
/* SHA-256 keyed. `ret` may be the key. */
void digest_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
			unsigned char ret[static DIGEST_SHA256_BYTES]);
/* Lowercase hexadecimal, fresh. */
char *digest_hmac_sha256_hex(const void *key, size_t key_len, const void *data,
			     size_t len);

#endif
