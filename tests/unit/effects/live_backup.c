/* Backups through a live chain: every kind of source and target of this machine, and a restore by hand with nothing
 * but split, openssl, zstd and tar. */
#include "backup_world.h"

#include <errno.h>

#include "test.h"

/* --- trees --------------------------------------------------------------------------------- */

static void make_tree(void)
{
	sh("mkdir -p tree/a/b tree/empty && echo one > tree/a/one && printf 'x%.0s' $(seq 1 5000) "
	   "> tree/a/b/two && ln -s a/one tree/link && ln tree/a/one tree/hard && "
	   "head -c 3000000 /dev/urandom > tree/noise && truncate -s 5000000 tree/hole && "
	   "mkfifo tree/fifo && chmod 750 tree/a && echo secret > 'tree/a/n\xc3\xa4me' && "
	   "echo no > tree/a/skip.log");
}

static json_t *tree_sources(void)
{
	_cleanup_free_ char *path = str_format("%s/tree", test_directory());
	_cleanup_free_ char *one = str_format("%s/tree/a/one", test_directory());
	_cleanup_free_ char *none = str_format("%s/tree/none", test_directory());
	return json_pack("[{s:s, s:s, s:[s]}, {s:[s, s], s:b}, {s:s, s:s}]", "directory",
			 path, "prefix", "", "exclude", "*.log", "files", one, none,
			 "may_miss", 1, "text", "linux\n", "name", "system.txt");
}

static void write_tree(struct world *world)
{
	struct err err = {0};
	make_tree();
	CHECK_OK(ask(world, "backup.write", write_args(world, "tar", tree_sources()),
		     &world->written, &err),
		 &err);
}

TEST(a_tree_comes_back)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *back = str_format("%s/back", test_directory());
	world_make(&world);
	write_tree(&world);
	if (!CHECK(world.written != NULL))
		return;
	CHECK(json_get_int(world.written, "entries", 0) >= 10);
	CHECK_INT_EQ(json_array_size(json_object_get(world.written, "missing")), 1);
	CHECK_INT_EQ(json_get_int(world.written, "left_out_count", 0), 1);
	CHECK(json_array_size(json_object_get(world.written, "chunks")) > 10);
	CHECK(json_get_bool(json_at(world.written, "/stores/0"), "ok", false));
	CHECK(json_is_string(json_at(world.written, "/tools/zstd")));

	json_t *to = json_pack("{s:s}", "directory", back);
	CHECK_OK(ask(&world, "backup.read", read_args(&world, "tar", to), &answer, &err),
		 &err);
	CHECK(json_get_bool(answer, "opened", false));
	CHECK_INT_EQ(json_get_int(answer, "entries", 0),
		     json_get_int(world.written, "entries", -1));
	CHECK_INT_EQ(json_get_int(answer, "open_bytes", 0),
		     json_get_int(world.written, "open_bytes", -1));
	sh("test \"$(cat back/system.txt)\" = linux && test ! -e back/fifo && "
	   "test ! -e back/a/skip.log && test -e \"back/$(pwd)/tree/a/one\"");
	sh("rm -r back/system.txt \"back/$(pwd | cut -d/ -f2)\" && rm tree/fifo tree/a/skip.log && "
	   "diff -r --no-dereference tree back && test $(stat -c %a back/a) = 750 && "
	   "test $(stat -c %h back/hard) = 2");
	CHECK(world.progress > 0);

	/* Once more into the same place: it is not empty. */
	json_t *again = json_pack("{s:s}", "directory", back);
	json_t *ignored = NULL;
	CHECK_FAILS(ask(&world, "backup.read", read_args(&world, "tar", again), &ignored,
			&err),
		    &err, ERR_FAIL, "back");
	CHECK_INT_EQ(err.sys_errno, EEXIST);
}

