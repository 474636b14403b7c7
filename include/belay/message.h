/* room: domain
 * Messages: which of the environment's notifications hear of an event, in which words, and when. Pure.
 *
 * A message is a value in state.outbox (schemas/state.schema.json), from message.queued until
 * message.sent or message.dropped:
 *
 *   {id, notification, topic, severity, environment, incident|null, key, at, not_before|null,
 *    attempts, last_error|null, claimed_by|null, claimed_until|null, content: {…}}
 *
 * `topic` is what a configuration lists under `on:`:
 *   deploying deployed failed rolled-back rollback-failed unproven degraded recovered
 *   incident-opened incident-updated incident-resolved post-mortem-due post-mortem-overdue digest test
 * `key` names what the message is about ("incident/ID", "deployment/ID", "alert/CHECK"): channels use
 * it as deduplication key, so that a message sent twice counts once where the channel allows.
 * `content` has everything a channel needs: {title, text, severity, environment, version, previous,
 * deployment, reason, services, url: log of the run, incident_url, fields: [{name, value}],
 * actor, at, incident: {…}}. It is what webhook templates see.
 *
 * Rules. Routing: `on` (or what the channel hears by default), `severities`, `environments`. A P3 with
 * `digest: daily` waits in the outbox until the digest of the day. Holding back: one message for each
 * change of an incident; the same topic and key within `floor` is dropped. Escalation: an incident
 * that nobody acknowledged after `escalate.after` goes to `escalate.to`. The outbox holds at most
 * OUTBOX_MAX messages: the oldest of the lowest severity gives way and that is an event as well.
 */
#ifndef BELAY_MESSAGE_H
#define BELAY_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/config.h"
#include "belay/err.h"

#define OUTBOX_MAX 100
#define MESSAGE_ATTEMPTS_MAX 20

/* What happened, before routing. All borrowed. */
struct occasion {
	const char *topic;
	const char *severity; /* "P1"; NULL: the topic's own */
	const char *key;
	const json_t *incident; /* or NULL */
	const json_t *content;
};

/* Content for a transaction's result, an incident, an alert. `run` is {id, actor, host, url?}. New. */
json_t *content_of_result(const json_t *result, const json_t *run);
json_t *content_of_incident(const json_t *incident, const char *environment,
			    const json_t *run);

/* Data of the message.queued events that the occasion leads to, for the environment's notifications:
 * array, may be empty. `state` tells what was sent lately. Ids come from `random`. New reference. */
json_t *messages_route(const struct config *config,
		       const struct config_environment *environment, const json_t *state,
		       const struct occasion *occasion, int64_t now_ms, uint64_t random);

/* Messages of the outbox that this run may send now: not claimed by another run (or its claim is
 * over), not_before reached. Digests are gathered into one message for each notification. Array,
 * new reference. */
json_t *messages_due(const json_t *state, const char *run_id, int64_t now_ms);

/* When to try again after the n-th failure, and whether to give up. */
int64_t message_retry_ms(int attempts, int64_t retry_after_ms);

/* Incidents that have to be escalated now: array of {incident, notification}. New. */
json_t *messages_escalations(const struct config *config,
			     const struct config_environment *environment,
			     const json_t *state, int64_t now_ms);

/* Topics and severities, for validation and docs; NULL-terminated. */
extern const char *const message_topics[];
extern const char *const message_severities[];

/* A webhook's template: every text in `value` (a JSON value, any depth) has its {{jq}} parts replaced
 * by their outputs on `content`. ERR_CONFIG with the part that does not compile or fails. */
int template_fill(const json_t *value, const json_t *content, json_t **ret,
		  struct err *err);

#endif
