/* Where a rollback goes. */
#include "journey.h"

static void check_target(const struct journey *j, const char *service,
			 const char *release)
{
	json_t *target = rollback_target(j->documents.state, j->documents.recent);
	const json_t *found = json_object_get(target, service);
	CHECK_STR_EQ(json_get_string(found, "release", NULL), release);
	json_decref(target);
}

TEST(the_one_before)
{
	struct journey j = journey_begin("production");
	check_target(&j, "api", NULL);
	journey_deploy(&j, "d1", "v1", "api");
	check_target(&j, "api", NULL);
	journey_deploy(&j, "d2", "v2", "api");
	check_target(&j, "api", "d1");
	journey_bad(&j, "d3", "v3", "api");
	check_target(&j, "api", "d1");
	journey_deploy(&j, "d4", "v4", "api");
	check_target(&j, "api", "d2");
	journey_end(&j);
}

TEST(going_back_twice_goes_back_two_steps)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	journey_deploy(&j, "d3", "v3", "api");
	journey_back(&j, "r1", "v2", "api", "d2");
	check_target(&j, "api", "d1");
	journey_back(&j, "r2", "v1", "api", "d1");
	check_target(&j, "api", NULL);
	journey_deploy(&j, "d4", "v4", "api");
	check_target(&j, "api", "d1"); /* not d2 or d3, which somebody left on purpose */
	journey_end(&j);
}

TEST(from_an_unproven_one_to_the_last_good)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	for (int i = 2; i <= 3; i++) {
		char id[16];
		snprintf(id, sizeof id, "d%d", i);
		journey_open(&j, "deploy", id, id, "api", id);
		journey_go(&j, "deployment.unproven", id, "{'deployment': '%s'}", id);
		journey_unlock(&j);
		check_target(&j, "api", "d1");
	}
	journey_back(&j, "r1", "v1", "api", "d1");
	check_target(&j, "api", NULL);
	journey_end(&j);
}

TEST(from_half_way_to_what_was_live)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	journey_deploy(&j, "d3", "v1", "web");
	journey_open(&j, "deploy", "d4", "v3", "api", "d4");
	check_target(&j, "api", "d2");
	check_target(&j, "web", NULL);
	journey_end(&j);
}

TEST(a_rollback_half_way_goes_on)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	journey_open(&j, "rollback", "r1", "v1", "api", "d1");
	check_target(&j, "api", "d1");
	journey_end(&j);
}

TEST(services_go_back_each_to_their_own)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v1", "web");
	journey_deploy(&j, "d3", "v2", "api");
	check_target(&j, "api", "d1");
	check_target(&j, "web", NULL);
	journey_end(&j);
}

TEST(what_recent_forgot_the_state_still_knows)
{
	struct journey j = journey_begin("production");
	char id[16];
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	for (int i = 0; i < JOURNAL_RECENT_MAX; i++) {
		snprintf(id, sizeof id, "w%d", i);
		journey_deploy(&j, id, id, "web");
	}
	check_target(&j, "api", "d1");
	journey_end(&j);
}

static const struct {
	const char *name, *id;
	enum err_code code;
	const char *found; /* release, or part of the message */
} rows[] = {
	{"by deployment", "d1", ERR_NONE, "d1"},
	{"by version", "v2", ERR_NONE, "d2"},
	{"the live one", "d4", ERR_NONE, "d4"},
	{"a version deployed twice", "v1", ERR_NONE, "d4"},
	{"one that failed", "d3", ERR_CONFIG, "ended as 'rolled-back'"},
	{"near", "v22", ERR_NOT_FOUND, "no deployment or version 'v22'"},
	{"unknown", "something-else", ERR_NOT_FOUND, "something-else"},
};

TEST(by_name)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	journey_bad(&j, "d3", "v3", "api");
	journey_deploy(&j, "d4", "v1", "api");
	FOR_ROWS(row, rows) {
		struct err err = {0};
		json_t *target = NULL;
		int result = rollback_target_to(j.documents.state, j.documents.recent,
						row->id, &target, &err);
		if (row->code)
			CHECK_FAILS(result, &err, row->code, row->found);
		else if (CHECK_OK(result, &err))
			CHECK_STR_EQ(json_get_string(json_object_get(target, "api"),
						     "release", ""),
				     row->found);
		json_decref(target);
	}
	journey_end(&j);
}

