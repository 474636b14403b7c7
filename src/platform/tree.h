/* room: platform
 * Trees: directories and files as a pax tar stream (POSIX.1-2001) that any tar reads, and back. Read by libarchive,
 * written by tar_writer.h.
 *
 * Packing keeps what a restore needs: types, symbolic and hard links, permission bits, owners by number
 * and name, times to the nanosecond, extended attributes and ACLs where this process may read them, holes of sparse files.
 * Sockets are left out; devices and FIFOs too, as no restore would make them. Entries come in the order of
 * their names, so that the same tree gives the same stream.
 *
 * A file that changes while it is read is packed with the size that it had when it was opened (cut, or filled
 * with zeros) and reported; one that cannot be read fails the packing, one that vanished between its
 * directory's reading and its own is left out and reported.
 *
 * Patterns, as of rsync and .gitignore: "*" and "?" stop at a slash, "**" does not, a pattern with a slash inside is
 * anchored at the source's directory, one without matches a name anywhere, one that ends in a slash only
 * directories. What is excluded is not looked into. With `include`, files that match none are left out
 * (directories are walked).
 */
#ifndef BELAY_PLATFORM_TREE_H
#define BELAY_PLATFORM_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "belay/err.h"
#include "platform/flow.h"
#include "platform/stop.h"

/* --- packing ------------------------------------------------------------------------------- */

/* One of directory, file and text. */
struct tree_source {
	const char *directory; /* followed when it is a link itself */
	const char *const *include, *const *exclude; /* NULL-terminated; NULL: none */
	bool one_file_system;

	/* Any path, followed when it is a link itself; a directory is packed with what is in it. */
	const char *file;
	bool may_miss; /* of a directory, too: then it is reported */

	const char *text;
	size_t text_bytes;

	/* Where it goes in the archive: before the names of a directory's entries ("srv/data"; "": they stand at the
	 * top), or the name of the entry itself. Relative, without "..". */
	const char *prefix;
};

/* TREE_UNMATCHED: a directory whose `include` chose nothing. */
enum tree_event { TREE_LEFT_OUT, TREE_CHANGED, TREE_MISSING, TREE_UNMATCHED };

struct tree_pack {
	const struct tree_source *sources;
	size_t source_count;
	/* What a person should know of: path and reason. May be NULL. */
	void (*tell)(void *context, enum tree_event event, const char *path,
		     const char *reason);
	void *context;
	struct stop stop;
};

struct tree_counts {
	uint64_t entries, bytes; /* of the stream */
};

/* Packs everything into the drain. ERR_NOT_FOUND: no such directory or file; ERR_FAIL: cannot be read;
 * ERR_CONFIG: a pattern or prefix; ERR_CANCELLED; whatever the drain says. */
int tree_pack(const struct tree_pack *pack, struct drain drain, struct tree_counts *ret,
	      struct err *err);

/* --- unpacking ----------------------------------------------------------------------------- */

/* What was done to a directory that was in use. */
struct tree_changes {
	uint64_t entries; /* made there, or replaced */
	uint64_t files;   /* of them, without directories */
};

struct tree_unpack {
	/* Does not exist, or is an empty directory: then all of it appears at once, by a rename, when everything
	 * is there. Otherwise `overwrite` must be set: then files are replaced one by one, each by a rename, and what
	 * the archive does not have stays. */
	const char *directory;
	bool overwrite;
	/* Give files to their owners, by name where it is known here, else by number; only root can. Else root gives them to
	 * the owner of the directory (fs.h). */
	bool owners;
	/* Filled on failure, too; all 0 when the directory was not in use. NULL: nobody asks. */
	struct tree_changes *ret_changes;
	struct stop stop;
};

/* Looks at a target before anything is read for it, and makes nothing: refuses what tree_unpack() would refuse it for.
 * *ret_in_use: files there would be replaced. ERR_FAIL with EEXIST as below; ERR_CONFIG: a link to nothing. */
int tree_unpack_check(const char *directory, bool overwrite, bool *ret_in_use,
		      struct err *err);

/* Refuses (ERR_CONFIG, with the entry's name) what entry_rules.h refuses: absolute names, "..", paths through links, hard
 * links that lead outside, devices, FIFOs. Symbolic links come back with the target they had, wherever that is, and are
 * never followed. Archives that are damaged, or have lost their end, are refused, too (ERR_CONFIG).
 * Whatever an archive says, nothing outside of the directory is touched: every step down is taken with
 * openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), or openat(O_NOFOLLOW) where the kernel lacks it. On failure a new
 * directory does not appear and what was written for it is removed. Where nothing can be put beside an empty directory (a
 * mount point, a link, "."), its entries are moved in at the end, one by one.
 * ERR_FAIL with sys_errno EEXIST: the directory is not empty and `overwrite` is not set; ENOSPC. Times and permissions of
 * directories are set last; those of a directory that is overwritten into stay its own. Set-id bits, capabilities and
 * owners only with `owners`; attributes that the file system does not take are left out. Everything is on the disk when it
 * returns. */
int tree_unpack(const struct tree_unpack *unpack, struct spring spring,
		struct tree_counts *ret, struct err *err);

#endif
