/* One step of a workflow: masks, then a run like any other, then annotations, outputs and the summary.
 *
 * The run has the chain of effects that its options ask for. The front has one of its own, without
 * dry run and tape, because what it does belongs to the step and not to the run: a dry run has
 * outputs too, and a tape replays the same whether or not a workflow recorded it.
 *
 * Everything goes to standard output: the runner reads both streams for commands, in no certain
 * order. While the run reports progress, commands are switched off (stop-commands with a random
 * word), so nothing that a host says can be one. */
#include "front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "belay/action.h"
#include "belay/config.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "loader.h"
#include "wiring.h"

#define POST_NAME "belay-post"

struct front {
	struct effects *fx;
	struct action_inputs inputs;
	struct config *config; /* for masks and places; NULL when it cannot be read */
	const char *config_file;
	struct config_problems problems;
	struct action_annotations annotations;
	char *word; /* random, 32 digits: delimiter and stop word */
	bool post;
};

static void front_release(struct front *front)
{
	action_inputs_release(&front->inputs);
	config_freep(&front->config);
	config_problems_release(&front->problems);
	action_annotations_release(&front->annotations);
	effects_freep(&front->fx);
	mem_freep(&front->word);
}

bool front_is_meant(int argc, char *const *argv)
{
	const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;
	name = name ? name + 1 : argc > 0 ? argv[0] : "";
	return strcmp(name, POST_NAME) == 0 ||
	       (argc > 1 && strcmp(argv[1], "action") == 0);
}

/* --- before the run -------------------------------------------------------------------------- */

static void mask(struct front *front, const json_t *reference)
{
	struct err ignored = {0};
	_cleanup_json_ json_t *args = json_pack("{s:O}", "$secret", (json_t *)reference);
	const struct effect effect = {
		.kind = "mask", .mode = EFFECT_OBSERVE, .args = args};
	(void)effects_perform(front->fx, &effect, NULL, &ignored);
}

/* Tokens have well-known names; masked before anything else, also before the inputs are read. */
static void mask_tokens(struct front *front)
{
	static const char *const names[] = {"INPUT_TOKEN", "BELAY_TOKEN", "GITHUB_TOKEN",
					    "GH_TOKEN"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_json_ json_t *reference = json_pack("{s:s}", "env", names[i]);
		mask(front, reference);
	}
}

/* Takes `secrets`: rows of config_secrets() or config_backup_secrets(). */
static void mask_rows(struct front *front, json_t *secrets)
{
	size_t i;
	const json_t *row;
	json_array_foreach(secrets, i, row)
		mask(front, json_object_get(row, "$secret"));
	json_decref(secrets);
}

/* A configuration that cannot be read is for the run to report; here it only has nothing to mask. Backups have secrets of their
 * own, whether or not a service names them: to make them and to open them. */
static void mask_configured(struct front *front)
{
	struct err ignored = {0};
	_cleanup_free_ char *text = NULL;
	const char *named = request_text(front->inputs.request, "config");
	if (loader_read(front->fx, named, &front->config_file, &text, &ignored) < 0 ||
	    config_parse(text, strlen(text), front->config_file, &front->config,
			 &front->problems, &ignored) < 0)
		return;
	const struct config *config = front->config;
	for (size_t i = 0; i < config->environment_count; i++)
		mask_rows(front, config_secrets(config, &config->environments[i]));
	for (size_t i = 0; i < config->backup_count; i++) {
		mask_rows(front, config_backup_secrets(&config->backups[i], true));
		mask_rows(front, config_backup_secrets(&config->backups[i], false));
	}
}

static int enter_directory(const struct front *front, struct err *err)
{
	const char *directory = front->inputs.directory;
	if (!directory || chdir(directory) == 0)
		return 0;
	err_set_errno(err, ERR_CONFIG, errno, "cannot work in '%s'", directory);
	return err_hint(err, "the input working_directory is relative to the workspace; "
			     "is the repository checked out?");
}

static int check_workspace(struct front *front, struct err *err)
{
	_cleanup_free_ char *workspace = NULL;
	if (effects_env(front->fx, "GITHUB_WORKSPACE", &workspace, err) < 0)
		return -1;
	if (!workspace || !*workspace || access(workspace, F_OK) == 0)
		return 0;
	err_set_errno(err, ERR_CONFIG, errno, "there is no workspace at '%s'", workspace);
	return err_hint(err,
			"the runner mounts it; a container that is run by hand needs "
			"--volume and --workdir");
}

static int read_inputs(struct front *front, int argc, char *const *argv,
		       char *const *environment, struct err *err)
{
	int first = front->post ? 1 : 2;
	if (argc > first) {
		err_set(err, ERR_USAGE, "'belay action' has no use for '%s'",
			argv[first]);
		return err_hint(err, "it reads the inputs of the step; words after the "
				     "command go into the input 'arguments'");
	}
	return front->post ? action_inputs_read_post(environment, &front->inputs, err)
			   : action_inputs_read(environment, &front->inputs, err);
}

/* --- the run --------------------------------------------------------------------------------- */

