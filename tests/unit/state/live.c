/* The store on a real repository, a path: who wins a lock, what is never written over, the audit. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../domain/journey.h"
#include "belay/effects_chain.h"
#include "belay/store.h"

#define ROUNDS 200

/* One participant: a chain, a configuration and a name of its own. */
struct writer {
	struct effects *fx;
	struct config config;
	json_t *run;
	int won;
	struct err err;
};

static struct writer writer_new(const char *path, const char *id)
{
	struct writer writer = {
		.fx = effects_new(effects_redact_new(effects_live_new())),
		.run = journey_run(id),
	};
	writer.config.state.branch = "belay-state";
	writer.config.state.remote = json_pack("{s:s, s:b}", "path", path, "create", 1);
	writer.config.state.author_name = "belay";
	writer.config.state.author_email = "belay@example.com";
	return writer;
}

static void writer_release(struct writer *writer)
{
	effects_free(writer->fx);
	json_decref(writer->config.state.remote);
	json_decref(writer->run);
}

static struct store *writer_open(struct writer *writer)
{
	struct store *store = NULL;
	CHECK_OK(store_open(writer->fx, &writer->config, "production", &store,
			    &writer->err),
		 &writer->err);
	return store;
}

static int take_lock(const struct journal_documents *documents, json_t *events,
		     void *context, struct err *err)
{
	const struct writer *writer = context;
	const char *id = json_get_string(writer->run, "id", "");
	enum lock_answer answer = lock_ask(documents->state, id, JOURNEY_START_MS);
	if (answer == LOCK_OURS)
		return 0;
	if (answer != LOCK_FREE)
		return err_set(err, ERR_LOCKED, "busy");
	return store_stage(
		documents, events, "lock.acquired", JOURNEY_START_MS, writer->run, NULL,
		json_pack("{s:{s:s}, s:I, s:i, s:s}", "holder", "id", id, "generation",
			  (json_int_t)state_generation(documents->state) + 1, "lease_ms",
			  900000, "expires_at", "2023-11-14T23:00:00Z"),
		err);
}

static int give_lock(const struct journal_documents *documents, json_t *events,
		     void *context, struct err *err)
{
	const struct writer *writer = context;
	return store_stage(documents, events, "lock.released", JOURNEY_START_MS,
			   writer->run, NULL,
			   json_pack("{s:I}", "generation",
				     (json_int_t)state_generation(documents->state)),
			   err);
}

/* --- two writers ----------------------------------------------------------------------------- */

struct contest {
	struct writer *writer;
	struct store *store;
	pthread_barrier_t *start;
	int result;
};

static void *compete(void *argument)
{
	struct contest *contest = argument;
	contest->writer->err = (struct err){0};
	pthread_barrier_wait(contest->start);
	contest->result = store_append(contest->store, take_lock, contest->writer,
				       &contest->writer->err);
	return NULL;
}

/* Both want it at once; afterwards the winner gives it back. 0, 1: who won; -1: not exactly one. */
static int one_round(struct contest contests[static 2])
{
	pthread_t other;
	struct err err = {0};
	pthread_create(&other, NULL, compete, &contests[1]);
	compete(&contests[0]);
	pthread_join(other, NULL);
	if ((contests[0].result == 0) == (contests[1].result == 0))
		return -1;
	int winner = contests[0].result == 0 ? 0 : 1;
	CHECK_INT_EQ(contests[1 - winner].writer->err.code, ERR_LOCKED);
	CHECK_OK(store_append(contests[winner].store, give_lock, contests[winner].writer,
			      &err),
		 &err);
	CHECK_OK(store_refresh(contests[1 - winner].store, &err), &err);
	return winner;
}

TEST(of_two_writers_exactly_one_gets_the_lock)
{
	char *path = str_format("%s/state.git", test_directory());
	struct writer writers[] = {writer_new(path, "a"), writer_new(path, "b")};
	pthread_barrier_t start;
	struct err err = {0};
	json_t *result = NULL;
	pthread_barrier_init(&start, NULL, 2);
	struct contest contests[] = {
		{.writer = &writers[0],
		 .store = writer_open(&writers[0]),
		 .start = &start},
		{.writer = &writers[1],
		 .store = writer_open(&writers[1]),
		 .start = &start},
	};
	for (int round = 0; round < ROUNDS; round++) {
		int winner = one_round(contests);
		if (!CHECK(winner >= 0))
			break;
		writers[winner].won++;
	}
	CHECK_INT_EQ(writers[0].won + writers[1].won, ROUNDS);
	CHECK_INT_EQ(state_generation(store_documents(contests[0].store)->state), ROUNDS);
	if (CHECK_OK(store_verify(contests[0].store, &result, &err), &err))
		CHECK_INT_EQ(json_get_int(result, "events", 0), 2 * ROUNDS);
	json_decref(result);
	for (int i = 0; i < 2; i++) {
		store_free(contests[i].store);
		writer_release(&writers[i]);
	}
	pthread_barrier_destroy(&start);
	free(path);
}

