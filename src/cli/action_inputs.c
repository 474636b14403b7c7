/* INPUT_* → request, by the option tables alone: input take_lock is option --take-lock.
 *
 * The runner sets INPUT_ and the name in upper case for every input that the action declares, empty
 * when the workflow says nothing, and for every other key below `with:` too (after a warning that is
 * easily missed). The latter is an error here: a misspelt `dry_run` must not deploy. */
#include <ctype.h>
#include <string.h>

#include "belay/action.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "request.h"

#define PREFIX "INPUT_"
#define TAPE_NAME "belay.tape"
#define REPORT_NAME "belay-report.md"
#define SEVERAL "Several: separated by commas or line breaks."

const struct action_input action_inputs[] = {
	{"command",
	 "what to do: deploy, rollback, begin, finish, restart, plan, check, watch, backup, "
	 "notify, status, history, incident, verify, replay, validate, doctor or version. Words may "
	 "follow it, as in 'backup run'",
	 NULL},
	{"arguments",
	 "words after the command, separated by blanks or line breaks, such as the names of "
	 "checks or backups",
	 NULL},
	{"working_directory", "where to run, relative to the workspace", NULL},
	{"token",
	 "the token for this repository: the journal is a branch of it. Needs the permission "
	 "'contents: write'",
	 NULL},
	{"report",
	 "write the job summary into a file as well: its name, or true for " REPORT_NAME
	 " in the workspace",
	 NULL},
	{"record", NULL, "A file name, or true for " TAPE_NAME " in the workspace."},
	{"service", NULL, SEVERAL},
	{"component", NULL, SEVERAL},
	{"type", NULL, SEVERAL},
	{NULL},
};

/* Not those that a person at a desk asks: init, schema, docs, completion. */
const char *const action_verbs[] = {
	"deploy", "rollback", "begin",  "finish",  "restart", "plan",     "check",
	"watch",  "notify",   "status", "history", "backup",  "incident", "verify",
	"replay", "validate", "doctor", "version", NULL,
};

/* Of help and colours, and of `backup keygen`, whose keys have no business on a runner. */
bool action_hides_option(const char *name)
{
	static const char *const hidden[] = {"help",    "no-color", "name",
					     "purpose", "days",     "no-passphrase"};
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (strcmp(name, hidden[i]) == 0)
			return true;
	return false;
}

void action_inputs_release(struct action_inputs *inputs)
{
	request_freep(&inputs->request);
	mem_freep(&inputs->directory);
	mem_freep(&inputs->report);
	inputs->command = NULL;
}

/* --- variables ------------------------------------------------------------------------------- */

static char *trimmed(const char *text)
{
	text += strspn(text, " \t\r\n");
	size_t len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	return mem_strndup(text, len);
}

/* "INPUT_TAKE_LOCK=true" → take_lock and true. False for any other variable and an empty one. */
static bool take_input(const char *variable, char **ret_name, char **ret_value)
{
	const char *equals = strchr(variable, '=');
	if (!str_has_prefix(variable, PREFIX) || !equals)
		return false;
	_cleanup_free_ char *value = trimmed(equals + 1);
	if (!*value)
		return false;
	const char *from = variable + strlen(PREFIX);
	char *name = mem_strndup(from, (size_t)(equals - from));
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	*ret_name = name;
	*ret_value = TAKE_PTR(value);
	return true;
}

