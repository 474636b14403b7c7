/* A message as text and as HTML. Mail programs know little CSS: styles stand in the elements, lines are
 * broken by <br>. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "email.h"
#include "plain.h"

#define URL_MAX 2000
#define VALUE_MAX 4000
#define TEXT_MAX 20000

static const struct plain_escape html[] = {
	{'&', "&amp;"},  {'<', "&lt;"},  {'>', "&gt;"}, {'"', "&quot;"},
	{'\'', "&#39;"}, {'\n', "<br>"}, {0, NULL},
};

/* Where to read on. */
static const struct {
	const char *member, *words;
} links[] = {{"incident_url", "Incident"}, {"url", "Log of the run"}};

static const char *link_of(const struct channel_job *job, const char *member)
{
	return plain_url(said(job, member), URL_MAX);
}

/* --- text ---------------------------------------------------------------------------------- */

static void add_text_facts(struct str *out, const json_t *facts)
{
	size_t i;
	const json_t *fact;
	json_array_foreach(facts, i, fact) {
		_cleanup_free_ char *value =
			said_line(json_get_string(fact, "value", ""));
		str_addf(out, "%s: %s\n", json_get_string(fact, "name", ""), value);
	}
}

char *email_text(const struct channel_job *job)
{
	struct str out = STR_INIT;
	_cleanup_free_ char *heading = said_heading(job);
	_cleanup_json_ json_t *facts = said_facts(job);
	str_addf(&out, "%s: %s\n\n", heading, said_title(job));
	if (*said_text(job))
		str_addf(&out, "%s\n\n", said_text(job));
	add_text_facts(&out, facts);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		const char *url = link_of(job, links[i].member);
		if (url)
			str_addf(&out, "\n%s: %s\n", links[i].words, url);
	}
	str_addf(&out, "\n-- \nbelay, notification '%s'\n", job->notification->name);
	return str_take(&out);
}

/* --- HTML ---------------------------------------------------------------------------------- */

/* White on these is readable, whatever is around. */
static const char *colour_of(const struct channel_job *job)
{
	if (said_change(job) == SAID_OVER)
		return "#1a7f37";
	if (said_change(job) == SAID_OTHER)
		return "#57606a";
	return str_equal(said_severity(job), "P0") || str_equal(said_severity(job), "P1")
		       ? "#b62324"
		       : "#9a6700";
}

static void add_html_facts(struct str *out, const json_t *facts)
{
	size_t i;
	const json_t *fact;
	str_add(out, "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" "
		     "style=\"border-collapse:collapse\">\n");
	json_array_foreach(facts, i, fact) {
		str_add(out, "<tr><td style=\"padding:2px 16px 2px 0;opacity:0.75;"
			     "vertical-align:top\">");
		plain_add(out, json_get_string(fact, "name", ""), html, VALUE_MAX);
		str_add(out, "</td><td style=\"padding:2px 0;vertical-align:top\">");
		plain_add(out, json_get_string(fact, "value", ""), html, VALUE_MAX);
		str_add(out, "</td></tr>\n");
	}
	str_add(out, "</table>\n");
}

static void add_html_links(struct str *out, const struct channel_job *job)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		const char *url = link_of(job, links[i].member);
		if (!url)
			continue;
		str_add(out, "<p style=\"margin:12px 0 0\"><a href=\"");
		plain_add(out, url, html, URL_MAX);
		str_addf(out, "\">%s</a></p>\n", links[i].words);
	}
}

char *email_html(const struct channel_job *job)
{
	struct str out = STR_INIT;
	_cleanup_free_ char *heading = said_heading(job);
	_cleanup_json_ json_t *facts = said_facts(job);
	str_add(&out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
		"<meta name=\"color-scheme\" content=\"light dark\">"
		"<meta name=\"supported-color-schemes\" content=\"light dark\"><title>");
	plain_add(&out, said_title(job), html, VALUE_MAX);
	str_add(&out, "</title></head>\n<body style=\"margin:0;padding:16px;"
		      "font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,"
		      "sans-serif;font-size:15px;line-height:1.5\">\n"
		      "<div style=\"max-width:640px\">\n");
	str_addf(&out,
		 "<p style=\"margin:0\"><span style=\"background-color:%s;color:#ffffff;"
		 "padding:2px 8px;border-radius:4px;font-weight:600\">",
		 colour_of(job));
	plain_add(&out, heading, html, VALUE_MAX);
	str_add(&out, "</span></p>\n<h1 style=\"font-size:20px;margin:12px 0\">");
	plain_add(&out, said_title(job), html, VALUE_MAX);
	str_add(&out, "</h1>\n<p style=\"margin:0 0 12px\">");
	plain_add(&out, said_text(job), html, TEXT_MAX);
	str_add(&out, "</p>\n");
	add_html_facts(&out, facts);
	add_html_links(&out, job);
	str_add(&out, "<p style=\"margin:16px 0 0;font-size:12px;opacity:0.75\">"
		      "belay, notification ");
	plain_add(&out, job->notification->name, html, VALUE_MAX);
	str_add(&out, "</p>\n</div>\n</body>\n</html>\n");
	return str_take(&out);
}
