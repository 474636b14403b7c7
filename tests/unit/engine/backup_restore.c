/* Restores: which copy from which store, what vouches for it, where it goes, and what is recorded of it. */
#include "belay/backup.h"
#include "vault.h"

#define IN_PLACE "    restore: {run: 'psql app'}\n"

static int restore(struct vault *vault, const struct engine_backup *asked)
{
	int end = vault_do(vault, engine_backup_restore, asked);
	if (end >= 0)
		vault_check_schema(vault, "result.backup-restore");
	return end;
}

static const char *of_result(const struct vault *vault, const char *member)
{
	return json_get_string(vault->stage->result, member, NULL);
}

static bool warns_of(const struct vault *vault, const char *part)
{
	return stage_has(json_object_get(vault->stage->result, "warnings"), part);
}

/* state.backups.db.restored, or NULL. New. */
static json_t *recorded(struct vault *vault)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	return json_incref(json_at(state, "/backups/db/restored"));
}

/* Does the journal know the newest copy to be bad in that store? */
static bool is_known_bad(struct vault *vault, const char *store)
{
	_cleanup_json_ json_t *state = stage_state(vault->stage);
	return backup_copy_bad(json_array_get(json_at(state, "/backups/db/copies"), 0),
			       store);
}

TEST(the_newest_comes_back_and_is_on_the_journal)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	const struct engine_backup asked = {.to_directory = "/back"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "id"), newest);
	CHECK_STR_EQ(of_result(vault, "store"), "a");
	CHECK_STR_EQ(of_result(vault, "trust"), "journal");
	CHECK_STR_EQ(of_result(vault, "outcome"), "restored");
	CHECK_JSON_EQ(json_object_get(vault->stage->result, "to"),
		      "{'kind': 'file', 'text': '/back/app.dump'}");
	CHECK_INT_EQ(json_get_int(vault->stage->result, "bytes", 0),
		     strlen("all the data"));
	CHECK_JSON_EQ(json_object_get(vault->stage->result, "warnings"), "[]");
	_cleanup_json_ json_t *entry = recorded(vault);
	CHECK_STR_EQ(json_get_string(entry, "id", ""), newest);
	CHECK_STR_EQ(json_get_string(entry, "outcome", ""), "good");
	vault_end(vault);
}

/* --- which store ------------------------------------------------------------------------------ */

enum trouble {
	STORE_DOWN,
	MANIFEST_CHANGED,
	MANIFEST_GONE,
	DATA_CHANGED,
	DATA_GONE,
};

static void make_trouble(struct vault *vault, enum trouble trouble)
{
	_cleanup_free_ char *manifest = vault_name(vault, 0, "manifest.json");
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	switch (trouble) {
	case STORE_DOWN:
		json_object_set_new(vault->down, "a", json_true());
		break;
	case MANIFEST_CHANGED:
		vault_spoil(vault, "a", manifest);
		break;
	case MANIFEST_GONE:
		json_object_del(vault_objects(vault, "a"), manifest);
		break;
	case DATA_CHANGED:
		vault_spoil(vault, "a", data);
		break;
	case DATA_GONE:
		json_object_del(vault_objects(vault, "a"), data);
		break;
	}
}

/* What becomes of it: with both stores into a file, into a command, and with that store only. */
static const struct trouble_row {
	const char *name;
	enum trouble trouble;
	const char *warning;
	int command, only; /* ends; -1: refused */
	enum err_code code;
} troubles[] = {
	{"the store does not answer", STORE_DOWN, "'a' does not answer", END_PASSED, -1,
	 ERR_NET},
	{"the manifest is another one", MANIFEST_CHANGED, "on the journal it is",
	 END_PASSED, -1, ERR_FAIL},
	{"the manifest is gone", MANIFEST_GONE, "there is no 'db/", END_PASSED, -1,
	 ERR_FAIL},
	{"the data is damaged", DATA_CHANGED, "is not what was written", END_FAILED,
	 END_FAILED, ERR_NONE},
	{"the data is gone", DATA_GONE, "there is no 'db/", END_FAILED, END_FAILED,
	 ERR_NONE},
};

