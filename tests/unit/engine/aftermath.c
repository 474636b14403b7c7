/* What follows from the end of a transaction: incidents opened, updated, resolved, and who hears of it. */
#include "belay/incident.h"
#include "stage.h"

static json_t *incident_now(struct stage *stage, size_t index)
{
	_cleanup_json_ json_t *state = stage_state(stage);
	return json_incref(json_array_get(json_object_get(state, "incidents"), index));
}

static size_t incident_count(struct stage *stage)
{
	_cleanup_json_ json_t *state = stage_state(stage);
	return json_array_size(json_object_get(state, "incidents"));
}

static void check_member(struct stage *stage, size_t index, const char *key,
			 const char *want)
{
	_cleanup_json_ json_t *incident = incident_now(stage, index);
	CHECK_STR_EQ(json_get_string(incident, key, NULL), want);
}

static void check_verifies(struct stage *stage)
{
	struct store *store = NULL;
	_cleanup_json_ json_t *report = NULL;
	CHECK_OK(store_locate(stage->fx, stage->config, NULL, &store, &stage->err),
		 &stage->err);
	CHECK_OK(store_verify(store, &report, &stage->err), &stage->err);
	store_free(store);
}

TEST(one_trouble_is_one_incident)
{
	struct stage *stage = stage_new("");
	CHECK_INT_EQ(stage_deploy(stage, "v1"), END_PASSED);
	CHECK_INT_EQ(incident_count(stage), 0);

	CHECK_INT_EQ(stage_deploy(stage, "bad2"), END_ROLLED_BACK);
	CHECK_INT_EQ(incident_count(stage), 1);
	check_member(stage, 0, "kind", "rollback");
	check_member(stage, 0, "title", "bad2 → v1");
	check_member(stage, 0, "status", "open");
	const json_t *told = json_object_get(stage->result, "incident");
	CHECK_STR_EQ(json_get_string(told, "title", ""),
		     "[production rollback] bad2 → v1");

	CHECK_INT_EQ(stage_deploy(stage, "bad3"), END_ROLLED_BACK);
	CHECK_INT_EQ(incident_count(stage), 1);
	check_member(stage, 0, "version", "bad3");
	_cleanup_json_ json_t *again = incident_now(stage, 0);
	CHECK_INT_EQ(json_get_int(again, "occurrences", 0), 2);
	CHECK_INT_EQ(json_array_size(json_object_get(again, "evidence")), 1);

	CHECK_INT_EQ(stage_deploy(stage, "v4"), END_PASSED);
	CHECK_INT_EQ(incident_count(stage), 1);
	check_member(stage, 0, "status", "resolved");
	CHECK_INT_EQ(stage_deploy(stage, "v5"), END_PASSED);
	CHECK_INT_EQ(stage_deploy(stage, "bad6"), END_ROLLED_BACK);
	CHECK_INT_EQ(incident_count(stage), 2);
	check_verifies(stage);
	stage_end(stage);
}

TEST(an_incident_stays_open_when_it_is_not_to_be_closed)
{
	struct stage *stage = stage_new("incidents: {close: false}\n");
	stage_deploy(stage, "v1");
	CHECK_INT_EQ(stage_deploy(stage, "bad2"), END_ROLLED_BACK);
	CHECK_INT_EQ(stage_deploy(stage, "v3"), END_PASSED);
	check_member(stage, 0, "status", "open");
	_cleanup_json_ json_t *incident = incident_now(stage, 0);
	const json_t *timeline = json_object_get(incident, "timeline");
	CHECK_STR_EQ(
		json_get_string(json_array_get(timeline, json_array_size(timeline) - 1),
				"text", ""),
		"v3 passed its gates");
	stage_end(stage);
}

