/* Completion scripts for bash, zsh and fish, written from the tables: verbs, options, and the words
 * that an option or argument knows. The scripts never call belay, so a TAB costs nothing. */
#include <string.h>

#include "belay/cli.h"
#include "belay/mem.h"
#include "listing.h"
#include "request.h"

/* Words for a first argument, of commands whose words take the same options all. */
static const struct {
	const char *command, *words;
} arguments[] = {
	{"completion", "bash zsh fish"},
	{"incident", "open update resolve list show post-mortem"},
};

/* Words for the first argument, "run list"; "" where there are none. Fresh. */
static char *words_of(const struct command *command)
{
	struct str words = STR_INIT;
	for (const struct command_word *word = command->words; word && word->name; word++)
		str_addf(&words, "%s%s", words.len ? " " : "", word->name);
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		if (strcmp(arguments[i].command, command->name) == 0)
			str_add(&words, arguments[i].words);
	return str_take(&words);
}

/* "backup:run | backup:list", for `case $verb:$word in`. */
static void add_second_words(struct str *out)
{
	bool any = false;
	for (const struct command *const *row = commands; *row; row++) {
		const struct command_word *word = (*row)->words;
		for (; word && word->name; word++, any = true)
			str_addf(out, "%s%s:%s", any ? " | " : "", (*row)->name,
				 word->name);
	}
}

static bool takes_files(const struct option *option)
{
	return option->argument && (strcmp(option->argument, "FILE") == 0 ||
				    strcmp(option->argument, "PATH") == 0);
}

static bool takes_directories(const struct option *option)
{
	return option->argument && strcmp(option->argument, "DIR") == 0;
}

/* `word` NULL: all of the command's. */
static bool is_offered(const struct command_word *word, const struct option *option)
{
	return !word || command_word_takes(word, option->name);
}

/* --- bash ------------------------------------------------------------------------------------ */

static void add_names(struct str *out, const struct option *rows,
		      const struct command_word *word)
{
	for (; rows && rows->name; rows++) {
		if (!is_offered(word, rows))
			continue;
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
		} else if (takes_files(rows)) {
			str_add(out, "$(compgen -f -- \"$word\")");
		} else if (takes_directories(rows)) {
			str_add(out, "$(compgen -d -- \"$word\")");
		}
		str_add(out, ")\n\t\treturn\n\t\t;;\n");
	}
}

static void add_bash_words(struct str *out)
{
	str_add(out, "\tcase $verb:$second in\n");
	for (const struct command *const *command = commands; *command; command++) {
		const struct command_word *word = (*command)->words;
		for (; word && word->name; word++) {
			str_addf(out, "\t%s:%s) words='", (*command)->name, word->name);
			add_names(out, (*command)->options, word);
			str_add(out, "' ;;\n");
		}
		_cleanup_free_ char *plain = words_of(*command);
		str_addf(out, "\t%s:*) words='", (*command)->name);
		add_names(out, (*command)->options, NULL);
		str_addf(out, "' plain='%s' ;;\n", plain);
	}
	str_add(out, "\thelp:*) plain=$verbs ;;\n\t:*) plain=$verbs ;;\n\tesac\n");
}

/* Behind the verb: the word that says what options there are. */
static void add_bash_second(struct str *out)
{
	str_add(out, "\tfor ((index++; index < COMP_CWORD; index++)); do\n"
		     "\t\tcase $verb:${COMP_WORDS[index]} in\n\t\t");
	add_second_words(out);
	str_add(out,
		")\n\t\t\tsecond=${COMP_WORDS[index]}\n\t\t\tbreak\n\t\t\t;;\n\t\tesac\n"
		"\tdone\n");
}