TEST(the_next_store_is_asked)
{
	FOR_ROWS(row, troubles) {
		struct vault *vault = vault_new(VAULT_CONFIG);
		const struct engine_backup asked = {.to_file = "/back"};
		vault_make_copies(vault, 1);
		make_trouble(vault, row->trouble);
		CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
		CHECK_STR_EQ(of_result(vault, "store"), "b");
		CHECK(warns_of(vault, row->warning));
		CHECK(warns_of(vault, "store 'a': "));
		CHECK_INT_EQ(is_known_bad(vault, "a"), row->trouble != STORE_DOWN);
		CHECK(!is_known_bad(vault, "b"));
		vault_end(vault);
	}
}

/* What has had the beginning cannot begin again. */
TEST(a_command_is_not_given_two_beginnings)
{
	FOR_ROWS(row, troubles) {
		struct vault *vault = vault_new(VAULT_CONFIG);
		const struct engine_backup asked = {.to_command = "psql"};
		vault_make_copies(vault, 1);
		make_trouble(vault, row->trouble);
		CHECK_INT_EQ(restore(vault, &asked), row->command);
		_cleanup_json_ json_t *entry = recorded(vault);
		CHECK_STR_EQ(json_get_string(entry, "outcome", ""),
			     row->command == END_PASSED ? "good" : "bad");
		CHECK_STR_EQ(json_get_string(entry, "to", ""), "a command");
		vault_end(vault);
	}
}

TEST(only_the_named_store_is_asked)
{
	FOR_ROWS(row, troubles) {
		struct vault *vault = vault_new(VAULT_CONFIG);
		const struct engine_backup asked = {.to_file = "/back", .store = "a"};
		vault_make_copies(vault, 1);
		make_trouble(vault, row->trouble);
		CHECK_INT_EQ(restore(vault, &asked), row->only);
		CHECK_INT_EQ(vault->stage->err.code, row->code);
		if (row->only == END_FAILED)
			CHECK_STR_EQ(of_result(vault, "outcome"), "failed");
		CHECK_INT_EQ(is_known_bad(vault, "a"), row->trouble != STORE_DOWN);
		vault_end(vault);
	}
}

/* --- which copy ------------------------------------------------------------------------------- */

TEST(a_copy_that_is_bad_in_one_store_is_taken_from_another)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	const struct engine_backup asked = {.to_file = "/back"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	vault_spoil(vault, "a", data);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify,
			      &(const struct engine_backup){.read_data = true}),
		     END_FAILED);
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "id"), newest);
	CHECK_STR_EQ(of_result(vault, "store"), "b"); /* not where it is bad */
	CHECK(warns_of(vault, "was found bad in 'a'"));
	vault_end(vault);
}

TEST(a_bad_copy_is_taken_only_by_name)
{
	struct vault *vault =
		vault_new(VAULT_BACKUP "    store: {name: a, directory: /srv/a}\n");
	struct engine_backup asked = {.to_file = "/back"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *data = vault_name(vault, 0, "data.zst.cms");
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	_cleanup_free_ char *older = vault_copy(vault, 1);
	vault_spoil(vault, "a", data);
	CHECK_INT_EQ(vault_do(vault, engine_backup_verify,
			      &(const struct engine_backup){.read_data = true}),
		     END_FAILED);
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "id"), older);
	asked.id = newest;
	CHECK_INT_EQ(restore(vault, &asked), END_FAILED);
	CHECK_STR_EQ(of_result(vault, "id"), newest);
	asked.id = "20200101T000000Z-0000";
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_NOT_FOUND);
	vault_end(vault);
}

