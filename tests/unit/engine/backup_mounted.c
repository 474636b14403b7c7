/* A directory that is not mounted reads as an empty one: nothing is written into it, and nothing is taken for gone. */
#include "vault.h"

#define IN(store) VAULT_BACKUP "    store: " store "\n    keep: {last: 1}\n"
#define A_AND_B "[{name: a, directory: /srv/a}, {name: b, directory: /srv/b}]"
#define ON_HOST                                                                          \
	"hosts:\n"                                                                       \
	"  nas: {address: backup@nas, key: {env: KEY}, known_hosts: {env: HOSTS}}\n"
#define HINT                                                                             \
	"nothing was changed there; when they are gone for good, or it is another "      \
	"place now, give the store another 'name'"

static void nothing(struct vault *vault)
{
	(void)vault;
}

static void unmounted(struct vault *vault)
{
	json_object_clear(vault_objects(vault, "a"));
}

/* What is there is something else. */
static void another_disk(struct vault *vault)
{
	unmounted(vault);
	vault_put(vault, "a", "db/20200101T000000Z-0001/data.zst.cms", "something");
	vault_put(vault, "a", "db/20200101T000000Z-0001/manifest.json", "else");
}

static void newest_gone(struct vault *vault)
{
	static const char *const files[] = {"manifest.json", "RESTORE.txt",
					    "data.zst.cms"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *name = vault_name(vault, 0, files[i]);
		json_object_del(vault_objects(vault, "a"), name);
	}
}

/* Somebody looked, and found out that they are gone. */
static void known_to_be_gone(struct vault *vault)
{
	unmounted(vault);
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *id = vault_copy(vault, i);
		const struct engine_backup asked = {.id = id, .store = "a"};
		CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_FAILED);
	}
}

/* By its policy, all that it may. */
static void forgotten(struct vault *vault)
{
	const struct engine_backup asked = {0};
	CHECK_INT_EQ(vault_do(vault, engine_backup_forget, &asked), END_PASSED);
}

static const struct mount_row {
	const char *name, *config;
	void (*happens)(struct vault *vault);
	const char *reason; /* NULL: all is well */
} mounts[] = {
	{"nothing happened", IN(A_AND_B), nothing, NULL},
	{"not mounted", IN(A_AND_B), unmounted,
	 "'/srv/a' has none of the 2 copies that the journal has there: is it mounted?"},
	{"another disk is mounted", IN(A_AND_B), another_disk,
	 "'/srv/a' has none of the 2 copies that the journal has there: is it mounted?"},
	{"not mounted on its host",
	 ON_HOST IN("[{name: a, ssh: nas, path: /srv/nas}, {name: b, directory: "
		    "/srv/b}]"),
	 unmounted,
	 "'/srv/nas' has none of the 2 copies that the journal has there: is it "
	 "mounted?"},
	{"a bucket may be emptied by its own rules",
	 IN("[{name: a, s3: {bucket: acme, region: x}}, {name: b, directory: /srv/b}]"),
	 unmounted, NULL},
	{"one is gone", IN(A_AND_B), newest_gone, NULL},
	{"all are known to be gone", IN(A_AND_B), known_to_be_gone, NULL},
	{"emptied by its policy", IN(A_AND_B), forgotten, NULL},
};

TEST(no_backup_is_written_where_earlier_ones_should_be_and_are_not)
{
	FOR_ROWS(row, mounts) {
		struct vault *vault = vault_new(row->config);
		const struct engine_backup asked = {0};
		vault_make_copies(vault, 2);
		row->happens(vault);
		int before = vault_count(vault, "a", NULL);
		stage_later(vault->stage, 60);
		int end = vault_do(vault, engine_backup_run, &asked);
		CHECK_INT_EQ(end, row->reason ? END_FAILED : END_PASSED);
		vault_check_schema(vault, "result.backup");
		const json_t *made = json_at(vault->stage->result, "/backups/0");
		CHECK_STR_EQ(json_get_string(made, "outcome", ""),
			     row->reason ? "partial" : "made");
		CHECK_INT_EQ(vault_count(vault, "a", NULL),
			     before + (row->reason ? 0 : 3));
		CHECK_STR_EQ(json_get_string(json_at(made, "/stores/0"), "reason", NULL),
			     row->reason);
		CHECK_STR_EQ(json_get_string(made, "hint", NULL),
			     row->reason ? HINT : NULL);
		CHECK_STR_EQ(json_get_string(json_at(made, "/stores/1"), "state", ""),
			     "good");
		vault_end(vault);
	}
}

