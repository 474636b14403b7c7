/* `belay incident WHAT [ID]`: incidents by hand. WHAT is the first argument; each is one piece of work of
 * the engine, and all of them leave the same kind of result. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "commands.h"
#include "engine_verb.h"

static const char *const severities[] = {"P0", "P1", "P2", "P3", NULL};

static const struct option options[] = {
	{.name = "title",
	 .type = OPTION_TEXT,
	 .argument = "TEXT",
	 .help = "open: what is wrong, in a few words"},
	{.name = "text",
	 .letter = 'm',
	 .type = OPTION_TEXT,
	 .argument = "TEXT",
	 .help = "open, update, resolve: what there is to say"},
	{.name = "severity",
	 .type = OPTION_TEXT,
	 .argument = "P0..P3",
	 .values = severities,
	 .help = "open, update: P0 nobody is served … P3 worth knowing (default: P2)"},
	{.name = "acknowledge",
	 .letter = 'a',
	 .type = OPTION_FLAG,
	 .help = "update: somebody looks after it; nobody is called again"},
	{.name = "path",
	 .type = OPTION_TEXT,
	 .argument = "FILE",
	 .help = "post-mortem: write the page there"},
	{.name = "done",
	 .type = OPTION_FLAG,
	 .help = "post-mortem: it is written and learned"},
	{0},
};

typedef int engine_incident_act(const struct engine *engine,
				const struct engine_incident *asked, json_t **ret_result,
				struct err *err);

static struct engine_incident asked_for(const struct request *request)
{
	return (struct engine_incident){
		.id = request_argument(request, 1),
		.title = request_text(request, "title"),
		.text = request_text(request, "text"),
		.severity = request_text(request, "severity"),
		.acknowledge = request_flag(request, "acknowledge"),
		.done = request_flag(request, "done"),
		.path = request_text(request, "path"),
	};
}

/* Without -e all environments: nobody should have to know where it burns. */
static int list(struct command_context *context, json_t **ret_result, struct err *err)
{
	struct engine engine = {.fx = context->fx, .progress = context->progress};
	if (context->config(context, &engine.config, err) < 0)
		return -1;
	if (request_text(context->request, "environment") &&
	    context->environment(context, &engine.config, &engine.environment, err) < 0)
		return -1;
	return engine_incident_list(&engine, context->now_ms, ret_result, err);
}

static int show(struct command_context *context, json_t **ret_result, struct err *err)
{
	const char *id = request_argument(context->request, 1);
	if (!id)
		return err_set(err, ERR_USAGE, "'incident show' needs an id");
	_cleanup_json_ json_t *all = NULL;
	if (list(context, &all, err) < 0)
		return -1;
	json_t *found = json_array();
	size_t i;
	json_t *incident;
	json_array_foreach(json_object_get(all, "incidents"), i, incident) {
		if (str_has_prefix(json_get_string(incident, "id", ""), id))
			json_array_append(found, incident);
	}
	json_object_set_new(all, "incidents", found);
	*ret_result = json_incref(all);
	if (json_array_size(found) == 1)
		return 0;
	json_decref(TAKE_PTR(*ret_result));
	err_set(err, ERR_NOT_FOUND,
		json_array_size(found) ? "more than one incident begins with '%s'"
				       : "there is no incident '%s'",
		id);
	return err_hint(err, "'belay incident list' shows all");
}

static int act(struct command_context *context, engine_incident_act *perform,
	       json_t **ret_result, struct err *err)
{
	struct engine engine;
	const struct engine_incident asked = asked_for(context->request);
	if (engine_verb_open(context, &engine, err) < 0)
		return -1;
	return perform(&engine, &asked, ret_result, err);
}

static const struct {
	const char *word;
	engine_incident_act *perform;
	bool takes_id;
} acts[] = {
	{"open", engine_incident_open, false},
	{"update", engine_incident_update, true},
	{"resolve", engine_incident_resolve, true},
	{"post-mortem", engine_post_mortem, true},
};

static int unknown(const char *word, struct err *err)
{
	static const char *const words[] = {"open", "update", "resolve",
					    "list", "show",   "post-mortem"};
	const char *nearest = str_nearest(word, words, ARRAY_SIZE(words));
	err_set(err, ERR_USAGE, "'incident' knows no '%s'", word);
	if (nearest)
		return err_hint(err, "did you mean 'belay incident %s'?", nearest);
	return err_hint(err, "it is open, update, resolve, list, show or post-mortem");
}

static int dispatch(struct command_context *context, const char *word,
		    json_t **ret_result, struct err *err)
{
	bool has_id = request_argument_count(context->request) > 1;
	if (strcmp(word, "list") == 0 && !has_id)
		return list(context, ret_result, err);
	if (strcmp(word, "show") == 0)
		return show(context, ret_result, err);
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		if (strcmp(acts[i].word, word) != 0)
			continue;
		if (!has_id || acts[i].takes_id)
			return act(context, acts[i].perform, ret_result, err);
		err_set(err, ERR_USAGE, "'incident %s' takes no id", word);
		return err_hint(err,
				"say what is wrong with --title: belay incident %s "
				"--title '%s'",
				word, request_argument(context->request, 1));
	}
	if (strcmp(word, "list") == 0) {
		err_set(err, ERR_USAGE, "'incident list' takes no id");
		return err_hint(err, "belay incident show %s",
				request_argument(context->request, 1));
	}
	return unknown(word, err);
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	const char *word = request_argument(context->request, 0);
	if (dispatch(context, word, &result->value, err) < 0)
		return -1;
	result->render =
		strcmp(word, "list") == 0 ? render_incident_list : render_incident;
	return 0;
}

const struct command command_incident = {
	.name = "incident",
	.group = "Look",
	.summary = "open, update, resolve and list incidents, write their post-mortems",
	.details =
		"belay opens an incident itself when a deployment was taken back, could not be "
		"taken back or is live without proof, and when a watch sees a gate fail for a "
		"while; it resolves it when the environment has recovered. The words:\n\n"
		"  open          a person saw something: --title, and --text, --severity\n"
		"  update        --text, another --severity, or --acknowledge\n"
		"  resolve       it is over; --text says why\n"
		"  list          what is open, and which post-mortems are owed or overdue\n"
		"  show          one of them with its evidence, timeline and checklist\n"
		"  post-mortem   the page with everything that the journal knows: shown, or written "
		"to a file or a pull request as the configuration says; --done when it has been "
		"learned\n\n"
		"The id may be shortened, and left out where only one is meant.",
	.arguments = "<open|update|resolve|list|show|post-mortem> [ID]",
	.min_arguments = 1,
	.max_arguments = 2,
	.options = options,
	.examples =
		"belay incident list\n"
		"belay incident open -e production --title 'orders fail' --severity P1\n"
		"belay incident update -e production --acknowledge\n"
		"belay incident resolve -e production -m 'the certificate was renewed'\n"
		"belay incident post-mortem -e production --path post-mortem.md",
	.result_schema = "result.incident",
	.run = run,
};
