/* Bytes of the outside world as text that JSON can hold. Private to src/effects. */
#ifndef BELAY_EFFECTS_UTF8_H
#define BELAY_EFFECTS_UTF8_H

#include <jansson.h>
#include <stddef.h>

#include "belay/str.h"

/* Appends the bytes; what is not well-formed UTF-8 (RFC 3629), and NUL, becomes U+FFFD. */
void utf8_add_lossy(struct str *out, const void *data, size_t len);

/* A JSON string in any case. New reference. */
json_t *utf8_json(const void *data, size_t len);

#endif
