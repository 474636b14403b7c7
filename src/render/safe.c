/* Text from outside (remote output, versions, branch contents, server replies) made safe to show:
 * whatever a terminal would act on becomes something that can be seen.
 *
 * C0 controls and DEL become their pictures (U+2400 block), C1 controls, bidirectional overrides
 * and invalid UTF-8 become U+FFFD. So no reply can move the cursor, hide text or forge a line. */
#include <stdint.h>
#include <string.h>

#include "belay/render.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Length of the well-formed UTF-8 sequence at `at`, or 0 (Unicode 15, table 3-7). */
static size_t sequence(const unsigned char *at, uint32_t *ret_scalar)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = at[0] < 0x80             ? 1
		     : (at[0] & 0xe0) == 0xc0 ? 2
		     : (at[0] & 0xf0) == 0xe0 ? 3
		     : (at[0] & 0xf8) == 0xf0 ? 4
					      : 0;
	if (len <= 1) {
		*ret_scalar = at[0];
		return len;
	}
	uint32_t scalar = at[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		scalar = scalar << 6 | (at[i] & 0x3fu);
	}
	*ret_scalar = scalar;
	bool surrogate = scalar >= 0xd800 && scalar <= 0xdfff;
	return scalar < smallest[len] || scalar > 0x10ffff || surrogate ? 0 : len;
}

static bool reorders(uint32_t scalar)
{
	return scalar == 0x061c || scalar == 0x200e || scalar == 0x200f ||
	       (scalar >= 0x202a && scalar <= 0x202e) ||
	       (scalar >= 0x2066 && scalar <= 0x2069);
}

/* U+2400 + c is the picture of control character c; DEL's is U+2421. */
static void add_picture(struct str *out, unsigned char c)
{
	const char picture[] = {(char)0xe2, (char)0x90,
				(char)(0x80 + (c == 0x7f ? 0x21 : c)), 0};
	str_add(out, picture);
}

void render_add_safe(struct str *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)(text ? text : "");
	while (*at) {
		uint32_t scalar = 0;
		size_t len = sequence(at, &scalar);
		if (len == 1 && *at == '\t')
			str_add_char(out, ' ');
		else if (len == 1 && (*at < 0x20 || *at == 0x7f))
			add_picture(out, *at);
		else if (len == 0 || (scalar >= 0x80 && scalar <= 0x9f) ||
			 reorders(scalar))
			str_add(out, REPLACEMENT);
		else
			str_add_bytes(out, at, len);
		at += len ? len : 1;
	}
}
