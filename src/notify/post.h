/* One request to a webhook. Private to src/notify.
 *
 * Unlike a client (belay/api.h) it speaks to an address that is a secret itself, and it tries once: what
 * does not arrive waits in the outbox for a later run.
 */
#ifndef BELAY_NOTIFY_POST_H
#define BELAY_NOTIFY_POST_H

#include "belay/channel.h"

/* All borrowed; NULL for what there is not. */
struct post {
	const char *service; /* "Slack": for messages */
	const char *method;  /* NULL: POST */
	const json_t *url;   /* text or secret */
	const json_t *headers, *basic, *tls, *sign;
	const json_t *json; /* one of these two */
	const char *body;
};

/* Sends it in the words of the job's message. *ret_answer (may be NULL): the http effect's answer, also
 * for a refusal. ERR_NET and ERR_TIMEOUT when the service is away (5xx included), ERR_LIMIT with
 * *ret_retry_after_ms for 429; ERR_AUTH, ERR_NOT_FOUND, ERR_CONFIG and ERR_FAIL are final. */
int post_send(struct effects *fx, const struct channel_job *job, const struct post *post,
	      json_t **ret_answer, int64_t *ret_retry_after_ms, struct err *err);

#endif
