/* room: platform
 * SSH (RFC 4251-4254) over libssh: a connection to one host, commands on it, and raw streams.
 *
 * A `struct ssh_link` is one authenticated connection. It is used by one thread at a time; commands
 * and streams on it follow one another. Nothing is read from ~/.ssh/config, and nothing is ever
 * written to known_hosts: who connects says which host keys are right.
 *
 * Host keys. The key that the server shows must be in `known_hosts` (the format of sshd(8):
 * plain and hashed names, [host]:port, patterns, negation, @revoked). An unknown, changed or
 * revoked key is ERR_AUTH with the SHA-256 fingerprints of what was shown and what was expected, as
 * `ssh-keygen -lf` prints them, and the connection is closed before anything secret is sent.
 * Algorithms of the listed keys are offered first, so that a known ed25519 key is not defeated by
 * a server that prefers another of its keys.
 *
 * Host certificates are not supported, because libssh has no client side for them: a line
 * "@cert-authority" never makes a key trusted. When only such a line names the host, the error
 * says so.
 *
 * All calls block, at most until their deadline. Errors: ERR_NET (name, refused, reset, protocol),
 * ERR_TIMEOUT, ERR_AUTH (host key, or the server takes none of our keys), ERR_CONFIG (a key or
 * certificate that cannot be read), ERR_CANCELLED (`stop` was asked).
 */
#ifndef BELAY_PLATFORM_SSH_H
#define BELAY_PLATFORM_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "belay/err.h"
#include "belay/secret.h"
#include "platform/run.h"
#include "platform/stop.h"

struct ssh_link;
struct ssh_stream;

/* Everything is borrowed for the duration of ssh_link_open(). */
struct ssh_target {
	const char *name;    /* for messages: "web1"; NULL: the address */
	const char *address; /* host name, IPv4 or IPv6 without brackets */
	unsigned port;       /* 0: 22 */
	const char *user;

	/* At least one of key and agent. The key is tried first. */
	const struct secret *key;        /* OpenSSH or PEM: ed25519, ECDSA, RSA */
	const struct secret *passphrase; /* of the key; NULL none */
	const char *
		certificate; /* OpenSSH user certificate (one line), for `key`; NULL none */
	bool agent;          /* keys of an agent */
	const char *agent_socket; /* its socket (SSH_AUTH_SOCK) */

	const char *known_hosts; /* the content; NULL or "": nothing is known */
	const char *
		known_hosts_from; /* for messages: "$KNOWN_HOSTS", "/root/.ssh/known_hosts" */

	int64_t connect_timeout_ms; /* name, TCP, key exchange and authentication; 0: 30 s */
	struct stop stop;
};

int ssh_link_open(const struct ssh_target *target, struct ssh_link **ret,
		  struct err *err);
/* Accepts NULL. Says goodbye when the connection is still good; does not wait for an answer. */
void ssh_link_close(struct ssh_link *link);
void ssh_link_closep(struct ssh_link **link);

/* False once the connection is known to be unusable (closed by the peer, broken stream, timed-out
 * command). Looks at the socket, does not block. */
bool ssh_link_usable(struct ssh_link *link);

/* --- one command --------------------------------------------------------------------------- */

struct ssh_run {
	const char *command; /* for the login shell of the user */
	struct feed input;   /* FEED_NONE: empty standard input */
	bool no_grace; /* given up, it gets no SIGTERM: the end of its input tells it */
	int64_t timeout_ms;      /* 0: none */
	size_t max_output_bytes; /* kept of each of stdout and stderr; see struct capture */
	struct stop stop;
};

/* Runs a command to its end. A deadline that passes is an outcome (timed_out), not an error: the
 * channel is closed after asking for SIGTERM, the link becomes unusable, and what the command
 * started may go on. A command that stops reading its input is no error either.
 * *ret_sent (may be NULL) tells, also on failure, whether the server may have begun the command:
 * while it is false, trying again on a new link is safe. Release *outcome in either case. */
int ssh_link_run(struct ssh_link *link, const struct ssh_run *run,
		 struct run_outcome *outcome, bool *ret_sent, struct err *err);

/* --- a raw stream (git's pack protocol) ---------------------------------------------------- */

/* Starts `command` and gives its standard input and output as a stream of bytes. The link must
 * outlive the stream, and runs nothing else until it is closed. `idle_timeout_ms` bounds each wait
 * for the peer (0: none). `stop` must stay valid until the stream is closed. */
int ssh_stream_open(struct ssh_link *link, const char *command, int64_t idle_timeout_ms,
		    struct stop stop, struct ssh_stream **ret, struct err *err);

/* Waits for at least one byte. Returns the number of bytes, 0 at the end of the stream, or -1. */
ssize_t ssh_stream_read(struct ssh_stream *stream, void *buffer, size_t size,
			struct err *err);

/* Writes everything. */
int ssh_stream_write(struct ssh_stream *stream, const void *data, size_t len,
		     struct err *err);

/* Tells the command that no more input comes. */
int ssh_stream_finish_input(struct ssh_stream *stream, struct err *err);

/* What the command wrote to standard error so far, at most the first 64 KiB ("" for nothing): the
 * reason why git said no. Borrowed until the stream is closed. */
const char *ssh_stream_stderr(const struct ssh_stream *stream);

/* Closes the channel and frees the stream; accepts NULL. *ret_exit (may be NULL): the exit status
 * of the command, -1 when it is not known (yet). */
void ssh_stream_close(struct ssh_stream *stream, int *ret_exit);

#endif
