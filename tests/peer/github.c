/* The GitHub client against a GitHub that keeps state, behind GitHub's own OpenAPI description.
 *
 * Where it is comes from the environment (tests/peers/github.sh): GITHUB_API, GITHUB_BEHIND (the same
 * without the description in front, for what the real one does elsewhere), GITHUB_SINKS (the directory
 * where answers can be scripted), GITHUB_TOKEN. The test skips itself without. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/github.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define COMMIT "c0ffee0000000000000000000000000000000001"
#define INCIDENT "20261121T095203Z-3fa2"

struct desk {
	struct effects *fx;
	struct config config;
	struct github github;
	const char *behind, *sinks;
};

static const char *from_environment(const char *name)
{
	const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
	if (!value)
		test_skip("%s is not set", name);
	return value;
}

/* What the double knows; with `settings` (JSON in which ' stands for ") changed before. New. */
static json_t *control(struct desk *desk, const char *method, const char *path,
		       const char *text)
{
	_cleanup_free_ char *url = str_format("%s%s", desk->behind, path);
	_cleanup_free_ char *quoted = mem_strdup(text);
	for (char *c = quoted; *c; c++)
		if (*c == '\'')
			*c = '"';
	_cleanup_json_ json_t *json = json_loads(quoted, 0, NULL);
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:s, s:O}", "method", method, "url", url, "json", json);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	const struct effect effect = {
		.kind = "http", .mode = EFFECT_OBSERVE, .args = args};
	CHECK_OK(effects_perform(desk->fx, &effect, &answer, &err), &err);
	CHECK_INT_EQ(json_get_int(answer, "status", 0), 200);
	return json_incref(json_object_get(answer, "body"));
}

static void set(struct desk *desk, const char *settings)
{
	json_decref(control(desk, "POST", "/_settings", settings));
}

static size_t count(struct desk *desk, const char *what)
{
	_cleanup_json_ json_t *state = control(desk, "GET", "/_state", "{}");
	const json_t *rows = json_object_get(state, what);
	return json_is_object(rows) ? json_object_size(rows) : json_array_size(rows);
}

static int64_t number(struct desk *desk, const char *what)
{
	_cleanup_json_ json_t *state = control(desk, "GET", "/_state", "{}");
	return json_get_int(state, what, -1);
}

/* Answers that go first; "[]" for none. The same rule as in an earlier test counts anew: each has a number
 * that no other had. */
static void script(struct desk *desk, const char *rules)
{
	_cleanup_free_ char *path = str_format("%s/script.json", desk->sinks);
	FILE *file = fopen(path, "we");
	if (!CHECK(file != NULL))
		return;
	for (const char *c = rules; *c; c++) {
		fputc(*c == '\'' ? '"' : *c, file);
		if (str_has_prefix(c, "{'path'"))
			fprintf(file, "\"nonce\": \"%" PRIx64 "\", ",
				effects_random(desk->fx));
	}
	fclose(file);
}

static void desk_open(struct desk *desk)
{
	bool there = false;
	struct err err = {0};
	*desk = (struct desk){
		.fx = effects_new(effects_redact_new(effects_live_new())),
		.behind = from_environment("GITHUB_BEHIND"),
		.sinks = from_environment("GITHUB_SINKS"),
	};
	desk->config.github.api_url = from_environment("GITHUB_API");
	desk->config.github.repository = "acme/shop";
	script(desk, "[]");
	json_decref(control(desk, "POST", "/_reset", "{}"));
	_cleanup_free_ char *base =
		str_format("{'base': '%s'}", desk->config.github.api_url);
	set(desk, base);
	CHECK_OK(github_init(&desk->github, desk->fx, &desk->config, &there, &err), &err);
	CHECK(there);
	desk->github.api.patience_ms = 8000;
}

static void desk_close(struct desk *desk)
{
	script(desk, "[]");
	github_release(&desk->github);
	effects_free(desk->fx);
}

/* --- deployments ----------------------------------------------------------------------------- */

