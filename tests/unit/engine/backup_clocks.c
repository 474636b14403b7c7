/* Two machines whose clocks differ make the same backup, one after the other. What was made last is what comes back and
 * what stays, whatever their times say. */
#include "vault.h"

#define DB                                                                               \
	VAULT_BACKUP                                                                     \
	"    store: {name: a, directory: /srv/a}\n"                                      \
	"    keep: {last: 1}\n"

#define HOUR_MS (3600 * (int64_t)1000)

static const struct clock_row {
	const char *name;
	int64_t first_ms, second_ms; /* how far each clock is off */
	bool warned;                 /* in the second run, of the first copy */
	const char *claims; /* what a restore says of the first copy right away */
	const char *later;  /* and three hours later */
	const char *stays;  /* why the second stays then; the first one does as well */
} clocks[] = {
	{"the same clock", 0, 60000, false, NULL, NULL, NULL},
	{"a little behind", 240000, 0, false, NULL, NULL, NULL},
	{"an hour behind", 0, -HOUR_MS, true, "claims to be newer by its time",
	 "claims to be newer by its time", "made last, whatever its time says"},
	{"an hour ahead", HOUR_MS, HOUR_MS / 2, true, "claims to be newer by its time",
	 "claims to be newer by its time", "made last, whatever its time says"},
};

static void make_at(struct vault *vault, int64_t now_ms)
{
	const struct engine_backup asked = {0};
	vault->stage->world->now_ms = now_ms;
	CHECK_INT_EQ(vault_do(vault, engine_backup_run, &asked), END_PASSED);
	vault_check_schema(vault, "result.backup");
}

static const char *text_at(const struct vault *vault, const char *pointer)
{
	const char *text = json_string_value(json_at(vault->stage->result, pointer));
	return text ? text : "";
}

/* What a restore or a drill takes, and what it says of that. */
static void check_taken(struct vault *vault, vault_verb *verb, const char *id,
			const char *claims)
{
	const struct engine_backup asked = {.name = "db", .to_directory = "/back"};
	vault_do(vault, verb, &asked);
	CHECK_STR_EQ(text_at(vault, "/id"), id);
	CHECK_STR_HAS(text_at(vault, "/warnings/0"), claims ? claims : "");
	CHECK_INT_EQ(json_array_size(json_at(vault->stage->result, "/warnings")),
		     claims != NULL);
}

/* The decision on a copy. */
static const json_t *decided(const struct vault *vault, const char *id)
{
	size_t i;
	const json_t *row;
	json_array_foreach(json_at(vault->stage->result, "/backups/0/stores/0/copies"), i,
			   row)
		if (str_equal(json_get_string(row, "id", ""), id))
			return row;
	return NULL;
}

TEST(what_was_made_last_comes_back_and_stays)
{
	FOR_ROWS(row, clocks) {
		struct vault *vault = vault_new(DB);
		const struct engine_backup asked = {0};
		int64_t now_ms = vault->stage->world->now_ms;
		make_at(vault, now_ms + row->first_ms);
		_cleanup_free_ char *first = mem_strdup(text_at(vault, "/backups/0/id"));
		vault->source = "newer data";
		make_at(vault, now_ms + row->second_ms);
		_cleanup_free_ char *second = mem_strdup(text_at(vault, "/backups/0/id"));
		CHECK_STR_HAS(text_at(vault, "/backups/0/warnings/0"),
			      row->warned ? first : "");
		CHECK_INT_EQ(json_array_size(json_at(vault->stage->result,
						     "/backups/0/warnings")),
			     row->warned);
		check_taken(vault, engine_backup_restore, second, row->claims);
		vault->stage->world->now_ms = now_ms + 3 * HOUR_MS;
		check_taken(vault, engine_backup_restore, second, row->later);
		check_taken(vault, engine_backup_drill, second, row->later);
		CHECK_INT_EQ(vault_do(vault, engine_backup_forget, &asked), END_PASSED);
		CHECK(json_get_bool(decided(vault, second), "keep", false));
		if (row->stays)
			CHECK(stage_has(
				json_object_get(decided(vault, second), "reasons"),
				row->stays));
		CHECK_INT_EQ(json_get_bool(decided(vault, first), "keep", false),
			     row->stays != NULL);
		vault_end(vault);
	}
}

/* Then the other one is all that there is, and says that it is older. */
TEST(when_the_one_made_last_is_bad_the_other_is_taken_and_said)
{
	struct vault *vault = vault_new(DB);
	int64_t now_ms = vault->stage->world->now_ms;
	make_at(vault, now_ms);
	_cleanup_free_ char *first = mem_strdup(text_at(vault, "/backups/0/id"));
	make_at(vault, now_ms - HOUR_MS);
	_cleanup_free_ char *second = mem_strdup(text_at(vault, "/backups/0/id"));
	_cleanup_free_ char *data = str_format("db/%s/data.zst.cms", second);
	vault_damage(vault, "a", data);
	vault->stage->world->now_ms = now_ms;
	const struct engine_backup asked = {.name = "db", .to_directory = "/back"};
	CHECK_INT_EQ(vault_do(vault, engine_backup_restore, &asked), END_FAILED);
	_cleanup_free_ char *hint = str_format("the next older one is %s: ", first);
	CHECK_STR_HAS(text_at(vault, "/hint"), hint);
	check_taken(vault, engine_backup_restore, first, "is an older one");
	CHECK_STR_HAS(text_at(vault, "/warnings/0"), second);
	vault_end(vault);
}

TEST(a_list_says_which_copy_claims_too_much)
{
	struct vault *vault = vault_new(DB);
	const struct engine_backup asked = {0};
	int64_t now_ms = vault->stage->world->now_ms;
	make_at(vault, now_ms + HOUR_MS);
	_cleanup_free_ char *first = mem_strdup(text_at(vault, "/backups/0/id"));
	make_at(vault, now_ms);
	_cleanup_free_ char *second = mem_strdup(text_at(vault, "/backups/0/id"));
	vault->stage->world->now_ms = now_ms + 3 * HOUR_MS;
	json_decref(TAKE_PTR(vault->stage->result));
	CHECK_OK(engine_backup_list(&vault->stage->engine, &asked, &vault->stage->result,
				    &vault->stage->err),
		 &vault->stage->err);
	CHECK_STR_EQ(text_at(vault, "/backups/0/newest/id"), second);
	CHECK_STR_EQ(text_at(vault, "/backups/0/outcome"), "warn");
	CHECK_STR_HAS(text_at(vault, "/backups/0/reason"), first);
	CHECK_STR_HAS(text_at(vault, "/backups/0/reason"), "claims to be newer");
	vault_end(vault);
}
