/* scrypt by OpenSSL's EVP_PBE_scrypt(). */
#include "platform/seal_key.h"

#include "platform/openssl.h"

int seal_key_derive(const struct secret *passphrase,
		    const unsigned char salt[static SEAL_SALT_BYTES],
		    unsigned char key[static SEAL_KEY_BYTES], struct err *err)
{
	enum { MEMORY_MAX = 128 << 20 };
	if (passphrase->len < SEAL_PASSPHRASE_MIN)
		return err_set(err, ERR_CONFIG,
			       "the passphrase is shorter than %d characters",
			       SEAL_PASSPHRASE_MIN);
	if (EVP_PBE_scrypt(passphrase->data, passphrase->len, salt, SEAL_SALT_BYTES,
			   SEAL_SCRYPT_N, SEAL_SCRYPT_R, SEAL_SCRYPT_P, MEMORY_MAX, key,
			   SEAL_KEY_BYTES) == 1)
		return 0;
	ERR_clear_error();
	return err_set(err, ERR_FAIL, "the key of the passphrase could not be derived");
}

const char *seal_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
