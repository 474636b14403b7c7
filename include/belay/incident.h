/* room: domain
 * Incidents: what went wrong, who was told, what was learned. Pure.
 *
 * An incident is a value in state.incidents (schemas/state.schema.json), opened, changed and closed by
 * events (journal.h: incident.*). It stays in the state while it is open, or while its post-mortem is
 * owed; of the others the last INCIDENTS_FINISHED_MAX stay, so that what has still to be said about
 * them finds their links. One trouble is one incident: what happens again while it is open updates it.
 * An event about an incident that is not there (any more) changes nothing: the run that tells must
 * never fail for it.
 *
 *   {id, kind, severity, title, status: "open"|"acknowledged"|"resolved", opened_at, updated_at,
 *    acknowledged_at|null, resolved_at|null, by, reason, deployment|null, version|null,
 *    previous|null, services: [..], evidence: [{check, outcome, reason, value}..],
 *    timeline: [{at, text}..] (at most 50, the oldest but the first cut), todo: [..],
 *    forensics: text|null, occurrences, links: {NOTIFICATION: {ref, url}},
 *    post_mortem: {status: "none"|"due"|"written"|"done", due_at|null, url|null, reminded_at|null}}
 *
 * Kinds and severities. P0: nobody is served or nobody knows; P1: the change failed and was undone,
 * or something fails now; P2: works, with a loss; P3: worth knowing.
 *   rollback         a deployment was taken back          P1
 *   rollback-failed  the undo failed, the lock is kept    P0   ("CRITICAL")
 *   partial          live without proof, or half done     P1
 *   watch            a gate has failed for a while        P1
 *   manual           a person opened it                   P2, or as said
 * A person's going back (`belay rollback`, passed) is a rollback too, unless it is the answer to an
 * incident that is open already. P0 and P1 owe a post-mortem.
 */
#ifndef BELAY_INCIDENT_H
#define BELAY_INCIDENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/config.h"
#include "belay/err.h"
#include "belay/str.h"

#define INCIDENTS_MAX 100
#define INCIDENTS_FINISHED_MAX 10

/* "P0" for a kind; NULL for a word that is none. */
const char *incident_severity(const char *kind);
/* Letters, digits, ".", "_" and "-", at most 64: it becomes part of paths, branches and markers. */
bool incident_id_is_valid(const char *id);

/* Why a transaction's result (schemas/result.deploy) is an incident; NULL when it is none. One of the
 * kinds above. */
const char *incident_kind_of(const json_t *result);

/* Data of incident.opened for a transaction's result, or (kind watch) for a gate. `id` is that of the
 * incident. New reference. */
json_t *incident_of_result(const char *id, const json_t *result,
			   const struct config_environment *environment);
json_t *incident_of_gate(const char *id, const json_t *gate, const char *version,
			 const struct config_environment *environment);

/* Open or acknowledged. */
bool incident_is_open(const json_t *incident);
/* The open incident that an event of this kind belongs to, or NULL. Borrowed from state. */
const json_t *incident_find_open(const json_t *state, const char *kind);
/* By id, or by its beginning when that is unique; NULL. Borrowed. */
const json_t *incident_find(const json_t *state, const char *id);

/* "[production rollback] v1.2.4 → v1.2.3"; "[production CRITICAL] …" when the undo failed. The member
 * `title` is what stands behind the bracket. Fresh. */
char *incident_title(const json_t *incident, const char *environment);
/* The text with {{id}} filled in: a tracker's link, a path. NULL gives NULL. Fresh. */
char *incident_fill_id(const char *text, const char *id);
/* Where people read about it: the first of its links that has an address, or NULL. Borrowed. */
const char *incident_url(const json_t *incident);

/* Pages in Markdown. They hold text from outside: mentions, HTML and hidden markers in it are made
 * harmless. `how` says how to look closer (replay, history). */
struct incident_page {
	const json_t *incident;
	const char *environment;
	const char *run_url; /* or NULL */
	const char *tracker; /* link to the tracker, or NULL */
	int64_t now_ms;
};
/* Reason, evidence table, timeline, forensics, checklist. */
void incident_add_page(struct str *out, const struct incident_page *page);
/* What changed, for a comment. `change` is the data of incident.updated / .resolved. */
void incident_add_change(struct str *out, const struct incident_page *page,
			 const char *event, const json_t *change);

/* --- post-mortem (src/domain/post_mortem.c) --------------------------------------------------- */

/* The page from a template with {{name}} variables: id title environment severity kind status version
 * previous deployment opened_at resolved_at due_at duration reason services evidence timeline todo
 * forensics run_url incident_url author. `text` NULL: the built-in template (timeline filled in,
 * impact, root cause, contributing factors, what went well, remediation, preventive measures, action
 * items, lessons). ERR_CONFIG names the line of an unknown variable. */
int post_mortem_render(const char *text, const struct incident_page *page,
		       struct str *out, struct err *err);
/* Only looks whether the template could be rendered. */
int post_mortem_check_template(const char *text, struct err *err);
/* Is the page done: no box of a checklist is open, and nothing in it is "_To be written._"? */
bool post_mortem_is_complete(const char *text);
/* Owed: due or written, not done. */
bool post_mortem_is_owed(const json_t *incident);
/* Is it late? */
bool post_mortem_is_overdue(const json_t *incident, int64_t now_ms);
/* Is it time to remind of it (again)? */
bool post_mortem_wants_reminder(const json_t *incident,
				const struct config_post_mortem *rules, int64_t now_ms);
/* What holds in an environment: `incidents.post_mortem`, or that of its github-issue notification. */
struct config_post_mortem post_mortem_rules(const struct config *config,
					    const struct config_environment *environment);

/* --- alerts (src/domain/alert.c) ---------------------------------------------------------------
 * A check that fails now and then is no incident. state.alerts: {CHECK: {state: "good"|"bad"|
 * "unknown", since, bad_rounds, good_rounds, changed: [times], flapping}}. Bad after `fail_after`
 * rounds in a row, good again after `recover_after`; rounds without data count as neither. `changed`
 * are the times of the last rounds that saw another outcome than the one before: more than `flaps` of
 * them within an hour, and the check is flapping: bad until it has been good for an hour (ten minutes
 * more at most, because of its bad rounds only one in ten minutes is noted). A check that only warns is
 * good.
 *
 * Counters stop at their limit, and a check that a round does not have is forgotten: a round in which
 * all goes on as it was changes nothing, so it needs no event. */
struct alert_rules {
	int fail_after, recover_after, flaps;
};
/* Data of alert.judged for one round: {checks: {NAME: {outcome, reason}}, rules}. What the fold of it
 * would change: {degraded: [..], recovered: [..], flapping: [..]}. New references. */
json_t *alert_round(const json_t *gate, const struct alert_rules *rules);
json_t *alert_changes(const json_t *state, const json_t *round, int64_t at_ms);
/* state.alerts as they are after the round. New reference. */
json_t *alerts_after(const json_t *state, const json_t *round, int64_t at_ms);

#endif
