/* The list of problems: places from the YAML tree, order of the file, no repetition. What is wrong is
 * found elsewhere (faults.c for the schema, cross.c for what the schema cannot say). */
#include "problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"

const char *spot_index(char buffer[static INDEX_BYTES], size_t index)
{
	(void)snprintf(buffer, INDEX_BYTES, "%zu", index);
	return buffer;
}

static void add_pointer(struct str *pointer, const struct spot *spot)
{
	if (!spot)
		return;
	add_pointer(pointer, spot->parent);
	json_pointer_add(pointer, spot->token);
}

void problem_add_at(const struct inspection *in, const char *pointer, bool key,
		    char *message, char *hint)
{
	*vec_push(in->problems) = (struct config_problem){
		.place = yaml_place(in->yaml, pointer, key),
		.message = message,
		.hint = hint,
	};
}

void problem_add(const struct inspection *in, const struct spot *spot, bool key,
		 char *hint, const char *format, ...)
{
	_cleanup_str_ struct str pointer = STR_INIT;
	struct str message = STR_INIT;
	va_list args;
	va_start(args, format);
	str_addv(&message, format, args);
	va_end(args);
	add_pointer(&pointer, spot);
	problem_add_at(in, str_text(&pointer), key, str_take(&message), hint);
}

static int compare(const void *left, const void *right)
{
	const struct config_problem *a = left, *b = right;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	return strcmp(a->message, b->message);
}

static void release_problem(struct config_problem *problem)
{
	free(problem->message);
	free(problem->hint);
}

void problems_sort(struct config_problems *problems)
{
	size_t kept = 0;
	if (problems->count)
		qsort(problems->items, problems->count, sizeof *problems->items, compare);
	for (size_t i = 0; i < problems->count; i++) {
		if (kept && !compare(&problems->items[kept - 1], &problems->items[i]))
			release_problem(&problems->items[i]);
		else
			problems->items[kept++] = problems->items[i];
	}
	problems->count = kept;
}

void config_problems_release(struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		release_problem(&problems->items[i]);
	free(problems->items);
	*problems = (struct config_problems){0};
}

bool is_ignored(const char *key)
{
	return str_has_prefix(key, "x-");
}

struct words {
	const char **items;
	size_t count, capacity;
};

static void collect(struct words *words, const json_t *known)
{
	const char *key;
	json_t *value;
	size_t i;
	json_object_foreach((json_t *)known, key, value) {
		if (!is_ignored(key))
			*vec_push(words) = key;
	}
	json_array_foreach(known, i, value) {
		if (json_is_string(value))
			*vec_push(words) = json_string_value(value);
	}
}

char *hint_nearest(const char *word, const json_t *known)
{
	enum { SHOWN = 12 };
	struct words words = {0};
	struct str hint = STR_INIT;
	collect(&words, known);
	const char *nearest = str_nearest(word, words.items, words.count);
	if (nearest) {
		str_addf(&hint, "did you mean '%s'?", nearest);
	} else {
		for (size_t i = 0; i < words.count && i < SHOWN; i++)
			str_addf(&hint, "%s%s", i ? ", " : "known: ", words.items[i]);
		if (words.count > SHOWN)
			str_addf(&hint, " and %zu more", words.count - SHOWN);
	}
	free(words.items);
	return hint.len ? str_take(&hint) : NULL;
}