static int create_deployment(struct desk *desk, const char *id, int64_t *ret_id,
			     struct err *err)
{
	_cleanup_json_ json_t *payload =
		json_pack("{s:s, s:s}", "deployment", id, "version", "v1");
	const struct github_deployment wanted = {
		.ref = COMMIT,
		.environment = "production",
		.description = "deploying v1",
		.payload = payload,
		.production = true,
	};
	return github_deployment_create(&desk->github, desk->fx, &wanted, ret_id, err);
}

static const struct {
	const char *name, *rules;
} troubles[] = {
	{"no trouble", "[]"},
	{"the answer is lost",
	 "[{'path': '/deployments$', 'method': 'POST', 'cut': 'answer'}]"},
	{"the request is lost",
	 "[{'path': '/deployments$', 'method': 'POST', 'cut': 'request'}]"},
	{"502 once", "[{'path': '/deployments', 'status': 502}]"},
	{"502 for looks as well",
	 "[{'path': '/deployments', 'status': 502, 'times': 2}]"},
	{"secondary limit",
	 "[{'path': '/deployments$', 'status': 403, 'headers': {'Retry-After': '1'}, "
	 "'body': {'message': 'You have exceeded a secondary rate limit.'}}]"},
	{"429",
	 "[{'path': '/deployments$', 'status': 429, 'headers': {'Retry-After': '1'}}]"},
};

TEST(a_deployment_is_created_once_whatever_happens)
{
	FOR_ROWS(row, troubles) {
		struct desk desk;
		struct err err = {0};
		int64_t id = 0, found = 0;
		desk_open(&desk);
		script(&desk, row->rules);
		CHECK_OK(create_deployment(&desk, "d1", &id, &err), &err);
		CHECK(id > 0);
		CHECK_INT_EQ(count(&desk, "deployments"), 1);
		CHECK_OK(github_deployment_find(&desk.github, desk.fx, "production", "d1",
						&found, &err),
			 &err);
		CHECK_INT_EQ(found, id);
		CHECK_OK(github_deployment_find(&desk.github, desk.fx, "production", "d2",
						&found, &err),
			 &err);
		CHECK_INT_EQ(found, 0);
		desk_close(&desk);
	}
}

TEST(a_deployment_has_the_state_that_was_said_last)
{
	static const char *const states[] = {"queued",  "in_progress", "success",
					     "failure", "error",       "inactive"};
	struct desk desk;
	struct err err = {0};
	int64_t id = 0;
	char *state = NULL;
	desk_open(&desk);
	CHECK_OK(create_deployment(&desk, "d1", &id, &err), &err);
	CHECK_OK(github_deployment_state(&desk.github, desk.fx, id, &state, &err), &err);
	CHECK_STR_EQ(state, "pending");
	mem_freep(&state);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		test_row("%s", states[i]);
		CHECK_OK(
			github_deployment_status(
				&desk.github, desk.fx, id, states[i],
				"ä twice seventy ä twice seventy ä twice seventy ä twice seventy "
				"ä twice seventy ä twice seventy ä twice seventy ä twice seventy "
				"and more",
				"https://shop.example", "https://github.com/run", &err),
			&err);
		CHECK_OK(github_deployment_state(&desk.github, desk.fx, id, &state, &err),
			 &err);
		CHECK_STR_EQ(state, states[i]);
		mem_freep(&state);
	}
	test_at_row(NULL);
	desk_close(&desk);
}

/* --- permissions ----------------------------------------------------------------------------- */

static int do_deployment(struct desk *desk, struct err *err)
{
	int64_t id;
	return create_deployment(desk, "d1", &id, err);
}

static int do_status(struct desk *desk, struct err *err)
{
	return github_commit_status(&desk->github, desk->fx, COMMIT, "belay/production",
				    "pending", "", NULL, err);
}

static int do_check_run(struct desk *desk, struct err *err)
{
	return github_check_run(&desk->github, desk->fx, 0, "belay/production", COMMIT,
				NULL, NULL, NULL, NULL, err);
}

static int do_issue(struct desk *desk, struct err *err)
{
	int64_t issue;
	return github_issue_create(&desk->github, desk->fx,
				   &(struct github_issue){.title = "t", .body = "b"},
				   &issue, NULL, err);
}

