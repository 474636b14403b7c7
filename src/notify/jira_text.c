/* Wiki markup of Jira. Lines are short, lists flat: it has to be readable as it is, too. */
#include "jira_text.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "plain.h"

#define TEXT_MAX_UNITS 20000
#define URL_MAX 2000

/* Outside text in wiki markup: what could begin macros, links, mentions or markup loses its meaning. */
static const struct plain_escape wiki[] = {
	{'\\', "&#92;"}, {'{', "\\{"}, {'}', "\\}"}, {'[', "\\["}, {']', "\\]"},
	{'*', "\\*"},    {'_', "\\_"}, {'~', "\\~"}, {'|', "\\|"}, {'!', "\\!"},
	{'^', "\\^"},    {'+', "\\+"}, {'#', "\\#"}, {0, NULL},
};

static void add_links(struct str *out, const struct channel_job *job)
{
	static const struct {
		const char *member, *words;
	} links[] = {{"incident_url", "Incident"}, {"url", "Log of the run"}};
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		const char *url = plain_url(said(job, links[i].member), URL_MAX);
		if (url && !strpbrk(url, "[]{}"))
			str_addf(out, "[%s|%s]\n", links[i].words, url);
	}
}

char *jira_mark(const struct channel_job *job)
{
	return str_format("belay message %s", json_get_string(job->message, "id", ""));
}

char *jira_text(const struct channel_job *job)
{
	struct str out = STR_INIT;
	_cleanup_free_ char *heading = said_heading(job);
	_cleanup_free_ char *mark = jira_mark(job);
	_cleanup_json_ json_t *facts = said_facts(job);
	size_t i;
	json_t *fact;
	str_addf(&out, "*%s*: ", heading);
	plain_add(&out, said_title(job), wiki, TEXT_MAX_UNITS);
	str_add(&out, "\n\n");
	plain_add(&out, said_text(job), wiki, TEXT_MAX_UNITS);
	str_add(&out, "\n\n");
	json_array_foreach(facts, i, fact) {
		_cleanup_free_ char *value =
			said_line(json_get_string(fact, "value", ""));
		str_add(&out, "* ");
		plain_add(&out, json_get_string(fact, "name", ""), wiki, TEXT_MAX_UNITS);
		str_add(&out, ": ");
		plain_add(&out, value, wiki, TEXT_MAX_UNITS);
		str_add(&out, "\n");
	}
	str_add(&out, "\n");
	add_links(&out, job);
	str_addf(&out, "%s\n", mark);
	return str_take(&out);
}
