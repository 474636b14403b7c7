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
	bool changes_world; /* the journal and files are not what probes look at */
	json_t *text;       /* {kind, subject, summary, lane} */
};

/* --- answers ------------------------------------------------------------------------------- */

/* Kinds that look at the world which noted acts would have changed; acts of the same kinds are what
 * changes it. */
bool assume_is_world(const char *kind)
{
	static const char *const kinds[] = {"http", "tcp",     "tls",
					    "run",  "ssh.run", "sleep"};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
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

bool notes_change_world(struct notes *notes, const struct lane *lane)
{
	bool found = false;
	pthread_mutex_lock(&notes->lock);
	for (size_t i = 0; i < notes->count && !found; i++)
		found = notes->items[i].changes_world &&
			happens_before(&notes->items[i], lane);
	pthread_mutex_unlock(&notes->lock);
	return found;
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
		.changes_world = assume_is_world(effect->kind),
		.text = json_pack("{s:s, s:o, s:o, s:s}", "kind", effect->kind, "subject",
				  scrubbed_string(below, effect->subject), "summary",
				  scrubbed_string(below, effect->summary), "lane",
				  lane->path),
	};
	memcpy(entry.position, lane->position, lane->depth * sizeof *entry.position);
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
	}
	free(notes->items);
	pthread_mutex_destroy(&notes->lock);
}
