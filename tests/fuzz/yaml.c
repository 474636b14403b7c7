/*
 * Fuzzes YAML: whatever the text, it is a value or an error with a place; every place asked for
 * lies in the text, and the value survives being written as JSON and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One more than there are: libyaml ends a last line that nobody ended, and a value left out stands
 * behind that. */
static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t lines = 2;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 ||
			 data[i] == 0xa8 || data[i] == 0xa9;
	return lines;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void visit_places(const struct yaml *yaml, const json_t *value,
			 struct str *pointer, size_t lines)
{
	size_t len = pointer->len;
	const char *key;
	json_t *member;
	struct yaml_place at = yaml_place(yaml, str_text(pointer), false);
	struct yaml_place key_at = yaml_place(yaml, str_text(pointer), true);
	require(at.line >= 1 && at.line <= lines && at.column >= 1);
	require(key_at.line >= 1 && key_at.line <= lines && key_at.column >= 1);
	json_object_foreach((json_t *)value, key, member) {
		json_pointer_add(pointer, key);
		visit_places(yaml, member, pointer, lines);
		pointer->len = len;
		pointer->data[len] = '\0';
	}
}

static void visit(const struct yaml *yaml, size_t lines)
{
	struct str pointer = STR_INIT;
	struct err err = {0};
	json_t *again = NULL;
	char *text = json_text_pretty(yaml_value(yaml));
	require(json_parse(text, strlen(text), "again", &again, &err) == 0);
	require(json_equal(again, yaml_value(yaml)));
	visit_places(yaml, yaml_value(yaml), &pointer, lines);
	json_decref(again);
	free(text);
	str_release(&pointer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct yaml *yaml = NULL;
	mem_init();
	if (yaml_parse((const char *)data, size, "fuzz.yml", &yaml, &err) == 0)
		visit(yaml, count_lines(data, size));
	else
		require(err.code == ERR_CONFIG && strstr(err.message, "fuzz.yml"));
	yaml_tree_free(yaml);
	return 0;
}
