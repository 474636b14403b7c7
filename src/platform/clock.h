/* room: platform
 * Clocks and randomness of the machine, for the live end of the seam. What only needs a deadline
 * uses platform/deadline.h.
 */
#ifndef BELAY_PLATFORM_CLOCK_H
#define BELAY_PLATFORM_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "platform/stop.h"

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_ms(void);
/* Milliseconds of a clock that never goes back and counts from an arbitrary point. */
int64_t clock_mono_ms(void);

/* Sleeps. 0 when the time is over, -1 when `stop` was asked before. */
int clock_sleep_ms(int64_t duration_ms, const struct stop *stop);

/* Fills a buffer of at most 256 bytes with random bytes from the kernel. */
void random_fill(void *buffer, size_t size);

#endif
