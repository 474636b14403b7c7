/* What DigitalOcean is asked, and what its words mean. */
#include "belay/digitalocean.h"

#include "../check/world.h"
#include "belay/str.h"
#include "test.h"

#define ID "a b"

static int app(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_app(api, fx, ID, ret, err);
}
static int health(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_app_health(api, fx, ID, ret, err);
}
static int alerts(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_app_alerts(api, fx, ID, ret, err);
}
static int update(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *spec = world_json("{'name': 'shop'}");
	return digitalocean_app_update(api, fx, ID, spec, ret, NULL, err);
}
static int deployments(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_deployments(api, fx, ID, 20, ret, err);
}
static int deployment(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_deployment(api, fx, ID, "d/1", ret, err);
}
static int deploy(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_deploy(api, fx, ID, true, ret, NULL, err);
}
static int cancel(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	*ret = json_null();
	return digitalocean_cancel(api, fx, ID, "d1", err);
}
static int restart_all(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_restart(api, fx, ID, NULL, ret, err);
}
static int restart_some(struct api *api, struct effects *fx, json_t **ret,
			struct err *err)
{
	_cleanup_json_ json_t *names = world_json("['web']");
	return digitalocean_restart(api, fx, ID, names, ret, err);
}
static int validate(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_rollback_validate(api, fx, ID, "d1", true, ret, err);
}
static int rollback(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_rollback(api, fx, ID, "d1", false, ret, NULL, err);
}
static int commit(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	*ret = json_null();
	return digitalocean_rollback_commit(api, fx, ID, err);
}
static int revert(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_rollback_revert(api, fx, ID, ret, err);
}
static int droplet(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_droplet(api, fx, 7, ret, err);
}
static int snapshots(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_droplet_snapshots(api, fx, 7, ret, err);
}
static int power_cycle(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_droplet_power_cycle(api, fx, 7, ret, err);
}
static int backups(struct api *api, struct effects *fx, json_t **ret, struct err *err)
{
	return digitalocean_database_backups(api, fx, "db", ret, err);
}

static const struct row {
	const char *name;
	int (*call)(struct api *api, struct effects *fx, json_t **ret, struct err *err);
	const char *request; /* method and path */
	const char *json;    /* body sent, or NULL */
	bool act;
	const char *body, *result;
} rows[] = {
	{"app", app, "GET /v2/apps/a%20b", NULL, false, "{'app': {'id': 1}}",
	 "{'id': 1}"},
	{"an answer without the member", app, "GET /v2/apps/a%20b", NULL, false, "{}",
	 "null"},
	{"health", health, "GET /v2/apps/a%20b/health", NULL, false,
	 "{'app_health': {'components': []}}", "{'components': []}"},
	{"alerts", alerts, "GET /v2/apps/a%20b/alerts", NULL, false, "{'alerts': [1]}",
	 "[1]"},
	{"update", update, "PUT /v2/apps/a%20b", "{'spec': {'name': 'shop'}}", true,
	 "{'app': {'id': 1}}", "{'id': 1}"},
	{"deployments", deployments, "GET /v2/apps/a%20b/deployments?per_page=20", NULL,
	 false, "{'deployments': [1, 2]}", "[1, 2]"},
	{"deployment", deployment, "GET /v2/apps/a%20b/deployments/d%2F1", NULL, false,
	 "{'deployment': {'id': 'd'}}", "{'id': 'd'}"},
	{"deploy", deploy, "POST /v2/apps/a%20b/deployments", "{'force_build': true}",
	 true, "{'deployment': {'id': 'd'}}", "{'id': 'd'}"},
	{"cancel", cancel, "POST /v2/apps/a%20b/deployments/d1/cancel", NULL, true,
	 "{'deployment': {}}", "null"},
	{"restart", restart_all, "POST /v2/apps/a%20b/restart", "{}", true,
	 "{'deployment': {'id': 'd'}}", "{'id': 'd'}"},
	{"restart of one component", restart_some, "POST /v2/apps/a%20b/restart",
	 "{'components': ['web']}", true, "{'deployment': {'id': 'd'}}", "{'id': 'd'}"},
	{"validate is a look", validate, "POST /v2/apps/a%20b/rollback/validate",
	 "{'deployment_id': 'd1', 'skip_pin': true}", false, "{'valid': true}",
	 "{'valid': true}"},
	{"rollback", rollback, "POST /v2/apps/a%20b/rollback",
	 "{'deployment_id': 'd1', 'skip_pin': false}", true,
	 "{'deployment': {'id': 'd'}}", "{'id': 'd'}"},
	{"commit", commit, "POST /v2/apps/a%20b/rollback/commit", NULL, true, "''",
	 "null"},
	{"revert", revert, "POST /v2/apps/a%20b/rollback/revert", NULL, true,
	 "{'deployment': {'id': 'd'}}", "{'id': 'd'}"},
	{"Droplet", droplet, "GET /v2/droplets/7", NULL, false, "{'droplet': {'id': 7}}",
	 "{'id': 7}"},
	{"snapshots", snapshots, "GET /v2/droplets/7/snapshots?per_page=200", NULL, false,
	 "{'snapshots': []}", "[]"},
	{"power cycle", power_cycle, "POST /v2/droplets/7/actions",
	 "{'type': 'power_cycle'}", true, "{'action': {'id': 3}}", "{'id': 3}"},
	{"backups", backups, "GET /v2/databases/db/backups", NULL, false,
	 "{'backups': [1]}", "[1]"},
};

