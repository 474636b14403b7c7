/* Sending: lanes side by side, so that a slow channel holds up nobody but itself. What a channel's failure
 * means is decided here once: a service that cannot be reached now, or a secret that this run does not
 * have, is tried again by a later run; a refusal is final.
 */
#include "deliver_send.h"

#include <stdlib.h>
#include <string.h>

#include "belay/channel.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/message.h"
#include "belay/str.h"

/* The messages of one notification. */
struct delivery_lane {
	const struct config_notification *notification;
	const struct channel *channel;
	json_t *links; /* incident → {ref, url} that this lane got; owned */
};

struct round {
	const struct engine *engine;
	const json_t *state;
	struct deliveries *deliveries;
	struct delivery_lane *lanes;
};

void deliveries_release(struct deliveries *deliveries)
{
	for (size_t i = 0; i < deliveries->count; i++) {
		json_decref(deliveries->items[i].message);
		json_decref(deliveries->items[i].link);
	}
	free(deliveries->items);
	*deliveries = (struct deliveries){0};
}

const char *delivery_notification(const struct delivery *delivery)
{
	return json_get_string(delivery->message, "notification", "");
}

json_t *delivery_told(const struct delivery *delivery)
{
	static const char *const outcomes[] = {
		[DELIVERY_SENT] = "sent",
		[DELIVERY_FAILED] = "failed",
		[DELIVERY_DROPPED] = "dropped",
	};
	json_t *row = json_pack("{s:O, s:O, s:s}", "notification",
				json_object_get(delivery->message, "notification"),
				"topic", json_object_get(delivery->message, "topic"),
				"outcome", outcomes[delivery->outcome]);
	if (delivery->outcome != DELIVERY_SENT)
		json_object_set_new(row, "reason", json_string(delivery->err.message));
	if (delivery->link)
		json_object_set(row, "link", delivery->link);
	return row;
}

/* --- secrets ---------------------------------------------------------------------------------- */

static int need_secret(struct effects *lane, const json_t *reference, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:O}", "$secret", reference);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {
		.kind = "secret", .mode = EFFECT_OBSERVE, .args = args};
	const char *variable = json_get_string(reference, "env", NULL);
	if (effects_perform(lane, &effect, &answer, err) < 0)
		return -1;
	if (json_get_bool(answer, "present", false))
		return 0;
	if (variable)
		err_set(err, ERR_NET, "this run lacks the variable %s", variable);
	else if (json_object_get(reference, "oidc"))
		err_set(err, ERR_NET, "this run gets no OIDC token");
	else
		err_set(err, ERR_NET, "this run cannot read the file '%s'",
			json_get_string(reference, "file", "?"));
	return err_hint(err, "the message waits for a run that has it");
}

/* Every reference in the settings, at any depth. */
static int need_secrets(struct effects *lane, const json_t *settings, struct err *err)
{
	const char *key;
	size_t i;
	const json_t *member;
	const json_t *reference = json_object_get(settings, "$secret");
	if (reference)
		return need_secret(lane, reference, err);
	json_object_foreach((json_t *)settings, key, member) {
		if (need_secrets(lane, member, err) < 0)
			return -1;
	}
	json_array_foreach(settings, i, member) {
		if (need_secrets(lane, member, err) < 0)
			return -1;
	}
	return 0;
}

/* --- one message ------------------------------------------------------------------------------ */

static bool may_be_tried_again(enum err_code code)
{
	return code == ERR_NET || code == ERR_TIMEOUT || code == ERR_LIMIT ||
	       code == ERR_CANCELLED;
}

/* What this notification gave back for the incident: in this lane, or by an earlier run. */
static const json_t *link_of(const struct round *round, const struct delivery_lane *to,
			     const char *incident)
{
	const json_t *row = incident ? json_object_get(to->links, incident) : NULL;
	const json_t *incidents = json_object_get(round->state, "incidents");
	for (size_t i = 0; incident && !row && i < json_array_size(incidents); i++) {
		const json_t *candidate = json_array_get(incidents, i);
		if (str_equal(json_get_string(candidate, "id", ""), incident))
			row = json_object_get(json_object_get(candidate, "links"),
					      to->notification->name);
	}
	return row;
}

