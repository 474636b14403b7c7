/* Things that look like a secret although nobody named them as one. Private to src/effects.
 *
 * Private key blocks (PEM, OpenSSH); "Bearer …" and "Basic …" credentials; user information in URLs;
 * values of Set-Cookie; tokens of GitHub, AWS, Slack, GitLab and DigitalOcean by their documented
 * prefixes. Scrubbing is idempotent.
 */
#ifndef BELAY_EFFECTS_PATTERNS_H
#define BELAY_EFFECTS_PATTERNS_H

#include <stdbool.h>

#include "belay/str.h"

void patterns_scrub(struct str *text);

/* Is the value of this member secret by its name (authorization, cookie …)? For headers. */
bool patterns_secret_header(const char *name);

/* "sid=abc; Path=/" → "sid=***; Path=/" */
void patterns_scrub_cookie(struct str *value);

#endif