/* Nothing older comes back unasked; whoever asks is told what there is, also when the journal knows it already. */
TEST(a_newest_copy_that_is_gone_is_not_replaced_in_silence)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	struct engine_backup asked = {.to_file = "/back"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	_cleanup_free_ char *older = vault_copy(vault, 1);
	_cleanup_free_ char *manifest = vault_name(vault, 0, "manifest.json");
	json_object_del(vault_objects(vault, "a"), manifest);
	json_object_del(vault_objects(vault, "b"), manifest);
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_FAIL);
	_cleanup_free_ char *hint = str_format(
		"the next older one is %s: 'belay backup restore db/%s'", older, older);
	CHECK_STR_EQ(vault->stage->err.hint, hint);
	CHECK_JSON_EQ(vault->read, "[]");
	CHECK(is_known_bad(vault, "a") && is_known_bad(vault, "b"));
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "id"), older);
	_cleanup_free_ char *warning = str_format("copy %s is newer", newest);
	CHECK(warns_of(vault, warning));
	vault_end(vault);
}

TEST(what_the_journal_does_not_know_is_taken_with_a_warning)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	struct engine_backup asked = {.to_file = "/back"};
	vault_make_copies(vault, 2);
	_cleanup_free_ char *newest = vault_copy(vault, 0);
	_cleanup_free_ char *older = vault_copy(vault, 1);
	json_object_clear(vault->stage->world->branches); /* the journal is lost */
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "id"), newest);
	CHECK_STR_EQ(of_result(vault, "trust"), "none");
	CHECK(warns_of(vault, "the journal does not know"));
	asked.id = older;
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "id"), older);
	json_object_clear(vault->stores);
	asked.id = NULL;
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_NOT_FOUND);
	vault_end(vault);
}

/* Without a journal it is the signature that vouches; where one is configured, there has to be one. */
TEST(a_signature_is_checked_where_one_is_configured)
{
	struct vault *vault = vault_new(
		VAULT_CONFIG
		"    sign: {key: {env: SIGNING_KEY}, certificate: keys/backup.crt}\n");
	const struct engine_backup asked = {.to_file = "/back", .store = "a"};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *signature = vault_name(vault, 0, "manifest.sig");
	json_object_clear(vault->stage->world->branches);
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "trust"), "signature");
	CHECK_STR_EQ(of_result(vault, "signer"), "/CN=signer");
	vault_spoil(vault, "a", signature);
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_STR_HAS(vault->stage->err.message, "is not that of 'keys/backup.crt'");
	CHECK_INT_EQ(vault->stage->err.code, ERR_FAIL);
	json_object_del(vault_objects(vault, "a"), signature);
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_STR_HAS(vault->stage->err.message, "nobody signed this copy");
	vault_end(vault);
}

/* --- what is refused -------------------------------------------------------------------------- */

static const struct refused_row {
	const char *name, *config;
	struct engine_backup asked;
	const char *wants; /* the key that would open it */
	enum err_code code;
	const char *part;
} refused[] = {
	{"no target", VAULT_CONFIG, {0}, NULL, ERR_USAGE, "where is it restored to?"},
	{"two targets",
	 VAULT_CONFIG,
	 {.to_file = "/back", .to_command = "psql"},
	 NULL,
	 ERR_USAGE,
	 "to one place"},
	{"standard output",
	 VAULT_CONFIG,
	 {.to_file = "-"},
	 NULL,
	 ERR_USAGE,
	 "not restored to standard output"},
	{"in place, and nobody said how",
	 VAULT_CONFIG,
	 {.in_place = true},
	 NULL,
	 ERR_CONFIG,
	 "does not say how it comes back"},
	{"another key",
	 VAULT_CONFIG,
	 {.to_file = "/back"},
	 "OTHER_KEY",
	 ERR_AUTH,
	 "sealed for another key"},
	{"no such store",
	 VAULT_CONFIG,
	 {.to_file = "/back", .store = "c"},
	 NULL,
	 ERR_NOT_FOUND,
	 "no store 'c'"},
	{"no such backup",
	 VAULT_CONFIG,
	 {.to_file = "/back", .name = "bd"},
	 NULL,
	 ERR_NOT_FOUND,
	 "no backup 'bd'"},
	{"a folder does not know its place",
	 VAULT_CONFIG,
	 {.folder = "/mnt", .in_place = true},
	 NULL,
	 ERR_USAGE,
	 "a folder does not say"},
};

