/*
 * Fuzzes jq: an expression compiles or gives an error; a predicate compiles exactly when the whole
 * expression does; and cut into two sides it gives the same answer as the whole.
 *
 * Only expressions without function names, '*' and assignments are run: those can neither loop nor
 * make values that are much larger than the input.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/jq.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char input_text[] = "{\"a\":1,\"b\":{\"c\":[1,2],\"d\":null},\"s\":\"x\"}";

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_word_allowed(const char *word, size_t len)
{
	static const char *const allowed[] = {"and",   "or",   "as",   "true",
					      "false", "null", "not",  "if",
					      "then",  "else", "elif", "end"};
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (strlen(allowed[i]) == len && strncmp(allowed[i], word, len) == 0)
			return true;
	return len == 1;
}

/* Reads words wherever they stand, so also in strings: refusing too much does no harm here. */
static bool is_harmless(const char *text)
{
	if (strpbrk(text, "*") || strstr(text, ".."))
		return false;
	for (const char *c = text; *c; c++) {
		if (*c == '=' && c[1] != '=' && (c == text || !strchr("=!<>", c[-1])))
			return false;
		size_t len = 0;
		while (isalnum((unsigned char)c[len]) || c[len] == '_')
			len++;
		if (len && !isdigit((unsigned char)*c) && !is_word_allowed(c, len))
			return false;
		c += len ? len - 1 : 0;
	}
	return true;
}

static bool whole_holds(struct jq_program *program, const json_t *input)
{
	struct err err = {0};
	json_t *outputs = NULL;
	if (jq_run(program, input, NULL, &outputs, &err) < 0)
		return false;
	const json_t *output = json_array_get(outputs, 0);
	bool holds = json_array_size(outputs) == 1 && !json_is_null(output) &&
		     !json_is_false(output);
	json_decref(outputs);
	return holds;
}

static void compare(struct jq_program *program, struct jq_predicate *predicate)
{
	json_t *input = json_loads(input_text, 0, NULL);
	struct jq_answer answer;
	jq_predicate_ask(predicate, input, NULL, &answer);
	require(answer.holds == whole_holds(program, input));
	require(!answer.why == !!answer.actual);
	jq_answer_release(&answer);
	json_decref(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct jq_program *program = NULL;
	struct jq_predicate *predicate = NULL;
	mem_init();
	if (size > 400 || !str_is_utf8(data, size))
		return 0;
	char *text = mem_strndup((const char *)data, size);
	int whole = jq_compile_text(text, NULL, &program, &err);
	int cut = jq_predicate_compile(text, NULL, &predicate, &err);
	require(whole == cut);
	if (whole == 0 && is_harmless(text))
		compare(program, predicate);
	jq_program_free(program);
	jq_predicate_free(predicate);
	free(text);
	return 0;
}
