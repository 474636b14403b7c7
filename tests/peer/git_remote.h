/* What every kind of git remote has to do, however it is reached. The program that includes this
 * defines before: struct place (with trust, pool, remote, branch), place_open(), place_close() and
 * ROUNDS_DEFAULT. */
static int append_file(struct place *place, const char *parent, const char *data,
		       struct vcs_append_result *ret, struct err *err)
{
	const struct vcs_change change = {"environments/production/state.json", data,
					  strlen(data)};
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
	return vcs_append(place->pool, &place->remote, place->branch, &append, ret, err);
}

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

TEST(read_append_race_log)
{
	struct place place;
	struct place other;
	struct err err = {0};
	struct vcs_snapshot snapshot;
	struct vcs_append_result first;
	struct vcs_append_result second;
	struct vcs_append_result late;
	struct vcs_history history;
	place_open(&place, "basic");
	place_open(&other, "basic");

	CHECK_OK(vcs_read(place.pool, &place.remote, place.branch, &snapshot, &err),
		 &err);
	CHECK(!snapshot.exists);
	CHECK_OK(append_file(&place, NULL, "1", &first, &err), &err);
	if (!CHECK(!first.raced))
		return;
	/* From a process that knows nothing: the branch exists, and then the parent is fetched. */
	CHECK_OK(append_file(&other, NULL, "x", &late, &err), &err);
	CHECK(late.raced);
	CHECK_OK(append_file(&other, first.ids[0], "2", &second, &err), &err);
	CHECK(!second.raced);
	CHECK_OK(append_file(&place, first.ids[0], "late", &late, &err), &err);
	CHECK(late.raced);

	CHECK_OK(vcs_read(place.pool, &place.remote, place.branch, &snapshot, &err),
		 &err);
	CHECK_STR_EQ(snapshot.commit.id, second.ids[0]);
	if (CHECK(snapshot.files.count == 1))
		CHECK_STR_EQ(snapshot.files.items[0].data, "2");
	vcs_snapshot_release(&snapshot);

	static const struct row {
		const char *name;
		size_t limit, count;
	} rows[] = {{"one", 1, 1},
		    {"two", 2, 2},
		    {"more than there are", 50, 2},
		    {"all", 0, 2}};
	FOR_ROWS(row, rows) {
		const struct vcs_log_options options = {.limit = row->limit,
							.trees = true};
		CHECK_OK(vcs_log(place.pool, &place.remote, place.branch, &options,
				 &history, &err),
			 &err);
		CHECK_INT_EQ(history.commits.count, row->count);
		vcs_history_release(&history);
	}
	/* After a log, appending goes on. */
	free(first.ids);
	CHECK_OK(append_file(&place, second.ids[0], "3", &first, &err), &err);
	CHECK(!first.raced);
	free(first.ids);
	free(second.ids);
	place_close(&place);
	place_close(&other);
}

/* --- two writers ------------------------------------------------------------------------------ */

#define ROUNDS_MAX 1000

static int round_count(void)
{
	const char *text = getenv("ROUNDS");
	int count = text ? (int)strtol(text, NULL, 10) : ROUNDS_DEFAULT;
	return count > 0 && count <= ROUNDS_MAX ? count : ROUNDS_MAX;
}

struct round {
	pthread_barrier_t *gate;
	struct place place;
	int writer, rounds;
	int wins[ROUNDS_MAX];
	struct err err;
};

static void *writer(void *context)
{
	struct round *round = context;
	for (int i = 0; i < round->rounds; i++) {
		struct vcs_snapshot snapshot;
		struct vcs_append_result result = {0};
		char data[32];
		snprintf(data, sizeof data, "%d by %d", i, round->writer);
		pthread_barrier_wait(round->gate);
		int status = vcs_read(round->place.pool, &round->place.remote,
				      round->place.branch, &snapshot, &round->err);
		pthread_barrier_wait(round->gate);
		if (status == 0)
			status = append_file(&round->place,
					     snapshot.exists ? snapshot.commit.id : NULL,
					     data, &result, &round->err);
		round->wins[i] = status < 0 ? -1000 : !result.raced;
		free(result.ids);
		vcs_snapshot_release(&snapshot);
	}
	return NULL;
}

TEST(of_two_writers_one_wins_each_round)
{
	pthread_barrier_t gate;
	pthread_t threads[2];
	struct round *rounds = mem_array(struct round, 2);
	struct vcs_history history;
	struct err err = {0};
	const struct vcs_log_options options = {0};
	pthread_barrier_init(&gate, NULL, 2);
	for (int i = 0; i < 2; i++) {
		place_open(&rounds[i].place, "race");
		rounds[i].gate = &gate;
		rounds[i].writer = i;
		rounds[i].rounds = round_count();
	}
	memcpy(rounds[1].place.branch, rounds[0].place.branch,
	       sizeof rounds[0].place.branch);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, writer, &rounds[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < rounds[0].rounds; i++) {
		test_row("round %d", i);
		CHECK_INT_EQ(rounds[0].wins[i] + rounds[1].wins[i], 1);
	}
	test_at_row(NULL);
	CHECK_STR_EQ(rounds[0].err.message, "");
	CHECK_STR_EQ(rounds[1].err.message, "");
	CHECK_OK(vcs_log(rounds[0].place.pool, &rounds[0].place.remote,
			 rounds[0].place.branch, &options, &history, &err),
		 &err);
	CHECK_INT_EQ(history.commits.count, rounds[0].rounds);
	vcs_history_release(&history);
	for (int i = 0; i < 2; i++)
		place_close(&rounds[i].place);
	pthread_barrier_destroy(&gate);
	free(rounds);
}

/* --- how long it takes ------------------------------------------------------------------------ */

TEST(times)
{
	struct place place;
	struct err err = {0};
	struct vcs_snapshot snapshot;
	struct vcs_append_result result;
	if (!getenv("TIMES"))
		return;
	place_open(&place, "times");
	CHECK_OK(append_file(&place, NULL, "1", &result, &err), &err);
	free(result.ids);
	place_close(&place);
	for (int i = 0; i < 5; i++) {
		char data[32];
		snprintf(data, sizeof data, "%d", i);
		char branch[64];
		memcpy(branch, place.branch, sizeof branch);
		place_open(&place, "times");
		memcpy(place.branch, branch, sizeof branch);
		int64_t start = now_us();
		CHECK_OK(vcs_read(place.pool, &place.remote, branch, &snapshot, &err),
			 &err);
		int64_t read = now_us();
		CHECK_OK(append_file(&place, snapshot.commit.id, data, &result, &err),
			 &err);
		int64_t end = now_us();
		printf("cold read %.1f ms, append %.1f ms\n",
		       (double)(read - start) / 1000, (double)(end - read) / 1000);
		vcs_snapshot_release(&snapshot);
		start = now_us();
		CHECK_OK(vcs_read(place.pool, &place.remote, branch, &snapshot, &err),
			 &err);
		printf("warm read %.1f ms\n", (double)(now_us() - start) / 1000);
		vcs_snapshot_release(&snapshot);
		free(result.ids);
		place_close(&place);
	}
}
