/* room: command
 * Commands: one verb, one file, one `const struct command`, listed in src/command/table.c. Help,
 * completion, docs and dispatch all come from the table.
 *
 * A command reads its words from `struct request`, does its work through the engine, the store or
 * the configuration, and leaves a result (JSON) and the renderer that shows it. It prints nothing.
 */
#ifndef BELAY_COMMAND_H
#define BELAY_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "belay/config.h"
#include "belay/effects.h"
#include "belay/err.h"
#include "belay/progress.h"
#include "belay/render.h"
#include "belay/str.h"

/* One row of an option table: drives parsing, help, completion and docs. */
enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_INTEGER, OPTION_TIME };
struct option {
	const char *name; /* long name without dashes: "version" */
	char letter;      /* 0 for none */
	enum option_type type;
	const char *argument; /* placeholder in help: "VERSION"; NULL for flags */
	const char *help;     /* one line */
	bool required;
	const char *const *values; /* allowed words (completion too), or NULL */
};

struct request; /* parsed argv (or action inputs): see below */

const char *request_text(const struct request *request, const char *option); /* or NULL */
bool request_flag(const struct request *request, const char *option);
/* NULL-terminated; never NULL. */
const char *const *request_list(const struct request *request, const char *option);
int64_t request_integer(const struct request *request, const char *option,
			int64_t fallback);
/* Positional arguments. */
size_t request_argument_count(const struct request *request);
const char *request_argument(const struct request *request, size_t index); /* or NULL */

struct command_result; /* below */

/* What a command is given. */
struct command_context {
	struct effects *fx;
	const struct request *request;
	const struct progress *progress;
	/* Loads `-c FILE` or the first of .github/belay.yml .github/belay.yaml belay.yml
	 * belay.yaml, else what environment variables say (belay/config.h), once. */
	int (*config)(struct command_context *context, const struct config **ret,
		      struct err *err);
	/* The text that config() parses, of `file` when it is not NULL. *ret_file: its name, borrowed. */
	int (*config_text)(struct command_context *context, const char *file,
			   const char **ret_file, char **ret_text, struct err *err);
	/* The text of the configuration that environment variables make, NULL when they are not set.
	 * ERR_CONFIG when one is wrong. Fresh string. */
	int (*variables_text)(struct command_context *context, char **ret_text,
			      struct err *err);
	/* The environment `-e` means; loads the configuration first. */
	int (*environment)(struct command_context *context,
			   const struct config **ret_config,
			   const struct config_environment **ret, struct err *err);
	/* For replay and --at: the instant that counts as now, through the seam. */
	int64_t now_ms;
	void *host; /* the wiring's own */
	/* Runs the command line that a tape was recorded from, on the tape's answers. With
	 * `config_file` that configuration is used instead of the recorded one; it is read live.
	 * *result: value {tape, belay, command, status, output} (schemas/result.replay), status
	 * that of the recorded command. Its errors are ours; ERR_DIVERGED when the tape does not
	 * hold what is asked for. */
	int (*run_tape)(struct command_context *context, const char *tape,
			const char *config_file, struct command_result *result,
			struct err *err);
	/* Adds the completion script for "bash", "zsh" or "fish". ERR_USAGE for another shell. */
	int (*completion)(const char *shell, struct str *out, struct err *err);
};

/* What a command leaves behind. */
struct command_result {
	json_t *value;           /* owned; shown by --json, or by `render` */
	render_function *render; /* for text */
	int status;              /* exit status when there is no error: 0, 1, 3, 4, 5 */
	char *raw; /* when set: printed as it is (completion scripts, schemas); owned */
	/* Of the value, for a verb whose words have results of their own; NULL: the command's. */
	const char *schema;
};

/* A word that a verb takes first: `belay backup restore`. */
struct command_word {
	const char *name;
	const char *summary;   /* one line */
	const char *arguments; /* behind the word: "[NAME...]" or NULL */
	const char *const
		*options; /* those of the command's that it takes; ends with NULL */
};

struct command {
	const char *name;
	const char *group;     /* heading in help: "Deploy", "Look", "Set up" */
	const char *summary;   /* one line */
	const char *details;   /* paragraphs for `belay VERB --help`; may be NULL */
	const char *arguments; /* "[KEY]" or NULL */
	size_t min_arguments, max_arguments;
	const struct option *options; /* ends with a row whose name is NULL */
	const char *examples;         /* lines for help and docs */
	/* Ends with a row whose name is NULL; NULL when there are none, or all take the same options. */
	const struct command_word *words;
	const char
		*result_schema; /* name of the schema of --json, e.g. "result.status" */
	int (*run)(struct command_context *context, struct command_result *result,
		   struct err *err);
};

extern const struct command *const commands[]; /* NULL-terminated, in the order of help */
const struct command *command_find(const char *name);
/* NULL when the command has no such word, or `name` is NULL. */
const struct command_word *command_word_find(const struct command *command,
					     const char *name);
bool command_word_takes(const struct command_word *word, const char *option);
/* Options that every verb takes (-c -e --dry-run --json …); same shape. */
extern const struct option global_options[];

#endif
