/* Keywords that combine schemas. The work is in anyOf and oneOf: when no branch fits, find the one
 * that was meant and report what is wrong with that, or say what to choose from.
 *
 * A branch is recognised by a key that only it requires ({"required": ["http"]}), by a member with
 * a fixed value ({"properties": {"driver": {"const": "command"}}}), or by its type. The annotation
 * "x-one-of-keys": ["http", "tcp"] names the keys where the branches do not show them. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/vec.h"
#include "schema_validation.h"

struct choice {
	struct validation *v;
	const json_t *subschema; /* that holds the anyOf or oneOf */
	const json_t *branches;
	const json_t *instance;
	bool exactly; /* oneOf */
};

static const json_t *branch_at(const struct choice *c, size_t index)
{
	return schema_resolve(c->v->schema, json_array_get(c->branches, index));
}

static bool list_has(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_equal(json_string_value(json_array_get(list, i)), word))
			return true;
	return false;
}

/* Reports what is wrong with one branch. */
static bool fault_branch(const struct choice *c, size_t index)
{
	return schema_apply(c->v, json_array_get(c->branches, index), c->instance);
}

/* --- by type --------------------------------------------------------------------------------- */

static bool type_differs(const json_t *branch, const json_t *instance)
{
	const json_t *types = json_object_get(branch, "type");
	return types && !schema_has_type(instance, types);
}

static void add_types(json_t *all, const json_t *types)
{
	size_t count = json_is_string(types) ? 1 : json_array_size(types);
	for (size_t i = 0; i < count; i++) {
		const json_t *type =
			json_is_string(types) ? types : json_array_get(types, i);
		bool known = false;
		for (size_t k = 0; k < json_array_size(all); k++)
			known = known || json_equal(json_array_get(all, k), type);
		if (!known)
			json_array_append(all, (json_t *)type);
	}
}

/* When every branch wants another type: "expected a string or a list". */
static bool explain_types(const struct choice *c)
{
	_cleanup_json_ json_t *all = json_array();
	for (size_t i = 0; i < json_array_size(c->branches); i++) {
		const json_t *branch = branch_at(c, i);
		if (!type_differs(branch, c->instance))
			return false;
		add_types(all, json_object_get(branch, "type"));
	}
	_cleanup_str_ struct str expected = STR_INIT;
	schema_add_types(&expected, all);
	schema_fault_expected(c->v, str_text(&expected), c->instance);
	return true;
}

/* --- by fixed values ------------------------------------------------------------------------- */

/* What const or enum allow, as new references in `all`; false when the branch has neither. */
static bool add_fixed(json_t *all, const json_t *branch)
{
	const json_t *constant = json_object_get(branch, "const");
	const json_t *list = json_object_get(branch, "enum");
	if (constant)
		json_array_append(all, (json_t *)constant);
	else if (list)
		json_array_extend(all, (json_t *)list);
	return constant || list;
}

/* When every branch is a fixed value, all together are one enum. */
static bool explain_values(const struct choice *c)
{
	_cleanup_json_ json_t *all = json_array();
	for (size_t i = 0; i < json_array_size(c->branches); i++)
		if (!add_fixed(all, branch_at(c, i)))
			return false;
	schema_fault_choice(c->v, all, c->instance);
	return true;
}

static const json_t *branch_property(const struct choice *c, size_t index,
				     const char *key)
{
	const json_t *properties = json_object_get(branch_at(c, index), "properties");
	return schema_resolve(c->v->schema, json_object_get(properties, key));
}

/* A key whose value every branch fixes; borrowed from the first branch. */
static const char *discriminator(const struct choice *c)
{
	const json_t *candidates = json_object_get(branch_at(c, 0), "properties");
	const char *key;
	json_t *ignored;
	json_object_foreach((json_t *)candidates, key, ignored) {
		_cleanup_json_ json_t *values = json_array();
		bool all = true;
		for (size_t i = 0; all && i < json_array_size(c->branches); i++)
			all = add_fixed(values, branch_property(c, i, key));
		if (all)
			return key;
	}
	return NULL;
}

