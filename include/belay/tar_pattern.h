/* room: base
 * Exclude patterns, as the configuration has them (platform/tree_pattern.h), in the words of GNU tar. Pure.
 *
 * The two differ: whether "*" stops at a slash holds for a whole pattern there; a pattern without a slash can match the
 * directory itself ("." is a name to tar); and files are not told from directories. What cannot be said exactly is a
 * fault: tar would keep too much, or lose something.
 */
#ifndef BELAY_TAR_PATTERN_H
#define BELAY_TAR_PATTERN_H

#include <stdbool.h>

#include "belay/str.h"

/* Why GNU tar cannot be given this pattern, as a hint ("write several patterns"); NULL: it can. */
const char *tar_pattern_fault(const char *pattern);

/* Adds the options for `tar … -cf - .`, for a shell. Of "cache/" they leave out what is in such directories, and not these
 * themselves. Only for patterns without a fault. */
void tar_pattern_add(struct str *command, const char *pattern);

/* Is it for directories only ("cache/")? */
bool tar_pattern_is_for_directories(const char *pattern);

#endif
