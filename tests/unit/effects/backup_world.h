/* A world for backups: keys made by keygen, a store in a directory, and a live chain. Shared by the tests of the
 * effects backup.write and backup.read, here and with a real host. */
#ifndef BELAY_TESTS_BACKUP_WORLD_H
#define BELAY_TESTS_BACKUP_WORLD_H

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "platform/keygen.h"
#include "platform/process.h"
#include "test.h"

#define WORLD_CHUNK 262144
#define WORLD_PACK_ID "00112233445566778899aabbccddeeff"

struct world {
	struct effects *fx;
	char *store, *key_path, *certificate_path, *certificate;
	json_t *written; /* the answer of backup.write */
	unsigned progress;
	int64_t progress_bytes;
};

static inline void world_make(struct world *world)
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

static inline void world_release(struct world *world)
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
static inline void sh(const char *command)
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

static inline void moved(void *context, int64_t done_bytes, int64_t total_bytes,
			 int64_t elapsed_ms)
{
	struct world *world = context;
	(void)total_bytes;
	CHECK(elapsed_ms >= 0 && done_bytes >= world->progress_bytes);
	world->progress++;
	world->progress_bytes = done_bytes;
}

static inline int ask(struct world *world, const char *kind, json_t *takes_args,
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

/* Restores in a process of its own, which is killed outright after a second and a half. */
static inline void ask_and_die(struct world *world, json_t *takes_args)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = {0};
		json_t *answer = NULL;
		ask(world, "backup.read", takes_args, &answer, &err);
		_exit(1);
	}
	int status = 0;
	usleep(1500000);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status)); /* it was not done yet */
	json_decref(takes_args);
}

static inline json_t *store_json(const struct world *world)
{
	return json_pack("{s:s, s:s}", "name", "here", "directory", world->store);
}

static inline json_t *write_args(const struct world *world, const char *kind,
				 json_t *takes_sources)
{
	return json_pack(
		"{s:o, s:s, s:{s:s, s:i, s:i, s:i}, s:{s:[{s:s, s:s}]}, s:[o], s:s, s:s, "
		"s:i}",
		"sources", takes_sources, "kind", kind, "pack", "id", WORLD_PACK_ID,
		"level", 3, "threads", 2, "chunk_bytes", WORLD_CHUNK, "seal",
		"recipients", "name", "backup.crt", "pem", world->certificate, "stores",
		store_json(world), "object", "nightly/1/data.zst.cms", "mark", "mark-1",
		"timeout_ms", 60000);
}

static inline json_t *read_args(const struct world *world, const char *kind,
				json_t *takes_to)
{
	static const char *const members[] = {"chunk_bytes",  "chunks",
					      "sealed_bytes", "chunks_sha256",
					      "open_bytes",   "open_sha256"};
	json_t *args = json_pack(
		"{s:o, s:s, s:s, s:{s:s}, s:i, s:{s:{s:{s:s}}, s:s}}", "store",
		store_json(world), "object", "nightly/1/data.zst.cms", "kind", kind,
		"pack", "id", WORLD_PACK_ID, "timeout_ms", 60000, "open", "key",
		"$secret", "file", world->key_path, "certificate", world->certificate);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set(args, members[i],
				json_object_get(world->written, members[i]));
	if (takes_to)
		json_object_set_new(args, "to", takes_to);
	return args;
}

#endif
