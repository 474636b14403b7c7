/* The store: opening it, what it knows, reading again. See belay/store.h. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "store_parts.h"

void store_free(struct store *store)
{
	if (!store)
		return;
	location_release(&store->location);
	journal_documents_release(&store->documents);
	json_decref(store->answer);
	free(store->environment);
	free(store->tip);
	free(store);
}

void store_freep(struct store **store)
{
	store_free(*store);
	*store = NULL;
}

int store_locate(struct effects *fx, const struct config *config, const char *environment,
		 struct store **ret, struct err *err)
{
	_cleanup_(store_freep) struct store *store = mem_new(struct store);
	store->fx = fx;
	store->config = config;
	store->environment = environment ? mem_strdup(environment) : NULL;
	if (environment && branch_check_name(environment, err))
		return -1;
	if (location_resolve(fx, config, environment, &store->location, err))
		return -1;
	journal_documents_init(&store->documents, environment ? environment : "");
	*ret = TAKE_PTR(store);
	return 0;
}

static int read_tip(struct store *store, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:s}", "remote", store->location.remote, "branch",
			  store->location.branch);
	const struct effect effect = {
		.kind = "git.read", .args = args, .subject = store->location.text};
	if (effects_perform(store->fx, &effect, ret, err))
		return err_wrap(err, "reading the journal at %s", store->location.text);
	return 0;
}

int store_refresh(struct store *store, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	struct journal_documents documents = {0};
	const char *branch = store->location.branch;
	if (store->assumed)
		return 0;
	if (read_tip(store, &answer, err) || branch_recognise(answer, branch, err))
		return -1;
	if (!store->environment)
		journal_documents_init(&documents, "");
	else if (branch_documents(answer, branch, store->environment, &documents, err))
		return -1;
	journal_documents_release(&store->documents);
	store->documents = documents;
	store->on_branch = json_get_int(documents.state, "sequence", 0) > 0;
	free(store->tip);
	const char *tip = json_get_string(answer, "tip", NULL);
	store->tip = tip ? mem_strdup(tip) : NULL;
	json_decref(store->answer);
	store->answer = TAKE_PTR(answer);
	return 0;
}

int store_open(struct effects *fx, const struct config *config, const char *environment,
	       struct store **ret, struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	if (store_locate(fx, config, environment, &store, err) ||
	    store_refresh(store, err))
		return -1;
	*ret = TAKE_PTR(store);
	return 0;
}

const struct journal_documents *store_documents(const struct store *store)
{
	return &store->documents;
}

json_t *store_environments(const struct store *store)
{
	return branch_environments(store->answer);
}

int store_other(struct store *store, const char *environment,
		struct journal_documents *ret, struct err *err)
{
	if (branch_check_name(environment, err))
		return -1;
	if (store->location.shared)
		return branch_documents(store->answer, store->location.branch,
					environment, ret, err);
	_cleanup_(store_freep) struct store *other = NULL;
	if (store_open(store->fx, store->config, environment, &other, err))
		return -1;
	*ret = other->documents;
	other->documents = (struct journal_documents){0};
	return 0;
}

const char *store_location(const struct store *store)
{
	return store->location.text;
}

const char *store_tip(const struct store *store)
{
	return store->tip;
}

int store_stage(const struct journal_documents *documents, json_t *events,
		const char *type, int64_t at_ms, const json_t *run,
		const char *transaction, json_t *data, struct err *err)
{
	struct journal_documents now = {
		json_incref(documents->state),
		json_incref(documents->recent),
		json_incref(documents->rollup),
	};
	json_t *event = NULL;
	size_t index;
	int result = 0;
	json_array_foreach(events, index, event) {
		struct journal_documents after;
		if ((result = journal_reduce(&now, event, &after, err)))
			break;
		journal_documents_release(&now);
		now = after;
	}
	if (result == 0) {
		struct journal_documents after = {0};
		event = journal_event(now.state, type, at_ms, run, transaction, data);
		result = journal_reduce(&now, event, &after, err);
		journal_documents_release(&after);
		if (result == 0)
			json_array_append(events, event);
		json_decref(event);
	} else {
		json_decref(data);
	}
	journal_documents_release(&now);
	return result;
}
