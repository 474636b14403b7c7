/* room: platform
 * What running a command has in common, here and on another host: where standard input comes from,
 * what is kept of the output, and how it ended.
 */
#ifndef BELAY_PLATFORM_RUN_H
#define BELAY_PLATFORM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "belay/err.h"
#include "belay/str.h"

/* --- standard input ------------------------------------------------------------------------ */

/* A source of bytes. read() puts up to `size` bytes into `buffer` and returns their number, 0 at
 * the end, -1 with *err filled. It may block for a short while only (memory, local files). */
struct feed {
	ssize_t (*read)(void *context, void *buffer, size_t size, struct err *err);
	void *context;
};

#define FEED_NONE ((struct feed){0})

/* Reads from memory that outlives the feed. */
struct feed_memory {
	const void *data;
	size_t len, at;
};
struct feed feed_from_memory(struct feed_memory *memory);

/* Reads a file from where the descriptor stands. `path` is for messages. */
struct feed_file {
	int fd;
	const char *path;
};
struct feed feed_from_file(struct feed_file *file);

/* --- captured output ----------------------------------------------------------------------- */

/* Keeps at most `max_bytes` of a stream: the first half and the last half, because a failing
 * command explains itself at the end and says what it was doing at the beginning. What was between
 * them is counted in `left_out_bytes`. */
struct capture {
	size_t max_bytes;
	struct str head;
	struct str tail; /* a ring; capture_tail() puts it in order */
	size_t tail_at;
	uint64_t left_out_bytes;
};

void capture_init(struct capture *capture, size_t max_bytes);
void capture_release(struct capture *capture);
void capture_add(struct capture *capture, const void *data, size_t len);
/* The tail as one piece. Borrowed; valid until the next capture_add(). */
const struct str *capture_tail(struct capture *capture);
/* Head, a line "… 123 bytes left out …" where something is missing, tail. Appends to `out`. */
void capture_text(struct capture *capture, struct str *out);

/* --- how it ended -------------------------------------------------------------------------- */

struct run_outcome {
	bool exited; /* `exit` holds the status */
	int exit;
	char signal[16]; /* "KILL", "TERM"; empty when no signal ended it */
	bool timed_out;  /* the deadline passed; neither `exited` nor `signal` is set */
	struct capture out, err;
	int64_t duration_ms;
};

void run_outcome_release(struct run_outcome *outcome);
#define _cleanup_outcome_ __attribute__((cleanup(run_outcome_release)))

#endif
