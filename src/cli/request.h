/* A parsed command line: which options were given, with which values. Private to src/cli; everyone
 * else asks through request_text() and its sisters (belay/command.h). */
#ifndef BELAY_CLI_REQUEST_H
#define BELAY_CLI_REQUEST_H

#include "belay/cli.h"
#include "belay/command.h"

/* Always followed by a NULL that is not counted. */
struct request_words {
	char **items;
	size_t count, capacity;
};

struct request_entry {
	const struct option *option;
	struct request_words
		words;  /* one, unless the option is a list; none for a flag */
	int64_t number; /* OPTION_INTEGER, and milliseconds for OPTION_TIME */
};

struct request {
	struct request_entry *items;
	size_t count, capacity;
	struct request_words arguments;
};

void request_words_add(struct request_words *words, const char *word);
/* A word that is no UTF-8 could not be written down: ERR_USAGE. */
int request_check_word(const char *word, struct err *err);
/* Checks `text` against the option's type and allowed words and keeps it. A list grows, everything
 * else is replaced. `text` is NULL for a flag. ERR_USAGE. */
int request_add(struct request *request, const struct option *option, const char *text,
		struct err *err);
/* The row with that long name: the command's own first, then the global ones. */
const struct option *request_option(const struct command *command, const char *name);
/* Counts of arguments and required options. ERR_USAGE. */
int request_check(const struct request *request, const struct command *command,
		  struct err *err);

#endif
