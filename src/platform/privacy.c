/* No core files: see privacy.h. */
#include "platform/privacy.h"

#include <sys/prctl.h>

void privacy_keep_memory(void)
{
	/* The leak sanitizer has to look at our memory from another process. */
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
