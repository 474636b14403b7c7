/* A request: the words of one command line, checked against the option tables and kept by name.
 *
 * Owns the copies of all words. Taking argv apart is parse.c's; the form that goes onto a tape is
 * request_json.c's. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "request.h"

static const char *const no_words[] = {NULL};

void request_words_add(struct request_words *words, const char *word)
{
	*vec_push(words) = mem_strdup(word);
	/* The terminator: room for it, without counting it. */
	*vec_push(words) = NULL;
	words->count--;
}

static void words_clear(struct request_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	words->count = 0;
}

static void words_release(struct request_words *words)
{
	words_clear(words);
	free(words->items);
	*words = (struct request_words){0};
}

void request_freep(struct request **request)
{
	if (!*request)
		return;
	for (size_t i = 0; i < (*request)->count; i++)
		words_release(&(*request)->items[i].words);
	free((*request)->items);
	words_release(&(*request)->arguments);
	free(*request);
	*request = NULL;
}

static struct request_entry *entry_find(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->count; i++)
		if (strcmp(request->items[i].option->name, name) == 0)
			return &request->items[i];
	return NULL;
}

static struct request_entry *entry_get(struct request *request,
				       const struct option *option)
{
	struct request_entry *entry = entry_find(request, option->name);
	if (!entry) {
		entry = vec_push(request);
		entry->option = option;
	}
	return entry;
}

static int check_word(const struct option *option, const char *text, struct err *err)
{
	size_t count = 0;
	for (; option->values[count]; count++)
		if (strcmp(option->values[count], text) == 0)
			return 0;
	_cleanup_str_ struct str known = STR_INIT;
	for (size_t i = 0; i < count; i++)
		str_addf(&known, "%s%s", i ? ", " : "", option->values[i]);
	const char *nearest = str_nearest(text, option->values, count);
	err_set(err, ERR_USAGE, "option '--%s' does not know '%s'", option->name, text);
	if (nearest)
		return err_hint(err, "did you mean '%s'? (%s)", nearest,
				str_text(&known));
	return err_hint(err, "it takes one of: %s", str_text(&known));
}

/* What the type says about the text; the number that it stands for. */
static int check_value(const struct option *option, const char *text, int64_t *ret_number,
		       struct err *err)
{
	long long number = 0;
	switch (option->type) {
	case OPTION_FLAG:
		return 0;
	case OPTION_TEXT:
	case OPTION_LIST:
		if (!*text) {
			err_set(err, ERR_USAGE, "option '--%s' has an empty value",
				option->name);
			return err_hint(err, "give --%s %s, or leave it out",
					option->name, option->argument);
		}
		return option->values ? check_word(option, text, err) : 0;
	case OPTION_INTEGER:
		if (str_to_int64(text, 0, INT64_MAX, &number) < 0)
			return err_set(err, ERR_USAGE,
				       "option '--%s' takes a whole number, found '%s'",
				       option->name, text);
		*ret_number = number;
		return 0;
	case OPTION_TIME:
		if (time_parse(text, ret_number) < 0) {
			err_set(err, ERR_USAGE, "option '--%s' takes a time, found '%s'",
				option->name, text);
			return err_hint(err, "write it as in 2026-11-21T09:52:03Z");
		}
		return 0;
	}
	return 0;
}

int request_check_word(const char *word, struct err *err)
{
	if (str_is_utf8(word, strlen(word)))
		return 0;
	_cleanup_free_ char *shown = mem_strdup(word);
	str_keep_utf8(shown);
	err_set(err, ERR_USAGE, "'%s' is no UTF-8 text", shown);
	return err_hint(err, "it may have been cut in the middle of a character");
}

int request_add(struct request *request, const struct option *option, const char *text,
		struct err *err)
{
	int64_t number = 0;
	if (option->type != OPTION_FLAG && request_check_word(text, err) < 0)
		return -1;
	if (check_value(option, text, &number, err) < 0)
		return -1;
	struct request_entry *entry = entry_get(request, option);
	entry->number = number;
	if (option->type != OPTION_LIST)
		words_clear(&entry->words);
	if (option->type != OPTION_FLAG)
		request_words_add(&entry->words, text);
	return 0;
}

