/* room: platform
 * Header fields of a mail (RFC 5322, RFC 2047, RFC 5321 for addresses).
 *
 * What goes in is UTF-8 in one line; what comes out is ASCII, folded, and one field: a line break or any
 * other control character in a value is an error, so that a value can never become a second field.
 */
#ifndef BELAY_PLATFORM_SMTP_HEADER_H
#define BELAY_PLATFORM_SMTP_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"

/* "Ops <ops@example.com>" or "ops@example.com", in two parts. */
struct smtp_address {
	char *name;    /* owned; NULL when there is none */
	char *mailbox; /* owned; "ops@example.com" */
};
void smtp_address_release(struct smtp_address *address);

/* ERR_CONFIG with the text: no '@', spaces or control characters in the mailbox, more than ASCII in it
 * (that would need every server on the way to know SMTPUTF8). */
int smtp_address_parse(const char *text, struct smtp_address *ret, struct err *err);

/* "Subject: =?UTF-8?Q?…?=" with folds, without the last line break. Fresh. ERR_CONFIG for a name that
 * is none and for a value with control characters. */
int smtp_header_text(const char *name, const char *value, char **ret, struct err *err);
/* The same for a list of addresses. */
int smtp_header_addresses(const char *name, const struct smtp_address *addresses,
			  size_t count, char **ret, struct err *err);

#define SMTP_DATE_BYTES 40
/* "Sat, 21 Nov 2026 13:20:39 +0000". Returns `buffer`. */
const char *smtp_date(int64_t at_ms, char buffer[static SMTP_DATE_BYTES]);

#endif
