/* Delivering: claims, sending, what is written down about it, and what happens when two runs meet. The
 * journal is fake_git.h's, the web answers what the test says. */
#include "engine/aftermath.h"

#include <pthread.h>

#include "../domain/journey.h"
#include "../state/fake_git.h"
#include "belay/incident.h"
#include "belay/store.h"

#define CONFIG                                                                           \
	"version: 1\n"                                                                   \
	"state: {remote: /srv/shop.git}\n"                                               \
	"environments: {production: {notify: [a, b]}}\n"                                 \
	"notify:\n"                                                                      \
	"  a: {webhook: {url: 'http://a.test/'}, on: [degraded, recovered]}\n"           \
	"  b: {webhook: {url: 'http://b.test/'}, on: [degraded]}\n"

/* One run and its world. */
struct hall {
	struct effects_layer layer;
	struct world *world;
	unsigned asked;
	pthread_mutex_t mutex;
	struct effects *fx;
	struct config *config;
	struct engine engine;
	struct store *store;
	json_t *run;
	struct courier courier;
	int64_t status_a, status_b; /* what the two sites answer */
	const char *body;           /* JSON of the answer */
	json_t *requests;           /* [{url, headers, json}] */
	json_t *told;
	struct err err;
};

static struct hall *meddled; /* the hall that the meddler works for */

static json_t *hall_http(struct hall *hall, const json_t *args)
{
	const char *url = json_get_string(args, "url", "");
	json_array_append(hall->requests, (json_t *)args);
	return json_pack(
		"{s:I, s:{}, s:o}", "status",
		(json_int_t)(strstr(url, "//b") ? hall->status_b : hall->status_a),
		"headers", "body", journey_json(hall->body));
}

/* The n-th request to that site, from 0: two sites are told side by side, in any order. */
static const json_t *request_to(const struct hall *hall, const char *site, size_t n)
{
	size_t i;
	const json_t *request;
	json_array_foreach(hall->requests, i, request) {
		if (strstr(json_get_string(request, "url", ""), site) && n-- == 0)
			return request;
	}
	return NULL;
}

static int hall_perform(struct effects_layer *layer, const struct lane *lane,
			const struct effect *effect, json_t **ret, struct err *err)
{
	struct hall *hall = (struct hall *)layer;
	pthread_mutex_lock(&hall->mutex);
	int result = 0;
	char hex[17];
	snprintf(hex, sizeof hex, "%016x", ++hall->asked);
	if (strcmp(effect->kind, "http") == 0)
		*ret = hall_http(hall, effect->args);
	else if (strcmp(effect->kind, "random") == 0)
		*ret = json_pack("{s:s}", "hex", hex);
	else if (strcmp(effect->kind, "system") == 0)
		*ret = json_pack("{s:s, s:s}", "hostname", "desk", "user", "ada");
	else
		result = world_perform(&hall->world->layer, lane, effect, ret, err);
	pthread_mutex_unlock(&hall->mutex);
	return result;
}

static void hall_release(struct effects_layer *layer)
{
	world_release(&((struct hall *)layer)->world->layer);
}

static struct hall *hall_open(const char *config)
{
	static const struct effects_layer_ops ops = {
		.name = "hall", .perform = hall_perform, .release = hall_release};
	struct hall *hall = mem_new(struct hall);
	pthread_mutex_init(&hall->mutex, NULL);
	hall->layer.ops = &ops;
	hall->world = world_new();
	hall->fx = effects_new(&hall->layer);
	hall->world->fx = hall->fx;
	hall->status_a = hall->status_b = 200;
	hall->body = "{}";
	hall->requests = json_array();
	CHECK_OK(config_parse(config, strlen(config), "belay.yml", &hall->config, NULL,
			      &hall->err),
		 &hall->err);
	hall->engine = (struct engine){
		.fx = hall->fx,
		.config = hall->config,
		.environment = config_environment(hall->config, "production")};
	CHECK_OK(store_open(hall->fx, hall->config, "production", &hall->store,
			    &hall->err),
		 &hall->err);
	hall->run = journey_run("4711");
	hall->courier = (struct courier){&hall->engine, hall->store, hall->run};
	return hall;
}