static void completion_bash(struct str *out)
{
	str_add(out,
		"# bash completion for belay:  source <(belay completion bash)\n"
		"_belay() {\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal verb= second= words= plain= verbs='help");
	for (const struct command *const *command = commands; *command; command++)
		str_addf(out, " %s", (*command)->name);
	str_add(out, "'\n\tlocal index\n"
		     "\tfor ((index = 1; index < COMP_CWORD; index++)); do\n"
		     "\t\tif [[ \" $verbs \" == *\" ${COMP_WORDS[index]} \"* ]]; then\n"
		     "\t\t\tverb=${COMP_WORDS[index]}\n\t\t\tbreak\n\t\tfi\n\tdone\n");
	add_bash_second(out);
	str_add(out, "\tCOMPREPLY=()\n"
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
	add_names(out, global_options, NULL);
	str_add(out, "\" -- \"$word\"))\n\telif [[ $plain ]]; then\n"
		     "\t\tCOMPREPLY=($(compgen -W \"$plain\" -- \"$word\"))\n"
		     "\telif [[ ! $second ]]; then\n"
		     "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\tfi\n}\n"
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

static void add_zsh_spec(struct str *out, const struct option *row, const char *help,
			 const char *dashes, const char *name)
{
	str_addf(out, "\t\t'%s%s%s%s[", row->type == OPTION_LIST ? "*" : "", dashes, name,
		 row->type == OPTION_FLAG ? ""
		 : dashes[1]              ? "="
					  : "+");
	add_zsh_text(out, help);
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
		} else if (takes_files(row)) {
			str_add(out, "_files");
		} else if (takes_directories(row)) {
			str_add(out, "_files -/");
		}
	}
	str_add(out, "'\n");
}

static void add_zsh_options(struct str *out, const struct option *rows,
			    const struct command *command,
			    const struct command_word *word)
{
	for (; rows && rows->name; rows++) {
		char letter[2] = {rows->letter, 0};
		_cleanup_free_ char *help = listing_help(rows, command, word);
		if (!is_offered(word, rows))
			continue;
		add_zsh_spec(out, rows, help, "--", rows->name);
		if (rows->letter)
			add_zsh_spec(out, rows, help, "-", letter);
	}
}

static void add_zsh_verb(struct str *out, const struct command *command)
{
	const struct command_word *word = command->words;
	_cleanup_free_ char *plain = words_of(command);
	for (; word && word->name; word++) {
		str_addf(out, "\t%s:%s)\n\t\trest='*:name: '\n\t\toptions+=(\n",
			 command->name, word->name);
		add_zsh_options(out, command->options, command, word);
		str_add(out, "\t\t)\n\t\t;;\n");
	}
	str_addf(out, "\t%s:*)\n\t\toptions+=(\n", command->name);
	add_zsh_options(out, command->options, command, NULL);
	if (*plain)
		str_addf(out, "\t\t'1:argument:(%s)'\n", plain);
	str_add(out, "\t\t)\n\t\t;;\n");
}

static void completion_zsh(struct str *out)
{
	str_add(out,
		"#compdef belay\n# zsh completion for belay: put this into a directory of $fpath as _belay\n"
		"_belay() {\n\tlocal -a verbs options\n"
		"\tlocal verb second word rest='*:file:_files'\n\tverbs=(\n");
	for (const struct command *const *command = commands; *command; command++) {
		str_addf(out, "\t\t'%s:", (*command)->name);
		add_zsh_text(out, (*command)->summary);
		str_add(out, "'\n");
	}
	str_add(out, "\t\t'help:Show help for a command'\n\t)\n\toptions=(\n");
	add_zsh_options(out, global_options, NULL, NULL);
	str_add(out, "\t)\n\tfor word in ${words[2,CURRENT-1]}; do\n"
		     "\t\tif [[ -z $verb ]]; then\n"
		     "\t\t\t(( ${verbs[(I)${word}:*]} )) && verb=$word\n"
		     "\t\t\tcontinue\n\t\tfi\n\t\tcase $verb:$word in\n\t\t");
	add_second_words(out);
	str_add(out,
		")\n\t\t\tsecond=$word\n\t\t\tbreak\n\t\t\t;;\n\t\tesac\n\tdone\n"
		"\tif [[ -z $verb && $words[CURRENT] != -* ]] || [[ $verb == help ]]; then\n"
		"\t\t_describe 'command' verbs\n\t\treturn\n\tfi\n\tcase $verb:$second in\n");
	for (const struct command *const *command = commands; *command; command++)
		add_zsh_verb(out, *command);
	/* The verb itself is not an argument of the verb. */
	str_add(out,
		"\tesac\n\tif [[ -n $verb ]]; then\n"
		"\t\twords[(i)$verb]=()\n\t\t(( CURRENT-- ))\n\tfi\n"
		"\t_arguments -s $options $rest\n}\n"
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

/* A condition: behind the verb and, where not all of its words take the option, one of those. */
static void add_fish_when(struct str *out, const struct command *command,
			  const struct option *option)
{
	bool all = true;
	const struct command_word *word = command->words;
	for (; word && word->name; word++)
		all = all && is_offered(word, option);
	str_addf(out, " -n '__fish_seen_subcommand_from %s", command->name);
	if (!all)
		str_add(out, "; and __fish_seen_subcommand_from");
	for (word = command->words; !all && word->name; word++)
		if (is_offered(word, option))
			str_addf(out, " %s", word->name);
	str_add_char(out, '\'');
}

static void add_fish_options(struct str *out, const struct command *command,
			     const struct option *rows)
{
	for (; rows && rows->name; rows++) {
		str_add(out, "complete -c belay");
		if (command)
			add_fish_when(out, command, rows);
		str_addf(out, " -l %s", rows->name);
		if (rows->letter)
			str_addf(out, " -s %c", rows->letter);
		if (takes_directories(rows))
			str_add(out, " -x -a '(__fish_complete_directories)'");
		else if (rows->type != OPTION_FLAG)
			str_add(out, rows->values ? " -x -a '" : " -r");
		for (size_t i = 0; rows->values && rows->values[i]; i++)
			str_addf(out, "%s%s", i ? " " : "", rows->values[i]);
		str_add(out, rows->values ? "' -d " : " -d ");
		add_fish_text(out, rows->help);
		str_add_char(out, '\n');
	}
}

/* Its words, as long as there is none; behind them are names that nobody knows here. */
static void add_fish_words(struct str *out, const struct command *command)
{
	_cleanup_free_ char *words = words_of(command);
	if (!*words)
		return;
	str_addf(out, "complete -c belay -f -n '__fish_seen_subcommand_from %s",
		 command->name);
	if (command->words)
		str_addf(out, "; and not __fish_seen_subcommand_from %s", words);
	str_addf(out, "' -a '%s'\n", words);
	if (command->words)
		str_addf(out,
			 "complete -c belay -f -n '__fish_seen_subcommand_from %s'\n",
			 command->name);
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
		add_fish_options(out, *command, (*command)->options);
		add_fish_words(out, *command);
	}
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
