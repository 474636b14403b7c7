/* Checks across the document, about environments and their services: names that must exist, cycles,
 * two services in one place. */
#include "belay/json.h"
#include "belay/mem.h"
#include "cross.h"

/* On one host a directory belongs to one service: two would prune each other's releases. */
static void cross_paths(const struct inspection *in, const struct spot *services,
			const json_t *things)
{
	_cleanup_json_ json_t *owners = json_object();
	const char *name;
	json_t *service, *host;
	size_t i;
	json_object_foreach((json_t *)things, name, service) {
		const char *path = json_get_string(service, "path", NULL);
		if (!path || is_ignored(name))
			continue;
		json_array_foreach(json_object_get(service, "hosts"), i, host) {
			const char *at = json_string_value(host);
			_cleanup_free_ char *place =
				str_format("%s:%s", at ? at : "", path);
			const char *owner = json_get_string(owners, place, NULL);
			if (owner && !str_equal(owner, name))
				problem_add(
					in, &AT(&AT(services, name), "path"), false,
					mem_strdup(
						"give each service a directory of its own"),
					"services '%s' and '%s' share '%s' on host '%s'",
					owner, name, path, at ? at : "");
			json_object_set_new(owners, place, json_string(name));
		}
	}
}

static void cross_services(const struct inspection *in, const struct spot *environment,
			   const json_t *object)
{
	const struct spot services = AT(environment, "services");
	const json_t *things = json_object_get(object, "services");
	const json_t *hosts = json_object_get(in->root, "hosts");
	const char *name;
	json_t *service;
	json_object_foreach((json_t *)things, name, service) {
		const struct spot spot = AT(&services, name);
		if (is_ignored(name))
			continue;
		cross_names(in, &spot, service, "needs", things, "service");
		cross_names(in, &spot, service, "hosts", hosts, "host");
		cross_duration(in, &spot, service, "timeout", 1);
	}
	cross_cycle(in, &services, things, "needs");
	cross_paths(in, &services, things);
}

static void cross_soak(const struct inspection *in, const struct spot *environment,
		       const json_t *object)
{
	const struct spot spot = AT(environment, "soak");
	const json_t *soak = json_object_get(object, "soak");
	const json_t *checks = json_object_get(soak, "checks");
	if (!json_is_object(soak))
		return;
	cross_names(in, &spot, soak, "checks", json_object_get(in->root, "checks"),
		    "check");
	cross_duration(in, &spot, soak, "for", 1);
	cross_duration(in, &spot, soak, "every", 1);
	if (!json_array_size(checks ? checks : json_object_get(object, "gates")))
		problem_add(
			in, &spot, true,
			mem_strdup(
				"list them in soak.checks, or in the environment's gates"),
			"soak has no checks to judge");
}

static void cross_environment(const struct inspection *in, const struct spot *spot,
			      const json_t *object, const json_t *environments)
{
	const json_t *checks = json_object_get(in->root, "checks");
	const json_t *lock = json_object_get(object, "lock");
	const struct spot lock_spot = AT(spot, "lock");
	cross_names(in, spot, object, "requires", environments, "environment");
	cross_names(in, spot, object, "preflight", checks, "check");
	cross_names(in, spot, object, "gates", checks, "check");
	cross_duration(in, &lock_spot, lock, "lease", 1000);
	cross_duration(in, &lock_spot, lock, "wait", 0);
	cross_services(in, spot, object);
	cross_soak(in, spot, object);
}

void cross_environments(const struct inspection *in)
{
	const struct spot spot = AT(NULL, "environments");
	const json_t *environments = json_object_get(in->root, "environments");
	const char *name;
	json_t *object;
	json_object_foreach((json_t *)environments, name, object) {
		if (!is_ignored(name))
			cross_environment(in, &AT(&spot, name), object, environments);
	}
	cross_cycle(in, &spot, environments, "requires");
}
