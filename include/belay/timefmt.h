/* room: base
 * Time and units as text. Points in time are milliseconds since 1970-01-01T00:00:00Z (UTC),
 * durations are milliseconds; reading a clock is an effect and does not happen here.
 */
#ifndef BELAY_TIMEFMT_H
#define BELAY_TIMEFMT_H

#include <stddef.h>
#include <stdint.h>

#include "belay/str.h"

#define TIME_TEXT_BYTES 32

/* "2026-11-21T09:52:03Z" (RFC 3339; fractions dropped). Returns `buffer`. */
const char *time_format(int64_t at_ms, char buffer[static TIME_TEXT_BYTES]);
/* "20261121T095203Z", the basic form used in ids. */
const char *time_format_basic(int64_t at_ms, char buffer[static TIME_TEXT_BYTES]);
/* RFC 3339 with "Z" or an offset, optional fraction. 0 or -1. */
int time_parse(const char *text, int64_t *ret_at_ms);

/* "30s", "15m", "2h", "7d", "250ms", and sums such as "1h30m". A unit is required. 0 or -1. */
int duration_parse(const char *text, int64_t *ret_ms);
/* The shortest readable form: "850ms", "1.2s", "12m 30s", "3h 5m", "7d". */
void duration_add(struct str *out, int64_t duration_ms);

/* "64MiB", "1GB", "512KiB", "100B". A unit is required. 0 or -1. */
int size_parse(const char *text, int64_t *ret_bytes);
/* "14.2 MiB". */
void size_add(struct str *out, int64_t size_bytes);

/* "3 minutes ago", "in 2 hours", "just now". */
void time_add_relative(struct str *out, int64_t at_ms, int64_t now_ms);

#endif
