/* room: platform
 * TCP connections with a deadline, and the probe "does something listen there, and what does it say
 * first?".
 *
 * No answer is an observation, not an error: see enum tcp_failure. Functions return -1 with *err
 * only for unusable arguments and for cancellation.
 */
#ifndef BELAY_PLATFORM_TCP_H
#define BELAY_PLATFORM_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"
#include "belay/str.h"
#include "platform/stop.h"

enum tcp_failure {
	TCP_OK,
	TCP_DNS,
	TCP_NO_NETWORK, /* this machine has no way there: no route, no name server */
	TCP_REFUSED,    /* nobody listens */
	TCP_TIMEOUT,
	TCP_RESET,
};

/* The word used in answers: "dns", "refused" …; NULL for TCP_OK. */
const char *tcp_failure_name(enum tcp_failure failure);

#define TCP_ADDRESS_BYTES 64

struct tcp_peer {
	int fd; /* non-blocking, close-on-exec, TCP_NODELAY; -1 when not connected */
	char address[TCP_ADDRESS_BYTES]; /* "192.0.2.1:443", "[2001:db8::1]:443", or "" */
	enum tcp_failure failure;
	char message[160];
};

/* Tries the addresses of `host` one after the other (a later one gets its turn after 250 ms when an
 * earlier one is silent; RFC 8305). `host` may be an address, IPv6 with or without brackets. */
int tcp_connect(const char *host, int port, int64_t deadline_ms, const struct stop *stop,
		struct tcp_peer *ret_peer, struct err *err);

/* Waits until `events` (POLLIN, POLLOUT) or the deadline. 1 ready, 0 deadline, -1 cancelled. */
int tcp_wait(int fd, short events, int64_t deadline_ms, const struct stop *stop);

struct tcp_probe {
	const char *host;
	int port;
	int64_t timeout_ms; /* for the whole probe */
	const char *send;   /* NULL: nothing */
	size_t read_bytes; /* 0: do not read; else up to so many, until the peer pauses or closes */
	struct stop stop;
};

struct tcp_result {
	bool connected;
	int64_t latency_ms; /* until connected */
	char address[TCP_ADDRESS_BYTES];
	struct str received;
	enum tcp_failure failure;
	char message[160];
};

int tcp_probe(const struct tcp_probe *probe, struct tcp_result *ret, struct err *err);
void tcp_result_release(struct tcp_result *result);

#endif
