/* Compiling a schema: every keyword is known and well-formed, every pattern compiles, every $ref
 * leads somewhere within the document. What is not implemented is refused, so a schema never
 * promises what is not checked. */
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "pattern.h"
#include "schema_format.h"
#include "schema_links.h"
#include "schema_tree.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

/* Schemas within each other, and $ref chains: people write a dozen. */
#define MAX_DEPTH 500

struct compilation {
	struct schema *schema;
	const char *id; /* of the document, without an empty fragment; may be NULL */
	struct str pointer;
	size_t depth;
	struct schema_sites sites;
	struct err *err;
};

struct keyword {
	const char *name;
	int (*check)(struct compilation *c, const json_t *value);
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
	{"$comment", text},
	{"$defs", subschema_map},
	{"$id", root_id},
	{"$ref", ref},
	{"$schema", known_dialect},
	{"additionalProperties", compile_subschema},
	{"allOf", subschemas},
	{"anyOf", subschemas},
	{"const", any_value},
	{"contains", compile_subschema},
	{"default", any_value},
	{"dependentRequired", names_map},
	{"deprecated", boolean},
	{"description", text},
	{"else", compile_subschema},
	{"enum", list},
	{"examples", list},
	{"exclusiveMaximum", number},
	{"exclusiveMinimum", number},
	{"format", known_format},
	{"if", compile_subschema},
	{"items", compile_subschema},
	{"maxContains", count},
	{"maxItems", count},
	{"maxLength", count},
	{"maxProperties", count},
	{"maximum", number},
	{"minContains", count},
	{"minItems", count},
	{"minLength", count},
	{"minProperties", count},
	{"minimum", number},
	{"multipleOf", positive_number},
	{"not", compile_subschema},
	{"oneOf", subschemas},
	{"pattern", regex},
	{"patternProperties", pattern_map},
	{"prefixItems", subschemas},
	{"properties", subschema_map},
	{"propertyNames", compile_subschema},
	{"required", names},
	{"then", compile_subschema},
	{"title", text},
	{"type", type_names},
	{"uniqueItems", boolean},
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
	*vec_push(&c->sites) = (struct schema_site){subschema, SITE_NEW};
	c->depth++;
	int result = compile_members(c, subschema);
	c->depth--;
	return result;
}

static int compile_document(struct compilation *c)
{
	if (compile_subschema(c, c->schema->document) < 0)
		return -1;
	return schema_check_links(c->schema, &c->sites, c->err);
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