TEST(an_undo_that_fails_is_critical)
{
	struct stage *stage = stage_new("");
	stage_deploy(stage, "v1");
	stage->undo_fails = true;
	CHECK_INT_EQ(stage_deploy(stage, "bad2"), END_STUCK);
	check_member(stage, 0, "kind", "rollback-failed");
	check_member(stage, 0, "severity", "P0");
	_cleanup_json_ json_t *incident = incident_now(stage, 0);
	CHECK(stage_has(json_object_get(incident, "todo"), "by hand"));
	_cleanup_free_ char *title = incident_title(incident, "production");
	CHECK_STR_EQ(title, "[production CRITICAL] bad2 could not be taken back");

	/* The next one that passes brings it to its end. */
	stage->undo_fails = false;
	CHECK_INT_EQ(stage_deploy(stage, "v3"), END_PASSED);
	check_member(stage, 0, "status", "resolved");
	check_verifies(stage);
	stage_end(stage);
}

TEST(what_is_live_without_proof_is_partial_until_somebody_goes_back)
{
	struct stage *stage = stage_new("    rollback: {auto: false}\n");
	stage_deploy(stage, "v1");
	CHECK_INT_EQ(stage_deploy(stage, "bad2"), END_FAILED);
	check_member(stage, 0, "kind", "partial");
	const struct engine_request back = {.to = "v1", .reason = "it is bad"};
	CHECK_INT_EQ(stage_do(stage, engine_rollback, &back), END_PASSED);
	CHECK_INT_EQ(incident_count(stage), 1);
	check_member(stage, 0, "status", "resolved");
	stage_end(stage);
}

TEST(a_person_goes_back)
{
	struct stage *stage = stage_new("");
	stage_deploy(stage, "v1");
	stage_deploy(stage, "v2");
	const struct engine_request back = {.reason = "orders fail"};
	CHECK_INT_EQ(stage_do(stage, engine_rollback, &back), END_PASSED);
	CHECK_INT_EQ(incident_count(stage), 1);
	check_member(stage, 0, "kind", "rollback");
	check_member(stage, 0, "title", "v2 → v1");
	check_member(stage, 0, "status", "open");
	CHECK_INT_EQ(stage_deploy(stage, "v3"), END_PASSED);
	check_member(stage, 0, "status", "resolved");
	stage_end(stage);
}

TEST(going_back_while_something_is_open_is_part_of_it)
{
	struct stage *stage = stage_new("");
	const struct engine_incident asked = {.title = "orders fail", .severity = "P1"};
	stage_deploy(stage, "v1");
	stage_deploy(stage, "v2");
	_cleanup_json_ json_t *opened = NULL;
	CHECK_OK(engine_incident_open(&stage->engine, &asked, &opened, &stage->err),
		 &stage->err);
	const struct engine_request back = {.reason = "orders fail"};
	CHECK_INT_EQ(stage_do(stage, engine_rollback, &back), END_PASSED);
	CHECK_INT_EQ(incident_count(stage), 1);
	check_member(stage, 0, "kind", "manual");
	_cleanup_json_ json_t *incident = incident_now(stage, 0);
	CHECK_STR_EQ(
		json_get_string(json_array_get(json_object_get(incident, "timeline"), 0),
				"text", ""),
		"went back: v2 → v1");
	stage_end(stage);
}

TEST(what_never_touched_anything_is_no_incident)
{
	struct stage *stage = stage_new("    preflight: [health]\n");
	stage->health = 500;
	CHECK_INT_EQ(stage_deploy(stage, "v1"), END_FAILED);
	CHECK_INT_EQ(incident_count(stage), 0);
	stage_end(stage);
}

#define HOOK                                                                             \
	"    notify: [hook]\n"                                                           \
	"notify:\n"                                                                      \
	"  hook:\n"                                                                      \
	"    webhook: {url: 'http://hook.test/', json: {topic: '{{.topic}}', title: "    \
	"'{{.title}}'}}\n"                                                               \
	"    on: [deploying, deployed, rolled-back, incident-opened, incident-updated, " \
	"incident-resolved, degraded, recovered]\n"

