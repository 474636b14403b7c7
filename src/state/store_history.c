/* Reading the log: the newest events of one environment, and what its documents once were. */
#include <string.h>

#include "belay/json.h"
#include "belay/timefmt.h"
#include "store_parts.h"

int store_log(struct store *store, json_t *args, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *all = args;
	json_object_set(all, "remote", store->location.remote);
	json_object_set_new(all, "branch", json_string(store->location.branch));
	const struct effect effect = {
		.kind = "git.log", .args = all, .subject = store->location.text};
	if (effects_perform(store->fx, &effect, ret, err))
		return err_wrap(err, "reading the history at %s", store->location.text);
	return 0;
}

/* The environment's events among the commits, at most `limit` (0 = all). */
static json_t *pick_events(const struct store *store, const json_t *commits,
			   int64_t limit)
{
	json_t *picked = json_array();
	size_t index;
	json_t *commit;
	json_array_foreach(commits, index, commit) {
		json_t *event = branch_event(commit);
		const char *environment = json_get_string(event, "environment", "");
		if (event &&
		    (!store->environment || strcmp(environment, store->environment) == 0))
			json_array_append_new(picked,
					      json_pack("{s:O, s:O}", "commit",
							json_object_get(commit, "id"),
							"event", event));
		json_decref(event);
		if (limit > 0 && json_array_size(picked) >= (size_t)limit)
			break;
	}
	return picked;
}

/* The log knows no environments: reads more until enough of ours are among them. */
int store_history(struct store *store, int64_t limit, json_t **ret, struct err *err)
{
	int64_t depth = limit;
	if (!store->tip) {
		*ret = json_array();
		return 0;
	}
	for (;;) {
		_cleanup_json_ json_t *answer = NULL;
		json_t *args = json_pack("{s:b}", "newest_first", 1);
		if (depth > 0)
			json_object_set_new(args, "limit", json_integer(depth));
		if (store_log(store, args, &answer, err))
			return -1;
		const json_t *commits = json_object_get(answer, "commits");
		_cleanup_json_ json_t *picked = pick_events(store, commits, limit);
		if (limit <= 0 || json_array_size(picked) >= (size_t)limit ||
		    json_array_size(commits) < (size_t)depth) {
			*ret = json_incref(picked);
			return 0;
		}
		depth *= 4;
	}
}

int store_past(struct store *store, int64_t at_ms, struct journal_documents *ret,
	       struct err *err)
{
	struct journal_documents documents = {0};
	_cleanup_json_ json_t *history = NULL;
	if (store_history(store, 0, &history, err))
		return -1;
	journal_documents_init(&documents, store->environment);
	for (size_t i = json_array_size(history); i-- > 0;) {
		struct journal_documents after;
		int64_t event_ms = 0;
		const json_t *event =
			json_object_get(json_array_get(history, i), "event");
		if (time_parse(json_get_string(event, "at", ""), &event_ms) == 0 &&
		    event_ms > at_ms)
			break;
		if (journal_reduce(&documents, event, &after, err)) {
			journal_documents_release(&documents);
			return -1;
		}
		journal_documents_release(&documents);
		documents = after;
	}
	*ret = documents;
	return 0;
}
