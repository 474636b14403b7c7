/* Checks across the document, about checks: ports, limits, settings that exclude each other. */
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "cross.h"

#define MIB ((int64_t)1 << 20)

void cross_exclusive(const struct inspection *in, const struct spot *parent,
		     const json_t *object, const char *first, const char *second)
{
	if (json_object_get(object, first) && json_object_get(object, second))
		problem_add(in, &AT(parent, second), true,
			    str_format("take one of the two out"),
			    "'%s' and '%s' exclude each other", first, second);
}

/* The first '=' that is no part of another operator and not inside a string or comment. */
static const char *find_assignment(const char *text)
{
	bool quoted = false;
	for (const char *at = text; *at; at++) {
		if (*at == '\\' && quoted && at[1]) {
			at++;
		} else if (*at == '"') {
			quoted = !quoted;
		} else if (*at == '#' && !quoted) {
			at += strcspn(at, "\n");
			if (!*at)
				return NULL;
		} else if (*at == '=' && !quoted) {
			bool joined = at > text && strchr("=!<>|+-*/%", at[-1]);
			if (!joined && at[1] != '=')
				return at;
		}
	}
	return NULL;
}

/* ".status = 200" is good jq, gives an object and so holds always: never what was meant. */
void cross_predicates(const struct inspection *in, const struct spot *check,
		      const json_t *object, const char *key)
{
	const struct spot list = AT(check, key);
	size_t i;
	json_t *value;
	json_array_foreach(json_object_get(object, key), i, value) {
		const char *text = json_string_value(value);
		const char *found = text ? find_assignment(text) : NULL;
		char buffer[INDEX_BYTES];
		if (found)
			problem_add(
				in, &AT(&list, spot_index(buffer, i)), false,
				mem_strdup("compare with '=='"),
				"'=' at character %zu assigns, so this would hold always",
				(size_t)(found - text) + 1);
	}
}

void cross_headers(const struct inspection *in, const struct spot *parent,
		   const json_t *object)
{
	static const char *const secrets[] = {"authorization", "proxy-authorization",
					      "cookie", "x-api-key"};
	const struct spot headers = AT(parent, "headers");
	const char *name;
	json_t *value;
	json_object_foreach(json_object_get(object, "headers"), name, value) {
		for (size_t i = 0; i < ARRAY_SIZE(secrets) && json_is_string(value);
		     i++) {
			if (strcasecmp(name, secrets[i]) == 0)
				problem_add(
					in, &AT(&headers, name), false,
					mem_strdup("write {env: NAME}, or {env: NAME, "
						   "prefix: 'Bearer '}"),
					"the value of header '%s' is a secret, which is never "
					"written in this file",
					name);
		}
	}
}

static void cross_one(const struct inspection *in, const struct spot *spot,
		      const json_t *check)
{
	cross_port(in, spot, check, "tcp");
	cross_port(in, spot, check, "tls");
	cross_duration(in, spot, check, "timeout", 1);
	cross_duration(in, &AT(spot, "retry"), json_object_get(check, "retry"), "delay",
		       0);
	cross_size(in, spot, check, "max_body", 32 * MIB);
	cross_size(in, spot, check, "max_header", MIB);
	cross_size(in, spot, check, "read", MIB);
	cross_headers(in, spot, check);
	cross_predicates(in, spot, check, "expect");
	cross_predicates(in, spot, check, "warn");
	cross_exclusive(in, spot, check, "body", "json");
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
