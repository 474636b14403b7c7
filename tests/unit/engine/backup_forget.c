/* Forgetting: what goes and why, in which order, what the journal hears of it, and what is left when the process dies
 * half way. */
#include "belay/backup.h"
#include "belay/effects_chain.h"
#include "belay/timefmt.h"
#include "vault.h"

#define LAST_TWO(store) VAULT_BACKUP "    store: " store "\n    keep: {last: 2}\n"
#define TWO_STORES                                                                       \
	VAULT_BACKUP                                                                     \
	"    store: [{name: a, directory: /srv/a}, {name: b, directory: /srv/b}]\n"
#define YEARLY_TOO                                                                       \
	VAULT_BACKUP "    store: {name: a, directory: /srv/a}\n"                         \
		     "    keep: {last: 2, yearly: 3}\n"
#define SIGNED                                                                           \
	LAST_TWO("{name: a, directory: /srv/a}")                                         \
	"    sign: {key: {env: SIGNING_KEY}, certificate: keys/backup.crt}\n"
#define ONE_STORE LAST_TWO("{name: a, directory: /srv/a}")

static int forget(struct vault *vault)
{
	const struct engine_backup asked = {0};
	int end = vault_do(vault, engine_backup_forget, &asked);
	if (end >= 0)
		vault_check_schema(vault, "result.backup-forget");
	return end;
}

static const json_t *store_row(const struct vault *vault, size_t index)
{
	const json_t *stores = json_at(vault->stage->result, "/backups/0/stores");
	return json_array_get(stores, index);
}

/* "kkr": kept, kept, removed; newest first. "!": it should go and is there. Fresh. */
static char *decisions(const struct vault *vault, size_t store)
{
	struct str text = STR_INIT;
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(store_row(vault, store), "copies"), i, row) {
		bool removed = json_get_bool(row, "removed", false);
		str_add_char(&text, json_get_bool(row, "keep", false) ? 'k'
				    : removed                         ? 'r'
								      : '!');
	}
	return str_take(&text);
}

/* How many objects a store has. */
static size_t objects_in(struct vault *vault, const char *store)
{
	return json_object_size(vault_objects(vault, store));
}

/* How many copies the journal knows in a store. */
static size_t known_in(struct vault *vault, const char *store)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	size_t i, k, count = 0;
	const json_t *copy, *name;
	json_array_foreach(json_at(state, "/backups/db/copies"), i, copy) {
		json_array_foreach(json_object_get(copy, "stores"), k, name)
			count += str_equal(json_string_value(name), store);
	}
	return count;
}

TEST(what_the_policy_does_not_keep_goes_manifest_first)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	vault_make_copies(vault, 4);
	_cleanup_free_ char *oldest = vault_name(vault, 3, "manifest.json");
	_cleanup_free_ char *data = vault_name(vault, 3, "data.zst.cms");
	CHECK_INT_EQ(forget(vault), END_PASSED);
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *got = decisions(vault, i);
		CHECK_STR_EQ(got, "kkrr");
	}
	CHECK_STR_EQ(json_get_string(store_row(vault, 0), "policy", ""), "the last 2");
	CHECK_STR_EQ(json_string_value(json_array_get(vault->removed, 0)), oldest);
	CHECK_STR_EQ(json_string_value(json_array_get(vault->removed, 2)), data);
	CHECK_INT_EQ(objects_in(vault, "a"), 2 * 3);
	CHECK_INT_EQ(objects_in(vault, "b"), 2 * 3);
	CHECK_INT_EQ(known_in(vault, "a"), 2);
	CHECK_INT_EQ(known_in(vault, "b"), 2);
	size_t commits = stage_commits(vault->stage);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_INT_EQ(stage_commits(vault->stage), commits); /* nothing to say */
	vault_end(vault);
}