static int do_propose(struct desk *desk, struct err *err)
{
	_cleanup_free_ char *url = NULL;
	return github_file_propose(&desk->github, desk->fx, "belay/x", "docs/x.md",
				   "text\n", "title", "body", &url, err);
}

static const struct {
	const char *name;
	int (*run)(struct desk *desk, struct err *err);
	const char *permission, *have, *line;
} asked[] = {
	{"deployment", do_deployment, "deployments", "read", "deployments: write"},
	{"commit status", do_status, "statuses", "read", "statuses: write"},
	{"check run", do_check_run, "checks", "none", "checks: write"},
	{"issue", do_issue, "issues", "read", "issues: write"},
	{"branch", do_propose, "contents", "read", "contents: write"},
	{"pull request", do_propose, "pull-requests", "read", "pull-requests: write"},
	{"pull requests unseen", do_propose, "pull-requests", "none",
	 "pull-requests: read"},
};

TEST(a_missing_permission_is_named)
{
	FOR_ROWS(row, asked) {
		struct desk desk;
		struct err err = {0};
		_cleanup_free_ char *settings = str_format(
			"{'permissions': {'%s': '%s'}}", row->permission, row->have);
		_cleanup_free_ char *line = str_format("permissions: {%s}", row->line);
		desk_open(&desk);
		set(&desk, settings);
		CHECK_INT_EQ(row->run(&desk, &err), -1);
		CHECK_INT_EQ(err.code, ERR_AUTH);
		CHECK_STR_HAS(err.hint, line);
		desk_close(&desk);
	}
}

TEST(in_a_private_repository_what_may_not_be_seen_is_not_there)
{
	FOR_ROWS(row, asked) {
		struct desk desk;
		struct err err = {0};
		_cleanup_free_ char *settings =
			str_format("{'private': true, 'permissions': {'%s': 'none'}}",
				   row->permission);
		_cleanup_free_ char *name =
			mem_strndup(row->line, strcspn(row->line, ":"));
		desk_open(&desk);
		set(&desk, settings);
		CHECK_INT_EQ(row->run(&desk, &err), -1);
		CHECK_INT_EQ(err.code, ERR_NOT_FOUND);
		CHECK_STR_HAS(err.hint, "permissions: {");
		CHECK_STR_HAS(err.hint, name);
		desk_close(&desk);
	}
}

TEST(a_wrong_token_and_a_setting_that_forbids_are_explained)
{
	struct desk desk;
	struct err err = {0};
	desk_open(&desk);
	set(&desk, "{'actions_may_open_pulls': false}");
	CHECK_INT_EQ(do_propose(&desk, &err), -1);
	CHECK_STR_HAS(err.hint, "Workflow permissions");
	json_object_set_new(desk.github.api.headers, "Authorization",
			    json_string("Bearer of bad news"));
	CHECK_INT_EQ(do_issue(&desk, &err), -1);
	CHECK_INT_EQ(err.code, ERR_AUTH);
	CHECK_STR_HAS(err.hint, "not valid");
	desk_close(&desk);
}

/* --- issues ---------------------------------------------------------------------------------- */

static int open_issue(struct desk *desk, const char *assignees, int64_t *ret_number,
		      char **ret_url, struct err *err)
{
	_cleanup_free_ char *marker = github_marker(INCIDENT);
	_cleanup_free_ char *body = str_format("It broke.\n\n%s\n", marker);
	_cleanup_json_ json_t *labels = json_pack("[s, s]", "incident", "bug");
	_cleanup_json_ json_t *logins = json_loads(assignees, 0, NULL);
	const struct github_issue issue = {
		.title = "[production rollback] v2 → v1",
		.body = body,
		.labels = labels,
		.assignees = logins,
	};
	return github_issue_create(&desk->github, desk->fx, &issue, ret_number, ret_url,
				   err);
}

