/* Text, the part that needs an algorithm: edit distance, display width, UTF-8 (RFC 3629),
 * base64 (RFC 4648), hexadecimal, quoting for a shell. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"

/* Longer words are not typing mistakes, and the distance is quadratic in their length. */
#define DISTANCE_MAX_BYTES 256

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table: `before` and `before_that` are the rows for i - 1 and i - 2. */
static void distance_row(const char *a, size_t i, const char *b, size_t b_len,
			 size_t *row, const size_t *before, const size_t *before_that)
{
	row[0] = i;
	for (size_t j = 1; j <= b_len; j++) {
		size_t cost = a[i - 1] != b[j - 1];
		size_t best = min_size(before[j], row[j - 1]) + 1;
		best = min_size(best, before[j - 1] + cost);
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			best = min_size(best, before_that[j - 2] + 1);
		row[j] = best;
	}
}

size_t str_distance(const char *a, const char *b)
{
	size_t rows[3][DISTANCE_MAX_BYTES + 1];
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);
	if (a_len > DISTANCE_MAX_BYTES || b_len > DISTANCE_MAX_BYTES)
		return strcmp(a, b) == 0 ? 0 : (a_len > b_len ? a_len : b_len);
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++)
		distance_row(a, i, b, b_len, rows[i % 3], rows[(i + 2) % 3],
			     rows[(i + 1) % 3]);
	return rows[a_len % 3][b_len];
}

/* Upper case and '-' for '_' are the commonest slips; they should not count as distance. */
static char *folded(const char *word)
{
	char *copy = mem_strdup(word);
	for (char *c = copy; *c; c++)
		*c = *c == '-' ? '_' : (char)tolower((unsigned char)*c);
	return copy;
}

const char *str_nearest(const char *word, const char *const *candidates, size_t count)
{
	_cleanup_free_ char *wanted = folded(word);
	size_t allowed = (strlen(word) + 2) / 3;
	const char *nearest = NULL;
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *candidate = folded(candidates[i]);
		size_t distance = str_distance(wanted, candidate);
		/* Nothing in common is not near, however short the words are. */
		if (distance > allowed || (distance && distance >= strlen(word)) ||
		    (distance && distance >= strlen(candidate)))
			continue;
		if (nearest && distance == allowed)
			continue;
		nearest = candidates[i];
		if (distance == 0)
			break;
		allowed = distance;
	}
	return nearest;
}

/* Decodes one scalar value at `at`; returns its length in bytes, or 0 when it is not well-formed
 * (overlong, surrogate, above U+10FFFF, cut short). */
static size_t utf8_decode(const unsigned char *at, size_t len, uint32_t *ret_scalar)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need = at[0] < 0x80   ? 1
		      : at[0] < 0xc2 ? 0
		      : at[0] < 0xe0 ? 2
		      : at[0] < 0xf0 ? 3
		      : at[0] < 0xf5 ? 4
				     : 0;
	if (need == 0 || need > len)
		return 0;
	uint32_t scalar = need == 1 ? at[0] : at[0] & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		scalar = scalar << 6 | (at[i] & 0x3fu);
	}
	if (scalar < smallest[need] || scalar > 0x10ffff ||
	    (scalar >= 0xd800 && scalar <= 0xdfff))
		return 0;
	*ret_scalar = scalar;
	return need;
}

bool str_is_utf8(const void *data, size_t len)
{
	const unsigned char *at = data;
	while (len) {
		uint32_t scalar;
		size_t used = utf8_decode(at, len, &scalar);
		if (used == 0 || scalar == 0)
			return false;
		at += used;
		len -= used;
	}
	return true;
}

/* The beginning of a sequence, and nothing after it? */
static bool is_cut_short(const unsigned char *at, size_t len)
{
	size_t need = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 0;
	if (len >= need)
		return false;
	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return false;
	return true;
}

void str_keep_utf8(char *text)
{
	size_t len = strlen(text);
	for (size_t at = 0; at < len;) {
		unsigned char *here = (unsigned char *)text + at;
		uint32_t scalar;
		size_t used = utf8_decode(here, len - at, &scalar);
		if (used == 0 && is_cut_short(here, len - at)) {
			*here = '\0';
			return;
		}
		if (used == 0)
			*here = '?';
		at += used ? used : 1;
	}
}

struct range {
	uint32_t first, last;
};

