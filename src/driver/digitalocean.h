/* What the files of the driver `digitalocean` share. Private to src/driver.
 *
 * What one run knows of the app comes from three places: `captured` (how the app was found), `notes`
 * (what this transaction, or the one that it took over, has asked for) and the app itself. Whatever
 * the notes do not name is somebody else's and stays as it is.
 */
#ifndef BELAY_DRIVER_DIGITALOCEAN_H
#define BELAY_DRIVER_DIGITALOCEAN_H

#include "belay/digitalocean.h"
#include "belay/driver.h"

/* One app, during one step. */
struct site {
	struct api api;
	char *app; /* its id */
	struct effects *fx;
	const struct driver_job *job;
	int64_t poll_ms, timeout_ms;
	bool skip_pin;
};
int site_open(struct site *site, struct effects *fx, const struct driver_job *job,
	      struct err *err);
void site_release(struct site *site);
#define _cleanup_site_ __attribute__((cleanup(site_release)))
const char *site_label(const struct driver_job *job); /* the app's name, or "app" */
/* `mode: image`. */
bool site_takes_images(const struct site *site);
const char *site_setting(const struct site *site, const char *key);
/* Keeps a note in the transaction, if there is one. */
int site_note(const struct site *site, const char *key, const char *value,
	      struct err *err);
/* A note of this run, else of the one before; NULL. */
const char *site_noted(const struct site *site, const char *key);
int site_look(struct site *site, json_t **ret_app, struct err *err);

/* An id of a deployment, "NEW" for one that a dry run supposes, or NULL. */
const char *deployment_id(const json_t *deployment);
/* Is it that release, or the copy that a rollback to it made? */
bool deployment_is(const json_t *deployment, const char *release);
/* Did this transaction (or the one it took over) make it? */
bool deployment_is_ours(const struct site *site, const char *id);
/* "9f31 (manual)": for people. Fresh. */
char *deployment_name(const json_t *deployment);
/* What went wrong, from the steps that failed: "web: build failed: …". Fresh, or NULL. */
char *deployment_fault(const json_t *deployment);

/* --- digitalocean_wait.c ----------------------------------------------------------------------- */

/* Waits until the deployment has ended, in whatever way. ERR_TIMEOUT after `timeout`. */
int site_wait(struct site *site, const char *id, json_t **ret_deployment,
	      struct err *err);
/* The same, and it has to have become active: else the error says what happened instead. */
int site_wait_active(struct site *site, const char *id, json_t **ret_deployment,
		     struct err *err);
/* Ends a deployment of ours that is on its way, and waits until it has ended. One that has ended
 * already is left as it is. */
int site_stop(struct site *site, const char *id, struct err *err);

/* --- digitalocean_ask.c ------------------------------------------------------------------------ */

/* Nothing was begun, for certain: what is found later is somebody else's. */
void site_note_refused(struct site *site, const struct err *failure);
/* Asks for a deployment of the job's version; *ret_id: fresh. An answer that was lost is looked for. */
int site_ask(struct site *site, char **ret_id, struct err *err);
/* The newest deployment after `newest` that this transaction may have asked for without hearing the
 * answer: a copy of `target`, or one with our images, or one that was made by hand. *ret_id stays NULL
 * when there is none; ERR_FAIL when several could be it. */
int site_find(struct site *site, const char *newest, const char *target, char **ret_id,
	      struct err *err);

/* --- digitalocean_pin.c ------------------------------------------------------------------------ */

/* May the app go back to that deployment? ERR_FAIL with every condition in words; warnings become
 * progress. */
int site_validate(struct site *site, const char *target, struct err *err);
/* Validates, rolls back (pinned, unless skip_pin), notes it, waits until it is active. */
int site_roll_back(struct site *site, const char *target, json_t **ret_deployment,
		   struct err *err);
/* Commits the rollback that the app is pinned to. Nothing to do when it is not pinned any more. */
int site_commit(struct site *site, const char *pinned, struct err *err);
/* Reverts it and waits until what the app was before is active again. */
int site_revert(struct site *site, const char *pinned, struct err *err);
/* An app that was found pinned: refuses (`pinned: report`). */
int pin_refuse(struct site *site, struct err *err);
/* … and deals with it as the configuration says; a pin of a run that died is committed. */
int pin_settle(struct site *site, struct err *err);

/* --- digitalocean_undo.c, digitalocean_logs.c ----------------------------------------------------- */

int digitalocean_undo(struct effects *fx, const struct driver_job *job, json_t **ret,
		      struct err *err);
int digitalocean_reconsider(struct effects *fx, const struct driver_job *job,
			    char **ret_words, struct err *err);
int digitalocean_confirm(struct effects *fx, const struct driver_job *job,
			 struct err *err);
int digitalocean_read_logs(struct effects *fx, const struct driver_job *job, json_t **ret,
			   struct err *err);

#endif
