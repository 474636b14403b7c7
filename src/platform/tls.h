/* room: platform
 * The TLS probe: what certificate a server shows, whether it can be trusted, and for how long.
 *
 * The handshake is completed whatever the certificate is worth, so that an expired certificate gives
 * an answer with all its details rather than an error.
 */
#ifndef BELAY_PLATFORM_TLS_H
#define BELAY_PLATFORM_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"
#include "platform/stop.h"
#include "platform/tcp.h"

struct trust;

struct tls_probe {
	struct trust *trust;
	const char *host;
	int port;
	const char *
		server_name; /* SNI, and the name the certificate must carry; NULL: host */
	const char *ca_file;  /* NULL: the machine's bundle */
	const char *extra_ca; /* PEM text, or NULL */
	int64_t timeout_ms;
	int64_t now_ms; /* wall clock: what "days left" counts from */
	struct stop stop;
};

enum tls_failure {
	TLS_OK,
	TLS_CONNECT, /* no TCP connection: see tcp_failure */
	TLS_HANDSHAKE, /* the peer does not speak TLS, or we have no version or cipher in common */
};

struct tls_result {
	bool connected; /* the handshake was completed */
	int64_t latency_ms;
	char address[TCP_ADDRESS_BYTES];
	enum tls_failure failure;
	enum tcp_failure tcp_failure;
	char message[256];

	/* The rest is set only when connected; texts are owned. */
	int64_t not_before_ms;
	int64_t not_after_ms;
	int64_t days_left; /* whole days, rounded down: negative when expired */
	char *subject;     /* RFC 2253, "CN=api.example.com,O=Example" */
	char *issuer;
	struct {
		char **items; /* DNS names and addresses of the certificate */
		size_t count, capacity;
	} names;
	bool name_match;
	bool chain_valid; /* signed by a trusted authority, each certificate within its time */
	char *chain_error; /* why not; NULL when valid */
	char *protocol;    /* "TLSv1.3" */
	char *cipher;      /* "TLS_AES_256_GCM_SHA384" */
	char *key_type;    /* "RSA", "EC", "ED25519" */
	int key_bits;
	char *fingerprint_sha256; /* lowercase hexadecimal */
};

/* 0 also when there was no connection or no handshake (an observation); -1: ERR_CONFIG for unusable
 * arguments or trust, ERR_CANCELLED. Blocks until timeout_ms at most. */
int tls_probe(const struct tls_probe *probe, struct tls_result *ret, struct err *err);
void tls_result_release(struct tls_result *result);

#endif
