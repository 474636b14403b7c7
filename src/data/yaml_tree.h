/* room: data
 * The tree of places behind struct yaml: what yaml_load.c builds and yaml.c answers from. */
#ifndef BELAY_DATA_YAML_TREE_H
#define BELAY_DATA_YAML_TREE_H

#include "belay/yaml.h"

struct yaml_child {
	char *key; /* NULL in a sequence */
	struct yaml_place key_place;
	const struct yaml_node
		*node; /* owned by the pool; aliases and merges share nodes */
};

struct yaml_node {
	struct yaml_place place;
	size_t weight; /* nodes below, itself included, with aliases expanded */
	struct yaml_child *items;
	size_t count, capacity;
};

struct yaml {
	char *file;
	json_t *value;
	const struct yaml_node *root;
	struct {
		struct yaml_node **items;
		size_t count, capacity;
	} pool;
};

/* The new node belongs to `yaml`. */
struct yaml_node *yaml_node_new(struct yaml *yaml, struct yaml_place place);

/* Takes `key` (NULL in a sequence). */
void yaml_node_add(struct yaml_node *parent, char *key, struct yaml_place key_place,
		   const struct yaml_node *node);

/* The child of a mapping, or NULL. */
const struct yaml_child *yaml_node_child(const struct yaml_node *node, const char *key);

/* Fills yaml->value and yaml->root. Errors: ERR_CONFIG. */
ATTR_MUST_USE int yaml_load(struct yaml *yaml, const char *text, size_t len,
			    struct err *err);

#endif
