/* Rollbacks that bring data back: what is checked before the lock, and that nothing is taken back once the data was
 * touched. */
#include "vault.h"

#define CONFIG VAULT_CONFIG "    restore: {run: 'psql app'}\n"

struct case_ {
	struct vault *vault;
	struct engine_request request;
	char *copy; /* "db/ID" of the copy that was made before v2 */
};

/* v1, a backup, v2, which is live. */
static struct case_ begin(const char *config)
{
	struct case_ c = {.vault = vault_new(config)};
	stage_deploy(c.vault->stage, "v1");
	vault_make_copies(c.vault, 1);
	CHECK_INT_EQ(stage_deploy(c.vault->stage, "v2"), END_PASSED);
	_cleanup_free_ char *id = vault_copy(c.vault, 0);
	c.copy = str_format("db/%s", id);
	c.request.restore = c.copy;
	return c;
}

static void end(struct case_ *c)
{
	free(c->copy);
	vault_end(c->vault);
}

/* How it ended, or -1 with stage->err. */
static int roll_back(struct case_ *c)
{
	struct stage *stage = c->vault->stage;
	enum engine_end ended = END_PASSED;
	json_decref(TAKE_PTR(stage->result));
	stage->err = (struct err){0};
	if (engine_rollback(&stage->engine, &c->request, &ended, &stage->result,
			    &stage->err) < 0)
		return -1;
	vault_check_schema(c->vault, "result.deploy");
	return (int)ended;
}

static const char *live(struct case_ *c)
{
	static char version[32];
	_cleanup_json_ json_t *state = stage_state(c->vault->stage);
	snprintf(version, sizeof version, "%s",
		 json_get_string(state_live(state, "shop"), "version", "nothing"));
	return version;
}

static bool is_locked(struct case_ *c)
{
	_cleanup_json_ json_t *state = stage_state(c->vault->stage);
	return json_get_bool(json_object_get(state, "lock"), "held", false);
}

static const char *restored(const struct case_ *c)
{
	return json_get_string(json_object_get(c->vault->stage->result, "restored"),
			       "outcome", "none");
}

/* Texts of the events of a type on the journal. */
static size_t events_of(struct case_ *c, const char *type)
{
	json_t *commits = world_branch(c->vault->stage->world, "belay-state");
	size_t i, count = 0;
	const json_t *commit;
	json_array_foreach(commits, i, commit) {
		_cleanup_json_ json_t *event =
			json_loads(json_get_string(commit, "body", ""), 0, NULL);
		count += str_equal(json_get_string(event, "type", ""), type);
	}
	return count;
}

TEST(the_data_comes_back_before_the_code)
{
	struct case_ c = begin(CONFIG);
	struct stage *stage = c.vault->stage;
	CHECK_INT_EQ(roll_back(&c), END_PASSED);
	CHECK_STR_EQ(live(&c), "v1");
	CHECK_STR_EQ(restored(&c), "restored");
	CHECK_INT_EQ(json_array_size(c.vault->read), 1);
	CHECK_INT_EQ(events_of(&c, "backup.restored"), 1);
	_cleanup_json_ json_t *state = stage_state(stage);
	CHECK_STR_EQ(
		json_get_string(json_at(state, "/backups/db/restored"), "outcome", ""),
		"good");
	size_t i, at_restore = 99, at_switch = 0;
	const json_t *row;
	json_array_foreach(json_object_get(stage->result, "timeline"), i, row) {
		const char *step = json_get_string(row, "step", "");
		if (strcmp(step, "restore") == 0)
			at_restore = i;
		if (strcmp(step, "switch") == 0)
			at_switch = i;
	}
	CHECK(at_restore < at_switch);
	CHECK(!is_locked(&c));
	end(&c);
}

TEST(a_name_alone_means_the_copy_from_before_what_is_undone)
{
	struct vault *vault = vault_new(CONFIG);
	struct case_ c = {.vault = vault, .request = {.restore = "db"}};
	stage_deploy(vault->stage, "v1");
	vault->stage->config->environments[0].services[0].backup =
		vault->stage->config->backups;
	CHECK_INT_EQ(stage_deploy(vault->stage, "v2"), END_PASSED);
	_cleanup_free_ char *before = vault_copy(vault, 0);
	vault_make_copies(vault, 1); /* of data that v2 has spoilt */
	CHECK_INT_EQ(roll_back(&c), END_PASSED);
	CHECK_STR_EQ(live(&c), "v1");
	CHECK_STR_EQ(json_get_string(json_object_get(vault->stage->result, "restored"),
				     "id", ""),
		     before);
	end(&c);
}

