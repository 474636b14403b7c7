/* Completion scripts for bash, zsh and fish, written from the tables: verbs, options, and the words
 * that an option or argument knows. The scripts never call belay, so a TAB costs nothing. */
#include <string.h>

#include "belay/cli.h"
#include "belay/mem.h"
#include "request.h"

/* Words for a first argument, where the table cannot know them. */
static const struct {
	const char *command, *words;
} arguments[] = {
	{"backup", "run list verify restore forget drill keygen"},
	{"completion", "bash zsh fish"},
	{"incident", "open update resolve list show post-mortem"},
};

/* --- bash ------------------------------------------------------------------------------------ */

static void add_names(struct str *out, const struct option *rows)
{
	for (; rows && rows->name; rows++) {
		str_addf(out, "--%s ", rows->name);
		if (rows->letter)
			str_addf(out, "-%c ", rows->letter);
	}
}

/* `--name|-n) words ;;` for options that take a value: known words, or files. */
static void add_bash_values(struct str *out, const char *verb, const struct option *rows)
{
	for (; rows && rows->name; rows++) {
		if (rows->type == OPTION_FLAG)
			continue;
		str_addf(out, "\t%s:--%s", verb, rows->name);
		if (rows->letter)
			str_addf(out, " | %s:-%c", verb, rows->letter);
		str_add(out, ")\n\t\tCOMPREPLY=(");
		if (rows->values) {
			str_add(out, "$(compgen -W '");
			for (size_t i = 0; rows->values[i]; i++)
				str_addf(out, "%s%s", i ? " " : "", rows->values[i]);
			str_add(out, "' -- \"$word\")");
		} else if (rows->argument && (strcmp(rows->argument, "FILE") == 0 ||
					      strcmp(rows->argument, "PATH") == 0)) {
			str_add(out, "$(compgen -f -- \"$word\")");
		}
		str_add(out, ")\n\t\treturn\n\t\t;;\n");
	}
}

static void add_bash_words(struct str *out)
{
	str_add(out, "\tcase $verb in\n");
	for (const struct command *const *command = commands; *command; command++) {
		str_addf(out, "\t%s) words='", (*command)->name);
		add_names(out, (*command)->options);
		str_add(out, "'");
		for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
			if (strcmp(arguments[i].command, (*command)->name) == 0)
				str_addf(out, " plain='%s'", arguments[i].words);
		str_add(out, " ;;\n");
	}
	str_add(out, "\thelp) plain=$verbs ;;\n\t'') plain=$verbs ;;\n\tesac\n");
}

static void completion_bash(struct str *out)
{
	str_add(out,
		"# bash completion for belay:  source <(belay completion bash)\n"
		"_belay() {\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal verb= words= plain= verbs='help");
	for (const struct command *const *command = commands; *command; command++)
		str_addf(out, " %s", (*command)->name);
	str_add(out, "'\n\tlocal index\n"
		     "\tfor ((index = 1; index < COMP_CWORD; index++)); do\n"
		     "\t\tif [[ \" $verbs \" == *\" ${COMP_WORDS[index]} \"* ]]; then\n"
		     "\t\t\tverb=${COMP_WORDS[index]}\n\t\t\tbreak\n\t\tfi\n\tdone\n"
		     "\tCOMPREPLY=()\n"
		     "\tif [[ $word == '=' ]]; then\n\t\tword=\n"
		     "\telif [[ $previous == '=' ]]; then\n"
		     "\t\tprevious=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n"
		     "\tcase $verb:$previous in\n");
	for (const struct command *const *command = commands; *command; command++)
		add_bash_values(out, (*command)->name, (*command)->options);
	add_bash_values(out, "*", global_options);
	str_add(out, "\tesac\n");
	add_bash_words(out);
	str_add(out,
		"\tif [[ $word == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$words ");
	add_names(out, global_options);
	str_add(out, "\" -- \"$word\"))\n\telif [[ $plain ]]; then\n"
		     "\t\tCOMPREPLY=($(compgen -W \"$plain\" -- \"$word\"))\n"
		     "\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\tfi\n}\n"
		     "complete -o filenames -F _belay belay\n");
}

/* --- zsh ------------------------------------------------------------------------------------- */

/* Inside '…' of an _arguments or _describe specification. */
static void add_zsh_text(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			str_add(out, "'\\'");
		else if (strchr("[]:\\", *text))
			str_add_char(out, '\\');
		str_add_char(out, *text);
	}
}

static void add_zsh_spec(struct str *out, const struct option *row, const char *dashes,
			 const char *name)
{
	str_addf(out, "\t\t'%s%s%s%s[", row->type == OPTION_LIST ? "*" : "", dashes, name,
		 row->type == OPTION_FLAG ? ""
		 : dashes[1]              ? "="
					  : "+");
	add_zsh_text(out, row->help);
	str_add(out, "]");
	if (row->type != OPTION_FLAG) {
		str_add(out, ":");
		add_zsh_text(out, row->argument ? row->argument : "value");
		str_add(out, ":");
		if (row->values) {
			str_add(out, "(");
			for (size_t i = 0; row->values[i]; i++)
				str_addf(out, "%s%s", i ? " " : "", row->values[i]);
			str_add(out, ")");
		} else if (row->argument && (strcmp(row->argument, "FILE") == 0 ||
					     strcmp(row->argument, "PATH") == 0)) {
			str_add(out, "_files");
		}
	}
	str_add(out, "'\n");
}

