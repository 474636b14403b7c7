/* Secret references: where the schema marks one (x-secret), the tree gets the form that the effects seam
 * takes. From then on a reference is recognised by its "$secret" member alone. */
#include "secrets.h"

#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "problems.h"
#include "walk.h"

static bool is_secret(const json_t *root, const json_t *schema, const json_t *value)
{
	size_t i;
	json_t *branch;
	if (!json_is_object(value))
		return false;
	if (walk_annotation(root, schema, "x-secret"))
		return true;
	json_array_foreach(walk_annotation(root, schema, "anyOf"), i, branch) {
		if (walk_annotation(root, branch, "x-secret"))
			return true;
	}
	return false;
}

/* {"env": NAME, "prefix": TEXT} → {"$secret": {"env": NAME}, "prefix": TEXT}. New reference. */
static json_t *wrapped(const json_t *reference)
{
	json_t *source = json_copy((json_t *)reference);
	json_t *prefix = json_incref(json_object_get(source, "prefix"));
	json_object_del(source, "prefix");
	return json_pack("{s:o, s:o*}", "$secret", source, "prefix", prefix);
}

static void wrap_members(const json_t *root, const json_t *schema, json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;
	json_array_foreach(value, i, member)
		wrap_members(root, walk_member(root, schema, value, ""), member);
	json_object_foreach(value, key, member) {
		const json_t *inner = walk_member(root, schema, value, key);
		if (!inner)
			continue;
		if (is_secret(root, inner, member))
			json_object_set_new(value, key, wrapped(member));
		else
			wrap_members(root, inner, member);
	}
}

void secrets_wrap(const json_t *schema, json_t *tree)
{
	wrap_members(schema, schema, tree);
}

/* Adds every reference below `value` to `list`; `where` is the dotted path so far. Those that may
 * be missing do not count. */
static void gather(const json_t *value, const char *where, bool needed, json_t *list)
{
	const char *key;
	json_t *member;
	size_t i;
	const json_t *reference = json_object_get(value, "$secret");
	if (reference) {
		if (json_is_true(json_object_get(value, "optional")))
			return;
		json_array_append_new(list, json_pack("{s:s, s:b, s:O}", "where", where,
						      "needed", (int)needed, "$secret",
						      reference));
		return;
	}
	json_object_foreach((json_t *)value, key, member) {
		_cleanup_free_ char *deeper = str_format("%s.%s", where, key);
		gather(member, deeper, needed, list);
	}
	json_array_foreach(value, i, member)
		gather(member, where, needed, list);
}

static void gather_checks(const struct config_checks *checks, json_t *seen, json_t *list)
{
	for (size_t i = 0; i < checks->count; i++) {
		const struct config_check *check = checks->items[i];
		_cleanup_free_ char *where = str_format("checks.%s", check->name);
		if (json_object_get(seen, where))
			continue;
		json_object_set_new(seen, where, json_true());
		gather(check->settings, where, true, list);
	}
}

static void gather_host(const json_t *connection, bool needed, json_t *seen, json_t *list)
{
	_cleanup_free_ char *where =
		str_format("hosts.%s", json_get_string(connection, "name", "?"));
	if (!connection || json_object_get(seen, where))
		return;
	json_object_set_new(seen, where, json_true());
	gather(connection, where, needed, list);
}

/* A value of the effects whose member `host` is a connection: that one is called by its name. */
static void gather_placed(const json_t *value, const char *host, const char *where,
			  bool needed, json_t *seen, json_t *list)
{
	_cleanup_json_ json_t *rest = json_copy((json_t *)value);
	json_object_del(rest, host);
	gather(rest, where, needed, list);
	gather_host(json_object_get(value, host), needed, seen, list);
}

static void gather_sources(const struct config_backup *backup, json_t *seen, json_t *list)
{
	_cleanup_free_ char *where = str_format("backups.%s.source", backup->name);
	size_t i;
	json_t *source;
	json_array_foreach(backup->source.list, i, source)
		gather_placed(source, "host", where, true, seen, list);
	if (backup->source.host)
		gather_host(backup->source.host->connection, true, seen, list);
}