TEST(an_issue_is_found_by_its_marker_not_by_its_title)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0, found = 0;
	_cleanup_free_ char *url = NULL;
	_cleanup_free_ char *found_url = NULL;
	desk_open(&desk);
	json_decref(
		control(&desk, "POST", "/_issue",
			"{'title': '[production rollback] v2 → v1', 'body': 'mine'}"));
	CHECK_OK(open_issue(&desk, "[]", &ours, &url, &err), &err);
	CHECK_OK(github_issue_update(&desk.github, desk.fx, ours,
				     &(struct github_issue){.title = "Renamed"}, "closed",
				     &err),
		 &err);
	/* A stranger copies the marker, later. */
	json_decref(control(&desk, "POST", "/_issue",
			    "{'title': 'x', 'body': '<!-- belay:incident " INCIDENT
			    " -->'}"));
	CHECK_OK(github_issue_find(&desk.github, desk.fx, INCIDENT, NULL, &found,
				   &found_url, &err),
		 &err);
	CHECK_INT_EQ(found, ours);
	CHECK_STR_EQ(found_url, url);
	CHECK_OK(github_issue_find(&desk.github, desk.fx, INCIDENT, "incident", &found,
				   NULL, &err),
		 &err);
	CHECK_INT_EQ(found, ours);
	CHECK_OK(github_issue_find(&desk.github, desk.fx, "another", NULL, &found, NULL,
				   &err),
		 &err);
	CHECK_INT_EQ(found, 0);
	desk_close(&desk);
}

TEST(an_issue_is_found_on_any_page)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0, found = 0;
	desk_open(&desk);
	CHECK_OK(open_issue(&desk, "[]", &ours, NULL, &err), &err);
	for (int i = 0; i < 230; i++)
		json_decref(
			control(&desk, "POST", "/_issue", "{'title': 'x', 'body': ''}"));
	CHECK_OK(github_issue_find(&desk.github, desk.fx, INCIDENT, NULL, &found, NULL,
				   &err),
		 &err);
	CHECK_INT_EQ(found, ours);
	desk_close(&desk);
}

TEST(missing_labels_are_created_and_those_there_are_left_alone)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0;
	desk_open(&desk);
	CHECK_OK(open_issue(&desk, "[]", &ours, NULL, &err), &err);
	_cleanup_json_ json_t *state = control(&desk, "GET", "/_state", "{}");
	CHECK_STR_EQ(json_get_string(json_at(state, "/labels/incident"), "color", ""),
		     "b60205");
	CHECK_STR_EQ(json_get_string(json_at(state, "/labels/bug"), "color", ""),
		     "d73a4a");
	desk_close(&desk);
}

TEST(who_cannot_be_assigned_is_named_in_the_issue)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0;
	desk_open(&desk);
	CHECK_OK(open_issue(&desk, "[\"ada\", \"nobody\", \"grace\"]", &ours, NULL, &err),
		 &err);
	_cleanup_json_ json_t *issue = NULL;
	CHECK_OK(github_issue_get(&desk.github, desk.fx, ours, &issue, &err), &err);
	CHECK_INT_EQ(json_array_size(json_object_get(issue, "assignees")), 2);
	const char *body = json_get_string(issue, "body", "");
	CHECK_STR_HAS(body, "Not assigned, GitHub refuses it: `nobody`");
	CHECK_STR_HAS(body, INCIDENT);
	CHECK_INT_EQ(count(&desk, "issues"), 1);
	desk_close(&desk);
}

static const struct {
	const char *name, *rules;
} issue_troubles[] = {
	{"the answer is lost",
	 "[{'path': '/issues$', 'method': 'POST', 'cut': 'answer'}]"},
	{"the request is lost",
	 "[{'path': '/issues$', 'method': 'POST', 'cut': 'request'}]"},
	{"503 with a pause", "[{'path': '/issues$', 'method': 'POST', 'status': 503, "
			     "'headers': {'Retry-After': '1'}}]"},
	{"500", "[{'path': '/issues$', 'method': 'POST', 'status': 500}]"},
};

TEST(an_incident_has_one_issue_whatever_happens)
{
	FOR_ROWS(row, issue_troubles) {
		struct desk desk;
		struct err err = {0};
		int64_t ours = 0;
		_cleanup_free_ char *url = NULL;
		desk_open(&desk);
		script(&desk, row->rules);
		CHECK_OK(open_issue(&desk, "[]", &ours, &url, &err), &err);
		CHECK_INT_EQ(count(&desk, "issues"), 1);
		CHECK_INT_EQ(ours, 1);
		CHECK_STR_HAS(url, "/issues/1");
		desk_close(&desk);
	}
}

