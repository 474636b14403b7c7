/* Whose backup may a deployment take over, that is being made? See also backup_phase.c. */
#include "vault.h"

static const char config[] =
	"version: 1\n"
	"state: {remote: /srv/shop.git}\n"
	"environments:\n"
	"  production:\n"
	"    services:\n"
	"      api: {driver: command, deploy: {run: deploy}, undo: {run: undo}, backup: db}\n"
	"backups:\n"
	"  db:\n"
	"    source: {run: dump, name: app.dump}\n"
	"    seal: {recipients: [keys/backup.crt]}\n"
	"    store: {directory: /srv/near}\n";

static struct vault *vault_with_services(void)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
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

/* Is the backup claimed by a run? */
static bool is_claimed(struct vault *vault)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	return json_is_object(json_at(state, "/backups/db/running"));
}

/* --take-lock is said of the lock of the environment: a nightly backup goes on, whoever is deploying. */
TEST(a_backup_that_somebody_else_makes_is_not_taken_from_them)
{
	struct vault *vault = vault_with_services();
	struct stage *stage = vault->stage;
	const struct engine_backup nightly = {0};
	vault->acts_left = 1; /* the claim, and then nothing is heard any more */
	CHECK(vault_do(vault, engine_backup_run, &nightly) < 0);
	vault_revive(vault);
	CHECK(is_claimed(vault));
	CHECK_INT_EQ(stage_deploy(stage, "v1"), END_FAILED); /* with --take-lock */
	CHECK_STR_HAS(json_get_string(stage->result, "reason", ""),
		      "the backup 'db' is being made by");
	CHECK(is_claimed(vault));
	CHECK_STR_HAS(json_get_string(stage->result, "hint", ""),
		      "backup run -e production db --take-lock");
	vault_end(vault);
}

/* Whatever it says then, nobody hears it. */
static void die_deploying(struct vault *vault, int acts)
{
	struct stage *stage = vault->stage;
	const struct engine_request request = {.version = "v1"};
	enum engine_end end = END_PASSED;
	struct err err = {0};
	vault->acts_left = acts;
	CHECK(engine_deploy(&stage->engine, &request, &end, &stage->result, &err) < 0);
	vault_revive(vault);
}

/* But one that died with its backup has lost both. */
TEST(the_backup_of_a_run_whose_lock_was_taken_is_taken_as_well)
{
	int claimed = 0;
	for (int acts = 1; acts < 8; acts++) {
		struct vault *vault = vault_with_services();
		test_row("after %d acts", acts);
		die_deploying(vault, acts);
		claimed += is_claimed(vault);
		CHECK_INT_EQ(stage_deploy(vault->stage, "v1"), END_PASSED);
		CHECK(!is_claimed(vault));
		vault_end(vault);
	}
	test_at_row(NULL);
	CHECK(claimed > 0);
}
