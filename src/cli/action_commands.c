/* The two languages of GitHub's runner: workflow commands on standard output, and rows in the files that
 * GITHUB_OUTPUT and GITHUB_STATE name. Only escaping; what is said is decided elsewhere. */
#include <string.h>

#include "belay/action.h"

/* Zero width space: not white space to the runner, invisible to people. */
#define BREAK "\xe2\x80\x8b"

static void add_escaped(struct str *out, const char *text, const char *what)
{
	for (; *text; text++) {
		if (strchr(what, *text))
			str_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
		else
			str_add_char(out, *text);
	}
}

void action_add_property(struct str *properties, const char *name, const char *value)
{
	str_addf(properties, "%s%s=", properties->len ? "," : "", name);
	add_escaped(properties, value, "%\r\n:,");
}

void action_add_command(struct str *out, const char *name, const char *properties,
			const char *data)
{
	bool any = properties && *properties;
	str_addf(out, "::%s%s%s::", name, any ? " " : "", any ? properties : "");
	add_escaped(out, data, "%\r\n");
	str_add_char(out, '\n');
}

/* White space as .NET's TrimStart() sees it, in UTF-8: what the runner skips before "::". */
static size_t blanks(const char *text)
{
	static const char *const wide[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
					   "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
					   "\xe2\x81\x9f", "\xe3\x80\x80"};
	size_t at = 0;
	for (;;) {
		size_t before = at;
		at += strspn(text + at, " \t\v\f");
		for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
			if (str_has_prefix(text + at, wide[i]))
				at += strlen(wide[i]);
		/* U+2000 to U+200A: spaces of all widths. */
		if (str_has_prefix(text + at, "\xe2\x80") &&
		    (unsigned char)text[at + 2] >= 0x80 &&
		    (unsigned char)text[at + 2] <= 0x8a)
			at += 3;
		if (at == before)
			return at;
	}
}

void action_add_text(struct str *out, const char *text)
{
	bool starts = true;
	while (*text) {
		size_t skipped = starts ? blanks(text) : 0;
		str_add_bytes(out, text, skipped);
		text += skipped;
		if (starts && str_has_prefix(text, "::"))
			str_add(out, BREAK);
		/* The older form counts anywhere in a line: "##[". */
		if (str_has_prefix(text, "##[")) {
			str_add(out, "##" BREAK);
			text += 2;
		}
		if (!*text)
			break;
		starts = *text == '\n' || *text == '\r';
		str_add_char(out, *text++);
	}
}

void action_add_file_row(struct str *out, const char *name, const char *value,
			 const char *delimiter)
{
	str_addf(out, "%s<<%s\n%s\n%s\n", name, delimiter, value, delimiter);
}
