/* Finding the subschema that describes a dotted path, for documentation and completion. */
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "schema_tree.h"

/* Bounds the search through nested choices. */
#define MAX_DEPTH 100

struct search {
	const struct schema *schema;
	size_t depth;
};

static const json_t *find(struct search *s, const json_t *subschema, const char *path);

static bool is_index(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

static const json_t *find_in_patterns(struct search *s, const json_t *patterns,
				      const char *word, const char *rest)
{
	const char *pattern;
	json_t *property;
	json_object_foreach((json_t *)patterns, pattern, property) {
		bool fits = strcmp(word, "*") == 0 ||
			    schema_matches_name(s->schema, pattern, word);
		const json_t *found = fits ? find(s, property, rest) : NULL;
		if (found)
			return found;
	}
	return NULL;
}

/* One step down, by `word`: a member, any member, or an element. */
static const json_t *find_below(struct search *s, const json_t *subschema,
				const char *word, const char *rest)
{
	const json_t *properties = json_object_get(subschema, "properties");
	const json_t *property = json_object_get(properties, word);
	if (property)
		return find(s, property, rest);
	/* "*" means names that users choose; those are described by additionalProperties first, as
	 * patterns mostly stand beside it for exceptions. */
	const json_t *additional = json_object_get(subschema, "additionalProperties");
	const json_t *patterns = json_object_get(subschema, "patternProperties");
	const json_t *found = NULL;
	if (json_is_object(additional) && strcmp(word, "*") == 0)
		found = find(s, additional, rest);
	if (!found)
		found = find_in_patterns(s, patterns, word, rest);
	if (!found && json_is_object(additional))
		found = find(s, additional, rest);
	const json_t *items = json_object_get(subschema, "items");
	if (!found && json_is_object(items) && (strcmp(word, "*") == 0 || is_index(word)))
		found = find(s, items, rest);
	return found;
}

static const json_t *find_in_list(struct search *s, const json_t *list, const char *path)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *found = find(s, json_array_get(list, i), path);
		if (found)
			return found;
	}
	return NULL;
}

/* Schemas that describe the same place. */
static const json_t *find_beside(struct search *s, const json_t *subschema,
				 const char *path)
{
	static const char *const lists[] = {"allOf", "oneOf", "anyOf"};
	static const char *const singles[] = {"if", "then", "else"};
	const json_t *target = schema_ref_target(s->schema, subschema);
	const json_t *found = target ? find(s, target, path) : NULL;
	for (size_t i = 0; !found && i < ARRAY_SIZE(lists); i++)
		found = find_in_list(s, json_object_get(subschema, lists[i]), path);
	for (size_t i = 0; !found && i < ARRAY_SIZE(singles); i++) {
		const json_t *single = json_object_get(subschema, singles[i]);
		found = single ? find(s, single, path) : NULL;
	}
	return found;
}

/* The schema itself, or where its "$ref" leads, merged with what stands beside that. */
static const json_t *view_of(const struct schema *schema, const json_t *subschema)
{
	for (size_t i = 0; i < schema->views.count; i++)
		if (schema->views.items[i].from == subschema)
			return schema->views.items[i].merged;
	const json_t *target = schema_ref_target(schema, subschema);
	return target ? view_of(schema, target) : subschema;
}

static const json_t *find(struct search *s, const json_t *subschema, const char *path)
{
	if (!*path)
		return view_of(s->schema, subschema);
	if (!json_is_object(subschema) || s->depth >= MAX_DEPTH)
		return NULL;
	size_t len = strcspn(path, ".");
	_cleanup_free_ char *word = mem_strndup(path, len);
	const char *rest = path + len + (path[len] == '.');
	s->depth++;
	const json_t *found = find_below(s, subschema, word, rest);
	if (!found)
		found = find_beside(s, subschema, path);
	s->depth--;
	return found;
}

const json_t *schema_lookup(const struct schema *schema, const char *dotted_path)
{
	struct search s = {.schema = schema};
	return find(&s, schema->document, dotted_path);
}
