/* Key pairs by OpenSSL's EVP and X.509. */
#include "platform/keygen.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "platform/openssl.h"
#include "platform/seal_key.h"
#include "platform/trust.h"

static const struct key_type {
	const char *name;
	const char *curve; /* NULL: RSA */
	unsigned bits;
	const char *seal_usage;
} types[] = {
	{"p-256", "P-256", 0, "critical,keyAgreement"},
	{"p-384", "P-384", 0, "critical,keyAgreement"},
	{"rsa-3072", NULL, 3072, "critical,keyEncipherment"},
	{"rsa-4096", NULL, 4096, "critical,keyEncipherment"},
};

enum { DAYS_MAX = 36500 };

static const struct key_type *type_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* A key for one thing only: who can open backups must not be able to vouch for them, and the reverse. */
static const char *usage_of(const struct keygen *wanted)
{
	const char *purpose = wanted->purpose ? wanted->purpose : "seal";
	if (strcmp(purpose, "sign") == 0)
		return "critical,digitalSignature";
	return strcmp(purpose, "seal") == 0 ? type_find(wanted->type)->seal_usage : NULL;
}

static int check_wanted(const struct keygen *wanted, struct err *err)
{
	if (!type_find(wanted->type)) {
		err_set(err, ERR_USAGE, "'%s' is no type of key", wanted->type);
		return err_hint(err, "known: p-256, p-384, rsa-3072, rsa-4096");
	}
	if (!usage_of(wanted)) {
		err_set(err, ERR_USAGE, "'%s' is nothing that a key is made for",
			wanted->purpose);
		return err_hint(err, "known: seal, sign");
	}
	if (wanted->days < 1 || wanted->days > DAYS_MAX)
		return err_set(err, ERR_USAGE, "a key is made for 1 to %d days",
			       DAYS_MAX);
	if (wanted->passphrase && wanted->passphrase->len < SEAL_PASSPHRASE_MIN)
		return err_set(err, ERR_CONFIG,
			       "the passphrase is shorter than %d characters",
			       SEAL_PASSPHRASE_MIN);
	size_t good = strspn(wanted->name, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-@");
	if (good == 0 || good > 64 || wanted->name[good])
		return err_set(err, ERR_USAGE,
			       "a key's name is 1 to 64 letters, digits, spaces and . _ "
			       "- @");
	return 0;
}

static int openssl_failed(struct err *err)
{
	char buffer[256];
	return err_set(err, ERR_FAIL, "making the key: %s",
		       trust_openssl_reason(buffer, sizeof buffer));
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool done = extension && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return done;
}

/* 128 random bits, so that two keys of one name never look like one. */
static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool done = number && BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return done;
}

static X509 *make_certificate(const struct keygen *wanted, EVP_PKEY *key)
{
	time_t now = (time_t)(wanted->now_ms / 1000);
	X509 *certificate = X509_new();
	if (!certificate)
		return NULL;
	X509_NAME *name = X509_get_subject_name(certificate);
	if (X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
	    X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &now) &&
	    X509_time_adj_ex(X509_getm_notAfter(certificate), wanted->days, 0, &now) &&
	    X509_set_pubkey(certificate, key) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				       (const unsigned char *)wanted->name, -1, -1, 0) &&
	    X509_set_issuer_name(certificate, name) &&
	    add_extension(certificate, NID_key_usage, usage_of(wanted)) &&
	    add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	    X509_sign(certificate, key, EVP_sha256()))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool write_pem(const struct keygen *wanted, EVP_PKEY *key, X509 *certificate,
		      struct secret *ret_key, char **ret_certificate)
{
	const struct secret *passphrase = wanted->passphrase;
	BIO *key_bio = BIO_new(BIO_s_secmem()), *bio = BIO_new(BIO_s_mem());
	bool done = key_bio && bio &&
		    PEM_write_bio_PKCS8PrivateKey(
			    key_bio, key, passphrase ? EVP_aes_256_cbc() : NULL,
			    passphrase ? passphrase->data : NULL,
			    passphrase ? (int)passphrase->len : 0, NULL, NULL) &&
		    PEM_write_bio_X509(bio, certificate);
	if (done) {
		char *data = NULL;
		long len = BIO_get_mem_data(key_bio, &data);
		secret_set(ret_key, data, (size_t)len);
		len = BIO_get_mem_data(bio, &data);
		*ret_certificate = mem_strndup(data, (size_t)len);
	}
	BIO_free(key_bio);
	BIO_free(bio);
	return done;
}

int keygen_run(const struct keygen *wanted, struct secret *ret_key,
	       char **ret_certificate, struct err *err)
{
	if (check_wanted(wanted, err) < 0)
		return -1;
	const struct key_type *type = type_find(wanted->type);
	EVP_PKEY *key = type->curve ? EVP_EC_gen(type->curve) : EVP_RSA_gen(type->bits);
	X509 *certificate = key ? make_certificate(wanted, key) : NULL;
	int result = 0;
	if (!certificate ||
	    !write_pem(wanted, key, certificate, ret_key, ret_certificate))
		result = openssl_failed(err);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return result;
}
