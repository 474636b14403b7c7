/*
 * Fuzzes JSON Schema with {"schema": …, "instance": …}: a schema compiles or is refused; validation
 * answers the same with and without faults; defaults and lookups end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_faults(const struct schema_faults *faults, const json_t *instance)
{
	for (size_t i = 0; i < faults->count; i++) {
		require(json_at(instance, faults->items[i].pointer) ||
			faults->items[i].at_key);
		require(faults->items[i].message[0]);
	}
}

static void use(const struct schema *schema, const json_t *instance)
{
	struct schema_faults faults = {0};
	bool valid = schema_validate(schema, instance, &faults);
	require(valid == (faults.count == 0));
	require(valid == schema_validate(schema, instance, NULL));
	check_faults(&faults, instance);
	json_t *filled = schema_with_defaults(schema, instance);
	require(filled != NULL);
	const char *key;
	json_t *ignored;
	json_object_foreach((json_t *)instance, key, ignored) {
		schema_lookup(schema, key);
	}
	schema_lookup(schema, "*.a.*");
	json_decref(filled);
	schema_faults_release(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	json_t *both = NULL;
	struct schema *schema = NULL;
	mem_init();
	if (size > 4096 || json_parse((const char *)data, size, "fuzz", &both, &err) < 0)
		return 0;
	const json_t *document = json_object_get(both, "schema");
	const json_t *instance = json_object_get(both, "instance");
	if (document && instance) {
		if (schema_compile(document, &schema, &err) == 0)
			use(schema, instance);
		else
			require(err.code == ERR_CONFIG);
	}
	schema_free(schema);
	json_decref(both);
	return 0;
}
