/* Lists and verifications: what is said of copies that are there, gone, spoiled, unknown or out of reach. */
#include "vault.h"

#define DB                                                                               \
	"backups:\n"                                                                     \
	"  db:\n"                                                                        \
	"    source: {run: dump, name: app.dump}\n"                                      \
	"    seal: {recipients: [keys/backup.crt]}\n"                                    \
	"    open: {key: {env: BACKUP_KEY}, certificate: keys/backup.crt}\n"             \
	"    store: [{name: near, directory: /srv/near}, {name: far, directory: "        \
	"/srv/far}]\n"                                                                   \
	"    every: 1d\n"

#define DATA "data.zst.cms"

/* --- helpers ---------------------------------------------------------------------------------- */

static int list(const struct engine *engine, const struct engine_backup *asked,
		enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	*ret_end = END_PASSED;
	return engine_backup_list(engine, asked, ret_result, err);
}

static const json_t *first(const struct vault *vault)
{
	return json_array_get(json_object_get(vault->stage->result, "backups"), 0);
}

/* "near good, far missing" of the newest copy, for list. */
static const char *states(const struct vault *vault)
{
	static char text[200];
	_cleanup_str_ struct str out = STR_INIT;
	size_t i;
	const json_t *row;
	const json_t *copy = json_array_get(json_object_get(first(vault), "copies"), 0);
	json_array_foreach(json_object_get(copy, "stores"), i, row)
		str_addf(&out, "%s%s %s", i ? ", " : "",
			 json_get_string(row, "store", ""),
			 json_get_string(row, "state", ""));
	snprintf(text, sizeof text, "%s", str_text(&out));
	return text;
}

/* "good: near good sampled journal, far bad listed": a verification. */
static const char *outcomes(const struct vault *vault)
{
	static char text[200];
	_cleanup_str_ struct str out = STR_INIT;
	size_t i;
	const json_t *row;
	str_addf(&out, "%s:", json_get_string(first(vault), "outcome", ""));
	json_array_foreach(json_object_get(first(vault), "copies"), i, row) {
		const char *how = json_get_string(row, "how", NULL);
		const char *trust = json_get_string(row, "trust", NULL);
		str_addf(&out, "%s %s %s%s%s%s%s", i ? "," : "",
			 json_get_string(row, "store", ""),
			 json_get_string(row, "outcome", ""), how ? " " : "",
			 how ? how : "", trust ? " " : "", trust ? trust : "");
	}
	snprintf(text, sizeof text, "%s", str_text(&out));
	return text;
}

/* The newest copy's file in the store "far" gets another text. */
static void spoil(struct vault *vault, const char *file, const char *text)
{
	_cleanup_free_ char *object = vault_name(vault, 0, file);
	vault_put(vault, "far", object, text);
}

static void take_away(struct vault *vault, const char *file)
{
	_cleanup_free_ char *object = vault_name(vault, 0, file);
	json_object_del(vault_objects(vault, "far"), object);
}

/* --- what happened in the store "far" --------------------------------------------------------- */

static void nothing(struct vault *vault)
{
	(void)vault;
}

static void data_changed(struct vault *vault)
{
	spoil(vault, DATA, "sealed: all the dat!");
}

static void data_cut(struct vault *vault)
{
	spoil(vault, DATA, "sealed");
}

static void data_gone(struct vault *vault)
{
	take_away(vault, DATA);
}

static void manifest_changed(struct vault *vault)
{
	_cleanup_free_ char *object = vault_name(vault, 0, "manifest.json");
	_cleanup_free_ char *text = str_format("%s ", vault_text(vault, "far", object));
	vault_put(vault, "far", object, text);
}

static void manifest_gone(struct vault *vault)
{
	take_away(vault, "manifest.json");
}

static void all_gone(struct vault *vault)
{
	json_object_clear(vault_objects(vault, "far"));
}

static void away(struct vault *vault)
{
	json_object_set_new(vault->down, "far", json_true());
}

