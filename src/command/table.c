/* The list of verbs in the order of help, and the options that every verb takes. Help, completion,
 * dispatch and docs come from here; a new verb is a file, a line in commands.h and a line below. */
#include <string.h>

#include "commands.h"

const struct command *const commands[] = {
	/* Deploy */
	&command_deploy,
	&command_rollback,
	&command_begin,
	&command_finish,
	&command_restart,
	&command_plan,
	&command_check,
	&command_watch,
	&command_backup,
	&command_notify,
	/* Look */
	&command_status,
	&command_history,
	&command_incident,
	&command_verify,
	&command_replay,
	/* Set up */
	&command_init,
	&command_validate,
	&command_schema,
	&command_docs,
	&command_doctor,
	&command_completion,
	&command_version,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *row = commands; *row; row++)
		if (strcmp((*row)->name, name) == 0)
			return *row;
	return NULL;
}

const struct command_word *command_word_find(const struct command *command,
					     const char *name)
{
	const struct command_word *word = command->words;
	for (; name && word && word->name; word++)
		if (strcmp(word->name, name) == 0)
			return word;
	return NULL;
}

bool command_word_takes(const struct command_word *word, const char *option)
{
	for (const char *const *row = word->options; *row; row++)
		if (strcmp(*row, option) == 0)
			return true;
	return false;
}

const struct option global_options[] = {
	{.name = "config",
	 .letter = 'c',
	 .type = OPTION_TEXT,
	 .argument = "FILE",
	 .help = "the configuration (default: .github/belay.yml, then belay.yml)"},
	{.name = "environment",
	 .letter = 'e',
	 .type = OPTION_TEXT,
	 .argument = "NAME",
	 .help = "the environment (default: the only one there is)"},
	{.name = "dry-run",
	 .type = OPTION_FLAG,
	 .help = "look at everything, change nothing, list what would be done"},
	{.name = "json", .type = OPTION_FLAG, .help = "print the result as JSON"},
	{.name = "jq",
	 .type = OPTION_TEXT,
	 .argument = "EXPR",
	 .help = "print what a jq expression makes of the JSON result, strings raw"},
	{.name = "no-color",
	 .type = OPTION_FLAG,
	 .help = "no colours, also on a terminal"},
	{.name = "quiet",
	 .letter = 'q',
	 .type = OPTION_FLAG,
	 .help = "only the essential line of the result, no progress"},
	{.name = "verbose",
	 .letter = 'v',
	 .type = OPTION_FLAG,
	 .help = "observations, timings and every passing predicate too"},
	{.name = "at",
	 .type = OPTION_TIME,
	 .argument = "TIME",
	 .help = "the time that counts as now, as in 2026-11-21T09:52:03Z"},
	{.name = "record",
	 .type = OPTION_TEXT,
	 .argument = "FILE",
	 .help = "write a tape of the run, for 'belay replay'"},
	{.name = "help",
	 .letter = 'h',
	 .type = OPTION_FLAG,
	 .help = "show help for a command"},
	{0},
};
