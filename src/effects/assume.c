/* Notes of acts and the answers that are assumed for them: shared by the layers that do not perform
 * everything they are asked for.
 */
#include "assume.h"

#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"

struct note {
	size_t *position;
	size_t depth;
	bool changes_hosts; /* the journal and files are not what probes look at */
	json_t *stores;     /* in which it changes something, or NULL */
	char *object;       /* there */
	json_t *text;       /* {kind, subject, summary, lane} */
};

/* --- answers ------------------------------------------------------------------------------- */

/* Kinds that look at the world which noted acts would have changed; acts of the same kinds are what
 * changes it. */
static const struct world_kind {
	const char *name;
	const char *
		object; /* the member that names what it is about in a store; NULL: hosts */
	bool is_prefix; /* all objects that begin so */
} world_kinds[] = {
	{"http", NULL, false},
	{"tcp", NULL, false},
	{"tls", NULL, false},
	{"run", NULL, false},
	{"ssh.run", NULL, false},
	{"sleep", NULL, false},
	{"object.list", "prefix", true},
	{"object.unfinished", "prefix", true},
	{"object.read", "name", false},
	{"object.head", "name", false},
	{"object.write", "name", false},
	{"object.remove", "name", false},
	{"object.abandon", "name", false},
	{"backup.write", "object", false},
	{"backup.read", "object", false},
};

static const struct world_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(world_kinds); i++)
		if (strcmp(world_kinds[i].name, name) == 0)
			return &world_kinds[i];
	return NULL;
}

bool assume_is_world(const char *kind)
{
	return find_kind(kind) != NULL;
}

/* Ids of commits that nobody made. */
static json_t *assumed_append(const json_t *args)
{
	static const char no_id[] = "0000000000000000000000000000000000000000";
	json_t *ids = json_array();
	for (size_t i = 0; i < json_array_size(json_object_get(args, "commits")); i++)
		json_array_append_new(ids, json_string(no_id));
	return json_pack("{s:b, s:b, s:s, s:o}", "assumed", 1, "raced", 0, "tip", no_id,
			 "ids", ids);
}

static json_t *assumed_backup(const json_t *args)
{
	json_t *results = json_array();
	size_t i;
	json_t *store;
	json_array_foreach(json_object_get(args, "stores"), i, store)
		json_array_append_new(
			results, json_pack("{s:s, s:b}", "name",
					   json_get_string(store, "name", "?"), "ok", 1));
	return json_pack("{s:b, s:s, s:o, s:[], s:[], s:[], s:[], s:[], s:{}}", "assumed",
			 1, "kind", json_get_string(args, "kind", "tar"), "stores",
			 results, "chunks", "recipients", "left_out", "missing",
			 "warnings", "tools");
}

json_t *assume_answer(const struct effect *effect)
{
	if (effect->mode == EFFECT_OBSERVE)
		return json_pack("{s:b}", "assumed", 1);
	if (strcmp(effect->kind, "run") == 0 || strcmp(effect->kind, "ssh.run") == 0)
		return json_pack("{s:b, s:i, s:n, s:b, s:s, s:s, s:b, s:i}", "assumed", 1,
				 "exit", 0, "signal", "timed_out", 0, "stdout", "",
				 "stderr", "", "truncated", 0, "duration_ms", 0);
	if (strcmp(effect->kind, "http") == 0)
		return json_pack("{s:b, s:i, s:{}, s:n}", "assumed", 1, "status", 0,
				 "headers", "body");
	if (strcmp(effect->kind, "git.append") == 0)
		return assumed_append(effect->args);
	if (strcmp(effect->kind, "backup.write") == 0)
		return assumed_backup(effect->args);
	if (strcmp(effect->kind, "scratch.make") == 0)
		return json_pack("{s:b, s:s}", "assumed", 1, "path", "SCRATCH");
	return json_pack("{s:b}", "assumed", 1);
}

/* --- notes --------------------------------------------------------------------------------- */

static int compare_positions(const size_t *a, size_t a_depth, const size_t *b,
			     size_t b_depth, size_t *ret_differs_at)
{
	size_t i = 0;
	while (i < a_depth && i < b_depth && a[i] == b[i])
		i++;
	*ret_differs_at = i;
	if (i < a_depth && i < b_depth)
		return a[i] < b[i] ? -1 : 1;
	return (a_depth > b_depth) - (a_depth < b_depth);
}

