/* Problems of one configuration, each with its place. Private to src/config. */
#ifndef BELAY_CONFIG_PROBLEMS_H
#define BELAY_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "belay/config.h"
#include "belay/str.h"

/* What a check of the configuration needs: the document and the list it adds to. */
struct inspection {
	const struct yaml *yaml;
	const json_t *root; /* the document's value */
	struct config_problems *problems;
};

/* Where in the document, as a chain on the stack: &AT(&AT(NULL, "checks"), name). */
struct spot {
	const struct spot *parent;
	const char *token;
};
#define AT(parent_spot, token_text) ((struct spot){(parent_spot), (token_text)})

/* An array's element: AT(list, INDEX(i)) needs a buffer that lives as long as the spot. */
#define INDEX_BYTES 24
const char *spot_index(char buffer[static INDEX_BYTES], size_t index);

/* Adds a problem at a spot: with `key` at the member's name, else at its value. `hint` is taken and may
 * be NULL. */
ATTR_PRINTF(5, 6)
void problem_add(const struct inspection *in, const struct spot *spot, bool key,
		 char *hint, const char *format, ...);
/* The same with a ready pointer; takes `message` and `hint`. */
void problem_add_at(const struct inspection *in, const char *pointer, bool key,
		    char *message, char *hint);

/* In file order, each once. */
void problems_sort(struct config_problems *problems);

/* "did you mean 'x'?" or, without anything near, "known: a, b, c"; for members of `object` (or strings
 * of an array). NULL when there are none at all. Fresh string. */
char *hint_nearest(const char *word, const json_t *known);

/* The name of a member does not count: it starts with "x-". */
bool is_ignored(const char *key);

#endif
