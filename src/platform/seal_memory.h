/* An OpenSSL sink that writes into memory that is there already: nothing grows, nothing is copied twice.
 * Private to src/platform. */
#ifndef BELAY_PLATFORM_SEAL_MEMORY_H
#define BELAY_PLATFORM_SEAL_MEMORY_H

#include <stddef.h>

#include "platform/openssl.h"

struct seal_memory {
	unsigned char *at; /* where the next byte goes */
	size_t room;       /* from there on; a write beyond it fails */
};

/* Free with BIO_meth_free(), after the last sink of its kind. */
BIO_METHOD *seal_memory_method(void);
/* Free with BIO_free(); `memory` outlives it. NULL when OpenSSL has no memory. */
BIO *seal_memory_sink(const BIO_METHOD *method, struct seal_memory *memory);

#endif
