/* The store on a remote in memory: opening, appending, races, history, the audit. */
#include "belay/store.h"
#include "../domain/journey.h"
#include "fake_git.h"

struct bench {
	struct world *world;
	struct effects *fx;
	struct config config;
	json_t *run;
};

static struct bench bench_new(void)
{
	struct bench bench = {.world = world_new(), .run = journey_run("4711")};
	bench.fx = bench.world->fx = effects_new(&bench.world->layer);
	bench.config.state.branch = "belay-state";
	bench.config.state.remote = json_pack("{s:s}", "path", "/srv/shop.git");
	bench.config.state.author_name = "belay";
	bench.config.state.author_email = "belay@example.com";
	return bench;
}

static void bench_release(struct bench *bench)
{
	effects_free(bench->fx);
	json_decref(bench->config.state.remote);
	json_decref(bench->config.state.credentials);
	json_decref(bench->run);
}

static struct store *bench_open(struct bench *bench, const char *environment)
{
	struct store *store = NULL;
	struct err err = {0};
	CHECK_OK(store_open(bench->fx, &bench->config, environment, &store, &err), &err);
	return store;
}

/* Takes the lock when it is free, says nothing when it is not. */
static int take_lock(const struct journal_documents *documents, json_t *events,
		     void *context, struct err *err)
{
	const json_t *run = context;
	const char *id = json_get_string(run, "id", "");
	if (lock_ask(documents->state, id, JOURNEY_START_MS) != LOCK_FREE)
		return 0;
	return store_stage(
		documents, events, "lock.acquired", JOURNEY_START_MS, run, NULL,
		json_pack("{s:{s:s}, s:I, s:i, s:s}", "holder", "id", id, "generation",
			  (json_int_t)state_generation(documents->state) + 1, "lease_ms",
			  900000, "expires_at", "2023-11-14T23:00:00Z"),
		err);
}

/* Takes and gives back. */
static int take_and_give(const struct journal_documents *documents, json_t *events,
			 void *context, struct err *err)
{
	if (take_lock(documents, events, context, err))
		return -1;
	return store_stage(documents, events, "lock.released", JOURNEY_START_MS, context,
			   NULL,
			   json_pack("{s:I}", "generation",
				     (json_int_t)state_generation(documents->state) + 1),
			   err);
}

static void append(struct store *store, store_decide *decide, json_t *run)
{
	struct err err = {0};
	CHECK_OK(store_append(store, decide, run, &err), &err);
}

TEST(an_absent_branch_is_an_empty_state)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	CHECK_NULL(store_tip(store));
	CHECK_STR_EQ(store_location(store), "/srv/shop.git belay-state");
	CHECK_INT_EQ(json_get_int(store_documents(store)->state, "sequence", -1), 0);
	json_t *names = store_environments(store);
	CHECK_JSON_EQ(names, "[]");
	json_decref(names);
	store_free(store);
	bench_release(&bench);
}

TEST(the_first_append_makes_the_branch)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	append(store, take_and_give, bench.run);
	const json_t *commits = world_branch(bench.world, "belay-state");
	CHECK_INT_EQ(json_array_size(commits), 2);
	const json_t *first = json_array_get(commits, 0);
	const json_t *files = json_object_get(first, "files");
	CHECK_STR_EQ(json_get_string(first, "subject", ""),
		     "production: lock taken by ada (generation 1)");
	CHECK_INT_EQ(json_object_size(files), 5);
	CHECK_STR_EQ(json_get_string(files, "format", ""), "1\n");
	CHECK_STR_HAS(json_get_string(files, "README.md", ""), "git log --format=%b");
	CHECK_STR_HAS(json_get_string(files, "environments/production/state.json", ""),
		      "\"sequence\": 1");
	CHECK(json_get_string(first, "body", "")[0] == '{');
	CHECK(!strchr(json_get_string(first, "body", ""), '\n'));

	/* What was appended is what is read again. */
	struct store *again = bench_open(&bench, "production");
	CHECK_STR_EQ(store_tip(again), store_tip(store));
	CHECK(json_equal(store_documents(again)->state, store_documents(store)->state));
	CHECK(json_equal(store_documents(again)->recent, store_documents(store)->recent));
	json_t *names = store_environments(again);
	CHECK_JSON_EQ(names, "['production']");
	json_decref(names);
	store_free(again);
	store_free(store);
	bench_release(&bench);
}

