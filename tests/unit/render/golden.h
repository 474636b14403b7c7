/* Renders a value written as JSON (' may stand for ") and compares the text. */
#ifndef TEST_RENDER_GOLDEN_H
#define TEST_RENDER_GOLDEN_H

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/render.h"
#include "test.h"

static inline json_t *golden_json(const char *text)
{
	struct err err = {0};
	json_t *value = NULL;
	_cleanup_free_ char *copy = mem_strdup(text);
	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	CHECK_OK(json_parse(copy, strlen(copy), "row", &value, &err), &err);
	return value;
}

static inline char *golden_text(render_function *function, const struct render *render,
				const char *json)
{
	struct str out = STR_INIT;
	_cleanup_json_ json_t *value = golden_json(json);
	function(&out, render, value);
	return str_take(&out);
}

#endif
