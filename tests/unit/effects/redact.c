/* No secret leaves the chain: planted ones are looked for in answers, keys, errors and tapes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static const char secret[] = "s3cr\"et/w\\ord+1";

static struct effects *chain(void)
{
	setenv("BELAY_TEST_SECRET", secret, 1);
	return effects_new(effects_redact_new(effects_live_new()));
}

static int shell(struct effects *fx, const char *text, json_t **ret_answer,
		 struct err *err)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:{s:{s:{s:s}}}, s:i, s:i}", "shell", text, "env",
			  "PASSWORD", "$secret", "env", "BELAY_TEST_SECRET", "timeout_ms",
			  20000, "max_output_bytes", 4000);
	struct effect effect = {.kind = "run", .args = args};
	return effects_perform(fx, &effect, ret_answer, err);
}

static const struct row {
	const char *name, *command, *want;
} rows[] = {
	{"plain", "printf '<%s>' \"$PASSWORD\"", "<***>"},
	{"base64", "printf %s \"$PASSWORD\" | base64", "***\n"},
	{"basic", "printf %s \"user:$PASSWORD\" | base64", "dXNlcjp***E=\n"},
	{"percent", "printf %s 's3cr%22et%2Fw%5Cord%2B1'", "***"},
	{"JSON", "printf %s '{\"a\": \"s3cr\\\"et/w\\\\ord+1\"}'", "{\"a\": \"***\"}"},
	{"pattern", "echo https://me:pw@example.com AKIAIOSFODNN7EXAMPLE",
	 "https://***@example.com ***\n"},
};

TEST(answers)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	FOR_ROWS(row, rows) {
		_cleanup_json_ json_t *answer = NULL;
		struct err err = {0};
		CHECK_OK(shell(fx, row->command, &answer, &err), &err);
		CHECK_STR_EQ(json_get_string(answer, "stdout", NULL), row->want);
	}
}

TEST(standard_error_and_environment)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	CHECK_OK(shell(fx, "printf %s \"$PASSWORD\" >&2", &answer, &err), &err);
	CHECK_STR_EQ(json_get_string(answer, "stderr", NULL), "***");
	_cleanup_free_ char *value = NULL;
	CHECK_OK(effects_env(fx, "BELAY_TEST_SECRET", &value, &err), &err);
	CHECK_STR_EQ(value, "***");
}

TEST(errors)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	CHECK_OK(shell(fx, "true", NULL, &err), &err);
	char *path = str_format("/nowhere/%s", secret);
	char *text = NULL;
	CHECK_FAILS(effects_read_file(fx, path, 10, &text, &err), &err, ERR_NOT_FOUND,
		    "'/nowhere/***'");
	free(path);
	char *redacted = effects_redact_text(fx, "x s3cr\"et/w\\ord+1 y https://a:b@c");
	CHECK_STR_EQ(redacted, "x *** y https://***@c");
	free(redacted);
}

/* File names become strings of an answer. */
TEST(lists)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	setenv("BELAY_TEST_SECRET", "file-secret-1", 1);
	CHECK_OK(shell(fx, "true", NULL, &err), &err);
	char *path = str_format("%s/file-secret-1.txt", test_directory());
	CHECK_OK(effects_write_file(fx, path, "x", 0600, false, &err), &err);
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", test_directory());
	struct effect list = {.kind = "file.list", .args = args};
	_cleanup_json_ json_t *answer = NULL;
	CHECK_OK(effects_perform(fx, &list, &answer, &err), &err);
	CHECK_JSON_EQ(answer, "{'names': ['***.txt']}");
	free(path);
}

TEST(secrets_from_files)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	char *path = str_format("%s/secret", test_directory());
	CHECK_OK(effects_write_file(fx, path, "from-a-file\n", 0600, false, &err), &err);
	_cleanup_json_ json_t *args = json_pack(
		"{s:s, s:{s:{s:{s:s}, s:s, s:s}}}", "shell", "printf %s \"<$T>\"", "env",
		"T", "$secret", "file", path, "prefix", "pre-", "suffix", "-suf");
	struct effect run = {.kind = "run", .args = args};
	_cleanup_json_ json_t *answer = NULL;
	CHECK_OK(effects_perform(fx, &run, &answer, &err), &err);
	CHECK_STR_EQ(json_get_string(answer, "stdout", NULL), "<pre-***-suf>");
	free(path);
}

