/* room: platform
 * A walk through a directory: names in the order of their bytes, a directory before what is in it.
 *
 * Directories are kept open while the walk is inside them, but no more than a few dozen: those further up are opened
 * again on the way back, and have to be the same ones then. Nothing is followed.
 */
#ifndef BELAY_PLATFORM_TREE_WALK_H
#define BELAY_PLATFORM_TREE_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "belay/err.h"
#include "belay/str.h"

struct tree_level {
	int fd; /* -1: closed for the time being */
	struct stat status;
	size_t path_len; /* of its own path */
	char *names;     /* one after another, each ended by NUL */
	struct tree_name *order;
	size_t count, next;
	/* For the caller, who starts with what the level above has. */
	bool included, announced;
};

struct tree_walk {
	int root; /* borrowed */
	struct {
		struct tree_level *items;
		size_t count, capacity;
	} levels;
	struct str path; /* below the root, of what the walk is at */
};

/* Where the walk is. `level` is the directory it is in. */
struct tree_step {
	struct tree_level *level;
	const char *path, *name;
	mode_t type; /* S_IFREG …, from the directory; 0: not known */
};

/* `root` stays the caller's and open until tree_walk_end(). */
int tree_walk_begin(struct tree_walk *walk, int root, struct err *err);
void tree_walk_end(struct tree_walk *walk);

/* 1: *ret is the next one; 0: over; -1: a directory changed its place, or cannot be read. */
int tree_walk_next(struct tree_walk *walk, struct tree_step *ret, struct err *err);

/* Goes into the directory of the last step, whose descriptor it takes. */
int tree_walk_enter(struct tree_walk *walk, int fd, const struct stat *status,
		    struct err *err);

#endif
