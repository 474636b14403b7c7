/* Signatures by OpenSSL's CMS. The certificate of the signer is not in the message: whoever verifies has it
 * already, and nothing that comes with a message is believed.
 */
#include "platform/sign.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/key_pair.h"
#include "platform/openssl.h"
#include "platform/trust.h"

static int openssl_failed(struct err *err)
{
	char buffer[256];
	return err_set(err, ERR_FAIL, "signing: %s",
		       trust_openssl_reason(buffer, sizeof buffer));
}

/* A certificate without the extension is for everything. */
static int check_usage(X509 *certificate, struct err *err)
{
	if (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE)
		return 0;
	err_set(err, ERR_CONFIG, "the certificate is not for signing (key usage)");
	return err_hint(err, "sealing and signing take a key each; 'belay backup keygen' "
			     "makes both kinds");
}

/* --- signing --------------------------------------------------------------------------------- */

static CMS_ContentInfo *sign(const struct key_pair *pair, BIO *text)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NOCERTS | CMS_NOSMIMECAP;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	if (cms &&
	    CMS_add1_signer(cms, pair->certificate, pair->key, EVP_sha256(), flags) &&
	    CMS_final(cms, text, NULL, flags))
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

static char *pem_of(CMS_ContentInfo *cms)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data = NULL, *text = NULL;
	if (out && PEM_write_bio_CMS(out, cms)) {
		long len = BIO_get_mem_data(out, &data);
		text = mem_strndup(data, (size_t)len);
	}
	BIO_free(out);
	return text;
}

int sign_text(const void *text, size_t bytes, const struct secret *key,
	      const struct secret *passphrase, const char *certificate,
	      char **ret_signature, struct err *err)
{
	struct key_pair pair = {0};
	if (bytes > INT_MAX)
		return err_set(err, ERR_LIMIT, "a text of %zu bytes is too long to sign",
			       bytes);
	if (key_pair_read(key, passphrase, certificate, &pair, err) < 0)
		return -1;
	if (check_usage(pair.certificate, err) < 0) {
		key_pair_release(&pair);
		return -1;
	}
	BIO *in = BIO_new_mem_buf(text, (int)bytes);
	CMS_ContentInfo *cms = in ? sign(&pair, in) : NULL;
	char *signature = cms ? pem_of(cms) : NULL;
	if (signature)
		*ret_signature = signature;
	int result = signature ? 0 : openssl_failed(err);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	key_pair_release(&pair);
	return result;
}

/* --- verifying ------------------------------------------------------------------------------- */

static CMS_ContentInfo *read_signature(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	CMS_ContentInfo *cms = in ? PEM_read_bio_CMS(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	ERR_clear_error();
	if (!cms || (OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed &&
		     CMS_is_detached(cms) == 1 &&
		     sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) > 0))
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

/* With the public key of this certificate and of no other one. Names in the message only say which certificate
 * is meant; what counts is the signature. */
static bool is_signed_by(const char *signature, X509 *certificate, const void *text,
			 size_t bytes)
{
	const unsigned flags = CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY;
	/* Read for each certificate: a message remembers the one that it was verified with. */
	CMS_ContentInfo *cms = read_signature(signature);
	STACK_OF(X509) *only = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(text, (int)bytes);
	bool good = cms && only && in && sk_X509_push(only, certificate) &&
		    CMS_verify(cms, only, NULL, in, NULL, flags) == 1;
	BIO_free(in);
	sk_X509_free(only);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return good;
}

static char *subject_of(X509 *certificate)
{
	char *line = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
	char *text = mem_strdup(line ? line : "");
	OPENSSL_free(line);
	return text;
}

/* Tries one certificate: *ret_signer when it is the signer's. */
static int try_certificate(const void *text, size_t bytes, const char *signature,
			   const char *pem, char **ret_signer, struct err *err)
{
	X509 *certificate = certificate_read(pem);
	if (!certificate) {
		err_set(err, ERR_CONFIG,
			"the certificate of a signer cannot be read: it has to be in PEM "
			"form");
		return -1;
	}
	int result = check_usage(certificate, err);
	if (result == 0 && is_signed_by(signature, certificate, text, bytes))
		*ret_signer = subject_of(certificate);
	X509_free(certificate);
	return result;
}

int sign_verify(const void *text, size_t bytes, const char *signature,
		const char *const *certificates, size_t count, bool *ret_good,
		char **ret_signer, char **ret_reason, struct err *err)
{
	_cleanup_free_ char *signer = NULL;
	if (bytes > INT_MAX)
		return err_set(err, ERR_LIMIT, "a text of %zu bytes is too long", bytes);
	for (size_t i = 0; i < count && !signer; i++)
		if (try_certificate(text, bytes, signature, certificates[i], &signer,
				    err) < 0)
			return -1;
	CMS_ContentInfo *cms = read_signature(signature);
	*ret_good = signer != NULL;
	*ret_reason = signer ? NULL
			     : mem_strdup(cms ? "it is not signed by a certificate that "
						"is trusted, or it was changed since"
					      : "the signature is none, or damaged");
	*ret_signer = TAKE_PTR(signer);
	CMS_ContentInfo_free(cms);
	return 0;
}
