/* What messages say: the words for a transaction's result, an incident, a digest. Plain text without
 * markup; escaping for its own format is each channel's. Texts come from outside as well (reasons,
 * versions, names), so all of them are cut to a size that the journal can carry a hundred times.
 */
#include <string.h>

#include "belay/incident.h"
#include "belay/json.h"
#include "belay/timefmt.h"
#include "message.h"

#define TITLE_MAX_BYTES 250
#define TEXT_MAX_BYTES 2500
#define VALUE_MAX_BYTES 500
#define NAME_MAX_BYTES 60
#define FIELDS_MAX 12
#define SERVICES_MAX 30
#define DIGEST_LINES_MAX 40

/* --- bounds ----------------------------------------------------------------------------------- */

/* A cut text ends in "…", never inside a character. Not a text: null. */
static json_t *cut(const json_t *value, size_t max_bytes)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	if (!text)
		return json_null();
	if (len <= max_bytes)
		return json_incref((json_t *)value);
	len = max_bytes - strlen("…");
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	_cleanup_free_ char *shorter = str_format("%.*s…", (int)len, text);
	return json_string(shorter);
}

static json_t *bounded_fields(const json_t *fields)
{
	json_t *bounded = json_array();
	size_t i;
	const json_t *field;
	json_array_foreach(fields, i, field) {
		if (i == FIELDS_MAX)
			break;
		json_array_append_new(
			bounded,
			json_pack("{s:o, s:o}", "name",
				  cut(json_object_get(field, "name"), NAME_MAX_BYTES),
				  "value",
				  cut(json_object_get(field, "value"), VALUE_MAX_BYTES)));
	}
	return bounded;
}

static json_t *bounded_names(const json_t *names)
{
	json_t *bounded = json_array();
	size_t i;
	const json_t *name;
	json_array_foreach(names, i, name) {
		if (i == SERVICES_MAX)
			break;
		json_array_append_new(bounded, cut(name, NAME_MAX_BYTES));
	}
	return bounded;
}

/* What is enough to know which incident it is; the rest is in the state. */
static json_t *brief_incident(const json_t *incident)
{
	static const char *const members[] = {"id",    "kind",   "severity",
					      "title", "status", "opened_at"};
	if (!json_is_object(incident))
		return json_null();
	json_t *brief = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set_new(
			brief, members[i],
			cut(json_object_get(incident, members[i]), TITLE_MAX_BYTES));
	return brief;
}

json_t *content_bounded(const json_t *content)
{
	static const struct {
		const char *name;
		size_t max_bytes;
	} texts[] = {
		{"title", TITLE_MAX_BYTES},      {"text", TEXT_MAX_BYTES},
		{"severity", NAME_MAX_BYTES},    {"environment", VALUE_MAX_BYTES},
		{"version", VALUE_MAX_BYTES},    {"previous", VALUE_MAX_BYTES},
		{"deployment", VALUE_MAX_BYTES}, {"reason", TEXT_MAX_BYTES},
		{"url", VALUE_MAX_BYTES},        {"incident_url", VALUE_MAX_BYTES},
		{"actor", VALUE_MAX_BYTES},      {"at", NAME_MAX_BYTES},
	};
	json_t *bounded = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_object_set_new(
			bounded, texts[i].name,
			cut(json_object_get(content, texts[i].name), texts[i].max_bytes));
	if (json_is_integer(json_object_get(content, "duration_ms")))
		json_object_set(bounded, "duration_ms",
				json_object_get(content, "duration_ms"));
	json_object_set_new(bounded, "services",
			    bounded_names(json_object_get(content, "services")));
	json_object_set_new(bounded, "fields",
			    bounded_fields(json_object_get(content, "fields")));
	json_object_set_new(bounded, "incident",
			    brief_incident(json_object_get(content, "incident")));
	return bounded;
}

/* --- parts ------------------------------------------------------------------------------------ */

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text ? json_string(text) : json_null());
}

