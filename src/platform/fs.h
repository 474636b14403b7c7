/* room: platform
 * Files: reading with a limit, writing so that a crash leaves the old or the new content.
 *
 * Paths are used as they are, relative to the working directory. Errors: ERR_NOT_FOUND for what
 * does not exist, ERR_LIMIT for what is too large, ERR_FAIL with the system's reason for the rest.
 *
 * What root makes in somebody's directory belongs to that somebody: an action's container runs as
 * root in a workspace of another user, whose later steps have to read, change and remove it; and
 * `sudo belay init` should not leave files that need sudo again.
 */
#ifndef BELAY_PLATFORM_FS_H
#define BELAY_PLATFORM_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"

/* The whole file; NUL-terminated for convenience. Free with free(). */
int fs_read(const char *path, size_t max_bytes, char **ret_data, size_t *ret_len,
	    struct err *err);

struct fs_write {
	const void *data;
	size_t len;
	unsigned mode;  /* permission bits, exactly (no umask) */
	bool exclusive; /* the file must not exist yet: ERR_FAIL with sys_errno EEXIST */
};

/* Writes a temporary file beside the target, syncs it, moves it into place and syncs the directory.
 * Missing parent directories are created (0777 less the umask). A symbolic link at `path` is
 * replaced, not followed. */
int fs_write(const char *path, const struct fs_write *write, struct err *err);

/* A file under another name of the same file system, unless something has that name (EEXIST): `from` is still there when
 * the file system knows links, else it is gone. 0, or -1 with errno. */
int fs_link_or_move(const char *from, const char *to);

/* Adds to the end of a file, which is made (mode 0644) when it is missing. What is there is never
 * replaced: others write to it too. Not synced. */
int fs_append(const char *path, const void *data, size_t len, struct err *err);

/* Gives a file that was just made to the owner of the directory it is in (see above). Does nothing
 * when this process is not root; a file system that has no owners is no error. */
void fs_hand_over(int fd, const char *path);

/* mkdir -p. */
int fs_make_directories(const char *path, struct err *err);

/* Names in a directory without "." and "..", sorted by bytes. Free each and the array. */
int fs_list(const char *path, char ***ret_names, size_t *ret_count, struct err *err);

/* Absolute, with links followed, as far as what it names exists; the rest as it is written, without empty parts and ".".
 * Two paths of one directory give the same text also before it is made. Fresh. */
char *fs_real_path(const char *path);

enum fs_type { FS_MISSING, FS_FILE, FS_DIRECTORY, FS_LINK, FS_OTHER };

struct fs_stat {
	enum fs_type type; /* of the link itself, when it is one */
	int64_t size_bytes;
	int64_t modified_ms;
};

/* A missing file (also below something that is no directory) is an answer, not an error. */
int fs_stat(const char *path, struct fs_stat *ret, struct err *err);

#endif