static void add_zsh_options(struct str *out, const struct option *rows)
{
	for (; rows && rows->name; rows++) {
		char letter[2] = {rows->letter, 0};
		add_zsh_spec(out, rows, "--", rows->name);
		if (rows->letter)
			add_zsh_spec(out, rows, "-", letter);
	}
}

static void add_zsh_verb(struct str *out, const struct command *command)
{
	str_addf(out, "\t%s)\n\t\toptions+=(\n", command->name);
	add_zsh_options(out, command->options);
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		if (strcmp(arguments[i].command, command->name) == 0)
			str_addf(out, "\t\t'1:argument:(%s)'\n", arguments[i].words);
	str_add(out, "\t\t)\n\t\t;;\n");
}

static void completion_zsh(struct str *out)
{
	str_add(out,
		"#compdef belay\n# zsh completion for belay: put this into a directory of $fpath as _belay\n"
		"_belay() {\n\tlocal -a verbs options\n\tlocal verb word\n\tverbs=(\n");
	for (const struct command *const *command = commands; *command; command++) {
		str_addf(out, "\t\t'%s:", (*command)->name);
		add_zsh_text(out, (*command)->summary);
		str_add(out, "'\n");
	}
	str_add(out, "\t\t'help:Show help for a command'\n\t)\n\toptions=(\n");
	add_zsh_options(out, global_options);
	str_add(out,
		"\t)\n\tfor word in ${words[2,CURRENT-1]}; do\n"
		"\t\tif (( ${verbs[(I)${word}:*]} )); then\n"
		"\t\t\tverb=$word\n\t\t\tbreak\n\t\tfi\n\tdone\n"
		"\tif [[ -z $verb && $words[CURRENT] != -* ]] || [[ $verb == help ]]; then\n"
		"\t\t_describe 'command' verbs\n\t\treturn\n\tfi\n\tcase $verb in\n");
	for (const struct command *const *command = commands; *command; command++)
		add_zsh_verb(out, *command);
	/* The verb itself is not an argument of the verb. */
	str_add(out,
		"\tesac\n\tif [[ -n $verb ]]; then\n"
		"\t\twords[(i)$verb]=()\n\t\t(( CURRENT-- ))\n\tfi\n"
		"\t_arguments -s $options '*:file:_files'\n}\n"
		"if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n\t_belay \"$@\"\n"
		"else\n\tcompdef _belay belay\nfi\n");
}

/* --- fish ------------------------------------------------------------------------------------ */

static void add_fish_text(struct str *out, const char *text)
{
	str_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			str_add_char(out, '\\');
		str_add_char(out, *text);
	}
	str_add_char(out, '\'');
}

static void add_fish_options(struct str *out, const char *verb, const struct option *rows)
{
	for (; rows && rows->name; rows++) {
		str_add(out, "complete -c belay");
		if (verb)
			str_addf(out, " -n '__fish_seen_subcommand_from %s'", verb);
		str_addf(out, " -l %s", rows->name);
		if (rows->letter)
			str_addf(out, " -s %c", rows->letter);
		if (rows->type != OPTION_FLAG)
			str_add(out, rows->values ? " -x -a '" : " -r");
		for (size_t i = 0; rows->values && rows->values[i]; i++)
			str_addf(out, "%s%s", i ? " " : "", rows->values[i]);
		str_add(out, rows->values ? "' -d " : " -d ");
		add_fish_text(out, rows->help);
		str_add_char(out, '\n');
	}
}

static void completion_fish(struct str *out)
{
	str_add(out, "# fish completion for belay:  belay completion fish | source\n");
	add_fish_options(out, NULL, global_options);
	for (const struct command *const *command = commands; *command; command++) {
		str_addf(out, "complete -c belay -f -n __fish_use_subcommand -a %s -d ",
			 (*command)->name);
		add_fish_text(out, (*command)->summary);
		str_add_char(out, '\n');
		add_fish_options(out, (*command)->name, (*command)->options);
	}
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		str_addf(
			out,
			"complete -c belay -f -n '__fish_seen_subcommand_from %s' -a '%s'\n",
			arguments[i].command, arguments[i].words);
}

static const struct {
	const char *shell;
	void (*write)(struct str *out);
} shells[] = {
	{"bash", completion_bash},
	{"zsh", completion_zsh},
	{"fish", completion_fish},
};

int cli_completion(const char *shell, struct str *out, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (strcmp(shells[i].shell, shell) == 0) {
			shells[i].write(out);
			return 0;
		}
	err_set(err, ERR_USAGE, "no completion for shell '%s'", shell);
	return err_hint(err, "it is there for bash, zsh and fish");
}
