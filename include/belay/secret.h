/* room: base
 * Secrets in memory: owned bytes that are wiped on release and never printed.
 *
 * Above the effects seam a secret is only a *reference* ({"env": NAME} or {"file": PATH}); its
 * bytes exist below the seam, for as long as one call needs them.
 */
#ifndef BELAY_SECRET_H
#define BELAY_SECRET_H

#include <stddef.h>

struct secret {
	char *data; /* NUL-terminated; NULL when empty */
	size_t len;
};

#define SECRET_INIT                                                                      \
	{                                                                                \
		0                                                                        \
	}
#define _cleanup_secret_ __attribute__((cleanup(secret_release)))

/* Replaces the content by a copy. */
void secret_set(struct secret *s, const void *data, size_t len);
/* Wipes and frees. */
void secret_release(struct secret *s);

#endif