/* Unicode East_Asian_Width W and F, joined to blocks where the holes are unassigned. */
static const struct range wide[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
	{0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
	{0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
	{0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
	{0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
	{0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
	{0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
	{0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
	{0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x3029},
	{0x302e, 0x303e},   {0x3041, 0x3098},   {0x309b, 0x3247},   {0x3250, 0x4dbf},
	{0x4e00, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
	{0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
	{0x16fe0, 0x18d08}, {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
	{0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335},
	{0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3},
	{0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440},
	{0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567},
	{0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
	{0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df},
	{0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6ff}, {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f93a},
	{0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

/* Characters without a column: controls, and the combining marks that occur in practice. */
static const struct range narrow_none[] = {
	{0x0000, 0x001f},   {0x007f, 0x009f},   {0x0300, 0x036f}, {0x0483, 0x0489},
	{0x0591, 0x05bd},   {0x05bf, 0x05bf},   {0x05c1, 0x05c2}, {0x05c4, 0x05c5},
	{0x0610, 0x061a},   {0x064b, 0x065f},   {0x0670, 0x0670}, {0x06d6, 0x06dc},
	{0x093c, 0x093c},   {0x094d, 0x094d},   {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
	{0x0e47, 0x0e4e},   {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff}, {0x200b, 0x200f},
	{0x202a, 0x202e},   {0x2060, 0x2064},   {0x20d0, 0x20f0}, {0x302a, 0x302d},
	{0x3099, 0x309a},   {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
	{0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef},
};

static bool in_ranges(uint32_t scalar, const struct range *ranges, size_t count)
{
	size_t low = 0;
	size_t high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (scalar > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && scalar >= ranges[low].first;
}

size_t str_width(const char *utf8)
{
	const unsigned char *at = (const unsigned char *)utf8;
	size_t len = strlen(utf8);
	size_t width = 0;
	while (len) {
		uint32_t scalar;
		size_t used = utf8_decode(at, len, &scalar);
		if (used == 0) {
			/* A stray byte is drawn as one replacement character. */
			used = 1;
			scalar = 0xfffd;
		}
		if (!in_ranges(scalar, narrow_none, ARRAY_SIZE(narrow_none)))
			width += in_ranges(scalar, wide, ARRAY_SIZE(wide)) ? 2 : 1;
		at += used;
		len -= used;
	}
	return width;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *str_base64(const void *data, size_t len)
{
	const unsigned char *in = data;
	char *text = mem_alloc((len + 2) / 3 * 4 + 1);
	char *out = text;
	for (size_t i = 0; i < len; i += 3) {
		size_t have = min_size(len - i, 3);
		uint32_t group = (uint32_t)in[i] << 16;
		if (have > 1)
			group |= (uint32_t)in[i + 1] << 8;
		if (have > 2)
			group |= in[i + 2];
		*out++ = base64_digits[group >> 18];
		*out++ = base64_digits[group >> 12 & 63];
		*out++ = have > 1 ? base64_digits[group >> 6 & 63] : '=';
		*out++ = have > 2 ? base64_digits[group & 63] : '=';
	}
	return text;
}

/* The value of one digit, or -1. */
static int base64_value(char c)
{
	const char *at = c ? strchr(base64_digits, c) : NULL;
	return at ? (int)(at - base64_digits) : -1;
}

/* Decodes four characters, of which the last `padding` are '='. */
static int base64_group(const char *text, size_t padding, unsigned char *out)
{
	uint32_t group = 0;
	for (size_t i = 0; i < 4 - padding; i++) {
		int value = base64_value(text[i]);
		if (value < 0)
			return -1;
		group |= (uint32_t)value << (18 - 6 * i);
	}
	/* Bits that padding throws away must be zero: one value, one spelling. */
	if ((padding == 1 && (group & 0xff)) || (padding == 2 && (group & 0xffff)))
		return -1;
	for (size_t i = 0; i < 3 - padding; i++)
		out[i] = (unsigned char)(group >> (16 - 8 * i));
	return 0;
}

int str_unbase64(const char *text, unsigned char **ret_data, size_t *ret_len)
{
	size_t len = strlen(text);
	if (len % 4)
		return -1;
	_cleanup_free_ unsigned char *data = mem_alloc(len / 4 * 3 + 1);
	size_t written = 0;
	for (size_t i = 0; i < len; i += 4) {
		size_t padding = 0;
		if (i + 4 == len && text[len - 1] == '=')
			padding = text[len - 2] == '=' ? 2 : 1;
		if (base64_group(text + i, padding, data + written) < 0)
			return -1;
		written += 3 - padding;
	}
	*ret_len = written;
	*ret_data = TAKE_PTR(data);
	return 0;
}

static const char hex_digits[] = "0123456789abcdef";

char *str_hex(const void *data, size_t len)
{
	const unsigned char *in = data;
	char *text = mem_alloc(len * 2 + 1);
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = hex_digits[in[i] >> 4];
		text[2 * i + 1] = hex_digits[in[i] & 15];
	}
	return text;
}

int str_hex_digit(int c)
{
	if (c >= 'A' && c <= 'F')
		c += 'a' - 'A';
	const char *at = c > 0 && c < 0x80 ? strchr(hex_digits, c) : NULL;
	return at ? (int)(at - hex_digits) : -1;
}

bool str_unhex(const char *text, unsigned char *ret, size_t len)
{
	size_t count = text ? strspn(text, hex_digits) : 0;
	if (!text || count != 2 * len || text[count])
		return false;
	for (size_t i = 0; i < len; i++)
		ret[i] = (unsigned char)(str_hex_digit(text[2 * i]) << 4 |
					 str_hex_digit(text[2 * i + 1]));
	return true;
}

char *str_last_line(const char *text)
{
	size_t end = strlen(text);
	while (end > 0 && strchr(" \t\r\n", text[end - 1]))
		end--;
	size_t begin = end;
	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	while (begin < end && strchr(" \t", text[begin]))
		begin++;
	return mem_strndup(text + begin, end - begin);
}

void str_add_shell_quoted(struct str *s, const char *text)
{
	str_add_char(s, '\'');
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			str_add(s, "'\\''");
		else if (*c == '\\')
			str_add(s,
				"'\\\\'"); /* fish reads escapes within single quotes */
		else
			str_add_char(s, *c);
	}
	str_add_char(s, '\'');
}