TEST(nothing_to_do_writes_nothing)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	append(store, take_lock, bench.run);
	CHECK_INT_EQ(bench.world->appends, 1);
	append(store, take_lock, bench.run);
	CHECK_INT_EQ(bench.world->appends, 1);
	store_free(store);
	bench_release(&bench);
}

/* Somebody else takes the lock first, once. */
static void meddle_once(struct world *world)
{
	struct bench other = {
		.world = world, .fx = world->fx, .run = journey_run("other")};
	other.config.state.branch = "belay-state";
	other.config.state.remote = json_pack("{s:s}", "path", "/srv/shop.git");
	other.config.state.author_name = other.config.state.author_email = "x";
	world->meddle = NULL;
	struct store *store = bench_open(&other, "production");
	append(store, take_lock, other.run);
	store_free(store);
	json_decref(other.config.state.remote);
	json_decref(other.run);
}

/* Somebody writes for another environment first, once. */
static void meddle_elsewhere(struct world *world)
{
	struct bench other = {
		.world = world, .fx = world->fx, .run = journey_run("other")};
	other.config.state.branch = "belay-state";
	other.config.state.remote = json_pack("{s:s}", "path", "/srv/shop.git");
	other.config.state.author_name = other.config.state.author_email = "x";
	world->meddle = NULL;
	struct store *store = bench_open(&other, "staging");
	append(store, take_and_give, other.run);
	store_free(store);
	json_decref(other.config.state.remote);
	json_decref(other.run);
}

TEST(who_is_slower_decides_again)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	append(store, take_and_give, bench.run);
	bench.world->meddle = meddle_once;
	append(store, take_lock, bench.run);
	CHECK_INT_EQ(lock_ask(store_documents(store)->state, "other", JOURNEY_START_MS),
		     LOCK_OURS);
	CHECK_INT_EQ(lock_ask(store_documents(store)->state, "4711", JOURNEY_START_MS),
		     LOCK_BUSY);
	CHECK_INT_EQ(json_array_size(world_branch(bench.world, "belay-state")), 3);
	store_free(store);
	bench_release(&bench);
}

TEST(who_writes_in_a_row_lets_others_write)
{
	static const struct row {
		const char *name;
		int appends, races, pause_ms;
		int64_t slept_min_ms, slept_max_ms;
		int reads; /* after the first; one is that of who was faster */
	} rows[] = {
		{"a plain deployment has two", 2, 0, 0, 0, 0, 0},
		{"one that tells has more", 6, 0, 0, 0, 0, 0},
		{"a seventh one at once waits a little", 7, 0, 0, 1, 100, 0},
		{"a seventh one later does not", 7, 0, 5000, 0, 0, 0},
		{"after a lost race the branch is read again", 2, 1, 100000, 80, 700, 3},
		{"at once, for its own sake", 2, 1, 0, 80, 700, 3},
		{"and who comes back after that waits for others", 3, 2, 0, 600, 6000, 6},
	};
	FOR_ROWS(row, rows) {
		struct bench bench = bench_new();
		struct store *store = bench_open(&bench, "production");
		int reads = bench.world->reads;
		for (int i = 0; i < row->appends; i++) {
			bench.world->meddle = i < row->races ? meddle_elsewhere : NULL;
			append(store, take_and_give, bench.run);
			bench.world->now_ms += row->pause_ms;
		}
		CHECK(bench.world->slept_ms >= row->slept_min_ms);
		CHECK(bench.world->slept_ms <= row->slept_max_ms);
		CHECK_INT_EQ(bench.world->reads - reads, row->reads);
		store_free(store);
		bench_release(&bench);
	}
}

