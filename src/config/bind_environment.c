/* Binding of environments and their services: names become pointers, services come into the order of
 * their needs. */
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "bind.h"
#include "order.h"
#include "problems.h"

static void bind_check_list(const struct config *config, const json_t *names,
			    struct config_checks *ret)
{
	size_t i;
	json_t *name;
	json_array_foreach(names, i, name) {
		const struct config_check *check =
			config_check(config, json_string_value(name));
		if (check)
			*vec_push(ret) = check;
	}
}

static void bind_service(const struct config *config, struct config_service *service,
			 const char *name, const json_t *settings)
{
	const json_t *hosts = json_object_get(settings, "hosts");
	size_t i;
	json_t *host_name;
	service->name = name;
	service->driver = json_get_string(settings, "driver", "");
	service->settings = settings;
	bind_names(json_object_get(settings, "needs"), &service->needs);
	service->hosts =
		mem_array(const struct config_host *, json_array_size(hosts) + 1);
	json_array_foreach(hosts, i, host_name) {
		const struct config_host *host =
			config_host(config, json_string_value(host_name));
		if (host)
			service->hosts[service->host_count++] = host;
	}
	service->timeout_ms = bind_default_duration(config, settings, "timeout");
	service->backup =
		config_backup(config, json_get_string(settings, "backup", NULL));
}

static void bind_services(const struct config *config,
			  struct config_environment *environment, const json_t *services)
{
	_cleanup_json_ json_t *cycle = NULL;
	_cleanup_json_ json_t *order = order_of_needs(services, "needs", &cycle);
	size_t i;
	json_t *name;
	environment->services =
		mem_array(struct config_service, bind_count(services) + 1);
	json_array_foreach(order, i, name) {
		/* The tree's own key outlives the array of names. */
		void *member =
			json_object_iter_at((json_t *)services, json_string_value(name));
		bind_service(config, &environment->services[environment->service_count++],
			     json_object_iter_key(member),
			     json_object_iter_value(member));
	}
}

static void bind_notify(const struct config *config,
			struct config_environment *environment, const json_t *names)
{
	size_t i;
	json_t *name;
	environment->notify =
		mem_array(const struct config_notification *, json_array_size(names) + 1);
	json_array_foreach(names, i, name) {
		const struct config_notification *found =
			config_notification(config, json_string_value(name));
		if (found)
			environment->notify[environment->notify_count++] = found;
	}
}

static void bind_watch(struct config_watch *watch, const json_t *object)
{
	watch->fail_after = (int)json_get_int(object, "fail_after", 1);
	watch->recover_after = (int)json_get_int(object, "recover_after", 1);
	watch->flaps = (int)json_get_int(object, "flaps", 2);
}

static void bind_environment(const struct config *config,
			     struct config_environment *environment, const char *name,
			     const json_t *object)
{
	const json_t *lock = json_object_get(object, "lock");
	const json_t *soak = json_object_get(object, "soak");
	const json_t *soak_checks = json_object_get(soak, "checks");
	environment->name = name;
	environment->url = json_get_string(object, "url", NULL);
	bind_notify(config, environment, json_object_get(object, "notify"));
	bind_watch(&environment->watch, json_object_get(object, "watch"));
	bind_names(json_object_get(object, "requires"), &environment->requires);
	environment->lease_ms = bind_duration(lock, "lease", 0);
	environment->wait_ms = bind_duration(lock, "wait", 0);
	environment->settle_ms = bind_duration(object, "settle", 0);
	bind_services(config, environment, json_object_get(object, "services"));
	bind_check_list(config, json_object_get(object, "preflight"),
			&environment->preflight);
	bind_check_list(config, json_object_get(object, "gates"), &environment->gates);
	if (soak) {
		environment->soak.for_ms = bind_duration(soak, "for", 0);
		environment->soak.every_ms = bind_duration(soak, "every", 0);
		bind_check_list(config,
				soak_checks ? soak_checks
					    : json_object_get(object, "gates"),
				&environment->soak.checks);
	}
	environment->rollback_auto =
		json_get_bool(json_object_get(object, "rollback"), "auto", true);
}

void bind_environments(struct config *config)
{
	json_t *environments = json_object_get(config->tree, "environments"), *object;
	const char *name;
	config->environments =
		mem_array(struct config_environment, bind_count(environments) + 1);
	json_object_foreach(environments, name, object) {
		if (!is_ignored(name))
			bind_environment(
				config,
				&config->environments[config->environment_count++], name,
				object);
	}
}

void environment_release(struct config_environment *environment)
{
	for (size_t i = 0; i < environment->service_count; i++) {
		names_release(&environment->services[i].needs);
		free(environment->services[i].hosts);
	}
	free(environment->services);
	free(environment->notify);
	names_release(&environment->requires);
	free(environment->preflight.items);
	free(environment->gates.items);
	free(environment->soak.checks.items);
}
