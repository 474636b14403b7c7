/* The words that restore without belay, run for real: a shell, openssl, zstd, tar and coreutils, and nothing else.
 * Everything that may be wrong has to end it with a status that says so. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/process.h"
#include "sealed.h"

/* Runs a command in a directory with the variables that a person would set. The exit status, and what it said. */
static int run_in(const char *directory, const char *command,
		  const struct process_variable *variables, size_t count,
		  struct str *said)
{
	const char *const argv[] = {"dash", "-c", command, NULL};
	struct process process = {.argv = argv,
				  .directory = directory,
				  .variables = variables,
				  .variable_count = count,
				  .timeout_ms = 60000,
				  .max_output_bytes = 10000,
				  .stop = STOP_NEVER};
	struct run_outcome outcome;
	struct err err = {0};
	int status = process_run(&process, &outcome, &err) == 0 && outcome.exited
			     ? outcome.exit
			     : -1;
	if (said) {
		capture_text(&outcome.out, said);
		capture_text(&outcome.err, said);
	}
	run_outcome_release(&outcome);
	return status;
}

static void need_tools(void)
{
	if (run_in(NULL,
		   "command -v openssl zstd tar split && "
		   "openssl version | grep -q 'OpenSSL 3'",
		   NULL, 0, NULL) != 0)
		test_skip("dash, openssl 3, zstd, tar and split are needed");
}

/* A new directory beside the folder. */
static char *target_make(const char *name)
{
	char *path = str_format("%s/%s", test_directory(), name);
	struct err err = {0};
	CHECK_OK(fs_make_directories(path, &err), &err);
	return path;
}

/* Bytes that do not compress, so that there are several chunks. */
static void add_noise(struct str *out, size_t len)
{
	unsigned seed = 7;
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525U + 1013904223U;
		str_add_char(out, (char)(seed >> 24));
	}
}

static void read_file(const char *path, struct str *ret)
{
	struct err err = {0};
	_cleanup_free_ char *data = NULL;
	size_t len = 0;
	if (CHECK_OK(fs_read(path, 8 << 20, &data, &len, &err), &err))
		str_add_bytes(ret, data, len);
}

/* RESTORE.txt's command, given what the page asks for, after what is said `before` it. */
static int restore_by_hand(const struct sealed_folder *folder, const char *target,
			   const char *before, struct str *said)
{
	_cleanup_free_ char *key = str_format("%s/private key.pem", test_directory());
	_cleanup_free_ char *certificate = str_format("%s/own.crt", test_directory());
	struct err err = {0};
	struct fs_write write = {
		.data = folder->key.data, .len = folder->key.len, .mode = 0600};
	CHECK_OK(fs_write(key, &write, &err), &err);
	if (folder->certificate) {
		write.data = folder->certificate;
		write.len = strlen(folder->certificate);
		CHECK_OK(fs_write(certificate, &write, &err), &err);
	}
	const struct process_variable variables[] = {
		{"FOLDER", folder->path}, {"KEY", key},
		{"CERT", certificate},    {"PASSPHRASE", SEALED_PASSPHRASE},
		{"SHELL", "/bin/false"},
	};
	_cleanup_free_ char *restore = backup_restore_command(folder->manifest);
	_cleanup_free_ char *command = str_format("%s%s", before, restore);
	return run_in(target, command, variables, 5, said);
}

static const struct row {
	const char *name;
	const char *type;
	const char *file; /* of a stream; NULL: a tar */
} rows[] = {
	{"tar for an elliptic curve", "p-256", NULL},
	{"tar for RSA", "rsa-3072", NULL},
	{"tar for one of two recipients", "two", NULL},
	{"tar for a passphrase", "passphrase", NULL},
	{"stream for an elliptic curve", "p-384", "db.sql"},
	{"stream for a passphrase", "passphrase", "db.sql"},
	{"stream with a name for a shell to trip over", "p-256",
	 "-it's $(touch x); `id` \"db\".sql"},
};

/* What is archived: two files, one of them several chunks long, and a link. */
static void make_tar(struct str *ret)
{
	_cleanup_free_ char *top = target_make("tree");
	_cleanup_free_ char *path = str_format("%s/tree/sub/noise", test_directory());
	_cleanup_free_ char *tar = str_format("%s/tree.tar", test_directory());
	struct err err = {0};
	struct str noise = STR_INIT;
	add_noise(&noise, 700001);
	struct fs_write write = {.data = noise.data, .len = noise.len, .mode = 0640};
	CHECK_OK(fs_write(path, &write, &err), &err);
	CHECK_INT_EQ(run_in(top,
			    "printf hello >greeting && ln -sf greeting link && tar -cf "
			    "../tree.tar .",
			    NULL, 0, NULL),
		     0);
	read_file(tar, ret);
	str_release(&noise);
}

