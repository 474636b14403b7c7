/* room: platform
 * The known_hosts format (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"), read from memory.
 *
 * A line is: [@marker] names key-type base64-key [comment]. Names are patterns separated by commas
 * ("*", "?", a leading "!" excludes), each "host" or "[host]:port", or one hashed name
 * "|1|salt|hash" (HMAC-SHA1). Comparison ignores case. A host at another port than 22 is looked for
 * as "[host]:port"; the plain "host" counts for it only when the very key stands there, as OpenSSH
 * does it. Lines that cannot be read are passed over. Pure.
 */
#ifndef BELAY_PLATFORM_KNOWN_HOSTS_H
#define BELAY_PLATFORM_KNOWN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/str.h"

enum known_host {
	KNOWN_HOST_TRUSTED, /* this key is listed for this host */
	KNOWN_HOST_UNKNOWN, /* no key is listed for this host */
	KNOWN_HOST_CHANGED, /* other keys are listed, not this one */
	KNOWN_HOST_REVOKED, /* this key is listed as @revoked */
};

struct known_hosts {
	const char *text; /* borrowed; NULL: empty */
	size_t len;
	const char *host; /* borrowed: name or address without brackets */
	unsigned port;
};

/* Judges a host key, given as its wire format (RFC 4253, section 6.6). Fingerprints of the keys
 * that are listed instead ("SHA256:… (ssh-ed25519), …") are appended to `expected` (may be NULL);
 * *ret_authority (may be NULL) tells whether a @cert-authority line names the host. */
enum known_host known_hosts_judge(const struct known_hosts *known, const void *key,
				  size_t key_len, struct str *expected,
				  bool *ret_authority);

/* Appends the types of the keys listed for this host, in the order of the lines, each once, with
 * commas between them: "ssh-ed25519,ssh-rsa". Empty for an unknown host. */
void known_hosts_types(const struct known_hosts *known, struct str *out);

/* "SHA256:" and unpadded base64, as ssh-keygen -l prints it. Free with free(). */
char *known_hosts_fingerprint(const void *key, size_t key_len);

#endif
