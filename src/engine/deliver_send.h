/* Sending what is claimed: one lane for each notification. Private to src/engine.
 */
#ifndef BELAY_ENGINE_DELIVER_SEND_H
#define BELAY_ENGINE_DELIVER_SEND_H

#include "belay/engine.h"

/* How long a run keeps a message for itself. A lane begins nothing new after its time is over, so
 * that what it began has ended before the claim has. */
#define CLAIM_MS ((int64_t)600 * 1000)
#define LANE_MS ((int64_t)60 * 1000)

/* One message on its way. */
struct delivery {
	json_t *message; /* owned */
	enum { DELIVERY_SENT, DELIVERY_FAILED, DELIVERY_DROPPED } outcome;
	bool untried; /* it failed because one before it did, or the time was over */
	struct err err;
	json_t *link; /* {ref, url} that the channel gave, or NULL; owned */
	int64_t retry_after_ms;
};
struct deliveries {
	struct delivery *items;
	size_t count, capacity;
};
void deliveries_release(struct deliveries *deliveries);

/* Sends them, each notification in a lane of its own, messages of one notification in their order, and
 * says how it went in the progress. `state` has the incidents; NULL for messages that are in no outbox:
 * those are not tried again. */
void deliver_send(const struct engine *engine, const json_t *state,
		  struct deliveries *deliveries);

/* {notification, topic, outcome, reason?, link?}. New. */
json_t *delivery_told(const struct delivery *delivery);
/* The configuration's words for a message's notification. */
const char *delivery_notification(const struct delivery *delivery);

#endif