TEST(what_is_too_long_is_cut_and_found_all_the_same)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0, found = 0;
	_cleanup_str_ struct str body = STR_INIT;
	_cleanup_free_ char *marker = github_marker(INCIDENT);
	desk_open(&desk);
	for (int i = 0; i < 70000; i++)
		str_add(&body, "ä");
	CHECK_OK(do_issue(&desk, &err), &err);
	CHECK_OK(github_issue_comment(&desk.github, desk.fx, 1, str_text(&body), "m1",
				      &err),
		 &err);
	str_add(&body, marker);
	CHECK_OK(github_issue_create(&desk.github, desk.fx,
				     &(struct github_issue){.title = str_text(&body),
							    .body = str_text(&body)},
				     &ours, NULL, &err),
		 &err);
	CHECK_OK(github_issue_find(&desk.github, desk.fx, INCIDENT, NULL, &found, NULL,
				   &err),
		 &err);
	CHECK_INT_EQ(found, ours);
	desk_close(&desk);
}

TEST(a_comment_is_made_once)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0;
	desk_open(&desk);
	CHECK_OK(open_issue(&desk, "[]", &ours, NULL, &err), &err);
	for (int i = 0; i < 2; i++)
		CHECK_OK(github_issue_comment(&desk.github, desk.fx, ours, "Again.", "m1",
					      &err),
			 &err);
	CHECK_INT_EQ(count(&desk, "comments"), 1);
	script(&desk, "[{'path': '/comments$', 'method': 'POST', 'cut': 'answer'}]");
	CHECK_OK(github_issue_comment(&desk.github, desk.fx, ours, "Better.", "m2", &err),
		 &err);
	CHECK_INT_EQ(count(&desk, "comments"), 2);
	script(&desk, "[{'path': '/comments$', 'method': 'POST', 'cut': 'answer'}]");
	CHECK_INT_EQ(github_issue_comment(&desk.github, desk.fx, ours, "Unmarked.", NULL,
					  &err),
		     -1);
	CHECK_STR_HAS(err.message, "not known whether");
	desk_close(&desk);
}

/* --- commits and runs ------------------------------------------------------------------------ */

TEST(a_check_run_comes_to_its_conclusion)
{
	struct desk desk;
	struct err err = {0};
	int64_t id = 0;
	desk_open(&desk);
	CHECK_OK(github_check_run(&desk.github, desk.fx, 0, "belay/production", COMMIT,
				  NULL, "deploying v2", "", &id, &err),
		 &err);
	CHECK_OK(github_check_run(&desk.github, desk.fx, id, "belay/production", NULL,
				  "action_required", "unproven", "look", NULL, &err),
		 &err);
	_cleanup_json_ json_t *state = control(&desk, "GET", "/_state", "{}");
	_cleanup_free_ char *key = str_format("%" PRId64, id);
	const json_t *run = json_object_get(json_object_get(state, "check_runs"), key);
	CHECK_STR_EQ(json_get_string(run, "status", ""), "completed");
	CHECK_STR_EQ(json_get_string(run, "conclusion", ""), "action_required");
	CHECK_STR_EQ(json_get_string(json_object_get(run, "output"), "summary", ""),
		     "look");
	desk_close(&desk);
}

static const struct {
	const char *name, *settings;
	enum github_run want;
} runs[] = {
	{"going on", "{'runs': {'4711': {'status': 'in_progress'}}}",
	 GITHUB_RUN_GOING_ON},
	{"waits", "{'runs': {'4711': {'status': 'queued'}}}", GITHUB_RUN_GOING_ON},
	{"over", "{'runs': {'4711': {'status': 'completed'}}}", GITHUB_RUN_OVER},
	{"started again", "{'runs': {'4711': {'status': 'in_progress', 'attempt': 2}}}",
	 GITHUB_RUN_OVER},
	{"unknown", "{'runs': {}}", GITHUB_RUN_UNKNOWN},
	{"not for us",
	 "{'permissions': {'actions': 'none'}, 'runs': {'4711': {'status': "
	 "'completed'}}}",
	 GITHUB_RUN_UNKNOWN},
};

