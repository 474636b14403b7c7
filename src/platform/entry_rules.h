/* room: platform
 * The rules of archive.h for one entry after another, without any archive format. Pure.
 */
#ifndef BELAY_PLATFORM_ENTRY_RULES_H
#define BELAY_PLATFORM_ENTRY_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/err.h"

enum entry_type {
	ENTRY_FILE,
	ENTRY_DIRECTORY,
	ENTRY_SYMLINK,
	ENTRY_HARDLINK,
	ENTRY_OTHER
};

struct entry_rules;

struct entry_rules *entry_rules_new(void);
void entry_rules_free(struct entry_rules *rules);

/* For who makes entries without following any link, and so notices when a path leads through one: symbolic links may
 * lead anywhere, as a restore has to bring back what was there, and are not remembered. */
void entry_rules_keep_links(struct entry_rules *rules);

/* Judges the next entry and remembers it. `target`: of a link, else NULL. 0, or -1 with ERR_CONFIG. */
int entry_rules_check(struct entry_rules *rules, const char *path, enum entry_type type,
		      const char *target, struct err *err);

#endif