/* Somebody brought the backups here: the journal does not know it. */
static void forgotten_by_journal(struct vault *vault)
{
	json_object_clear(vault_objects(vault, "far"));
	const struct engine_backup asked = {.store = "near"};
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &asked), END_PASSED);
	json_object_update(vault_objects(vault, "far"), vault_objects(vault, "near"));
}

static const struct row {
	const char *name;
	void (*happens)(struct vault *vault);
	const char *listed, *verified;
	int end;          /* of the verification */
	const char *then; /* listed after it */
} rows[] = {
	{"nothing", nothing, "near good, far good",
	 "good: near good sampled journal, far good sampled journal", END_PASSED,
	 "near good, far good"},
	{"data changed", data_changed, "near good, far good",
	 "bad: near good sampled journal, far bad listed journal", END_FAILED,
	 "near good, far bad"},
	{"data cut", data_cut, "near good, far bad",
	 "bad: near good sampled journal, far bad listed journal", END_FAILED,
	 "near good, far bad"},
	{"data gone", data_gone, "near good, far incomplete",
	 "bad: near good sampled journal, far bad listed journal", END_FAILED,
	 "near good, far incomplete"},
	{"manifest changed", manifest_changed, "near good, far good",
	 "bad: near good sampled journal, far bad listed", END_FAILED,
	 "near good, far bad"},
	{"manifest gone", manifest_gone, "near good, far incomplete",
	 "bad: near good sampled journal, far bad listed", END_FAILED,
	 "near good, far incomplete"},
	{"all gone, or not mounted", all_gone, "near good, far missing",
	 "unknown: near good sampled journal, far unknown", END_INCONCLUSIVE,
	 "near good, far missing"},
	{"away", away, "near good, far unknown",
	 "unknown: near good sampled journal, far unknown", END_INCONCLUSIVE,
	 "near good, far unknown"},
	{"brought there by hand", forgotten_by_journal, "near good, far unknown",
	 "good: near good sampled journal, far good sampled journal", END_PASSED,
	 "near good, far good"},
};

TEST(what_lies_there_is_told_and_recorded)
{
	const struct engine_backup asked = {0};
	FOR_ROWS(row, rows) {
		struct vault *vault = vault_new(DB);
		vault_make_copies(vault, 1);
		row->happens(vault);
		CHECK_INT_EQ(vault_do(vault, list, &asked), END_PASSED);
		CHECK_STR_EQ(states(vault), row->listed);
		vault_check_schema(vault, "result.backup-list");
		CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), row->end);
		CHECK_STR_EQ(outcomes(vault), row->verified);
		vault_check_schema(vault, "result.backup-verify");
		CHECK_INT_EQ(vault_do(vault, list, &asked), END_PASSED);
		CHECK_STR_EQ(states(vault), row->then);
		vault_end(vault);
	}
}

TEST(a_store_that_does_not_answer_has_a_line)
{
	struct vault *vault = vault_new(DB);
	const struct engine_backup asked = {0};
	vault_make_copies(vault, 2);
	away(vault);
	CHECK_INT_EQ(vault_do(vault, list, &asked), END_PASSED);
	const json_t *row = first(vault);
	const json_t *line = json_array_get(json_object_get(row, "unreachable"), 0);
	CHECK_STR_EQ(json_get_string(line, "store", ""), "far");
	CHECK_STR_EQ(json_get_string(line, "reason", ""), "'far' does not answer");
	CHECK_INT_EQ(json_array_size(json_object_get(row, "copies")), 2);
	vault_end(vault);
}

TEST(age_is_seen_against_the_promise)
{
	struct vault *vault = vault_new(DB);
	struct engine_backup asked = {0};
	vault_make_copies(vault, 1);
	CHECK_INT_EQ(vault_do(vault, list, &asked), END_PASSED);
	CHECK_STR_EQ(json_get_string(first(vault), "outcome", ""), "pass");
	asked.now_ms = vault->stage->world->now_ms + (int64_t)30 * 60 * 60 * 1000;
	CHECK_INT_EQ(vault_do(vault, list, &asked), END_PASSED);
	CHECK_STR_EQ(json_get_string(first(vault), "outcome", ""), "fail");
	CHECK(json_is_true(json_object_get(first(vault), "late")));
	vault_end(vault);
}

