/* Text: the growing buffer with a limit, and the plain questions about C strings.
 * Words that need an algorithm (distance, width, base64 …) are in text.c. */
#include "belay/str.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"

#define FIRST_CAPACITY 64

void str_release(struct str *s)
{
	free(s->data);
	s->data = NULL;
	s->len = 0;
	s->capacity = 0;
	s->truncated = false;
}

void str_clear(struct str *s)
{
	s->len = 0;
	s->truncated = false;
	if (s->data)
		s->data[0] = '\0';
}

/* Makes room for `wanted` more bytes and a NUL, and returns how many of them the limit allows. */
static size_t str_reserve(struct str *s, size_t wanted)
{
	size_t room = s->max_bytes > s->len ? s->max_bytes - s->len : 0;
	if (wanted > room) {
		s->truncated = true;
		wanted = room;
	}
	size_t needed = s->len + wanted + 1;
	if (needed > s->capacity) {
		size_t capacity = s->capacity ? s->capacity : FIRST_CAPACITY;
		while (capacity < needed)
			capacity *= 2;
		s->data = mem_realloc(s->data, capacity);
		s->capacity = capacity;
	}
	return wanted;
}

void str_add_bytes(struct str *s, const void *data, size_t len)
{
	/* After a cut nothing is appended any more: text with a hole would be worse than a prefix. */
	if (s->truncated)
		return;
	len = str_reserve(s, len);
	if (len)
		memcpy(s->data + s->len, data, len);
	s->len += len;
	s->data[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_bytes(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
	str_add_bytes(s, &c, 1);
}

void str_addv(struct str *s, const char *format, va_list args)
{
	char small[256];
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(small, sizeof small, format, args);
	assert(len >= 0);
	if ((size_t)len < sizeof small) {
		str_add_bytes(s, small, (size_t)len);
	} else {
		_cleanup_free_ char *large = mem_alloc((size_t)len + 1);
		vsnprintf(large, (size_t)len + 1, format, again);
		str_add_bytes(s, large, (size_t)len);
	}
	va_end(again);
}

void str_addf(struct str *s, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	str_addv(s, format, args);
	va_end(args);
}

void str_pad(struct str *s, char c, size_t count)
{
	if (s->truncated)
		return;
	count = str_reserve(s, count);
	memset(s->data + s->len, c, count);
	s->len += count;
	s->data[s->len] = '\0';
}

void str_add_filled(struct str *s, const char *text, const char *const *pairs)
{
	while (*text) {
		const char *const *pair = pairs;
		while (*pair && !str_has_prefix(text, *pair))
			pair += 2;
		if (*pair) {
			str_add(s, pair[1]);
			text += strlen(*pair);
		} else {
			str_add_char(s, *text++);
		}
	}
}

const char *str_text(const struct str *s)
{
	return s->data ? s->data : "";
}

char *str_take(struct str *s)
{
	char *text = s->data ? s->data : mem_strdup("");
	s->data = NULL;
	str_release(s);
	return text;
}

char *str_format(const char *format, ...)
{
	struct str s = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&s, format, args);
	va_end(args);
	return str_take(&s);
}

void str_assign(char **owner, const char *text)
{
	char *copy = text ? mem_strdup(text) : NULL;
	free(*owner);
	*owner = copy;
}

bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_has_suffix(const char *text, const char *suffix)
{
	size_t text_len = strlen(text);
	size_t suffix_len = strlen(suffix);
	return text_len >= suffix_len &&
	       strcmp(text + text_len - suffix_len, suffix) == 0;
}

bool str_is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\r\n\v\f")] == '\0';
}

int str_to_int64(const char *text, long long min, long long max, long long *ret_value)
{
	/* strtoll would also take leading white space and a plus sign. */
	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -1;
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || *end || value < min || value > max)
		return -1;
	*ret_value = value;
	return 0;
}
