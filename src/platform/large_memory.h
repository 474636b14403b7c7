/* room: platform
 * Memory for the buffers of bulk data, which are looked through from end to end and back.
 */
#ifndef BELAY_PLATFORM_LARGE_MEMORY_H
#define BELAY_PLATFORM_LARGE_MEMORY_H

#include <stddef.h>

/* As mem_alloc(), for free(), with large pages where the system has them to give: compressing from and into such
 * memory takes 2 to 3 % less time, as addresses need not be looked up so often. */
void *large_memory(size_t bytes);

#endif