TEST(nothing_is_forgotten_where_nothing_is)
{
	FOR_ROWS(row, mounts) {
		struct vault *vault = vault_new(row->config);
		vault_make_copies(vault, 2);
		row->happens(vault);
		size_t commits = stage_commits(vault->stage);
		const struct engine_backup in_a = {.store = "a"};
		CHECK_INT_EQ(vault_do(vault, engine_backup_forget, &in_a),
			     row->reason ? END_FAILED : END_PASSED);
		vault_check_schema(vault, "result.backup-forget");
		const json_t *store =
			json_at(vault->stage->result, "/backups/0/stores/0");
		CHECK_STR_EQ(json_get_string(store, "reason", NULL), row->reason);
		if (row->reason)
			CHECK_INT_EQ(stage_commits(vault->stage), commits);
		vault_end(vault);
	}
}

/* Nobody has found out that they are gone, as long as nobody asks for one of them. */
TEST(nothing_is_found_out_where_nothing_is)
{
	FOR_ROWS(row, mounts) {
		if (!row->reason)
			continue;
		struct vault *vault = vault_new(row->config);
		const struct engine_backup asked = {.store = "a"};
		vault_make_copies(vault, 2);
		row->happens(vault);
		size_t commits = stage_commits(vault->stage);
		CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked),
			     END_INCONCLUSIVE);
		vault_check_schema(vault, "result.backup-verify");
		const json_t *copy = json_at(vault->stage->result, "/backups/0/copies/0");
		CHECK_STR_EQ(json_get_string(copy, "reason", NULL), row->reason);
		CHECK_STR_EQ(json_get_string(copy, "hint", NULL), HINT);
		CHECK_INT_EQ(stage_commits(vault->stage), commits);
		vault_end(vault);
	}
}

TEST(what_is_gone_from_among_others_is_found_out)
{
	struct vault *vault = vault_new(IN(A_AND_B));
	const struct engine_backup asked = {.store = "a"};
	vault_make_copies(vault, 2);
	newest_gone(vault);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify, &asked), END_FAILED);
	const json_t *copy = json_at(vault->stage->result, "/backups/0/copies/0");
	CHECK_STR_EQ(json_get_string(copy, "outcome", ""), "bad");
	vault_end(vault);
}

TEST(the_only_store_may_not_be_mounted)
{
	struct vault *vault = vault_new(IN("{name: a, directory: /srv/a}"));
	const struct engine_backup asked = {0};
	vault_make_copies(vault, 1);
	unmounted(vault);
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &asked), END_FAILED);
	const json_t *row = json_at(vault->stage->result, "/backups/0");
	CHECK_STR_EQ(json_get_string(row, "outcome", ""), "failed");
	CHECK_STR_EQ(json_get_string(row, "reason", ""),
		     "a: '/srv/a' does not have the copy that the journal has there: is "
		     "it mounted?");
	CHECK_STR_EQ(json_get_string(row, "hint", ""), HINT);
	CHECK_INT_EQ(vault_count(vault, "a", NULL), 0);
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	CHECK(json_is_null(json_at(state, "/backups/db/running")));
	vault_end(vault);
}

/* The journal has nothing there yet. */
TEST(a_store_that_is_new_is_empty)
{
	struct vault *vault = vault_new(IN(A_AND_B));
	const struct engine_backup only_b = {.store = "b"}, asked = {0};
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &only_b), END_PASSED);
	CHECK_INT_EQ(vault_count(vault, "a", NULL), 0);
	stage_later(vault->stage, 60);
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &asked), END_PASSED);
	CHECK_INT_EQ(vault_count(vault, "a", NULL), 3);
	vault_end(vault);
}

TEST(a_dry_run_sees_it_as_well)
{
	struct vault *vault = vault_new(IN(A_AND_B));
	const struct engine_backup asked = {0};
	vault_make_copies(vault, 1);
	unmounted(vault);
	struct effects *earnest = vault->stage->engine.fx;
	struct effects *dry = vault_dry(vault);
	vault->stage->engine.fx = dry;
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &asked), END_FAILED);
	vault->stage->engine.fx = earnest;
	effects_free(dry);
	CHECK_STR_EQ(json_get_string(json_at(vault->stage->result, "/backups/0"),
				     "outcome", ""),
		     "partial");
	vault_end(vault);
}