TEST(a_run_goes_on_or_is_over_or_nobody_knows)
{
	FOR_ROWS(row, runs) {
		struct desk desk;
		desk_open(&desk);
		set(&desk, row->settings);
		CHECK_INT_EQ(github_run_state(&desk.github, desk.fx, 4711, 1), row->want);
		desk_close(&desk);
	}
}

/* --- files ----------------------------------------------------------------------------------- */

static const struct {
	const char *name, *rules;
} file_troubles[] = {
	{"no trouble", "[]"},
	{"branch: answer lost",
	 "[{'path': '/git/refs$', 'method': 'POST', 'cut': 'answer'}]"},
	{"file: answer lost",
	 "[{'path': '/contents/', 'method': 'PUT', 'cut': 'answer'}]"},
	{"pull request: answer lost",
	 "[{'path': '/pulls$', 'method': 'POST', 'cut': 'answer'}]"},
};

TEST(a_page_is_proposed_once)
{
	FOR_ROWS(row, file_troubles) {
		struct desk desk;
		struct err err = {0};
		_cleanup_free_ char *url = NULL;
		_cleanup_free_ char *again = NULL;
		_cleanup_free_ char *text = NULL;
		_cleanup_free_ char *missing = NULL;
		desk_open(&desk);
		script(&desk, row->rules);
		CHECK_OK(github_file_propose(&desk.github, desk.fx, "belay/pm/one",
					     "docs/post-mortems/one.md", "# Ünd\n",
					     "Post-mortem", "Please", &url, &err),
			 &err);
		CHECK_OK(github_file_propose(&desk.github, desk.fx, "belay/pm/one",
					     "docs/post-mortems/one.md", "# Ünd\n",
					     "Post-mortem", "Please", &again, &err),
			 &err);
		CHECK_STR_EQ(again, url);
		CHECK_INT_EQ(count(&desk, "pulls"), 1);
		CHECK_OK(github_file_get(&desk.github, desk.fx,
					 "docs/post-mortems/one.md", "belay/pm/one",
					 &text, &err),
			 &err);
		CHECK_STR_EQ(text, "# Ünd\n");
		CHECK_OK(github_file_get(&desk.github, desk.fx,
					 "docs/post-mortems/one.md", NULL, &missing,
					 &err),
			 &err);
		CHECK_NULL(missing);
		desk_close(&desk);
	}
}

/* --- limits ---------------------------------------------------------------------------------- */

TEST(what_has_not_changed_costs_nothing)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0;
	desk_open(&desk);
	CHECK_OK(open_issue(&desk, "[]", &ours, NULL, &err), &err);
	_cleanup_json_ json_t *first = NULL;
	CHECK_OK(github_issue_get(&desk.github, desk.fx, ours, &first, &err), &err);
	int64_t used = number(&desk, "used");
	for (int i = 0; i < 5; i++) {
		_cleanup_json_ json_t *issue = NULL;
		CHECK_OK(github_issue_get(&desk.github, desk.fx, ours, &issue, &err),
			 &err);
		CHECK(json_equal(issue, first));
	}
	CHECK_INT_EQ(number(&desk, "used"), used);
	CHECK_INT_EQ(number(&desk, "free"), 5);
	desk_close(&desk);
}

TEST(limits_are_counted_and_respected)
{
	struct desk desk;
	struct err err = {0};
	int64_t ours = 0;
	desk_open(&desk);
	CHECK_OK(open_issue(&desk, "[]", &ours, NULL, &err), &err);
	CHECK_INT_EQ(desk.github.api.rate.limit, 1000);
	CHECK_INT_EQ(desk.github.api.rate.remaining, 1000 - number(&desk, "used"));
	set(&desk, "{'limit': 3}");
	CHECK_INT_EQ(do_deployment(&desk, &err), -1);
	CHECK_INT_EQ(err.code, ERR_LIMIT);
	CHECK(err.retry_after_ms > 60 * 1000);
	CHECK_INT_EQ(desk.github.api.rate.remaining, 0);
	desk_close(&desk);
}

