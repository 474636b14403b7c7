/* Making a backup: what lies in the stores and on the journal afterwards, whatever fails on the way, and how two runs
 * keep out of each other's. */
#include "belay/backup.h"
#include "vault.h"

#define DB                                                                               \
	"backups:\n"                                                                     \
	"  db:\n"                                                                        \
	"    source: {run: pg_dump app, name: app.dump}\n"                               \
	"    seal: {recipients: [keys/backup.crt]}\n"                                    \
	"    store: [{name: near, directory: /srv/near}, {name: far, directory: "        \
	"/srv/far}]\n"                                                                   \
	"    timeout: 1h\n"
#define SIGNED "    sign: {key: {env: SIGNING_KEY}, certificate: keys/signing.crt}\n"
#define UNSIGNED "    sign: {key: {env: MISSING_KEY}, certificate: keys/signing.crt}\n"
#define FILES                                                                            \
	"  files:\n"                                                                     \
	"    source: [{directory: /srv/app}, {set: [nginx, system]}]\n"                  \
	"    seal: {passphrase: {env: PASSPHRASE}}\n"                                    \
	"    store: {directory: /srv/near}\n"

/* --- helpers ---------------------------------------------------------------------------------- */

static void fail(struct vault *vault, const char *what, const char *code)
{
	json_object_set_new(vault->fails, what, json_string(code));
}

static int run(struct vault *vault, const struct engine_backup *asked)
{
	return vault_do(vault, engine_backup_run, asked);
}

static int run_all(struct vault *vault)
{
	const struct engine_backup asked = {0};
	return run(vault, &asked);
}

static void have_signing_certificate(struct vault *vault)
{
	json_object_set_new(vault->stage->world->written, "keys/signing.crt",
			    json_string("a certificate"));
}

static const json_t *row(const struct vault *vault, size_t index)
{
	return json_array_get(json_object_get(vault->stage->result, "backups"), index);
}

static const char *row_text(const struct vault *vault, const char *key)
{
	return json_get_string(row(vault, 0), key, "");
}

/* "near good sampled, far failed": the stores of the first row. */
static const char *stores_of(const struct vault *vault)
{
	static char text[200];
	_cleanup_str_ struct str out = STR_INIT;
	size_t i;
	const json_t *store;
	json_array_foreach(json_object_get(row(vault, 0), "stores"), i, store) {
		const char *how = json_get_string(store, "how", NULL);
		str_addf(&out, "%s%s %s%s%s", i ? ", " : "",
			 json_get_string(store, "name", ""),
			 json_get_string(store, "state", ""), how ? " " : "",
			 how ? how : "");
	}
	snprintf(text, sizeof text, "%s", str_text(&out));
	return text;
}

/* A member of the first backup's entry in the state. New reference. */
static json_t *known(struct vault *vault, const char *pointer)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	_cleanup_free_ char *path = str_format("/backups/db%s", pointer);
	return json_incref(json_at(state, path));
}

static bool is_known(struct vault *vault, const char *pointer)
{
	_cleanup_json_ json_t *value = known(vault, pointer);
	return value && !json_is_null(value);
}

static int64_t known_count(struct vault *vault, const char *pointer)
{
	_cleanup_json_ json_t *value = known(vault, pointer);
	return json_is_array(value) ? (int64_t)json_array_size(value)
				    : json_integer_value(value);
}

/* --- all is well ------------------------------------------------------------------------------ */

