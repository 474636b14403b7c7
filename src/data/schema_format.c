/* Formats: duration and size are belay's own units, url is what a probe or an API can be given. */
#include "schema_format.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"

static bool is_duration(const char *text)
{
	int64_t ignored;
	return duration_parse(text, &ignored) == 0;
}

static bool is_size(const char *text)
{
	int64_t ignored;
	return size_parse(text, &ignored) == 0;
}

/* scheme "://" something, without spaces and controls (RFC 3986 with an authority). */
static bool is_url(const char *text)
{
	const char *colon = strstr(text, "://");
	if (!colon || colon == text || !isalpha((unsigned char)text[0]))
		return false;
	for (const char *c = text; c < colon; c++)
		if (!isalnum((unsigned char)*c) && !strchr("+-.", *c))
			return false;
	for (const char *c = colon + 3; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return colon[3] && !strchr("/?#:", colon[3]);
}

static bool is_any(const char *text)
{
	(void)text;
	return true;
}

static const struct {
	const char *name;
	bool (*holds)(const char *text);
	const char *expected;
} formats[] = {
	{"duration", is_duration, "a duration such as 30s, 15m or 1h30m"},
	{"size", is_size, "a size such as 64MiB or 2GB"},
	{"url", is_url, "a URL such as https://example.com/health"},
	{"jq", is_any, "a jq expression"},
};

bool schema_format_exists(const char *name)
{
	return schema_format_expected(name) != NULL;
}

bool schema_format_holds(const char *name, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].holds(text);
	return false;
}

const char *schema_format_expected(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].expected;
	return NULL;
}
