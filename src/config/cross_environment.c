/* Checks across the document, about environments and their services: names that must exist, cycles,
 * two services in one place. */
#include "backups.h"
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

/* The backup that is made before a service is touched is on the same journal. */
static void cross_service_backup(const struct inspection *in, const struct spot *spot,
				 const json_t *service, const char *environment)
{
	const json_t *backups = json_object_get(in->root, "backups");
	const json_t *environments = json_object_get(in->root, "environments");
	const char *name = json_get_string(service, "backup", NULL);
	cross_name(in, spot, service, "backup", backups, "backup");
	if (!name || !json_object_get(backups, name))
		return;
	const char *journal = backup_journal(in->root, name);
	if (journal && json_object_get(environments, journal) &&
	    !str_equal(journal, environment))
		problem_add(in, &AT(spot, "backup"), false,
			    str_format("make a backup of its own for '%s'", environment),
			    "backup '%s' is on the journal of '%s'", name, journal);
}

/* Settings that count in one mode of the driver only. */
static void cross_digitalocean(const struct inspection *in, const struct spot *spot,
			       const json_t *service)
{
	const char *mode = json_get_string(service, "mode", "deployment");
	if (!str_equal(json_get_string(service, "driver", NULL), "digitalocean"))
		return;
	cross_duration(in, spot, service, "poll", 1);
	if (str_equal(mode, "deployment") && json_object_get(service, "components"))
		problem_add(in, &AT(spot, "components"), true,
			    mem_strdup("write 'mode: image', or take 'components' out"),
			    "'components' only counts in mode image");
	if (str_equal(mode, "image") &&
	    json_is_true(json_object_get(service, "force_build")))
		problem_add(in, &AT(spot, "force_build"), true,
			    mem_strdup("nothing is built in mode image: take it out"),
			    "'force_build' only counts in mode deployment");
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
		cross_digitalocean(in, &spot, service);
		cross_service_backup(in, &spot, service, environment->token);
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

/* Names of notifications, of which none leaves this environment out. */
static void cross_notify(const struct inspection *in, const struct spot *spot,
			 const char *environment, const json_t *object)
{
	const struct spot list = AT(spot, "notify");
	const json_t *notify = json_object_get(in->root, "notify");
	size_t i, k;
	json_t *name, *other;
	cross_names(in, spot, object, "notify", notify, "notification");
	json_array_foreach(json_object_get(object, "notify"), i, name) {
		const char *word = json_string_value(name);
		const json_t *only = json_object_get(
			word ? json_object_get(notify, word) : NULL, "environments");
		bool found = !json_is_array(only);
		char buffer[INDEX_BYTES];
		json_array_foreach(only, k, other)
			found |= str_equal(json_string_value(other), environment);
		if (!found)
			problem_add(in, &AT(&list, spot_index(buffer, i)), false,
				    str_format("add it to notify.%s.environments", word),
				    "notification '%s' leaves '%s' out", word,
				    environment);
	}
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
	cross_duration(in, spot, object, "settle", 0);
	cross_notify(in, spot, spot->token, object);
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