TEST(a_backup_lies_in_every_store_and_on_the_journal)
{
	struct vault *vault = vault_new(DB SIGNED);
	have_signing_certificate(vault);
	CHECK_INT_EQ(run_all(vault), END_PASSED);
	CHECK_STR_EQ(row_text(vault, "outcome"), "made");
	CHECK_STR_EQ(stores_of(vault), "near good sampled, far good sampled");
	for (int i = 0; i < 2; i++) {
		const char *store = i ? "far" : "near";
		CHECK_INT_EQ(vault_count(vault, store, NULL), 4);
		CHECK_INT_EQ(vault_count(vault, store, row_text(vault, "id")), 4);
		CHECK_INT_EQ(vault_count(vault, store, "/manifest.sig"), 1);
	}
	CHECK_INT_EQ(known_count(vault, "/copies"), 1);
	CHECK(!is_known(vault, "/running"));
	CHECK(!is_known(vault, "/failed"));
	CHECK(is_known(vault, "/copies/0/verified"));
	CHECK_INT_EQ(known_count(vault, "/copies/0/open_bytes"), 12);
	CHECK_INT_EQ(known_count(vault, "/copies/0/stores"), 2);
	CHECK_INT_EQ(stage_commits(vault->stage), 4); /* begun, made, verified twice */
	vault_end(vault);
}

TEST(the_result_is_what_its_schema_says)
{
	struct vault *vault = vault_new(DB);
	fail(vault, "backup.write far", "limit");
	CHECK_INT_EQ(run_all(vault), END_FAILED);
	vault_check_schema(vault, "result.backup");
	vault_end(vault);
}

/* A process that dies leaves a backup, or nothing that looks like one. */
TEST(whenever_a_process_dies_there_is_a_manifest_only_when_all_is_there)
{
	const struct engine_backup near = {.store = "near"};
	const struct engine_backup again = {.take_lock = true};
	bool died = true;
	for (int acts = 0; died; acts++) {
		struct vault *vault = vault_new(DB SIGNED);
		have_signing_certificate(vault);
		test_row("after %d acts", acts);
		vault->acts_left = acts;
		died = run(vault, &near) < 0;
		bool whole = vault_count(vault, "near", "/manifest.json") == 1;
		CHECK(!whole || vault_count(vault, "near", NULL) == 4);
		vault_revive(vault);
		CHECK_INT_EQ(run(vault, &again), END_PASSED);
		CHECK_INT_EQ(vault_count(vault, "near", NULL), whole ? 8 : 4);
		CHECK_INT_EQ(known_count(vault, "/copies"), whole ? 2 : 1);
		CHECK_INT_EQ(vault_count(vault, "far", NULL), 4);
		vault_end(vault);
		if (!CHECK(acts < 50))
			break;
	}
	test_at_row(NULL);
}

TEST(sources_and_sets_are_asked_for)
{
	struct vault *vault = vault_new("backups:\n" FILES);
	json_object_set_new(vault->stage->world->env, "PASSPHRASE",
			    json_string("secret"));
	CHECK_INT_EQ(run_all(vault), END_PASSED);
	const json_t *asked = vault->asked;
	CHECK_STR_EQ(json_get_string(asked, "kind", ""), "tar");
	CHECK_STR_EQ(json_get_string(json_at(asked, "/sources/0"), "directory", ""),
		     "/srv/app");
	CHECK_STR_EQ(json_string_value(json_at(asked, "/sources/1/files/0")),
		     "/etc/nginx");
	CHECK(json_is_true(json_at(asked, "/sources/1/may_miss")));
	CHECK_STR_EQ(json_get_string(json_at(asked, "/sources/2"), "name", ""),
		     "system.txt");
	CHECK_JSON_EQ(json_at(asked, "/seal/passphrase"),
		      "{'$secret': {'env': 'PASSPHRASE'}}");
	CHECK_INT_EQ(strlen(json_get_string(json_object_get(asked, "seal"), "salt", "")),
		     32);
	CHECK_INT_EQ(strlen(json_get_string(json_object_get(asked, "pack"), "id", "")),
		     32);
	CHECK_STR_EQ(json_get_string(asked, "mark", ""),
		     json_get_string(json_object_get(asked, "pack"), "id", "?"));
	vault_end(vault);
}

/* --- something fails -------------------------------------------------------------------------- */

