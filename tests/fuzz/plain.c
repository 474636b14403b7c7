/* Outside text on its way into a chat's message: the first byte is the limit, the rest the text. Whatever
 * it is, what comes out is UTF-8 within the limit, and no sign of the format is left without its escape. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "notify/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the services count: characters beyond the first plane are two. */
static size_t units_of(const char *text)
{
	size_t units = 0;
	for (const char *at = text; *at; at++)
		if (((unsigned char)*at & 0xc0) != 0x80)
			units += (unsigned char)*at >= 0xf0 ? 2 : 1;
	return units;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_slack(const char *text)
{
	must(!strchr(text, '<') && !strchr(text, '>'));
	for (const char *at = strchr(text, '&'); at; at = strchr(at + 1, '&'))
		must(str_has_prefix(at, "&amp;") || str_has_prefix(at, "&lt;") ||
		     str_has_prefix(at, "&gt;"));
}

static void check_discord(const char *text)
{
	for (const char *at = text; *at; at++) {
		if (*at == '\\') {
			must(at[1] != '\0');
			at++;
		} else {
			must(!strchr("*_~`|<>[]()#@", *at));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct plain_escape *const formats[] = {plain_none, plain_slack,
						      plain_discord};
	if (size < 2 || data[0] == 0 || !str_is_utf8(data + 1, size - 1))
		return 0;
	_cleanup_free_ char *text = mem_strndup((const char *)data + 1, size - 1);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		_cleanup_json_ json_t *made = plain_json(text, formats[i], data[0]);
		const char *out = json_string_value(made);
		must(out && units_of(out) <= data[0]);
		if (formats[i] == plain_slack)
			check_slack(out);
		if (formats[i] == plain_discord)
			check_discord(out);
	}
	return 0;
}
