/* Delivering messages: what is due is claimed on the journal, sent, and what came of it written down.
 *
 *     claim → send, each notification in a lane of its own → record
 *
 * Two runs never both send a message: the claim is a compare-and-swap like everything on the journal. A
 * run that dies in between leaves a claim that ends by itself; then the next run sends again, and the
 * channel's deduplication, where it has one, makes one of the two.
 */
#include <stdlib.h>
#include <string.h>

#include "aftermath.h"
#include "belay/channel.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "deliver_send.h"
#include "draft.h"

/* A claim that ends sooner than this is made again before anything is sent. */
#define CLAIM_LEFT_MS (LANE_MS + 180000)

/* --- events ----------------------------------------------------------------------------------- */

static const char *const *default_topics(const char *channel)
{
	const struct channel *found = channel_find(channel);
	return found ? found->topics : NULL;
}

static bool channel_counts(const char *channel)
{
	const struct channel *found = channel_find(channel);
	return found && found->counts;
}

static struct message_rules rules_of(const struct engine *engine)
{
	return (struct message_rules){engine->config, engine->environment, default_topics,
				      channel_counts};
}

static const char *run_id(const struct courier *courier)
{
	return json_get_string(courier->run, "id", "");
}

/* Takes ids. */
static json_t *claim_of(json_t *ids, int64_t now_ms)
{
	char until[TIME_TEXT_BYTES];
	return json_pack("{s:o, s:s}", "messages", ids, "until",
			 time_format(now_ms + CLAIM_MS, until));
}

json_t *courier_events(const struct courier *courier, const json_t *state,
		       const struct occasion *occasion)
{
	const struct message_rules rules = rules_of(courier->engine);
	struct effects *fx = courier->engine->fx;
	int64_t now_ms = effects_now_ms(fx);
	json_t *events =
		messages_route(&rules, state, occasion, now_ms, effects_random(fx));
	json_t *now = json_array();
	size_t i;
	const json_t *event;
	json_array_foreach(events, i, event) {
		const json_t *message =
			json_object_get(json_object_get(event, "data"), "message");
		if (json_is_object(message) &&
		    json_is_null(json_object_get(message, "not_before")))
			json_array_append(now, json_object_get(message, "id"));
	}
	if (json_array_size(now) == 0) {
		json_decref(now);
		return events;
	}
	json_array_append_new(events, json_pack("{s:s, s:o}", "type", "message.claimed",
						"data", claim_of(now, now_ms)));
	return events;
}

/* --- claiming --------------------------------------------------------------------------------- */

static bool is_ours(const struct courier *courier, const json_t *message)
{
	return str_equal(json_get_string(message, "claimed_by", NULL), run_id(courier));
}

/* Ours for long enough to send it. */
static bool is_held(const struct courier *courier, const json_t *message, int64_t now_ms)
{
	int64_t until_ms = 0;
	time_parse(json_get_string(message, "claimed_until", ""), &until_ms);
	return is_ours(courier, message) && until_ms - now_ms > CLAIM_LEFT_MS;
}

static void add_ids(json_t *ids, const json_t *message)
{
	json_t *gathered = json_object_get(message, "gathered");
	json_array_append(ids, json_object_get(message, "id"));
	if (gathered)
		json_array_extend(ids, gathered);
}

/* Ids of what is due and not held. New. */
static json_t *to_claim(const struct courier *courier, const json_t *state,
			int64_t now_ms)
{
	_cleanup_json_ json_t *due = messages_due(state, run_id(courier), now_ms);
	json_t *ids = json_array();
	size_t i;
	const json_t *message;
	json_array_foreach(due, i, message) {
		if (!is_held(courier, message, now_ms))
			add_ids(ids, message);
	}
	return ids;
}

static void escalate(struct draft *draft)
{
	const struct courier *courier = draft->courier;
	const struct message_rules rules = rules_of(courier->engine);
	_cleanup_json_ json_t *rows =
		messages_escalations(&rules, draft->documents.state, draft->now_ms);
	size_t i;
	const json_t *row;
	json_array_foreach(rows, i, row)
		draft_add(draft, "message.queued",
			  message_escalation(draft->documents.state, row, courier->run,
					     draft->now_ms,
					     effects_random(courier->engine->fx)));
}

static int compose_claim(struct draft *draft, void *context, struct err *err)
{
	(void)context;
	(void)err;
	escalate(draft);
	json_t *ids = to_claim(draft->courier, draft->documents.state, draft->now_ms);
	if (json_array_size(ids) > 0)
		draft_add(draft, "message.claimed", claim_of(ids, draft->now_ms));
	else
		json_decref(ids);
	return 0;
}