static void check_restored(const struct row *row, const char *target,
			   const struct str *open)
{
	struct str got = STR_INIT;
	if (row->file) {
		_cleanup_free_ char *path = str_format("%s/%s", target, row->file);
		read_file(path, &got);
		CHECK_MEM_EQ(got.data, got.len, open->data, open->len);
		CHECK_INT_EQ(run_in(target, "[ $(ls -A | wc -l) = 1 ]", NULL, 0, NULL),
			     0);
	} else {
		CHECK_INT_EQ(
			run_in(target, "diff -r . ../tree && [ -L link ]", NULL, 0, NULL),
			0);
	}
	str_release(&got);
}

TEST(stock_tools_restore_it)
{
	need_tools();
	FOR_ROWS(row, rows) {
		struct sealed_folder folder = {0};
		struct str open = STR_INIT, said = STR_INIT;
		_cleanup_free_ char *name = str_format("target%zu", row - rows);
		_cleanup_free_ char *target = target_make(name);
		if (row->file)
			add_noise(&open, 600001);
		else
			make_tar(&open);
		sealed_make(&folder, row->type, row->file, open.data, open.len);
		CHECK(json_array_size(folder.chunks) >= 3);
		CHECK_INT_EQ(restore_by_hand(&folder, target, "", &said), 0);
		CHECK_STR_EQ(str_text(&said), "");
		check_restored(row, target, &open);
		str_release(&open);
		str_release(&said);
		sealed_release(&folder);
	}
}

TEST(an_empty_stream_is_one_too)
{
	need_tools();
	struct sealed_folder folder = {0};
	struct str said = STR_INIT;
	_cleanup_free_ char *target = target_make("target");
	sealed_make(&folder, "p-256", "empty", "", 0);
	CHECK_INT_EQ(restore_by_hand(&folder, target, "", &said), 0);
	CHECK_INT_EQ(run_in(target, "[ -f empty ] && [ ! -s empty ]", NULL, 0, NULL), 0);
	str_release(&said);
	sealed_release(&folder);
}

/* --- what goes wrong ------------------------------------------------------------------------- */

enum harm {
	BIT_IN_THE_DATA,
	CUT_AT_A_CHUNK,
	MISSING_DATA,
	BIT_BUT_DIGEST_FITS,
	CUT_BUT_DIGEST_FITS,
	SWAPPED_KEY,
	NO_ROOM,
	NO_TAR_INSIDE,
	OTHER_SPLIT,
};

static const struct harm_row {
	const char *name;
	enum harm harm;
	const char *said;
} harms[] = {
	{"a bit of the data", BIT_IN_THE_DATA, "data.zst.cms is damaged or not complete"},
	{"cut where a chunk ends", CUT_AT_A_CHUNK,
	 "data.zst.cms is damaged or not complete"},
	{"no data", MISSING_DATA, "there is no data.zst.cms in '"},
	{"a split that knows no filters", OTHER_SPLIT,
	 "this needs openssl 3 and split of GNU coreutils"},
	{"a bit, and the manifest says so too", BIT_BUT_DIGEST_FITS,
	 "NOT restored, what is here is not complete: openssl"},
	{"cut within a chunk, and the manifest says so too", CUT_BUT_DIGEST_FITS,
	 "NOT restored, what is here is not complete: openssl"},
	{"another key", SWAPPED_KEY, "NOT restored"},
	{"the target cannot be written", NO_ROOM,
	 "NOT restored, what is here is not complete:"},
	{"what is inside is no tar", NO_TAR_INSIDE, "complete: tar failed"},
};

/* The data as it is now, in the folder and in the manifest. */
static void fit_digest(struct sealed_folder *folder)
{
	_cleanup_free_ char *digest = sealed_chunks_digest(folder);
	json_object_set_new(json_object_get(folder->manifest, "data"), "chunks_sha256",
			    json_string(digest));
}

static void swap_key(struct sealed_folder *folder)
{
	struct sealed_folder other = {0};
	sealed_make_sealer(&other, "p-256");
	secret_set(&folder->key, other.key.data, other.key.len);
	str_assign(&folder->certificate, other.certificate);
	sealed_release(&other);
}

