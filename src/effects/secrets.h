/* Every secret value that was resolved in this process, and finding them in text. Private to
 * src/effects.
 *
 * A value is found as it is and in the disguises in which programs print it: percent-encoded (any
 * choice of encoded characters, "+" for a space), JSON-escaped (also twice), base64 and base64url at
 * any offset (so "user:password" of a Basic header too) and wrapped at 64 or 76 columns; of a value
 * with several lines each line of at least 8 characters is looked for, too. A text
 * that is marked as truncated and ends in the beginning of a value (at least 8 bytes) loses that
 * end.
 *
 * Values shorter than 4 bytes are not replaced: "1" or "yes" would shred every text and hide
 * nothing. For the same reason a secret should not be a word that occurs in ordinary text.
 *
 * A text that is nothing but certificates is public and stays as it is, although a line of it may be one of
 * the file with their key.
 *
 * Thread-safe.
 */
#ifndef BELAY_EFFECTS_SECRETS_H
#define BELAY_EFFECTS_SECRETS_H

#include <stddef.h>

#include "belay/str.h"

#define SECRETS_MASK "***"

struct secrets;

struct secrets *secrets_new(void);
void secrets_free(struct secrets *secrets);

/* Remembers a copy of a value. */
void secrets_add(struct secrets *secrets, const void *data, size_t len);

/* Replaces every occurrence by SECRETS_MASK. */
void secrets_scrub(struct secrets *secrets, struct str *text);

#endif
