/* belay history: the events of the journal, newest first. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "journal_verb.h"

static const struct option options[] = {
	{.name = "limit",
	 .letter = 'n',
	 .type = OPTION_INTEGER,
	 .argument = "N",
	 .help = "how many events to show, 0 for all (default: 20)"},
	{.name = "type",
	 .letter = 't',
	 .type = OPTION_LIST,
	 .argument = "TYPE",
	 .help = "only events of this type, or of this kind ('deployment'); may be given again"},
	{.name = "since",
	 .type = OPTION_TIME,
	 .argument = "TIME",
	 .help = "only events from this time on"},
	{0},
};

#define LIMIT 20

struct wanted {
	const char *const *types;
	bool has_since, has_until;
	int64_t since_ms, until_ms;
	size_t limit; /* 0: all */
};

/* "deployment" stands for all "deployment.…". */
static bool type_matches(const char *const *types, const char *type)
{
	if (!types || !*types)
		return true;
	for (; *types; types++) {
		size_t len = strlen(*types);
		if (strncmp(type, *types, len) == 0 &&
		    (type[len] == '\0' || type[len] == '.'))
			return true;
	}
	return false;
}

static json_t *row_of(const json_t *item)
{
	const json_t *event = json_object_get(item, "event");
	const json_t *data = json_object_get(event, "data");
	_cleanup_free_ char *subject = journal_subject(event);
	static const char *const from_event[] = {"environment", "sequence", "at", "type"};
	static const char *const from_data[] = {"version", "deployment"};
	json_t *row =
		json_pack("{s:O, s:s, s:O}", "commit", json_object_get(item, "commit"),
			  "subject", subject, "event", event);
	for (size_t i = 0; i < ARRAY_SIZE(from_event); i++)
		json_object_set(row, from_event[i],
				json_object_get(event, from_event[i]));
	for (size_t i = 0; i < ARRAY_SIZE(from_data); i++) {
		const char *text = json_get_string(data, from_data[i], NULL);
		json_object_set_new(row, from_data[i],
				    text ? json_string(text) : json_null());
	}
	const char *actor = json_get_string(json_object_get(event, "run"), "actor", NULL);
	json_object_set_new(row, "actor", actor ? json_string(actor) : json_null());
	return row;
}

/* Adds what is wanted among `items`; true when the log need not be read further. */
static bool pick(const json_t *items, const struct wanted *wanted, json_t *rows)
{
	size_t index;
	const json_t *item;
	json_array_foreach(items, index, item) {
		const json_t *event = json_object_get(item, "event");
		int64_t at_ms = 0;
		if (wanted->limit && json_array_size(rows) >= wanted->limit)
			return true;
		if (time_parse(json_get_string(event, "at", ""), &at_ms))
			continue;
		if (wanted->has_until && at_ms > wanted->until_ms)
			continue;
		if (wanted->has_since && at_ms < wanted->since_ms)
			return true;
		if (type_matches(wanted->types, json_get_string(event, "type", "")))
			json_array_append_new(rows, row_of(item));
	}
	return wanted->limit && json_array_size(rows) >= wanted->limit;
}

/* Reads as much of the log as it takes: a filter may pass few events. */
static int collect(struct store *store, const struct wanted *wanted, json_t **ret,
		   struct err *err)
{
	int64_t depth = (int64_t)wanted->limit;
	for (;;) {
		_cleanup_json_ json_t *items = NULL;
		json_t *rows = json_array();
		if (store_history(store, depth, &items, err)) {
			json_decref(rows);
			return -1;
		}
		if (pick(items, wanted, rows) || depth == 0 ||
		    json_array_size(items) < (size_t)depth) {
			*ret = rows;
			return 0;
		}
		json_decref(rows);
		depth *= 8;
	}
}

static int read_wanted(const struct request *request, int64_t now_ms, struct wanted *ret,
		       struct err *err)
{
	int64_t limit = request_integer(request, "limit", LIMIT);
	if (limit < 0 || limit > INT32_MAX)
		return err_set(err, ERR_USAGE, "--limit is a count, or 0 for all");
	*ret = (struct wanted){
		.types = request_list(request, "type"),
		.has_since = request_flag(request, "since"),
		.has_until = request_flag(request, "at"),
		.since_ms = request_integer(request, "since", 0),
		.until_ms = now_ms,
		.limit = (size_t)limit,
	};
	return 0;
}

/* Which environment's events: -e, else all on a shared branch, else the only one there is. */
static int environment_of(const struct journal_verb *verb, const char **ret,
			  struct err *err)
{
	const struct config_environment *only;
	*ret = verb->environment;
	if (verb->shared || verb->environment)
		return 0;
	if (config_choose_environment(verb->config, NULL, &only, err))
		return -1;
	*ret = only->name;
	return 0;
}

static int make_result(struct command_context *context, const struct journal_verb *verb,
		       json_t **ret, struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_json_ json_t *names = NULL;
	_cleanup_json_ json_t *rows = NULL;
	const char *name;
	struct wanted wanted = {0};
	if (read_wanted(context->request, context->now_ms, &wanted, err) ||
	    environment_of(verb, &name, err) ||
	    store_open(context->fx, verb->config, name, &store, err) ||
	    journal_verb_names(verb, store, &names, err) ||
	    collect(store, &wanted, &rows, err))
		return -1;
	*ret = json_pack("{s:s, s:o, s:O}", "location", store_location(store),
			 "environment", name ? json_string(name) : json_null(), "events",
			 rows);
	return 0;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	__attribute__((cleanup(journal_verb_end))) struct journal_verb verb = {0};
	if (journal_verb_begin(context, &verb, err))
		return -1;
	result->render = render_history;
	return make_result(context, &verb, &result->value, err);
}

const struct command command_history = {
	.name = "history",
	.group = "Look",
	.summary = "list the events of the journal, newest first",
	.details =
		"Each event is one commit of the journal's branch; --json gives them whole. With "
		"--at events after that time are left out.",
	.options = options,
	.examples =
		"belay history -e production\n"
		"belay history --type deployment.rolled-back --limit 0\n"
		"belay history --since 2026-11-01T00:00:00Z --jq '.events[].subject'\n",
	.result_schema = "result.history",
	.run = run,
};