/* Odd places of a position are indices within a fan-out: siblings. */
static bool happens_before(const struct note *note, const struct lane *lane)
{
	size_t at;
	int order = compare_positions(note->position, note->depth, lane->position,
				      lane->depth, &at);
	return order < 0 && at % 2 == 0;
}

static bool is_among(const json_t *stores, const json_t *store)
{
	for (size_t i = 0; i < json_array_size(stores); i++)
		if (json_equal(json_array_get(stores, i), store))
			return true;
	return false;
}

static bool changes_what_it_sees(const struct note *note, const struct effect *effect)
{
	const struct world_kind *kind = find_kind(effect->kind);
	if (!kind)
		return false;
	if (!kind->object)
		return note->changes_hosts;
	const char *object = json_get_string(effect->args, kind->object, "");
	return note->object &&
	       (kind->is_prefix ? str_has_prefix(note->object, object)
				: strcmp(note->object, object) == 0) &&
	       is_among(note->stores, json_object_get(effect->args, "store"));
}

bool notes_change_world(struct notes *notes, const struct lane *lane,
			const struct effect *effect)
{
	bool found = false;
	pthread_mutex_lock(&notes->lock);
	for (size_t i = 0; i < notes->count && !found; i++)
		found = changes_what_it_sees(&notes->items[i], effect) &&
			happens_before(&notes->items[i], lane);
	pthread_mutex_unlock(&notes->lock);
	return found;
}

/* What the act changes. Reading a backup back changes what it is read into. */
static void note_change(struct note *note, const struct effect *effect)
{
	const struct world_kind *kind = find_kind(effect->kind);
	if (!kind)
		return;
	note->changes_hosts = !kind->object || strcmp(kind->name, "backup.read") == 0;
	if (note->changes_hosts)
		return;
	json_t *stores = json_object_get(effect->args, "stores");
	json_t *store = json_object_get(effect->args, "store");
	note->object = mem_strdup(json_get_string(effect->args, kind->object, ""));
	note->stores = stores ? json_incref(stores) : json_pack("[O?]", store);
}

static json_t *scrubbed_string(struct effects_layer *below, const char *value)
{
	if (!value)
		return json_null();
	struct str text = STR_INIT;
	str_add(&text, value);
	layer_scrub(below, &text);
	json_t *result = json_string(str_text(&text));
	str_release(&text);
	return result ? result : json_null();
}

void notes_add(struct notes *notes, struct effects_layer *below, const struct lane *lane,
	       const struct effect *effect)
{
	struct note entry = {
		.position = mem_array(size_t, lane->depth),
		.depth = lane->depth,
		.text = json_pack("{s:s, s:o, s:o, s:s}", "kind", effect->kind, "subject",
				  scrubbed_string(below, effect->subject), "summary",
				  scrubbed_string(below, effect->summary), "lane",
				  lane->path),
	};
	memcpy(entry.position, lane->position, lane->depth * sizeof *entry.position);
	note_change(&entry, effect);
	pthread_mutex_lock(&notes->lock);
	*vec_push(notes) = entry;
	pthread_mutex_unlock(&notes->lock);
}

static int compare_notes(const void *a, const void *b)
{
	const struct note *left = a, *right = b;
	size_t at;
	return compare_positions(left->position, left->depth, right->position,
				 right->depth, &at);
}

json_t *notes_list(struct notes *notes)
{
	json_t *list = json_array();
	pthread_mutex_lock(&notes->lock);
	if (notes->count)
		qsort(notes->items, notes->count, sizeof *notes->items, compare_notes);
	for (size_t i = 0; i < notes->count; i++)
		json_array_append(list, notes->items[i].text);
	pthread_mutex_unlock(&notes->lock);
	return list;
}

void notes_init(struct notes *notes)
{
	*notes = (struct notes){0};
	pthread_mutex_init(&notes->lock, NULL);
}

void notes_release(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++) {
		free(notes->items[i].position);
		json_decref(notes->items[i].text);
		json_decref(notes->items[i].stores);
		free(notes->items[i].object);
	}
	free(notes->items);
	pthread_mutex_destroy(&notes->lock);
}
