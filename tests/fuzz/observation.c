/* Observations from a stranger (an HTTP body, a TLS certificate's names): whatever JSON they hold,
 * judging them gives a verdict that its schema accepts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/schema.h"
#include "belay/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *verdict_schema(void)
{
	const struct embedded *file = embedded_find("schemas/verdict.schema.json");
	_cleanup_json_ json_t *text = NULL;
	struct schema *schema = NULL;
	struct err err = {0};
	if (!file || json_parse(file->data, file->size, file->name, &text, &err) ||
	    schema_compile(text, &schema, &err))
		abort();
	return schema;
}

static void check_verdict(const json_t *verdict)
{
	static struct schema *schema;
	struct schema_faults faults = {0};
	if (!schema)
		schema = verdict_schema();
	if (schema_validate(schema, verdict, &faults))
		return;
	fprintf(stderr, "%s: %s\n", faults.items[0].pointer, faults.items[0].message);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char status[] = ".status == 200", body[] = ".body.a[0] < 3";
	char names[] = ".names | length > 0";
	char *expect[] = {status, body};
	char *warn[] = {names};
	const struct config_check check = {
		.name = "fuzz",
		.type = "http",
		.expect = {.items = expect, .count = 2},
		.warn = {.items = warn, .count = 1},
	};
	_cleanup_json_ json_t *observation = NULL;
	_cleanup_(judge_freep) struct judge *judge = NULL;
	struct err err = {0};
	if (json_parse((const char *)data, size, "observation", &observation, &err) ||
	    !json_is_object(observation))
		return 0;
	if (judge_new(&check, &judge, &err))
		abort();
	_cleanup_json_ json_t *variables = json_object();
	_cleanup_json_ json_t *verdict =
		judge_observation(judge, observation, NULL, variables);
	check_verdict(verdict);
	return 0;
}
