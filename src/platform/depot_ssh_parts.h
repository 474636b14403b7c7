/* What the files of depot_ssh are made of: connections and scripts (depot_ssh_link.c, depot_ssh_script.c), objects
 * (depot_ssh.c), uploads (depot_ssh_upload.c). Private to them.
 */
#ifndef BELAY_PLATFORM_DEPOT_SSH_PARTS_H
#define BELAY_PLATFORM_DEPOT_SSH_PARTS_H

#include <pthread.h>

#include "belay/str.h"
#include "platform/depot_ssh.h"

enum {
	SSH_LINKS_MAX = 4,
	/* A disk may be busy for long with what it was given before. */
	HOST_DATA_IDLE_MS = 600000,
};

struct host {
	struct depot depot;
	struct depot_ssh_options options; /* texts are our own */
	pthread_mutex_t lock;             /* of links */
	pthread_cond_t returned;
	struct {
		struct ssh_link *idle[SSH_LINKS_MAX];
		size_t idle_count, open_count; /* open: idle and in use */
	} links;
};

/* --- scripts (depot_ssh_script.c) ---------------------------------------------------------- */

/* How scripts end, besides 0. What else they say is in their standard error. */
enum host_exit {
	HOST_EXISTS = 40,
	HOST_MISSING = 44,
	HOST_SHORT = 45,   /* what was written before is not there (any more) */
	HOST_DAMAGED = 46, /* not all of the input arrived */
	HOST_REFUSED = 47, /* a command failed */
};

/* Each gets the depot's directory as $1. */
extern const char host_script_get[];     /* name, offset, bytes */
extern const char host_script_head[];    /* name → "SIZE SECONDS" */
extern const char host_script_list[];    /* directory → "SIZE SECONDS ./NAME" lines */
extern const char host_script_remove[];  /* name */
extern const char host_script_put[];     /* id, note, name, bytes, "again" or "" */
extern const char host_script_begin[];   /* id, note, name */
extern const char host_script_part[];    /* id, offset, bytes */
extern const char host_script_replace[]; /* id, number, bytes, part bytes */
extern const char host_script_finish[];  /* id, size, name */
extern const char host_script_drop[];    /* id */
extern const char host_script_notes[];   /* → "NOW", then "SECONDS ID NOTE" lines */

/* --- running (depot_ssh_link.c) ------------------------------------------------------------ */

/* One script, tried again on another connection when one breaks: it may have run before. */
struct host_call {
	const char *what; /* "write 'db/1/data'", for messages */
	const char *script;
	const char *args[6]; /* after the directory; NULL-terminated */
	const char *
		repeated; /* takes the place of the last one from the second try on; NULL: the same */
	const void *input;
	size_t input_bytes;
	bool tidies;       /* an end, good or bad: also when everything else stops */
	int64_t idle_ms;   /* for each wait for the host; 0: as the options say */
	void *into;        /* standard output; NULL: into `text` */
	size_t into_bytes; /* more is an error */
};

struct host_answer {
	struct str text; /* at most 32 MiB */
	size_t count;    /* of bytes in `into` */
};

/* ERR_NOT_FOUND and EEXIST as the script ends; ERR_LIMIT when the host's disk is full; ERR_FAIL with what the host
 * says. Release *ret in either case. */
int host_run(struct host *host, const struct host_call *call, struct host_answer *ret,
	     struct err *err);
void host_answer_release(struct host_answer *answer);
/* The same for a script that says nothing. */
int host_do(struct host *host, const struct host_call *call, struct err *err);

/* Waits a moment for the condition, under its lock. -1 when `stop` was asked. */
int host_wait(const struct stop *stop, pthread_cond_t *condition, pthread_mutex_t *lock);
void host_close_links(struct host *host);

/* --- operations ---------------------------------------------------------------------------- */

int host_head(struct depot *depot, const char *name, struct depot_object *ret,
	      struct err *err);
int host_begin(struct depot *depot, const struct depot_begin *begin,
	       struct depot_upload **ret, struct err *err);
int host_put_part(struct depot_upload *upload, unsigned number, const void *data,
		  size_t bytes, const unsigned char *sha256, struct err *err);
int host_finish(struct depot_upload *upload, struct depot_object *ret, struct err *err);
int host_abort(struct depot_upload *upload, struct err *err);
void host_drop(struct depot_upload *upload);
int host_unfinished(struct depot *depot, const char *prefix, int64_t before_ms,
		    struct depot_unfinished_list *ret, struct err *err);
int host_abandon(struct depot *depot, const struct depot_unfinished *which,
		 struct err *err);

#endif
