/* Finding things in a bound configuration by name. The lists are short: a walk is enough. */
#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "problems.h"

/* Walks an array of structs that have a `name`. */
#define FIND_NAMED(items, count, wanted)                                                 \
	for (size_t i_ = 0; i_ < (count); i_++) {                                        \
		if (str_equal((items)[i_].name, (wanted)))                               \
			return &(items)[i_];                                             \
	}                                                                                \
	return NULL

const struct config_environment *config_environment(const struct config *config,
						    const char *name)
{
	FIND_NAMED(config->environments, config->environment_count, name);
}

const struct config_service *config_service(const struct config_environment *environment,
					    const char *name)
{
	FIND_NAMED(environment->services, environment->service_count, name);
}

const struct config_check *config_check(const struct config *config, const char *name)
{
	FIND_NAMED(config->checks, config->check_count, name);
}

const struct config_notification *config_notification(const struct config *config,
						      const char *name)
{
	FIND_NAMED(config->notifications, config->notification_count, name);
}

const struct config_host *config_host(const struct config *config, const char *name)
{
	FIND_NAMED(config->hosts, config->host_count, name);
}

const struct config_backup *config_backup(const struct config *config, const char *name)
{
	FIND_NAMED(config->backups, config->backup_count, name);
}

static int err_environment(const struct config *config, const char *name, struct err *err)
{
	const json_t *known = json_object_get(config->tree, "environments");
	_cleanup_free_ char *hint = hint_nearest(name ? name : "", known);
	if (!config->environment_count)
		(void)err_set(err, ERR_CONFIG, "%s: there is no environment",
			      config->file);
	else if (name)
		(void)err_set(err, ERR_CONFIG, "unknown environment '%s'", name);
	else
		(void)err_set(err, ERR_CONFIG,
			      "which environment? '%s' has several of them",
			      config->file);
	if (!hint)
		return err_hint(err, "add one under 'environments'");
	return name ? err_hint(err, "%s", hint)
		    : err_hint(err, "say it with -e; %s", hint);
}

int config_choose_environment(const struct config *config, const char *name,
			      const struct config_environment **ret, struct err *err)
{
	const struct config_environment *found = NULL;
	if (name)
		found = config_environment(config, name);
	else if (config->environment_count == 1)
		found = &config->environments[0];
	if (!found)
		return err_environment(config, name, err);
	*ret = found;
	return 0;
}