static void hall_close(struct hall *hall)
{
	store_free(hall->store);
	effects_free(hall->fx);
	config_free(hall->config);
	json_decref(hall->run);
	json_decref(hall->told);
	json_decref(hall->requests);
	pthread_mutex_destroy(&hall->mutex);
	free(hall);
}

/* --- what tests do with it -------------------------------------------------------------------- */

static int stage_events(const struct journal_documents *documents, json_t *events,
			void *context, struct err *err)
{
	const json_t *rows = context;
	_cleanup_json_ json_t *run = journey_run("4711");
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		if (store_stage(documents, events, json_get_string(row, "type", ""),
				JOURNEY_START_MS, run, NULL,
				json_deep_copy(json_object_get(row, "data")), err) < 0)
			return -1;
	}
	return 0;
}

/* Puts events on the journal; takes them. */
static void put(struct hall *hall, json_t *events)
{
	CHECK_OK(store_append(hall->store, stage_events, events, &hall->err), &hall->err);
	json_decref(events);
}

/* An occasion's messages, waiting for whoever comes; claimed by this run when `claimed`. */
static void queue(struct hall *hall, const char *topic, const char *key, bool claimed)
{
	_cleanup_json_ json_t *content = json_pack("{s:s}", "title", topic);
	const struct occasion occasion = {.topic = topic, .key = key, .content = content};
	json_t *events = courier_events(&hall->courier,
					store_documents(hall->store)->state, &occasion);
	size_t last = json_array_size(events) - 1;
	CHECK_STR_EQ(json_get_string(json_array_get(events, last), "type", ""),
		     "message.claimed");
	if (!claimed)
		json_array_remove(events, last);
	put(hall, events);
}

static int deliver(struct hall *hall)
{
	json_decref(hall->told);
	hall->told = NULL;
	hall->err = (struct err){0};
	return courier_deliver(&hall->courier, &hall->told, &hall->err);
}

/* "a:sent b:failed " of the last delivery. */
static char *told(const struct hall *hall)
{
	struct str text = STR_INIT;
	size_t i;
	const json_t *row;
	json_array_foreach(hall->told, i, row)
		str_addf(&text, "%s:%s ", json_get_string(row, "notification", "?"),
			 json_get_string(row, "outcome", "?"));
	return str_take(&text);
}

#define CHECK_TOLD(hall, want)                                                           \
	do {                                                                             \
		_cleanup_free_ char *told_ = told(hall);                                 \
		CHECK_STR_EQ(told_, want);                                               \
	} while (0)

static size_t waiting(const struct hall *hall)
{
	return json_array_size(
		json_object_get(store_documents(hall->store)->state, "outbox"));
}

static const char *last_subject(const struct hall *hall)
{
	const json_t *commits = world_branch(hall->world, "belay-state");
	const json_t *last = json_array_get(commits, json_array_size(commits) - 1);
	return json_get_string(last, "subject", "");
}

/* --- the ordinary way ------------------------------------------------------------------------- */

TEST(what_waits_is_claimed_sent_and_recorded)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "degraded", "alert/api", false);
	int appends = hall->world->appends;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:sent b:sent ");
	CHECK_INT_EQ(json_array_size(hall->requests), 2);
	CHECK_INT_EQ(hall->world->appends - appends, 2);
	CHECK_INT_EQ(waiting(hall), 0);
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "");
	CHECK_INT_EQ(hall->world->appends - appends, 2);
	hall_close(hall);
}

TEST(what_was_claimed_with_the_last_push_needs_one_more)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "degraded", "alert/api", true);
	int appends = hall->world->appends;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:sent b:sent ");
	CHECK_INT_EQ(hall->world->appends - appends, 1);
	hall_close(hall);
}

