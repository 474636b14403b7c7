/* Folding a transaction on its way: begun, captured, prepared, switched, judged. The open
 * transaction in the state document holds what a later run needs to finish it or take it back:
 * what is deployed where, what was live before, and which steps happened.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "documents.h"
#include "reduce.h"

#define GATES_MAX 20

json_t *fold_transaction(struct fold *fold)
{
	const json_t *open = state_transaction(fold->documents->state);
	const char *id = json_get_string(fold->event, "transaction", NULL);
	if (fold_holds_lock(fold))
		return NULL;
	if (!open || !id) {
		fold_refuse(fold,
			    open ? "it names no transaction" : "no transaction is open");
		return NULL;
	}
	if (strcmp(id, json_get_string(open, "id", "")) != 0) {
		fold_refuse(fold, "transaction '%s' is not the open one, '%s'", id,
			    json_get_string(open, "id", "?"));
		return NULL;
	}
	return document_own(fold->documents->state, "transaction");
}

static int check_services(struct fold *fold, const json_t *services)
{
	const char *name;
	const json_t *service;
	json_object_foreach((json_t *)services, name, service) {
		const json_t *from = json_object_get(service, "from");
		if (!json_get_string(service, "version", NULL) ||
		    !json_get_string(service, "release", NULL))
			return fold_refuse(
				fold, "service '%s' lacks a version or release", name);
		if (from && !json_is_null(from) && !json_is_object(from))
			return fold_refuse(fold, "service '%s' comes from nowhere", name);
	}
	return 0;
}

static int check_begun(struct fold *fold)
{
	static const char *const texts[] = {"previous", "reason", "commit", "commit_at"};
	const char *kind, *text;
	const json_t *services;
	const json_t *open = state_transaction(fold->documents->state);
	if (fold_holds_lock(fold) || fold_text(fold, "kind", &kind) ||
	    fold_text(fold, "deployment", &text) || fold_text(fold, "version", &text) ||
	    fold_object(fold, "services", &services) || check_services(fold, services))
		return -1;
	const json_t *artifact = json_object_get(fold->data, "artifact");
	if (fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	if (artifact && !json_is_null(artifact) && !json_is_object(artifact))
		return fold_refuse(fold, "data.artifact is not an object");
	if (strcmp(kind, "deploy") != 0 && strcmp(kind, "rollback") != 0)
		return fold_refuse(fold, "kind '%s' is unknown", kind);
	if (!json_get_string(fold->event, "transaction", NULL))
		return fold_refuse(fold, "it names no transaction");
	if (open && strcmp(json_get_string(open, "phase", ""), "stuck") != 0)
		return fold_refuse(fold, "transaction '%s' is still open",
				   json_get_string(open, "id", "?"));
	return 0;
}

/* Copies a member that may be absent: then the document says null, so that it always has the same
 * members. */
static void copy_member(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);
	json_object_set_new(to, key, value ? json_incref(value) : json_null());
}

int fold_begun(struct fold *fold)
{
	static const char *const members[] = {"kind",     "deployment", "version",
					      "previous", "reason",     "commit",
					      "artifact", "services"};
	if (check_begun(fold))
		return -1;
	json_t *transaction = json_object();
	json_object_set(transaction, "id", json_object_get(fold->event, "transaction"));
	json_object_set(transaction, "run", json_object_get(fold->event, "run"));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		copy_member(transaction, fold->data, members[i]);
	copy_member(transaction, fold->data, "commit_at");
	if (json_get_string(fold->data, "restore", NULL))
		copy_member(transaction, fold->data, "restore");
	json_object_set_new(transaction, "phase", json_string("begun"));
	json_object_set_new(transaction, "started_at", json_string(fold->at));
	json_object_set_new(transaction, "captured", json_object());
	json_object_set_new(transaction, "prepared", json_array());
	json_object_set_new(transaction, "switched", json_object());
	json_object_set_new(transaction, "gates", json_array());
	json_object_set_new(transaction, "stuck", json_null());
	json_object_set_new(fold->documents->state, "transaction", transaction);
	return 0;
}

int fold_captured(struct fold *fold)
{
	const json_t *services;
	if (fold_object(fold, "services", &services))
		return -1;
	json_t *transaction = fold_transaction(fold);
	if (!transaction)
		return -1;
	json_object_update(document_own(transaction, "captured"), (json_t *)services);
	json_object_set_new(transaction, "phase", json_string("captured"));
	return 0;
}

