/* room: platform
 * Sending mail: one message, by SMTP (RFC 5321) over libcurl, in MIME.
 *
 * The message is text and, when given, the same as HTML (multipart/alternative), in UTF-8. STARTTLS is
 * required where it is asked for, certificates are verified as for HTTP (http.h), and a password is
 * sent by AUTH PLAIN or LOGIN over TLS only. Recipients that the server refuses are told apart; the
 * others get the message.
 *
 * Every call ends by its deadline; what has begun is not cancelled. A connection is used once: mails
 * are rare.
 */
#ifndef BELAY_PLATFORM_SMTP_H
#define BELAY_PLATFORM_SMTP_H

#include <stddef.h>
#include <stdint.h>

#include "belay/err.h"
#include "platform/http.h"

struct trust;

enum smtp_security {
	SMTP_CLEAR,    /* no TLS, and no password */
	SMTP_STARTTLS, /* TLS before anything else is said, or nothing is said */
	SMTP_TLS,      /* TLS from the first byte (port 465) */
};

struct smtp_field {
	const char *name, *value;
};

/* Everything is borrowed. Texts in UTF-8, lines end with "\n" or "\r\n". */
struct smtp_message {
	const char *host;
	int port;
	enum smtp_security security;
	struct http_tls tls;
	const char *user, *password; /* NULL: none */

	const char *from; /* "Name <address>" or "address": also who hears of bounces */
	const char *const *to;
	size_t to_count;
	const char *const *cc;
	size_t cc_count;
	const char *reply_to; /* or NULL */
	const char *subject;
	const char *message_id; /* without <>, or NULL */
	int64_t date_ms;
	const struct smtp_field *fields; /* further header fields */
	size_t field_count;
	const char *text;
	const char *html; /* or NULL */

	int64_t timeout_ms; /* for all of it */
};

struct smtp_recipient {
	char *mailbox;
	int status;  /* 250 when it was accepted; 0 when the server was not asked */
	char *reply; /* what the server said, in ASCII; or NULL */
};

struct smtp_result {
	struct {
		struct smtp_recipient *items; /* to, then cc */
		size_t count, capacity;
	} recipients;
	char reply[512]; /* the last one: "250 OK id=1rX…" */
};

/* Sends. Release *ret in either case. 0: at least one recipient was accepted, and the server took the
 * message. Errors: ERR_CONFIG (addresses, headers, a password without TLS, trust) · ERR_AUTH (user or
 * password) · ERR_NET (not reachable, not trusted, refused for now: 4xx; when the answer to a message
 * that was sent is lost, it may have arrived) · ERR_TIMEOUT · ERR_FAIL (refused for good: 5xx). */
int smtp_send(struct trust *trust, const struct smtp_message *message,
	      struct smtp_result *ret, struct err *err);
void smtp_result_release(struct smtp_result *result);

#endif
