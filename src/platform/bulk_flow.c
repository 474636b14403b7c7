/* Waiting, stopping and telling, for both pipelines. */
#include "platform/bulk_flow.h"

#include <time.h>

#include "platform/deadline.h"

enum { SLICE_MS = 200, TELL_EVERY_MS = 250 };

void bulk_flow_init(struct bulk_flow *flow, const char *what, int64_t timeout_ms,
		    struct stop stop, struct bulk_watch watch)
{
	pthread_condattr_t attributes;
	*flow = (struct bulk_flow){
		.what = what,
		.timeout_ms = timeout_ms,
		.deadline_ms = timeout_ms > 0 ? deadline_after_ms(timeout_ms) : INT64_MAX,
		.stop = stop,
		.watch = watch,
	};
	pthread_mutex_init(&flow->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&flow->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

void bulk_flow_release(struct bulk_flow *flow)
{
	pthread_cond_destroy(&flow->changed);
	pthread_mutex_destroy(&flow->lock);
}

void bulk_flow_fail(struct bulk_flow *flow, const struct err *err)
{
	if (!flow->err.code)
		flow->err = *err;
	flow->stopping = true;
	pthread_cond_broadcast(&flow->changed);
}

void bulk_flow_wait(struct bulk_flow *flow)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += SLICE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&flow->changed, &flow->lock, &until);
}

bool bulk_flow_goes_on(struct bulk_flow *flow)
{
	struct err err = {0};
	if (flow->stopping)
		return false;
	if (stop_asked(&flow->stop))
		err_set(&err, ERR_CANCELLED, "cancelled by a signal");
	else if (flow->deadline_ms != INT64_MAX && !deadline_left_ms(flow->deadline_ms))
		err_set(&err, ERR_TIMEOUT, "%s did not end within %lld s", flow->what,
			(long long)(flow->timeout_ms / 1000));
	if (!err.code)
		return true;
	bulk_flow_fail(flow, &err);
	return false;
}

void bulk_flow_tell(struct bulk_flow *flow, int64_t done_bytes, int64_t total_bytes)
{
	int64_t now_ms = deadline_now_ms();
	if (!flow->watch.moved || now_ms - flow->told_ms < TELL_EVERY_MS)
		return;
	flow->told_ms = now_ms;
	flow->watch.moved(flow->watch.context, done_bytes, total_bytes);
}

int bulk_start_threads(pthread_t *threads, int count, void *(*run)(void *),
		       void *const *contexts)
{
	int started = 0;
	while (started < count &&
	       pthread_create(&threads[started], NULL, run, contexts[started]) == 0)
		started++;
	return started;
}