/* The newest ones may be there and not be good. */
TEST(the_newest_verified_one_stays)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 4);
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *data = vault_name(vault, i, "data.zst.cms");
		vault_damage(vault, "a", data);
	}
	const struct engine_backup all = {.read_data = true};
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &all), END_FAILED);
	for (size_t i = 1; i < 3; i++) {
		_cleanup_free_ char *id = vault_copy(vault, i);
		const struct engine_backup one = {.read_data = true, .id = id};
		CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &one), END_FAILED);
	}
	CHECK_INT_EQ(forget(vault), END_PASSED);
	_cleanup_free_ char *got = decisions(vault, 0);
	CHECK_STR_EQ(got, "kkrk");
	vault_end(vault);
}

/* What is found in one store says nothing of another, and does not make anybody forget what was found there. */
TEST(what_is_good_again_in_one_store_is_not_good_in_another)
{
	struct vault *vault = vault_new(TWO_STORES "    keep: {last: 1}\n");
	const struct engine_backup in_a = {.read_data = true, .store = "a"};
	const struct engine_backup in_b = {.read_data = true, .store = "b"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	vault_damage(vault, "a", data);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &in_a), END_FAILED);
	vault_damage(vault, "b", data);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &in_b), END_FAILED);
	vault_damage(vault, "b", data); /* back to what it was */
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &in_b), END_PASSED);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	_cleanup_free_ char *of_a = decisions(vault, 0);
	_cleanup_free_ char *of_b = decisions(vault, 1);
	CHECK_STR_EQ(of_a, "kk"); /* the older one is the only good one there */
	CHECK_STR_EQ(of_b, "kr");
	vault_end(vault);
}

/* What is no whole copy is not the newest one, whatever its manifest says. */
static void no_data(struct vault *vault, const char *data)
{
	json_object_del(vault_objects(vault, "a"), data);
}

static void cut_data(struct vault *vault, const char *data)
{
	vault_put(vault, "a", data, "cut");
}

static void found_bad(struct vault *vault, const char *data)
{
	const struct engine_backup look = {.read_data = true, .store = "a"};
	vault_damage(vault, "a", data);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &look), END_FAILED);
}

static const struct incomplete_row {
	const char *name;
	void (*happens)(struct vault *vault, const char *data);
	const char *reason;
} incompletes[] = {
	{"its data is gone", no_data, "incomplete: not counted"},
	{"its data is cut", cut_data, "incomplete: not counted"},
	{"it was found bad", found_bad, "found bad: not counted"},
};

TEST(what_is_incomplete_stays_and_takes_nobodys_place)
{
	FOR_ROWS(row, incompletes) {
		struct vault *vault = vault_new(TWO_STORES "    keep: {last: 1}\n");
		vault_make_copies(vault, 3);
		_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
		row->happens(vault, data);
		CHECK_INT_EQ(forget(vault), END_PASSED);
		_cleanup_free_ char *of_a = decisions(vault, 0);
		_cleanup_free_ char *of_b = decisions(vault, 1);
		CHECK_STR_EQ(of_a, "kkr");
		CHECK_STR_EQ(of_b, "krr");
		CHECK(stage_has(json_at(store_row(vault, 0), "/copies/0/reasons"),
				row->reason));
		CHECK_INT_EQ(known_in(vault, "a"), 2);
		vault_end(vault);
	}
}

/* --- several projects, one store -------------------------------------------------------------- */

/* Fresh. */
static char *replaced(const char *text, const char *from, const char *to)
{
	struct str out = STR_INIT;
	for (const char *at; (at = strstr(text, from)); text = at + strlen(from))
		str_addf(&out, "%.*s%s", (int)(at - text), text, to);
	str_add(&out, text);
	return str_take(&out);
}

/* A copy as another journal's project would have made it. */
static void bring(struct vault *vault, const char *id, const char *environment)
{
	_cleanup_free_ char *own = vault_copy(vault, 0);
	_cleanup_free_ char *manifest = vault_name(vault, 0, "manifest.json");
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	_cleanup_free_ char *text = replaced(vault_text(vault, "a", manifest), own, id);
	_cleanup_free_ char *home = str_format("\"environment\": \"%s\"", environment);
	_cleanup_free_ char *changed =
		replaced(text, "\"environment\": \"production\"", home);
	_cleanup_free_ char *to = str_format("db/%s/manifest.json", id);
	_cleanup_free_ char *to_data = str_format("db/%s/data.zst.cms", id);
	vault_put(vault, "a", to_data, vault_text(vault, "a", data));
	vault_put(vault, "a", to, changed);
}