/* "belay deploy --environment production --version v3" */
static void add_title(struct str *out, const struct front *front)
{
	_cleanup_json_ json_t *words =
		request_to_json(front->inputs.request, front->inputs.command);
	const char *name;
	json_t *value;
	size_t index;
	_cleanup_str_ struct str text = STR_INIT;
	str_addf(&text, "belay %s", front->inputs.command->name);
	json_object_foreach(json_object_get(words, "options"), name, value) {
		_cleanup_free_ char *compact =
			json_is_string(value) ? mem_strdup(json_string_value(value))
					      : json_text_compact(value);
		str_addf(&text, json_is_true(value) ? " --%s" : " --%s %s", name,
			 compact);
	}
	json_array_foreach(json_object_get(words, "arguments"), index, value)
		str_addf(&text, " %s", json_string_value(value));
	_cleanup_free_ char *clean = effects_redact_text(front->fx, str_text(&text));
	render_add_safe(out, clean);
}

static void say(const struct str *text)
{
	fputs(str_text(text), stdout);
	fflush(stdout);
}

/* The run knows the secrets that it used; the front knows all that the configuration refers to. */
static void scrub(const struct front *front, struct str *text)
{
	_cleanup_free_ char *clean = effects_redact_text(front->fx, str_text(text));
	str_clear(text);
	str_add(text, clean);
}

/* Each log of a service in a fold of its own. */
static void add_logs(const struct front *front, struct str *out, const json_t *logs)
{
	size_t i;
	json_t *log;
	json_array_foreach(logs, i, log) {
		_cleanup_str_ struct str text = STR_INIT;
		_cleanup_free_ char *title =
			str_format("%s: %s", json_get_string(log, "service", ""),
				   json_get_string(log, "title", ""));
		str_add(&text, json_get_string(log, "text", ""));
		scrub(front, &text);
		action_add_command(out, "group", NULL, title);
		action_add_text(out, str_text(&text));
		action_add_command(out, "endgroup", NULL, "");
	}
}

/* Progress is folded away in the log; what the run shows in the end is not. */
static int perform(struct front *front, char *const *environment,
		   struct wiring_outcome *outcome, struct err *err)
{
	struct terminal terminal;
	_cleanup_str_ struct str title = STR_INIT;
	_cleanup_str_ struct str before = STR_INIT;
	_cleanup_str_ struct str after = STR_INIT;
	terminal_look(&terminal, front->inputs.request, environment);
	terminal.live = false;
	terminal.progress = stdout;
	add_title(&title, front);
	action_add_command(&before, "group", NULL, str_text(&title));
	action_add_command(&before, "stop-commands", NULL, front->word);
	say(&before);
	int done = wiring_perform(front->inputs.request, front->inputs.command, &terminal,
				  outcome, err);
	action_add_command(&after, front->word, NULL, "");
	action_add_command(&after, "endgroup", NULL, "");
	scrub(front, &outcome->text);
	action_add_text(&after, str_text(&outcome->text));
	add_logs(front, &after, json_object_get(outcome->value, "logs"));
	say(&after);
	return done;
}

/* --- after the run --------------------------------------------------------------------------- */

/* A deployment is not worse for a file that could not be written: a warning, and that is all. */
static void warn_unwritten(struct front *front, const char *what, struct err *err)
{
	_cleanup_free_ char *title = str_format("%s could not be written", what);
	action_annotate(&front->annotations,
			&(struct action_annotation){.level = ACTION_WARNING,
						    .title = title,
						    .message = err->message});
}

static void append(struct front *front, const char *variable, const struct str *text)
{
	struct err err = {0};
	_cleanup_free_ char *path = NULL;
	if (!text->len || effects_env(front->fx, variable, &path, &err) < 0 || !path ||
	    !*path)
		return;
	_cleanup_json_ json_t *args =
		json_pack("{s:s, s:s}", "path", path, "text", str_text(text));
	const struct effect effect = {.kind = "file.append",
				      .mode = EFFECT_ACT,
				      .args = args,
				      .subject = path,
				      .summary = "write outputs"};
	if (!args)
		err_set(&err, ERR_FAIL, "the text for '%s' is not UTF-8", path);
	else if (effects_perform(front->fx, &effect, NULL, &err) == 0)
		return;
	warn_unwritten(front, variable, &err);
}

/* Relative to the workspace what the run names relative to its directory. Fresh. */
static char *from_workspace(const struct front *front, const char *path)
{
	const char *directory = front->inputs.directory;
	return directory && path[0] != '/' ? str_format("%s/%s", directory, path)
					   : mem_strdup(path);
}

/* The tape that there is, or NULL. Fresh. */
static char *tape_path(const struct front *front)
{
	const char *tape = front->inputs.request
				   ? request_text(front->inputs.request, "record")
				   : NULL;
	return tape && access(tape, F_OK) == 0 ? from_workspace(front, tape) : NULL;
}

/* The page into a file of the workspace, for later steps. The path, or NULL without one. Fresh. */
static char *write_report(struct front *front, const struct str *page)
{
	struct err err = {0};
	const char *report = front->inputs.report;
	if (!report)
		return NULL;
	if (effects_write_file(front->fx, report, str_text(page), 0644, false, &err) == 0)
		return from_workspace(front, report);
	warn_unwritten(front, report, &err);
	return NULL;
}

