/*
 * Runs the official JSON-Schema-Test-Suite against belay's validator:
 *
 *     schema_suite DIRECTORY      the suite's tests/draft2020-12
 *
 * Every keyword that belay/schema.h names must answer all tests of its file. A group in such a file
 * whose schema uses something we do not claim must be refused when it is compiled, and is listed;
 * answering it wrongly is what must never happen. Files about other keywords are listed and skipped.
 * Exit status 1 when an answer is wrong, 77 when there is no suite.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/schema.h"
#include "belay/str.h"

static const char *const claimed[] = {
	"additionalProperties",
	"allOf",
	"anyOf",
	"boolean_schema",
	"const",
	"contains",
	"default",
	"defs",
	"dependentRequired",
	"enum",
	"exclusiveMaximum",
	"exclusiveMinimum",
	"if-then-else",
	"items",
	"infinite-loop-detection",
	"maxContains",
	"maxItems",
	"maxLength",
	"maxProperties",
	"maximum",
	"minContains",
	"minItems",
	"minLength",
	"minProperties",
	"minimum",
	"multipleOf",
	"not",
	"oneOf",
	"pattern",
	"patternProperties",
	"prefixItems",
	"properties",
	"propertyNames",
	"ref",
	"required",
	"type",
	"uniqueItems",
};

struct totals {
	unsigned passed, failed, skipped, refused;
};

static bool is_claimed(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(claimed); i++)
		if (strcmp(claimed[i], name) == 0)
			return true;
	return false;
}

static const char *description(const json_t *object)
{
	return json_string_value(json_object_get(object, "description"));
}

static void run_test(const struct schema *schema, const json_t *group, const json_t *test,
		     const char *name, struct totals *totals)
{
	const json_t *instance = json_object_get(test, "data");
	bool wanted = json_is_true(json_object_get(test, "valid"));
	struct schema_faults faults = {0};
	bool quiet = schema_validate(schema, instance, NULL);
	bool valid = schema_validate(schema, instance, &faults);
	/* An invalid instance must have a reason, a valid one none. */
	if (quiet == wanted && valid == wanted && (faults.count == 0) == wanted) {
		totals->passed++;
	} else {
		totals->failed++;
		printf("FAILED %s: %s: %s: should be %svalid (%s)\n", name,
		       description(group), description(test), wanted ? "" : "in",
		       faults.count ? faults.items[0].message : "no fault");
	}
	schema_faults_release(&faults);
}

static void run_group(const json_t *group, const char *name, struct totals *totals)
{
	struct err err = {0};
	struct schema *schema;
	json_t *tests = json_object_get(group, "tests");
	if (schema_compile(json_object_get(group, "schema"), &schema, &err) < 0) {
		printf("refused %s: %s (%s)\n", name, description(group), err.message);
		totals->refused += (unsigned)json_array_size(tests);
		return;
	}
	size_t index;
	json_t *test;
	json_array_foreach(tests, index, test) {
		run_test(schema, group, test, name, totals);
	}
	schema_free(schema);
}

static void run_file(const char *directory, const char *file, struct totals *totals)
{
	_cleanup_free_ char *path = str_format("%s/%s", directory, file);
	_cleanup_free_ char *name = mem_strndup(file, strlen(file) - strlen(".json"));
	json_error_t error;
	json_t *groups = json_load_file(path, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!groups) {
		totals->failed++;
		printf("FAILED %s: %s\n", path, error.text);
		return;
	}
	size_t index;
	json_t *group;
	if (!is_claimed(name))
		printf("skipped %s\n", name);
	json_array_foreach(groups, index, group) {
		if (is_claimed(name))
			run_group(group, name, totals);
		else
			totals->skipped += (unsigned)json_array_size(
				json_object_get(group, "tests"));
	}
	json_decref(groups);
}

int main(int argc, char **argv)
{
	mem_init();
	struct dirent **entries = NULL;
	int count = argc == 2 ? scandir(argv[1], &entries, NULL, alphasort) : -1;
	if (count < 0) {
		printf("skipped: no suite (usage: schema_suite DIRECTORY)\n");
		return 77;
	}
	struct totals totals = {0};
	for (int i = 0; i < count; i++) {
		if (str_has_suffix(entries[i]->d_name, ".json"))
			run_file(argv[1], entries[i]->d_name, &totals);
		free(entries[i]);
	}
	free(entries);
	printf("schema-suite: %u passed, %u failed, %u skipped, %u refused\n",
	       totals.passed, totals.failed, totals.skipped, totals.refused);
	return totals.failed || !totals.passed;
}
