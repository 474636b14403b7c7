/* The audit: folds the whole history again and compares every commit's files with the result.
 *
 * Files are compared by their git object ids, which the log gives without reading a single file; the
 * ids of what they ought to be are asked for in batches (git.blobs). The work grows with the number
 * of events, not with its square; the log is read in pages and texts are written from their
 * predecessors, so that memory does not grow with it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "store_parts.h"

#define PAGE_COMMITS 256
#define BATCH_BYTES ((size_t)8 << 20)

/* One environment as folded so far. */
struct folded {
	char *name;
	struct journal_documents documents;
	struct json_memo memos[BRANCH_DOCUMENTS];
};

/* A commit whose files still have to be compared: it changed texts[first..first + count). */
struct pending {
	const json_t *commit; /* borrowed from the page */
	size_t first, count;
};

struct audit {
	struct store *store;
	struct {
		struct folded *items;
		size_t count, capacity;
	} environments;
	struct {
		struct pending *items;
		size_t count, capacity;
	} pending;
	json_t *paths, *texts; /* of the batch, side by side */
	size_t text_bytes;
	json_t *tree;   /* {path: id} as it ought to be after the last commit compared */
	char *previous; /* id of the commit before, or NULL */
};

static void audit_release(struct audit *audit)
{
	for (size_t i = 0; i < audit->environments.count; i++) {
		struct folded *folded = &audit->environments.items[i];
		free(folded->name);
		journal_documents_release(&folded->documents);
		for (size_t j = 0; j < BRANCH_DOCUMENTS; j++)
			json_memo_release(&folded->memos[j]);
	}
	free(audit->environments.items);
	free(audit->pending.items);
	json_decref(audit->paths);
	json_decref(audit->texts);
	json_decref(audit->tree);
	free(audit->previous);
}

ATTR_PRINTF(3, 4)
static int misfit(struct err *err, const json_t *commit, const char *format, ...)
{
	char words[700];
	const char *id = json_get_string(commit, "id", "?");
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	err_set(err, ERR_STATE, "commit %.10s ('%.60s') does not fit: %s", id,
		json_get_string(commit, "subject", ""), words);
	return err_hint(
		err, "all commits before it are good; look at it with `git show %.10s`",
		id);
}

static struct folded *environment_of(struct audit *audit, const char *name)
{
	for (size_t i = 0; i < audit->environments.count; i++)
		if (strcmp(audit->environments.items[i].name, name) == 0)
			return &audit->environments.items[i];
	struct folded *folded = vec_push(&audit->environments);
	folded->name = mem_strdup(name);
	journal_documents_init(&folded->documents, name);
	return folded;
}

static void add_text(struct audit *audit, const char *path, const char *text)
{
	json_array_append_new(audit->paths, json_string(path));
	size_t len = strlen(text);
	json_array_append_new(audit->texts, json_stringn_nocheck(text, len));
	audit->text_bytes += len;
}

/* Notes what the commit ought to have changed. */
static void add_pending(struct audit *audit, const json_t *commit, struct folded *folded,
			const struct journal_documents *after)
{
	struct branch_document old[BRANCH_DOCUMENTS], new[BRANCH_DOCUMENTS];
	bool first = json_get_int(folded->documents.state, "sequence", 0) == 0;
	struct pending *pending = vec_push(&audit->pending);
	pending->commit = commit;
	pending->first = json_array_size(audit->texts);
	branch_list(&folded->documents, old);
	branch_list(after, new);
	for (size_t i = 0; i < BRANCH_DOCUMENTS; i++) {
		if (!first && old[i].value == new[i].value)
			continue;
		_cleanup_free_ char *path = branch_path(folded->name, new[i].name);
		add_text(audit, path, json_text_again(new[i].value, &folded->memos[i]));
	}
	if (!audit->previous)
		add_text(audit, "format", BRANCH_FORMAT_TEXT);
	pending->count = json_array_size(audit->texts) - pending->first;
}

/* The README may have other words in another version of belay, but nobody changes it afterwards. */
static void take_readme(struct audit *audit, const json_t *commit)
{
	json_t *id = json_object_get(json_object_get(commit, "tree"), "README.md");
	if (id)
		json_object_set(audit->tree, "README.md", id);
}

static int check_parents(const struct audit *audit, const json_t *commit, struct err *err)
{
	const json_t *parents = json_object_get(commit, "parents");
	const char *parent = json_string_value(json_array_get(parents, 0));
	if (!audit->previous)
		return json_array_size(parents) == 0
			       ? 0
			       : misfit(err, commit,
					"it is the oldest one and has a parent");
	if (json_array_size(parents) != 1 || !str_equal(parent, audit->previous))
		return misfit(err, commit,
			      "it is no plain successor of the commit before");
	return 0;
}

