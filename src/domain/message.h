/* What the files on messages share: building one, its content, times and ids. Private to src/domain.
 */
#ifndef BELAY_DOMAIN_MESSAGE_H
#define BELAY_DOMAIN_MESSAGE_H

#include "belay/mem.h"
#include "belay/message.h"

/* All borrowed. */
struct message_facts {
	const char *id, *notification, *topic, *severity, *environment, *key;
	const char *incident; /* id, or NULL */
	const json_t *content;
	int64_t at_ms, not_before_ms; /* not_before_ms 0: at once */
	bool digest, escalation;
};
json_t *message_new(const struct message_facts *facts); /* new */

/* 16 hexadecimal digits: the index-th id that this random number gives. Fresh. */
char *message_id(uint64_t random, uint64_t index);

/* What a topic weighs when nobody says. */
const char *message_severity_of(const char *topic);
bool message_is_severity(const char *text);
json_t *message_time(int64_t at_ms); /* RFC 3339; new */
/* Milliseconds of a member that is a time, or -1. */
int64_t message_time_of(const json_t *object, const char *key);

/* message_content.c: the members that every content has. New. */
json_t *content_new(const char *environment, const json_t *run, const char *severity,
		    int64_t at_ms);
/* A copy whose texts, fields and lists have the size that a journal can carry. New. */
json_t *content_bounded(const json_t *content);
/* One content out of the messages that waited for a digest. New. */
json_t *content_of_digest(const json_t *messages, int64_t now_ms);

/* route.c: does it listen to this topic, at this severity, in this environment? */
bool route_hears(const struct message_rules *rules,
		 const struct config_notification *notification, const char *topic,
		 const char *severity);
/* Would it be told of an incident, in whatever words? */
bool route_hears_incident(const struct message_rules *rules,
			  const struct config_notification *notification,
			  const char *severity);
/* Index of the message that gives way when there are too many: the oldest of the lowest severity that
 * nobody is sending, else the first. */
size_t outbox_weakest(const json_t *outbox);

#endif
