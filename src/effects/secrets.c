/* Finding secret values in text: a set of needles, indexed by a hash of their first four bytes, and
 * one pass over the text for each way of reading it (plain, percent-decoded, unescaped once or
 * twice). Reading decodes as it goes, so every choice an encoder may make is matched by the one
 * plain needle. */
#include "secrets.h"

#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/secret.h"
#include "belay/vec.h"

enum {
	SECRET_MIN = 4,    /* shorter values are not replaced */
	LINE_MIN = 8,      /* of a secret with several lines */
	UNSHIFTED_MIN = 5, /* characters of base64 that do not depend on neighbours … */
	SHIFTED_MIN =
		8,   /* … and the same at an offset, where chance would match sooner */
	CUT_MIN = 8, /* a beginning at the end of a text */
	INDEX_BITS = 12,
	INDEX_SIZE = 1 << INDEX_BITS,
	KEY_BYTES = 4,
};

struct needle {
	struct secret value;
	size_t next; /* in the same bucket, +1; 0 ends */
};

struct needles {
	struct needle *items;
	size_t count, capacity;
};

struct secrets {
	pthread_rwlock_t lock;
	struct needles needles;
	size_t buckets[INDEX_SIZE]; /* first needle + 1 */
};

struct secrets *secrets_new(void)
{
	struct secrets *secrets = mem_new(struct secrets);
	pthread_rwlock_init(&secrets->lock, NULL);
	return secrets;
}

void secrets_free(struct secrets *secrets)
{
	if (!secrets)
		return;
	for (size_t i = 0; i < secrets->needles.count; i++)
		secret_release(&secrets->needles.items[i].value);
	free(secrets->needles.items);
	pthread_rwlock_destroy(&secrets->lock);
	free(secrets);
}

/* --- needles ------------------------------------------------------------------------------- */

static size_t bucket_of(const unsigned char key[static KEY_BYTES])
{
	uint32_t word = (uint32_t)key[0] | (uint32_t)key[1] << 8 |
			(uint32_t)key[2] << 16 | (uint32_t)key[3] << 24;
	return (size_t)((word * UINT32_C(2654435761)) >> (32 - INDEX_BITS));
}

/* Within a bucket longer needles come first, so that a whole secret wins over one of its lines. */
static void add_needle(struct secrets *secrets, const void *data, size_t len)
{
	if (len < SECRET_MIN)
		return;
	bool only_stars = true; /* would match the mask itself */
	for (size_t i = 0; i < len; i++)
		only_stars = only_stars && ((const char *)data)[i] == '*';
	if (only_stars)
		return;

	size_t *link = &secrets->buckets[bucket_of(data)];
	while (*link) {
		struct needle *other = &secrets->needles.items[*link - 1];
		if (other->value.len == len && memcmp(other->value.data, data, len) == 0)
			return;
		if (other->value.len < len)
			break;
		link = &other->next;
	}
	size_t behind = *link;
	*link = secrets->needles.count +
		1; /* before vec_push(), which may move what link points to */
	struct needle *needle = vec_push(&secrets->needles);
	needle->next = behind;
	secret_set(&needle->value, data, len);
}

static void add_base64_needle(struct secrets *secrets, char *text, size_t len)
{
	add_needle(secrets, text, len);
	bool differs = false;
	for (size_t i = 0; i < len; i++) {
		differs = differs || text[i] == '+' || text[i] == '/';
		if (text[i] == '+')
			text[i] = '-';
		else if (text[i] == '/')
			text[i] = '_';
	}
	if (differs)
		add_needle(secrets, text, len);
}

/* The same broken into lines, as base64(1) and openssl(1) do. */
static void add_wrapped(struct secrets *secrets, const char *encoded, size_t len,
			size_t columns)
{
	for (size_t at = 0; len > columns && at < len; at += columns) {
		size_t line_len = len - at < columns ? len - at : columns;
		_cleanup_secret_ struct secret line = SECRET_INIT;
		secret_set(&line, encoded + at, line_len);
		if (line_len >= LINE_MIN)
			add_base64_needle(secrets, line.data, line_len);
	}
}

/* Base64 of the value behind 0, 1 or 2 other bytes: the characters that hold bits of a neighbour
 * are left off, at both ends. */
