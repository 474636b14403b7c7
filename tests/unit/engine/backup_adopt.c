/* What lies in a store and is not on the journal: which copies it learns of, and that strangers neither pass for ours nor
 * harm them. */
#include "belay/backup.h"
#include "belay/timefmt.h"
#include "vault.h"

#define ONE_STORE                                                                        \
	VAULT_BACKUP "    store: {name: a, directory: /srv/a}\n    keep: {last: 1}\n"
#define SIGNED "    sign: {key: {env: SIGNING_KEY}, certificate: keys/backup.crt}\n"

/* --- helpers ---------------------------------------------------------------------------------- */

/* What a run would call its copy now. Fresh. */
static char *id_of_now(const struct vault *vault)
{
	char at[TIME_TEXT_BYTES];
	time_format(vault->stage->world->now_ms, at);
	return str_format("%.4s%.2s%.2sT%.2s%.2s%.2sZ-ffff", at, at + 5, at + 8, at + 11,
			  at + 14, at + 17);
}

/* Fresh. */
static char *replaced(const char *text, const char *from, const char *to)
{
	struct str out = STR_INIT;
	for (const char *at; (at = strstr(text, from)); text = at + strlen(from))
		str_addf(&out, "%.*s%s", (int)(at - text), text, to);
	str_add(&out, text);
	return str_take(&out);
}

/* A copy that is newer than all others and whole, as somebody makes it who has the certificate and the configuration:
 * nothing but its host is different. Its id: fresh. */
static char *plant(struct vault *vault, const char *store, const char *host)
{
	stage_later(vault->stage, 60);
	char *id = id_of_now(vault);
	_cleanup_free_ char *own = vault_copy(vault, 0);
	_cleanup_free_ char *manifest = vault_name(vault, 0, "manifest.json");
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	_cleanup_free_ char *other = str_format("\"%s\"", host);
	_cleanup_free_ char *text = replaced(vault_text(vault, store, manifest), own, id);
	_cleanup_free_ char *changed = replaced(text, "\"desk\"", other);
	_cleanup_free_ char *to = str_format("db/%s/manifest.json", id);
	_cleanup_free_ char *to_data = str_format("db/%s/data.zst.cms", id);
	vault_put(vault, store, to_data, vault_text(vault, store, data));
	vault_put(vault, store, to, changed);
	return id;
}

/* Signed with the key that belongs to the configured certificate: a run whose journal is another one. */
static void sign(struct vault *vault, const char *store, const char *id)
{
	_cleanup_free_ char *manifest = str_format("db/%s/manifest.json", id);
	_cleanup_free_ char *signature = str_format("db/%s/manifest.sig", id);
	_cleanup_free_ char *sha256 = vault_sha256(vault_text(vault, store, manifest));
	vault_put(vault, store, signature, sha256);
}

static int verify(struct vault *vault, const char *id)
{
	const struct engine_backup asked = {.id = id};
	int end = vault_do(vault, engine_backup_verify, &asked);
	if (end >= 0)
		vault_check_schema(vault, "result.backup-verify");
	return end;
}

static const char *of_result(const struct vault *vault, const char *pointer)
{
	const char *text = json_string_value(json_at(vault->stage->result, pointer));
	return text ? text : "";
}

#define LOOKED_AT "/backups/0/copies/0/id"
#define STRANGER "/backups/0/not_on_journal/0/id"

static size_t known_count(struct vault *vault)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	return json_array_size(json_at(state, "/backups/db/copies"));
}

/* --- verify ----------------------------------------------------------------------------------- */

/* What one who knows only the certificate puts there: it is named, nothing more; forget and restore go by the journal. */
TEST(a_forged_copy_is_not_taken)
{
	struct vault *vault = vault_new(ONE_STORE);
	const struct engine_backup all = {0}, back = {.to_file = "/back"};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *own = vault_copy(vault, 0);
	_cleanup_free_ char *id = plant(vault, "a", "evil");
	CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
	CHECK_STR_EQ(of_result(vault, LOOKED_AT), own);
	CHECK_STR_EQ(of_result(vault, STRANGER), id);
	_cleanup_free_ char *command =
		str_format("'belay backup verify -e production db/%s'", id);
	CHECK_STR_HAS(of_result(vault, "/backups/0/not_on_journal/0/hint"), command);
	CHECK_INT_EQ(known_count(vault), 1);
	CHECK_INT_EQ(vault_do(vault, engine_backup_restore, &back), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "/id"), own);
	CHECK_INT_EQ(vault_do(vault, engine_backup_forget, &all), END_PASSED);
	CHECK_INT_EQ(vault_count(vault, "a", "/manifest.json"), 2);
	CHECK_INT_EQ(verify(vault, id), END_PASSED); /* a person says that it is ours */
	CHECK_INT_EQ(known_count(vault), 2);
	vault_end(vault);
}