TEST(what_cannot_be_is_refused_and_not_recorded)
{
	FOR_ROWS(row, refused) {
		struct vault *vault = vault_new(row->config);
		vault_make_copies(vault, 1);
		vault->wants = row->wants;
		CHECK_INT_EQ(restore(vault, &row->asked), -1);
		CHECK_INT_EQ(vault->stage->err.code, row->code);
		CHECK_STR_HAS(vault->stage->err.message, row->part);
		_cleanup_json_ json_t *entry = recorded(vault);
		CHECK(!json_is_object(entry));
		CHECK_JSON_EQ(vault->read, "[]");
		vault_end(vault);
	}
}

TEST(without_a_key_nothing_is_read)
{
	struct vault *vault = vault_new("backups:\n"
					"  db:\n"
					"    source: {run: dump, name: app.dump}\n"
					"    seal: {recipients: [keys/backup.crt]}\n"
					"    store: {name: a, directory: /srv/a}\n"
					"    keep: {last: 2}\n");
	struct engine_backup asked = {.to_file = "/back"};
	vault_make_copies(vault, 1);
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_CONFIG);
	CHECK_STR_HAS(vault->stage->err.message, "RSA 3072 /CN=backup");
	CHECK_STR_HAS(vault->stage->err.hint, "--key PATH, or 'open'");
	asked.key = "backup.key";
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED); /* by the recipients */
	CHECK_STR_HAS(json_get_string(json_at(vault->read, "/0/open"), "certificate", ""),
		      "a certificate");
	asked.certificate = "keys/backup.crt";
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	vault_end(vault);
}

TEST(what_is_there_stays_unless_told)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	struct engine_backup asked = {.to_file = "/back"};
	vault_make_copies(vault, 1);
	vault->occupied = true;
	CHECK_INT_EQ(restore(vault, &asked), END_FAILED);
	CHECK_STR_HAS(of_result(vault, "hint"), "--overwrite");
	_cleanup_json_ json_t *entry = recorded(vault);
	CHECK(!json_is_object(entry));
	asked.overwrite = true;
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	vault_end(vault);
}

/* What was being written may be half there: that is worth knowing. */
TEST(a_restore_that_is_ended_by_a_signal_is_on_the_journal)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	const struct engine_backup asked = {.to_command = "psql"};
	vault_make_copies(vault, 1);
	json_object_set_new(vault->fails, "backup.read", json_string("cancelled"));
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_CANCELLED);
	_cleanup_json_ json_t *entry = recorded(vault);
	CHECK_STR_EQ(json_get_string(entry, "outcome", ""), "bad");
	vault_end(vault);
}

/* --- commands and folders --------------------------------------------------------------------- */

TEST(a_command_knows_what_it_gets_and_may_fail)
{
	struct vault *vault = vault_new(VAULT_CONFIG IN_PLACE);
	const struct engine_backup asked = {.in_place = true};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *id = vault_copy(vault, 0);
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	const json_t *to = json_at(vault->read, "/0/to");
	CHECK_STR_EQ(json_get_string(to, "run", ""), "psql app");
	CHECK_STR_EQ(json_get_string(json_object_get(to, "env"), "BELAY_BACKUP", ""),
		     "db");
	CHECK_STR_EQ(json_get_string(json_object_get(to, "env"), "BELAY_BACKUP_ID", ""),
		     id);
	vault->exit = 3;
	CHECK_INT_EQ(restore(vault, &asked), END_FAILED);
	CHECK_STR_EQ(of_result(vault, "reason"), "the command ended with status 3");
	CHECK_STR_EQ(of_result(vault, "hint"), "it said: no such table");
	CHECK_INT_EQ(
		json_get_int(json_object_get(vault->stage->result, "run"), "exit", 0), 3);
	_cleanup_json_ json_t *entry = recorded(vault);
	CHECK_STR_EQ(json_get_string(entry, "outcome", ""), "bad");
	vault_end(vault);
}

