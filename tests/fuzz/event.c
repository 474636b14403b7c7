/* Events from a stranger: one JSON text a line, folded one after the other.
 *
 * The number of an event is put right before the fold, so that what is tried is the event and not
 * luck with counting. Whatever is accepted must leave documents that their schemas accept, and has a
 * subject of one short line; whatever is refused must leave everything as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/embedded.h"
#include "belay/journal.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"
#include "belay/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *schema_of(const char *name)
{
	const struct embedded *file = embedded_find(name);
	_cleanup_json_ json_t *text = NULL;
	struct schema *schema = NULL;
	struct err err = {0};
	if (!file || json_parse(file->data, file->size, name, &text, &err) ||
	    schema_compile(text, &schema, &err))
		abort();
	return schema;
}

static void check_shape(struct schema **schema, const char *name, const json_t *document)
{
	struct schema_faults faults = {0};
	if (!*schema)
		*schema = schema_of(name);
	if (schema_validate(*schema, document, &faults))
		return;
	fprintf(stderr, "%s: %s: %s\n", name, faults.items[0].pointer,
		faults.items[0].message);
	abort();
}

static void check_documents(const struct journal_documents *documents)
{
	static struct schema *state, *recent, *rollup;
	check_shape(&state, "schemas/state.schema.json", documents->state);
	check_shape(&recent, "schemas/recent.schema.json", documents->recent);
	check_shape(&rollup, "schemas/rollup.schema.json", documents->rollup);
	json_decref(rollback_target(documents->state, documents->recent));
	json_decref(rollback_candidates(documents->state, documents->recent));
	free(lock_describe(documents->state, 0));
}

static void check_subject(const json_t *event)
{
	_cleanup_free_ char *subject = journal_subject(event);
	for (const char *c = subject; *c; c++)
		if ((unsigned char)*c < 0x20)
			abort();
	if (strlen(subject) > 120)
		abort();
}

static void fold_line(struct journal_documents *documents, const char *line, size_t len)
{
	_cleanup_json_ json_t *event = NULL;
	struct journal_documents after;
	struct err err = {0};
	if (json_parse(line, len, "line", &event, &err) || !json_is_object(event))
		return;
	int64_t next = json_get_int(documents->state, "sequence", 0) + 1;
	json_object_set_new(event, "sequence", json_integer(next));
	check_subject(event);
	if (journal_reduce(documents, event, &after, &err)) {
		if (err.code != ERR_STATE || !*err.message)
			abort();
		return;
	}
	journal_documents_release(documents);
	*documents = after;
	if (json_get_int(documents->state, "sequence", 0) != next)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_documents documents;
	const char *at = (const char *)data;
	const char *end = at + size;
	journal_documents_init(&documents, "production");
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		fold_line(&documents, at, (size_t)(stop - at));
		at = stop + 1;
	}
	check_documents(&documents);
	journal_documents_release(&documents);
	return 0;
}
