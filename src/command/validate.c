/* `belay validate [FILE]`: all problems of a configuration at once, each with its place. Reads one file,
 * touches nothing, needs no network. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "commands.h"

static json_t *problem_list(const struct config_problems *problems)
{
	json_t *list = json_array();
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->items[i];
		json_array_append_new(
			list, json_pack("{s:I, s:I, s:s, s:s*}", "line",
					(json_int_t)problem->place.line, "column",
					(json_int_t)problem->place.column, "message",
					problem->message, "hint", problem->hint));
	}
	return list;
}

static json_t *counts(const struct config *config)
{
	size_t services = 0;
	for (size_t i = 0; i < config->environment_count; i++)
		services += config->environments[i].service_count;
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "environments",
			 (json_int_t)config->environment_count, "services",
			 (json_int_t)services, "checks", (json_int_t)config->check_count,
			 "hosts", (json_int_t)config->host_count, "backups",
			 (json_int_t)config->backup_count);
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(config_freep) struct config *config = NULL;
	struct config_problems problems = {0};
	const char *file = NULL;
	const char *named = request_argument(context->request, 0);
	if (context->config_text(context, named, &file, &text, err) < 0)
		return -1;
	struct err ignored = {0}; /* the list says it all */
	bool valid =
		config_parse(text, strlen(text), file, &config, &problems, &ignored) == 0;
	result->value = json_pack("{s:s, s:b, s:o}", "file", file, "valid", (int)valid,
				  "problems", problem_list(&problems));
	if (valid)
		json_object_set_new(result->value, "counts", counts(config));
	config_problems_release(&problems);
	result->render = render_validate;
	result->status = valid ? 0 : err_exit_status(ERR_CONFIG);
	return 0;
}

const struct command command_validate = {
	.name = "validate",
	.group = "Set up",
	.summary = "Check the configuration and list all its problems",
	.details =
		"Nothing is contacted and no secret is read. Each problem comes with file, line and "
		"column, and with the nearest known key or name. Exit status 2 when there is one. "
		"Where there is no file but the variables of an app on App Platform, what they make is "
		"checked.",
	.arguments = "[FILE]",
	.max_arguments = 1,
	.examples = "belay validate\n"
		    "belay validate .github/belay.yml --json\n"
		    "belay validate --jq '.problems[] | \"\\(.line): \\(.message)\"'\n",
	.result_schema = "result.validate",
	.run = run,
};
