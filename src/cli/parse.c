/* argv → request, in one walk over the words and by the option tables alone.
 *
 * POSIX utility syntax guidelines with GNU long options: -q -v, -qv, -cFILE, -c FILE, --name VALUE,
 * --name=VALUE, `--` ends options, `-` is an argument. `help VERB [WORD]` is `VERB [WORD] --help` and
 * `--version` before any verb is the verb `version`, as in gh. */
#include <string.h>

#include "belay/mem.h"
#include "request.h"
#include "suggest.h"

static const struct option markdown_option = {
	.name = "markdown",
	.type = OPTION_FLAG,
	.help = "All help as one page (belay help only)"};

struct parser {
	char *const *argv;
	int argc, at;
	struct request *request;
	const struct command *command;
	bool help_verb; /* `belay help …`: the next word names the command */
};

/* The value of an option that needs one: inline, or the next word. */
static int take_value(struct parser *parser, const struct option *option,
		      const char *inlined, const char **ret, struct err *err)
{
	*ret = inlined;
	if (!inlined && parser->at < parser->argc)
		*ret = parser->argv[parser->at++];
	if (*ret)
		return 0;
	err_set(err, ERR_USAGE, "option '--%s' needs a value", option->name);
	return err_hint(err, "write --%s %s", option->name,
			option->argument ? option->argument : "VALUE");
}

static int parse_long(struct parser *parser, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	_cleanup_free_ char *name =
		equals ? mem_strndup(word, (size_t)(equals - word)) : mem_strdup(word);
	const struct option *option = request_option(parser->command, name);
	if (!option && !parser->command && strcmp(word, "version") == 0) {
		parser->command = command_find("version");
		return 0;
	}
	if (!option && parser->help_verb && strcmp(name, markdown_option.name) == 0)
		option = &markdown_option;
	if (!option)
		return suggest_option(parser->command, name, err);
	const char *value = NULL;
	if (option->type == OPTION_FLAG && equals)
		return err_set(err, ERR_USAGE, "option '--%s' takes no value", name);
	if (option->type != OPTION_FLAG &&
	    take_value(parser, option, equals ? equals + 1 : NULL, &value, err) < 0)
		return -1;
	return request_add(parser->request, option, value, err);
}

static const struct option *find_letter(const struct option *rows, char letter)
{
	for (; rows && rows->name; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

/* A cluster: flags, and at most one option with a value at its end. */
static int parse_letters(struct parser *parser, const char *letters, struct err *err)
{
	while (*letters) {
		char letter = *letters++;
		const struct option *option =
			parser->command ? find_letter(parser->command->options, letter)
					: NULL;
		option = option ? option : find_letter(global_options, letter);
		if (!option) {
			err_set(err, ERR_USAGE, "unknown option '-%c'", letter);
			return err_hint(err, "run 'belay %s%s--help'",
					parser->command ? parser->command->name : "",
					parser->command ? " " : "");
		}
		const char *value = NULL;
		if (option->type != OPTION_FLAG) {
			if (take_value(parser, option, *letters ? letters : NULL, &value,
				       err) < 0)
				return -1;
			letters = "";
		}
		if (request_add(parser->request, option, value, err) < 0)
			return -1;
	}
	return 0;
}

static int parse_word(struct parser *parser, const char *word, struct err *err)
{
	if (parser->command && !parser->help_verb) {
		if (request_check_word(word, err) < 0)
			return -1;
		request_words_add(&parser->request->arguments, word);
		return 0;
	}
	if (!parser->help_verb && strcmp(word, "help") == 0) {
		parser->help_verb = true;
		return request_add(parser->request, request_option(NULL, "help"), NULL,
				   err);
	}
	if (parser->command && command_word_find(parser->command, word) &&
	    parser->request->arguments.count == 0) {
		request_words_add(&parser->request->arguments, word);
		return 0;
	}
	if (parser->command)
		return err_set(err, ERR_USAGE,
			       "'belay help' takes one command, found '%s' too", word);
	parser->command = command_find(word);
	return parser->command ? 0 : suggest_verb(word, err);
}

static int parse_all(struct parser *parser, struct err *err)
{
	bool ended = false;
	while (parser->at < parser->argc) {
		const char *word = parser->argv[parser->at++];
		int result;
		if (!ended && strcmp(word, "--") == 0) {
			ended = true;
			continue;
		}
		if (!ended && str_has_prefix(word, "--"))
			result = parse_long(parser, word + 2, err);
		else if (!ended && word[0] == '-' && word[1])
			result = parse_letters(parser, word + 1, err);
		else
			result = parse_word(parser, word, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

int cli_parse(int argc, char *const *argv, struct request **ret,
	      const struct command **ret_command, struct err *err)
{
	_cleanup_(request_freep) struct request *request = mem_new(struct request);
	struct parser parser = {.argv = argv, .argc = argc, .at = 1, .request = request};
	if (parse_all(&parser, err) < 0)
		return -1;
	if (parser.command && !request_wants_help(request) &&
	    request_check(request, parser.command, err) < 0)
		return -1;
	*ret = TAKE_PTR(request);
	*ret_command = parser.command;
	return 0;
}