/* The beginning of an id may be that of anybody's copy. */
TEST(a_stranger_is_named_by_all_of_its_id)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 1);
	_cleanup_free_ char *own = vault_copy(vault, 0);
	stage_later(vault->stage, 24 * 60); /* another day: another beginning */
	_cleanup_free_ char *id = plant(vault, "a", "evil");
	_cleanup_free_ char *day = mem_strndup(id, 8);
	_cleanup_free_ char *century = mem_strndup(id, 2);
	CHECK_INT_EQ(verify(vault, day), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_NOT_FOUND);
	CHECK_STR_HAS(vault->stage->err.message, "the journal knows no copy");
	CHECK_STR_HAS(vault->stage->err.hint, id);
	CHECK_INT_EQ(verify(vault, century), END_PASSED);
	CHECK_STR_EQ(of_result(vault, LOOKED_AT), own);
	CHECK_INT_EQ(known_count(vault), 1);
	vault_end(vault);
}

TEST(where_only_strangers_are_nothing_is_said_to_be_good)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 2);
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	json_object_clear(vault->stage->world->branches); /* the journal is lost */
	CHECK_INT_EQ(verify(vault, NULL), END_INCONCLUSIVE);
	CHECK_STR_EQ(of_result(vault, "/backups/0/outcome"), "unknown");
	CHECK_STR_EQ(of_result(vault, "/backups/0/reason"),
		     "there is none that the journal knows");
	CHECK_STR_EQ(of_result(vault, STRANGER), newest);
	CHECK_INT_EQ(json_integer_value(json_at(vault->stage->result,
						"/backups/0/not_on_journal/0/count")),
		     2);
	CHECK_INT_EQ(known_count(vault), 0);
	vault_end(vault);
}

static const struct signature_row {
	const char *name;
	bool is_signed; /* with the configured key */
	size_t known;   /* after a verification that names nothing */
	int named;      /* how one ends that names it */
} signatures[] = {
	{"signed as configured", true, 2, END_PASSED},
	{"not signed", false, 1, END_FAILED},
};

/* What is not ours is not ours to call bad. */
TEST(a_signature_vouches_for_what_the_journal_does_not_know)
{
	FOR_ROWS(row, signatures) {
		struct vault *vault = vault_new(ONE_STORE SIGNED);
		vault_make_copies(vault, 1);
		_cleanup_free_ char *own = vault_copy(vault, 0);
		_cleanup_free_ char *id = plant(vault, "a", "other");
		if (row->is_signed)
			sign(vault, "a", id);
		CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
		CHECK_STR_EQ(of_result(vault, LOOKED_AT), row->is_signed ? id : own);
		CHECK_STR_EQ(of_result(vault, STRANGER), row->is_signed ? "" : id);
		CHECK_INT_EQ(known_count(vault), row->known);
		CHECK_INT_EQ(verify(vault, id), row->named);
		CHECK_INT_EQ(known_count(vault), row->known);
		CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
		vault_end(vault);
	}
}

TEST(of_what_is_named_all_stores_hold_the_same)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	vault_make_copies(vault, 1);
	_cleanup_free_ char *id = plant(vault, "a", "one");
	stage_later(vault->stage, -60);
	_cleanup_free_ char *same = plant(vault, "b", "other");
	CHECK_STR_EQ(same, id);
	CHECK_INT_EQ(verify(vault, id), END_FAILED);
	CHECK_STR_EQ(of_result(vault, "/backups/0/copies/1/reason"),
		     "its manifest is not the one that lies in 'a'");
	CHECK_INT_EQ(known_count(vault), 2);
	vault_end(vault);
}

/* Restore and forget go by it, too. */
TEST(the_newest_is_the_one_made_last)
{
	struct vault *vault = vault_new(ONE_STORE);
	const struct engine_backup all = {0};
	stage_later(vault->stage, 60); /* a clock that is ahead */
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &all), END_PASSED);
	stage_later(vault->stage, -50);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &all), END_PASSED);
	_cleanup_free_ char *last = mem_strdup(of_result(vault, "/backups/0/id"));
	stage_later(vault->stage, 24 * 60);
	CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
	CHECK_STR_EQ(of_result(vault, LOOKED_AT), last);
	vault_end(vault);
}