/* Into a directory that is in use: a failure in the middle is none of those that changed nothing. */
TEST(what_was_touched_is_no_refusal)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	json_t *ignored = NULL;
	_cleanup_free_ char *used = str_format("%s/used", test_directory());
	world_make(&world);
	write_tree(&world);
	if (!CHECK(world.written != NULL))
		return;
	sh("rm -rf used && mkdir -p used/a used/system.txt && echo old >used/a/one");
	json_t *to = json_pack("{s:s, s:b}", "directory", used, "overwrite", 1);
	CHECK_FAILS(
		ask(&world, "backup.read", read_args(&world, "tar", to), &ignored, &err),
		&err, ERR_FAIL, "system.txt");
	CHECK_INT_EQ(err.sys_errno == EEXIST, false);
	CHECK_STR_HAS(err.message, "files in '");
	CHECK_STR_HAS(err.message, "used' were replaced or added by then");
	sh("! grep -qx old used/a/one"); /* that is what touching is */
	_cleanup_free_ char *counted = str_format(
		"test $(find used ! -type d | wc -l) -eq %ld",
		strtol(strstr(err.message, "; ") ? strstr(err.message, "; ") + 2 : "0",
		       NULL, 10));
	sh(counted);
}

/* Where files are replaced nothing is before all of it is known to be what was written. */
TEST(damage_is_found_before_a_file_is_replaced)
{
	static const struct row {
		const char *name;
		const char *before;
		bool overwrite;
		const char *after;
	} rows[] = {
		{"in use", "mkdir -p used/a && echo old >used/a/one", true,
		 "test $(find used ! -type d | wc -l) = 1 && grep -qx old used/a/one"},
		{"empty", "mkdir used", true, "test -z \"$(ls -A used)\""},
		{"new", "true", false, "test ! -e used"},
	};
	_cleanup_world_ struct world world;
	_cleanup_free_ char *used = str_format("%s/used", test_directory());
	world_make(&world);
	write_tree(&world);
	if (!CHECK(world.written != NULL))
		return;
	sh("printf XX | dd of=store/nightly/1/data.zst.cms bs=1 conv=notrunc "
	   "seek=$(($(stat -c %s store/nightly/1/data.zst.cms) - 300))");
	FOR_ROWS(row, rows) {
		struct err err = {0};
		json_t *ignored = NULL;
		sh(row->before);
		json_t *to = json_pack("{s:s, s:b}", "directory", used, "overwrite",
				       row->overwrite);
		CHECK_FAILS(ask(&world, "backup.read", read_args(&world, "tar", to),
				&ignored, &err),
			    &err, ERR_STATE, "is not what was written");
		CHECK(!strstr(err.message, "replaced"));
		sh(row->after);
		sh("rm -rf used");
	}
}

/* Before anything is fetched: the store is not even there. */
TEST(a_target_is_looked_at_first)
{
	static const struct row {
		const char *name;
		const char *before;
		bool overwrite;
		enum err_code code;
		const char *message;
	} rows[] = {
		{"a link to nothing", "ln -s nowhere used", false, ERR_CONFIG,
		 "is a link to something that is not there"},
		{"a link to nothing, overwriting", "ln -s nowhere used", true, ERR_CONFIG,
		 "is a link to something that is not there"},
		{"in use", "mkdir used && echo own >used/own", false, ERR_FAIL,
		 "is not empty"},
		{"a file", "echo own >used", true, ERR_FAIL, "cannot unpack into"},
	};
	_cleanup_world_ struct world world;
	_cleanup_free_ char *used = str_format("%s/used", test_directory());
	world_make(&world);
	write_tree(&world);
	if (!CHECK(world.written != NULL))
		return;
	sh("rm -r store");
	FOR_ROWS(row, rows) {
		struct err err = {0};
		json_t *ignored = NULL;
		sh(row->before);
		json_t *to = json_pack("{s:s, s:b}", "directory", used, "overwrite",
				       row->overwrite);
		CHECK_FAILS(ask(&world, "backup.read", read_args(&world, "tar", to),
				&ignored, &err),
			    &err, row->code, row->message);
		sh("rm -rf used");
	}
}

