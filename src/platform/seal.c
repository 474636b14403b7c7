/* Sealing pieces: CMS messages with a fresh content key each. What surrounds the content has one size
 * for one sealer: certificates are named by issuer and number, and wrapped keys have the size of the
 * recipient's key. OpenSSL encrypts and makes that surrounding (a message with a detached content); the
 * content stays where it is.
 */
#include "platform/seal.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "platform/openssl.h"
#include "platform/seal_frame.h"
#include "platform/seal_key.h"
#include "platform/seal_memory.h"
#include "platform/trust.h"

struct sealer {
	STACK_OF(X509) * certificates; /* or NULL */
	unsigned char key[SEAL_KEY_BYTES];
	BIO_METHOD *memory;
	struct {
		char **items;
		size_t count, capacity;
	} recipients;
	char *warning;
};

static int openssl_failed(struct err *err, const char *what)
{
	char buffer[256];
	return err_set(err, ERR_FAIL, "%s: %s", what,
		       trust_openssl_reason(buffer, sizeof buffer));
}

/* --- recipients ---------------------------------------------------------------------------- */

/* "P-256" by the name that everybody knows. */
static char *curve_of(EVP_PKEY *key)
{
	char name[64] = "";
	size_t len = 0;
	if (EVP_PKEY_get_group_name(key, name, sizeof name, &len) != 1)
		return mem_strdup("elliptic curve");
	const char *nist = EC_curve_nid2nist(OBJ_sn2nid(name));
	return mem_strdup(nist ? nist : name);
}

/* Only keys that OpenSSL 3.0's CMS can wrap for. */
static int check_key(EVP_PKEY *key, const char *where, struct err *err)
{
	int type = EVP_PKEY_get_base_id(key);
	if (type == EVP_PKEY_RSA || type == EVP_PKEY_EC)
		return 0;
	err_set(err, ERR_CONFIG, "%s: nothing can be sealed for a key of type %s", where,
		OBJ_nid2sn(type));
	return err_hint(err, "use an RSA, P-256 or P-384 certificate; 'belay backup "
			     "keygen' makes one");
}

static char *describe(X509 *certificate, EVP_PKEY *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	_cleanup_free_ char *name = NULL;
	char *subject = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
	X509_digest(certificate, EVP_sha256(), digest, &len);
	_cleanup_free_ char *hex = str_hex(digest, len);
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		name = str_format("RSA %d", EVP_PKEY_get_bits(key));
	else
		name = curve_of(key);
	char *text = str_format("%s %s, SHA-256 %s", name, subject ? subject : "", hex);
	OPENSSL_free(subject);
	return text;
}

static void note_expiry(struct sealer *sealer, X509 *certificate, const char *where)
{
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) >= 0 ||
	    sealer->warning)
		return;
	sealer->warning = str_format(
		"%s: the certificate has expired; it still seals, but make a new one",
		where);
}

/* Takes the certificate. */
static int add_recipient(struct sealer *sealer, X509 *certificate, const char *where,
			 struct err *err)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	bool usable = key && check_key(key, where, err) == 0;
	if (usable &&
	    !(X509_get_key_usage(certificate) & (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)))
		usable = false;
	if (!usable) {
		X509_free(certificate);
		if (err->code)
			return -1;
		return err_set(err, ERR_CONFIG,
			       "%s: the certificate is not for wrapping keys (key usage)",
			       where);
	}
	note_expiry(sealer, certificate, where);
	*vec_push(&sealer->recipients) = describe(certificate, key);
	if (!sk_X509_push(sealer->certificates, certificate)) {
		X509_free(certificate);
		return openssl_failed(err, where);
	}
	return 0;
}

static int add_pem(struct sealer *sealer, const char *pem, const char *where,
		   struct err *err)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	size_t before = sealer->recipients.count;
	int result = in ? 0 : openssl_failed(err, where);
	X509 *certificate;
	while (result == 0 &&
	       (certificate = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		result = add_recipient(sealer, certificate, where, err);
	BIO_free(in);
	ERR_clear_error();
	if (result < 0 || sealer->recipients.count > before)
		return result;
	err_set(err, ERR_CONFIG, "%s: there is no certificate in it", where);
	return err_hint(err, "a recipient is a certificate in PEM form ('-----BEGIN "
			     "CERTIFICATE-----'); 'belay backup keygen' makes one");
}

/* --- one message ---------------------------------------------------------------------------- */

/* A message that has its recipients and no content yet. */
static CMS_ContentInfo *begin_message(const struct sealer *sealer)
{
	const EVP_CIPHER *cipher = EVP_aes_256_gcm();
	unsigned int flags = CMS_BINARY | CMS_PARTIAL | CMS_DETACHED;
	if (sealer->certificates)
		return CMS_encrypt(sealer->certificates, NULL, cipher, flags);
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher, flags);
	unsigned char *key = OPENSSL_memdup(sealer->key, sizeof sealer->key);
	unsigned char *id = OPENSSL_memdup(SEAL_KEY_ID, strlen(SEAL_KEY_ID));
	/* "add0": both belong to the message once this succeeds. */
	if (cms && key && id &&
	    CMS_add0_recipient_key(cms, NID_undef, key, sizeof sealer->key, id,
				   strlen(SEAL_KEY_ID), NULL, NULL, NULL))
		return cms;
	OPENSSL_clear_free(key, sizeof sealer->key);
	OPENSSL_free(id);
	CMS_ContentInfo_free(cms);
	return NULL;
}

