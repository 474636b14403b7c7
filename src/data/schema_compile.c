/* Compiling a schema: every keyword is known and well-formed, every pattern compiles, every $ref
 * leads to a schema of this document and not back to itself without consuming anything. What is
 * not implemented is refused, so a schema never promises what is not checked. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "pattern.h"
#include "schema_format.h"
#include "schema_tree.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

/* Schemas within each other, and $ref chains: people write a dozen. */
#define MAX_DEPTH 500

struct compilation {
	struct schema *schema;
	const char *id; /* of the document, without an empty fragment; may be NULL */
	struct str pointer;
	size_t depth;
	struct {
		struct site {
			const json_t *subschema;
			enum { SITE_NEW, SITE_OPEN, SITE_DONE } state;
		} * items;
		size_t count, capacity;
	} sites; /* all schema objects of the document; sorted after the walk */
	struct err *err;
};

struct keyword {
	const char *name;
	int (*check)(struct compilation *c, const json_t *value);
	bool in_place; /* applies subschemas to the same instance */
};

static int compile_subschema(struct compilation *c, const json_t *subschema);

ATTR_PRINTF(2, 3)
static int refuse(struct compilation *c, const char *format, ...)
{
	_cleanup_str_ struct str problem = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&problem, format, args);
	va_end(args);
	/* A pointer without end must not push the problem out of the message. */
	return err_set(c->err, ERR_CONFIG, "schema at '#%.200s': %s",
		       str_text(&c->pointer), str_text(&problem));
}

static void truncate_pointer(struct compilation *c, size_t len)
{
	c->pointer.len = len;
	if (c->pointer.data)
		c->pointer.data[len] = '\0';
}

/* Compiles what is one token further down. */
static int compile_at(struct compilation *c, const char *token, const json_t *subschema)
{
	size_t len = c->pointer.len;
	json_pointer_add(&c->pointer, token);
	int result = compile_subschema(c, subschema);
	truncate_pointer(c, len);
	return result;
}

/* --- forms of keyword values ----------------------------------------------------------------- */

static int any_value(struct compilation *c, const json_t *value)
{
	(void)c;
	(void)value;
	return 0;
}

static int text(struct compilation *c, const json_t *value)
{
	return json_is_string(value) ? 0 : refuse(c, "must be a string");
}

static int boolean(struct compilation *c, const json_t *value)
{
	return json_is_boolean(value) ? 0 : refuse(c, "must be true or false");
}

static int number(struct compilation *c, const json_t *value)
{
	return json_is_number(value) ? 0 : refuse(c, "must be a number");
}

static int positive_number(struct compilation *c, const json_t *value)
{
	return json_number_value(value) > 0 ? 0 : refuse(c, "must be a number above 0");
}

static int count(struct compilation *c, const json_t *value)
{
	double number_value = json_number_value(value);
	bool whole = json_is_number(value) && number_value >= 0 && number_value < 1e15 &&
		     number_value == (double)(int64_t)number_value;
	return whole ? 0 : refuse(c, "must be a whole number, 0 or more");
}

static int list(struct compilation *c, const json_t *value)
{
	return json_is_array(value) ? 0 : refuse(c, "must be a list");
}

static int names(struct compilation *c, const json_t *value)
{
	if (!json_is_array(value))
		return refuse(c, "must be a list of names");
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_string(json_array_get(value, i)))
			return refuse(c, "must be a list of names");
	return 0;
}

static int type_names(struct compilation *c, const json_t *value)
{
	static const char known[] = "|null|boolean|object|array|number|integer|string|";
	size_t size = json_is_string(value) ? 1 : json_array_size(value);
	for (size_t i = 0; i < size; i++) {
		const json_t *name =
			json_is_string(value) ? value : json_array_get(value, i);
		_cleanup_free_ char *bar = str_format(
			"|%s|", json_is_string(name) ? json_string_value(name) : "?");
		if (!strstr(known, bar))
			return refuse(c, "unknown type");
	}
	return size ? 0 : refuse(c, "must be a type or a list of types");
}

