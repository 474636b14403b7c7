/* Bytes of the outside world as text that JSON can hold. */
#include "utf8.h"

#include <stdint.h>
#include <stdlib.h>

/* Length of the well-formed character that begins here, 0 for none: RFC 3629, section 4. */
static size_t character(const unsigned char *s, size_t len)
{
	if (s[0] == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	size_t need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || need > len)
		return 0;
	unsigned char low = 0x80, high = 0xbf;
	if (s[0] == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return need;
}

void utf8_add_lossy(struct str *out, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	size_t good_from = 0;
	for (size_t at = 0; at < len;) {
		size_t good = character(bytes + at, len - at);
		if (good) {
			at += good;
			continue;
		}
		str_add_bytes(out, bytes + good_from, at - good_from);
		str_add(out, "\xef\xbf\xbd");
		good_from = ++at;
	}
	if (len > good_from)
		str_add_bytes(out, bytes + good_from, len - good_from);
}

json_t *utf8_json(const void *data, size_t len)
{
	json_t *value = len ? json_stringn(data, len) : json_string("");
	if (value && json_string_length(value) == len && str_is_utf8(data, len))
		return value;
	json_decref(value);
	struct str text = STR_INIT_MAX(SIZE_MAX / 4);
	utf8_add_lossy(&text, data, len);
	value = json_string(str_text(&text));
	str_release(&text);
	return value;
}