static char *with_dashes(const char *name)
{
	char *copy = mem_strdup(name);
	for (char *c = copy; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return copy;
}

static char *with_underscores(const char *name)
{
	char *copy = mem_strdup(name);
	for (char *c = copy; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return copy;
}

/* --- names ----------------------------------------------------------------------------------- */

/* The option that an input stands for, or NULL. */
static const struct option *option_of(const struct command *command, const char *name)
{
	_cleanup_free_ char *dashed = with_dashes(name);
	/* take-lock is no name of an input, though it is one of an option. */
	if (strchr(name, '-') || action_hides_option(dashed))
		return NULL;
	return request_option(command, dashed);
}

static const char *owner_of(const char *name)
{
	for (const char *const *verb = action_verbs; *verb; verb++) {
		const struct command *command = command_find(*verb);
		if (command && option_of(command, name))
			return *verb;
	}
	return NULL;
}

struct names {
	const char **items;
	size_t count, capacity;
};

static void add_options(struct names *names, const struct option *rows)
{
	for (; rows && rows->name; rows++)
		if (!action_hides_option(rows->name))
			*vec_push(names) = rows->name;
}

/* Compared with dashes, so that take-lock finds take_lock. */
static char *nearest_input(const char *name)
{
	struct names names = {0};
	_cleanup_free_ char *dashed = with_dashes(name);
	for (const struct action_input *row = action_inputs; row->name; row++)
		if (row->help)
			*vec_push(&names) = row->name;
	add_options(&names, global_options);
	for (const char *const *verb = action_verbs; *verb; verb++) {
		const struct command *command = command_find(*verb);
		add_options(&names, command ? command->options : NULL);
	}
	const char *near = str_nearest(dashed, names.items, names.count);
	char *result = near ? with_underscores(near) : NULL;
	free(names.items);
	return result;
}

static int refuse_name(const struct command *command, const char *name, struct err *err)
{
	const char *owner = owner_of(name);
	if (owner) {
		err_set(err, ERR_USAGE, "command '%s' does not take the input '%s'",
			command->name, name);
		return err_hint(err, "it belongs to '%s'", owner);
	}
	_cleanup_free_ char *near = nearest_input(name);
	err_set(err, ERR_USAGE, "unknown input '%s'", name);
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	if (strcmp(name, "args") == 0 || strcmp(name, "entrypoint") == 0)
		return err_hint(err, "the runner keeps that name for itself; words after "
				     "the command go into 'arguments'");
	return err_hint(err, "docs/action.md lists the inputs");
}

/* --- values ---------------------------------------------------------------------------------- */

/* Booleans as YAML's core schema writes them, and nothing else. */
static int read_flag(const char *name, const char *value, bool *ret, struct err *err)
{
	static const char *const yes[] = {"true", "True", "TRUE"};
	static const char *const no[] = {"false", "False", "FALSE"};
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		*ret = strcmp(value, yes[i]) == 0;
		if (*ret || strcmp(value, no[i]) == 0)
			return 0;
	}
	return err_set(err, ERR_USAGE, "input '%s' takes true or false, found '%s'", name,
		       value);
}

/* Adds every part of `value` between any of `separators`. */
static int add_parts(struct request *request, const struct option *option,
		     const char *value, const char *separators, struct err *err)
{
	while (*value) {
		size_t len = strcspn(value, separators);
		_cleanup_free_ char *raw = mem_strndup(value, len);
		_cleanup_free_ char *part = trimmed(raw);
		if (request_check_word(part, err) < 0)
			return -1;
		if (*part && !option)
			request_words_add(&request->arguments, part);
		else if (*part && request_add(request, option, part, err) < 0)
			return -1;
		value += len + (value[len] != '\0');
	}
	return 0;
}

/* A file name, or true for the usual one. NULL for false. Fresh. */
static char *file_named(const char *name, const char *value, const char *usual)
{
	struct err ignored = {0};
	bool set = false;
	if (read_flag(name, value, &set, &ignored) < 0)
		return mem_strdup(value);
	return set ? mem_strdup(usual) : NULL;
}

static int add_option(struct request *request, const struct option *option,
		      const char *name, const char *value, struct err *err)
{
	bool set = false;
	if (option->type == OPTION_FLAG) {
		if (read_flag(name, value, &set, err) < 0)
			return -1;
		return set ? request_add(request, option, NULL, err) : 0;
	}
	if (option->type == OPTION_LIST)
		return add_parts(request, option, value, ",\r\n", err);
	if (strcmp(name, "record") != 0)
		return request_add(request, option, value, err);
	_cleanup_free_ char *tape = file_named(name, value, TAPE_NAME);
	return tape ? request_add(request, option, tape, err) : 0;
}

static int add_input(struct action_inputs *inputs, const char *name, const char *value,
		     struct err *err)
{
	if (strcmp(name, "command") == 0 || strcmp(name, "token") == 0)
		return 0;
	if (strcmp(name, "working_directory") == 0) {
		free(inputs->directory);
		inputs->directory = mem_strdup(value);
		return 0;
	}
	if (strcmp(name, "report") == 0) {
		free(inputs->report);
		inputs->report = file_named(name, value, REPORT_NAME);
		return 0;
	}
	if (strcmp(name, "arguments") == 0)
		return add_parts(inputs->request, NULL, value, " \t\r\n", err);
	const struct option *option = option_of(inputs->command, name);
	if (!option)
		return refuse_name(inputs->command, name, err);
	if (add_option(inputs->request, option, name, value, err) < 0)
		return err_wrap(err, "input '%s'", name);
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int refuse_verb(const char *verb, struct err *err)
{
	_cleanup_str_ struct str known = STR_INIT;
	size_t count = 0;
	for (; action_verbs[count]; count++)
		str_addf(&known, "%s%s", count ? ", " : "", action_verbs[count]);
	const char *near = str_nearest(verb, action_verbs, count);
	err_set(err, ERR_USAGE, "input 'command' does not know '%s'", verb);
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "it takes one of: %s", str_text(&known));
}

/* "incident list" is the command incident with the word list. */
static int read_command(struct action_inputs *inputs, const char *words, struct err *err)
{
	size_t len = strcspn(words, " \t\r\n");
	_cleanup_free_ char *verb = mem_strndup(words, len);
	for (const char *const *row = action_verbs; *row; row++)
		if (strcmp(*row, verb) == 0)
			inputs->command = command_find(verb);
	if (!inputs->command)
		return refuse_verb(verb, err);
	return add_parts(inputs->request, NULL, words + len, " \t\r\n", err);
}

static int choose_command(char *const *environment, struct action_inputs *inputs,
			  struct err *err)
{
	_cleanup_free_ char *words = mem_strdup(action_verbs[0]);
	for (; *environment; environment++) {
		_cleanup_free_ char *name = NULL;
		_cleanup_free_ char *value = NULL;
		if (take_input(*environment, &name, &value) &&
		    strcmp(name, "command") == 0) {
			free(words);
			words = TAKE_PTR(value);
		}
	}
	return read_command(inputs, words, err);
}

static int check_required(const struct action_inputs *inputs, struct err *err)
{
	for (const struct option *row = inputs->command->options; row && row->name;
	     row++) {
		if (!row->required || request_flag(inputs->request, row->name))
			continue;
		_cleanup_free_ char *name = with_underscores(row->name);
		err_set(err, ERR_USAGE, "command '%s' needs the input '%s'",
			inputs->command->name, name);
		return err_hint(err, "%s; write it below 'with:'", row->help);
	}
	return request_check(inputs->request, inputs->command, err);
}

int action_inputs_read(char *const *environment, struct action_inputs *ret,
		       struct err *err)
{
	__attribute__((cleanup(action_inputs_release))) struct action_inputs inputs = {
		.request = mem_new(struct request)};
	if (choose_command(environment, &inputs, err) < 0)
		return -1;
	for (char *const *at = environment; *at; at++) {
		_cleanup_free_ char *name = NULL;
		_cleanup_free_ char *value = NULL;
		if (take_input(*at, &name, &value) &&
		    add_input(&inputs, name, value, err) < 0)
			return -1;
	}
	if (check_required(&inputs, err) < 0)
		return -1;
	*ret = inputs;
	inputs = (struct action_inputs){0};
	return 0;
}

/* --- the end of the job ---------------------------------------------------------------------- */

static const char *state(char *const *environment, const char *name)
{
	size_t len = strlen(name);
	for (; *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return "";
}

/* The inputs of the step are there again; those that say where and how to look still hold. */
static int add_again(struct action_inputs *inputs, char *const *environment,
		     struct err *err)
{
	static const char *const again[] = {"config", "environment", "quiet", "verbose",
					    "working_directory"};
	for (; *environment; environment++) {
		_cleanup_free_ char *name = NULL;
		_cleanup_free_ char *value = NULL;
		if (!take_input(*environment, &name, &value))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(again); i++)
			if (strcmp(again[i], name) == 0 &&
			    add_input(inputs, name, value, err) < 0)
				return -1;
	}
	return 0;
}

int action_inputs_read_post(char *const *environment, struct action_inputs *ret,
			    struct err *err)
{
	const char *transaction = state(environment, "STATE_belay_transaction");
	*ret = (struct action_inputs){0};
	if (!*transaction)
		return 0;
	__attribute__((cleanup(action_inputs_release))) struct action_inputs inputs = {
		.request = mem_new(struct request), .command = command_find("finish")};
	const struct {
		const char *option, *value;
	} words[] = {
		{"transaction", transaction},
		{"failed", NULL},
		{"reason", "the job ended without 'belay finish'"},
	};
	for (size_t i = 0; inputs.command && i < ARRAY_SIZE(words); i++) {
		const struct option *option =
			request_option(inputs.command, words[i].option);
		if (option &&
		    request_add(inputs.request, option, words[i].value, err) < 0)
			return -1;
	}
	if (inputs.command && add_again(&inputs, environment, err) < 0)
		return -1;
	*ret = inputs;
	inputs = (struct action_inputs){0};
	return 0;
}