static char *topics_of(const json_t *posts)
{
	struct str text = STR_INIT;
	size_t i;
	const json_t *post;
	json_array_foreach(posts, i, post)
		str_addf(&text, "%s%s", i ? " " : "",
			 json_get_string(post, "topic", "?"));
	return str_take(&text);
}

static void check_topics(struct stage *stage, const char *want)
{
	_cleanup_free_ char *topics = topics_of(stage->posts);
	CHECK_STR_EQ(topics, want);
	json_array_clear(stage->posts);
}

/* begin leaves a transaction open: that is no end. */
TEST(the_wrapped_form_has_one_end)
{
	struct stage *stage = stage_new(HOOK);
	stage_deploy(stage, "v1");
	const struct engine_request begin = {.version = "v2"};
	const struct engine_request finish = {.failed = true, .reason = "tests failed"};
	CHECK_INT_EQ(stage_do(stage, engine_begin, &begin), END_PASSED);
	CHECK_STR_EQ(json_get_string(stage->result, "end", ""), "open");
	check_topics(stage, "deployed deploying");
	CHECK_INT_EQ(incident_count(stage), 0);
	CHECK_INT_EQ(stage_do(stage, engine_finish, &finish), END_ROLLED_BACK);
	CHECK_INT_EQ(incident_count(stage), 1);
	check_member(stage, 0, "reason", "tests failed");
	stage_end(stage);
}

TEST(who_has_to_know_is_told)
{
	struct stage *stage = stage_new(HOOK);
	stage_deploy(stage, "v1");
	check_topics(stage, "deployed");
	stage_deploy(stage, "bad2");
	CHECK_INT_EQ(json_array_size(json_object_get(stage->result, "told")), 2);
	check_topics(stage, "incident-opened rolled-back");
	stage_later(stage, 60);
	stage_deploy(stage, "v3");
	check_topics(stage, "incident-resolved deployed");
	stage_end(stage);
}

/* A channel that fails never fails a deployment, and the next run tells. */
TEST(what_could_not_be_told_is_told_later)
{
	struct stage *stage = stage_new(HOOK);
	stage->hook = 503;
	CHECK_INT_EQ(stage_deploy(stage, "v1"), END_PASSED);
	check_topics(stage, "");
	stage->hook = 200;
	stage_later(stage, 600);
	CHECK_INT_EQ(stage_watch(stage), END_PASSED);
	check_topics(stage, "deployed");
	stage_end(stage);
}

/* Somebody resolves the incident by hand while the deployment that would resolve it is running: the end
 * of the deployment is recorded all the same. */
static void resolve_meanwhile(struct world *world)
{
	struct config *config = NULL;
	struct err err = {0};
	_cleanup_json_ json_t *result = NULL;
	if (world->appends < 8)
		return;
	world->meddle = NULL;
	CHECK_OK(config_parse(STAGE_CONFIG, strlen(STAGE_CONFIG), "belay.yml", &config,
			      NULL, &err),
		 &err);
	const struct engine engine = {.fx = world->fx,
				      .config = config,
				      .environment = &config->environments[0]};
	const struct engine_incident asked = {.text = "by hand"};
	CHECK_OK(engine_incident_resolve(&engine, &asked, &result, &err), &err);
	config_free(config);
}

TEST(somebody_was_faster)
{
	struct stage *stage = stage_new("");
	stage_deploy(stage, "v1");
	stage_deploy(stage, "bad2");
	stage->world->appends = 7;
	stage->world->fx = stage->fx;
	stage->world->meddle = resolve_meanwhile;
	pthread_mutexattr_t again;
	pthread_mutexattr_init(&again);
	pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_destroy(&stage->mutex);
	pthread_mutex_init(&stage->mutex, &again);
	pthread_mutexattr_destroy(&again);
	CHECK_INT_EQ(stage_deploy(stage, "v3"), END_PASSED);
	CHECK_NULL(stage->world->meddle);
	check_member(stage, 0, "status", "resolved");
	check_verifies(stage);
	stage_end(stage);
}
