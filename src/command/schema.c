/* `belay schema [NAME]`: the JSON Schemas that travel inside the executable, for editors and for whoever
 * reads `--json`. */
#include <string.h>

#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "commands.h"

#define PREFIX "schemas/"
#define SUFFIX ".schema.json"

/* "config" for "schemas/config.schema.json"; NULL for another kind of file. Fresh string. */
static char *schema_name(const char *file)
{
	if (!str_has_prefix(file, PREFIX) || !str_has_suffix(file, SUFFIX))
		return NULL;
	const char *name = file + strlen(PREFIX);
	return mem_strndup(name, strlen(name) - strlen(SUFFIX));
}

static json_t *schema_names(void)
{
	json_t *names = json_array();
	const struct embedded *file;
	for (size_t i = 0; (file = embedded_at(i)); i++) {
		_cleanup_free_ char *name = schema_name(file->name);
		if (name)
			json_array_append_new(names, json_string(name));
	}
	return names;
}

static void list(struct command_result *result)
{
	struct str lines = STR_INIT;
	size_t i;
	json_t *name;
	result->value = schema_names();
	json_array_foreach(result->value, i, name)
		str_addf(&lines, "%s\n", json_string_value(name));
	result->raw = str_take(&lines);
}

static int err_unknown(const char *name, struct err *err)
{
	enum { MAX = 64 };
	const char *known[MAX];
	_cleanup_json_ json_t *names = schema_names();
	size_t count = json_array_size(names) < MAX ? json_array_size(names) : MAX;
	for (size_t i = 0; i < count; i++)
		known[i] = json_string_value(json_array_get(names, i));
	const char *nearest = str_nearest(name, known, count);
	(void)err_set(err, ERR_USAGE, "unknown schema '%s'", name);
	return nearest ? err_hint(err, "did you mean '%s'?", nearest)
		       : err_hint(err, "'belay schema --list' shows all names");
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	const char *name = request_argument(context->request, 0);
	if (request_flag(context->request, "list")) {
		list(result);
		return 0;
	}
	name = name ? name : "config";
	_cleanup_free_ char *path = str_format(PREFIX "%s" SUFFIX, name);
	const struct embedded *file = embedded_find(path);
	if (!file)
		return err_unknown(name, err);
	if (json_parse(file->data, file->size, path, &result->value, err) < 0)
		return -1;
	result->raw = mem_strdup(file->data);
	return 0;
}

static const struct option options[] = {
	{.name = "list",
	 .letter = 'l',
	 .type = OPTION_FLAG,
	 .help = "List the names of all schemas"},
	{0},
};

const struct command command_schema = {
	.name = "schema",
	.group = "Set up",
	.summary = "Print a JSON Schema: of the configuration, a result, an event",
	.details =
		"Without a name the schema of the configuration, which editors take for completion: put "
		"'# yaml-language-server: $schema=PATH' at the top of the file.",
	.arguments = "[NAME]",
	.max_arguments = 1,
	.options = options,
	.examples = "belay schema > belay.schema.json\n"
		    "belay schema --list\n"
		    "belay schema event\n",
	.run = run,
};