TEST(what_a_dead_run_left_is_no_copy)
{
	struct vault *vault = vault_new(DB);
	const struct engine_backup asked = {0};
	vault_make_copies(vault, 1);
	vault_put(vault, "far", "db/20231220T000000Z-00aa/" DATA, "half");
	CHECK_INT_EQ(vault_do(vault, list, &asked), END_PASSED);
	CHECK_STR_EQ(states(vault), "near absent, far incomplete");
	vault_check_schema(vault, "result.backup-list");
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_PASSED);
	vault_end(vault);
}

/* --- health, by what is there ------------------------------------------------------------------ */

static void all_gone_everywhere(struct vault *vault)
{
	json_object_clear(vault->stores);
}

static void newest_gone_everywhere(struct vault *vault)
{
	static const char *const files[] = {DATA, "manifest.json", "RESTORE.txt"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *object = vault_name(vault, 0, files[i]);
		json_object_del(vault_objects(vault, "near"), object);
		json_object_del(vault_objects(vault, "far"), object);
	}
}

static void near_gone_and_away(struct vault *vault)
{
	json_object_clear(vault_objects(vault, "near"));
	away(vault);
}

static void journal_lost(struct vault *vault)
{
	json_object_clear(vault->stage->world->branches);
}

static const struct health_row {
	const char *name;
	void (*happens)(struct vault *vault);
	const char *outcome, *reason; /* a part of it */
	int newest;                   /* copy; -1: none */
} healths[] = {
	{"nothing", nothing, "pass", NULL, 0},
	{"one store is empty", all_gone, "fail",
	 " is missing in far; so it is with 1 more", 0},
	{"all stores are empty", all_gone_everywhere, "fail",
	 " is missing in near, missing in far; so it is with 1 more", -1},
	{"the newest is gone", newest_gone_everywhere, "fail",
	 " is missing in near, missing in far", 1},
	{"half of one is gone", data_gone, "fail", " is incomplete in far", 0},
	{"one is cut", data_cut, "fail", " is bad in far", 0},
	{"a store does not answer", away, "inconclusive", "far could not be asked", 0},
	{"one is empty, one does not answer", near_gone_and_away, "fail",
	 " is missing in near; so it is with 1 more", 0},
	{"the journal is lost", journal_lost, "warn",
	 "2 copies that the journal does not know", -1},
};

TEST(health_is_judged_by_what_is_there)
{
	const struct engine_backup asked = {0};
	FOR_ROWS(row, healths) {
		struct vault *vault = vault_new(DB);
		vault_make_copies(vault, 2);
		_cleanup_free_ char *newest =
			row->newest < 0 ? NULL : vault_copy(vault, (size_t)row->newest);
		row->happens(vault);
		size_t commits = stage_commits(vault->stage);
		CHECK_INT_EQ(vault_do(vault, list, &asked), END_PASSED);
		CHECK_STR_EQ(json_get_string(first(vault), "outcome", ""), row->outcome);
		const char *reason = json_get_string(first(vault), "reason", NULL);
		if (row->reason)
			CHECK_STR_HAS(reason, row->reason);
		else
			CHECK_NULL(reason);
		CHECK_STR_EQ(json_get_string(json_object_get(first(vault), "newest"),
					     "id", NULL),
			     newest);
		const json_t *copies = json_object_get(first(vault), "copies");
		CHECK(json_get_int(json_array_get(copies, 0), "stored_bytes", 0) > 0 ||
		      json_array_size(copies) == 0);
		CHECK_INT_EQ(stage_commits(vault->stage), commits); /* it only looked */
		vault_check_schema(vault, "result.backup-list");
		vault_end(vault);
	}
}

/* --- verifying -------------------------------------------------------------------------------- */

