/* belay's own clock (src/platform/clock.c) on a machine whose wall clock is wrong.
 *
 * An executable that is linked with this file in front of the archive has no other clock.
 * BELAY_TORTURE_CLOCK=SECONDS        it is that much off (negative: behind)
 * BELAY_TORTURE_JUMP=N:SECONDS       from its N-th reading on it is that much off instead */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static atomic_long readings;
static long off_s, jump_at, jump_to_s;

__attribute__((constructor)) static void read_wish(void)
{
	const char *off = getenv("BELAY_TORTURE_CLOCK");
	const char *jump = getenv("BELAY_TORTURE_JUMP");
	char *rest = NULL;
	off_s = off ? strtol(off, NULL, 10) : 0;
	jump_at = jump ? strtol(jump, &rest, 10) : 0;
	jump_to_s = jump && *rest == ':' ? strtol(rest + 1, NULL, 10) : 0;
}

static int torture_gettime(clockid_t clock, struct timespec *now)
{
	int result = clock_gettime(clock, now);
	if (clock != CLOCK_REALTIME)
		return result;
	long reading = atomic_fetch_add(&readings, 1) + 1;
	now->tv_sec += jump_at && reading >= jump_at ? jump_to_s : off_s;
	return result;
}

#define clock_gettime torture_gettime
#include "platform/clock.c"