static const struct trouble {
	const char *name;
	const char *what, *code; /* what fails how */
	int end;                 /* -1: an error */
	const char *outcome, *stores;
	int near, far, copies; /* objects, and copies on the journal */
	bool failed;           /* the journal says so */
} troubles[] = {
	{"a store takes nothing", "backup.write far", "limit", END_FAILED, "partial",
	 "near good sampled, far failed", 3, 0, 1, true},
	{"the source", "backup.write", "fail", END_FAILED, "failed",
	 "near failed, far failed", 0, 0, 0, true},
	{"a signal", "backup.write", "cancelled", -1, "", "", 0, 0, 0, true},
	{"no manifest", "object.write far manifest.json", "net", END_FAILED, "partial",
	 "near good sampled, far failed", 3, 0, 1, true},
	{"no words", "object.write far RESTORE.txt", "net", END_FAILED, "partial",
	 "near good sampled, far failed", 3, 0, 1, true},
	{"damage", "backup.read far", "state", END_FAILED, "partial",
	 "near good sampled, far bad listed", 3, 3, 1, false},
	{"not read again", "backup.read far", "net", END_FAILED, "partial",
	 "near good sampled, far unverified", 3, 3, 1, false},
	{"not tidied up", "object.list far", "net", END_PASSED, "made",
	 "near good sampled, far good sampled", 3, 3, 1, false},
	{"a signal while it is read again", "backup.read far", "cancelled", -1, "", "", 3,
	 3, 1, false},
	{"a signal while it is written", "object.write far manifest.json", "cancelled",
	 -1, "", "", 3, 0, 1, true},
};

TEST(what_fails_leaves_nothing_that_looks_finished)
{
	FOR_ROWS(trouble, troubles) {
		struct vault *vault = vault_new(DB);
		fail(vault, trouble->what, trouble->code);
		CHECK_INT_EQ(run_all(vault), trouble->end);
		CHECK_STR_EQ(row_text(vault, "outcome"), trouble->outcome);
		CHECK_STR_EQ(stores_of(vault), trouble->stores);
		CHECK_INT_EQ(vault_count(vault, "near", NULL), trouble->near);
		CHECK_INT_EQ(vault_count(vault, "far", NULL), trouble->far);
		CHECK_INT_EQ(known_count(vault, "/copies"), trouble->copies);
		CHECK_INT_EQ(is_known(vault, "/failed"), trouble->failed);
		CHECK(!is_known(vault, "/running"));
		if (trouble->end < 0)
			CHECK_INT_EQ(vault->stage->err.code, ERR_CANCELLED);
		vault_end(vault);
	}
}

/* What the store says of the way forward stays, be the backup elsewhere or nowhere. */
TEST(the_hint_of_a_store_is_kept)
{
	static const struct {
		const char *name, *what, *also, *outcome;
	} rows[] = {
		{"one of two", "backup.write far", NULL, "partial"},
		{"both", "backup.write far", "backup.write near", "failed"},
	};
	FOR_ROWS(row, rows) {
		struct vault *vault = vault_new(DB);
		fail(vault, row->what, "net");
		if (row->also)
			fail(vault, row->also, "net");
		CHECK_INT_EQ(run_all(vault), END_FAILED);
		CHECK_STR_EQ(row_text(vault, "outcome"), row->outcome);
		CHECK_STR_HAS(row_text(vault, "reason"), "it does not answer");
		CHECK_STR_EQ(row_text(vault, "hint"), "is it up?");
		vault_end(vault);
	}
}

/* --- manifests that nobody could read again ---------------------------------------------------- */

