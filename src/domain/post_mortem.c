/* Post-mortems: the page from a template, whether a page is done, and when somebody has to be reminded.
 * A template is Markdown with {{name}} variables; their values are Markdown already, made harmless.
 */
#include <string.h>

#include "belay/embedded.h"
#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "incident_page.h"
#include "incident_text.h"

#define TEMPLATE "post-mortem.md"
#define PLACEHOLDER "_to be written._"

/* --- variables -------------------------------------------------------------------------------- */

typedef void add_variable(struct str *out, const struct incident_page *page);

static void add_title(struct str *out, const struct incident_page *page)
{
	_cleanup_free_ char *title = incident_title(page->incident, page->environment);
	page_add_text(out, title);
}

static void add_environment(struct str *out, const struct incident_page *page)
{
	page_add_text(out, page->environment);
}

static void add_due_at(struct str *out, const struct incident_page *page)
{
	page_add_text(out, json_get_string(json_object_get(page->incident, "post_mortem"),
					   "due_at", "no date"));
}

static void add_duration(struct str *out, const struct incident_page *page)
{
	page_add_duration(out, page->incident, page->now_ms);
}

static void add_services(struct str *out, const struct incident_page *page)
{
	page_add_services(out, page->incident);
}

static void add_evidence(struct str *out, const struct incident_page *page)
{
	page_add_evidence(out, page->incident);
}

static void add_timeline(struct str *out, const struct incident_page *page)
{
	page_add_timeline(out, page->incident);
}

static void add_todo(struct str *out, const struct incident_page *page)
{
	page_add_todo(out, page->incident);
}

static void add_run_url(struct str *out, const struct incident_page *page)
{
	page_add_link(out, page->run_url);
}

static void add_incident_url(struct str *out, const struct incident_page *page)
{
	page_add_link(out, incident_url(page->incident));
}

/* With a function, or else a text of the incident: `member`, or `otherwise` where that is null. */
static const struct variable {
	const char *name;
	add_variable *add;
	const char *member, *otherwise;
} variables[] = {
	{"id", NULL, "id", ""},
	{"title", add_title, NULL, NULL},
	{"environment", add_environment, NULL, NULL},
	{"severity", NULL, "severity", ""},
	{"kind", NULL, "kind", ""},
	{"status", NULL, "status", ""},
	{"version", NULL, "version", "none"},
	{"previous", NULL, "previous", "nothing"},
	{"deployment", NULL, "deployment", "none"},
	{"opened_at", NULL, "opened_at", ""},
	{"resolved_at", NULL, "resolved_at", "not yet"},
	{"due_at", add_due_at, NULL, NULL},
	{"duration", add_duration, NULL, NULL},
	{"reason", NULL, "reason", ""},
	{"services", add_services, NULL, NULL},
	{"evidence", add_evidence, NULL, NULL},
	{"timeline", add_timeline, NULL, NULL},
	{"todo", add_todo, NULL, NULL},
	{"forensics", NULL, "forensics", "nothing was kept"},
	{"run_url", add_run_url, NULL, NULL},
	{"incident_url", add_incident_url, NULL, NULL},
	{"author", NULL, "by", "unknown"},
};

static void fill(struct str *out, const struct variable *variable,
		 const struct incident_page *page)
{
	if (variable->add)
		variable->add(out, page);
	else
		page_add_text(out, json_get_string(page->incident, variable->member,
						   variable->otherwise));
	/* What ends in a newline stands on lines of its own: the template has one already. */
	if (out->len && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
}

static int unknown_variable(const char *name, int line, struct err *err)
{
	const char *known[ARRAY_SIZE(variables)];
	_cleanup_str_ struct str all = STR_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		known[i] = variables[i].name;
		str_addf(&all, "%s%s", i ? " " : "", known[i]);
	}
	const char *nearest = str_nearest(name, known, ARRAY_SIZE(variables));
	err_set(err, ERR_CONFIG, "line %d: there is no variable '%.60s'", line, name);
	if (nearest)
		return err_hint(err, "did you mean {{%s}}?", nearest);
	return err_hint(err, "variables are %s", str_text(&all));
}

/* Finds the variable whose "{{" is at `at`; *ret_after is behind its "}}". */
static int find_variable(const char *at, int line, const struct variable **ret,
			 const char **ret_after, struct err *err)
{
	const char *from = at + 2, *end = strstr(from, "}}");
	const char *newline = strchr(from, '\n');
	if (!end || (newline && newline < end))
		return err_set(err, ERR_CONFIG, "line %d: '{{' without '}}'", line);
	*ret_after = end + 2;
	while (from < end && (*from == ' ' || *from == '\t'))
		from++;
	while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	_cleanup_free_ char *name = mem_strndup(from, (size_t)(end - from));
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		if (strcmp(variables[i].name, name) != 0)
			continue;
		*ret = &variables[i];
		return 0;
	}
	return unknown_variable(name, line, err);
}

