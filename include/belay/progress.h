/* room: effects
 * Progress: what is going on right now, for a person who waits. Not part of the result, never on a
 * tape, never on standard output; a run behaves the same with no listener.
 *
 * Calls may come from any lane's thread.
 */
#ifndef BELAY_PROGRESS_H
#define BELAY_PROGRESS_H

#include <stdbool.h>

enum progress_kind {
	PROGRESS_STEP_BEGIN, /* "switch api": a line that stays, until its end */
	PROGRESS_STEP_DONE,  /* the same step ended well */
	PROGRESS_STEP_FAILED,
	PROGRESS_NOTE, /* something worth a line of its own */
	PROGRESS_WAIT, /* overwrites the last WAIT on a terminal; silent in a pipe */
};

struct progress {
	void (*report)(void *context, enum progress_kind kind, const char *subject,
		       const char *text);
	void *context;
};

/* Reports when there is a listener. `subject` ("api", "web1") may be NULL. */
__attribute__((format(printf, 4, 5))) void progress_report(
	const struct progress *progress, enum progress_kind kind, const char *subject,
	const char *format, ...);

#endif