static bool explain_member(const struct choice *c)
{
	const char *key = json_is_object(c->instance) ? discriminator(c) : NULL;
	if (!key)
		return false;
	_cleanup_json_ json_t *allowed = json_array();
	const json_t *value = json_object_get(c->instance, key);
	for (size_t i = 0; i < json_array_size(c->branches); i++) {
		const json_t *property = branch_property(c, i, key);
		add_fixed(allowed, property);
		if (value && schema_fits(c->v, property, value)) {
			fault_branch(c, i);
			return true;
		}
	}
	if (!value) {
		if (!list_has(json_object_get(branch_at(c, 0), "required"), key))
			return false;
		schema_fault(c->v, "missing required key '%s'", key);
		return true;
	}
	_cleanup_json_ json_t *as_enum = json_pack("{s:O}", "enum", allowed);
	schema_apply_at_key(c->v, as_enum, value, key);
	return true;
}

/* --- by required keys ------------------------------------------------------------------------ */

/* The one name that this branch requires and no other does; NULL when there is none. */
static const char *own_key(const struct choice *c, size_t index)
{
	const json_t *required = json_object_get(branch_at(c, index), "required");
	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *key = json_string_value(json_array_get(required, i));
		bool shared = false;
		for (size_t k = 0; k < json_array_size(c->branches); k++)
			shared = shared ||
				 (k != index &&
				  list_has(json_object_get(branch_at(c, k), "required"),
					   key));
		if (!shared)
			return key;
	}
	return NULL;
}

/* New array of the keys to choose from, or NULL when the branches are not told apart by keys. */
static json_t *choice_keys(const struct choice *c)
{
	const json_t *named = json_object_get(c->subschema, "x-one-of-keys");
	if (json_is_array(named))
		return json_copy((json_t *)named);
	json_t *keys = json_array();
	for (size_t i = 0; i < json_array_size(c->branches); i++) {
		const char *key = own_key(c, i);
		if (!key) {
			json_decref(keys);
			return NULL;
		}
		json_array_append_new(keys, json_string(key));
	}
	return keys;
}

static void add_names(struct str *out, const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		str_add(out, i ? ", " : "");
		schema_add_choice(out, json_array_get(names, i));
	}
}

/* The members of the instance that are among `keys`, in document order. New array. */
static json_t *keys_present(const json_t *instance, const json_t *keys)
{
	json_t *present = json_array();
	const char *key;
	json_t *ignored;
	json_object_foreach((json_t *)instance, key, ignored) {
		if (list_has(keys, key))
			json_array_append_new(present, json_string_nocheck(key));
	}
	return present;
}

static const char *string_at(const json_t *list, size_t index)
{
	return json_string_value(json_array_get(list, index));
}

/* "needs exactly one of: …", with the nearest when a key was only misspelt. */
static void fault_no_key(const struct choice *c, const json_t *keys)
{
	_cleanup_str_ struct str names = STR_INIT;
	size_t count = json_array_size(keys);
	_cleanup_free_ const char **words = mem_array(const char *, count);
	for (size_t i = 0; i < count; i++)
		words[i] =
			json_is_string(json_array_get(keys, i)) ? string_at(keys, i) : "";
	add_names(&names, keys);
	schema_fault(c->v, "needs %s of: %s", c->exactly ? "exactly one" : "at least one",
		     str_text(&names));
	const char *key;
	json_t *ignored;
	json_object_foreach((json_t *)c->instance, key, ignored) {
		const char *nearest = str_nearest(key, words, count);
		if (nearest)
			schema_fault_hint(c->v, "is '%s' meant to be '%s'?", key,
					  nearest);
	}
}

static void fault_two_keys(const struct choice *c, const json_t *present,
			   const json_t *keys)
{
	_cleanup_str_ struct str names = STR_INIT;
	add_names(&names, keys);
	schema_fault_key(c->v, string_at(present, 1), "'%s' cannot stand beside '%s'",
			 string_at(present, 1), string_at(present, 0));
	schema_fault_hint(c->v, "exactly one is needed of: %s", str_text(&names));
}

/* Among several branches with the key (x-one-of-keys only), the first that describes it. */
static bool fault_branch_of(const struct choice *c, const char *key)
{
	for (size_t i = 0; i < json_array_size(c->branches); i++) {
		const json_t *branch = branch_at(c, i);
		if (!list_has(json_object_get(branch, "required"), key) &&
		    !json_object_get(json_object_get(branch, "properties"), key))
			continue;
		if (!fault_branch(c, i))
			return true;
	}
	return false;
}

