/* The backup of a deployment: made before anything is touched, or nothing is deployed; and the lock is held for as long as
 * it may take. */
#include "belay/backup.h"
#include "vault.h"

#define DB                                                                               \
	"  db:\n"                                                                        \
	"    source: {run: dump, name: app.dump}\n"                                      \
	"    seal: {recipients: [keys/backup.crt]}\n"                                    \
	"    store: [{name: near, directory: /srv/near}, {name: far, directory: "        \
	"/srv/far}]\n"                                                                   \
	"    timeout: 1h\n"                                                              \
	"    keep: {last: 1}\n"

static const char config[] =
	"version: 1\n"
	"state: {remote: /srv/shop.git}\n"
	"defaults: {retry: {attempts: 1}}\n"
	"checks:\n"
	"  health: {http: 'http://shop.test/health', expect: ['.status == 200']}\n"
	"environments:\n"
	"  production:\n"
	"    lock: {lease: 15m}\n"
	"    services:\n"
	"      api: {driver: command, deploy: {run: deploy}, undo: {run: undo}, backup: db}\n"
	"      web: {driver: command, deploy: {run: deploy}, undo: {run: undo}, backup: db}\n"
	"      www: {driver: command, deploy: {run: deploy}, undo: {run: undo}}\n"
	"    gates: [health]\n"
	"backups:\n" DB;

static struct vault *vault_with_services(void)
{
	struct vault *vault = vault_new("backups:\n" DB);
	struct stage *stage = vault->stage;
	config_free(stage->config);
	stage->config = NULL;
	CHECK_OK(config_parse(config, strlen(config), "belay.yml", &stage->config, NULL,
			      &stage->err),
		 &stage->err);
	stage->engine.config = stage->config;
	stage->engine.environment = &stage->config->environments[0];
	return vault;
}

/* "api: backed up as db/…" and so on: texts of the timeline's rows of the step, without ids. */
static size_t lines(const struct stage *stage, const char *step, const char *outcome)
{
	size_t i, count = 0;
	const json_t *row;
	json_array_foreach(json_object_get(stage->result, "timeline"), i, row) {
		count += str_equal(json_get_string(row, "step", ""), step) &&
			 str_equal(json_get_string(row, "outcome", ""), outcome);
	}
	return count;
}

/* The place of the first row of the step. */
static size_t place(const struct stage *stage, const char *step)
{
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(stage->result, "timeline"), i, row) {
		if (str_equal(json_get_string(row, "step", ""), step))
			return i;
	}
	return SIZE_MAX;
}

static int64_t copies(struct vault *vault)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	return (int64_t)json_array_size(json_at(state, "/backups/db/copies"));
}

TEST(a_backup_comes_before_anything_is_touched_and_once_for_all_who_name_it)
{
	struct vault *vault = vault_with_services();
	struct stage *stage = vault->stage;
	CHECK_INT_EQ(stage_deploy(stage, "v1"), END_PASSED);
	CHECK_INT_EQ(copies(vault), 1);
	CHECK_INT_EQ(lines(stage, "backup", "ok"), 2);
	CHECK(place(stage, "backup") < place(stage, "switch"));
	_cleanup_json_ json_t *state = stage_state(stage);
	_cleanup_free_ char *id = vault_copy(vault, 0);
	CHECK(!json_get_bool(json_object_get(state, "lock"), "held", true));
	const json_t *made = world_branch(stage->world, "belay-state");
	size_t i, noted = 0;
	const json_t *commit;
	json_array_foreach(made, i, commit) {
		const char *body = json_get_string(commit, "body", "");
		noted += strstr(body, "deployment.backed-up") && strstr(body, id);
	}
	CHECK_INT_EQ(noted, 2);
	vault_end(vault);
}

static const struct row {
	const char *name;
	const char *down;  /* store that takes nothing */
	const char *fails; /* kind */
	int end;
	const char *reason; /* part of it */
	size_t switched;
} rows[] = {
	{"all is well", NULL, NULL, END_PASSED, "", 3},
	{"the source fails", NULL, "backup.write", END_FAILED,
	 "the backup 'db' failed: it ended half way", 0},
	{"one store has it", "far", NULL, END_PASSED, "", 3},
	{"no store has it", NULL, "object.write", END_FAILED,
	 "the backup 'db' failed: ", 0},
	{"nobody could read it again", NULL, "backup.read", END_FAILED,
	 "the backup 'db' failed: ", 0},
};

