/* Colours by meaning: the one table that knows escape sequences (ECMA-48 SGR). Only the eight basic
 * colours are used, so that every theme stays readable. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "ink.h"

static const char *const codes[] = {
	[INK_PLAIN] = NULL,      [INK_DIM] = "\x1b[2m",   [INK_BOLD] = "\x1b[1m",
	[INK_GOOD] = "\x1b[32m", [INK_WARN] = "\x1b[33m", [INK_BAD] = "\x1b[31m",
	[INK_NAME] = "\x1b[36m",
};

void ink_add(struct str *out, const struct render *render, enum ink ink,
	     const char *safe_text)
{
	const char *code = render->style == STYLE_COLOUR ? codes[ink] : NULL;
	if (code && *safe_text)
		str_add(out, code);
	str_add(out, safe_text);
	if (code && *safe_text)
		str_add(out, "\x1b[0m");
}

void render_inkf(struct str *out, const struct render *render, enum ink ink,
		 const char *format, ...)
{
	_cleanup_str_ struct str raw = STR_INIT;
	_cleanup_str_ struct str safe = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&raw, format, args);
	va_end(args);
	/* Line breaks around the text are ours; one inside came from outside. */
	size_t before = strspn(str_text(&raw), "\n"), after = 0;
	while (raw.len > before && raw.data[raw.len - 1] == '\n') {
		raw.data[--raw.len] = '\0';
		after++;
	}
	render_add_safe(&safe, str_text(&raw) + before);
	str_pad(out, '\n', before);
	ink_add(out, render, ink, str_text(&safe));
	str_pad(out, '\n', after);
}

static const struct {
	const char *outcome, *mark;
	enum ink ink;
} marks[] = {
	{"pass", "✓", INK_GOOD},       {"ok", "✓", INK_GOOD},
	{"passed", "✓", INK_GOOD},     {"warn", "!", INK_WARN},
	{"warning", "!", INK_WARN},    {"fail", "✗", INK_BAD},
	{"failed", "✗", INK_BAD},      {"stuck", "✗", INK_BAD},
	{"rolled-back", "✗", INK_BAD}, {"cancelled", "✗", INK_BAD},
	{"unknown", "?", INK_WARN},    {"inconclusive", "?", INK_WARN},
};

const char *ink_mark(const char *outcome, enum ink *ret_ink)
{
	for (size_t i = 0; outcome && i < ARRAY_SIZE(marks); i++)
		if (strcmp(marks[i].outcome, outcome) == 0) {
			*ret_ink = marks[i].ink;
			return marks[i].mark;
		}
	*ret_ink = INK_DIM;
	return "·";
}

void ink_add_mark(struct str *out, const struct render *render, const char *outcome)
{
	enum ink ink;
	const char *mark = ink_mark(outcome, &ink);
	ink_add(out, render, ink, mark);
}
