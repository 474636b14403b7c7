/* The journal on a repository that is opened in place. */
#include "platform/git.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "platform/trust.h"
#include "test.h"

#define BRANCH "belay-state"
#define AT_MS INT64_C(1700000000000)

struct place {
	struct trust *trust;
	struct vcs_pool *pool;
	char *path;
	struct vcs_remote remote;
};

static void place_open(struct place *place, const char *path)
{
	place->trust = trust_new();
	place->pool = vcs_pool_new(place->trust);
	place->path = mem_strdup(path);
	place->remote = (struct vcs_remote){
		.path = place->path, .create = true, .stop = {.wake_fd = -1}};
}

static void place_close(struct place *place)
{
	vcs_pool_free(place->pool);
	trust_free(place->trust);
	free(place->path);
}

static char *repository_path(const char *name)
{
	return str_format("%s/%s", test_directory(), name);
}

/* Appends one commit that writes one file. */
static int append_file(struct place *place, const char *parent, const char *path,
		       const char *data, struct vcs_append_result *ret, struct err *err)
{
	const struct vcs_change change = {path, data, data ? strlen(data) : 0};
	const struct vcs_new_commit commit = {
		.subject = "production: deployed api v1",
		.body = "{\"a\":1}",
		.at_ms = AT_MS,
		.changes = &change,
		.change_count = 1,
	};
	const struct vcs_append append = {
		.parent = parent,
		.author_name = "belay",
		.author_email = "belay@example.com",
		.commits = &commit,
		.commit_count = 1,
	};
	return vcs_append(place->pool, &place->remote, BRANCH, &append, ret, err);
}

