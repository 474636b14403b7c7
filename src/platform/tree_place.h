/* room: platform
 * Where a tree is unpacked to: a directory that appears when it is complete, or one that is there and is changed entry by
 * entry. All names are relative and clean ("a/b"); nothing outside of the directory is touched (beneath.h).
 *
 * A new directory is made beside its final place as ".NAME.belay-XXXXXXXXXXXXXXXX" and renamed. Where nothing can stand
 * beside it (it is the root of a mount, a link, ".", or in a directory that this process may not change), it has to
 * exist and be empty; then everything is made in a directory inside of it and moved up, name by name, in the end.
 */
#ifndef BELAY_PLATFORM_TREE_PLACE_H
#define BELAY_PLATFORM_TREE_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "belay/err.h"

struct tree_place {
	int root;      /* what entries are made below */
	bool replaces; /* entries take the place of what is there */
	bool has_mode; /* `root` got its permissions from the archive */
	bool hand_over; /* give what is made to these, as the directory is theirs and root works in it (fs.h) */
	uid_t uid;
	gid_t gid;

	/* For tree_place.c */
	int outside; /* the directory that holds the staging directory */
	char *around, *final, *staging; /* that directory's path; names in it */
	mode_t mode;
	bool inside;
	char *cached_path;
	int cached;
	char temporary[40];
};

/* As of tree_unpack_check(). */
int tree_place_look(const char *directory, bool overwrite, bool *ret_in_use,
		    struct err *err);

/* ERR_FAIL with EEXIST: not empty, and `overwrite` is not set. ERR_CONFIG: a link to nothing. */
int tree_place_open(struct tree_place *place, const char *directory, bool overwrite,
		    struct err *err);

/* The directory that holds `path`, made where it is missing; *ret_name is the last part of `path`. The descriptor stays
 * the place's and is valid until the next call; -1 with errno. */
int tree_place_parent(struct tree_place *place, const char *path, const char **ret_name);

/* A name that nothing has, in no directory; the same one each time. */
const char *tree_place_temporary(struct tree_place *place);

/* Everything was made: `root` is now the directory that will stay, and may be given its own times and permissions. */
int tree_place_gather(struct tree_place *place, struct err *err);

/* Writes all of it to the disk and lets it appear. */
int tree_place_commit(struct tree_place *place, const char *directory, struct err *err);

/* After a commit, or instead of one; then what was made anew is removed. */
void tree_place_close(struct tree_place *place);

#endif
