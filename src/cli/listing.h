/* What help, its Markdown form and completion share: the words of an option row, the exit statuses.
 * Private to src/cli. */
#ifndef BELAY_CLI_LISTING_H
#define BELAY_CLI_LISTING_H

#include "belay/command.h"
#include "belay/str.h"

#define LISTING_TAGLINE                                                                  \
	"Deploy with a safety line: health gates, automatic undo, a record in git."

struct listing_status {
	int status;
	const char *meaning;
};
/* Ends with a row whose meaning is NULL. */
extern const struct listing_status listing_statuses[];

/* "-c, --config FILE", or "    --json" without a letter. */
void listing_option(struct str *out, const struct option *option);
/* The tables hold phrases ("show what is live"); people read sentences. Fresh string. */
char *listing_sentence(const char *phrase);
/* A line of a list in `details`: "  WORD   what it is". Where both parts are; false for other lines. */
struct listing_item {
	size_t word, word_len, text; /* offsets and length */
};
bool listing_item_of(const char *line, struct listing_item *ret);
/* Is this the first command of its group, in the order of the table? */
bool listing_opens_group(size_t index);

/* The help of an option where only one word of its command is talked of: of "the key that opens it; keygen: where it goes" the
 * clause that names the word, else what is not said of others. `word` NULL: all of it. Fresh. */
char *listing_help(const struct option *option, const struct command *command,
		   const struct command_word *word);

#endif