static int run_git(const char *path, const char *const *words)
{
	const char *argv[16] = {"git", "-C", path};
	for (size_t i = 0; words[i] && i < 12; i++)
		argv[3 + i] = words[i];
	pid_t pid = fork();
	if (pid == 0) {
		execvp("git", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_with_git(const char *path)
{
	const char *const words[] = {"fsck",          "--full",        "--strict",
				     "--no-dangling", "--no-progress", NULL};
	int status = run_git(path, words);
	if (status != 127)
		CHECK_INT_EQ(status, 0);
}

TEST(first_commit_then_read_and_log)
{
	_cleanup_free_ char *path = repository_path("state.git");
	struct place place;
	struct err err = {0};
	struct vcs_snapshot snapshot;
	struct vcs_append_result first;
	struct vcs_append_result second;
	struct vcs_history history;
	place_open(&place, path);

	CHECK_OK(vcs_read(place.pool, &place.remote, BRANCH, &snapshot, &err), &err);
	CHECK(!snapshot.exists);
	vcs_snapshot_release(&snapshot);

	CHECK_OK(append_file(&place, NULL, "environments/production/state.json", "{}\n",
			     &first, &err),
		 &err);
	CHECK(!first.raced);
	CHECK_OK(append_file(&place, first.ids[0], "README.md", "hello\n", &second, &err),
		 &err);
	CHECK(!second.raced);

	CHECK_OK(vcs_read(place.pool, &place.remote, BRANCH, &snapshot, &err), &err);
	CHECK(snapshot.exists);
	CHECK_STR_EQ(snapshot.commit.id, second.ids[0]);
	CHECK_STR_EQ(snapshot.commit.subject, "production: deployed api v1");
	CHECK_STR_EQ(snapshot.commit.body, "{\"a\":1}");
	CHECK_STR_EQ(snapshot.commit.author, "belay <belay@example.com>");
	CHECK_INT_EQ(snapshot.commit.at_ms, AT_MS);
	CHECK_INT_EQ(snapshot.commit.parents.count, 1);
	if (CHECK(snapshot.files.count == 2)) {
		CHECK_STR_EQ(snapshot.files.items[0].path, "README.md");
		CHECK_STR_EQ(snapshot.files.items[1].path,
			     "environments/production/state.json");
		CHECK_STR_EQ(snapshot.files.items[1].data, "{}\n");
	}
	vcs_snapshot_release(&snapshot);

	const struct vcs_log_options options = {.trees = true};
	CHECK_OK(vcs_log(place.pool, &place.remote, BRANCH, &options, &history, &err),
		 &err);
	if (CHECK(history.commits.count == 2)) {
		CHECK_STR_EQ(history.commits.items[0].id, second.ids[0]);
		CHECK_STR_EQ(history.commits.items[1].id, first.ids[0]);
		CHECK_INT_EQ(history.commits.items[1].tree.count, 1);
		CHECK_INT_EQ(history.commits.items[1].parents.count, 0);
	}
	vcs_history_release(&history);
	free(first.ids);
	free(second.ids);
	place_close(&place);
	check_with_git(path);
}

TEST(several_commits_and_removal)
{
	_cleanup_free_ char *path = repository_path("chain.git");
	struct place place;
	struct err err = {0};
	struct vcs_append_result result;
	struct vcs_snapshot snapshot;
	place_open(&place, path);
	const struct vcs_change one[] = {
		{"a/b/c", "1", 1}, {"a/d", "2", 1}, {"e", "3", 1}};
	const struct vcs_change two[] = {
		{"a/b/c", NULL, 0}, {"not/there", NULL, 0}, {"e", "4", 1}};
	const struct vcs_new_commit commits[] = {
		{.subject = "one",
		 .body = "",
		 .at_ms = AT_MS,
		 .changes = one,
		 .change_count = 3},
		{.subject = "two",
		 .body = "x\n\ny\n\n",
		 .at_ms = AT_MS,
		 .changes = two,
		 .change_count = 3},
		{.subject = "three", .body = "z", .at_ms = AT_MS},
	};
	const struct vcs_append append = {.author_name = "belay",
					  .author_email = "b@example.com",
					  .commits = commits,
					  .commit_count = 3};
	CHECK_OK(vcs_append(place.pool, &place.remote, BRANCH, &append, &result, &err),
		 &err);
	CHECK_OK(vcs_read(place.pool, &place.remote, BRANCH, &snapshot, &err), &err);
	if (CHECK(snapshot.files.count == 2)) {
		CHECK_STR_EQ(snapshot.files.items[0].path, "a/d");
		CHECK_STR_EQ(snapshot.files.items[1].data, "4");
	}
	CHECK_STR_EQ(snapshot.commit.id, result.ids[2]);
	CHECK_STR_EQ(snapshot.commit.parents.items[0], result.ids[1]);
	vcs_snapshot_release(&snapshot);

	struct vcs_history history;
	const struct vcs_log_options options = {.limit = 2};
	CHECK_OK(vcs_log(place.pool, &place.remote, BRANCH, &options, &history, &err),
		 &err);
	if (CHECK(history.commits.count == 2))
		CHECK_STR_EQ(history.commits.items[1].body, "x\n\ny");
	vcs_history_release(&history);
	free(result.ids);
	place_close(&place);
	check_with_git(path);
}

/* Pages are of the branch as it was when the first of them was read. */
TEST(a_history_in_pages)
{
	static const struct row {
		const char *name;
		size_t from, count, got;
		bool pinned;
		size_t total;
	} rows[] = {
		{"the oldest", 0, 2, 2, false, 5},      {"the middle", 2, 2, 2, true, 5},
		{"the end", 4, 2, 1, true, 5},          {"beyond", 5, 2, 0, true, 5},
		{"what came since", 4, 9, 2, false, 6},
	};
	_cleanup_free_ char *path = repository_path("pages.git");
	char ids[6][VCS_ID_BYTES], tip[VCS_ID_BYTES];
	struct place place;
	struct err err = {0};
	place_open(&place, path);
	for (size_t i = 0; i < 6; i++) {
		struct vcs_append_result result;
		struct vcs_history history;
		CHECK_OK(append_file(&place, i ? ids[i - 1] : NULL, "f",
				     i % 2 ? "1" : "2", &result, &err),
			 &err);
		memcpy(ids[i], result.ids[0], VCS_ID_BYTES);
		free(result.ids);
		if (i < 4)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
			const struct vcs_page page = {
				.from = rows[j].from,
				.count = rows[j].count,
				.tip = rows[j].pinned ? tip : NULL,
				.trees = true,
			};
			if (!rows[j].pinned && rows[j].total != i + 1)
				continue;
			CHECK_OK(vcs_log_page(place.pool, &place.remote, BRANCH, &page,
					      &history, &err),
				 &err);
			CHECK_INT_EQ(history.total, rows[j].total);
			CHECK_INT_EQ(history.commits.count, rows[j].got);
			for (size_t k = 0; k < history.commits.count; k++)
				CHECK_STR_EQ(history.commits.items[k].id,
					     ids[rows[j].from + k]);
			if (rows[j].total == 5)
				memcpy(tip, history.tip, sizeof tip);
			vcs_history_release(&history);
		}
	}
	place_close(&place);
}

TEST(an_empty_history_has_empty_pages)
{
	_cleanup_free_ char *path = repository_path("none.git");
	const char *const none = "1111111111111111111111111111111111111111";
	struct place place;
	struct vcs_history history;
	struct err err = {0};
	place_open(&place, path);
	struct vcs_page page = {.count = 10};
	CHECK_OK(vcs_log_page(place.pool, &place.remote, BRANCH, &page, &history, &err),
		 &err);
	CHECK_INT_EQ(history.total, 0);
	CHECK_STR_EQ(history.tip, "");
	page.tip = none;
	CHECK_FAILS(
		vcs_log_page(place.pool, &place.remote, BRANCH, &page, &history, &err),
		&err, ERR_STATE, "is not on the branch any more");
	place_close(&place);
}

TEST(whoever_is_late_has_raced)
{
	_cleanup_free_ char *path = repository_path("late.git");
	struct place place;
	struct err err = {0};
	struct vcs_append_result first;
	struct vcs_append_result other;
	place_open(&place, path);
	CHECK_OK(append_file(&place, NULL, "f", "1", &first, &err), &err);

	static const struct row {
		const char *name;
		const char *parent; /* NULL: none */
	} rows[] = {
		{"the branch exists already", NULL},
		{"another parent", "1111111111111111111111111111111111111111"},
	};
	FOR_ROWS(row, rows) {
		CHECK_OK(append_file(&place, row->parent, "f", "2", &other, &err), &err);
		CHECK(other.raced);
		CHECK_NULL(other.ids);
	}
	/* The branch was removed behind our back: the parent is not there any more. */
	const char *const remove_words[] = {"update-ref", "-d", "refs/heads/" BRANCH,
					    NULL};
	if (run_git(path, remove_words) == 0) {
		CHECK_OK(append_file(&place, first.ids[0], "f", "3", &other, &err), &err);
		CHECK(other.raced);
	}
	free(first.ids);
	place_close(&place);
}

TEST(unusable_arguments)
{
	static const struct row {
		const char *name;
		const char *parent, *path, *part;
	} rows[] = {
		{"no id", "abc", "f", "no commit id"},
		{"absolute", NULL, "/etc/passwd", "no path within"},
		{"parent directory", NULL, "../x", "cannot make the commit"},
		{"git's own directory", NULL, ".git/config", "cannot make the commit"},
		{"empty", NULL, "", "no path within"},
	};
	_cleanup_free_ char *path = repository_path("args.git");
	struct place place;
	place_open(&place, path);
	FOR_ROWS(row, rows) {
		struct err err = {0};
		struct vcs_append_result result;
		CHECK(append_file(&place, row->parent, row->path, "x", &result, &err) <
		      0);
		CHECK_STR_HAS(err.message, row->part);
	}
	struct err err = {0};
	struct vcs_snapshot snapshot;
	CHECK_FAILS(vcs_read(place.pool, &place.remote, "a..b", &snapshot, &err), &err,
		    ERR_CONFIG, "no name for a branch");
	place.remote.path = "/nonexistent/x.git";
	place.remote.create = false;
	CHECK_FAILS(vcs_read(place.pool, &place.remote, BRANCH, &snapshot, &err), &err,
		    ERR_NOT_FOUND, "no git repository");
	place_close(&place);
}

TEST(a_file_is_no_repository)
{
	_cleanup_free_ char *path = repository_path("file.git");
	struct place place;
	struct err err = {0};
	struct vcs_snapshot snapshot;
	place_open(&place, path);
	place.remote.path = "/proc/self/exe";
	for (int create = 0; create < 2; create++) {
		place.remote.create = create;
		CHECK_FAILS(vcs_read(place.pool, &place.remote, BRANCH, &snapshot, &err),
			    &err, ERR_CONFIG, "'/proc/self/exe' is a file");
	}
	place_close(&place);
}

TEST(a_lock_left_behind_is_named)
{
	_cleanup_free_ char *path = repository_path("locked.git");
	struct place place;
	struct err err = {0};
	struct vcs_append_result result;
	place_open(&place, path);
	CHECK_OK(append_file(&place, NULL, "f", "1", &result, &err), &err);
	_cleanup_free_ char *lock = str_format("%s/refs/heads/" BRANCH ".lock", path);
	FILE *file = fopen(lock, "w");
	if (CHECK(file != NULL))
		fclose(file);
	place.remote.timeout_ms = 300;
	struct vcs_append_result blocked;
	CHECK_FAILS(append_file(&place, result.ids[0], "f", "2", &blocked, &err), &err,
		    ERR_STATE, "lock");
	CHECK_STR_HAS(err.hint, BRANCH ".lock");
	free(result.ids);
	place_close(&place);
}

/* --- two writers ------------------------------------------------------------------------------ */

#define ROUNDS 200

struct round {
	pthread_barrier_t *gate;
	struct place place; /* a pool of its own: nothing is shared but the repository */
	int writer;
	bool create;
	int wins[ROUNDS];
	struct err err;
};

/* A winner of a round waits for the other; both then read the same tip. */
static void *writer(void *context)
{
	struct round *round = context;
	for (int i = 0; i < ROUNDS; i++) {
		struct vcs_snapshot snapshot;
		struct vcs_append_result result = {0};
		char data[32];
		snprintf(data, sizeof data, "%d by %d", i, round->writer);
		pthread_barrier_wait(round->gate);
		int status = vcs_read(round->place.pool, &round->place.remote, BRANCH,
				      &snapshot, &round->err);
		pthread_barrier_wait(round->gate);
		if (status == 0)
			status = append_file(&round->place,
					     snapshot.exists ? snapshot.commit.id : NULL,
					     "f", data, &result, &round->err);
		round->wins[i] = status < 0 ? -1000 : !result.raced;
		free(result.ids);
		vcs_snapshot_release(&snapshot);
	}
	return NULL;
}

TEST(of_two_writers_one_wins_each_round)
{
	_cleanup_free_ char *path = repository_path("race.git");
	pthread_barrier_t gate;
	pthread_t threads[2];
	struct round rounds[2] = {0};
	struct vcs_history history;
	struct err err = {0};
	const struct vcs_log_options options = {0};
	pthread_barrier_init(&gate, NULL, 2);
	for (int i = 0; i < 2; i++) {
		rounds[i].gate = &gate;
		rounds[i].writer = i;
		place_open(&rounds[i].place, path);
	}
	/* Made beforehand: git init is not what is raced here. */
	struct vcs_snapshot none;
	CHECK_OK(vcs_read(rounds[0].place.pool, &rounds[0].place.remote, BRANCH, &none,
			  &err),
		 &err);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, writer, &rounds[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < ROUNDS; i++) {
		test_row("round %d", i);
		CHECK_INT_EQ(rounds[0].wins[i] + rounds[1].wins[i], 1);
	}
	test_at_row(NULL);
	CHECK_STR_EQ(rounds[0].err.message, "");
	CHECK_STR_EQ(rounds[1].err.message, "");
	CHECK_OK(vcs_log(rounds[0].place.pool, &rounds[0].place.remote, BRANCH, &options,
			 &history, &err),
		 &err);
	CHECK_INT_EQ(history.commits.count, ROUNDS);
	vcs_history_release(&history);
	for (int i = 0; i < 2; i++)
		place_close(&rounds[i].place);
	pthread_barrier_destroy(&gate);
	check_with_git(path);
}

/* --- repository ------------------------------------------------------------------------------- */

TEST(discovers_the_repository)
{
	_cleanup_free_ char *path = repository_path("work");
	const char *const init[] = {"init", "-q", "-b", "trunk", "work", NULL};
	if (run_git(test_directory(), init) != 0)
		test_skip("git is not installed");
	const char *const remote[] = {"remote", "add", "origin",
				      "https://u:sesame@git.example/a/b.git", NULL};
	CHECK_INT_EQ(run_git(path, remote), 0);
	struct vcs_place place;
	struct err err = {0};
	CHECK_OK(vcs_discover(path, &place, &err), &err);
	CHECK_STR_EQ(place.root, path);
	CHECK_STR_EQ(place.origin, "https://git.example/a/b.git");
	CHECK_STR_EQ(place.origin_password.data, "sesame");
	CHECK_STR_EQ(place.branch, "trunk");
	CHECK_NULL(place.head);
	vcs_place_release(&place);

	CHECK_OK(vcs_discover("/", &place, &err), &err);
	CHECK_NULL(place.root);
	vcs_place_release(&place);
}
