/* Large pages for large buffers. */
#include "platform/large_memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "belay/mem.h"

void *large_memory(size_t bytes)
{
	void *memory = mem_alloc(bytes);
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)memory + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)memory + bytes) / page * page;
	/* A wish: without it everything works as well. */
	if (begin < end)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
	return memory;
}
