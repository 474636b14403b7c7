/* A transaction: the one path that a deployment and a rollback share. Private to src/engine.
 *
 *     lock → capture → preflight → backup → prepare → switch → gates → soak → confirm → commit
 *     any failure → undo in reverse order → gates again → confirm → record → release the lock
 *
 * Two pushes in a plain run: one before the first act (lock, what is going to be done), one at the
 * end with everything that happened. Events wait in `pending` until they are pushed together.
 */
#ifndef BELAY_ENGINE_TRANSACTION_H
#define BELAY_ENGINE_TRANSACTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/driver.h"
#include "belay/engine.h"
#include "belay/store.h"

/* What happens to one service. */
struct part {
	struct transaction *owner;
	const struct config_service *service;
	const struct driver *driver;
	char *version, *release; /* where it goes */
	char *previous,
		*previous_release; /* what the journal calls live; NULL for nothing */
	const char *artifact;      /* path, or NULL */
	json_t *artifact_info;
	json_t *captured;
	json_t *report; /* of activate */
	json_t *undone; /* report of undo, or NULL */
	json_t *notes;  /* what its driver wants known later; an object */
	bool touched;   /* activate was begun: undo has to look at it */
};

struct transaction {
	const struct engine *engine;
	const struct engine_request *request;
	bool going_back; /* a rollback */
	bool restarting; /* no transaction at all: only the lock is taken */
	char *id;
	char *version,
		*previous; /* of the whole, for people and for $version and $previous */
	json_t *run;       /* who runs: {id, actor, host, url?, version} */
	char *commit;      /* of the work tree, or NULL */
	struct store *store;
	int64_t generation;
	int64_t begun_ms;
	int64_t pushed_mono_ms; /* last push, by the monotonic clock */
	int64_t lease_ms;       /* of the last renewal; 0: the environment's */
	char *watched;          /* what a held lock looked like, see lock.c */
	int64_t watched_since_mono_ms, watch_until_mono_ms;
	int64_t switch_ms, undo_ms; /* durations; -1 while not done */
	struct part *parts;         /* in dependency order */
	size_t part_count;
	json_t *inherited;       /* a dead run's transaction that we took over, or NULL */
	json_t *pending;         /* events not yet pushed: [{type, at_ms, data}] */
	json_t *gates;           /* every gate verdict, each with its "phase" */
	json_t *timeline;        /* [{at, step, service?, outcome, text, ms}] */
	struct cockpit *cockpit; /* cockpit.c; NULL until GitHub is spoken to */
	struct restoring *restoring; /* restore_phase.c; NULL: no data comes back */
	const char *step;            /* the step that is running, for records */
	bool undone;                 /* everything touched was taken back */
	bool proven;  /* all gates passed: what is live is not taken back any more */
	json_t *logs; /* what the services say about a failure: [{service, title, text}] */
};

/* Groups of phases: a deployment has all of them, the wrapped form has the first in one process and
 * the last in another. */
enum stage {
	STAGE_OPEN = 1,  /* lock, capture, preflight, backup */
	STAGE_MOVE = 2,  /* prepare, switch */
	STAGE_PROVE = 4, /* gates, soak, commit */
};

/* transaction.c: runs the phases of the given stages on a transaction whose parts are set up. Without
 * STAGE_PROVE a transaction that got through stays open. */
int transaction_run(struct transaction *t, unsigned stages, enum engine_end *ret_end,
		    json_t **ret_result, struct err *err);
void transaction_release(struct transaction *t);
/* Since it was begun, perhaps by another process: wall time, 0 when that clock was set back. */
int64_t transaction_age_ms(const struct transaction *t);

/* phases.c: those of the given stages. The error of the first one that does not get through; t->step names it. */
int phases_run(struct transaction *t, unsigned stages, struct err *err);

/* backup_phase.c: the backups that services name, each once. In the wrapped form it belongs to `begin`: what follows
 * is somebody else's. */
int backup_phase(struct transaction *t, struct err *err);

/* deploy.c: letters, digits and a few signs; ERR_USAGE otherwise. */
int version_check(const char *version, struct err *err);

/* parts.c: which services take part, and everything about them that can be known and refused
 * before anything is touched. */
int parts_choose(struct transaction *t, struct err *err);
void parts_release(struct transaction *t);
void part_release(struct part *part);
int parts_inspect_artifacts(struct transaction *t, struct err *err);
int parts_look(struct transaction *t, struct err *err);
/* Copies what the journal calls live into the parts, and the targets of a rollback. */
int parts_bind(struct transaction *t, const struct journal_documents *documents,
	       struct err *err);
/* Where the chosen services of a rollback go, by the journal: {service: {version, release, deployment}}, new; at least
 * one of them is in it. ERR_NOT_FOUND. */
int parts_targets(const struct transaction *t, const struct journal_documents *documents,
		  json_t **ret, struct err *err);
