/* GitHub Flavored Markdown: outside text that stays text, code, marks, and a cut that leaves no page half
 * open. Format: the GFM specification (tables take "|" also within code spans, unless escaped). */
#include "markdown.h"

#include <string.h>

#include "belay/mem.h"

#define FENCE "```"
#define MORE                                                                             \
	"\n\n_The rest was cut: a summary has a limit. The log of the step has all of it._\n"

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

void markdown_add_text(struct str *out, const char *text)
{
	_cleanup_str_ struct str line = STR_INIT;
	_cleanup_str_ struct str safe = STR_INIT;
	for (; text && *text; text++)
		str_add_char(&line, is_break(*text) ? ' ' : *text);
	render_add_safe(&safe, str_text(&line));
	for (const char *at = str_text(&safe); *at; at++) {
		if (strchr("\\`*_[]<>|~#&!", *at))
			str_add_char(out, '\\');
		str_add_char(out, *at);
	}
}

/* The longest run of backticks in a text: a fence has to be longer. */
static size_t longest_run(const char *text)
{
	size_t longest = 0, run = 0;
	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* Up to the end of the line that begins at `text`. By memchr, because sanitizers read to the end of a
 * text for each strcspn, and a page can have a hundred thousand lines. */
static size_t line_length(const char *text, const char *end)
{
	const char *found = memchr(text, '\n', (size_t)(end - text));
	return (size_t)((found ? found : end) - text);
}

void markdown_add_code(struct str *out, const char *text)
{
	_cleanup_str_ struct str line = STR_INIT;
	_cleanup_str_ struct str safe = STR_INIT;
	for (; text && *text; text++)
		str_add_char(&line, is_break(*text) ? ' ' : *text);
	render_add_safe(&safe, str_text(&line));
	if (!safe.len)
		return;
	size_t fence = longest_run(str_text(&safe)) + 1;
	const char *pad = fence > 1 ? " " : "";
	str_pad(out, '`', fence);
	str_add(out, pad);
	for (const char *at = str_text(&safe); *at; at++) {
		if (*at == '|')
			str_add_char(out, '\\');
		str_add_char(out, *at);
	}
	str_add(out, pad);
	str_pad(out, '`', fence);
}

void markdown_add_block(struct str *out, const char *language, const char *text)
{
	size_t run = longest_run(text);
	size_t fence = run < strlen(FENCE) ? strlen(FENCE) : run + 1;
	str_pad(out, '`', fence);
	str_addf(out, "%s\n", language);
	const char *end = text + strlen(text);
	while (text < end) {
		size_t len = line_length(text, end);
		_cleanup_str_ struct str line = STR_INIT;
		str_add_bytes(&line, text, len);
		render_add_safe(out, str_text(&line));
		str_add_char(out, '\n');
		text += len + (text[len] != '\0');
	}
	str_pad(out, '`', fence);
	str_add_char(out, '\n');
}

void markdown_add_word(struct str *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._/:@%+=,-";
	if (*word && word[strspn(word, plain)] == '\0')
		str_add(out, word);
	else
		str_add_shell_quoted(out, word);
}

const char *markdown_mark(const char *outcome)
{
	static const struct {
		const char *outcome, *mark;
	} marks[] = {
		{"pass", "✅"},         {"passed", "✅"},
		{"ok", "✅"},           {"open", "🔓"},
		{"warn", "⚠️"},    {"warning", "⚠️"},
		{"fail", "❌"},         {"failed", "❌"},
		{"stuck", "🛑"},     {"rolled-back", "↩️"},
		{"cancelled", "❌"},    {"unknown", "❔"},
		{"inconclusive", "❔"},
	};
	for (size_t i = 0; outcome && i < ARRAY_SIZE(marks); i++)
		if (strcmp(marks[i].outcome, outcome) == 0)
			return marks[i].mark;
	return "";
}

/* The fence that is open at the end of the text: its length, 0 for none. */
static size_t open_fence(const char *text, size_t size)
{
	const char *end = text + size;
	size_t open = 0;
	while (text < end) {
		size_t len = line_length(text, end), ticks = 0;
		while (ticks < len && text[ticks] == '`')
			ticks++;
		if (!open && ticks >= strlen(FENCE))
			open = ticks;
		else if (open && ticks >= open && ticks == len)
			open = 0;
		text += len + 1;
	}
	return open;
}

void markdown_cut(struct str *page, size_t max_bytes)
{
	if (page->len <= max_bytes)
		return;
	/* Room for the note, and for a fence as long as any in use. */
	size_t at = max_bytes - strlen(MORE) - 64;
	while (at && page->data[at - 1] != '\n')
		at--;
	page->len = at;
	page->data[at] = '\0';
	size_t fence = open_fence(page->data, page->len);
	str_pad(page, '`', fence);
	str_add(page, MORE);
}
