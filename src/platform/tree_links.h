/* room: platform
 * Which files of a tree were met under another name: (device, inode) → the name they have in the archive.
 *
 * A file is forgotten when all its names were met. Past 64 MiB of names new ones are not remembered: such files are
 * packed once for each name.
 */
#ifndef BELAY_PLATFORM_TREE_LINKS_H
#define BELAY_PLATFORM_TREE_LINKS_H

#include <sys/stat.h>

struct tree_links;

struct tree_links *tree_links_new(void);
void tree_links_freep(struct tree_links **links);

/* The name under which this file was met; or NULL, then `path` is remembered. Valid until the next call. */
const char *tree_links_meet(struct tree_links *links, const struct stat *status,
			    const char *path);

#endif
