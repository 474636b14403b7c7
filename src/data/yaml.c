/* YAML values and their places: ownership and lookup. How text becomes both is in yaml_load.c. */
#include "belay/yaml.h"

#include <stdlib.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "pointer.h"
#include "yaml_tree.h"

struct yaml_node *yaml_node_new(struct yaml *yaml, struct yaml_place place)
{
	struct yaml_node *node = mem_new(struct yaml_node);
	node->place = place;
	node->weight = 1;
	*vec_push(&yaml->pool) = node;
	return node;
}

void yaml_node_add(struct yaml_node *parent, char *key, struct yaml_place key_place,
		   const struct yaml_node *node)
{
	parent->weight += node->weight;
	*vec_push(parent) = (struct yaml_child){key, key_place, node};
}

const struct yaml_child *yaml_node_child(const struct yaml_node *node, const char *key)
{
	for (size_t i = 0; i < node->count; i++)
		if (str_equal(node->items[i].key, key))
			return &node->items[i];
	return NULL;
}

int yaml_parse(const char *text, size_t len, const char *file, struct yaml **ret,
	       struct err *err)
{
	_cleanup_(yaml_freep) struct yaml *yaml = mem_new(struct yaml);
	yaml->file = mem_strdup(file);
	int result = yaml_load(yaml, text ? text : "", len, err);
	if (result == 0)
		*ret = TAKE_PTR(yaml);
	return result;
}

static void node_free(struct yaml_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		free(node->items[i].key);
	free(node->items);
	free(node);
}

void yaml_tree_free(struct yaml *yaml)
{
	if (!yaml)
		return;
	for (size_t i = 0; i < yaml->pool.count; i++)
		node_free(yaml->pool.items[i]);
	free(yaml->pool.items);
	json_decref(yaml->value);
	free(yaml->file);
	free(yaml);
}

void yaml_freep(struct yaml **yaml)
{
	yaml_tree_free(*yaml);
	*yaml = NULL;
}

const char *yaml_file(const struct yaml *yaml)
{
	return yaml->file;
}

const json_t *yaml_value(const struct yaml *yaml)
{
	return yaml->value;
}

static const struct yaml_child *child_at(const struct yaml_node *node, const char *token)
{
	size_t index;
	if (node->count && node->items[0].key)
		return yaml_node_child(node, token);
	return pointer_index(token, &index) && index < node->count ? &node->items[index]
								   : NULL;
}

struct yaml_place yaml_place(const struct yaml *yaml, const char *pointer, bool key)
{
	struct yaml_place at = {1, 1};
	const struct yaml_node *node = yaml->root;
	if (node)
		at = node->place;
	while (node) {
		_cleanup_free_ char *token = pointer_take(&pointer);
		const struct yaml_child *child = token ? child_at(node, token) : NULL;
		if (!child)
			break;
		node = child->node;
		at = key && !*pointer ? child->key_place : node->place;
	}
	return at;
}
