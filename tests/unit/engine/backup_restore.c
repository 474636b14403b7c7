/* Restores: which copy from which store, what vouches for it, where it goes, and what is recorded of it. */
#include "vault.h"

#define RESTORE "    restore: {run: 'psql app'}\n"

static int restore(struct vault *vault, const struct engine_backup *asked)
{
	return vault_do(vault, engine_backup_restore, asked);
}

static const char *of_result(const struct vault *vault, const char *member)
{
	return json_get_string(vault->stage->result, member, NULL);
}

TEST(the_newest_comes_back_and_is_on_the_journal)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	const struct engine_backup asked = {.to_directory = "/back"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	if (!CHECK_INT_EQ(restore(vault, &asked), END_PASSED))
		CHECK_STR_EQ(vault->stage->err.message, "");
	CHECK_STR_EQ(of_result(vault, "id"), newest);
	CHECK_STR_EQ(of_result(vault, "store"), "a");
	CHECK_STR_EQ(of_result(vault, "trust"), "journal");
	CHECK_STR_EQ(of_result(vault, "outcome"), "restored");
	CHECK_JSON_EQ(json_object_get(vault->stage->result, "to"),
		      "{'kind': 'file', 'text': '/back/app.dump'}");
	CHECK_INT_EQ(json_get_int(vault->stage->result, "bytes", 0),
		     strlen("all the data"));
	CHECK_JSON_EQ(json_object_get(vault->stage->result, "warnings"), "[]");
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	const json_t *restored = json_at(state, "/backups/db/restored");
	CHECK_STR_EQ(json_get_string(restored, "id", ""), newest);
	CHECK_STR_EQ(json_get_string(restored, "outcome", ""), "good");
	vault_end(vault);
}