static json_t *two_chunks_of_one(void)
{
	static const char digest[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	return json_pack("{s:[s, s]}", "chunks", digest, digest);
}

static json_t *very_many_words(void)
{
	_cleanup_free_ char *path = mem_array(char, BACKUP_MANIFEST_MAX_BYTES + 1);
	memset(path, 'a', BACKUP_MANIFEST_MAX_BYTES);
	return json_pack("{s:[{s:s, s:s}], s:i}", "left_out", "path", path, "reason",
			 "a socket", "left_out_count", 1);
}

static const struct odd_row {
	const char *name;
	json_t *(*answer)(void);
	const char *reason;
} odds[] = {
	{"numbers that contradict each other", two_chunks_of_one,
	 "could not be read again: the manifest is damaged"},
	{"too large to be read", very_many_words, "bytes, at most 8388608 can be read"},
};

TEST(a_manifest_that_belay_would_refuse_is_not_written)
{
	FOR_ROWS(odd, odds) {
		struct vault *vault = vault_new(DB);
		vault->odd = odd->answer();
		CHECK_INT_EQ(run_all(vault), END_FAILED);
		CHECK_STR_EQ(row_text(vault, "outcome"), "failed");
		CHECK_STR_HAS(row_text(vault, "reason"), odd->reason);
		CHECK_INT_EQ(vault_count(vault, "near", NULL), 0);
		CHECK_INT_EQ(known_count(vault, "/copies"), 0);
		CHECK(is_known(vault, "/failed"));
		vault_end(vault);
	}
}

static void set_clock_back(struct vault *vault)
{
	vault->stage->world->clock_off_ms = -2 * 3600 * 1000;
}

TEST(a_clock_that_is_set_back_harms_no_backup)
{
	const struct engine_backup all = {.read_data = true};
	struct vault *vault = vault_new(DB);
	vault->while_writing = set_clock_back;
	CHECK_INT_EQ(run_all(vault), END_PASSED);
	CHECK_STR_EQ(row_text(vault, "outcome"), "made");
	_cleanup_free_ char *name = vault_name(vault, 0, "manifest.json");
	_cleanup_json_ json_t *manifest = NULL;
	const char *text = vault_text(vault, "near", name);
	struct err err = {0};
	CHECK_OK(backup_manifest_parse(text, strlen(text), &manifest, &err), &err);
	CHECK(strcmp(json_get_string(manifest, "finished_at", ""),
		     json_get_string(manifest, "begun_at", "~")) >= 0);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &all), END_PASSED);
	vault_end(vault);
}

TEST(no_store_has_it)
{
	struct vault *vault = vault_new(DB);
	fail(vault, "object.write near RESTORE.txt", "net");
	fail(vault, "object.write far RESTORE.txt", "net");
	CHECK_INT_EQ(run_all(vault), END_FAILED);
	CHECK_STR_EQ(row_text(vault, "outcome"), "failed");
	CHECK_STR_EQ(row_text(vault, "reason"), "near: 'near' does not answer");
	CHECK_INT_EQ(vault_count(vault, "near", NULL), 0);
	CHECK_INT_EQ(known_count(vault, "/copies"), 0);
	CHECK(is_known(vault, "/failed"));
	vault_end(vault);
}

TEST(a_secret_that_is_not_there_is_found_out_before_anything_is_done)
{
	struct vault *vault = vault_new(DB UNSIGNED);
	CHECK_INT_EQ(run_all(vault), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_CONFIG);
	CHECK_STR_HAS(vault->stage->err.message, "MISSING_KEY");
	CHECK_INT_EQ(stage_commits(vault->stage), 0);
	vault_end(vault);
}

/* The remote is away from the write on, for longer than anybody waits. */
static void lose_journal(struct vault *vault)
{
	vault->stage->world->failing = 1000;
}

