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
