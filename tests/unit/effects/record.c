/* A run is recorded and replayed; tapes that are damaged are refused with a place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/json.h"
#include "fake_layer.h"
#include "test.h"

static char *tape_path(const char *name)
{
	return str_format("%s/%s", test_directory(), name);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	if (!CHECK(file != NULL))
		return;
	fputs(text, file);
	fclose(file);
}

static char *read_text(const char *path)
{
	struct str text = STR_INIT;
	char buffer[4096];
	FILE *file = fopen(path, "r");
	size_t got;
	while (file && (got = fread(buffer, 1, sizeof buffer, file)) > 0)
		str_add_bytes(&text, buffer, got);
	if (file)
		fclose(file);
	return str_take(&text);
}

/* --- a round trip -------------------------------------------------------------------------- */

static void work_in_lane(struct effects *lane, size_t index, void *context)
{
	char **logs = context;
	struct str log = STR_INIT;
	for (int i = 0; i < 20; i++) {
		char args[64];
		snprintf(args, sizeof args, "{'index': %zu, 'i': %d}", index, i);
		json_t *answer = NULL;
		struct err err = {0};
		const char *kind = i % 7 == 3 ? "fail.net" : "http";
		if (ask(lane, kind, EFFECT_OBSERVE, args, &answer, &err) < 0)
			str_addf(&log, "%s %s %d; ", err_code_name(err.code), err.message,
				 err.sys_errno);
		else
			str_addf(&log, "%s %lld; ", json_get_string(answer, "lane", "?"),
				 (long long)json_get_int(json_object_get(answer, "echo"),
							 "i", -1));
		json_decref(answer);
	}
	logs[index] = str_take(&log);
}

/* What a run sees, as one text. */
static char *run(struct effects *fx)
{
	struct str log = STR_INIT;
	static const char *const names[] = {"host/a", "host/b", "host/c", "host/d"};
	char *logs[ARRAY_SIZE(names)];
	for (int round = 0; round < 2; round++) {
		str_addf(&log, "%lld\n", (long long)effects_now_ms(fx));
		effects_fan_out(fx, ARRAY_SIZE(names), names, work_in_lane, logs);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			str_addf(&log, "%s\n", logs[i]);
			free(logs[i]);
		}
	}
	struct err err = {0};
	json_t *answer = NULL;
	if (ask(fx, "fail.cancelled", EFFECT_ACT, "{}", &answer, &err) < 0)
		str_addf(&log, "%s: %s (%s) cancelled %d\n", err_code_name(err.code),
			 err.message, err.hint, effects_cancelled(fx));
	if (ask(fx, "file.write", EFFECT_ACT, "{'path': 'x', 'text': 'y'}", &answer,
		&err) == 0)
		json_add_brief(&log, answer, 200);
	json_decref(answer);
	return str_take(&log);
}

static struct effects *recorder(const char *path)
{
	struct effects_layer *record = NULL;
	struct err err = {0};
	_cleanup_json_ json_t *header = json_pack("{s:[s,s]}", "argv", "deploy", "-e");
	CHECK_OK(effects_record_new(fake_new(NULL), path, header, &record, &err), &err);
	return effects_new(record);
}

static struct effects *player(const char *path, json_t **ret_header)
{
	struct effects_layer *replay = NULL;
	struct err err = {0};
	if (!CHECK_OK(effects_replay_new(path, &replay, ret_header, &err), &err))
		return NULL;
	return effects_new(replay);
}

TEST(round_trip)
{
	_cleanup_free_ char *path = tape_path("tape");
	struct effects *fx = recorder(path);
	_cleanup_free_ char *live = run(fx);
	effects_free(fx);

	struct stat status;
	CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);

	_cleanup_json_ json_t *header = NULL;
	fx = player(path, &header);
	if (!fx)
		return;
	CHECK_JSON_EQ(header, "{'argv': ['deploy', '-e'], 'belay_tape': 1}");
	_cleanup_free_ char *replayed = run(fx);
	CHECK_STR_EQ(replayed, live);

	/* Everything is used up now. */
	struct err err = {0};
	CHECK_FAILS(ask(fx, "http", EFFECT_OBSERVE, "{'index': 1}", NULL, &err), &err,
		    ERR_DIVERGED, "nothing is left");
	_cleanup_json_ json_t *noted = effects_noted(fx);
	CHECK_JSON_EQ(noted, "[]");
	effects_free(fx);
}

