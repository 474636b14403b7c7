/* A branch from a stranger: the answer of git.read as JSON. It is recognised or refused with a
 * message and a hint; documents that are accepted can be folded on.
 */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "state/store_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fold_on(const struct journal_documents *documents)
{
	struct journal_documents after;
	struct err err = {0};
	_cleanup_json_ json_t *run = json_pack("{s:s}", "id", "fuzz");
	json_t *lock = json_pack(
		"{s:{s:s}, s:I, s:i, s:s, s:{}}", "holder", "id", "fuzz", "generation",
		(json_int_t)state_generation(documents->state) + 1, "lease_ms", 1,
		"expires_at", "2026-01-01T00:00:00Z", "taken_over");
	_cleanup_json_ json_t *event =
		journal_event(documents->state, "lock.acquired", 1, run, NULL, lock);
	if (journal_reduce(documents, event, &after, &err) == 0)
		journal_documents_release(&after);
	json_decref(rollback_target(documents->state, documents->recent));
	json_decref(rollback_candidates(documents->state, documents->recent));
	free(lock_describe(documents->state, 0));
}

static void read_environment(const json_t *answer, const char *environment)
{
	struct journal_documents documents;
	struct err err = {0};
	if (branch_check_name(environment, &err))
		return;
	if (branch_documents(answer, "belay-state", environment, &documents, &err)) {
		if (err.code != ERR_STATE || !*err.message || !*err.hint)
			abort();
		return;
	}
	fold_on(&documents);
	journal_documents_release(&documents);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};
	size_t index;
	json_t *name;
	if (json_parse((const char *)data, size, "answer", &answer, &err) ||
	    !json_is_object(answer))
		return 0;
	if (branch_recognise(answer, "belay-state", &err)) {
		if (err.code != ERR_STATE || !*err.message || !*err.hint)
			abort();
		return 0;
	}
	_cleanup_json_ json_t *names = branch_environments(answer);
	json_array_foreach(names, index, name)
		read_environment(answer, json_string_value(name));
	read_environment(answer, "production");
	return 0;
}
