/* Patterns for names in a tree. Time is at most the product of both lengths for each "**" that is passed: a wildcard is
 * taken back only to the last one of its kind, which for wildcards is enough. */
#include "platform/tree_pattern.h"

#include <string.h>

/* --- what is a pattern ----------------------------------------------------------------------- */

/* Past the end of the set that begins at `at`, or NULL. A "]" that comes first is a member. */
static const char *set_end(const char *at, const char *end)
{
	at++;
	if (at < end && (*at == '!' || *at == '^'))
		at++;
	for (bool first = true; at < end; first = false, at++) {
		if (*at == ']' && !first)
			return at + 1;
		if (*at == '\\' && at + 1 < end)
			at++;
	}
	return NULL;
}

/* A slash at the end says what the pattern is for and is no part of it. */
static const char *pattern_end(const char *start)
{
	const char *end = start + strlen(start);
	while (end > start && end[-1] == '/')
		end--;
	return end;
}

static const char *syntax_fault(const char *pattern)
{
	const char *end = pattern_end(pattern);
	for (const char *at = pattern; at < end; at++) {
		if (*at == '\\') {
			if (++at == end)
				return "ends in '\\'";
		} else if (*at == '[') {
			at = set_end(at, end);
			if (!at)
				return "has a '[' without its ']'";
			at--;
		}
	}
	return NULL;
}

static const char *without_anchor(const char *pattern)
{
	if (pattern[0] == '.' && pattern[1] == '/')
		pattern++;
	while (*pattern == '/')
		pattern++;
	return pattern;
}

static bool has_parent(const char *path)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (at[0] == '.' && at[1] == '.' && (at[2] == '/' || !at[2]))
			return true;
	}
	return false;
}

int tree_pattern_check(const char *pattern, struct err *err)
{
	const char *why = !*without_anchor(pattern) ? "matches nothing"
			  : has_parent(pattern)     ? "has '..' in it"
						    : syntax_fault(pattern);
	if (why)
		return err_set(err, ERR_CONFIG, "the pattern '%.200s' %s", pattern, why);
	if (*pattern != '!')
		return 0;
	err_set(err, ERR_CONFIG, "the pattern '%.200s' starts with '!'", pattern);
	return err_hint(err, "nothing can be taken out of an exclusion again; a name "
			     "that starts with '!' is written '\\!'");
}

/* --- matching -------------------------------------------------------------------------------- */

static bool set_has(const char *at, const char *end, char c)
{
	bool inverted = *++at == '!' || *at == '^', found = false;
	at += inverted;
	while (at < end - 1) {
		at += *at == '\\' && at + 1 < end - 1;
		unsigned char low = (unsigned char)*at++, high = low;
		if (at + 1 < end - 1 && *at == '-') {
			at++;
			at += *at == '\\' && at + 1 < end - 1;
			high = (unsigned char)*at++;
		}
		found = found || (low <= (unsigned char)c && (unsigned char)c <= high);
	}
	return found != inverted;
}

/* Does what begins at *pattern, and is no "*", match this character? Moves *pattern past it. */
static bool match_one(const char **pattern, const char *end, char c)
{
	const char *at = *pattern;
	switch (*at) {
	case '?':
		*pattern = at + 1;
		return c != '/';
	case '[':
		*pattern = set_end(at, end);
		return c != '/' && set_has(at, *pattern, c);
	case '\\':
		at++;
		break;
	default:
		break;
	}
	*pattern = at + 1;
	return *at == c;
}

/* A wildcard that was passed: the pattern behind it, and the text up to where it may take more. */
struct wildcard {
	const char *pattern, *text;
	enum { NAME, PATH, DIRECTORIES } reach;
};

/* Takes more text. False when it cannot. */
static bool take_more(struct wildcard *wildcard)
{
	if (!wildcard->pattern || !*wildcard->text)
		return false;
	switch (wildcard->reach) {
	case NAME:
		return *wildcard->text++ != '/';
	case PATH:
		wildcard->text++;
		return true;
	case DIRECTORIES:
		wildcard->text = strchr(wildcard->text, '/');
		return wildcard->text && wildcard->text++;
	}
	return false;
}

/* Passes a run of "*" and says how far it reaches: two of them between slashes stand for any number of directories. */
static struct wildcard pass_wildcard(const char *start, const char **pattern,
				     const char *end, const char *text)
{
	const char *at = *pattern;
	while (at < end && *at == '*')
		at++;
	struct wildcard wildcard = {.text = text,
				    .reach = at - *pattern > 1 ? PATH : NAME};
	if (wildcard.reach == PATH && at < end && *at == '/' &&
	    (*pattern == start || (*pattern)[-1] == '/')) {
		wildcard.reach = DIRECTORIES;
		at++;
	}
	*pattern = wildcard.pattern = at;
	return wildcard;
}

static bool glob_matches(const char *start, const char *end, const char *text)
{
	const char *pattern = start;
	struct wildcard name = {0}, path = {0};
	for (;;) {
		if (pattern < end && *pattern == '*') {
			struct wildcard passed =
				pass_wildcard(start, &pattern, end, text);
			if (passed.reach != NAME)
				path = passed;
			name = passed.reach == NAME ? passed : (struct wildcard){0};
			continue;
		}
		if (pattern == end ? !*text : *text && match_one(&pattern, end, *text)) {
			if (!*text)
				return true;
			text++;
			continue;
		}
		struct wildcard *back = &name;
		if (!take_more(&name)) {
			name = (struct wildcard){0};
			back = &path;
			if (!take_more(&path))
				return false;
		}
		pattern = back->pattern;
		text = back->text;
	}
}

bool tree_pattern_matches(const char *pattern, const char *path, bool directory)
{
	const char *start = without_anchor(pattern), *end = pattern_end(start);
	if (*end && !directory)
		return false;
	if (start == pattern && !memchr(start, '/', (size_t)(end - start))) {
		const char *slash = strrchr(path, '/');
		path = slash ? slash + 1 : path;
	}
	return glob_matches(start, end, path);
}

bool tree_patterns_match(const char *const *patterns, const char *path, bool directory)
{
	for (; patterns && *patterns; patterns++)
		if (tree_pattern_matches(*patterns, path, directory))
			return true;
	return false;
}
