/* What ssh.c (opening) and ssh_run.c (commands and streams) share. Private to those two. */
#ifndef BELAY_PLATFORM_SSH_LINK_H
#define BELAY_PLATFORM_SSH_LINK_H

#include <libssh/libssh.h>

#include "platform/ssh.h"

struct ssh_link {
	ssh_session session; /* non-blocking: every wait is ours, with a deadline */
	ssh_event event;     /* drives the session; NULL until it is connected */
	char *name;          /* for messages */
	bool broken;         /* not to be used again */
};

/* Repeats a non-blocking call of libssh for as long as it answers `again`, waiting in between. */
enum ssh_wait { SSH_WAIT_READY, SSH_WAIT_DEADLINE, SSH_WAIT_STOP };

/* Waits until the socket has something for libssh to do. */
enum ssh_wait ssh_link_wait(struct ssh_link *link, int64_t deadline_ms,
			    const struct stop *stop);

/* An error for a wait that ended without anything to do. `what` names what was waited for. Marks
 * the link as broken. Returns -1. */
int ssh_link_gave_up(struct ssh_link *link, enum ssh_wait wait, const char *what,
		     struct err *err);

/* An error with libssh's reason. Marks the link as broken. Returns -1. */
int ssh_link_fail(struct ssh_link *link, const char *what, struct err *err);

#endif
