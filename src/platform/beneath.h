/* room: platform
 * Opening what lies below a directory, whatever somebody put in between: no step leaves it or follows a link.
 */
#ifndef BELAY_PLATFORM_BENEATH_H
#define BELAY_PLATFORM_BENEATH_H

/* A directory below `root`, by a relative path without "..", shorter than PATH_MAX; "" is `root` itself. A new
 * descriptor, O_CLOEXEC; or -1 with errno: ELOOP or ENOTDIR when a link or file is in the way. By openat2(2), or name
 * by name where the kernel or a filter does not know that. */
int beneath_open(int root, const char *path);

/* The same without openat2(2). */
int beneath_open_by_steps(int root, const char *path);

#endif