static const struct option *row_find(const struct option *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

const struct option *request_option(const struct command *command, const char *name)
{
	const struct option *row = command ? row_find(command->options, name) : NULL;
	return row ? row : row_find(global_options, name);
}

/* Whose option it is, for whoever gave it to another word. */
static int hint_words(const struct command *command, const char *option, struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	size_t count = 0;
	for (const struct command_word *row = command->words; row->name; row++)
		if (command_word_takes(row, option))
			str_addf(&names, "%s%s", count++ ? ", " : "", row->name);
	if (count == 1)
		return err_hint(err, "did you mean 'belay %s %s'?", command->name,
				str_text(&names));
	return err_hint(err, "it is an option of: %s", str_text(&names));
}

/* Nothing that was asked for is left out in silence. */
static int check_word_options(const struct request *request,
			      const struct command *command, struct err *err)
{
	const struct command_word *word =
		command_word_find(command, request_argument(request, 0));
	for (size_t i = 0; word && i < request->count; i++) {
		const char *option = request->items[i].option->name;
		if (!row_find(command->options, option) ||
		    command_word_takes(word, option))
			continue;
		err_set(err, ERR_USAGE, "'belay %s %s' takes no --%s", command->name,
			word->name, option);
		return hint_words(command, option, err);
	}
	return 0;
}

int request_check(const struct request *request, const struct command *command,
		  struct err *err)
{
	size_t count = request->arguments.count;
	if (count < command->min_arguments) {
		err_set(err, ERR_USAGE, "'belay %s' needs %s", command->name,
			command->arguments ? command->arguments : "an argument");
		return err_hint(err, "run 'belay %s --help'", command->name);
	}
	if (count > command->max_arguments) {
		err_set(err, ERR_USAGE, "'belay %s' has no use for '%s'", command->name,
			request->arguments.items[command->max_arguments]);
		return err_hint(err, "run 'belay %s --help'", command->name);
	}
	for (const struct option *row = command->options; row && row->name; row++) {
		if (!row->required || entry_find(request, row->name))
			continue;
		err_set(err, ERR_USAGE, "'belay %s' needs --%s %s", command->name,
			row->name, row->argument ? row->argument : "");
		return err_hint(err, "%s; see 'belay %s --help'", row->help,
				command->name);
	}
	if (request_flag(request, "quiet") && request_flag(request, "verbose"))
		return err_set(err, ERR_USAGE,
			       "--quiet and --verbose exclude each other");
	return check_word_options(request, command, err);
}

const char *request_text(const struct request *request, const char *option)
{
	const struct request_entry *entry = entry_find(request, option);
	return entry && entry->words.count ? entry->words.items[0] : NULL;
}

bool request_flag(const struct request *request, const char *option)
{
	return entry_find(request, option) != NULL;
}

const char *const *request_list(const struct request *request, const char *option)
{
	const struct request_entry *entry = entry_find(request, option);
	if (!entry || !entry->words.count)
		return no_words;
	return (const char *const *)entry->words.items;
}

int64_t request_integer(const struct request *request, const char *option,
			int64_t fallback)
{
	const struct request_entry *entry = entry_find(request, option);
	return entry ? entry->number : fallback;
}

size_t request_argument_count(const struct request *request)
{
	return request->arguments.count;
}

const char *request_argument(const struct request *request, size_t index)
{
	return index < request->arguments.count ? request->arguments.items[index] : NULL;
}

bool request_wants_help(const struct request *request)
{
	return request_flag(request, "help");
}

void request_set_text(struct request *request, const char *option, const char *value)
{
	const struct option *row = row_find(global_options, option);
	struct request_entry *entry =
		row ? entry_get(request, row) : entry_find(request, option);
	if (!entry)
		return;
	words_clear(&entry->words);
	request_words_add(&entry->words, value);
}