static void add_base64(struct secrets *secrets, const char *data, size_t len)
{
	for (size_t shift = 0; shift < 3; shift++) {
		struct secret shifted = {.data = mem_alloc(len + shift + 1),
					 .len = len + shift};
		memcpy(shifted.data + shift, data, len);
		struct secret encoded = {.data = str_base64(shifted.data, shifted.len)};
		encoded.len = strlen(encoded.data);

		size_t first = shift == 0 ? 0 : shift + 1;
		size_t last = shifted.len * 8 / 6;
		if (last >= first + (shift == 0 ? UNSHIFTED_MIN : SHIFTED_MIN)) {
			if (shift == 0) {
				add_wrapped(secrets, encoded.data, last, 64);
				add_wrapped(secrets, encoded.data, last, 76);
			}
			add_base64_needle(secrets, encoded.data + first, last - first);
		}
		secret_release(&shifted);
		secret_release(&encoded);
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **data, size_t *len)
{
	while (*len && is_space((*data)[0]))
		(*data)++, (*len)--;
	while (*len && is_space((*data)[*len - 1]))
		(*len)--;
}

/* Lines such as "-----BEGIN PRIVATE KEY-----" and "}" say nothing about the secret. */
static void add_lines(struct secrets *secrets, const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(data + at, '\n', len - at);
		size_t line_len = end ? (size_t)(end - (data + at)) : len - at;
		const char *line = data + at;
		at += line_len + 1;
		trim(&line, &line_len);
		if (line_len >= LINE_MIN && memcmp(line, "-----", 5) != 0)
			add_needle(secrets, line, line_len);
	}
}

void secrets_add(struct secrets *secrets, const void *data, size_t len)
{
	const char *value = data;
	trim(&value, &len);
	if (len < SECRET_MIN)
		return;
	pthread_rwlock_wrlock(&secrets->lock);
	size_t before = secrets->needles.count;
	add_needle(secrets, value, len);
	if (secrets->needles.count > before) {
		add_base64(secrets, value, len);
		if (memchr(value, '\n', len))
			add_lines(secrets, value, len);
	}
	pthread_rwlock_unlock(&secrets->lock);
}

/* --- reading text in four ways ------------------------------------------------------------- */

enum reading { READ_PLAIN, READ_PERCENT, READ_ESCAPED, READ_ESCAPED_TWICE };

/* One escape can stand for up to four bytes: they wait here, for each level of unescaping. */
struct waiting {
	unsigned char bytes[4];
	unsigned char at, count;
};

struct reader {
	const char *text;
	size_t len, at;
	struct waiting waiting[2];
};

static int read_plain(struct reader *r)
{
	return r->at < r->len ? (unsigned char)r->text[r->at++] : -1;
}

static int read_percent(struct reader *r)
{
	int c = read_plain(r);
	if (c == '%' && r->at + 1 < r->len) {
		int high = str_hex_digit(r->text[r->at]),
		    low = str_hex_digit(r->text[r->at + 1]);
		if (high >= 0 && low >= 0) {
			r->at += 2;
			return high * 16 + low;
		}
	}
	return c == '+' ? ' ' : c;
}

static int read_escaped(struct reader *r, int level);

static int read_below(struct reader *r, int level)
{
	return level == 0 ? read_plain(r) : read_escaped(r, level - 1);
}

static int read_hex4(struct reader *r, int level)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		int digit = str_hex_digit(read_below(r, level));
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static void wait_utf8(struct waiting *waiting, unsigned point)
{
	unsigned char *b = waiting->bytes;
	unsigned char count;
	if (point < 0x80) {
		b[0] = (unsigned char)point;
		count = 1;
	} else if (point < 0x800) {
		b[0] = (unsigned char)(0xc0 | point >> 6);
		b[1] = (unsigned char)(0x80 | (point & 0x3f));
		count = 2;
	} else if (point < 0x10000) {
		b[0] = (unsigned char)(0xe0 | point >> 12);
		b[1] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		b[2] = (unsigned char)(0x80 | (point & 0x3f));
		count = 3;
	} else {
		b[0] = (unsigned char)(0xf0 | point >> 18);
		b[1] = (unsigned char)(0x80 | (point >> 12 & 0x3f));
		b[2] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		b[3] = (unsigned char)(0x80 | (point & 0x3f));
		count = 4;
	}
	waiting->at = 0;
	waiting->count = count;
}

/* \uXXXX, and a pair of them for characters beyond the first plane. -1 ends the reading. */
static int read_unicode(struct reader *r, int level)
{
	int unit = read_hex4(r, level);
	if (unit < 0)
		return -1;
	unsigned point = (unsigned)unit;
	if (point >= 0xd800 && point < 0xdc00) {
		if (read_below(r, level) != '\\' || read_below(r, level) != 'u')
			return -1;
		int low = read_hex4(r, level);
		if (low < 0xdc00 || low > 0xdfff)
			return -1;
		point = 0x10000 + ((point - 0xd800) << 10) + ((unsigned)low - 0xdc00);
	}
	struct waiting *waiting = &r->waiting[level];
	wait_utf8(waiting, point);
	return waiting->bytes[waiting->at++];
}

