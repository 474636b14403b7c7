/* What the threads of a pipeline share: one lock, one condition, and why they should stop. Private to
 * src/platform. */
#ifndef BELAY_PLATFORM_BULK_FLOW_H
#define BELAY_PLATFORM_BULK_FLOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/err.h"
#include "platform/bulk.h"
#include "platform/stop.h"

struct bulk_flow {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* anything did */
	bool stopping;          /* every thread ends as soon as it can */
	struct err err;         /* the first failure; with it `stopping` is set */

	const char *what; /* "the backup", for messages */
	int64_t deadline_ms, timeout_ms;
	struct stop stop;
	struct bulk_watch watch;
	int64_t told_ms; /* when the watcher was last told */
};

void bulk_flow_init(struct bulk_flow *flow, const char *what, int64_t timeout_ms,
		    struct stop stop, struct bulk_watch watch);
void bulk_flow_release(struct bulk_flow *flow);

/* With the lock held. Keeps the first failure and stops everybody. */
void bulk_flow_fail(struct bulk_flow *flow, const struct err *err);
/* With the lock held. Waits until something changed, for a fifth of a second at most. */
void bulk_flow_wait(struct bulk_flow *flow);
/* With the lock held, by the thread that leads: was the run cancelled, or is its time over? Then
 * fails. Returns whether the flow goes on. */
bool bulk_flow_goes_on(struct bulk_flow *flow);
/* Without the lock, by one thread. Tells the watcher if it is time to. */
void bulk_flow_tell(struct bulk_flow *flow, int64_t done_bytes, int64_t total_bytes);

/* Starts threads until `count` run or one cannot be started; returns how many run. */
int bulk_start_threads(pthread_t *threads, int count, void *(*run)(void *),
		       void *const *contexts);

#endif
