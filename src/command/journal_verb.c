/* Where the journal is and which environments are meant, for the verbs that read it. */
#include "journal_verb.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

static const char no_configuration[] = "version: 1\n";

int journal_verb_begin(struct command_context *context, struct journal_verb *ret,
		       struct err *err)
{
	struct journal_verb verb = {
		.environment = request_text(context->request, "environment"),
	};
	struct err why = {0};
	bool named = request_text(context->request, "config") != NULL;
	if (context->config(context, &verb.config, &why)) {
		if (why.code != ERR_NOT_FOUND || named) {
			*err = why;
			return -1;
		}
		if (config_parse(no_configuration, strlen(no_configuration), "defaults",
				 &verb.own, NULL, err))
			return -1;
		verb.config = verb.own;
	}
	verb.shared = !strstr(verb.config->state.branch, "{environment}");
	*ret = verb;
	return 0;
}

void journal_verb_end(struct journal_verb *verb)
{
	config_freep(&verb->own);
}

static int choose_one(const struct journal_verb *verb, const json_t *on_branch,
		      json_t **ret, struct err *err)
{
	const struct config_environment *environment;
	const char *name = verb->environment;
	if (!json_has_string(on_branch, name) && verb->shared &&
	    verb->config->environment_count == 0)
		return err_set(err, ERR_NOT_FOUND, "no environment '%s' on the journal",
			       name);
	if (!json_has_string(on_branch, name) && verb->config->environment_count > 0 &&
	    config_choose_environment(verb->config, name, &environment, err))
		return -1;
	*ret = json_pack("[s]", name);
	return 0;
}

int journal_verb_names(const struct journal_verb *verb, const struct store *store,
		       json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *on_branch =
		store ? store_environments(store) : json_array();
	size_t index;
	json_t *name;
	if (verb->environment)
		return choose_one(verb, on_branch, ret, err);
	json_t *names = json_array();
	for (size_t i = 0; i < verb->config->environment_count; i++)
		json_array_append_new(names,
				      json_string(verb->config->environments[i].name));
	json_array_foreach(on_branch, index, name) {
		if (!json_has_string(names, json_string_value(name)))
			json_array_append(names, name);
	}
	*ret = names;
	return 0;
}