TEST(lines)
{
	_cleanup_free_ char *path = tape_path("tape");
	struct effects *fx = recorder(path);
	struct err err = {0};
	CHECK_OK(ask(fx, "http", EFFECT_OBSERVE, "{'url': 'u'}", NULL, &err), &err);
	CHECK(ask(fx, "fail.net", EFFECT_ACT, "{}", NULL, &err) < 0);
	effects_free(fx);
	_cleanup_free_ char *text = read_text(path);
	CHECK_STR_EQ(
		text,
		"{\"argv\":[\"deploy\",\"-e\"],\"belay_tape\":1}\n"
		"{\"answer\":{\"echo\":{\"url\":\"u\"},\"lane\":\"\"},\"args\":{\"url\":\"u\"},"
		"\"kind\":\"http\",\"lane\":\"\",\"mode\":\"observe\",\"n\":1,\"subject\":\"web1\"}\n"
		"{\"args\":{},\"error\":{\"code\":\"net\",\"errno\":17,\"hint\":\"try again\","
		"\"message\":\"it failed: \"},\"kind\":\"fail.net\",\"lane\":\"\",\"mode\":\"act\","
		"\"n\":2,\"subject\":\"web1\"}\n"
		"{\"end\":2}\n");
}

TEST(tape_cannot_be_written)
{
	struct effects_layer *record = NULL;
	struct err err = {0};
	CHECK_FAILS(effects_record_new(fake_new(NULL), "/no/such/directory/tape", NULL,
				       &record, &err),
		    &err, ERR_FAIL, "/no/such/directory/tape");
}

/* A full disk does not fail the run. */
TEST(full_disk)
{
	struct effects_layer *record = NULL;
	struct err err = {0};
	_cleanup_free_ char *path = tape_path("tape");
	CHECK_OK(effects_record_new(fake_new(NULL), path, NULL, &record, &err), &err);
	struct effects *fx = effects_new(record);
	CHECK_OK(ask(fx, "http", EFFECT_OBSERVE, "{}", NULL, &err), &err);
	effects_free(fx);
	if (effects_record_new(fake_new(NULL), "/dev/full", NULL, &record, &err) == 0)
		effects_free(effects_new(record));
}

/* --- divergence ---------------------------------------------------------------------------- */

static const char small_tape[] =
	"{\"belay_tape\":1}\n"
	"{\"lane\":\"\",\"n\":1,\"kind\":\"clock\",\"mode\":\"observe\",\"args\":{},"
	"\"answer\":{\"now_ms\":5,\"mono_ms\":6}}\n"
	"{\"lane\":\"check/a\",\"n\":1,\"kind\":\"http\",\"mode\":\"observe\","
	"\"args\":{\"url\":\"http://one/\",\"timeout_ms\":5},\"answer\":{\"status\":200}}\n"
	"{\"lane\":\"check/a\",\"n\":2,\"kind\":\"http\",\"mode\":\"observe\","
	"\"args\":{\"url\":\"http://***@two/***?x\",\"timeout_ms\":5.0},\"answer\":{\"status\":201}}\n"
	"{\"lane\":\"check/a\",\"n\":3,\"kind\":\"http\",\"mode\":\"observe\","
	"\"args\":{\"url\":\"http://one/\",\"timeout_ms\":5},\"answer\":{\"status\":202}}\n"
	"{\"end\":4}\n";

static void ask_in_lane(struct effects *lane, size_t index, void *context)
{
	(void)index;
	(void)context;
	static const struct {
		const char *args;
		int status; /* 0: diverges */
	} rows[] = {
		{"{'url': 'http://one/', 'timeout_ms': 5}", 200},
		{"{'url': 'http://one/', 'timeout_ms': 5}", 202},
		{"{'url': 'http://user:pw@two/path?x', 'timeout_ms': 5}", 201},
		{"{'url': 'http://three/', 'timeout_ms': 5}", 0},
		{"{'url': 'http://one/', 'timeout_ms': 5}", 0}, /* stays diverged */
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = {0};
		_cleanup_json_ json_t *answer = NULL;
		test_row("ask %zu", i);
		int result =
			ask(lane, "http", EFFECT_OBSERVE, rows[i].args, &answer, &err);
		if (rows[i].status) {
			CHECK_OK(result, &err);
			CHECK_INT_EQ(json_get_int(answer, "status", 0), rows[i].status);
		} else {
			CHECK_FAILS(result, &err, ERR_DIVERGED, "lane 'check/a'");
			CHECK_STR_HAS(err.message, "three");
		}
	}
}

TEST(matching)
{
	_cleanup_free_ char *path = tape_path("tape");
	write_text(path, small_tape);
	struct effects *fx = player(path, NULL);
	if (!fx)
		return;
	static const char *const names[] = {"check/a"};
	effects_fan_out(fx, 1, names, ask_in_lane, NULL);
	effects_free(fx);
}

TEST(divergence_names_the_nearest)
{
	_cleanup_free_ char *path = tape_path("tape");
	write_text(path, small_tape);
	struct effects *fx = player(path, NULL);
	if (!fx)
		return;
	struct err err = {0};
	CHECK_INT_EQ(effects_now_ms(fx), 5);
	CHECK_INT_EQ(effects_now_ms(fx), 5);
	CHECK_FAILS(effects_sleep(fx, 7, &err), &err, ERR_DIVERGED,
		    "no clock {} in the main lane");
	CHECK_STR_HAS(err.hint, "another");
	effects_free(fx);
}

