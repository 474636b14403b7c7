/* Memory: allocation that ends the process rather than return NULL. See belay/mem.h for why. */
#include "belay/mem.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ATTR_NORETURN static void mem_exhausted(void)
{
	static const char line[] = "belay: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
	(void)ignored;
	_exit(1);
}

void mem_init(void)
{
	json_set_alloc_funcs(mem_alloc, free);
}

void *mem_alloc(size_t size_bytes)
{
	void *memory = calloc(1, size_bytes ? size_bytes : 1);
	if (!memory)
		mem_exhausted();
	return memory;
}

void *mem_realloc(void *old, size_t size_bytes)
{
	void *memory = realloc(old, size_bytes ? size_bytes : 1);
	if (!memory)
		mem_exhausted();
	return memory;
}

void *mem_alloc_array(size_t count, size_t element_bytes)
{
	size_t size_bytes;
	if (__builtin_mul_overflow(count, element_bytes, &size_bytes))
		mem_exhausted();
	return mem_alloc(size_bytes);
}

char *mem_strndup(const char *text, size_t len)
{
	char *copy = mem_alloc(len + 1);
	memcpy(copy, text, len);
	return copy;
}

char *mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

void mem_freep(void *pointer_to_pointer)
{
	void **owner = pointer_to_pointer;
	free(*owner);
	*owner = NULL;
}
