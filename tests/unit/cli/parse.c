/* Command lines: how words become a request, and what is said about those that do not. */
#include <string.h>

#include "belay/cli.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "test.h"

#define WORDS_MAX 16

/* Splits at blanks; '' is an empty word. The pieces live in `copy`. */
static int split(char *copy, char **words)
{
	int count = 0;
	words[count++] = (char *)"belay";
	for (char *at = copy; *at && count < WORDS_MAX - 1;) {
		at += strspn(at, " ");
		size_t len = strcspn(at, " ");
		if (!len)
			break;
		words[count++] = at;
		bool last = !at[len];
		at[len] = '\0';
		if (strcmp(words[count - 1], "''") == 0)
			words[count - 1] = (char *)"";
		at += len + !last;
	}
	words[count] = NULL;
	return count;
}

static int parse(const char *line, struct request **ret,
		 const struct command **ret_command, struct err *err)
{
	char *words[WORDS_MAX];
	_cleanup_free_ char *copy = mem_strdup(line);
	return cli_parse(split(copy, words), words, ret, ret_command, err);
}

static const struct {
	const char *name, *line, *want; /* request_to_json */
} good[] = {
	{"verb alone", "status", "{'verb': 'status', 'options': {}, 'arguments': []}"},
	{"long option", "deploy --version v1",
	 "{'verb': 'deploy', 'options': {'version': 'v1'}, 'arguments': []}"},
	{"long option with =", "deploy --version=v=1",
	 "{'verb': 'deploy', 'options': {'version': 'v=1'}, 'arguments': []}"},
	{"short option, next word", "status -e production",
	 "{'verb': 'status', 'options': {'environment': 'production'}, 'arguments': []}"},
	{"short option, same word", "status -eproduction",
	 "{'verb': 'status', 'options': {'environment': 'production'}, 'arguments': []}"},
	{"cluster", "status -ve x",
	 "{'verb': 'status', 'options': {'verbose': true, 'environment': 'x'}, 'arguments': []}"},
	{"global option before the verb", "-c my.yml --json status",
	 "{'verb': 'status', 'options': {'config': 'my.yml', 'json': true}, 'arguments': []}"},
	{"option after an argument", "check up --json",
	 "{'verb': 'check', 'options': {'json': true}, 'arguments': ['up']}"},
	{"-- ends options", "check -- --up -x",
	 "{'verb': 'check', 'options': {}, 'arguments': ['--up', '-x']}"},
	{"- is an argument", "check -",
	 "{'verb': 'check', 'options': {}, 'arguments': ['-']}"},
	{"list grows", "deploy --version v1 -s api --service=web",
	 "{'verb': 'deploy', 'options': {'version': 'v1', 'service': ['api', 'web']}, "
	 "'arguments': []}"},
	{"option of a word", "backup restore --to x db",
	 "{'verb': 'backup', 'options': {'to': 'x'}, 'arguments': ['restore', 'db']}"},
	{"last one counts", "status -e a -e b",
	 "{'verb': 'status', 'options': {'environment': 'b'}, 'arguments': []}"},
	{"time", "status --at 2026-11-21T09:52:03Z",
	 "{'verb': 'status', 'options': {'at': '2026-11-21T09:52:03Z'}, 'arguments': []}"},
	{"record is not recorded", "status --record tape",
	 "{'verb': 'status', 'options': {}, 'arguments': []}"},
	{"--version before a verb", "--version --json",
	 "{'verb': 'version', 'options': {'json': true}, 'arguments': []}"},
	{"a value that looks like an option", "deploy --version -x",
	 "{'verb': 'deploy', 'options': {'version': '-x'}, 'arguments': []}"},
};

TEST(words_become_a_request)
{
	FOR_ROWS(row, good) {
		struct err err = {0};
		_cleanup_(request_freep) struct request *request = NULL;
		const struct command *command = NULL;
		if (!CHECK_OK(parse(row->line, &request, &command, &err), &err))
			continue;
		_cleanup_json_ json_t *got = request_to_json(request, command);
		CHECK_JSON_EQ(got, row->want);
	}
}

TEST(a_request_survives_a_tape)
{
	FOR_ROWS(row, good) {
		struct err err = {0};
		_cleanup_(request_freep) struct request *request = NULL, *again = NULL;
		const struct command *command = NULL, *command_again = NULL;
		if (!CHECK_OK(parse(row->line, &request, &command, &err), &err))
			continue;
		_cleanup_json_ json_t *value = request_to_json(request, command);
		CHECK_OK(request_from_json(value, &again, &command_again, &err), &err);
		CHECK(command == command_again);
		_cleanup_json_ json_t *got = request_to_json(again, command);
		CHECK_JSON_EQ(got, row->want);
	}
}