struct driver_job part_job(const struct transaction *t, const struct part *part,
			   const json_t *protect);
/* What a dead run's driver noted about a service, for the next one: {"before": {…}}, or NULL. New. */
json_t *parts_notes_of(const json_t *transaction, const char *service);

/* secrets.c: every secret that the run will need is there. ERR_CONFIG names one that is not. */
int secrets_present(const struct engine *engine, struct err *err);
/* The same for rows of config_secrets() or config_backup_secrets(). */
int secrets_check(const struct engine *engine, const json_t *secrets, struct err *err);

/* restart.c: restarts the parts under the lock, then judges the gates. */
int restart_run(struct transaction *t, const char *const *components,
		enum engine_end *ret_end, json_t **ret_result, struct err *err);

/* attach.c: takes up the open transaction of the journal, to finish it. */
int transaction_attach(struct transaction *t, struct err *err);

/* identity.c: who runs this, from the environment of the action or from the machine. New. */
json_t *identity_of_run(struct effects *fx);
char *identity_commit(struct effects *fx); /* or NULL */
/* "20261121T095203Z-3fa2": of a deployment, of an incident. Fresh. */
char *identity_new_id(struct effects *fx, int64_t now_ms);

/* lock.c */
int lock_acquire(struct transaction *t, struct err *err);
/* At a step boundary: pushes a renewal when a third of the lease is used up. ERR_LOCKED when
 * someone else has the lock by now. */
int lock_renew(struct transaction *t, struct err *err);
/* Before a step that takes up to work_ms and cannot renew: for so long nobody takes the lock over. The next
 * lock_renew() goes back to the usual lease. */
int lock_renew_for(struct transaction *t, int64_t work_ms, struct err *err);

/* record.c */
void record_event(struct transaction *t, const char *type, json_t *data); /* takes data */
int record_flush(struct transaction *t, struct err *err);
/* The last push failed for good: says what is live, what is not recorded and how to find out. -1. */
int record_lost(const struct transaction *t, enum engine_end end, struct err *err);
/* A line of the timeline, and of the progress. `service` may be NULL. */
ATTR_PRINTF(6, 7)
void record_line(struct transaction *t, const char *step, const char *service,
		 const char *outcome, int64_t duration_ms, const char *format, ...);

/* gates.c: judges a list of checks as the phase `phase`. ERR_FAIL or ERR_INCONCLUSIVE names the
 * checks that did not pass. An empty list passes. */
int gates_judge(struct transaction *t, const char *phase,
		const struct config_checks *checks, const char *version,
		const char *previous, struct err *err);
int gates_soak(struct transaction *t, struct err *err);
/* The pause before the first look: `settle` of the environment. */
int gates_settle(struct transaction *t, struct err *err);
/* One line on what did not pass: "api-health: .status == 200 (was 503)". Fresh. */
char *gate_reason(const json_t *gate);
struct check_listener gates_listener(const struct engine *engine);

/* restore_phase.c: a rollback that brings data back (request->restore). */
/* Before the lock: the backup is there, is what was written, may come back in place and can be opened here. */
int restore_prepare(struct transaction *t, struct err *err);
/* The phase; nothing without request->restore. */
int restore_phase(struct transaction *t, struct err *err);
/* "NAME/ID" of what is brought back, or NULL. */
const char *restore_name(const struct transaction *t);
/* From here on going back to what was live would put newer code onto older data. */
bool restore_was_begun(const struct transaction *t);
/* What a person has to look at. */
void restore_add_todo(const struct transaction *t, json_t *todo);
/* How the data comes back that was saved before the first touch: a line for each backup. `code_too`: the new code
 * is still live, a rollback takes both back. */
void restore_offer(const struct transaction *t, bool code_too, json_t *todo);
/* {backup, id, store, outcome: "restored"|"failed"|"not-begun"}, for the result; NULL without one. New. */
json_t *restore_result(const struct transaction *t);
void restore_free(struct restoring *restoring);

/* undo.c: takes back everything that was touched, newest first. On failure `todo` says what a
 * person has to do. */
int undo_all(struct transaction *t, json_t *todo, struct err *err);
/* Before that: the services' own logs, for the result. */
void undo_ask_why(struct transaction *t);
/* After it: what was taken back is good, or is not either. What could not be done is a line of `todo`:
 * the old version is live in any case. */
void undo_confirm(struct transaction *t, json_t *todo);
void undo_reconsider(struct transaction *t, json_t *todo);
int part_confirm(struct transaction *t, struct part *part, struct err *err);

/* result.c */
/* `cause` (code ERR_NONE when all went well) gives reason and hint. */
json_t *result_of(struct transaction *t, enum engine_end end, const struct err *cause,
		  json_t *todo);
const char *end_name(enum engine_end end);

/* The services for the journal: {service: {driver, version, release, from, hosts}}. New. */
json_t *parts_to_json(const struct transaction *t);

#endif