TEST(what_the_journal_does_not_know_stays_and_takes_nobodys_place)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 3);
	bring(vault, "20200101T000000Z-0001", "production");
	bring(vault, "20990101T000000Z-0001", "staging");
	CHECK_INT_EQ(forget(vault), END_PASSED);
	_cleanup_free_ char *got = decisions(vault, 0);
	CHECK_STR_EQ(got, "kkkrk");
	CHECK(stage_has(json_at(store_row(vault, 0), "/copies/0/reasons"),
			"not on this journal; 'belay backup verify "
			"db/20990101T000000Z-0001' records it, when it is yours"));
	vault_end(vault);
}

/* Then only the copies themselves can say whose they are. */
TEST(what_a_full_journal_had_no_room_for_is_decided_on)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, BACKUP_COPIES_MAX + 1);
	const char *other = "20200101T000000Z-0001";
	bring(vault, other, "staging");
	const char *ours = "20200101T000000Z-0002";
	bring(vault, ours, "production");
	CHECK_INT_EQ(known_in(vault, "a"), BACKUP_COPIES_MAX);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_INT_EQ(vault_count(vault, "a", "/manifest.json"), 3);
	CHECK_INT_EQ(vault_count(vault, "a", other), 2);
	CHECK_INT_EQ(vault_count(vault, "a", ours), 0);
	vault_end(vault);
}

/* What was found bad is the last that the journal forgets, and then its size is all that says so. */
TEST(what_a_full_journal_forgot_counts_only_when_it_is_whole)
{
	struct vault *vault = vault_new(YEARLY_TOO);
	vault_make_copies(vault, BACKUP_COPIES_MAX + 1);
	const char *good = "20200101T000000Z-0001";
	const char *cut = "20200102T000000Z-0001";
	bring(vault, good, "production");
	bring(vault, cut, "production");
	_cleanup_free_ char *data = str_format("db/%s/data.zst.cms", cut);
	vault_put(vault, "a", data, "cut");
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_INT_EQ(vault_count(vault, "a", good), 2);
	const json_t *copies = json_object_get(store_row(vault, 0), "copies");
	const json_t *row = json_array_get(copies, json_array_size(copies) - 2);
	CHECK_STR_EQ(json_get_string(row, "id", ""), cut);
	CHECK(stage_has(json_object_get(row, "reasons"), "incomplete: not counted"));
	vault_end(vault);
}

/* Anybody can seal. */
TEST(what_a_full_journal_forgot_counts_only_when_it_is_signed)
{
	struct vault *vault = vault_new(SIGNED);
	vault_make_copies(vault, BACKUP_COPIES_MAX + 1);
	const char *ours = "20200101T000000Z-0001";
	bring(vault, ours, "production");
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_INT_EQ(vault_count(vault, "a", ours), 2);
	vault_end(vault);
}

static const struct stranger_row {
	const char *name, *environment;
	int newest, named; /* how the verifications end */
	bool adopted;
} strangers[] = {
	{"of another environment", "staging", END_PASSED, END_INCONCLUSIVE, false},
	{"of the same", "production", END_PASSED, END_PASSED, true},
};

/* What a run would call its copy. Fresh. */
static char *id_of_now(const struct vault *vault)
{
	char at[TIME_TEXT_BYTES];
	time_format(vault->stage->world->now_ms, at);
	return str_format("%.4s%.2s%.2sT%.2s%.2s%.2sZ-ffff", at, at + 5, at + 8, at + 11,
			  at + 14, at + 17);
}

