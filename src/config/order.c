/* Order of needs: a depth-first walk with the path it is on, so that a cycle is found together with its
 * names. Stable: what is not bound by needs stays in file order. */
#include "order.h"

#include <stdbool.h>

#include "belay/json.h"
#include "problems.h"

struct walk {
	const json_t *things;
	const char *key;
	json_t *path;  /* names from the start to here */
	json_t *done;  /* array of names in order: the result */
	json_t *known; /* the same as a set */
	json_t *cycle;
};

static bool is_on_path(const struct walk *walk, const char *name, size_t *ret_at)
{
	size_t i;
	json_t *step;
	json_array_foreach(walk->path, i, step) {
		if (str_equal(json_string_value(step), name)) {
			*ret_at = i;
			return true;
		}
	}
	return false;
}

static void keep_cycle(struct walk *walk, size_t from)
{
	walk->cycle = json_array();
	for (size_t i = from; i < json_array_size(walk->path); i++)
		json_array_append(walk->cycle, json_array_get(walk->path, i));
	json_array_append(walk->cycle, json_array_get(walk->path, from));
}

static void visit(struct walk *walk, const char *name)
{
	size_t i, at;
	json_t *need;
	const json_t *thing = json_object_get(walk->things, name);
	if (walk->cycle || !thing || json_object_get(walk->known, name))
		return;
	if (is_on_path(walk, name, &at)) {
		keep_cycle(walk, at);
		return;
	}
	json_array_append_new(walk->path, json_string(name));
	json_array_foreach(json_object_get(thing, walk->key), i, need) {
		if (json_is_string(need))
			visit(walk, json_string_value(need));
	}
	json_array_remove(walk->path, json_array_size(walk->path) - 1);
	if (walk->cycle)
		return;
	json_object_set_new(walk->known, name, json_true());
	json_array_append_new(walk->done, json_string(name));
}

json_t *order_of_needs(const json_t *things, const char *key, json_t **ret_cycle)
{
	struct walk walk = {.things = things,
			    .key = key,
			    .path = json_array(),
			    .done = json_array(),
			    .known = json_object()};
	const char *name;
	json_t *thing;
	json_object_foreach((json_t *)things, name, thing) {
		if (!is_ignored(name))
			visit(&walk, name);
	}
	json_decref(walk.path);
	json_decref(walk.known);
	if (!walk.cycle)
		return walk.done;
	json_decref(walk.done);
	*ret_cycle = walk.cycle;
	return NULL;
}
