/* room: platform
 * OpenSSL's headers. They declare an (obsolete) type ERR_STATE, which is also one of our error
 * codes: it gets another name while they are read, so that both can be seen in one file.
 */
#ifndef BELAY_PLATFORM_OPENSSL_H
#define BELAY_PLATFORM_OPENSSL_H

#define ERR_STATE openssl_ERR_STATE
#include <openssl/pem.h> /* cms.h declares its readers of PEM only after it */

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#endif
