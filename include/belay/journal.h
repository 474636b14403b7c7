/* room: domain
 * The journal's events and the state they fold to. Pure: no clock, no I/O.
 *
 * Event (schemas/event.schema.json), one commit each:
 *   {belay: 1, type, environment, sequence, at: RFC 3339, run: {id, actor, host, url?, version},
 *    transaction?: id, data: {…}}
 * `sequence` is the environment's count of events: an event fits only right after its predecessor,
 * so a doubled or missing event cannot fold.
 *
 * Types and their data:
 *   lock.acquired   {holder, generation, lease_ms, expires_at, reason, taken_over?: {…}}
 *   lock.renewed    {generation, expires_at, lease_ms?}     lease_ms: from here on, when it changes
 *   lock.released   {generation}
 *   lock.kept       {generation, reason}          undo failed: a person has to look
 *   deployment.begun     {kind: deploy|rollback, deployment, version, previous, reason?, commit?,
 *                         commit_at?, restore?: "NAME/ID" of a backup,
 *                         artifact?: {sha256,size_bytes}, services: {name: {driver, version,
 *                         release, from: {version, release}|null, hosts: [..], generation}}}
 *   deployment.captured  {services: {name: {hosts: {…}}}}
 *   deployment.prepared  {services: [..]}
 *   deployment.switched  {service, hosts: {…}, release?}   release: the name that the place gave it
 *   deployment.noted     {service, notes: {…}}     what a driver has to know again later; members
 *                         are added to those noted before
 *   gate.judged          {phase: preflight|gates|soak|after-undo, gate: {…cut…}}
 *   deployment.committed {deployment, duration_ms, switch_ms}
 *   deployment.failed    {deployment, reason, step}     nothing had been switched
 *   deployment.rolled-back {deployment, reason, step, duration_ms, undo_ms, restored: {service:
 *                         {version, release}}}
 *   deployment.stuck     {deployment, reason, step, undo_error, todo: [..]}   undo failed
 *   deployment.unproven  {deployment, reason, duration_ms}   switched, but the gate had no basis for a
 *                         decision: live moves, last_good does not; a person decides
 *   deployment.abandoned {deployment, reason}   the run that had opened it died; closed by the run
 *                         that took the lock over (staged after its lock.acquired)
 *
 *   service.restarted    {service, components|null, reason|null, outcome|null}   of the gates
 *                         that followed
 *
 *   incident.opened       the incident (incident.h) without status and times; fits at any time
 *   incident.updated      {incident, reason?, severity?, kind?, todo?, evidence?, text, forensics?, deployment?,
 *                          version?, occurrence?: true}
 *   incident.linked       {incident, notification, ref, url}
 *   incident.acknowledged {incident, by}
 *   incident.resolved     {incident, by, text}
 *   post-mortem.written   {incident, url}        proposed, not done
 *   post-mortem.reminded  {incident}
 *   post-mortem.done      {incident, url|null}
 *   alert.judged          {checks: {name: {outcome, reason}}, rules: {…}}    one round of a watch
 *
 *   message.queued   {message: {…}}              message.h; in a full outbox the fold makes room
 *   message.claimed  {messages: [ids], until}    by the event's run, which sends them now
 *   message.sent     {message, ref|null, gathered?: [ids]}     gathered: sent with it, in a digest
 *   message.failed   {message, error, not_before, gathered?, tried?: false}   tried: one before it failed already
 *   message.dropped  {message, reason, notification, topic, gathered?}
 *   cockpit.linked   {deployment, github_deployment|null, check_run?, commit?}   ids on GitHub, so that a
 *                         later run can end them
 *
 *   backup.begun     {backup, id, until, stores: [names], abandoned?: id}   by one run at a time; until: it has ended by
 *                         then. While an attempt is running it fits when that one's time is over, for the same
 *                         run, or when `abandoned` names it: then somebody says that its run is gone. What is
 *                         replaced counts as failed
 *   backup.made      {backup, id, manifest: sha256, stores: [names], failed: [{store, reason}], open_bytes, stored_bytes,
 *                     chunks, duration_ms, deployment|null}     only of the running attempt
 *   backup.failed    {backup, id, reason, duration_ms}      likewise; nothing that looks finished is left
 *   backup.abandoned {backup, id}       the run that had begun it died; what it left has been removed. Of an
 *                         attempt that is not running any more it changes nothing
 *   backup.verified  {backup, id, store, how: "listed"|"sampled"|"data"|"opened", outcome: "good"|"bad", reason|null,
 *                     at_copy, manifest: sha256|null, open_bytes?, stored_bytes?}    at_copy: when the copy was begun. A copy that
 *                         the journal did not know is known then, if `manifest` is; a good one has the digest that
 *                         the journal knows. Bad is a copy until the same store is found good
 *   backup.restored  {backup, id, store, to, outcome: "good"|"bad", reason|null, bytes, duration_ms}
 *   backup.drilled   {backup, id, store, outcome: "pass"|"fail", reason|null, rto_ms|null, rpo_ms|null, checks: [{name,
 *                     outcome, text}]}
 *   backup.forgotten {backup, store, copies: [{id, reason}]}     a copy goes with its last store
 *   deployment.backed-up {service, backup, id}       before the service was touched; recent knows it then as `backup`
 *                         of the deployment's service
 *
 * Of these only the deployment.*, gate.* and lock.* ones need the lock.
 *
 * journal_event() adds to the six endings what they end: kind, version, previous and the names of the
 * services, so that such an event can be read by itself. `run` is the holder's; deployment.* and
 * gate.* events fit only while their run holds the lock and name the open transaction. A stuck
 * transaction stays open (phase "stuck") for the run that brings it to an end, or until a new
 * deployment.begun. A lock that is held changes hands only by an event with `taken_over`.
 *
 * Documents of an environment: state (bounded, current), recent (the last 50 deployments), rollup
 * (a row a day for at most 400 days, then months). Schemas in schemas/.
 */
