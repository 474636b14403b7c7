/* Inputs of a workflow step → request, and what is said about those that do not fit. */
#include <string.h>

#include "belay/action.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "request.h"
#include "test.h"

#define VARIABLES_MAX 12

/* "COMMAND=check;VERBOSE=true" → {"INPUT_COMMAND=check", …}; "!NAME=…" without the prefix. */
struct variables {
	char *items[VARIABLES_MAX + 1];
	size_t count;
};

static void variables_release(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		free(variables->items[i]);
}

static struct variables variables_of(const char *text)
{
	struct variables variables = {0};
	while (*text && variables.count < VARIABLES_MAX) {
		size_t len = strcspn(text, ";");
		bool bare = *text == '!';
		variables.items[variables.count++] = str_format(
			"%s%.*s", bare ? "" : "INPUT_", (int)(len - bare), text + bare);
		text += len + (text[len] == ';');
	}
	return variables;
}

static const struct {
	const char *name, *inputs, *want;
} good[] = {
	{"deploy is what it does", "VERSION=v1",
	 "{'verb': 'deploy', 'options': {'version': 'v1'}, 'arguments': []}"},
	{"empty is not given", "COMMAND=;VERSION=v1;SERVICE=;DRY_RUN=;NOBODY_KNOWS=",
	 "{'verb': 'deploy', 'options': {'version': 'v1'}, 'arguments': []}"},
	{"blanks around do not count", "COMMAND= check \n;ENVIRONMENT=\tprod ",
	 "{'verb': 'check', 'options': {'environment': 'prod'}, 'arguments': []}"},
	{"lower_snake is --lower-snake", "VERSION=v1;TAKE_LOCK=true",
	 "{'verb': 'deploy', 'options': {'version': 'v1', 'take-lock': true}, "
	 "'arguments': []}"},
	{"false is not given", "VERSION=v1;DRY_RUN=false;TAKE_LOCK=FALSE",
	 "{'verb': 'deploy', 'options': {'version': 'v1'}, 'arguments': []}"},
	{"lists at commas and line breaks", "VERSION=v1;SERVICE=api, web\ndb\r\n\n,",
	 "{'verb': 'deploy', 'options': {'version': 'v1', 'service': ['api', 'web', "
	 "'db']}, 'arguments': []}"},
	{"words", "COMMAND=check;ARGUMENTS=up\n certificate  disk",
	 "{'verb': 'check', 'options': {}, 'arguments': ['up', 'certificate', 'disk']}"},
	{"words after the command", "ARGUMENTS=20261121T1;COMMAND=incident  show",
	 "{'verb': 'incident', 'options': {}, 'arguments': ['show', '20261121T1']}"},
	{"an incident", "COMMAND=incident open;TITLE=orders fail;SEVERITY=P1",
	 "{'verb': 'incident', 'options': {'title': 'orders fail', 'severity': 'P1'}, "
	 "'arguments': ['open']}"},
	{"a watch", "COMMAND=watch;FOR=50m;EVERY=2m",
	 "{'verb': 'watch', 'options': {'for': '50m', 'every': '2m'}, 'arguments': []}"},
	{"a test", "COMMAND=notify;TEST=true;ARGUMENTS=ops pager",
	 "{'verb': 'notify', 'options': {'test': true}, 'arguments': ['ops', 'pager']}"},
	{"components", "COMMAND=restart;COMPONENT=web,worker",
	 "{'verb': 'restart', 'options': {'component': ['web', 'worker']}, 'arguments': "
	 "[]}"},
	{"numbers", "COMMAND=status;LIMIT=7",
	 "{'verb': 'status', 'options': {'limit': 7}, 'arguments': []}"},
	{"a token is no option", "VERSION=v1;TOKEN=ghs_x",
	 "{'verb': 'deploy', 'options': {'version': 'v1'}, 'arguments': []}"},
	{"other variables are not ours", "VERSION=v1;!PATH=/bin;!INPUTS=x",
	 "{'verb': 'deploy', 'options': {'version': 'v1'}, 'arguments': []}"},
	{"values with equals signs", "VERSION=a=b;REASON=x == y",
	 "{'verb': 'deploy', 'options': {'version': 'a=b', 'reason': 'x == y'}, "
	 "'arguments': []}"},
};

TEST(inputs_become_a_request)
{
	FOR_ROWS(row, good) {
		struct err err = {0};
		struct action_inputs inputs = {0};
		__attribute__((cleanup(variables_release))) struct variables variables =
			variables_of(row->inputs);
		if (!CHECK_OK(action_inputs_read(variables.items, &inputs, &err), &err))
			continue;
		_cleanup_json_ json_t *words =
			request_to_json(inputs.request, inputs.command);
		CHECK_JSON_EQ(words, row->want);
		action_inputs_release(&inputs);
	}
}

