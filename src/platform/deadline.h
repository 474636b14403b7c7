/* room: platform
 * Deadlines on the monotonic clock, so that every blocking call of an adapter ends in time whatever
 * the wall clock does.
 */
#ifndef BELAY_PLATFORM_DEADLINE_H
#define BELAY_PLATFORM_DEADLINE_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

static inline int64_t deadline_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The point in time `timeout_ms` from now. */
static inline int64_t deadline_after_ms(int64_t timeout_ms)
{
	return deadline_now_ms() + timeout_ms;
}

/* What is left, for poll(2): 0 when it has passed. */
static inline int deadline_left_ms(int64_t deadline_ms)
{
	int64_t left = deadline_ms - deadline_now_ms();
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

#endif
