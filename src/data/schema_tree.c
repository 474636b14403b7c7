/* A compiled schema: its tables, and questions about JSON values that several keywords ask. */
#include "schema_tree.h"

#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "pattern.h"

/* The index of `name`, or where it belongs. */
static size_t names_index(const struct schema_names *names, const char *name)
{
	size_t low = 0;
	size_t high = names->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(names->items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool names_has(const struct schema_names *names, size_t index, const char *name)
{
	return index < names->count && strcmp(names->items[index].name, name) == 0;
}

void *schema_names_get(const struct schema_names *names, const char *name)
{
	size_t index = names_index(names, name);
	return names_has(names, index, name) ? names->items[index].value : NULL;
}

void schema_names_put(struct schema_names *names, const char *name, void *value)
{
	size_t index = names_index(names, name);
	if (names_has(names, index, name))
		return;
	(void)vec_push(names);
	memmove(&names->items[index + 1], &names->items[index],
		(names->count - 1 - index) * sizeof *names->items);
	names->items[index] = (struct schema_name){mem_strdup(name), value};
}

static void names_release(struct schema_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].name);
	free(names->items);
}

void schema_free(struct schema *schema)
{
	if (!schema)
		return;
	for (size_t i = 0; i < schema->patterns.count; i++)
		pattern_free(schema->patterns.items[i].value);
	for (size_t i = 0; i < schema->views.count; i++)
		json_decref(schema->views.items[i].merged);
	names_release(&schema->refs);
	names_release(&schema->patterns);
	free(schema->views.items);
	json_decref(schema->document);
	free(schema);
}

void schema_freep(struct schema **schema)
{
	schema_free(*schema);
	*schema = NULL;
}

void schema_faults_release(struct schema_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		free(faults->items[i].pointer);
		free(faults->items[i].message);
		free(faults->items[i].hint);
	}
	free(faults->items);
	*faults = (struct schema_faults){0};
}

const json_t *schema_ref_target(const struct schema *schema, const json_t *subschema)
{
	const char *ref = json_string_value(json_object_get(subschema, "$ref"));
	return ref ? schema_names_get(&schema->refs, ref) : NULL;
}

const json_t *schema_resolve(const struct schema *schema, const json_t *subschema)
{
	/* This ends: schema_compile refuses references that lead back to themselves. */
	for (const json_t *target = subschema; target;
	     target = schema_ref_target(schema, subschema))
		subschema = target;
	return subschema;
}

bool schema_matches(const struct schema *schema, const char *pattern, const json_t *text)
{
	const struct pattern *compiled = schema_names_get(&schema->patterns, pattern);
	return compiled && pattern_matches(compiled, json_string_value(text),
					   json_string_length(text));
}

bool schema_matches_name(const struct schema *schema, const char *pattern,
			 const char *name)
{
	const struct pattern *compiled = schema_names_get(&schema->patterns, pattern);
	return compiled && pattern_matches(compiled, name, strlen(name));
}

static bool arrays_equal(const json_t *a, const json_t *b)
{
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		if (!schema_values_equal(json_array_get(a, i), json_array_get(b, i)))
			return false;
	return true;
}

static bool objects_equal(const json_t *a, const json_t *b)
{
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_t *iterable = (json_t *)a; /* Jansson's iterators are not const-correct */
	for (void *at = json_object_iter(iterable); at;
	     at = json_object_iter_next(iterable, at)) {
		const json_t *other = json_object_get(b, json_object_iter_key(at));
		if (!other || !schema_values_equal(json_object_iter_value(at), other))
			return false;
	}
	return true;
}

bool schema_values_equal(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) == json_integer_value(b);
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (json_is_array(a) && json_is_array(b))
		return arrays_equal(a, b);
	if (json_is_object(a) && json_is_object(b))
		return objects_equal(a, b);
	return json_equal(a, b);
}
