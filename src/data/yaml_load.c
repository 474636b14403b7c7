/* Loading YAML: libyaml gives events; this file builds two trees from them, the value and beside
 * it the nodes that know their line and column. Events rather than libyaml's documents, because
 * depth, aliases and duplicate keys are to be judged while reading, before they cost anything. */
#include "yaml_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "belay/vec.h"
#include "yaml_scalar.h"

#define MAX_DEPTH 100

/* Nodes that aliases may add, all together: far more than people write, far less than hurts. */
#define MAX_ALIAS_NODES 100000

/* A value with its node: what loading one node gives. */
struct loaded {
	json_t *value;
	struct yaml_node *node;
};

struct anchor {
	char *name;
	json_t *value;
	const struct yaml_node *node;
};

struct loader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	struct yaml *yaml;
	struct {
		struct anchor *items;
		size_t count, capacity;
	} anchors;
	size_t depth;
	size_t alias_nodes;
	struct err *err;
};

#define _cleanup_event_ __attribute__((cleanup(yaml_event_delete)))

static int load_node(struct loader *loader, const yaml_event_t *event,
		     struct loaded *ret);

static struct yaml_place place_of(yaml_mark_t mark)
{
	return (struct yaml_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

ATTR_PRINTF(3, 4)
static int fail_at(struct loader *loader, struct yaml_place at, const char *format, ...)
{
	_cleanup_str_ struct str message = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&message, format, args);
	va_end(args);
	return err_set(loader->err, ERR_CONFIG, "%s:%u:%u: %s", loader->yaml->file,
		       at.line, at.column, str_text(&message));
}

/* The place of a byte, for what is wrong before there are tokens. */
static struct yaml_place place_of_byte(const char *text, size_t offset)
{
	struct yaml_place at = {1, 1};
	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n')
			at = (struct yaml_place){at.line + 1, 1};
		else
			at.column += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return at;
}

/* What usually lies behind libyaml's words. */
static const char *usual_cause(const yaml_parser_t *parser, char found)
{
	static const struct {
		const char *problem;
		const char *hint;
	} rows[] = {
		{"mapping values are not allowed",
		 "a text that contains ': ' needs quotes"},
		{"could not find expected ':'",
		 "is a ':' missing, or a quote not closed?"},
		{"did not find expected key",
		 "check the indentation here and on the line above"},
		{"did not find expected '-'",
		 "check the indentation here and on the line above"},
		{"did not find expected ',' or '}'", "is a comma or a '}' missing?"},
		{"did not find expected ',' or ']'", "is a comma or a ']' missing?"},
		{"found unexpected end of stream", "a quote is not closed"},
		{"found unknown escape",
		 "use single quotes, in which '\\' is an ordinary character"},
		{"block sequence entries are not allowed",
		 "start the list on a line of its own"},
	};
	if (found == '\t')
		return "YAML is indented with spaces, not with tabs";
	if (parser->problem && strstr(parser->problem, "cannot start any token"))
		return "put the text in quotes";
	for (size_t i = 0; parser->problem && i < ARRAY_SIZE(rows); i++)
		if (strstr(parser->problem, rows[i].problem))
			return rows[i].hint;
	return NULL;
}

/* libyaml's marks count characters, not bytes. */
static char character_at(const struct loader *loader, size_t index)
{
	size_t i = 0;
	for (size_t seen = 0; i < loader->len; i++) {
		bool starts = ((unsigned char)loader->text[i] & 0xc0) != 0x80;
		if (starts && seen++ == index)
			return loader->text[i];
	}
	return '\0';
}

static int fail_parser(struct loader *loader)
{
	const yaml_parser_t *parser = &loader->parser;
	const char *problem = parser->problem ? parser->problem : "not valid YAML";
	if (parser->error == YAML_READER_ERROR)
		return fail_at(loader,
			       place_of_byte(loader->text, parser->problem_offset), "%s",
			       problem);
	const char *hint =
		usual_cause(parser, character_at(loader, parser->problem_mark.index));
	fail_at(loader, place_of(parser->problem_mark), "%s%s%s", problem,
		parser->context ? " " : "", parser->context ? parser->context : "");
	if (hint)
		err_hint(loader->err, "%s", hint);
	return -1;
}

static int next_event(struct loader *loader, yaml_event_t *ret)
{
	if (!yaml_parser_parse(&loader->parser, ret))
		return fail_parser(loader);
	return 0;
}

static int check_untagged(struct loader *loader, const unsigned char *tag,
			  yaml_mark_t mark)
{
	if (!tag)
		return 0;
	fail_at(loader, place_of(mark), "tags such as '%s' are not supported",
		(const char *)tag);
	return err_hint(loader->err,
			"remove the tag; put text that starts with '!' in quotes");
}

/* Anchors may be set again (YAML 1.2.2, 3.2.2.2); an alias means the latest one. */
static void add_anchor(struct loader *loader, const unsigned char *name,
		       const struct loaded *loaded)
{
	if (!name)
		return;
	*vec_push(&loader->anchors) = (struct anchor){
		.name = mem_strdup((const char *)name),
		.value = json_incref(loaded->value),
		.node = loaded->node,
	};
}

static const struct anchor *find_anchor(const struct loader *loader, const char *name)
{
	for (size_t i = loader->anchors.count; i > 0; i--)
		if (strcmp(loader->anchors.items[i - 1].name, name) == 0)
			return &loader->anchors.items[i - 1];
	return NULL;
}

/* An alias has a place of its own, but what is inside stands where the anchor is. */
static int load_alias(struct loader *loader, const yaml_event_t *event,
		      struct loaded *ret)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = find_anchor(loader, name);
	if (!anchor)
		return fail_at(loader, place_of(event->start_mark), "unknown alias '*%s'",
			       name);
	loader->alias_nodes += anchor->node->weight;
	if (loader->alias_nodes > MAX_ALIAS_NODES)
		return fail_at(loader, place_of(event->start_mark),
			       "aliases expand to more than %d values", MAX_ALIAS_NODES);
	ret->value = json_deep_copy(anchor->value);
	ret->node = yaml_node_new(loader->yaml, place_of(event->start_mark));
	for (size_t i = 0; i < anchor->node->count; i++) {
		const struct yaml_child *child = &anchor->node->items[i];
		yaml_node_add(ret->node, child->key ? mem_strdup(child->key) : NULL,
			      child->key_place, child->node);
	}
	return 0;
}