TEST(nothing_to_send_is_nothing_to_push)
{
	struct hall *hall = hall_open(CONFIG);
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_INT_EQ(hall->world->appends, 0);
	CHECK_INT_EQ(json_array_size(hall->told), 0);
	hall_close(hall);
}

/* --- two runs --------------------------------------------------------------------------------- */

/* Another run is faster with whatever this one is about to push. */
static void other_run(struct world *world)
{
	struct hall *hall = meddled;
	struct store *store = NULL;
	struct err err = {0};
	_cleanup_json_ json_t *run = journey_run("42");
	(void)world;
	world->meddle = NULL;
	pthread_mutex_unlock(&hall->mutex);
	if (CHECK_OK(store_open(hall->fx, hall->config, "production", &store, &err),
		     &err)) {
		const struct courier courier = {&hall->engine, store, run};
		json_t *other = NULL;
		CHECK_OK(courier_deliver(&courier, &other, &err), &err);
		CHECK_INT_EQ(json_array_size(other), 2);
		json_decref(other);
	}
	store_free(store);
	pthread_mutex_lock(&hall->mutex);
}

TEST(two_runs_never_both_send)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "degraded", "alert/api", false);
	meddled = hall;
	hall->world->meddle = other_run;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "");
	CHECK_INT_EQ(json_array_size(hall->requests), 2);
	CHECK_INT_EQ(waiting(hall), 0);
	hall_close(hall);
}

/* A run that was away for longer than its claim does not write over what another one has settled. */
TEST(a_claim_that_is_over_is_made_again)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "degraded", "alert/api", true);
	hall->world->now_ms += 700000;
	meddled = hall;
	hall->world->meddle = other_run;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "");
	CHECK_INT_EQ(json_array_size(hall->requests), 2);
	hall_close(hall);
}

/* --- failures --------------------------------------------------------------------------------- */

TEST(a_channel_that_is_away_is_tried_again_later)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "degraded", "alert/api", false);
	hall->status_a = 503;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:failed b:sent ");
	CHECK_STR_EQ(json_get_string(json_array_get(hall->told, 0), "reason", ""),
		     "the webhook answered 503: {}");
	CHECK_INT_EQ(waiting(hall), 1);
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "");
	hall->world->now_ms += 31000;
	hall->status_a = 200;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:sent ");
	CHECK_INT_EQ(json_array_size(hall->requests), 3);
	CHECK_STR_EQ(
		json_get_string(json_object_get(request_to(hall, "//a", 0), "headers"),
				"Idempotency-Key", "x"),
		json_get_string(json_object_get(request_to(hall, "//a", 1), "headers"),
				"Idempotency-Key", "y"));
	hall_close(hall);
}

TEST(a_refusal_is_final_and_on_the_journal)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "recovered", "alert/api", false);
	hall->status_a = 404;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:dropped ");
	CHECK_INT_EQ(waiting(hall), 0);
	CHECK_STR_EQ(last_subject(hall), "production: did not tell a: recovered: the "
					 "webhook answered 404: {}");
	hall_close(hall);
}

TEST(after_twenty_failures_it_is_given_up)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "recovered", "alert/api", false);
	hall->status_a = 500;
	int tries = 0;
	while (waiting(hall) > 0 && tries < 100) {
		CHECK_OK(deliver(hall), &hall->err);
		hall->world->now_ms += INT64_C(3700000);
		tries++;
	}
	CHECK_INT_EQ(tries, MESSAGE_ATTEMPTS_MAX);
	CHECK_STR_HAS(last_subject(hall), "given up after 20 tries");
	hall_close(hall);
}

TEST(a_service_that_does_not_take_one_message_is_spared_the_next)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "recovered", "alert/api", false);
	queue(hall, "recovered", "alert/web", false);
	queue(hall, "degraded", "alert/web", false);
	hall->status_a = 429;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:failed a:failed a:failed b:sent ");
	CHECK_INT_EQ(json_array_size(hall->requests), 2);
	size_t i;
	const json_t *message;
	json_array_foreach(json_object_get(store_documents(hall->store)->state, "outbox"),
			   i, message)
		CHECK_INT_EQ(json_get_int(message, "attempts", -1), i == 0);
	hall_close(hall);
}

