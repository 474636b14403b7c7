/* What the handlers of the live layer share. Private to src/effects.
 *
 * One handler per kind, in live_<topic>.c, listed in the table of live.c. A handler reads its
 * arguments from JSON, calls one platform adapter and gives the answer as JSON: no decisions.
 */
#ifndef BELAY_EFFECTS_LIVE_H
#define BELAY_EFFECTS_LIVE_H

#include <jansson.h>

#include "belay/effects.h"
#include "belay/err.h"
#include "belay/secret.h"
#include "platform/stop.h"

struct live;    /* the layer: connections and object stores that outlive one effect */
struct secrets; /* every secret value resolved so far (secrets.c); redact reads it */

struct live_call {
	struct live *live;
	const char *lane;
	const json_t *args; /* never NULL */
	enum effect_mode mode;
	const struct effect *effect; /* its moved() and watcher */
};

/* Should this call give up? True after a signal (signals.h), unless the lane acknowledged it, and
 * never for an act: what has begun to change something is allowed to end. Cheap; ask it from
 * progress callbacks. Who gives up answers ERR_CANCELLED with live_set_cancelled(). */
bool live_cancelled(const struct live_call *call);
int live_set_cancelled(struct err *err);

/* The same question for platform adapters, with a descriptor that wakes a poll(). Valid during the
 * call. */
struct stop live_stop(const struct live_call *call);

/* For a command on this machine, acts included: it can be told to end (SIGTERM, two seconds, SIGKILL),
 * and a workflow that is cancelled leaves ten seconds for everything. */
struct stop live_stop_child(const struct live_call *call);

typedef int live_handler(struct live_call *call, json_t **ret_answer, struct err *err);

live_handler live_clock, live_sleep, live_random, live_env, live_secret, live_system;
live_handler live_mask;
live_handler live_file_read, live_file_stat, live_file_real, live_file_list,
	live_file_write, live_file_append;
live_handler live_artifact;
live_handler live_scratch_make, live_scratch_remove;
live_handler live_http, live_mail, live_tcp, live_tls;
live_handler live_run, live_ssh_run;
live_handler live_keygen, live_sign, live_sign_verify;
live_handler live_git_repository, live_git_read, live_git_log, live_git_append;
live_handler live_git_blobs;
live_handler live_backup_write, live_backup_read;
live_handler live_object_list, live_object_read, live_object_head, live_object_write;
live_handler live_object_remove, live_object_unfinished, live_object_abandon;

/* Members of HOST (and of REMOTE in git.*) that say how to speak SSH: key, passphrase, certificate,
 * known_hosts, agent, connect_timeout_ms. Opens a new connection; `name` is for messages, port 0 is
 * 22. Without known_hosts, ~/.ssh/known_hosts is used; without key, agent defaults to true. */
struct ssh_link;
struct live_ssh_address {
	const char *name, *address, *user;
	unsigned port;
};
int live_ssh_open(struct live_call *call, const json_t *settings,
		  const struct live_ssh_address *address, struct ssh_link **ret,
		  struct err *err);
/* A new connection to HOST, with its name, address, user and port. */
int live_ssh_connect(struct live_call *call, const json_t *host, struct ssh_link **ret,
		     struct err *err);

/* Resolves a text or secret value of the arguments ({"$secret": {"env": NAME}}, {"$secret":
 * {"file": PATH}}, {"$secret": {"oidc": {"audience": TEXT}}}, with optional "prefix"/"suffix"; or a
 * plain string) and remembers secret bytes for redaction. One trailing newline of a file is dropped unless it holds a key block. Errors:
 * ERR_CONFIG naming the variable or file, never the value. `what` names the purpose. */
int live_resolve(struct live_call *call, const json_t *value, const char *what,
		 struct secret *ret_secret, struct err *err);
/* live_oidc.c: the OIDC token that GitHub gives this job for an audience. Blocks. */
int live_oidc(struct live_call *call, const json_t *oidc_source, struct secret *ret,
	      struct err *err);
/* Remembers a value found elsewhere (credentials inside a URL, a token from a helper). */
void live_remember_secret(struct live_call *call, const void *data, size_t len);

/* Scrubs a text of every remembered secret: for output that has to be cut before redact sees it. */
struct str;
void live_scrub(struct live_call *call, struct str *text);

/* State kept for the process by one topic; created on first use, released with the layer.
 * `slot` is one of the enum; the topic's own code decides what is in it and locks it. */
enum live_slot {
	LIVE_SLOT_GIT,
	LIVE_SLOT_SSH,
	LIVE_SLOT_OIDC,
	LIVE_SLOT_DEPOT,
	LIVE_SLOT_SCRATCH,
	LIVE_SLOT_COUNT
};
void *live_keep(struct live *live, enum live_slot slot, void *(*create)(void),
		void (*release)(void *));

#endif