/* Encrypts `data` where it stands: what is written never overtakes what is read. */
static int encrypt(const struct sealer *sealer, CMS_ContentInfo *cms, unsigned char *data,
		   size_t bytes, struct err *err)
{
	struct seal_memory memory = {.at = data, .room = bytes};
	BIO *sink = seal_memory_sink(sealer->memory, &memory);
	BIO *chain = sink ? CMS_dataInit(cms, sink) : NULL;
	size_t written = 0;
	bool done = chain && (bytes == 0 || BIO_write_ex(chain, data, bytes, &written)) &&
		    written == bytes && BIO_flush(chain) == 1 &&
		    CMS_dataFinal(cms, chain) == 1 && memory.room == 0;
	if (chain)
		BIO_free_all(chain);
	else
		BIO_free(sink);
	return done ? 0 : openssl_failed(err, "sealing");
}

int sealer_new(const char *const *pems, const char *const *names, size_t count,
	       struct sealer **ret, struct err *err)
{
	struct sealer *sealer = mem_new(struct sealer);
	sealer->memory = seal_memory_method();
	sealer->certificates = sk_X509_new_null();
	int result = count > 0 ? 0
			       : err_set(err, ERR_CONFIG,
					 "a backup needs a recipient to be sealed for");
	for (size_t i = 0; i < count && result == 0; i++)
		result = add_pem(sealer, pems[i], names[i], err);
	if (result < 0) {
		sealer_freep(&sealer);
		return -1;
	}
	*ret = sealer;
	return 0;
}

int sealer_new_passphrase(const struct secret *passphrase,
			  const unsigned char salt[static SEAL_SALT_BYTES],
			  struct sealer **ret, struct err *err)
{
	struct sealer *sealer = mem_new(struct sealer);
	sealer->memory = seal_memory_method();
	*vec_push(&sealer->recipients) = mem_strdup("passphrase (scrypt)");
	if (seal_key_derive(passphrase, salt, sealer->key, err) < 0) {
		sealer_freep(&sealer);
		return -1;
	}
	*ret = sealer;
	return 0;
}

void sealer_freep(struct sealer **sealer)
{
	if (!*sealer)
		return;
	struct sealer *s = TAKE_PTR(*sealer);
	sk_X509_pop_free(s->certificates, X509_free);
	BIO_meth_free(s->memory);
	OPENSSL_cleanse(s->key, sizeof s->key);
	for (size_t i = 0; i < s->recipients.count; i++)
		free(s->recipients.items[i]);
	free(s->recipients.items);
	free(s->warning);
	free(s);
}

size_t sealer_head_bytes(const struct sealer *sealer)
{
	/* Names and numbers of certificates are bounded by what a certificate authority gives out. */
	enum { FRAME = 1024, RECIPIENT = 8192 };
	return FRAME + sealer->recipients.count * RECIPIENT;
}

const char *sealer_warning(const struct sealer *sealer)
{
	return sealer->warning;
}

const char *sealer_recipient(const struct sealer *sealer, size_t index)
{
	return index < sealer->recipients.count ? sealer->recipients.items[index] : NULL;
}

/* Puts what surrounds the content around it. */
static int surround(CMS_ContentInfo *cms, unsigned char *content, size_t bytes,
		    size_t room, struct sealed *ret, struct err *err)
{
	struct seal_frame frame;
	unsigned char *message = NULL;
	int message_bytes = i2d_CMS_ContentInfo(cms, &message);
	if (message_bytes < 0)
		return openssl_failed(err, "sealing");
	int result = seal_frame_read(message, (size_t)message_bytes, &frame);
	size_t head = result < 0 ? 0 : seal_frame_head(&frame, bytes, NULL);
	if (result < 0 || head > room || frame.after.bytes > SEAL_TAIL_BYTES) {
		result = err_set(err, ERR_FAIL,
				 "sealing needs %zu bytes in front, there are %zu", head,
				 room);
	} else {
		(void)seal_frame_head(&frame, bytes, content - head);
		memcpy(content + bytes, frame.after.data, frame.after.bytes);
		*ret = (struct sealed){content - head, head + bytes + frame.after.bytes};
	}
	OPENSSL_free(message);
	return result;
}

int sealer_seal(struct sealer *sealer, unsigned char *piece, size_t bytes,
		struct sealed *ret, struct err *err)
{
	CMS_ContentInfo *cms = begin_message(sealer);
	int result = cms ? encrypt(sealer, cms, piece, bytes, err)
			 : openssl_failed(err, "sealing");
	if (result == 0)
		result = surround(cms, piece, bytes, sealer_head_bytes(sealer), ret, err);
	CMS_ContentInfo_free(cms);
	return result;
}
