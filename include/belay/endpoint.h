/* room: base
 * Endpoints as people write them: "USER@HOST:PORT", "HOST:PORT", "[2001:db8::7]:22".
 *
 * An IPv6 address stands in brackets, which are not part of the host. Names are not resolved here.
 */
#ifndef BELAY_ENDPOINT_H
#define BELAY_ENDPOINT_H

struct endpoint {
	char *user; /* owned; NULL when there is none */
	char *host; /* owned; without brackets */
	int port;   /* 1..65535, or `default_port` when there is none */
};

#define _cleanup_endpoint_ __attribute__((cleanup(endpoint_release)))

/* 0 or -1 (then *ret is not touched): empty host, port out of range, brackets that do not close,
 * a second ':' outside brackets. A `default_port` of 0 makes the port required. */
int endpoint_parse(const char *text, int default_port, struct endpoint *ret);
void endpoint_release(struct endpoint *endpoint);

#endif
