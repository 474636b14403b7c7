/* Backups through a live chain: keys made by keygen, a store in a directory, every kind of source and target of
 * this machine, and a restore by hand with nothing but split, openssl, zstd and tar. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "platform/fs.h"
#include "platform/keygen.h"
#include "platform/process.h"
#include "test.h"

#define CHUNK 262144

struct world {
	struct effects *fx;
	char *store, *key_path, *certificate_path, *certificate;
	json_t *written; /* the answer of backup.write */
	unsigned progress;
	int64_t progress_bytes;
};

static void world_make(struct world *world)
{
	struct err err = {0};
	struct secret key = SECRET_INIT;
	const struct keygen wanted = {.type = "p-256",
				      .name = "belay test",
				      .now_ms = (int64_t)time(NULL) * 1000,
				      .days = 30};
	*world =
		(struct world){.fx = effects_new(effects_redact_new(effects_live_new()))};
	CHECK_OK(keygen_run(&wanted, &key, &world->certificate, &err), &err);
	world->store = str_format("%s/store", test_directory());
	world->key_path = str_format("%s/backup.key", test_directory());
	world->certificate_path = str_format("%s/backup.crt", test_directory());
	CHECK_OK(effects_write_file(world->fx, world->key_path, key.data, 0600, false,
				    &err),
		 &err);
	CHECK_OK(effects_write_file(world->fx, world->certificate_path,
				    world->certificate, 0644, false, &err),
		 &err);
	secret_release(&key);
}

static void world_release(struct world *world)
{
	effects_freep(&world->fx);
	json_decref(world->written);
	free(world->store);
	free(world->key_path);
	free(world->certificate_path);
	free(world->certificate);
}

#define _cleanup_world_ __attribute__((cleanup(world_release)))

/* A command that has to succeed. Its output is shown when it does not. */
static void sh(const char *command)
{
	struct err err = {0};
	_cleanup_outcome_ struct run_outcome outcome = {0};
	_cleanup_str_ struct str said = STR_INIT;
	const struct process process = {
		.shell = command,
		.directory = test_directory(),
		.max_output_bytes = 4000,
		.stop = STOP_NEVER,
	};
	if (!CHECK_OK(process_run(&process, &outcome, &err), &err))
		return;
	capture_text(&outcome.out, &said);
	capture_text(&outcome.err, &said);
	if (!outcome.exited || outcome.exit != 0)
		CHECK_STR_EQ(str_text(&said), command);
}

static void moved(void *context, int64_t done_bytes, int64_t total_bytes,
		  int64_t elapsed_ms)
{
	struct world *world = context;
	(void)total_bytes;
	CHECK(elapsed_ms >= 0 && done_bytes >= world->progress_bytes);
	world->progress++;
	world->progress_bytes = done_bytes;
}

static int ask(struct world *world, const char *kind, json_t *takes_args,
	       json_t **ret_answer, struct err *err)
{
	struct effect effect = {
		.kind = kind,
		.mode = EFFECT_ACT,
		.args = takes_args,
		.subject = "store",
		.summary = "a backup",
		.moved = moved,
		.watcher = world,
	};
	world->progress_bytes = 0;
	int result = effects_perform(world->fx, &effect, ret_answer, err);
	json_decref(takes_args);
	return result;
}

static json_t *store_json(const struct world *world)
{
	return json_pack("{s:s, s:s}", "name", "here", "directory", world->store);
}

static json_t *write_args(const struct world *world, const char *kind,
			  json_t *takes_sources)
{
	return json_pack(
		"{s:o, s:s, s:{s:s, s:i, s:i, s:i}, s:{s:[{s:s, s:s}]}, s:[o], s:s, s:s, "
		"s:i}",
		"sources", takes_sources, "kind", kind, "pack", "id",
		"00112233445566778899aabbccddeeff", "level", 3, "threads", 2,
		"chunk_bytes", CHUNK, "seal", "recipients", "name", "backup.crt", "pem",
		world->certificate, "stores", store_json(world), "object",
		"nightly/1/data.zst.cms", "mark", "mark-1", "timeout_ms", 60000);
}

static json_t *read_args(const struct world *world, const char *kind, json_t *takes_to)
{
	static const char *const members[] = {"chunk_bytes",  "chunks",
					      "sealed_bytes", "sealed_sha256",
					      "open_bytes",   "open_sha256"};
	json_t *args =
		json_pack("{s:o, s:s, s:s, s:{s:s}, s:i, s:{s:{s:{s:s}}, s:s}}", "store",
			  store_json(world), "object", "nightly/1/data.zst.cms", "kind",
			  kind, "pack", "id", "00112233445566778899aabbccddeeff",
			  "timeout_ms", 60000, "open", "key", "$secret", "file",
			  world->key_path, "certificate", world->certificate);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set(args, members[i],
				json_object_get(world->written, members[i]));
	if (takes_to)
		json_object_set_new(args, "to", takes_to);
	return args;
}

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
