/* room: data
 * JSON helpers over Jansson, the common currency between rooms.
 *
 * Borrowed/owned follows Jansson: json_get_* borrow, functions named *_new or ret_ give a new
 * reference. Cleanup: `_cleanup_json_ json_t *x = NULL;`.
 */
#ifndef BELAY_JSON_H
#define BELAY_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/attr.h"
#include "belay/err.h"
#include "belay/str.h"

#define _cleanup_json_ __attribute__((cleanup(json_decrefp)))

/* Members of an object, with a fallback when absent, null or of another type.
 * `object` may be NULL. Strings are borrowed from the object. */
const char *json_get_string(const json_t *object, const char *key, const char *fallback);
int64_t json_get_int(const json_t *object, const char *key, int64_t fallback);
double json_get_number(const json_t *object, const char *key, double fallback);
bool json_get_bool(const json_t *object, const char *key, bool fallback);

/* Is `text` one of the array's strings? `array` may be NULL. */
bool json_has_string(const json_t *array, const char *text);

/* A value by RFC 6901 pointer ("/services/api/live"), or NULL. Borrowed. */
json_t *json_at(const json_t *root, const char *pointer);

/* Appends one reference token of a pointer, escaped ("~1" for "/"). */
void json_pointer_add(struct str *pointer, const char *token);

/* Parses one JSON text (duplicate keys refused, depth and size limited). On failure ERR_CONFIG
 * with line:column; `name` is the subject in the message. */
int json_parse(const char *text, size_t len, const char *name, json_t **ret,
	       struct err *err);

/* The one canonical form: sorted keys. Pretty (2 spaces, trailing newline) for files on the
 * branch, compact for event bodies and tape lines. Byte-stable for equal values. */
char *json_text_pretty(const json_t *value);
char *json_text_compact(const json_t *value);

/* The same text for a value that is written again and again while most of it stays: objects that are
 * its members, or rows of its members, are copied from the last text when they are the same objects
 * (by address, and not changed in place meanwhile). Starts zeroed; one for each such value. */
struct json_memo {
	struct {
		struct json_memo_part *items;
		size_t count, capacity;
	} parts; /* in the order of the text */
	char *text;
};
void json_memo_release(struct json_memo *memo);
/* json_text_pretty(value), borrowed from the memo until the next call. */
const char *json_text_again(const json_t *value, struct json_memo *memo);

/* For people, in one line, at most `max_columns` wide: strings quoted, long parts elided. */
void json_add_brief(struct str *out, const json_t *value, size_t max_columns);

#endif
