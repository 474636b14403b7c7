/* Object ids of texts: what `git hash-object --stdin` prints. By OpenSSL, which knows the processor's
 * own instructions; libgit2's hash looks for attacks in what others made, and takes several times as
 * long. What is hashed here is our own. */
#include "platform/git_hash.h"

#include <stdio.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/openssl.h"

#define ID_BINARY_BYTES ((VCS_ID_BYTES - 1) / 2)

static int digest(EVP_MD_CTX *context, const void *data, size_t len,
		  unsigned char ret[static ID_BINARY_BYTES])
{
	char header[40];
	size_t header_len = (size_t)snprintf(header, sizeof header, "blob %zu", len) + 1;
	if (EVP_DigestInit_ex(context, EVP_sha1(), NULL) != 1 ||
	    EVP_DigestUpdate(context, header, header_len) != 1 ||
	    EVP_DigestUpdate(context, data, len) != 1 ||
	    EVP_DigestFinal_ex(context, ret, NULL) != 1)
		return -1;
	return 0;
}

int vcs_hash(const void *data, size_t len, char ret_id[static VCS_ID_BYTES],
	     struct err *err)
{
	unsigned char id[ID_BINARY_BYTES];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int result = context ? digest(context, data, len, id) : -1;
	EVP_MD_CTX_free(context);
	if (result < 0)
		return err_set(err, ERR_FAIL, "cannot compute a SHA-1");
	_cleanup_free_ char *hex = str_hex(id, sizeof id);
	memcpy(ret_id, hex, VCS_ID_BYTES);
	return 0;
}
