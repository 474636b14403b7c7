/* Incidents and post-mortems by hand. */
#include "belay/incident.h"
#include "stage.h"

typedef int act(const struct engine *engine, const struct engine_incident *asked,
		json_t **ret_result, struct err *err);

static int perform(struct stage *stage, act *what, struct engine_incident asked)
{
	json_decref(TAKE_PTR(stage->result));
	stage->err = (struct err){0};
	return what(&stage->engine, &asked, &stage->result, &stage->err);
}

static const json_t *shown(const struct stage *stage)
{
	return json_array_get(json_object_get(stage->result, "incidents"), 0);
}

static void open_one(struct stage *stage, const char *title)
{
	struct engine_incident asked = {.title = title, .text = "since noon"};
	CHECK_OK(perform(stage, engine_incident_open, asked), &stage->err);
}

TEST(open_update_acknowledge_resolve)
{
	struct stage *stage = stage_new("");
	open_one(stage, "orders fail");
	CHECK_STR_EQ(json_get_string(shown(stage), "full_title", ""),
		     "[production incident] orders fail");
	CHECK_STR_EQ(json_get_string(shown(stage), "severity", ""), "P2");
	CHECK_STR_EQ(json_get_string(shown(stage), "by", ""), "ada");
	CHECK_OK(perform(stage, engine_incident_update,
			 (struct engine_incident){.text = "worse", .severity = "P1"}),
		 &stage->err);
	CHECK_STR_EQ(json_get_string(shown(stage), "severity", ""), "P1");
	CHECK_OK(perform(stage, engine_incident_update,
			 (struct engine_incident){.acknowledge = true}),
		 &stage->err);
	CHECK_STR_EQ(json_get_string(shown(stage), "status", ""), "acknowledged");
	CHECK_OK(perform(stage, engine_incident_resolve,
			 (struct engine_incident){.text = "DNS"}),
		 &stage->err);
	CHECK_STR_EQ(json_get_string(shown(stage), "status", ""), "resolved");
	json_decref(TAKE_PTR(stage->result));
	stage->engine.environment = NULL; /* all of them */
	CHECK_OK(engine_incident_list(&stage->engine, stage->world->now_ms,
				      &stage->result, &stage->err),
		 &stage->err);
	CHECK_STR_EQ(json_get_string(shown(stage), "environment", ""), "production");
	stage_end(stage);
}

static const struct {
	const char *name;
	act *what;
	struct engine_incident asked;
	enum err_code code;
	const char *why;
} faults[] = {
	{"no title", engine_incident_open, {.title = " "}, ERR_USAGE, "needs a title"},
	{"severity",
	 engine_incident_open,
	 {.title = "t", .severity = "high"},
	 ERR_USAGE,
	 "'high' is no severity"},
	{"nothing to update",
	 engine_incident_update,
	 {0},
	 ERR_USAGE,
	 "nothing to update"},
	{"which one",
	 engine_incident_update,
	 {.text = "x"},
	 ERR_USAGE,
	 "which incident of 'production'? there are "},
	{"unknown",
	 engine_incident_resolve,
	 {.id = "1999"},
	 ERR_NOT_FOUND,
	 "'production' has no incident '1999'"},
	{"no page owed",
	 engine_post_mortem,
	 {0},
	 ERR_NOT_FOUND,
	 "has no incident whose post-mortem is owed"},
};

TEST(what_is_not_clear_is_refused)
{
	struct stage *stage = stage_new("");
	open_one(stage, "one");
	open_one(stage, "two");
	FOR_ROWS(row, faults)
		CHECK_FAILS(perform(stage, row->what, row->asked), &stage->err, row->code,
			    row->why);
	stage_end(stage);
}

#define HOURS 60

static const char *written(const struct stage *stage, const char *path)
{
	return json_string_value(json_object_get(stage->world->written, path));
}

/* Everybody's page: the one of the rollback. */
static void roll_back(struct stage *stage)
{
	stage_deploy(stage, "v1");
	CHECK_INT_EQ(stage_deploy(stage, "bad2"), END_ROLLED_BACK);
	CHECK_INT_EQ(stage_deploy(stage, "v3"), END_PASSED);
}

static const char *page_status(struct stage *stage)
{
	static char status[16];
	_cleanup_json_ json_t *state = stage_state(stage);
	snprintf(status, sizeof status, "%s",
		 json_get_string(json_at(state, "/incidents/0/post_mortem"), "status",
				 ""));
	return status;
}