static bool array_has(const json_t *array, const json_t *value)
{
	size_t index;
	const json_t *item;
	json_array_foreach(array, index, item) {
		if (json_equal(item, value))
			return true;
	}
	return false;
}

int fold_prepared(struct fold *fold)
{
	const json_t *services = json_object_get(fold->data, "services");
	size_t index;
	json_t *name;
	if (!json_is_array(services))
		return fold_refuse(fold, "data.services is not a list");
	json_t *transaction = fold_transaction(fold);
	if (!transaction)
		return -1;
	json_t *prepared = document_own(transaction, "prepared");
	json_array_foreach(services, index, name) {
		const char *text = json_string_value(name);
		if (!text ||
		    !json_object_get(json_object_get(transaction, "services"), text))
			return fold_refuse(fold,
					   "service '%s' is not part of the transaction",
					   text ? text : "?");
		if (!array_has(prepared, name))
			json_array_append(prepared, name);
	}
	json_object_set_new(transaction, "phase", json_string("prepared"));
	return 0;
}

int fold_switched(struct fold *fold)
{
	static const char *const texts[] = {"release"};
	const char *service;
	if (fold_text(fold, "service", &service) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	json_t *transaction = fold_transaction(fold);
	if (!transaction)
		return -1;
	const json_t *services = json_object_get(transaction, "services");
	json_t *hosts = json_object_get(fold->data, "hosts");
	if (!json_object_get(services, service))
		return fold_refuse(fold, "service '%s' is not part of the transaction",
				   service);
	json_t *release = json_object_get(fold->data, "release");
	if (json_is_string(release))
		json_object_set(
			document_own(document_own(transaction, "services"), service),
			"release", release);
	services = json_object_get(transaction, "services");
	json_t *switched = document_own(transaction, "switched");
	json_object_set_new(switched, service,
			    json_is_object(hosts) ? json_incref(hosts) : json_object());
	bool all = json_object_size(switched) == json_object_size(services);
	json_object_set_new(transaction, "phase",
			    json_string(all ? "switched" : "switching"));
	return 0;
}

/* What a driver has to know again later: members are added to those that are there. */
int fold_noted(struct fold *fold)
{
	const char *service;
	const json_t *notes;
	if (fold_text(fold, "service", &service) || fold_object(fold, "notes", &notes))
		return -1;
	json_t *transaction = fold_transaction(fold);
	if (!transaction)
		return -1;
	if (!json_object_get(json_object_get(transaction, "services"), service))
		return fold_refuse(fold, "service '%s' is not part of the transaction",
				   service);
	json_object_update(document_own(document_own(transaction, "notes"), service),
			   (json_t *)notes);
	return 0;
}

/* The version stays what it is: this is for the history only. */
int fold_restarted(struct fold *fold)
{
	static const char *const texts[] = {"reason", "outcome"};
	const char *service;
	if (fold_text(fold, "service", &service) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	const json_t *components = json_object_get(fold->data, "components");
	if (components && !json_is_null(components) && !json_is_array(components))
		return fold_refuse(fold, "data.components is not a list");
	return 0;
}

int fold_judged(struct fold *fold)
{
	static const char *const members[] = {"name", "passed", "failed", "warned",
					      "inconclusive"};
	const char *phase;
	const json_t *gate;
	if (fold_text(fold, "phase", &phase) || fold_object(fold, "gate", &gate))
		return -1;
	if (!json_get_string(gate, "outcome", NULL))
		return fold_refuse(fold, "the gate has no outcome");
	json_t *transaction = fold_transaction(fold);
	if (!transaction)
		return -1;
	json_t *brief = json_pack("{s:s, s:s, s:O}", "phase", phase, "at", fold->at,
				  "outcome", json_object_get(gate, "outcome"));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(gate, members[i]);
		if (json_is_string(value) || json_is_integer(value))
			json_object_set(brief, members[i], value);
	}
	json_t *gates = document_own(transaction, "gates");
	json_array_append_new(gates, brief);
	if (json_array_size(gates) > GATES_MAX)
		json_array_remove(gates, 0);
	return 0;
}