/* --- two projects, one store ------------------------------------------------------------------ */

/* Each has a journal of its own; the other's copies lie in the same place under the same names. */
TEST(two_projects_with_one_store_do_not_harm_each_other)
{
	struct vault *vault = vault_new(
		VAULT_BACKUP
		"    store: {name: a, directory: /srv/a}\n    keep: {last: 2}\n");
	const struct engine_backup all = {0}, back = {.to_file = "/back"};
	json_t *journals[2] = {json_object(), json_object()};
	_cleanup_free_ char *made[2] = {NULL, NULL};
	json_t **branches = &vault->stage->world->branches;
	json_t *before = *branches;
	for (int night = 0; night < 4; night++) {
		for (int project = 0; project < 2; project++) {
			*branches = journals[project];
			stage_later(vault->stage, 24 * 30);
			test_row("project %d, night %d", project, night);
			CHECK_INT_EQ(vault_do(vault, engine_backup_run, &all),
				     END_PASSED);
			str_assign(&made[project], of_result(vault, "/backups/0/id"));
			CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
			CHECK_STR_EQ(of_result(vault, LOOKED_AT), made[project]);
			CHECK_INT_EQ(vault_do(vault, engine_backup_forget, &all),
				     END_PASSED);
			CHECK_INT_EQ(known_count(vault), night ? 2 : 1);
		}
	}
	CHECK_INT_EQ(vault_count(vault, "a", "/manifest.json"), 4);
	for (int project = 0; project < 2; project++) {
		*branches = journals[project];
		test_row("project %d", project);
		CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
		CHECK_INT_EQ(vault_do(vault, engine_backup_restore, &back), END_PASSED);
		CHECK_STR_EQ(of_result(vault, "/id"), made[project]);
	}
	test_at_row(NULL);
	*branches = before;
	json_decref(journals[0]);
	json_decref(journals[1]);
	free(made[1]);
	vault_end(vault);
}

/* --- restore ---------------------------------------------------------------------------------- */

TEST(who_damages_what_is_known_does_not_choose_what_comes_back)
{
	struct vault *vault = vault_new(ONE_STORE);
	const struct engine_backup back = {.to_file = "/back"};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	free(plant(vault, "a", "evil"));
	vault_damage(vault, "a", data);
	CHECK_INT_EQ(verify(vault, NULL), END_FAILED);
	CHECK_INT_EQ(vault_do(vault, engine_backup_restore, &back), -1);
	CHECK_STR_HAS(vault->stage->err.message, "all copies of 'db' were found bad");
	CHECK_JSON_EQ(vault->read, "[]");
	vault_end(vault);
}

/* --- what a run left -------------------------------------------------------------------------- */

static void lose_journal(struct vault *vault)
{
	vault->stage->world->failing = 1000;
}

/* A run that dies behind its last object, before the journal hears of it. Its id: fresh. */
static char *die_behind_the_manifest(struct vault *vault)
{
	const struct engine_backup all = {0};
	stage_later(vault->stage, 60);
	vault->while_writing = lose_journal;
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &all), -1);
	vault->while_writing = NULL;
	vault->stage->world->failing = 0;
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	return mem_strdup(json_string_value(json_at(state, "/backups/db/running/id")));
}

static void nothing(struct vault *vault, const char *id)
{
	(void)vault;
	(void)id;
}

static void data_is_cut(struct vault *vault, const char *id)
{
	_cleanup_free_ char *data = str_format("db/%s/data.zst.cms", id);
	vault_put(vault, "b", data, "sealed");
}

static void other_manifest(struct vault *vault, const char *id)
{
	_cleanup_free_ char *object = str_format("db/%s/manifest.json", id);
	_cleanup_free_ char *text =
		replaced(vault_text(vault, "b", object), "\"desk\"", "\"evil\"");
	vault_put(vault, "b", object, text);
}

static void is_away(struct vault *vault, const char *id)
{
	(void)id;
	json_object_set_new(vault->down, "b", json_true());
}

static const struct left_row {
	const char *name;
	void (*happens)(struct vault *vault, const char *id); /* in the store "b" */
	int end;                                              /* of the next run */
	const char *stores; /* that have the copy, by the journal */
	bool warns;
} lefts[] = {
	{"whole", nothing, END_PASSED, "['a', 'b']", false},
	{"cut in one store", data_is_cut, END_PASSED, "['a']", true},
	{"something else in one store", other_manifest, END_PASSED, "['a']", false},
	{"one store is away", is_away, END_FAILED, "['a']", false},
};

