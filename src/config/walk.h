/* Walking a schema beside an instance: which subschema describes a place. Private to src/config.
 *
 * schema_lookup() answers that question for a path without an instance; here the instance decides
 * between variants ("then" of the driver that a service names), which precise messages need. */
#ifndef BELAY_CONFIG_WALK_H
#define BELAY_CONFIG_WALK_H

#include <jansson.h>

/* The subschema for the place `pointer` (RFC 6901) of `instance`, or NULL. `*ret_parent`, when not
 * NULL, gets the one of the containing value. Both borrowed from `root`; $ref is left in place, so that
 * annotations beside it are seen: ask them with walk_annotation(). */
const json_t *walk_to(const json_t *root, const json_t *instance, const char *pointer,
		      const json_t **ret_parent);

/* The subschema for one member (or element) of `instance`, or NULL. */
const json_t *walk_member(const json_t *root, const json_t *schema,
			  const json_t *instance, const char *token);

/* An annotation of `schema`, or of what its $ref leads to. Borrowed, or NULL. */
const json_t *walk_annotation(const json_t *root, const json_t *schema,
			      const char *keyword);

/* Follows $ref chains. */
const json_t *walk_resolve(const json_t *root, const json_t *schema);

/* The same, and of an anyOf into the branch for values of the instance's type: what may be an object or
 * a list of them. */
const json_t *walk_form(const json_t *root, const json_t *schema, const json_t *instance);

/* Does the instance meet an `if` made of required, properties/const and not? */
int walk_condition_holds(const json_t *condition, const json_t *instance);

#endif
