/* A request as a JSON value, for the header of a tape, and back.
 *
 * {"verb": "deploy", "options": {"version": "v2", "service": ["api"], "limit": 3, "json": true},
 *  "arguments": []}. `record` and `help` are left out: a replay records nothing. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "request.h"

static json_t *entry_to_json(const struct request_entry *entry)
{
	switch (entry->option->type) {
	case OPTION_FLAG:
		return json_true();
	case OPTION_INTEGER:
		return json_integer(entry->number);
	case OPTION_TEXT:
	case OPTION_TIME:
		return json_string(entry->words.items[0]);
	case OPTION_LIST:
		break;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < entry->words.count; i++)
		json_array_append_new(list, json_string(entry->words.items[i]));
	return list;
}

json_t *request_to_json(const struct request *request, const struct command *command)
{
	json_t *options = json_object();
	for (size_t i = 0; i < request->count; i++) {
		const char *name = request->items[i].option->name;
		if (strcmp(name, "record") != 0 && strcmp(name, "help") != 0)
			json_object_set_new(options, name,
					    entry_to_json(&request->items[i]));
	}
	json_t *arguments = json_array();
	for (size_t i = 0; i < request->arguments.count; i++)
		json_array_append_new(arguments,
				      json_string(request->arguments.items[i]));
	return json_pack("{s:s, s:o, s:o}", "verb", command->name, "options", options,
			 "arguments", arguments);
}

static int add_scalar(struct request *request, const struct option *option,
		      const json_t *value, struct err *err)
{
	if (json_is_true(value) && option->type == OPTION_FLAG)
		return request_add(request, option, NULL, err);
	if (json_is_string(value) && option->type != OPTION_FLAG)
		return request_add(request, option, json_string_value(value), err);
	if (json_is_integer(value) && option->type == OPTION_INTEGER) {
		_cleanup_free_ char *text =
			str_format("%lld", (long long)json_integer_value(value));
		return request_add(request, option, text, err);
	}
	return err_set(err, ERR_CONFIG, "option '%s' has a value of the wrong type",
		       option->name);
}

static int add_option(struct request *request, const struct command *command,
		      const char *name, const json_t *value, struct err *err)
{
	const struct option *option = request_option(command, name);
	if (!option)
		return err_set(err, ERR_CONFIG, "'belay %s' has no option '--%s'",
			       command->name, name);
	if (option->type != OPTION_LIST || !json_is_array(value))
		return add_scalar(request, option, value, err);
	size_t index;
	const json_t *item;
	json_array_foreach(value, index, item)
		if (add_scalar(request, option, item, err) < 0)
			return -1;
	return 0;
}

int request_from_json(const json_t *value, struct request **ret,
		      const struct command **ret_command, struct err *err)
{
	const char *verb = json_get_string(value, "verb", "");
	const struct command *command = command_find(verb);
	if (!command)
		return err_set(err, ERR_CONFIG, "unknown command '%s'", verb);
	_cleanup_(request_freep) struct request *request = mem_new(struct request);
	const char *name;
	const json_t *item;
	json_object_foreach(json_object_get(value, "options"), name, item)
		if (add_option(request, command, name, item, err) < 0)
			return -1;
	size_t index;
	json_array_foreach(json_object_get(value, "arguments"), index, item)
		if (json_is_string(item))
			request_words_add(&request->arguments, json_string_value(item));
	if (request_check(request, command, err) < 0)
		return -1;
	*ret = TAKE_PTR(request);
	*ret_command = command;
	return 0;
}
