/* Putting things in the order of their needs. Private to src/config. */
#ifndef BELAY_CONFIG_ORDER_H
#define BELAY_CONFIG_ORDER_H

#include <jansson.h>

/* The members of `things` (object of objects) so that whatever is named in a member's `key` (array of
 * names) comes before it, else in file order: array of names, new reference. Unknown names do not
 * count. With a cycle NULL, and *ret_cycle (new reference) the names around it, the first one again at
 * the end. */
json_t *order_of_needs(const json_t *things, const char *key, json_t **ret_cycle);

#endif