/* All problems of the configuration, not only the first. */
static void annotate_problems(struct front *front)
{
	const struct config_problems *problems = &front->problems;
	for (size_t i = 0; i < problems->count; i++) {
		struct err one = {0};
		const struct config_problem *problem = &problems->items[i];
		err_set(&one, ERR_CONFIG, "%s:%u:%u: %s", front->config_file,
			problem->place.line, problem->place.column, problem->message);
		if (problem->hint)
			err_hint(&one, "%s", problem->hint);
		action_annotate_error(&front->annotations, "belay configuration", &one,
				      front->inputs.directory);
	}
}

static void annotate(struct front *front, const struct action_outcome *outcome)
{
	const struct command *command = front->inputs.command;
	_cleanup_free_ char *title =
		str_format("belay%s%s", command ? " " : "", command ? command->name : "");
	if (front->problems.count)
		annotate_problems(front);
	else if (outcome->err->code != ERR_NONE)
		action_annotate_error(&front->annotations, title, outcome->err,
				      front->inputs.directory);
	else if (outcome->value)
		action_annotate_result(&front->annotations, outcome->value, front->config,
				       front->inputs.directory);
}

static void add_page(const struct front *front, const struct action_outcome *outcome,
		     struct str *page)
{
	const struct command *command = front->inputs.command;
	const struct summary summary = {
		.command = command ? command->name : "action",
		.schema = outcome->schema,
		.result = outcome->value,
		.err = outcome->err->code != ERR_NONE ? outcome->err : NULL,
		.text = outcome->text,
		.tape = outcome->tape,
		.now_ms = effects_now_ms(front->fx),
	};
	render_summary(page, &summary);
	scrub(front, page);
}

static void write_files(struct front *front, struct action_outcome *outcome)
{
	_cleanup_str_ struct str outputs = STR_INIT;
	_cleanup_str_ struct str state = STR_INIT;
	_cleanup_str_ struct str page = STR_INIT;
	add_page(front, outcome, &page);
	_cleanup_free_ char *report = write_report(front, &page);
	outcome->report = report;
	action_add_outputs(&outputs, outcome, front->word);
	action_add_state(&state, outcome, front->word);
	if (!front->post) {
		append(front, "GITHUB_OUTPUT", &outputs);
		append(front, "GITHUB_STATE", &state);
	}
	append(front, "GITHUB_STEP_SUMMARY", &page);
	outcome->report = NULL;
}

static int finish(struct front *front, const struct wiring_outcome *run, struct err *err)
{
	_cleanup_free_ char *tape = tape_path(front);
	_cleanup_str_ struct str out = STR_INIT;
	if (err->code != ERR_NONE)
		action_explain(err);
	struct action_outcome outcome = {
		.command = front->inputs.command,
		.value = run->value,
		.schema = run->schema,
		.err = err,
		.status =
			err->code != ERR_NONE ? err_exit_status(err->code) : run->status,
		.text = str_text(&run->text),
		.tape = tape,
		.dry_run = front->inputs.request &&
			   request_flag(front->inputs.request, "dry-run"),
	};
	annotate(front, &outcome);
	write_files(front, &outcome);
	action_add_annotations(&out, &front->annotations);
	scrub(front, &out);
	say(&out);
	return outcome.status;
}

/* --- all of it ------------------------------------------------------------------------------- */

static char *random_word(struct effects *fx)
{
	return str_format("%016llx%016llx", (unsigned long long)effects_random(fx),
			  (unsigned long long)effects_random(fx));
}

/* The usual end of a job: nothing was opened, or `finish` has closed it since. */
static bool nothing_is_open(const struct front *front, const struct err *err)
{
	if (!front->post || err->code == ERR_NONE)
		return front->post && !front->inputs.command;
	return err->code == ERR_NOT_FOUND && strstr(err->message, "transaction");
}

static void run(struct front *front, int argc, char *const *argv,
		char *const *environment, struct wiring_outcome *outcome, struct err *err)
{
	if (read_inputs(front, argc, argv, environment, err) < 0 ||
	    !front->inputs.command || check_workspace(front, err) < 0 ||
	    enter_directory(front, err) < 0)
		return;
	mask_configured(front);
	(void)perform(front, environment, outcome, err);
}

int front_main(int argc, char *const *argv, char *const *environment)
{
	__attribute__((cleanup(front_release))) struct front front = {
		.fx = effects_new(effects_redact_new(effects_live_new())),
		.post = argc < 2 || strcmp(argv[1], "action") != 0,
	};
	_cleanup_(wiring_outcome_release) struct wiring_outcome outcome =
		WIRING_OUTCOME_INIT;
	struct err err = {0};
	front.word = random_word(front.fx);
	mask_tokens(&front);
	run(&front, argc, argv, environment, &outcome, &err);
	if (!nothing_is_open(&front, &err))
		return finish(&front, &outcome, &err);
	puts("belay: nothing is left open");
	return 0;
}