TEST(a_name_alone_is_refused_when_nothing_was_saved_before)
{
	struct case_ c = begin(CONFIG);
	size_t commits = stage_commits(c.vault->stage);
	c.request.restore = "db";
	CHECK_INT_EQ(roll_back(&c), -1);
	CHECK_INT_EQ(c.vault->stage->err.code, ERR_NOT_FOUND);
	CHECK_STR_HAS(c.vault->stage->err.message,
		      "no copy of 'db' was made before what is undone");
	CHECK_STR_HAS(c.vault->stage->err.hint, c.copy);
	CHECK_INT_EQ(stage_commits(c.vault->stage), commits);
	end(&c);
}

/* --- refused before the lock ------------------------------------------------------------------ */

enum spoil { NOTHING, MANIFEST, STORES };

static const struct refused_row {
	const char *name, *config, *restore;
	enum spoil spoil;
	enum err_code code;
	const char *part;
} refused[] = {
	{"no such backup", CONFIG, "bd/x", NOTHING, ERR_NOT_FOUND, "no backup 'bd'"},
	{"no such copy", CONFIG, "db/2020", NOTHING, ERR_NOT_FOUND, "no copy '2020'"},
	{"nobody said how it comes back", VAULT_CONFIG, NULL, NOTHING, ERR_CONFIG,
	 "does not say how it comes back"},
	{"it is not what was written", CONFIG, NULL, MANIFEST, ERR_FAIL,
	 "on the journal it is"},
	{"no store answers", CONFIG, NULL, STORES, ERR_NET, "does not answer"},
};

static void spoil(struct case_ *c, enum spoil what)
{
	static const char *const stores[] = {"a", "b"};
	_cleanup_free_ char *manifest = vault_name(c->vault, 0, "manifest.json");
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		if (what == MANIFEST)
			vault_spoil(c->vault, stores[i], manifest);
		if (what == STORES)
			json_object_set_new(c->vault->down, stores[i], json_true());
	}
}

TEST(what_cannot_be_is_refused_before_the_lock)
{
	FOR_ROWS(row, refused) {
		struct case_ c = begin(row->config);
		size_t commits = stage_commits(c.vault->stage);
		spoil(&c, row->spoil);
		if (row->restore)
			c.request.restore = row->restore;
		CHECK_INT_EQ(roll_back(&c), -1);
		CHECK_INT_EQ(c.vault->stage->err.code, row->code);
		CHECK_STR_HAS(c.vault->stage->err.message, row->part);
		CHECK_INT_EQ(stage_commits(c.vault->stage), commits);
		CHECK_STR_EQ(live(&c), "v2");
		end(&c);
	}
}

TEST(a_key_that_is_not_here_is_found_out_before_the_lock)
{
	struct case_ c = begin("backups:\n"
			       "  db:\n"
			       "    source: {run: dump, name: app.dump}\n"
			       "    seal: {recipients: [keys/backup.crt]}\n"
			       "    open: {key: {env: MISSING_KEY}, certificate: "
			       "keys/backup.crt}\n"
			       "    store: {name: a, directory: /srv/a}\n"
			       "    keep: {last: 2}\n"
			       "    restore: {run: 'psql app'}\n");
	size_t commits = stage_commits(c.vault->stage);
	CHECK_INT_EQ(roll_back(&c), -1);
	CHECK_INT_EQ(c.vault->stage->err.code, ERR_CONFIG);
	CHECK_STR_HAS(c.vault->stage->err.message, "what opens backup 'db' is not here");
	CHECK_INT_EQ(stage_commits(c.vault->stage), commits);
	end(&c);
}

/* --- half way --------------------------------------------------------------------------------- */

