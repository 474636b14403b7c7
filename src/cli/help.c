/* Help for people, in the manner of the GitHub CLI: headings in capitals, two columns, examples
 * with a prompt. Everything comes from the table of commands; nothing is written twice. */
#include <ctype.h>
#include <string.h>

#include "belay/cli.h"
#include "belay/mem.h"
#include "listing.h"

#define PIPE_COLUMNS 80

static void heading(struct str *out, const struct render *render, const char *text)
{
	_cleanup_free_ char *capitals = mem_strdup(text);
	for (char *c = capitals; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	if (out->len)
		str_add_char(out, '\n');
	render_inkf(out, render, INK_BOLD, "%s", capitals);
	str_add_char(out, '\n');
}

/* Adds text that starts at column `indent`, wrapped to the terminal; in a pipe as wide as most are, as a pager breaks lines
 * anywhere. */
static void wrapped(struct str *out, const struct render *render, size_t indent,
		    const char *text)
{
	size_t columns = render->columns ? render->columns : PIPE_COLUMNS;
	size_t room = columns > indent + 20 ? columns - indent : 0;
	size_t used = 0;
	while (*text) {
		size_t word = strcspn(text, " ");
		if (room && used && used + 1 + word > room) {
			str_add_char(out, '\n');
			str_pad(out, ' ', indent);
			used = 0;
		}
		if (used) {
			str_add_char(out, ' ');
			used++;
		}
		str_add_bytes(out, text, word);
		used += word;
		text += word + strspn(text + word, " ");
	}
	str_add_char(out, '\n');
}

static void row(struct str *out, const struct render *render, size_t width,
		const char *left, const char *phrase)
{
	_cleanup_free_ char *right = listing_sentence(phrase);
	size_t used = strlen(left);
	str_addf(out, "  %s", left);
	str_pad(out, ' ', used < width ? width - used : 0);
	str_add(out, "  ");
	wrapped(out, render, width + 4, right);
}

/* Paragraphs, separated by newlines in the text, and lists with a word in front of each item. */
static void paragraphs(struct str *out, const struct render *render, size_t indent,
		       const char *text)
{
	while (*text) {
		size_t line = strcspn(text, "\n");
		_cleanup_free_ char *copy = mem_strndup(text, line);
		struct listing_item item;
		if (listing_item_of(copy, &item)) {
			str_pad(out, ' ', indent);
			str_add_bytes(out, copy, item.text);
			wrapped(out, render, indent + item.text, copy + item.text);
		} else {
			str_pad(out, ' ', *copy ? indent : 0);
			wrapped(out, render, indent, copy);
		}
		text += line + (text[line] == '\n');
	}
}

/* Examples: commands behind a prompt, notes (`# …`) without. */
static void lines(struct str *out, const char *text)
{
	while (*text) {
		size_t line = strcspn(text, "\n");
		if (line)
			str_add(out, *text == '#' ? "  " : "  $ ");
		str_add_bytes(out, text, line);
		str_add_char(out, '\n');
		text += line + (text[line] == '\n');
	}
}

static size_t options_width(const struct option *rows, size_t width)
{
	for (; rows && rows->name; rows++) {
		_cleanup_str_ struct str left = STR_INIT;
		listing_option(&left, rows);
		width = left.len > width ? left.len : width;
	}
	return width;
}

/* Of a word only those that it takes. */
static void options(struct str *out, const struct render *render,
		    const struct option *rows, const struct command *command,
		    const struct command_word *word, size_t width)
{
	for (; rows && rows->name; rows++) {
		_cleanup_str_ struct str left = STR_INIT;
		_cleanup_str_ struct str right = STR_INIT;
		if (word && !command_word_takes(word, rows->name))
			continue;
		_cleanup_free_ char *help = listing_help(rows, command, word);
		listing_option(&left, rows);
		str_add(&right, help);
		for (size_t i = 0; rows->values && rows->values[i]; i++)
			str_addf(&right, "%s%s", i ? "|" : " {", rows->values[i]);
		str_add(&right, rows->values ? "}" : "");
		str_add(&right, rows->required ? " (required)" : "");
		row(out, render, width, str_text(&left), str_text(&right));
	}
}

static void exit_statuses(struct str *out, const struct render *render)
{
	heading(out, render, "Exit status");
	for (const struct listing_status *status = listing_statuses; status->meaning;
	     status++) {
		_cleanup_free_ char *number = str_format("%3d", status->status);
		row(out, render, 3, number, status->meaning);
	}
}

static void command_list(struct str *out, const struct render *render)
{
	size_t width = 0;
	for (size_t i = 0; commands[i]; i++) {
		size_t len = strlen(commands[i]->name) + 1;
		width = len > width ? len : width;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (listing_opens_group(i))
			heading(out, render, commands[i]->group);
		_cleanup_free_ char *left = str_format("%s:", commands[i]->name);
		row(out, render, width, left, commands[i]->summary);
	}
}

void cli_help(struct str *out, const struct render *render)
{
	wrapped(out, render, 0, LISTING_TAGLINE);
	heading(out, render, "Usage");
	str_add(out, "  belay <command> [flags]\n");
	command_list(out, render);
	heading(out, render, "Flags");
	options(out, render, global_options, NULL, NULL,
		options_width(global_options, 0));
	heading(out, render, "Examples");
	str_add(out, "  $ belay init\n"
		     "  $ belay plan -e production --version v1.4.0\n"
		     "  $ belay deploy -e production --version v1.4.0\n"
		     "  $ belay status\n");
	exit_statuses(out, render);
	heading(out, render, "Learn more");
	row(out, render, 28, "belay <command> --help",
	    "a command, its flags and examples");
	row(out, render, 28, "belay docs [KEY]", "the keys of the configuration");
	row(out, render, 28, "belay help --markdown", "all of this as one Markdown page");
}

/* The end of every help of a command. */
static void learn_more(struct str *out, const struct render *render,
		       const struct command *command)
{
	exit_statuses(out, render);
	if (!command->result_schema)
		return;
	heading(out, render, "Learn more");
	_cleanup_free_ char *schema =
		str_format("belay schema %s", command->result_schema);
	row(out, render, strlen(schema), schema, "the shape of this command's --json");
}

static void flags(struct str *out, const struct render *render,
		  const struct command *command, const struct command_word *word)
{
	size_t width = options_width(global_options, options_width(command->options, 0));
	if (command->options && command->options[0].name) {
		heading(out, render, "Flags");
		options(out, render, command->options, command, word, width);
	}
	heading(out, render, "Global flags");
	options(out, render, global_options, NULL, NULL, width);
}

void cli_command_help(struct str *out, const struct render *render,
		      const struct command *command)
{
	_cleanup_free_ char *summary = listing_sentence(command->summary);
	wrapped(out, render, 0, summary);
	if (command->details) {
		str_add_char(out, '\n');
		paragraphs(out, render, 0, command->details);
	}
	heading(out, render, "Usage");
	bool any = command->options && command->options[0].name;
	str_addf(out, "  belay %s%s%s%s\n", command->name, command->arguments ? " " : "",
		 command->arguments ? command->arguments : "", any ? " [flags]" : "");
	flags(out, render, command, NULL);
	if (command->examples) {
		heading(out, render, "Examples");
		lines(out, command->examples);
	}
	learn_more(out, render, command);
}

/* The examples of a command that are about one word. */
static void word_examples(struct str *out, const struct command *command,
			  const struct command_word *word)
{
	_cleanup_free_ char *begin = str_format("belay %s %s", command->name, word->name);
	for (const char *at = command->examples; at && *at;) {
		size_t line = strcspn(at, "\n");
		_cleanup_free_ char *copy = mem_strndup(at, line);
		if (str_has_prefix(copy, begin))
			lines(out, copy);
		at += line + (at[line] == '\n');
	}
}

void cli_word_help(struct str *out, const struct render *render,
		   const struct command *command, const struct command_word *word)
{
	_cleanup_free_ char *summary = listing_sentence(word->summary);
	wrapped(out, render, 0, summary);
	heading(out, render, "Usage");
	str_addf(out, "  belay %s %s%s%s [flags]\n", command->name, word->name,
		 word->arguments ? " " : "", word->arguments ? word->arguments : "");
	flags(out, render, command, word);
	heading(out, render, "Examples");
	word_examples(out, command, word);
	heading(out, render, "Learn more");
	_cleanup_free_ char *all = str_format("belay %s --help", command->name);
	row(out, render, strlen(all), all, "what the words do, and the exit status");
}