TEST(what_is_not_there_is_told_within_bounds)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	json_t *files = json_array();
	world_make(&world);
	for (int i = 0; i < 150; i++) {
		_cleanup_free_ char *path = str_format("/no/such/file-%d", i);
		json_array_append_new(files, json_string(path));
	}
	sh("mkdir -p dir/sub && echo x > dir/sub/file");
	_cleanup_free_ char *dir = str_format("%s/dir", test_directory());
	json_t *sources =
		json_pack("[{s:o, s:b}, {s:s, s:s, s:[s]}]", "files", files, "may_miss",
			  1, "directory", dir, "prefix", "", "include", "*.pdf");
	CHECK_OK(ask(&world, "backup.write", write_args(&world, "tar", sources),
		     &world.written, &err),
		 &err);
	CHECK_INT_EQ(json_array_size(json_object_get(world.written, "missing")), 100);
	CHECK_INT_EQ(json_get_int(world.written, "missing_count", 0), 150);
	const json_t *warnings = json_object_get(world.written, "warnings");
	CHECK_INT_EQ(json_array_size(warnings), 2);
	CHECK_STR_HAS(json_string_value(json_array_get(warnings, 0)), "'include'");
	CHECK_STR_HAS(json_string_value(json_array_get(warnings, 1)),
		      "150 paths were not there");
}

/* The words that RESTORE.txt gives to people without belay. */
TEST(a_tree_is_restored_by_hand)
{
	_cleanup_world_ struct world world;
	world_make(&world);
	write_tree(&world);
	_cleanup_free_ char *command = str_format(
		"mkdir hand && export KEY='%s' CERT='%s' && "
		"split -b %lld --filter='openssl cms -decrypt -inform DER -inkey \"$KEY\" -recip "
		"\"$CERT\"' store/nightly/1/data.zst.cms > packed.zst && "
		"zstd -q -d -c packed.zst | tar -x -C hand",
		world.key_path, world.certificate_path,
		(long long)json_get_int(world.written, "chunk_bytes", 1));
	sh(command);
	sh("rm -r hand/system.txt \"hand/$(pwd | cut -d/ -f2)\" && rm tree/fifo tree/a/skip.log && "
	   "diff -r --no-dereference tree hand");
}

/* --- commands and files -------------------------------------------------------------------- */

static json_t *run_source(const char *command)
{
	return json_pack("[{s:s, s:s, s:{s:s}, s:s}]", "run", command, "name", "app.dump",
			 "env", "WORD", "row", "directory", test_directory());
}

TEST(the_output_of_a_command)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	_cleanup_json_ json_t *filed = NULL, *piped = NULL, *cut = NULL;
	_cleanup_free_ char *file = str_format("%s/out/app.dump", test_directory());
	world_make(&world);
	CHECK_OK(
		ask(&world, "backup.write",
		    write_args(
			    &world, "stream",
			    run_source("for i in $(seq 200000); do echo $WORD $i; done")),
		    &world.written, &err),
		&err);
	CHECK(json_is_null(json_object_get(world.written, "entries")));

	CHECK_OK(ask(&world, "backup.read",
		     read_args(&world, "stream", json_pack("{s:s}", "file", file)),
		     &filed, &err),
		 &err);
	sh("seq 200000 | sed 's/^/row /' | cmp - out/app.dump && test $(stat -c %a out/app.dump) = 600 "
	   "&& test $(ls -A out | wc -l) = 1");
	json_t *ignored = NULL;
	CHECK_FAILS(ask(&world, "backup.read",
			read_args(&world, "stream", json_pack("{s:s}", "file", file)),
			&ignored, &err),
		    &err, ERR_FAIL, "exists");
	CHECK_INT_EQ(err.sys_errno, EEXIST);

	/* A command gets it on its standard input; what it says is in the answer, whatever it is. */
	json_t *to =
		json_pack("{s:s, s:{s:s}, s:s}", "run", "wc -l; echo $TO >&2; exit 3",
			  "env", "TO", "there", "directory", test_directory());
	CHECK_OK(
		ask(&world, "backup.read", read_args(&world, "stream", to), &piped, &err),
		&err);
	CHECK_STR_EQ(json_get_string(json_object_get(piped, "run"), "stdout", ""),
		     "200000\n");
	CHECK_STR_EQ(json_get_string(json_object_get(piped, "run"), "stderr", ""),
		     "there\n");
	CHECK_INT_EQ(json_get_int(json_object_get(piped, "run"), "exit", 0), 3);
	to = json_pack("{s:s}", "run", "head -n 1");
	CHECK_OK(ask(&world, "backup.read", read_args(&world, "stream", to), &cut, &err),
		 &err);
	CHECK_STR_EQ(json_get_string(json_object_get(cut, "run"), "stdout", ""),
		     "row 1\n");
	to = json_pack("{s:s}", "directory", test_directory());
	CHECK_FAILS(ask(&world, "backup.read", read_args(&world, "stream", to), &ignored,
			&err),
		    &err, ERR_CONFIG, "one stream");
}