static void do_harm(struct sealed_folder *folder, enum harm harm)
{
	_cleanup_free_ char *path = str_format("%s/data.zst.cms", folder->path);
	switch (harm) {
	case BIT_IN_THE_DATA:
	case BIT_BUT_DIGEST_FITS:
		/* In the second chunk: the first one opens. */
		folder->data.data[folder->chunk_bytes + folder->chunk_bytes / 2] ^= 4;
		break;
	case CUT_AT_A_CHUNK:
		folder->data.len = folder->chunk_bytes;
		break;
	case CUT_BUT_DIGEST_FITS:
		folder->data.len = folder->chunk_bytes + 1000;
		break;
	case SWAPPED_KEY:
		swap_key(folder);
		break;
	case MISSING_DATA:
	case NO_ROOM:
	case NO_TAR_INSIDE:
	case OTHER_SPLIT:
		break;
	}
	sealed_write(folder, "data.zst.cms", folder->data.data, folder->data.len);
	if (harm == BIT_BUT_DIGEST_FITS || harm == CUT_BUT_DIGEST_FITS)
		fit_digest(folder);
	if (harm == MISSING_DATA)
		unlink(path);
}

/* As on a machine with another one. */
static const char other_split[] = "split() { return 1; }\n";

/* In both ways: as a tar, and as a stream, whose file must not be there then. */
static void check_harm(const struct harm_row *row, const char *file,
		       const struct str *open)
{
	struct sealed_folder folder = {0};
	struct str said = STR_INIT;
	_cleanup_free_ char *name =
		str_format("target-%d-%s", (int)row->harm, file ? file : "tar");
	_cleanup_free_ char *target = target_make(name);
	sealed_make(&folder, "p-256", file, open->data, open->len);
	do_harm(&folder, row->harm);
	if (row->harm == NO_ROOM && file)
		CHECK_INT_EQ(run_in(target, "mkdir db.sql.partial", NULL, 0, NULL), 0);
	if (row->harm == NO_ROOM && !file)
		CHECK_INT_EQ(run_in(target, "mkdir -p greeting/x", NULL, 0, NULL), 0);
	CHECK_INT_EQ(restore_by_hand(&folder, target,
				     row->harm == OTHER_SPLIT ? other_split : "", &said),
		     1);
	CHECK_STR_HAS(str_text(&said), row->said);
	CHECK_INT_EQ(run_in(target, "[ ! -e db.sql ]", NULL, 0, NULL), 0);
	str_release(&said);
	sealed_release(&folder);
}

TEST(no_failure_goes_unnoticed)
{
	need_tools();
	struct str tar = STR_INIT, noise = STR_INIT;
	make_tar(&tar);
	add_noise(&noise, 600001);
	FOR_ROWS(row, harms) {
		if (row->harm != NO_TAR_INSIDE)
			check_harm(row, "db.sql", &noise);
		check_harm(row, NULL, row->harm == NO_TAR_INSIDE ? &noise : &tar);
	}
	str_release(&tar);
	str_release(&noise);
}

TEST(a_stream_that_is_there_is_not_overwritten)
{
	need_tools();
	struct sealed_folder folder = {0};
	struct str said = STR_INIT, got = STR_INIT;
	_cleanup_free_ char *target = target_make("target");
	_cleanup_free_ char *path = str_format("%s/db.sql", target);
	sealed_make(&folder, "p-256", "db.sql", "new", 3);
	CHECK_INT_EQ(run_in(target, "printf old >db.sql", NULL, 0, NULL), 0);
	CHECK_INT_EQ(restore_by_hand(&folder, target, "", &said), 1);
	CHECK_STR_HAS(str_text(&said), "it is there already");
	read_file(path, &got);
	CHECK_STR_EQ(str_text(&got), "old");
	str_release(&said);
	str_release(&got);
	sealed_release(&folder);
}

TEST(a_wrong_passphrase_is_noticed)
{
	need_tools();
	struct sealed_folder folder = {0};
	struct str said = STR_INIT;
	_cleanup_free_ char *target = target_make("target");
	sealed_make(&folder, "passphrase", "db.sql", "new", 3);
	const struct process_variable variables[] = {
		{"FOLDER", folder.path},
		{"PASSPHRASE", "battery staple"},
	};
	_cleanup_free_ char *command = backup_restore_command(folder.manifest);
	CHECK_INT_EQ(run_in(target, command, variables, 2, &said), 1);
	CHECK_STR_HAS(str_text(&said), "NOT restored");
	str_release(&said);
	sealed_release(&folder);
}

