/* Key pairs by OpenSSL's PEM readers. */
#include "platform/key_pair.h"

#include <stdbool.h>
#include <string.h>

#include "belay/str.h"
#include "platform/openssl.h"

static int give_passphrase(char *buffer, int size, int writing, void *context)
{
	const struct secret *passphrase = context;
	(void)writing;
	if (!passphrase || !passphrase->data || passphrase->len > (size_t)size)
		return 0; /* never ask at a terminal */
	memcpy(buffer, passphrase->data, passphrase->len);
	return (int)passphrase->len;
}

static EVP_PKEY *read_key(const struct secret *key, const struct secret *passphrase)
{
	BIO *in = BIO_new_mem_buf(key->data, (int)key->len);
	EVP_PKEY *result = in ? PEM_read_bio_PrivateKey(in, NULL, give_passphrase,
							(void *)passphrase)
			      : NULL;
	BIO_free(in);
	ERR_clear_error();
	return result;
}

X509 *certificate_read(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	X509 *result = in ? PEM_read_bio_X509(in, NULL, give_passphrase, NULL) : NULL;
	BIO_free(in);
	ERR_clear_error();
	return result;
}

/* The first certificate of the text that belongs to the key. *ret_any: is there one at all? */
static X509 *find_certificate(const char *pem, EVP_PKEY *key, bool *ret_any)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	X509 *found = NULL, *next;
	*ret_any = false;
	while (in && !found &&
	       (next = PEM_read_bio_X509(in, NULL, give_passphrase, NULL))) {
		*ret_any = true;
		if (X509_check_private_key(next, key) == 1)
			found = next;
		else
			X509_free(next);
	}
	BIO_free(in);
	ERR_clear_error();
	return found;
}

/* Both forms of PEM say it in words. */
static bool is_encrypted(const struct secret *key)
{
	return key->data && memmem(key->data, key->len, "ENCRYPTED", strlen("ENCRYPTED"));
}

static int refuse_key(const struct secret *key, const struct secret *passphrase,
		      struct err *err)
{
	if (is_encrypted(key) && !passphrase) {
		err_set(err, ERR_CONFIG,
			"the private key is protected, and its passphrase is not given");
		return err_hint(err, "'key_passphrase' in the configuration, or "
				     "--key-passphrase-env NAME");
	}
	err_set(err, ERR_CONFIG, "the private key cannot be read");
	return err_hint(err, "it has to be in PEM form; for an encrypted one the "
			     "passphrase has to be right");
}

int key_pair_read(const struct secret *key, const struct secret *passphrase,
		  const char *certificate, struct key_pair *ret, struct err *err)
{
	struct key_pair pair = {.key = read_key(key, passphrase)};
	bool any = false;
	if (!pair.key)
		return refuse_key(key, passphrase, err);
	pair.certificate = find_certificate(certificate, pair.key, &any);
	if (pair.certificate) {
		*ret = pair;
		return 0;
	}
	key_pair_release(&pair);
	if (!any)
		return err_set(
			err, ERR_CONFIG,
			"the certificate cannot be read: it has to be in PEM form");
	err_set(err, ERR_CONFIG, "the private key does not belong to the certificate");
	return err_hint(err,
			"name the one that was made with the key: 'certificate' beside "
			"the key, or --certificate");
}

void key_pair_release(struct key_pair *pair)
{
	EVP_PKEY_free(pair->key);
	X509_free(pair->certificate);
	*pair = (struct key_pair){0};
}

char *certificate_fingerprint(const char *pem)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	X509 *certificate = certificate_read(pem);
	if (!certificate)
		return NULL;
	int done = X509_digest(certificate, EVP_sha256(), digest, &len);
	X509_free(certificate);
	return done ? str_hex(digest, len) : NULL;
}
