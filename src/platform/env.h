/* room: platform
 * The environment of the process. Only the live end of the seam and adapters look into it.
 */
#ifndef BELAY_PLATFORM_ENV_H
#define BELAY_PLATFORM_ENV_H

/* The value of a variable, NULL when it is not set. Borrowed: belay never changes its environment. */
const char *env_get(const char *name);

#endif
