/* SHA-256 of a stream. With memory for the taking OpenSSL's digests cannot fail; if they do, the
 * library is broken and nothing it says can be trusted: that ends the process. */
#include "platform/digest.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/openssl.h"

#include <openssl/hmac.h> /* after the header above, which knows its trap */

struct digest {
	EVP_MD_CTX *context;
};

static void must(int ok)
{
	if (ok != 1)
		abort();
}

struct digest *digest_new(void)
{
	struct digest *digest = mem_new(struct digest);
	digest->context = EVP_MD_CTX_new();
	must(digest->context != NULL);
	must(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL));
	return digest;
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	must(EVP_DigestUpdate(digest->context, data, len));
}

char *digest_hex(struct digest *digest)
{
	unsigned char bytes[DIGEST_SHA256_BYTES];
	must(EVP_DigestFinal_ex(digest->context, bytes, NULL));
	return str_hex(bytes, sizeof bytes);
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

void digest_freep(struct digest **digest)
{
	digest_free(*digest);
	*digest = NULL;
}

void digest_sha256(const void *data, size_t len,
		   unsigned char ret[static DIGEST_SHA256_BYTES])
{
	must(EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL));
}

void digest_md5(const void *data, size_t len, unsigned char ret[static DIGEST_MD5_BYTES])
{
	must(EVP_Digest(data, len, ret, NULL, EVP_md5(), NULL));
}

void digest_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
			unsigned char ret[static DIGEST_SHA256_BYTES])
{
	unsigned char bytes[DIGEST_SHA256_BYTES];
	unsigned size = 0;
	assert(key_len <= INT_MAX);
	must(HMAC(EVP_sha256(), key, (int)key_len, data, len, bytes, &size) != NULL);
	memcpy(ret, bytes, sizeof bytes);
}

char *digest_hmac_sha256_hex(const void *key, size_t key_len, const void *data,
			     size_t len)
{
	unsigned char bytes[DIGEST_SHA256_BYTES];
	digest_hmac_sha256(key, key_len, data, len, bytes);
	return str_hex(bytes, sizeof bytes);
}