TEST(a_command_that_leaves_some_unread_restored_nothing)
{
	struct vault *vault = vault_new(VAULT_CONFIG IN_PLACE);
	const struct engine_backup asked = {.in_place = true};
	vault_make_copies(vault, 1);
	vault->exit = 125;
	vault->said = "some words\n" BACKUP_UNREAD "\n";
	CHECK_INT_EQ(restore(vault, &asked), END_FAILED);
	CHECK_STR_EQ(of_result(vault, "reason"), BACKUP_UNREAD);
	CHECK_STR_HAS(of_result(vault, "hint"), "cat >/dev/null");
	_cleanup_json_ json_t *entry = recorded(vault);
	CHECK_STR_EQ(json_get_string(entry, "outcome", ""), "bad");
	vault_end(vault);
}

/* Brings a copy to a folder, as somebody does who has nothing else. */
static void bring(struct vault *vault, const char *folder)
{
	static const char *const files[] = {"manifest.json", "RESTORE.txt",
					    "data.zst.cms"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *object = vault_name(vault, 0, files[i]);
		vault_put(vault, folder, files[i], vault_text(vault, "a", object));
	}
}

static const struct {
	const char *name, *folder, *message; /* NULL: it is one */
} folders[] = {
	{"the folder", "/mnt/usb", NULL},
	{"with slashes at its end", "/mnt/usb//", NULL},
	{"the one above", "/mnt", "'/mnt' is not the folder of a copy: no manifest.json"},
	{"above, with a slash", "/mnt/",
	 "'/mnt' is not the folder of a copy: no manifest.json"},
};

TEST(a_folder_that_is_none_is_told_with_the_way_forward)
{
	FOR_ROWS(row, folders) {
		struct vault *vault = vault_new(VAULT_CONFIG);
		const struct engine_backup asked = {.folder = row->folder,
						    .to_file = "/back",
						    .key = "backup.key",
						    .certificate = "keys/backup.crt"};
		vault_make_copies(vault, 1);
		bring(vault, "/mnt/usb");
		CHECK_INT_EQ(restore(vault, &asked), row->message ? -1 : END_PASSED);
		CHECK_STR_EQ(vault->stage->err.message, row->message ? row->message : "");
		if (row->message) {
			CHECK_STR_HAS(vault->stage->err.hint, "NAME/ID");
			CHECK_INT_EQ(vault->stage->err.code, ERR_FAIL);
		}
		vault_end(vault);
	}
}

TEST(a_folder_needs_no_journal_and_no_configuration)
{
	struct vault *vault = vault_new(VAULT_CONFIG);
	const struct engine_backup asked = {.folder = "/mnt/usb",
					    .to_file = "/back",
					    .key = "backup.key",
					    .certificate = "keys/backup.crt"};
	vault_make_copies(vault, 1);
	_cleanup_free_ char *id = vault_copy(vault, 0);
	bring(vault, "/mnt/usb");
	size_t commits = stage_commits(vault->stage);
	const struct engine whole = vault->stage->engine;
	vault->stage->engine.config = NULL;
	vault->stage->engine.environment = NULL;
	CHECK_INT_EQ(restore(vault, &asked), END_PASSED);
	CHECK_STR_EQ(of_result(vault, "id"), id);
	CHECK_STR_EQ(of_result(vault, "name"), "db");
	CHECK_STR_EQ(of_result(vault, "store"), "/mnt/usb");
	CHECK_STR_EQ(of_result(vault, "trust"), "none");
	CHECK_NULL(of_result(vault, "environment"));
	CHECK_STR_EQ(json_get_string(json_array_get(vault->read, 0), "object", ""),
		     "data.zst.cms");
	vault_spoil(vault, "/mnt/usb", "data.zst.cms");
	CHECK_INT_EQ(restore(vault, &asked), END_FAILED);
	vault_spoil(vault, "/mnt/usb", "manifest.json");
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_FAIL);
	json_object_clear(vault_objects(vault, "/mnt/usb"));
	CHECK_INT_EQ(restore(vault, &asked), -1);
	CHECK_INT_EQ(vault->stage->err.code, ERR_FAIL);
	vault->stage->engine = whole;
	CHECK_INT_EQ(stage_commits(vault->stage), commits);
	vault_end(vault);
}
