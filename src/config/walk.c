/* Walking a schema beside an instance: see walk.h. Knows the keywords that config.schema.json is built
 * from ($ref, properties, patternProperties "^x-", additionalProperties, items, allOf with if/then, anyOf by type);
 * it judges nothing, that is the validator's work. */
#include "walk.h"

#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

const json_t *walk_resolve(const json_t *root, const json_t *schema)
{
	for (int hops = 0; schema && hops < 32; hops++) {
		const char *ref = json_get_string(schema, "$ref", NULL);
		if (!ref || ref[0] != '#')
			break;
		schema = json_at(root, ref + 1);
	}
	return schema;
}

static bool has_type(const json_t *instance, const char *type)
{
	return json_is_object(instance)  ? str_equal(type, "object")
	       : json_is_array(instance) ? str_equal(type, "array")
					 : false;
}

const json_t *walk_form(const json_t *root, const json_t *schema, const json_t *instance)
{
	size_t i;
	json_t *branch;
	schema = walk_resolve(root, schema);
	json_array_foreach(json_object_get(schema, "anyOf"), i, branch) {
		const json_t *form = walk_resolve(root, branch);
		if (has_type(instance, json_get_string(form, "type", NULL)))
			return form;
	}
	return schema;
}

const json_t *walk_annotation(const json_t *root, const json_t *schema,
			      const char *keyword)
{
	for (int hops = 0; schema && hops < 32; hops++) {
		const json_t *found = json_object_get(schema, keyword);
		const char *ref = json_get_string(schema, "$ref", NULL);
		if (found || !ref || ref[0] != '#')
			return found;
		schema = json_at(root, ref + 1);
	}
	return NULL;
}

int walk_condition_holds(const json_t *condition, const json_t *instance)
{
	const char *key;
	json_t *value;
	size_t i;
	json_array_foreach(json_object_get(condition, "required"), i, value) {
		if (!json_object_get(instance, json_string_value(value)))
			return 0;
	}
	json_object_foreach(json_object_get(condition, "properties"), key, value) {
		const json_t *member = json_object_get(instance, key);
		const json_t *constant = json_object_get(value, "const");
		if (member && constant && !json_equal(member, constant))
			return 0;
	}
	const json_t *negated = json_object_get(condition, "not");
	return !(negated && walk_condition_holds(negated, instance));
}

/* The member in one of the parts of allOf: of those with an `if`, only where it holds. */
static const json_t *member_in_parts(const json_t *root, const json_t *schema,
				     const json_t *instance, const char *token)
{
	size_t i;
	json_t *part;
	json_array_foreach(json_object_get(schema, "allOf"), i, part) {
		const json_t *condition = json_object_get(part, "if");
		if (condition && !walk_condition_holds(condition, instance))
			continue;
		const json_t *inner = condition ? json_object_get(part, "then") : part;
		const json_t *found = walk_member(root, inner, instance, token);
		if (found)
			return found;
	}
	return NULL;
}

const json_t *walk_member(const json_t *root, const json_t *schema,
			  const json_t *instance, const char *token)
{
	schema = walk_form(root, schema, instance);
	const json_t *found = member_in_parts(root, schema, instance, token);
	if (found)
		return found;
	if (json_is_array(instance))
		return json_object_get(schema, "items");
	found = json_object_get(json_object_get(schema, "properties"), token);
	if (found)
		return found;
	const json_t *others = json_object_get(schema, "additionalProperties");
	return json_is_object(others) ? others : NULL;
}

/* One reference token, unescaped (RFC 6901). Fresh string; *pointer moves behind it. */
static char *next_token(const char **pointer)
{
	const char *start = *pointer + 1;
	size_t len = strcspn(start, "/");
	char *token = mem_strndup(start, len);
	char *to = token;
	for (const char *from = token; *from; from++) {
		*to = *from;
		if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
			*to = *++from == '0' ? '~' : '/';
		to++;
	}
	*to = '\0';
	*pointer = start + len;
	return token;
}

static const json_t *member_value(const json_t *instance, const char *token)
{
	long long index;
	if (!json_is_array(instance))
		return json_object_get(instance, token);
	if (str_to_int64(token, 0, 1 << 30, &index) < 0)
		return NULL;
	return json_array_get(instance, (size_t)index);
}

const json_t *walk_to(const json_t *root, const json_t *instance, const char *pointer,
		      const json_t **ret_parent)
{
	const json_t *schema = root, *parent = NULL;
	while (schema && *pointer == '/') {
		_cleanup_free_ char *token = next_token(&pointer);
		parent = schema;
		schema = walk_member(root, schema, instance, token);
		instance = member_value(instance, token);
	}
	/* The parent is only known when everything but the last step was found. */
	if (ret_parent)
		*ret_parent = *pointer ? NULL : parent;
	return *pointer ? NULL : schema;
}
