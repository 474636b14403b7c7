/* What a message says. Values come from a message of the outbox (message.h), members may be absent. */
#include "said.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"

static const json_t *content_of(const struct channel_job *job)
{
	return json_object_get(job->message, "content");
}

const char *said(const struct channel_job *job, const char *member)
{
	const char *text = json_get_string(content_of(job), member, NULL);
	return str_is_blank(text) ? NULL : text;
}

const char *said_topic(const struct channel_job *job)
{
	return json_get_string(job->message, "topic", "test");
}

const char *said_severity(const struct channel_job *job)
{
	return json_get_string(job->message, "severity", "P2");
}

const char *said_environment(const struct channel_job *job)
{
	const char *environment = json_get_string(job->message, "environment", NULL);
	return environment ? environment : "";
}

const char *said_incident(const struct channel_job *job)
{
	return json_get_string(job->message, "incident", NULL);
}

json_t *said_whole_incident(const struct channel_job *job)
{
	json_t *incident = json_object_get(content_of(job), "incident");
	return json_is_object(incident) ? incident : NULL;
}

const char *said_title(const struct channel_job *job)
{
	const char *title = said(job, "title");
	return title ? title : said_topic(job);
}

const char *said_text(const struct channel_job *job)
{
	const char *text = said(job, "text");
	if (!text)
		text = said(job, "reason");
	return text ? text : "";
}

char *said_heading(const struct channel_job *job)
{
	char *heading = mem_strdup(said_change(job) == SAID_SEEN ? "incident acknowledged"
								 : said_topic(job));
	for (char *at = heading; *at; at++)
		if (*at == '-')
			*at = ' ';
	if (*heading >= 'a' && *heading <= 'z')
		*heading = (char)(*heading - 'a' + 'A');
	return heading;
}

int64_t said_at_ms(const struct channel_job *job)
{
	int64_t at_ms = 0;
	const char *of_content = said(job, "at");
	const char *of_message = json_get_string(job->message, "at", "");
	if (of_content && time_parse(of_content, &at_ms) == 0)
		return at_ms;
	return time_parse(of_message, &at_ms) == 0 ? at_ms : job->now_ms;
}

static bool is_acknowledged(const struct channel_job *job)
{
	return str_equal(json_get_string(said_whole_incident(job), "status", NULL),
			 "acknowledged");
}

static bool is_resolved(const struct channel_job *job)
{
	return str_equal(json_get_string(said_whole_incident(job), "status", NULL),
			 "resolved");
}

enum said_change said_change(const struct channel_job *job)
{
	static const struct {
		const char *topic;
		enum said_change change;
	} rows[] = {
		{"failed", SAID_BAD},          {"rolled-back", SAID_BAD},
		{"rollback-failed", SAID_BAD}, {"unproven", SAID_BAD},
		{"degraded", SAID_BAD},        {"incident-opened", SAID_BAD},
		{"recovered", SAID_OVER},      {"incident-resolved", SAID_OVER},
		{"backup-failed", SAID_BAD},   {"backup-recovered", SAID_OVER},
		{"backup-late", SAID_BAD},
	};
	const char *topic = said_topic(job);
	/* News that come late, of something that is over by now, start nothing again. */
	if (str_has_prefix(topic, "incident-") && is_resolved(job))
		return SAID_OVER;
	/* One of several checks is well again; the incident that they share goes on. */
	if (str_equal(topic, "recovered") && said_whole_incident(job) &&
	    !is_resolved(job))
		return SAID_OTHER;
	if (str_equal(topic, "incident-updated"))
		return is_acknowledged(job) ? SAID_SEEN : SAID_BAD;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_equal(topic, rows[i].topic))
			return rows[i].change;
	return SAID_OTHER;
}

char *said_subject(const struct channel_job *job)
{
	const char *incident = said_incident(job);
	if (incident)
		return str_format("incident/%s", incident);
	const char *id = json_get_string(job->message, "id", "");
	return str_format("%s/%s", said_environment(job),
			  json_get_string(job->message, "key", id));
}

/* --- facts --------------------------------------------------------------------------------- */

static bool has_fact(const json_t *facts, const char *name)
{
	size_t i;
	const json_t *fact;
	json_array_foreach(facts, i, fact)
		if (str_equal(json_get_string(fact, "name", NULL), name))
			return true;
	return false;
}

static void add_fact(json_t *facts, const char *name, const char *value)
{
	if (!str_is_blank(value) && !has_fact(facts, name))
		json_array_append_new(
			facts, json_pack("{s:s, s:s}", "name", name, "value", value));
}

/* Texts as they are, anything else as JSON in short form. Fresh. */
static char *value_text(const json_t *value)
{
	if (json_is_string(value))
		return mem_strdup(json_string_value(value));
	if (!value || json_is_null(value))
		return mem_strdup("");
	struct str text = STR_INIT;
	json_add_brief(&text, value, 200);
	return str_take(&text);
}

static char *joined(const json_t *names)
{
	struct str text = STR_INIT;
	size_t i;
	json_t *name;
	json_array_foreach(names, i, name) {
		const char *item = json_is_string(name)
					   ? json_string_value(name)
					   : json_get_string(name, "name", NULL);
		if (item)
			str_addf(&text, "%s%s", text.len ? ", " : "", item);
	}
	return str_take(&text);
}

json_t *said_facts(const struct channel_job *job)
{
	json_t *facts = json_array();
	_cleanup_free_ char *services =
		joined(json_object_get(content_of(job), "services"));
	add_fact(facts, "Environment", said_environment(job));
	add_fact(facts, "Severity", said_severity(job));
	size_t i;
	json_t *field;
	json_array_foreach(json_object_get(content_of(job), "fields"), i, field) {
		_cleanup_free_ char *value = value_text(json_object_get(field, "value"));
		add_fact(facts, json_get_string(field, "name", ""), value);
	}
	add_fact(facts, "Version", said(job, "version"));
	add_fact(facts, "Previous", said(job, "previous"));
	add_fact(facts, "Services", services);
	add_fact(facts, "By", said(job, "actor"));
	return facts;
}

/* --- texts --------------------------------------------------------------------------------- */

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

char *said_cut(const char *text, size_t max_chars)
{
	size_t chars = 0, keep = 0;
	for (const char *at = text; *at; at++) {
		if (continues(*at))
			continue;
		if (chars + 1 == max_chars)
			keep = (size_t)(at - text); /* room for the mark */
		if (chars++ == max_chars)
			return str_format("%.*s…", (int)keep, text);
	}
	return mem_strdup(text);
}

char *said_line(const char *text)
{
	struct str line = STR_INIT;
	for (const char *at = text; *at; at++) {
		bool control = (unsigned char)*at < 0x20 || *at == 0x7f;
		if (!control)
			str_add_char(&line, *at);
		else if (line.len && line.data[line.len - 1] != ' ')
			str_add_char(&line, ' ');
	}
	return str_take(&line);
}

/* --- services ------------------------------------------------------------------------------ */

void said_api(struct api *api, const char *name, const char *base_url)
{
	api_init(api, name, base_url);
	api->timeout_ms = SAID_TRY_MS;
	api->patience_ms = SAID_PATIENCE_MS;
}

json_t *said_link(const char *ref, const char *url)
{
	return json_pack("{s:s?, s:s?}", "ref", ref, "url", url);
}
