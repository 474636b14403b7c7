/* What live_depot.c and live_bucket.c share. Private to those two.
 */
#ifndef BELAY_EFFECTS_LIVE_STORE_H
#define BELAY_EFFECTS_LIVE_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "live.h"
#include "platform/aws.h"

struct depot;

/* What outlives a depot, for all that have the same settings. */
struct live_kept_store {
	char *name;
	atomic_bool unconditional; /* see platform/s3.h */
	pthread_mutex_t
		keys_lock; /* held while new keys are fetched: all wait for them */
	struct aws_credentials keys; /* from a profile or a web identity */
	int64_t renew_ms;            /* wall clock: when it is time for new ones */
	pthread_mutex_t lock;        /* of links */
	struct {
		struct ssh_link **items; /* that nobody uses */
		size_t count, capacity;
	} links;
};

/* An open depot's way back to the effect that it works for; freed with the depot. */
struct live_store {
	struct live_call *call;
	const json_t *value; /* STORE; borrowed from the arguments */
	struct stop stop;
	struct live_kept_store *kept;
};

/* The depot takes `store` over; after a failure it is the caller's. */
int live_bucket_open(struct live_store *store, struct depot **ret, struct err *err);

#endif