TEST(an_outage_is_waited_for)
{
	static const struct row {
		const char *name;
		int failing;
		bool arrives;
		int64_t retry_after_ms, lease_ms;
		bool recorded;
		int64_t slept_min_ms, slept_max_ms;
	} rows[] = {
		{"answers at once", 0, false, 0, 0, true, 0, 0},
		{"one failure", 1, false, 0, 0, true, 125, 375},
		{"a lost answer", 1, true, 0, 0, true, 125, 375},
		{"five of them", 5, true, 0, 0, true, 3875, 11625},
		{"as long as it wants", 1, false, 20000, 0, true, 20000, 20000},
		{"longer than a minute", 1, false, 61000, 0, false, 0, 0},
		{"for ever", 1000, false, 0, 0, false, 58000, 60000},
		{"for ever, and a short lease", 1000, false, 0, 9000, false, 2500, 3000},
		{"longer than a short lease", 1, false, 4000, 9000, false, 0, 0},
	};
	FOR_ROWS(row, rows) {
		struct bench bench = bench_new();
		struct config_environment environment = {.name = (char *)"production",
							 .lease_ms = row->lease_ms};
		struct err err = {0};
		if (row->lease_ms > 0) {
			bench.config.environments = &environment;
			bench.config.environment_count = 1;
		}
		struct store *store = bench_open(&bench, "production");
		append(store, take_and_give, bench.run);
		bench.world->failing = row->failing;
		bench.world->arrives = row->arrives;
		bench.world->retry_after_ms = row->retry_after_ms;
		int status = store_append(store, take_and_give, bench.run, &err);
		if (row->recorded)
			CHECK_OK(status, &err);
		else
			CHECK_FAILS(status, &err, ERR_NET, "does not answer");
		CHECK_INT_EQ(json_array_size(world_branch(bench.world, "belay-state")),
			     row->recorded ? 4 : 2);
		CHECK(bench.world->slept_ms >= row->slept_min_ms);
		CHECK(bench.world->slept_ms <= row->slept_max_ms);
		store_free(store);
		bench_release(&bench);
	}
}

/* An event of another environment, always. */
static void meddle_always(struct world *world)
{
	json_t *commits = world_branch(world, "belay-state");
	json_t *copy = json_copy(json_array_get(commits, json_array_size(commits) - 1));
	char id[41];
	snprintf(id, sizeof id, "%040zu", json_array_size(commits));
	json_object_set_new(copy, "id", json_string(id));
	json_array_append_new(commits, copy);
}

TEST(a_store_that_always_loses_gives_up)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	struct err err = {0};
	append(store, take_and_give, bench.run);
	bench.world->meddle = meddle_always;
	CHECK_FAILS(store_append(store, take_and_give, bench.run, &err), &err, ERR_STATE,
		    "others keep writing");
	CHECK(bench.world->slept_ms > 60000); /* it does not keep the remote busy */
	CHECK(bench.world->slept_ms < 320000);
	CHECK(bench.world->appends > 10);
	store_free(store);
	bench_release(&bench);
}

TEST(an_environment_gets_only_what_changed)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	struct store *staging = NULL;
	append(store, take_and_give, bench.run);
	staging = bench_open(&bench, "staging");
	append(staging, take_and_give, bench.run);
	CHECK_INT_EQ(json_array_size(world_branch(bench.world, "belay-state")), 4);
	struct journal_documents other;
	struct err err = {0};
	if (CHECK_OK(store_other(staging, "production", &other, &err), &err)) {
		CHECK(json_equal(other.state, store_documents(store)->state));
		journal_documents_release(&other);
	}
	if (CHECK_OK(store_other(staging, "nowhere", &other, &err), &err)) {
		CHECK_INT_EQ(json_get_int(other.state, "sequence", -1), 0);
		journal_documents_release(&other);
	}
	CHECK_FAILS(store_other(staging, "../up", &other, &err), &err, ERR_CONFIG,
		    "cannot be");
	store_free(staging);
	store_free(store);
	bench_release(&bench);
}

TEST(a_branch_for_each_environment)
{
	struct bench bench = bench_new();
	struct store *store = NULL;
	struct err err = {0};
	bench.config.state.branch = "belay/{environment}";
	CHECK_FAILS(store_open(bench.fx, &bench.config, NULL, &store, &err), &err,
		    ERR_USAGE, "belay/{environment}");
	store = bench_open(&bench, "staging");
	append(store, take_lock, bench.run);
	store_free(store);
	store = bench_open(&bench, "production");
	append(store, take_and_give, bench.run);
	CHECK_INT_EQ(json_array_size(world_branch(bench.world, "belay/staging")), 1);
	CHECK_INT_EQ(json_array_size(world_branch(bench.world, "belay/production")), 2);
	struct journal_documents other;
	if (CHECK_OK(store_other(store, "staging", &other, &err), &err)) {
		CHECK_INT_EQ(json_get_int(other.state, "sequence", -1), 1);
		journal_documents_release(&other);
	}
	store_free(store);
	bench_release(&bench);
}