/* --- branches that are not what we wrote ------------------------------------------------------ */

static const struct {
	const char *name;
	const char *change; /* shell, in a work tree of the branch, before a commit */
	const char *why, *audit;
} rows[] = {
	{"a commit by hand", "echo '{}' > environments/production/state.json",
	 "edited by hand: its last commit", "its message is not an event of belay"},
	{"amended by hand",
	 "sed -i 's/\"sequence\": 2/\"sequence\": 3/' environments/production/state.json; "
	 "message=$(git log -1 --format=%B)",
	 "is not what the last event", "state.json is not what the events add up to"},
	{"amended where only the audit sees it",
	 "sed -i 's/\"alerts\": {}/\"alerts\": {\"x\": 1}/' environments/production/state.json; "
	 "message=$(git log -1 --format=%B)",
	 NULL, "state.json is not what the events add up to"},
	{"truncated",
	 "head -c 40 environments/production/recent.json > t; mv t "
	 "environments/production/recent.json; message=$(git log -1 --format=%B)",
	 "recent.json", "recent.json is not what the events add up to"},
	{"newer", "echo 2 > format; message=$(git log -1 --format=%B)",
	 "written by a newer belay (format 2); this one reads 1", "format is not what"},
	{"alien", "git rm -rqf .; echo hello > index.html",
	 "exists but was not written by belay", "its message is not an event of belay"},
};

static char *git_tip(const char *path)
{
	char line[64] = "";
	char *command = str_format("git -C '%s' rev-parse belay-state", path);
	FILE *pipe = (popen)(command, "r");
	CHECK(pipe && fgets(line, sizeof line, pipe));
	if (pipe)
		pclose(pipe);
	free(command);
	return mem_strdup(line);
}

static void spoil(const char *path, const char *change)
{
	char *command = str_format(
		"set -e; cd '%s'; export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a "
		"GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; rm -rf w; git "
		"clone -q -b belay-state '%s' w; cd w; message='Fixed a typo'; %s; git add -A; if [ "
		"\"$message\" = 'Fixed a typo' ]; then git commit -qm \"$message\"; else git commit "
		"-q --amend --cleanup=verbatim -m \"$message\"; fi; git push -qf origin belay-state",
		test_directory(), path, change);
	CHECK_INT_EQ((system)(command), 0);
	free(command);
}

TEST(what_is_not_ours_is_never_written_over)
{
	FOR_ROWS(row, rows) {
		char *path = str_format("%s/%td.git", test_directory(), row - rows);
		struct writer writer = writer_new(path, "a");
		struct store *store = writer_open(&writer);
		struct err err = {0};
		json_t *result = NULL;
		CHECK_OK(store_append(store, take_lock, &writer, &err), &err);
		CHECK_OK(store_append(store, give_lock, &writer, &err), &err);
		spoil(path, row->change);
		char *before = git_tip(path);

		/* A store that was open already meets the change by losing a race. */
		if (row->why) {
			CHECK_FAILS(store_append(store, take_lock, &writer, &err), &err,
				    ERR_STATE, row->why);
			struct store *again = NULL;
			CHECK_FAILS(store_open(writer.fx, &writer.config, "production",
					       &again, &err),
				    &err, ERR_STATE, row->why);
		}
		store_free(store);
		store = NULL;
		CHECK_OK(store_locate(writer.fx, &writer.config, NULL, &store, &err),
			 &err);
		CHECK_FAILS(store_verify(store, &result, &err), &err, ERR_STATE,
			    row->audit);
		char *after = git_tip(path);
		CHECK_STR_EQ(after, before);
		free(after);
		free(before);
		store_free(store);
		writer_release(&writer);
		free(path);
	}
}

TEST(git_alone_can_read_the_journal)
{
	char *path = str_format("%s/plain.git", test_directory());
	struct writer writer = writer_new(path, "a");
	struct store *store = writer_open(&writer);
	struct err err = {0};
	CHECK_OK(store_append(store, take_lock, &writer, &err), &err);
	CHECK_OK(store_append(store, give_lock, &writer, &err), &err);
	char *command = str_format(
		"test \"$(git -C '%s' log --format=%%b belay-state | tr -d '\\n' | sed "
		"'s/}{/}\\n{/g' | grep -c '\"belay\":1')\" = 2 && git -C '%s' fsck --strict 2>&1 | (! grep -q error) && git "
		"-C '%s' show belay-state:format | grep -qx 1",
		path, path, path);
	CHECK_INT_EQ((system)(command), 0);
	free(command);
	store_free(store);
	writer_release(&writer);
	free(path);
}

TEST(reading_makes_nothing)
{
	char *path = str_format("%s/absent.git", test_directory());
	struct writer writer = writer_new(path, "a");
	struct store *store = writer_open(&writer);
	CHECK_NULL(store_tip(store));
	CHECK_INT_EQ(access(path, F_OK), -1);
	store_free(store);
	writer_release(&writer);
	free(path);
}