json_t *content_new(const char *environment, const json_t *run, const char *severity,
		    int64_t at_ms)
{
	static const char *const empty[] = {"title",        "text",    "version",
					    "previous",     "reason",  "deployment",
					    "incident_url", "incident"};
	json_t *content = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		json_object_set_new(content, empty[i], json_null());
	set_text(content, "severity", severity);
	set_text(content, "environment", environment);
	set_text(content, "url", json_get_string(run, "url", NULL));
	set_text(content, "actor", json_get_string(run, "actor", NULL));
	json_object_set_new(content, "at", message_time(at_ms));
	json_object_set_new(content, "services", json_array());
	json_object_set_new(content, "fields", json_array());
	return content;
}

static void add_field(json_t *content, const char *name, const char *value)
{
	if (value && *value)
		json_array_append_new(
			json_object_get(content, "fields"),
			json_pack("{s:s, s:s}", "name", name, "value", value));
}

static void copy_text(json_t *to, const json_t *from, const char *key)
{
	set_text(to, key, json_get_string(from, key, NULL));
}

/* Names of an object's members, or an array of names. New. */
static json_t *names_of(const json_t *services)
{
	const char *name;
	json_t *ignored;
	if (json_is_array(services))
		return json_copy((json_t *)services);
	json_t *names = json_array();
	json_object_foreach((json_t *)services, name, ignored)
		json_array_append_new(names, json_string(name));
	return names;
}

/* What a person has to do, below the reason. */
static void add_todo(struct str *text, const json_t *todo)
{
	size_t i;
	const json_t *line;
	json_array_foreach(todo, i, line) {
		if (json_is_string(line))
			str_addf(text, "%s%zu. %s", text->len ? "\n" : "", i + 1,
				 json_string_value(line));
	}
}

/* --- a transaction ---------------------------------------------------------------------------- */

static bool is_live(const json_t *result)
{
	return json_get_int(result, "switch_ms", -1) >= 0;
}

/* What became of it, in one line and one severity. */
static char *title_of_result(const json_t *result, const char **ret_severity)
{
	const char *environment = json_get_string(result, "environment", "?");
	const char *version = json_get_string(result, "version", "?");
	const char *previous = json_get_string(result, "previous", "nothing");
	const char *end = json_get_string(result, "end", "");
	bool back = str_equal(json_get_string(result, "kind", ""), "rollback");
	bool undone = json_get_bool(result, "undone", false);
	*ret_severity = "P3";
	if (str_equal(end, "open"))
		return str_format("%s: deploying %s", environment, version);
	if (str_equal(end, "passed"))
		return str_format(back ? "%s: back to %s" : "%s: %s is live", environment,
				  version);
	*ret_severity = "P0";
	if (str_equal(end, "stuck"))
		return str_format(json_object_get(result, "restored")
					  ? "%s: CRITICAL: going back to %s and its data "
					    "is stuck"
					  : "%s: CRITICAL: %s could not be taken back",
				  environment, version);
	*ret_severity = "P1";
	if (str_equal(end, "rolled-back") || undone)
		return str_format("%s: %s was taken back, %s is live", environment,
				  version, previous);
	if (is_live(result))
		return str_format("%s: %s is live and unproven", environment, version);
	*ret_severity = "P2";
	return str_format("%s: %s was not deployed", environment, version);
}

/* Beside the members of their own: version, previous, services, reason, actor. */
static void add_result_fields(json_t *content, const json_t *result)
{
	_cleanup_str_ struct str took = STR_INIT;
	int64_t ms = json_get_int(result, "duration_ms", -1);
	if (ms >= 0)
		duration_add(&took, ms);
	add_field(content, "Took", str_text(&took));
	add_field(content, "Deployment", json_get_string(result, "deployment", NULL));
}