static void send_one(struct effects *lane, const struct round *round,
		     struct delivery_lane *to, struct delivery *delivery)
{
	const char *incident = json_get_string(delivery->message, "incident", NULL);
	_cleanup_json_ json_t *message = message_to_send(delivery->message, round->state);
	const struct channel_job job = {
		.config = round->engine->config,
		.notification = to->notification,
		.message = message,
		.link = link_of(round, to, incident),
		.now_ms = effects_now_ms(lane),
	};
	if (need_secrets(lane, to->notification->settings, &delivery->err) < 0 ||
	    to->channel->send(lane, &job, &delivery->link, &delivery->retry_after_ms,
			      &delivery->err) < 0)
		delivery->outcome = round->state && may_be_tried_again(delivery->err.code)
					    ? DELIVERY_FAILED
					    : DELIVERY_DROPPED;
	if (incident && delivery->link)
		json_object_set(to->links, incident, delivery->link);
}

static void report(const struct engine *engine, const struct delivery *delivery)
{
	const char *name = delivery_notification(delivery);
	switch (delivery->outcome) {
	case DELIVERY_SENT:
		progress_report(engine->progress, PROGRESS_STEP_DONE, name, "told: %s",
				json_get_string(delivery->message, "topic", ""));
		break;
	case DELIVERY_FAILED:
		progress_report(engine->progress, PROGRESS_NOTE, name,
				"not told yet, a later run will try again: %s",
				delivery->err.message);
		break;
	case DELIVERY_DROPPED:
		progress_report(engine->progress, PROGRESS_NOTE, name, "not told: %s",
				delivery->err.message);
		break;
	}
}

/* --- lanes ------------------------------------------------------------------------------------ */

/* A service that does not take one message now does not take the next one either. */
static void put_off(struct delivery *delivery, const struct delivery *before)
{
	delivery->outcome = DELIVERY_FAILED;
	delivery->untried = true;
	delivery->err = before->err;
	delivery->retry_after_ms = before->retry_after_ms;
}

static void run_lane(struct effects *lane, size_t index, void *context)
{
	const struct round *round = context;
	struct delivery_lane *to = &round->lanes[index];
	const struct delivery *failed = NULL;
	int64_t began_ms = effects_mono_ms(lane);
	for (size_t i = 0; i < round->deliveries->count; i++) {
		struct delivery *delivery = &round->deliveries->items[i];
		/* Only of its own may a lane know what became of it. */
		if (!str_equal(delivery_notification(delivery), to->notification->name) ||
		    delivery->err.code != ERR_NONE)
			continue;
		if (!failed && effects_mono_ms(lane) - began_ms > LANE_MS) {
			err_set(&delivery->err, ERR_TIMEOUT, "no time left in this run");
			delivery->outcome = DELIVERY_FAILED;
			delivery->untried = true;
		} else if (failed) {
			put_off(delivery, failed);
		} else {
			send_one(lane, round, to, delivery);
		}
		if (!failed)
			report(round->engine, delivery);
		if (delivery->outcome == DELIVERY_FAILED)
			failed = delivery;
	}
}

/* The lane of the delivery's notification, made when it is the first; none when nobody can send it. */
static void assign(struct round *round, struct delivery *delivery, size_t *count)
{
	const struct config *config = round->engine->config;
	const char *name = delivery_notification(delivery);
	const struct config_notification *notification =
		config_notification(config, name);
	const struct channel *channel =
		notification ? channel_find(notification->channel) : NULL;
	for (size_t i = 0; i < *count; i++)
		if (round->lanes[i].notification == notification)
			return;
	if (channel) {
		round->lanes[(*count)++] =
			(struct delivery_lane){notification, channel, json_object()};
		return;
	}
	delivery->outcome = DELIVERY_DROPPED;
	err_set(&delivery->err, ERR_CONFIG, "there is no notification '%s' in %s", name,
		config->file);
	report(round->engine, delivery);
}

void deliver_send(const struct engine *engine, const json_t *state,
		  struct deliveries *deliveries)
{
	size_t count = 0;
	struct round round = {
		.engine = engine,
		.state = state,
		.deliveries = deliveries,
		.lanes = mem_array(struct delivery_lane, deliveries->count + 1),
	};
	for (size_t i = 0; i < deliveries->count; i++)
		assign(&round, &deliveries->items[i], &count);
	char **names = mem_array(char *, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = str_format("notify/%s", round.lanes[i].notification->name);
	if (count > 0)
		effects_fan_out(engine->fx, count, (const char *const *)names, run_lane,
				&round);
	for (size_t i = 0; i < count; i++) {
		json_decref(round.lanes[i].links);
		free(names[i]);
	}
	free(names);
	free(round.lanes);
}
