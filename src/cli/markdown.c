/* The reference of all commands as one Markdown page, for docs/: the same tables that help prints. */
#include <string.h>

#include "belay/cli.h"
#include "belay/mem.h"
#include "listing.h"

/* Text for a table cell or a paragraph: what Markdown would take as markup is escaped. */
static void add_escaped(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|<>*_`\\", *text))
			str_add_char(out, '\\');
		str_add_char(out, *text);
	}
}

/* Paragraphs and lists. */
static void add_details(struct str *out, const char *text)
{
	while (*text) {
		size_t line = strcspn(text, "\n");
		_cleanup_free_ char *copy = mem_strndup(text, line);
		struct listing_item item;
		if (listing_item_of(copy, &item)) {
			str_addf(out, "- `%.*s`: ", (int)item.word_len, copy + item.word);
			add_escaped(out, copy + item.text);
		} else {
			add_escaped(out, copy);
		}
		str_add_char(out, '\n');
		text += line + (text[line] == '\n');
	}
}

static void add_sentence(struct str *out, const char *phrase)
{
	_cleanup_free_ char *sentence = listing_sentence(phrase);
	add_escaped(out, sentence);
}

static void options(struct str *out, const struct option *rows)
{
	str_add(out, "| Flag | Meaning |\n|---|---|\n");
	for (; rows->name; rows++) {
		_cleanup_str_ struct str left = STR_INIT;
		listing_option(&left, rows);
		str_addf(out, "| `%s` | ",
			 str_text(&left) + strspn(str_text(&left), " "));
		add_sentence(out, rows->help);
		for (size_t i = 0; rows->values && rows->values[i]; i++)
			str_addf(out, "%s`%s`", i ? ", " : ": ", rows->values[i]);
		str_add(out, rows->required ? " (required) |\n" : " |\n");
	}
}

static void command_section(struct str *out, const struct command *command)
{
	str_addf(out, "\n### belay %s\n\n", command->name);
	add_sentence(out, command->summary);
	str_add(out, ".\n");
	if (command->details) {
		str_add_char(out, '\n');
		add_details(out, command->details);
	}
	bool any = command->options && command->options[0].name;
	str_addf(out, "\n```\nbelay %s%s%s%s\n```\n", command->name,
		 command->arguments ? " " : "",
		 command->arguments ? command->arguments : "", any ? " [flags]" : "");
	if (any) {
		str_add_char(out, '\n');
		options(out, command->options);
	}
	if (command->examples)
		str_addf(out, "\n```sh\n%s%s```\n", command->examples,
			 str_has_suffix(command->examples, "\n") ? "" : "\n");
	if (command->result_schema)
		str_addf(out, "\nShape of `--json`: `belay schema %s`.\n",
			 command->result_schema);
}

void cli_markdown(struct str *out)
{
	str_add(out, "# Commands\n\n<!-- Written by `belay help --markdown`. -->\n\n");
	str_add(out, LISTING_TAGLINE
		"\n\n```\nbelay <command> [flags]\n```\n\n## Global flags\n\n");
	options(out, global_options);
	str_add(out, "\n## Exit status\n\n| Status | Meaning |\n|---|---|\n");
	for (const struct listing_status *status = listing_statuses; status->meaning;
	     status++)
		str_addf(out, "| %d | %s |\n", status->status, status->meaning);
	for (size_t i = 0; commands[i]; i++) {
		if (listing_opens_group(i))
			str_addf(out, "\n## %s\n", commands[i]->group);
		command_section(out, commands[i]);
	}
}
