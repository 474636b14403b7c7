/* room: base
 * Memory: allocation that cannot return NULL, and cleanup attributes.
 *
 * belay treats running out of memory as it treats being killed: the process ends at once with
 * status 1 and one line on standard error. The journal already has to survive SIGKILL at any
 * point, so a second, rarely walked error path per allocation would add risk, not safety.
 * mem_init() gives Jansson the same allocator, so a json_t constructor cannot fail either.
 */
#ifndef BELAY_MEM_H
#define BELAY_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/attr.h"

/* Routes Jansson through mem_alloc. Call once, first thing in main (and in test runners). */
void mem_init(void);

/* Zeroed memory; never NULL. Free with free(). */
ATTR_MALLOC void *mem_alloc(size_t size_bytes);
ATTR_NONNULL_RESULT ATTR_MUST_USE void *mem_realloc(void *old, size_t size_bytes);
ATTR_MALLOC char *mem_strdup(const char *text);
ATTR_MALLOC char *mem_strndup(const char *text, size_t len);

#define mem_new(type) ((type *)mem_alloc(sizeof(type)))
#define mem_array(type, n) ((type *)mem_alloc_array((n), sizeof(type)))
ATTR_MALLOC void *mem_alloc_array(size_t count, size_t element_bytes);

/* `_cleanup_(thing_freep) struct thing *t = NULL;` releases at every exit of the scope. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))
void mem_freep(void *pointer_to_pointer);
#define _cleanup_free_ _cleanup_(mem_freep)

/* Hands an owned pointer over: the variable becomes NULL, the value is returned. */
#define TAKE_PTR(p)                                                                      \
	__extension__({                                                                  \
		__typeof__(p) *take_from_ = &(p);                                        \
		__typeof__(p) taken_ = *take_from_;                                      \
		*take_from_ = NULL;                                                      \
		taken_;                                                                  \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
