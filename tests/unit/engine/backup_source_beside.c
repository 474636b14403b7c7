/* What a restore that was killed left beside its target is named by the next one, and nothing else is. */
#include "vault.h"

static const struct row {
	const char *name, *file, *to; /* a directory */
	bool named;
} rows[] = {
	{"the file of a stream", "/back/.app.dump.belay-aB3xY9", "/back", true},
	{"a slash at the end", "/back/.app.dump.belay-aB3xY9", "/back/", true},
	{"of a directory", "/back/.app.dump.belay-0123456789abcdef", "/back", true},
	{"another name", "/back/.other.belay-aB3xY9", "/back", false},
	{"longer", "/back/.app.dump.belay-aB3xY9.txt", "/back", false},
	{"shorter", "/back/.app.dump.belay-a", "/back", false},
	{"the target itself", "/back/app.dump", "/back", false},
	{"elsewhere", "/other/.app.dump.belay-aB3xY9", "/back", false},
	{"in the root", "/.app.dump.belay-aB3xY9", "/", true},
};

TEST(what_is_left_of_another_restore)
{
	FOR_ROWS(row, rows) {
		struct vault *vault = vault_new(VAULT_CONFIG);
		const struct engine_backup asked = {.to_directory = row->to};
		vault_make_copies(vault, 1);
		json_object_set_new(vault->stage->world->written, row->file,
				    json_string("opened"));
		CHECK_INT_EQ(vault_do(vault, engine_backup_restore, &asked), END_PASSED);
		const json_t *warnings =
			json_object_get(vault->stage->result, "warnings");
		CHECK_INT_EQ(json_array_size(warnings), row->named);
		CHECK_INT_EQ(stage_has(warnings, row->file), row->named);
		vault_end(vault);
	}
}