static int known_format(struct compilation *c, const json_t *value)
{
	const char *name = json_string_value(value);
	if (!name || !schema_format_exists(name))
		return refuse(c, "format '%s' is not supported", name ? name : "?");
	return 0;
}

static int known_dialect(struct compilation *c, const json_t *value)
{
	const char *uri = json_string_value(value);
	if (!uri || !(strcmp(uri, DIALECT) == 0 || strcmp(uri, DIALECT "#") == 0))
		return refuse(c, "only the dialect %s is supported", DIALECT);
	return 0;
}

/* An inner $id would start another document, with another base for every $ref below. */
static int root_id(struct compilation *c, const json_t *value)
{
	if (!json_is_string(value))
		return refuse(c, "must be a string");
	if (strcmp(str_text(&c->pointer), "/$id") != 0)
		return refuse(c, "'$id' is supported at the root only");
	return 0;
}

static int compile_pattern(struct compilation *c, const char *source)
{
	struct pattern *pattern;
	if (schema_names_get(&c->schema->patterns, source))
		return 0;
	if (pattern_new(source, &pattern, c->err) < 0)
		return err_wrap(c->err, "schema at '#%s'", str_text(&c->pointer));
	schema_names_put(&c->schema->patterns, source, pattern);
	return 0;
}

static int regex(struct compilation *c, const json_t *value)
{
	if (!json_is_string(value))
		return refuse(c, "must be a pattern");
	return compile_pattern(c, json_string_value(value));
}

/* --- keywords that hold schemas -------------------------------------------------------------- */

static int subschemas(struct compilation *c, const json_t *value)
{
	if (!json_array_size(value))
		return refuse(c, "must be a list of schemas");
	for (size_t i = 0; i < json_array_size(value); i++) {
		char token[24];
		snprintf(token, sizeof token, "%zu", i);
		if (compile_at(c, token, json_array_get(value, i)) < 0)
			return -1;
	}
	return 0;
}

static int subschema_map(struct compilation *c, const json_t *value)
{
	const char *key;
	json_t *subschema;
	if (!json_is_object(value))
		return refuse(c, "must map names to schemas");
	json_object_foreach((json_t *)value, key, subschema) {
		if (compile_at(c, key, subschema) < 0)
			return -1;
	}
	return 0;
}

static int pattern_map(struct compilation *c, const json_t *value)
{
	const char *key;
	json_t *subschema;
	json_object_foreach((json_t *)value, key, subschema) {
		if (compile_pattern(c, key) < 0)
			return -1;
	}
	return subschema_map(c, value);
}

static int names_map(struct compilation *c, const json_t *value)
{
	const char *key;
	json_t *list_of_names;
	if (!json_is_object(value))
		return refuse(c, "must map names to lists of names");
	json_object_foreach((json_t *)value, key, list_of_names) {
		if (names(c, list_of_names) < 0)
			return -1;
	}
	return 0;
}

/* --- $ref ------------------------------------------------------------------------------------ */

/* Undoes percent-encoding (RFC 3986, 2.1); NULL when it is malformed. */
static char *percent_decoded(const char *from)
{
	_cleanup_free_ char *decoded = mem_strdup(from);
	char *out = decoded;
	for (; *from; from++) {
		if (*from != '%') {
			*out++ = *from;
			continue;
		}
		char digits[3] = {from[1], from[1] ? from[2] : '\0', '\0'};
		char *end;
		long byte = strtol(digits, &end, 16);
		if (end != digits + 2 || byte == 0)
			return NULL;
		*out++ = (char)byte;
		from += 2;
	}
	*out = '\0';
	return str_is_utf8(decoded, (size_t)(out - decoded)) ? TAKE_PTR(decoded) : NULL;
}

