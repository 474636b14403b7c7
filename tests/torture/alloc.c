/* belay's own allocator (src/base/mem.c), with a C library below it that runs out of memory once.
 *
 * An executable that is linked with this file in front of the archive has no other mem_*().
 * BELAY_TORTURE_FAIL=N   the N-th allocation fails
 * BELAY_TORTURE_COUNT=PATH   how many there were is written there when the process ends */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_ulong made;
static unsigned long to_fail;

__attribute__((constructor)) static void read_wish(void)
{
	const char *number = getenv("BELAY_TORTURE_FAIL");
	to_fail = number ? strtoul(number, NULL, 10) : 0;
}

__attribute__((destructor)) static void write_count(void)
{
	const char *path = getenv("BELAY_TORTURE_COUNT");
	FILE *file = path ? fopen(path, "w") : NULL;
	if (!file)
		return;
	fprintf(file, "%lu\n", atomic_load(&made));
	fclose(file);
}

static void *torture_calloc(size_t count, size_t size)
{
	return atomic_fetch_add(&made, 1) + 1 == to_fail ? NULL : calloc(count, size);
}

static void *torture_realloc(void *old, size_t size)
{
	return atomic_fetch_add(&made, 1) + 1 == to_fail ? NULL : realloc(old, size);
}

#define calloc torture_calloc
#define realloc torture_realloc
#include "base/mem.c"