static const struct choice {
	const char *name;
	const char
		*id; /* "0" and "1": the id of that copy, newest first; else as it is */
	const char *store;
	bool read_data;
	int end;
	const char *outcomes;
} choices[] = {
	{"the newest", NULL, NULL, false, END_PASSED,
	 "good: near good sampled journal, far good sampled journal"},
	{"the one before", "1", NULL, false, END_PASSED,
	 "good: near good sampled journal, far good sampled journal"},
	{"in one store", NULL, "far", false, END_PASSED,
	 "good: far good sampled journal"},
	{"all of it, with the key", NULL, "near", true, END_PASSED,
	 "good: near good opened journal"},
};

TEST(one_copy_is_looked_at)
{
	FOR_ROWS(choice, choices) {
		struct vault *vault = vault_new(DB);
		vault_make_copies(vault, 2);
		struct engine_backup asked = {.store = choice->store,
					      .read_data = choice->read_data};
		bool by_index = choice->id && strlen(choice->id) == 1;
		_cleanup_free_ char *id =
			by_index ? vault_copy(vault, (size_t)(choice->id[0] - '0'))
				 : NULL;
		asked.id = by_index ? id : choice->id;
		CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), choice->end);
		CHECK_STR_EQ(outcomes(vault), choice->outcomes);
		const json_t *copy =
			json_array_get(json_object_get(first(vault), "copies"), 0);
		if (by_index)
			CHECK_STR_EQ(json_get_string(copy, "id", ""), id);
		vault_check_schema(vault, "result.backup-verify");
		vault_end(vault);
	}
}

TEST(a_copy_that_is_not_where_it_is_asked_for_is_somewhere_else)
{
	struct vault *vault = vault_new(DB);
	const struct engine_backup near = {.store = "near"};
	vault_make_copies(vault, 1);
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &near), END_PASSED);
	_cleanup_free_ char *id = vault_copy(vault, 0);
	const struct engine_backup asked = {.id = id, .store = "far"};
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_NOT_FOUND);
	CHECK_STR_EQ(vault->stage->err.hint,
		     "the journal has it in near: not asked, or not configured any more");
	vault_end(vault);
}

TEST(what_is_asked_wrongly_is_no_finding)
{
	struct vault *vault = vault_new(DB);
	struct engine_backup asked = {.id = "2025"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	size_t commits = stage_commits(vault->stage);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_NOT_FOUND);
	CHECK_STR_HAS(vault->stage->err.message, "there is no copy '2025' of 'db'");
	CHECK_STR_HAS(vault->stage->err.hint, newest);
	away(vault); /* there it may be */
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_INCONCLUSIVE);
	CHECK_STR_EQ(outcomes(vault), "unknown: near none, far unknown");
	json_object_clear(vault->down);
	vault->wants = "OTHER_KEY";
	asked = (struct engine_backup){.read_data = true};
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_AUTH);
	CHECK_INT_EQ(stage_commits(vault->stage), commits);
	vault_end(vault);
}

TEST(where_nothing_was_made_yet_nothing_is_wrong)
{
	struct vault *vault = vault_new(DB);
	const struct engine_backup asked = {0}, near = {.store = "near"};
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_PASSED);
	CHECK_STR_EQ(outcomes(vault), "none: near none, far none");
	CHECK_STR_EQ(json_get_string(first(vault), "reason", ""), "there is none yet");
	vault_check_schema(vault, "result.backup-verify");
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &near), END_PASSED);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_PASSED);
	CHECK_STR_EQ(outcomes(vault), "good: near good sampled journal, far none");
	away(vault);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_INCONCLUSIVE);
	vault_end(vault);
}

