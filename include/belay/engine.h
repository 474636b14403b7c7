/* room: engine
 * The engine: runs transactions and gates. Each function is one whole piece of work that a verb asks
 * for; it speaks to effects, store, checks and drivers, decides by the pure rules of the domain, and
 * gives back a result as JSON for render (schemas/result.*.schema.json).
 */
#ifndef BELAY_ENGINE_H
#define BELAY_ENGINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/config.h"
#include "belay/effects.h"
#include "belay/err.h"
#include "belay/progress.h"

/* What a verb asks for, with everything it needs. All borrowed. */
struct engine {
	struct effects *fx;
	const struct config *config;
	const struct config_environment *environment;
	const struct progress *progress;
};

struct engine_request {
	const char *version;         /* deploy: required */
	const char *artifact;        /* overrides the services' `artifact:` */
	const char *const *services; /* NULL or empty: all; NULL-terminated */
	const char *reason;          /* free text for the journal */
	const char *to; /* rollback: deployment id or version; NULL = the one before */
	bool take_lock; /* a person says that the lock's holder is gone */
	const char *transaction; /* finish: id that begin gave; NULL = the open one */
	bool failed; /* finish: the steps in between failed, take everything back */
	/* rollback: "NAME/ID" of a backup that is restored (by its `restore:`) before the switch; "NAME": the copy that was
	 * made before what is undone. NULL: none. */
	const char *restore;
};

/* How a transaction ended. The number is the exit status of the verb. */
enum engine_end {
	END_PASSED = 0,
	END_FAILED = 1,      /* failed before anything was switched; nothing to undo */
	END_ROLLED_BACK = 3, /* a gate or a switch failed, everything was taken back */
	END_STUCK = 4,       /* the undo failed: a person has to act */
	END_INCONCLUSIVE =
		5, /* no basis for a decision: neither promoted nor taken back */
	END_CANCELLED = 130, /* interrupted; everything was taken back */
};

/* lock → capture → preflight → prepare → switch → gates → soak → commit; undo on failure.
 * *ret_result is set whenever the transaction got as far as a decision, also for END_FAILED and the
 * others (return 0). Returns -1 for what prevented a transaction (lock busy, configuration, state). */
int engine_deploy(const struct engine *engine, const struct engine_request *request,
		  enum engine_end *ret_end, json_t **ret_result, struct err *err);

/* The wrapped form: begin ends after preflight and leaves the transaction open, someone else's steps
 * bring the version out, finish judges the gates and commits or takes back (`undo` of the driver).
 * Between the two the lock's lease runs. Services need a driver that can be wrapped (`command`). */
int engine_begin(const struct engine *engine, const struct engine_request *request,
		 enum engine_end *ret_end, json_t **ret_result, struct err *err);
/* ERR_NOT_FOUND when no transaction is open, or another one than request->transaction. */
int engine_finish(const struct engine *engine, const struct engine_request *request,
		  enum engine_end *ret_end, json_t **ret_result, struct err *err);

/* The same transaction as deploy with an earlier release as its target. */
int engine_rollback(const struct engine *engine, const struct engine_request *request,
		    enum engine_end *ret_end, json_t **ret_result, struct err *err);
/* [{deployment, version, at, services, live}] */
int engine_rollback_list(const struct engine *engine, json_t **ret_result,
			 struct err *err);

/* What deploy would do, in order, from configuration and state only: {environment, version, steps:
 * [{step, service, target, summary}], from, lock, gates: [..]}. */
int engine_plan(const struct engine *engine, const struct engine_request *request,
		json_t **ret_result, struct err *err);

/* --- telling ------------------------------------------------------------------------------- */

/* Sends what is due in the outbox, escalates, gathers digests, reminds of post-mortems: what every
 * run does at its end, as a piece of work of its own. *ret_result: {environment, sent: [..], failed:
 * [..], waiting}. A channel that fails is no failure. */
int engine_deliver(const struct engine *engine, json_t **ret_result, struct err *err);
/* Sends a test message to the named notifications (all of the configuration's when NULL), past the
 * outbox. END_FAILED when one did not go through. */
int engine_notify_test(const struct engine *engine, const char *const *names,
		       enum engine_end *ret_end, json_t **ret_result, struct err *err);

/* --- incidents ------------------------------------------------------------------------------- */

