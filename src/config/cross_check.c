/* Checks across the document, about checks: ports, limits, settings that exclude each other. */
#include <string.h>

#include "belay/endpoint.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "cross.h"

#define MIB ((int64_t)1 << 20)

static void cross_port(const struct inspection *in, const struct spot *check,
		       const json_t *object, const char *key)
{
	const char *text = json_get_string(object, key, NULL);
	_cleanup_endpoint_ struct endpoint endpoint = {0};
	/* Without a colon it is no endpoint at all, and the schema has said so. */
	if (text && strchr(text, ':') && endpoint_parse(text, 0, &endpoint) < 0)
		problem_add(in, &AT(check, key), false, NULL,
			    "the port in '%s' is not between 1 and 65535", text);
}

/* Of two keys that say the same thing in two ways only one may be there. */
static void cross_exclusive(const struct inspection *in, const struct spot *parent,
			    const json_t *object, const char *first, const char *second)
{
	if (json_object_get(object, first) && json_object_get(object, second))
		problem_add(in, &AT(parent, second), true,
			    str_format("take one of the two out"),
			    "'%s' and '%s' exclude each other", first, second);
}

static void cross_one(const struct inspection *in, const struct spot *spot,
		      const json_t *check)
{
	const json_t *tls = json_object_get(check, "tls");
	cross_port(in, spot, check, "tcp");
	cross_port(in, spot, check, "tls");
	cross_duration(in, spot, check, "timeout", 1);
	cross_duration(in, &AT(spot, "retry"), json_object_get(check, "retry"), "delay",
		       0);
	cross_size(in, spot, check, "max_body", 32 * MIB);
	cross_size(in, spot, check, "max_header", MIB);
	cross_size(in, spot, check, "read", MIB);
	cross_exclusive(in, spot, check, "body", "json");
	cross_exclusive(in, spot, check, "ca_file", "ca");
	cross_exclusive(in, &AT(spot, "tls"), tls, "ca_file", "ca");
}

void cross_checks(const struct inspection *in)
{
	const struct spot checks = AT(NULL, "checks");
	const char *name;
	json_t *check;
	json_object_foreach(json_object_get(in->root, "checks"), name, check) {
		if (!is_ignored(name))
			cross_one(in, &AT(&checks, name), check);
	}
}
