/* Checks across the document: the tools for it, hosts, and what concerns no room of its own. Checks are in
 * cross_check.c, environments and services in cross_environment.c, who is told in cross_notify.c, backups in
 * cross_backup.c and cross_store.c. */
#include "cross.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "order.h"

void cross_duration_within(const struct inspection *in, const struct spot *parent,
			   const json_t *object, const char *key, int64_t min,
			   int64_t max)
{
	const char *text = json_get_string(object, key, NULL);
	int64_t value_ms;
	if (!text || duration_parse(text, &value_ms) < 0 ||
	    (value_ms >= min && value_ms <= max))
		return;
	_cleanup_str_ struct str bound = STR_INIT;
	duration_add(&bound, value_ms < min ? min : max);
	problem_add(in, &AT(parent, key), false, NULL,
		    "%s '%s' is too %s: it is at %s %s", key, text,
		    value_ms < min ? "short" : "long", value_ms < min ? "least" : "most",
		    str_text(&bound));
}

void cross_duration(const struct inspection *in, const struct spot *parent,
		    const json_t *object, const char *key, int64_t min)
{
	enum { DAYS_MAX = 366 };
	cross_duration_within(in, parent, object, key, min,
			      (int64_t)DAYS_MAX * 24 * 3600 * 1000);
}

void cross_size_within(const struct inspection *in, const struct spot *parent,
		       const json_t *object, const char *key, int64_t min, int64_t max)
{
	const char *text = json_get_string(object, key, NULL);
	int64_t value;
	if (!text || size_parse(text, &value) < 0 || (value >= min && value <= max))
		return;
	_cleanup_str_ struct str bound = STR_INIT;
	size_add(&bound, value < min ? min : max);
	problem_add(in, &AT(parent, key), false, NULL,
		    "%s '%s' is too %s: it is at %s %s", key, text,
		    value < min ? "small" : "large", value < min ? "least" : "most",
		    str_text(&bound));
}

void cross_size(const struct inspection *in, const struct spot *parent,
		const json_t *object, const char *key, int64_t max)
{
	cross_size_within(in, parent, object, key, 1, max);
}

void cross_port(const struct inspection *in, const struct spot *parent,
		const json_t *object, const char *key)
{
	const char *text = json_get_string(object, key, NULL);
	const char *colon = text ? strrchr(text, ':') : NULL;
	long long port;
	/* Anything but digits there is no port, and the schema has said so. */
	if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")])
		return;
	if (str_to_int64(colon + 1, 1, 65535, &port) < 0)
		problem_add(in, &AT(parent, key), false, NULL,
			    "the port in '%s' is not between 1 and 65535", text);
}

/* `spot` is the name's own. */
static void check_name(const struct inspection *in, const struct spot *spot,
		       const json_t *value, const json_t *known, const char *what)
{
	const char *name = json_string_value(value);
	if (!name || (!is_ignored(name) && json_object_get(known, name)))
		return;
	char *hint = hint_nearest(name, known);
	problem_add(in, spot, false,
		    hint ? hint : str_format("there is no %s in this file yet", what),
		    "unknown %s '%s'", what, name);
}

void cross_name(const struct inspection *in, const struct spot *parent,
		const json_t *object, const char *key, const json_t *known,
		const char *what)
{
	check_name(in, &AT(parent, key), json_object_get(object, key), known, what);
}

void cross_names(const struct inspection *in, const struct spot *parent,
		 const json_t *object, const char *key, const json_t *known,
		 const char *what)
{
	size_t i;
	json_t *value;
	json_array_foreach(json_object_get(object, key), i, value) {
		char buffer[INDEX_BYTES];
		check_name(in, &AT(&AT(parent, key), spot_index(buffer, i)), value, known,
			   what);
	}
}

void cross_cycle(const struct inspection *in, const struct spot *parent,
		 const json_t *things, const char *key)
{
	_cleanup_json_ json_t *cycle = NULL;
	_cleanup_json_ json_t *order = order_of_needs(things, key, &cycle);
	if (order)
		return;
	_cleanup_str_ struct str names = STR_INIT_MAX(400);
	size_t i;
	json_t *name;
	json_array_foreach(cycle, i, name)
		str_addf(&names, "%s%s", i ? " → " : "", json_string_value(name));
	const char *first = json_string_value(json_array_get(cycle, 0));
	problem_add(in, &AT(&AT(parent, first), key), false,
		    str_format("take one of these names out of '%s'", key),
		    "cycle in %s: %s", key, str_text(&names));
}

static void cross_hosts(const struct inspection *in)
{
	const struct spot hosts = AT(NULL, "hosts");
	const char *name;
	json_t *host;
	json_object_foreach(json_object_get(in->root, "hosts"), name, host) {
		const struct spot spot = AT(&hosts, name);
		if (is_ignored(name))
			continue;
		cross_port(in, &spot, host, "address");
		cross_duration(in, &spot, host, "connect_timeout", 1);
	}
}

void cross_check(const struct inspection *in)
{
	const struct spot defaults = AT(NULL, "defaults");
	const struct spot retry = AT(&defaults, "retry");
	const json_t *object = json_object_get(in->root, "defaults");
	cross_duration(in, &defaults, object, "timeout", 1);
	cross_duration(in, &retry, json_object_get(object, "retry"), "delay", 0);
	cross_hosts(in);
	cross_checks(in);
	cross_environments(in);
	cross_telling(in);
	cross_backups(in);
}
