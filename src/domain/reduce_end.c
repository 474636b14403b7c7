/* Folding the end of a transaction: committed, failed, rolled back, stuck, unproven, abandoned. An
 * end moves what is
 * live, closes the transaction, and leaves a summary in the recent document and a count in the
 * rollup. A stuck transaction stays open, with everything an undo needs, until another run brings it
 * to an end or a person lets a new one begin.
 */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "documents.h"
#include "reduce.h"

/* Checks that the event ends the open transaction. */
static json_t *ending(struct fold *fold)
{
	static const char *const texts[] = {"reason", "step"};
	const char *deployment;
	if (fold_text(fold, "deployment", &deployment) ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return NULL;
	json_t *transaction = fold_transaction(fold);
	if (!transaction)
		return NULL;
	if (strcmp(deployment, json_get_string(transaction, "deployment", "")) == 0)
		return transaction;
	fold_refuse(fold, "deployment '%s' is not the open one, '%s'", deployment,
		    json_get_string(transaction, "deployment", "?"));
	return NULL;
}

static json_t *member_or_null(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return value ? json_incref(value) : json_null();
}

static json_t *integer_or(const json_t *object, const char *key, int64_t fallback)
{
	int64_t value = json_get_int(object, key, fallback);
	return value < 0 ? json_null() : json_integer(value);
}

/* What went where, without the hosts: {name: {version, release, from, backup?}}. */
static json_t *services_brief(const json_t *transaction)
{
	const json_t *backups = json_object_get(transaction, "backups");
	json_t *brief = json_object();
	const char *name;
	const json_t *service;
	json_object_foreach((json_t *)json_object_get(transaction, "services"), name,
			    service) {
		json_t *row = json_object();
		json_object_set(row, "version", json_object_get(service, "version"));
		json_object_set(row, "release", json_object_get(service, "release"));
		json_object_set_new(row, "from", member_or_null(service, "from"));
		if (json_object_get(backups, name))
			json_object_set(row, "backup", json_object_get(backups, name));
		json_object_set_new(brief, name, row);
	}
	return brief;
}

static json_t *summary_new(const struct fold *fold, const json_t *transaction,
			   const char *outcome)
{
	static const char *const members[] = {"deployment", "kind",   "version",
					      "previous",   "commit", "commit_at",
					      "started_at"};
	int64_t started_ms = fold->at_ms;
	time_parse(json_get_string(transaction, "started_at", ""), &started_ms);
	json_t *summary = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set_new(summary, members[i],
				    member_or_null(transaction, members[i]));
	const json_t *why =
		json_object_get(fold->data, "reason") ? fold->data : transaction;
	const json_t *run = json_object_get(transaction, "run");
	json_object_set_new(summary, "outcome", json_string(outcome));
	json_object_set_new(summary, "finished_at", json_string(fold->at));
	json_object_set_new(
		summary, "duration_ms",
		integer_or(fold->data, "duration_ms", fold->at_ms - started_ms));
	json_object_set_new(summary, "switch_ms",
			    integer_or(fold->data, "switch_ms", -1));
	json_object_set_new(summary, "undo_ms", integer_or(fold->data, "undo_ms", -1));
	json_object_set_new(summary, "reason", member_or_null(why, "reason"));
	json_object_set_new(summary, "step", member_or_null(fold->data, "step"));
	json_object_set_new(summary, "actor", member_or_null(run, "actor"));
	json_object_set_new(summary, "services", services_brief(transaction));
	return summary;
}

/* Puts the summary first, or in place of the one that the same deployment left when it got stuck. */
static void remember(struct fold *fold, json_t *transaction, const char *outcome)
{
	json_t *summary = summary_new(fold, transaction, outcome);
	json_t *rows = document_own(documents_own_recent(fold->documents), "deployments");
	const char *deployment = json_get_string(transaction, "deployment", "");
	bool again = strcmp(json_get_string(transaction, "phase", ""), "stuck") == 0;
	size_t at = 0;
	while (again && at < json_array_size(rows) &&
	       strcmp(json_get_string(json_array_get(rows, at), "deployment", ""),
		      deployment) != 0)
		at++;
	if (again && at < json_array_size(rows))
		json_array_set(rows, at, summary);
	else
		json_array_insert(rows, 0, summary);
	while (json_array_size(rows) > JOURNAL_RECENT_MAX)
		json_array_remove(rows, json_array_size(rows) - 1);
	if (!again)
		rollup_count(fold->documents, summary, fold->at_ms);
	json_decref(summary);
}

static void close_transaction(struct fold *fold)
{
	json_object_set_new(fold->documents->state, "transaction", json_null());
}

/* The service's row of the state, the fold's own, with all its members. */
static json_t *own_service(json_t *services, const char *name)
{
	static const char *const members[] = {"live", "last_good", "previous"};
	json_t *row = document_own(services, name);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!json_object_get(row, members[i]))
			json_object_set_new(row, members[i], json_null());
	return row;
}

