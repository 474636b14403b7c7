/* The documents of an environment: what they look like before the first event, how the fold gets
 * fresh copies of the parts it changes, and how others read the state document.
 *
 * Documents are never changed in place once given out. A fold copies the path it touches and
 * shares the rest, so that folding a long history costs what changed, not what exists.
 */
#include "documents.h"

#include <assert.h>
#include <string.h>

#include "belay/json.h"

void journal_documents_release(struct journal_documents *documents)
{
	json_decref(documents->state);
	json_decref(documents->recent);
	json_decref(documents->rollup);
	*documents = (struct journal_documents){0};
}

static json_t *state_empty(const char *environment)
{
	json_t *lock =
		json_pack("{s:i, s:b, s:n, s:n, s:n, s:n, s:n, s:n, s:[]}", "generation",
			  0, "held", 0, "kept", "holder", "acquired_at", "expires_at",
			  "lease_ms", "reason", "queue");
	json_t *state = json_pack(
		"{s:i, s:s, s:i, s:n, s:{}, s:n, s:o, s:[], s:{}, s:[]}", "schema",
		JOURNAL_FORMAT, "environment", environment, "sequence", 0, "updated_at",
		"services", "transaction", "lock", lock, "incidents", "alerts", "outbox");
	assert(state);
	return state;
}

void journal_documents_init(struct journal_documents *ret, const char *environment)
{
	ret->state = state_empty(environment);
	ret->recent = json_pack("{s:i, s:s, s:[]}", "schema", JOURNAL_FORMAT,
				"environment", environment, "deployments");
	ret->rollup = json_pack("{s:i, s:s, s:[], s:[]}", "schema", JOURNAL_FORMAT,
				"environment", environment, "days", "months");
	assert(ret->recent && ret->rollup);
}

json_t *document_own(json_t *parent, const char *key)
{
	const json_t *member = json_object_get(parent, key);
	json_t *copy = json_is_object(member) || json_is_array(member)
			       ? json_copy((json_t *)member)
			       : json_object();
	json_object_set_new(parent, key, copy);
	return copy;
}

json_t *documents_own_recent(struct journal_documents *documents)
{
	json_t *copy = json_copy(documents->recent);
	json_decref(documents->recent);
	documents->recent = copy;
	return copy;
}

json_t *documents_own_rollup(struct journal_documents *documents)
{
	json_t *copy = json_copy(documents->rollup);
	json_decref(documents->rollup);
	documents->rollup = copy;
	return copy;
}

static const json_t *service_member(const json_t *state, const char *service,
				    const char *key)
{
	const json_t *services = json_object_get(state, "services");
	const json_t *found = json_object_get(json_object_get(services, service), key);
	return json_is_object(found) ? found : NULL;
}

const json_t *state_live(const json_t *state, const char *service)
{
	return service_member(state, service, "live");
}

const json_t *state_last_good(const json_t *state, const char *service)
{
	return service_member(state, service, "last_good");
}

const json_t *state_transaction(const json_t *state)
{
	const json_t *transaction = json_object_get(state, "transaction");
	return json_is_object(transaction) ? transaction : NULL;
}

int64_t state_generation(const json_t *state)
{
	return json_get_int(json_object_get(state, "lock"), "generation", 0);
}

bool state_has_passed(const json_t *state, const json_t *recent, const char *version)
{
	size_t index;
	const char *name;
	const json_t *row, *service;
	json_array_foreach(json_object_get(recent, "deployments"), index, row) {
		if (strcmp(json_get_string(row, "outcome", ""), "passed") == 0 &&
		    strcmp(json_get_string(row, "version", ""), version) == 0)
			return true;
	}
	json_object_foreach((json_t *)json_object_get(state, "services"), name, service) {
		const json_t *good = json_object_get(service, "last_good");
		if (strcmp(json_get_string(good, "version", ""), version) == 0)
			return true;
	}
	return false;
}
