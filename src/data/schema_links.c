/* References between schemas, after the walk of schema_compile.c has found all of them. */
#include "schema_links.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"

/* Schemas applied to one instance through each other: people write a handful. */
#define MAX_DEPTH 500

struct links {
	struct schema *schema;
	struct schema_sites *sites;
	size_t depth;
	struct err *err;
};

/* Keywords that apply their subschemas to the same instance. */
static bool applies_in_place(const char *keyword)
{
	static const char *const keywords[] = {"$ref", "allOf", "anyOf", "oneOf",
					       "not",  "if",    "then",  "else"};
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strcmp(keywords[i], keyword) == 0)
			return true;
	return false;
}

static int site_compare(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)((const struct schema_site *)a)->subschema;
	uintptr_t right = (uintptr_t)((const struct schema_site *)b)->subschema;
	return (left > right) - (left < right);
}

static struct schema_site *find_site(struct links *links, const json_t *subschema)
{
	struct schema_site wanted = {.subschema = subschema};
	if (!links->sites->count)
		return NULL;
	return bsearch(&wanted, links->sites->items, links->sites->count,
		       sizeof *links->sites->items, site_compare);
}

/* A $ref may point anywhere, but only where the walk found a schema is it known to be one. */
static int check_targets(struct links *links)
{
	for (size_t i = 0; i < links->schema->refs.count; i++) {
		const json_t *target = links->schema->refs.items[i].value;
		if (!json_is_boolean(target) && !find_site(links, target))
			return err_set(links->err, ERR_CONFIG,
				       "schema: '%s' does not lead to a schema",
				       links->schema->refs.items[i].name);
	}
	return 0;
}

static int visit(struct links *links, const json_t *subschema);

static int visit_keyword(struct links *links, const char *name, const json_t *value)
{
	if (!applies_in_place(name))
		return 0;
	if (json_is_string(value))
		return visit(links, schema_names_get(&links->schema->refs,
						     json_string_value(value)));
	if (json_is_object(value))
		return visit(links, value);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (visit(links, json_array_get(value, i)) < 0)
			return -1;
	return 0;
}

static int visit_members(struct links *links, const json_t *subschema)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)subschema, name, value) {
		if (visit_keyword(links, name, value) < 0)
			return -1;
	}
	return 0;
}

/* Depth first through everything that is applied to the same instance: meeting a schema that is
 * still open would mean applying it for ever. */
static int visit(struct links *links, const json_t *subschema)
{
	struct schema_site *site =
		json_is_object(subschema) ? find_site(links, subschema) : NULL;
	if (!site || site->state == SITE_DONE)
		return 0;
	if (site->state == SITE_OPEN)
		return err_set(links->err, ERR_CONFIG,
			       "schema: a '$ref' leads back to itself");
	if (links->depth >= MAX_DEPTH)
		return err_set(links->err, ERR_CONFIG,
			       "schema: a chain of '$ref' is too long");
	site->state = SITE_OPEN;
	links->depth++;
	int result = visit_members(links, subschema);
	links->depth--;
	site->state = SITE_DONE;
	return result;
}

static int check_loops(struct links *links)
{
	for (size_t i = 0; i < links->sites->count; i++)
		if (visit(links, links->sites->items[i].subschema) < 0)
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
static void merge_views(struct links *links)
{
	for (size_t i = 0; i < links->sites->count; i++) {
		const json_t *from = links->sites->items[i].subschema;
		if (!schema_ref_target(links->schema, from) || json_object_size(from) < 2)
			continue;
		*vec_push(&links->schema->views) =
			(struct schema_view){from, merged_chain(links->schema, from)};
	}
}

int schema_check_links(struct schema *schema, struct schema_sites *sites, struct err *err)
{
	struct links links = {.schema = schema, .sites = sites, .err = err};
	if (sites->count)
		qsort(sites->items, sites->count, sizeof *sites->items, site_compare);
	if (check_targets(&links) < 0 || check_loops(&links) < 0)
		return -1;
	merge_views(&links);
	return 0;
}