static int load_scalar(struct loader *loader, const yaml_event_t *event,
		       struct loaded *ret)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct yaml_place at = place_of(event->start_mark);
	const char *problem;
	if (check_untagged(loader, event->data.scalar.tag, event->start_mark) < 0)
		return -1;
	if (!str_is_utf8(text, len))
		return fail_at(loader, at, "text with a NUL character");
	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
		ret->value = json_stringn_nocheck(text, len);
	} else if (yaml_scalar(text, &ret->value, &problem) < 0) {
		fail_at(loader, at, "'%s': %s", text, problem);
		return err_hint(loader->err, "put it in quotes if it is meant as text");
	}
	ret->node = yaml_node_new(loader->yaml, place_of(event->start_mark));
	add_anchor(loader, event->data.scalar.anchor, ret);
	return 0;
}

static int load_sequence(struct loader *loader, const yaml_event_t *start,
			 struct loaded *ret)
{
	if (check_untagged(loader, start->data.sequence_start.tag, start->start_mark) < 0)
		return -1;
	ret->value = json_array();
	ret->node = yaml_node_new(loader->yaml, place_of(start->start_mark));
	for (;;) {
		_cleanup_event_ yaml_event_t event = {0};
		struct loaded element;
		if (next_event(loader, &event) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (load_node(loader, &event, &element) < 0)
			return -1;
		json_array_append_new(ret->value, element.value);
		yaml_node_add(ret->node, NULL, element.node->place, element.node);
	}
	add_anchor(loader, start->data.sequence_start.anchor, ret);
	return 0;
}

static bool is_plain_scalar(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT &&
	       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* `<<`, which YAML 1.2 no longer has but everyone uses; quoted it is an ordinary key. */
static bool is_merge_key(const yaml_event_t *event)
{
	return is_plain_scalar(event) &&
	       strcmp((char *)event->data.scalar.value, "<<") == 0;
}

static int check_key(struct loader *loader, const yaml_event_t *event)
{
	struct yaml_place at = place_of(event->start_mark);
	if (event->type != YAML_SCALAR_EVENT)
		return fail_at(loader, at, "a key must be text");
	const char *text = (const char *)event->data.scalar.value;
	if (check_untagged(loader, event->data.scalar.tag, event->start_mark) < 0)
		return -1;
	if (!str_is_utf8(text, event->data.scalar.length))
		return fail_at(loader, at, "key with a NUL character");
	_cleanup_(json_decrefp) json_t *meaning = NULL;
	const char *problem;
	if (is_plain_scalar(event) &&
	    (yaml_scalar(text, &meaning, &problem) < 0 || !json_is_string(meaning))) {
		fail_at(loader, at, "a key must be text, but '%s' is not", text);
		return err_hint(loader->err, "put it in quotes");
	}
	return 0;
}

/* The members of `from` that `into` does not have yet. */
static void merge_mapping(const json_t *from_value, const struct yaml_node *from,
			  struct loaded *into)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct yaml_child *child = &from->items[i];
		if (json_object_get(into->value, child->key))
			continue;
		const json_t *value = json_object_get(from_value, child->key);
		json_object_set_new_nocheck(into->value, child->key,
					    json_deep_copy(value));
		yaml_node_add(into->node, mem_strdup(child->key), child->key_place,
			      child->node);
	}
}

