/* room: platform
 * Making what an archive says, entry by entry, below one directory (tree_place.h).
 *
 *     tree_maker_open(); tree_make() for each entry; tree_maker_finish(); tree_maker_close() in any case
 *
 * Permissions and times of directories are set by tree_maker_finish(), the deepest first: one may let nobody in.
 */
#ifndef BELAY_PLATFORM_TREE_MAKE_H
#define BELAY_PLATFORM_TREE_MAKE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"
#include "platform/entry_rules.h"
#include "platform/owner_names.h"
#include "platform/tree_place.h"

struct archive_entry;
struct tree_directory;

/* A file's next piece. 1, 0 at the end, or -1; pieces come in order, and what is between them is a hole. */
struct tree_content {
	int (*next)(void *context, const void **ret_data, size_t *ret_bytes,
		    int64_t *ret_offset, struct err *err);
	void *context;
};

struct tree_maker {
	bool owners; /* as of tree.h */
	struct tree_place place;
	struct owner_names *names;
	struct {
		struct tree_directory *items;
		size_t count, capacity;
	} directories;
	/* The entry in hand, and its clean name ("a/b"). */
	struct archive_entry *entry;
	char path[PATH_MAX];
};

int tree_maker_open(struct tree_maker *maker, const char *directory, bool overwrite,
		    struct err *err);

/* `entry` has passed the rules as what `type` says. ERR_CONFIG: it cannot be made, whatever the machine. */
int tree_make(struct tree_maker *maker, struct archive_entry *entry, enum entry_type type,
	      struct tree_content content, struct err *err);

/* Lets all of it appear, on the disk. */
int tree_maker_finish(struct tree_maker *maker, const char *directory, struct err *err);
void tree_maker_close(struct tree_maker *maker);

#endif