static const struct failing {
	const char *name, *command;
	enum err_code code;
	const char *why;
} failing[] = {
	{"it fails at the end", "seq 300000; echo 'no such table' >&2; exit 7", ERR_FAIL,
	 "ended with exit status 7: no such table"},
	{"it prints nothing", "true", ERR_FAIL, "printed nothing"},
	{"it fails at once", "exit 1", ERR_FAIL, "exit status 1, and said nothing"},
	{"a signal ends it", "seq 100000; kill -9 $$", ERR_FAIL, "signal KILL"},
	{"there is no such command", "no-such-command-here", ERR_FAIL, "exit status 127"},
	{"it leaves something behind that goes on", "seq 10; sleep 30 & exit 0", ERR_FAIL,
	 "keeps its output open"},
	{"the first part of a pipeline fails",
	 "{ seq 100000; echo 'no space' >&2; exit 5; } | gzip", ERR_FAIL,
	 "exit status 5: no space"},
	{"the first part of a pipeline in quotes", "sh -c \"exit 6\" | cat", ERR_FAIL,
	 "exit status 6"},
	{"it takes too long", "seq 10; sleep 30", ERR_TIMEOUT, "not done in time"},
};

TEST(nothing_is_a_backup_when_it_may_be)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	world_make(&world);
	json_t *sources = run_source("true");
	json_object_set_new(json_array_get(sources, 0), "allow_empty", json_true());
	CHECK_OK(ask(&world, "backup.write", write_args(&world, "stream", sources),
		     &world.written, &err),
		 &err);
	json_t *args =
		read_args(&world, "stream", json_pack("{s:s}", "run", "wc -c; echo end"));
	CHECK_OK(ask(&world, "backup.read", args, &answer, &err), &err);
	CHECK_STR_EQ(json_get_string(json_object_get(answer, "run"), "stdout", ""),
		     "0\nend\n");
}

static const struct piped {
	const char *name, *command, *tools; /* all that PATH has */
	enum err_code code;
	const char *why;
} piped[] = {
	{"a pipe, and bash", "seq 10 | cat", "seq cat bash", ERR_NONE, ""},
	{"a pipe, and no bash", "touch begun; seq 10 | cat", "seq cat touch", ERR_CONFIG,
	 "has a pipe"},
	{"no pipe, and no bash", "false || seq 10", "seq", ERR_NONE, ""},
};

/* Where sh itself has pipefail, nothing is refused. */
TEST(a_pipe_wants_a_shell_that_sees_it_fail)
{
	_cleanup_world_ struct world world;
	bool has = system("(set -o pipefail) 2>/dev/null") == 0;
	world_make(&world);
	FOR_ROWS(row, piped) {
		struct err err = {0};
		_cleanup_json_ json_t *answer = NULL;
		_cleanup_free_ char *tools = str_format("%s/tools", test_directory());
		_cleanup_free_ char *link = str_format(
			"rm -rf tools store begun; mkdir tools; for t in %s; do ln -s $(command -v $t) "
			"tools/; done",
			row->tools);
		sh(link);
		json_t *sources = run_source(row->command);
		json_object_set_new(json_object_get(json_array_get(sources, 0), "env"),
				    "PATH", json_string(tools));
		json_t *args = write_args(&world, "stream", sources);
		int result = ask(&world, "backup.write", args, &answer, &err);
		if (row->code == ERR_NONE || has) {
			CHECK_OK(result, &err);
			continue;
		}
		CHECK_FAILS(result, &err, row->code, row->why);
		CHECK_STR_HAS(err.hint, "bash");
		sh("test ! -e begun && test -z \"$(find store -type f)\"");
	}
}