TEST(a_secondary_limit_without_a_pause_asks_for_a_minute)
{
	struct desk desk;
	struct err err = {0};
	desk_open(&desk);
	script(&desk,
	       "[{'path': '/deployments$', 'status': 403, 'body': {'message': 'You "
	       "have exceeded a secondary rate limit.', 'documentation_url': 'x'}}]");
	CHECK_INT_EQ(do_deployment(&desk, &err), -1);
	CHECK_INT_EQ(err.code, ERR_LIMIT);
	CHECK_INT_EQ(err.retry_after_ms, 60000);
	desk_close(&desk);
}

/* --- where it is ----------------------------------------------------------------------------- */

TEST(a_dry_run_changes_nothing_and_says_what_it_would_do)
{
	struct desk desk;
	struct err err = {0};
	int64_t id = 1;
	desk_open(&desk);
	struct effects *live = desk.fx;
	struct effects *dry =
		effects_new(effects_dryrun_new(effects_redact_new(effects_live_new())));
	desk.fx = dry;
	CHECK_OK(create_deployment(&desk, "d1", &id, &err), &err);
	CHECK_INT_EQ(id, 0);
	_cleanup_json_ json_t *noted = effects_noted(dry);
	CHECK_STR_EQ(json_get_string(json_array_get(noted, 0), "summary", ""),
		     "show a deployment of production on GitHub");
	desk.fx = live;
	CHECK_INT_EQ(count(&desk, "deployments"), 0);
	effects_free(dry);
	desk_close(&desk);
}

/* --- OIDC ------------------------------------------------------------------------------------ */

#define REQUEST_TOKEN "oidc-request-token-0123456789"

/* The header that the double got, as the chain shows it. */
static int echo(struct desk *desk, const char *audience, char **ret, struct err *err)
{
	_cleanup_free_ char *url = str_format("%s/_echo", desk->behind);
	_cleanup_json_ json_t *args = json_pack(
		"{s:s, s:{s:{s:{s:{s:s}}, s:s}}}", "url", url, "headers", "X-Token",
		"$secret", "oidc", "audience", audience, "prefix", "JWT ");
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {
		.kind = "http", .mode = EFFECT_OBSERVE, .args = args};
	if (effects_perform(desk->fx, &effect, &answer, err) < 0)
		return -1;
	*ret = mem_strdup(
		json_get_string(json_object_get(answer, "body"), "x-token", ""));
	return 0;
}

static void may_ask(const struct desk *desk, const char *token)
{
	_cleanup_free_ char *url = str_format("%s/_oidc?api-version=2", desk->behind);
	setenv("ACTIONS_ID_TOKEN_REQUEST_URL", url, 1);
	setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token, 1);
}

TEST(an_oidc_token_is_asked_for_sent_and_never_seen)
{
	struct desk desk;
	struct err err = {0};
	_cleanup_free_ char *seen = NULL;
	desk_open(&desk);
	may_ask(&desk, REQUEST_TOKEN);
	CHECK_OK(echo(&desk, "vault & co", &seen, &err), &err);
	CHECK_STR_EQ(seen, "JWT ***");
	_cleanup_free_ char *token = effects_redact_text(
		desk.fx, "eyJhbGciOiJSUzI1NiJ9.7661756c74202620636f.c2lnbmF0dXJl and "
			 "" REQUEST_TOKEN);
	CHECK_STR_EQ(token, "*** and ***");
	desk_close(&desk);
}

TEST(a_job_that_may_not_ask_for_an_oidc_token_is_told_how)
{
	struct desk desk;
	struct err err = {0};
	_cleanup_free_ char *seen = NULL;
	desk_open(&desk);
	unsetenv("ACTIONS_ID_TOKEN_REQUEST_URL");
	CHECK_FAILS(echo(&desk, "vault", &seen, &err), &err, ERR_CONFIG,
		    "may not ask for an OIDC token");
	CHECK_STR_HAS(err.hint, "permissions: {id-token: write}");
	may_ask(&desk, "a-wrong-token-that-is-secret-too");
	CHECK_FAILS(echo(&desk, "vault", &seen, &err), &err, ERR_AUTH, "status 401");
	CHECK_FAILS(echo(&desk, "", &seen, &err), &err, ERR_CONFIG, "audience");
	desk_close(&desk);
}
