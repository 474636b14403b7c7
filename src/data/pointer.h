/* room: data
 * Walking a JSON pointer (RFC 6901) by hand, for the parts of this room that descend through more
 * than a json_t. */
#ifndef BELAY_DATA_POINTER_H
#define BELAY_DATA_POINTER_H

#include <stdbool.h>
#include <stddef.h>

/* Takes "/token" from the front of *at. Returns the token without escapes (owned), or NULL, with
 * *at where it was, when nothing well-formed is there. */
char *pointer_take(const char **at);

/* The token as an array index: digits, no leading zero. */
bool pointer_index(const char *token, size_t *ret_index);

#endif
