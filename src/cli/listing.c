/* Words of the option tables in the form that people read, and the exit statuses as documented in
 * err.h and engine.h; the one list that help and docs print. */
#include <ctype.h>
#include <string.h>

#include "belay/mem.h"
#include "listing.h"

const struct listing_status listing_statuses[] = {
	{0, "passed"},
	{1, "failed"},
	{2, "usage or configuration; nothing was touched"},
	{3, "a gate failed and the deployment was rolled back"},
	{4, "the rollback failed: a person has to act"},
	{5, "inconclusive: no basis for a decision"},
	{10, "the lock is busy"},
	{11, "the state branch is not what belay wrote, or moved on"},
	{130, "cancelled"},
	{0, NULL},
};

void listing_option(struct str *out, const struct option *option)
{
	if (option->letter)
		str_addf(out, "-%c, ", option->letter);
	else
		str_add(out, "    ");
	str_addf(out, "--%s", option->name);
	if (option->argument)
		str_addf(out, " %s", option->argument);
}

bool listing_item_of(const char *line, struct listing_item *ret)
{
	size_t word = strspn(line, " ");
	const char *gap = strstr(line + word, "  ");
	if (word < 2 || !gap)
		return false;
	*ret = (struct listing_item){
		.word = word,
		.word_len = (size_t)(gap - line) - word,
		.text = (size_t)(gap - line) + strspn(gap, " "),
	};
	return true;
}

bool listing_opens_group(size_t index)
{
	return index == 0 ||
	       strcmp(commands[index]->group, commands[index - 1]->group) != 0;
}

char *listing_sentence(const char *phrase)
{
	char *sentence = mem_strdup(phrase);
	*sentence = (char)toupper((unsigned char)*sentence);
	return sentence;
}

/* --- what is said of one word ---------------------------------------------------------------- */

/* The clause "restore, verify: TEXT" names words; whatever comes before its colon otherwise is text. */
struct clause {
	const char *text;
	size_t len;
	bool names, names_this;
};

static void read_names(struct clause *clause, const struct command *command,
		       const struct command_word *word)
{
	size_t colon = strcspn(clause->text, ":");
	bool this = false;
	for (size_t at = 0; at < colon && colon < clause->len;) {
		size_t len = strcspn(clause->text + at, ",:");
		_cleanup_free_ char *name = mem_strndup(clause->text + at, len);
		if (!command_word_find(command, name))
			return;
		this = this || strcmp(name, word->name) == 0;
		at += len + 1 + (clause->text[at + len] == ',');
	}
	if (colon + 2 > clause->len)
		return;
	clause->text += colon + 2;
	clause->len -= colon + 2;
	clause->names = true;
	clause->names_this = this;
}

/* What names nobody belongs to what was before it. */
static void add_clauses(struct str *out, const char *help, const struct command *command,
			const struct command_word *word, bool of_this)
{
	bool takes = !of_this;
	while (*help) {
		const char *end = strstr(help, "; ");
		struct clause clause = {.text = help,
					.len = end ? (size_t)(end - help) : strlen(help)};
		help = end ? end + 2 : help + clause.len;
		read_names(&clause, command, word);
		if (clause.names)
			takes = of_this && clause.names_this;
		if (!takes)
			continue;
		str_add(out, out->len ? "; " : "");
		str_add_bytes(out, clause.text, clause.len);
	}
}

char *listing_help(const struct option *option, const struct command *command,
		   const struct command_word *word)
{
	struct str out = STR_INIT;
	if (word)
		add_clauses(&out, option->help, command, word, true);
	if (word && !out.len)
		add_clauses(&out, option->help, command, word, false);
	if (!out.len)
		str_add(&out, option->help);
	return str_take(&out);
}
