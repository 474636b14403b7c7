/* room: driver
 * Drivers: one way to bring a version of a service out, and to take it back.
 *
 * A driver is one file that exports one `const struct driver`, listed in table.c. It holds no state
 * of its own: what undo needs is in the `captured` value that the engine keeps on the journal. Every
 * step can be repeated: doing it twice has the effect of doing it once.
 */
#ifndef BELAY_DRIVER_H
#define BELAY_DRIVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/config.h"
#include "belay/effects.h"
#include "belay/err.h"
#include "belay/progress.h"

/* What a driver is told about the deployment. All borrowed.
 *
 * `release` is the driver's name for one version in its place. Most drivers take the one they are
 * given; a driver whose service makes the names itself (`names_releases`) gets the deployment's id
 * when it goes forward, and says in activate's report under "release" what it came to. Going back it
 * keeps the name that it is given, whatever the service calls the copy: a release that was gone back
 * to twice is still one release, and what lies below it stays below it. */
struct driver_job {
	const struct config_environment *environment;
	const struct config_service *service;
	const char *deployment; /* id: "20261121T095203Z-3fa2" */
	const char *version;
	const char *previous;         /* version that was live, or NULL */
	const char *previous_release; /* release that was live by the journal, or NULL */
	bool going_back;              /* a rollback: `version` was live before */
	int64_t now_ms;               /* start of the step, for records on the host */
	const char *
		release; /* id of the release directory; equals the deployment's id, or an
					older one for a rollback */
	const char *artifact;        /* local path, or NULL */
	const json_t *artifact_info; /* answer of the artifact effect, or NULL */
	int64_t generation;     /* fencing generation of the lock that this run holds */
	const json_t *captured; /* what capture() gave; NULL before */
	const json_t *protect;  /* array of release ids that must never be pruned */
	/* What note() kept in this transaction; under "before" what a run that died kept, and this one
	 * took over from. NULL when there is nothing. */
	const json_t *notes;
	/* Puts the members of `notes` (taken) beside those that are kept already, and on the journal now,
	 * in a push of its own: for what a later run could not find out by looking. Fails like the push.
	 * NULL outside a transaction. */
	int (*note)(const struct driver_job *job, json_t *notes, struct err *err);
	/* To be called while waiting for long: keeps the lock's lease alive. ERR_LOCKED when somebody else
	 * has the lock by now: then nothing more may be touched. NULL outside a transaction. */
	int (*renew)(const struct driver_job *job, struct err *err);
	void *context;                   /* of these two */
	const struct progress *progress; /* what goes on, live; may be NULL */
};

struct driver {
	const char *name;    /* value of `driver:` in the configuration */
	const char *summary; /* one line for help and docs */
	/* Does it need --artifact, or `artifact:` in the configuration? */
	bool needs_artifact;
	/* Does the place name the releases (a deployment id of a platform)? See struct driver_job. */
	bool names_releases;
	/* May its activate be left to steps outside belay (begin … finish)? */
	bool can_be_wrapped;
	/* What will be done, in words and in order: [{step, target, summary}]. Pure. New. */
	json_t *(*plan)(const struct driver_job *job);
	/* Reads the present state: {hosts: {NAME: {version, release, uptime, load, disk, recent:[..]}}}.
	 * Observes only. */
	int (*capture)(struct effects *fx, const struct driver_job *job, json_t **ret,
		       struct err *err);
	/* Brings the release to where it will be switched on; live traffic is not touched. NULL when
	 * there is nothing to prepare. */
	int (*prepare)(struct effects *fx, const struct driver_job *job, struct err *err);
	/* Switches to job->release / job->version. A host that fails makes the whole step fail; the
	 * engine then calls undo. *ret: {hosts: {NAME: {switched: bool, ms}}}, set on failure too. */
	int (*activate)(struct effects *fx, const struct driver_job *job, json_t **ret,
			struct err *err);
	/* Goes back to what job->captured says was live. *ret as for activate. */
	int (*undo)(struct effects *fx, const struct driver_job *job, json_t **ret,
		    struct err *err);
	/* Makes final what activate or undo left provisional (a pinned rollback), once the gates that
	 * follow have passed. When it fails, what is live stays live and a person has something to do: after
	 * activate the deployment counts as unproven, after undo as taken back. NULL when nothing is
	 * provisional. */
	int (*confirm)(struct effects *fx, const struct driver_job *job, struct err *err);
	/* The version that undo brought back fails the gates as well: the service's settings may want
	 * something else now (a reverted rollback). *ret_words: what was done, for people, or NULL for
	 * nothing; fresh. NULL: nothing is ever done. */
	int (*reconsider)(struct effects *fx, const struct driver_job *job,
			  char **ret_words, struct err *err);
	/* What the service itself says about a failure: [{title, text}], cut to what a person would read.
	 * Asked for before anything is taken back. NULL when it has no logs. */
	int (*logs)(struct effects *fx, const struct driver_job *job, json_t **ret,
		    struct err *err);
	/* Restarts without changing the version; `components` NULL: all. NULL when it cannot. */
	int (*restart)(struct effects *fx, const struct driver_job *job,
		       const json_t *components, json_t **ret, struct err *err);
	/* After the commit: prune and tidy. A failure is a warning. NULL when there is nothing. */
	int (*finish)(struct effects *fx, const struct driver_job *job, struct err *err);
};

extern const struct driver *const drivers[]; /* NULL-terminated */
const struct driver *driver_find(const char *name);

#endif
