/* A manifest as it lies there, with a secret in its words: it is judged as it is, and nothing that is told of it has the
 * secret. With real files in a folder. */
#include <stdlib.h>
#include <string.h>

#include "../domain/sealed.h"
#include "belay/effects_chain.h"
#include "engine/backup.h"

#define SECRET "postgres-4711"

static struct effects *chain(void)
{
	setenv("BELAY_TEST_SECRET", SECRET, 1);
	struct effects *fx = effects_new(effects_redact_new(effects_live_new()));
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:i, s:i, s:{s:{s:{s:s}}}}", "shell", "true",
			  "timeout_ms", 20000, "max_output_bytes", 100, "env", "A",
			  "$secret", "env", "BELAY_TEST_SECRET");
	const struct effect effect = {.kind = "run", .args = args};
	struct err err = {0};
	CHECK_OK(effects_perform(fx, &effect, NULL, &err), &err);
	return fx;
}

static int fetch(struct effects *fx, const char *folder, struct backup_manifest_read *ret,
		 struct err *err)
{
	_cleanup_json_ json_t *store = backup_store_of_folder(folder);
	return backup_manifest_fetch(fx, store, NULL, NULL, NULL, ret, err);
}

static const struct row {
	const char *name, *pointer, *member;
} rows[] = {
	{"host", "", "host"},
	{"version", "", "belay"},
	{"command", "/restore", "command"},
	{"tool", "/tools", "zstd"},
};

TEST(words_are_scrubbed_the_rest_is_as_it_was)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct sealed_folder folder = {0};
	sealed_make(&folder, "p-256", SECRET ".dump", "data", 4);
	FOR_ROWS(row, rows)
		json_object_set_new(json_at(folder.manifest, row->pointer), row->member,
				    json_string("is " SECRET));
	json_array_append_new(json_object_get(folder.manifest, "sources"),
			      json_string("dump as " SECRET));
	_cleanup_free_ char *text = json_text_pretty(folder.manifest);
	sealed_write(&folder, "manifest.json", text, strlen(text));

	struct backup_manifest_read read = {0};
	struct err err = {0};
	CHECK_OK(fetch(fx, folder.path, &read, &err), &err);
	CHECK_STR_EQ(read.text, text);
	FOR_ROWS(row, rows)
		CHECK_STR_EQ(json_get_string(json_at(read.manifest, row->pointer),
					     row->member, NULL),
			     "is ***");
	const json_t *sources = json_object_get(read.manifest, "sources");
	CHECK_STR_EQ(
		json_string_value(json_array_get(sources, json_array_size(sources) - 1)),
		"dump as ***");
	CHECK_STR_EQ(json_get_string(read.manifest, "file", NULL), SECRET ".dump");
	CHECK(json_equal(json_object_get(read.manifest, "data"),
			 json_object_get(folder.manifest, "data")) == 1);
	backup_manifest_release(&read);
	sealed_release(&folder);
}

TEST(what_is_wrong_is_told_without_it)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct sealed_folder folder = {0};
	sealed_make(&folder, "p-256", NULL, "data", 4);
	json_object_set_new(folder.manifest, "kind", json_string(SECRET));
	_cleanup_free_ char *text = json_text_pretty(folder.manifest);
	sealed_write(&folder, "manifest.json", text, strlen(text));
	struct backup_manifest_read read = {0};
	struct err err = {0};
	CHECK_FAILS(fetch(fx, folder.path, &read, &err), &err, ERR_STATE, "/kind");
	CHECK_NULL(strstr(err.message, SECRET));
	CHECK_STR_HAS(err.message, "***");
	backup_manifest_release(&read);
	sealed_release(&folder);
}

/* Its hint names who made it. */
TEST(a_newer_one_is_told_without_it)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct sealed_folder folder = {0};
	sealed_make(&folder, "p-256", NULL, "data", 4);
	json_object_set_new(folder.manifest, "belay_backup", json_integer(99));
	json_object_set_new(folder.manifest, "belay", json_string(SECRET));
	_cleanup_free_ char *text = json_text_pretty(folder.manifest);
	sealed_write(&folder, "manifest.json", text, strlen(text));
	struct backup_manifest_read read = {0};
	struct err err = {0};
	CHECK_FAILS(fetch(fx, folder.path, &read, &err), &err, ERR_STATE, "format 99");
	CHECK_STR_HAS(err.hint, "made by belay ***:");
	backup_manifest_release(&read);
	sealed_release(&folder);
}

TEST(another_environment_is_told_without_it)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	const struct config_backup backup = {.name = "db", .environment = "production"};
	_cleanup_json_ json_t *manifest =
		json_pack("{s:s, s:s}", "id", SEALED_ID, "environment", "at " SECRET);
	struct err err = {0};
	CHECK_FAILS(backup_manifest_check_home(fx, manifest, &backup, &err), &err,
		    ERR_INCONCLUSIVE, "of environment 'at ***'");
}