TEST(without_its_backup_nothing_is_deployed)
{
	FOR_ROWS(row, rows) {
		struct vault *vault = vault_with_services();
		struct stage *stage = vault->stage;
		if (row->down)
			json_object_set_new(vault->down, row->down, json_true());
		if (row->fails)
			json_object_set_new(vault->fails, row->fails, json_string("net"));
		CHECK_INT_EQ(stage_deploy(stage, "v1"), row->end);
		CHECK_STR_HAS(json_get_string(stage->result, "reason", ""), row->reason);
		CHECK_INT_EQ(lines(stage, "switch", "ok"), row->switched);
		CHECK_INT_EQ(lines(stage, "backup", "warning"), row->down != NULL);
		_cleanup_json_ json_t *state = stage_state(stage);
		CHECK(!json_get_bool(json_object_get(state, "lock"), "held", true));
		CHECK(!json_is_object(state_transaction(state)));
		vault_end(vault);
	}
}

/* What a waiting run would see while the backup is written. */
static int64_t lease_seen_ms;
static void look_at_lease(struct vault *vault)
{
	const json_t *commits = world_branch(vault->stage->world, "belay-state");
	size_t i;
	const json_t *commit;
	json_array_foreach(commits, i, commit) {
		_cleanup_json_ json_t *event =
			json_loads(json_get_string(commit, "body", "{}"), 0, NULL);
		if (str_equal(json_get_string(event, "type", ""), "lock.renewed"))
			lease_seen_ms = json_get_int(json_object_get(event, "data"),
						     "lease_ms", 0);
	}
}

TEST(the_lock_is_held_for_as_long_as_the_backup_may_take)
{
	static const int64_t minute_ms = 60 * 1000;
	struct vault *vault = vault_with_services();
	struct stage *stage = vault->stage;
	vault->while_writing = look_at_lease;
	lease_seen_ms = 0;
	CHECK_INT_EQ(stage_deploy(stage, "v1"), END_PASSED);
	CHECK_INT_EQ(lease_seen_ms, (15 + 130) * minute_ms);
	/* The last one took less than a second. */
	CHECK_INT_EQ(stage_deploy(stage, "v2"), END_PASSED);
	CHECK(lease_seen_ms > 15 * minute_ms && lease_seen_ms < 16 * minute_ms);
	vault_end(vault);
}

TEST(going_back_does_not_wait_for_a_backup)
{
	struct vault *vault = vault_with_services();
	struct stage *stage = vault->stage;
	const struct engine_request request = {0};
	CHECK_INT_EQ(stage_deploy(stage, "v1"), END_PASSED);
	CHECK_INT_EQ(stage_deploy(stage, "v2"), END_PASSED);
	CHECK_INT_EQ(stage_do(stage, engine_rollback, &request), END_PASSED);
	CHECK_INT_EQ(copies(vault), 2);
	vault_end(vault);
}

TEST(the_plan_shows_it_once)
{
	struct vault *vault = vault_with_services();
	struct stage *stage = vault->stage;
	const struct engine_request request = {.version = "v1"};
	CHECK_OK(engine_plan(&stage->engine, &request, &stage->result, &stage->err),
		 &stage->err);
	size_t i, count = 0;
	const json_t *step;
	json_array_foreach(json_object_get(stage->result, "steps"), i, step) {
		count += str_equal(json_get_string(step, "step", ""), "backup") &&
			 str_equal(json_get_string(step, "target", ""), "db");
	}
	CHECK_INT_EQ(count, 1);
	vault_check_schema(vault, "result.plan");
	vault_end(vault);
}

/* The way back for the data is there for as long as what was deployed is. */
TEST(the_copy_from_before_what_is_live_is_not_forgotten)
{
	static const char reason[] = "made before the deployment that is live";
	struct vault *vault = vault_with_services();
	const struct engine_backup asked = {0};
	CHECK_INT_EQ(stage_deploy(vault->stage, "v1"), END_PASSED);
	_cleanup_free_ char *before = vault_copy(vault, 0);
	vault_make_copies(vault, 3);
	CHECK_INT_EQ(vault_do(vault, engine_backup_forget, &asked), END_PASSED);
	const json_t *decided =
		json_at(vault->stage->result, "/backups/0/stores/0/copies");
	const json_t *oldest = json_array_get(decided, json_array_size(decided) - 1);
	CHECK_STR_EQ(json_get_string(oldest, "id", ""), before);
	CHECK_STR_EQ(json_string_value(json_at(oldest, "/reasons/0")), reason);
	CHECK_INT_EQ(copies(vault), 2);
	/* The next deployment has one of its own. */
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(stage_deploy(vault->stage, "v2"), END_PASSED);
	vault_make_copies(vault, 1);
	CHECK_INT_EQ(vault_do(vault, engine_backup_forget, &asked), END_PASSED);
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	CHECK_NULL(state_backup_copy(state, "db", before));
	CHECK_INT_EQ(copies(vault), 2);
	vault_end(vault);
}