static struct effects *service(const char *answer, struct api *api, struct world **world)
{
	_cleanup_json_ json_t *token = world_json("{'$secret': {'env': 'T'}}");
	_cleanup_free_ char *script = str_format("{'DigitalOcean': [%s]}", answer);
	digitalocean_init(api, NULL, token);
	return world_new(script, world);
}

TEST(what_is_asked)
{
	FOR_ROWS(row, rows) {
		struct world *world;
		struct api api;
		struct err err = {0};
		_cleanup_free_ char *answer = str_format(
			"{'status': 200, 'headers': {}, 'body': %s}", row->body);
		_cleanup_(effects_freep) struct effects *fx =
			service(answer, &api, &world);
		_cleanup_json_ json_t *result = NULL;
		if (CHECK_OK(row->call(&api, fx, &result, &err), &err))
			CHECK_JSON_EQ(result, row->result);
		const json_t *asked = json_array_get(world->asked, 0);
		const json_t *args = json_object_get(asked, "args");
		const char *url = json_get_string(args, "url", "");
		_cleanup_free_ char *request =
			str_format("%s %s", json_get_string(args, "method", ""),
				   str_has_prefix(url, "https://api.digitalocean.com")
					   ? url + strlen("https://api.digitalocean.com")
					   : url);
		CHECK_STR_EQ(request, row->request);
		CHECK_INT_EQ(json_get_bool(asked, "act", !row->act), row->act);
		CHECK_JSON_EQ(json_at(args, "/headers/Authorization"),
			      "{'$secret': {'env': 'T'}, 'prefix': 'Bearer '}");
		if (row->json)
			CHECK_JSON_EQ(json_object_get(args, "json"), row->json);
		else
			CHECK_NULL(json_object_get(args, "json"));
		api_release(&api);
	}
}

static const struct hint_row {
	const char *name;
	int (*call)(struct api *api, struct effects *fx, json_t **ret, struct err *err);
	const char *status;
	const char *hint;
} hints[] = {
	{"a look", app, "403", "the token lacks the scope 'app:read'"},
	{"an act", deploy, "403", "the token lacks the scope 'app:update'"},
	{"validate", validate, "403", "the token lacks the scope 'app:update'"},
	{"a Droplet", droplet, "403", "the token lacks the scope 'droplet:read'"},
	{"a database", backups, "403", "the token lacks the scope 'database:read'"},
	{"a bad token", app, "401", "the token is not valid"},
	{"no such app", app, "404", "check 'app:'"},
	{"anything else", app, "418", ""},
};

