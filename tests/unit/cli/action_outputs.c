/* Outputs, state and hints of a step; and the words of action.yml against the tables. */
#include <string.h>

#include "belay/action.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/yaml.h"
#include "listing.h"
#include "test.h"

static struct yaml *metadata(void)
{
	struct err err = {0};
	struct yaml *yaml = NULL;
	size_t size = 0;
	_cleanup_free_ char *text = test_read("../action.yml", &size);
	CHECK_OK(yaml_parse(text, size, "action.yml", &yaml, &err), &err);
	return yaml;
}

/* --- inputs of action.yml -------------------------------------------------------------------- */

static const struct action_input *special(const char *name)
{
	for (const struct action_input *row = action_inputs; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* Checks one description, and marks the input as known. */
static void check_input(json_t *inputs, const char *option, const char *help)
{
	_cleanup_free_ char *name = mem_strdup(option);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	test_row("input %s", name);
	const struct action_input *row = special(name);
	_cleanup_free_ char *sentence =
		listing_sentence(row && row->help ? row->help : help);
	_cleanup_free_ char *want =
		str_format("%s.%s%s", sentence, row && row->added ? " " : "",
			   row && row->added ? row->added : "");
	json_t *input = json_object_get(inputs, name);
	if (!CHECK(input) || json_get_bool(input, "x-seen", false))
		return; /* the first command that has it says what it means */
	CHECK_STR_EQ(json_get_string(input, "description", ""), want);
	json_object_set_new(input, "x-seen", json_true());
}

static void check_rows(json_t *inputs, const struct option *rows)
{
	for (; rows && rows->name; rows++)
		if (!action_hides_option(rows->name))
			check_input(inputs, rows->name, rows->help);
}

TEST(every_option_is_an_input)
{
	struct yaml *yaml = metadata();
	if (!yaml)
		return;
	_cleanup_json_ json_t *root = json_deep_copy(yaml_value(yaml));
	json_t *inputs = json_object_get(root, "inputs");
	for (const struct action_input *row = action_inputs; row->name; row++)
		if (row->help)
			check_input(inputs, row->name, row->help);
	check_rows(inputs, global_options);
	for (const char *const *verb = action_verbs; *verb; verb++) {
		const struct command *command = command_find(*verb);
		test_row("command %s", *verb);
		if (CHECK(command))
			check_rows(inputs, command->options);
	}
	const char *name;
	json_t *input;
	json_object_foreach(inputs, name, input) {
		test_row("input %s", name);
		CHECK(json_get_bool(input, "x-seen", false));
	}
	test_at_row(NULL);
	yaml_freep(&yaml);
}

/* Each name stands in docs/action.md in the form of code. */
TEST(every_name_is_documented)
{
	struct yaml *yaml = metadata();
	size_t size = 0;
	_cleanup_free_ char *page = test_read("../docs/action.md", &size);
	static const char *const sections[] = {"inputs", "outputs"};
	for (size_t i = 0; yaml && i < 2; i++) {
		const char *name;
		json_t *value;
		json_object_foreach(json_object_get(yaml_value(yaml), sections[i]), name,
				    value) {
			_cleanup_free_ char *code = str_format("`%s`", name);
			test_row("%s %s", sections[i], name);
			CHECK(strstr(page, code));
		}
	}
	test_at_row(NULL);
	yaml_freep(&yaml);
}

/* --- outputs --------------------------------------------------------------------------------- */

static const struct err no_error;

TEST(outputs_are_those_of_the_metadata)
{
	struct yaml *yaml = metadata();
	if (!yaml)
		return;
	_cleanup_str_ struct str out = STR_INIT;
	const struct action_outcome outcome = {.err = &no_error};
	action_add_outputs(&out, &outcome, "X");
	const char *at = str_text(&out);
	const char *name;
	json_t *output;
	json_object_foreach(json_object_get(yaml_value(yaml), "outputs"), name, output) {
		_cleanup_free_ char *row = str_format("%s<<X\n", name);
		test_row("output %s", name);
		const char *found = strstr(at, row);
		if (CHECK(found))
			at = found;
	}
	test_at_row(NULL);
	size_t rows = 0;
	for (const char *c = str_text(&out); (c = strstr(c, "<<X\n")); c++)
		rows++;
	CHECK_INT_EQ(rows,
		     json_object_size(json_object_get(yaml_value(yaml), "outputs")));
	yaml_freep(&yaml);
}

static json_t *value_of(const char *text)
{
	struct err err = {0};
	json_t *value = NULL;
	_cleanup_free_ char *copy = mem_strdup(text);
	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	CHECK_OK(json_parse(copy, strlen(copy), "row", &value, &err), &err);
	return value;
}

static const struct {
	const char *name, *result;
	int status;
	const char *error, *want;
} outputs[] = {
	{"passed",
	 "{'environment': 'p', 'deployment': 'd1', 'version': 'v2', 'previous': 'v1', "
	 "'reason': null}",
	 0, NULL,
	 "decision<<X\npassed\nX\nreason_code<<X\n\nX\nexit_status<<X\n0\nX\nreason<<X\n\nX\nenvironment<<X\np\nX\n"
	 "deployment_id<<X\nd1\nX\nversion<<X\nv2\nX\nprevious_version<<X\nv1\nX\n"
	 "rolled_back<<X\nfalse\nX\n"},
	{"rolled back",
	 "{'version': 'v3', 'previous': null, 'reason': 'gates failed', "
	 "'timeline': [{'step': 'gates', 'outcome': 'failed'}]}",
	 3, NULL,
	 "decision<<X\nrolled-back\nX\nreason_code<<X\ngates-failed\nX\nexit_status<<X\n3\nX\nreason<<X\ngates failed\nX\n"
	 "environment<<X\n\nX\ndeployment_id<<X\n\nX\nversion<<X\nv3\nX\n"
	 "previous_version<<X\n\nX\nrolled_back<<X\ntrue\nX\n"},
	{"a gate",
	 "{'outcome': 'fail', 'verdicts': [{'check': 'a', 'outcome': 'pass', 'reason': "
	 "'fine'}, {'check': 'b', 'outcome': 'fail', 'reason': 'down'}, {'check': 'c', "
	 "'outcome': 'fail', 'reason': 'late'}]}",
	 1, NULL,
	 "decision<<X\nfailed\nX\nreason_code<<X\nchecks-failed\nX\nexit_status<<X\n1\nX\nreason<<X\nb: down; c: late\nX\n"},
	{"backups",
	 "{'backups': [{'name': 'db', 'outcome': 'made', 'reason': null}, {'name': 'app', "
	 "'outcome': 'failed', 'reason': 'no room'}, {'name': 'site', 'outcome': 'bad', "
	 "'reason': null, 'copies': [{'reason': null}, {'reason': 'damaged'}]}]}",
	 1, NULL,
	 "decision<<X\nfailed\nX\nreason_code<<X\nrun-failed\nX\nexit_status<<X\n1\nX\nreason<<X\napp: no room; site: damaged\nX\n"},
	{"an error", NULL, 10, "the lock is held",
	 "decision<<X\nlocked\nX\nreason_code<<X\nfail\nX\nexit_status<<X\n10\nX\nreason<<X\nthe lock is held\nX\n"},
	{"another error", NULL, 2, "no configuration found",
	 "decision<<X\nerror\nX\nreason_code<<X\nfail\nX\nexit_status<<X\n2\nX\n"},
};

TEST(outputs_of_results)
{
	FOR_ROWS(row, outputs) {
		_cleanup_str_ struct str out = STR_INIT;
		_cleanup_json_ json_t *value = row->result ? value_of(row->result) : NULL;
		struct err err = {0};
		if (row->error)
			(void)err_set(&err, ERR_FAIL, "%s", row->error);
		const struct action_outcome outcome = {
			.value = value, .err = &err, .status = row->status};
		action_add_outputs(&out, &outcome, "X");
		CHECK(str_has_prefix(str_text(&out), row->want));
		if (!str_has_prefix(str_text(&out), row->want))
			CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name, *command, *result;
	int status;
	enum err_code error;
	const char *want;
} reason_codes[] = {
	{"passed", "deploy", "{'timeline': [{'step': 'github', 'outcome': 'warning'}]}",
	 0, ERR_NONE, ""},
	{"the first step that failed", "deploy",
	 "{'timeline': [{'step': 'prepare', 'outcome': 'ok'}, {'step': 'switch', "
	 "'outcome': 'failed'}, {'step': 'undo', 'outcome': 'failed'}]}",
	 4, ERR_NONE, "switch-failed"},
	{"no basis", "deploy", "{'timeline': [{'step': 'soak', 'outcome': 'failed'}]}", 5,
	 ERR_NONE, "soak-inconclusive"},
	{"interrupted", "deploy",
	 "{'timeline': [{'step': 'switch', 'outcome': 'failed'}]}", 130, ERR_NONE,
	 "cancelled"},
	{"checks without data", "check", "{'verdicts': []}", 5, ERR_NONE,
	 "checks-inconclusive"},
	{"a watch", "watch", "{'gate': {'verdicts': []}}", 1, ERR_NONE, "gates-failed"},
	{"gates after a restart", "restart",
	 "{'timeline': [{'step': 'restart', 'outcome': 'ok'}], 'gate': {}}", 1, ERR_NONE,
	 "gates-failed"},
	{"channels", "notify", "{'failed': []}", 1, ERR_NONE, "notify-failed"},
	{"the lock", "deploy", NULL, 10, ERR_LOCKED, "locked"},
	{"an error's word", "deploy", NULL, 2, ERR_NOT_FOUND, "not-found"},
	{"inputs that do not fit", NULL, NULL, 2, ERR_USAGE, "usage"},
};

TEST(reasons_in_one_word)
{
	FOR_ROWS(row, reason_codes) {
		_cleanup_json_ json_t *value = row->result ? value_of(row->result) : NULL;
		struct err err = {0};
		if (row->error)
			(void)err_set(&err, row->error, "no");
		const struct action_outcome outcome = {
			.command = row->command ? command_find(row->command) : NULL,
			.value = value,
			.err = &err,
			.status = row->status};
		_cleanup_free_ char *code = action_reason_code(&outcome);
		CHECK_STR_EQ(code, row->want);
	}
}

static const struct {
	const char *name, *result, *want; /* rows that must be among the outputs */
} places[] = {
	{"a lock and an issue",
	 "{'environment': 'p', 'generation': 7, 'incident': {'url': 'https://i/1'}}",
	 "lock_id<<X\np/7\nX\nincident_url<<X\nhttps://i/1\nX\n"},
	{"neither", "{'environment': 'p', 'incident': null}",
	 "lock_id<<X\n\nX\nincident_url<<X\n\nX\n"},
	{"an issue nobody could write", "{'incident': {'url': null}}",
	 "incident_url<<X\n\nX\n"},
	{"the only incident",
	 "{'incidents': [{'links': {'pager': {'url': null}, 'issue': {'url': "
	 "'https://i/2'}}}]}",
	 "incident_url<<X\nhttps://i/2\nX\n"},
	{"one of several",
	 "{'incidents': [{'links': {'a': {'url': 'x'}}}, {'links': {'a': {'url': "
	 "'y'}}}]}",
	 "incident_url<<X\n\nX\n"},
};

TEST(outputs_that_name_places)
{
	FOR_ROWS(row, places) {
		_cleanup_str_ struct str out = STR_INIT;
		_cleanup_json_ json_t *value = value_of(row->result);
		const struct action_outcome outcome = {
			.value = value, .err = &no_error, .report = "out/page.md"};
		action_add_outputs(&out, &outcome, "X");
		CHECK_STR_HAS(str_text(&out), row->want);
		CHECK_STR_HAS(str_text(&out), "report_path<<X\nout/page.md\nX\n");
	}
}

TEST(a_result_too_large_is_left_out)
{
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_str_ struct str large = STR_INIT;
	str_pad(&large, 'x', 600 * 1024);
	_cleanup_json_ json_t *value = json_pack("{s:s}", "text", str_text(&large));
	const struct action_outcome outcome = {.value = value, .err = &no_error};
	action_add_outputs(&out, &outcome, "X");
	CHECK_STR_HAS(str_text(&out), "result<<X\n\nX\n");
}

static const struct {
	const char *name, *command;
	int status;
	bool dry_run;
	const char *want;
} states[] = {
	{"begun", "begin", 0, false, "belay_transaction<<X\nd1\nX\n"},
	{"not begun", "begin", 10, false, ""},
	{"only looked", "begin", 0, true, ""},
	{"deployed", "deploy", 0, false, ""},
	{"finished", "finish", 0, false, ""},
};

TEST(what_the_end_of_the_job_knows)
{
	FOR_ROWS(row, states) {
		_cleanup_str_ struct str out = STR_INIT;
		_cleanup_json_ json_t *value = value_of("{'deployment': 'd1'}");
		const struct action_outcome outcome = {
			.command = command_find(row->command),
			.value = value,
			.err = &no_error,
			.status = row->status,
			.dry_run = row->dry_run,
		};
		action_add_state(&out, &outcome, "X");
		CHECK_STR_EQ(str_text(&out), row->want);
	}
}

static const struct {
	const char *name;
	enum err_code code;
	const char *message, *hint, *want; /* want NULL: the hint stays */
} hints[] = {
	{"no permission to write", ERR_AUTH, "the git remote forbids to write (HTTP 403)",
	 "the token needs the permission 'contents: write'",
	 "permissions: {contents: write}"},
	{"no token", ERR_AUTH, "the git remote asks for credentials (HTTP 401)",
	 "give a token with the permission 'contents: read'",
	 "permissions: {contents: write}"},
	{"a host key", ERR_AUTH, "unknown host key", "look", NULL},
	{"no checkout", ERR_NOT_FOUND, "no configuration found", "run 'belay init'",
	 "actions/checkout"},
	{"a held lock", ERR_LOCKED, "the lock is held", "run again with --take-lock",
	 "take_lock: true"},
	{"any other", ERR_FAIL, "no", "maybe", NULL},
};

TEST(hints_for_workflows)
{
	FOR_ROWS(row, hints) {
		struct err err = {0};
		(void)err_set(&err, row->code, "%s", row->message);
		(void)err_hint(&err, "%s", row->hint);
		action_explain(&err);
		CHECK_STR_EQ(err.message, row->message);
		CHECK(str_has_prefix(err.hint, row->hint));
		if (row->want)
			CHECK_STR_HAS(err.hint, row->want);
		else
			CHECK_STR_EQ(err.hint, row->hint);
	}
}