static const struct variable_row {
	const char *name, *type, *said;
	struct process_variable variables[2];
	size_t count;
} unset[] = {
	{"no folder", "p-256", "FOLDER: is not set", {{0}}, 0},
	{"no key", "p-256", "KEY: is not set", {{"FOLDER", "/tmp"}}, 1},
	{"no certificate",
	 "p-256",
	 "CERT: is not set",
	 {{"FOLDER", "/tmp"}, {"KEY", "/dev/null"}},
	 2},
	{"no passphrase",
	 "passphrase",
	 "PASSPHRASE: is not set",
	 {{"FOLDER", "/tmp"}},
	 1},
};

TEST(what_has_to_be_set_is_asked_for)
{
	need_tools();
	FOR_ROWS(row, unset) {
		struct sealed_folder folder = {0};
		struct str said = STR_INIT;
		sealed_make(&folder, row->type, NULL, "x", 1);
		_cleanup_free_ char *command = backup_restore_command(folder.manifest);
		CHECK(run_in(test_directory(), command, row->variables, row->count,
			     &said) > 0);
		CHECK_STR_HAS(str_text(&said), row->said);
		str_release(&said);
		sealed_release(&folder);
	}
}

TEST(a_key_with_a_passphrase_is_opened_once_it_is_set)
{
	need_tools();
	struct sealed_folder folder = {0};
	struct str said = STR_INIT;
	_cleanup_free_ char *target = target_make("target");
	sealed_make(&folder, "p-256", "db.sql", "new", 3);
	_cleanup_free_ char *key = str_format("%s/locked.key", test_directory());
	_cleanup_free_ char *certificate = str_format("%s/own.crt", test_directory());
	sealed_write(&folder, "../../open.key", folder.key.data, folder.key.len);
	sealed_write(&folder, "../../own.crt", folder.certificate,
		     strlen(folder.certificate));
	CHECK_INT_EQ(run_in(test_directory(),
			    "openssl pkey -in open.key -aes256 -passout pass:secret "
			    "-out locked.key",
			    NULL, 0, NULL),
		     0);
	const struct process_variable variables[] = {
		{"FOLDER", folder.path},
		{"KEY", key},
		{"CERT", certificate},
		{"KEY_PASSPHRASE", "secret"},
	};
	_cleanup_free_ char *command = backup_restore_command(folder.manifest);
	CHECK_INT_EQ(run_in(target, command, variables, 4, &said), 0);
	CHECK_STR_EQ(str_text(&said), "");
	str_release(&said);
	sealed_release(&folder);
}

/* --- the page -------------------------------------------------------------------------------- */

TEST(the_page_holds_the_very_command)
{
	struct sealed_folder folder = {0};
	sealed_make(&folder, "p-256", NULL, "x", 1);
	json_array_append_new(json_object_get(folder.manifest, "missing"),
			      json_string("/etc/two\nlines"));
	_cleanup_free_ char *page = backup_restore_page(folder.manifest);
	_cleanup_free_ char *command = backup_restore_command(folder.manifest);
	CHECK_STR_EQ(json_get_string(json_object_get(folder.manifest, "restore"),
				     "command", ""),
		     command);
	CHECK_STR_HAS(page, command);
	CHECK_STR_HAS(page, "name          nightly-db\n");
	CHECK_STR_HAS(page, "it holds      a tar of 3 entries\n");
	CHECK_STR_HAS(page, "sealed for    P-256 /CN=belay test, SHA-256 ");
	CHECK_STR_HAS(page, "was missing   /etc/two lines\n");
	CHECK_STR_HAS(page, "KEY=/path/to/private.key");
	CHECK(strstr(page, "PASSPHRASE='what") == NULL);
	CHECK(str_has_suffix(page, "\n"));
	sealed_release(&folder);
}

TEST(the_page_of_a_stream_with_a_passphrase)
{
	struct sealed_folder folder = {0};
	sealed_make(&folder, "passphrase", "db.sql", "x", 1);
	_cleanup_free_ char *page = backup_restore_page(folder.manifest);
	CHECK_STR_HAS(page, "what a command printed, as the file db.sql\n");
	CHECK_STR_HAS(page, "PASSPHRASE='what it was sealed with'");
	CHECK_STR_HAS(page, "sealed for    passphrase (scrypt)");
	CHECK(strstr(page, "--xattrs") == NULL);
	CHECK(strstr(page, SEALED_PASSPHRASE) == NULL);
	sealed_release(&folder);
}
