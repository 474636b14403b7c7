/* Schema faults as problems for people. The validator knows the rules of JSON Schema, this file what
 * they mean here: annotations in the schema (x-fault, x-hint, x-variant) carry the words, so that a
 * literal secret is not quoted, a key of another driver is named as such, and a check without a type
 * is told what is missing instead of "oneOf". */
#include "faults.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "walk.h"

struct report {
	const struct inspection *in;
	const json_t *schema;
};

static const char *annotation_text(const struct report *report, const json_t *schema,
				   const char *keyword)
{
	return json_string_value(walk_annotation(report->schema, schema, keyword));
}

/* The last member of a pointer as it is written in the file (RFC 6901 unescaped). Fresh string. */
static char *last_token(const char *pointer)
{
	char *token = mem_strdup(strrchr(pointer, '/') + 1), *to = token;
	for (const char *from = token; *from; from++) {
		bool escaped = from[0] == '~' && (from[1] == '0' || from[1] == '1');
		*to++ = !escaped ? *from : *++from == '0' ? '~' : '/';
	}
	*to = '\0';
	return token;
}

/* The keys that choose a variant: what each branch of oneOf requires. New array. */
static json_t *variant_keys(const json_t *schema)
{
	json_t *keys = json_array();
	json_t *branch;
	size_t i;
	json_array_foreach(json_object_get(schema, "oneOf"), i, branch)
		json_array_append(keys,
				  json_array_get(json_object_get(branch, "required"), 0));
	return keys;
}

/* "did you mean 'http'?" for a misspelt one among the instance's keys, else all that there are. */
static char *hint_variant(const json_t *keys, const json_t *instance)
{
	const char *key;
	json_t *value;
	size_t i;
	struct str hint = STR_INIT;
	json_object_foreach((json_t *)instance, key, value) {
		json_array_foreach(keys, i, value) {
			const char *candidate = json_string_value(value);
			if (str_nearest(key, &candidate, 1))
				return str_format("did you mean '%s' instead of '%s'?",
						  candidate, key);
		}
	}
	json_array_foreach(keys, i, value)
		str_addf(&hint, "%s'%s'", i ? ", " : "it needs one of ",
			 json_string_value(value));
	return str_take(&hint);
}

/* How many branches of oneOf the instance meets; `found` gets their keys. */
static size_t count_chosen(const json_t *schema, const json_t *instance,
			   struct str *found)
{
	size_t i, count = 0;
	json_t *branch;
	json_array_foreach(json_object_get(schema, "oneOf"), i, branch) {
		const json_t *key =
			json_array_get(json_object_get(branch, "required"), 0);
		if (!walk_condition_holds(branch, instance))
			continue;
		str_addf(found, "%s'%s'", count++ ? " and " : "", json_string_value(key));
	}
	return count;
}

/* An object whose key decides what it is has none of these keys, or several: reported once for the
 * object, whichever rule noticed. True when that is so. */
static bool report_variant(const struct report *report, const char *pointer,
			   const json_t *schema)
{
	const json_t *instance = json_at(report->in->root, pointer);
	schema = walk_form(report->schema, schema, instance);
	const char *thing = json_get_string(schema, "x-thing", NULL);
	if (!json_is_object(instance) || !json_object_get(schema, "oneOf") || !thing)
		return false;
	_cleanup_json_ json_t *keys = variant_keys(schema);
	_cleanup_str_ struct str found = STR_INIT;
	size_t count = count_chosen(schema, instance, &found);
	_cleanup_free_ char *name = last_token(pointer);
	if (count == 1)
		return false;
	if (count == 0)
		problem_add_at(report->in, pointer, true,
			       str_format("%s '%s' %s", thing, name,
					  json_get_string(schema, "x-none", "is empty")),
			       hint_variant(keys, instance));
	else
		problem_add_at(
			report->in, pointer, true,
			str_format("%s '%s' has %s", thing, name, str_text(&found)),
			mem_strdup(json_get_string(schema, "x-many", "choose one")));
	return true;
}