static int fold_commit(struct audit *audit, const json_t *commit, struct err *err)
{
	struct journal_documents after;
	struct err why = {0};
	_cleanup_json_ json_t *event = branch_event(commit);
	if (check_parents(audit, commit, err))
		return -1;
	if (!event)
		return misfit(err, commit, "its message is not an event of belay");
	const char *environment = json_get_string(event, "environment", "");
	if (branch_check_name(environment, &why))
		return misfit(err, commit, "%s", why.message);
	struct folded *folded = environment_of(audit, environment);
	if (journal_reduce(&folded->documents, event, &after, &why))
		return misfit(err, commit, "%s", why.message);
	if (!audit->previous)
		take_readme(audit, commit);
	add_pending(audit, commit, folded, &after);
	journal_documents_release(&folded->documents);
	folded->documents = after;
	free(audit->previous);
	audit->previous = mem_strdup(json_get_string(commit, "id", ""));
	return 0;
}

/* Names the first file that differs. */
static int misfit_tree(const struct audit *audit, const json_t *commit, struct err *err)
{
	json_t *tree = json_object_get(commit, "tree");
	const char *path;
	json_t *id;
	json_object_foreach(audit->tree, path, id) {
		if (!json_object_get(tree, path))
			return misfit(err, commit, "%s is missing", path);
		if (!json_equal(json_object_get(tree, path), id))
			return misfit(err, commit, "%s is not what the events add up to",
				      path);
	}
	json_object_foreach(tree, path, id) {
		if (!json_object_get(audit->tree, path))
			return misfit(err, commit, "%s does not belong there", path);
	}
	return misfit(err, commit, "its files are not what the events add up to");
}

/* Compares the commits of the batch with what they ought to be. */
static int flush(struct audit *audit, struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:O}", "texts", audit->texts);
	_cleanup_json_ json_t *answer = NULL;
	const struct effect effect = {.kind = "git.blobs", .args = args};
	if (audit->pending.count == 0)
		return 0;
	if (effects_perform(audit->store->fx, &effect, &answer, err))
		return -1;
	const json_t *ids = json_object_get(answer, "ids");
	for (size_t i = 0; i < audit->pending.count; i++) {
		const struct pending *pending = &audit->pending.items[i];
		for (size_t j = pending->first; j < pending->first + pending->count; j++)
			json_object_set(
				audit->tree,
				json_string_value(json_array_get(audit->paths, j)),
				json_array_get(ids, j));
		if (!json_equal(audit->tree, json_object_get(pending->commit, "tree")))
			return misfit_tree(audit, pending->commit, err);
	}
	audit->pending.count = 0;
	json_array_clear(audit->paths);
	json_array_clear(audit->texts);
	audit->text_bytes = 0;
	return 0;
}

static int check_page(struct audit *audit, const json_t *commits, struct err *err)
{
	struct err first = {0};
	size_t index;
	json_t *commit;
	json_array_foreach(commits, index, commit) {
		/* What came before is compared first: the first misfit is the one to name. */
		if (fold_commit(audit, commit, &first)) {
			if (flush(audit, err))
				return -1;
			*err = first;
			return -1;
		}
		if (audit->text_bytes >= BATCH_BYTES && flush(audit, err))
			return -1;
	}
	return flush(audit, err);
}

/* `tip` is the one of the page before, or NULL. */
static int read_page(struct audit *audit, json_int_t from, json_t *tip, json_t **ret,
		     struct err *err)
{
	json_t *page = json_pack("{s:I, s:i}", "from", from, "count", PAGE_COMMITS);
	if (tip)
		json_object_set(page, "tip", tip);
	return store_log(audit->store, json_pack("{s:o, s:b}", "page", page, "trees", 1),
			 ret, err);
}

static json_t *result_of(const struct audit *audit, json_int_t count, json_t *tip)
{
	json_t *names = json_array();
	for (size_t i = 0; i < audit->environments.count; i++)
		json_array_append_new(names,
				      json_string(audit->environments.items[i].name));
	return json_pack("{s:s, s:I, s:I, s:o, s:O}", "location",
			 audit->store->location.text, "commits", count, "events", count,
			 "environments", names, "tip", tip);
}

static int check_all(struct audit *audit, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *tip = NULL;
	json_int_t from = 0;
	for (;;) {
		_cleanup_json_ json_t *answer = NULL;
		if (read_page(audit, from, tip, &answer, err))
			return -1;
		const json_t *commits = json_object_get(answer, "commits");
		if (check_page(audit, commits, err))
			return -1;
		from += (json_int_t)json_array_size(commits);
		if (!tip)
			tip = json_incref(json_object_get(answer, "tip"));
		if (json_array_size(commits) == 0 ||
		    from >= json_get_int(answer, "total", 0))
			break;
	}
	*ret = result_of(audit, from, tip ? tip : json_null());
	return 0;
}

int store_verify(struct store *store, json_t **ret, struct err *err)
{
	__attribute__((cleanup(audit_release))) struct audit audit = {
		.store = store,
		.paths = json_array(),
		.texts = json_array(),
		.tree = json_object(),
	};
	return check_all(&audit, ret, err);
}