TEST(a_backup_that_the_journal_was_not_told_of_is_not_lost)
{
	struct vault *vault = vault_new(DB);
	enum engine_end end;
	vault->while_writing = lose_journal;
	CHECK_INT_EQ(run_all(vault), -1);
	CHECK_STR_HAS(vault->stage->err.message, "is made and complete");
	CHECK_STR_HAS(vault->stage->err.hint, "belay backup verify -e production db/");
	CHECK_INT_EQ(vault_count(vault, "near", NULL), 3);
	vault->stage->world->failing = 0;
	CHECK_INT_EQ(known_count(vault, "/copies"), 0);

	const struct engine_backup asked = {0};
	json_t *result = NULL;
	CHECK_OK(engine_backup_verify(&vault->stage->engine, &asked, &end, &result,
				      &vault->stage->err),
		 &vault->stage->err);
	CHECK_INT_EQ(end, END_PASSED);
	CHECK_INT_EQ(known_count(vault, "/copies"), 1);
	CHECK_INT_EQ(known_count(vault, "/copies/0/open_bytes"), 12);
	json_decref(result);

	const struct engine_backup again = {.take_lock = true};
	vault->while_writing = NULL;
	CHECK_INT_EQ(run(vault, &again), END_PASSED);
	CHECK_INT_EQ(known_count(vault, "/copies"), 2);
	CHECK_INT_EQ(is_known(vault, "/running"), false);
	vault_end(vault);
}

/* --- two runs --------------------------------------------------------------------------------- */

/* A run that begins it and is never heard of again; a part of its upload stays, and a file. */
static void die(struct vault *vault)
{
	vault->while_writing = lose_journal;
	fail(vault, "backup.write", "fail");
	CHECK_INT_EQ(run_all(vault), -1);
	vault->while_writing = NULL;
	json_object_del(vault->fails, "backup.write");
	vault->stage->world->failing = 0;
	_cleanup_free_ char *object =
		mem_strdup(json_get_string(vault->asked, "object", ""));
	json_object_set_new(vault->uploads, "near",
			    json_pack("[{s:s, s:s, s:I}]", "name", object, "id", "u1",
				      "begun_ms",
				      (json_int_t)vault->stage->world->now_ms));
	vault_put(vault, "far", object, "half");
	CHECK(is_known(vault, "/running"));
}

TEST(two_runs_do_not_make_the_same_backup)
{
	struct vault *vault = vault_new(DB FILES);
	json_object_set_new(vault->stage->world->env, "PASSPHRASE",
			    json_string("secret"));
	const char *const only_db[] = {"db", NULL};
	const struct engine_backup alone = {.names = only_db};
	fail(vault, "backup.write", "fail");
	vault->while_writing = lose_journal;
	CHECK_INT_EQ(run(vault, &alone), -1);
	vault->while_writing = NULL;
	json_object_del(vault->fails, "backup.write");
	vault->stage->world->failing = 0;

	CHECK_INT_EQ(run(vault, &alone), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_LOCKED);
	CHECK_STR_HAS(vault->stage->err.message, "is being made by ada@desk");
	CHECK_INT_EQ(run_all(vault), END_PASSED);
	CHECK_STR_EQ(row_text(vault, "outcome"), "busy");
	CHECK_STR_EQ(json_get_string(row(vault, 1), "outcome", ""), "made");
	vault_check_schema(vault, "result.backup");
	vault_end(vault);
}

static const struct takeover {
	const char *name;
	bool take_lock;
	int minutes; /* later */
	int end;
} takeovers[] = {
	{"at once", false, 1, -1},
	{"somebody says that it is gone", true, 1, END_PASSED},
	{"its time is not over", false, 120, -1},
	{"its time is over", false, 140, END_PASSED},
};

TEST(who_takes_over_tidies_up)
{
	FOR_ROWS(takeover, takeovers) {
		struct vault *vault = vault_new(DB);
		const struct engine_backup asked = {.take_lock = takeover->take_lock};
		die(vault);
		stage_later(vault->stage, takeover->minutes);
		CHECK_INT_EQ(run(vault, &asked), takeover->end);
		bool taken = takeover->end == END_PASSED;
		CHECK_INT_EQ(json_array_size(json_object_get(vault->uploads, "near")),
			     !taken);
		CHECK_INT_EQ(vault_count(vault, "far", NULL), taken ? 3 : 1);
		CHECK_INT_EQ(known_count(vault, "/copies"), taken);
		CHECK_INT_EQ(is_known(vault, "/running"), !taken);
		vault_end(vault);
	}
}

