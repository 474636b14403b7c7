/* room: base
 * Text: a growing buffer that knows its maximum from birth, and small string questions.
 *
 * Past `max_bytes` a buffer stops growing and `truncated` becomes true: bounded input cannot make
 * belay allocate without bound, and callers decide what a cut means to them.
 */
#ifndef BELAY_STR_H
#define BELAY_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "belay/attr.h"

#define STR_DEFAULT_MAX ((size_t)64 << 20)

struct str {
	char *data; /* NUL-terminated once anything was added; may be NULL before: use str_text() */
	size_t len;
	size_t capacity;
	size_t max_bytes;
	bool truncated;
};

/* `struct str s = STR_INIT;` or STR_INIT_MAX(limit). */
#define STR_INIT                                                                         \
	{                                                                                \
		.max_bytes = STR_DEFAULT_MAX                                             \
	}
#define STR_INIT_MAX(limit)                                                              \
	{                                                                                \
		.max_bytes = (limit)                                                     \
	}
#define _cleanup_str_ __attribute__((cleanup(str_release)))

void str_release(struct str *s);
void str_clear(struct str *s); /* length 0, memory kept */
void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *data, size_t len);
void str_add_char(struct str *s, char c);
ATTR_PRINTF(2, 3) void str_addf(struct str *s, const char *format, ...);
ATTR_PRINTF(2, 0) void str_addv(struct str *s, const char *format, va_list args);
/* Appends `count` times the character. */
void str_pad(struct str *s, char c, size_t count);
/* Adds `text` with every word of the list (word, replacement, …, NULL) replaced. */
void str_add_filled(struct str *s, const char *text, const char *const *pairs);

const char *str_text(const struct str *s); /* never NULL */
char *str_take(struct str *s); /* gives the text away; s is empty afterwards */

/* printf into fresh memory. */
ATTR_PRINTF(1, 2) ATTR_MALLOC char *str_format(const char *format, ...);

/* Replaces an owned text by a copy of another one; NULL becomes NULL. */
void str_assign(char **owner, const char *text);

bool str_equal(const char *a, const char *b); /* NULL equals only NULL */
bool str_has_prefix(const char *text, const char *prefix);
bool str_has_suffix(const char *text, const char *suffix);
bool str_is_blank(const char *text); /* NULL, empty or white space only */

/* Whole string as a decimal integer in [min, max]; 0 or -1. */
int str_to_int64(const char *text, long long min, long long max, long long *ret_value);

/* Damerau-Levenshtein distance, for "did you mean". */
size_t str_distance(const char *a, const char *b);

/* The candidate nearest to `word`, or NULL when none is near enough to be worth naming. */
const char *str_nearest(const char *word, const char *const *candidates, size_t count);

/* Columns a terminal needs for UTF-8 text (East Asian wide counts two, combining none). */
size_t str_width(const char *utf8);

/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool str_is_utf8(const void *data, size_t len);

/* Makes a text well-formed in place: a sequence that is cut short at the end goes, anything else that is
 * not UTF-8 becomes '?'. */
void str_keep_utf8(char *text);

/* RFC 4648 base64 with padding. */
char *str_base64(const void *data, size_t len);
/* Decodes; -1 when `text` is not base64. *ret_data is NUL-terminated for convenience. */
int str_unbase64(const char *text, unsigned char **ret_data, size_t *ret_len);

/* Lowercase hexadecimal. */
char *str_hex(const void *data, size_t len);
/* The same back: false unless `text` (may be NULL) is 2 * len such digits; then *ret may be half filled. */
bool str_unhex(const char *text, unsigned char *ret, size_t len);
/* Of either case; -1: it is no digit. */
int str_hex_digit(int c);

/* The last line that is not blank, without blanks around it: what a command said before it ended. "" when there
 * is none. Fresh. */
char *str_last_line(const char *text);

/* Wraps text in single quotes for a POSIX shell. */
void str_add_shell_quoted(struct str *s, const char *text);

#endif
