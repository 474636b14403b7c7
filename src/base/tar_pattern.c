/* Patterns for GNU tar: its manual on "Controlling Pattern-Matching and Exclusion". */
#include "belay/tar_pattern.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"

/* A pattern, taken apart. */
struct parts {
	char *text;       /* without anchor, "**" in front and slashes at the end */
	bool anchored;    /* counts from the directory */
	bool directories; /* ended in a slash */
	bool deep;        /* has a wildcard that passes slashes */
	bool shallow;     /* has one that does not */
	char *between; /* where "**" stands for any number of directories; NULL: nowhere */
	bool twice;    /* there are two such places */
};

static void parts_release(struct parts *parts)
{
	free(parts->text);
}
#define _cleanup_parts_ __attribute__((cleanup(parts_release)))

/* Past the set that begins at `at`; its end when it does not end. */
static const char *set_end(const char *at)
{
	at++;
	at += *at == '!' || *at == '^';
	at += *at == ']';
	while (*at && *at != ']')
		at += *at == '\\' && at[1] ? 2 : 1;
	return at + (*at == ']');
}

/* Past what stands for one thing: a run of "*", a set, an escaped character, a character. */
static const char *element_end(const char *at)
{
	if (*at == '*')
		return at + strspn(at, "*");
	if (*at == '[')
		return set_end(at);
	return at + (*at == '\\' && at[1] ? 2 : 1);
}

static void look_at_elements(struct parts *parts, bool has_slash)
{
	const char *end;
	for (const char *at = parts->text; *at; at = end) {
		end = element_end(at);
		bool passes = *at == '*' && end - at > 1 && has_slash;
		parts->deep |= passes;
		parts->shallow |= !passes && (*at == '*' || *at == '?' || *at == '[');
		if (passes && *end == '/' && at > parts->text && at[-1] == '/') {
			parts->twice |= parts->between != NULL;
			parts->between = parts->text + (at - parts->text);
		}
	}
}

static struct parts take_apart(const char *pattern)
{
	struct parts parts = {0};
	size_t len = strlen(pattern);
	while (len > 0 && pattern[len - 1] == '/')
		len--;
	parts.directories = pattern[len] == '/';
	const char *start = pattern;
	if (start[0] == '.' && start[1] == '/')
		start++;
	while (*start == '/')
		start++;
	size_t skipped = (size_t)(start - pattern);
	len = len > skipped ? len - skipped : 0;
	bool has_slash = start > pattern || memchr(start, '/', len);
	bool anywhere = len > 3 && strncmp(start, "**/", 3) == 0;
	parts.anchored = has_slash && !anywhere;
	parts.text = mem_strndup(start + (anywhere ? 3 : 0), len - (anywhere ? 3 : 0));
	look_at_elements(&parts, has_slash);
	return parts;
}

/* --- the directory itself --------------------------------------------------------------------- */

/* May its first part be "."? That is what tar calls the directory. */
static bool may_match_root(const struct parts *parts)
{
	_cleanup_free_ char *first = mem_strndup(parts->text, strcspn(parts->text, "/"));
	return !parts->anchored && fnmatch(first, ".", 0) == 0;
}

/* A dot and stars: then one of the stars has to stand for something, and it is not the directory itself. */
static bool is_dot_and_stars(const char *text)
{
	size_t len = strcspn(text, "/"), stars = 0, dots = 0;
	for (size_t i = 0; i < len; i++) {
		stars += text[i] == '*';
		dots += text[i] == '.';
	}
	return stars > 0 && dots == 1 && stars + dots == len;
}

const char *tar_pattern_fault(const char *pattern)
{
	_cleanup_parts_ struct parts parts = take_apart(pattern);
	if (parts.deep && parts.shallow)
		return "'**' does not go together with '*', '?' or '[…]' there: write "
		       "several patterns";
	if (parts.twice)
		return "'**' between slashes goes only once there: write several "
		       "patterns";
	if (may_match_root(&parts) && (parts.deep || !is_dot_and_stars(parts.text)))
		return "it fits the directory itself: write a slash in front of it, or "
		       "more of the name";
	return NULL;
}

bool tar_pattern_is_for_directories(const char *pattern)
{
	return *pattern && str_has_suffix(pattern, "/");
}

/* --- options ---------------------------------------------------------------------------------- */

static void add_option(struct str *command, const struct parts *parts, const char *text)
{
	_cleanup_free_ char *word = str_format("%s%s%s", parts->anchored ? "./" : "",
					       text, parts->directories ? "/*" : "");
	str_addf(command,
		 " %s %s --exclude=", parts->anchored ? "--anchored" : "--no-anchored",
		 parts->deep ? "--wildcards-match-slash" : "--no-wildcards-match-slash");
	str_add_shell_quoted(command, word);
}

/* One star is enough for each run of them. */
static char *with_single_stars(const char *text)
{
	struct str out = STR_INIT;
	const char *end;
	for (; *text; text = end) {
		end = element_end(text);
		str_add_bytes(&out, text, *text == '*' ? 1 : (size_t)(end - text));
	}
	return str_take(&out);
}

/* "*.*" as "?*.*" and "*.?*". */
static void add_without_root(struct str *command, const struct parts *parts,
			     const char *text)
{
	for (const char *at = text; *at && *at != '/'; at++) {
		if (*at != '*')
			continue;
		_cleanup_free_ char *longer =
			str_format("%.*s?%s", (int)(at - text), text, at);
		add_option(command, parts, longer);
	}
}

void tar_pattern_add(struct str *command, const char *pattern)
{
	_cleanup_parts_ struct parts parts = take_apart(pattern);
	_cleanup_free_ char *text = with_single_stars(parts.text);
	if (may_match_root(&parts))
		add_without_root(command, &parts, text);
	else
		add_option(command, &parts, text);
	if (!parts.between)
		return;
	/* No directory in between is any number, too. */
	_cleanup_free_ char *before =
		mem_strndup(parts.text, (size_t)(parts.between - parts.text));
	_cleanup_free_ char *closed = str_format(
		"%s%s", before, parts.between + strspn(parts.between, "*") + 1);
	_cleanup_free_ char *shorter = with_single_stars(closed);
	add_option(command, &parts, shorter);
}