/* Merges come after all written keys, because those win wherever they stand; of several merged
 * mappings the earlier one wins. */
static int apply_merge(struct loader *loader, const struct loaded *merge,
		       struct loaded *into)
{
	size_t count = json_is_array(merge->value) ? json_array_size(merge->value) : 1;
	for (size_t i = 0; i < count; i++) {
		bool list = json_is_array(merge->value);
		const json_t *value =
			list ? json_array_get(merge->value, i) : merge->value;
		const struct yaml_node *node =
			list ? merge->node->items[i].node : merge->node;
		if (!json_is_object(value))
			return fail_at(loader, node->place,
				       "'<<' takes a mapping or a list of mappings");
		merge_mapping(value, node, into);
	}
	return 0;
}

static int fail_duplicate(struct loader *loader, const struct yaml_node *node,
			  const char *key, struct yaml_place at)
{
	const struct yaml_child *first = yaml_node_child(node, key);
	fail_at(loader, at, "duplicate key '%s'", key);
	if (first)
		err_hint(loader->err, "it is already on line %u", first->key_place.line);
	return -1;
}

/* Loads the value that belongs to `key_event` into the mapping, or into *merge. */
static int load_member(struct loader *loader, const yaml_event_t *key_event,
		       struct loaded *mapping, struct loaded *merge)
{
	_cleanup_event_ yaml_event_t event = {0};
	struct loaded member;
	struct yaml_place at = place_of(key_event->start_mark);
	if (check_key(loader, key_event) < 0)
		return -1;
	const char *key = (const char *)key_event->data.scalar.value;
	bool merges = is_merge_key(key_event);
	if (merges ? merge->value != NULL : json_object_get(mapping->value, key) != NULL)
		return fail_duplicate(loader, mapping->node, key, at);
	if (next_event(loader, &event) < 0 || load_node(loader, &event, &member) < 0)
		return -1;
	if (merges) {
		*merge = member;
		return 0;
	}
	json_object_set_new_nocheck(mapping->value, key, member.value);
	yaml_node_add(mapping->node, mem_strdup(key), at, member.node);
	return 0;
}

static int load_members(struct loader *loader, struct loaded *mapping,
			struct loaded *merge)
{
	for (;;) {
		_cleanup_event_ yaml_event_t event = {0};
		if (next_event(loader, &event) < 0)
			return -1;
		if (event.type == YAML_MAPPING_END_EVENT)
			return merge->value ? apply_merge(loader, merge, mapping) : 0;
		if (load_member(loader, &event, mapping, merge) < 0)
			return -1;
	}
}

