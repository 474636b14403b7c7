/* What lies in a store comes back byte for byte although a secret is in it; no tape has that secret, and a replay
 * reads the tape all the same. With a real store in a directory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

#define ID "20260102T030405Z-4711"
#define DIGEST "4711aa47110f4711bb47110f4711cc47110f4711dd47110f4711ee47110f4711"

static char *in_test(const char *name)
{
	return str_format("%s/%s", test_directory(), name);
}

static struct effects *recorder(const char *path)
{
	struct effects_layer *record = NULL;
	struct err err = {0};
	setenv("BELAY_TEST_NAME", "shop", 1);
	setenv("BELAY_TEST_USER", "postgres", 1);
	setenv("BELAY_TEST_PORT", "4711", 1);
	CHECK_OK(effects_record_new(effects_redact_new(effects_live_new()), path, NULL,
				    &record, &err),
		 &err);
	return effects_new(record);
}

static struct effects *player(const char *path)
{
	struct effects_layer *replay = NULL;
	struct err err = {0};
	CHECK_OK(effects_replay_new(path, &replay, NULL, &err), &err);
	return effects_new(replay);
}

static json_t *ask(struct effects *fx, const char *kind, enum effect_mode mode,
		   json_t *takes_args)
{
	const struct effect effect = {
		.kind = kind, .mode = mode, .args = takes_args, .summary = "test"};
	json_t *answer = NULL;
	struct err err = {0};
	CHECK_OK(effects_perform(fx, &effect, &answer, &err), &err);
	json_decref(takes_args);
	return answer;
}

/* From now on the three values are secrets of this process. */
static void resolve(struct effects *fx)
{
	json_decref(
		ask(fx, "run", EFFECT_OBSERVE,
		    json_pack("{s:s, s:i, s:i, s:{s:{s:{s:s}}, s:{s:{s:s}}, "
			      "s:{s:{s:s}}}}",
			      "shell", "true", "timeout_ms", 20000, "max_output_bytes",
			      100, "env", "A", "$secret", "env", "BELAY_TEST_NAME", "B",
			      "$secret", "env", "BELAY_TEST_USER", "C", "$secret", "env",
			      "BELAY_TEST_PORT")));
}

static json_t *store(void)
{
	_cleanup_free_ char *path = in_test("store");
	return json_pack("{s:s, s:s}", "name", "local", "directory", path);
}

static const struct row {
	const char *name, *object, *text, *replayed;
} rows[] = {
	{"a manifest", "shop/" ID "/manifest.json",
	 "{\n  \"chunks\": [\n    \"" DIGEST
	 "\"\n  ],\n  \"file\": \"postgres.dump\",\n  \"id\": \"" ID
	 "\",\n  \"name\": \"shop\",\n  \"sealed_bytes\": 14711\n}\n",
	 "{\n  \"chunks\": [\n    \"" DIGEST
	 "\"\n  ],\n  \"file\": \"***.dump\",\n  \"id\": \"" ID
	 "\",\n  \"name\": \"shop\",\n  \"sealed_bytes\": 14711\n}\n"},
	{"a signature", "shop/" ID "/manifest.sig", "-- MIIpostgres/4711== --",
	 "-- MII***/***== --"},
	{"nothing in it", "shop/" ID "/RESTORE.txt", "{\"plain\":1}", "{\"plain\":1}"},
};

static json_t *read_row(struct effects *fx, const struct row *row)
{
	return ask(fx, "object.read", EFFECT_OBSERVE,
		   json_pack("{s:o, s:s, s:i}", "store", store(), "name", row->object,
			     "max_bytes", 10000));
}

static json_t *list(struct effects *fx)
{
	return ask(fx, "object.list", EFFECT_OBSERVE,
		   json_pack("{s:o, s:s}", "store", store(), "prefix", "shop/"));
}

static json_t *write_row(struct effects *fx, const struct row *row)
{
	return ask(fx, "object.write", EFFECT_ACT,
		   json_pack("{s:o, s:s, s:s}", "store", store(), "name", row->object,
			     "text", row->text));
}

