/* belay status: what is live where, who holds the lock, what happened last. */
#include "belay/backup.h"
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "journal_verb.h"

static const struct option options[] = {
	{.name = "limit",
	 .letter = 'n',
	 .type = OPTION_INTEGER,
	 .argument = "N",
	 .help = "how many deployments to show (default: 5, at most 50)"},
	{0},
};

#define LIMIT 5

static json_t *lock_row(const json_t *state, int64_t now_ms)
{
	static const char *const words[] = {
		[LOCK_FREE] = "free",       [LOCK_OURS] = "held", [LOCK_BUSY] = "held",
		[LOCK_EXPIRED] = "expired", [LOCK_KEPT] = "kept",
	};
	_cleanup_free_ char *text = lock_describe(state, now_ms);
	json_t *row = json_copy(json_object_get(state, "lock"));
	json_object_set_new(row, "state",
			    json_string(words[lock_ask(state, NULL, now_ms)]));
	json_object_set_new(row, "text", json_string(text));
	return row;
}

/* The open transaction without what only an undo needs. */
static json_t *transaction_row(const json_t *state)
{
	static const char *const members[] = {
		"id",         "kind",   "deployment", "version",  "previous", "phase",
		"started_at", "reason", "run",        "prepared", "switched", "stuck"};
	const json_t *transaction = state_transaction(state);
	if (!transaction)
		return json_null();
	json_t *row = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set(row, members[i],
				json_object_get(transaction, members[i]));
	return row;
}

/* Those that somebody has to look after: open ones, and those whose post-mortem is owed. */
static json_t *incident_rows(const json_t *state, int64_t now_ms)
{
	static const char *const members[] = {"id",    "kind",   "severity",
					      "title", "status", "opened_at"};
	const char *environment = json_get_string(state, "environment", "");
	json_t *rows = json_array();
	size_t index;
	const json_t *incident;
	json_array_foreach(json_object_get(state, "incidents"), index, incident) {
		if (!incident_is_open(incident) && !post_mortem_is_owed(incident))
			continue;
		_cleanup_free_ char *title = incident_title(incident, environment);
		json_t *row = json_object();
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			json_object_set(row, members[i],
					json_object_get(incident, members[i]));
		json_object_set_new(row, "title", json_string(title));
		json_object_set_new(
			row, "overdue",
			json_boolean(post_mortem_is_overdue(incident, now_ms)));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *environment_row(const struct config *config, const char *name,
			       const struct journal_documents *documents, int64_t limit,
			       int64_t now_ms)
{
	const json_t *state = documents->state;
	const json_t *deployments = json_object_get(documents->recent, "deployments");
	json_t *newest = json_array();
	for (size_t i = 0; i < json_array_size(deployments) && i < (size_t)limit; i++)
		json_array_append(newest, json_array_get(deployments, i));
	return json_pack("{s:s, s:O, s:O, s:o, s:o, s:O, s:o, s:o, s:o}", "environment",
			 name, "sequence", json_object_get(state, "sequence"),
			 "updated_at", json_object_get(state, "updated_at"), "lock",
			 lock_row(state, now_ms), "transaction", transaction_row(state),
			 "services", json_object_get(state, "services"), "deployments",
			 newest, "backups", backups_health(config, name, state, now_ms),
			 "incidents", incident_rows(state, now_ms));
}

/* The documents now, or as they were at --at. */
static int read_documents(struct command_context *context,
			  const struct journal_verb *verb, struct store *store,
			  const char *name, struct journal_documents *ret,
			  struct err *err)
{
	_cleanup_(store_freep) struct store *other = NULL;
	if (!request_flag(context->request, "at"))
		return store_other(store, name, ret, err);
	if (store_open(context->fx, verb->config, name, &other, err))
		return -1;
	return store_past(other, context->now_ms, ret, err);
}

static int open_first(struct command_context *context, const struct journal_verb *verb,
		      struct store **ret, struct err *err)
{
	const char *name = NULL;
	if (!verb->shared && verb->environment)
		name = verb->environment;
	else if (!verb->shared && verb->config->environment_count > 0)
		name = verb->config->environments[0].name;
	return store_open(context->fx, verb->config, name, ret, err);
}

static int make_result(struct command_context *context, const struct journal_verb *verb,
		       json_t **ret, struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_json_ json_t *names = NULL;
	_cleanup_json_ json_t *rows = json_array();
	char at[TIME_TEXT_BYTES];
	size_t index;
	json_t *name;
	int64_t limit = request_integer(context->request, "limit", LIMIT);
	if (limit < 0 || limit > JOURNAL_RECENT_MAX)
		return err_set(err, ERR_USAGE, "--limit is 0 to %d", JOURNAL_RECENT_MAX);
	if (open_first(context, verb, &store, err) ||
	    journal_verb_names(verb, store, &names, err))
		return -1;
	json_array_foreach(names, index, name) {
		struct journal_documents documents;
		const char *text = json_string_value(name);
		if (read_documents(context, verb, store, text, &documents, err))
			return -1;
		json_array_append_new(rows,
				      environment_row(verb->config, text, &documents,
						      limit, context->now_ms));
		journal_documents_release(&documents);
	}
	*ret = json_pack("{s:s, s:s, s:O}", "location", store_location(store), "at",
			 time_format(context->now_ms, at), "environments", rows);
	return 0;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	__attribute__((cleanup(journal_verb_end))) struct journal_verb verb = {0};
	if (journal_verb_begin(context, &verb, err))
		return -1;
	result->render = render_status;
	return make_result(context, &verb, &result->value, err);
}

const struct command command_status = {
	.name = "status",
	.group = "Look",
	.summary = "show what is live where, the lock, backups and the last deployments",
	.details =
		"Reads the tip of the journal, all environments or the one of -e. With --at the "
		"state is folded from the events up to that time. Works without a configuration "
		"too, where the journal is on this repository's origin.",
	.options = options,
	.examples =
		"belay status\n"
		"belay status -e production\n"
		"belay status --at 2026-11-21T09:52:03Z\n"
		"belay status -e production --jq '.environments[0].services.api.live.version'\n",
	.result_schema = "result.status",
	.run = run,
};