/* What was deployed is live. Whether it is also the last good one is another question. */
static void go_live(const struct fold *fold, const json_t *transaction, json_t *row,
		    const json_t *service)
{
	json_t *before = json_object_get(row, "live");
	json_t *live = json_object();
	json_object_set(live, "version", json_object_get(service, "version"));
	json_object_set(live, "release", json_object_get(service, "release"));
	json_object_set(live, "deployment", json_object_get(transaction, "deployment"));
	json_object_set(live, "kind", json_object_get(transaction, "kind"));
	json_object_set_new(live, "at", json_string(fold->at));
	if (!json_equal(json_object_get(before, "release"),
			json_object_get(live, "release")))
		json_object_set(row, "previous", before);
	json_object_set_new(row, "live", live);
}

static int end_live(struct fold *fold, const char *outcome, bool good)
{
	const char *name;
	const json_t *service;
	json_t *transaction = ending(fold);
	if (!transaction)
		return -1;
	json_t *services = document_own(fold->documents->state, "services");
	json_object_foreach(json_object_get(transaction, "services"), name, service) {
		json_t *row = own_service(services, name);
		go_live(fold, transaction, row, service);
		if (good)
			json_object_set(row, "last_good", json_object_get(row, "live"));
	}
	remember(fold, transaction, outcome);
	close_transaction(fold);
	return 0;
}

int fold_committed(struct fold *fold)
{
	return end_live(fold, "passed", true);
}

int fold_unproven(struct fold *fold)
{
	return end_live(fold, "unproven", false);
}

int fold_failed(struct fold *fold)
{
	json_t *transaction = ending(fold);
	if (!transaction)
		return -1;
	remember(fold, transaction, "failed");
	close_transaction(fold);
	return 0;
}

/* What the undo brought back is what was live before, unless somebody had changed a host behind
 * belay's back: then the state now says what is really there. */
static void come_back(const struct fold *fold, json_t *services, const char *name,
		      const json_t *restored)
{
	json_t *row = own_service(services, name);
	const json_t *live = json_object_get(row, "live");
	json_t *release = json_object_get(restored, "release");
	if (!json_is_string(release) ||
	    json_equal(json_object_get(live, "release"), release))
		return;
	json_t *back = json_object();
	const char *version = json_get_string(restored, "version", NULL);
	json_object_set_new(back, "version",
			    version ? json_string(version) : json_null());
	json_object_set(back, "release", release);
	json_object_set_new(back, "deployment", json_null());
	json_object_set_new(back, "kind", json_string("rollback"));
	json_object_set_new(back, "at", json_string(fold->at));
	json_object_set_new(row, "live", back);
}

int fold_rolled_back(struct fold *fold)
{
	const char *name;
	const json_t *restored;
	json_t *transaction = ending(fold);
	if (!transaction)
		return -1;
	json_t *services = document_own(fold->documents->state, "services");
	json_object_foreach(json_object_get(fold->data, "restored"), name, restored) {
		if (!json_object_get(json_object_get(transaction, "services"), name))
			return fold_refuse(fold,
					   "service '%s' is not part of the transaction",
					   name);
		come_back(fold, services, name, restored);
	}
	remember(fold, transaction, "rolled-back");
	close_transaction(fold);
	return 0;
}

int fold_stuck(struct fold *fold)
{
	static const char *const members[] = {"reason", "step", "undo_error", "todo"};
	json_t *transaction = ending(fold);
	if (!transaction)
		return -1;
	json_t *stuck = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set_new(stuck, members[i],
				    member_or_null(fold->data, members[i]));
	json_object_set_new(stuck, "at", json_string(fold->at));
	remember(fold, transaction, "stuck");
	json_object_set_new(transaction, "stuck", stuck);
	json_object_set_new(transaction, "phase", json_string("stuck"));
	return 0;
}

/* Closed by somebody else. How a stuck one ended has been written down already. */
int fold_abandoned(struct fold *fold)
{
	json_t *transaction = ending(fold);
	if (!transaction)
		return -1;
	if (strcmp(json_get_string(transaction, "phase", ""), "stuck") != 0)
		remember(fold, transaction, "abandoned");
	close_transaction(fold);
	return 0;
}
