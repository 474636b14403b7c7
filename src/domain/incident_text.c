/* Outside text made harmless on a page of Markdown: GitHub Flavored Markdown, and what GitHub makes of
 * the rendered text afterwards (mentions, references), where a backslash does not help any more.
 */
#include "incident_text.h"

#include <ctype.h>
#include <string.h>

#include "belay/mem.h"

#define NOTHING_WIDE "\xe2\x80\x8b" /* U+200B: breaks a mention and cannot be seen */
#define REPLACEMENT "\xef\xbf\xbd"
#define ELLIPSIS "…"

/* Length of a C1 control or of a character that turns the direction of text, at `at`; 0 for others. */
static size_t unseen(const unsigned char *at)
{
	if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
		return 2;
	if (at[0] == 0xd8 && at[1] == 0x9c)
		return 2;
	if (at[0] != 0xe2)
		return 0;
	bool mark = at[1] == 0x80 && (at[2] == 0x8e || at[2] == 0x8f);
	bool embedding = at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae;
	bool isolate = at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9;
	return mark || embedding || isolate ? 3 : 0;
}

/* Characters that make a list, a heading or a rule only where a line begins. */
static const char *add_beginning(struct str *out, const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	const char *digits = at;
	if (*at && strchr("-+=", *at))
		str_add_char(out, '\\');
	while (isdigit((unsigned char)*at))
		str_add_char(out, *at++);
	if (at > digits && (*at == '.' || *at == ')'))
		str_add_char(out, '\\');
	return at;
}

static void add_character(struct str *out, const char *at)
{
	unsigned char c = (unsigned char)*at;
	if (c == '&')
		str_add(out, "&amp;");
	else if (c == '<')
		str_add(out, "&lt;");
	else if (c == '>')
		str_add(out, "&gt;");
	else if (c < 0x20 || c == 0x7f)
		str_add_char(out, ' ');
	else if (strchr("\\`*_[]|~#!$", c))
		str_addf(out, "\\%c", c);
	else
		str_add_char(out, (char)c);
}

/* "@team", "#12" and "GH-12" are made links of after everything else. What follows may also be ours. */
static bool calls(const char *text, const char *at)
{
	bool issue = at - text >= 2 && *at == '-' && strncasecmp(at - 2, "gh", 2) == 0;
	return (*at == '@' || *at == '#' || issue) &&
	       (isalnum((unsigned char)at[1]) || !at[1]);
}

void page_add_text(struct str *out, const char *text)
{
	if (!text)
		return;
	for (const char *at = add_beginning(out, text); *at; at++) {
		size_t len = unseen((const unsigned char *)at);
		if (len) {
			str_add(out, REPLACEMENT);
			at += len - 1;
			continue;
		}
		add_character(out, at);
		if (calls(text, at))
			str_add(out, NOTHING_WIDE);
	}
}

void page_add_link(struct str *out, const char *url)
{
	static const char odd[] = " <>\"`\\";
	bool web = url &&
		   (str_has_prefix(url, "https://") || str_has_prefix(url, "http://"));
	for (const char *at = url; web && *at; at++)
		web = (unsigned char)*at > 0x20 && (unsigned char)*at < 0x7f &&
		      !strchr(odd, *at);
	if (web)
		str_addf(out, "<%s>", url);
	else
		page_add_text(out, url);
}

char *text_cut(const char *text, size_t max_bytes)
{
	size_t len = strlen(text);
	if (len <= max_bytes)
		return mem_strdup(text);
	len = max_bytes - strlen(ELLIPSIS);
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return str_format("%.*s%s", (int)len, text, ELLIPSIS);
}