TEST(refusals_say_what_to_do)
{
	FOR_ROWS(row, hints) {
		struct world *world;
		struct api api;
		struct err err = {0};
		_cleanup_free_ char *answer = str_format(
			"{'status': %s, 'body': {'message': 'no'}}", row->status);
		_cleanup_(effects_freep) struct effects *fx =
			service(answer, &api, &world);
		_cleanup_json_ json_t *result = NULL;
		CHECK_INT_EQ(row->call(&api, fx, &result, &err), -1);
		CHECK_STR_HAS(err.hint, row->hint);
		api_release(&api);
	}
}

static const struct log_row {
	const char *name, *places, *text; /* text NULL: nothing is fetched */
	size_t max_bytes;
	const char *want;
} logs[] = {
	{"archived", "{'historic_urls': ['https://store/x?sig=1']}", "one\\ntwo\\n", 99,
	 "one\ntwo\n"},
	{"live", "{'historic_urls': [], 'live_url': 'https://store/y'}", "one\\n", 99,
	 "one\n"},
	{"the end of a long one", "{'historic_urls': ['https://store/x']}",
	 "first\\nsecond\\nthird\\n", 10, "third\n"},
	{"one long line", "{'historic_urls': ['https://store/x']}", "0123456789", 4,
	 "6789"},
	{"gone", "{'historic_urls': []}", NULL, 99, ""},
};

TEST(logs_are_cut_at_the_beginning)
{
	FOR_ROWS(row, logs) {
		struct world *world;
		struct api api;
		struct err err = {0};
		_cleanup_json_ json_t *token = world_json("{'$secret': {'env': 'T'}}");
		_cleanup_free_ char *text = NULL;
		digitalocean_init(&api, NULL, token);
		_cleanup_(effects_freep) struct effects *fx = world_new("{}", &world);
		_cleanup_free_ char *place =
			str_format("[{'status': 200, 'body': %s}]", row->places);
		_cleanup_free_ char *read = str_format("[{'status': 200, 'body': '%s'}]",
						       row->text ? row->text : "");
		json_object_set_new(world->script, "DigitalOcean", world_json(place));
		json_object_set_new(world->script, "DigitalOcean's logs",
				    world_json(read));
		if (CHECK_OK(digitalocean_logs(&api, fx, ID, "d1", "web", "BUILD",
					       row->max_bytes, &text, &err),
			     &err))
			CHECK_STR_EQ(text, row->want);
		CHECK_INT_EQ(json_array_size(world->asked), row->text ? 2 : 1);
		/* Another place, which gets no token. */
		const json_t *second = json_array_get(world->asked, 1);
		CHECK_NULL(json_at(second, "/args/headers"));
		api_release(&api);
	}
}

static const struct phase_row {
	const char *name;
	enum digitalocean_phase phase;
} phases[] = {
	{"PENDING_BUILD", DEPLOYMENT_RUNNING},  {"BUILDING", DEPLOYMENT_RUNNING},
	{"PENDING_DEPLOY", DEPLOYMENT_RUNNING}, {"DEPLOYING", DEPLOYMENT_RUNNING},
	{"UNKNOWN", DEPLOYMENT_RUNNING},        {"ACTIVE", DEPLOYMENT_ACTIVE},
	{"SUPERSEDED", DEPLOYMENT_SUPERSEDED},  {"ERROR", DEPLOYMENT_FAILED},
	{"CANCELED", DEPLOYMENT_CANCELLED},     {"SOMETHING_NEW", DEPLOYMENT_RUNNING},
};

TEST(phases_by_name)
{
	FOR_ROWS(row, phases) {
		_cleanup_json_ json_t *deployment =
			json_pack("{s:s}", "phase", row->name);
		CHECK_INT_EQ(digitalocean_phase_of(deployment), row->phase);
	}
	CHECK_INT_EQ(digitalocean_phase_of(NULL), DEPLOYMENT_RUNNING);
}

TEST(conditions_in_words)
{
	CHECK_STR_EQ(digitalocean_condition("exceeded_revision_limit"),
		     "it is more revisions back than the app keeps");
	CHECK_STR_EQ(digitalocean_condition("something_new"), "something_new");
}