static const struct asked_github {
	const char *name;
	const char *status; /* of the run that holds the claim */
	int end;
} asked_github[] = {
	{"its run is over", "completed", END_PASSED},
	{"its run is going on", "in_progress", -1},
	{"nobody knows", NULL, -1},
};

TEST(github_knows_whether_a_run_is_gone)
{
	FOR_ROWS(row, asked_github) {
		struct vault *vault = vault_new(DB);
		json_t *env = vault->stage->world->env;
		json_object_set_new(env, "GITHUB_TOKEN", json_string("token"));
		json_object_set_new(env, "GITHUB_REPOSITORY", json_string("acme/shop"));
		json_object_set_new(env, "GITHUB_SERVER_URL",
				    json_string("https://github.com"));
		json_object_set_new(env, "GITHUB_RUN_ID", json_string("4711"));
		die(vault);
		json_object_set_new(env, "GITHUB_RUN_ID", json_string("4712"));
		vault->stage->github_run = row->status;
		CHECK_INT_EQ(run_all(vault), row->end);
		vault_end(vault);
	}
}

/* --- litter ----------------------------------------------------------------------------------- */

static const struct litter {
	const char *name;
	const char *object; /* below db/ */
	bool stays;
} litters[] = {
	{"data without manifest", "20231101T000000Z-0001/data.zst.cms", false},
	{"words without manifest", "20231101T000000Z-0001/RESTORE.txt", false},
	{"a manifest alone is no litter", "20231101T000000Z-0001/manifest.json", true},
	{"young enough to be somebody's", "20231114T210000Z-0001/data.zst.cms", true},
	{"of the future", "20991101T000000Z-0001/data.zst.cms", true},
	{"not ours", "notes/data.zst.cms", true},
};

TEST(what_dead_runs_left_goes_and_nothing_else)
{
	FOR_ROWS(litter, litters) {
		struct vault *vault = vault_new(DB);
		_cleanup_free_ char *object = str_format("db/%s", litter->object);
		vault_put(vault, "near", object, "litter");
		CHECK_INT_EQ(run_all(vault), END_PASSED);
		CHECK_INT_EQ(vault_count(vault, "near", object), litter->stays);
		vault_end(vault);
	}
}

TEST(a_copy_of_the_journal_is_never_litter)
{
	struct vault *vault = vault_new(DB);
	CHECK_INT_EQ(run_all(vault), END_PASSED);
	_cleanup_free_ char *manifest =
		str_format("db/%s/manifest.json", row_text(vault, "id"));
	json_object_del(vault_objects(vault, "near"), manifest);
	stage_later(vault->stage, 60 * 24 * 30);
	CHECK_INT_EQ(run_all(vault), END_PASSED);
	CHECK_INT_EQ(vault_count(vault, "near", NULL), 2 + 3);
	vault_end(vault);
}

/* --- ids -------------------------------------------------------------------------------------- */

static const struct step_row {
	const char *name;
	int64_t step_ms; /* of the clock, from one run to the next */
	bool grows;
} steps[] = {
	{"the same second", 0, true},
	{"a clock that was set back a little", -120 * 1000, true},
	{"a clock that was wrong", -3600 * 1000, false},
};

TEST(ids_of_one_backup_grow)
{
	FOR_ROWS(step, steps) {
		struct vault *vault = vault_new(DB);
		_cleanup_free_ char *last = mem_strdup("");
		for (int i = 0; i < 3; i++) {
			int64_t now_ms = vault->stage->world->now_ms;
			CHECK_INT_EQ(run_all(vault), END_PASSED);
			if (i == 0 || step->grows)
				CHECK(strncmp(row_text(vault, "id"), last, 16) > 0);
			else
				CHECK(strncmp(row_text(vault, "id"), last, 16) < 0);
			str_assign(&last, row_text(vault, "id"));
			vault->stage->world->now_ms = now_ms + step->step_ms;
		}
		vault_end(vault);
	}
}
