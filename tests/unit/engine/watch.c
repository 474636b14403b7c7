/* Rounds of a watch, five minutes apart: when an incident is opened and resolved, what is told, and that a
 * round in which nothing changes leaves no trace. */
#include "belay/incident.h"
#include "stage.h"

#define HOOK                                                                             \
	"    notify: [hook]\n"                                                           \
	"notify:\n"                                                                      \
	"  hook:\n"                                                                      \
	"    webhook: {url: 'http://hook.test/', json: '{{.topic}}'}\n"                  \
	"    on: [degraded, recovered, incident-opened, incident-resolved]\n"

/* One letter a round: what the check answers. Gives how the last one ended. */
static int rounds(struct stage *stage, const char *story)
{
	int end = -1;
	for (; *story; story++) {
		stage->health = *story == 'g' ? 200 : 503;
		end = stage_watch(stage);
		stage_later(stage, 5);
	}
	return end;
}

static const json_t *changes(const struct stage *stage, const char *key)
{
	return json_object_get(json_object_get(stage->result, "changes"), key);
}

static const char *incident_status(struct stage *stage, size_t index)
{
	static char status[32];
	_cleanup_json_ json_t *state = stage_state(stage);
	const json_t *incident =
		json_array_get(json_object_get(state, "incidents"), index);
	snprintf(status, sizeof status, "%s",
		 json_get_string(incident, "status", "none"));
	return status;
}

TEST(a_failure_that_lasts_is_an_incident_until_it_is_over)
{
	struct stage *stage = stage_new(HOOK);
	stage_deploy(stage, "v1");
	CHECK_INT_EQ(rounds(stage, "g"), END_PASSED);
	CHECK_INT_EQ(rounds(stage, "b"), END_PASSED); /* patience */
	CHECK_STR_EQ(incident_status(stage, 0), "none");
	CHECK_INT_EQ(rounds(stage, "b"), END_FAILED);
	CHECK_JSON_EQ(changes(stage, "degraded"), "['health']");
	CHECK_STR_EQ(incident_status(stage, 0), "open");
	CHECK_STR_EQ(
		json_get_string(json_object_get(stage->result, "incident"), "title", ""),
		"[production degraded] health fails");
	CHECK_JSON_EQ(stage->posts, "['incident-opened', 'degraded']");
	json_array_clear(stage->posts);
	CHECK_INT_EQ(rounds(stage, "bbb"), END_FAILED);
	CHECK_INT_EQ(rounds(stage, "g"), END_FAILED);
	CHECK_INT_EQ(rounds(stage, "g"), END_PASSED);
	CHECK_JSON_EQ(changes(stage, "recovered"), "['health']");
	CHECK_STR_EQ(incident_status(stage, 0), "resolved");
	CHECK_JSON_EQ(stage->posts, "['recovered', 'incident-resolved']");
	CHECK(json_is_null(json_object_get(stage->result, "incident")));
	stage_end(stage);
}

static const struct {
	const char *name, *before, *story;
} quiet[] = {
	{"all is well", "gg", "gggggggggggg"},
	{"all is as bad as before", "bb", "bbbbbbbbbbbb"},
};

TEST(a_round_that_changes_nothing_is_not_pushed)
{
	FOR_ROWS(row, quiet) {
		struct stage *stage = stage_new("");
		rounds(stage, row->before);
		int appends = stage->world->appends;
		size_t commits = stage_commits(stage);
		rounds(stage, row->story);
		CHECK_INT_EQ(stage->world->appends, appends);
		CHECK_INT_EQ(stage_commits(stage), commits);
		stage_end(stage);
	}
}

