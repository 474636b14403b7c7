/* The key that a passphrase gives: scrypt (RFC 7914) with the parameters of seal.h. Private to
 * src/platform. */
#ifndef BELAY_PLATFORM_SEAL_KEY_H
#define BELAY_PLATFORM_SEAL_KEY_H

#include "platform/seal.h"

enum { SEAL_KEY_BYTES = 32, SEAL_PASSPHRASE_MIN = 8 };

/* ERR_CONFIG for a passphrase that is too short. */
int seal_key_derive(const struct secret *passphrase,
		    const unsigned char salt[static SEAL_SALT_BYTES],
		    unsigned char key[static SEAL_KEY_BYTES], struct err *err);

#endif
