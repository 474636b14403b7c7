/* `belay docs [KEY]`: what a key of the configuration means, from the same schema that validates it. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "commands.h"
#include "guide.h"

/* "expect" for "checks.*.expect" as well: paths that end with the words given. New array. */
static json_t *paths_ending_with(const json_t *paths, const char *key)
{
	json_t *found = json_array(), *path;
	_cleanup_free_ char *suffix = str_format(".%s", key);
	size_t i;
	json_array_foreach(paths, i, path) {
		if (str_has_suffix(json_string_value(path), suffix))
			json_array_append(found, path);
	}
	return found;
}

static int err_unknown(const json_t *paths, const char *key, struct err *err)
{
	size_t i, count = json_array_size(paths);
	const char **words = mem_array(const char *, 2 * count + 1);
	json_t *path;
	json_array_foreach(paths, i, path) {
		const char *text = json_string_value(path);
		const char *dot = strrchr(text, '.');
		words[i] = dot ? dot + 1 : text;
		words[count + i] = text;
	}
	const char *nearest = str_nearest(key, words, 2 * count);
	(void)err_set(err, ERR_USAGE, "unknown key '%s'", key);
	(void)(nearest ? err_hint(err, "did you mean '%s'?", nearest)
		       : err_hint(err, "'belay docs' lists the keys at the top"));
	mem_freep(&words);
	return -1;
}

static int collect(const json_t *root, const char *key, json_t *forms, struct err *err)
{
	_cleanup_json_ json_t *exact = guide_forms(root, key);
	_cleanup_json_ json_t *paths = guide_paths(root);
	_cleanup_json_ json_t *ending = paths_ending_with(paths, key);
	size_t i;
	json_t *path;
	if (json_array_size(exact)) {
		json_array_extend(forms, exact);
		return 0;
	}
	if (!json_array_size(ending))
		return err_unknown(paths, key, err);
	json_array_foreach(ending, i, path) {
		_cleanup_json_ json_t *more = guide_forms(root, json_string_value(path));
		json_array_extend(forms, more);
	}
	return 0;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	const char *key = request_argument(context->request, 0);
	_cleanup_json_ json_t *root = config_schema();
	_cleanup_json_ json_t *forms = json_array();
	if (request_flag(context->request, "markdown")) {
		struct str text = STR_INIT;
		guide_markdown(&text, root);
		result->raw = str_take(&text);
		return 0;
	}
	if (collect(root, key ? key : "", forms, err) < 0)
		return -1;
	result->value = json_pack("{s:s, s:O}", "key", key ? key : "", "forms", forms);
	result->render = render_docs;
	return 0;
}

static const struct option options[] = {
	{.name = "markdown",
	 .type = OPTION_FLAG,
	 .help = "Print the whole reference as Markdown"},
	{0},
};

const struct command command_docs = {
	.name = "docs",
	.group = "Set up",
	.summary = "Explain a key of the configuration",
	.details =
		"A key is a dotted path in which '*' stands for a name that you choose, or the last word of "
		"one. Without a key: the top of the file.",
	.arguments = "[KEY]",
	.max_arguments = 1,
	.options = options,
	.examples = "belay docs\n"
		    "belay docs expect\n"
		    "belay docs 'environments.*.lock'\n",
	.result_schema = "result.docs",
	.run = run,
};