#ifndef BELAY_JOURNAL_H
#define BELAY_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/err.h"

#define JOURNAL_FORMAT 1
#define JOURNAL_RECENT_MAX 50

struct journal_documents {
	json_t *state;
	json_t *recent;
	json_t *rollup;
};
void journal_documents_release(struct journal_documents *documents);

/* The documents of an environment that has no event yet. */
void journal_documents_init(struct journal_documents *ret, const char *environment);

/* Folds one event: *ret gets new documents (the old ones are not changed). ERR_STATE when the
 * event does not fit (wrong sequence, unknown type, stale generation, no open transaction …). */
int journal_reduce(const struct journal_documents *before, const json_t *event,
		   struct journal_documents *ret, struct err *err);

/* Builds an event for the next sequence number after `state`. Takes `data`; borrows `run`. */
json_t *journal_event(const json_t *state, const char *type, int64_t at_ms,
		      const json_t *run, const char *transaction, json_t *data);

/* The commit subject for people: "production: deployed api v1.2.4". Fresh string. */
char *journal_subject(const json_t *event);

/* --- reading the state document (borrowed results, NULL when absent) ----------------------- */

/* {version, release, deployment, kind, at} of a service; deployment is null for what an undo found
 * on the hosts without knowing where it came from. */
const json_t *state_live(const json_t *state, const char *service);
const json_t *state_last_good(const json_t *state, const char *service);
/* The open transaction, or NULL. */
const json_t *state_transaction(const json_t *state);
int64_t state_generation(const json_t *state);
/* Did `version` pass (commit) in this environment, according to state and recent? */
bool state_has_passed(const json_t *state, const json_t *recent, const char *version);

/* --- lock rules (src/domain/lock.c) -------------------------------------------------------- */

enum lock_answer {
	LOCK_FREE,    /* may be acquired */
	LOCK_OURS,    /* held by this run */
	LOCK_BUSY,    /* held, lease running */
	LOCK_EXPIRED, /* held, lease over: may be taken over */
	LOCK_KEPT,    /* kept after a failed undo: only a person releases it */
};
enum lock_answer lock_ask(const json_t *state, const char *run_id, int64_t now_ms);
/* "held by ada@runner-3 (run 4711) since 3 minutes, lease ends in 12 minutes". Fresh string. */
char *lock_describe(const json_t *state, int64_t now_ms);

/* --- history ------------------------------------------------------------------------------- */

/* The deployment that `rollback` without --to goes back to: for each service its newest committed
 * release before the live one. {service: {version, release, deployment}}; a service without one
 * is absent. New reference. */
json_t *rollback_target(const json_t *state, const json_t *recent);
/* The same for --to ID: a deployment id, or a version (its newest deployment). ERR_NOT_FOUND. */
int rollback_target_to(const json_t *state, const json_t *recent, const char *id,
		       json_t **ret, struct err *err);
/* The backup that was made before the data was touched by what `service` leaves when it goes back to `release`: of
 * several deployments the first one's. {backup, id} borrowed, or NULL: there is none, or recent does not reach back so far. */
const json_t *rollback_backup(const json_t *state, const json_t *recent,
			      const char *service, const char *release);
/* Ids of the copies of `backup` that belong to what is live: made before the deployments that brought it, and those that
 * a rollback to what was live before would want. {id: true}. New reference. */
json_t *rollback_copies(const json_t *state, const json_t *recent, const char *backup);
/* Candidates, newest first: [{deployment, version, at, services, live: bool}]; services as in recent. New reference. */
json_t *rollback_candidates(const json_t *state, const json_t *recent);

#endif
