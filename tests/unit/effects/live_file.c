/* The handlers of files, clocks and the environment, through a live chain. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "test.h"

static struct effects *chain(void)
{
	return effects_new(effects_redact_new(effects_live_new()));
}

static int ask(struct effects *fx, const char *kind, json_t *takes_args,
	       json_t **ret_answer, struct err *err)
{
	struct effect effect = {.kind = kind, .args = takes_args};
	int result = effects_perform(fx, &effect, ret_answer, err);
	json_decref(takes_args);
	return result;
}

TEST(write_and_read)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	_cleanup_free_ char *path = str_format("%s/a/b/file", test_directory());
	struct err err = {0};
	char *text = NULL;
	struct stat status;
	CHECK_OK(effects_write_file(fx, path, "one", 0640, false, &err), &err);
	CHECK_OK(effects_write_file(fx, path, "two", 0600, false, &err), &err);
	CHECK_OK(effects_read_file(fx, path, 3, &text, &err), &err);
	CHECK_STR_EQ(text, "two");
	free(text);
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
	CHECK_FAILS(effects_read_file(fx, path, 2, &text, &err), &err, ERR_LIMIT,
		    "limit");
	CHECK_FAILS(effects_write_file(fx, path, "three", 0600, true, &err), &err,
		    ERR_FAIL, "exists");
	CHECK_INT_EQ(err.sys_errno, 17);
	CHECK_FAILS(effects_read_file(fx, "/no/such", 2, &text, &err), &err,
		    ERR_NOT_FOUND, "/no/such");
}

TEST(real_paths)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *root = realpath(test_directory(), NULL);
	_cleanup_free_ char *path = str_format("%s//./not/yet/", root);
	_cleanup_free_ char *want = str_format("%s/not/yet", root);
	CHECK_OK(ask(fx, "file.real", json_pack("{s:s}", "path", path), &answer, &err),
		 &err);
	CHECK_STR_EQ(json_get_string(answer, "path", ""), want);
}

TEST(bytes_that_are_no_text)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	char *text = NULL;
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *shown = NULL;
	_cleanup_free_ char *path = str_format("%s/bytes", test_directory());
	_cleanup_free_ char *command =
		str_format("printf 'a\\377\\000b' | tee '%s'", path);
	CHECK_OK(ask(fx, "run", json_pack("{s:s}", "shell", command), &shown, &err),
		 &err);
	CHECK_STR_EQ(json_get_string(shown, "stdout", NULL), "a\xef\xbf\xbd\xef\xbf\xbd"
							     "b");
	CHECK_OK(ask(fx, "file.read",
		     json_pack("{s:s, s:i}", "path", path, "max_bytes", 9), &answer,
		     &err),
		 &err);
	CHECK_JSON_EQ(answer, "{'base64': 'Yf8AYg=='}");
	CHECK_FAILS(effects_read_file(fx, path, 9, &text, &err), &err, ERR_CONFIG,
		    "not UTF-8");
}

TEST(stat_and_list)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *missing = NULL;
	_cleanup_json_ json_t *directory = NULL;
	CHECK_OK(ask(fx, "file.stat", json_pack("{s:s}", "path", "/no/such"), &missing,
		     &err),
		 &err);
	CHECK_JSON_EQ(missing, "{'type': 'missing', 'size_bytes': 0, 'modified_ms': 0}");
	CHECK_OK(ask(fx, "file.stat", json_pack("{s:s}", "path", test_directory()),
		     &directory, &err),
		 &err);
	CHECK_STR_EQ(json_get_string(directory, "type", NULL), "directory");
	CHECK(json_get_int(directory, "modified_ms", 0) > 1600000000000);
	CHECK_FAILS(
		ask(fx, "file.list", json_pack("{s:s}", "path", "/no/such"), NULL, &err),
		&err, ERR_NOT_FOUND, "/no/such");
	CHECK_FAILS(ask(fx, "file.read", json_object(), NULL, &err), &err, ERR_CONFIG,
		    "needs a path");
}

TEST(system_and_unknown_kinds)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	CHECK_OK(ask(fx, "system", json_object(), &answer, &err), &err);
	CHECK_INT_EQ(json_get_int(answer, "pid", 0), getpid());
	CHECK(*json_get_string(answer, "hostname", ""));
	CHECK(*json_get_string(answer, "user", ""));
	CHECK(json_get_int(answer, "cores", 0) >= 1);
	CHECK_FAILS(ask(fx, "teleport", json_object(), NULL, &err), &err, ERR_FAIL,
		    "teleport");
	CHECK(effects_now_ms(fx) > 1600000000000);
}

TEST(artifacts)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	struct err err = {0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *path = str_format("%s/tree/file", test_directory());
	_cleanup_free_ char *tree = str_format("%s/tree", test_directory());
	CHECK_OK(effects_write_file(fx, path, "content", 0644, false, &err), &err);
	CHECK_OK(ask(fx, "artifact", json_pack("{s:s}", "path", tree), &answer, &err),
		 &err);
	CHECK_STR_EQ(json_get_string(answer, "format", NULL), "directory");
	CHECK_INT_EQ(json_get_int(answer, "unpacked_bytes", 0), 7);
	CHECK_INT_EQ(strlen(json_get_string(answer, "sha256", "")), 64);
	CHECK_FAILS(ask(fx, "artifact", json_pack("{s:s}", "path", path), NULL, &err),
		    &err, ERR_CONFIG, "no usable archive");
}

static const struct run_row {
	const char *name, *args, *want;
	enum err_code code;
} run_rows[] = {
	{"words", "{'argv': ['echo', 'a b']}", "a b\n", ERR_NONE},
	{"shell", "{'shell': 'echo a; echo b'}", "a\nb\n", ERR_NONE},
	{"directory", "{'shell': 'pwd', 'directory': '/'}", "/\n", ERR_NONE},
	{"input", "{'shell': 'cat', 'stdin': 'text'}", "text", ERR_NONE},
	{"variable", "{'shell': 'echo $A', 'env': {'A': 'plain'}}", "plain\n", ERR_NONE},
	{"neither", "{}", "either", ERR_CONFIG},
	{"both", "{'shell': 'a', 'argv': ['a']}", "either", ERR_CONFIG},
	{"no words", "{'argv': []}", "at least one", ERR_CONFIG},
	{"number", "{'argv': [1]}", "must be text", ERR_CONFIG},
	{"bad name", "{'shell': 'x', 'env': {'A=B': 'x'}}", "name of a variable",
	 ERR_CONFIG},
	{"no such command", "{'argv': ['no-such-command-here']}", "no-such-command-here",
	 ERR_NOT_FOUND},
};

TEST(run)
{
	_cleanup_(effects_freep) struct effects *fx = chain();
	FOR_ROWS(row, run_rows) {
		char *text = mem_strdup(row->args);
		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		json_t *args = json_loads(text, 0, NULL);
		free(text);
		_cleanup_json_ json_t *answer = NULL;
		struct err err = {0};
		int result = ask(fx, "run", args, &answer, &err);
		if (row->code != ERR_NONE) {
			CHECK_FAILS(result, &err, row->code, row->want);
			continue;
		}
		CHECK_OK(result, &err);
		CHECK_STR_EQ(json_get_string(answer, "stdout", NULL), row->want);
		CHECK_INT_EQ(json_get_int(answer, "exit", -1), 0);
	}
}
