/* room: base
 * Errors: one fixed-size object that every fallible function takes last.
 *
 * A function that can fail returns 0, or -1 with *err filled. Success leaves *err alone. A lower
 * error is never masked: err_wrap() only puts context in front of the message. Storage is fixed,
 * so reporting an error cannot itself fail. Only main prints errors; messages are lowercase, quote
 * their subject, name the cause first; the hint says what to do next.
 */
#ifndef BELAY_ERR_H
#define BELAY_ERR_H

#include <stdint.h>

#include "belay/attr.h"

enum err_code {
	ERR_NONE = 0,
	ERR_FAIL,   /* something was tried and failed                        exit 1   */
	ERR_USAGE,  /* wrong words on the command line                       exit 2   */
	ERR_CONFIG, /* the configuration, a secret or an input is not usable exit 2   */
	ERR_NOT_FOUND, /* a named thing does not exist                          exit 2   */
	ERR_AUTH,    /* refused: credentials, permissions or host key         exit 2   */
	ERR_NET,     /* unreachable, reset, name not resolved                 exit 1   */
	ERR_TIMEOUT, /* a deadline passed                                     exit 1   */
	ERR_LIMIT,   /* larger than a limit allows                            exit 1   */
	ERR_INCONCLUSIVE, /* no basis for a decision                               exit 5   */
	ERR_LOCKED,   /* someone else holds the lock                           exit 10  */
	ERR_STATE,    /* the branch is not what we wrote or know how to read   exit 11  */
	ERR_DIVERGED, /* a tape does not hold what the run asks for            exit 1   */
	ERR_CANCELLED, /* SIGINT, SIGTERM or SIGHUP                             exit 130 */
};

struct err {
	enum err_code code;
	int sys_errno;          /* 0 when no system call was involved */
	int64_t retry_after_ms; /* ERR_NET: the peer asks to be left alone for so long; or 0 */
	char message[1024];
	char hint[512];
};

/* Sets code and message (replacing what was there) and returns -1, for `return err_set(...)`. */
ATTR_PRINTF(3, 4)
int err_set(struct err *err, enum err_code code, const char *format, ...);

/* The same from errno: appends ": No such file or directory" and keeps the number. */
ATTR_PRINTF(4, 5)
int err_set_errno(struct err *err, enum err_code code, int sys_errno, const char *format,
		  ...);

/* Puts "context: " in front of the message. Returns -1. */
ATTR_PRINTF(2, 3) int err_wrap(struct err *err, const char *format, ...);

/* Sets the hint, unless a lower level gave one already. Returns -1. */
ATTR_PRINTF(2, 3) int err_hint(struct err *err, const char *format, ...);

void err_clear(struct err *err);

/* The word used in JSON and on tapes ("not_found"), and back. Unknown words give ERR_FAIL. */
const char *err_code_name(enum err_code code);
enum err_code err_code_parse(const char *name);

/* The documented exit status for a code (0, 1, 2, 5, 10, 11 or 130). */
int err_exit_status(enum err_code code);

#endif
