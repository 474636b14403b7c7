/* Drills: what is restored where, what checks see and say, what is measured against what was promised, and that nothing
 * is left behind. */
#include "vault.h"

#define DRILL(more) VAULT_CONFIG "    drill: {" more "}\n"
#define CHECKS(rows) DRILL("checks: [" rows "]")

static int drill(struct vault *vault)
{
	const struct engine_backup asked = {0};
	int end = vault_do(vault, engine_backup_drill, &asked);
	if (end >= 0)
		vault_check_schema(vault, "result.backup-drill");
	return end;
}

static const char *of_result(const struct vault *vault, const char *member)
{
	return json_get_string(vault->stage->result, member, NULL);
}

/* state.backups.db.drilled, or NULL. New. */
static json_t *recorded(struct vault *vault)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	return json_incref(json_at(state, "/backups/db/drilled"));
}

static void check_nothing_is_left(const struct vault *vault)
{
	CHECK_JSON_EQ(vault->scratches, "{}");
}

TEST(a_drill_restores_looks_measures_and_tidies_up)
{
	struct vault *vault = vault_new(DRILL(
		"rto: 1h, checks: [{name: rows, run: say 1200, expect: ['(.stdout | "
		"tonumber) > 1000']}, {name: readable, run: look}]"));
	vault_make_copies(vault, 1);
	stage_later(vault->stage, 90);
	CHECK_INT_EQ(drill(vault), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "outcome"), "pass");
	CHECK_STR_EQ(of_result(vault, "to"), "/scratch/1/app.dump");
	CHECK_JSON_EQ(json_at(vault->stage->result, "/checks/0/text"),
		      "'all predicates hold'");
	CHECK_NEAR(json_get_number(json_at(vault->stage->result, "/checks/0"),
				   "duration_ms", 0),
		   1000, 100);
	CHECK_JSON_EQ(json_at(vault->stage->result, "/checks/1/outcome"), "'pass'");
	CHECK_NEAR(json_get_number(vault->stage->result, "rto_ms", 0), 2000, 500);
	CHECK_INT_EQ(json_get_int(vault->stage->result, "rto_promised_ms", 0), 3600000);
	CHECK_NEAR(json_get_number(vault->stage->result, "rpo_ms", 0), 90 * 60000, 500);
	CHECK_INT_EQ(json_get_int(vault->stage->result, "rpo_promised_ms", 0), 86400000);
	_cleanup_free_ char *id = vault_copy(vault, 0);
	_cleanup_free_ char *env = str_format(
		"{'BELAY_RESTORED': '/scratch/1/app.dump', 'BELAY_BACKUP': 'db', "
		"'BELAY_BACKUP_ID': '%s'}",
		id);
	CHECK_JSON_EQ(json_at(vault->runs, "/0/env"), env);
	CHECK_JSON_EQ(json_at(vault->runs, "/0/directory"), "'/scratch/1'");
	_cleanup_json_ json_t *entry = recorded(vault);
	CHECK_STR_EQ(json_get_string(entry, "outcome", ""), "pass");
	CHECK_NEAR(json_get_number(entry, "rto_ms", 0), 2000, 500);
	CHECK_NEAR(json_get_number(entry, "rpo_ms", 0), 90 * 60000, 500);
	check_nothing_is_left(vault);
	vault_end(vault);
}

/* --- failing ---------------------------------------------------------------------------------- */

enum trouble { NONE, BOTH_DAMAGED, OTHER_KEY };

static const struct failing_row {
	const char *name, *config;
	enum trouble trouble;
	const char *reason, *checks; /* p, f, s */
	bool rto;                    /* is measured */
} failing[] = {
	{"a check exits with something",
	 CHECKS("{name: a, run: exit 3}, {name: b, run: look}"), NONE,
	 "check 'a': the command ended with status 3", "fp", true},
	{"a predicate does not hold",
	 CHECKS("{name: a, run: say 7, expect: ['(.stdout | tonumber) > 1000']}"), NONE,
	 "check 'a': expected (.stdout | tonumber) > 1000, got 7", "f", true},
	{"the first of two reasons is told",
	 CHECKS("{name: a, run: exit 1}, {name: b, run: exit 2}"), NONE,
	 "check 'a': the command ended with status 1", "ff", true},
	{"it takes longer than promised",
	 DRILL("rto: 1s, checks: [{name: a, run: look}, {name: b, run: look}]"), NONE,
	 ", promised are 1s", "pp", true},
	{"the data is damaged", CHECKS("{name: a, run: look}"), BOTH_DAMAGED,
	 "is not what was written", "s", false},
	{"the key does not open it", CHECKS("{name: a, run: look}"), OTHER_KEY,
	 "sealed for another key", "s", false},
};

