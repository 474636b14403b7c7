/* Opening pieces. OpenSSL reads what surrounds the content (as a message with a detached content) and
 * decrypts from memory into memory. It writes decrypted bytes before it has seen the authentication tag.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/key_pair.h"
#include "platform/openssl.h"
#include "platform/seal.h"
#include "platform/seal_frame.h"
#include "platform/seal_key.h"
#include "platform/trust.h"

struct opener {
	EVP_PKEY *key;     /* with the certificate, or */
	X509 *certificate; /* both NULL: */
	unsigned char secret[SEAL_KEY_BYTES];
};

int opener_new(const struct secret *key, const struct secret *passphrase,
	       const char *certificate, struct opener **ret, struct err *err)
{
	struct key_pair pair;
	if (key_pair_read(key, passphrase, certificate, &pair, err) < 0)
		return -1;
	_cleanup_(opener_freep) struct opener *opener = mem_new(struct opener);
	opener->key = pair.key;
	opener->certificate = pair.certificate;
	*ret = TAKE_PTR(opener);
	return 0;
}

int opener_new_passphrase(const struct secret *passphrase,
			  const unsigned char salt[static SEAL_SALT_BYTES],
			  struct opener **ret, struct err *err)
{
	_cleanup_(opener_freep) struct opener *opener = mem_new(struct opener);
	if (seal_key_derive(passphrase, salt, opener->secret, err) < 0)
		return -1;
	*ret = TAKE_PTR(opener);
	return 0;
}

void opener_freep(struct opener **opener)
{
	if (!*opener)
		return;
	struct opener *o = TAKE_PTR(*opener);
	EVP_PKEY_free(o->key);
	X509_free(o->certificate);
	OPENSSL_cleanse(o->secret, sizeof o->secret);
	free(o);
}

/* --- one message ---------------------------------------------------------------------------- */

/* Is one of the message's recipients this key? */
static bool is_for_us(const struct opener *opener, CMS_ContentInfo *cms)
{
	STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);
	for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
		CMS_RecipientInfo *info = sk_CMS_RecipientInfo_value(infos, i);
		int type = CMS_RecipientInfo_type(info);
		if (!opener->key && type == CMS_RECIPINFO_KEK)
			return true;
		if (opener->key && type == CMS_RECIPINFO_TRANS &&
		    CMS_RecipientInfo_ktri_cert_cmp(info, opener->certificate) == 0)
			return true;
		if (!opener->key || type != CMS_RECIPINFO_AGREE)
			continue;
		STACK_OF(CMS_RecipientEncryptedKey) *keys =
			CMS_RecipientInfo_kari_get0_reks(info);
		for (int k = 0; k < sk_CMS_RecipientEncryptedKey_num(keys); k++)
			if (CMS_RecipientEncryptedKey_cert_cmp(
				    sk_CMS_RecipientEncryptedKey_value(keys, k),
				    opener->certificate) == 0)
				return true;
	}
	return false;
}

static int refuse_key(const struct opener *opener, struct err *err)
{
	ERR_clear_error();
	if (!opener->key)
		return err_set(err, ERR_AUTH,
			       "the passphrase is not the one it was sealed with");
	err_set(err, ERR_AUTH, "it was not sealed for this certificate");
	return err_hint(err, "the manifest lists the recipients; give the key of one of "
			     "them");
}

static int set_key(const struct opener *opener, CMS_ContentInfo *cms)
{
	if (opener->key)
		return CMS_decrypt_set1_pkey(cms, opener->key, opener->certificate);
	unsigned char *key = OPENSSL_memdup(opener->secret, sizeof opener->secret);
	unsigned char id[] = SEAL_KEY_ID;
	int done = key ? CMS_decrypt_set1_key(cms, key, sizeof opener->secret, id,
					      sizeof id - 1)
		       : 0;
	OPENSSL_clear_free(key, sizeof opener->secret);
	return done;
}

/* Reads everything, and the end after it: only there is the tag compared. Returns whether it was right and the
 * content has that size. CMS_decrypt() would do the same by way of memory that grows with the content. */
static bool read_content(BIO *from, unsigned char *out, size_t bytes)
{
	unsigned char beyond[1];
	size_t got = 0, all = 0;
	while (all < bytes && BIO_read_ex(from, out + all, bytes - all, &got) == 1)
		all += got;
	return all == bytes && BIO_read_ex(from, beyond, sizeof beyond, &got) != 1 &&
	       BIO_get_cipher_status(from) == 1;
}

static int decrypt(const struct opener *opener, CMS_ContentInfo *cms,
		   struct seal_span content, unsigned char *out, size_t *ret_bytes,
		   struct err *err)
{
	if (!is_for_us(opener, cms) || set_key(opener, cms) != 1)
		return refuse_key(opener, err);
	BIO *sealed = BIO_new_mem_buf(content.data, (int)content.bytes);
	BIO *from = sealed ? CMS_dataInit(cms, sealed) : NULL;
	bool done = from && read_content(from, out, content.bytes);
	if (from)
		BIO_free_all(from);
	else
		BIO_free(sealed);
	ERR_clear_error();
	*ret_bytes = content.bytes;
	return done ? 0
		    : err_set(err, ERR_STATE,
			      "it was changed or damaged after it was sealed");
}

/* What surrounds the content, as a message of its own. NULL when it cannot be read. */
static CMS_ContentInfo *read_surrounding(const struct seal_frame *frame)
{
	size_t head = seal_frame_head(frame, SEAL_NO_CONTENT, NULL);
	size_t bytes = head + frame->after.bytes;
	_cleanup_free_ unsigned char *message = mem_alloc(bytes);
	(void)seal_frame_head(frame, SEAL_NO_CONTENT, message);
	memcpy(message + head, frame->after.data, frame->after.bytes);
	const unsigned char *at = message;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)bytes);
	if (cms && OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_authEnvelopedData &&
	    at == message + bytes)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

int opener_open(const struct opener *opener, const void *sealed, size_t sealed_bytes,
		void *out, size_t *ret_bytes, struct err *err)
{
	struct seal_frame frame;
	CMS_ContentInfo *cms = NULL;
	if (seal_frame_read(sealed, sealed_bytes, &frame) == 0 && frame.content.data &&
	    frame.content.bytes <= INT_MAX)
		cms = read_surrounding(&frame);
	if (!cms) {
		ERR_clear_error();
		return err_set(err, ERR_STATE, "it is not a sealed piece, or damaged");
	}
	int result = decrypt(opener, cms, frame.content, out, ret_bytes, err);
	CMS_ContentInfo_free(cms);
	return result;
}