/* One key for several backups, of which one is sealed in another way. */
TEST(a_key_of_another_kind_is_for_the_others)
{
	struct vault *vault = vault_new(DB "  files:\n"
					   "    source: {run: dump, name: app.dump}\n"
					   "    seal: {passphrase: {env: PASSPHRASE}}\n"
					   "    store: {name: c, directory: /srv/c}\n");
	const char *const only[] = {"files", NULL};
	const struct engine_backup all = {
		.read_data = true, .key = "key.pem", .certificate = "keys/backup.crt"};
	const struct engine_backup one = {.read_data = true,
					  .key = "key.pem",
					  .certificate = "keys/backup.crt",
					  .names = only};
	vault_make_copies(vault, 1);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &all), END_PASSED);
	const json_t *result = vault->stage->result;
	CHECK_STR_EQ(json_string_value(json_at(result, "/backups/0/copies/0/how")),
		     "opened");
	CHECK_STR_EQ(json_string_value(json_at(result, "/backups/1/copies/0/how")),
		     "data");
	CHECK_STR_HAS(json_string_value(json_at(result, "/backups/1/copies/0/hint")),
		      "only its digests were compared");
	vault_check_schema(vault, "result.backup-verify");
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &one), END_INCONCLUSIVE);
	vault_end(vault);
}

TEST(bad_is_a_copy_until_it_is_found_good)
{
	struct vault *vault = vault_new(DB);
	const struct engine_backup asked = {0};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *object = vault_name(vault, 0, DATA);
	_cleanup_free_ char *text = mem_strdup(vault_text(vault, "far", object));
	data_changed(vault);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_FAILED);
	_cleanup_json_ json_t *bad = stage_state(vault->stage);
	CHECK(json_at(bad, "/backups/db/copies/0/bad/far") != NULL);
	vault_put(vault, "far", object, text);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_PASSED);
	_cleanup_json_ json_t *good = stage_state(vault->stage);
	CHECK_JSON_EQ(json_at(good, "/backups/db/copies/0/bad"), "{}");
	vault_end(vault);
}

TEST(an_unsigned_copy_is_bad_where_signatures_are_asked_for)
{
	struct vault *vault = vault_new(
		DB "    sign: {key: {env: SIGNING_KEY}, certificate: keys/backup.crt}\n");
	const struct engine_backup asked = {.store = "far"};
	vault_make_copies(vault, 1);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_PASSED);
	CHECK_STR_EQ(json_get_string(
			     json_array_get(json_object_get(first(vault), "copies"), 0),
			     "signer", ""),
		     "/CN=signer");
	spoil(vault, "manifest.sig", "of somebody else");
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_FAILED);
	take_away(vault, "manifest.sig");
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_FAILED);
	vault_end(vault);
}

TEST(a_folder_is_looked_at_without_anything_else)
{
	struct vault *vault = vault_new(DB);
	struct engine engine = vault->stage->engine;
	engine.config = NULL;
	engine.environment = NULL;
	vault_make_copies(vault, 1);
	static const char *const files[] = {"manifest.json", "RESTORE.txt", DATA};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *object = vault_name(vault, 0, files[i]);
		vault_put(vault, "/mnt/copy", files[i],
			  vault_text(vault, "near", object));
	}
	const struct engine_backup asked = {.folder = "/mnt/copy", .read_data = true};
	const struct engine whole = vault->stage->engine;
	vault->stage->engine = engine;
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_PASSED);
	vault->stage->engine = whole;
	CHECK_STR_EQ(outcomes(vault), "good: /mnt/copy good data none");
	vault_check_schema(vault, "result.backup-verify");
	vault_end(vault);
}

TEST(names_and_stores_that_do_not_exist)
{
	static const char *const typo[] = {"dd", NULL};
	struct vault *vault = vault_new(DB);
	const struct engine_backup name = {.names = typo};
	const struct engine_backup store = {.store = "moon"};
	CHECK_INT_EQ(vault_do(vault, list, &name), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_NOT_FOUND);
	CHECK_STR_HAS(vault->stage->err.hint, "did you mean 'db'?");
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &store), -1);
	CHECK_STR_HAS(vault->stage->err.message, "has no store 'moon'");
	CHECK_STR_HAS(vault->stage->err.hint, "near, far");
	vault_end(vault);
}