static const struct missing_row {
	const char *name, *reference;
	bool present;
	const char *message;
} missing_rows[] = {
	{"not set", "{'$secret': {'env': 'BELAY_TEST_UNSET'}}", false,
	 "'BELAY_TEST_UNSET' for variable 'T' of a command is not set"},
	{"empty", "{'$secret': {'env': 'BELAY_TEST_EMPTY'}}", false, "is empty"},
	{"no file", "{'$secret': {'file': '/no/such/file'}}", false, "/no/such/file"},
	{"neither", "{'$secret': {}}", false, "is no secret"},
	{"both", "{'$secret': {'env': 'A', 'file': 'B'}}", false, "is no secret"},
	{"no reference", "{'x': 1}", false, "is no secret"},
	{"present", "{'$secret': {'env': 'BELAY_TEST_SECRET'}}", true, NULL},
};

TEST(missing_secrets)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	setenv("BELAY_TEST_EMPTY", "", 1);
	FOR_ROWS(row, missing_rows) {
		char *text = mem_strdup(row->reference);
		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		_cleanup_json_ json_t *reference = json_loads(text, 0, NULL);
		free(text);
		struct err err = {0};
		_cleanup_json_ json_t *answer = NULL;
		struct effect ask = {.kind = "secret", .args = reference};
		CHECK_OK(effects_perform(fx, &ask, &answer, &err), &err);
		CHECK_INT_EQ(json_is_true(json_object_get(answer, "present")),
			     row->present);

		_cleanup_json_ json_t *args = json_pack("{s:s, s:{s:O}}", "shell", "true",
							"env", "T", reference);
		struct effect run = {.kind = "run", .args = args};
		int result = effects_perform(fx, &run, NULL, &err);
		if (row->present)
			CHECK_OK(result, &err);
		else
			CHECK_FAILS(result, &err, ERR_CONFIG, row->message);
	}
}

/* A tape is written above redact: neither answers nor arguments may hold a secret. */
TEST(tapes)
{
	setenv("BELAY_TEST_SECRET", secret, 1);
	char *path = str_format("%s/tape", test_directory());
	struct effects_layer *record = NULL;
	struct err err = {0};
	_cleanup_json_ json_t *header =
		json_pack("{s:s}", "argv", "check https://me:pw@example.com");
	CHECK_OK(effects_record_new(effects_redact_new(effects_live_new()), path, header,
				    &record, &err),
		 &err);
	struct effects *fx = effects_new(record);
	CHECK_OK(shell(fx, "printf %s \"$PASSWORD\"; echo AKIAIOSFODNN7EXAMPLE", NULL,
		       &err),
		 &err);
	char *command = str_format("echo '%s' https://me:pw@example.com", secret);
	CHECK_OK(shell(fx, command, NULL, &err), &err);
	effects_free(fx);

	FILE *file = fopen(path, "r");
	char buffer[8192] = "";
	if (CHECK(file != NULL)) {
		buffer[fread(buffer, 1, sizeof buffer - 1, file)] = '\0';
		fclose(file);
	}
	CHECK_NULL(strstr(buffer, "s3cr"));
	CHECK_NULL(strstr(buffer, ":pw@"));
	CHECK_NULL(strstr(buffer, "AKIA"));
	CHECK_STR_HAS(buffer, "***");

	/* And it still replays, although the run asks with the real texts. */
	struct effects_layer *replay = NULL;
	CHECK_OK(effects_replay_new(path, &replay, NULL, &err), &err);
	fx = effects_new(replay);
	CHECK_OK(shell(fx, "printf %s \"$PASSWORD\"; echo AKIAIOSFODNN7EXAMPLE", NULL,
		       &err),
		 &err);
	CHECK_OK(shell(fx, command, NULL, &err), &err);
	effects_free(fx);
	free(command);
	free(path);
}