static void ask_elsewhere(struct effects *lane, size_t index, void *context)
{
	(void)index;
	struct err *err = context;
	(void)ask(lane, "http", EFFECT_OBSERVE, "{'url': 'http://one/', 'timeout_ms': 6}",
		  NULL, err);
}

TEST(divergence_in_lanes)
{
	_cleanup_free_ char *path = tape_path("tape");
	write_text(path, small_tape);
	struct effects *fx = player(path, NULL);
	if (!fx)
		return;
	struct err err = {0};
	static const char *const known[] = {"check/a"}, *const unknown[] = {"check/b"};
	effects_fan_out(fx, 1, known, ask_elsewhere, &err);
	CHECK_FAILS(-1, &err, ERR_DIVERGED, "(line 3)");
	effects_fan_out(fx, 1, unknown, ask_elsewhere, &err);
	CHECK_FAILS(-1, &err, ERR_DIVERGED, "does not know this lane");
	effects_free(fx);
}

/* --- damage -------------------------------------------------------------------------------- */

static const struct damage_row {
	const char *name, *text;
	enum err_code code;
	const char *message;
} damage_rows[] = {
	{"empty", "", ERR_CONFIG, "empty"},
	{"other file", "{\"version\":1}\n", ERR_CONFIG, "line 1: this is no tape"},
	{"not JSON", "hello\n", ERR_CONFIG, "line 1: not valid JSON"},
	{"newer", "{\"belay_tape\":2}\n", ERR_CONFIG,
	 "newer belay (format 2, this one reads 1)"},
	{"cut in a line", "{\"belay_tape\":1}\n{\"lane\":\"\",\"kin", ERR_CONFIG,
	 "line 2: the tape breaks off"},
	{"damaged line", "{\"belay_tape\":1}\n{\"lane\"\n", ERR_CONFIG,
	 "line 2: not valid JSON"},
	{"no lane", "{\"belay_tape\":1}\n{\"kind\":\"http\",\"args\":{},\"answer\":{}}\n",
	 ERR_CONFIG, "line 2: no lane"},
	{"no answer",
	 "{\"belay_tape\":1}\n{\"lane\":\"\",\"kind\":\"http\",\"args\":{}}\n",
	 ERR_CONFIG, "line 2: neither"},
	{"answer and error",
	 "{\"belay_tape\":1}\n{\"lane\":\"\",\"kind\":\"h\",\"args\":{},\"answer\":1,\"error\":{}}\n",
	 ERR_CONFIG, "line 2: neither"},
	{"bad error",
	 "{\"belay_tape\":1}\n{\"lane\":\"\",\"kind\":\"h\",\"args\":{},\"error\":{}}\n",
	 ERR_CONFIG, "line 2: an error without"},
	{"behind the end", "{\"belay_tape\":1}\n{\"end\":0}\n{\"end\":0}\n", ERR_CONFIG,
	 "line 3: something follows"},
	{"an array", "{\"belay_tape\":1}\n[]\n", ERR_CONFIG, "line 2"},
	{"version is no number", "{\"belay_tape\":\"1\"}\n", ERR_CONFIG, "line 1"},
	{"version zero", "{\"belay_tape\":0}\n", ERR_CONFIG, "line 1: unknown format"},
};

TEST(damaged_tapes)
{
	FOR_ROWS(row, damage_rows) {
		_cleanup_free_ char *path = tape_path("tape");
		write_text(path, row->text);
		struct effects_layer *replay = NULL;
		_cleanup_json_ json_t *header = NULL;
		struct err err = {0};
		CHECK_FAILS(effects_replay_new(path, &replay, &header, &err), &err,
			    row->code, row->message);
		CHECK_NULL(replay);
	}
	struct effects_layer *replay = NULL;
	struct err err = {0};
	CHECK_FAILS(effects_replay_new("/no/such/tape", &replay, NULL, &err), &err,
		    ERR_NOT_FOUND, "/no/such/tape");
}

/* A run that was killed leaves a tape without an end mark: what is there can be replayed. */
TEST(unfinished_tape)
{
	_cleanup_free_ char *path = tape_path("tape");
	write_text(path, "{\"belay_tape\":1}\n");
	struct effects *fx = player(path, NULL);
	if (!fx)
		return;
	struct err err = {0};
	CHECK_FAILS(effects_sleep(fx, 1, &err), &err, ERR_DIVERGED,
		    "does not know this lane");
	CHECK_STR_HAS(err.hint, "did not come to its end");
	effects_free(fx);
}