static const struct {
	const char *name, *line, *message, *hint;
} bad[] = {
	{"unknown verb", "depoly", "unknown command 'depoly'", "'belay deploy'"},
	{"nothing like it", "zzzzzz", "unknown command 'zzzzzz'", "belay --help"},
	{"unknown option", "deploy --vresion v1",
	 "unknown option '--vresion' for 'belay deploy'", "'--version'"},
	{"unknown global option", "--jsn", "unknown option '--jsn'", "'--json'"},
	{"unknown letter", "status -Z", "unknown option '-Z'", "belay status --help"},
	{"option of another verb", "status --artifact x", "unknown option '--artifact'",
	 "'belay deploy' has that option"},
	{"verb's option before the verb", "--artifact x deploy", "before the command",
	 "belay deploy --artifact"},
	{"missing value", "status -c", "option '--config' needs a value",
	 "--config FILE"},
	{"missing value after =", "status --config=",
	 "option '--config' has an empty value", ""},
	{"empty value", "status --config ''", "option '--config' has an empty value", ""},
	{"value for a flag", "status --json=yes", "option '--json' takes no value", ""},
	{"no time", "status --at noon", "option '--at' takes a time, found 'noon'",
	 "2026-"},
	{"missing required option", "deploy", "'belay deploy' needs --version VERSION",
	 "--help"},
	{"too many arguments", "version x", "'belay version' has no use for 'x'",
	 "--help"},
	{"too few arguments", "replay", "'belay replay' needs TAPE",
	 "belay replay --help"},
	{"quiet and verbose", "status -qv", "--quiet and --verbose", ""},
	{"option of another word", "backup run --to x",
	 "'belay backup run' takes no --to", "did you mean 'belay backup restore'?"},
	{"option of other words", "backup run --key x",
	 "'belay backup run' takes no --key",
	 "it is an option of: verify, restore, drill, keygen"},
	{"flag of another word", "backup list --overwrite", "takes no --overwrite",
	 "'belay backup restore'"},
	{"words of keygen", "backup restore --to x --days 3", "takes no --days",
	 "'belay backup keygen'"},
	{"help for two words", "help backup run list", "'belay help' takes one command",
	 ""},
	{"help for two", "help status deploy", "'belay help' takes one command", ""},
	{"help for none such", "help stats", "unknown command 'stats'", "'belay status'"},
	{"markdown elsewhere", "status --markdown", "unknown option '--markdown'", ""},
};

TEST(errors_name_the_word_and_the_nearest)
{
	FOR_ROWS(row, bad) {
		struct err err = {0};
		_cleanup_(request_freep) struct request *request = NULL;
		const struct command *command = NULL;
		CHECK_FAILS(parse(row->line, &request, &command, &err), &err, ERR_USAGE,
			    row->message);
		CHECK_STR_HAS(err.hint, row->hint);
		CHECK_NULL(request);
	}
}

static const struct {
	const char *name, *line, *verb;
} help[] = {
	{"bare", "", NULL},
	{"--help", "--help", NULL},
	{"-h", "-h", NULL},
	{"help", "help", NULL},
	{"help verb", "help deploy", "deploy"},
	{"help verb word", "help backup restore", "backup"},
	{"verb --help", "deploy --help", "deploy"},
	{"verb -h in a cluster", "deploy -vh", "deploy"},
	{"--help verb", "--help deploy", "deploy"},
	{"no complaint about what is missing", "replay --help", "replay"},
};

TEST(help_is_asked_for_in_many_ways)
{
	FOR_ROWS(row, help) {
		struct err err = {0};
		_cleanup_(request_freep) struct request *request = NULL;
		const struct command *command = NULL;
		if (!CHECK_OK(parse(row->line, &request, &command, &err), &err))
			continue;
		CHECK_STR_EQ(command ? command->name : NULL, row->verb);
		CHECK(*row->line == '\0' || request_wants_help(request));
	}
}

static const struct {
	const char *name, *value, *message;
} tapes[] = {
	{"no verb", "{}", "unknown command ''"},
	{"verb of another belay", "{'verb': 'fly'}", "unknown command 'fly'"},
	{"unknown option", "{'verb': 'status', 'options': {'up': true}}",
	 "has no option '--up'"},
	{"flag with text", "{'verb': 'status', 'options': {'json': 'x'}}", "wrong type"},
	{"text with a flag's value", "{'verb': 'status', 'options': {'config': true}}",
	 "wrong type"},
	{"list in a text", "{'verb': 'status', 'options': {'config': ['a']}}",
	 "wrong type"},
	{"missing required option", "{'verb': 'deploy', 'options': {}}",
	 "needs --version"},
};

TEST(a_header_that_does_not_fit_is_refused)
{
	FOR_ROWS(row, tapes) {
		struct err err = {0};
		_cleanup_free_ char *text = mem_strdup(row->value);
		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		_cleanup_json_ json_t *value = NULL;
		_cleanup_(request_freep) struct request *request = NULL;
		const struct command *command = NULL;
		CHECK_OK(json_parse(text, strlen(text), "row", &value, &err), &err);
		CHECK(request_from_json(value, &request, &command, &err) < 0);
		CHECK_STR_HAS(err.message, row->message);
	}
}

TEST(reading_a_request)
{
	struct err err = {0};
	_cleanup_(request_freep) struct request *request = NULL;
	const struct command *command = NULL;
	CHECK_OK(parse("deploy --version v1 -s a -s b --json --at 1970-01-01T00:00:01Z",
		       &request, &command, &err),
		 &err);
	CHECK_STR_EQ(request_text(request, "version"), "v1");
	CHECK_STR_EQ(request_text(request, "artifact"), NULL);
	CHECK_STR_EQ(request_list(request, "service")[1], "b");
	CHECK_NULL(request_list(request, "service")[2]);
	CHECK_NULL(request_list(request, "none")[0]);
	CHECK(request_flag(request, "json"));
	CHECK(!request_flag(request, "quiet"));
	CHECK_INT_EQ(request_integer(request, "at", -1), 1000);
	CHECK_INT_EQ(request_integer(request, "limit", 7), 7);
	CHECK_INT_EQ(request_argument_count(request), 0);
	CHECK_NULL(request_argument(request, 0));
	request_set_text(request, "config", "other.yml");
	CHECK_STR_EQ(request_text(request, "config"), "other.yml");
	request_set_text(request, "config", "third.yml");
	CHECK_STR_EQ(request_text(request, "config"), "third.yml");
}
