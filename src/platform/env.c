/* The environment of the process: the one file that may call getenv(3). */
#include "platform/env.h"

#include <stdlib.h>

const char *env_get(const char *name)
{
	return getenv(name);
}