TEST(a_page_is_shown_written_and_found_done)
{
	struct stage *stage = stage_new("incidents: {post_mortem: {write: file}}\n");
	roll_back(stage);
	CHECK_STR_EQ(page_status(stage), "due");
	CHECK_OK(perform(stage, engine_post_mortem, (struct engine_incident){0}),
		 &stage->err);
	CHECK_STR_HAS(json_get_string(stage->result, "page", ""), "# Post-mortem: ");
	_cleanup_free_ char *path =
		mem_strdup(json_get_string(stage->result, "written", ""));
	CHECK(str_has_prefix(path, "docs/post-mortems/2023"));
	CHECK(written(stage, path) != NULL);
	CHECK_STR_EQ(page_status(stage), "written");

	/* Not done as long as something is left to write. */
	stage_deploy(stage, "v4");
	CHECK_STR_EQ(page_status(stage), "written");
	json_object_set_new(stage->world->written, path,
			    json_string("# It was DNS\n\n- [x] read\n"));
	stage_deploy(stage, "v5");
	CHECK_STR_EQ(page_status(stage), "done");
	stage_end(stage);
}

TEST(a_page_may_be_done_by_word)
{
	struct stage *stage = stage_new("");
	roll_back(stage);
	CHECK_OK(perform(stage, engine_post_mortem, (struct engine_incident){0}),
		 &stage->err);
	CHECK_NULL(json_object_get(stage->result, "written"));
	CHECK_STR_EQ(page_status(stage), "due");
	CHECK_OK(perform(stage, engine_post_mortem,
			 (struct engine_incident){.done = true}),
		 &stage->err);
	CHECK_STR_EQ(page_status(stage), "done");
	stage_end(stage);
}

TEST(a_template_of_ones_own)
{
	struct stage *stage = stage_new("incidents: {post_mortem: {template: pm.md}}\n");
	roll_back(stage);
	CHECK_FAILS(perform(stage, engine_post_mortem, (struct engine_incident){0}),
		    &stage->err, ERR_NOT_FOUND, "the post-mortem's template");
	json_object_set_new(stage->world->written, "pm.md",
			    json_string("# {{title}}\n\n{{nobody}}\n"));
	CHECK_FAILS(perform(stage, engine_post_mortem, (struct engine_incident){0}),
		    &stage->err, ERR_CONFIG,
		    "'pm.md': line 3: there is no variable 'nobody'");
	json_object_set_new(stage->world->written, "pm.md",
			    json_string("about {{version}}\n"));
	CHECK_OK(perform(stage, engine_post_mortem,
			 (struct engine_incident){.path = "x.md"}),
		 &stage->err);
	CHECK_STR_EQ(written(stage, "x.md"), "about bad2\n");
	stage_end(stage);
}

TEST(what_is_late_is_said_by_every_run)
{
	struct stage *stage =
		stage_new("    notify: [hook]\n"
			  "notify:\n"
			  "  hook:\n"
			  "    webhook: {url: 'http://hook.test/', json: '{{.topic}}'}\n"
			  "    on: [post-mortem-due, post-mortem-overdue]\n");
	roll_back(stage);
	stage_later(stage, 25 * HOURS);
	stage_watch(stage);
	CHECK_JSON_EQ(stage->posts, "['post-mortem-due']");
	stage_watch(stage);
	CHECK_INT_EQ(json_array_size(stage->posts), 1); /* one a day */
	CHECK(!stage_has(stage->notes, "overdue"));
	stage_later(stage, 25 * HOURS);
	stage_deploy(stage, "v4");
	CHECK_JSON_EQ(stage->posts, "['post-mortem-due', 'post-mortem-overdue']");
	CHECK(stage_has(stage->notes, "is overdue"));
	json_array_clear(stage->notes);
	stage_watch(stage);
	CHECK(stage_has(stage->notes, "is overdue"));
	CHECK_INT_EQ(json_array_size(stage->posts), 2);
	json_decref(TAKE_PTR(stage->result));
	CHECK_OK(engine_incident_list(&stage->engine, stage->world->now_ms,
				      &stage->result, &stage->err),
		 &stage->err);
	CHECK_INT_EQ(json_array_size(json_object_get(stage->result, "overdue")), 1);
	stage_end(stage);
}