TEST(data_that_is_half_restored_is_stuck)
{
	struct case_ c = begin(CONFIG);
	struct stage *stage = c.vault->stage;
	c.vault->exit = 3;
	CHECK_INT_EQ(roll_back(&c), END_STUCK);
	CHECK_STR_EQ(restored(&c), "failed");
	CHECK_STR_EQ(live(&c), "v2");
	CHECK(is_locked(&c));
	CHECK_INT_EQ(events_of(&c, "deployment.stuck"), 1);
	const json_t *todo = json_object_get(stage->result, "todo");
	CHECK(stage_has(todo, "the data may be half restored"));
	CHECK(stage_has(todo, "--in-place"));
	_cleanup_json_ json_t *state = stage_state(stage);
	CHECK_STR_EQ(
		json_get_string(json_at(state, "/backups/db/restored"), "outcome", ""),
		"bad");
	CHECK_STR_EQ(json_get_string(state_transaction(state), "restore", ""), c.copy);
	c.vault->exit = 0;
	c.request.take_lock = true;
	CHECK_INT_EQ(roll_back(&c), END_PASSED);
	CHECK_STR_EQ(live(&c), "v1");
	end(&c);
}

TEST(after_the_data_the_code_is_not_taken_back)
{
	struct case_ c = begin(CONFIG);
	struct stage *stage = c.vault->stage;
	stage->undo_fails = true; /* so does going back to v1 */
	CHECK_INT_EQ(roll_back(&c), END_STUCK);
	CHECK_STR_EQ(restored(&c), "restored");
	CHECK(stage_has(json_object_get(stage->result, "todo"),
			"the data is that of db/"));
	end(&c);
}

/* --- the lock --------------------------------------------------------------------------------- */

TEST(the_lock_is_kept_for_as_long_as_a_restore_may_take)
{
	struct case_ c = begin(CONFIG);
	CHECK_INT_EQ(roll_back(&c), END_PASSED);
	json_t *commits = world_branch(c.vault->stage->world, "belay-state");
	int64_t leases[4] = {0};
	size_t i, count = 0;
	const json_t *commit;
	json_array_foreach(commits, i, commit) {
		_cleanup_json_ json_t *event =
			json_loads(json_get_string(commit, "body", ""), 0, NULL);
		if (str_equal(json_get_string(event, "type", ""), "lock.renewed") &&
		    count < ARRAY_SIZE(leases))
			leases[count++] = json_get_int(json_object_get(event, "data"),
						       "lease_ms", 0);
	}
	const struct engine *engine = &c.vault->stage->engine;
	CHECK_INT_EQ(count, 2);
	CHECK_INT_EQ(leases[0], engine->environment->lease_ms +
					engine->config->backups[0].timeout_ms);
	CHECK_INT_EQ(leases[1], engine->environment->lease_ms);
	end(&c);
}

/* --- what a deployment offers ----------------------------------------------------------------- */

static const struct offer_row {
	const char *name, *config, *version;
	bool automatic; /* rollback */
	int end;
	const char *part; /* of a line to do; NULL: nothing about data */
} offers[] = {
	{"all is well", CONFIG, "v2", true, END_PASSED, NULL},
	{"taken back", CONFIG, "bad2", true, END_ROLLED_BACK, "--in-place'"},
	{"taken back, and nobody said how", VAULT_CONFIG, "bad2", true, END_ROLLED_BACK,
	 "--to DIRECTORY'"},
	{"half way", CONFIG, "broken2", true, END_ROLLED_BACK, "--in-place'"},
	{"live and unproven", CONFIG, "bad2", false, END_FAILED,
	 "'belay rollback -e production --restore db/"},
};

TEST(a_deployment_that_failed_says_how_the_data_comes_back)
{
	FOR_ROWS(row, offers) {
		struct vault *vault = vault_new(row->config);
		struct stage *stage = vault->stage;
		struct config_environment *environment = stage->config->environments;
		stage_deploy(stage, "v1");
		environment->services[0].backup = stage->config->backups;
		environment->rollback_auto = row->automatic;
		CHECK_INT_EQ(stage_deploy(stage, row->version), row->end);
		_cleanup_free_ char *id = vault_copy(vault, 0);
		const json_t *todo = json_object_get(stage->result, "todo");
		CHECK_INT_EQ(stage_has(todo, id), row->part != NULL);
		if (row->part)
			CHECK(stage_has(todo, row->part));
		vault_check_schema(vault, "result.deploy");
		vault_end(vault);
	}
}