/* "#…", or the document's own $id with or without a fragment. Other documents are not fetched. */
static int ref(struct compilation *c, const json_t *value)
{
	const char *uri = json_string_value(value);
	if (!uri)
		return refuse(c, "must be a string");
	const char *fragment = uri;
	if (c->id && str_has_prefix(uri, c->id))
		fragment += strlen(c->id);
	if (*fragment != '#' && !(*fragment == '\0' && fragment > uri))
		return refuse(c, "'%s' is not a reference within this document", uri);
	_cleanup_free_ char *pointer =
		percent_decoded(*fragment ? fragment + 1 : fragment);
	const json_t *target = pointer ? json_at(c->schema->document, pointer) : NULL;
	if (!target)
		return refuse(c, "'%s' leads nowhere", uri);
	schema_names_put(&c->schema->refs, uri, (void *)target);
	return 0;
}

/* Sorted by name for bsearch. */
static const struct keyword keywords[] = {
	{"$comment", text, false},
	{"$defs", subschema_map, false},
	{"$id", root_id, false},
	{"$ref", ref, true},
	{"$schema", known_dialect, false},
	{"additionalProperties", compile_subschema, false},
	{"allOf", subschemas, true},
	{"anyOf", subschemas, true},
	{"const", any_value, false},
	{"contains", compile_subschema, false},
	{"default", any_value, false},
	{"dependentRequired", names_map, false},
	{"deprecated", boolean, false},
	{"description", text, false},
	{"else", compile_subschema, true},
	{"enum", list, false},
	{"examples", list, false},
	{"exclusiveMaximum", number, false},
	{"exclusiveMinimum", number, false},
	{"format", known_format, false},
	{"if", compile_subschema, true},
	{"items", compile_subschema, false},
	{"maxContains", count, false},
	{"maxItems", count, false},
	{"maxLength", count, false},
	{"maxProperties", count, false},
	{"maximum", number, false},
	{"minContains", count, false},
	{"minItems", count, false},
	{"minLength", count, false},
	{"minProperties", count, false},
	{"minimum", number, false},
	{"multipleOf", positive_number, false},
	{"not", compile_subschema, true},
	{"oneOf", subschemas, true},
	{"pattern", regex, false},
	{"patternProperties", pattern_map, false},
	{"prefixItems", subschemas, false},
	{"properties", subschema_map, false},
	{"propertyNames", compile_subschema, false},
	{"required", names, false},
	{"then", compile_subschema, true},
	{"title", text, false},
	{"type", type_names, false},
	{"uniqueItems", boolean, false},
};

static int keyword_compare(const void *name, const void *keyword)
{
	return strcmp(name, ((const struct keyword *)keyword)->name);
}

static const struct keyword *keyword_find(const char *name)
{
	return bsearch(name, keywords, ARRAY_SIZE(keywords), sizeof keywords[0],
		       keyword_compare);
}

static int compile_keyword(struct compilation *c, const char *name, const json_t *value)
{
	if (str_has_prefix(name, "x-"))
		return 0;
	const struct keyword *keyword = keyword_find(name);
	if (!keyword)
		return refuse(c, "keyword '%s' is not supported", name);
	size_t len = c->pointer.len;
	json_pointer_add(&c->pointer, name);
	int result = keyword->check(c, value);
	truncate_pointer(c, len);
	return result;
}

static int compile_members(struct compilation *c, const json_t *subschema)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)subschema, name, value) {
		if (compile_keyword(c, name, value) < 0)
			return -1;
	}
	return 0;
}

static int compile_subschema(struct compilation *c, const json_t *subschema)
{
	if (json_is_boolean(subschema))
		return 0;
	if (!json_is_object(subschema))
		return refuse(c, "a schema is an object, true or false");
	if (c->depth >= MAX_DEPTH)
		return refuse(c, "nested too deeply");
	*vec_push(&c->sites) = (struct site){subschema, SITE_NEW};
	c->depth++;
	int result = compile_members(c, subschema);
	c->depth--;
	return result;
}

/* --- after the walk -------------------------------------------------------------------------- */

static int site_compare(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)((const struct site *)a)->subschema;
	uintptr_t right = (uintptr_t)((const struct site *)b)->subschema;
	return (left > right) - (left < right);
}

static struct site *find_site(struct compilation *c, const json_t *subschema)
{
	struct site wanted = {.subschema = subschema};
	if (!c->sites.count)
		return NULL;
	return bsearch(&wanted, c->sites.items, c->sites.count, sizeof *c->sites.items,
		       site_compare);
}