static bool needs_claim(const struct courier *courier, const json_t *state,
			int64_t now_ms)
{
	const struct message_rules rules = rules_of(courier->engine);
	_cleanup_json_ json_t *escalations = messages_escalations(&rules, state, now_ms);
	_cleanup_json_ json_t *ids = to_claim(courier, state, now_ms);
	return json_array_size(escalations) + json_array_size(ids) > 0;
}

static int claim(const struct courier *courier, struct err *err)
{
	const json_t *state = store_documents(courier->store)->state;
	if (!needs_claim(courier, state, effects_now_ms(courier->engine->fx)))
		return 0;
	return draft_append(courier, compose_claim, NULL, err);
}

/* --- recording -------------------------------------------------------------------------------- */

static bool is_waiting(const json_t *state, const char *id)
{
	size_t i;
	const json_t *message;
	json_array_foreach(json_object_get(state, "outbox"), i, message) {
		if (str_equal(json_get_string(message, "id", ""), id))
			return true;
	}
	return false;
}

static void record_sent(struct draft *draft, const struct delivery *delivery,
			json_t *data)
{
	const char *ref = json_get_string(delivery->link, "ref", NULL);
	json_object_set_new(data, "ref", ref ? json_string(ref) : json_null());
	draft_add(draft, "message.sent", data);
	const char *incident = json_get_string(delivery->message, "incident", NULL);
	const json_t *known = json_object_get(
		json_object_get(incident ? incident_find(draft->documents.state, incident)
					 : NULL,
				"links"),
		delivery_notification(delivery));
	if (!incident || !delivery->link || json_equal(known, delivery->link))
		return;
	draft_add(draft, "incident.linked",
		  json_pack("{s:s, s:s, s:s?, s:s?}", "incident", incident,
			    "notification", delivery_notification(delivery), "ref", ref,
			    "url", json_get_string(delivery->link, "url", NULL)));
}

static void record_dropped(struct draft *draft, const struct delivery *delivery,
			   json_t *data, const char *reason)
{
	json_object_set_new(data, "reason", json_string(reason));
	json_object_set_new(data, "notification",
			    json_string(delivery_notification(delivery)));
	json_object_set(data, "topic", json_object_get(delivery->message, "topic"));
	draft_add(draft, "message.dropped", data);
}

static void record_failed(struct draft *draft, const struct delivery *delivery,
			  json_t *data)
{
	char at[TIME_TEXT_BYTES];
	int attempts =
		(int)json_get_int(delivery->message, "attempts", 0) + !delivery->untried;
	int64_t wait_ms = message_retry_ms(attempts, delivery->retry_after_ms);
	if (wait_ms < 0) {
		_cleanup_free_ char *reason = str_format("given up after %d tries: %s",
							 attempts, delivery->err.message);
		record_dropped(draft, delivery, data, reason);
		return;
	}
	json_object_set_new(data, "error", json_string(delivery->err.message));
	json_object_set_new(data, "not_before",
			    json_string(time_format(draft->now_ms + wait_ms, at)));
	if (delivery->untried)
		json_object_set_new(data, "tried", json_false());
	draft_add(draft, "message.failed", data);
}

static void record_one(struct draft *draft, const struct delivery *delivery)
{
	const char *id = json_get_string(delivery->message, "id", "");
	json_t *gathered = json_object_get(delivery->message, "gathered");
	if (!is_waiting(draft->documents.state, id))
		return; /* the claim was over, and another run has settled it */
	json_t *data = json_pack("{s:s}", "message", id);
	if (json_array_size(gathered) > 0)
		json_object_set(data, "gathered", gathered);
	switch (delivery->outcome) {
	case DELIVERY_SENT:
		record_sent(draft, delivery, data);
		break;
	case DELIVERY_FAILED:
		record_failed(draft, delivery, data);
		break;
	case DELIVERY_DROPPED:
		record_dropped(draft, delivery, data, delivery->err.message);
		break;
	}
}

static int compose_record(struct draft *draft, void *context, struct err *err)
{
	const struct deliveries *deliveries = context;
	(void)err;
	for (size_t i = 0; i < deliveries->count; i++)
		record_one(draft, &deliveries->items[i]);
	return 0;
}

/* --- delivering ------------------------------------------------------------------------------- */

static void take_ours(const struct courier *courier, struct deliveries *deliveries)
{
	const json_t *state = store_documents(courier->store)->state;
	int64_t now_ms = effects_now_ms(courier->engine->fx);
	_cleanup_json_ json_t *due = messages_due(state, run_id(courier), now_ms);
	size_t i;
	json_t *message;
	json_array_foreach(due, i, message) {
		if (is_held(courier, message, now_ms))
			*vec_push(deliveries) =
				(struct delivery){.message = json_incref(message)};
	}
}

