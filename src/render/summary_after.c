/* The end of a deployment's summary: the incident that it led to, who heard of it, and a word when
 * GitHub's limit comes near. */
#include <string.h>

#include "belay/json.h"
#include "markdown.h"

#define LOW_PERCENT 20

/* Only what cannot be anything but an address becomes a link. */
static bool is_address(const char *url)
{
	return url && str_has_prefix(url, "https://") && !strpbrk(url, "()<>[] \t\r\n\"");
}

void summary_add_incident(struct str *out, const json_t *result)
{
	const json_t *incident = json_object_get(result, "incident");
	const char *url = json_get_string(incident, "url", NULL);
	if (!incident)
		return;
	str_add(out, "\nIncident: ");
	if (is_address(url))
		str_add_char(out, '[');
	markdown_add_text(out, json_get_string(incident, "title",
					       json_get_string(incident, "id", "?")));
	if (is_address(url))
		str_addf(out, "](%s)", url);
	str_add(out, " (");
	markdown_add_text(out, json_get_string(incident, "severity", "?"));
	str_add(out, ", ");
	markdown_add_code(out, json_get_string(incident, "id", "?"));
	str_add(out, ")\n");
}

static const char *told_mark(const char *outcome)
{
	if (strcmp(outcome, "sent") == 0)
		return markdown_mark("pass");
	return markdown_mark(strcmp(outcome, "failed") == 0 ? "fail" : "warn");
}

void summary_add_told(struct str *out, const json_t *result)
{
	const json_t *told = json_object_get(result, "told");
	size_t index;
	const json_t *row;
	if (json_array_size(told) == 0)
		return;
	str_add(out, "\n### Who was told\n\n| | Who | Of what | |\n|---|---|---|---|\n");
	json_array_foreach(told, index, row) {
		const char *outcome = json_get_string(row, "outcome", "");
		str_addf(out, "| %s | ", told_mark(outcome));
		markdown_add_text(out, json_get_string(row, "notification", "?"));
		str_add(out, " | ");
		markdown_add_text(out, json_get_string(row, "topic", ""));
		str_add(out, " | ");
		markdown_add_text(out, json_get_string(row, "reason", outcome));
		str_add(out, " |\n");
	}
}

void summary_add_limit(struct str *out, const json_t *result)
{
	const json_t *github = json_object_get(result, "github");
	int64_t limit = json_get_int(github, "limit", 0);
	int64_t remaining = json_get_int(github, "remaining", limit);
	if (limit <= 0 || remaining * 100 >= limit * LOW_PERCENT)
		return;
	str_addf(
		out,
		"\n⚠️ %lld of the %lld requests that GitHub allows this token in an hour "
		"are left.\n",
		(long long)remaining, (long long)limit);
}
