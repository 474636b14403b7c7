/* room: platform
 * Patterns for names in a tree (tree.h says what they mean). Pure.
 *
 * Besides "*", "?" and "**" there are sets as in a shell ("[a-z]", "[!0-9]") and "\", which takes its meaning from what
 * follows. A leading slash, or "./", anchors and is not part of any name.
 */
#ifndef BELAY_PLATFORM_TREE_PATTERN_H
#define BELAY_PLATFORM_TREE_PATTERN_H

#include <stdbool.h>

#include "belay/err.h"

/* ERR_CONFIG with the reason: empty, a set that does not end, "..", a leading "!". */
int tree_pattern_check(const char *pattern, struct err *err);

/* `path` is relative and clean ("a/b"), `directory` says whether it is one. Only for patterns that were checked. */
bool tree_pattern_matches(const char *pattern, const char *path, bool directory);

/* Any of a NULL-terminated list, which may be NULL. */
bool tree_patterns_match(const char *const *patterns, const char *path, bool directory);

#endif