int courier_deliver(const struct courier *courier, json_t **ret_told, struct err *err)
{
	__attribute__((cleanup(deliveries_release))) struct deliveries deliveries = {0};
	struct err unclaimed = {0};
	int claimed = claim(courier, &unclaimed);
	/* What was claimed with the last push can be sent although nothing more can be claimed. */
	take_ours(courier, &deliveries);
	_cleanup_json_ json_t *state =
		json_incref(store_documents(courier->store)->state);
	deliver_send(courier->engine, state, &deliveries);
	json_t *told = json_array();
	for (size_t i = 0; i < deliveries.count; i++)
		json_array_append_new(told, delivery_told(&deliveries.items[i]));
	*ret_told = told;
	if (deliveries.count > 0 &&
	    draft_append(courier, compose_record, &deliveries, err) < 0)
		return -1;
	if (claimed < 0)
		*err = unclaimed;
	return claimed;
}

/* --- for verbs -------------------------------------------------------------------------------- */

static json_t *result_of_told(const struct engine *engine, const json_t *told)
{
	json_t *sent = json_array(), *failed = json_array();
	size_t i;
	json_t *row;
	json_array_foreach(told, i, row) {
		bool good = str_equal(json_get_string(row, "outcome", ""), "sent");
		json_array_append(good ? sent : failed, row);
	}
	return json_pack("{s:s, s:o, s:o}", "environment", engine->environment->name,
			 "sent", sent, "failed", failed);
}

static int compose_reminders(struct draft *draft, void *context, struct err *err)
{
	(void)context;
	(void)err;
	draft_post_mortems(draft);
	return 0;
}

int engine_deliver(const struct engine *engine, json_t **ret_result, struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_json_ json_t *run = identity_of_run(engine->fx);
	_cleanup_json_ json_t *told = NULL;
	if (store_open(engine->fx, engine->config, engine->environment->name, &store,
		       err) < 0)
		return -1;
	const struct courier courier = {engine, store, run};
	if (draft_append(&courier, compose_reminders, NULL, err) < 0)
		return -1;
	post_mortems_propose(&courier);
	if (courier_deliver(&courier, &told, err) < 0)
		return -1;
	const json_t *outbox = json_object_get(store_documents(store)->state, "outbox");
	*ret_result = result_of_told(engine, told);
	json_object_set_new(*ret_result, "waiting",
			    json_integer((json_int_t)json_array_size(outbox)));
	return 0;
}

static int unknown_notification(const struct config *config, const char *name,
				struct err *err)
{
	const char **known = mem_array(const char *, config->notification_count + 1);
	for (size_t i = 0; i < config->notification_count; i++)
		known[i] = config->notifications[i].name;
	const char *nearest = str_nearest(name, known, config->notification_count);
	free(known);
	err_set(err, ERR_USAGE, "there is no notification '%s' in %s", name,
		config->file);
	return nearest ? err_hint(err, "did you mean '%s'?", nearest) : -1;
}

static void add_test(const struct engine *engine, const char *name, const json_t *run,
		     struct deliveries *deliveries)
{
	struct effects *fx = engine->fx;
	*vec_push(deliveries) = (struct delivery){
		.message = message_test(name, engine->environment->name, run,
					effects_now_ms(fx), effects_random(fx))};
}

static int choose_tests(const struct engine *engine, const char *const *names,
			struct deliveries *deliveries, struct err *err)
{
	const struct config *config = engine->config;
	_cleanup_json_ json_t *run = identity_of_run(engine->fx);
	for (size_t i = 0; names && names[i]; i++) {
		if (!config_notification(config, names[i]))
			return unknown_notification(config, names[i], err);
		add_test(engine, names[i], run, deliveries);
	}
	for (size_t i = 0; !(names && names[0]) && i < config->notification_count; i++)
		add_test(engine, config->notifications[i].name, run, deliveries);
	if (deliveries->count > 0)
		return 0;
	err_set(err, ERR_CONFIG, "%s has no notifications", config->file);
	return err_hint(err, "add one below 'notify:'; see 'belay docs notify'");
}

int engine_notify_test(const struct engine *engine, const char *const *names,
		       enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(deliveries_release))) struct deliveries deliveries = {0};
	_cleanup_json_ json_t *told = json_array();
	if (choose_tests(engine, names, &deliveries, err) < 0)
		return -1;
	deliver_send(engine, NULL, &deliveries);
	for (size_t i = 0; i < deliveries.count; i++)
		json_array_append_new(told, delivery_told(&deliveries.items[i]));
	*ret_result = result_of_told(engine, told);
	json_object_set_new(*ret_result, "test", json_true());
	*ret_end = json_array_size(json_object_get(*ret_result, "failed")) > 0
			   ? END_FAILED
			   : END_PASSED;
	return 0;
}
