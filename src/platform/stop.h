/* room: platform
 * "Should this stop?": how someone who waits inside an adapter learns that the run was cancelled.
 *
 * The adapter asks before it waits, and puts `wake_fd` (when it is not -1) into its poll set: the
 * descriptor becomes readable when the answer may have become yes. It is never read or closed here.
 * STOP_NEVER is for work that must be allowed to end.
 */
#ifndef BELAY_PLATFORM_STOP_H
#define BELAY_PLATFORM_STOP_H

#include <stdbool.h>

struct stop {
	bool (*asked)(const void *context); /* NULL: never */
	const void *context;
	int wake_fd;
};

#define STOP_NEVER ((struct stop){.wake_fd = -1})

static inline bool stop_asked(const struct stop *stop)
{
	return stop->asked && stop->asked(stop->context);
}

#endif
