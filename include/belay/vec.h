/* room: base
 * Vectors: any struct with `items`, `count` and `capacity` grows through vec_push().
 *
 *     struct names { char **items; size_t count, capacity; };
 *     *vec_push(&names) = mem_strdup("api");
 */
#ifndef BELAY_VEC_H
#define BELAY_VEC_H

#include <stddef.h>

#include "belay/attr.h"

/* Makes room for one more element and returns its (zeroed) address. */
#define vec_push(v)                                                                      \
	((v)->items = vec_reserve((v)->items, (v)->count, &(v)->capacity,                \
				  sizeof *(v)->items),                                   \
	 &(v)->items[(v)->count++])

/* Grows `items` so that `count + 1` elements fit; the new element is zeroed. */
ATTR_NONNULL_RESULT void *vec_reserve(void *items, size_t count, size_t *capacity,
				      size_t element_bytes);

#endif
