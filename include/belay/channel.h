/* room: notify
 * Channels: one way to tell somebody. One file that exports one `const struct channel`, listed in
 * table.c. A channel holds no state; what a later message of the same incident needs (an issue's
 * number, a ticket's key) is given back in `ref` and kept on the journal (incident.links).
 */
#ifndef BELAY_CHANNEL_H
#define BELAY_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/config.h"
#include "belay/effects.h"
#include "belay/err.h"

struct channel_job {
	const struct config *config;
	const struct config_notification *notification;
	const json_t *message; /* message.h */
	const json_t
		*link; /* {ref, url} of this notification for the incident, or NULL */
	int64_t now_ms;
};

struct channel {
	const char *name;    /* key in the configuration: "slack" */
	const char *summary; /* one line for help and docs */
	/* Topics it hears when the configuration says nothing; NULL-terminated. */
	const char *const *topics;
	/* How sure it is that a message sent twice is heard once, for docs. */
	const char *once;
	/* It counts rather than tells: a deployment and the incident that it became are two messages. */
	bool counts;
	/* Sends. *ret_link (may stay NULL): {ref, url}. ERR_NET, ERR_TIMEOUT and ERR_LIMIT are tried
	 * again by a later run; other errors are final and reported. *ret_retry_after_ms: what the
	 * service asked for, or 0. */
	int (*send)(struct effects *fx, const struct channel_job *job, json_t **ret_link,
		    int64_t *ret_retry_after_ms, struct err *err);
};

extern const struct channel *const channels[]; /* NULL-terminated */
const struct channel *channel_find(const char *name);

#endif
