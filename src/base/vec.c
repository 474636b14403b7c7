/* Vectors: the one growth rule behind vec_push(). */
#include "belay/vec.h"

#include <string.h>

#include "belay/mem.h"

void *vec_reserve(void *items, size_t count, size_t *capacity, size_t element_bytes)
{
	if (count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 8;
		items = mem_realloc(items, *capacity * element_bytes);
	}
	memset((char *)items + count * element_bytes, 0, element_bytes);
	return items;
}
