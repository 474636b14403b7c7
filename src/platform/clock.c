/* Clocks and randomness of the machine. */
#include "platform/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "platform/deadline.h"

int64_t clock_wall_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
	return deadline_now_ms();
}

int clock_sleep_ms(int64_t duration_ms, const struct stop *stop)
{
	int64_t deadline = deadline_after_ms(duration_ms);
	for (;;) {
		if (stop_asked(stop))
			return -1;
		int left = deadline_left_ms(deadline);
		if (left == 0)
			return 0;
		struct pollfd wake = {.fd = stop->wake_fd, .events = POLLIN};
		(void)poll(&wake, 1, left);
	}
}

void random_fill(void *buffer, size_t size)
{
	assert(size <= 256);
	/* getrandom(2): up to 256 bytes are never interrupted; it fails only where it is missing. */
	if (getrandom(buffer, size, 0) != (ssize_t)size)
		abort();
}