static const struct {
	const char *name, *inputs, *message, *hint;
} bad[] = {
	{"misspelt", "VERSION=v1;DRY_RUNS=true", "unknown input 'dry_runs'",
	 "did you mean 'dry_run'?"},
	{"with dashes", "VERSION=v1;TAKE-LOCK=true", "unknown input 'take-lock'",
	 "did you mean 'take_lock'?"},
	{"misspelt special", "VERSION=v1;WORKING_DIR=x", "unknown input 'working_dir'",
	 NULL},
	{"of another command", "COMMAND=check;ARTIFACT=x",
	 "command 'check' does not take the input 'artifact'", "it belongs to 'deploy'"},
	{"the runner's own", "VERSION=v1;ARGS=up", "unknown input 'args'", "'arguments'"},
	{"no option for steps", "VERSION=v1;NO_COLOR=true", "unknown input 'no_color'",
	 NULL},
	{"help", "VERSION=v1;HELP=true", "unknown input 'help'", NULL},
	{"missing", "COMMAND=deploy", "needs the input 'version'", "below 'with:'"},
	{"unknown command", "COMMAND=deplyo", "'command' does not know 'deplyo'",
	 "did you mean 'deploy'?"},
	{"not for steps", "COMMAND=completion", "'command' does not know 'completion'",
	 "deploy, rollback, begin"},
	{"a word too many", "COMMAND=verify now", "no use for 'now'", NULL},
	{"a word too few", "COMMAND=incident", "incident", NULL},
	{"neither true nor false", "VERSION=v1;DRY_RUN=yes",
	 "input 'dry_run' takes true or false, found 'yes'", NULL},
	{"no number", "COMMAND=status;LIMIT=many", "input 'limit'", NULL},
	{"no time", "COMMAND=status;AT=yesterday", "input 'at'", "2026"},
	{"one too many", "COMMAND=verify;ARGUMENTS=x", "no use for 'x'", NULL},
	{"both", "VERSION=v1;QUIET=true;VERBOSE=true", "exclude each other", NULL},
};

TEST(inputs_that_do_not_fit)
{
	FOR_ROWS(row, bad) {
		struct err err = {0};
		struct action_inputs inputs = {0};
		__attribute__((cleanup(variables_release))) struct variables variables =
			variables_of(row->inputs);
		CHECK_FAILS(action_inputs_read(variables.items, &inputs, &err), &err,
			    ERR_USAGE, row->message);
		if (row->hint)
			CHECK_STR_HAS(err.hint, row->hint);
		CHECK_NULL(inputs.request);
	}
}

static const struct {
	const char *name, *value, *tape, *report;
} files[] = {
	{"true", "true", "belay.tape", "belay-report.md"},
	{"false", "false", NULL, NULL},
	{"a name", "out/run", "out/run", "out/run"},
	{"a name that begins so", "true.md", "true.md", "true.md"},
};

TEST(a_file_has_a_name)
{
	FOR_ROWS(row, files) {
		struct err err = {0};
		struct action_inputs inputs = {0};
		_cleanup_free_ char *text = str_format("VERSION=v1;RECORD=%s;REPORT=%s",
						       row->value, row->value);
		__attribute__((cleanup(variables_release))) struct variables variables =
			variables_of(text);
		if (CHECK_OK(action_inputs_read(variables.items, &inputs, &err), &err)) {
			CHECK_STR_EQ(request_text(inputs.request, "record"), row->tape);
			CHECK_STR_EQ(inputs.report, row->report);
		}
		action_inputs_release(&inputs);
	}
}

static const struct {
	const char *name, *inputs, *want; /* NULL: nothing to do */
} ends[] = {
	{"nothing was opened", "COMMAND=deploy;VERSION=v1", NULL},
	{"empty state", "COMMAND=begin;VERSION=v1;!STATE_belay_transaction=", NULL},
	{"left open",
	 "COMMAND=begin;VERSION=v1;REASON=mine;ENVIRONMENT=prod;CONFIG=x.yml;RECORD=true;"
	 "!STATE_belay_transaction=20261121T095203Z-3fa2",
	 "finish"},
};

TEST(the_end_of_a_job)
{
	FOR_ROWS(row, ends) {
		struct err err = {0};
		struct action_inputs inputs = {0};
		__attribute__((cleanup(variables_release))) struct variables variables =
			variables_of(row->inputs);
		if (!CHECK_OK(action_inputs_read_post(variables.items, &inputs, &err),
			      &err))
			continue;
		if (!row->want) {
			CHECK_NULL(inputs.command);
		} else if (CHECK(inputs.command)) {
			_cleanup_json_ json_t *words =
				request_to_json(inputs.request, inputs.command);
			json_t *options = json_object_get(words, "options");
			CHECK_STR_EQ(inputs.command->name, "finish");
			CHECK_STR_EQ(json_get_string(options, "transaction", ""),
				     "20261121T095203Z-3fa2");
			CHECK(json_get_bool(options, "failed", false));
			CHECK_STR_HAS(json_get_string(options, "reason", ""),
				      "without 'belay finish'");
			CHECK_STR_EQ(json_get_string(options, "environment", ""), "prod");
			CHECK_STR_EQ(json_get_string(options, "config", ""), "x.yml");
			CHECK_INT_EQ(json_object_size(options), 5);
		}
		action_inputs_release(&inputs);
	}
}

TEST(the_directory)
{
	struct err err = {0};
	struct action_inputs inputs = {0};
	__attribute__((cleanup(variables_release))) struct variables variables =
		variables_of("VERSION=v1;WORKING_DIRECTORY=services/api");
	if (CHECK_OK(action_inputs_read(variables.items, &inputs, &err), &err))
		CHECK_STR_EQ(inputs.directory, "services/api");
	action_inputs_release(&inputs);
}
