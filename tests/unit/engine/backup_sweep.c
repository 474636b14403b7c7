/* What runs leave in stores that they did not get into: it goes at once where the store can be reached, else with the next
 * run, and never only when it is old. */
#include "belay/backup.h"
#include "vault.h"

#define DB                                                                               \
	"backups:\n"                                                                     \
	"  db:\n"                                                                        \
	"    source: {run: pg_dump app, name: app.dump}\n"                               \
	"    seal: {recipients: [keys/backup.crt]}\n"                                    \
	"    store: [{name: near, directory: /srv/near}, {name: far, directory: "        \
	"/srv/far}]\n"

static void leave_in(struct vault *vault, const char *store)
{
	const char *object = json_get_string(vault->asked, "object", "");
	json_t *uploads = json_object_get(vault->uploads, store);
	if (!uploads) {
		uploads = json_array();
		json_object_set_new(vault->uploads, store, uploads);
	}
	json_array_append_new(
		uploads, json_pack("{s:s, s:s, s:I}", "name", object, "id", object,
				   "begun_ms", (json_int_t)vault->stage->world->now_ms));
	vault_put(vault, store, object, "the beginning");
}

/* What a pipeline leaves whose last step fails: an upload, and an object that nobody has heard of. */
static void leave_far(struct vault *vault)
{
	leave_in(vault, "far");
}

static void leave_far_and_lose_it(struct vault *vault)
{
	leave_in(vault, "far");
	json_object_set_new(vault->down, "far", json_true());
}

static void leave_all_and_lose_them(struct vault *vault)
{
	leave_far_and_lose_it(vault);
	leave_in(vault, "near");
	json_object_set_new(vault->down, "near", json_true());
}

static int run(struct vault *vault, void (*while_writing)(struct vault *vault))
{
	const struct engine_backup asked = {0};
	vault->while_writing = while_writing;
	stage_later(vault->stage, 5);
	return vault_do(vault, engine_backup_run, &asked);
}

static int uploads(struct vault *vault, const char *store)
{
	return (int)json_array_size(json_object_get(vault->uploads, store));
}

TEST(what_a_store_that_failed_was_left_with_goes_at_once)
{
	struct vault *vault = vault_new(DB);
	json_object_set_new(vault->fails, "backup.write far", json_string("limit"));
	CHECK_INT_EQ(run(vault, leave_far), END_FAILED);
	CHECK_INT_EQ(uploads(vault, "far"), 0);
	CHECK_INT_EQ(vault_count(vault, "far", NULL), 0);
	CHECK_INT_EQ(vault_count(vault, "near", NULL), 3);
	vault_end(vault);
}

static const struct row {
	const char *name;
	void (*while_writing)(struct vault *vault);
	int runs; /* that fail so, five minutes after each other */
	int near; /* objects of theirs that stay there: copies */
	int kept; /* attempts that the state then knows */
} rows[] = {
	{"one store, once", leave_far_and_lose_it, 1, 3, 1},
	{"one store, again and again", leave_far_and_lose_it, 3, 9, 3},
	{"both stores", leave_all_and_lose_them, 1, 0, 1},
	{"both stores, again and again", leave_all_and_lose_them, 3, 0, 3},
	{"more often than is known", leave_all_and_lose_them, 22, 0, 20},
};

TEST(what_could_not_be_reached_goes_with_the_next_run)
{
	FOR_ROWS(row, rows) {
		struct vault *vault = vault_new(DB);
		const int forgotten = row->runs - row->kept;
		for (int i = 0; i < row->runs; i++)
			CHECK_INT_EQ(run(vault, row->while_writing), END_FAILED);
		_cleanup_json_ json_t *state = stage_state(vault->stage);
		CHECK_INT_EQ(json_array_size(json_at(state, "/backups/db/left")),
			     row->kept);
		/* Somebody else's, of the same name and not older. */
		vault_put(vault, "far", "db/20231114T221500Z-0001/data.zst.cms",
			  "theirs");
		CHECK_INT_EQ(uploads(vault, "far"), row->runs);

		json_object_clear(vault->down);
		CHECK_INT_EQ(run(vault, NULL), END_PASSED);
		CHECK_INT_EQ(uploads(vault, "far"), forgotten);
		CHECK_INT_EQ(vault_count(vault, "far", "20231114T221500Z-0001"), 1);
		CHECK_INT_EQ(vault_count(vault, "far", NULL), 1 + 3 + forgotten);
		CHECK_INT_EQ(vault_count(vault, "near", NULL), row->near + 3 + forgotten);
		vault_end(vault);
	}
}
