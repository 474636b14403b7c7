/* digitalocean: how DigitalOcean sees an app, a Droplet or the backups of a managed database.
 *
 * Source: DigitalOcean's OpenAPI description (apps_get, apps_get_health, apps_list_alerts, droplets_get,
 * droplets_list_snapshots, databases_list_backups), with names that a predicate reads well with.
 */
#include "belay/digitalocean.h"

#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "types.h"

/* What stands under a key that may name a variable. *ret: fresh; NULL when there is no such key. */
static int read_id(struct effects *fx, const json_t *settings, const char *key,
		   char **ret, struct err *err)
{
	const json_t *value = json_object_get(settings, key);
	const char *variable = json_get_string(value, "env", NULL);
	if (json_is_string(value))
		*ret = mem_strdup(json_string_value(value));
	else if (json_is_integer(value))
		*ret = str_format("%lld", (long long)json_integer_value(value));
	else if (variable && effects_env(fx, variable, ret, err) < 0)
		return -1;
	if (!value || (*ret && **ret))
		return 0;
	mem_freep(ret);
	return err_set(err, ERR_CONFIG, "the variable %s is not set",
		       variable ? variable : "?");
}

/* --- an app ---------------------------------------------------------------------------------- */

static json_t *components_of(const json_t *health)
{
	json_t *components = json_array();
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(health, "components"), i, row) {
		json_array_append_new(
			components,
			json_pack("{s:O?, s:s, s:O?, s:O?, s:O?, s:O?}", "name",
				  json_object_get(row, "name"), "state",
				  json_get_string(row, "state", "UNKNOWN"), "cpu_percent",
				  json_object_get(row, "cpu_usage_percent"),
				  "memory_percent",
				  json_object_get(row, "memory_usage_percent"),
				  "replicas", json_object_get(row, "replicas_ready"),
				  "replicas_desired",
				  json_object_get(row, "replicas_desired")));
	}
	return components;
}

static json_t *alerts_of(const json_t *alerts)
{
	json_t *list = json_array();
	size_t i;
	json_t *row;
	json_array_foreach(alerts, i, row) {
		const json_t *spec = json_object_get(row, "spec");
		json_array_append_new(
			list, json_pack("{s:O?, s:O?, s:O?, s:b}", "rule",
					json_object_get(spec, "rule"), "component",
					json_object_get(row, "component_name"), "phase",
					json_object_get(row, "phase"), "disabled",
					json_get_bool(spec, "disabled", false)));
	}
	return list;
}

static const char *id_of(const json_t *app, const char *key)
{
	return json_get_string(json_object_get(app, key), "id", NULL);
}

/* The phase of what is on its way, else of what is active. */
static const char *phase_of(const json_t *app)
{
	static const char *const places[] = {"in_progress_deployment",
					     "pending_deployment", "active_deployment"};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (id_of(app, places[i]))
			return json_get_string(json_object_get(app, places[i]), "phase",
					       "UNKNOWN");
	return NULL;
}

static int observe_app(struct api *api, struct effects *fx, const char *id, json_t **ret,
		       struct err *err)
{
	_cleanup_json_ json_t *app = NULL;
	_cleanup_json_ json_t *health = NULL;
	_cleanup_json_ json_t *alerts = NULL;
	if (digitalocean_app(api, fx, id, &app, err) < 0 ||
	    digitalocean_app_health(api, fx, id, &health, err) < 0 ||
	    digitalocean_app_alerts(api, fx, id, &alerts, err) < 0)
		return -1;
	if (answer_is_assumed(app)) {
		*ret = TAKE_PTR(app);
		return 0;
	}
	*ret = json_pack("{s:s?, s:s?, s:s?, s:s?, s:b, s:o, s:o, s:O?}", "phase",
			 phase_of(app), "active_deployment",
			 id_of(app, "active_deployment"), "in_progress_deployment",
			 id_of(app, "in_progress_deployment"), "pending_deployment",
			 id_of(app, "pending_deployment"), "pinned",
			 id_of(app, "pinned_deployment") != NULL, "components",
			 components_of(health), "alerts", alerts_of(alerts), "live_url",
			 json_object_get(app, "live_url"));
	return 0;
}

/* --- a Droplet, a database ------------------------------------------------------------------------ */

