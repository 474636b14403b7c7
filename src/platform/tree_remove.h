/* room: platform
 * Removing a directory with all that is in it, however deep, following nothing.
 */
#ifndef BELAY_PLATFORM_TREE_REMOVE_H
#define BELAY_PLATFORM_TREE_REMOVE_H

/* `name` in the directory `parent`. -1 with errno; what could not be removed stays. */
int tree_remove(int parent, const char *name);

#endif
