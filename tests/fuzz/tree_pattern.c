/* Patterns: whatever is accepted gives the answer that trying everything gives, and in little time.
 *
 * The input is a pattern, a line break and a path. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/tree_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SMALL = 24 }; /* trying everything takes exponential time */

/* Tries everything; patterns of "*", "?", "/" and plain characters only. `first`: at the start of a name. */
static bool tried(const char *pattern, const char *path, bool first)
{
	if (!*pattern)
		return !*path;
	if (*pattern == '*') {
		bool deep = pattern[1] == '*';
		const char *rest = pattern + strspn(pattern, "*");
		if (deep && first && *rest == '/') {
			for (const char *at = path; at; at = strchr(at, '/')) {
				at += *at == '/' && at != path;
				if (tried(rest + 1, at, true))
					return true;
				if (*at == '/' && at == path &&
				    tried(rest + 1, at + 1, true))
					return true;
				if (!*at)
					break;
			}
			return false;
		}
		for (;; path++) {
			if (tried(rest, path, false))
				return true;
			if (!*path || (!deep && *path == '/'))
				return false;
		}
	}
	if (!*path || (*pattern == '?' ? *path == '/' : *pattern != *path))
		return false;
	return tried(pattern + 1, path + 1, *pattern == '/');
}

static bool is_plain(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);
	return len < SMALL && strlen(path) < SMALL && *pattern != '/' && *path != '/' &&
	       strchr(pattern, '/') && pattern[len - 1] != '/' &&
	       !strpbrk(pattern, "[\\.") && !strstr(pattern, "//") && !strstr(path, "//");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	char *path = strchr(text, '\n');
	struct err err = {0};
	if (path) {
		*path++ = '\0';
		if (tree_pattern_check(text, &err) == 0) {
			bool directory = tree_pattern_matches(text, path, true);
			bool file = tree_pattern_matches(text, path, false);
			if (file && !directory)
				abort();
			if (is_plain(text, path) && file != tried(text, path, true))
				abort();
		} else if (err.code != ERR_CONFIG) {
			abort();
		}
	}
	free(text);
	return 0;
}