/* A $ref may point anywhere, but only where the walk found a schema is it known to be one. */
static int check_targets(struct compilation *c)
{
	for (size_t i = 0; i < c->schema->refs.count; i++) {
		const json_t *target = c->schema->refs.items[i].value;
		if (!json_is_boolean(target) && !find_site(c, target))
			return refuse(c, "'%s' does not lead to a schema",
				      c->schema->refs.items[i].name);
	}
	return 0;
}

static int visit(struct compilation *c, const json_t *subschema);

static int visit_keyword(struct compilation *c, const char *name, const json_t *value)
{
	const struct keyword *keyword = keyword_find(name);
	if (!keyword || !keyword->in_place)
		return 0;
	if (json_is_string(value))
		return visit(
			c, schema_names_get(&c->schema->refs, json_string_value(value)));
	if (json_is_object(value))
		return visit(c, value);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (visit(c, json_array_get(value, i)) < 0)
			return -1;
	return 0;
}

static int visit_members(struct compilation *c, const json_t *subschema)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)subschema, name, value) {
		if (visit_keyword(c, name, value) < 0)
			return -1;
	}
	return 0;
}

/* Depth first through everything that is applied to the same instance: meeting a schema that is
 * still open would mean applying it for ever. */
static int visit(struct compilation *c, const json_t *subschema)
{
	struct site *site = json_is_object(subschema) ? find_site(c, subschema) : NULL;
	if (!site || site->state == SITE_DONE)
		return 0;
	if (site->state == SITE_OPEN)
		return refuse(c, "a '$ref' leads back to itself");
	if (c->depth >= MAX_DEPTH)
		return refuse(c, "a chain of '$ref' is too long");
	site->state = SITE_OPEN;
	c->depth++;
	int result = visit_members(c, subschema);
	c->depth--;
	site->state = SITE_DONE;
	return result;
}

static int check_loops(struct compilation *c)
{
	for (size_t i = 0; i < c->sites.count; i++)
		if (visit(c, c->sites.items[i].subschema) < 0)
			return -1;
	return 0;
}

/* The members of the last target, overridden along the chain of "$ref". New reference. */
static json_t *merged_chain(const struct schema *schema, const json_t *subschema)
{
	const json_t *target = schema_ref_target(schema, subschema);
	if (!target)
		return json_copy((json_t *)subschema);
	json_t *merged = merged_chain(schema, target);
	json_object_update(merged, (json_t *)subschema);
	json_object_del(merged, "$ref");
	return merged;
}

/* The description beside a $ref says more about this place than the one at its target. */
static void merge_views(struct compilation *c)
{
	for (size_t i = 0; i < c->sites.count; i++) {
		const json_t *from = c->sites.items[i].subschema;
		if (!schema_ref_target(c->schema, from) || json_object_size(from) < 2)
			continue;
		*vec_push(&c->schema->views) =
			(struct schema_view){from, merged_chain(c->schema, from)};
	}
}

static int compile_document(struct compilation *c)
{
	if (compile_subschema(c, c->schema->document) < 0)
		return -1;
	if (c->sites.count)
		qsort(c->sites.items, c->sites.count, sizeof *c->sites.items,
		      site_compare);
	if (check_targets(c) < 0 || check_loops(c) < 0)
		return -1;
	merge_views(c);
	return 0;
}

int schema_compile(const json_t *document, struct schema **ret, struct err *err)
{
	_cleanup_(schema_freep) struct schema *schema = mem_new(struct schema);
	schema->document = json_incref((json_t *)document);
	_cleanup_free_ char *id = NULL;
	const char *full_id = json_string_value(json_object_get(document, "$id"));
	if (full_id)
		id = mem_strndup(full_id, strcspn(full_id, "#"));
	struct compilation c = {.schema = schema, .pointer = STR_INIT, .err = err};
	c.id = id && id[0] ? id : NULL;
	int result = compile_document(&c);
	str_release(&c.pointer);
	free(c.sites.items);
	if (result == 0)
		*ret = TAKE_PTR(schema);
	return result;
}
