/* room: platform
 * Names to addresses, with a deadline: getaddrinfo(3) itself has none, and a name server that does
 * not answer holds it for half a minute.
 */
#ifndef BELAY_PLATFORM_RESOLVE_H
#define BELAY_PLATFORM_RESOLVE_H

#include <stdint.h>

#include "platform/stop.h"

struct addrinfo;

enum resolve_result {
	RESOLVE_OK,
	RESOLVE_FAILED,    /* there is no such name: *ret_reason */
	RESOLVE_AWAY,      /* no name server could be asked, or none knew: *ret_reason */
	RESOLVE_TIMEOUT,   /* the deadline passed */
	RESOLVE_CANCELLED, /* `stop` was asked */
};

/* Stream addresses of host:port. *ret_list is freed with freeaddrinfo(). *ret_reason is a static
 * text, set with the first two of the failures. Blocks until the deadline at most; a look-up that is given up goes
 * on in a thread of its own and frees what it finds. */
enum resolve_result resolve_name(const char *host, uint16_t port, int64_t deadline_ms,
				 const struct stop *stop, struct addrinfo **ret_list,
				 const char **ret_reason);

#endif
