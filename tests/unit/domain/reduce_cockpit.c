/* What the state knows of GitHub's ids: one row for a deployment, newest first, a bounded number. */
#include "journey.h"

static const char *link_at(const struct journey *j, size_t index)
{
	const json_t *links = json_object_get(j->documents.state, "cockpit");
	return json_get_string(json_array_get(links, index), "deployment", "none");
}

TEST(links_need_no_lock_and_are_newest_first)
{
	struct journey j = journey_begin("production");
	CHECK_NULL(json_object_get(j.documents.state, "cockpit"));
	journey_go(&j, "cockpit.linked", NULL,
		   "{'deployment': 'd1', 'github_deployment': 7, 'commit': 'abc'}");
	journey_go(&j, "cockpit.linked", NULL,
		   "{'deployment': 'd2', 'github_deployment': null, 'check_run': 9}");
	CHECK_STR_EQ(link_at(&j, 0), "d2");
	CHECK_STR_EQ(link_at(&j, 1), "d1");
	const json_t *links = json_object_get(j.documents.state, "cockpit");
	char *text = json_text_compact(links);
	CHECK_STR_EQ(text, "[{\"check_run\":9,\"commit\":null,\"deployment\":\"d2\","
			   "\"github_deployment\":null},"
			   "{\"check_run\":null,\"commit\":\"abc\",\"deployment\":\"d1\","
			   "\"github_deployment\":7}]");
	free(text);
	journey_end(&j);
}

TEST(a_deployment_has_one_row)
{
	struct journey j = journey_begin("production");
	journey_go(&j, "cockpit.linked", NULL,
		   "{'deployment': 'd1', 'github_deployment': 7}");
	journey_go(&j, "cockpit.linked", NULL,
		   "{'deployment': 'd2', 'github_deployment': 8}");
	journey_go(&j, "cockpit.linked", NULL,
		   "{'deployment': 'd1', 'github_deployment': 9}");
	CHECK_STR_EQ(link_at(&j, 0), "d1");
	CHECK_STR_EQ(link_at(&j, 1), "d2");
	CHECK_STR_EQ(link_at(&j, 2), "none");
	journey_end(&j);
}

TEST(the_oldest_gives_way)
{
	struct journey j = journey_begin("production");
	for (int i = 1; i <= 14; i++)
		journey_go(&j, "cockpit.linked", NULL,
			   "{'deployment': 'd%d', 'github_deployment': %d}", i, i);
	CHECK_STR_EQ(link_at(&j, 0), "d14");
	CHECK_STR_EQ(link_at(&j, 9), "d5");
	CHECK_STR_EQ(link_at(&j, 10), "none");
	journey_end(&j);
}

static const struct {
	const char *name, *data, *why;
} strangers[] = {
	{"no deployment", "{'github_deployment': 7}", "data.deployment is not a text"},
	{"id is a text", "{'deployment': 'd1', 'github_deployment': '7'}",
	 "data.github_deployment is not a whole number"},
	{"check run is a list", "{'deployment': 'd1', 'check_run': []}",
	 "data.check_run is not a whole number"},
	{"commit is a number", "{'deployment': 'd1', 'commit': 5}",
	 "data.commit is not a text"},
};

TEST(what_is_no_link_is_refused)
{
	FOR_ROWS(row, strangers) {
		struct journey j = journey_begin("production");
		CHECK_FAILS(journey_step(&j, "cockpit.linked", NULL, row->data), &j.err,
			    ERR_STATE, row->why);
		journey_end(&j);
	}
}
