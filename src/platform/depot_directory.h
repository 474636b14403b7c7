/* room: platform
 * A depot in a directory of this machine.
 *
 * An object is a file below the directory. What is not finished yet lies in .belay-uploads: ID.data is the
 * content, ID.note says whose it is (upload_note.h). A finished object is synced, then linked to its name, which
 * fails when the name is taken, then the directories are synced. Where there are no hard links, it is moved there.
 *
 * Large parts go to the disk past the page cache, where the file system can do that (O_DIRECT): copying takes time, and a
 * backup that is read by nobody would take the memory of what a server keeps at hand.
 */
#ifndef BELAY_PLATFORM_DEPOT_DIRECTORY_H
#define BELAY_PLATFORM_DEPOT_DIRECTORY_H

#include "platform/depot.h"

/* The directory is made when it is missing and something is to be written; until then it is an empty depot.
 * `mode`: permission bits of objects. Release with depot_freep(). */
int depot_directory_new(const char *path, unsigned mode, struct depot **ret,
			struct err *err);

#endif