TEST(the_next_run_takes_what_a_dead_one_left_whole)
{
	FOR_ROWS(row, lefts) {
		struct vault *vault = vault_new(VAULT_CONFIG);
		const struct engine_backup again = {.take_lock = true};
		vault_make_copies(vault, 1);
		_cleanup_free_ char *id = die_behind_the_manifest(vault);
		row->happens(vault, id);
		stage_later(vault->stage, 60);
		CHECK_INT_EQ(vault_do(vault, engine_backup_run, &again), row->end);
		_cleanup_json_ json_t *state = stage_state(vault->stage);
		const json_t *copy = state_backup_copy(state, "db", id);
		CHECK_JSON_EQ(json_object_get(copy, "stores"), row->stores);
		CHECK_INT_EQ(known_count(vault), 3);
		_cleanup_free_ char *part =
			str_format("%s in 'b', which a run that died had begun", id);
		CHECK_INT_EQ(
			stage_has(json_at(vault->stage->result, "/backups/0/warnings"),
				  part),
			row->warns);
		vault_end(vault);
	}
}

/* The store that was away then is looked at when it is there again. */
TEST(what_a_dead_run_left_is_looked_for_in_every_store)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	const struct engine_backup all = {0}, again = {.take_lock = true};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *id = die_behind_the_manifest(vault);
	is_away(vault, id);
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &again), END_FAILED);
	json_object_clear(vault->down);
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &all), END_PASSED);
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	CHECK_JSON_EQ(json_object_get(state_backup_copy(state, "db", id), "stores"),
		      "['a', 'b']");
	vault_end(vault);
}

/* What said that it failed has tidied up: under its id nothing is ours, unless something else vouches for it. */
TEST(under_the_id_of_a_failed_attempt_nothing_is_taken)
{
	struct vault *vault = vault_new(ONE_STORE);
	const struct engine_backup all = {0};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *own = vault_copy(vault, 0);
	stage_later(vault->stage, 60);
	vault->source = NULL;
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &all), END_FAILED);
	vault->source = "all the data";
	_cleanup_json_ json_t *before = stage_state(vault->stage);
	const char *failed = json_string_value(json_at(before, "/backups/db/failed/id"));
	_cleanup_free_ char *planted = plant(vault, "a", "evil");
	_cleanup_free_ char *from = str_format("db/%s/manifest.json", planted);
	_cleanup_free_ char *to = str_format("db/%s/manifest.json", failed);
	_cleanup_free_ char *from_data = str_format("db/%s/data.zst.cms", planted);
	_cleanup_free_ char *to_data = str_format("db/%s/data.zst.cms", failed);
	_cleanup_free_ char *text =
		replaced(vault_text(vault, "a", from), planted, failed);
	vault_put(vault, "a", to, text);
	vault_put(vault, "a", to_data, vault_text(vault, "a", from_data));
	CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
	CHECK_STR_EQ(of_result(vault, LOOKED_AT), own);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &all), END_PASSED);
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	CHECK(!state_backup_copy(state, "db", failed));
	CHECK_INT_EQ(known_count(vault), 2);
	vault_end(vault);
}

/* Nor does a verification wait until somebody makes another one. */
TEST(a_verification_takes_what_a_dead_run_left_whole)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 1);
	_cleanup_free_ char *id = die_behind_the_manifest(vault);
	CHECK_INT_EQ(verify(vault, NULL), END_PASSED);
	CHECK_STR_EQ(of_result(vault, LOOKED_AT), id);
	CHECK_STR_EQ(of_result(vault, STRANGER), "");
	CHECK_INT_EQ(known_count(vault), 2);
	vault_end(vault);
}

/* One that dies before it could tell of the one before leaves both to the next. */
TEST(two_runs_that_die_behind_each_other)
{
	struct vault *vault = vault_new(ONE_STORE);
	struct engine_backup again = {.take_lock = true};
	_cleanup_free_ char *first = die_behind_the_manifest(vault);
	stage_later(vault->stage, 60);
	vault->acts_left = 1; /* it begins, and that is all */
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &again), -1);
	vault_revive(vault);
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &again), END_PASSED);
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	CHECK(state_backup_copy(state, "db", first) != NULL);
	CHECK_INT_EQ(known_count(vault), 2);
	vault_end(vault);
}
