/* The walk: which keyword is checked by what, and how a subschema meets an instance. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "jq_program.h"
#include "schema_validation.h"

/* Levels of schema, of which an instance's level takes a few ($ref, allOf, properties). Bounds the
 * stack. */
#define MAX_DEPTH 600

/* Bounds the time: nested anyOf can make the work grow with a power of the depth. */
#define MAX_STEPS 2000000

/* Sorted by name for bsearch. Keywords that are read by another one, or only describe, are not
 * here. properties, patternProperties and additionalProperties look at each member together; so do
 * prefixItems and items at each element. */
static const struct keyword {
	const char *name;
	schema_keyword_fn *check;
} keywords[] = {
	{"$ref", schema_check_ref},
	{"additionalProperties", schema_check_members},
	{"allOf", schema_check_all_of},
	{"anyOf", schema_check_any_of},
	{"const", schema_check_const},
	{"contains", schema_check_contains},
	{"dependentRequired", schema_check_dependent_required},
	{"enum", schema_check_enum},
	{"exclusiveMaximum", schema_check_exclusive_maximum},
	{"exclusiveMinimum", schema_check_exclusive_minimum},
	{"format", schema_check_format},
	{"if", schema_check_if},
	{"items", schema_check_elements},
	{"maxItems", schema_check_max_items},
	{"maxLength", schema_check_max_length},
	{"maxProperties", schema_check_max_properties},
	{"maximum", schema_check_maximum},
	{"minItems", schema_check_min_items},
	{"minLength", schema_check_min_length},
	{"minProperties", schema_check_min_properties},
	{"minimum", schema_check_minimum},
	{"multipleOf", schema_check_multiple_of},
	{"not", schema_check_not},
	{"oneOf", schema_check_one_of},
	{"pattern", schema_check_pattern},
	{"patternProperties", schema_check_members},
	{"prefixItems", schema_check_elements},
	{"properties", schema_check_members},
	{"propertyNames", schema_check_property_names},
	{"required", schema_check_required},
	{"uniqueItems", schema_check_unique_items},
};

static int keyword_compare(const void *name, const void *keyword)
{
	return strcmp(name, ((const struct keyword *)keyword)->name);
}

/* Several keywords share one check; it runs for the first of them that is present. */
static bool is_first_of_its_check(const json_t *subschema, const struct keyword *keyword)
{
	for (size_t i = 0; &keywords[i] != keyword; i++)
		if (keywords[i].check == keyword->check &&
		    json_object_get(subschema, keywords[i].name))
			return false;
	return true;
}

static bool apply_keyword(struct validation *v, const json_t *subschema, const char *name,
			  const json_t *value, const json_t *instance)
{
	const struct keyword *keyword = bsearch(name, keywords, ARRAY_SIZE(keywords),
						sizeof keywords[0], keyword_compare);
	if (!keyword || !is_first_of_its_check(subschema, keyword))
		return true;
	return keyword->check(v, subschema, value, instance);
}

static bool apply_members(struct validation *v, const json_t *subschema,
			  const json_t *instance)
{
	/* A value of the wrong type gets one fault; what else the schema says is about others. */
	const json_t *types = json_object_get(subschema, "type");
	if (types && !schema_check_type(v, subschema, types, instance))
		return false;
	bool valid = true;
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)subschema, name, value) {
		if (!apply_keyword(v, subschema, name, value, instance))
			valid = false;
		if (!valid && !v->faults)
			break;
	}
	return valid;
}

bool schema_apply(struct validation *v, const json_t *subschema, const json_t *instance)
{
	if (json_is_true(subschema))
		return true;
	if (json_is_false(subschema))
		return schema_fault(v, "not allowed here");
	if (v->depth >= MAX_DEPTH)
		return schema_fault(v, "nested too deeply to be checked");
	if (v->steps++ >= MAX_STEPS)
		return schema_fault(v, "too large to be checked");
	v->depth++;
	bool valid = apply_members(v, subschema, instance);
	v->depth--;
	return valid;
}

bool schema_apply_at_key(struct validation *v, const json_t *subschema,
			 const json_t *instance, const char *key)
{
	/* Nobody asks where, when nobody wants faults. */
	if (!v->faults)
		return schema_apply(v, subschema, instance);
	size_t len = v->pointer.len;
	json_pointer_add(&v->pointer, key);
	bool valid = schema_apply(v, subschema, instance);
	v->pointer.len = len;
	v->pointer.data[len] = '\0';
	return valid;
}

bool schema_apply_at_index(struct validation *v, const json_t *subschema,
			   const json_t *instance, size_t index)
{
	char token[24];
	snprintf(token, sizeof token, "%zu", index);
	return schema_apply_at_key(v, subschema, instance, token);
}

bool schema_fits(struct validation *v, const json_t *subschema, const json_t *instance)
{
	struct schema_faults *faults = v->faults;
	v->faults = NULL;
	bool valid = schema_apply(v, subschema, instance);
	v->faults = faults;
	return valid;
}

bool schema_check_ref(struct validation *v, const json_t *subschema, const json_t *value,
		      const json_t *instance)
{
	(void)value;
	return schema_apply(v, schema_ref_target(v->schema, subschema), instance);
}

/* --- jq texts -------------------------------------------------------------------------------- */

/* Compiling one jq expression takes most of a millisecond, whatever its size; so the first pass
 * takes every text for good and collects them, then all are compiled at once. Only when that
 * fails each is compiled alone, and the pass repeated with what is known now. */
static bool jq_texts_compile(const json_t *texts)
{
	size_t count = 0;
	_cleanup_free_ const char **list =
		mem_array(const char *, json_object_size(texts));
	const char *text;
	json_t *ignored;
	json_object_foreach((json_t *)texts, text, ignored) {
		list[count++] = text;
	}
	return jq_all_compile(list, count);
}

static void find_bad_jq(json_t *texts)
{
	const char *text;
	void *next;
	json_t *ignored;
	json_object_foreach_safe(texts, next, text, ignored) {
		struct err err = {0};
		_cleanup_(jq_program_freep) struct jq_program *program = NULL;
		if (jq_compile_text(text, NULL, &program, &err) == 0)
			continue;
		json_object_set_new(texts, text,
				    json_pack("[ss]", err.message, err.hint));
	}
}

static void drop_faults(struct schema_faults *faults, size_t from)
{
	if (!faults)
		return;
	while (faults->count > from) {
		struct schema_fault *fault = &faults->items[--faults->count];
		free(fault->pointer);
		free(fault->message);
		free(fault->hint);
	}
}

bool schema_validate(const struct schema *schema, const json_t *instance,
		     struct schema_faults *faults)
{
	_cleanup_json_ json_t *jq = json_object();
	struct validation v = {
		.schema = schema,
		.pointer = STR_INIT,
		.faults = faults,
		.jq = jq,
	};
	size_t before = faults ? faults->count : 0;
	bool valid = schema_apply(&v, schema->document, instance);
	if (!jq_texts_compile(jq)) {
		find_bad_jq(jq);
		drop_faults(faults, before);
		v.steps = 0;
		valid = schema_apply(&v, schema->document, instance);
	}
	if (faults)
		schema_faults_sort(faults, before, instance);
	str_release(&v.pointer);
	return valid;
}
