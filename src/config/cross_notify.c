/* Checks across the document, about telling: names of notifications and environments, escalation that comes
 * back to where it began, {{variables}} that nobody fills in. */
#include <string.h>

#include "belay/jq.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "cross.h"
#include "order.h"

/* Links and paths know one variable, {{id}}; the page itself knows many (belay/incident.h). */
static void cross_variables(const struct inspection *in, const struct spot *parent,
			    const json_t *object, const char *key)
{
	const char *at = json_get_string(object, key, "");
	while ((at = strstr(at, "{{"))) {
		const char *end = strstr(at, "}}");
		if (!end) {
			problem_add(in, &AT(parent, key), false, NULL,
				    "'{{' without '}}'");
			return;
		}
		_cleanup_free_ char *name = mem_strndup(at + 2, (size_t)(end - at) - 2);
		if (!str_equal(name, "id"))
			problem_add(in, &AT(parent, key), false,
				    mem_strdup("only {{id}} is filled in here"),
				    "unknown variable '{{%s}}'", name);
		at = end + 2;
	}
}

static void cross_post_mortem(const struct inspection *in, const struct spot *parent,
			      const json_t *object)
{
	const struct spot spot = AT(parent, "post_mortem");
	const json_t *post_mortem = json_object_get(object, "post_mortem");
	enum { MINUTE_MS = 60 * 1000 };
	cross_duration(in, &spot, post_mortem, "due", 0);
	cross_duration(in, &spot, post_mortem, "remind", MINUTE_MS);
	cross_variables(in, &spot, post_mortem, "path");
}

/* What is gathered for the day's digest is P3: without it there would be nothing to gather. */
static void cross_digest(const struct inspection *in, const struct spot *spot,
			 const json_t *notification)
{
	const json_t *severities = json_object_get(notification, "severities");
	size_t i;
	json_t *severity;
	if (!str_equal(json_get_string(notification, "digest", NULL), "daily") ||
	    !json_array_size(severities))
		return;
	json_array_foreach(severities, i, severity) {
		if (str_equal(json_string_value(severity), "P3"))
			return;
	}
	problem_add(in, &AT(spot, "digest"), true,
		    mem_strdup("add P3 to 'severities', or take 'digest' out"),
		    "a digest gathers what is P3, which 'severities' leaves out");
}

/* Behind "{{": where the part ends, which jq decides, for an expression may hold "}}" as well. NULL with the
 * first reason when it does not compile. */
static const char *end_of_part(const char *begin, struct err *err)
{
	enum { TRIES = 100 }; /* of a text that is no template at all */
	struct err later = {0};
	const char *end = strstr(begin, "}}");
	if (!end)
		(void)err_set(err, ERR_CONFIG, "'{{' without '}}'");
	for (int i = 0; end && i < TRIES; i++, end = strstr(end + 1, "}}")) {
		_cleanup_(jq_program_freep) struct jq_program *program = NULL;
		_cleanup_free_ char *text = mem_strndup(begin, (size_t)(end - begin));
		if (jq_compile_text(text, NULL, &program, err->code ? &later : err) ==
		    0) {
			err_clear(err);
			return end + 2;
		}
	}
	return NULL;
}

/* A template that could not be filled in would be noticed when it is needed most. */
static void cross_template(const struct inspection *in, const struct spot *spot,
			   const json_t *value)
{
	const char *key, *at = json_is_string(value) ? json_string_value(value) : NULL;
	json_t *member;
	size_t i;
	char buffer[INDEX_BYTES];
	struct err err = {0};
	while (at && (at = strstr(at, "{{"))) {
		at = end_of_part(at + 2, &err);
		if (!at)
			problem_add(in, spot, false,
				    err.hint[0] ? mem_strdup(err.hint) : NULL, "%s",
				    err.message);
	}
	json_object_foreach((json_t *)value, key, member)
		cross_template(in, &AT(spot, key), member);
	json_array_foreach(value, i, member)
		cross_template(in, &AT(spot, spot_index(buffer, i)), member);
}

static void cross_channel(const struct inspection *in, const struct spot *spot,
			  const json_t *notification)
{
	const struct spot webhook = AT(spot, "webhook");
	const json_t *request = json_object_get(notification, "webhook");
	cross_exclusive(in, &webhook, request, "body", "json");
	cross_template(in, &AT(&webhook, "body"), json_object_get(request, "body"));
	cross_template(in, &AT(&webhook, "json"), json_object_get(request, "json"));
	cross_headers(in, &webhook, request);
	cross_port(in, &AT(spot, "email"), json_object_get(notification, "email"),
		   "server");
	cross_post_mortem(in, &AT(spot, "github-issue"),
			  json_object_get(notification, "github-issue"));
}

static void cross_notification(const struct inspection *in, const struct spot *spot,
			       const json_t *notification)
{
	const struct spot escalate_spot = AT(spot, "escalate");
	const json_t *escalate = json_object_get(notification, "escalate");
	cross_names(in, spot, notification, "environments",
		    json_object_get(in->root, "environments"), "environment");
	cross_names(in, &escalate_spot, escalate, "to",
		    json_object_get(in->root, "notify"), "notification");
	cross_duration(in, &escalate_spot, escalate, "after", 1000);
	cross_duration(in, spot, notification, "floor", 0);
	cross_digest(in, spot, notification);
	cross_channel(in, spot, notification);
}

/* Escalation that comes back would wake the same people again and again. */
static void cross_escalation(const struct inspection *in, const struct spot *notify_spot,
			     const json_t *notify)
{
	_cleanup_json_ json_t *steps = json_object();
	_cleanup_json_ json_t *cycle = NULL;
	_cleanup_str_ struct str names = STR_INIT_MAX(400);
	const char *name;
	json_t *value;
	size_t i;
	json_object_foreach((json_t *)notify, name, value)
		json_object_set(steps, name, json_object_get(value, "escalate"));
	_cleanup_json_ json_t *order = order_of_needs(steps, "to", &cycle);
	if (order)
		return;
	json_array_foreach(cycle, i, value)
		str_addf(&names, "%s%s", i ? " → " : "", json_string_value(value));
	const char *first = json_string_value(json_array_get(cycle, 0));
	problem_add(in, &AT(&AT(&AT(notify_spot, first), "escalate"), "to"), false,
		    mem_strdup("take one of these names out of 'to'"),
		    "escalation in a circle: %s", str_text(&names));
}

void cross_telling(const struct inspection *in)
{
	const struct spot notify_spot = AT(NULL, "notify");
	const struct spot incidents_spot = AT(NULL, "incidents");
	const json_t *notify = json_object_get(in->root, "notify");
	const json_t *incidents = json_object_get(in->root, "incidents");
	const char *name;
	json_t *notification;
	json_object_foreach((json_t *)notify, name, notification) {
		if (!is_ignored(name))
			cross_notification(in, &AT(&notify_spot, name), notification);
	}
	cross_escalation(in, &notify_spot, notify);
	cross_variables(in, &incidents_spot, incidents, "tracker");
	cross_post_mortem(in, &incidents_spot, incidents);
}
