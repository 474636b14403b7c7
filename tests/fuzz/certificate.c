/* What a stranger's certificate says: any certificate that OpenSSL can read is described or refused.
 *
 * The describing half of the TLS probe is private to its file, hence the include; the other half wants a
 * network. The corpus holds certificates in DER. */
#include <stdint.h>

#include "platform/tls.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const asked[] = {"web.example.com", "192.0.2.7",
					    "2001:db8::7"};
	X509 *certificate = d2i_X509(NULL, &data, (long)size);
	const struct tls_probe probe = {.now_ms = INT64_C(1700000000000)};
	if (!certificate)
		ERR_clear_error();
	for (size_t i = 0; certificate && i < ARRAY_SIZE(asked); i++) {
		struct tls_result result = {0};
		bool listed = false;
		read_certificate(&result, &probe, asked[i], certificate);
		must(result.subject && result.issuer, "a certificate without names");
		must(strlen(result.fingerprint_sha256) == 64, "half a fingerprint");
		for (size_t j = 0; j < result.names.count; j++)
			listed = listed || str_equal(result.names.items[j], asked[i]);
		must(!listed || result.name_match,
		     "a name is listed that does not match");
		tls_result_release(&result);
	}
	X509_free(certificate);
	return 0;
}