static int load_mapping(struct loader *loader, const yaml_event_t *start,
			struct loaded *ret)
{
	if (check_untagged(loader, start->data.mapping_start.tag, start->start_mark) < 0)
		return -1;
	struct loaded merge = {0};
	ret->value = json_object();
	ret->node = yaml_node_new(loader->yaml, place_of(start->start_mark));
	int result = load_members(loader, ret, &merge);
	json_decref(merge.value);
	if (result == 0)
		add_anchor(loader, start->data.mapping_start.anchor, ret);
	return result;
}

static int load_by_type(struct loader *loader, const yaml_event_t *event,
			struct loaded *ret)
{
	if (event->type == YAML_ALIAS_EVENT)
		return load_alias(loader, event, ret);
	if (event->type == YAML_SCALAR_EVENT)
		return load_scalar(loader, event, ret);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return load_sequence(loader, event, ret);
	return load_mapping(loader, event, ret);
}

/* On failure nothing is left to release: nodes are in the pool. */
static int load_node(struct loader *loader, const yaml_event_t *event, struct loaded *ret)
{
	*ret = (struct loaded){0};
	if (loader->depth >= MAX_DEPTH)
		return fail_at(loader, place_of(event->start_mark),
			       "nested deeper than %d levels", MAX_DEPTH);
	loader->depth++;
	int result = load_by_type(loader, event, ret);
	loader->depth--;
	if (result < 0) {
		json_decref(ret->value);
		ret->value = NULL;
	}
	return result;
}

/* stream start, document start, root node, document end, stream end. */
static int load_stream(struct loader *loader, struct loaded *ret)
{
	for (;;) {
		_cleanup_event_ yaml_event_t event = {0};
		if (next_event(loader, &event) < 0)
			return -1;
		switch (event.type) {
		case YAML_STREAM_END_EVENT:
			return 0;
		case YAML_NO_EVENT:
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (ret->value)
				return fail_at(loader, place_of(event.start_mark),
					       "more than one document");
			break;
		case YAML_ALIAS_EVENT:
		case YAML_SCALAR_EVENT:
		case YAML_SEQUENCE_START_EVENT:
		case YAML_SEQUENCE_END_EVENT:
		case YAML_MAPPING_START_EVENT:
		case YAML_MAPPING_END_EVENT:
			if (load_node(loader, &event, ret) < 0)
				return -1;
			break;
		}
	}
}

/* libyaml would accept NUL as an end and report bad UTF-8 without a line. */
static int check_text(struct loader *loader)
{
	if (loader->len > YAML_MAX_BYTES)
		return err_set(loader->err, ERR_CONFIG, "'%s' is larger than %zu bytes",
			       loader->yaml->file, YAML_MAX_BYTES);
	if (str_is_utf8(loader->text, loader->len))
		return 0;
	size_t good = 0;
	for (size_t step = 1; step <= 4 && good + step <= loader->len; step++) {
		if (!str_is_utf8(loader->text + good, step))
			continue;
		good += step;
		step = 0;
	}
	return fail_at(loader, place_of_byte(loader->text, good),
		       loader->text[good] ? "not valid UTF-8" : "a NUL character");
}

static int load_text(struct loader *loader)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct loaded root = {0};
	if (loader->len >= 3 && memcmp(loader->text, byte_order_mark, 3) == 0) {
		loader->text += 3;
		loader->len -= 3;
	}
	if (check_text(loader) < 0)
		return -1;
	if (!yaml_parser_initialize(&loader->parser))
		return err_set(loader->err, ERR_FAIL, "libyaml cannot start");
	yaml_parser_set_encoding(&loader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&loader->parser, (const unsigned char *)loader->text,
				     loader->len);
	int result = load_stream(loader, &root);
	yaml_parser_delete(&loader->parser);
	loader->yaml->value = root.value;
	loader->yaml->root = root.node;
	if (result == 0 && !root.value)
		loader->yaml->value = json_null();
	return result;
}

static void anchors_release(struct loader *loader)
{
	for (size_t i = 0; i < loader->anchors.count; i++) {
		free(loader->anchors.items[i].name);
		json_decref(loader->anchors.items[i].value);
	}
	free(loader->anchors.items);
}

int yaml_load(struct yaml *yaml, const char *text, size_t len, struct err *err)
{
	struct loader loader = {.text = text, .len = len, .yaml = yaml, .err = err};
	int result = load_text(&loader);
	anchors_release(&loader);
	return result;
}