TEST(a_verification_takes_only_what_is_named_and_of_its_environment)
{
	FOR_ROWS(row, strangers) {
		struct vault *vault = vault_new(ONE_STORE);
		vault_make_copies(vault, 1);
		stage_later(vault->stage, 60);
		_cleanup_free_ char *id = id_of_now(vault);
		bring(vault, id, row->environment);
		const struct engine_backup newest = {.read_data = true};
		const struct engine_backup named = {.read_data = true, .id = id};
		CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &newest), row->newest);
		CHECK_INT_EQ(known_in(vault, "a"), 1); /* nobody named it */
		CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &named), row->named);
		CHECK_INT_EQ(known_in(vault, "a"), row->adopted ? 2 : 1);
		vault_end(vault);
	}
}

TEST(a_manifest_with_another_name_makes_no_copy_known)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 1);
	_cleanup_free_ char *manifest = vault_name(vault, 0, "manifest.json");
	const char *id = "20990101T000000Z-0001";
	bring(vault, id, "production");
	const struct engine_backup named = {.id = id};
	vault_put(vault, "a", "db/20990101T000000Z-0001/manifest.json",
		  vault_text(vault, "a", manifest));
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &named), END_FAILED);
	CHECK_INT_EQ(known_in(vault, "a"), 1);
	vault_end(vault);
}

/* Made while a clock was ahead, it must not pass for the newest until its date. */
TEST(a_verification_looks_at_the_newest_that_is_not_from_the_future)
{
	struct vault *vault = vault_new(ONE_STORE);
	const struct engine_backup newest = {0};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *own = vault_copy(vault, 0);
	const char *id = "20990101T000000Z-0001";
	bring(vault, id, "production");
	const struct engine_backup named = {.id = id};
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &named), END_PASSED);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &newest), END_PASSED);
	CHECK_STR_EQ(json_string_value(
			     json_at(vault->stage->result, "/backups/0/copies/0/id")),
		     own);
	vault_end(vault);
}

/* How many stores of it have no policy. */
static const struct {
	const char *name;
	size_t first, end;
} unkept[] = {{"none has", 0, 2}, {"one has", 1, 2}};

TEST(of_a_backup_without_keep_nothing_goes)
{
	FOR_ROWS(row, unkept) {
		struct vault *vault = vault_new(VAULT_CONFIG);
		vault_make_copies(vault, 4);
		struct config_backup *backup = &vault->stage->config->backups[0];
		for (size_t i = row->first; i < row->end; i++)
			backup->stores[i].keep = (struct config_keep){0};
		CHECK_INT_EQ(forget(vault), END_PASSED);
		const json_t *result = json_at(vault->stage->result, "/backups/0");
		CHECK_STR_HAS(json_get_string(result, "reason", ""), "it has no `keep`");
		CHECK_JSON_EQ(json_object_get(result, "stores"), "[]");
		CHECK_JSON_EQ(vault->removed, "[]");
		vault_end(vault);
	}
}

TEST(one_without_keep_that_is_named_is_refused)
{
	static const char *const names[] = {"db", NULL};
	struct vault *vault = vault_new(VAULT_CONFIG);
	vault_make_copies(vault, 4);
	struct config_backup *backup = &vault->stage->config->backups[0];
	for (size_t i = 0; i < 2; i++)
		backup->stores[i].keep = (struct config_keep){0};
	CHECK_INT_EQ(vault_do(vault, engine_backup_forget,
			      &(const struct engine_backup){.names = names}),
		     -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_CONFIG);
	CHECK_STR_HAS(vault->stage->err.message, "'db' has no `keep`");
	CHECK_JSON_EQ(vault->removed, "[]");
	vault_end(vault);
}

TEST(one_without_keep_keeps_no_other)
{
	struct vault *vault =
		vault_new(ONE_STORE "  other:\n"
				    "    source: {run: dump, name: other.dump}\n"
				    "    seal: {recipients: [keys/backup.crt]}\n"
				    "    store: {name: o, directory: /srv/o}\n");
	vault_make_copies(vault, 4);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	_cleanup_free_ char *text = decisions(vault, 0);
	CHECK(strchr(text, 'r') != NULL);
	CHECK_STR_HAS(json_get_string(json_at(vault->stage->result, "/backups/1"),
				      "reason", ""),
		      "no `keep`");
	vault_end(vault);
}