static int observe_droplet(struct api *api, struct effects *fx, const char *id,
			   json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *droplet = NULL;
	_cleanup_json_ json_t *snapshots = NULL;
	long long number;
	if (str_to_int64(id, 1, INT64_MAX, &number) < 0)
		return err_set(err, ERR_CONFIG, "'%s' is not the id of a Droplet", id);
	if (digitalocean_droplet(api, fx, number, &droplet, err) < 0 ||
	    digitalocean_droplet_snapshots(api, fx, number, &snapshots, err) < 0)
		return -1;
	if (answer_is_assumed(droplet)) {
		*ret = TAKE_PTR(droplet);
		return 0;
	}
	*ret = json_pack("{s:O?, s:O?, s:O}", "status",
			 json_object_get(droplet, "status"), "name",
			 json_object_get(droplet, "name"), "snapshots", snapshots);
	return 0;
}

/* Seconds since the newest backup; null when there is none. */
static json_t *newest_age(const json_t *backups, int64_t now_ms)
{
	int64_t newest_ms = INT64_MIN;
	size_t i;
	json_t *row;
	json_array_foreach(backups, i, row) {
		int64_t at_ms;
		if (time_parse(json_get_string(row, "created_at", ""), &at_ms) == 0 &&
		    at_ms > newest_ms)
			newest_ms = at_ms;
	}
	if (newest_ms == INT64_MIN)
		return json_null();
	return json_integer(newest_ms < now_ms ? (now_ms - newest_ms) / 1000 : 0);
}

static int observe_database(struct api *api, struct effects *fx, const char *id,
			    json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *backups = NULL;
	if (digitalocean_database_backups(api, fx, id, &backups, err) < 0)
		return -1;
	if (answer_is_assumed(backups)) {
		*ret = TAKE_PTR(backups);
		return 0;
	}
	*ret = json_pack("{s:O, s:o}", "backups", backups, "newest_backup_age",
			 newest_age(backups, effects_now_ms(fx)));
	return 0;
}

/* --- the type -------------------------------------------------------------------------------- */

static const struct thing {
	const char *key, *words;
	int (*observe)(struct api *api, struct effects *fx, const char *id, json_t **ret,
		       struct err *err);
} things[] = {
	{"app", "app", observe_app},
	{"droplet", "Droplet", observe_droplet},
	{"database", "database", observe_database},
};

/* The configuration has exactly one of them. */
static const struct thing *thing_of(const json_t *settings)
{
	for (size_t i = 0; i < ARRAY_SIZE(things); i++)
		if (json_object_get(settings, things[i].key))
			return &things[i];
	return NULL;
}

static int observe(struct effects *fx, const struct config_check *check,
		   json_t **ret_observation, struct err *err)
{
	const json_t *settings = json_object_get(check->settings, "digitalocean");
	const struct thing *thing = thing_of(settings);
	_cleanup_free_ char *id = NULL;
	struct api api;
	if (!thing)
		return err_set(err, ERR_CONFIG, "it names no app, Droplet or database");
	if (read_id(fx, settings, thing->key, &id, err) < 0)
		return -1;
	digitalocean_init(&api, json_get_string(settings, "api_url", NULL),
			  json_object_get(settings, "token"));
	api.timeout_ms = check->timeout_ms;
	api.patience_ms = check->timeout_ms;
	int result = thing->observe(&api, fx, id, ret_observation, err);
	api_release(&api);
	return result;
}

static char *describe(const struct config_check *check)
{
	const json_t *settings = json_object_get(check->settings, "digitalocean");
	const struct thing *thing = thing_of(settings);
	const json_t *id = thing ? json_object_get(settings, thing->key) : NULL;
	if (json_is_integer(id))
		return str_format("%s %lld at DigitalOcean", thing->words,
				  (long long)json_integer_value(id));
	const char *text = json_is_string(id) ? json_string_value(id)
					      : json_get_string(id, "env", "");
	return str_format("%s %s%s at DigitalOcean", thing ? thing->words : "nothing",
			  json_is_string(id) ? "" : "$", text);
}

const struct check_type check_digitalocean = {
	.name = "digitalocean",
	.summary =
		"ask DigitalOcean about an app, a Droplet or the backups of a database",
	.fields = ".phase .active_deployment .in_progress_deployment .pending_deployment "
		  ".pinned .components .alerts .live_url .status .snapshots .backups "
		  ".newest_backup_age",
	.observe = observe,
	.describe = describe,
};