static void make_trouble(struct vault *vault, enum trouble trouble)
{
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	if (trouble == BOTH_DAMAGED) {
		vault_spoil(vault, "a", data);
		vault_spoil(vault, "b", data);
	}
	if (trouble == OTHER_KEY)
		vault->wants = "OTHER_KEY";
}

static char *outcomes(const struct vault *vault)
{
	struct str text = STR_INIT;
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(vault->stage->result, "checks"), i, row)
		str_add_char(&text, *json_get_string(row, "outcome", "?"));
	return str_take(&text);
}

TEST(what_fails_is_recorded_and_leaves_nothing)
{
	FOR_ROWS(row, failing) {
		struct vault *vault = vault_new(row->config);
		vault_make_copies(vault, 1);
		make_trouble(vault, row->trouble);
		CHECK_INT_EQ(drill(vault), END_FAILED);
		CHECK_STR_HAS(of_result(vault, "reason"), row->reason);
		_cleanup_free_ char *got = outcomes(vault);
		CHECK_STR_EQ(got, row->checks);
		CHECK_INT_EQ(
			json_is_integer(json_object_get(vault->stage->result, "rto_ms")),
			row->rto);
		_cleanup_json_ json_t *entry = recorded(vault);
		CHECK_STR_EQ(json_get_string(entry, "outcome", ""), "fail");
		_cleanup_json_ json_t *state = stage_state(vault->stage);
		CHECK_INT_EQ(json_object_size(json_at(state, "/backups/db/copies/0/bad")),
			     row->trouble == BOTH_DAMAGED ? 2 : 0);
		check_nothing_is_left(vault);
		vault_end(vault);
	}
}

TEST(without_any_copy_it_fails_and_records_nothing)
{
	struct vault *vault = vault_new(CHECKS("{name: a, run: look}"));
	CHECK_INT_EQ(drill(vault), END_FAILED);
	CHECK_STR_HAS(of_result(vault, "reason"), "the journal knows no copy of 'db'");
	CHECK_NULL(of_result(vault, "id"));
	CHECK_INT_EQ(stage_commits(vault->stage), 0);
	vault_end(vault);
}

TEST(an_old_copy_is_worth_a_warning)
{
	struct vault *vault = vault_new(CHECKS("{name: a, run: look}"));
	vault_make_copies(vault, 1);
	stage_later(vault->stage, 50 * 60);
	CHECK_INT_EQ(drill(vault), END_PASSED);
	CHECK(stage_has(json_object_get(vault->stage->result, "warnings"),
			"the copy is 2d 2h old, promised is one every 1d"));
	vault_end(vault);
}

TEST(a_command_may_take_the_data)
{
	struct vault *vault =
		vault_new(DRILL("to: {run: pg_restore}, checks: [{name: a, run: look}]"));
	vault_make_copies(vault, 1);
	CHECK_INT_EQ(drill(vault), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "to"), "pg_restore");
	CHECK_JSON_EQ(json_at(vault->runs, "/0/env/BELAY_RESTORED"), "''");
	CHECK_JSON_EQ(json_at(vault->runs, "/0/directory"), "null");
	CHECK_INT_EQ(vault->scratch_count, 0);
	vault->exit = 3;
	CHECK_INT_EQ(drill(vault), END_FAILED);
	vault_end(vault);
}

/* A process that is told to end tidies up all the same. */
TEST(a_drill_that_is_cancelled_proves_nothing_and_leaves_nothing)
{
	struct vault *vault = vault_new(CHECKS("{name: a, run: cancel}, {name: b, run: "
					       "look}"));
	vault_make_copies(vault, 1);
	size_t commits = stage_commits(vault->stage);
	CHECK_INT_EQ(drill(vault), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_CANCELLED);
	CHECK_INT_EQ(json_array_size(vault->runs), 1);
	CHECK_INT_EQ(stage_commits(vault->stage), commits);
	check_nothing_is_left(vault);
	vault_end(vault);
}

TEST(a_dry_run_makes_nothing_and_measures_nothing)
{
	struct vault *vault = vault_new(CHECKS("{name: a, run: exit 3}"));
	vault_make_copies(vault, 1);
	size_t commits = stage_commits(vault->stage);
	vault->stage->engine.fx = vault_dry(vault);
	CHECK_INT_EQ(drill(vault), END_PASSED);
	CHECK_INT_EQ(vault->scratch_count, 0);
	CHECK_JSON_EQ(vault->runs, "[]");
	CHECK_JSON_EQ(json_object_get(vault->stage->result, "rto_ms"), "null");
	CHECK_JSON_EQ(json_object_get(vault->stage->result, "restore_ms"), "null");
	effects_free(vault->stage->engine.fx);
	CHECK_INT_EQ(stage_commits(vault->stage), commits);
	vault_end(vault);
}
