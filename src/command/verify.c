/* belay verify: does the whole history add up? */
#include "belay/json.h"
#include "belay/mem.h"
#include "journal_verb.h"

static int verify_branch(struct command_context *context, const struct journal_verb *verb,
			 const char *environment, json_t *branches, struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	json_t *found = NULL;
	if (store_locate(context->fx, verb->config, environment, &store, err) ||
	    store_verify(store, &found, err))
		return -1;
	json_array_append_new(branches, found);
	return 0;
}

static int verify_all(struct command_context *context, const struct journal_verb *verb,
		      json_t *branches, struct err *err)
{
	_cleanup_json_ json_t *names = NULL;
	size_t index;
	json_t *name;
	if (verb->shared)
		return verify_branch(context, verb, NULL, branches, err);
	if (journal_verb_names(verb, NULL, &names, err))
		return -1;
	json_array_foreach(names, index, name) {
		if (verify_branch(context, verb, json_string_value(name), branches, err))
			return -1;
	}
	return 0;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	__attribute__((cleanup(journal_verb_end))) struct journal_verb verb = {0};
	_cleanup_json_ json_t *branches = json_array();
	if (journal_verb_begin(context, &verb, err) ||
	    verify_all(context, &verb, branches, err))
		return -1;
	result->value = json_pack("{s:O}", "branches", branches);
	result->render = render_verify;
	return 0;
}

const struct command command_verify = {
	.name = "verify",
	.group = "Look",
	.summary = "fold the whole history again and compare every commit with it",
	.details =
		"The state on the branch is nothing but the sum of its events. Verify computes "
		"that sum from the first event on and compares the files of every commit. The "
		"first commit that does not fit is named, with exit status 11. Nothing is written.",
	.examples = "belay verify\n",
	.result_schema = "result.verify",
	.run = run,
};