TEST(candidates_are_newest_first_and_know_what_is_live)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	journey_deploy(&j, "d2", "v2", "api");
	journey_bad(&j, "d3", "v3", "api");
	journey_back(&j, "r1", "v1", "api", "d1");
	json_t *candidates = rollback_candidates(j.documents.state, j.documents.recent);
	CHECK_INT_EQ(json_array_size(candidates), 2);
	const json_t *first = json_array_get(candidates, 0);
	const json_t *second = json_array_get(candidates, 1);
	CHECK_STR_EQ(json_get_string(first, "deployment", ""), "d2");
	CHECK(!json_get_bool(first, "live", true));
	CHECK_STR_EQ(json_get_string(second, "deployment", ""), "d1");
	CHECK(json_get_bool(second, "live", false));
	json_decref(candidates);
	journey_end(&j);
}

/* --- the data ---------------------------------------------------------------------------------- */

/* Deploys with a backup of `db` before it, and ends it with `event`. */
static void deploy_saved(struct journey *j, const char *id, const char *copy,
			 const char *event)
{
	journey_open(j, "deploy", id, id, "api", id);
	journey_go(j, "deployment.backed-up", id,
		   "{'service': 'api', 'backup': 'db', 'id': '%s'}", copy);
	if (event) {
		journey_go(j, event, id, "{'deployment': '%s'}", id);
		journey_unlock(j);
	}
}

static void check_backup(const struct journey *j, const char *release, const char *id)
{
	const json_t *backup =
		rollback_backup(j->documents.state, j->documents.recent, "api", release);
	CHECK_STR_EQ(json_get_string(backup, "id", NULL), id);
}

TEST(the_data_from_before_what_is_undone)
{
	struct journey j = journey_begin("production");
	journey_deploy(&j, "d1", "v1", "api");
	deploy_saved(&j, "d2", "b2", "deployment.committed");
	check_backup(&j, "d1", "b2");
	check_backup(&j, "d2", NULL); /* nothing is undone */
	deploy_saved(&j, "d3", "b3", "deployment.unproven");
	check_backup(&j, "d2", "b3");
	check_backup(&j, "d1", "b2"); /* of two the first one's */
	check_backup(&j, "gone", "b3");
	journey_back(&j, "r1", "d2", "api", "d2");
	check_backup(&j, "d1", "b2");
	journey_deploy(&j, "d4", "v4", "api");
	check_backup(&j, "d2", NULL); /* nothing was saved before it */
	deploy_saved(&j, "d5", "b5", NULL);
	check_backup(&j, "d4", "b5"); /* half way */
	check_backup(&j, "d1", "b2");
	journey_end(&j);
}

static void check_copies(const struct journey *j, const char *backup, const char *want)
{
	_cleanup_json_ json_t *ids =
		rollback_copies(j->documents.state, j->documents.recent, backup);
	CHECK_JSON_EQ(ids, want);
}

TEST(the_copies_that_belong_to_what_is_live)
{
	struct journey j = journey_begin("production");
	check_copies(&j, "db", "{}");
	deploy_saved(&j, "d1", "b1", "deployment.committed");
	check_copies(&j, "db", "{'b1': true}"); /* there is nothing to go back to */
	check_copies(&j, "files", "{}");
	deploy_saved(&j, "d2", "b2", "deployment.committed");
	check_copies(&j, "db", "{'b2': true}");
	deploy_saved(&j, "d3", "b3", "deployment.unproven");
	check_copies(&j, "db", "{'b3': true}");
	journey_back(&j, "r1", "d2", "api", "d2");
	check_copies(&j, "db", "{'b2': true}"); /* for a rollback to d1 */
	deploy_saved(&j, "d5", "b5", NULL);
	check_copies(&j, "db", "{'b5': true}"); /* half way */
	journey_end(&j);
}