TEST(what_is_locked_is_named_and_not_recorded_as_gone)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 4);
	_cleanup_free_ char *locked = vault_name(vault, 3, "manifest.json");
	json_object_set_new(vault->locked, locked, json_true());
	CHECK_INT_EQ(forget(vault), END_FAILED);
	_cleanup_free_ char *got = decisions(vault, 0);
	CHECK_STR_EQ(got, "kkr!");
	CHECK_STR_HAS(json_get_string(store_row(vault, 0), "reason", ""), "is locked");
	const json_t *reasons = json_at(store_row(vault, 0), "/copies/3/reasons");
	CHECK(stage_has(reasons, "not removed: "));
	CHECK_INT_EQ(known_in(vault, "a"), 3);
	CHECK_INT_EQ(objects_in(vault, "a"), 3 * 3); /* whole as it was */
	vault_end(vault);
}

TEST(a_store_that_is_down_does_not_keep_the_other)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	vault_make_copies(vault, 3);
	json_object_set_new(vault->down, "a", json_true());
	CHECK_INT_EQ(forget(vault), END_FAILED);
	CHECK_STR_EQ(json_get_string(store_row(vault, 0), "outcome", ""), "failed");
	CHECK_STR_EQ(json_get_string(store_row(vault, 1), "outcome", ""), "passed");
	CHECK_INT_EQ(known_in(vault, "a"), 3);
	CHECK_INT_EQ(known_in(vault, "b"), 2);
	vault_end(vault);
}

/* --- dying ------------------------------------------------------------------------------------ */

/* No copy that a listing shows as whole may lack anything. */
static void check_whole_ones_are_whole(struct vault *vault)
{
	json_t *objects = vault_objects(vault, "a");
	const char *name;
	json_t *object;
	json_object_foreach(objects, name, object) {
		if (!str_has_suffix(name, "/manifest.json"))
			continue;
		_cleanup_free_ char *data = str_format(
			"%.*s/data.zst.cms", (int)(strrchr(name, '/') - name), name);
		CHECK(json_object_get(objects, data) != NULL);
	}
}

TEST(whenever_it_dies_the_next_one_ends_it)
{
	for (int acts = 0;; acts++) {
		test_row("dies before act %d", acts);
		struct vault *vault = vault_new(ONE_STORE);
		vault_make_copies(vault, 4);
		vault->acts_left = acts;
		int end = forget(vault);
		check_whole_ones_are_whole(vault);
		bool ended = vault->acts_left > 0;
		vault_revive(vault);
		CHECK_INT_EQ(forget(vault), END_PASSED);
		CHECK_INT_EQ(objects_in(vault, "a"), 2 * 3);
		CHECK_INT_EQ(known_in(vault, "a"), 2);
		vault_end(vault);
		if (ended) {
			CHECK_INT_EQ(end, END_PASSED);
			break;
		}
	}
	test_at_row(NULL);
}

TEST(what_dead_runs_left_goes)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 1);
	vault_put(vault, "a", "db/20200101T000000Z-0001/data.zst.cms", "half");
	vault_put(vault, "a", "db/20200101T000000Z-0001/RESTORE.txt", "words");
	vault_put(vault, "a", "db/notes.txt", "somebody's own");
	json_object_set_new(vault->uploads, "a",
			    json_pack("[{s:s, s:s, s:i}]", "name",
				      "db/20200102T000000Z-0002/data.zst.cms", "id", "u1",
				      "begun_ms", 1));
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_JSON_EQ(json_object_get(store_row(vault, 0), "litter"),
		      "[{'id': '20200102T000000Z-0002', 'objects': 0, 'uploads': 1},"
		      " {'id': '20200101T000000Z-0001', 'objects': 2, 'uploads': 0}]");
	CHECK_INT_EQ(objects_in(vault, "a"), 3 + 1);
	CHECK_JSON_EQ(json_object_get(vault->uploads, "a"), "[]");
	vault_end(vault);
}