/* With `page` NULL nothing is written. */
static int walk(const char *text, const struct incident_page *page, struct str *out,
		struct err *err)
{
	int line = 1;
	for (const char *at = text; *at;) {
		const struct variable *variable = NULL;
		if (!str_has_prefix(at, "{{")) {
			line += *at == '\n';
			if (page)
				str_add_char(out, *at);
			at++;
			continue;
		}
		if (find_variable(at, line, &variable, &at, err) < 0)
			return -1;
		if (page)
			fill(out, variable, page);
	}
	return 0;
}

int post_mortem_render(const char *text, const struct incident_page *page,
		       struct str *out, struct err *err)
{
	const struct embedded *built_in = embedded_find(TEMPLATE);
	return walk(text ? text : built_in ? built_in->data : "", page, out, err);
}

int post_mortem_check_template(const char *text, struct err *err)
{
	return walk(text, NULL, NULL, err);
}

/* --- is it done? ------------------------------------------------------------------------------ */

/* "- [ ] …", also with * or +, or numbered, however deep. */
static bool is_open_box(const char *line)
{
	line += strspn(line, " \t>");
	size_t digits = strspn(line, "0123456789");
	if (digits && (line[digits] == '.' || line[digits] == ')'))
		line += digits + 1;
	else if (*line && strchr("-*+", *line))
		line++;
	else
		return false;
	size_t blanks = strspn(line, " \t");
	return blanks && str_has_prefix(line + blanks, "[ ]");
}

static bool has_placeholder(const char *line, size_t len)
{
	size_t size = strlen(PLACEHOLDER);
	for (size_t i = 0; i + size <= len; i++)
		if (strncasecmp(line + i, PLACEHOLDER, size) == 0)
			return true;
	return false;
}

bool post_mortem_is_complete(const char *text)
{
	bool code = false;
	if (str_is_blank(text))
		return false;
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		if (str_has_prefix(line, "```") || str_has_prefix(line, "~~~"))
			code = !code;
		else if (!code && (is_open_box(line) || has_placeholder(line, len)))
			return false;
		line += len + (line[len] == '\n');
	}
	return true;
}

/* --- is it late? ------------------------------------------------------------------------------ */

bool post_mortem_is_owed(const json_t *incident)
{
	const char *status = json_get_string(json_object_get(incident, "post_mortem"),
					     "status", "none");
	return strcmp(status, "due") == 0 || strcmp(status, "written") == 0;
}

bool post_mortem_is_overdue(const json_t *incident, int64_t now_ms)
{
	int64_t due_ms;
	const char *due =
		json_get_string(json_object_get(incident, "post_mortem"), "due_at", "");
	return post_mortem_is_owed(incident) && time_parse(due, &due_ms) == 0 &&
	       now_ms > due_ms;
}

bool post_mortem_wants_reminder(const json_t *incident,
				const struct config_post_mortem *rules, int64_t now_ms)
{
	int64_t last_ms;
	const char *opened = json_get_string(incident, "opened_at", "");
	const char *last = json_get_string(json_object_get(incident, "post_mortem"),
					   "reminded_at", opened);
	return post_mortem_is_owed(incident) && rules->remind_ms > 0 &&
	       time_parse(last, &last_ms) == 0 && now_ms - last_ms >= rules->remind_ms;
}

/* --- rules ------------------------------------------------------------------------------------ */

static void take_text(const json_t *own, const char *key, const char **ret)
{
	*ret = json_get_string(own, key, *ret);
}

static void take_duration(const json_t *own, const char *key, int64_t *ret)
{
	int64_t duration_ms;
	if (duration_parse(json_get_string(own, key, ""), &duration_ms) == 0)
		*ret = duration_ms;
}

struct config_post_mortem post_mortem_rules(const struct config *config,
					    const struct config_environment *environment)
{
	struct config_post_mortem rules = config->incidents.post_mortem;
	for (size_t i = 0; i < environment->notify_count; i++) {
		const struct config_notification *notification = environment->notify[i];
		const json_t *own =
			json_object_get(notification->settings, "post_mortem");
		if (!str_equal(notification->channel, "github-issue") || !own)
			continue;
		take_duration(own, "due", &rules.due_ms);
		take_duration(own, "remind", &rules.remind_ms);
		take_text(own, "template", &rules.template);
		take_text(own, "write", &rules.write);
		take_text(own, "path", &rules.path);
		break;
	}
	return rules;
}
