/* Checks across the document, about telling: names of notifications and environments, escalation that comes
 * back to where it began, {{variables}} that nobody fills in. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "cross.h"
#include "order.h"

/* What a post-mortem's path may hold; a template knows more (belay/incident.h). */
static const char *const path_variables[] = {"id", "environment", "kind", "severity"};

static void problem_variable(const struct inspection *in, const struct spot *spot,
			     const char *name)
{
	_cleanup_json_ json_t *known = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(path_variables); i++)
		json_array_append_new(known, json_string(path_variables[i]));
	problem_add(in, spot, false, hint_nearest(name, known),
		    "unknown variable '{{%s}}'", name);
}

/* Every {{name}} under `key` is one of the first `count` of path_variables, and closed. */
static void cross_variables(const struct inspection *in, const struct spot *parent,
			    const json_t *object, const char *key, size_t count)
{
	const char *at = json_get_string(object, key, "");
	while ((at = strstr(at, "{{"))) {
		const char *end = strstr(at, "}}");
		bool known = false;
		if (!end) {
			problem_add(in, &AT(parent, key), false, NULL,
				    "'{{' without '}}'");
			return;
		}
		_cleanup_free_ char *name = mem_strndup(at + 2, (size_t)(end - at) - 2);
		for (size_t i = 0; i < count; i++)
			known |= str_equal(name, path_variables[i]);
		if (!known)
			problem_variable(in, &AT(parent, key), name);
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
	cross_variables(in, &spot, post_mortem, "path", ARRAY_SIZE(path_variables));
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

static void cross_channel(const struct inspection *in, const struct spot *spot,
			  const json_t *notification)
{
	const struct spot webhook = AT(spot, "webhook");
	const json_t *request = json_object_get(notification, "webhook");
	cross_exclusive(in, &webhook, request, "body", "json");
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
	cross_variables(in, &incidents_spot, incidents, "tracker", 1);
	cross_post_mortem(in, &incidents_spot, incidents);
}