TEST(litter_that_is_locked_keeps_nothing_else)
{
	static const char litter[] = "db/20200101T000000Z-0001/data.zst.cms";
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 3);
	vault_put(vault, "a", litter, "half");
	json_object_set_new(vault->locked, litter, json_true());
	CHECK_INT_EQ(forget(vault), END_FAILED);
	CHECK_STR_HAS(json_get_string(store_row(vault, 0), "reason", ""), litter);
	_cleanup_free_ char *got = decisions(vault, 0);
	CHECK_STR_EQ(got, "kkr");
	CHECK_INT_EQ(known_in(vault, "a"), 2);
	vault_end(vault);
}

/* What should be there and is not is for a verification to tell. */
TEST(a_copy_that_is_missing_and_would_be_kept_is_not_forgotten)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 2);
	_cleanup_free_ char *manifest = vault_name(vault, 0, "manifest.json");
	json_object_del(vault_objects(vault, "a"), manifest);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_INT_EQ(known_in(vault, "a"), 2);
	vault_end(vault);
}

/* --- many, and none in earnest ---------------------------------------------------------------- */

static void lose_journal(struct vault *vault)
{
	vault->stage->world->failing = 1000;
}

/* What goes then goes without a word; the next one tells of it. */
TEST(a_journal_that_cannot_be_written_is_noticed_with_the_first_one)
{
	struct vault *vault = vault_new(TWO_STORES "    keep: {last: 1}\n");
	vault_make_copies(vault, 5);
	vault->while_removing = lose_journal;
	CHECK_INT_EQ(forget(vault), -1);
	CHECK_INT_EQ(vault_count(vault, "a", "/manifest.json"), 4);
	CHECK_INT_EQ(vault_count(vault, "b", "/manifest.json"), 5);
	vault->while_removing = NULL;
	vault->stage->world->failing = 0;
	CHECK_INT_EQ(known_in(vault, "a"), 5);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_INT_EQ(known_in(vault, "a"), 1);
	CHECK_INT_EQ(known_in(vault, "b"), 1);
	vault_end(vault);
}

TEST(many_are_recorded_in_batches)
{
	struct vault *vault = vault_new(ONE_STORE);
	vault_make_copies(vault, 123);
	size_t commits = stage_commits(vault->stage);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	CHECK_INT_EQ(stage_commits(vault->stage) - commits, 4); /* 1, 50, 50, 20 */
	CHECK_INT_EQ(known_in(vault, "a"), 2);
	vault_end(vault);
}

TEST(a_dry_run_shows_every_decision_and_removes_nothing)
{
	struct vault *vault =
		vault_new(VAULT_CONFIG "  files:\n"
				       "    source: {run: dump, name: app.dump}\n"
				       "    seal: {recipients: [keys/backup.crt]}\n"
				       "    store: {name: c, directory: /srv/c}\n"
				       "    keep: {last: 1}\n");
	struct stage *stage = vault->stage;
	vault_make_copies(vault, 3);
	vault_put(vault, "c", "files/20200101T000000Z-0001/data.zst.cms", "half");
	size_t commits = stage_commits(stage);
	stage->engine.fx = vault_dry(vault);
	CHECK_INT_EQ(forget(vault), END_PASSED);
	_cleanup_free_ char *in_a = decisions(vault, 0);
	_cleanup_free_ char *in_b = decisions(vault, 1);
	CHECK_STR_EQ(in_a, "kkr");
	CHECK_STR_EQ(in_b, "kkr");
	CHECK_INT_EQ(
		json_array_size(json_at(stage->result, "/backups/1/stores/0/copies")), 3);
	CHECK_INT_EQ(
		json_array_size(json_at(stage->result, "/backups/1/stores/0/litter")), 1);
	CHECK_JSON_EQ(vault->removed, "[]");
	CHECK_INT_EQ(stage_commits(stage), commits);
	_cleanup_json_ json_t *noted = effects_noted(stage->engine.fx);
	CHECK(json_array_size(noted) > 9);
	effects_free(stage->engine.fx);
	vault_end(vault);
}
