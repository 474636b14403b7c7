/* Unknown verbs and options: one line that names the word, and a hint with the nearest known one.
 * An option that exists, but for another verb, is answered with that verb. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "suggest.h"

struct names {
	const char **items;
	size_t count, capacity;
};

static void names_release(struct names *names)
{
	free(names->items);
}

static void add_options(struct names *names, const struct option *rows)
{
	for (; rows && rows->name; rows++)
		*vec_push(names) = rows->name;
}

static const char *nearest(const struct names *names, const char *word)
{
	return str_nearest(word, names->items, names->count);
}

int suggest_verb(const char *word, struct err *err)
{
	_cleanup_(names_release) struct names names = {0};
	for (const struct command *const *row = commands; *row; row++)
		*vec_push(&names) = (*row)->name;
	*vec_push(&names) = "help";
	err_set(err, ERR_USAGE, "unknown command '%s'", word);
	const char *near = nearest(&names, word);
	if (near)
		return err_hint(err, "did you mean 'belay %s'?", near);
	return err_hint(err, "run 'belay --help' for the list of commands");
}

static const struct command *owner_of(const char *name)
{
	for (const struct command *const *row = commands; *row; row++)
		for (const struct option *option = (*row)->options;
		     option && option->name; option++)
			if (strcmp(option->name, name) == 0)
				return *row;
	return NULL;
}

int suggest_option(const struct command *command, const char *name, struct err *err)
{
	_cleanup_(names_release) struct names names = {0};
	add_options(&names, command ? command->options : NULL);
	add_options(&names, global_options);
	const struct command *owner = owner_of(name);
	if (command)
		err_set(err, ERR_USAGE, "unknown option '--%s' for 'belay %s'", name,
			command->name);
	else if (owner)
		err_set(err, ERR_USAGE,
			"option '--%s' stands before the command it belongs to", name);
	else
		err_set(err, ERR_USAGE, "unknown option '--%s'", name);
	if (!command && owner)
		return err_hint(err, "write it after the command: belay %s --%s",
				owner->name, name);
	const char *near = nearest(&names, name);
	if (near)
		return err_hint(err, "did you mean '--%s'?", near);
	if (owner)
		return err_hint(err, "'belay %s' has that option", owner->name);
	return err_hint(err, "run 'belay %s%s--help'", command ? command->name : "",
			command ? " " : "");
}