TEST(history_is_newest_first_and_of_one_environment)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	for (int i = 0; i < 3; i++)
		append(store, take_and_give, bench.run);
	struct store *staging = bench_open(&bench, "staging");
	for (int i = 0; i < 20; i++)
		append(staging, take_and_give, bench.run);
	struct err err = {0};
	CHECK_OK(store_refresh(store, &err), &err);
	json_t *history = NULL;
	if (CHECK_OK(store_history(store, 2, &history, &err), &err)) {
		CHECK_INT_EQ(json_array_size(history), 2);
		CHECK_INT_EQ(json_integer_value(json_at(history, "/0/event/sequence")),
			     6);
		CHECK_INT_EQ(json_integer_value(json_at(history, "/1/event/sequence")),
			     5);
		json_decref(history);
	}
	if (CHECK_OK(store_history(store, 0, &history, &err), &err)) {
		CHECK_INT_EQ(json_array_size(history), 6);
		json_decref(history);
	}
	store_free(staging);
	store_free(store);
	bench_release(&bench);
}

/* --- the audit ----------------------------------------------------------------------------- */

static void spoil_file(json_t *commits, size_t at, const char *path, const char *text)
{
	for (size_t i = at; i < json_array_size(commits); i++) {
		json_t *commit = json_array_get(commits, i);
		json_t *files = json_copy(json_object_get(commit, "files"));
		if (text)
			json_object_set_new(files, path, json_string(text));
		else
			json_object_del(files, path);
		json_object_set_new(commit, "files", files);
	}
}

static const struct {
	const char *name;
	const char *path, *text; /* a file from commit 3 on */
	const char *body;        /* or commit 3's message */
	bool drop;               /* or no commit 3 */
	const char *why;
} spoilt[] = {
	{"as it was", NULL, NULL, NULL, false, NULL},
	{"a file edited", "environments/production/state.json", "{}", NULL, false,
	 "environments/production/state.json is not what the events add up to"},
	{"a file that nobody changes", "environments/production/recent.json", "{}", NULL,
	 false, "recent.json is not what"},
	{"README edited", "README.md", "mine", NULL, false, "README.md is not what"},
	{"a file removed", "format", NULL, NULL, false, "format is missing"},
	{"a file added", "notes.txt", "hello", NULL, false,
	 "notes.txt does not belong there"},
	{"no event", NULL, NULL, "fixed a typo", false, "not an event of belay"},
	{"another event", NULL, NULL,
	 "{\"belay\":1,\"type\":\"lock.released\",\"environment\":\"production\",\"sequence\":4,"
	 "\"at\":\"2023-11-14T22:13:20Z\",\"run\":{\"id\":\"x\"},\"data\":{\"generation\":9}}",
	 false, "generation 9 is stale"},
	{"a commit missing", NULL, NULL, NULL, true, "no plain successor"},
};

TEST(the_audit_names_the_first_misfit)
{
	FOR_ROWS(row, spoilt) {
		struct bench bench = bench_new();
		struct store *store = bench_open(&bench, "production");
		struct err err = {0};
		json_t *result = NULL;
		for (int i = 0; i < 4; i++)
			append(store, take_and_give, bench.run);
		json_t *commits = world_branch(bench.world, "belay-state");
		char *third = str_format(
			"commit %.10s",
			json_get_string(json_array_get(commits, row->drop ? 4 : 3), "id",
					""));
		if (row->path)
			spoil_file(commits, 3, row->path, row->text);
		if (row->body)
			json_object_set_new(json_array_get(commits, 3), "body",
					    json_string(row->body));
		if (row->drop)
			json_array_remove(commits, 3);
		store_free(store);
		store = NULL;
		CHECK_OK(
			store_locate(bench.fx, &bench.config, "production", &store, &err),
			&err);
		int verified = store_verify(store, &result, &err);
		if (!row->why) {
			CHECK_OK(verified, &err);
			CHECK_INT_EQ(json_get_int(result, "events", 0), 8);
			CHECK_JSON_EQ(json_object_get(result, "environments"),
				      "['production']");
		} else {
			CHECK_FAILS(verified, &err, ERR_STATE, row->why);
			CHECK_STR_HAS(err.message, third);
		}
		free(third);
		json_decref(result);
		store_free(store);
		bench_release(&bench);
	}
}

TEST(the_audit_works_in_batches)
{
	struct bench bench = bench_new();
	struct store *store = bench_open(&bench, "production");
	struct err err = {0};
	json_t *result = NULL;
	for (int i = 0; i < 300; i++)
		append(store, take_and_give, bench.run);
	CHECK_OK(store_verify(store, &result, &err), &err);
	CHECK_INT_EQ(json_get_int(result, "commits", 0), 600);
	CHECK_INT_EQ(bench.world->blobs, 3);
	json_decref(result);
	store_free(store);
	bench_release(&bench);
}