TEST(a_command_that_fails_leaves_no_backup)
{
	_cleanup_world_ struct world world;
	world_make(&world);
	FOR_ROWS(row, failing) {
		struct err err = {0};
		json_t *args = write_args(&world, "stream", run_source(row->command));
		if (row->code == ERR_TIMEOUT)
			json_object_set_new(args, "timeout_ms", json_integer(1000));
		CHECK_FAILS(ask(&world, "backup.write", args, &world.written, &err), &err,
			    row->code, row->why);
		sh("test -z \"$(find store -type f)\"");
	}
}

/* --- a restore that fails, into a command -------------------------------------------------- */

/* What a command leaves behind that takes the end of its input for the end of a transaction. */
static const char committing[] =
	"touch started; trap '' TERM; cat >/dev/null && touch committed";

static const struct broken {
	const char *name, *damage;
	const char *member, *value; /* an argument that is wrong */
	const char *files;          /* what has to be true of them */
	const char *why;
} broken[] = {
	{"a chunk is damaged: the command does not even start",
	 "printf x | dd of=store/nightly/1/data.zst.cms bs=1 seek=900000 conv=notrunc",
	 NULL, NULL, "test ! -e started", "chunk"},
	{"another digest of what was put in: the end does not come", "true",
	 "open_sha256", "0000", "test -e started && test ! -e committed", "not the one"},
};

TEST(a_command_never_sees_the_end_of_a_cut_backup)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	world_make(&world);
	CHECK_OK(ask(&world, "backup.write",
		     write_args(&world, "stream",
				run_source("head -c 3000000 /dev/urandom")),
		     &world.written, &err),
		 &err);
	FOR_ROWS(row, broken) {
		_cleanup_json_ json_t *ignored = NULL;
		json_t *to = json_pack("{s:s, s:s}", "run", committing, "directory",
				       test_directory());
		json_t *args = read_args(&world, "stream", to);
		if (row->member)
			json_object_set_new(args, row->member, json_string(row->value));
		sh("cp store/nightly/1/data.zst.cms kept; rm -f started committed");
		sh(row->damage);
		CHECK_FAILS(ask(&world, "backup.read", args, &ignored, &err), &err,
			    ERR_STATE, row->why);
		sh(row->files);
		sh("cp kept store/nightly/1/data.zst.cms");
	}
}

TEST(nor_when_belay_is_killed)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	world_make(&world);
	CHECK_OK(ask(&world, "backup.write",
		     write_args(&world, "stream",
				run_source("head -c 3000000 /dev/urandom")),
		     &world.written, &err),
		 &err);
	json_t *to = json_pack("{s:s, s:s}", "run",
			       "touch started; sleep 3; cat >/dev/null; touch committed",
			       "directory", test_directory());
	ask_and_die(&world, read_args(&world, "stream", to));
	sh("sleep 3; test -e started && test ! -e committed");
}

/* --- keys and stores ----------------------------------------------------------------------- */

