/* room: domain
 * Messages: which of the environment's notifications hear of an event, in which words, and when. Pure.
 *
 * A message is a value in state.outbox (schemas/state.schema.json), from message.queued until
 * message.sent or message.dropped:
 *
 *   {id, notification, topic, severity, environment, incident|null, key, at, not_before|null,
 *    digest, escalation, attempts, last_error|null, claimed_by|null, claimed_until|null, content: {…}}
 *
 * `topic` is what a configuration lists under `on:`:
 *   deploying deployed failed rolled-back rollback-failed unproven degraded recovered
 *   incident-opened incident-updated incident-resolved post-mortem-due post-mortem-overdue
 *   backup-failed backup-recovered backup-late digest test
 * (digest and test are not chosen: whoever has `digest: daily` gets the one, whoever is tested the other.)
 * `key` names what the message is about ("incident/ID", "deployment/ID", "alert/CHECK", "backup/NAME"): channels use
 * it as deduplication key, so that a message sent twice counts once where the channel allows.
 * `content` has everything a channel needs: {title, text, severity, environment, version, previous,
 * deployment, reason, services, url: log of the run, incident_url, fields: [{name, value}],
 * actor, at, duration_ms?, incident: {…}}. It is what webhook templates see, with the message's id, topic, key and
 * notification. Texts are cut to what a journal can carry; `incident` is {id, kind, severity, title,
 * status, opened_at} on the journal and the whole incident, as it is then, when a channel sends.
 *
 * Rules. Routing: `on` (or what the channel hears by default), `severities`, `environments`. A P3 with
 * `digest: daily` waits until 07:00 UTC of the next day; the first run after that sends all that have
 * waited as one. Holding back: the same topic and key within `floor` of the last one waits until the
 * floor is over, and a newer one takes its place; "degraded" and "recovered" that wait cancel each other (and
 * so do "backup-failed" or "backup-late" and "backup-recovered"), so that the last thing told is true and told
 * once. A channel that hears by default is told of a deployment and of the incident it became in one message,
 * whoever lists both topics gets both. Escalation: an incident that nobody acknowledged after `escalate.after`
 * goes to `escalate.to`, once each. The outbox holds at most OUTBOX_MAX messages: the oldest of the lowest
 * severity gives way, and that is an event as well.
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

/* What became of a backup. All borrowed; NULL and -1 for what is not known. */
struct backup_news {
	const char *environment, *backup;
	const char *event; /* "failed", "is late": behind "backup NAME" in the title */
	const char *id, *store, *reason;
	int64_t at_ms, duration_ms;
};
json_t *content_of_backup(const struct backup_news *news, const json_t *run);
/* "backup/NAME", for whoever tells of one. Fresh. */
char *message_backup_key(const char *backup);
/* Is it told already, or waiting to be, that this backup is late, since `since_ms`? */
bool message_backup_late_told(const json_t *state, const char *backup, int64_t since_ms);
/* Is bad news of this backup the last that somebody was told, or is about to be? Then good news is owed. */
bool message_backup_owes_good(const json_t *state, const char *backup);

/* What routing goes by. All borrowed. */
struct message_rules {
	const struct config *config;
	const struct config_environment *environment;
	/* Topics that a channel hears when the configuration says nothing; NULL-terminated. The
	 * channels' table lives in a room above. */
	const char *const *(*defaults)(const char *channel);
	/* Channels for which a deployment and its incident stay two messages; NULL: none. */
	bool (*counts)(const char *channel);
};

/* The events that the occasion leads to, for the environment's notifications: array of {type, data}
 * with message.queued and message.dropped (what gives way to them), may be empty. `state` tells what
 * waits and what was sent lately. Ids come from `random`. New reference. */
json_t *messages_route(const struct message_rules *rules, const json_t *state,
		       const struct occasion *occasion, int64_t now_ms, uint64_t random);

/* Messages of the outbox that this run may send now: not claimed by another run (or its claim is
 * over), not_before reached. Digests are gathered into one message for each notification; its
 * `gathered` has the ids of the others. Array, new reference. */
json_t *messages_due(const json_t *state, const char *run_id, int64_t now_ms);

/* When to try again after the n-th failure: milliseconds from then on, -1 to give up. */
int64_t message_retry_ms(int attempts, int64_t retry_after_ms);

/* Incidents that have to be escalated now: array of {incident, notification, after_ms}. New. */
json_t *messages_escalations(const struct message_rules *rules, const json_t *state,
			     int64_t now_ms);
/* The message.queued data for one of them. New. */
json_t *message_escalation(const json_t *state, const json_t *escalation,
			   const json_t *run, int64_t now_ms, uint64_t random);
/* What a channel is given: the message with the incident as `state` has it now (or NULL). New. */
json_t *message_to_send(const json_t *message, const json_t *state);
/* What templates see, and the body of a webhook that has none. New. */
json_t *message_view(const json_t *message);
/* A message that tells nothing but that it arrived. New. */
json_t *message_test(const char *notification, const char *environment, const json_t *run,
		     int64_t now_ms, uint64_t random);

/* Topics and severities, for validation and docs; NULL-terminated. */
extern const char *const message_topics[];
extern const char *const message_severities[];

/* A webhook's template: every text in `value` (a JSON value, any depth) has its {{jq}} parts replaced
 * by their outputs on `content`: strings as they are, null as nothing, other values as JSON, several
 * outputs one a line. A text that is one part and nothing else becomes the value that it gives.
 * ERR_CONFIG with the part that does not compile or fails. */
int template_fill(const json_t *value, const json_t *content, json_t **ret,
		  struct err *err);

#endif