TEST(flapping_is_held_back)
{
	struct stage *stage = stage_new(HOOK);
	rounds(stage, "gbgbgbgb");
	CHECK_STR_EQ(incident_status(stage, 0), "open");
	_cleanup_json_ json_t *state = stage_state(stage);
	CHECK(json_get_bool(json_at(state, "/alerts/health"), "flapping", false));
	CHECK_JSON_EQ(stage->posts, "['incident-opened', 'degraded']");
	json_array_clear(stage->posts);
	CHECK_INT_EQ(rounds(stage, "gbgbgggggg"), END_FAILED);
	CHECK_JSON_EQ(stage->posts, "[]");
	CHECK_INT_EQ(rounds(stage, "ggggggggggg"), END_PASSED);
	CHECK_STR_EQ(incident_status(stage, 0), "resolved");
	CHECK_JSON_EQ(stage->posts, "['recovered', 'incident-resolved']");
	stage_end(stage);
}

TEST(nothing_counts_while_a_deployment_goes_on)
{
	struct stage *stage = stage_new("");
	const struct engine_request begin = {.version = "v2"};
	stage_deploy(stage, "v1");
	CHECK_INT_EQ(stage_do(stage, engine_begin, &begin), END_PASSED);
	size_t commits = stage_commits(stage);
	for (int i = 0; i < 3; i++) {
		stage->health = 503;
		stage_watch(stage);
		CHECK(json_get_bool(stage->result, "deploying", false));
		CHECK_INT_EQ(json_array_size(changes(stage, "degraded")), 0);
	}
	CHECK_INT_EQ(stage_commits(stage), commits);
	CHECK(stage_has(stage->notes, "a deployment goes on"));
	stage_end(stage);
}

TEST(an_incident_that_somebody_closed_is_not_opened_again)
{
	struct stage *stage = stage_new("");
	const struct engine_incident asked = {.text = "known"};
	_cleanup_json_ json_t *resolved = NULL;
	rounds(stage, "gbb");
	CHECK_OK(engine_incident_resolve(&stage->engine, &asked, &resolved, &stage->err),
		 &stage->err);
	rounds(stage, "bbb");
	CHECK_STR_EQ(incident_status(stage, 0), "resolved");
	CHECK_STR_EQ(incident_status(stage, 1), "none");
	rounds(stage, "ggbb"); /* but the next time it is */
	CHECK_STR_EQ(incident_status(stage, 1), "open");
	stage_end(stage);
}

TEST(a_second_check_joins_the_incident)
{
	struct stage *stage = stage_new("");
	rounds(stage, "gbb");
	_cleanup_free_ char *more = str_format("%s", STAGE_CONFIG);
	_cleanup_str_ struct str text = STR_INIT;
	const char *at = strstr(more, "environments:");
	str_addf(&text,
		 "%.*s  pages: {http: 'http://shop.test/pages', expect: ['.status == "
		 "200']}\n%s",
		 (int)(at - more), more, at);
	at = strstr(str_text(&text), "gates: [health]");
	_cleanup_free_ char *config =
		str_format("%.*sgates: [health, pages]%s", (int)(at - str_text(&text)),
			   str_text(&text), at + 15);
	config_free(stage->config);
	CHECK_OK(config_parse(config, strlen(config), "belay.yml", &stage->config, NULL,
			      &stage->err),
		 &stage->err);
	stage->engine.config = stage->config;
	stage->engine.environment = &stage->config->environments[0];
	rounds(stage, "bb");
	_cleanup_json_ json_t *state = stage_state(stage);
	const json_t *rows = json_object_get(state, "incidents");
	CHECK_INT_EQ(json_array_size(rows), 1);
	const json_t *timeline = json_object_get(json_array_get(rows, 0), "timeline");
	CHECK_STR_EQ(json_get_string(json_array_get(timeline, 0), "text", ""),
		     "now also pages");
	CHECK_INT_EQ(
		json_array_size(json_object_get(json_array_get(rows, 0), "evidence")), 2);
	stage_end(stage);
}

TEST(a_watch_needs_gates)
{
	struct stage *stage = stage_new("");
	struct config_environment without = stage->config->environments[0];
	without.gates.count = 0;
	stage->engine.environment = &without;
	CHECK_INT_EQ(stage_watch(stage), -1);
	CHECK_STR_HAS(stage->err.message, "has no gates");
	stage_end(stage);
}