static bool explain_keys(const struct choice *c)
{
	if (!json_is_object(c->instance))
		return false;
	_cleanup_json_ json_t *keys = choice_keys(c);
	if (!keys)
		return false;
	_cleanup_json_ json_t *present = keys_present(c->instance, keys);
	if (json_array_size(present) == 0) {
		fault_no_key(c, keys);
		return true;
	}
	if (json_array_size(present) > 1 && c->exactly) {
		fault_two_keys(c, present, keys);
		return true;
	}
	return fault_branch_of(c, string_at(present, 0));
}

/* --- otherwise ------------------------------------------------------------------------------- */

/* The branch of the right type with the fewest faults. */
static void explain_nearest(const struct choice *c)
{
	size_t best = 0;
	size_t best_count = SIZE_MAX;
	struct schema_faults *faults = c->v->faults;
	for (size_t i = 0; i < json_array_size(c->branches); i++) {
		struct schema_faults own = {0};
		c->v->faults = &own;
		fault_branch(c, i);
		size_t count = own.count +
			       (type_differs(branch_at(c, i), c->instance) ? 1000 : 0);
		schema_faults_release(&own);
		if (count >= best_count)
			continue;
		best = i;
		best_count = count;
	}
	c->v->faults = faults;
	fault_branch(c, best);
}

static bool explain(const struct choice *c)
{
	if (!c->v->faults)
		return false;
	if (!explain_types(c) && !explain_values(c) && !explain_member(c) &&
	    !explain_keys(c))
		explain_nearest(c);
	return false;
}

/* Titles of the branches that fit, for a oneOf that several satisfy. */
static bool fault_several(const struct choice *c)
{
	if (!c->v->faults)
		return false;
	_cleanup_json_ json_t *keys = json_is_object(c->instance) ? choice_keys(c) : NULL;
	_cleanup_json_ json_t *present = keys ? keys_present(c->instance, keys) : NULL;
	if (json_array_size(present) > 1) {
		fault_two_keys(c, present, keys);
		return false;
	}
	return schema_fault(c->v,
			    "fits more than one of the forms that exclude each other");
}

static size_t count_fitting(const struct choice *c, size_t enough)
{
	size_t fitting = 0;
	for (size_t i = 0; i < json_array_size(c->branches) && fitting < enough; i++)
		fitting += schema_fits(c->v, json_array_get(c->branches, i), c->instance);
	return fitting;
}

bool schema_check_any_of(struct validation *v, const json_t *subschema,
			 const json_t *value, const json_t *instance)
{
	const struct choice c = {v, subschema, value, instance, false};
	return count_fitting(&c, 1) ? true : explain(&c);
}

bool schema_check_one_of(struct validation *v, const json_t *subschema,
			 const json_t *value, const json_t *instance)
{
	const struct choice c = {v, subschema, value, instance, true};
	size_t fitting = count_fitting(&c, 2);
	if (fitting == 1)
		return true;
	return fitting ? fault_several(&c) : explain(&c);
}

bool schema_check_all_of(struct validation *v, const json_t *subschema,
			 const json_t *value, const json_t *instance)
{
	(void)subschema;
	bool valid = true;
	for (size_t i = 0; i < json_array_size(value) && (valid || v->faults); i++)
		if (!schema_apply(v, json_array_get(value, i), instance))
			valid = false;
	return valid;
}

bool schema_check_not(struct validation *v, const json_t *subschema, const json_t *value,
		      const json_t *instance)
{
	if (!schema_fits(v, value, instance))
		return true;
	const char *expected = json_get_string(subschema, "x-expected", NULL);
	if (expected)
		return schema_fault_expected(v, expected, instance);
	const json_t *required = json_object_get(value, "required");
	if (json_array_size(required) == 1 && json_is_object(instance))
		return schema_fault_key(v, string_at(required, 0),
					"key '%s' is not allowed here",
					string_at(required, 0));
	return schema_fault(v, "not allowed here");
}

bool schema_check_if(struct validation *v, const json_t *subschema, const json_t *value,
		     const json_t *instance)
{
	const char *branch = schema_fits(v, value, instance) ? "then" : "else";
	const json_t *applied = json_object_get(subschema, branch);
	return !applied || schema_apply(v, applied, instance);
}