TEST(a_passphrase_instead_of_a_key)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *path = str_format("%s/phrase", test_directory());
	world_make(&world);
	CHECK_OK(effects_write_file(world.fx, path, "correct horse battery\n", 0600,
				    false, &err),
		 &err);
	json_t *seal = json_pack("{s:{s:{s:s}}, s:s}", "passphrase", "$secret", "file",
				 path, "salt", WORLD_PACK_ID);
	json_t *args = write_args(&world, "stream", run_source("echo hello"));
	json_object_set(args, "seal", seal);
	CHECK_OK(ask(&world, "backup.write", args, &world.written, &err), &err);
	args = read_args(&world, "stream", json_pack("{s:s}", "run", "cat"));
	json_object_set_new(args, "open", seal);
	CHECK_OK(ask(&world, "backup.read", args, &answer, &err), &err);
	CHECK_STR_EQ(json_get_string(json_object_get(answer, "run"), "stdout", ""),
		     "hello\n");
}

/* However it is written: before anything is made. */
TEST(one_directory_is_one_store)
{
	static const struct row {
		const char *name;
		const char *before;
		const char *path; /* below the test's directory */
	} rows[] = {
		{"written in another way", "true", ".//store/."},
		{"a link to it", "mkdir store && ln -s store same", "same"},
		{"below a link", "ln -s . here", "here/store"},
	};
	_cleanup_world_ struct world world;
	world_make(&world);
	FOR_ROWS(row, rows) {
		struct err err = {0};
		json_t *ignored = NULL;
		json_t *args = write_args(&world, "stream", run_source("echo x"));
		_cleanup_free_ char *path =
			str_format("%s/%s", test_directory(), row->path);
		sh(row->before);
		json_array_append_new(
			json_object_get(args, "stores"),
			json_pack("{s:s, s:s}", "name", "there", "directory", path));
		CHECK_FAILS(ask(&world, "backup.write", args, &ignored, &err), &err,
			    ERR_CONFIG, "store 'there' is the same place as 'here'");
		sh("test ! -e store/nightly && rm -rf store same here");
	}
}

TEST(a_store_that_cannot_be_used_is_left_behind)
{
	_cleanup_world_ struct world world;
	struct err err = {0};
	world_make(&world);
	json_t *args = write_args(&world, "stream", run_source("echo hello"));
	_cleanup_free_ char *bad = str_format("%s/backup.key/below", test_directory());
	json_array_append_new(json_object_get(args, "stores"),
			      json_pack("{s:s, s:s}", "name", "bad", "directory", bad));
	CHECK_OK(ask(&world, "backup.write", args, &world.written, &err), &err);
	CHECK(json_get_bool(json_at(world.written, "/stores/0"), "ok", false));
	CHECK(!json_get_bool(json_at(world.written, "/stores/1"), "ok", true));
	CHECK_STR_EQ(json_get_string(json_at(world.written, "/stores/1"), "name", ""),
		     "bad");
	CHECK(json_is_string(json_at(world.written, "/stores/1/error/message")));
}

static const struct refused {
	const char *name, *member;
	const char *value;
	const char *why;
} refused[] = {
	{"no source", "sources", "[]", "needs a source"},
	{"no store", "stores", "[]", "needs a store"},
	{"a bad id", "pack", "{\"id\": \"0123\"}", "32 hexadecimal digits"},
	{"a bad level", "pack", "{\"id\": \"" WORLD_PACK_ID "\", \"level\": 99}",
	 "level has to be"},
	{"tiny chunks", "pack", "{\"id\": \"" WORLD_PACK_ID "\", \"chunk_bytes\": 9}",
	 "chunk_bytes"},
	{"no recipient", "seal", "{\"recipients\": []}", "needs a recipient"},
	{"a command among files", "sources",
	 "[{\"run\": \"true\"}, {\"files\": [\"a\"]}]", "either of one command"},
};

TEST(what_cannot_be_is_refused)
{
	_cleanup_world_ struct world world;
	world_make(&world);
	FOR_ROWS(row, refused) {
		struct err err = {0};
		json_t *args = write_args(&world, "stream", run_source("echo hello"));
		json_t *value = json_loads(row->value, JSON_DECODE_ANY, NULL);
		CHECK(value != NULL);
		json_object_set_new(args, row->member, value);
		CHECK_FAILS(ask(&world, "backup.write", args, &world.written, &err), &err,
			    ERR_CONFIG, row->why);
	}
}
