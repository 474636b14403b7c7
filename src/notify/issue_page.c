/* The page in an issue's body: written, and written anew with the ticks that people made. */
#include "issue_page.h"

#include <stdbool.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"

#define BEGIN "<!-- belay:page -->\n"
#define END "<!-- belay:page end -->"
#define OPEN_BOX "- [ ] "
#define BOX_LEN (sizeof OPEN_BOX - 1)

char *issue_page_new(const char *page, const char *marker)
{
	return str_format(BEGIN "%s" END "\n%s\n", page, marker);
}

static bool is_ticked(const char *line)
{
	return strncmp(line, "- [x] ", BOX_LEN) == 0 ||
	       strncmp(line, "- [X] ", BOX_LEN) == 0;
}

/* Has the old page a ticked box with the words of this line, of `len` characters? */
static bool was_ticked(const char *old, const char *line, size_t len)
{
	for (const char *at = old; *at;) {
		size_t old_len = strcspn(at, "\n");
		if (old_len == len && is_ticked(at) &&
		    memcmp(at + BOX_LEN, line + BOX_LEN, len - BOX_LEN) == 0)
			return true;
		at += old_len + (at[old_len] == '\n');
	}
	return false;
}

static void add_with_ticks(struct str *out, const char *page, const char *old)
{
	for (const char *at = page; *at;) {
		size_t len = strcspn(at, "\n");
		size_t whole = len + (at[len] == '\n');
		bool box = strncmp(at, OPEN_BOX, BOX_LEN) == 0;
		if (box && was_ticked(old, at, len)) {
			str_add(out, "- [x] ");
			str_add_bytes(out, at + BOX_LEN, whole - BOX_LEN);
		} else {
			str_add_bytes(out, at, whole);
		}
		at += whole;
	}
}

/* GitHub's editor ends lines with CRLF. Fresh. */
static char *without_returns(const char *text)
{
	struct str out = STR_INIT;
	for (; *text; text++)
		if (*text != '\r')
			str_add_char(&out, *text);
	return out.data ? str_take(&out) : mem_strdup("");
}

char *issue_page_renew(const char *body, const char *page)
{
	_cleanup_free_ char *text = without_returns(body);
	_cleanup_free_ char *fresh = without_returns(page);
	char *begin = strstr(text, BEGIN);
	char *end = begin ? strstr(begin, END) : NULL;
	if (!end)
		return NULL;
	begin += sizeof BEGIN - 1;
	_cleanup_free_ char *old = mem_strndup(begin, (size_t)(end - begin));
	struct str out = STR_INIT;
	str_add_bytes(&out, text, (size_t)(begin - text));
	add_with_ticks(&out, fresh, old);
	str_add(&out, end);
	if (str_equal(str_text(&out), text)) {
		str_release(&out);
		return NULL;
	}
	return str_take(&out);
}
