/* What follows when a transaction (or a watch) has come to its end: the incident, the messages, the
 * state shown on GitHub. Private to src/engine.
 *
 *     settle → aftermath_stage() → last push → aftermath_tell() → one more push when something was sent
 *
 * The incident and the messages are on the journal with the push that says how it ended: nobody can
 * end badly and forget to tell. Sending comes after; what this run cannot send a later one does.
 */
#ifndef BELAY_ENGINE_AFTERMATH_H
#define BELAY_ENGINE_AFTERMATH_H

#include "belay/github.h"
#include "belay/message.h"
#include "transaction.h"

/* --- the transaction's side (aftermath.c) ----------------------------------------------------- */

/* Adds incident.*, message.queued and message.claimed events to the pending ones, from the result: of a
 * transaction that is over, or that is left open ("open") for another process. */
void aftermath_stage(struct transaction *t, const json_t *result);
/* After the last push: sends, ends the deployment on GitHub, and adds what came of it to the result
 * ("incident": {id, url}, "told": [{notification, outcome, reason?}]). Never fails the run. */
void aftermath_tell(struct transaction *t, json_t *result);

/* --- post-mortems (post_mortem.c) ------------------------------------------------------------- */

struct courier;
/* Where pages go to pull requests (`write: pull-request`): opens those of incidents that are over. What
 * does not work is said in the progress and tried again by the next run. */
void post_mortems_propose(const struct courier *courier);

/* --- sending (deliver.c) ---------------------------------------------------------------------- */

/* Who sends: any run that has the store open. All borrowed. */
struct courier {
	const struct engine *engine;
	struct store *store;
	const json_t *run;
};
/* Events (array of {type, data}) that the occasion leads to on this state: queued and claimed. New. */
json_t *courier_events(const struct courier *courier, const json_t *state,
		       const struct occasion *occasion);
/* Claims what is due (unless this run claimed it already), sends it, each notification in a lane of its
 * own, and pushes what came of it. *ret_told: [{notification, topic, outcome: "sent"|"failed"|
 * "dropped", reason?, link?}], also when it fails: errors are those of the journal, and what could be
 * sent was sent. */
int courier_deliver(const struct courier *courier, json_t **ret_told, struct err *err);

/* --- GitHub (cockpit.c) ----------------------------------------------------------------------- */

/* After the first push and at the end, where it adds "github": {requests, limit?, remaining?} to the
 * result. No GitHub: nothing; no permission: a line in the timeline (once); never a reason to fail. */
void cockpit_begin(struct transaction *t);
void cockpit_end(struct transaction *t, json_t *result);
/* Asks GitHub whether the holder of a lock is still running: for takeover. */
enum github_run cockpit_holder(struct transaction *t, const json_t *holder);
/* github_init(), with little patience: what is asked for can do without an answer. */
int cockpit_github(const struct engine *engine, struct github *ret, bool *ret_there,
		   struct err *err);
/* The same of whoever holds anything else; `ours` is the run that asks. Not remembered. */
enum github_run holder_run(struct github *github, struct effects *fx, const json_t *ours,
			   const json_t *holder);
void cockpit_free(struct cockpit *cockpit);

#endif