json_t *content_of_result(const json_t *result, const json_t *run)
{
	static const char *const same[] = {"version", "previous", "deployment", "reason"};
	int64_t began_ms = message_time_of(result, "started_at");
	int64_t ended_ms =
		(began_ms < 0 ? 0 : began_ms) + json_get_int(result, "duration_ms", 0);
	const char *severity;
	_cleanup_free_ char *title = title_of_result(result, &severity);
	_cleanup_str_ struct str text = STR_INIT;
	json_t *content = content_new(json_get_string(result, "environment", "?"), run,
				      severity, ended_ms);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		copy_text(content, result, same[i]);
	str_add(&text, json_get_string(result, "reason", ""));
	add_todo(&text, json_object_get(result, "todo"));
	set_text(content, "title", title);
	set_text(content, "text", str_text(&text));
	json_object_set_new(content, "services",
			    names_of(json_object_get(result, "services")));
	add_result_fields(content, result);
	json_object_set(content, "duration_ms", json_object_get(result, "duration_ms"));
	return content;
}

/* --- an incident ------------------------------------------------------------------------------ */

/* What happened last, or why it was opened. */
static void add_latest(struct str *text, const json_t *incident)
{
	const json_t *timeline = json_object_get(incident, "timeline");
	size_t count = json_array_size(timeline);
	const json_t *last = count > 1 ? json_array_get(timeline, count - 1) : NULL;
	const char *latest = json_get_string(last, "text", NULL);
	str_add(text, latest ? latest : json_get_string(incident, "reason", ""));
	add_todo(text, json_object_get(incident, "todo"));
}

static void add_incident_fields(json_t *content, const json_t *incident)
{
	int64_t occurrences = json_get_int(incident, "occurrences", 1);
	_cleanup_free_ char *times = str_format("%lld", (long long)occurrences);
	size_t i;
	const json_t *row;
	add_field(content, "Status", json_get_string(incident, "status", NULL));
	if (occurrences > 1)
		add_field(content, "Times", times);
	json_array_foreach(json_object_get(incident, "evidence"), i, row)
		add_field(content, json_get_string(row, "check", "check"),
			  json_get_string(row, "reason", NULL));
}

json_t *content_of_incident(const json_t *incident, const char *environment,
			    const json_t *run)
{
	static const char *const same[] = {"version", "previous", "deployment", "reason"};
	_cleanup_free_ char *title = incident_title(incident, environment);
	const char *severity = json_get_string(incident, "severity", "P2");
	int64_t at_ms = message_time_of(incident, "updated_at");
	_cleanup_str_ struct str text = STR_INIT;
	json_t *content = content_new(environment, run, severity, at_ms < 0 ? 0 : at_ms);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		copy_text(content, incident, same[i]);
	add_latest(&text, incident);
	set_text(content, "title", title);
	set_text(content, "text", str_text(&text));
	set_text(content, "incident_url", incident_url(incident));
	json_object_set_new(content, "services",
			    names_of(json_object_get(incident, "services")));
	json_object_set(content, "incident", (json_t *)incident);
	add_incident_fields(content, incident);
	return content;
}

/* --- a digest --------------------------------------------------------------------------------- */

static void add_digest_line(struct str *text, const json_t *message)
{
	const json_t *content = json_object_get(message, "content");
	const char *at = json_get_string(message, "at", "");
	str_addf(text, "%s%.10s %.5s  %s", text->len ? "\n" : "", at,
		 strlen(at) > 16 ? at + 11 : "", json_get_string(content, "title", "?"));
}

json_t *content_of_digest(const json_t *messages, int64_t now_ms)
{
	size_t count = json_array_size(messages);
	const json_t *first = json_array_get(messages, 0);
	const char *environment = json_get_string(first, "environment", "?");
	_cleanup_free_ char *title =
		str_format("%s: %zu thing%s since %.10s", environment, count,
			   count == 1 ? "" : "s", json_get_string(first, "at", ""));
	_cleanup_str_ struct str text = STR_INIT;
	json_t *content = content_new(environment, NULL, "P3", now_ms);
	for (size_t i = 0; i < count && i < DIGEST_LINES_MAX; i++)
		add_digest_line(&text, json_array_get(messages, i));
	if (count > DIGEST_LINES_MAX)
		str_addf(&text, "\nand %zu more", count - DIGEST_LINES_MAX);
	set_text(content, "title", title);
	set_text(content, "text", str_text(&text));
	return content;
}