TEST(a_notification_that_is_gone_is_told_nothing)
{
	struct hall *hall = hall_open(CONFIG);
	put(hall,
	    journey_json("[{'type': 'message.queued', 'data': {'message': {'id': 'm', "
			 "'notification': 'gone', 'topic': 'degraded', 'severity': "
			 "'P1', 'key': 'k', 'content': {}}}}]"));
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "gone:dropped ");
	CHECK_STR_HAS(last_subject(hall), "there is no notification 'gone' in belay.yml");
	hall_close(hall);
}

TEST(a_run_without_the_secret_leaves_the_message_to_another)
{
	struct hall *hall = hall_open(
		"version: 1\n"
		"state: {remote: /srv/shop.git}\n"
		"environments: {production: {notify: [a]}}\n"
		"notify: {a: {slack: {webhook: {env: HOOK}}, on: [degraded]}}\n");
	queue(hall, "degraded", "alert/api", false);
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:failed ");
	CHECK_STR_EQ(json_get_string(json_array_get(hall->told, 0), "reason", ""),
		     "this run lacks the variable HOOK");
	CHECK_INT_EQ(json_array_size(hall->requests), 0);
	json_object_set_new(hall->world->env, "HOOK", json_string("http://a.test/"));
	hall->world->now_ms += 31000;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:sent ");
	hall_close(hall);
}

/* The journal is away: what this run has claimed it sends all the same. */
TEST(a_journal_that_is_away_does_not_keep_people_from_hearing)
{
	struct hall *hall = hall_open(CONFIG);
	queue(hall, "degraded", "alert/api", true);
	hall->world->failing = 100000;
	CHECK_FAILS(deliver(hall), &hall->err, ERR_NET, "does not answer");
	CHECK_TOLD(hall, "a:sent b:sent ");
	hall_close(hall);
}

/* --- more than one message -------------------------------------------------------------------- */

TEST(what_a_channel_gives_back_is_known_to_the_next_message)
{
	struct hall *hall = hall_open(
		"version: 1\n"
		"state: {remote: /srv/shop.git}\n"
		"environments: {production: {notify: [a]}}\n"
		"notify: {a: {slack: {token: {env: T}, channel: '#ops', api_url: "
		"'http://a.test'}, on: [incident-opened, incident-updated]}}\n");
	json_object_set_new(hall->world->env, "T", json_string("xoxb-1"));
	hall->body = "{'ok': true, 'channel': 'C1', 'ts': '1.2'}";
	put(hall,
	    journey_json(
		    "[{'type': 'incident.opened', 'data': {'id': 'i1', 'kind': 'manual', "
		    "'severity': 'P1', 'title': 't', 'reason': 'r', 'services': []}}]"));
	const char *topics[] = {"incident-opened", "incident-updated"};
	for (size_t i = 0; i < 2; i++) {
		const json_t *state = store_documents(hall->store)->state;
		_cleanup_json_ json_t *incident =
			json_incref((json_t *)incident_find(state, "i1"));
		_cleanup_json_ json_t *content =
			content_of_incident(incident, "production", NULL);
		const struct occasion occasion = {.topic = topics[i],
						  .key = "incident/i1",
						  .incident = incident,
						  .content = content};
		put(hall, courier_events(&hall->courier, state, &occasion));
	}
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:sent a:sent ");
	CHECK_NULL(json_at(hall->requests, "/0/json/thread_ts"));
	CHECK_STR_EQ(json_string_value(json_at(hall->requests, "/1/json/thread_ts")),
		     "1.2");
	CHECK_STR_EQ(json_get_string(json_at(store_documents(hall->store)->state,
					     "/incidents/0/links/a"),
				     "ref", ""),
		     "C1/1.2");
	hall_close(hall);
}

