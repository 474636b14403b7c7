/* room: cli
 * The GitHub front: the same verbs, asked by a workflow instead of by a command line.
 *
 * Inputs arrive as INPUT_* variables and become a request by the option tables; results and errors
 * become workflow commands, outputs, and a summary. All of it is pure: variables and values in,
 * texts out. Reading, writing and running is src/action.c's, beside main.
 *
 * Formats: GitHub's docs "Workflow commands" and "Metadata syntax"; the runner's ActionCommand.
 */
#ifndef BELAY_ACTION_H
#define BELAY_ACTION_H

#include "belay/cli.h"

/* --- inputs ---------------------------------------------------------------------------------- */

struct action_inputs {
	struct request *request;
	const struct command *command;
	char *directory; /* input working_directory, or NULL */
	char *report;    /* input report: where the page goes as well, or NULL */
};

/* Variables INPUT_NAME → request. An empty one counts as not given. ERR_USAGE for a name that no
 * command knows (with the nearest), one that this command does not take, and values that do not
 * fit. */
int action_inputs_read(char *const *environment, struct action_inputs *ret,
		       struct err *err);
/* The same for the end of a job: what STATE_* variables say is still to be done. command is NULL
 * when that is nothing. */
int action_inputs_read_post(char *const *environment, struct action_inputs *ret,
			    struct err *err);
void action_inputs_release(struct action_inputs *inputs);

/* Inputs that are no options, and what the action adds to an option's help: for the test that
 * compares action.yml with the tables. Ends with a row whose name is NULL. */
struct action_input {
	const char *name;
	const char *help;  /* NULL: that of the option */
	const char *added; /* a sentence after it, or NULL */
};
extern const struct action_input action_inputs[];
/* Verbs that a workflow may ask for, NULL-terminated, and the options it cannot set. */
extern const char *const action_verbs[];
bool action_hides_option(const char *name);

/* --- workflow commands ----------------------------------------------------------------------- */

/* "::NAME PROPERTIES::DATA\n". `properties` is NULL or as action_add_property() makes it. */
void action_add_command(struct str *out, const char *name, const char *properties,
			const char *data);
void action_add_property(struct str *properties, const char *name, const char *value);
/* Text for the log, in which no line is taken for a workflow command: such a line gets a
 * zero-width space in it. Everything else stays byte for byte. */
void action_add_text(struct str *out, const char *text);
/* One row for GITHUB_OUTPUT or GITHUB_STATE. `delimiter` must not occur in the value: random. */
void action_add_file_row(struct str *out, const char *name, const char *value,
			 const char *delimiter);

/* --- annotations ----------------------------------------------------------------------------- */

enum action_level { ACTION_ERROR, ACTION_WARNING, ACTION_NOTICE };

struct action_annotation {
	enum action_level level;
	char *title, *message;
	char *file; /* relative to the workspace, or NULL */
	unsigned line, column;
};
struct action_annotations {
	struct action_annotation *items;
	size_t count, capacity;
};

void action_annotations_release(struct action_annotations *annotations);
/* Copies. `file` may be NULL. */
void action_annotate(struct action_annotations *annotations,
		     const struct action_annotation *annotation);
/* What went wrong according to a result: failed and doubtful checks (with the place of the check
 * in the configuration, when there is one), hosts, and the verdict. */
void action_annotate_result(struct action_annotations *annotations, const json_t *result,
			    const struct config *config, const char *directory);
/* An error, with the place when the message begins with one ("file:line:column: ..."). */
void action_annotate_error(struct action_annotations *annotations, const char *title,
			   const struct err *err, const char *directory);
/* As workflow commands. GitHub shows ten of a level; the tenth says how many more there are. */
void action_add_annotations(struct str *out,
			    const struct action_annotations *annotations);

/* --- how it ended ---------------------------------------------------------------------------- */

struct action_outcome {
	const struct command *command; /* NULL: the inputs could not be read */
	const json_t *value;           /* result, or NULL */
	const char *schema;            /* of it: "result.deploy"; NULL for none */
	const struct err *err;         /* code ERR_NONE when there is none */
	int status;                    /* exit status */
	const char *text;              /* what the command shows */
	const char *tape;              /* relative to the workspace, or NULL */
	const char *report;            /* the same */
	bool dry_run;
};

/* "passed", "rolled-back", …: one word for each exit status. */
const char *action_decision(int status);
/* Why it did not pass, in one word that workflows can compare: the step that failed ("gates-failed",
 * "switch-failed"), "checks-inconclusive", an error's code ("locked", "not-found"). Empty when it did. Fresh. */
char *action_reason_code(const struct action_outcome *outcome);
/* Rows for GITHUB_OUTPUT: all outputs of action.yml, in its order. */
void action_add_outputs(struct str *out, const struct action_outcome *outcome,
			const char *delimiter);
/* Rows for GITHUB_STATE: what the end of the job has to know. */
void action_add_state(struct str *out, const struct action_outcome *outcome,
		      const char *delimiter);
/* Adds what to do in a workflow to the hint of an error: permissions, checkout. */
void action_explain(struct err *err);

#endif