static char *whole_file(const char *path)
{
	struct effects *fx = effects_new(effects_live_new());
	struct err err = {0};
	char *text = NULL;
	CHECK_OK(effects_read_file(fx, path, 1 << 20, &text, &err), &err);
	effects_free(fx);
	return text;
}

/* What a live run sees, and what its replay does. */
static void check_answers(struct effects *fx, bool live)
{
	json_t *names = list(fx);
	const json_t *objects = json_object_get(names, "objects");
	CHECK_INT_EQ(json_array_size(objects), 3);
	CHECK_STR_EQ(json_get_string(json_array_get(objects, 1), "name", ""),
		     "shop/" ID "/manifest.json");
	json_decref(names);
	FOR_ROWS(row, rows) {
		json_t *answer = read_row(fx, row);
		CHECK_STR_EQ(json_get_string(answer, "text", NULL),
			     live ? row->text : row->replayed);
		json_decref(answer);
	}
}

TEST(to_the_engine_as_it_is_and_to_a_tape_without_secrets)
{
	_cleanup_free_ char *path = in_test("tape");
	struct effects *fx = recorder(path);
	resolve(fx);
	json_t *digests[3];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		digests[i] = write_row(fx, &rows[i]);
	check_answers(fx, true);
	effects_free(fx);

	_cleanup_free_ char *tape = whole_file(path);
	CHECK_NULL(strstr(tape, "postgres"));
	CHECK_NULL(strstr(tape, "shop"));

	fx = player(path);
	resolve(fx);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *answer = write_row(fx, &rows[i]);
		CHECK(json_equal(answer, digests[i]) == 1);
		json_decref(answer);
		json_decref(digests[i]);
	}
	check_answers(fx, false);
	effects_free(fx);
}

/* Names of strangers are no ids: all of them is scrubbed. */
TEST(names_of_others)
{
	_cleanup_free_ char *path = in_test("tape");
	static const struct row strange = {"", "shop/postgres-4711/x4711", "x", "x"};
	struct effects *fx = recorder(path);
	resolve(fx);
	json_decref(write_row(fx, &strange));
	json_t *names = list(fx);
	const json_t *first = json_array_get(json_object_get(names, "objects"), 0);
	CHECK_STR_EQ(json_get_string(first, "name", ""), strange.object);
	json_decref(names);
	effects_free(fx);
	_cleanup_free_ char *tape = whole_file(path);
	CHECK_NULL(strstr(tape, "postgres"));
	CHECK_STR_HAS(tape, "\"***/***-***/x***\"");
}

/* The journal is written back as it was read: a mask in it would be kept for good. */
TEST(documents_of_the_journal)
{
	_cleanup_free_ char *path = in_test("tape");
	_cleanup_free_ char *repository = in_test("journal.git");
	static const char text[] = "{\n  \"shop\": \"is postgres\"\n}\n";
	struct effects *fx = recorder(path);
	resolve(fx);
	json_t *remote = json_pack("{s:s, s:b}", "path", repository, "create", 1);
	json_decref(
		ask(fx, "git.append", EFFECT_ACT,
		    json_pack("{s:O, s:s, s:n, s:{s:s, s:s}, s:[{s:s, s:s, s:i, "
			      "s:{s:s}}]}",
			      "remote", remote, "branch", "state", "parent", "author",
			      "name", "n", "email", "e@x", "commits", "subject", "s",
			      "body", "b", "at_ms", 1000, "files", "state.json", text)));
	json_t *answer =
		ask(fx, "git.read", EFFECT_OBSERVE,
		    json_pack("{s:o, s:s}", "remote", remote, "branch", "state"));
	const json_t *files = json_object_get(answer, "files");
	CHECK_STR_EQ(json_get_string(files, "state.json", NULL), text);
	json_decref(answer);
	effects_free(fx);
	_cleanup_free_ char *tape = whole_file(path);
	CHECK_NULL(strstr(tape, "is postgres"));
	CHECK_NULL(strstr(tape, "shop"));
}
