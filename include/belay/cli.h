/* room: cli
 * The command line: words → request, help, completion. No verb is known here: everything comes
 * from the table of commands.
 */
#ifndef BELAY_CLI_H
#define BELAY_CLI_H

#include "belay/command.h"

/* Parses argv[1..]. *ret_command is NULL for bare `belay` and `belay --help`. Unknown verbs and
 * options are ERR_USAGE with the nearest known one in the hint. Options may stand before or after
 * the verb; `--` ends them; `--name=value` and `--name value` are the same. */
int cli_parse(int argc, char *const *argv, struct request **ret,
	      const struct command **ret_command, struct err *err);
void request_freep(struct request **request);
/* The words again, normalised, for the tape's header: {"verb": .., "options": {..}, "arguments": [..]},
 * and back. */
json_t *request_to_json(const struct request *request, const struct command *command);
int request_from_json(const json_t *value, struct request **ret,
		      const struct command **ret_command, struct err *err);
/* Replaces one option's value (replay -c other.yml). */
void request_set_text(struct request *request, const char *option, const char *value);

bool request_wants_help(const struct request *request);

/* Help texts in the manner of gh: USAGE, COMMANDS by group, OPTIONS, EXAMPLES, EXIT STATUS. */
void cli_help(struct str *out, const struct render *render);
void cli_command_help(struct str *out, const struct render *render,
		      const struct command *command);
/* Of one of its words: only what it takes, and its examples. */
void cli_word_help(struct str *out, const struct render *render,
		   const struct command *command, const struct command_word *word);
/* The same as Markdown, for docs/. */
void cli_markdown(struct str *out);

/* Completion script for "bash", "zsh" or "fish". ERR_USAGE for another shell. */
int cli_completion(const char *shell, struct str *out, struct err *err);

#endif
