/* A signature from a stranger, beside a manifest in a store. The certificate's key has signed "text\n" and "Text\n" for the
 * corpus and is gone: for a third text nothing is ever a good signature, whatever it is made of.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBjTCCATSgAwIBAgIUTFBqphxe4/sdIoHAcWVYWX+si2IwCgYIKoZIzj0EAwIw\n"
	"FTETMBEGA1UEAwwKYmVsYXkgZnV6ejAgFw0yNjExMjExNzE3MTVaGA8yMTI2MTAy\n"
	"ODE3MTcxNVowFTETMBEGA1UEAwwKYmVsYXkgZnV6ejBZMBMGByqGSM49AgEGCCqG\n"
	"SM49AwEHA0IABFzSONGSOxXsY7sJturBnygu/h+bebNXPSTxzp7MJrJ2CV10y7Fv\n"
	"1AdGYUPuG0mmrOgl22bAcS7tIsL3w+7wygOjYDBeMB0GA1UdDgQWBBQQvJxRXzkF\n"
	"IHzgcbYrk/fw/2fTOTAfBgNVHSMEGDAWgBQQvJxRXzkFIHzgcbYrk/fw/2fTOTAO\n"
	"BgNVHQ8BAf8EBAMCB4AwDAYDVR0TAQH/BAIwADAKBggqhkjOPQQDAgNHADBEAiB4\n"
	"A+zX+oBgtW4SgBE5tLzIUcCbMAK4y/1T5anHDSI3nwIgI1cXaNTf/+akQw8aDlVn\n"
	"5UQAQ2M6Upk6/BIaWwwKyJA=\n"
	"-----END CERTIFICATE-----\n";

static bool verify(const char *text, const char *signature)
{
	const char *const trusted = certificate;
	struct err err = {0};
	bool good = false;
	_cleanup_free_ char *signer = NULL, *reason = NULL;
	if (sign_verify(text, strlen(text), signature, &trusted, 1, &good, &signer,
			&reason, &err) < 0)
		abort();
	if (good != (signer != NULL) || good != (reason == NULL))
		abort();
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *signature = mem_strndup((const char *)data, size);
	if (verify("text\n", signature) && verify("Text\n", signature))
		abort();
	if (verify("TEXT\n", signature))
		abort();
	return 0;
}