struct engine_incident {
	const char *id; /* update, resolve, post-mortem; NULL = the only open one */
	const char *title, *text, *severity;
	bool acknowledge; /* update */
	bool done;        /* post-mortem: it is written and learned */
	const char *path; /* post-mortem: write it there, overriding the configuration */
};
int engine_incident_open(const struct engine *engine, const struct engine_incident *asked,
			 json_t **ret_result, struct err *err);
int engine_incident_update(const struct engine *engine,
			   const struct engine_incident *asked, json_t **ret_result,
			   struct err *err);
int engine_incident_resolve(const struct engine *engine,
			    const struct engine_incident *asked, json_t **ret_result,
			    struct err *err);
/* {incidents: [..], overdue: [..]} of the environment, or of all when engine->environment is NULL. What
 * is late is judged as of now_ms. */
int engine_incident_list(const struct engine *engine, int64_t now_ms, json_t **ret_result,
			 struct err *err);
/* Writes (or shows, or marks as done) the post-mortem. */
int engine_post_mortem(const struct engine *engine, const struct engine_incident *asked,
		       json_t **ret_result, struct err *err);

/* --- backups ----------------------------------------------------------------------------------- */

struct engine_backup {
	const char *const *
		names; /* run, list, verify, forget: NULL or empty: all of the environment,
				     or of all environments when engine->environment is NULL */
	const char *name; /* restore, drill: the one; NULL: the only one */
	const char *id;   /* verify, restore, drill: which copy; NULL: the newest */
	const char *
		store; /* only this one; NULL: run, verify, forget: all; else the first that answers */
	const char *
		folder; /* restore, verify: a folder that holds one backup; no configuration, no
				     journal needed */
	bool read_data; /* verify: all of it */
	bool take_lock; /* run: a person says that the run that holds it is gone */
	/* To open it, overriding the configuration: paths and the name of a variable. */
	const char *key, *certificate, *key_passphrase_env, *passphrase_env;
	/* restore */
	const char *to_directory, *to_file, *to_command; /* one of them; or `in_place` */
	bool in_place, overwrite;
	const char *deployment; /* run: which one it is made for, or NULL */
	int64_t now_ms;         /* list: the time that counts as now; 0: the clock's */
};

/* One after the other; what fails does not keep the next one. END_FAILED when one failed, also in one of its
 * stores. *ret_result: {backups: [{name, id, outcome: made|failed|partial|busy, reason|null, stores: [..], open_bytes,
 * stored_bytes, duration_ms, verified, warnings}]} (result.backup). ERR_LOCKED when the only one is busy. */
int engine_backup_run(const struct engine *engine, const struct engine_backup *asked,
		      enum engine_end *ret_end, json_t **ret_result, struct err *err);
/* What the stores hold and what the journal knows of it: {backups: [{health…, copies: [{id, at, stores: [{store,
 * state: good|unverified|bad|missing|unknown|incomplete}], …}], unreachable: [{store, reason}]}]}. */
int engine_backup_list(const struct engine *engine, const struct engine_backup *asked,
		       json_t **ret_result, struct err *err);
int engine_backup_verify(const struct engine *engine, const struct engine_backup *asked,
			 enum engine_end *ret_end, json_t **ret_result, struct err *err);
int engine_backup_restore(const struct engine *engine, const struct engine_backup *asked,
			  enum engine_end *ret_end, json_t **ret_result, struct err *err);
/* Removes what `keep` does not keep, manifests first, and what dead runs left. With effects that only
 * note, it is a list. */
int engine_backup_forget(const struct engine *engine, const struct engine_backup *asked,
			 enum engine_end *ret_end, json_t **ret_result, struct err *err);
int engine_backup_drill(const struct engine *engine, const struct engine_backup *asked,
			enum engine_end *ret_end, json_t **ret_result, struct err *err);

/* --- watching and healing -------------------------------------------------------------------- */

/* One round of a watch: judges the gates, keeps the alerts on the journal, opens and resolves the
 * incident, tells, and does what engine_deliver() does. Nothing is pushed when nothing changed. */
int engine_watch(const struct engine *engine, enum engine_end *ret_end,
		 json_t **ret_result, struct err *err);
/* Restarts services (request->services) under the lock, then judges the gates. */
int engine_restart(const struct engine *engine, const struct engine_request *request,
		   const char *const *components, enum engine_end *ret_end,
		   json_t **ret_result, struct err *err);

/* Runs checks now, outside a transaction: all gates of the environment, or those named.
 * *ret_result: a gate verdict. */
int engine_check(const struct engine *engine, const char *const *names,
		 enum engine_end *ret_end, json_t **ret_result, struct err *err);

#endif