static int read_escaped(struct reader *r, int level)
{
	struct waiting *waiting = &r->waiting[level];
	if (waiting->at < waiting->count)
		return waiting->bytes[waiting->at++];
	int c = read_below(r, level);
	if (c != '\\')
		return c;
	c = read_below(r, level);
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'u':
		return read_unicode(r, level);
	default:
		return c; /* \" \\ \/ and what other languages add */
	}
}

static int read_byte(struct reader *r, enum reading reading)
{
	switch (reading) {
	case READ_PLAIN:
		return read_plain(r);
	case READ_PERCENT:
		return read_percent(r);
	case READ_ESCAPED:
		return read_escaped(r, 0);
	case READ_ESCAPED_TWICE:
		return read_escaped(r, 1);
	}
	return -1;
}

/* --- finding ------------------------------------------------------------------------------- */

/* Length in the text of a needle that begins at `at`, read that way; 0 for none. In a text that was
 * cut, a needle that its end interrupts counts from CUT_MIN bytes on. */
static size_t match_at(const struct secrets *secrets, const struct str *text, size_t at,
		       enum reading reading)
{
	unsigned char key[KEY_BYTES];
	struct reader start = {.text = text->data, .len = text->len, .at = at};
	for (size_t i = 0; i < KEY_BYTES; i++) {
		int c = read_byte(&start, reading);
		if (c < 0)
			return 0;
		key[i] = (unsigned char)c;
	}
	for (size_t i = secrets->buckets[bucket_of(key)]; i;
	     i = secrets->needles.items[i - 1].next) {
		const struct secret *value = &secrets->needles.items[i - 1].value;
		if (memcmp(value->data, key, KEY_BYTES) != 0)
			continue;
		struct reader r = start;
		size_t same = KEY_BYTES;
		int c = 0;
		while (same < value->len &&
		       (c = read_byte(&r, reading)) == (unsigned char)value->data[same])
			same++;
		if (same == value->len)
			return r.at - at;
		if (text->truncated && c < 0 && r.at >= text->len && same >= CUT_MIN)
			return text->len - at;
	}
	return 0;
}

static void scrub_reading(const struct secrets *secrets, struct str *text,
			  enum reading reading)
{
	struct str out = {.max_bytes = SIZE_MAX / 4};
	size_t kept = 0;
	for (size_t at = 0; at + SECRET_MIN <= text->len;) {
		size_t found = match_at(secrets, text, at, reading);
		if (!found) {
			at++;
			continue;
		}
		str_add_bytes(&out, text->data + kept, at - kept);
		str_add(&out, SECRETS_MASK);
		at += found;
		kept = at;
	}
	if (!kept)
		return;
	str_add_bytes(&out, text->data + kept, text->len - kept);
	out.max_bytes = text->max_bytes > out.len ? text->max_bytes : out.len;
	out.truncated = text->truncated;
	explicit_bzero(text->data, text->len);
	str_release(text);
	*text = out;
}

/* --- certificates --------------------------------------------------------------------------- */

#define CERTIFICATE_BEGIN "-----BEGIN CERTIFICATE-----"
#define CERTIFICATE_END "-----END CERTIFICATE-----"

static bool is_line(const char *line, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(line, wanted, len) == 0;
}

static bool is_base64(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)line[i]) && !strchr("+/=", line[i]))
			return false;
	return len > 0;
}

/* Nothing but certificates (RFC 7468)? A key file says the public key, too, which stands in its certificate: where
 * the lines of both happen to break in the same places, they are the same. */
static bool is_certificates(const struct str *text)
{
	bool inside = false, any = false;
	for (size_t at = 0; at < text->len;) {
		const char *end = memchr(text->data + at, '\n', text->len - at);
		size_t len = end ? (size_t)(end - (text->data + at)) : text->len - at;
		const char *line = text->data + at;
		at += len + 1;
		trim(&line, &len);
		if (is_line(line, len, inside ? CERTIFICATE_END : CERTIFICATE_BEGIN)) {
			any = any || inside;
			inside = !inside;
		} else if (inside ? !is_base64(line, len) : len > 0) {
			return false;
		}
	}
	return any && !inside;
}

void secrets_scrub(struct secrets *secrets, struct str *text)
{
	if (text->len < SECRET_MIN || is_certificates(text))
		return;
	pthread_rwlock_rdlock(&secrets->lock);
	if (secrets->needles.count) {
		scrub_reading(secrets, text, READ_PLAIN);
		if (text->len && (memchr(text->data, '%', text->len) ||
				  memchr(text->data, '+', text->len)))
			scrub_reading(secrets, text, READ_PERCENT);
		if (text->len && memchr(text->data, '\\', text->len)) {
			scrub_reading(secrets, text, READ_ESCAPED);
			if (memmem(text->data, text->len, "\\\\", 2))
				scrub_reading(secrets, text, READ_ESCAPED_TWICE);
		}
	}
	pthread_rwlock_unlock(&secrets->lock);
}