TEST(nobody_acknowledged_so_others_are_told_once)
{
	struct hall *hall = hall_open(
		"version: 1\n"
		"state: {remote: /srv/shop.git}\n"
		"environments: {production: {notify: [a]}}\n"
		"notify:\n"
		"  a: {webhook: {url: 'http://a.test'}, on: [incident-opened], escalate: "
		"{after: 15m, to: [b]}}\n"
		"  b: {webhook: {url: 'http://b.test'}, on: [failed]}\n");
	put(hall,
	    journey_json(
		    "[{'type': 'incident.opened', 'data': {'id': 'i1', 'kind': 'manual', "
		    "'severity': 'P1', 'title': 't', 'reason': 'r', 'services': []}}]"));
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "");
	hall->world->now_ms += 16 * 60000;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "b:sent ");
	CHECK_STR_HAS(json_string_value(json_at(hall->requests, "/0/json/title")),
		      "nobody acknowledged for 15m");
	hall->world->now_ms += 3600000;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "");
	hall_close(hall);
}

TEST(a_digest_is_one_request_and_settles_all)
{
	struct hall *hall = hall_open(
		"version: 1\n"
		"state: {remote: /srv/shop.git}\n"
		"environments: {production: {notify: [a]}}\n"
		"notify: {a: {webhook: {url: 'http://a.test'}, on: [deployed], digest: "
		"daily}}\n");
	for (int i = 0; i < 5; i++) {
		_cleanup_json_ json_t *content =
			json_pack("{s:s}", "title", "v1 is live");
		const struct occasion occasion = {
			.topic = "deployed", .key = "deployment/1", .content = content};
		json_t *events = courier_events(
			&hall->courier, store_documents(hall->store)->state, &occasion);
		CHECK_INT_EQ(json_array_size(events), 1);
		put(hall, events);
	}
	hall->world->now_ms += 24 * 3600000;
	hall->status_a = 503;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:failed ");
	CHECK_INT_EQ(waiting(hall), 5);
	hall->status_a = 200;
	hall->world->now_ms += 60000;
	CHECK_OK(deliver(hall), &hall->err);
	CHECK_TOLD(hall, "a:sent ");
	CHECK_INT_EQ(waiting(hall), 0);
	CHECK_INT_EQ(json_array_size(hall->requests), 2);
	CHECK_STR_HAS(json_string_value(json_at(hall->requests, "/1/json/title")),
		      "5 things since");
	hall_close(hall);
}

/* --- tests of channels ------------------------------------------------------------------------ */

TEST(a_test_goes_past_the_outbox)
{
	static const struct {
		const char *name;
		const char *names[3];
		int64_t status_b;
		size_t sent, failed;
		enum engine_end end;
	} rows[] = {
		{"all", {NULL}, 200, 2, 0, END_PASSED},
		{"one", {"b", NULL}, 200, 1, 0, END_PASSED},
		{"one fails", {NULL}, 503, 1, 1, END_FAILED},
	};
	FOR_ROWS(row, rows) {
		struct hall *hall = hall_open(CONFIG);
		enum engine_end end = END_STUCK;
		_cleanup_json_ json_t *result = NULL;
		hall->status_b = row->status_b;
		CHECK_OK(engine_notify_test(&hall->engine, row->names, &end, &result,
					    &hall->err),
			 &hall->err);
		CHECK_INT_EQ(json_array_size(json_object_get(result, "sent")), row->sent);
		CHECK_INT_EQ(json_array_size(json_object_get(result, "failed")),
			     row->failed);
		CHECK_INT_EQ(end, row->end);
		CHECK_INT_EQ(hall->world->appends, 0);
		hall_close(hall);
	}
}

TEST(a_test_of_nothing_is_refused)
{
	struct hall *hall = hall_open(CONFIG);
	enum engine_end end;
	json_t *result = NULL;
	const char *const names[] = {"a", "bb", NULL};
	CHECK_FAILS(engine_notify_test(&hall->engine, names, &end, &result, &hall->err),
		    &hall->err, ERR_USAGE, "there is no notification 'bb'");
	CHECK_INT_EQ(json_array_size(hall->requests), 0);
	hall_close(hall);
}
