/* Who hears of backups that fail, are late and are good again: from runs, drills, verifications and a watch. */
#include "vault.h"

#define HOOK                                                                             \
	"    notify: [hook]\n"                                                           \
	"notify:\n"                                                                      \
	"  hook:\n"                                                                      \
	"    webhook: {url: 'http://hook.test/', json: '{{.topic}}: {{.title}}: {{.reason}}'}\n"

#define NEWS HOOK VAULT_CONFIG "    drill: {checks: [{name: rows, run: 'exit 0'}]}\n"

/* What was told since the last call, joined; lines of "topic: title: reason". Fresh. */
static char *told(struct vault *vault)
{
	struct str text = STR_INIT;
	size_t i;
	const json_t *post;
	json_array_foreach(vault->stage->posts, i, post)
		str_addf(&text, "%s%s", i ? "; " : "", json_string_value(post));
	json_array_clear(vault->stage->posts);
	return str_take(&text);
}

static void check_told(struct vault *vault, const char *want)
{
	_cleanup_free_ char *got = told(vault);
	CHECK_STR_EQ(got, want);
}

static int back_up(struct vault *vault)
{
	const struct engine_backup asked = {0};
	stage_later(vault->stage, 24 * 60);
	return vault_do(vault, engine_backup_run, &asked);
}

static int watch(struct vault *vault)
{
	return stage_watch(vault->stage);
}

TEST(a_run_that_fails_is_told_and_so_is_the_next_that_does_not)
{
	struct vault *vault = vault_new(NEWS);
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	check_told(vault, "");
	vault->source = NULL;
	CHECK_INT_EQ(back_up(vault), END_FAILED);
	check_told(vault,
		   "backup-failed: production: backup db failed: the command 'dump' "
		   "failed with status 1");
	CHECK_INT_EQ(back_up(vault), END_FAILED);
	check_told(vault,
		   "backup-failed: production: backup db failed: the command 'dump' "
		   "failed with status 1");
	vault->source = "data";
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	check_told(vault, "backup-recovered: production: backup db is good again: ");
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	check_told(vault, "");
	vault_end(vault);
}

TEST(a_watch_tells_once_that_it_is_late)
{
	struct vault *vault = vault_new(NEWS);
	CHECK_INT_EQ(watch(vault), END_PASSED);
	check_told(vault, ""); /* there was never one */
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	stage_later(vault->stage, 25 * 60);
	CHECK_INT_EQ(watch(vault), END_PASSED);
	check_told(vault, ""); /* a little later is not late */
	stage_later(vault->stage, 5 * 60);
	CHECK_INT_EQ(watch(vault), END_PASSED);
	CHECK_JSON_EQ(json_at(vault->stage->result, "/backups/0/outcome"), "'fail'");
	check_told(vault,
		   "backup-late: production: backup db is late: the newest copy is "
		   "1d 6h old, promised is one every 1d");
	for (int i = 0; i < 5; i++) {
		size_t commits = stage_commits(vault->stage);
		stage_later(vault->stage, 60);
		CHECK_INT_EQ(watch(vault), END_PASSED);
		CHECK_INT_EQ(stage_commits(vault->stage), commits);
	}
	check_told(vault, "");
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	check_told(vault, "backup-recovered: production: backup db is good again: ");
	stage_later(vault->stage, 30 * 60);
	CHECK_INT_EQ(watch(vault), END_PASSED);
	check_told(vault,
		   "backup-late: production: backup db is late: the newest copy is "
		   "1d 6h old, promised is one every 1d");
	vault_end(vault);
}

/* What nobody can restore keeps no promise. */
TEST(a_bad_copy_does_not_make_it_young)
{
	struct vault *vault = vault_new(NEWS);
	const struct engine_backup all = {.read_data = true};
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	stage_later(vault->stage, 30 * 60);
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	vault_damage(vault, "a", data);
	vault_damage(vault, "b", data);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &all), END_FAILED);
	_cleanup_free_ char *failed = told(vault);
	CHECK_STR_HAS(failed, "backup-failed: ");
	CHECK_INT_EQ(watch(vault), END_PASSED);
	_cleanup_free_ char *late = told(vault);
	CHECK_STR_HAS(late, "backup-late: production: backup db is late: ");
	CHECK_STR_HAS(late,
		      "the newest good copy is 2d 6h old, promised is one every 1d");
	vault_end(vault);
}

TEST(a_copy_that_is_damaged_is_told)
{
	struct vault *vault = vault_new(NEWS);
	const struct engine_backup all = {.read_data = true};
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	_cleanup_free_ char *whole = mem_strdup(vault_text(vault, "a", data));
	vault_spoil(vault, "a", data);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &all), END_FAILED);
	_cleanup_free_ char *bad = told(vault);
	CHECK_STR_HAS(bad, "backup-failed: production: backup db ");
	CHECK_STR_HAS(bad, "is not what was written");
	vault_put(vault, "a", data, whole);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &all), END_PASSED);
	check_told(vault, "backup-recovered: production: backup db is good again: ");
	vault_end(vault);
}

TEST(a_drill_that_fails_is_told)
{
	struct vault *vault = vault_new(NEWS);
	const struct engine_backup asked = {0};
	CHECK_INT_EQ(back_up(vault), END_PASSED);
	CHECK_INT_EQ(vault_do(vault, engine_backup_drill, &asked), END_PASSED);
	check_told(vault, "");
	vault->wants = "OTHER_KEY";
	CHECK_INT_EQ(vault_do(vault, engine_backup_drill, &asked), END_FAILED);
	_cleanup_free_ char *bad = told(vault);
	CHECK_STR_HAS(bad, "backup-failed: production: backup db failed its drill: ");
	vault->wants = NULL;
	CHECK_INT_EQ(vault_do(vault, engine_backup_drill, &asked), END_PASSED);
	check_told(vault, "backup-recovered: production: backup db is good again: ");
	vault_end(vault);
}

TEST(an_environment_may_be_there_for_its_backups_only)
{
	struct vault *vault = vault_new(NEWS);
	struct config_environment *environment = vault->stage->config->environments;
	environment->gates.count = 0;
	CHECK_INT_EQ(watch(vault), END_PASSED);
	vault->stage->config->backup_count = 0;
	CHECK_INT_EQ(watch(vault), -1);
	CHECK_STR_HAS(vault->stage->err.message, "has no gates");
	environment->gates.count = 1;
	vault->stage->config->backup_count = 1;
	vault_end(vault);
}
