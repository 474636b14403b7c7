/* Filling in defaults. Which branch of a choice applies is decided on the instance as it was
 * written: a default must not make another branch fit. */
#include "belay/json.h"
#include "schema_tree.h"
#include "schema_validation.h"

/* Bounds the recursion of schemas whose defaults contain themselves. */
#define MAX_DEPTH 100

struct filling {
	const struct schema *schema;
	size_t depth;
};

/* `written` is what `value`, its copy that is being filled, was before. */
static void fill(struct filling *f, const json_t *subschema, json_t *value,
		 const json_t *written);

static bool fits(const struct filling *f, const json_t *subschema, const json_t *written)
{
	/* jq expressions are not compiled for this: no branch is told apart by their being valid. */
	struct validation v = {.schema = f->schema, .pointer = STR_INIT};
	return schema_apply(&v, subschema, written);
}

/* A "default" beside a "$ref" counts before the one at its target. */
static const json_t *default_of(const struct filling *f, const json_t *subschema)
{
	for (; subschema; subschema = schema_ref_target(f->schema, subschema)) {
		const json_t *value = json_object_get(subschema, "default");
		if (value)
			return value;
	}
	return NULL;
}

/* Also into members that were just added: a default may be {} and get its members in turn. */
static void fill_member(struct filling *f, const json_t *property, json_t *value,
			const json_t *written, const char *key)
{
	json_t *member = json_object_get(value, key);
	if (!member)
		return;
	const json_t *written_member = json_object_get(written, key);
	fill(f, property, member, written_member ? written_member : member);
}

static void add_absent(struct filling *f, const json_t *properties, json_t *value)
{
	const char *key;
	json_t *property;
	json_object_foreach((json_t *)properties, key, property) {
		const json_t *initial = default_of(f, property);
		if (initial && !json_object_get(value, key))
			json_object_set_new_nocheck(value, key, json_deep_copy(initial));
	}
}

static bool fill_patterns(struct filling *f, const json_t *patterns, json_t *value,
			  const json_t *written, const char *key)
{
	bool matched = false;
	const char *pattern;
	json_t *property;
	json_object_foreach((json_t *)patterns, pattern, property) {
		if (!schema_matches_name(f->schema, pattern, key))
			continue;
		matched = true;
		fill_member(f, property, value, written, key);
	}
	return matched;
}

static void fill_object(struct filling *f, const json_t *subschema, json_t *value,
			const json_t *written)
{
	const json_t *properties = json_object_get(subschema, "properties");
	const json_t *patterns = json_object_get(subschema, "patternProperties");
	const json_t *additional = json_object_get(subschema, "additionalProperties");
	add_absent(f, properties, value);
	const char *key;
	json_t *member;
	json_object_foreach(value, key, member) {
		const json_t *property = json_object_get(properties, key);
		if (property)
			fill_member(f, property, value, written, key);
		bool matched = fill_patterns(f, patterns, value, written, key);
		if (!property && !matched && additional)
			fill_member(f, additional, value, written, key);
	}
}

static void fill_array(struct filling *f, const json_t *subschema, json_t *value,
		       const json_t *written)
{
	const json_t *prefix = json_object_get(subschema, "prefixItems");
	const json_t *rest = json_object_get(subschema, "items");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *schema =
			i < json_array_size(prefix) ? json_array_get(prefix, i) : rest;
		if (schema)
			fill(f, schema, json_array_get(value, i),
			     json_array_get(written, i));
	}
}

static void fill_list(struct filling *f, const json_t *list, bool only_fitting,
		      json_t *value, const json_t *written)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *subschema = json_array_get(list, i);
		if (!only_fitting || fits(f, subschema, written))
			fill(f, subschema, value, written);
	}
}

static void fill_conditional(struct filling *f, const json_t *subschema, json_t *value,
			     const json_t *written)
{
	const json_t *condition = json_object_get(subschema, "if");
	if (!condition)
		return;
	bool holds = fits(f, condition, written);
	const json_t *branch = json_object_get(subschema, holds ? "then" : "else");
	if (holds)
		fill(f, condition, value, written);
	if (branch)
		fill(f, branch, value, written);
}

static void fill_members(struct filling *f, const json_t *subschema, json_t *value,
			 const json_t *written)
{
	const json_t *target = schema_ref_target(f->schema, subschema);
	fill_object(f, subschema, value, written);
	fill_array(f, subschema, value, written);
	if (target)
		fill(f, target, value, written);
	fill_list(f, json_object_get(subschema, "allOf"), false, value, written);
	fill_list(f, json_object_get(subschema, "anyOf"), true, value, written);
	fill_list(f, json_object_get(subschema, "oneOf"), true, value, written);
	fill_conditional(f, subschema, value, written);
}

static void fill(struct filling *f, const json_t *subschema, json_t *value,
		 const json_t *written)
{
	if (!json_is_object(subschema) || f->depth >= MAX_DEPTH)
		return;
	f->depth++;
	fill_members(f, subschema, value, written);
	f->depth--;
}

json_t *schema_with_defaults(const struct schema *schema, const json_t *instance)
{
	struct filling f = {.schema = schema};
	json_t *value = json_deep_copy(instance);
	fill(&f, schema->document, value, instance);
	return value;
}