static void gather_stores(const struct config_backup *backup, json_t *seen, json_t *list)
{
	for (size_t i = 0; i < backup->store_count; i++) {
		_cleanup_free_ char *where = str_format(
			"backups.%s.store.%s", backup->name, backup->stores[i].name);
		gather_placed(backup->stores[i].target, "ssh", where, true, seen, list);
	}
}

static void gather_member(const struct config_backup *backup, const char *member,
			  const json_t *value, bool needed, json_t *list)
{
	_cleanup_free_ char *where = str_format("backups.%s.%s", backup->name, member);
	gather(value, where, needed, list);
}

static void gather_making(const struct config_backup *backup, json_t *seen, json_t *list)
{
	gather_sources(backup, seen, list);
	gather_member(backup, "seal.passphrase", backup->seal.passphrase, true, list);
	gather_member(backup, "sign.key", backup->sign.key, true, list);
	gather_member(backup, "sign.key_passphrase", backup->sign.key_passphrase, true,
		      list);
	gather_stores(backup, seen, list);
}

static void gather_opening(const struct config_backup *backup, json_t *seen, json_t *list)
{
	_cleanup_free_ char *restore = str_format("backups.%s.restore", backup->name);
	_cleanup_free_ char *drill = str_format("backups.%s.drill.to", backup->name);
	gather_stores(backup, seen, list);
	gather_member(backup, "open", backup->open, false, list);
	gather_placed(backup->restore, "host", restore, false, seen, list);
	gather_placed(backup->drill.to, "host", drill, false, seen, list);
}

json_t *config_backup_secrets(const struct config_backup *backup, bool writes)
{
	json_t *list = json_array();
	_cleanup_json_ json_t *seen = json_object();
	if (writes)
		gather_making(backup, seen, list);
	else
		gather_opening(backup, seen, list);
	return list;
}

static void gather_services(const struct config_environment *environment, json_t *seen,
			    json_t *list)
{
	for (size_t i = 0; i < environment->service_count; i++) {
		const struct config_service *service = &environment->services[i];
		_cleanup_free_ char *where = str_format("environments.%s.services.%s",
							environment->name, service->name);
		gather(service->settings, where, true, list);
		for (size_t k = 0; k < service->host_count; k++)
			gather_host(service->hosts[k]->connection, true, seen, list);
	}
}

/* Of the backups that are made before the services are touched, each once. */
static void gather_backups(const struct config_environment *environment, json_t *seen,
			   json_t *list)
{
	for (size_t i = 0; i < environment->service_count; i++) {
		const struct config_backup *backup = environment->services[i].backup;
		if (!backup)
			continue;
		_cleanup_free_ char *where = str_format("backups.%s", backup->name);
		if (json_object_get(seen, where))
			continue;
		json_object_set_new(seen, where, json_true());
		gather_making(backup, seen, list);
	}
}

/* The notification's own, and of whoever is told next. */
static void gather_notification(const struct config *config,
				const struct config_notification *notification,
				json_t *seen, json_t *list)
{
	if (!notification)
		return;
	_cleanup_free_ char *where =
		str_format("notify.%s.%s", notification->name, notification->channel);
	if (json_object_get(seen, where))
		return;
	json_object_set_new(seen, where, json_true());
	gather(notification->settings, where, false, list);
	for (size_t i = 0; i < notification->escalate_to.count; i++)
		gather_notification(
			config,
			config_notification(config, notification->escalate_to.items[i]),
			seen, list);
}

json_t *config_secrets(const struct config *config,
		       const struct config_environment *environment)
{
	json_t *list = json_array();
	_cleanup_json_ json_t *seen = json_object();
	gather(config->state.credentials, "state", true, list);
	gather_services(environment, seen, list);
	gather_backups(environment, seen, list);
	gather_checks(&environment->preflight, seen, list);
	gather_checks(&environment->gates, seen, list);
	gather_checks(&environment->soak.checks, seen, list);
	gather(config->github.token, "github.token", false, list);
	for (size_t i = 0; i < environment->notify_count; i++)
		gather_notification(config, environment->notify[i], seen, list);
	return list;
}