/* Without its last member. Fresh string. */
static char *pointer_above(const char *pointer)
{
	return mem_strndup(pointer, (size_t)(strrchr(pointer, '/') - pointer));
}

/* The variant of `schema` that `instance` chose (or, with a key, the other one that knows the key). */
static const json_t *find_variant(const struct report *report, const json_t *schema,
				  const json_t *instance, const char *other_with_key)
{
	size_t i;
	json_t *part;
	schema = walk_form(report->schema, schema, instance);
	json_array_foreach(json_object_get(schema, "allOf"), i, part) {
		const json_t *then =
			walk_resolve(report->schema, json_object_get(part, "then"));
		bool chosen = walk_condition_holds(json_object_get(part, "if"), instance);
		const json_t *known = json_object_get(then, "properties");
		if (other_with_key ? !chosen && json_object_get(known, other_with_key)
				   : chosen)
			return then;
	}
	return NULL;
}

static void report_unknown_key(const struct report *report,
			       const struct schema_fault *fault, const json_t *parent)
{
	_cleanup_free_ char *above = pointer_above(fault->pointer);
	const json_t *instance = json_at(report->in->root, above);
	const json_t *chosen = find_variant(report, parent, instance, NULL);
	struct str message = STR_INIT;
	char *hint = fault->hint ? mem_strdup(fault->hint) : NULL;
	str_add(&message, fault->message);
	if (chosen) {
		_cleanup_free_ char *key = last_token(fault->pointer);
		const json_t *other = find_variant(report, parent, instance, key);
		str_addf(&message, " for %s",
			 json_get_string(chosen, "x-variant", "this"));
		if (other) {
			mem_freep(&hint);
			hint = str_format(
				"'%s' belongs to %s", key,
				json_get_string(other, "x-variant", "another kind"));
		}
	}
	problem_add_at(report->in, fault->pointer, true, str_take(&message), hint);
}

static void report_key(const struct report *report, const struct schema_fault *fault)
{
	const json_t *parent = NULL;
	(void)walk_to(report->schema, report->in->root, fault->pointer, &parent);
	const json_t *names = walk_annotation(report->schema, parent, "propertyNames");
	_cleanup_free_ char *above = pointer_above(fault->pointer);
	if (parent && report_variant(report, above, parent))
		return;
	const char *words = annotation_text(report, names, "x-fault");
	if (!words) {
		report_unknown_key(report, fault, parent);
		return;
	}
	const char *hint = annotation_text(report, names, "x-hint");
	_cleanup_free_ char *key = last_token(fault->pointer);
	problem_add_at(report->in, fault->pointer, true,
		       str_format("'%s': %s", key, words),
		       hint ? mem_strdup(hint) : NULL);
}

/* A text where a mapping with a secret in it belongs may be that secret: it is not repeated. */
static bool may_be_secret(const struct report *report, const struct schema_fault *fault,
			  const json_t *schema)
{
	return json_is_string(json_at(report->in->root, fault->pointer)) &&
	       walk_annotation(report->schema, schema, "x-private");
}

static void report_value(const struct report *report, const struct schema_fault *fault)
{
	const json_t *schema =
		walk_to(report->schema, report->in->root, fault->pointer, NULL);
	if (report_variant(report, fault->pointer, schema))
		return;
	const char *words = annotation_text(report, schema, "x-fault");
	const char *hint = annotation_text(report, schema, "x-hint");
	if (!words && may_be_secret(report, fault, schema))
		words = "expected a mapping, found text";
	if (!words && fault->hint)
		hint = fault->hint;
	problem_add_at(report->in, fault->pointer, false,
		       mem_strdup(words ? words : fault->message),
		       hint ? mem_strdup(hint) : NULL);
}

void faults_report(const struct inspection *in, const json_t *schema,
		   const struct schema_faults *faults)
{
	const struct report report = {in, schema};
	for (size_t i = 0; i < faults->count; i++) {
		if (faults->items[i].at_key)
			report_key(&report, &faults->items[i]);
		else
			report_value(&report, &faults->items[i]);
	}
}
