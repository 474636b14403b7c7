/* room: platform
 * A depot in a directory on a host, over SSH: POSIX sh, and the tools that every system has (coreutils or busybox).
 *
 * The layout is that of a directory on this machine (depot_directory.h): a finished object is linked to its
 * name, which fails when the name is taken; uploads lie in .belay-uploads. Parts of an upload arrive in their order: a part
 * whose turn has not come waits in the call. Names travel quoted; data travels on standard input.
 * What only a listing could show with a line break in its name is left out of it: belay makes no such names.
 */
#ifndef BELAY_PLATFORM_DEPOT_SSH_H
#define BELAY_PLATFORM_DEPOT_SSH_H

#include "platform/depot.h"
#include "platform/stop.h"

struct ssh_link;

struct depot_ssh_options {
	const char *name; /* of the host, for messages */
	const char *path; /* of the directory there; made when it is missing */
	/* Opens a connection; the depot asks again when one has broken. Called from any thread. */
	int (*connect)(void *context, struct ssh_link **ret, struct err *err);
	/* Takes a good connection over when the depot ends; NULL: it is closed. */
	void (*give)(void *context, struct ssh_link *link);
	void (*release)(
		void *context); /* with the depot; NULL: the context outlives it */
	void *context;
	int64_t timeout_ms; /* for one command that moves no data; 0: a minute */
	struct stop stop;   /* not for the end of uploads, good or bad */
};

/* No connection is made. Release with depot_freep(). */
int depot_ssh_new(const struct depot_ssh_options *options, struct depot **ret,
		  struct err *err);

#endif
